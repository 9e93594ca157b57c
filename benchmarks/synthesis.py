"""An image of a StyleGAN2 on a CPU: ours against a plain implementation, each in its own process.

    python benchmarks/synthesis.py                # config F at 1024², batch 1, 2 threads: minutes
    python benchmarks/synthesis.py --compile      # torch.compile too
    python benchmarks/synthesis.py --busy         # one thread, processor time: while others work
    python benchmarks/synthesis.py --quick        # a small network, seconds

The plain one is ``reference/synthesis.py``. Every variant runs in ``--rounds`` processes that take
turns; the median of all their images counts. Claims, where the processor has bfloat16 matrix units:
at least 10 times the plain one in fast mode and 3 times in exact mode with OpenVINO, 4 times in
fast mode without it; 6, 1.6 and 3 times given the same allocator. At most 1.2 GB for one image at
1024² and 2.5 GB for four; ready within 5 s when the compiled network lies on disk.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

VARIANTS = {
    "plain fp32": ("plain", "exact", False),
    "plain fp32, tuned allocator": ("plain", "exact", True),
    "eager exact": ("eager", "exact", True),
    "eager fast": ("eager", "fast", True),
    "compile fast": ("compile", "fast", True),
    "openvino exact": ("openvino", "exact", True),
    "openvino fast": ("openvino", "fast", True),
}
"""Name -> engine (or the plain implementation), precision, whether the allocator is tuned."""

CLAIMS = (
    ("openvino fast", 10.0, 6.0),
    ("openvino exact", 3.0, 1.6),
    ("compile fast", 4.0, 3.0),
    ("eager fast", 4.0, 3.0),
)
"""Variant, and how many times the plain one: as it comes, and with the same allocator."""


def status(field: str) -> float:
    """A size of this process in GB, as Linux tells it: VmHWM is the peak."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024 / 1e9
    return float("nan")


