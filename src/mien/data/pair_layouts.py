"""Where the two pictures of each pair lie: folders of equal stems, or halves of one picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal, cast

from mien.data.sources import Pictures, no_picture, picture_names
from mien.data.stores import Store, comparable
from mien.errors import DatasetError, InputError, counted

Sides = tuple[str, str]
"""What the first and the second picture of a pair are called."""

TRAIN, KEPT_OUT = ("train",), ("test", "val")
"""Folders that say which part of the set their pictures are."""

_MOST_LISTED = 10
# What a side may be called. Of two halves, the first row is the left one.
_CALLED: tuple[tuple[str, ...], ...] = (
    ("photo", "photos", "a", "left"),
    ("sketch", "sketches", "b", "right"),
)


@dataclass(frozen=True)
class FoundPairs:
    """Pairs before they are read.

    ``names`` are sorted, with ``train/`` or ``test/`` before them if their folders say so;
    ``sides`` are what the two pictures of each are called.
    """

    names: tuple[str, ...]
    first: Pictures
    second: Pictures
    sides: Sides

    def select(self, rows: Iterable[int]) -> FoundPairs:
        """Fewer of the same pairs."""
        chosen = list(rows)
        names = tuple(self.names[i] for i in chosen)
        return FoundPairs(names, self.first.select(chosen), self.second.select(chosen), self.sides)


def find_pairs(store: Store, sides: Sides) -> FoundPairs:
    """Find the pairs of a folder or zip.

    The sides are two folders, or ``left`` and ``right``; ``photo`` also finds ``A`` and the left
    half, ``sketch`` also finds ``B`` and the right one. Raises DatasetError for no picture, no
    folder of a side, or pictures without a partner, InputError if both sides are the same.
    """
    folders = by_side(store, sides)
    if any(folders):
        return _match(store, sides, folders)
    names = picture_names(store)
    halves = tuple(_half(side) for side in sides)
    if not names or None in halves:
        raise no_folder(store, sides[0])
    both = Pictures(store, names)
    keys = tuple(_without_outer([str(PurePosixPath(name).with_suffix("")) for name in names]))
    first, second = cast(tuple[Literal["left", "right"], Literal["left", "right"]], halves)
    return FoundPairs(keys, replace(both, half=first), replace(both, half=second), sides)


def _aliases(side: str) -> tuple[str, ...]:
    """What a folder of this side may be called, in lower case."""
    name = comparable(side).lower()
    return next((called for called in _CALLED if name in called), (name,))


def _half(side: str) -> Literal["left", "right"] | None:
    name = side.lower()
    return "left" if name in _CALLED[0] else "right" if name in _CALLED[1] else None


def by_side(store: Store, sides: Sides) -> list[dict[str, str]]:
    """For each side: name -> file, the name being the path without the folder of the side.

    Raises DatasetError if two files of a side have the same name, InputError if both sides are the
    same.
    """
    if _aliases(sides[0]) == _aliases(sides[1]):
        raise InputError(f"sides {sides[0]!r} and {sides[1]!r} are one and the same")
    found: list[dict[str, str]] = [{}, {}]
    for name in picture_names(store):
        path = PurePosixPath(comparable(name))
        folders, stem = list(path.parts[:-1]), path.stem
        for side, keys in zip(sides, found, strict=True):
            place = _place(folders, side)
            if place is None:
                continue
            position, inside = place
            key = "/".join([*folders[:position], *inside, *folders[position + 1 :], stem])
            if key in keys:
                cause = f"has the same stem as {keys[key]!r}, and pairs are matched by stem"
                raise DatasetError(store.where(name), cause, "rename one of them")
            keys[key] = name
            break
    every = sorted({*found[0], *found[1]})
    # The two dictionaries lose the same outer folder, so that keys begin with train/ or test/.
    short = dict(zip(every, _without_outer(every), strict=True))
    return [{short[key]: name for key, name in keys.items()} for keys in found]


def _without_outer(keys: Sequence[str]) -> list[str]:
    parts = [key.split("/") for key in keys]
    own = {*TRAIN, *KEPT_OUT}
    while parts and all(len(p) > 1 and p[0] == parts[0][0] and p[0] not in own for p in parts):
        parts = [p[1:] for p in parts]
    return ["/".join(p) for p in parts]


def _place(folders: Sequence[str], side: str) -> tuple[int, list[str]] | None:
    """Which folder names the side, and the part of the set that its name tells (``trainA``)."""
    called = _aliases(side)
    for position, folder in enumerate(folders):
        name = folder.lower()
        if name in called:
            return position, []
        for part in (*TRAIN, *KEPT_OUT):
            if name.removeprefix(part) in called and name != name.removeprefix(part):
                return position, [part]
    return None


def _match(store: Store, sides: Sides, folders: Sequence[dict[str, str]]) -> FoundPairs:
    alone = sorted(folders[0].keys() ^ folders[1].keys())
    if alone:
        listed = ", ".join(
            f"{key} (no {sides[1] if key in folders[0] else sides[0]})"
            for key in alone[:_MOST_LISTED]
        )
        more = f" and {len(alone) - _MOST_LISTED} more" if len(alone) > _MOST_LISTED else ""
        cause = (
            f"no partner for {counted(len(alone), 'pictures')}, with {len(folders[0])} of "
            f"{sides[0]!r} and {len(folders[1])} of {sides[1]!r}: {listed}{more}"
        )
        raise DatasetError(store.path, cause, "add the partners or take these away")
    names = tuple(sorted(folders[0]))
    first, second = (Pictures(store, tuple(keys[name] for name in names)) for keys in folders)
    return FoundPairs(names, first, second, sides)


def no_folder(store: Store, side: str) -> DatasetError:
    """Say that a side has no folder, or that there is no picture at all."""
    folders = sorted({str(PurePosixPath(name).parent) for name in picture_names(store)})
    if not folders:
        return no_picture(store)
    listed = ", ".join(folders[:_MOST_LISTED]) + (", …" if len(folders) > _MOST_LISTED else "")
    cause = f"has no folder of the side {side!r} among its {len(folders)} folders ({listed})"
    return DatasetError(store.path, cause, f"it may be called {', '.join(_aliases(side))}")
