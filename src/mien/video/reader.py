"""A clip, read frame by frame: upright, in order, with exact times, in constant memory.

What a phone or a camera leaves to the player is done here: the rotation flag is applied, pixels
that are not square are made square, transparent ones come to lie on white. A broken tail ends the
clip early, and :attr:`Clip.notes` says so.
"""

from __future__ import annotations

import contextlib
import errno
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from mien import images
from mien.checkpoints.sniff import looks_like
from mien.errors import ImageError, VideoError, counted
from mien.video.package import pyav
from mien.video.pixels import UPRIGHT, Scaler, degrees, orientation

# An explicit list: FFmpeg's other demuxers open playlists and devices, or take text for a video.
_FORMATS = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "gif", "mpegts"),
    *("mpeg", "flv", "asf", "ogg", "h264", "hevc", "m4v", "mpegvideo", "nut", "mxf", "dv", "ivf"),
    *("obu", "yuv4mpegpipe"),
)
_REORDER = 32
"""More frames than any codec holds back to put them into order."""
_ROUNDING = 2
"""Units by which the steps of a steady clip may differ: 33 and 34 ms at 30 frames a second."""
_JUMP, _JUMP_STEPS = 60, 100
"""A step of more seconds and more usual steps is a jump in time: a clock that was set."""
BACK, FAR = 1, 6 * 3600
"""Seconds by which times go back (less is disorder) or on, so that no player could mean it: a clock
that was set or ran over. The clip goes on from there with its usual step."""
_MOST_STEPS = 4096
"""Different steps that are counted to find the usual one."""
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""FFmpeg's own decoders leave the second picture out that holds the transparency."""
_UNKNOWN_SOUND = "its sound is of a codec that this FFmpeg does not know; left out"
_MICRO = 1_000_000
_LARGEST_PICTURE = 1 << 28
"""Bytes of a file that is looked into for a still picture."""
_REMEDY = "give an mp4, mov, webm, mkv, avi or gif"


@dataclass(frozen=True)
class Frame:
    """One frame of a clip, uint8 RGB ``[h, w, 3]``, upright, shown at ``pts`` of its time base."""

    image: UInt8[np.ndarray, "h w 3"]
    index: int
    pts: int
    time: float


