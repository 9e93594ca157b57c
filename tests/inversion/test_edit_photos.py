"""A photo in the place of a face: edited, mixed, pasted back."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from anime.toys import ToyFinder, picture
from inversion import toys
from mien import cli, images
from mien.editing.direction import Direction, DirectionSet
from mien.editing.latent import read_face
from mien.editing.sets import save_direction_set
from mien.errors import ImageError, InputError
from mien.faces.alignment import Alignment
from mien.inversion.paste import soft_mask
from mien.inversion.photos import InversionRequest
from mien.studio import Studio


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A run, its directions, photos; the finder that sees marks, the small frozen networks."""
    path = toys.write_models(tmp_path / "run")
    hash_ = Studio(path, "cpu").loaded.sha256
    smile = Direction("smile", torch.eye(16)[0], "w", None, 0.5, hash_, "linear")
    save_direction_set(tmp_path / "d.safetensors", DirectionSet((smile,)))
    images.save(tmp_path / "ann.png", picture([(48, 36)]))
    images.save(tmp_path / "two.png", picture([(24, 36), (72, 36)]))
    monkeypatch.setattr("mien.inversion.photos.shipped_finder", lambda device: ToyFinder(40))
    monkeypatch.setattr(
        "mien.inversion.encoder.load_inverter", lambda *_, **__: toys.make_inverter()
    )
    return tmp_path


def run(capsys, folder, *args):
    more = ["--model", folder / "run" / "generator.safetensors", "--device", "cpu"]
    more += ["--directions", folder / "d.safetensors", "--out", folder / "out"]
    status = cli.main(["edit", *map(str, [*args, *more])])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_a_photo_is_inverted_by_whoever_reads_faces(folder):
    studio = Studio(folder / "run" / "generator.safetensors", "cpu")
    asked = []

    def fake(path):
        asked.append(path)
        return torch.ones(1, studio.generator.num_ws, 16), {"photo": str(path)}

    ws, made = read_face(studio, folder / "ann.png", invert=fake)
    assert (float(ws.mean()), made) == (1, {"photo": str(folder / "ann.png")})
    assert asked == [folder / "ann.png"]
    read_face(studio, 3, invert=fake)
    assert len(asked) == 1
    (folder / "no.png").write_text("no picture")
    with pytest.raises(ImageError, match=r"no\.png"):
        read_face(studio, folder / "no.png", invert=fake)


def test_steps_come_nearer(folder):
    studio = Studio(folder / "run" / "generator.safetensors", "cpu")
    once, _ = studio.read_photo(folder / "ann.png")
    studio.photos = InversionRequest(steps=2)
    more, made = studio.read_photo(folder / "ann.png")
    assert made["steps"] == 2
    assert not torch.equal(once, more)


def test_a_photo_is_edited_and_pasted(folder, capsys):
    photo = folder / "ann.png"
    status, out, err = run(capsys, folder, photo, "--set", "smile=+2", "--paste", "--json")
    assert status == 0, err
    files = sorted(path.name for path in (folder / "out").iterdir())
    assert files == ["ann-smile-2-pasted.png", "ann-smile-2.png", "latents.npz", "sheet.png"]
    assert len(json.loads(out)["files"]) == 4
    made = images.read_provenance(folder / "out" / "ann-smile-2.png")
    assert (made["photo"], made["edits"][0]["settings"][0]["direction"]) == (str(photo), "smile")
    page, before = images.load(folder / "out" / "ann-smile-2-pasted.png"), images.load(photo)
    part, (x, y) = soft_mask(Alignment.from_dict(made["alignment"]), np.array(made["outline"]))
    mask = np.zeros(before.shape[:2])
    mask[y : y + part.shape[0], x : x + part.shape[1]] = part
    assert (page[mask == 0] == before[mask == 0]).all()
    assert (page[mask > 0.5] != before[mask > 0.5]).any()
    # What came out says where its latent is.
    made = folder / "out" / "ann-smile-2.png"
    status, _, err = run(capsys, folder, made, "--set", "smile=1", "--force")
    assert status == 2
    assert "was made from the photo" in err
    again = [f"{folder / 'out' / 'latents.npz'}", "--set", "smile=1"]
    status, _, err = run(capsys, folder, *again, "--force")
    assert status == 0, err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["two.png"], "two.png: 2 faces were found; choose one with --face, 1 to 2"),
        (["ann.png", "--steps", "-3"], "steps is -3"),
        (["7", "--paste"], "--paste is for photos"),
        (["ann.png", "--paste", "--strip", "3"], "--strip draws many"),
    ],
)
def test_what_cannot_be_edited(args, said, folder, capsys):
    given = [folder / arg if arg.endswith(".png") else arg for arg in args]
    status, out, err = run(capsys, folder, *given, "--set", "smile=+2")
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("mien: error: ") == 1
    assert not (folder / "out").exists()


def test_a_face_is_chosen(folder, capsys):
    status, _, err = run(capsys, folder, folder / "two.png", "--set", "smile=+2", "--face", 2)
    assert status == 0, err


def test_a_photo_is_mixed(folder):
    studio = Studio(folder / "run" / "generator.safetensors", "cpu")
    faces = studio.mix(folder / "ann.png", 7, "0-3")
    assert faces.names() == ["ann-mix-layers-0-3-of-face-seed0007"]
    target = faces.save(folder / "mixed")[0]
    with pytest.raises(ImageError, match="was made from the photo"):
        read_face(studio, target)
    with pytest.raises(InputError, match="2 faces were found"):
        studio.mix(folder / "two.png", 7, "0-3")
