"""A clip, read frame by frame: upright, in order, with exact times, in constant memory.

    clip = Clip("phone.mp4")
    for frame in clip:
        print(frame.time, frame.image.shape)

What a phone or a camera leaves to the player is done here: the rotation flag is applied, pixels
that are not square are made square, transparent ones come to lie on white. A broken tail ends the
clip early, and :attr:`Clip.notes` says so.
"""

from __future__ import annotations

import contextlib
import errno
import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from mien import images
from mien.checkpoints.sniff import looks_like
from mien.errors import ImageError, VideoError
from mien.video.package import pyav
from mien.video.pixels import UPRIGHT, Scaler, degrees, orientation

# An explicit list: FFmpeg's other demuxers open playlists and devices, or take text for a video.
_FORMATS = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "gif", "mpegts"),
    *("mpeg", "flv", "asf", "ogg", "h264", "hevc", "m4v", "mpegvideo", "nut", "mxf", "dv", "ivf"),
)
_REORDER = 32
"""More frames than any codec holds back to put them into order."""
_ROUNDING = 2
"""Units by which the steps of a steady clip may differ: 33 and 34 ms at 30 frames a second."""
_MICRO = 1_000_000
_LARGEST_PICTURE = 1 << 28
"""Bytes of a file that is looked into for a still picture."""
_REMEDY = "give an mp4, mov, webm, mkv, avi or gif"


@dataclass(frozen=True)
class Frame:
    """One frame of a clip.

    Attributes:
        image: uint8 RGB ``[h, w, 3]``, upright.
        index: Its number, from 0.
        pts: When it is shown, in units of the clip's ``time_base``.
        time: The same in seconds.
    """

    image: UInt8[np.ndarray, "h w 3"]
    index: int
    pts: int
    time: float