class Clip:
    """A file with a moving picture in it; iterate over it as often as you like.

    Nothing but this file is opened, whatever it refers to.

    Attributes:
        width, height: Pixels of an upright frame.
        fps: Frames a second, on average if it varies, which ``variable`` says.
        time_base: Seconds a unit of ``pts``.
        frames: How many frames the file shows; fewer come out if some are damaged.
        duration: Seconds from the first frame to the end of the last, which is shown for ``held``.
        start: Seconds that are taken off the times in the file, so that it begins at 0.
        rotation: Degrees, counter-clockwise, by which the stored frames are turned.
        sound, sound_index: Codec of the sound and number of its stream; None if none can be read.
        metadata: What the file says of itself: title, comment, …
        notes: What the person should know: a broken tail, frames that were lost.

    Raises VideoError for no such file, no video, a still picture, or nothing that can be decoded,
    MissingExtra without PyAV.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.notes: list[str] = []
        with opened(self.path) as container:
            stream = self._stream(container)
            self.metadata = {**container.metadata}
            self.time_base = Fraction(stream.time_base or Fraction(1, 90_000))
            self._decoder_name = _decoder_with_alpha(stream)
            # Of AVI only the order of packets is known; their times count as they are decoded.
            self._in_order = container.format.name == "avi"
            known = [one for one in container.streams.audio if one.codec_context is not None]
            self.sound: str | None = known[0].codec_context.name if known else None
            self.sound_index: int | None = known[0].index if known else None
            deaf = bool(container.streams.audio) and not known
            frame = next(self._frames(container, stream), None)
            if frame is None:
                cause = f"has 0 frames that can be decoded ({stream.codec_context.name})"
                raise VideoError(self.path, cause, "get the file again")
            self._read_geometry(stream, frame)
        self.notes.clear()  # They come again with the frames.
        if deaf:
            self._note(_UNKNOWN_SOUND)
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
            times = _Times.of(self._packets(container, *tracks), stream, self._in_order)
            promised, rate, kind = stream.frames, stream.average_rate, container.format.name
            header = float(Fraction(container.duration or 0, _MICRO))
            begins = container.start_time
        if kind == "gif" and times.count == 1:
            raise _still(self.path, "GIF")
        self.frames = times.count
        self.variable = times.longest - times.shortest > _ROUNDING
        self.start = self._begin(begins, times)
        span = times.span * self.time_base
        self.fps = self._rate(times, rate)
        self.held = self._last_length(times)
        if times.timed < times.count:
            span = max(span, (times.count - 1) / self.fps)
        self.duration = float(span + self.held)
        missing = header - max(self.duration, float(times.end))
        if promised > times.count + times.hidden:
            count = f"{times.count} of {promised} frames are there"
            self._note(f"its tail is broken, {count}")
        elif not promised and kind != "gif" and missing > max(1.0, float(3 / self.fps)):
            self._note(f"its tail is broken, it ends {missing:.1f} s before its header says")

    def _begin(self, declared: int | None, times: _Times) -> Fraction:
        """The time in the file that becomes 0: where picture or sound begins."""
        first = times.first * self.time_base
        if declared is None or self._in_order:
            return first
        start = Fraction(declared, _MICRO)
        if start < 0 <= first:
            return Fraction(0)  # sound that begins earlier, as encoders of sound need it
        return min(start, first)

    def _rate(self, times: _Times, rate: Fraction | None) -> Fraction:
        """Frames a second: as the header says if that is true, else on average; never 0."""
        usual = times.usual * self.time_base
        self._step = max(1, times.usual or round(1 / ((rate or 25) * self.time_base)))
        jump = times.longest * self.time_base
        if usual and (times.back or jump > max(_JUMP, _JUMP_STEPS * usual)):
            how = "back" if times.back else f"by {float(jump):.0f} s"
            left = ", which is left out" if times.gaps else ""
            self._note(f"its times jump {how}{left}; it is taken for {float(1 / usual):.3g} fps")
            return _fraction(1 / usual)
        span = times.span * self.time_base
        steps = (times.count - 1) / span if span > 0 and times.timed == times.count else None
        exact = rate and (not steps or abs(rate - steps) <= steps / 100) and not self.variable
        chosen = rate if exact and rate else steps or rate or 25
        return _fraction(Fraction(chosen))

    def _last_length(self, times: _Times) -> Fraction:
        """Seconds that the last frame is shown: as its packet says, else one frame's."""
        usual, said = 1 / self.fps, times.held * self.time_base
        if said <= 0 or abs(said - usual) <= _ROUNDING * self.time_base:
            return usual
        return said

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
        for frame, _ in self._timed(container, stream):
            yield frame

    def _timed(self, container: Any, stream: Any) -> Iterator[tuple[Any, int | None]]:
        """Decoded frames, and when each is shown, in units of the file."""
        av = pyav()
        decoder = stream
        if self._decoder_name:
            decoder = av.CodecContext.create(self._decoder_name, "r")
        else:
            stream.thread_type = "AUTO"
        lost = 0
        waiting: list[int] = []
        for packet in self._packets(container, stream):
            try:
                frames = decoder.decode(packet)
            except av.error.FFmpegError:
                lost += 1
                continue
            if self._in_order and packet.dts is not None:
                heapq.heappush(waiting, packet.dts)
            for frame in frames:
                yield frame, heapq.heappop(waiting) if waiting else frame.pts
        with contextlib.suppress(av.error.FFmpegError):
            for frame in decoder.decode(None):
                yield frame, heapq.heappop(waiting) if waiting else frame.pts
        if lost:
            self._note(f"left out: {counted(lost, 'damaged frames')}")

    def _decoded(self) -> Iterator[tuple[Any, int]]:
        """Decoded frames with times that rise, from about 0."""
        offset = round(self.start / self.time_base)
        back, far = round(BACK / self.time_base), round(FAR / self.time_base)
        last: int | None = None
        with opened(self.path) as container:
            for frame, time in self._timed(container, self._stream(container)):
                after = 0 if last is None else last + self._step
                pts = after if time is None else time - offset
                if last is not None and not -back <= pts - last <= far:
                    offset += pts - after
                    pts = after
                elif last is not None:
                    pts = max(pts, last + 1)
                last = pts
                yield frame, pts


