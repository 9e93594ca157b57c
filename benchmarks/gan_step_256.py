"""A whole training step of a StyleGAN2 at 256², ours against plain float32, interleaved in one run.

    python benchmarks/gan_step_256.py             # channel_base 16384, batch 4, 2 threads: minutes
    python benchmarks/gan_step_256.py --quick     # 64², channel_base 1024

Both networks' losses and updates, path length on half of the batch every 4 steps and R1 every 16,
each timed by itself and averaged in. Ours is bfloat16, channels last; the plain one float32, NCHW,
with a kernel for every sample, or with features scaled before and after one kernel, as NVlabs' code
trains. Both have the tuned allocator. The claim is 4 times.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from reference.synthesis import synthesise
from torch import Tensor

from mien.runtime.memory import tune_allocator
from mien.runtime.precision import cpu_facts
from mien.stylegan2 import losses
from mien.stylegan2.discriminator import Discriminator, DiscriminatorConfig
from mien.stylegan2.generator import Generator, GeneratorConfig

R1_EVERY, PATH_EVERY, PATH_SHARE = 16, 4, 2
GAMMA, PATH_WEIGHT, DECAY = 1.0, 2.0, 0.998


class Step:
    """The four parts of a step on networks of its own; ``ours``, ``grouped`` or ``scaled``."""

    def __init__(self, config: GeneratorConfig, batch: int, manner: str) -> None:
        torch.manual_seed(0)
        self.manner, self.batch = manner, batch
        self.G, self.ema = Generator(config), Generator(config).requires_grad_(False)
        self.D = Discriminator(
            DiscriminatorConfig(config.resolution, channel_base=config.channel_base)
        )
        ours = manner == "ours"
        for network in (self.G.synthesis, self.D):
            network.dtype = torch.bfloat16 if ours else torch.float32
            network.channels_last = ours
        self.optimizers = [
            torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.0, 0.99))
            for network in (self.G, self.D)
        ]
        self.real = torch.randn(batch, 3, config.resolution, config.resolution).clamp(-1, 1)
        self.parts: dict[str, tuple[Callable[[], None], float]] = {
            "G": (self.generator, 1),
            "D": (self.discriminator, 1),
            "R1": (self.r1, 1 / R1_EVERY),
            "path length": (self.path_length, 1 / PATH_EVERY),
        }

    def images(self, ws: Tensor) -> Tensor:
        """Images of ws, in this step's manner."""
        if self.manner == "ours":
            return self.G.synthesis(ws)
        return synthesise(self.G.synthesis, ws, self.manner == "grouped")

    def update(self, which: int, loss: Tensor) -> None:
        """Backwards, then one step of the generator's (0) or discriminator's (1) optimiser."""
        loss.backward()
        self.optimizers[which].step()
        self.optimizers[which].zero_grad(set_to_none=True)

    def generator(self) -> None:
        """The generator's main loss, and the average of its weights."""
        self.D.requires_grad_(False)
        fake = self.images(self.G.map(torch.randn(self.batch, 512)))
        self.update(0, losses.generator_loss(self.D(fake)).mean())
        self.D.requires_grad_(True)
        with torch.no_grad():
            pairs = zip(self.ema.parameters(), self.G.parameters(), strict=True)
            for averaged, now in pairs:
                averaged.lerp_(now, 1 - DECAY)

    def discriminator(self) -> None:
        """The discriminator's main loss."""
        with torch.no_grad():
            fake = self.images(self.G.map(torch.randn(self.batch, 512)))
        self.update(1, losses.discriminator_loss(self.D(self.real), self.D(fake)).mean())

    def r1(self) -> None:
        """The discriminator's regulariser."""
        real = self.real.clone().requires_grad_()
        penalty = losses.r1_penalty(self.D(real), real).mean()
        self.update(1, penalty * GAMMA / 2 * R1_EVERY)

    def path_length(self) -> None:
        """The generator's regulariser, on a part of the batch."""
        half = max(1, self.batch // PATH_SHARE)
        ws = self.G.map(torch.randn(half, 512))
        noise = losses.path_noise(half, self.G.config.resolution, torch.Generator().manual_seed(0))
        lengths = losses.path_lengths(self.images(ws), ws, noise)
        penalty = (lengths - lengths.detach().mean()).square().mean()
        self.update(0, penalty * PATH_WEIGHT * PATH_EVERY)

    def average(self, seconds: dict[str, list[float]]) -> float:
        """Seconds of a step with its lazy parts averaged in."""
        return sum(statistics.median(seconds[p]) * w for p, (_, w) in self.parts.items())


def main() -> None:
    """Time every part of every manner in turn, and print the ratios."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--resolution", type=int, default=256)
    parser.add_argument("--channel-base", type=int, default=16384)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="a small network, one round")
    args = parser.parse_args()
    if args.quick:
        args.resolution, args.channel_base, args.rounds = 64, 1024, 1
    torch.set_num_threads(args.threads)
    allocator = tune_allocator()
    config = GeneratorConfig(args.resolution, channel_base=args.channel_base)
    steps = {name: Step(config, args.batch, name) for name in ("ours", "grouped", "scaled")}
    seconds = {name: {part: [] for part in step.parts} for name, step in steps.items()}
    for round_ in range(args.rounds + 1):
        for part in steps["ours"].parts:
            for name, step in steps.items():
                start = time.perf_counter()
                step.parts[part][0]()
                if round_:  # The first one warms up.
                    seconds[name][part].append(time.perf_counter() - start)
    units = [flag for flag in ("avx512_bf16", "amx_bf16") if flag in cpu_facts()[1]]
    print(
        f"{args.resolution}², batch {args.batch}, channel_base {args.channel_base}, R1 every "
        f"{R1_EVERY} steps, path length every {PATH_EVERY} on batch / {PATH_SHARE}, {args.threads} "
        f"threads, {cpu_facts()[0]} ({' '.join(units) or 'no bf16'}), allocator tuned: {allocator},"
        f" median of {args.rounds} rounds"
    )
    whole = {name: step.average(seconds[name]) for name, step in steps.items()}
    for name, parts in seconds.items():
        each = "  ".join(f"{part} {statistics.median(t):.2f} s" for part, t in parts.items())
        print(
            f"{name:8} {whole[name]:7.2f} s a step, {args.batch / whole[name]:6.2f} img/s: {each}"
        )
    for name in ("grouped", "scaled"):
        print(f"against plain fp32, {name}: {whole[name] / whole['ours']:.2f} times (claim: 4)")


if __name__ == "__main__":
    main()
