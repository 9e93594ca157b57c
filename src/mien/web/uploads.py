"""What clients send: bounded in bytes and pixels, of a known kind, decoded before it is used.

Nothing here opens a path that a client named: bytes come in, arrays go out. ``name`` is what errors
call a file.
"""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, UnidentifiedImageError

from mien import images
from mien.errors import CheckpointError, ImageError, MienError, UnknownName
from mien.hub import catalogue
from mien.hub.loading import find_file
from mien.images.provenance import provenance_of

KINDS: Mapping[str, re.Pattern[bytes]] = {
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "WebP": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "GIF": re.compile(rb"GIF8[79]a"),
    "BMP": re.compile(rb"BM.{4}\0\0\0\0", re.DOTALL),
    "AVIF": re.compile(rb".{4}ftypavi[fs]", re.DOTALL),
    "HEIC": re.compile(rb".{4}ftyp(heic|heix|heim|heis|mif1|msf1)", re.DOTALL),
}
"""Pictures that are taken -> how their files begin; what is not among them is not decoded."""

_OTHERS: Mapping[str, re.Pattern[bytes]] = {
    "NumPy": re.compile(rb"\x93NUMPY"),
    "zip": re.compile(rb"PK\x03\x04"),  # .npz, and files of PyTorch
    "safetensors": re.compile(rb"[\s\S]{8}\{\""),
    "MP4": re.compile(rb"[\s\S]{4}ftyp"),
    "pickle": re.compile(rb"\x80[\x02-\x05]"),  # of weights; read without running it
    "WebM": re.compile(rb"\x1a\x45\xdf\xa3"),
}
"""Other files that the page's panels take, each with a reader of its own that believes nothing."""

MOST_LATENTS = 16 << 20
"""Bytes of a file of latents."""

_MOST_STEPS, _MOST_EDITS, _MOST_PARTS = 64, 64, 16
"""Of a recipe: refining steps of a face, edits and faces in all."""


class WrongKind(ImageError):
    """A file of a kind that is not taken."""


class TooLarge(ImageError):
    """More bytes or pixels than are taken."""


@dataclass(frozen=True)
class Limits:
    """How much is taken: bytes of one file, pixels of one picture."""

    bytes: int = 16 << 20
    pixels: int = 1 << 24


def kind_of(data: bytes, name: str = "picture") -> str:
    """The kind of a picture's file, by how it begins; WrongKind if it is none of :data:`KINDS`."""
    for kind, begin in KINDS.items():
        if begin.match(data):
            return kind
    told = "empty" if not data else "no picture that is taken here"
    raise WrongKind(name, f"is {told}", f"send {', '.join(KINDS)}")


def check_picture(data: bytes, limits: Limits, name: str = "picture") -> None:
    """Refuse a picture by its head, as :func:`read_picture`, before a pixel is decoded."""
    if len(data) > limits.bytes:
        cause = f"has {len(data)} bytes, the limit is {limits.bytes}"
        raise TooLarge(name, cause, "make it smaller")
    kind_of(data, name)
    facts = images.probe(data, name, max_pixels=1 << 62)
    pixels = facts.width * facts.height
    if pixels > limits.pixels:
        cause = f"is {facts.width}x{facts.height}, {pixels} pixels, the limit is {limits.pixels}"
        raise TooLarge(name, cause, "make it smaller")


def read_picture(data: bytes, limits: Limits, name: str = "picture") -> UInt8[np.ndarray, "h w 3"]:
    """Decode a whole file: uint8 ``[h, w, 3]``, upright, transparency on white.

    Raises:
        TooLarge: More bytes or pixels than the limits say.
        WrongKind: It is no picture of :data:`KINDS`.
        ImageError: It is broken or animated.
    """
    check_picture(data, limits, name)
    return images.decode(data, name, max_pixels=limits.pixels)


