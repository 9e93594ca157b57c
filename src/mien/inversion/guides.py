"""What guides a face besides words and photos: its sketch or label map, read out of a file.

The networks are in :mod:`mien.inversion.guide_encoder`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from mien import images
from mien.errors import ConfigMismatch, ImageError, InputError
from mien.faces.alignment import align
from mien.faces.choosing import Finder, Where, find_face, middle_square, shipped_finder
from mien.images import label_maps
from mien.inversion.encoder import load_beside
from mien.inversion.guide_encoder import FINE_SIDE, KIND, GuideEncoder
from mien.inversion.head import SIDE
from mien.judges.regions import COLOURS
from mien.portraits.codes import CodeMoments

if TYPE_CHECKING:
    from mien.inversion.session import Inverts

_MOST_COLOURED = 3.6  # deviation of colour differences, in levels


def whitening(moments: CodeMoments) -> tuple[Tensor, Tensor, Tensor]:
    """μ, Σ^½ and Σ^-½ of codes; directions in which they hardly vary count as varying a little."""
    covariance = moments.cov_ww.double()
    values, vectors = torch.linalg.eigh((covariance + covariance.T) / 2)
    deviation = values.clamp(min=1e-4 * float(values.mean().clamp(min=1e-12))).sqrt()
    root = vectors @ torch.diag(deviation) @ vectors.T
    inverse = vectors @ torch.diag(1 / deviation) @ vectors.T
    return moments.mean.float(), root.float(), inverse.float()


def load_guide(studio: Inverts, guide: str) -> GuideEncoder:
    """The encoder of a guide for a studio's generator.

    WeightsMissing: it has none, says which command trains one; ConfigMismatch: it is of another
    generator, or of another guide.
    """
    absent = f"generator {studio.text_family!r} has no encoder of {_PLURAL[guide]}"
    found = load_beside(studio, f"{guide}-encoder", KIND, absent)
    network = found.network
    if network.config.guide != guide:
        raise ConfigMismatch(
            found.path, f"is for {_PLURAL[network.config.guide]}, not {_PLURAL[guide]}"
        )
    return network


_PLURAL = {"sketch": "sketches", "label": "label maps"}


def read_sketch(
    path: str | Path, finder: Finder | None = None
) -> tuple[UInt8[np.ndarray, "s s"], list[str]]:
    """A sketch's face, grey, cut as FFHQ cuts faces; and what the person should know of it.

    ImageError: the file is no picture, or it is a photo.
    """
    picture = images.load(path)
    if looks_photographed(picture):
        raise ImageError(path, "looks like a photo, not like a sketch", "give it as `photo`")
    notes = []
    try:
        where = find_face(picture, Where(), finder or shipped_finder())
    except InputError:
        where = middle_square(picture)
        notes.append(f"{path}: not just one face was found; the middle of the picture is taken")
    crop, _ = align(picture, where, FINE_SIDE)
    grey = images.luma(crop)
    return grey.round().clip(0, 255).astype(np.uint8), notes


def looks_photographed(picture: UInt8[np.ndarray, "h w 3"]) -> bool:
    """Whether colours differ across a picture as in a photo; the tint of paper is even.

    Told apart: 63 sketches of CUHK and AR and 30 made ones (at most 2.7) from 142 photos of CUHK,
    AR, SFHQ, London and the made faces (at least 4.5). A grey photo passes for a sketch.
    """
    small = images.resize(images.centre_square(picture), 64).astype(np.float32)
    tint = small - small.mean(axis=2, keepdims=True)
    return float(tint.std(axis=(0, 1)).mean()) > _MOST_COLOURED


def read_labels(path: str | Path) -> UInt8[np.ndarray, "s s"]:
    """A label map in CelebAMask-HQ's ids or colours, of a face cut as FFHQ cuts faces.

    ImageError: no picture, other ids or colours, not square, or too small.
    """
    labels = label_maps.load(path, COLOURS)
    height, width = labels.shape
    if height != width or height < SIDE:
        cause = f"is {width}x{height}; a square of {SIDE} or more is wanted, cut as FFHQ cuts faces"
        raise ImageError(path, cause, "make it with: mien data mask")
    return labels
