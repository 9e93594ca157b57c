"""What an earlier run wrote among its inputs is not read again."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from mien import images
from mien.data.paths import find_pictures, own_output
from mien.data.stores import RUN_LOG, FolderStore
from mien.errors import ImageError

GREY = np.full((8, 8, 3), 128, np.uint8)


def _photos(folder: Path) -> list[Path]:
    for name in ("ann.png", "bob.png"):
        images.save(folder / name, GREY)
    return [folder / "ann.png", folder / "bob.png"]


def _names(*arguments: str | Path, out: Path) -> list[str]:
    return [one.path.name for one in find_pictures(arguments, (out,))]


@pytest.mark.parametrize("pattern", ["", "**/*.png", "**"])
def test_a_folder_of_results_inside_is_passed_over(tmp_path: Path, pattern: str) -> None:
    photos = _photos(tmp_path)
    images.save(tmp_path / "out" / "sketch" / "ann.png", GREY)
    found = _names(tmp_path / pattern, out=tmp_path / "out" / "sketch")
    assert found == [path.name for path in photos]
    assert _names(tmp_path / "out" / "sketch", out=tmp_path / "other") == ["ann.png"]


def test_by_a_link_too(tmp_path: Path) -> None:
    _photos(tmp_path / "real")
    images.save(tmp_path / "real" / "out" / "c.png", GREY)
    os.symlink(tmp_path / "real", tmp_path / "link")
    assert _names(tmp_path / "link", out=tmp_path / "real" / "out") == ["ann.png", "bob.png"]
    assert _names(tmp_path / "real", out=tmp_path / "link" / "out") == ["ann.png", "bob.png"]


def test_in_the_folder_itself_only_what_mien_made(tmp_path: Path) -> None:
    photos = _photos(tmp_path)
    made = images.save(tmp_path / "ann-2.png", GREY, {"of": str(photos[0])})
    assert _names(tmp_path, out=tmp_path) == ["ann.png", "bob.png"]
    # A shell's list of all three; and the one that is wanted by its name.
    assert _names(photos[0], made, photos[1], out=tmp_path) == ["ann.png", "bob.png"]
    assert _names(made, out=tmp_path) == ["ann-2.png"]
    assert _names(tmp_path, out=tmp_path / "elsewhere") == ["ann-2.png", "ann.png", "bob.png"]


def test_nothing_but_results(tmp_path: Path) -> None:
    images.save(tmp_path / "out" / "a.png", GREY, {"of": "b.png"})
    with pytest.raises(ImageError, match="holds only what was made of other pictures"):
        find_pictures([tmp_path], (tmp_path / "out",))
    assert not own_output(tmp_path / "out" / "a.png", tmp_path / "out", (tmp_path,))


def test_the_folder_of_a_training_run_is_no_data(tmp_path: Path) -> None:
    _photos(tmp_path / "set")
    images.save(tmp_path / "set" / "run" / "grids" / "g.png", GREY)
    (tmp_path / "set" / "run" / RUN_LOG).write_text("{}\n")
    assert FolderStore(tmp_path / "set").names == ("ann.png", "bob.png")
    assert RUN_LOG in FolderStore(tmp_path / "set" / "run").names
