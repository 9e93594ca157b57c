"""Pictures in two domains, in memory: pairs that belong together, and domains that do not.

    photo/ann.jpg  sketch/ann.png                two folders of equal stems; also A/ and B/
    trainA trainB testA testB, A/train B/train   the same, with a split of their own
    ann.jpg                                      both side by side in one picture, at any depth
    train/ann.jpg  test/bob.jpg  val/…           side by side, with a split of their own

**Who is kept out is decided before anything is turned or mirrored**: whole pairs, one a person, by
name. ``split="leaky"`` does what a study did instead, for comparison with it only: it makes eight
pictures of each pair, then shuffles them, so that turned copies of training faces are measured.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

import numpy as np
from jaxtyping import Int, UInt8

from mien import images
from mien.data import splits
from mien.data.pair_layouts import KEPT_OUT, FoundPairs, Sides, by_side, find_pairs, no_folder
from mien.data.sources import Pictures, digits_of, every
from mien.data.splits import Part
from mien.data.stores import open_store
from mien.errors import DatasetError, InputError, UnknownName

VARIANTS = 8
"""Four turns, each as it is and mirrored."""

KEPT_OUT_SHARE = 0.2
"""Share of pairs, the last in sorted order, that is kept out of a set without a split."""

SplitKind = Literal["honest", "leaky"]
"""Whether people are kept out, or (as the study did) pictures that may show the same people."""

_LEAKY_SEED = 0
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class PairedSet:
    """Pictures of one size that belong together, position by position.

    ``a`` and ``b`` are uint8 ``[n, h, w, 3]``, upright, one a pair and not one an entry;
    ``entries`` ``[len, 2]`` say which pair in which variant each is. Each entry has a name, in a
    leaky split with ``+`` and the number of the variant. ``fingerprint`` are sixteen hexadecimal
    digits that change with files, part, split, size, sides; ``aspect`` is height over width of the
    first picture before it was resized.
    """

    path: Path
    part: Part | str
    split: SplitKind | str
    names: tuple[str, ...]
    a: UInt8[np.ndarray, "n h w 3"]
    b: UInt8[np.ndarray, "n h w 3"]
    entries: Int[np.ndarray, "len 2"]
    fingerprint: str
    aspect: float = 1.0

    @classmethod
    def open(
        cls,
        path: str | Path,
        resolution: int = 256,
        part: Part | str = "train",
        split: SplitKind | str = "honest",
        sides: Sides = ("photo", "sketch"),
        progress: Progress | None = None,
    ) -> PairedSet:
        """Read pairs of a folder or zip; whole pictures, resized to a square (bicubic).

        A layout's own test pictures are kept out, else the people that the set keeps out by name,
        else the last fifth of names; ``leaky`` ignores that and shuffles variants of all pairs,
        8:2. ``sides`` are as :func:`find_pairs` takes them.

        Raises DatasetError for nothing readable, pictures without a partner, two sizes in one pair,
        or a part that would be empty; ImageError for a broken picture; InputError for an unknown
        part or split, or a resolution below 1.
        """
        _check_choices(part, split, resolution)
        found = find_pairs(open_store(path), sides)
        entries = _entries(found, Path(path), part, split)
        pairs = np.unique(entries[:, 0])
        chosen = found.select(pairs.tolist())
        a = np.empty((len(chosen.names), resolution, resolution, 3), np.uint8)
        b = np.empty_like(a)
        aspect = 1.0
        reader = functools.partial(_read_pair, chosen)
        for i, pair in enumerate(every(path, len(chosen.names), reader, progress)):
            a[i], b[i] = (images.resize(one, resolution, "bicubic") for one in pair)
            aspect = aspect if i else pair[0].shape[0] / pair[0].shape[1]
        names = tuple(
            found.names[pair] + (f"+{variant}" if split == "leaky" else "")
            for pair, variant in entries
        )
        facts = str((part, split, resolution, tuple(sides)))
        mark = digits_of(chosen.first.fingerprint(), chosen.second.fingerprint(), facts)
        entries = np.stack([np.searchsorted(pairs, entries[:, 0]), entries[:, 1]], axis=1)
        return cls(Path(path), part, split, names, a, b, entries, mark, aspect)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def resolution(self) -> int:
        """Side of the pictures in pixels."""
        return self.a.shape[1]

    def batch(
        self, indices: Int[np.ndarray, " n"], variants: Int[np.ndarray, " n"] | None = None
    ) -> tuple[UInt8[np.ndarray, "n h w 3"], UInt8[np.ndarray, "n h w 3"]]:
        """Copies of some pairs, each turned and mirrored by its variant, see :func:`turn`.

        ``None`` leaves them upright (in a leaky set: as the variants that they are).
        """
        pairs, own = self.entries[indices].T
        return (_turned(self.a[pairs], own, variants), _turned(self.b[pairs], own, variants))

    def unpaired(self) -> UnpairedSet:
        """The same pictures as two domains, drawn independently of each other."""
        everything = np.arange(len(self))
        a, b = self.batch(everything)
        return UnpairedSet(self.path, self.part, self.names, self.names, a, b, self.fingerprint)


def joined(sets: Sequence[PairedSet]) -> PairedSet:
    """One set of the pairs of several, of one resolution, in order; InputError if there is none."""
    if not sets:
        raise InputError("no pairs; name a folder or zip of them")
    if len(sets) == 1:
        return sets[0]
    starts = np.cumsum([0, *(len(one.a) for one in sets)])
    entries = [
        one.entries + np.array([start, 0]) for one, start in zip(sets, starts[:-1], strict=True)
    ]
    return replace(
        sets[0],
        names=tuple(name for one in sets for name in one.names),
        a=np.concatenate([one.a for one in sets]),
        b=np.concatenate([one.b for one in sets]),
        entries=np.concatenate(entries),
        fingerprint=digits_of(*(one.fingerprint for one in sets)),
    )


@dataclass(frozen=True, eq=False)
class UnpairedSet:
    """Two kinds of pictures that do not belong together: uint8 ``[n, h, w, 3]`` of each.

    ``fingerprint`` are sixteen hexadecimal digits that change with files, part and size.
    """

    path: Path
    part: Part | str
    names_a: tuple[str, ...]
    names_b: tuple[str, ...]
    a: UInt8[np.ndarray, "n h w 3"]
    b: UInt8[np.ndarray, "m h w 3"]
    fingerprint: str

    @classmethod
    def open(
        cls,
        path: str | Path,
        resolution: int = 256,
        part: Part | str = "train",
        sides: Sides = ("A", "B"),
        progress: Progress | None = None,
    ) -> UnpairedSet:
        """Read ``trainA trainB testA testB``, ``A B`` or other two; see :meth:`PairedSet.open`.

        Without test folders the last fifth of each kind is kept out. Raises DatasetError for
        nothing readable, one kind only, or a part that would be empty; ImageError and InputError as
        there.
        """
        _check_choices(part, "honest", resolution)
        store = open_store(path)
        folders = by_side(store, sides)
        missing = [side for side, keys in zip(sides, folders, strict=True) if not keys]
        if missing:
            raise no_folder(store, missing[0])
        kinds: list[tuple[tuple[str, ...], Pictures]] = []
        has_own = any(_is_kept_out(name) for keys in folders for name in keys)
        for keys in folders:
            names = tuple(sorted(keys))
            rows = _part_rows(names, Path(path), part, "pictures", has_own)
            names = tuple(names[i] for i in rows)
            kinds.append((names, Pictures(store, tuple(keys[name] for name in names))))
        total, done = sum(len(names) for names, _ in kinds), 0
        arrays = []
        for names, pictures in kinds:
            array = np.empty((len(names), resolution, resolution, 3), np.uint8)
            for i, picture in enumerate(every(path, len(names), pictures.picture)):
                array[i] = images.resize(picture, resolution, "bicubic")
                done += 1
                if progress is not None:
                    progress(done, total)
            arrays.append(array)
        prints = (pictures.fingerprint() for _, pictures in kinds)
        mark = digits_of(*prints, str((part, resolution, tuple(sides))))
        return cls(Path(path), part, kinds[0][0], kinds[1][0], arrays[0], arrays[1], mark)

    def __len__(self) -> int:
        return max(len(self.a), len(self.b))

    @property
    def resolution(self) -> int:
        """Side of the pictures in pixels."""
        return self.a.shape[1]

    def batch(
        self,
        indices: Int[np.ndarray, " n"],
        variants: Int[np.ndarray, " n"] | None = None,
        others: Int[np.ndarray, " n"] | None = None,
        other_variants: Int[np.ndarray, " n"] | None = None,
    ) -> tuple[UInt8[np.ndarray, "n h w 3"], UInt8[np.ndarray, "n h w 3"]]:
        """Copies of some pictures of each kind; positions beyond a kind's end begin anew.

        ``others`` are positions of the second kind, drawn independently (``None``: ``indices``);
        for the variants see :func:`turn`.
        """
        others = indices if others is None else others
        a, b = self.a[indices % len(self.a)], self.b[others % len(self.b)]
        upright = np.zeros(len(indices), np.int64)
        return _turned(a, upright, variants), _turned(b, upright, other_variants)


def turn(image: UInt8[np.ndarray, "*n h w 3"], variant: int) -> UInt8[np.ndarray, "*n h2 w2 3"]:
    """Turned by ``variant % 4`` quarters to the left, mirrored from 4 on; InputError above 7."""
    if not 0 <= variant < VARIANTS:
        raise InputError(f"variant {variant} is not from 0 to {VARIANTS - 1}")
    turned = np.rot90(image, variant % 4, axes=(-3, -2))
    return np.ascontiguousarray(turned[..., ::-1, :] if variant >= 4 else turned)


# Parts


def _check_choices(part: str, split: str, resolution: int) -> None:
    if split not in get_args(SplitKind):
        raise UnknownName("split of pairs", split, get_args(SplitKind))
    if part not in get_args(Part):
        raise UnknownName("part of a data set", part, get_args(Part))
    if resolution < 1:
        raise InputError(f"resolution is {resolution}, and must be 1 or more")


def _entries(found: FoundPairs, path: Path, part: str, split: str) -> Int[np.ndarray, "len 2"]:
    """Pairs and variants that belong to a part."""
    if split == "honest":
        has_own = any(_is_kept_out(name) for name in found.names)
        rows = _part_rows(found.names, path, part, "pairs", has_own)
        return np.stack([rows, np.zeros_like(rows)], axis=1)
    count = len(found.names)
    every = np.stack(
        [np.repeat(np.arange(count), VARIANTS), np.tile(np.arange(VARIANTS), count)], axis=1
    )
    shuffled = every[np.random.RandomState(_LEAKY_SEED).permutation(len(every))]
    train = round(len(every) * (1 - KEPT_OUT_SHARE))
    return {"train": shuffled[:train], "kept-out": shuffled[train:], "all": shuffled}[part]


def _is_kept_out(name: str) -> bool:
    """Whether the folder of a picture says that it is kept out."""
    return name.split("/")[0] in KEPT_OUT


def _part_rows(
    names: Sequence[str], path: Path, part: str, what: str, has_own: bool
) -> Int[np.ndarray, " rows"]:
    """Positions of the names that belong to a part, ascending; ``has_own``: folders say which."""
    fixed = None if has_own else splits.find_fixed(path, names)
    if has_own:
        kept = [_is_kept_out(name) for name in names]
    elif fixed is not None:
        kept = [PurePosixPath(name).stem >= fixed.kept_out for name in names]
    else:
        first = len(names) - max(1, math.floor(len(names) * KEPT_OUT_SHARE))
        kept = [i >= first for i in range(len(names))]
    rows = [i for i, out in enumerate(kept) if part == "all" or out == (part == "kept-out")]
    if not rows:
        cause = f"part {part!r} is empty: {sum(kept)} of its {len(names)} {what} are kept out"
        raise DatasetError(path, cause, "take another part, or more pictures")
    return np.array(rows, np.int64)


# Reading


def _read_pair(
    found: FoundPairs, index: int
) -> tuple[UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "h w 3"]]:
    store, name = found.first.store, found.first.names[index]
    a, b = found.first.picture(index), found.second.picture(index)
    if a.shape != b.shape:
        other = found.second.names[index]
        cause = f"is {a.shape[1]}x{a.shape[0]}, its partner {other!r} {b.shape[1]}x{b.shape[0]}"
        raise DatasetError(store.where(name), cause, "bring both to one size")
    if found.first.half is not None and a.shape[1] * 2 <= a.shape[0]:
        cause = f"is {a.shape[1] * 2}x{a.shape[0]}: two pictures side by side are wider than high"
        remedy = f"for two files a pair make folders {found.sides[0]!r} and {found.sides[1]!r}"
        raise DatasetError(store.where(name), cause, remedy)
    return a, b


def _turned(
    pictures: UInt8[np.ndarray, "n h w 3"],
    own: Int[np.ndarray, " n"],
    variants: Int[np.ndarray, " n"] | None,
) -> UInt8[np.ndarray, "n h w 3"]:
    made = np.array(pictures)  # a copy, whatever indexing gave
    for i, variant in enumerate(own):
        if variant:
            made[i] = turn(made[i], int(variant))
        if variants is not None and variants[i]:
            made[i] = turn(made[i], int(variants[i]))
    return made
