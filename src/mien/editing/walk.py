"""A walk from face to face through latent space, drawn frame by frame.

    for images in studio.walk([0, 7, 42], seconds=6):
        ...  # uint8 [1, h, w, 3]

In w the way from one face to the next is straight, in z it follows the great circle (Shoemake's
slerp), and every latent on it is mapped and truncated by itself.

n frames at once · k stops · num_ws layers · w_dim, z_dim widths of the latent spaces
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from PIL import Image
from torch import Tensor

from mien.editing.direction import Direction, move
from mien.editing.edit import find_directions
from mien.editing.latent import Face, read_faces
from mien.editing.mixing import lerp, slerp
from mien.editing.settings import Setting
from mien.errors import InputError, UnknownName
from mien.images.results import as_pil
from mien.portraits.checks import checked, checked_seeds, in_range, several
from mien.portraits.labels import label_said, remarks
from mien.stylegan2.seeds import seed_latents
from mien.video.keyframes import Ease, Keyframes, eased, read_keyframes
from mien.video.writer import writing

if TYPE_CHECKING:
    from mien.editing.session import Editing

SPACES = ("w", "z")
"""Where one can walk."""

LONGEST_S = 3600.0
"""Seconds of the longest walk."""

MOST_FPS = 240.0


@dataclass(frozen=True)
class Route:
    """The stops of a walk and how it goes between them.

    ``frames`` of the whole walk past ``stops`` faces, with ``loop`` back from the last to the
    first; ``ease`` is ``linear``, or ``smooth``: resting at each stop.
    """

    frames: int
    stops: int
    loop: bool
    ease: Ease

    def at(self, first: int, last: int) -> tuple[list[int], list[int], Float[Tensor, " n"]]:
        """For the frames from ``first`` until before ``last``: from which stop, to which, how far.

        A walk that ends shows its first and its last stop exactly; one that loops leaves out the
        frame that would be its first again.
        """
        legs = self.stops if self.loop else self.stops - 1
        steps = self.frames if self.loop else max(1, self.frames - 1)
        places = [divmod(number * legs, steps) for number in range(first, last)]
        before = [leg for leg, _ in places]
        after = [(leg + 1) % self.stops if self.loop else min(leg + 1, legs) for leg in before]
        share = np.asarray([rest / steps for _, rest in places])
        return before, after, torch.from_numpy(eased(share, self.ease))


@dataclass(frozen=True)
class Edits:
    """What changes over the time of a walk: curves of strength, and the direction of each name."""

    curves: Keyframes
    ways: Mapping[str, Direction]
    name: str
    sha256: str

    def apply(self, ws: Tensor, times: Float[np.ndarray, " n"]) -> Tensor:
        """Move the latents ``[n, num_ws, w_dim]`` of frames at these seconds."""
        for name, strengths in self.curves.at(times).items():
            ws = move(ws, self.ways[name], torch.from_numpy(strengths).float())
        return ws

    def as_dict(self) -> dict[str, Any]:
        """As a provenance says it."""
        return {"keyframes": self.curves.as_json(), "set": self.name, "set_sha256": self.sha256}


class Walk:
    """The frames of a walk; iterate over it for uint8 ``[1, h, w, 3]`` after ``[1, h, w, 3]``.

    Attributes:
        frames: How many there are.
        fps: Frames a second.
        provenance: What makes it: model, engine (once it draws), faces, length, edits.
    """

    def __init__(
        self,
        studio: Editing,
        stops: Tensor,
        route: Route,
        fps: Fraction,
        psi: float | None,
        edits: Edits | None,
        provenance: dict[str, Any],
    ) -> None:
        self.frames, self.fps, self._made = route.frames, fps, provenance
        self._studio, self._stops, self._route = studio, stops, route
        self._psi, self._edits = psi, edits

    @property
    def provenance(self) -> dict[str, Any]:
        """As a clip says it."""
        return {**self._studio.signature, "engine": self._studio.drawer.said, **self._made}

    @property
    def notes(self) -> list[str]:
        """What a person should know of the generator."""
        return remarks(self._studio)

    @cached_property
    def images(self) -> UInt8[np.ndarray, "n h w 3"]:
        """All frames at once; a long walk may not fit into memory, iterate over it instead."""
        return np.concatenate(list(self))

    @property
    def pil(self) -> list[Image.Image]:
        """All frames as pictures of Pillow's."""
        return as_pil(self.images)

    @property
    def latents(self) -> Float32[np.ndarray, "n num_ws w_dim"]:
        """The latents of all frames."""
        return self.ws(0, self.frames).float().cpu().numpy()

    def save(self, path: str | Path, force: bool = False) -> Path:
        """Write a clip in a format that the end of its name says, frame by frame.

        Raises:
            OutputError: The name is that of no video, the file exists, or the disk refuses.
            MissingExtra: PyAV is not installed.
        """
        with writing(path, self.fps, provenance=lambda: self.provenance, force=force) as writer:
            for frame in self:
                writer.write(frame)
        return Path(path)

    def __len__(self) -> int:
        return self.frames

    def __iter__(self) -> Iterator[UInt8[np.ndarray, "n h w 3"]]:
        # One by one: no engine is faster with more, and the encoder begins sooner.
        latents = (self.ws(number, number + 1) for number in range(self.frames))
        return self._studio.drawer.frames(latents, self.frames)

    def ws(self, first: int, last: int) -> Float[Tensor, "n num_ws w_dim"]:
        """The latents of the frames from ``first`` until before ``last``."""
        before, after, share = self._route.at(first, last)
        share = share.to(self._stops.device)
        a, b = self._stops[before], self._stops[after]
        if self._psi is None:
            ws = lerp(a, b, share)
        else:
            with torch.no_grad():
                z, c = slerp(a, b, share), self._studio.label
                c = None if c is None else c.expand(len(z), -1)
                ws = self._studio.generator.map(z, c, psi=self._psi)
        if self._edits is not None:
            ws = self._edits.apply(ws, np.arange(first, last) / float(self.fps))
        return ws


