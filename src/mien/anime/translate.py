"""Selfies as anime faces: one face in many styles, a style steered along named directions.

    painter = AnimePainter(find_anime_model("runs/anime/anime.safetensors"))
    w = painter.styles([3, 4, 5])
    pictures = painter.draw(painter.contents(crop[None]), w)

What is made of photos stands in :mod:`mien.anime.photos`, of clips in :mod:`mien.anime.clip`.
Chong & Forsyth 2021 (:mod:`mien.anime.generator`): the content of a picture goes through
the decoder with a style that is drawn from a seed or read off an anime picture. ``w``, the mapped
style, is where directions live.

Axes: n batch, r side of the model's pictures, s style.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from mien import images
from mien.anime.generator import ContentReader, StyleDecoder
from mien.editing.sets import LoadedDirections, load_direction_set
from mien.editing.settings import Setting, apply_settings
from mien.errors import InputError, UnknownName, WeightsMissing
from mien.faces.choosing import Box, Where
from mien.hub import catalogue, loading
from mien.images.given import Picture, given
from mien.portraits.checks import checked_seeds, whole
from mien.portraits.faces import checked_size
from mien.runtime import engines
from mien.runtime.precision import check_precision, fast_dtype
from mien.stylegan2.seeds import seed_latents

DEFAULT_ANIME = "anime"
"""The model that is taken if none is named."""

Paste = bool | Literal["square"]
"""Whether head and hair go back into the photo, or into the square that was cut out of it."""

MOST_STYLES = 256
"""The most styles of one call."""

_FEW = 100
"""So few pictures that even asking what compiling would cost takes longer."""

_ROWS = 8
"""Pictures that pass an accelerator at once."""


class AnimePainter:
    """A loaded selfie-to-anime generator.

    Args:
        loaded: As :func:`mien.hub.loading.load_anime` gives it.
        precision: ``exact`` or ``fast``, see :mod:`mien.runtime.precision`.
        engine: What :meth:`prepare` builds, a key of :data:`mien.runtime.engines.ENGINES`;
            ``auto`` is the one that is ready soonest. Before that all is drawn eagerly.
        cache: Folder of compiled networks and of the table of costs; None for neither.

    Raises:
        UnknownName: There is no such engine.
        InputError: No such precision, or the engine does not run on this device.
        MissingExtra: The engine is not installed.
    """

    def __init__(
        self,
        loaded: loading.Loaded,
        precision: str = "fast",
        engine: str = "eager",
        cache: Path | None = None,
    ) -> None:
        self.loaded, self.network = loaded, loaded.network
        self.resolution = int(loaded.network.config.resolution)
        self.style_dim = int(loaded.network.config.style_dim)
        self.device = next(loaded.network.parameters()).device
        self.precision, self.cache = check_precision(precision), cache
        self.dtype = fast_dtype(self.device) if precision == "fast" else torch.float32
        self.network.compute_in(self.dtype)
        self.engine = engines.check_engine(engine, self.device)
        self._halves: tuple[engines.Engine, engines.Engine] | None = None

    def prepare(self, items: int) -> None:
        """Build the engine for about so many pictures to come; with few, none is worth it.

        Raises:
            InputError: The engine that was asked for cannot run this network here.
        """
        few = self.engine == engines.AUTO and items <= _FEW
        if self._halves is not None or few or self.engine == "eager":
            return
        halves = ContentReader(self.network), StyleDecoder(self.network)
        rows = 1 if self.device.type == "cpu" else _ROWS
        side = self.resolution
        picture = torch.zeros(rows, 3, side, side, device=self.device)
        content = self.contents(images.to_uint8(picture)).float()
        w = self.styles([0]).expand(rows, -1).contiguous()
        examples = (picture,), (content, w)
        if self.engine == engines.AUTO:
            # Both halves in the same form: what rounds one differently would show in the other.
            best = engines.rank(halves[1], examples[1], self.precision, items, self.cache)[0]
            if best.name == "eager":
                return
            name, precision = best.name, best.precision
        else:
            name, precision = self.engine, self.precision
        built = [
            engines.engine(half, example, precision, name, items, self.cache)
            for half, example in zip(halves, examples, strict=True)
        ]
        self._halves = built[0], built[1]

    @property
    def said(self) -> str:
        """What draws, for a provenance: ``openvino, fast``."""
        if self._halves is not None:
            return str(self._halves[1].plan)
        return f"eager, {'exact' if self.dtype == torch.float32 else 'fast'}"

    @property
    def signature(self) -> dict[str, Any]:
        """Name, hash and training of the model, as every picture of it says them."""
        return self.loaded.signature

    @property
    def style_seed(self) -> int:
        """The seed of the style that is drawn first: its row in the catalogue says so, else 0."""
        rows = (row for row in catalogue.ROWS if row.sha256 == self.loaded.sha256)
        return next((row.style_seed for row in rows), None) or 0

    @torch.no_grad()
    def styles(self, seeds: Sequence[int]) -> Float[Tensor, "n w_dim"]:
        """Mapped styles of seeds: seed i always gives the same style."""
        return self.network.map(seed_latents(list(seeds), self.style_dim).to(self.device))

    @torch.no_grad()
    def style_from(self, picture: UInt8[np.ndarray, "h w 3"]) -> Float[Tensor, "1 w_dim"]:
        """The mapped style of an anime picture; its largest square in the middle is read.

        Raises:
            InputError: The model came without the encoder of anime pictures.
        """
        square = images.resize(images.centre_square(picture), self.resolution)
        return self.network.map(self.network.style_of(images.to_float(square[None], self.device)))

    @torch.no_grad()
    def contents(self, crops: UInt8[np.ndarray, "n r r2 3"]) -> Tensor:
        """Content codes of aligned faces of the model's own size."""
        picture = images.to_float(crops, self.device)
        if self._halves is not None:
            return _tensor(self._halves[0](picture))
        encoder = self.network.encoder
        return encoder.read_content(encoder.trunk(picture))

    @torch.no_grad()
    def draw(
        self, contents: Tensor, w: Float[Tensor, "n w_dim"], batch: int = 8
    ) -> UInt8[np.ndarray, "n r r2 3"]:
        """Draw contents in mapped styles; a single content is drawn in all of them."""
        contents = contents.expand(len(w), -1, -1, -1)
        if self._halves is not None:
            return images.to_uint8(_tensor(self._halves[1](contents.float(), w)))
        parts = [
            images.to_uint8(self.network.synthesise(c, self.network.styles(part)))
            for c, part in zip(contents.split(batch), w.split(batch), strict=True)
        ]
        return np.concatenate(parts)


