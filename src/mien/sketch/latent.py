"""Sketch -> generator: any sketch of a face becomes a face, another one with each seed.

What the generator's encoder says of a sketch is taken for what is known of the photograph's code,
and the rest is drawn from the Gaussian of both (Bishop 2006, Eq. 2.81 and 2.82, as in
:mod:`mien.portraits.codes`), whose moments :func:`fit_codes` takes of photographs and sketches of
them.

Axes: n pictures, d width of w.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from mien import images
from mien.errors import ConfigMismatch, WeightsMissing, WrongValue
from mien.faces.alignment import align
from mien.faces.choosing import Finder, middle_square, shipped_finder
from mien.hub import loading
from mien.images.given import Picture, given
from mien.portraits.codes import CodeMoments
from mien.stylegan2.seeds import seed_latents

if TYPE_CHECKING:
    from mien.inversion.encoder import Inverter
    from mien.portraits.faces import Faces
    from mien.sketch.session import Sketches

KIND = "code-moments"
_GUIDANCE = 1.25  # past the regression, which alone draws everybody nearer to the average


def through_latent(
    studio: Sketches,
    sketch: Picture,
    seed: int = 0,
    psi: float = 0.5,
    finder: Finder | None = None,
) -> Faces:
    """Draw the face of a sketch (file, uint8 ``[h, w, 3]``, or Pillow's) with a studio's generator.

    ``seed`` decides what the sketch does not say (colours, light, skin, age), ``psi`` how far that
    may go, 0 for the likeliest face. ``finder`` finds the face, None for the one that ships; where
    none is found, the middle square is taken. WeightsMissing: the generator has no encoder, or no
    moments of sketches; ConfigMismatch: the moments are of another generator; WrongValue: ``psi``
    is not from 0 to 2; ImageError: the file is no picture.
    """
    if not 0 <= psi <= 2:
        raise WrongValue(f"psi is {psi:g}, but must be from 0 to 2")
    image, of = given(sketch)
    moments = find_codes(studio)
    faces = (finder or shipped_finder(str(studio.device))).find(image)
    notes: list[str] = []
    if len(faces) != 1:
        taken = "the largest" if faces else "the middle of the picture"
        notes.append(f"{len(faces)} faces were found; {taken} is taken")
    crop, _ = align(image, faces[0] if faces else middle_square(image), studio.inverter.resolution)
    code = sketch_codes(studio.inverter, crop[None])
    normal = seed_latents([seed], moments.w_dim).to(studio.device)
    told = torch.ones(moments.label_dim, dtype=torch.bool, device=studio.device)
    w = moments.given(told).draw(normal, code, _GUIDANCE, psi, reach=5.0)
    made = {"sketch": of, "method": "through latent", "psi": psi}
    return studio.draw(studio.inverter.spread_out(w), [seed], made, notes)


def find_codes(studio: Sketches) -> CodeMoments:
    """The moments of sketches and photographs of a studio's generator; errors as above."""
    path = loading.part_of(studio.text_family, "sketches")
    if path is None:
        cause = f"generator {studio.text_family!r} has not learnt sketches"
        remedy = "leave `through_latent` away, or fit them: recipes/sketch_codes.py"
        raise WeightsMissing(f"{studio.text_family}-sketches.safetensors", cause, remedy)
    loaded = loading.load(path, KIND, str(studio.device))
    told = loaded.meta.get("generator")
    if told is not None and told != studio.loaded.sha256:
        cause = f"is of generator {str(told)[:12]}, this one is {studio.loaded.sha256[:12]}"
        raise ConfigMismatch(Path(loaded.path), cause, "fit it anew: recipes/sketch_codes.py")
    return loaded.network


def sketch_codes(inverter: Inverter, crops: UInt8[np.ndarray, "n h w 3"]) -> Float[Tensor, "n d"]:
    """What the encoder says of crops, sketches or not; one code each."""
    device = next(inverter.generator.parameters()).device
    small = images.resize(crops, inverter.resolution)
    return inverter.codes(images.to_float(small, device))[:, 0]


def fit_codes(
    inverter: Inverter,
    pairs: Iterable[tuple[UInt8[np.ndarray, "n h w 3"], UInt8[np.ndarray, "n h w 3"]]],
    ridge: float = 30.0,
) -> CodeMoments:
    """Moments of the codes of photographs and of sketches of the same faces.

    Pairs come a few at a time, cut as FFHQ's; ``ridge`` as in
    :class:`mien.portraits.codes.CodeMoments`.
    """
    codes = [[sketch_codes(inverter, side) for side in pair] for pair in pairs]
    photos, sketches = (torch.cat(side) for side in zip(*codes, strict=True))
    moments = CodeMoments(sketches.shape[1], photos.shape[1], ridge)
    moments.fit(photos, sketches)
    return moments
