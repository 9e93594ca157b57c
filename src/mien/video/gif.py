"""What is particular to GIF: 256 colours a frame, times in centiseconds, a comment.

Every frame gets a palette of its own, so that no frame waits for another and memory does not grow
with the clip. Sets without dithering measure best on faces and do not flicker.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from jaxtyping import UInt8

from mien.video.package import pyav

CENTISECOND = Fraction(1, 100)

SHORTEST = 2
"""Centiseconds: viewers show anything shorter as ten."""

MAX_FPS = 50
"""The most frames a second that GIF can hold."""

_HEAD, _FLAGS = 13, 10  # bytes of the head; where it says whether a table of colours follows
_EXTENSION, _COMMENT, _CONTROL, _IMAGE = 0x21, 0xFE, 0xF9, 0x2C
_BLOCK = 255
_LARGEST_COMMENT = 1 << 20


class Palettes:
    """RGB frames to frames of 256 colours each, chosen frame by frame (FFmpeg's palettegen)."""

    def __init__(self, width: int, height: int) -> None:
        av = pyav()
        self._graph = graph = av.filter.Graph()
        source = graph.add_buffer(
            width=width, height=height, format=av.VideoFormat("rgb24"), time_base=CENTISECOND
        )
        split, sink = graph.add("split"), graph.add("buffersink")
        make = graph.add("palettegen", "stats_mode=single")
        use = graph.add("paletteuse", "new=1:dither=none")
        source.link_to(split)
        split.link_to(make, 0, 0)
        split.link_to(use, 1, 0)
        make.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()

    def push(self, image: UInt8[np.ndarray, "h w 3"] | None, pts: int = 0) -> Iterator[Any]:
        """Take one frame, or None at the end; give those that are ready."""
        av = pyav()
        if image is None:
            self._graph.push(None)
        else:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = pts, CENTISECOND
            self._graph.push(frame)
        with contextlib.suppress(av.error.BlockingIOError, av.error.EOFError):
            while True:
                yield self._graph.pull()


class CommentedFile:
    """A file for FFmpeg to write a GIF into, which gets a comment behind its head (GIF89a, 24).

    FFmpeg's muxer knows no comments, and one behind the pictures would be missed by most readers.
    The comment is ASCII.
    """

    def __init__(self, path: Path, text: str) -> None:
        data = text.encode("ascii")
        blocks = [data[i : i + _BLOCK] for i in range(0, len(data), _BLOCK)]
        body = b"".join(bytes([len(block)]) + block for block in blocks)
        self._comment = bytes([_EXTENSION, _COMMENT]) + body + b"\0" if data else b""
        self._head: bytes | None = b""
        self._file = path.open("wb")

    def write(self, data: bytes) -> int:
        """Take what the muxer writes."""
        if self._head is None:
            self._file.write(data)
            return len(data)
        self._head += bytes(data)
        size = _HEAD if len(self._head) < _HEAD else _HEAD + _colours(self._head[_FLAGS])
        if len(self._head) > size:
            self._file.write(self._head[:size] + self._comment + self._head[size:])
            self._head = None
        return len(data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_comment(path: Path) -> str:
    """The comment before the first picture of a GIF; empty if there is none."""
    comment = b""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
        if head[:3] != b"GIF" or len(head) < _HEAD:
            return ""
        stream.seek(_colours(head[_FLAGS]), 1)
        while stream.read(1) == bytes([_EXTENSION]):
            label = stream.read(1)
            found = b"".join(_blocks(stream))
            comment = found if label == bytes([_COMMENT]) else comment
    return comment.decode("ascii", "replace")


def set_last_delay(path: Path, delay: int) -> None:
    """Write into a GIF how long its last frame is shown (GIF89a, 23), in centiseconds.

    At most 65535 are kept. FFmpeg's muxer gives it the time of the frame before.
    """
    place = 0
    with path.open("r+b") as stream:
        stream.seek(_colours(stream.read(_HEAD)[_FLAGS]), 1)
        while (kind := stream.read(1)) in (bytes([_EXTENSION]), bytes([_IMAGE])):
            if kind == bytes([_IMAGE]):
                stream.seek(_colours(stream.read(9)[8]) + 1, 1)
            elif stream.read(1) == bytes([_CONTROL]):
                place = stream.tell() + 2  # behind its size and flags
            while size := stream.read(1)[0]:
                stream.seek(size, 1)
        if place:
            stream.seek(place)
            stream.write(min(delay, 65535).to_bytes(2, "little"))


def _colours(flags: int) -> int:
    """Bytes of the table of colours that the flags of a head announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """The sub-blocks up to their end; of a comment without end, the first megabyte."""
    kept = 0
    while kept < _LARGEST_COMMENT and (size := stream.read(1)) not in (b"", b"\0"):
        kept += size[0]
        yield stream.read(size[0])
