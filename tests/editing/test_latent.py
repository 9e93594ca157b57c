"""Faces that are there already: seeds, files of latents, pictures of ours; editing and mixing."""

import json

import numpy as np
import pytest
import torch

from mien import images
from mien.checkpoints import native
from mien.editing.direction import Direction, DirectionSet
from mien.editing.edit import joined, save_strip, strip_path
from mien.editing.latent import read_face, read_faces
from mien.editing.sets import save_direction_set
from mien.editing.settings import Setting, read_settings
from mien.errors import (
    FileError,
    ImageError,
    InputError,
    OutputError,
    UnknownName,
    WeightsMissing,
)
from mien.studio import Studio
from mien.stylegan2.generator import Generator, GeneratorConfig

SHAPE = {"resolution": 32, "z_dim": 16, "w_dim": 16, "channel_base": 128, "channel_max": 8}


def write_generator(path, seed=0, **more):
    torch.manual_seed(seed)
    config = {**SHAPE, "c_dim": 76, "mapping_layers": 2, **more}
    G = Generator(GeneratorConfig(**config))
    native.save(path, "stylegan2-generator", G.state_dict(), config, {"kimg": 1})
    return path


def axis(number, width=16):
    return torch.nn.functional.one_hot(torch.tensor(number), width).float()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def studio(folder):
    return Studio(write_generator(folder / "tiny.safetensors"), "cpu")


@pytest.fixture(scope="module")
def directions(folder, studio):
    hash_ = studio.loaded.sha256
    made = DirectionSet(
        (
            Direction("smile", axis(0), "w", (2, 3), 0.5, hash_, "linear"),
            Direction("long hair", axis(1), "w", generator=hash_, method="linear"),
            Direction("short hair", axis(2), "w", generator=hash_, method="linear"),
        )
    )
    path = folder / "dirs.safetensors"
    save_direction_set(path, made, force=True)
    return path


def same(ws, faces, row=0):
    return np.allclose(ws[0].numpy(), faces.ws[row], atol=1e-5)


def test_a_seed_is_a_face(studio):
    ws, made = read_face(studio, 7, 0.5)
    assert ws.shape == (1, 8, 16)
    assert same(ws, studio.generate(1, 7, 0.5))
    assert (made["seed"], made["psi"]) == (7, 0.5)
    assert torch.equal(read_face(studio, "7", 0.5)[0], ws)
    for wrong in (-1, "-3", 2**33):
        with pytest.raises(InputError, match="seed"):
            read_face(studio, wrong)
    with pytest.raises(InputError, match="psi"):
        read_face(studio, 1, 3)


def test_a_file_of_latents(studio, tmp_path):
    faces = studio.generate(3, 5)
    faces.save(tmp_path)
    path = tmp_path / "latents.npz"
    assert read_face(studio, path)[0].shape == (3, 8, 16)
    ws, made = read_face(studio, f"{path}:2")
    assert same(ws, faces, 2)
    assert made["row"] == 2
    with pytest.raises(FileError, match="3 latents, there is no row 3"):
        read_face(studio, f"{path}:3")
    with pytest.raises(FileError):
        read_face(studio, tmp_path / "none.npz")
    np.savez(tmp_path / "wide.npz", w=np.zeros((1, 8, 20), np.float32))
    with pytest.raises(FileError, match="20 wide, the generator takes 16"):
        read_face(studio, tmp_path / "wide.npz")
    np.savez(tmp_path / "deep.npz", w=np.zeros((1, 9, 16), np.float32))
    with pytest.raises(FileError, match="9 layers"):
        read_face(studio, tmp_path / "deep.npz")


@pytest.mark.parametrize("refine", [0, 1])
def test_pictures_are_made_again(studio, tmp_path, refine, monkeypatch):
    from training import tiny

    monkeypatch.setitem(studio.__dict__, "reader", tiny.loaded(tiny.tagger(), "t").network)
    plain = studio.generate(2, 3, 0.6)
    said = studio.describe("an old man", 2, 8, psi=0.9, refine=refine)
    for faces in (plain, said):
        *pictures, sheet, _ = faces.save(tmp_path / str(faces.provenance.get("text", "plain")))
        for row, picture in enumerate(pictures):
            assert same(read_face(studio, picture)[0], faces, row)
        with pytest.raises(ImageError, match="sheet of several"):
            read_face(studio, sheet)


