"""Sketches without a network: what they show, that nothing is random, and the folders written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mien import cli, images
from mien.data.batch import Done, find_jobs, work_off
from mien.data.pairs import PairedSet
from mien.errors import InputError, UnknownName
from mien.sketch.extract import STYLES, pencil, xdog
from mien.sketch.made_pairs import ENDS, FOLDERS, Sketching

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

    def made(drawing: Sketching, force: bool = False) -> list[Done]:
        return list(work_off(find_jobs([source], out, ENDS, FOLDERS), drawing, force=force))

    written = made(Sketching("xdog", (0.2, 0.8)))
    assert "bad.png: is not a picture" in written[1].problem
    pairs = PairedSet.open(out, 16, "all")
    assert pairs.names == ("a", "sub-a", "sub/a")
    assert images.load(out / "photo" / "a.png").shape == (30, 20, 3)
    told = images.read_provenance(out / "sketch" / "sub-a.png")
    assert (told["style"], told["strength"], told["sketch_of"]) == ("xdog", 0.2, "sub-a.jpg")
    assert [done.before for done in made(Sketching("pencil"))] == [True, False, True, True]
    made(Sketching("pencil", size=16), force=True)
    assert images.load(out / "photo" / "a.png").shape == (16, 16, 3)


def test_what_is_refused() -> None:
    with pytest.raises(UnknownName, match="unknown style of sketches 'chalk'"):
        Sketching("chalk")
    with pytest.raises(InputError, match="there is no strength"):
        Sketching(strengths=())
    with pytest.raises(InputError, match=r"strength is 1\.5"):
        Sketching(strengths=(1.5,))
    with pytest.raises(InputError, match="size is 4"):
        Sketching(size=4)


def test_the_verb(face: Encode, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "faces").mkdir()
    for i in range(3):
        (tmp_path / "faces" / f"{i}.png").write_bytes(face(i))
    (tmp_path / "faces" / "bad.png").write_bytes(b"x")
    command = ["data", "sketch", str(tmp_path / "faces"), "--out", str(tmp_path / "out")]
    command += ["--style", "xdog", "--strength", "0.3", "--strength", "0.7"]
    assert cli.main([*command, "--json"]) == 2
    printed = capsys.readouterr()
    result = json.loads(printed.out)
    assert len(result["made"]) == 3
    assert len(result["left_out"]) == 1
    assert "mien: left out: " in printed.err
    (tmp_path / "faces" / "bad.png").unlink()
    assert cli.main(command) == 0
    assert capsys.readouterr().out == f"wrote 0 pairs to {tmp_path / 'out'}, 3 were there\n"
    one = str(tmp_path / "faces" / "1.png")
    assert cli.main(["data", "sketch", one, "--out", str(tmp_path / "one")]) == 0
    assert images.load(tmp_path / "one" / "sketch" / "1.png").ndim == 3