def _tensor(made: Tensor | tuple[Tensor, ...]) -> Tensor:
    """What an engine of a network with a single output gives."""
    assert isinstance(made, Tensor)
    return made


@dataclass(frozen=True)
class AnimeRequest:
    """What is asked for; fields as the arguments of :meth:`mien.studio.session.Studio.anime`."""

    styles: int = 6
    style_seed: int | None = None
    style_from: Picture | None = None
    settings: tuple[str | Setting, ...] = ()
    directions: str | Path | None = None
    model: str | Path | None = None
    face: int | Literal["all"] | None = None
    box: Box | None = None
    aligned: bool = False
    paste: Paste = False
    size: int | None = None
    force: bool = False

    def __post_init__(self) -> None:
        assert self.where
        if not 1 <= whole("styles", self.styles) <= MOST_STYLES:
            raise InputError(f"styles is {self.styles}, but must be from 1 to {MOST_STYLES}")
        if self.size is not None:
            checked_size(self.size)

    @property
    def where(self) -> Where:
        """Which face is meant; of every face the first, which is the largest."""
        return Where(1 if self.face == "all" else self.face, self.box, self.aligned)


@dataclass(frozen=True)
class Steering:
    """Settings and the set of directions that they are of.

    Attributes:
        found: The set.
        settings: What is asked for.
    """

    found: LoadedDirections
    settings: tuple[Setting, ...]

    def apply(self, w: Float[Tensor, "n w_dim"]) -> Float[Tensor, "n w_dim"]:
        """Move mapped styles along each setting in turn.

        Raises:
            UnknownName: The set has no such direction.
            InputError: Another space or width.
        """
        return apply_settings(w[:, None], self.found.directions, self.settings)[:, 0]

    def as_dict(self) -> dict[str, Any]:
        """As a provenance says it."""
        rows = [one.as_dict() for one in self.settings]
        return {"set": self.found.name, "set_sha256": self.found.sha256, "settings": rows}


