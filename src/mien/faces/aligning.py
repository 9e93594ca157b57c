"""Folders of pictures into folders of aligned faces, one picture after the other.

Beside the crops lies ``faces.json``: for each crop its picture, landmarks and how it lies in it, so
that an edited crop can be put back, and so that landmarks corrected by hand can be read again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np
from jaxtyping import UInt8

from mien import images
from mien.data.paths import own_output
from mien.data.sources import open_source
from mien.errors import DatasetError, ImageError, InputError
from mien.faces.alignment import align
from mien.faces.finder import Face, FaceFinder, choose_face, draw_faces
from mien.faces.frames import Frame, frame_of
from mien.faces.points import LandmarkFile
from mien.files import check_writable, make_folder, refuse_existing, replacing

INDEX = "faces.json"
"""What says where the crops come from."""

_OUTSIDE = 0.08
"""Share of a crop beyond the picture that is worth a note."""


@dataclass(frozen=True)
class AlignOptions:
    """What to do with every picture: crops of ``size`` pixels a side.

    ``face`` is its number from 1, ``"largest"`` or ``"all"``; ``None`` takes the only one and
    leaves out pictures with several. ``box`` (x, y, width, height) or ``landmarks`` say where faces
    are; then nothing is looked for.
    """

    size: int = 256
    face: int | Literal["largest", "all"] | None = None
    box: tuple[float, float, float, float] | None = None
    landmarks: LandmarkFile | None = None

    def __post_init__(self) -> None:
        if self.box is not None and self.landmarks is not None:
            raise InputError("give either `box` or `landmarks`, not both")
        if isinstance(self.face, int) and self.face < 1:
            raise InputError(f"face is {self.face}; faces are numbered from 1")
        if not 16 <= self.size <= 4096:
            raise InputError(f"size is {self.size}, but must be from 16 to 4096")


@dataclass(frozen=True)
class Outcome:
    """What became of one picture: the crops that were written, and what a person should know.

    ``faces`` has a document for each crop: ``source``, ``landmarks``, ``score``, ``alignment``.
    ``problem`` says why there is no crop, if so; ``preview`` is where the faces are numbered, if it
    was not clear which is meant.
    """

    name: str
    files: tuple[Path, ...] = ()
    faces: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    preview: Path | None = None


@dataclass
class _Job:
    """One picture: where it is read and what its crop is called."""

    name: str
    read: Any
    target: Path
    index: int = field(default=0)


def align_pictures(
    paths: Sequence[str | Path],
    out: str | Path,
    finder: FaceFinder | None,
    options: AlignOptions,
    force: bool = False,
) -> Iterator[Outcome]:
    """Cut the faces out of pictures, folders and zips and write them as PNG: an outcome each.

    Crops are called like their pictures, a second of one name NAME-2; after the last picture the
    index is written. ``finder`` is not needed if the options say where the faces are by landmarks.
    Raises DatasetError if a path holds no picture, OutputError if a file exists, or the disk
    refuses.
    """
    folder = Path(out)
    jobs = list(_jobs(paths, folder))
    check_writable(folder)
    refuse_existing([folder / INDEX, *(job.target for job in jobs)], force)
    if options.landmarks is not None:
        options.landmarks.check(len(jobs))
    make_folder(folder)
    index: dict[str, Any] = {}
    for job in jobs:
        try:
            outcome = _aligned(job, finder, options, force)
        except (ImageError, InputError, DatasetError) as error:
            text = str(error)
            problem = text if text.startswith(job.name) else f"{job.name}: {text}"
            outcome = Outcome(job.name, problem=problem)
        for file, face in zip(outcome.files, outcome.faces, strict=True):
            index[file.relative_to(folder).as_posix()] = face
        yield outcome
    if index:
        with replacing(folder / INDEX) as beside:
            beside.write_text(json.dumps(index, indent=1), encoding="utf-8")


def _jobs(paths: Sequence[str | Path], folder: Path) -> Iterator[_Job]:
    """Every picture of the paths, with the name of its crop."""
    taken: set[str] = set()
    number = 0
    for path in map(Path, paths):
        if images.is_picture(path.name) and not path.is_dir():
            found = [(str(path), PurePosixPath(path.name), lambda path=path: images.load(path))]
        else:
            source = open_source(path)
            found = [
                (
                    source.store.where(name),
                    PurePosixPath(name),
                    lambda source=source, i=i: source.picture(i),
                )
                for i, name in enumerate(source.names)
                if not own_output(path / name, path, (folder,))
            ]
        inputs = {os.path.realpath(name) for name, _, _ in found}  # never written over
        for name, inside, read in found:
            target, again = folder / inside.with_suffix(".png"), 1
            while str(target).lower() in taken or os.path.realpath(target) in inputs:
                again += 1
                target = folder / inside.with_name(f"{inside.stem}-{again}.png")
            taken.add(str(target).lower())
            yield _Job(name, read, target, number)
            number += 1


def _aligned(job: _Job, finder: FaceFinder | None, options: AlignOptions, force: bool) -> Outcome:
    image = job.read()
    named = _named_face(job, image, finder, options)
    if named is not None:
        return _written(job, image, [named], options, force)
    if finder is None:
        raise InputError("a finder of faces is needed where neither box nor landmarks say it")
    faces = finder.find(image)
    if options.face == "all" and faces:
        return _written(job, image, faces, options, force)
    number = 1 if options.face == "largest" and faces else options.face
    try:
        chosen = choose_face(faces, number if isinstance(number, int) else None)
    except InputError as error:
        preview = None
        text = f"{job.name}: {error}"
        if faces:
            preview = job.target.with_name(f"{job.target.stem}-faces.png")
            images.save(
                preview, draw_faces(image, faces), {"made": "numbered faces", "of": job.name}
            )
            text += f"; they are numbered in {preview}"
        return Outcome(job.name, problem=text, preview=preview)
    return _written(job, image, [chosen], options, force)


def _named_face(
    job: _Job, image: UInt8[np.ndarray, "h w 3"], finder: FaceFinder | None, options: AlignOptions
) -> Face | Frame | None:
    """The face that a box or landmarks name; None if there are neither."""
    if options.landmarks is not None:
        points = options.landmarks.find(job.name, job.index)
        if points is None:
            raise InputError(f"{options.landmarks.path} has no row for it")
        return Face.of(points) if len(points) == 68 else frame_of(points)
    if options.box is None:
        return None
    if finder is None:
        raise InputError("a finder of faces is needed to read the face in a box")
    return finder.in_box(image, options.box)


def _written(
    job: _Job,
    image: UInt8[np.ndarray, "h w 3"],
    faces: Sequence[Face | Frame],
    options: AlignOptions,
    force: bool,
) -> Outcome:
    files, documents, notes = [], [], []
    for number, face in enumerate(faces, 1):
        target = job.target
        if len(faces) > 1:
            target = target.with_name(f"{target.stem}-{number}.png")
        document, said = save_crop(image, face, options.size, target, job.name, force)
        files.append(target)
        documents.append(document)
        notes += said
    return Outcome(job.name, tuple(files), tuple(documents), tuple(notes))


def save_crop(
    image: UInt8[np.ndarray, "h w 3"],
    face: Face | Frame,
    size: int,
    target: Path,
    source: str,
    force: bool = False,
) -> tuple[dict[str, Any], list[str]]:
    """Write the crop of one face, with where it lay, as a PNG.

    Returns what the crop carries, and what a person should know, each behind ``source``, the
    picture's name.
    """
    crop, alignment = align(image, face, size)
    document: dict[str, Any] = {"source": source, "alignment": alignment.as_dict()}
    notes = []
    if isinstance(face, Face):
        document["landmarks"] = np.asarray(face.landmarks).round(2).tolist()
        document["box"] = [round(value, 2) for value in face.box]
        document["score"] = round(face.score, 4)
        notes = [f"{source}: {text}" for text in face.notes()]
    outside = alignment.outside()
    if outside > _OUTSIDE:
        notes.append(
            f"{source}: {outside:.0%} of the crop lies beyond the picture and is a reflection"
        )
    images.save(target, crop, {"made": "aligned face", **document}, force)
    return document, notes
