"""Pictures without a face, made out of pictures of faces and of nothing: what a finder must ignore.

Corners of portraits beside the face, portraits whose face is blurred away, shuffled blocks of
portraits (single eyes and mouths among them), noise of many scales, gradients, stripes, shapes and
letters. No outside picture is needed, so nothing is learned that the training set does not allow.
"""

from __future__ import annotations

import string

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn import functional

SIZE = 192
"""Side of a background in pixels."""

_BLOCKS = 6
"""Blocks across a shuffled portrait."""


def make_backgrounds(
    pictures: UInt8[np.ndarray, "n h w 3"],
    points: Float[np.ndarray, "n 68 2"],
    count: int,
    seed: int = 0,
) -> UInt8[Tensor, "count 3 192 192"]:
    """A bank of backgrounds out of square portraits and their landmarks, x, y in pixels."""
    rng = np.random.RandomState(seed)
    kinds = (_beside, _beside, _blurred, _shuffled, _noise, _noise, _drawn, _plain)
    made = []
    for i in range(count):
        which = rng.randint(len(pictures))
        made.append(kinds[i % len(kinds)](pictures[which], points[which], rng))
    return torch.from_numpy(np.stack(made)).permute(0, 3, 1, 2).contiguous()


def _resized(image: np.ndarray, size: int = SIZE) -> np.ndarray:
    return np.array(Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC))


def _beside(picture: np.ndarray, points: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """A square beside the face, mirrored into a whole picture."""
    height, width = picture.shape[:2]
    low, high = points.min(axis=0), points.max(axis=0)
    for _ in range(20):
        side = rng.randint(width // 8, width // 3)
        x, y = rng.randint(width - side), rng.randint(height - side)
        apart = x + side < low[0] or x > high[0] or y + side < low[1] - 20 or y > high[1]
        if apart:
            cut = picture[y : y + side, x : x + side]
            times = rng.randint(1, 4)
            return _resized(np.pad(cut, ((0, side * (times - 1)),) * 2 + ((0, 0),), "symmetric"))
    return _noise(picture, points, rng)


def _blurred(picture: np.ndarray, points: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """A portrait whose face is a blur."""
    whole = torch.from_numpy(picture).permute(2, 0, 1)[None].float()
    coarse = functional.interpolate(whole, size=int(rng.randint(4, 8)), mode="area")
    soft = functional.interpolate(coarse, size=picture.shape[0], mode="bicubic").clamp(0, 255)
    centre, reach = points.mean(axis=0), np.ptp(points, axis=0) * 0.75
    down, across = np.mgrid[: picture.shape[0], : picture.shape[1]]
    far = np.hypot((across - centre[0]) / reach[0], (down - centre[1]) / reach[1])
    mask = torch.from_numpy(np.clip((1.15 - far) / 0.3, 0, 1)).float()
    mixed = whole * (1 - mask) + soft * mask
    return _resized(mixed[0].permute(1, 2, 0).byte().numpy())


def _shuffled(picture: np.ndarray, points: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Blocks of a portrait in disorder."""
    del points
    whole = _resized(picture)
    step = SIZE // _BLOCKS
    blocks = (
        whole.reshape(_BLOCKS, step, _BLOCKS, step, 3).swapaxes(1, 2).reshape(-1, step, step, 3)
    )
    blocks = blocks[rng.permutation(len(blocks))]
    return blocks.reshape(_BLOCKS, _BLOCKS, step, step, 3).swapaxes(1, 2).reshape(SIZE, SIZE, 3)


def _noise(picture: np.ndarray, points: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Noise of several scales, in the colours of a portrait."""
    del points
    base = np.zeros((3, SIZE, SIZE), np.float32)
    for power in range(1, 7):
        cells = torch.from_numpy(rng.randn(1, 3, 2**power, 2**power).astype(np.float32))
        layer = functional.interpolate(cells, size=(SIZE, SIZE), mode="bicubic")[0].numpy()
        base += layer * rng.rand() * 2.0 ** (-0.5 * power * rng.rand())
    pixels = picture.reshape(-1, 3).astype(np.float32)
    mean, spread = pixels.mean(axis=0), pixels.std(axis=0)
    base = base / base.std() * (0.3 + rng.rand()) * spread[:, None, None] + mean[:, None, None]
    if rng.rand() < 0.5:  # one colour, many shades
        base[:] = base.mean(axis=0)
    return base.clip(0, 255).astype(np.uint8).transpose(1, 2, 0)


def _colour(picture: np.ndarray, rng: np.random.RandomState) -> tuple[int, int, int]:
    if rng.rand() < 0.5:
        pixel = picture[rng.randint(picture.shape[0]), rng.randint(picture.shape[1])]
        return int(pixel[0]), int(pixel[1]), int(pixel[2])
    return int(rng.randint(256)), int(rng.randint(256)), int(rng.randint(256))


def _drawn(picture: np.ndarray, points: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Discs, boxes, lines and letters."""
    del points
    page = Image.new("RGB", (SIZE, SIZE), _colour(picture, rng))
    draw = ImageDraw.Draw(page)
    for _ in range(rng.randint(4, 30)):
        x, y = rng.randint(0, SIZE, 2)
        w, h = rng.randint(4, SIZE // 2, 2)
        box, colour = (int(x - w / 2), int(y - h / 2), int(x + w / 2), int(y + h / 2)), None
        colour = _colour(picture, rng)
        kind = rng.randint(4)
        if kind == 0:
            draw.ellipse(box, fill=colour)
        elif kind == 1:
            draw.rectangle(box, fill=colour)
        elif kind == 2:
            draw.line(box, fill=colour, width=int(rng.randint(1, 8)))
        else:
            letters = "".join(rng.choice(list(string.printable[:94]), rng.randint(1, 8)))
            font = ImageFont.load_default(size=float(rng.randint(8, 60)))
            draw.text((float(x), float(y)), letters, fill=colour, font=font)
    return np.array(page)


def _plain(picture: np.ndarray, points: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """One colour, a gradient or stripes."""
    del points
    first, second = (np.array(_colour(picture, rng), np.float32) for _ in range(2))
    turn, down_across = rng.rand() * 2 * np.pi, np.mgrid[:SIZE, :SIZE] / SIZE
    along = down_across[0] * np.sin(turn) + down_across[1] * np.cos(turn)
    kind = rng.randint(3)
    if kind == 0:
        share = np.zeros_like(along)
    elif kind == 1:
        share = (along - along.min()) / np.ptp(along)
    else:
        share = (np.sin(along * rng.uniform(6, 120)) > rng.uniform(-0.7, 0.7)).astype(float)
    return (first + (second - first) * share[..., None]).clip(0, 255).astype(np.uint8)
