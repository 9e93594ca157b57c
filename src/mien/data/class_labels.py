"""Class labels as NVlabs writes them: ``dataset.json`` beside the pictures.

    {"labels": [["00000/img00000000.png", 6], ...]}      class numbers, or vectors of one length

Any number that numpy turns into an int64 or a float32 is one here too: ``1.0``, ``"1"``, ``true``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Float32

from mien.data.stores import Store, comparable
from mien.errors import DatasetError

DATASET_JSON = "dataset.json"
"""The file beside NVlabs' pictures that holds their labels."""

MAX_CLASS = (1 << 16) - 1
"""The largest class number; one-hot vectors are as long as the largest one and one more."""

MAX_VALUES = 1 << 28
"""The most numbers in all vectors together (1 GiB as float32)."""


@dataclass(frozen=True)
class ClassLabels:
    """Labels of some pictures: float32 ``[n, c]`` in their order, one-hot for class numbers.

    ``without_picture`` are names in the file of which the data set holds no picture.
    """

    vectors: Float32[np.ndarray, "n c"]
    without_picture: tuple[str, ...]


def find_dataset_json(store: Store, names: Sequence[str]) -> str | None:
    """Where the labels of some pictures lie: at the top, or in an outer folder of them all.

    Zips made from outside hold everything in one more folder: ``mydata/dataset.json``.
    """
    present = set(store.names)
    folders = [PurePosixPath(name).parent for name in names]
    common = PurePosixPath()
    for parts in zip(*(folder.parts for folder in folders), strict=False):
        candidate = common / DATASET_JSON
        if str(candidate) in present:
            return str(candidate)
        if len(set(parts)) > 1:
            return None
        common /= parts[0]
    candidate = common / DATASET_JSON
    return str(candidate) if str(candidate) in present else None


def other_dataset_json(store: Store, found: str | None) -> list[str]:
    """Files called ``dataset.json`` that are not read, because they lie in some other folder."""
    return [
        name for name in store.names if PurePosixPath(name).name == DATASET_JSON and name != found
    ]


def read_class_labels(store: Store, names: Sequence[str]) -> ClassLabels | None:
    """Labels of pictures from the ``dataset.json`` of their folder or zip, if it holds any.

    A part of a set gets the columns of the whole: the largest class of all pictures of the store is
    the last.

    Raises DatasetError if the file is damaged, a picture has no label or two that disagree, a
    number is not finite, or a class number is negative or above :data:`MAX_CLASS`.
    """
    file = find_dataset_json(store, names)
    if file is None:
        return None
    where = store.where(file)
    listed = _listed(store, file)
    if not listed:
        return None
    labels = _by_name(where, listed)
    outer = str(PurePosixPath(file).parent)
    found = ((labels.get(key) for key in _keys(name, outer)) for name in names)
    rows = [next(filter(None, one), None) for one in found]
    missing = [name for name, row in zip(names, rows, strict=True) if row is None]
    if missing:
        cause = f"has no label for {len(missing)} of {len(names)} pictures, {missing[0]!r} first"
        if len(missing) == len(names) and labels:
            cause += f"; it names {next(iter(labels.values()))[0]!r}"
        raise DatasetError(where, cause)
    keys = {key for name in store.names for key in _keys(name, outer)}
    known = {key: label for key, label in labels.items() if key in keys}
    gone = tuple(original for key, (original, _) in labels.items() if key not in keys)
    chosen = [row for row in rows if row is not None]
    if any(isinstance(label, list) for _, label in known.values()):
        return ClassLabels(_vectors(where, chosen, list(known.values())), gone)
    return ClassLabels(_one_hot(where, chosen, list(known.values())), gone)


_Label = tuple[str, Any]
"""A picture as the file calls it, and its label."""


