"""HEIF, what phones save as ``.heic``: told by its first bytes, read by ``pillow-heif``.

Pillow has no decoder of HEVC. The extra ``heic`` brings one; without it an error says so.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import struct
from typing import Any

from mien.errors import ImageError

SUFFIXES = (".heic", ".heif", ".hif")
"""Ends of the names (lower case) of such files."""

FORMAT = "HEIF"
"""What Pillow calls the format when the extra is here."""

HOW_TO_READ = "HEIC is read after: pip install 'mien[heic]'"

_HEVC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_ANY = {b"mif1", b"msf1"}
_AV1 = {b"avif", b"avis"}
_MOST_BRANDS = 64


def is_heif_name(name: str) -> bool:
    """Whether a file is HEIF by its name."""
    return name.lower().endswith(SUFFIXES)


def ready() -> bool:
    """Whether the extra ``heic`` is installed."""
    return importlib.util.find_spec("pillow_heif") is not None


def brand(file: io.BytesIO | io.BufferedReader) -> str:
    """The brand of a HEIF file (ISO 14496-12, 4.3; ISO 23008-12), such as ``heic``.

    Empty for others; AVIF is another. The file is at its beginning, where it is left again.
    """
    head = file.read(16 + 4 * _MOST_BRANDS)
    file.seek(0)
    if len(head) < 12 or head[4:8] != b"ftyp":
        return ""
    (size,) = struct.unpack(">I", head[:4])
    major = head[8:12]
    end = min(len(head), size)
    brands = {head[i : i + 4] for i in range(16, end - 3, 4)}
    other = brands & _AV1 and not brands & _HEVC
    if major in _HEVC or (major in _ANY and not other):
        return major.decode("ascii")
    return ""


def formats(file: io.BytesIO | io.BufferedReader, name: str) -> tuple[str, ...]:
    """What Pillow may take a file for beside its own formats: HEIF, if it is.

    The file is at its beginning, where it is left again. Raises ImageError if it is HEIF, and
    broken, or the extra is not installed.
    """
    kind = brand(file)
    if not kind:
        return ()
    try:
        pillow_heif: Any = importlib.import_module("pillow_heif")
    except ImportError:
        cause = f"is HEIF ({kind}), as phones save it"
        raise ImageError(name, cause, f"{HOW_TO_READ}; or save it as JPEG") from None
    try:
        pillow_heif.open_heif(file)  # Pillow itself would only say that it is no picture.
    except (ValueError, RuntimeError, EOFError, OSError, SyntaxError) as error:
        cause = f"is HEIF ({kind}) and broken ({error})"
        raise ImageError(name, cause, "get the file again") from None
    finally:
        file.seek(0)
    pillow_heif.register_heif_opener(thumbnails=False)
    return (FORMAT,)
