"""Training step of a StyleGAN2, bf16 channels_last against fp32 NCHW, interleaved in one run.

    python benchmarks/gan_step.py --resolution 128 --batch 16

Both steps are the same code on the same data: generator, discriminator, lazy R1, averaging. The
claim is at least 3 times the images per second.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from mien.attributes import LABELS
from mien.data.training_set import TrainingSet
from mien.portraits.config import GanConfig
from mien.portraits.train import GanRecipe
from mien.runtime.memory import tune_allocator
from mien.training.processes import launch
from mien.training.random import StepRandom


def noise_set(resolution: int, count: int = 256) -> TrainingSet:
    """Pictures of noise: what they show does not change the time."""
    rng = np.random.default_rng(0)
    return TrainingSet(
        path=Path("noise"),
        part="all",
        names=tuple(str(i) for i in range(count)),
        pictures=rng.integers(0, 256, (count, resolution, resolution, 3), dtype=np.uint8),
        labels=np.eye(len(LABELS), dtype=np.float32)[rng.integers(len(LABELS), size=count)],
        captions=None,
        labels_from=None,
        fingerprint="noise",
    )


def main() -> None:
    """Time both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resolution", type=int, default=128)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--channel-base", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    allocator = tune_allocator()
    data, fabric = noise_set(args.resolution), launch("cpu")
    config = GanConfig(
        resolution=args.resolution, batch=args.batch, channel_base=args.channel_base, r1_interval=4
    )
    fast = GanRecipe(replace(config, precision="bf16"), data, fabric)
    plain = GanRecipe(config, data, fabric)
    for network in (plain.nets.G.synthesis, plain.nets.D, plain.nets.ema.synthesis):
        network.channels_last = False
    seconds: dict[str, list[float]] = {"bf16 channels_last": [], "fp32 NCHW": []}
    for round_ in range(args.rounds + 1):
        for name, trainer in (("bf16 channels_last", fast), ("fp32 NCHW", plain)):
            start = time.perf_counter()
            for _ in range(config.r1_interval):
                trainer.step(StepRandom(config.seed, trainer.nimg))
            if round_:
                seconds[name].append((time.perf_counter() - start) / config.r1_interval)
    print(
        f"{args.resolution}², batch {args.batch}, channel_base {args.channel_base}, R1 every "
        f"{config.r1_interval} steps, {args.threads} threads, allocator tuned: {allocator}, "
        f"median of {args.rounds} rounds of {config.r1_interval} steps"
    )
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, value in medians.items():
        print(f"{name:20} {args.batch / value:6.1f} images/s  {value * 1000:7.0f} ms a step")
    ratio = medians["fp32 NCHW"] / medians["bf16 channels_last"]
    print(f"ratio {ratio:.2f} (claim: at least 3)")


if __name__ == "__main__":
    main()
