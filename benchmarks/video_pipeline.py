"""Decode → identity → encode, with sound: frames a second, and memory from 100 to 2,000 frames.

    python benchmarks/video_pipeline.py --size 256 --frames 2000

The clip is made first: a picture that drifts and grains, with a tone. The claims are that memory
stays flat and that the pipeline alone is far above the 8 frames a second asked of a translation.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from mien.video.pipeline import Batch, convert, read_ahead
from mien.video.reader import Clip
from mien.video.writer import writing

FPS = 30
RATE = 44_100


def scene(size: int, seed: int = 0) -> np.ndarray:
    """A large soft picture to drift over, uint8 ``[2·size, 2·size, 3]``."""
    coarse = np.random.RandomState(seed).randint(0, 256, (12, 12, 3)).astype(np.uint8)
    frame = av.VideoFrame.from_ndarray(coarse, format="rgb24")
    return frame.reformat(2 * size, 2 * size, interpolation="BICUBIC").to_ndarray()


def make_clip(
    path: Path, size: int, frames: int, picture: np.ndarray | None = None, drift: float = 1.0
) -> None:
    """Write the clip that is measured on.

    A picture, uint8 ``[2·size, 2·size, 3]``, drifts, 1 for from end to end; else a soft scene does.
    """
    picture = scene(size) if picture is None else picture
    random = np.random.RandomState(1)
    grain = random.randint(0, 12, (8, size, size, 3)).astype(np.uint8)
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        video = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        video.width = video.height = size
        audio = out.add_stream("aac", rate=RATE)
        samples = 0
        for number in range(frames):
            x = round(size / 2 * (1 + drift * np.sin(number / 40)))
            y = round(size / 2 * (1 + drift * np.cos(number / 33)))
            image = picture[y : y + size, x : x + size] // 16 * 15 + grain[number % 8]
            out.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
            while samples < (number + 1) * RATE / FPS:
                wave = np.sin(2 * np.pi * 440 * np.arange(samples, samples + 1024) / RATE)
                stereo = np.stack([0.3 * wave, 0.3 * wave]).astype(np.float32)
                sound = av.AudioFrame.from_ndarray(stereo, format="fltp", layout="stereo")
                sound.sample_rate, sound.pts, sound.time_base = RATE, samples, Fraction(1, RATE)
                out.mux(audio.encode(sound))
                samples += 1024
        out.mux(video.encode(None))
        out.mux(audio.encode(None))


def resident() -> float:
    """MiB of this process that lie in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def decode_alone(clip: Clip) -> float:
    """Frames a second of reading and nothing else."""
    begin = time.perf_counter()
    count = sum(len(batch) for batch in read_ahead(clip))
    return count / (time.perf_counter() - begin)


def encode_alone(clip: Clip, out: Path, frames: int) -> float:
    """Frames a second of writing frames that are there."""
    ready = [batch for batch, _ in zip(read_ahead(clip), range(-(-frames // 8)), strict=False)]
    begin = time.perf_counter()
    with writing(out, clip.fps, clip.time_base, force=True) as writer:
        for batch in ready:
            writer.write(batch.images, list(batch.pts))
    return writer.count / (time.perf_counter() - begin)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--frames", type=int, default=2000)
    parser.add_argument("--marks", type=int, nargs="*", default=[100, 500, 1000, 2000])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder, "in.mp4"), Path(folder, "out.mp4")
        make_clip(path, args.size, args.frames)
        clip = Clip(path)
        memory: dict[int, float] = {}

        def identity(batch: Batch) -> np.ndarray:
            for mark in args.marks:
                if batch.first < mark <= batch.first + len(batch):
                    memory[mark] = resident()
            return batch.images

        begin, cpu = time.perf_counter(), time.process_time()
        with writing(out, clip.fps, clip.time_base, sound=clip) as writer:
            for _ in convert(clip, identity, writer):
                pass
        seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
        assert Clip(out).frames == args.frames
        print(f"{args.size}², {args.frames} frames, with sound, {os.cpu_count()} cores")
        print(f"decode, identity, encode: {args.frames / seconds:6.0f} frames/s")
        print(f"processor time a frame:   {cpu / args.frames * 1000:6.2f} ms")
        print(f"decode alone:             {decode_alone(clip):6.0f} frames/s")
        print(f"encode alone:             {encode_alone(clip, out, 400):6.0f} frames/s")
        for mark, size in memory.items():
            print(f"memory at frame {mark:5d}:    {size:6.0f} MiB")


if __name__ == "__main__":
    main()
