"""What is no name of a file or folder is refused in Python's kind of error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien import images
from mien.errors import WrongType
from mien.files import as_path, slug
from mien.images import formats
from mien.portraits.faces import Faces

GREY = np.full((1, 8, 8, 3), 128, np.uint8)


@pytest.mark.parametrize("path", [None, 7, GREY, b"a.png", ["a.png"]])
def test_no_path(path: Any) -> None:
    with pytest.raises(WrongType, match="the name of a file or folder"):
        as_path(path)
    faces = Faces(GREY, np.zeros((1, 2, 4), np.float32), (0,), {})
    with pytest.raises(TypeError):
        faces.save(path)
    for save in (images.save, formats.save):
        with pytest.raises(TypeError):
            save(path, GREY[0])


def test_a_sign_becomes_a_word() -> None:
    assert slug("Smile=-2", keep=".") == "smile-minus-2"
    assert slug("smile=+2.5", keep=".") == "smile-2.5"
    assert slug("long hair/short hair=15,-5", keep=".") == "long-hair-short-hair-15-minus-5"
    assert Path(slug("a=b+c.png", keep=".")).name == "a-b-c.png"
