"""Sketches without a network: what they show, that nothing is random, and the folders written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mien import cli, images
from mien.data.pairs import PairedSet
from mien.errors import DatasetError, InputError, OutputError, UnknownName
from mien.sketch.extract import STYLES, pencil, write_pairs, xdog

Encode = Callable[..., bytes]
Layout = Callable[..., Path]


def disc(side: int = 64, dark: int = 60, light: int = 200) -> np.ndarray:
    """A dark disc on a light ground."""
    y, x = np.mgrid[:side, :side] - side / 2
    inside = (x**2 + y**2 < (side * 0.3) ** 2)[..., None]
    return np.where(inside, dark, light).astype(np.uint8).repeat(3, axis=2)


@pytest.mark.parametrize("style", STYLES)
def test_a_sketch_is_grey_light_and_dark_where_edges_are(style: str) -> None:
    drawn = STYLES[style](disc(), 0.5)
    assert drawn.shape == (64, 64, 3)
    assert drawn.dtype == np.uint8
    assert np.array_equal(drawn[..., 0], drawn[..., 1])
    assert np.array_equal(drawn[..., 0], drawn[..., 2])
    assert drawn[:8, :8].mean() > 190  # ground far from any edge
    ring = drawn[32, 12:17].min()
    assert ring < 120, "the edge of the disc is drawn"
    assert np.array_equal(drawn, STYLES[style](disc(), 0.5))


@pytest.mark.parametrize("style", STYLES)
def test_stronger_is_darker(style: str) -> None:
    means = [STYLES[style](disc(), strength).mean() for strength in (0.0, 0.5, 1.0)]
    assert means[0] > means[1] > means[2]


def test_the_look_does_not_depend_on_the_size() -> None:
    for draw in (xdog, pencil):
        small, large = draw(disc(128), 0.5), draw(disc(256), 0.5)
        shrunk = images.resize(large, 128, "box").astype(int)
        assert np.abs(small - shrunk).mean() < 8


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("style", STYLES)
def test_an_even_picture_has_no_lines(style: str, level: int) -> None:
    drawn = STYLES[style](np.full((40, 30, 3), level, np.uint8), 0.7)
    assert drawn.max() - drawn.min() <= 1


@pytest.mark.parametrize("style", STYLES)
def test_white_paper_stays_white(style: str) -> None:
    photo = disc(200, light=255)  # blurring goes beyond white by a rounding error here and there
    drawn = STYLES[style](photo, 0.5)
    assert drawn[:40].min() > 200


def test_a_tiny_picture() -> None:
    for draw in STYLES.values():
        assert draw(disc(8), 1.0).shape == (8, 8, 3)


def test_a_strength_outside_of_its_range() -> None:
    with pytest.raises(InputError, match=r"strength is 1\.5, but must be from 0 to 1"):
        xdog(disc(), 1.5)


def test_folders_that_pairs_are_read_from(lay_out: Layout, face: Encode, tmp_path: Path) -> None:
    files = {"a.png": face(1, 20, 30), "sub/a.png": face(2), "sub-a.jpg": face(3), "bad.png": b"x"}
    source = lay_out(files)
    out = tmp_path / "out"
    written = list(write_pairs(source, out, "xdog", (0.2, 0.8)))
    assert [w.source for w in written] == ["a.png", "bad.png", "sub-a.jpg", "sub/a.png"]
    assert "bad.png: is not a picture" in written[1].problem
    pairs = PairedSet.open(out, 16, "all")
    assert pairs.names == ("a", "sub-a", "sub-a-2")
    assert images.load(out / "photo" / "a.png").shape == (30, 20, 3)
    made = images.read_provenance(out / "sketch" / "sub-a.png")
    assert (made["style"], made["strength"], made["sketch_of"]) == ("xdog", 0.2, "sub-a.jpg")
    with pytest.raises(OutputError, match="exists already"):
        list(write_pairs(source, out, "pencil"))
    list(write_pairs(source, out, "pencil", size=16, force=True))
    assert images.load(out / "photo" / "a.png").shape == (16, 16, 3)


def test_what_is_refused(lay_out: Layout, face: Encode, tmp_path: Path) -> None:
    good = lay_out({"a.png": face(1)}, "good")
    with pytest.raises(UnknownName, match="unknown style of sketches 'chalk'"):
        list(write_pairs(good, tmp_path / "out", "chalk"))
    with pytest.raises(InputError, match="there is no strength"):
        list(write_pairs(good, tmp_path / "out", strengths=()))
    with pytest.raises(InputError, match="size is 4"):
        list(write_pairs(good, tmp_path / "out", size=4))
    with pytest.raises(DatasetError, match="none of its 1 pictures can be read"):
        list(write_pairs(lay_out({"a.png": b"x"}, "bad"), tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_the_verb(face: Encode, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "faces").mkdir()
    for i in range(3):
        (tmp_path / "faces" / f"{i}.png").write_bytes(face(i))
    (tmp_path / "faces" / "bad.png").write_bytes(b"x")
    command = ["data", "sketch", str(tmp_path / "faces"), "--out", str(tmp_path / "out")]
    command += ["--style", "xdog", "--strength", "0.3", "--strength", "0.7"]
    assert cli.main([*command, "--json"]) == 0
    printed = capsys.readouterr()
    result = json.loads(printed.out)
    assert len(result["pairs"]) == 3
    assert len(result["left_out"]) == 1
    assert "mien: left out: " in printed.err
    assert cli.main(command) == 2
    assert "exists already (and 5 more); give another --out, or --force" in capsys.readouterr().err
    assert cli.main([*command, "--force"]) == 0
    out = capsys.readouterr().out
    assert out == f"wrote 3 pairs to {tmp_path / 'out'}, 1 left out\n"


def test_one_photo(tmp_path):
    photo = np.random.RandomState(0).randint(0, 256, (40, 40, 3)).astype(np.uint8)
    for name in ("a.png", "b.png"):
        images.save(tmp_path / "in" / name, photo)
    (made,) = write_pairs(tmp_path / "in" / "a.png", tmp_path / "out")
    assert made.sketch == tmp_path / "out" / "sketch" / "a.png"
    assert images.load(made.sketch).shape == (40, 40, 3)
