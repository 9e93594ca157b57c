"""Writing files so that nothing is lost and nothing is left half-written."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import signal
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from mien.errors import OutputError, WrongType

try:
    import fcntl
except ImportError:  # not on Windows, where partial files of killed runs stay
    fcntl = None

PARTIAL = ".mien~"
"""How the names of files begin that are not complete yet."""

_FRESH = 2.0
"""Seconds for which a partial file is let be: its writer may not have locked it yet."""

KILL_AT = "MIEN_KILL_AT"
"""Variable of the environment that names the step of writing at which :func:`step` kills."""

_steps = 0

_swept: set[str] = set()
_ours: set[tuple[int, int]] = set()
"""Device and inode of whatever this process has held."""
_CAUSES = {
    errno.ENOSPC: ("the disk is full", "free some space or give another `path`"),
    errno.EROFS: ("the file system is read-only", "give another `path`"),
    errno.EACCES: ("no permission to write here", "give another `path`"),
    errno.EPERM: ("no permission to write here", "give another `path`"),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "give another `path`"),
    errno.EDQUOT: ("the disk quota is used up", "free some space or give another `path`"),
}


def step(half: Path | None = None) -> None:
    """One step of writing is done; ``make harden`` has a process killed at the n-th of them.

    A killed process leaves ``half`` of a file in work. Without the variable :data:`KILL_AT` this
    does nothing.
    """
    global _steps
    if (at := os.environ.get(KILL_AT)) is None:
        return
    _steps += 1
    if str(_steps) == at:
        if half is not None:
            os.truncate(half, half.stat().st_size // 2)
        os.kill(os.getpid(), signal.SIGKILL)


def output_error(path: str | Path, error: OSError) -> OutputError:
    """Turn an operating-system error into one line that names file, cause and remedy."""
    cause, remedy = _CAUSES.get(
        error.errno or 0, (f"cannot be written ({error.strerror})", "give another `path`")
    )
    return OutputError(path, cause, remedy)


def as_path(path: object) -> Path:
    """A path that was given; raises WrongType if it is no text and no path."""
    if isinstance(path, str | os.PathLike):
        return Path(os.fspath(path))
    raise WrongType("path", path, "the name of a file or folder")


def stored(path: str | Path) -> Path:
    """A path that was typed, as the disk has it: its last part may be in another Unicode form."""
    file = Path(path)
    if file.name.isascii() or file.exists() or not file.parent.is_dir():
        return file
    wanted = unicodedata.normalize("NFC", file.name)
    alike = (
        one for one in file.parent.iterdir() if unicodedata.normalize("NFC", one.name) == wanted
    )
    return next(alike, file)


def make_folder(path: str | Path) -> Path:
    """Create a folder and its parents, unless it exists; OutputError if not, or a file."""
    folder = as_path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise OutputError(folder, "is a file, not a folder", "give another `path`") from None
    except OSError as error:
        raise output_error(folder, error) from None
    return folder


def refuse_existing(paths: list[Path], force: bool) -> None:
    """Refuse to overwrite, unless ``force``: OutputError names the first that exists."""
    found = [path for path in paths if path.exists()]
    if found and not force:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise OutputError(found[0], f"exists already{more}", "give another `path`, or `force=True`")


def check_targets(paths: Iterable[Path | None], force: bool, suffix: str = "") -> None:
    """Find out before the work whether files could be written at its end.

    None is a file that nobody asked for. Raises OutputError if one has another ``suffix``, is a
    folder, exists and ``force`` is false, or its folder refuses a new file.
    """
    wanted = [path for path in paths if path is not None]
    for path in wanted:
        if suffix and path.suffix.lower() != suffix:
            remedy = f"give a name that ends in {suffix}"
            raise OutputError(path, f"ends in {path.suffix!r}", remedy)
        if path.is_dir():
            raise OutputError(path, "is a folder, not a file", "give the name of a file")
    refuse_existing(wanted, force)
    for folder in dict.fromkeys(path.parent for path in wanted):
        check_writable(folder)


def check_writable(path: str | Path) -> None:
    """Try whether a file could be written below ``path``, which need not be there; leaves nothing.

    For before the work: what would fail at its end shall fail at its beginning. Raises OutputError
    if its nearest folder is a file, or refuses a new file.
    """
    folder = Path(path)
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise OutputError(folder, "is a file, not a folder", "give another `path`")
    try:
        with tempfile.TemporaryFile(prefix=".mien-", dir=folder):
            pass
    except OSError as error:
        raise output_error(folder, error) from None


def numbered_folder(base: str | Path, name: str = "") -> Path:
    """Make the next free ``base/0001-name``, …; two calls never get one. OutputError if not."""
    home = make_folder(base)
    for folder in home.iterdir():
        if folder.is_dir():
            _sweep_once(folder)
            with contextlib.suppress(OSError):  # another process may have it
                if re.fullmatch(r"\.\d{4,9}", folder.name) and not _is_fresh(folder):
                    folder.rmdir()  # the claim of a run that was killed
    number = max(_numbers(home), default=0)
    try:
        while True:
            number += 1
            claim = home / f".{number:04d}"
            try:
                claim.mkdir()
            except FileExistsError:
                continue
            step()
            # Whoever claims a number looks once more: another may have come and gone before.
            if number not in _numbers(home):
                return claim.rename(home / f"{number:04d}-{name}".rstrip("-"))
            claim.rmdir()
    except OSError as error:
        raise output_error(home, error) from None


def _numbers(home: Path) -> set[int]:
    found = (re.match(r"(\d{4,9})(?:-|$)", path.name) for path in home.iterdir())
    return {int(match[1]) for match in found if match}


@contextmanager
def replacing(path: str | Path, force: bool = True) -> Iterator[Path]:
    """Write beside, then rename: yields a temporary path that becomes ``path`` on success.

    The temporary file keeps the suffix of ``path``, lies in the same folder, which is created, and
    is removed if the body fails, so ``path`` is either what it was or complete. It is locked while
    it is written; those of the folder that nobody holds are of runs that were killed, and are
    removed. Raises OutputError if ``path`` exists and ``force`` is false, or the disk refuses.
    """
    target = as_path(path)
    refuse_existing([target], force)
    make_folder(target.parent)
    _sweep_once(target.parent)
    try:
        handle, name = tempfile.mkstemp(prefix=PARTIAL, suffix=target.suffix, dir=target.parent)
    except OSError as error:
        raise output_error(target, error) from None
    beside = Path(name)
    try:
        if fcntl is None:  # an open file could not be renamed there
            os.close(handle)
        _lock(handle)
        step()
        yield beside
        step(half=beside)
        umask = os.umask(0)
        os.umask(umask)
        beside.chmod(0o666 & ~umask)
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        step()
        os.replace(beside, target)
        step()
    except OSError as error:
        raise output_error(target, error) from None
    finally:
        if fcntl is not None:
            os.close(handle)
        beside.unlink(missing_ok=True)


def _lock(handle: int) -> bool | None:
    """Lock an open file for this process; False if another holds it, None if nobody can tell."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return None
    return True