def test_pictures_of_others(studio, folder, tmp_path):
    pixels = np.zeros((8, 8, 3), np.uint8)
    photo = images.save(tmp_path / "photo.png", pixels)
    with pytest.raises(WeightsMissing, match=r"'tiny' has no encoder.*mien train faces"):
        read_face(studio, photo)
    no_model = images.save(tmp_path / "sketch.png", pixels, {"seed": 3})
    with pytest.raises(WeightsMissing, match="has no encoder"):
        read_face(studio, no_model)
    other = Studio(write_generator(folder / "other.safetensors", 1), "cpu")
    *pictures, _, _ = other.generate(1, 0).save(tmp_path / "other")
    with pytest.raises(ImageError, match=r"model 'other'.*this one is 'tiny'"):
        read_face(studio, pictures[0])
    with pytest.raises(FileError, match="does not exist"):
        read_face(studio, "nobody.png")
    hash_ = studio.loaded.sha256
    for broken in ({"seed": "x", "psi": 1}, {}, {"mix": 3}, {"seed": 1, "psi": 1, "edits": [4]}):
        path = images.save(tmp_path / "broken.png", pixels, {"sha256": hash_, **broken})
        with pytest.raises(ImageError, match="cannot be followed"):
            read_face(studio, path)


def test_edit_moves_what_it_says(studio, directions):
    before = read_face(studio, 4)[0].numpy()
    faces = studio.edit(4, ["smile=+2"], directions)
    moved = faces.ws - before
    expected = np.zeros((1, 8, 16))
    expected[:, 2:4, 0] = 1  # strength 2, scale 0.5, layers 2 and 3
    np.testing.assert_allclose(moved, expected, atol=1e-5)
    moved = studio.edit(4, ["long hair/short hair=15,-5"], directions, layers="5-6").ws - before
    np.testing.assert_allclose(moved[0, 5:7, :3], [[0, 15, -5]] * 2, atol=1e-5)
    assert np.abs(moved[0, [0, 1, 2, 3, 4, 7]]).max() < 1e-5
    default = studio.edit(4, ["long hair/short hair"], directions)
    np.testing.assert_allclose(default.ws[0, 0, 1:3] - before[0, 0, 1:3], [15, -5], atol=1e-5)


def test_edited_pictures_can_be_edited_again(studio, directions, tmp_path):
    first = studio.edit(4, ["smile=2", "long hair=-1"], directions)
    picture = first.save(tmp_path / "a")[0]
    assert picture.name == "face-seed0004-smile-2-long-hair-minus-1.png"
    ws, made = read_face(studio, picture)
    assert same(ws, first)
    assert made["edits"][0]["settings"][0] == {"direction": "smile", "strength": 2.0}
    second = studio.edit(picture, ["smile=-2"], directions)
    *pictures, _, latents = second.save(tmp_path / "b")
    assert same(read_face(studio, pictures[0])[0], second)
    np.testing.assert_allclose(np.load(latents)["w"], second.ws)
    again = studio.edit(f"{latents}:0", ["smile=1"], directions)
    *rest, _, _ = again.save(tmp_path / "c")
    with pytest.raises(ImageError, match=r"from the latents of .*latents\.npz"):
        read_face(studio, rest[0])


def test_an_edit_along_a_set_that_changed_is_not_made_up(studio, directions, tmp_path):
    mine = tmp_path / "mine.safetensors"
    mine.write_bytes(directions.read_bytes())
    picture = studio.edit(4, ["smile=2"], mine).save(tmp_path / "a")[0]
    hash_ = studio.loaded.sha256
    other = DirectionSet((Direction("smile", axis(5), "w", generator=hash_),))
    save_direction_set(mine, other, force=True)
    with pytest.raises(ImageError, match="of hash"):
        read_face(studio, picture)
    mine.unlink()
    with pytest.raises(ImageError, match="cannot be loaded"):
        read_face(studio, picture)


def test_foreign_directions(studio, directions, folder):
    other = Studio(write_generator(folder / "other.safetensors", 1), "cpu")
    with pytest.raises(InputError, match="were found in generator"):
        other.edit(4, ["smile=1"], directions)
    faces = other.edit(4, ["smile=1"], directions, force=True)
    assert "another generator" in faces.notes[0]
    wide = Studio(write_generator(folder / "wide.safetensors", 1, w_dim=24), "cpu")
    with pytest.raises(InputError, match=r"latents of \(16,\).* \[8, 24\]"):
        wide.edit(4, ["smile=1"], directions, force=True)
    with pytest.raises(WeightsMissing, match="no directions for model 'tiny'"):
        studio.edit(4, ["smile=1"])


