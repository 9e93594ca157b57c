"""Sets of pictures as they lie about, in folders or zips: sorted, each readable at any time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float32, UInt8

from mien import images
from mien.data.class_labels import read_class_labels
from mien.data.stores import Store, comparable, open_store
from mien.errors import DatasetError, ImageError, MienError, counted

MOST_NAMED = 20
"""So many pictures that cannot be read are looked for before a set is refused."""


Read = TypeVar("Read")
"""What is read of each: a picture, or two."""


@runtime_checkable
class PictureSource(Protocol):
    """Pictures in a fixed order, each readable at any time, in any process."""

    @property
    def path(self) -> Path:
        """The folder or zip, as the user named it."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """Names of the pictures, sorted, with ``/`` between folders."""
        ...

    def __len__(self) -> int: ...

    def read(self, index: int) -> bytes:
        """The bytes of one picture's file; raises DatasetError if it cannot be read."""
        ...

    def picture(self, index: int, size: int | None = None) -> UInt8[np.ndarray, "h w 3"]:
        """One picture, uint8 ``[h, w, 3]`` RGB, upright.

        With a ``size`` the largest square is cut out of the middle and resized to this side with a
        Lanczos filter. Raises DatasetError if the file cannot be read, ImageError if it holds no
        usable picture.
        """
        ...


def digits_of(*said: str) -> str:
    """Sixteen hexadecimal digits that change with what is said."""
    return hashlib.sha256("".join(said).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Pictures:
    """Some pictures of a store, in order; of each the ``half``, if two lie side by side in one."""

    store: Store
    names: tuple[str, ...]
    half: Literal["left", "right"] | None = None

    @property
    def path(self) -> Path:
        """The folder or zip, as the user named it."""
        return self.store.path

    def __len__(self) -> int:
        return len(self.names)

    def read(self, index: int) -> bytes:
        """The bytes of one picture's file; see :meth:`PictureSource.read`."""
        return self.store.read(self.names[index])

    def picture(self, index: int, size: int | None = None) -> UInt8[np.ndarray, "h w 3"]:
        """One picture; see :meth:`PictureSource.picture`."""
        where = self.store.where(self.names[index])
        image = images.decode(self.read(index), where)
        if self.half is not None:
            image = _half(image, self.half, where)
        return image if size is None else images.resize(images.centre_square(image), size)

    def select(self, indices: Iterable[int]) -> Pictures:
        """Fewer of the same pictures."""
        return replace(self, names=tuple(self.names[i] for i in indices))

    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change when a name or a file does; nothing is decoded."""
        files = (f"{name}\0{self.store.signature(name)}\0" for name in self.names)
        return digits_of(repr(self.half), *files)

    def class_labels(self) -> Float32[np.ndarray, "n c"] | None:
        """Vectors of :func:`mien.data.class_labels.read_class_labels`, if there are any."""
        found = read_class_labels(self.store, self.names)
        return None if found is None else found.vectors


def open_source(path: str | Path, below: str = "") -> Pictures:
    """All pictures of a folder or zip, or of ``trainA`` in it; DatasetError if there is none."""
    return _pictures(open_store(path), below)


@dataclass(frozen=True)
class Domains:
    """Two kinds of pictures as CycleGAN lays them out; tests are ``None`` without such a folder."""

    train_a: Pictures
    train_b: Pictures
    test_a: Pictures | None
    test_b: Pictures | None


def open_domains(path: str | Path) -> Domains:
    """Open ``trainA``, ``trainB`` and, if they are there, ``testA`` and ``testB``.

    The four may lie together in one outer folder, as zips made from outside have them. Raises
    DatasetError if the path is no folder or zip, or ``trainA`` or ``trainB`` is absent or empty.
    """
    store = open_store(path)
    folders = {str(PurePosixPath(name).parent) for name in picture_names(store)}
    outer = next((f for f in sorted(folders) if PurePosixPath(f).name == "trainA"), "trainA")
    base = PurePosixPath(outer).parent

    def optional(name: str) -> Pictures | None:
        below = str(base / name)
        return _pictures(store, below) if below in folders else None

    return Domains(
        train_a=_pictures(store, str(base / "trainA")),
        train_b=_pictures(store, str(base / "trainB")),
        test_a=optional("testA"),
        test_b=optional("testB"),
    )


def every(
    path: str | Path,
    count: int,
    read: Callable[[int], Read],
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Read]:
    """Read all pictures of a set; what cannot be read is told at once, not one a run.

    Raises ImageError or DatasetError if one cannot be read, or several: the error names
    :data:`MOST_NAMED` of them at most.
    """
    bad: list[MienError] = []
    for i in range(count):
        try:
            picture = read(i)
        except (ImageError, DatasetError) as error:
            bad.append(error)
            if len(bad) == MOST_NAMED:
                break
            continue
        if not bad:
            yield picture
            if progress is not None:
                progress(i + 1, count)
    if len(bad) == 1:
        raise bad[0]
    if bad:
        more = " or more" if len(bad) == MOST_NAMED else ""
        cause = f"{len(bad)}{more} of its {count} pictures cannot be used: "
        listed = "; ".join(str(error) for error in bad)
        raise DatasetError(path, cause + listed, f"mien data check {path} tells of all")


def _half(
    image: UInt8[np.ndarray, "h w 3"], half: Literal["left", "right"], where: str
) -> UInt8[np.ndarray, "h w2 3"]:
    width = image.shape[1]
    if width % 2:
        cause = f"is {width} pixels wide, and two pictures side by side need an even number"
        raise DatasetError(where, cause)
    middle = width // 2
    return image[:, :middle] if half == "left" else image[:, middle:]


def picture_names(store: Store) -> tuple[str, ...]:
    """The files that are taken for pictures."""
    return tuple(name for name in store.names if images.is_picture(name))


def _pictures(store: Store, below: str) -> Pictures:
    folder = below.strip("/")
    inside = "" if folder in ("", ".") else f"{comparable(folder)}/"
    names = tuple(name for name in picture_names(store) if comparable(name).startswith(inside))
    if not names:
        raise no_picture(store, f" in {folder!r}" if inside else "")
    return Pictures(store, names)


def no_picture(store: Store, place: str = "") -> DatasetError:
    """What is said of a folder or zip, or of a ``place`` in it, without a picture."""
    cause = f"holds no picture{place} ({counted(len(store.names), 'files')} altogether)"
    return DatasetError(store.path, cause, f"these are read: {', '.join(images.SUFFIXES)}")
