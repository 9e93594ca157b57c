"""``mien run`` over very many small pictures: what it costs, and whether each is there once.

    python benchmarks/bulk.py                    # 10,000 pictures of 64², 200 for what it costs
    python benchmarks/bulk.py --ray              # and on a Ray cluster of two nodes, started here
    python benchmarks/bulk.py --count 200 --cost 50

First what a shard costs beside a plain loop (read, sketch, save), in processor time of one process;
with ``--clock``, on a quiet machine, what two processes gain over one. Then captions, which cost
least, of all pictures: a worker is killed (SIGKILL) in the middle, then the run with all its
workers, with ``--ray`` a node; it is repeated and counted.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROUNDS = 3


def write_zip(path: Path, count: int, side: int) -> Path:
    """Pictures of smooth noise, each another."""
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as pack:
        for number in range(count):
            small = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
            buffer = BytesIO()
            small.resize((side, side), Image.Resampling.BICUBIC).save(buffer, "png")
            pack.writestr(f"{number % 10}/{number:06d}.png", buffer.getvalue())
    return path


def command(verb: str, source: Path, out: Path, *more: str) -> list[str]:
    """The command line of a run."""
    line = [sys.executable, "-m", "mien", "run", verb, str(source), "--out", str(out), *more]
    return [*line, "--per-shard", "100", "--json"]


def captions(source: Path, out: Path, *more: str) -> list[str]:
    """A run that writes sentences; the table of attributes lies beside the pictures."""
    table = source.with_suffix(".tsv")
    if not table.exists():
        with zipfile.ZipFile(source) as pack:
            rows = [f"{name}\tf\told\tsmile\n" for name in pack.namelist()]
        table.write_text("file\tgender\tage\texpression\n" + "".join(rows), encoding="utf-8")
    return command("caption", source, out, "--option", f"labels={table}", *more)


def start(line: list[str]) -> subprocess.Popen[bytes]:
    """A process with a group of its own, each of whose processes has one thread."""
    surroundings = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        line, env=surroundings, start_new_session=True, stdout=pipe, stderr=pipe
    )


def ended(line: list[str]) -> float:
    """Seconds of a command by the clock."""
    begin = time.perf_counter()
    process = start(line)
    _, said = process.communicate()
    if process.returncode:
        raise SystemExit(f"{line}: {said.decode()[-500:]}")
    return time.perf_counter() - begin


def overhead(folder: Path, count: int, side: int) -> None:
    """The plain loop and a shard over the same pictures, in this process, in turns."""
    from mien.data import bulk
    from mien.data.batch import Job
    from mien.studio.bulk import worker_of
    from mien.studio.session import Studio

    source = write_zip(folder / "some.zip", count, side)
    studio, make = Studio(), worker_of("sketch", [])
    seconds: dict[str, list[float]] = {"loop": [], "shard": []}
    for number in range(-1, ROUNDS):  # the first round loads what is needed
        plan = bulk.Plan.of([source], folder / f"shard{number}", count)
        begin = time.process_time()
        for job in plan.shards[0].items(folder / f"loop{number}", plan.ends):
            assert isinstance(job, Job)
            made = studio.sketch(job.read(), None, None, "face", 1, style="pencil", strength=0.5)
            made.save(job.targets[0], force=True)
        middle = time.process_time()
        bulk.make_shard(plan, plan.shards[0], make)
        if number >= 0:
            seconds["loop"].append(middle - begin)
            seconds["shard"].append(time.process_time() - middle)
    loop, shard = (1000 * statistics.median(found) / count for found in seconds.values())
    print(
        f"a sketch of {side}²: {loop:.1f} ms of processor in the plain loop, {shard:.1f} in a "
        f"shard, {100 * (shard / loop - 1):+.0f} % (aim: at most 10)",
        flush=True,
    )


def clock(folder: Path, count: int, side: int) -> None:
    """Runs with one and with two processes by the clock, without what starting them takes."""
    one, some = (write_zip(folder / f"{n}.zip", n, side) for n in (1, count))
    seconds = []
    for processes in ("1", "2"):
        ran = []
        for source in (one, some):
            out = folder / f"{source.stem}-{processes}"
            ran.append(ended(command("sketch", source, out, "--processes", processes)))
        seconds.append(ran[1] - ran[0])
    print(
        f"{count} by the clock: {seconds[0]:.1f} s with one process, {seconds[1]:.1f} with two, "
        f"{seconds[0] / seconds[1]:.2f} times (aim: 1.6)",
        flush=True,
    )


def done(out: Path, size: int) -> int:
    """Inputs that were finished so far, about."""
    return sum(1 for _ in out.glob("work/*/files/*/*.txt")) + size * sum(
        1 for _ in out.glob("shard-*.jsonl")
    )


def wait_for(process: subprocess.Popen[bytes], out: Path, count: int) -> None:
    """Until so many are finished."""
    while process.poll() is None and done(out, 100) < count:
        time.sleep(0.2)


def workers(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that a run has started to work."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            words = path.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if parent == process.pid and b"spawn_main" in words:
            found.append(int(path.parent.name))
    return found


def counted(out: Path, count: int) -> str:
    """How many are lost and how many are there twice, by manifest and by shards."""
    lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    inputs = collections.Counter(line["input"] for line in lines if not line["problem"])
    files: collections.Counter[str] = collections.Counter()
    for path in sorted(out.glob("shard-*.tar")):
        with tarfile.open(path) as pack:
            files.update(pack.getnames())
    lost = [count - len(found) for found in (inputs, files)]
    twice = [sum(n > 1 for n in found.values()) for found in (inputs, files)]
    return f"{count} pictures: lost {max(lost)}, twice {max(twice)}"


def killed_here(source: Path, out: Path, count: int, draw: random.Random) -> None:
    """A worker dies in the middle, then all; the command is repeated."""
    line, begin = captions(source, out, "--processes", "2"), time.perf_counter()
    process = start(line)
    wait_for(process, out, int(count * draw.uniform(0.2, 0.3)))
    os.kill(draw.choice(workers(process)), signal.SIGKILL)
    wait_for(process, out, int(count * draw.uniform(0.5, 0.7)))
    at = done(out, 100)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    ended(line)
    print(
        f"a worker killed, then the run at about {at}, repeated: {counted(out, count)}; "
        f"{time.perf_counter() - begin:.0f} s",
        flush=True,
    )


def killed_node(source: Path, out: Path, count: int) -> None:
    """One of two nodes of a Ray cluster dies in the middle."""
    os.environ.setdefault("RAY_raylet_start_wait_time_s", "120")
    from ray.cluster_utils import Cluster  # pyright: ignore[reportMissingImports]

    cluster: Any = Cluster()
    try:
        small = {"num_cpus": 1, "object_store_memory": 80 << 20}
        cluster.add_node(**small)
        second, begin = cluster.add_node(**small), time.perf_counter()
        process = start(captions(source, out, "--cluster", cluster.address))
        wait_for(process, out, count // 2)
        at = done(out, 100)
        cluster.remove_node(second, allow_graceful=False)
        _, said = process.communicate()
        if process.returncode:
            raise SystemExit(said.decode()[-500:])
        print(
            f"Ray, one of two nodes killed at about {at}: {counted(out, count)}; "
            f"{time.perf_counter() - begin:.0f} s",
            flush=True,
        )
    finally:
        cluster.shutdown()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--cost", type=int, default=200, help="pictures for what it costs; 0: none")
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0, help="of when it is killed")
    parser.add_argument("--clock", action="store_true", help="one process against two")
    parser.add_argument("--ray", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if args.cost:
            overhead(folder, args.cost, args.side)
        if args.cost and args.clock:
            clock(folder, args.cost, args.side)
        source = write_zip(folder / "all.zip", args.count, args.side)
        killed_here(source, folder / "all", args.count, random.Random(args.seed))
        if args.ray:
            killed_node(source, folder / "ray", args.count)


if __name__ == "__main__":
    main()
