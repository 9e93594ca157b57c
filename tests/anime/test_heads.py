"""Drawn heads on photos: what is covered, what takes the drawing's colours, what stays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from mien.anime.heads import put_on
from mien.faces.alignment import Alignment
from mien.faces.frames import Frame
from mien.judges.regions import ID, REGIONS

PAPER, FACE, HAIR, SHIRT = (180, 200, 220), (200, 120, 90), (60, 40, 30), (20, 90, 20)
INK, DRAWN_FACE, DRAWN_HAIR = (120, 220, 255), (255, 230, 210), (150, 40, 160)
"""Colours of a photo, then the background, face and hair of a drawing."""

WHAT = {FACE: "skin", DRAWN_FACE: "skin", HAIR: "hair", DRAWN_HAIR: "hair", SHIRT: "cloth"}


class ByColour:
    """A parser that knows the colours above; all else is background."""

    resolution = 64

    def shares(self, images: Tensor) -> Tensor:
        """Sure of every pixel."""
        pixels = (images[:, :, ::2, ::2] + 1) * 127.5
        colours = torch.tensor([PAPER, INK, *WHAT], dtype=torch.float32)
        near = (pixels[:, None] - colours[None, :, :, None, None]).abs().sum(dim=2).argmin(dim=1)
        ids = torch.tensor([0, 0, *(ID[name] for name in WHAT.values())])[near]
        return torch.nn.functional.one_hot(ids, len(REGIONS)).permute(0, 3, 1, 2).float()


def disc(image: np.ndarray, x: float, y: float, radius: float, colour: Sequence[int]) -> None:
    down, across = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    image[np.hypot(across - x, down - y) < radius] = colour


def photo(*others: tuple[int, int]) -> np.ndarray:
    """A face with much hair in the middle, a shirt below, heads of others."""
    image = np.full((160, 160, 3), PAPER, np.uint8)
    image[140:] = SHIRT
    for x, y in ((80, 80), *others):
        disc(image, x, y, 38 if x == 80 else 14, HAIR)
        disc(image, x, y + 4 * (x == 80), 22 if x == 80 else 8, FACE)
    return image


def drawing() -> np.ndarray:
    """A smaller head with another outline."""
    image = np.full((64, 64, 3), INK, np.uint8)
    disc(image, 32, 28, 20, DRAWN_HAIR)
    disc(image, 32, 33, 15, DRAWN_FACE)
    return image


SQUARE = Alignment(Frame((80.0, 80.0), (44.0, 0.0)), 64, (160, 160))


def apart(image: np.ndarray, colour: Sequence[int]) -> np.ndarray:
    return np.abs(image.astype(int) - colour).max(axis=-1)


def test_head_and_hair_are_replaced_and_nothing_else() -> None:
    before = photo((150, 20))
    page = put_on(before, [before], drawing()[None], SQUARE, ByColour())
    assert page is not None
    made = page[0]
    down, across = np.mgrid[:160, :160] + 0.5
    from_middle = np.hypot(across - 80, down - 80)
    # Beyond both heads (hair of the photo to 38 pixels) not a bit changes: not the head of
    # somebody else, not the corners of the square that was drawn.
    assert np.array_equal(made[from_middle > 44], before[from_middle > 44])
    # The drawn face in the middle, drawn hair above it.
    assert apart(made[82:92, 75:85], DRAWN_FACE).max() < 12
    assert apart(made[54:58, 76:84], DRAWN_HAIR).max() < 40
    # Hair of the photo that the drawing does not reach has the colour of the drawn hair.
    ring = (from_middle > 32) & (from_middle < 35) & (down < 90)
    assert apart(made[ring], DRAWN_HAIR).max() < 60 < apart(made[ring], HAIR).min()
    # Nothing of the drawing's background.
    assert apart(made[from_middle < 36], INK).min() > 60


def test_long_hair_goes_over_into_its_own() -> None:
    before = photo()
    before[80:158, 44:56] = HAIR
    page = put_on(before, [before], drawing()[None], SQUARE, ByColour())
    assert page is not None
    far = [float(apart(page[0][row, 47:53], DRAWN_HAIR).mean()) for row in (90, 114, 135)]
    assert far[0] < 60
    assert far[0] < far[1] < far[2]
    assert np.array_equal(page[0][126:], before[126:])


def test_a_page_with_other_faces_keeps_them() -> None:
    before = photo()
    drawn_before = before.copy()
    drawn_before[:20, :20] = (1, 2, 3)
    page = put_on(before, [drawn_before], drawing()[None], SQUARE, ByColour())
    assert page is not None
    assert np.array_equal(page[0][:20, :20], drawn_before[:20, :20])


def test_a_drawing_that_cannot_be_read_fills_the_outline() -> None:
    before, flat = photo(), np.full((64, 64, 3), INK, np.uint8)
    page = put_on(before, [before], flat[None], SQUARE, ByColour())
    assert page is not None
    assert apart(page[0][70:95, 70:90], INK).max() == 0
    assert np.array_equal(page[0][:36], before[:36])


@pytest.mark.parametrize("where", [(0, 0), (80, 5)])
def test_no_face_in_the_middle_is_told(where: tuple[int, int]) -> None:
    before = np.full((160, 160, 3), PAPER, np.uint8)
    disc(before, *where, 12, FACE)
    assert put_on(before, [before], drawing()[None], SQUARE, ByColour()) is None