def read_recipe(data: bytes, name: str = "picture", drawn: bool = True) -> Mapping[str, Any] | None:
    """What made a picture that :func:`read_picture` has taken, as far as it may be followed here.

    None for a photo, and with ``drawn`` for what no network drew; errors as :func:`check_recipe`.
    """
    try:
        with Image.open(io.BytesIO(data)) as picture:
            made = provenance_of(picture, name)
    except (ImageError, UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None
    if drawn and not isinstance(made.get("sha256"), str):
        return None
    check_recipe(made, name)
    return made


def check_recipe(made: Mapping[str, Any], name: str = "picture") -> None:
    """Refuse with ImageError a recipe that names files, or that would take too long to follow."""
    parts, edits = 0, 0
    stack: list[Any] = [made]
    while stack:
        one = stack.pop()
        parts += 1
        rows, steps, mixed = one.get("edits", ()), one.get("refine", 0), one.get("mix", {})
        inside: list[Any] = [0]
        if isinstance(mixed, Mapping):
            inside = [mixed.get("a", {}), mixed.get("b", {})]
        if not isinstance(rows, list | tuple) or not all(
            isinstance(row, Mapping) and isinstance(row.get("settings", []), list | tuple)
            for row in (*rows, *inside)
        ):
            raise ImageError(name, "what it says of its making cannot be followed", "send a photo")
        stack += [part for part in inside if part]
        edits += sum(len(row.get("settings", ())) for row in rows)
        for row in rows:
            known_name(str(row.get("set")), "directions")
        if not isinstance(steps, int) or steps > _MOST_STEPS or parts > _MOST_PARTS:
            cause = f"was made of {parts} or more faces, or in {steps!r:.20} steps"
            raise ImageError(name, cause, f"at most {_MOST_PARTS} and {_MOST_STEPS} are followed")
        if edits > _MOST_EDITS:
            raise ImageError(name, f"has {edits} edits", f"at most {_MOST_EDITS} are followed")


def known_name(name: str, kind: str | None = None) -> str:
    """A model that a client names: one of the catalogue or of the server's store, never a path.

    UnknownName, with the names of this ``kind``, if there is no such one.
    """
    listed = catalogue.names(kind)
    plain = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,80}", name)
    if name in listed or (plain and find_file(f"{name}.safetensors") is not None):
        return name
    raise UnknownName("model", name[:80], listed)


def read_latents_of(
    data: bytes, folder: Path, num_ws: int | None = None, name: str = "latents"
) -> Float32[np.ndarray, "n num_ws w_dim"]:
    """Read a whole ``.npz`` or ``.npy`` of latents for a generator of ``num_ws`` layers.

    It may lie in ``folder`` while it is read, under a name that is not the client's.

    Raises:
        TooLarge: More than :data:`MOST_LATENTS` bytes, or more once unpacked.
        WrongKind: It is neither.
        CheckpointError: It is damaged, not finite, or holds no latents.
    """
    from mien.checkpoints.latents import read_latents
    from mien.checkpoints.zips import Archive

    if len(data) > MOST_LATENTS:
        raise TooLarge(name, f"has {len(data)} bytes, the limit is {MOST_LATENTS}")
    begin = next((kind for kind in ("NumPy", "zip") if _OTHERS[kind].match(data)), None)
    if begin is None:
        raise WrongKind(name, "is no .npz or .npy", "send latents.npz as mien writes it")
    suffix = ".npz" if begin == "zip" else ".npy"
    with tempfile.NamedTemporaryFile(dir=folder, suffix=suffix) as file:
        file.write(data)
        file.flush()
        try:
            if begin == "zip":
                members = Archive(file.name, memoryview(data)).members.values()
                unpacked = sum(member.size for member in members)
                if unpacked > MOST_LATENTS:
                    cause = f"unpacks to {unpacked} bytes, the limit is {MOST_LATENTS}"
                    raise TooLarge(name, cause)
            return read_latents(file.name, num_ws).astype(np.float32)
        except CheckpointError as error:
            raise CheckpointError(name, error.cause, error.remedy) from None


def check_file(path: Path, limits: Limits) -> None:
    """Refuse a file that the server has stored, by its head; errors as :func:`read_picture`."""
    with path.open("rb") as file:
        head = file.read(16)
        if any(begin.match(head) for begin in KINDS.values()):
            check_picture(head + file.read(limits.bytes), limits, "picture")
            return
    if not any(begin.match(head) for begin in _OTHERS.values()):
        told = "is empty" if not head else "is of a kind that is not taken"
        known = ", ".join((*KINDS, *_OTHERS))
        raise WrongKind("file", told, f"send {known}")


def make_room(folder: Path, most_bytes: int, age_s: float) -> None:
    """Remove files older than ``age_s``, then the oldest until the rest has ``most_bytes``.

    At any depth of ``folder``; folders that become empty go too.
    """
    found = []
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # Another thread may have removed it.
            if path.is_file():
                status = path.stat()
                found.append((status.st_mtime, status.st_size, path))
    left, last = sum(size for _, size, _ in found), time.time() - age_s
    for written, size, path in sorted(found):
        if written >= last and left <= most_bytes:
            break
        left -= size
        with contextlib.suppress(OSError):
            path.unlink()
            path.parent.rmdir()


def without_paths(error: MienError, folder: Path) -> str:
    """A message that does not tell where the server keeps its files."""
    return re.sub(rf"{re.escape(str(folder))}[^\s:;,)'\"]*", "file", str(error))