@contextmanager
def held(path: str | Path) -> Iterator[None]:
    """Inside, this file or folder is ours alone; see :func:`hold`.

    A file that is not there is made; if it is still empty at the end, it goes.
    """
    target = Path(path)
    release = hold(target)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if target.is_file() and target.stat().st_size == 0:
                target.unlink()
        release()


def hold(path: str | Path, again: bool = False) -> Callable[[], None]:
    """Keep other processes from a file or folder; where nobody can tell, nothing is refused.

    With ``again`` this process may hold it several times. What is returned lets go of it; so does
    the end of the process, however it ends. Raises OutputError if another process holds it, or it
    cannot be opened.
    """
    target = Path(path)
    if fcntl is None:
        return lambda: None
    flags = os.O_RDONLY if target.is_dir() else os.O_RDWR | os.O_CREAT
    try:
        handle = os.open(target, flags, 0o666)
    except OSError as error:
        raise output_error(target, error) from None
    status = os.fstat(handle)
    identity = (status.st_dev, status.st_ino)
    if _lock(handle) is False and not (again and identity in _ours):
        os.close(handle)
        cause = "another process is writing here at this moment"
        raise OutputError(target, cause, "let it finish, or give another `path`")
    _ours.add(identity)
    return partial(os.close, handle)


def _sweep_once(folder: Path) -> None:
    """The first time that this process writes into a folder: :func:`sweep` it."""
    if (name := os.path.abspath(folder)) not in _swept:
        _swept.add(name)
        sweep(folder)


def sweep(folder: Path) -> list[Path]:
    """Remove the partial files whose writers were killed, not those in work; says which."""
    removed = []
    for path in folder.glob(f"{PARTIAL}*"):
        # Another process may remove it too, or it is not ours to remove.
        with contextlib.suppress(OSError):
            if _is_fresh(path):
                continue
            handle = os.open(path, os.O_RDWR)
            try:
                if _lock(handle):
                    path.unlink()
                    removed.append(path)
            finally:
                os.close(handle)
    return removed


def _is_fresh(path: Path) -> bool:
    """Whether it was made just now; after a clock was set back, old files lie in the future."""
    return abs(time.time() - path.stat().st_mtime) < _FRESH


def slug(text: str, longest: int = 48, keep: str = "") -> str:
    """A text as a part of a file name: its letters and digits of any script, in lower case.

    NFC, ``longest`` bytes of UTF-8 at most (file systems count bytes, not letters), all else but
    the characters of ``keep`` as single hyphens, and the sign of ``smile=-2`` as a word; empty if
    nothing of it can stay.
    """
    normal = unicodedata.normalize("NFC", text).lower()
    normal = re.sub(r"(?<=[=,])-(?=\d)", " minus ", normal)
    kept = ""
    for one in normal:
        # Vowel signs of Indic scripts are marks, which belong to the letter before them.
        mark = unicodedata.category(one)[0] == "M" and kept[-1:] not in ("", " ")
        kept += one if one.isalnum() or one in keep or mark else " "
    return cut_name("-".join(kept.split()), longest)


def cut_name(name: str, longest: int) -> str:
    """A file name cut to ``longest`` bytes of UTF-8, between two letters, without a last hyphen."""
    whole = unicodedata.normalize("NFC", name).encode("utf-8", "ignore")
    return whole[:longest].decode("utf-8", "ignore").strip("-")
