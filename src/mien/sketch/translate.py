"""Photo -> sketch and sketch -> photo, by any model that translates pictures.

translator = Translator(find_model("photo-to-sketch"), "photo-to-sketch")
made = translator.translate(images.load("ann.jpg"))
made.save("ann-sketch.png")
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from mien import images
from mien.errors import InputError, UnknownName, WeightsMissing, counted
from mien.faces.alignment import align, paste_back
from mien.faces.choosing import Finder, shipped_finder
from mien.faces.frames import Frame
from mien.hub import loading
from mien.images.results import as_pil
from mien.images.sheets import png_bytes
from mien.images.tiles import Translate, through
from mien.runtime.engines import AUTO, Engine
from mien.runtime.engines import engine as make_engine
from mien.sketch.config import DIRECTIONS, METHODS
from mien.sketch.extract import STYLES

LEARNED = "learned"
"""The style that a network draws; the others are :data:`mien.sketch.extract.STYLES`."""

DEFAULT_STYLE = "pencil"
"""The style that looks best on ordinary photographs."""

WAYS = ("face", "resize", "tile")
"""What is done with a picture that has not the network's own size."""

_ROUND_FACE = 1.15  # the square that a network is shown, in FFHQ's squares
_SOFT = 0.18  # share of that square over which it passes into the rest
_MOST_TILES = 48

_VERBS = {"photo-to-sketch": "mien sketch", "sketch-to-photo": "mien photo"}
_FEW = 8
_GREY_SPREAD = 6.0
"""A picture is grey if its channels differ by less than this on average, of 255."""


@dataclass(frozen=True, repr=False)
class Translation:
    """A translated picture of the size of what was given, what made it, and what to know of it."""

    image: UInt8[np.ndarray, "h w 3"]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    latents: None = None

    @property
    def images(self) -> UInt8[np.ndarray, "1 h w 3"]:
        """The picture, as every result has its pictures."""
        return self.image[None]

    @property
    def pil(self) -> list[Image.Image]:
        """The same as a picture of Pillow's."""
        return as_pil(self.images)

    def __repr__(self) -> str:
        height, width = self.image.shape[:2]
        return f"Translation({width}x{height}, {self.provenance.get('model', 'no network')})"

    def _repr_png_(self) -> bytes:
        return png_bytes(self.image)

    def save(self, path: str | Path, force: bool = False) -> Path:
        """Write it as PNG with what made it.

        OutputError: the file exists and ``force`` is false, or the disk refuses.
        """
        return images.save(path, self.image, self.provenance, force=force)


class Translator:
    """A loaded model that translates pictures.

    ``direction`` is what is wanted of it, ``None`` for whatever it does. The ``engine`` ``auto`` is
    the one that is ready soonest for about so many ``items``: with few, compiling does not pay.
    ``cache`` is the folder of compiled networks. InputError: the model goes the other way, or is
    not for pictures of 3 channels.
    """

    def __init__(
        self,
        loaded: loading.Loaded,
        direction: str | None = None,
        precision: str = "fast",
        engine: str = AUTO,
        items: int = 1,
        cache: Path | None = None,
    ) -> None:
        own = loaded.meta.get("direction")
        if direction is not None and own in DIRECTIONS and own != direction:
            raise InputError(
                f"model {loaded.name!r} goes {own} and {direction} is wanted; "
                f"run: {_VERBS[own]}, or give another `model`"
            )
        channels = [getattr(loaded.network.config, f"{end}_channels", 3) for end in ("in", "out")]
        if channels != [3, 3]:
            raise InputError(
                f"model {loaded.name!r} takes {channels[0]} channels and gives {channels[1]}, and "
                "pictures have 3"
            )
        self.loaded = loaded
        self.direction = direction or own
        self.resolution = int(loaded.meta.get("resolution", 256))
        self.device = next(loaded.network.parameters()).device
        self._form = (precision, engine, items, cache)

    @cached_property
    def engine(self) -> Engine:
        """The network in the form that runs, built when it is first needed.

        UnknownName: no such engine; InputError: no such precision, or the engine cannot run this
        network here; MissingExtra: the engine is not installed.
        """
        example = torch.zeros(1, 3, self.resolution, self.resolution, device=self.device)
        precision, name, items, cache = self._form
        if name == AUTO and items <= _FEW:
            name = "eager"  # Even asking what compiling would cost takes longer.
        return make_engine(self.loaded.network, example, precision, name, items, cache)

    def forward(self, image: Float[Tensor, "n 3 r r"]) -> Float[Tensor, "n 3 r r"]:
        """Translate pictures in [-1, 1] of the model's own size."""
        made = self.engine(image)
        assert isinstance(made, Tensor)
        return made

    def translate(
        self,
        image: UInt8[np.ndarray, "h w 3"],
        big: str = "face",
        of: str | Path | None = None,
        finder: Finder | None = None,
    ) -> Translation:
        """Translate a picture of any size.

        With ``big`` ``face`` each face is translated at its own scale, and of a photo the rest in
        tiles at the scale of the largest, where of a sketch the rest becomes plain ground;
        ``resize`` and ``tile`` as in :func:`mien.images.tiles.through`, another is an UnknownName.
        ``of`` is the file that the picture is from, for the record; ``finder`` finds faces, None
        for the one that ships.
        """
        if big not in WAYS:
            raise UnknownName("way for big pictures", big, WAYS)
        notes = []
        if self.direction == "photo-to-sketch" and is_grey(image):
            notes.append("the picture is grey, and a photo in colour was wanted")
        if self.direction == "sketch-to-photo" and not is_grey(image):
            notes.append("the picture is in colour, and a grey sketch was wanted; made grey")
            image = make_grey(image)

        def one(picture: UInt8[np.ndarray, "1 r r 3"]) -> UInt8[np.ndarray, "1 r r 3"]:
            return images.to_uint8(self.forward(images.to_float(picture, self.device)))

        frames = []
        if big == "face":
            found = (finder or shipped_finder(str(self.device))).find(image)
            frames = [face.frame for face in found]
            if not frames:
                notes.append("no face was found")
        if frames:
            rest = self.direction == "photo-to-sketch"
            made, how = by_face(image, frames, self.resolution, one, rest)
        else:
            made, how = through(image, self.resolution, one, "resize" if big == "face" else big)
        if how:
            notes.append(how)
        provenance = {
            "of": None if of is None else str(of),
            "model": self.loaded.name,
            "sha256": self.loaded.sha256,
            "method": self.loaded.meta.get("method"),
            "direction": self.direction,
            "resolution": self.resolution,
            "precision": self.engine.precision,
            "notes": notes,
        }
        return Translation(made, provenance, tuple(notes))


