"""Wrong files that a person may take for a StyleGAN2: one line that says what each is."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from checkpoints.foreign_networks import rosinality_discriminator, rosinality_generator
from checkpoints.nvlabs_pickles import network, snapshot
from mien import cli, files
from mien.checkpoints import native
from runtime.networks import small_generator

two = torch.zeros(2)


def changed(drop: tuple[str, ...] = (), extra: int = 0) -> dict[str, torch.Tensor]:
    """A generator of rosinality's with parameters taken out and put in."""
    state = {name: t for name, t in rosinality_generator().items() if name not in drop}
    return state | {f"surplus.{i:02d}": two for i in range(extra)}


def stylegan3() -> bytes:
    tensors = {"synthesis.input.weight": two, "synthesis.L0_36_512.bias": two}
    return snapshot(G_ema=network("Generator", tensors))


def tensorflow() -> bytes:
    one = b"cdnnlib.tflib.network\nNetwork\n)\x81}X\x04\x00\x00\x00nameX\x01\x00\x00\x00Gsb"
    return b"\x80\x02" + one * 3 + b"\x87."


FILES: dict[str, tuple[Callable[[], object], str]] = {
    "sd.ckpt": (
        lambda: {"state_dict": {"model.diffusion_model.time_embed.0.weight": two}},
        "is a Stable Diffusion checkpoint, none of the known families",
    ),
    "page.pkl": (lambda: b"<!doctype html><html><body>Quota exceeded", "an HTML page"),
    "sg3.pkl": (stylegan3, "a StyleGAN3 generator"),
    "sg3.pt": (lambda: {"G_ema": {"synthesis.input.freqs": two}}, "a StyleGAN3 generator"),
    "sg1.pt": (
        lambda: {"generator": {"progression.0.conv1.conv.weight_orig": two}},
        "a StyleGAN1 generator (rosinality's)",
    ),
    "sg1.pth": (
        lambda: {"generator": {"synthesis.layer0.apply_noise.weight": two}},
        "a StyleGAN1 generator",
    ),
    "tf.pkl": (tensorflow, "a TensorFlow network pickle"),
    "cyclegan.pth": (lambda: {"model.10.conv_block.1.weight": two}, "a CycleGAN generator"),
    "d.pt": (
        lambda: {"d": rosinality_discriminator()},
        "holds a StyleGAN2 discriminator, a generator is wanted",
    ),
    "missing.pt": (
        lambda: {"g_ema": changed(drop=("conv1.conv.modulation.bias",))},
        "conv1.conv.modulation.bias is missing",
    ),
    "surplus.pt": (lambda: {"g_ema": changed(extra=12)}, "surplus.09 is surplus and 2 more"),
}


@pytest.fixture
def wrong(tmp_path: Path) -> Callable[[str], Path]:
    def write(name: str) -> Path:
        path, content = tmp_path / name, FILES[name][0]()
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            torch.save(content, path)
        return path

    return write


def complaint(capsys: pytest.CaptureFixture[str], *args: object) -> str:
    assert cli.main([str(arg) for arg in args]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("mien: error: ")
    return captured.err


@pytest.mark.parametrize("name", FILES)
def test_it_is_named_wherever_a_generator_is_wanted(
    name: str, wrong: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, said = wrong(name), FILES[name][1]
    out = tmp_path / "out.safetensors"
    for args in (
        ("weights", "convert", path, "--out", out),
        ("describe", "a woman", "--model", path, "--out", tmp_path / "faces", "--device", "cpu"),
        ("bench", "--model", path, "--device", "cpu"),
    ):
        text = complaint(capsys, *args)
        assert str(path) in text
        assert said in text
    assert not out.exists()
    assert not (tmp_path / "faces").exists()


@pytest.mark.parametrize("form", ["own.safetensors", "theirs.pt", "graph.onnx"])
def test_a_disk_that_fills_up_during_conversion(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "tiny.safetensors"
    G = small_generator()
    config = {"resolution": 32, "z_dim": 16, "w_dim": 16, "channel_base": 256, "channel_max": 16}
    tensors = G.state_dict()
    native.save(source, "stylegan2-generator", tensors, {**config, "mapping_layers": 2})
    folder = tmp_path / "full"
    folder.mkdir()
    out = folder / form
    out.write_bytes(b"what was there before")

    def written(path: str, external_data: bool) -> None:
        Path(path).write_bytes(b"half of it")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    # The exporter cannot trace what is type-checked; what it would write does not matter here.
    graph = SimpleNamespace(inputs=[SimpleNamespace(shape=["n", 8, 16])])
    program = SimpleNamespace(model=SimpleNamespace(graph=graph), save=written)
    monkeypatch.setattr(torch.onnx, "export", lambda *args, **kwargs: program)
    monkeypatch.setattr(files, "os", SimpleNamespace(**{**vars(os), "fsync": full}))
    text = complaint(capsys, "weights", "convert", source, "--out", out, "--force")
    assert f"{out}: the disk is full; free some space" in text
    assert out.read_bytes() == b"what was there before"
    assert list(folder.iterdir()) == [out], "something half-written was left"