def find_anime_model(model: str | Path | None = None, device: str = "cpu") -> loading.Loaded:
    """Load a model.

    Raises:
        WeightsMissing: None is named and none ships.
        UnknownName: No such model.
    """
    try:
        return loading.load_anime(model or DEFAULT_ANIME, device)
    except UnknownName:
        if model is not None:
            raise
        cause = "no selfie-to-anime model came with this installation"
        remedy = "give `model=FILE`; mien train anime makes one"
        raise WeightsMissing(f"{DEFAULT_ANIME}.safetensors", cause, remedy) from None


def find_steering(
    loaded: loading.Loaded,
    settings: Sequence[str | Setting],
    directions: str | Path | None = None,
    force: bool = False,
) -> Steering | None:
    """The directions of a model and what is asked of them; ``None`` if nothing is.

    Args:
        loaded: The model.
        settings: ``blue hair/brown hair=15,-5``, or read already.
        directions: A set: name or file; ``None`` for ``MODEL-edits``.
        force: Use directions of another model all the same.

    Raises:
        WeightsMissing: None are named and the model has none.
        InputError: Directions of another model or space, or settings that cannot be read.
        UnknownName: The set has no such direction.
    """
    wanted = tuple(Setting.parse(one) if isinstance(one, str) else one for one in settings)
    if not wanted:
        return None
    found = load_anime_directions(loaded, directions, force)
    for one in wanted:
        if one.direction(found.directions).space != "w":
            raise InputError(f"direction {one.name!r} is not of space w, the mapped style")
    return Steering(found, wanted)


def load_anime_directions(
    loaded: loading.Loaded, directions: str | Path | None, force: bool = False
) -> LoadedDirections:
    """A set of directions for a model; arguments and errors as :func:`find_steering`."""
    name = directions or f"{loaded.name}-edits"
    try:
        found = load_direction_set(name)
    except UnknownName:
        if directions is not None:
            raise
        cause = f"there are no directions for model {loaded.name!r}"
        remedy = "run: mien directions fit --selfies DATA --out FILE, and give `directions=FILE`"
        raise WeightsMissing(f"{name}.safetensors", cause, remedy) from None
    found.directions.check_generator(loaded.sha256, force)
    return found


@dataclass(frozen=True)
class Styles:
    """The styles of a request.

    Attributes:
        w: Mapped, and moved as the request says, ``[n, w_dim]``.
        said: What each is: ``{"style_seed": 3}`` or ``{"style_from": "a.png"}``.
        made: More for the provenance.
    """

    w: Float[Tensor, "n w_dim"]
    said: list[dict[str, Any]]
    made: dict[str, Any]


def wanted_styles(painter: AnimePainter, request: AnimeRequest) -> Styles:
    """The styles that a request names.

    Raises:
        ImageError: The picture of the style cannot be read.
        InputError, UnknownName, WeightsMissing: As :func:`find_steering`.
    """
    steering = find_steering(painter.loaded, request.settings, request.directions, request.force)
    if request.style_from is not None:
        pixels, name = given(request.style_from)
        w = painter.style_from(pixels)
        said: list[dict[str, Any]] = [{"style_from": "a picture" if name is None else str(name)}]
    else:
        first = painter.style_seed if request.style_seed is None else request.style_seed
        seeds = checked_seeds(request.styles, first)
        w, said = painter.styles(seeds), [{"style_seed": seed} for seed in seeds]
    if steering is None:
        return Styles(w, said, {})
    return Styles(steering.apply(w), said, {"edits": [steering.as_dict()]})