def test_strip(studio, directions, tmp_path):
    faces = studio.strip(4, "smile=2", 5, directions)
    np.testing.assert_allclose(faces.ws[2], read_face(studio, 4)[0][0], atol=1e-5)
    np.testing.assert_allclose(
        faces.ws[:, 2, 0] - faces.ws[2, 2, 0], [-1, -0.5, 0, 0.5, 1], atol=1e-5
    )
    path = save_strip(strip_path(tmp_path, faces), faces, "smile=2")
    assert path.name == "face-seed0004-smile-2-strip.png"
    assert images.load(path).shape[1] > 5 * 32
    assert images.read_provenance(path)["strip"]["of"]["seed"] == 4
    with pytest.raises(OutputError):
        save_strip(path, faces, "smile=2")
    with pytest.raises(ImageError, match="several faces"):
        read_face(studio, path)
    with pytest.raises(InputError, match="1 step;"):
        studio.strip(4, "smile=2", 1, directions)
    studio.generate(2, 0).save(tmp_path / "two")
    with pytest.raises(InputError, match="holds 2; give one seed, or one row"):
        studio.strip(tmp_path / "two" / "latents.npz", "smile=2", 3, directions)


def test_mix(studio, directions, tmp_path):
    a, b = read_face(studio, 1)[0].numpy(), read_face(studio, 2)[0].numpy()
    faces = studio.mix(1, 2, "coarse")
    np.testing.assert_array_equal(faces.ws[0, :4], b[0, :4])
    np.testing.assert_array_equal(faces.ws[0, 4:], a[0, 4:])
    picture = faces.save(tmp_path / "mixed")[0]
    assert same(read_face(studio, picture)[0], faces)
    edited = studio.edit(picture, ["smile=1"], directions)
    picture = edited.save(tmp_path / "edited")[0]
    assert same(read_face(studio, picture)[0], edited)
    again = studio.mix(picture, 3, "6-7")
    assert same(read_face(studio, again.save(tmp_path / "again")[0])[0], again)
    with pytest.raises(InputError, match="layer 12 is outside"):
        studio.mix(1, 2, "4-12")


def test_several_faces_are_joined(studio, directions):
    faces = joined([studio.edit(seed, ["smile=1"], directions) for seed in (1, 2, 1)])
    assert len(faces) == 3
    assert faces.names()[2] == "face-seed0001-smile-1-again1"
    with pytest.raises(InputError, match="no face"):
        joined([])


def test_seeds_are_listed(studio, directions):
    faces = studio.edit("1-2,5", ["smile=1"], directions)
    assert [one["seed"] for one in faces.each] == [1, 2, 5]
    assert torch.equal(read_faces(studio, "2,1")[0][1:], read_faces(studio, 1)[0])
    with pytest.raises(InputError, match="run backwards; write 2-5"):
        read_faces(studio, "5-2")
    with pytest.raises(FileError, match="does not exist"):
        read_faces(studio, "a-b")


def test_settings_are_read():
    assert Setting.parse("smile=+2") == Setting("smile", 2.0)
    assert Setting.parse(" long hair/short hair = 15, -5 ").coefficients == (15.0, -5.0)
    assert Setting.parse("a/b") == Setting("a/b", 1.0)
    assert Setting.parse("a/b=0.5") == Setting("a/b", 0.5)
    for text in ("smile", "smile=", "smile=x", "=2", "smile=1,2", "a/b=1,2,3", "smile=nan"):
        with pytest.raises(InputError, match="cannot be read"):
            Setting.parse(text)
    with pytest.raises(InputError, match="numbers go from"):
        Setting.parse("smile=1e4")
    with pytest.raises(InputError, match="nothing to change"):
        read_settings([])
    for one in (Setting("a", 2.0), Setting("a/b", 1.0, (3.0, -1.0), (1, 2))):
        assert Setting.from_dict(json.loads(json.dumps(one.as_dict()))) == one


def test_unknown_directions(studio, directions):
    with pytest.raises(UnknownName, match="did you mean 'smile'"):
        studio.edit(1, ["smiel=2"], directions)
    with pytest.raises(UnknownName, match="curly"):
        studio.edit(1, ["long hair/curly=2,1"], directions)
    with pytest.raises(InputError, match="nothing to change"):
        studio.edit(1, [], directions)
