"""Sheets: captions are whole, formats keep what made a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from mien import images
from mien.errors import OutputError, UnknownName
from mien.images import formats
from mien.images.sheets import Sheet, whole_lines


def test_no_letter_of_a_caption_is_lost() -> None:
    font = ImageFont.load_default(size=14)
    text = "face-seed0107-long-hair-short-hair=15--5-smile=+2 " + "W" * 60 + " and 眼鏡をかけた女性"
    lines = whole_lines(text, font, 96)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(font.getlength(line) <= 96 for line in lines)


def test_a_sheet_grows_with_its_captions() -> None:
    pixels = np.zeros((2, 32, 32, 3), np.uint8)
    short, long = (Sheet(pixels, ("a", text), 2).drawn() for text in ("b", "many words " * 9))
    assert long.shape[0] > short.shape[0]
    assert long.shape[1] == short.shape[1]
    assert np.array_equal(short[8:40, 8:40], pixels[0])


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.jpeg", "a.webp"])
def test_formats_carry_what_made_them(tmp_path: Path, name: str) -> None:
    pixels = np.full((32, 32, 3), 200, np.uint8)
    path = formats.save(tmp_path / name, pixels, {"seed": 7, "text": "眼鏡"})
    assert images.read_provenance(path) == {"seed": 7, "text": "眼鏡"}
    assert np.abs(images.load(path).astype(int) - 200).max() <= 2
    with pytest.raises(OutputError, match="exists already"):
        formats.save(path, pixels, {}, force=False)


def test_what_no_format_holds_is_refused(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(UnknownName, match="unknown format"):
        formats.save(tmp_path / "a.gif", pixels)
    with pytest.raises(OutputError, match="a JPEG or WebP holds 60000"):
        formats.save(tmp_path / "a.jpg", pixels, {"text": "x" * 70_000})
    assert not list(tmp_path.iterdir())
