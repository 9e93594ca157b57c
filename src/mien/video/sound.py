"""The sound of one clip, brought into another: copied where the container takes it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from mien.video.formats import Format
from mien.video.package import pyav
from mien.video.reader import BACK, FAR, Clip, opened

_OPUS_RATE = 48_000


class Sound:
    """The first readable sound track of a clip, handed over as the picture proceeds.

    The clip must have sound; no packet was written to the container yet. ``copied`` packets are
    taken over as they are, not encoded again; ``broken``: a part could not be read.
    """

    def __init__(self, clip: Clip, container: Any, format: Format) -> None:
        self.copied = clip.sound in format.sounds
        self.broken = False
        self._clip, self._out = clip, container
        self._stack = contextlib.ExitStack()
        self._source = self._stack.enter_context(opened(clip.path))
        assert clip.sound_index is not None
        self._track = self._source.streams[clip.sound_index]
        if self.copied:
            self._stream = container.add_stream_from_template(self._track)
        else:
            rate = _encoder_rate(format.sound_codec, self._track.codec_context.sample_rate)
            self._stream = container.add_stream(format.sound_codec, rate=rate)
            mono = self._track.codec_context.layout.nb_channels == 1
            self._stream.codec_context.layout = "mono" if mono else "stereo"
        self._pieces = self._copy() if self.copied else self._encode()
        self._next: tuple[Fraction, Any] | None = None

    def until(self, seconds: Fraction | None) -> None:
        """Hand over what begins before a time; None for all the rest."""
        while True:
            piece = self._next or next(self._pieces, None)
            self._next = piece
            if piece is None or (seconds is not None and piece[0] >= seconds):
                return
            self._out.mux(piece[1])
            self._next = None

    def close(self) -> None:
        """Hand over what the encoder still holds, and close the source."""
        if not self.copied:
            self._out.mux(self._stream.encode(None))
        self._stack.close()

    def _packets(self) -> Iterator[Any]:
        """Packets whose times rise; after a clock that was set they go on as the picture does."""
        av = pyav()
        shift, last, end = 0, None, 0
        unit = Fraction(self._track.time_base)
        back, far = round(BACK / unit), round(FAR / unit)
        try:
            for packet in self._source.demux(self._track):
                if not packet.size or packet.pts is None:
                    continue
                packet.pts += shift
                if last is not None and not -back <= packet.pts - last <= far:
                    shift += end - packet.pts
                    packet.pts = end
                elif last is not None and packet.pts <= last:
                    self.broken = True
                    continue
                last, end = packet.pts, packet.pts + max(packet.duration or 0, 1)
                packet.dts = packet.pts
                yield packet
        except (av.error.FFmpegError, OSError):
            self.broken = True

    def _copy(self) -> Iterator[tuple[Fraction, Any]]:
        time_base = Fraction(self._track.time_base)
        offset = round(self._clip.start / time_base)
        for packet in self._packets():
            packet.pts -= offset
            packet.dts = packet.pts
            packet.stream = self._stream
            yield packet.pts * time_base, packet

    def _encode(self) -> Iterator[tuple[Fraction, list[Any]]]:
        av = pyav()
        for packet in self._packets():
            try:
                frames = self._track.decode(packet)
            except av.error.FFmpegError:
                self.broken = True
                continue
            for frame in frames:
                time_base = Fraction(frame.time_base)
                if frame.pts is not None:
                    frame.pts -= round(self._clip.start / time_base)
                yield (frame.pts or 0) * time_base, self._stream.encode(frame)


def _encoder_rate(codec: str, rate: int) -> int:
    """Samples a second that an encoder takes, as near as can be to those of the source."""
    if codec == "libopus":
        return _OPUS_RATE  # All others would be brought to it inside anyway.
    taken = pyav().Codec(codec, "w").audio_rates
    return min(taken, key=lambda one: (abs(one - rate), -one)) if taken else rate
