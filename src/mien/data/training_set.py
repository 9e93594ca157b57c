"""A whole set of pictures in memory, where a batch costs a copy.

Of larger sets the decoded pictures are written to a cache folder once and mapped from disk.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8

from mien import attributes
from mien.data import splits, tables
from mien.data.class_labels import find_dataset_json, other_dataset_json
from mien.data.sources import Pictures, digits_of, every, open_source
from mien.errors import DatasetError, InputError, counted
from mien.files import make_folder, replacing

TABLES_BESIDE = ("{}_labels.tsv", "{}_attributes.csv")
"""Names of the label tables that are found beside a data set, ``{}`` being the set's stem."""

_CACHE_VERSION = 1  # raise it whenever the same file would give other pixels


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Pictures of one size, with what is said about them.

    ``pictures`` are uint8 ``[n, h, w, 3]``, square, perhaps mapped from disk; not to be written to.
    ``labels`` are float32 ``[n, 76]`` in the order of :data:`mien.attributes.LABELS`, or NVlabs'
    own ``[n, c]``; zeros where nothing is said, ``None`` if none were asked for or found.
    ``captions`` are empty where there is none, ``None`` without a table. ``fingerprint`` are
    sixteen hexadecimal digits that change with the pictures, the part, the size and the labels.
    """

    path: Path
    part: splits.Part
    names: tuple[str, ...]
    pictures: UInt8[np.ndarray, "n h w 3"]
    labels: Float32[np.ndarray, "n c"] | None
    captions: tuple[str, ...] | None
    labels_from: Path | None
    fingerprint: str

    @classmethod
    def open(
        cls,
        data_path: str | Path,
        resolution: int,
        labels: str | Path | Literal[False] | None = None,
        part: splits.Part = "train",
        cache: str | Path | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> TrainingSet:
        """Read all pictures of a part of a folder or zip, cut to their largest middle square.

        ``labels`` is a table (see :func:`mien.data.tables.read_table`). ``None`` looks beside the
        data, so ``faces.zip`` finds ``faces_labels.tsv``, else ``faces_attributes.csv``, else goes
        without; ``False`` goes without; ``"dataset.json"`` takes NVlabs' class labels out of the
        data set itself. ``cache`` is a folder for decoded pictures, ``None`` keeps them in memory
        only; ``progress`` is told (pictures done, pictures in all) while they are decoded.

        Raises DatasetError if data or table cannot be used, the part is empty, or the table says
        nothing about any picture; ImageError if a picture cannot be used; OutputError if the cache
        cannot be written; InputError if the resolution is not positive, or there is no such part.
        """
        if resolution < 1:
            raise InputError(f"resolution is {resolution}, and must be 1 or more")
        source = open_source(data_path)
        chosen = source.select(splits.split(data_path, source.names).part(part))
        if not chosen.names:
            cause = f"its part {part!r} is empty: {counted(len(source), 'pictures')} in all"
            raise DatasetError(data_path, cause, "use part 'all', or a larger set")
        vectors, captions, table = _labels(source, chosen, labels)
        pictures = decoded(chosen, resolution, cache, progress)
        digest = hashlib.sha256(f"{chosen.fingerprint()} {part} {resolution}".encode())
        digest.update(b"" if vectors is None else vectors.tobytes())
        return cls(
            path=Path(data_path),
            part=part,
            names=chosen.names,
            pictures=pictures,
            labels=vectors,
            captions=captions,
            labels_from=table,
            fingerprint=digest.hexdigest()[:16],
        )

    def __len__(self) -> int:
        return len(self.names)

    def leave_out(self, fold: int | None, folds: int = 5) -> TrainingSet:
        """Without one fold, see :func:`mien.data.splits.fold_rows`: for other judges."""
        if fold is None:
            return self
        rows = splits.fold_rows(len(self), fold, folds)
        return self.subset(rows, f"without {fold} of {folds}")

    def subset(self, rows: Int64[np.ndarray, " b"], why: str) -> TrainingSet:
        """Some of the pictures, by position; ``why`` goes into the fingerprint."""
        return replace(
            self,
            names=tuple(self.names[i] for i in rows),
            pictures=self.pictures[rows],
            labels=None if self.labels is None else self.labels[rows],
            captions=None if self.captions is None else tuple(self.captions[i] for i in rows),
            fingerprint=digits_of(self.fingerprint, " ", why),
        )

    @property
    def resolution(self) -> int:
        """Side of the pictures in pixels."""
        return self.pictures.shape[1]

    @property
    def label_dim(self) -> int:
        """Length of a label vector; 0 without labels."""
        return 0 if self.labels is None else self.labels.shape[1]

    def batch(
        self, indices: Int64[np.ndarray, " b"], mirrored: Bool[np.ndarray, " b"] | None = None
    ) -> tuple[UInt8[np.ndarray, "b h w 3"], Float32[np.ndarray, "b c"]]:
        """Copies of pictures and labels: uint8 ``[b, h, w, 3]``, float32 ``[b, label_dim]``.

        Faces that look left look right where ``mirrored``, in the label too.
        """
        images = np.array(self.pictures[indices])
        if mirrored is not None:
            images[mirrored] = images[mirrored, :, ::-1]
        return images, self.labels_of(indices, mirrored)

    def labels_of(
        self, indices: Int64[np.ndarray, " b"], mirrored: Bool[np.ndarray, " b"] | None = None
    ) -> Float32[np.ndarray, "b c"]:
        """The labels of :meth:`batch` alone."""
        if self.labels is None:
            return np.zeros((len(indices), 0), np.float32)
        labels = self.labels[indices]
        if mirrored is not None and self.label_dim == len(attributes.LABELS):
            labels[mirrored] = labels[mirrored][:, _MIRRORED]
        return labels


def find_table(data_path: str | Path) -> Path | None:
    """The label table beside a data set, see :data:`TABLES_BESIDE`."""
    data = Path(data_path)
    places = [data.parent / name.format(data.stem) for name in TABLES_BESIDE]
    return next((place for place in places if place.is_file()), None)


def _mirrored_labels() -> Int64[np.ndarray, " labels"]:
    """Where each label of a mirrored face is found in the label of the face."""
    order = np.arange(len(attributes.LABELS), dtype=np.int64)
    left, right = (attributes.label_index("pose", side) for side in ("left", "right"))
    order[[left, right]] = order[[right, left]]
    return order


_MIRRORED = _mirrored_labels()


def captioned(
    data_path: str | Path, part: splits.Part = "train"
) -> tuple[tuple[str, ...], Float32[np.ndarray, "n c"]]:
    """The sentences about the pictures of a part, and what else the table beside them says of each.

    No picture is read. Raises DatasetError if data or table cannot be used, or hold no sentence.
    """
    source = open_source(data_path)
    chosen = source.select(splits.split(data_path, source.names).part(part))
    vectors, captions, _ = _labels(source, chosen, None)
    rows = [i for i, text in enumerate(captions or ()) if text]
    if vectors is None or not rows:
        cause = "has no table with captions beside it"
        raise DatasetError(data_path, cause, "put NAME_labels.tsv with a column caption there")
    return tuple((captions or ())[i] for i in rows), vectors[rows]


def _labels(
    source: Pictures, chosen: Pictures, labels: str | Path | Literal[False] | None
) -> tuple[Float32[np.ndarray, "n c"] | None, tuple[str, ...] | None, Path | None]:
    """Label vectors and captions of the chosen pictures, and the table they are from."""
    if labels == "dataset.json":
        classes = source.class_labels()
        if classes is None:
            found = find_dataset_json(source.store, source.names)
            others = other_dataset_json(source.store, found)
            remedy = f"move {others[0]} beside the folders of pictures" if others else ""
            raise DatasetError(source.path, "holds no dataset.json with labels", remedy)
        place = {name: i for i, name in enumerate(source.names)}
        return classes[[place[name] for name in chosen.names]], None, source.path
    path = find_table(source.path) if labels is None else labels
    if path is None or path is False:
        return None, None, None
    table = tables.read_table(path)
    rows = [table.find(name) for name in chosen.names]
    if not any(rows):
        first = next(iter(table.faces), "nothing")
        cause = f"none of its {len(table)} rows is about one of the {len(chosen)} pictures"
        remedy = f"the table begins with {first!r}, the pictures with {chosen.names[0]!r}"
        raise DatasetError(path, cause, remedy)
    captions = tuple(table.captions.get(row or "", "") for row in rows)
    return table.vectors(chosen.names), captions, Path(path)


def decoded(
    chosen: Pictures,
    resolution: int,
    cache: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> UInt8[np.ndarray, "n h w 3"]:
    """Pictures cut to squares of one size, decoded once; see :meth:`TrainingSet.open`."""
    shape = (len(chosen), resolution, resolution, 3)
    reader = functools.partial(chosen.picture, size=resolution)
    each = every(chosen.path, len(chosen), reader, progress)
    if cache is None:
        pictures = np.empty(shape, np.uint8)
        for i, picture in enumerate(each):
            pictures[i] = picture
        return pictures
    name = f"{chosen.path.stem}-{resolution}-{chosen.fingerprint()}-v{_CACHE_VERSION}.npy"
    file = make_folder(cache) / name
    found = _mapped(file, shape)
    if found is not None:
        return found
    head = {"descr": "|u1", "fortran_order": False, "shape": shape}
    with replacing(file) as beside, beside.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, head)
        for picture in each:
            stream.write(picture.tobytes())
    made = _mapped(file, shape)
    if made is None:
        raise DatasetError(file, f"does not hold the {shape} bytes just written", "try again")
    return made


def _mapped(file: Path, shape: tuple[int, ...]) -> UInt8[np.ndarray, "n h w 3"] | None:
    """A cache file, if it is whole and holds what is asked."""
    try:
        pictures = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return pictures if pictures.shape == shape and pictures.dtype == np.uint8 else None
