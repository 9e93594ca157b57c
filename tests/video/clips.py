"""Clips made on the spot: tiny, with a tone, in every state that a file can be in."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT, FPS = 64, 48, 15
RATE = 44_100


def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A red bar that grows on grey, a green corner top left, a blue one bottom right."""
    image = np.full((height, width, 3), 120, np.uint8)
    image[height // 3 : height // 2, : 2 + number % (width - 2)] = (200, 30, 30)
    image[: height // 4, : width // 4] = (0, 220, 0)
    image[-(height // 4) :, -(width // 4) :] = (0, 0, 220)
    return image


def make_clip(
    path: Path,
    frames: int = 20,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    times: Sequence[int] | None = None,
    unit: Fraction = Fraction(1, FPS),
    sound: str | None = "aac",
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rotation: float | None = None,
    mirrored: bool = False,
    aspect: Fraction | None = None,
    bitrate: dict[str, str] | None = None,
) -> Path:
    """Write a clip with PyAV alone: ``frames`` pictures, and a tone of 440 Hz as long."""
    options = {"movflags": "+faststart"} if path.suffix in (".mp4", ".mov") else {}
    times = range(frames) if times is None else times
    with av.open(str(path), "w", options=options) as out:
        video = out.add_stream(codec, rate=FPS, options=bitrate or {})
        video.width, video.height, video.pix_fmt = *size, pix_fmt
        video.codec_context.time_base = unit
        if aspect is not None:
            video.codec_context.sample_aspect_ratio = aspect
        if rotation is not None:
            video.set_display_rotation(rotation, hflip=mirrored)
        audio = (
            out.add_stream(sound, rate=48_000 if sound == "libopus" else RATE) if sound else None
        )
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(picture(number, *size), format="rgb24")
            frame.pts, frame.time_base = time, unit
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if audio is not None:
            for frame in tone(float(len(times) / FPS), audio.codec_context.sample_rate):
                out.mux(audio.encode(frame))
            out.mux(audio.encode(None))
    return path


def tone(seconds: float, rate: int) -> list[av.AudioFrame]:
    """A sine of 440 Hz, stereo."""
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)
    frames = []
    for begin in range(0, len(wave), 1024):
        part = wave[begin : begin + 1024].astype(np.float32)
        frame = av.AudioFrame.from_ndarray(np.stack([part, part]), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = rate, begin, Fraction(1, rate)
        frames.append(frame)
    return frames


def sound_packets(path: Path) -> list[tuple[Fraction, bytes]]:
    """Time and bytes of every packet of the sound."""
    with av.open(str(path)) as file:
        return [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in file.demux(file.streams.audio[0])
            if packet.size
        ]


def loudness(path: Path) -> tuple[float, float]:
    """Seconds of sound that can be decoded, and its root mean square."""
    with av.open(str(path)) as file:
        frames = list(file.decode(audio=0))
    rate = frames[0].sample_rate
    waves = [frame.to_ndarray().astype(np.float64) for frame in frames]
    total = sum(frame.samples for frame in frames)
    squares = [(wave / (32768 if abs(wave).max() > 2 else 1)) ** 2 for wave in waves]
    return total / rate, float(np.sqrt(np.mean([square.mean() for square in squares])))
