"""Generators of classes: ``--label`` in every verb that draws, said where it is left out."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mien import cli, images
from mien.attributes import LABELS
from mien.checkpoints import native
from mien.checkpoints.layout import GENERATOR
from mien.checkpoints.registry import convert
from mien.errors import InputError
from mien.portraits.labels import read_label
from mien.studio import Studio
from mien.stylegan2.generator import Generator, GeneratorConfig
from mien.stylegan2.seeds import seed_latents


def saved(path: Path, c_dim: int, **config: Any) -> tuple[Path, Generator]:
    torch.manual_seed(1)
    shape = GeneratorConfig(
        32, 16, 16, c_dim, channel_base=128, channel_max=8, mapping_layers=2, **config
    )
    G = Generator(shape).eval().requires_grad_(False)
    native.save(path, GENERATOR, G.state_dict(), asdict(shape), {"kimg": 3})
    return path, G


def ws(G: Generator, seed: int, label: list[float] | None) -> np.ndarray:
    c = None if label is None else torch.tensor([label], dtype=torch.float32)
    return G.map(seed_latents([seed], 16), c, psi=0.7).numpy()


@pytest.mark.parametrize(
    ("label", "numbers"),
    [("1", [0, 1, 0]), (2, [0, 0, 1]), ("0.2,0.8,0", [0.2, 0.8, 0]), ([1, 0, 1], [1, 0, 1])],
)
def test_labels_are_read(label: Any, numbers: list[float]) -> None:
    assert read_label(label, 3) == pytest.approx(numbers)


@pytest.mark.parametrize(
    ("label", "c_dim", "cause"),
    [
        ("3", 3, "no class from 0 to 2"),
        ("-1", 3, "no class from 0 to 2"),
        ("1,0", 3, "2 numbers, this generator takes 3"),
        ("nan,0,0", 3, "not finite"),
        ("cat", 3, "no class number"),
        ("1", 0, "takes none"),
        ("gender=f", 3, "takes 3 of its own"),
        ("gender=x", len(LABELS), "unknown value of gender 'x'"),
        ("ear=x", len(LABELS), "unknown attribute 'ear'"),
    ],
)
def test_labels_that_cannot_be(label: Any, c_dim: int, cause: str) -> None:
    with pytest.raises(InputError, match=cause):
        read_label(label, c_dim)


def test_attributes_make_a_label() -> None:
    found = read_label("gender=f, glasses=glasses", len(LABELS))
    assert found is not None
    assert [LABELS[i] for i, n in enumerate(found) if n] == ["gender=f", "glasses=glasses"]


def test_a_studio_draws_the_label_and_says_it(tmp_path: Path) -> None:
    path, G = saved(tmp_path / "g.safetensors", 3)
    faces = Studio(path, "cpu", engine="eager", label="1").generate(1, 4)
    assert np.allclose(faces.ws, ws(G, 4, [0, 1, 0]), atol=1e-5)
    assert faces.provenance["label"] == 1
    assert faces.notes == ("drawn with label 1",)
    plain = Studio(path, "cpu", engine="eager").generate(1, 4)
    assert np.allclose(plain.ws, ws(G, 4, None), atol=1e-5)
    assert "takes 3 labels; drawn with none said" in plain.notes[0]
    # A picture says its label, so that it can be made again by a studio without one.
    target = faces.save(tmp_path / "out")[0]
    studio = Studio(path, "cpu", engine="eager")
    again = studio.mix(str(target), str(target), "coarse")
    assert np.allclose(again.ws, faces.ws, atol=1e-5)


def test_every_verb_takes_a_label(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, G = saved(tmp_path / "g.safetensors", 3)

    def answer(*args: Any) -> dict[str, Any]:
        assert cli.main([*map(str, args), "--model", str(path), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    out = tmp_path / "mix"
    found = answer("mix", 0, 1, "--layers", "coarse", "--label", 2, "--out", out)
    drawn = np.load(out / "latents.npz")["w"]
    assert np.allclose(drawn[:, :2], ws(G, 1, [0, 0, 1])[:, :2], atol=1e-5)
    assert found["faces"][0]["mix"]["a"]["label"] == 2
    assert "label" in images.read_provenance(found["files"][0])["mix"]["a"]
    for space in ("w", "z"):
        clip = tmp_path / f"{space}.gif"
        found = answer(
            "walk", 0, 1, "--seconds", 0.2, "--fps", 10, "--label", 1, "--space", space,
            "--out", clip,
        )  # fmt: skip
        assert [face["label"] for face in found["walk"]["faces"]] == [1, 1]
    found = answer("mix", 0, 1, "--layers", "middle", "--out", tmp_path / "none")
    assert any("drawn with none said" in note for note in found["notes"])
    for verb in ("edit", "describe"):
        assert cli.main([verb, "--help"]) == 0
        assert "--label" in capsys.readouterr().out


def test_z_goes_through_the_mapping_network(tmp_path: Path) -> None:
    path, G = saved(tmp_path / "g.safetensors", 0)
    z = seed_latents([3, 4], 16)
    np.savez(tmp_path / "z.npz", z=z.numpy())
    studio = Studio(path, "cpu", engine="eager")
    faces = studio.mix(f"{tmp_path / 'z.npz'}:1", f"{tmp_path / 'z.npz'}:1", "coarse", 1.0)
    assert np.allclose(faces.ws, G.map(z[1:]).numpy(), atol=1e-5)


def test_convert_says_what_the_other_form_cannot_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, G = saved(tmp_path / "g.safetensors", 3, conv_clamp=0.5)
    out = tmp_path / "g.pt"
    args = ["weights", "convert", str(path), "--out", str(out), "--json", "--label", "1"]
    assert cli.main(args) == 0
    notes = " ".join(json.loads(capsys.readouterr().out)["notes"])
    for said in ("clamp of ±0.5 has no place", "3 labels have no place", "config E or F", "kimg"):
        assert said in notes
    back = convert(out)
    assert back.config["conv_clamp"] == 0.5
    assert back.config["c_dim"] == 0
    again = Generator(GeneratorConfig(**back.config)).eval()
    again.load_state_dict(back.tensors)
    z = seed_latents([0], 16)
    with torch.no_grad():
        assert (again(z) - G(z, torch.tensor([[0.0, 1.0, 0.0]]))).abs().max() < 1e-4
    assert cli.main([*args, "--force"]) == 0
    assert cli.main([*args[:4], str(tmp_path / "x.safetensors"), "--label", "1"]) == 2
    assert "--label fixes a class" in capsys.readouterr().err


def test_convert_takes_the_network_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from checkpoints.foreign_networks import rosinality_generator

    two = {"G_B": rosinality_generator(7), "G_A": rosinality_generator()}
    torch.save(two, tmp_path / "two.pt")
    out = tmp_path / "a.safetensors"
    args = ["weights", "convert", str(tmp_path / "two.pt"), "--out", str(out), "--json", "--force"]
    assert cli.main(args) == 0
    assert "also there: G_A" in json.loads(capsys.readouterr().out)["notes"][-1]
    assert cli.main([*args, "--network", "G_A"]) == 0
    wanted = two["G_A"]["input.input"][0]
    assert torch.equal(native.load(out).tensors["synthesis.b4.const"], wanted)
    faces = Studio(tmp_path / "two.pt", "cpu", engine="eager").generate(1, 0)
    assert "took G_B of several" in faces.notes[0]
    assert cli.main([*args, "--network", "G_C"]) == 2
