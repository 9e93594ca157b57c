"""Drawn faces, what made them, and the files they become."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32, UInt8

from mien import images
from mien.checkpoints.arrays import read_arrays
from mien.errors import MienError, WrongValue
from mien.files import (
    as_path,
    check_writable,
    make_folder,
    output_error,
    refuse_existing,
    replacing,
    slug,
)
from mien.images import formats
from mien.images.results import as_pil
from mien.images.sheets import Sheet, png_bytes
from mien.portraits.checks import whole

if TYPE_CHECKING:
    from PIL import Image

SHEET, LATENTS = "sheet", "latents.npz"
"""What the two files beside the faces are called; the sheet ends as the faces do."""

SMALLEST, LARGEST = 16, 4096
"""Sides that faces can be resized to."""


@dataclass(frozen=True, repr=False)
class Faces:
    """Drawn faces and what made them; ``faces[0]`` and ``for face in faces`` give faces of one.

    Attributes:
        provenance: What made them all: model, hash, text, method, psi, …
        notes: What the person should know: words cut, nothing recognised.
        each: What made each of them beyond that, its seed among it; none where the seed is all.
        stems: File name of each, without suffix; none where text and seed name it.
        sheet: What is shown of them together, with what they were made of; None for them alone.
    """

    images: UInt8[np.ndarray, "n h w 3"]
    ws: Float32[np.ndarray, "n num_ws w_dim"]
    seeds: tuple[int, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    each: tuple[Mapping[str, Any], ...] = ()
    stems: tuple[str, ...] = ()
    sheet: Sheet | None = None

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int | slice) -> Faces:
        if isinstance(index, slice):
            chosen = range(len(self))[index]
        else:
            number = range(len(self))[index]
            chosen = range(number, number + 1)
        rows = list(chosen)
        return replace(
            self,
            images=self.images[rows],
            ws=self.ws[rows],
            seeds=tuple(self.seeds[row] for row in rows if row < len(self.seeds)),
            each=tuple(self.each[row] for row in rows if row < len(self.each)),
            stems=tuple(self.stems[row] for row in rows if row < len(self.stems)),
            sheet=None,
        )

    def __iter__(self) -> Iterator[Faces]:
        return (self[row] for row in range(len(self)))

    def __repr__(self) -> str:
        size = f"{self.images.shape[2]}x{self.images.shape[1]}"
        said = [f"{len(self)} of {size}"]
        if "text" in self.provenance:
            said.append(repr(self.provenance["text"]))
        if self.seeds:
            said.append(f"seeds {', '.join(map(str, self.seeds[:8]))}" + "…" * (len(self) > 8))
        return f"Faces({', '.join(said)})"

    def _repr_png_(self) -> bytes:
        return png_bytes(self.page())

    @property
    def latents(self) -> Float32[np.ndarray, "n num_ws w_dim"]:
        """Another name of :attr:`ws`."""
        return self.ws

    @property
    def pil(self) -> list[Image.Image]:
        """Each face as a picture of Pillow's."""
        return as_pil(self.images)

    def names(self) -> list[str]:
        """File name of each face, without suffix."""
        return list(self.stems) or face_names(str(self.provenance.get("text", "")), self.seeds)

    def made(self) -> list[dict[str, Any]]:
        """All that made each face, as its picture says it."""
        each = self.each or [{"seed": seed} for seed in self.seeds]
        return [{**self.provenance, **one} for one in each]

    def page(self) -> UInt8[np.ndarray, "h w 3"]:
        """All faces on one sheet, with whole captions; edits and mixtures with their sources."""
        if self.sheet is not None:
            return self.sheet.drawn()
        captions = self.stems or tuple(f"seed {seed}" for seed in self.seeds)
        captions = captions or ("",) * len(self)
        return Sheet(self.images, captions).drawn()

    def resized(self, size: int) -> Faces:
        """The same faces with a side of :data:`SMALLEST` to :data:`LARGEST`, else a WrongValue.

        By Lanczos's filter; no detail is added.
        """
        side = self.images.shape[1]
        if checked_size(size) == side:
            return self
        said = {"resized": {"from": side, "to": size, "filter": "lanczos"}}
        return replace(
            self,
            images=images.resize(self.images, size),
            provenance={**self.provenance, **said},
            notes=(*self.notes, *enlarged(side, size)),
            sheet=None if self.sheet is None else self.sheet.resized(size),
        )

    def save_picture(self, path: Path, force: bool = False) -> None:
        """Write the first face as a picture, with all that made it; errors as :meth:`save`."""
        formats.save(path, self.images[0], self.made()[0], force)

    def save(
        self,
        folder: str | Path,
        force: bool = False,
        format: str = "png",
        only_sheet: bool = False,
        written: Collection[Path] = (),
    ) -> list[Path]:
        """Write each face as a picture, all of them on one sheet, and their w as ``.npz``.

        With ``force`` the pictures of the run that lay there go, if they are not replaced: those
        that its ``latents.npz`` lists, and no others.

        Args:
            folder: Where; created if it is not there.
            force: Whether files of the same name may be replaced.
            format: ``png``, ``jpg`` or ``webp``; another is an UnknownName.
            only_sheet: Leave out the pictures of single faces.
            written: Files of single faces that this run has written already.

        Returns:
            The faces in order, then the sheet, then ``latents.npz``.

        Raises:
            OutputError: A file exists and ``force`` is false, or the disk refuses.
        """
        target = as_path(folder)
        names = [] if only_sheet else self.names()
        files = result_files(target, names, format)
        check_writable(target)
        refuse_existing([path for path in files if path not in written], force)
        make_folder(target)
        *paths, sheet, latents = files
        stale = set(_listed(latents)) - {path.name for path in files} if force else set()
        for path, face in zip(paths, self, strict=False):
            if path not in written:
                face.save_picture(path, force)
        formats.save(sheet, self.page(), {**self.provenance, "seeds": list(self.seeds)}, force)
        save_latents(latents, self, [path.name for path in files], force)
        for name in stale:
            (target / name).unlink(missing_ok=True)
        return files


