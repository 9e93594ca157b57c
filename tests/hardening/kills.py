"""Commands killed (SIGKILL) at every step of writing and at random times, then repeated.

    python tests/hardening/kills.py --count 1000       one line, status 1 if one is bad

Each trial is a fork that runs one case of ``kill_cases.py`` in a copy of its inputs and dies

* at the n-th :func:`mien.files.step`: a partial file begun, half, whole, synced, renamed; or
* before the n-th call of Python that changes a file (an audit hook sees them, whoever makes
  them): opened to write, renamed, removed, made; or
* at a random time.

What lies there then must be whole under every final name; the same command, given again, must
leave exactly the files of an unbroken run.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
SECONDS = 1200  # by the clock, of a machine that others use too
CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "shutil.rmtree")
TIMES = ("time", "s/kimg", "left")
"""What the log of a training says of the machine, not of the training."""


@dataclass
class Trial:
    """One kill.

    Attributes:
        case: Which command.
        kind: ``step``, ``call`` or ``time``.
        at: Which step or call, or after how many seconds.
        bad: What must not be; empty if all is well.
        killed: Whether the kill came before the end.
    """

    case: str
    kind: str
    at: float
    bad: list[str] = field(default_factory=list)
    killed: bool = True


# The child


def fork(root: Path, work: Callable[[], int], prepare: Callable[[], None] = lambda: None) -> int:
    """Start a process that works in a folder; returns its id. What it says goes to ``said``."""
    pid = os.fork()
    if pid:
        return pid
    status = 99
    try:
        log = os.open(root.parent / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(root)
        os.environ["MIEN_HOME"] = str(root / "home")
        prepare()
        status = work()
    except BaseException:  # noqa: BLE001 - whatever it is, the parent reads it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)


def ended(pid: int) -> int:
    """Wait; the exit status, negative after a signal, -99 where it took too long."""
    limit = time.monotonic() + SECONDS
    while time.monotonic() < limit:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return -99


def watch_calls(root: Path, at: int) -> list[int]:
    """Count the calls that change files below a folder; die before the one asked for."""
    seen = [0]

    def hook(event: str, args: tuple[Any, ...]) -> None:
        writes = (
            event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        )
        if not (writes or event in CHANGES) or not isinstance(args[0], str | bytes | os.PathLike):
            return
        if os.path.abspath(os.fsdecode(args[0])).startswith(str(root)):
            seen[0] += 1
            if seen[0] == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return seen


# What lies there


def tree(root: Path) -> dict[str, bytes]:
    """Every file and empty folder below a folder, without what is of the machine or of the hour."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if "tensorboard" in path.parts or name.startswith(("home/verified", "home/engines")):
            continue
        if path.is_dir():
            if not any(path.iterdir()):
                found[f"{name}/"] = b""
        elif path.suffix == ".jsonl" and not path.name.startswith(".mien~"):
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            plain = [{k: v for k, v in line.items() if k not in TIMES} for line in lines]
            found[name] = json.dumps(plain).encode()
        else:
            found[name] = path.read_bytes()
    return found


def halves(root: Path, known: dict[str, bytes]) -> list[str]:
    """Files under final names that are neither as an unbroken run leaves them nor whole."""
    bad = []
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        passing = path.name.startswith(".mien~") or "tensorboard" in path.parts
        passing |= path.name.endswith((".jsonl", ".part", ".lock"))
        if not path.is_file() or passing:
            continue
        if path.read_bytes() != known.get(name) and not whole(path):
            bad.append(f"half: {name}")
    return bad


def whole(path: Path) -> bool:
    """Whether a file that is no result, such as a checkpoint, can be read to its end."""
    import numpy as np
    from PIL import Image

    from mien.checkpoints import native
    from mien.errors import MienError
    from mien.video.reader import Clip

    readers: dict[str, Callable[[], Any]] = {
        ".safetensors": lambda: native.load(path),
        ".json": lambda: json.loads(path.read_text()),
        ".npz": lambda: [np.load(path)[key] for key in np.load(path)],
        ".npy": lambda: np.load(path),
        ".png": lambda: Image.open(path).load(),
        ".mp4": lambda: list(Clip(path)),
    }
    try:
        readers[path.suffix]()
    except (KeyError, ValueError, OSError, MienError):
        return False
    return True


def age(root: Path) -> None:
    """As if some seconds had passed since the kill: fresh partial files are let be."""
    for path in root.rglob(".*"):
        os.utime(path, (time.time() - 60,) * 2)


def newest_numbered(found: dict[str, bytes]) -> dict[str, bytes]:
    """Of numbered folders only the newest, under the first number."""
    parts = {name: name.split("/") for name in found if name.startswith("out/")}
    last = max((p[2][:4] for p in parts.values() if not p[2].startswith(".")), default="")
    kept = {name: data for name, data in found.items() if name not in parts}
    for name, words in parts.items():
        if words[2].startswith((last, ".")):
            words[2] = words[2].replace(last, "0001", 1)
            kept["/".join(words)] = found[name]
    return kept


# The parent