class Clip:
    """A file with a moving picture in it; iterate over it as often as you like.

    Args:
        path: The file. Nothing but this file is opened, whatever it refers to.

    Attributes:
        width: Pixels of an upright frame.
        height: Pixels of an upright frame.
        fps: Frames a second, on average if it varies.
        variable: Whether the time from frame to frame varies.
        time_base: Seconds a unit of ``pts``.
        frames: How many frames the file holds; fewer come out if some are damaged.
        duration: Seconds from the first frame to the end of the last.
        start: Seconds that are taken off the times in the file, so that it begins at 0.
        rotation: Degrees, counter-clockwise, by which the stored frames are turned.
        sound: Codec of the sound; None if there is none.
        metadata: What the file says of itself: title, comment, …
        notes: What the person should know: a broken tail, frames that were lost.

    Raises:
        VideoError: No such file, no video, a still picture, or nothing that can be decoded.
        MissingExtra: PyAV is not installed.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.notes: list[str] = []
        with opened(self.path) as container:
            stream = self._stream(container)
            self.metadata = {**container.metadata}
            self.time_base = Fraction(stream.time_base or Fraction(1, 90_000))
            self.start = max(Fraction(container.start_time or 0, _MICRO), Fraction(0))
            self.sound: str | None = next(
                (track.codec_context.name for track in container.streams.audio), None
            )
            frame = next(self._frames(container, stream), None)
            if frame is None:
                cause = f"has 0 frames that can be decoded ({stream.codec_context.name})"
                raise VideoError(self.path, cause, "get the file again")
            self._read_geometry(stream, frame)
        self.notes.clear()  # They come again with the frames.
        self._read_times()

    def __iter__(self) -> Iterator[Frame]:
        """Every frame that can be decoded, in order of time."""
        return self.from_frame(0)

    def from_frame(self, index: int) -> Iterator[Frame]:
        """The frames from number ``index`` on; those before are decoded and thrown away."""
        scaler = Scaler()
        for number, (frame, pts) in enumerate(self._decoded()):
            if number >= index:
                image = scaler.from_frame(frame, *self._stored, self._turn)
                yield Frame(image, number, pts, float(pts * self.time_base))

    def _stream(self, container: Any) -> Any:
        """The stream of moving pictures; a cover is none."""
        pictures = container.streams.video
        moving = [stream for stream in pictures if not _is_cover(stream)]
        if not moving:
            also = " but a cover picture" if pictures else ""
            cause = f"holds no moving picture{also}"
            raise VideoError(self.path, cause, "give a file with video in it")
        if moving[0].codec_context is None:
            raise VideoError(self.path, "is of a codec that this FFmpeg does not know", _REMEDY)
        return moving[0]

    def _read_geometry(self, stream: Any, frame: Any) -> None:
        """From stored size, pixel aspect and rotation to upright frames of square pixels."""
        aspect = stream.sample_aspect_ratio or Fraction(1)
        square = aspect <= 0 or abs(aspect - 1) < Fraction(1, 200)
        self._stored = (frame.width if square else round(frame.width * aspect), frame.height)
        matrix = frame.side_data.get("DISPLAYMATRIX")
        self._turn = UPRIGHT if matrix is None else orientation(bytes(matrix))
        self.rotation = degrees(self._turn)
        self.width, self.height = self._stored[:: 1 if self._turn[0] else -1]

    def _read_times(self) -> None:
        """Demux once: number of frames, rate, and whether what the header says is there."""
        with opened(self.path) as container:
            stream = self._stream(container)
            tracks = [stream, *container.streams.audio]
            times = _Times.of(self._packets(container, *tracks), stream)
            promised, rate, kind = stream.frames, stream.average_rate, container.format.name
            header = float(Fraction(container.duration or 0, _MICRO))
        if kind == "gif" and times.count == 1:
            raise _still(self.path, "GIF")
        self.frames = times.count
        self.variable = times.longest - times.shortest > _ROUNDING
        span = (times.last - times.first) * self.time_base
        steps = (times.count - 1) / span if span > 0 else None
        exact = rate and (not steps or abs(rate - steps) <= steps / 100) and not self.variable
        self.fps = Fraction(rate if exact else steps or rate or 25).limit_denominator(100_000)
        self.duration = float(span + 1 / self.fps)
        missing = header - max(self.duration, float(times.end))
        if promised > times.count:
            count = f"{times.count} of {promised} frames are there"
            self._note(f"its tail is broken, {count}")
        elif not promised and kind != "gif" and missing > max(1.0, float(3 / self.fps)):
            self._note(f"its tail is broken, it ends {missing:.1f} s before its header says")

    def _note(self, text: str) -> None:
        text = f"{self.path}: {text}"
        if text not in self.notes:
            self.notes.append(text)

    def _packets(self, container: Any, *streams: Any) -> Iterator[Any]:
        """Packets until the end, or until the first place that cannot be read."""
        av = pyav()
        try:
            for packet in container.demux(*streams):
                if packet.size:
                    yield packet
        except (av.error.FFmpegError, OSError):
            self._note("its tail is broken, the rest cannot be read")

    def _frames(self, container: Any, stream: Any) -> Iterator[Any]:
        """Decoded frames; a packet that is damaged is passed over."""
        av = pyav()
        stream.thread_type = "AUTO"
        lost = 0
        for packet in self._packets(container, stream):
            try:
                frames = stream.decode(packet)
            except av.error.FFmpegError:
                lost += 1
                continue
            yield from frames
        with contextlib.suppress(av.error.FFmpegError):
            yield from stream.decode(None)
        if lost:
            self._note(f"{lost} damaged frames were left out")

    def _decoded(self) -> Iterator[tuple[Any, int]]:
        """Decoded frames with times that rise, from about 0."""
        step = max(1, round(1 / (self.fps * self.time_base)))
        offset = round(self.start / self.time_base)
        last: int | None = None
        with opened(self.path) as container:
            for frame in self._frames(container, self._stream(container)):
                if frame.pts is None:
                    pts = 0 if last is None else last + step
                else:
                    pts = frame.pts - offset
                if last is not None and pts <= last:
                    pts = last + 1
                last = pts
                yield frame, pts


@dataclass
class _Times:
    """What the packets of a clip say of its times, in units of the video's time base."""

    count: int = 0
    first: int = 0
    last: int = 0
    shortest: int = 0
    longest: int = 0
    end: Fraction = Fraction(0)
    """Seconds at which the last packet of any stream ends."""

    @classmethod
    def of(cls, packets: Iterable[Any], stream: Any) -> _Times:
        """Read all of them, in the order in which they are decoded, in constant memory."""
        times, waiting = cls(), []
        for packet in packets:
            if packet.pts is not None:
                end = (packet.pts + (packet.duration or 0)) * Fraction(packet.time_base)
                times.end = max(times.end, end)
            if packet.stream_index != stream.index:
                continue
            times.count += 1
            if packet.pts is not None:
                heapq.heappush(waiting, packet.pts)
            if len(waiting) > _REORDER:
                times._step(heapq.heappop(waiting))
        while waiting:
            times._step(heapq.heappop(waiting))
        return times

    _begun: bool = False

    def _step(self, pts: int) -> None:
        if not self._begun:
            self._begun, self.first, self.last = True, pts, pts
            return
        step, self.last = pts - self.last, pts
        self.shortest = step if not self.longest else min(self.shortest, step)
        self.longest = max(self.longest, step)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A file as FFmpeg's container, for reading; closed at the end.

    Raises:
        VideoError: There is no such file, or it is no clip.
        MissingExtra: PyAV is not installed.
    """
    av = pyav("reading a clip")
    if not path.is_file():
        cause = "is a folder, not a clip" if path.is_dir() else "there is no such file"
        raise VideoError(path, cause, "check the path")
    options = {"protocol_whitelist": "file", "format_whitelist": ",".join(_FORMATS)}
    try:
        # The prefix keeps FFmpeg from taking a name with a colon for a protocol.
        container = av.open(f"file:{path}", metadata_errors="replace", options=options)
    except (av.error.FFmpegError, OSError) as error:
        raise _unreadable(path, error) from None
    with container:
        yield container


def _unreadable(path: Path, error: Exception) -> VideoError:
    """Why FFmpeg would not open it."""
    if getattr(error, "errno", None) == errno.EACCES:
        return VideoError(path, "no permission to read it", "change its permissions")
    size = path.stat().st_size
    if not size:
        return VideoError(path, "is empty, 0 bytes", "get the file again")
    with contextlib.suppress(ImageError):
        facts = images.probe(path.read_bytes() if size < _LARGEST_PICTURE else b"", str(path))
        if facts.frames > 1:
            cause = f"is an animated {facts.format}, which is not read as a clip"
            return VideoError(path, cause, "make a gif or an mp4 of it")
        return _still(path, facts.format)
    with path.open("rb") as stream:
        head = stream.read(12)
    if head[4:8] in (b"ftyp", b"mdat", b"moov", b"free", b"wide"):
        cause = "is an mp4 without its index, cut short while it was written or copied"
        return VideoError(path, cause, "get the file again")
    return VideoError(path, f"is {looks_like(path)}, not a clip", _REMEDY)


def _still(path: Path, kind: str) -> VideoError:
    return VideoError(path, f"is a still picture ({kind}), not a clip", _REMEDY)


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & pyav().stream.Disposition.attached_pic)