def plan_walk(
    studio: Editing,
    faces: Sequence[Face],
    seconds: float = 6,
    fps: float = 30,
    loop: bool = False,
    space: str = "w",
    psi: float = 0.7,
    ease: str = "linear",
    keyframes: str | Path | None = None,
    directions: str | Path | None = None,
    force: bool = False,
) -> Walk:
    """Check everything, read the faces, and lay out a walk; nothing is drawn yet.

    Args:
        studio: Whose generator draws.
        faces: The stops, as :func:`mien.editing.latent.read_faces` takes them; in z only seeds.
        seconds: Length, up to :data:`LONGEST_S`.
        fps: Frames a second.
        loop: Whether it goes back to the first face, so that it can be repeated without a jump.
        space: ``w`` or ``z``.
        psi: Truncation of seeds, 0 to 2.
        ease: ``linear`` (even speed) or ``smooth`` (rests at each face).
        keyframes: A JSON of edits over time, see :mod:`mien.video.keyframes`.
        directions: The set of directions that its names are of; None for the model's own.
        force: Whether directions of another generator are used all the same.

    Raises:
        InputError: Too few faces, or a number out of its range.
        FileError: A face or the keyframes cannot be read.
        UnknownName: No such space, ease, set or direction.
    """
    for kind, name, known in (("space", space, SPACES), ("ease", ease, get_args(Ease))):
        if name not in known:
            raise UnknownName(kind, name, known)
    rate = Fraction(checked("fps", fps, 1, MOST_FPS)).limit_denominator(1001)
    count = round(checked("seconds", seconds, 0, LONGEST_S) * rate)
    if count < 1:
        raise InputError(f"{seconds:g} seconds at {fps:g} frames a second are 0 frames")
    in_range("psi", psi)
    faces = several("faces", faces)
    edits = None if keyframes is None else _edits(studio, keyframes, directions, force)
    stops, made = _stops_z(studio, faces) if space == "z" else _stops_w(studio, faces, psi)
    least = 2 if edits is None else 1
    if len(stops) < least:
        remedy = "give more" if edits else "give more, or `keyframes`"
        raise InputError(f"a walk needs {least} faces and has {len(stops)}; {remedy}")
    route = Route(count, len(stops), loop, "smooth" if ease == "smooth" else "linear")
    said = {"faces": made, "seconds": float(seconds), "fps": float(rate), "frames": count}
    walk: dict[str, Any] = {**said, "loop": loop, "space": space, "psi": psi, "ease": ease}
    if edits is not None:
        walk |= edits.as_dict()
    return Walk(studio, stops, route, rate, psi if space == "z" else None, edits, {"walk": walk})


def _stops_w(
    studio: Editing, faces: Sequence[Face], psi: float
) -> tuple[Tensor, list[dict[str, Any]]]:
    """Every face as ws ``[k, num_ws, w_dim]``, and what made each."""
    found = [read_faces(studio, face, psi) for face in faces]
    common = studio.signature
    made = [
        {k: v for k, v in said.items() if k not in common} for _, rows in found for said in rows
    ]
    return torch.cat([ws for ws, _ in found]) if found else torch.zeros(0, 1, 1), made


def _stops_z(studio: Editing, faces: Sequence[Face]) -> tuple[Tensor, list[dict[str, Any]]]:
    """Every seed as z ``[k, z_dim]``."""
    seeds = []
    for face in faces:
        try:
            seeds.append(int(str(face)))
        except ValueError:
            raise InputError(
                f"{face}: a walk in z goes from seed to seed; give seeds, or `space=w`"
            ) from None
    for seed in seeds:
        checked_seeds(1, seed)
    z = seed_latents(seeds, studio.generator.config.z_dim).to(studio.device)
    return z, [{"seed": seed, **label_said(studio.label)} for seed in seeds]


def _edits(
    studio: Editing, keyframes: str | Path, directions: str | Path | None, force: bool
) -> Edits:
    """The curves, and the directions that they are of."""
    curves = read_keyframes(keyframes)
    found = find_directions(studio, directions, force)
    ways = {name: Setting(name).direction(found.directions) for name in curves.curves}
    return Edits(curves, ways, found.name, found.sha256)
