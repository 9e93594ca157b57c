"""``mien anime CLIP``, end to end and with sound: frames a second, and memory from 100 frames on.

    python benchmarks/anime_clip.py --frames 100 500 2000

The clip is a face of the shipped generator that drifts and grains, with a tone. Every line is a
command in a process of its own. Claims: 8 frames a second at 256², and memory that stays flat.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np
from video_pipeline import make_clip

from mien import images
from mien.studio import Studio

CLAIM = 8.0


def portrait(size: int, seed: int) -> np.ndarray:
    """A face in the middle of a wall, uint8 ``[2·size, 2·size, 3]``."""
    face = images.resize(Studio(device="cpu").generate(1, seed).images[0], size)
    wall = np.empty((2 * size, 2 * size, 3), np.uint8)
    wall[:] = face[: size // 8].mean(axis=(0, 1)).astype(np.uint8)
    wall[size // 2 : size // 2 + size, size // 2 : size // 2 + size] = face
    return wall


def run(command: list[str]) -> tuple[float, float, int]:
    """Seconds, most MiB in memory and exit status of a command."""
    begin = time.perf_counter()
    process = os.posix_spawnp(command[0], command, dict(os.environ))
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - begin
    return seconds, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--frames", type=int, nargs="+", default=[100, 500, 2000])
    parser.add_argument("--model", help="Name or file; else the one that ships.")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--paste", action="store_true")
    args = parser.parse_args()
    options = ["--engine", args.engine, "--size", str(args.size), "--device", "cpu"]
    options += ["--model", args.model] if args.model else []
    options += ["--paste"] if args.paste else []
    print(f"{args.size}², with sound, {os.cpu_count()} cores, engine {args.engine}")
    with tempfile.TemporaryDirectory() as folder:
        picture = portrait(args.size, 3)
        for frames in args.frames:
            path, out = Path(folder, f"{frames}.mp4"), Path(folder, f"{frames}-anime.mp4")
            make_clip(path, args.size, frames, picture, drift=0.2)
            mien = [sys.executable, "-m", "mien", "anime", str(path), "--out", str(out), *options]
            seconds, memory, status = run(mien)
            if status:
                raise SystemExit(status)
            with av.open(str(out)) as made:
                drawn, sound = made.streams.video[0].frames, len(made.streams.audio)
            rate = drawn / seconds
            print(
                f"{drawn:5d} frames and {sound} sound track: {seconds:6.1f} s, start and all, "
                f"{rate:5.1f} frames/s (claim: {CLAIM:g}), at most {memory:5.0f} MiB"
            )


if __name__ == "__main__":
    main()