def _decoder_with_alpha(stream: Any) -> str:
    """The decoder that a track with transparency needs; empty if its own will do."""
    said = {name.lower(): value for name, value in stream.metadata.items()}
    name = _ALPHA_DECODERS.get(stream.codec_context.name, "")
    if said.get("alpha_mode") != "1" or name not in pyav().codecs_available:
        return ""
    return name


def _fraction(rate: Fraction) -> Fraction:
    """A rate in small numbers, and never 0."""
    return rate.limit_denominator(100_000) or Fraction(1, 100_000)


@dataclass
class _Times:
    """What the packets of a clip say of its times, in units of the video's time base."""

    count: int = 0
    """Frames that are shown."""
    hidden: int = 0
    """Frames that an edit list hides, as phones trim."""
    timed: int = 0
    """Frames whose time is known."""
    first: int = 0
    last: int = 0
    held: int = 0
    """How long the last frame is shown; 0 if it is not said."""
    span: int = 0
    """From the first frame to the last; a jump counts as a usual step."""
    shortest: int = 0
    longest: int = 0
    back: bool = False
    """Whether times go back by far."""
    gaps: int = 0
    """Jumps that are left out: back, or on by far."""
    end: Fraction = Fraction(0)
    """Seconds at which the last packet of any stream ends."""
    steps: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, packets: Iterable[Any], stream: Any, in_order: bool = False) -> _Times:
        """Read packets of all streams as they are decoded, in constant memory.

        With ``in_order`` times count as packets are decoded, not as frames are shown.
        """
        times, waiting = cls(), list[tuple[int, int]]()
        for packet in packets:
            if packet.pts is not None:
                end = (packet.pts + (packet.duration or 0)) * Fraction(packet.time_base)
                times.end = max(times.end, end)
            if packet.stream_index != stream.index:
                continue
            if packet.is_discard:
                times.hidden += 1
                continue
            times.count += 1
            time = packet.dts if in_order else packet.pts
            if time is not None:
                times.timed += 1
                heapq.heappush(waiting, (time, packet.duration or 0))
            if len(waiting) > _REORDER:
                times._step(*heapq.heappop(waiting), stream)
        while waiting:
            times._step(*heapq.heappop(waiting), stream)
        times.span += times.gaps * times.usual
        return times

    @property
    def usual(self) -> int:
        """The step in the middle of all; 0 if there is none."""
        half, seen = self.steps.total() / 2, 0
        for step, count in sorted(self.steps.items()):
            seen += count
            if seen >= half:
                return step
        return 0

    _begun: bool = False

    def _step(self, pts: int, length: int, stream: Any) -> None:
        self.held = length
        if not self._begun:
            self._begun, self.first, self.last = True, pts, pts
            return
        step, self.last = pts - self.last, pts
        if step * stream.time_base < -BACK:
            self.back, self.gaps = True, self.gaps + 1
        if step < 0:
            return
        if step * stream.time_base > FAR:
            self.gaps += 1
        else:
            self.span += step
        self.shortest = step if not self.longest else min(self.shortest, step)
        self.longest = max(self.longest, step)
        if step in self.steps or len(self.steps) < _MOST_STEPS:
            self.steps[step] += 1


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A file as FFmpeg's container, closed at the end; VideoError if it is no clip."""
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
