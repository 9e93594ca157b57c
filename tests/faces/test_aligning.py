"""Folders of pictures into folders of faces."""

import json
import zipfile

import numpy as np
import pytest

from faces.toy_faces import finder, picture, shape
from mien import images
from mien.errors import InputError, OutputError
from mien.faces.aligning import AlignOptions, align_pictures
from mien.faces.alignment import Alignment, paste_back
from mien.faces.points import read_landmarks


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    images.save(folder / "one.png", picture((50, 40, 100)))
    images.save(folder / "in" / "two.png", picture((10, 20, 60), (120, 40, 100)))
    images.save(folder / "none.png", picture())
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


def run(paths, out, options=None, find=None, **settings):
    return list(
        align_pictures(paths, out, find or finder(), options or AlignOptions(64), **settings)
    )


def test_a_folder(photos, tmp_path):
    out = tmp_path / "out"
    by_name = {outcome.name.split("photos/")[1]: outcome for outcome in run([photos], out)}
    assert [name for name, outcome in by_name.items() if outcome.files] == ["one.png"]
    assert "no face was found" in by_name["none.png"].problem
    assert "is not a picture" in by_name["broken.png"].problem
    two = by_name["in/two.png"]
    assert two.preview == out / "in" / "two-faces.png"
    assert two.preview.is_file()
    assert "2 faces were found; choose one with `face`, 1 to 2" in two.problem
    assert images.load(out / "one.png").shape == (64, 64, 3)
    (index,) = json.loads((out / "faces.json").read_text()).items()
    assert index[0] == "one.png"
    assert len(index[1]["landmarks"]) == 68
    made = images.read_provenance(out / "one.png")
    assert Alignment.from_dict(made["alignment"]).frame.centre == pytest.approx((100, 90), abs=0.01)


@pytest.mark.parametrize(("face", "files"), [(2, 1), ("largest", 1), ("all", 2)])
def test_which_face(face, files, photos, tmp_path):
    (outcome,) = run([photos / "in" / "two.png"], tmp_path / "out", AlignOptions(64, face=face))
    assert len(outcome.files) == files
    sides = [Alignment.from_dict(one["alignment"]).frame.side for one in outcome.faces]
    assert sides == pytest.approx({2: [60], "largest": [100], "all": [100, 60]}[face], abs=0.1)


def test_a_zip_of_pictures(photos, tmp_path):
    with zipfile.ZipFile(tmp_path / "faces.zip", "w") as archive:
        archive.write(photos / "one.png", "deep/one.png")
    (outcome,) = run([tmp_path / "faces.zip"], tmp_path / "out")
    assert outcome.files == (tmp_path / "out" / "deep" / "one.png",)


def test_a_box(photos, tmp_path):
    options = AlignOptions(64, box=(60, 40, 80, 90))
    (outcome,) = run([photos / "none.png"], tmp_path / "out", options)
    assert outcome.files
    assert any("may be no face" in note for note in outcome.notes)


def test_landmarks_need_no_finder_and_come_back(photos, tmp_path):
    run([photos / "one.png"], tmp_path / "first")
    points = read_landmarks(tmp_path / "first" / "faces.json")
    options = AlignOptions(64, landmarks=points)
    outcomes = list(align_pictures([photos / "one.png"], tmp_path / "second", None, options))
    assert outcomes[0].files
    first, second = (images.load(tmp_path / name / "one.png") for name in ("first", "second"))
    assert np.abs(first.astype(int) - second).max() <= 1
    (outcome,) = align_pictures([photos / "none.png"], tmp_path / "third", None, options)
    assert "has no row for it" in outcome.problem


def test_five_points_are_enough(photos, tmp_path):
    five = np.append(shape()[[68, 69, 30, 48, 54]], np.ones((5, 1)), axis=1)
    file = tmp_path / "five.npz"
    np.savez(file, points=(five @ np.array([[50, 0, 100], [0, 50, 90]]).T)[None])
    options = AlignOptions(64, landmarks=read_landmarks(file))
    (outcome,) = align_pictures([photos / "one.png"], tmp_path / "out", None, options)
    assert Alignment.from_dict(outcome.faces[0]["alignment"]).frame.side == pytest.approx(100)


def test_a_crop_goes_back_where_it_was(photos, tmp_path):
    run([photos / "one.png"], tmp_path / "out")
    made = images.read_provenance(tmp_path / "out" / "one.png")
    image = images.load(photos / "one.png")
    crop = images.load(tmp_path / "out" / "one.png")
    back = paste_back(image, crop, Alignment.from_dict(made["alignment"]))
    assert np.abs(back.astype(int) - image).mean() < 1


def test_beyond_the_border_is_noted(tmp_path):
    images.save(tmp_path / "a.png", picture((0, 0, 90)))
    options = AlignOptions(64, box=(-30, -20, 80, 90))
    (outcome,) = run([tmp_path / "a.png"], tmp_path / "out", options)
    assert any("beyond the picture" in note for note in outcome.notes)


def test_nothing_is_overwritten(photos, tmp_path):
    run([photos / "one.png"], tmp_path / "out")
    with pytest.raises(OutputError, match="exists already"):
        run([photos / "one.png"], tmp_path / "out")
    assert run([photos / "one.png"], tmp_path / "out", force=True)[0].files


def test_two_pictures_of_one_name(photos, tmp_path):
    images.save(tmp_path / "one.png", images.load(photos / "one.png"))
    before = (tmp_path / "one.png").read_bytes()
    made = run([photos / "one.png", tmp_path / "one.png"], tmp_path / "out")
    assert [one.files[0].name for one in made] == ["one.png", "one-2.png"]
    (again,) = run([tmp_path / "one.png"], tmp_path, force=True)  # never over its own picture
    assert again.files == (tmp_path / "one-2.png",)
    assert (tmp_path / "one.png").read_bytes() == before


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"size": 8}, "size is 8"),
        ({"face": 0}, "face is 0"),
        ({"box": (1, 2, 3, 4), "landmarks": "x"}, "not both"),
    ],
)
def test_options(settings, match, tmp_path):
    if "landmarks" in settings:
        np.savez(tmp_path / "a.npz", points=np.random.RandomState(0).rand(1, 68, 2))
        settings["landmarks"] = read_landmarks(tmp_path / "a.npz")
    with pytest.raises(InputError, match=match):
        AlignOptions(**settings)
