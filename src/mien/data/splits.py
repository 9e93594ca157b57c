"""Which pictures teach and which are kept out for measuring.

Sets that come with a fixed split keep it; every other set is split by a hash of the names, so that
the same picture is always on the same side, on any machine, and adding pictures moves few others.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

import numpy as np

from mien.errors import InputError

Part = Literal["train", "kept-out", "all"]
"""A part of a data set."""

DEFAULT_SHARE = 0.1
"""Share that is kept out of a set without a fixed split."""
DEFAULT_MOST = 1000
"""The most pictures that are kept out of a set without a fixed split."""


@dataclass(frozen=True)
class FixedSplit:
    """A split by name: the pictures from a certain one on, or one of every few, are kept out.

    ``pattern`` matches the stem of every picture; ``first`` and ``last`` are stems of the whole
    set, ``kept_out`` of the first that is kept out. Or pictures whose number leaves ``every[0]``
    when divided by ``every[1]`` are; such a set is known by its ``count`` alone, whatever it is
    called.
    """

    pattern: str
    first: str
    kept_out: str
    last: str
    count: int
    every: tuple[int, int] | None = None

    def keeps_out(self, stem: str) -> bool:
        """Whether a picture of the set is kept out."""
        if self.every is None:
            return stem >= self.kept_out
        left, divisor = self.every
        return int(stem) % divisor == left


FIXED: dict[str, FixedSplit] = {
    "sfhq": FixedSplit(r"\d{5}", "00000", "01585", "01784", 1785),
    "faces": FixedSplit(r"\d{5}", "00000", "00024", "05037", 5038, every=(24, 25)),
    "cuhk": FixedSplit(r"[fm]1?-\d{3}-\d\d", "f-005-01", "m-098-01", "m1-041-01", 150),
}
"""Name of a data set -> its split. A set is known by the name of its zip or folder."""


@dataclass(frozen=True)
class Split:
    """Positions of pictures, ascending, that teach or measure; every picture is in exactly one."""

    train: tuple[int, ...]
    kept_out: tuple[int, ...]

    def part(self, part: Part) -> tuple[int, ...]:
        """Positions of one part, ascending; raises InputError if there is no such part."""
        if part not in get_args(Part):
            known = ", ".join(get_args(Part))
            raise InputError(f"unknown part {part!r} of a data set (known: {known})")
        if part == "all":
            return tuple(sorted(self.train + self.kept_out))
        return self.train if part == "train" else self.kept_out


def split(path: str | Path, names: Sequence[str]) -> Split:
    """The split of a zip or folder: the fixed one if its stem tells of it, or a tenth by hash."""
    fixed = find_fixed(path, names)
    if fixed is not None:
        kept = [fixed.keeps_out(PurePosixPath(name).stem) for name in names]
        return _from_flags(kept)
    count = min(math.floor(len(names) * DEFAULT_SHARE), DEFAULT_MOST)
    return split_by_hash(names, count)


def find_fixed(path: str | Path, names: Sequence[str]) -> FixedSplit | None:
    """The fixed split that a set has, or ``None``.

    It has one of :data:`FIXED` if its zip or folder is called so, or if it holds exactly as many
    pictures, and if all its names lie between the first and the last.
    """
    stems = [PurePosixPath(name).stem for name in names]
    for name, fixed in FIXED.items():
        called_so = Path(path).stem == name and fixed.every is None
        called_so = called_so or len(set(stems)) == fixed.count
        inside = all(
            re.fullmatch(fixed.pattern, stem) and fixed.first <= stem <= fixed.last
            for stem in stems
        )
        if called_so and inside and stems:
            return fixed
    return None


def fold_rows(count: int, fold: int, folds: int) -> np.ndarray:
    """Positions but ``fold``, ``fold + folds``, …, ascending; InputError for no such fold."""
    if not 0 <= fold < folds:
        raise InputError(f"fold {fold} is not from 0 to {folds - 1}")
    return np.flatnonzero(np.arange(count) % folds != fold)


def split_by_hash(
    names: Sequence[str], kept_out: int, seed: int = 0, group: Callable[[str], str] | None = None
) -> Split:
    """Keep out the pictures whose names have the smallest hashes, whatever their order.

    What a picture belongs to (``group``: a person, say) is not torn apart, which may keep a few
    more out. Raises InputError if more shall be kept out than there are, or fewer than none.
    """
    if not 0 <= kept_out <= len(names):
        raise InputError(f"cannot keep {kept_out} of {len(names)} pictures out")
    groups: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        # A Mac writes the same name in another form of Unicode.
        name = unicodedata.normalize("NFC", name)
        groups.setdefault(name if group is None else group(name), []).append(i)
    ranked = sorted(groups, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())
    flags = [False] * len(names)
    for key in ranked:
        if sum(flags) >= kept_out:
            break
        for i in groups[key]:
            flags[i] = True
    return _from_flags(flags)


def _from_flags(kept: Sequence[bool]) -> Split:
    return Split(
        train=tuple(i for i, out in enumerate(kept) if not out),
        kept_out=tuple(i for i, out in enumerate(kept) if out),
    )
