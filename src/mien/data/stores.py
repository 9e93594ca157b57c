"""Where files lie: a folder or a zip, read alike and without unpacking.

A store lists every file below it, in sorted order, with ``/`` between folders, and reads any of
them at any time. What a computer strews about (``__MACOSX``, names that begin with a dot) is not
listed. A store can be pickled and used after a fork: a zip is opened by the process that reads it.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import re
import unicodedata
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, runtime_checkable

from mien import images
from mien.errors import DatasetError
from mien.files import stored

MAX_FILE_BYTES = 1 << 28
"""A single file of more bytes (256 MiB) is refused before it is read."""

RUN_LOG = "log.jsonl"
"""What lies in the folder of every training run."""

_UTF8_FLAG = 0x800  # APPNOTE 4.4.4, bit 11: the name is UTF-8; else zipfile reads code page 437
_REFUSED = (RuntimeError, NotImplementedError)  # zipfile: encrypted, unknown compression
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError)


@runtime_checkable
class Store(Protocol):
    """Files below one path."""

    @property
    def path(self) -> Path:
        """The folder or zip, as the user named it."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Every file, sorted, relative to ``path``, with ``/`` between folders."""
        ...

    def read(self, name: str) -> bytes:
        """All bytes of a file; raises DatasetError if it cannot be read."""
        ...

    def where(self, name: str) -> str:
        """What an error calls a file: ``folder/a.png`` or ``faces.zip:a.png``."""
        ...

    def signature(self, name: str) -> str:
        """What changes when a file does, told without reading it."""
        ...


def open_store(path: str | Path) -> Store:
    """Open a folder or a zip; DatasetError if it is neither, or a member climbs out of it."""
    root = stored(path)
    if root.is_dir():
        return FolderStore(root)
    store = ZipStore(root)
    climbing = list(store.climbing)
    if climbing:
        more = f" (and {len(climbing) - 1} more)" if len(climbing) > 1 else ""
        cause = f"its member {climbing[0]!r}{more} climbs out of the archive"
        raise DatasetError(root, cause, "make the zip again, from inside its folder")
    return store


def is_hidden(name: str) -> bool:
    """Whether a name belongs to what a computer strews about: ``__MACOSX``, ``.DS_Store``."""
    parts = name.removeprefix("./").split("/")
    return any(part == "__MACOSX" or part.startswith(".") for part in parts)


def comparable(name: str) -> str:
    r"""A name as it is compared with one in a table or another folder, which may differ in form.

    A Mac decomposes accented letters (NFD) where others compose them (NFC); a list of files may
    begin with ``./``, and one made on Windows has ``\`` between folders.
    """
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").lstrip("/")
    return posixpath.normpath(plain) if plain else plain


class FolderStore:
    """The files below a folder; links to other folders are followed.

    Those that lead to a folder around themselves or nowhere are ``passed_over``. The folder of a
    training run below it is not listed: what a run draws is not what it learns.
    """

    def __init__(self, path: str | Path) -> None:
        """List the folder; raises DatasetError if it cannot be listed."""
        self.path = Path(path)
        found: list[str] = []
        over: list[str] = []
        try:
            # A link to the folder itself or to one that it lies in would never end.
            real = self.path.resolve()
            around = tuple(_identity(folder) for folder in (real, *real.parents))
            _list_below(self.path, "", around, found, over)
        except OSError as error:
            cause = f"cannot be listed ({error.strerror})"
            raise DatasetError(error.filename or path, cause) from None
        self.names = tuple(sorted(found))
        self.passed_over = tuple(sorted(over))

    def read(self, name: str) -> bytes:
        """All bytes of a file; see :meth:`Store.read`."""
        file = self.path / name
        try:
            size = file.stat().st_size
            if size > MAX_FILE_BYTES:
                raise too_big(str(file), size)
            return file.read_bytes()
        except OSError as error:
            raise DatasetError(file, f"cannot be read ({error.strerror})") from None

    def where(self, name: str) -> str:
        """What an error calls a file."""
        return str(self.path / name)

    def signature(self, name: str) -> str:
        """Size and time of the last change."""
        try:
            status = (self.path / name).stat()
        except OSError as error:
            raise DatasetError(self.where(name), f"cannot be read ({error.strerror})") from None
        return f"{status.st_size} {status.st_mtime_ns}"