def save_latents(path: Path, faces: Faces, files: Sequence[str] = (), force: bool = False) -> None:
    """Write w and seeds of faces as ``.npz``, and the names of the files of their run.

    Raises OutputError: the file exists and ``force`` is false, or the disk refuses.
    """
    listed = json.dumps(list(files)).encode()
    with replacing(path, force) as beside, beside.open("wb") as stream:
        try:
            np.savez(
                stream,
                w=faces.ws,
                seeds=np.asarray(faces.seeds, np.int64),
                files=np.frombuffer(listed, np.uint8),
            )
        except OSError as error:
            raise output_error(path, error) from None


def checked_size(size: int) -> int:
    """A side that pictures can have; WrongType: no whole number; WrongValue: it lies outside."""
    if not SMALLEST <= whole("size", size) <= LARGEST:
        raise WrongValue(f"size is {size}, but must be from {SMALLEST} to {LARGEST}")
    return size


def enlarged(side: int, size: int) -> list[str]:
    """What a person should know of pictures of another size than they were drawn in."""
    if size == side:
        return []
    how = "enlarged" if size > side else "reduced"
    remark = f"drawn at {side}x{side} and {how} to {size}x{size} by Lanczos's filter"
    return [remark + (", which adds no detail" if size > side else "")]


def face_names(text: str, seeds: Sequence[int]) -> list[str]:
    """File names of faces of a sentence, or of none, without suffix."""
    stem = slug(text) or "face"
    return [f"{stem}-seed{seed:04d}" for seed in seeds]


def result_files(folder: Path, names: Sequence[str], format: str = "png") -> list[Path]:
    """The files that faces of these names become, as :meth:`Faces.save` gives them.

    Raises UnknownName: no such format.
    """
    suffix = formats.suffix_of(format)
    return [*(folder / f"{name}{suffix}" for name in (*names, SHEET)), folder / LATENTS]


def check_results(
    folder: str | Path, names: Sequence[str] = (), format: str = "png", force: bool = False
) -> None:
    """Find out before the work whether faces, of names known so far, can be saved to a folder.

    UnknownName: no such format; OutputError: a file exists and ``force`` is false, or the disk
    refuses.
    """
    check_writable(folder)
    refuse_existing(result_files(Path(folder), names, format), force)


def _listed(latents: Path) -> list[str]:
    try:
        found = json.loads(read_arrays(latents)["files"].tobytes())
    except (MienError, OSError, KeyError, ValueError):
        return []
    suffixes = (*formats.SUFFIXES.values(),)
    names = [str(name) for name in found] if isinstance(found, list) else []
    return [
        name
        for name in names
        if Path(name).name == name and Path(name).suffix in suffixes and not name.startswith(".")
    ]