def _listed(store: Store, file: str) -> list[_Label]:
    """The pairs of name and label, in order."""
    try:
        document = json.loads(store.read(file), object_pairs_hook=_Object)
        listed = dict(document)["labels"] if isinstance(document, _Object) else document["labels"]
        if not listed:
            return []
        pairs = listed if isinstance(listed, _Object) else [tuple(row) for row in listed]
        return [(str(name), label) for name, label in pairs]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        cause = f"is not a list of labels as NVlabs writes it ({type(error).__name__}: {error})"
        raise DatasetError(store.where(file), cause) from None


class _Object(list[tuple[str, Any]]):
    """A JSON object with every key as it came: a name that is there twice is seen."""


def _by_name(where: str, listed: Sequence[_Label]) -> dict[str, _Label]:
    labels: dict[str, _Label] = {}
    for name, label in listed:
        key = comparable(name)
        before = labels.setdefault(key, (name, label))[1]
        if before is not label and repr(before) != repr(label):
            cause = f"gives {name!r} two labels, {_short(before)} and {_short(label)}"
            raise DatasetError(where, cause, "take one of them away")
    return labels


def _keys(name: str, outer: str) -> tuple[str, ...]:
    """What a file may be called in the list: from the top, or from the folder of the list."""
    key = comparable(name)
    below = comparable(outer) + "/"
    return (key, key.removeprefix(below)) if key.startswith(below) else (key,)


def _one_hot(
    where: str, rows: Sequence[_Label], known: Sequence[_Label]
) -> Float32[np.ndarray, "n c"]:
    count = max(_class_number(where, *label) for label in known) + 1
    _check_size(where, len(rows), count, "classes")
    made = np.zeros((len(rows), count), np.float32)
    made[np.arange(len(rows)), [_class_number(where, *label) for label in rows]] = 1
    return made


def _class_number(where: str, name: str, label: Any) -> int:
    """A whole number of any kind: 1, 1.0, "1", true."""
    value = _number(where, name, label)
    if value != int(value) or value < 0:
        cause = "its labels are neither class numbers from 0 nor vectors"
        raise DatasetError(where, f"{cause}: {name!r} has {_short(label)}")
    if value > MAX_CLASS:
        cause = f"the class of {name!r} is {_short(label)}, and {MAX_CLASS} is the largest"
        raise DatasetError(where, cause, "number the classes from 0 without gaps")
    return int(value)


def _vectors(
    where: str, rows: Sequence[_Label], known: Sequence[_Label]
) -> Float32[np.ndarray, "n c"]:
    lengths = {len(label) if isinstance(label, list) else -1 for _, label in known}
    if len(lengths) > 1:
        cause = "its labels are vectors of different lengths, or numbers among vectors"
        raise DatasetError(where, cause)
    if max(lengths) < 1:
        raise DatasetError(where, f"its labels are empty vectors, that of {known[0][0]!r} first")
    _check_size(where, len(rows), max(lengths), "numbers a vector")
    made = np.empty((len(rows), max(lengths)), np.float32)
    for i, (name, label) in enumerate(rows):
        values = np.array([_number(where, name, value) for value in label], np.float64)
        if (np.abs(values) > np.finfo(np.float32).max).any():
            cause = f"the label of {name!r} is not finite as float32: {_short(label)}"
            raise DatasetError(where, cause)
        made[i] = values
    return made


def _number(where: str, name: str, value: Any) -> float | int:
    """A finite number: as it is, or written as text."""
    try:
        number = value if isinstance(value, int) else float(value)
    except (ValueError, TypeError):
        cause = "its labels are neither class numbers from 0 nor vectors"
        raise DatasetError(where, f"{cause}: {name!r} has {_short(value)}") from None
    if not isinstance(number, int) and not math.isfinite(number):
        cause = f"the label of {name!r} holds {_short(value)}, not a finite number"
        raise DatasetError(where, cause)
    return number


def _check_size(where: str, rows: int, columns: int, what: str) -> None:
    if rows * columns > MAX_VALUES:
        cause = f"{rows} pictures with {columns} {what} are {rows * columns} numbers"
        raise DatasetError(where, f"{cause}, and {MAX_VALUES} is the most")


def _short(value: Any) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= 40 else text[:40] + "…"