def run_one(args: argparse.Namespace) -> dict[str, Any]:
    """Measure one variant, in this process: milliseconds of each image, start, peak memory."""
    clock = time.process_time if args.busy else time.perf_counter
    begin = clock()
    import torch
    from reference.synthesis import synthesise

    from mien.hub.loading import load_generator
    from mien.runtime import engines
    from mien.runtime.memory import tune_allocator

    torch.set_num_threads(args.threads)
    name, precision, tuned = VARIANTS[args.one]
    allocator = tune_allocator() if tuned else False
    G = load_generator(args.model).network
    z = torch.randn(4, G.config.z_dim, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ws = G.map(z)
        built = clock()
        plain, example = partial(synthesise, G.synthesis), ws[:1]
        draw: Any = plain
        if name != "plain":
            draw = engines.engine(G.synthesis, example, precision, name, cache=args.cache)
        start_s = clock() - built
        image = draw(ws[:1])
        first_s = clock() - begin
        milliseconds = []
        for _ in range(args.images):
            now = clock()
            draw(ws[:1])
            milliseconds.append((clock() - now) * 1000)
        peak = status("VmHWM")
        if args.batch > 1:
            draw(ws[: args.batch])
        exact = G.synthesis(ws[:1]) if args.check else image
    rms = float(((image - exact).square().mean() / exact.square().mean()).sqrt())
    return {
        "ms": milliseconds,
        "start_s": start_s,
        "first_s": first_s,
        "peak_1": peak,
        "peak_4": status("VmHWM"),
        "rms": rms,
        "tuned": allocator,
    }


def spawn(variant: str, args: argparse.Namespace, *more: str) -> dict[str, Any]:
    """Measure one variant in a process of its own."""
    command = [sys.executable, __file__, "--one", variant, "--model", str(args.model)]
    command += ["--cache", str(args.cache), "--threads", str(args.threads)]
    command += ["--images", str(args.images), *(["--busy"] if args.busy else []), *more]
    threads = str(args.threads)
    surroundings = {**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
    done = subprocess.run(command, capture_output=True, text=True, env=surroundings)
    if done.returncode:
        raise SystemExit(f"{variant}: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout.splitlines()[-1])


def write_model(path: Path, resolution: int, channel_base: int) -> float:
    """A generator with random weights; returns the work of an image in GFLOP."""
    import torch

    from mien.checkpoints import native
    from mien.stylegan2.generator import Generator, GeneratorConfig

    torch.manual_seed(0)
    config = {"resolution": resolution, "channel_base": channel_base}
    G = Generator(GeneratorConfig(**config))
    native.save(path, "stylegan2-generator", G.state_dict(), config)
    return G.synthesis.gflop


def measure(args: argparse.Namespace, variants: list[str]) -> dict[str, dict[str, Any]]:
    """Every variant in turn, ``--rounds`` times; times are joined, the rest is the last round's."""
    found: dict[str, dict[str, Any]] = {}
    for variant in variants:  # Compile, and compare with exact; this start is the cold one.
        cold = spawn(variant, args, "--images", "1", "--check")
        found[variant] = {"cold_s": cold["start_s"], "rms": cold["rms"], "ms": []}
        peaks = spawn(variant, args, "--images", "1", "--batch", "4")
        found[variant] |= {"peak_1": peaks["peak_1"], "peak_4": peaks["peak_4"]}
    for _ in range(args.rounds):
        for variant in variants:
            now = spawn(variant, args)
            found[variant]["ms"] += now["ms"]
            found[variant] |= {key: now[key] for key in ("start_s", "first_s", "tuned")}
    return found


def report(found: dict[str, dict[str, Any]]) -> None:
    """The table, then each claim beside what was measured."""
    median = {name: statistics.median(row["ms"]) for name, row in found.items()}
    plain, tuned = median["plain fp32"], median["plain fp32, tuned allocator"]
    print(
        f"{'':28} {'ms':>7} {'x plain':>8} {'x tuned':>8} {'RMS %':>7} {'GB b1':>6} {'GB b4':>6}"
        f" {'cold s':>7} {'again s':>8} {'process s':>9}"
    )
    for name, row in found.items():
        print(
            f"{name:28} {median[name]:7.0f} {plain / median[name]:8.2f} {tuned / median[name]:8.2f}"
            f" {100 * row['rms']:7.3f} {row['peak_1']:6.2f} {row['peak_4']:6.2f}"
            f" {row['cold_s']:7.1f} {row['start_s']:8.2f} {row['first_s']:9.1f}"
        )
    print("cold: building the engine; again: with the compiled network on disk; process: from the")
    print(
        "import of torch to the first image, again. Memory: the peak of the process, torch and all."
    )
    for name, wanted, wanted_tuned in CLAIMS:
        if name in median:
            print(
                f"{name}: {plain / median[name]:.2f} times the plain one (aim {wanted:g}), "
                f"{tuned / median[name]:.2f} with the same allocator (aim {wanted_tuned:g})"
            )
    best = found.get("openvino fast")
    if best:
        print(
            f"openvino fast: {best['peak_1']:.2f} GB for one image (aim at 1024²: 1.2), "
            f"{best['peak_4']:.2f} for four (2.5); second start {best['start_s']:.1f} s, "
            f"first image of the process after {best['first_s']:.1f} s (5)"
        )


def main() -> None:
    """Measure and print; or, in a process of its own, measure one variant."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--resolution", type=int, default=1024)
    parser.add_argument("--channel-base", type=int, default=32768)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=4, help="in each process")
    parser.add_argument("--compile", action="store_true", help="torch.compile too")
    parser.add_argument("--busy", action="store_true", help="one thread, processor time")
    parser.add_argument("--quick", action="store_true", help="a small network, one round")
    for hidden in ("--one", "--model", "--cache"):
        parser.add_argument(hidden, help=argparse.SUPPRESS, type=str if hidden == "--one" else Path)
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, default=1, help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.threads = 1 if args.busy else args.threads
    if args.one:
        print(json.dumps(run_one(args)))
        return
    if args.quick:
        args.resolution, args.channel_base, args.rounds, args.images = 128, 4096, 1, 3
    import torch

    from mien.runtime import engines
    from mien.runtime.precision import cpu_facts

    here = [n for n in engines.ENGINES if not engines.why_not(n, torch.device("cpu"))]
    here = [n for n in ["plain", *here] if n != "compile" or args.compile]
    variants = [name for name, (engine, _, _) in VARIANTS.items() if engine in here]
    with tempfile.TemporaryDirectory() as folder:
        args.model, args.cache = Path(folder, "random.safetensors"), Path(folder, "engines")
        args.cache.mkdir()
        gflop = write_model(args.model, args.resolution, args.channel_base)
        name, flags = cpu_facts()
        units = [flag for flag in ("avx512f", "avx512_bf16", "amx_bf16") if flag in flags]
        print(
            f"{args.resolution}², channel_base {args.channel_base}, {gflop:.1f} GFLOP an image, "
            f"batch 1, {args.threads} threads{', processor time' * args.busy}; "
            f"{name}, {' '.join(units)}; torch {torch.__version__}"
        )
        report(measure(args, variants))


if __name__ == "__main__":
    main()