def by_face(
    image: UInt8[np.ndarray, "h w 3"],
    frames: list[Frame],
    side: int,
    translate: Translate,
    rest: bool = True,
) -> tuple[UInt8[np.ndarray, "h w 3"], str]:
    """Translate each face at its own scale, and the rest in tiles at the scale of the largest.

    ``frames`` are FFHQ's squares around the faces, ``translate`` takes and gives pictures of
    ``side``. Without ``rest`` the rest gets the colour at the border of the largest face: networks
    that only know faces see them in empty paper. A picture of the same size, and what was done in
    words.
    """
    height, width = image.shape[:2]
    frames = sorted(frames, key=lambda frame: frame.side)
    crops = [align(image, frame.part((0, 0), _ROUND_FACE), side) for frame in frames]
    drawn = [translate(crop[None])[0] for crop, _ in crops]
    if rest:
        scale = side / (_ROUND_FACE * frames[-1].side)
        scale = min(scale, side * (_MOST_TILES / (2 * height * width)) ** 0.5)
        scaled = (max(side, round(height * scale)), max(side, round(width * scale)))
        page, how = through(images.resize(image, scaled, "bicubic"), side, translate, "tile")
        page, how = images.resize(page, (height, width), "bicubic"), how or "one piece"
    else:
        border = np.concatenate([drawn[-1][0], drawn[-1][:, 0], drawn[-1][:, -1]])
        page = np.broadcast_to(np.median(border, axis=0).astype(np.uint8), image.shape)
        how = "one colour"
    for made, (_, place) in zip(drawn, crops, strict=True):
        page = paste_back(page, made, place, _SOFT)
    return page, f"{counted(len(frames), 'faces')} at {side}x{side}, the rest in {how}"


def draw_style(
    image: UInt8[np.ndarray, "h w 3"],
    style: str = DEFAULT_STYLE,
    strength: float = 0.5,
    of: str | Path | None = None,
) -> Translation:
    """Draw a photo without a network, in a style of :data:`mien.sketch.extract.STYLES`.

    ``strength`` is 0 for faint to 1 for dark; ``of`` the file that the picture is from, for the
    record. UnknownName: there is no such style; InputError: the strength is not from 0 to 1.
    """
    if style not in STYLES:
        raise UnknownName("style of sketches", style, (*STYLES, LEARNED))
    made = {"of": None if of is None else str(of), "style": style, "strength": strength}
    return Translation(STYLES[style](image, strength), made)


def is_grey(image: UInt8[np.ndarray, "h w 3"]) -> bool:
    """Whether a picture has next to no colour."""
    values = image.reshape(-1, 3)[:: max(1, image.size // 300_000)].astype(np.int16)
    spread = values.max(axis=1) - values.min(axis=1)
    return float(spread.mean()) < _GREY_SPREAD


def make_grey(image: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """The luminance of a picture in three equal channels."""
    grey = images.luma(image)
    return np.repeat(grey.round().astype(np.uint8)[..., None], 3, axis=2)


def find_model(
    direction: str,
    model: str | Path | None = None,
    method: str | None = None,
    device: str = "cpu",
) -> loading.Loaded:
    """Load the model of a direction, by name or file; ``None`` for the one that ships.

    With a ``method`` the shipped one if it is of it, else the one that is called
    ``DIRECTION-METHOD``. UnknownName: no such direction, method or model; WeightsMissing: no model
    of this method is on this disk; InputError: the model is not of the method.
    """
    if direction not in DIRECTIONS:
        raise UnknownName("direction", direction, DIRECTIONS)
    if method is not None and method not in METHODS:
        raise UnknownName("method", method, METHODS)
    try:
        loaded = loading.load_translator(model or direction, device)
        if method is None or loaded.meta.get("method") == method:
            return loaded
        if model is not None:
            own = loaded.meta.get("method")
            raise InputError(f"model {loaded.name!r} is of method {own!r}, not {method!r}")
    except UnknownName:
        if model is not None or method is None:
            raise
    name = f"{direction}-{method}"
    try:
        return loading.load_translator(name, device)
    except UnknownName:
        remedy = f"run: mien train sketch --method {method}, and give `model=FILE`"
        cause = f"no model of method {method!r} is on this disk"
        raise WeightsMissing(f"{name}.safetensors", cause, remedy) from None
