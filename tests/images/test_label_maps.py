"""Label maps as palette PNGs: the way there and back, and files that are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien import images
from mien.errors import ImageError, OutputError
from mien.images import label_maps

PALETTE = np.array([[0, 0, 0], [200, 0, 0], [0, 100, 0]], np.uint8)


def test_there_and_back(tmp_path: Path) -> None:
    ids = np.random.RandomState(0).randint(0, 3, (12, 9)).astype(np.uint8)
    ids[0, 0] = label_maps.UNKNOWN
    path = label_maps.save(tmp_path / "a.png", ids, PALETTE, {"made": "here"})
    assert np.array_equal(label_maps.load(path, PALETTE), ids)
    assert images.read_provenance(path) == {"made": "here"}
    shown = images.load(path)
    assert np.array_equal(shown[ids == 1], np.tile(PALETTE[1], ((ids == 1).sum(), 1)))


def test_grey_ids_and_the_palettes_colours_are_read(tmp_path: Path) -> None:
    ids = np.random.RandomState(1).randint(0, 3, (8, 8)).astype(np.uint8)
    Image.fromarray(ids).save(tmp_path / "grey.png")
    images.save(tmp_path / "colour.png", PALETTE[ids])
    for name in ("grey.png", "colour.png"):
        assert np.array_equal(label_maps.load(tmp_path / name, PALETTE), ids)


def test_unknown_colours_ids_and_files_are_refused(tmp_path: Path) -> None:
    page = PALETTE[np.zeros((4, 4), int)]
    page[1, 2] = 7, 8, 9
    odd = images.save(tmp_path / "odd.png", page)
    with pytest.raises(ImageError, match=r"1 colour .* first \(7, 8, 9\) at 2,1, in 6% of"):
        label_maps.load(odd, PALETTE)
    Image.fromarray(np.full((4, 4), 3, np.uint8)).save(tmp_path / "high.png")
    with pytest.raises(ImageError, match="holds the id 3 at 0,0, and 2 is the largest"):
        label_maps.load(tmp_path / "high.png", PALETTE)
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(ImageError, match="is no label map"):
        label_maps.load(tmp_path / "text.png", PALETTE)
    with pytest.raises(ImageError, match="cannot be read"):
        label_maps.load(tmp_path / "absent.png", PALETTE)
    with pytest.raises(OutputError, match=r"ends in '\.jpg'"):
        label_maps.save(tmp_path / "a.jpg", np.zeros((4, 4), np.uint8), PALETTE)
