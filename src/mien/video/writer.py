"""Frames into a file: encoded in a thread of their own, sound beside them, nothing half-written.

Ctrl-C ends it early: what was handed over is encoded, the file is finished and playable, and the
interrupt goes on its way. Any other error leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from mien.errors import InputError, OutputError
from mien.files import as_path, replacing
from mien.video.formats import Format, format_of
from mien.video.gif import CENTISECOND, MAX_FPS, SHORTEST, CommentedFile, Palettes, set_last_delay
from mien.video.package import pyav
from mien.video.pixels import Scaler, label
from mien.video.provenance import packed
from mien.video.reader import Clip
from mien.video.sound import Sound
from mien.video.threads import Behind

DEPTH = 2
"""Calls of :meth:`Writer.write` that may wait to be encoded."""

_SMALLEST = 2  # libx264 and the sub-sampled colours need two pixels a side


@contextmanager
def writing(
    path: str | Path,
    fps: float | Fraction,
    time_base: Fraction | None = None,
    sound: Clip | None = None,
    provenance: Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None = None,
    force: bool = False,
    reorder: bool = True,
    held: Fraction | None = None,
) -> Iterator[Writer]:
    """A file to write frames into; complete when the block ends.

    Args:
        path: Where; its end says the format, see :data:`~mien.video.formats.FORMATS`.
        fps: Frames a second, on average if it varies.
        time_base: Seconds a unit of the times of frames; None for one a frame, ``1 / fps``.
        sound: The clip whose sound goes along.
        provenance: What made it, for the file's comment; a function is asked at the first frame.
        force: Whether an existing file may be replaced.
        reorder: Whether the encoder may store frames in another order (smaller files).
        held: Seconds that the last frame is shown; None for as long as in the clip of the sound,
            without one for ``1 / fps``.

    Raises OutputError if the name is that of no video, the file exists, or the disk refuses,
    InputError if no frame was written, or frames of different sizes, MissingExtra without PyAV.
    """
    target = as_path(path)
    format = format_of(target)
    av = pyav("writing a clip")
    rate = Fraction(fps).limit_denominator(100_000) or Fraction(1, 100_000)
    if held is None:
        held = 1 / rate if sound is None else sound.held
    # An mp4 counts its length in the order of storing: right only if that is the order of showing,
    # or all frames are shown for the same time.
    steady = held == 1 / rate and (time_base is None or (sound is not None and not sound.variable))
    reorder = reorder and (steady or format.container not in ("mp4", "mov"))
    stopped: KeyboardInterrupt | None = None
    with replacing(target, force) as beside:
        encoder = _Encoder(beside, format, rate, time_base or 1 / rate, sound, reorder, held)
        writer = Writer(encoder, provenance)
        try:
            yield writer
            writer.close()
        except KeyboardInterrupt as interrupt:
            stopped = interrupt
            writer.close(whole=False)
            if not writer.count:
                raise
        except BaseException as error:
            writer.drop()
            if isinstance(error, av.error.FFmpegError) and not isinstance(error, OSError):
                cause = f"could not be encoded ({getattr(error, 'strerror', error)})"
                raise OutputError(target, cause, "try another format") from None
            raise
        if not writer.count:
            raise InputError(f"{target}: there were 0 frames to write; a clip needs at least 1")
    if stopped is not None:
        raise stopped


class Writer:
    """Hands ``count`` frames to the encoder's thread; made by :func:`writing`.

    ``notes`` are what the person should know, complete when the file is.
    """

    done = 0
    """Frames that need not be written because they are there already: none."""

    def __init__(
        self,
        encoder: _Encoder,
        provenance: Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None = None,
    ) -> None:
        self.count = 0
        self._provenance = provenance
        self.notes = encoder.notes
        self._encoder = encoder
        self._shape: tuple[int, ...] | None = None
        self._next = 0
        self._behind: Behind[tuple[np.ndarray, list[int]]] = Behind(
            encoder.encode, encoder.finish, DEPTH
        )

    def write(self, images: UInt8[np.ndarray, "n h w 3"], pts: Sequence[int] | None = None) -> None:
        """Append frames; returns at once unless the encoder lags behind.

        Images are uint8 RGB, all of the size of the first, and not to be changed afterwards;
        ``pts`` is when each is shown, in rising units of the time base, None for one after the
        other.

        Raises InputError for another size, as many times as frames are not given, or times that do
        not rise, OutputError if the disk refused an earlier frame.
        """
        times = list(range(self._next, self._next + len(images))) if pts is None else list(pts)
        if len(times) != len(images):
            raise InputError(f"{len(images)} frames with {len(times)} times")
        if not times:
            return
        shape = images.shape[1:]
        if self._shape not in (None, shape):
            was, now = ("x".join(map(str, s[1::-1])) for s in (self._shape or shape, shape))
            raise InputError(f"frame {self.count} is {now}, but the clip began with {was} pixels")
        if min(shape[:2]) < _SMALLEST:
            raise InputError(f"frames are {shape[1]}x{shape[0]}; a clip needs at least 2x2 pixels")
        for before, after in zip([self._next - 1, *times], times, strict=False):
            if after <= before and self.count:
                raise InputError(f"frame time {after} comes after {before}; times must rise")
        if self._provenance is not None and not self.count:
            made = self._provenance() if callable(self._provenance) else self._provenance
            self._encoder.comment = packed(made)
        self._shape, self._next = shape, times[-1] + 1
        self._behind.put((images, times))
        self.count += len(images)

    def close(self, whole: bool = True) -> None:
        """Wait until the file is complete; unless it is whole, sound ends with the picture."""
        self._behind.close(whole)

    def drop(self) -> None:
        """Stop and close the file, whatever state it is in."""
        self._behind.drop()
        self._encoder.abandon()


class _Encoder:
    """One output file: picture, sound, comment. Lives in one thread."""

    comment = ""

    def __init__(
        self,
        path: Path,
        format: Format,
        fps: Fraction,
        time_base: Fraction,
        sound: Clip | None,
        reorder: bool,
        held: Fraction,
    ) -> None:
        self.notes: list[str] = []
        self._path, self._format, self._fps, self._time_base = path, format, fps, time_base
        self._clip, self._reorder, self._held = sound, reorder, held
        self._waiting: Any = None  # the last frame: how long it is shown, the next one tells
        self._container: Any = None
        self._file: CommentedFile | None = None
        self._sound: Sound | None = None
        self._scaler = Scaler()
        self._gif = format.container == "gif"
        self._last: int | None = None
        self._end = Fraction(0)

    def encode(self, item: tuple[np.ndarray, list[int]]) -> None:
        """Encode some frames, and the sound that goes before them."""
        images, times = item
        if self._container is None:
            self._open(*images.shape[1:3])
        for image, pts in zip(images, times, strict=True):
            if self._gif:
                self._encode_gif(image, pts)
                continue
            frame = self._scaler.to_yuv420(image)
            frame.pts, frame.time_base = pts, self._time_base
            self._let_go(pts)
            self._waiting, self._last = frame, pts

    def _let_go(self, end: int) -> None:
        """Encode the frame that waits, and the sound that goes before it."""
        frame = self._waiting
        if frame is None:
            return
        if self._sound is not None:
            self._sound.until(frame.pts * self._time_base)
        frame.duration = end - frame.pts
        self._mux(frame)

    def finish(self, whole: bool) -> None:
        """Flush, bring in the rest of the sound, write the index and the comment."""
        if self._container is None:
            return
        held = self._held if whole else 1 / self._fps
        if self._gif:
            for frame in self._palettes.push(None):
                self._mux(frame)
        elif self._last is not None:
            self._let_go(self._last + max(1, round(held / self._time_base)))
        self._mux(None)
        if self._sound is not None and self._last is not None:
            end = self._last * self._time_base + held
            self._sound.until(None if whole else end)
            self._sound.close()
            if self._sound.broken:
                self.notes.append("a part of the sound could not be read")
        self._close()
        if self._gif and self._last is not None:
            end = self._end + held
            set_last_delay(self._path, max(SHORTEST, round(end / CENTISECOND) - self._last))

    def abandon(self) -> None:
        """Let go of the file as it is."""
        av = pyav()
        with suppress(av.error.FFmpegError, OSError):  # It is about to be removed.
            self._close()

    def _close(self) -> None:
        if self._container is not None:
            self._container.close()
        if self._file is not None:
            self._file.close()

    def _open(self, height: int, width: int) -> None:
        av = pyav()
        if self._gif:
            self._file = CommentedFile(self._path, self.comment)
        self._container = av.open(
            self._file or f"file:{self._path}",
            "w",
            format=self._format.container,
            container_options=dict(self._format.container_options),
        )
        stream = self._container.add_stream(
            self._format.codec, rate=self._fps, options=dict(self._format.options)
        )
        stream.width, stream.height = width, height
        self._stream, context = stream, stream.codec_context
        if self._gif:
            stream.pix_fmt, context.time_base = "pal8", CENTISECOND
            self._palettes = Palettes(width, height)
        else:
            self._set_picture(height, width)
        if self._clip is not None and self._clip.sound is not None:
            if self._format.sound_codec:
                self._sound = Sound(self._clip, self._container, self._format)
            else:
                self.notes.append("a GIF holds no sound")
        if self.comment and not self._gif:
            self._container.metadata["comment"] = self.comment

    def _set_picture(self, height: int, width: int) -> None:
        stream, context = self._stream, self._stream.codec_context
        stream.width, stream.height = width + width % 2, height + height % 2
        if (stream.width, stream.height) != (width, height):
            size = f"{width}x{height} to {stream.width}x{stream.height}"
            self.notes.append(f"the frames grew from {size}: sides must be even in this format")
        stream.pix_fmt, context.time_base = "yuv420p", self._time_base
        label(context)
        context.flags |= pyav().codec.context.Flags.frame_duration
        if not self._reorder:
            context.max_b_frames = 0

    def _encode_gif(self, image: np.ndarray, pts: int) -> None:
        """Frames that no viewer would show in time are left out."""
        self._end = pts * self._time_base
        time = round(self._end / CENTISECOND)
        if self._last is not None and time - self._last < SHORTEST:
            said = f"a GIF holds at most {MAX_FPS} frames a second; some were left out"
            if said not in self.notes:
                self.notes.append(said)
            return
        self._last = time
        for frame in self._palettes.push(image, time):
            self._mux(frame)

    def _mux(self, frame: Any) -> None:
        self._container.mux(self._stream.encode(frame))
