"""Several sets as one, and fewer pictures of a set by what its table says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mien.attributes import LABELS
from mien.data import tables
from mien.data.sources import digits_of
from mien.data.training_set import TrainingSet
from mien.errors import ConfigMismatch, DatasetError, InputError


def choose(pictures: TrainingSet, rules: Sequence[str]) -> TrainingSet:
    """Keep the pictures of which a table says what is asked.

    The rule ``column=value`` keeps only those, ``column!=value`` leaves those out; a set whose
    table has no such column is taken whole. Raises InputError if a rule cannot be read,
    DatasetError if nothing is left.
    """
    keep = np.ones(len(pictures), bool)
    for rule in rules:
        column, sign, value = _parse(rule)
        cells: dict[str, str] = {}
        if pictures.labels_from is not None and pictures.labels_from.suffix == ".tsv":
            cells = tables.read_cells(pictures.labels_from, column)
        for i, name in enumerate(pictures.names if cells else ()):
            bare = name.rsplit("/", 1)[-1]
            keep[i] &= (cells.get(name, cells.get(bare)) == value) == sign
    if not keep.any():
        cause = f"none of its {len(pictures)} pictures is left by {' '.join(rules)}"
        raise DatasetError(pictures.path, cause)
    if keep.all():
        return pictures
    return pictures.subset(np.flatnonzero(keep), " ".join(rules))


def join(sets: Sequence[TrainingSet]) -> TrainingSet:
    """One set of the pictures of several, in their order.

    A set without labels gets empty ones where others have attributes. Raises InputError for no set
    at all, ConfigMismatch for pictures or labels of different sizes.
    """
    if not sets:
        raise InputError("no data; name a folder or zip of pictures")
    if len(sets) == 1:
        return sets[0]
    first = sets[0]
    for other in sets[1:]:
        if other.resolution != first.resolution:
            cause = f"{other.resolution}² pictures, {first.path} has {first.resolution}²"
            raise ConfigMismatch(other.path, cause)
    widths = {s.label_dim for s in sets if s.label_dim}
    if len(widths) > 1:
        said = " and ".join(str(width) for width in sorted(widths))
        raise ConfigMismatch(sets[-1].path, f"labels of {said} numbers cannot be joined")
    labels = None
    if widths:
        width = widths.pop()
        if width != len(LABELS) and any(s.labels is None for s in sets):
            raise ConfigMismatch(sets[-1].path, "some sets have class labels and some have none")
        labels = np.concatenate(
            [np.zeros((len(s), width), np.float32) if s.labels is None else s.labels for s in sets]
        )
    captions = [s.captions if s.captions else ("",) * len(s) for s in sets]
    return replace(
        first,
        names=tuple(f"{s.path.stem}/{name}" for s in sets for name in s.names),
        pictures=np.concatenate([s.pictures for s in sets]),
        labels=labels,
        captions=tuple(c for part in captions for c in part),
        fingerprint=digits_of(" ".join(s.fingerprint for s in sets)),
    )


def _parse(rule: str) -> tuple[str, bool, str]:
    """Column, whether it must be so, value."""
    for mark, sign in (("!=", False), ("=", True)):
        column, found, value = rule.partition(mark)
        if found and column and value and "=" not in value:
            return column.strip(), sign, value.strip()
    raise InputError(f"rule {rule!r} cannot be read; write quality=ok or source!=ffhq")