class ZipStore:
    """The members of a zip.

    Those whose names lead out of the archive are ``climbing`` and not among the names; of the
    ``repeated`` the last is read.
    """

    def __init__(self, path: str | Path) -> None:
        """Read the zip's directory; raises DatasetError if it is absent, no zip, or damaged."""
        self.path = Path(path)
        self._archive: zipfile.ZipFile | None = None
        self._pid = 0
        every = [(_member_name(info), info) for info in self._opened().infolist()]
        members = [(name, info.filename) for name, info in every if not name.endswith("/")]
        listed = [name for name, _ in members]
        self._members = {name: stored for name, stored in members if name != stored}
        self.climbing = tuple(name for name in listed if _climbs(name))
        kept = sorted(name for name in listed if not _climbs(name) and not is_hidden(name))
        self.repeated = tuple(sorted({a for a, b in pairwise(kept) if a == b}))
        self.names = tuple(dict.fromkeys(kept))

    def read(self, name: str) -> bytes:
        """All bytes of a member; see :meth:`Store.read`."""
        archive = self._opened()
        where = self.where(name)
        try:
            member = self._members.get(name, name)
            size = archive.getinfo(member).file_size
            if size > MAX_FILE_BYTES:
                raise too_big(where, size)
            return archive.read(member)
        except KeyError:
            raise DatasetError(where, "there is no such member") from None
        except _REFUSED as error:
            raise DatasetError(where, f"cannot be unpacked ({error})", "zip it plainly") from None
        except _DAMAGED as error:
            raise DatasetError(where, f"is broken ({error})", "get the zip again") from None

    def where(self, name: str) -> str:
        """What an error calls a member."""
        return f"{self.path}:{name}"

    def signature(self, name: str) -> str:
        """Size and checksum that the zip states."""
        info = self._opened().getinfo(self._members.get(name, name))
        return f"{info.file_size} {info.CRC:08x}"

    def _opened(self) -> zipfile.ZipFile:
        """The archive, opened by this process: processes would share one file position."""
        if self._archive is None or self._pid != os.getpid():
            try:
                self._archive = zipfile.ZipFile(self.path)
            except FileNotFoundError:
                raise DatasetError(self.path, "there is no such file or folder") from None
            except (*_REFUSED, *_DAMAGED) as error:
                reason = getattr(error, "strerror", None) or error
                cause = f"is neither a folder nor a readable zip ({reason})"
                if images.is_picture(self.path.name):
                    cause = "is one picture, and a folder or zip of pictures is wanted"
                raise DatasetError(self.path, cause) from None
            self._pid = os.getpid()
        return self._archive

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_archive": None}


_Identity = tuple[int, int]
"""Device and inode: what a folder is, by whatever name."""


def _identity(path: str | Path) -> _Identity:
    status = os.stat(path)
    return status.st_dev, status.st_ino


def _list_below(
    folder: Path, prefix: str, around: tuple[_Identity, ...], found: list[str], over: list[str]
) -> None:
    """Append the files below a folder, and the links that are not followed."""
    with os.scandir(folder) as entries:
        shown = [entry for entry in entries if not is_hidden(entry.name)]
    shown.sort(key=lambda entry: entry.name)
    if prefix and any(entry.name == RUN_LOG for entry in shown):
        return
    for entry in shown:
        name = prefix + entry.name
        if not _is_folder(entry):
            leads_nowhere = entry.is_symlink() and not os.path.exists(entry.path)
            # One that is called like a picture is an error when it is read.
            (over if leads_nowhere and not PurePosixPath(name).suffix else found).append(name)
            continue
        own = _identity(entry.path)
        if own in around:
            over.append(name)
        else:
            _list_below(Path(entry.path), f"{name}/", (*around, own), found, over)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _member_name(info: zipfile.ZipInfo) -> str:
    """The name of a member, with ``/`` between folders; a Mac does not say that it is UTF-8."""
    name = info.filename
    if not info.flag_bits & _UTF8_FLAG and not name.isascii():
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _climbs(name: str) -> bool:
    """Whether a member's name would lead outside of the folder that it is unpacked into."""
    plain = name.replace("\\", "/")
    return (
        plain.startswith("/")
        or re.match(r"[A-Za-z]:", plain) is not None
        or ".." in PurePosixPath(plain).parts
    )


def too_big(where: str, size: int) -> DatasetError:
    """What is said of a file of more than :data:`MAX_FILE_BYTES`."""
    return DatasetError(where, f"is {size} bytes, the limit for one file is {MAX_FILE_BYTES}")
