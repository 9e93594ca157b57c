"""Landmarks out of three kinds of files, and what is refused."""

import json

import numpy as np
import pytest

from mien.errors import DatasetError
from mien.faces.points import npz_points, read_landmarks

FIVE = np.array([[10.0, 10], [20, 10], [15, 16], [11, 22], [19, 22]])


def write(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_npz_with_names(tmp_path):
    file = write(tmp_path / "a.npz", points=np.stack([FIVE, FIVE + 1]), names=["ann.jpg", "x/bob"])
    read = read_landmarks(file)
    read.check(7)
    assert read.find("faces/ann.png", 0) == pytest.approx(FIVE)
    assert read.find("bob.jpg", 0) == pytest.approx(FIVE + 1)
    assert read.find("eve.jpg", 0) is None


def test_npz_in_order(tmp_path):
    many = np.random.RandomState(0).rand(3, 70, 2) * 100
    read = read_landmarks(write(tmp_path / "a.npz", points=many))
    assert read.find("whatever", 2) == pytest.approx(many[2, :68])
    with pytest.raises(DatasetError, match="3 rows, for 4 pictures"):
        read.check(4)


def test_json_plain_and_as_written_beside_crops(tmp_path):
    file = tmp_path / "a.json"
    file.write_text(
        json.dumps(
            {
                "ann.jpg": FIVE.tolist(),
                "crop.png": {"source": "in/bob.jpg", "landmarks": (FIVE * 2).tolist(), "score": 1},
            }
        )
    )
    read = read_landmarks(file)
    assert read.find("ann.jpg", 0) == pytest.approx(FIVE)
    assert read.find("in/bob.jpg", 1) == pytest.approx(FIVE * 2)


def test_csv_with_and_without_a_head(tmp_path):
    row = "ann.jpg," + ",".join(f"{value}" for value in FIVE.ravel())
    for text in (row, "name," + ",".join("xy" * 5) + "\n" + row + "\n\n"):
        (tmp_path / "a.csv").write_text(text)
        assert read_landmarks(tmp_path / "a.csv").find("ann.png", 0) == pytest.approx(FIVE)


@pytest.mark.parametrize(
    ("name", "text", "match"),
    [
        ("a.txt", "", "ends in '.txt'"),
        ("a.csv", "ann.jpg,1,2,3", "line 1 has 3 numbers"),
        ("a.csv", "ann.jpg,1,2,3,4", "row 0 has 2 points; 5 .* or 68 are needed"),
        ("a.csv", "", "0 rows"),
        ("a.json", "[1, 2]", "not an object"),
        ("a.json", "{", "holds no landmarks"),
        ("a.json", '{"ann": [["x", 1]]}', "no list of points"),
        ("a.json", '{"ann": [[1, 1], [1, 1], [1, 2], [1, 3], [1, 4]]}', "both eyes in one place"),
        ("a.npz", "no zip", "holds no landmarks"),
        ("b.npz", None, "holds no landmarks"),
    ],
)
def test_refused(name, text, match, tmp_path):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(DatasetError, match=match):
        read_landmarks(tmp_path / name)


def test_names_and_rows_must_be_as_many(tmp_path):
    file = write(tmp_path / "a.npz", points=FIVE[None], names=["a", "b"])
    with pytest.raises(DatasetError, match="2 names for 1 rows"):
        read_landmarks(file)


def test_points_of_an_npz_as_they_are(tmp_path):
    path = tmp_path / "points.npz"
    np.savez(path, points=np.ones((2, 70, 2)))
    found = npz_points(path, np.float32)
    assert (found.dtype, found.shape) == (np.float32, (2, 70, 2))
    np.savez(path, other=np.ones(3))
    with pytest.raises(DatasetError, match=r"is no \.npz with 'points'"):
        npz_points(path, np.float32)
    with pytest.raises(DatasetError, match=r"is no \.npz with 'points'"):
        npz_points(tmp_path / "absent.npz", np.float64)