class Killer:
    """Runs cases unbroken once, then killed.

    Args:
        folder: Where everything happens; empty.
        quick: Whether only the quick cases are taken.
        only: Part of a case's name; empty for all.
    """

    def __init__(self, folder: Path, quick: bool = False, only: str = "") -> None:
        from hardening import kill_cases

        self.folder = folder
        self.cases = {name: case for name, case in kill_cases.cases(quick).items() if only in name}
        self.known: dict[str, dict[str, bytes]] = {}
        self.seconds: dict[str, float] = {}
        kill_cases.lay_out(folder / "given")

    def fresh(self) -> Path:
        """The inputs, copied anew; always under one name, which results may hold."""
        root = self.folder / "trial"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.folder / "given", root)
        (self.folder / "said").unlink(missing_ok=True)
        return root

    def unbroken(self, name: str) -> tuple[int, int]:
        """Run a case to its end; the number of its steps and of its calls."""
        from mien import files

        root, counts = self.fresh(), self.folder / "counts"

        def work() -> int:
            os.environ[files.KILL_AT] = "0"
            calls = watch_calls(root, 0)
            status = self.cases[name](False)
            counts.write_text(json.dumps([files._steps, calls[0], list(sys.modules)]))
            return status

        start = time.monotonic()
        status = ended(fork(root, work))
        self.seconds[name] = time.monotonic() - start
        if status != 0:
            said = (self.folder / "said").read_text()[-2000:]
            raise AssertionError(f"{name} fails unbroken, status {status}: {said}")
        self.known[name] = tree(root)
        steps, calls, modules = json.loads(counts.read_text())
        for module in modules:  # which every fork of this case would load anew
            with contextlib.suppress(Exception):  # some are no files and cannot be loaded by name
                importlib.import_module(module)
        return steps, calls

    def plan(self, count: int, seed: int, done: list[Trial]) -> list[Trial]:
        """Which kills: steps and calls, a tenth at random times; none that is done already."""
        draw, lists = random.Random(seed), []
        for name in self.cases:
            steps, calls = self.unbroken(name)
            own = [Trial(name, "step", at) for at in range(1, steps + 1)]
            own += [Trial(name, "call", at) for at in range(1, calls + 1)]
            draw.shuffle(own)
            lists.append(own)
        # Each command has its turn; the more it writes, the longer.
        turns = [trial for turn in zip_longest(*lists) for trial in turn if trial is not None]
        known = {(trial.case, trial.kind, trial.at) for trial in done}
        turns = [trial for trial in turns if (trial.case, trial.kind, trial.at) not in known]
        timed = count // 10 - sum(trial.kind == "time" for trial in done)
        chosen = turns[: max(count - len(done) - max(timed, 0), 0)]
        while len(chosen) < count - len(done):
            name = draw.choice(list(self.cases))
            chosen.append(Trial(name, "time", draw.uniform(0, self.seconds[name])))
        draw.shuffle(chosen)  # so that a run that is ended early has had all kinds
        return chosen

    def run(self, trial: Trial) -> Trial:
        """Kill and repeat."""
        from mien import files

        case, root = self.cases[trial.case], self.fresh()

        def prepare() -> None:
            if trial.kind == "step":
                os.environ[files.KILL_AT] = str(trial.at)
            elif trial.kind == "call":
                watch_calls(root, int(trial.at))

        pid = fork(root, lambda: case(False), prepare)
        if trial.kind == "time":
            time.sleep(trial.at)
            os.kill(pid, signal.SIGKILL)
        status = ended(pid)
        trial.killed = status == -signal.SIGKILL
        if not trial.killed and status != 0:
            trial.bad.append(f"status {status}")
        known = self.known[trial.case]
        trial.bad += halves(root, known)
        age(root)
        done = tree(root) == known  # killed behind its work: then it may say that all is there
        status = ended(fork(root, lambda: case(True)))
        if status != 0 and not done:
            said = (self.folder / "said").read_text()[-600:]
            trial.bad.append(f"repeated: status {status}: {said}")
        found = tree(root)
        if case.numbered:
            found, known = newest_numbered(found), newest_numbered(known)
        names = (known.keys() | found.keys()) - {case.timed}
        trial.bad += [f"differs: {n}" for n in sorted(names) if known.get(n) != found.get(n)]
        return trial


def kills(
    count: int,
    seed: int,
    folder: Path,
    quick: bool = False,
    only: str = "",
    seconds: float = 1e9,
    done: list[Trial] | None = None,
) -> Iterator[Trial]:
    """Kill until ``count`` are done, or the seconds are over; yields what came of each."""
    killer, start = Killer(folder, quick, only), time.monotonic()
    for trial in killer.plan(count, seed, done or []):
        if time.monotonic() - start > seconds:
            return
        yield killer.run(trial)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="only the cases of make test")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so many")
    parser.add_argument("--log", type=Path, help="each kill as a line; those in it count")
    options = parser.parse_args()
    log = vars(options).pop("log")
    import torch

    torch.set_num_threads(1)  # a fork knows no other thread
    with tempfile.TemporaryDirectory() as temporary:
        trials = []
        if log and log.exists():
            lines = log.read_text(encoding="utf-8").splitlines()
            trials = [Trial(**json.loads(line)) for line in lines]
        for trial in kills(folder=Path(temporary), **vars(options), done=list(trials)):
            trials.append(trial)
            if log:  # what was counted stays counted, if this is ended
                with log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(vars(trial)) + "\n")
            if len(trials) % 50 == 0:
                sys.stderr.write(f"{len(trials)} kills, {sum(bool(t.bad) for t in trials)} bad\n")
            if trial.bad:
                sys.stderr.write(json.dumps(vars(trial)) + "\n")
    bad = sum(bool(trial.bad) for trial in trials)
    kinds = ", ".join(
        f"{sum(trial.kind == kind for trial in trials)} at {said}"
        for kind, said in (("step", "steps"), ("call", "calls"), ("time", "random times"))
    )
    late = sum(not trial.killed for trial in trials)
    cases = len({trial.case for trial in trials})
    sys.stdout.write(
        f"{len(trials)} kills of {cases} commands from seed {options.seed}: {kinds}; "
        f"{late} came after the end; {bad} bad\n"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[2] / "src")]
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
