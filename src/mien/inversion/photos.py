"""Photos into latents: the face found and cut, one pass, steps, measured, written.

    inversion = invert(studio, "ann.jpg", InversionRequest(steps=100))

What a photo becomes depends on the photo and on the models alone.

Axes: h w pixels, s stages.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from PIL import Image
from torch import Tensor

from mien import images
from mien.checkpoints import native
from mien.errors import InputError
from mien.faces.alignment import Alignment, align
from mien.faces.choosing import (
    DRAWN,
    Box,
    Finder,
    SeveralFaces,
    Where,
    find_face,
    looks_drawn,
    shipped_finder,
)
from mien.faces.finder import Face
from mien.faces.frames import Frame
from mien.files import make_folder, output_error, refuse_existing, replacing
from mien.images.results import as_pil
from mien.inversion.encoder import Inverter
from mien.inversion.optimise import Optimisation, Step, optimise, tune
from mien.inversion.paste import face_outline
from mien.judges.losses import feature_distance

if TYPE_CHECKING:
    from mien.inversion.session import Inverts
    from mien.judges.recognition import Recognition
    from mien.stylegan2.generator import Generator

Follow = Callable[[Iterable[Step], str, int], Iterable[Step]]
"""Looks at steps while they are made, and passes them on: steps, what is done, how many."""


@dataclass(frozen=True)
class InversionRequest:
    """How a photo is read; fields as the arguments of :meth:`mien.studio.Studio.invert`."""

    steps: int = 0
    tune: bool = False
    face: int | None = None
    box: Box | None = None
    aligned: bool = False

    def __post_init__(self) -> None:
        assert self.where
        assert self.plan

    @property
    def where(self) -> Where:
        """Which face is meant."""
        return Where(self.face, self.box, self.aligned)

    @property
    def plan(self) -> Optimisation:
        """How far it is approached."""
        return Optimisation(steps=self.steps)


@dataclass(frozen=True)
class Cut:
    """The face of a photo.

    ``crop`` is cut as FFHQ's, of the generator's size, ``alignment`` says how it lies in the photo,
    ``face`` is the face, or the square of a photo that was aligned already.
    """

    crop: UInt8[np.ndarray, "size size 3"]
    alignment: Alignment
    face: Face | Frame
    notes: tuple[str, ...] = ()

    @property
    def eyes(self) -> Float[Tensor, "1 2 2"] | None:
        """Where the eyes are, in shares of the crop; None where nobody looked."""
        if isinstance(self.face, Frame):
            return None
        places = self.alignment.to_crop(np.asarray(self.face.eyes, np.float64))
        return torch.from_numpy(places / self.alignment.size).float()[None]


@dataclass(frozen=True)
class Stage:
    """How near a photo its latent is after ``one pass``, ``100 steps`` or ``tuned``.

    ``features`` is a distance in Inception's features, 0 to 4, ``mse`` of pixels in [-1, 1],
    ``recogniser`` of dlib's 128 numbers, below 0.6 for one person; ``seconds`` are what this stage
    took.
    """

    name: str
    features: float
    mse: float
    recogniser: float
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.name}: feature distance {self.features:.3f}, MSE {self.mse:.4f}, "
            f"recogniser {self.recogniser:.2f}, {self.seconds:.1f} s"
        )


@dataclass(frozen=True)
class Inversion:
    """A photo as a latent.

    ``crop`` is the face of the photo, ``images`` what the generator makes of it at each of
    ``stages``; ``alignment`` says how the crop lies in the photo, ``generator`` is the tuned one,
    if that was asked for.
    """

    crop: UInt8[np.ndarray, "size size 3"]
    ws: Float32[np.ndarray, "1 num_ws w_dim"]
    images: UInt8[np.ndarray, "s size size 3"]
    stages: tuple[Stage, ...]
    alignment: Alignment
    provenance: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    generator: Generator | None = None

    @property
    def drawn(self) -> UInt8[np.ndarray, "s size size 3"]:
        """Another name of :attr:`images`."""
        return self.images

    @property
    def latents(self) -> Float32[np.ndarray, "1 num_ws w_dim"]:
        """Another name of :attr:`ws`."""
        return self.ws

    @property
    def pil(self) -> list[Image.Image]:
        """Each stage as a picture of Pillow's."""
        return as_pil(self.images)

    def paths(self, folder: str | Path, stem: str) -> list[Path]:
        """What :meth:`save` writes."""
        names = [f"{stem}.npz", f"{stem}-sheet.png"]
        if self.generator is not None:
            names.append(f"{stem}-tuned.safetensors")
        return [Path(folder, name) for name in names]

    def sheet(self) -> UInt8[np.ndarray, "h w 3"]:
        """The photo's face and each stage side by side."""
        cells = np.concatenate([self.crop[None], self.images])
        names = ["photo", *(stage.name for stage in self.stages)]
        return images.contact_sheet(cells, names, columns=len(names))

    def save(self, folder: str | Path, stem: str | None = None, force: bool = False) -> list[Path]:
        """Write the latent (key ``w``), the sheet, and the generator if it was tuned.

        ``stem`` begins the files' names, None for the photo's own. OutputError: a file exists and
        ``force`` is false, or the disk refuses.
        """
        make_folder(folder)
        paths = self.paths(folder, stem or Path(self.provenance.get("photo", "photo")).stem)
        refuse_existing(paths, force)
        if self.generator is not None:
            G, made = self.generator, self.provenance
            meta = {"tuned_from": made.get("sha256"), "photo": made.get("photo")}
            shape = asdict(G.config)
            native.save(paths[2], "stylegan2-generator", G.state_dict(), shape, meta, force=force)
        with replacing(paths[0], force) as beside, beside.open("wb") as stream:
            try:
                np.savez(stream, w=self.ws)
            except OSError as error:
                raise output_error(paths[0], error) from None
        told = {**self.provenance, "stages": [asdict(stage) for stage in self.stages]}
        images.save(paths[1], self.sheet(), told, force=force)
        return paths


