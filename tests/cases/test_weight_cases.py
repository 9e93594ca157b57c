"""The folders of weight files beside the repository give what their ``right.md`` says.

Each test names the folder it runs; nothing of these folders is in the project. Another module runs
the folders of pictures and clips.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mien import cli
from mien.checkpoints import native
from mien.checkpoints.latents import read_latents, read_noise
from mien.checkpoints.registry import convert, open_checkpoint
from mien.errors import CheckpointError
from mien.hub.loading import load, load_generator
from mien.studio import Studio
from mien.stylegan2.discriminator import Discriminator, DiscriminatorConfig
from mien.stylegan2.generator import Generator
from mien.stylegan2.seeds import seed_latents

pytestmark = pytest.mark.shared

GENERATOR, DISCRIMINATOR = "stylegan2-generator", "stylegan2-discriminator"


@pytest.fixture(scope="module")
def cases(shared: Path) -> Path:
    folder = shared / "cases"
    if not folder.is_dir():
        pytest.skip(f"there is no folder {folder}")
    return folder


def folder(cases: Path, number: str) -> Path:
    found = sorted(cases.glob(f"{number}-*"))
    if not found:
        pytest.skip(f"there is no folder {number} of {cases}")
    return found[0]


def drawn(path: Path, seed: int = 0) -> torch.Tensor:
    G: Generator = load_generator(path).network
    with torch.no_grad():
        return G(seed_latents([seed], G.config.z_dim))


def complaint(path: Path, kind: str | None = GENERATOR) -> str:
    with pytest.raises(CheckpointError) as caught:
        open_checkpoint(path, kind)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def run(capsys: pytest.CaptureFixture[str], *args: Any) -> tuple[int, dict[str, Any], str]:
    code = cli.main([*map(str, args), "--json"])
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else {}, captured.err


def test_01_activations(cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = folder(cases, "01")
    for name in ("relu.pkl", "relu-mapping.pkl"):
        out = tmp_path / "x.safetensors"
        code, _, err = run(capsys, "weights", "convert", here / name, "--out", out)
        assert code == 2
        assert "'relu' where StyleGAN2 has 'lrelu'" in err
        assert not out.exists()
    assert drawn(here / "lrelu.pkl").isfinite().all()


def test_02_channel_bases(cases: Path) -> None:
    for path in sorted(folder(cases, "02").glob("*.p*")):
        assert drawn(path).shape == (1, 3, 64, 64)


def test_03_the_skip_has_no_clamp() -> None:
    D = Discriminator(DiscriminatorConfig(32, channel_base=256, channel_max=16, conv_clamp=256))
    skipped = D.b32.skip(torch.full((1, 8, 8, 8), 1000.0))
    assert D.b32.skip.clamp is None
    assert skipped.abs().max() > 256 * 0.5**0.5


def test_04_groups_of_the_whole_batch(cases: Path) -> None:
    here = folder(cases, "04")
    image = torch.randn(8, 3, 32, 32)
    logits = {}
    for name, group in (("mb4.pkl", 4), ("mb8.pkl", 8), ("mbNone.pkl", None)):
        D: Discriminator = load(here / name, DISCRIMINATOR).network
        assert D.config.group == group
        with torch.no_grad():
            logits[name] = D(image)
    assert torch.equal(logits["mbNone.pkl"], logits["mb8.pkl"])
    assert not torch.equal(logits["mbNone.pkl"], logits["mb4.pkl"])


@pytest.mark.parametrize("number", ["05", "06"])
def test_05_06_harmless_files_are_read(cases: Path, number: str) -> None:
    pictures = [drawn(p) for p in sorted(folder(cases, number).iterdir()) if p.suffix != ".md"]
    assert all(torch.equal(picture, pictures[0]) for picture in pictures) or number == "05"


def test_07_whole_modules(cases: Path) -> None:
    found = [convert(p).tensors for p in sorted(folder(cases, "07").glob("*.pth"))]
    for tensors in found[1:]:
        assert all(torch.equal(tensors[name], value) for name, value in found[0].items())


def test_08_grey(cases: Path) -> None:
    picture = drawn(folder(cases, "08") / "channels1.pkl")
    assert torch.equal(picture[:, 0], picture[:, 1])
    assert picture.shape[1] == 3


def test_09_packed_again_and_unpacked(cases: Path, tmp_path: Path) -> None:
    here = folder(cases, "09")
    wanted = drawn(here / "a.pth")
    for name in ("deflated.pth", "stored.pth"):
        assert torch.equal(drawn(here / name), wanted)
    with zipfile.ZipFile(here / "a.pth") as archive:
        archive.extractall(tmp_path)
    (inside,) = tmp_path.iterdir()
    for path in (inside, inside / "data.pkl"):
        assert "unpacked; zip the folder again" in complaint(path)


def test_10_the_network_is_chosen(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = folder(cases, "10") / "two.pt", tmp_path / "x.safetensors"
    first = convert(path)
    (other,) = first.meta["others"]
    code, found, _ = run(capsys, "weights", "convert", path, "--out", out, "--network", other)
    assert code == 0
    assert not found["notes"] or "also there" not in found["notes"][-1]
    assert (drawn(out) - drawn(path)).abs().max() > 0.1
    code, found, _ = run(capsys, "weights", "convert", path, "--out", out, "--force")
    assert other in found["notes"][-1]


def test_20_21_latents(cases: Path) -> None:
    for number in ("20", "21"):
        for path in sorted(folder(cases, number).glob("*.p*")):
            found = read_latents(path, 18)
            assert found.dtype == np.float32
            assert found.shape[1] == 18
    assert len(read_latents(folder(cases, "21") / "forty.pt", 18)) == 40


def test_22_z_is_no_w(cases: Path) -> None:
    here = folder(cases, "22")
    z = read_noise(here / "z.npz")
    assert z is not None
    assert z.ndim == 2
    for name in ("z.npz", "noise.npz"):
        with pytest.raises(CheckpointError, match=r"holds (z|no latents)"):
            read_latents(here / name, 8)


def test_23_labels(cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder(cases, "23") / "cond.pkl"
    common = ("--layers", "coarse", "--model", path)
    code, found, _ = run(capsys, "mix", 0, 1, *common, "--out", tmp_path / "none")
    assert code == 0
    assert any("takes 3 labels; drawn with none said" in note for note in found["notes"])
    code, found, _ = run(capsys, "mix", 0, 1, *common, "--label", 1, "--out", tmp_path / "one")
    assert found["faces"][0]["mix"]["a"]["label"] == 1
    none, one = (np.load(tmp_path / n / "latents.npz")["w"] for n in ("none", "one"))
    assert np.abs(none - one).max() > 0.1
    clip = tmp_path / "x.gif"
    args = ("walk", 0, 1, "--model", path, "--seconds", 0.2, "--label", 1, "--out", clip)
    assert run(capsys, *args)[0] == 0
    out = tmp_path / "x.pt"
    code, found, _ = run(capsys, "weights", "convert", path, "--out", out, "--label", 1)
    assert any("labels have no place" in note for note in found["notes"])
    G, fixed = load_generator(path).network, load_generator(out).network
    z = seed_latents([0], G.config.z_dim)
    with torch.no_grad():
        assert (fixed(z) - G(z, torch.eye(3)[1:2])).abs().max() < 1e-3


def test_24_the_clamp_goes_along(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    G = load_generator(folder(cases, "01") / "lrelu.pkl")
    own, out = tmp_path / "own.safetensors", tmp_path / "clamped.pt"
    native.save(own, GENERATOR, G.network.state_dict(), {**G.config, "conv_clamp": 0.5})
    code, found, _ = run(capsys, "weights", "convert", own, "--out", out)
    assert code == 0
    assert any("clamp of ±0.5 has no place in that form" in note for note in found["notes"])
    assert (drawn(out) - drawn(own)).abs().max() < 1e-4


def test_27_options_of_pix2pix(cases: Path) -> None:
    for path in sorted(folder(cases, "27").glob("D*.pth")):
        found = convert(path, "translation-patch")
        layers = int(path.stem[1]) if path.stem[1].isdigit() else 3
        assert found.config["layers"] == layers


def test_28_weights_that_are_not_finite(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder(cases, "28") / "nan.pt"
    assert "holds values that are not finite: the training diverged" in complaint(path)
    out = tmp_path / "x.safetensors"
    assert run(capsys, "weights", "convert", path, "--out", out)[0] == 2
    assert not out.exists()


def test_30_others_are_named(cases: Path) -> None:
    here = folder(cases, "30")
    assert "of lucidrains' stylegan2-pytorch" in complaint(here / "lucid.pt")
    assert "architecture 'orig' (only 'skip'" in complaint(here / "orig.pkl")
    assert "only square ones are supported" in complaint(here / "wide.pkl")


def test_32_runs_of_another_depth(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = folder(cases, "32")
    (start,) = (here / "A").glob("state-*.safetensors")
    common = ("train", "gan", "--data", here / "set", "--out", tmp_path / "x", "--labels", "none",
              "--part", "all", "--dry-run", "--from")  # fmt: skip
    code, found, _ = run(capsys, *common, start)
    assert code == 0
    depth = found["config"]["mapping_layers"]
    code, _, err = run(capsys, *common, start, "--mapping-layers", depth + 2)
    assert code == 2
    assert f"give --mapping-layers {depth}" in err
    code, _, err = run(capsys, *common, tmp_path / "no.safetensors")
    assert code == 2
    assert "does not exist" in err


def test_33_training_from_a_public_checkpoint(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = folder(cases, "33")
    out = tmp_path / "x"
    args = ("train", "gan", "--data", here / "set", "--from", here / "ffhq.pkl", "--out", out,
            "--labels", "none", "--part", "all", "--kimg", 0.004, "--batch", 4,
            "--precision", "fp32", "--device", "cpu")  # fmt: skip
    assert run(capsys, *args)[0] == 0
    begun = convert(here / "ffhq.pkl", GENERATOR).tensors["synthesis.b4.const"]
    trained = native.load(out / "generator.safetensors").tensors["synthesis.b4.const"]
    assert (begun - trained).abs().max() < 0.1
    assert Studio(out / "generator.safetensors", "cpu", engine="eager").generate(1, 0).images.any()
