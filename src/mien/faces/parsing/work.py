"""Label maps and cut-outs of many pictures: what each process loads, and what it does with one.

Each is a frozen dataclass that is called once in a process and gives the worker of
:mod:`mien.data.batch`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from mien import images
from mien.data import tables
from mien.data.batch import Job, Worker
from mien.errors import DatasetError, InputError
from mien.faces.choosing import Finder, SeveralFaces, Where, find_face, shipped_finder
from mien.faces.finder import Face
from mien.faces.frames import Frame
from mien.faces.parsing.cutout import cut_out, on_colour
from mien.faces.parsing.regions import Regions, find_regions, load_parser
from mien.faces.parsing.teacher import SIDE, teach
from mien.faces.pictures import read_points
from mien.images import label_maps
from mien.judges.parser import FaceParser
from mien.judges.regions import COLOURS

_BEYOND = 0.25
"""Share of a picture beyond what was looked at that is worth a note."""
_SURE = 0.25
"""Pixels of a teacher's map that are less sure are unknown."""


@dataclass(frozen=True)
class _Looking:
    """How a picture is looked at: which face, by which parser, where, and by which detector."""

    where: Where = field(default_factory=Where)
    parser: str = "parsing"
    device: str = "cpu"
    detector: str | None = None

    def tools(self) -> tuple[FaceParser, Finder | None]:
        """The networks."""
        finder = None if self.where.aligned else shipped_finder(self.device, self.detector)
        return load_parser(self.parser, self.device), finder

    def look(
        self, tools: tuple[FaceParser, Finder | None], job: Job
    ) -> tuple[UInt8[np.ndarray, "h w 3"], Regions, list[str]]:
        """A picture, its regions, and what a person should know.

        Raises InputError for no face, or several and no number; those are drawn beside the targets.
        """
        parser, finder = tools
        image = job.read()
        face = numbered(image, self.where, finder, job)
        found = find_regions(parser, image, face)
        notes = [f"{job.name}: {text}" for text in (face.notes() if isinstance(face, Face) else [])]
        return image, found, notes


def numbered(
    image: UInt8[np.ndarray, "h w 3"], where: Where, finder: Finder | None, job: Job
) -> Face | Frame:
    """The face that is meant; several without a number are numbered on a preview."""
    try:
        return find_face(image, where, finder)
    except SeveralFaces as error:
        target = job.targets[0]
        preview = target.with_name(f"{target.stem}-faces.png")
        images.save(preview, error.preview)
        raise InputError(f"{error}; they are numbered in {preview}") from None


@dataclass(frozen=True)
class Masking(_Looking):
    """Writes a label map, and a preview in colours if a job has a second target."""

    def __call__(self) -> Worker:
        """Load the networks."""
        tools = self.tools()

        def work(job: Job) -> Sequence[str]:
            image, found, notes = self.look(tools, job)
            labels = found.labels()
            if found.beyond > _BEYOND:
                notes.append(
                    f"{job.name}: {found.beyond:.0%} of it lies beyond the square around the face, "
                    "where nothing is known"
                )
            made = {"mask_of": job.name, "parser": self.parser}
            label_maps.save(job.targets[0], labels, COLOURS, made)
            for preview in job.targets[1:]:
                images.save(preview, shown(image, labels), made)
            return notes

        return work


@dataclass(frozen=True)
class Cutting(_Looking):
    """Writes a picture without its background, as far as the square around the face reaches.

    ``colour`` stands behind the person; None for transparency.
    """

    colour: tuple[int, int, int] | None = None

    def __call__(self) -> Worker:
        """Load the networks."""
        tools = self.tools()

        def work(job: Job) -> Sequence[str]:
            image, found, notes = self.look(tools, job)
            page = cut_out(image, found)[found.box]
            whole: np.ndarray = page if self.colour is None else on_colour(page, self.colour)
            images.save(job.targets[0], whole, {"cutout_of": job.name, "parser": self.parser})
            return notes

        return work


@dataclass(frozen=True)
class Teaching:
    """Writes label maps out of landmarks, colours and what a table says.

    ``points`` is an ``.npz`` of landmarks, a row for each picture; None finds them. ``figures`` is
    one with ``figures`` ``[pictures, 128, 128]``, 0 to 255: how likely each pixel shows a person;
    None for a guess by place.
    """

    labels: Path
    points: Path | None = None
    figures: Path | None = None

    def __call__(self) -> Worker:
        """Read the tables."""
        table = tables.read_table(self.labels)
        rows = None if self.points is None else read_points(self.points)
        figures = None if self.figures is None else read_figures(self.figures)
        finder = shipped_finder() if rows is None else None

        def work(job: Job) -> Sequence[str]:
            row = table.find(job.key)
            if row is None:
                raise DatasetError(self.labels, f"has no row for {job.key}", "add one")
            image = images.resize(images.centre_square(job.read()), 2 * SIDE)
            points = _row(rows, job, self.points)
            if points is None:
                face = numbered(image, Where(), finder, job)
                assert isinstance(face, Face)
                points = np.asarray(face.landmarks, np.float64)
            figure = _row(figures, job, self.figures)
            share = None if figure is None else (figure / 255)[None]
            taught = teach(image[None], points[None], [table.faces[row]], share)
            labels = np.where(taught.sure[0] < _SURE, label_maps.UNKNOWN, taught.labels[0])
            made = {"mask_of": job.name, "parser": "landmarks and colours"}
            label_maps.save(job.targets[0], labels.astype(np.uint8), COLOURS, made)
            for preview in job.targets[1:]:
                images.save(preview, shown(image, labels.astype(np.uint8)), made)
            return []

        return work


def _row(rows: np.ndarray | None, job: Job, path: Path | None) -> np.ndarray | None:
    if rows is None:
        return None
    if job.index >= len(rows):
        raise DatasetError(path or "", f"has {len(rows)} rows, and none for {job.key}")
    return rows[job.index].astype(np.float64)


def read_figures(path: str | Path) -> UInt8[np.ndarray, "n 128 128"]:
    """``figures`` of an ``.npz``: how likely each pixel shows a person; or DatasetError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            figures = file["figures"]
    except (OSError, ValueError, KeyError) as error:
        raise DatasetError(path, f"holds no figures ({str(error)[:80]})") from None
    if figures.dtype != np.uint8 or figures.shape[1:] != (SIDE, SIDE):
        cause = f"its figures are {figures.dtype} {list(figures.shape)}"
        raise DatasetError(path, cause, f"uint8 [pictures, {SIDE}, {SIDE}] is wanted")
    return figures


def shown(
    image: UInt8[np.ndarray, "h w 3"], labels: UInt8[np.ndarray, "h2 w2"]
) -> UInt8[np.ndarray, "h w 3"]:
    """A picture under the colours of its regions."""
    height, width = image.shape[:2]
    if labels.shape != (height, width):
        rows = np.arange(height) * labels.shape[0] // height
        labels = labels[rows][:, np.arange(width) * labels.shape[1] // width]
    table = np.full((256, 3), 128, np.uint8)
    table[: len(COLOURS)] = COLOURS
    return (image * 0.4 + table[labels] * 0.6).round().astype(np.uint8)