def cut(
    studio: Inverts,
    photo: str | Path | np.ndarray,
    request: InversionRequest,
    finder: Finder | None,
) -> Cut:
    """Find the face of a photo that is meant, and cut it to the size of the studio's generator.

    ``finder`` finds faces; None for the one that ships.

    Raises:
        ImageError: The file is no picture.
        SeveralFaces, InputError: No face, several and no number, or no such one; names the file.
        WeightsMissing: No finder came with this installation.
    """
    given = isinstance(photo, np.ndarray)
    image = photo if given else images.load(photo)
    if finder is None and not request.aligned:
        finder = shipped_finder(str(studio.device))
    try:
        face = find_face(image, request.where, finder)
        crop, alignment = align(image, face, studio.generator.config.resolution)
    except SeveralFaces as error:
        raise SeveralFaces(_named(photo, error), error.preview) from None
    except InputError as error:
        raise InputError(_named(photo, error)) from None
    notes = face.notes() if isinstance(face, Face) else []
    if looks_drawn(crop):
        notes.append(DRAWN)
    return Cut(crop, alignment, face, tuple(notes))


def _named(photo: str | Path | np.ndarray, error: Exception) -> str:
    return str(error) if isinstance(photo, np.ndarray) else f"{photo}: {error}"


def read_photo(
    studio: Inverts,
    path: str | Path | np.ndarray,
    request: InversionRequest,
    finder: Finder | None = None,
) -> tuple[Float[Tensor, "1 num_ws w_dim"], dict[str, Any]]:
    """The latent of a photo, and what made it, as :func:`mien.editing.latent.read_face` gives it.

    Arguments and errors as :func:`cut`; further errors as :func:`invert`. Nothing is tuned.
    """
    inverter, found = studio.inverter, cut(studio, path, request, finder)
    photo = images.to_float(found.crop[None], studio.device)
    (*_, last) = optimise(inverter, photo, inverter.codes(photo), request.plan)
    return last.ws, _made(studio, path, request, found)


def invert(
    studio: Inverts,
    photo: str | Path | np.ndarray,
    request: InversionRequest | None = None,
    finder: Finder | None = None,
    follow: Follow | None = None,
) -> Inversion:
    """Invert a photo and measure how near it comes; see :meth:`mien.studio.Studio.invert`.

    ``follow`` sees the steps. WeightsMissing: the generator has no encoder; TrainingDiverged: a
    loss is not finite; otherwise errors as :func:`cut`.
    """
    request, follow = request or InversionRequest(), follow or (lambda steps, what, total: steps)
    inverter, recognition = studio.inverter, studio.recognition
    found = cut(studio, photo, request, finder)
    device, plan = studio.device, request.plan
    real = images.to_float(found.crop[None], device)
    eyes = None if (eyes := found.eyes) is None else eyes.to(device)
    stages, drawn = [], []

    def reached(name: str, generator: Generator, ws: Tensor, since: float) -> None:
        """Draw and measure a stage."""
        seconds = time.monotonic() - since
        with torch.no_grad():
            fake = generator.synthesis(ws)
        stages.append(Stage(name, *measure(inverter, recognition, real, fake, eyes), seconds))
        drawn.append(images.to_uint8(fake))

    since = time.monotonic()
    ws, tuned = inverter.codes(real), None
    reached("one pass", inverter.generator, ws, since)
    if plan.steps:
        since = time.monotonic()
        (*_, last) = follow(optimise(inverter, real, ws, plan), "inverting", plan.steps + 1)
        ws = last.ws
        reached(f"{plan.steps} steps", inverter.generator, ws, since)
    if request.tune:
        since = time.monotonic()
        (*_, last) = follow(tune(inverter, real, ws, plan), "tuning", plan.tune_steps + 1)
        tuned = last.generator
        reached("tuned", tuned, ws, since)
    made = _made(studio, photo, request, found)
    return Inversion(
        found.crop, ws.float().cpu().numpy(), np.concatenate(drawn), tuple(stages),
        found.alignment, made, found.notes, tuned,
    )  # fmt: skip


@torch.no_grad()
def measure(
    inverter: Inverter,
    recognition: Recognition,
    real: Float[Tensor, "1 3 h w"],
    fake: Float[Tensor, "1 3 h w"],
    eyes: Float[Tensor, "1 2 2"] | None = None,
) -> tuple[float, float, float]:
    """Feature distance, MSE in [-1, 1] and dlib's distance of two aligned faces.

    ``eyes`` are where the eyes of both are, in shares; None for where FFHQ's are.
    """
    fake = fake.clamp(-1, 1)
    a, b = (inverter.look(x, deep=False)[0] for x in (real, fake))
    embedded = [recognition.embed(x, eyes) for x in (real, fake)]
    return (
        float(feature_distance(a, b)),
        float((real - fake).square().mean()),
        float((embedded[0] - embedded[1]).norm()),
    )


def _made(
    studio: Inverts, photo: str | Path | np.ndarray, request: InversionRequest, found: Cut
) -> dict[str, Any]:
    return {
        **studio.signature,
        "photo": "array" if isinstance(photo, np.ndarray) else str(photo),
        "steps": request.steps,
        "alignment": found.alignment.as_dict(),
        "outline": face_outline(found.face).round(2).tolist(),
        "notes": list(found.notes),
    }
