"""Translation of one 256² picture on the CPU: our fastest way against plain eager PyTorch.

    python benchmarks/translation_speed.py

pix2pix's U-Net with 64 channels, CycleGAN's residual generator with 64 channels and 9 blocks, and
GANs N' Roses, with random weights; of the last also a frame of a clip in eight styles, which its
authors' loop translates once a style, while ours reads the content once. The peer is the same
network in fp32 and NCHW (with a kernel for every sample where a style modulates it), once in a
process of its own with the allocator as it comes and once in ours; all take turns. Claims: 3 times
the images per second of the peer as it comes for the U-Net, 5 for the residual generator, 6 for
GANs N' Roses, 10 for the frame. On a busy machine use ``--clock cpu`` and one thread.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from multiprocessing.connection import Connection
from unittest import mock

import torch
from reference.synthesis import modulated
from torch import Tensor, nn

from mien.anime import generator as gans_n_roses
from mien.runtime.engines import Engine, engine
from mien.runtime.memory import tune_allocator
from mien.sketch.cyclegan import ResnetConfig, ResnetGenerator
from mien.sketch.pix2pix import Unet, UnetConfig
from mien.stylegan2 import generator

FRAME = "GANs N' Roses, a frame in 8 styles"
CLAIMS = {
    "U-Net, 64 channels": 3.0,
    "ResNet-9, 64 channels": 5.0,
    "GANs N' Roses": 6.0,
    FRAME: 10.0,
}
PEER, SAME = "eager fp32 NCHW, as it comes", "eager fp32 NCHW, our allocator"
FORMS = (("eager", "fast"), ("openvino", "exact"), ("openvino", "fast"))

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}

Run = Callable[[], float]
"""Makes some calls and tells the seconds of one."""


def build(name: str) -> nn.Module:
    """A network of the published size."""
    torch.manual_seed(0)
    if name.startswith("U-Net"):
        made: nn.Module = Unet(UnetConfig())
    elif name.startswith("ResNet"):
        made = ResnetGenerator(ResnetConfig())
    else:
        made = gans_n_roses.RosesGenerator(gans_n_roses.GansNRosesConfig())
    return made.eval().requires_grad_(False)


def inputs(name: str) -> tuple[Tensor, ...]:
    """What is translated; for GANs N' Roses in a style."""
    source = torch.Generator().manual_seed(1)
    picture = torch.rand(1, 3, 256, 256, generator=source) * 2 - 1
    styles = torch.randn(8 if name == FRAME else 1, 8, generator=source)
    return (picture, styles) if name.startswith("GANs") else (picture,)


def grouped(
    x: Tensor, weight: Tensor, styles: Tensor, demodulate: bool = True, up: bool = False
) -> Tensor:
    """Our modulated convolution with a kernel for every sample."""
    return modulated(x, weight, styles, demodulate, up)


def plain(network: nn.Module, given: tuple[Tensor, ...]) -> Tensor:
    """The network as the published code runs it: fp32, NCHW."""
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode())
        stack.enter_context(mock.patch.object(torch, "channels_last", torch.preserve_format))
        for module in (gans_n_roses, generator):
            stack.enter_context(mock.patch.object(module, "modulated_conv", grouped))
        if len(given) == 1:
            return network(*given)
        picture, styles = given
        return torch.cat([network(picture, style) for style in styles.split(1)])


def our_way(
    name: str, network: nn.Module, given: tuple[Tensor, ...], how: tuple[str, str]
) -> tuple[str, Callable[[], Tensor]]:
    """The name of one of our ways, and what translates by it."""

    def whole(made: Engine, given: tuple[Tensor, ...]) -> Tensor:
        answer = made(*given)
        assert isinstance(answer, Tensor)
        return answer

    engine_name, precision = how
    if name != FRAME:
        made = engine(network, given, precision, engine_name)
        return f"{made.name}, {made.precision}", lambda: whole(made, given)
    assert isinstance(network, gans_n_roses.RosesGenerator)
    picture, styles = given
    with torch.no_grad():
        example = network.encode(picture)[0], network.map(styles[:1])
    reader = engine(gans_n_roses.ContentReader(network), picture, precision, engine_name)
    decoder = engine(gans_n_roses.StyleDecoder(network), example, precision, engine_name)

    def frame() -> Tensor:
        with torch.no_grad():
            w = network.map(styles)
        return whole(decoder, (whole(reader, (picture,)).expand(len(w), -1, -1, -1), w))

    return f"{decoder.name}, {decoder.precision}", frame


def clocked(call: Callable[[], object], calls: int, clock: str) -> Run:
    """Seconds of one of several calls."""
    now = CLOCKS[clock]

    def run() -> float:
        start = now()
        for _ in range(calls):
            call()
        return (now() - start) / calls

    return run


def serve(pipe: Connection, name: str, threads: int, calls: int, clock: str) -> None:
    """The peer in a process of its own, which nobody has tuned."""
    torch.set_num_threads(threads)
    network, given = build(name), inputs(name)
    run = clocked(lambda: plain(network, given), calls, clock)
    while pipe.recv():
        pipe.send(run())


def compare(name: str, rounds: int, calls: int, threads: int, clock: str) -> None:
    """Let all ways take turns; print medians and ratios."""
    network, given = build(name), inputs(name)
    truth = plain(network, given)
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(theirs, name, threads, calls, clock), daemon=True
    )
    process.start()

    def ask() -> float:
        ours.send(True)
        return ours.recv()

    ways: dict[str, Run] = {PEER: ask, SAME: clocked(lambda: plain(network, given), calls, clock)}
    errors = {}
    for form in FORMS:
        way, translate = our_way(name, network, given, form)
        ways[way] = clocked(translate, calls, clock)
        errors[way] = float((translate() - truth).square().mean().sqrt() / truth.std())
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for round_ in range(rounds + 1):
        for way, run in ways.items():
            took = run()
            if round_:  # the first one warms up
                seconds[way].append(took)
    ours.send(False)
    process.join()
    report(name, rounds, calls, seconds, errors)


def report(
    name: str, rounds: int, calls: int, seconds: dict[str, list[float]], errors: dict[str, float]
) -> None:
    """Print the table of one network."""
    print(f"{name}, 256x256, batch 1, median of {rounds} rounds of {calls}")
    medians = {way: statistics.median(values) for way, values in seconds.items()}
    for way, value in medians.items():
        error = f"  relative error {errors[way]:.1e}" if way in errors else ""
        both = f"{medians[PEER] / value:5.2f}, same allocator {medians[SAME] / value:5.2f}"
        print(f"  {way:32} {value * 1000:7.1f} ms {1 / value:6.1f} a second  ratio {both}{error}")
    best = min(value for way, value in medians.items() if way in errors)
    print(f"  ratio {medians[PEER] / best:.2f} (claim: at least {CLAIMS[name]:g})")


def main() -> None:
    """Compare all networks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=CLAIMS, help="One network instead of all.")
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    tuned = tune_allocator()
    print(f"{args.threads} threads, {args.clock} time, allocator tuned: {tuned}")
    for name in [args.only] if args.only else CLAIMS:
        compare(name, args.rounds, args.calls, args.threads, args.clock)


if __name__ == "__main__":
    main()
