"""Read hostile files one by one in a process of its own and say what each one did.

    python hostile_runner.py FOLDER        prints a JSON line a file

Once everything is imported a hook is armed that sees whatever Python does for a file: code that is
run or compiled, programs started, files written, sockets opened, modules imported.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from mien.checkpoints import native
from mien.checkpoints.latents import read_latents
from mien.checkpoints.registry import convert
from mien.errors import CheckpointError
from mien.hub.loading import load_generator

WATCHED = (
    "compile",
    "ctypes.",
    "exec",
    "import",
    "marshal.",
    "os.",
    "pickle.",
    "pty.",
    "shutil.",
    "socket.",
    "subprocess.",
    "webbrowser.",
)
HARMLESS = ("os.listdir", "os.scandir")

_COSTLY = 0.1

seen: list[str] = []
armed = False


def hook(event: str, args: tuple[Any, ...]) -> None:
    """Note what happens while a file is read."""
    if not armed or event in HARMLESS:
        return
    writes = event == "open" and isinstance(args[1], str) and not set(args[1]) <= set("rbt")
    if writes or event.startswith(WATCHED):
        seen.append(f"{event} {args!r:.80}")


def attempt(path: Path) -> dict[str, Any]:
    """Read one file every way that there is."""
    global armed
    seen.clear()
    errors, texts, seconds = [], [], []
    for reader in (
        lambda: load_generator(path),
        lambda: read_latents(path),
    ):
        start = time.process_time()
        armed = True
        try:
            reader()
            errors.append("none")
        except CheckpointError as error:
            errors.append("CheckpointError")
            texts.append(str(error))
        except BaseException as error:  # noqa: BLE001 - whatever else comes out is the finding
            errors.append(f"{type(error).__name__}: {error}"[:200])
        finally:
            armed = False
        seconds.append(time.process_time() - start)
        if seconds[-1] > _COSTLY:
            gc.collect()
    return {
        "errors": errors,
        "texts": texts,
        "seconds": max(seconds),
        "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "seen": [*seen],
    }


def warm_up(folder: Path) -> None:
    """Import everything that reading a good file imports."""
    import torch

    from checkpoints.foreign_networks import rosinality_generator

    path = folder / "good.pt"
    torch.save({"g_ema": rosinality_generator()}, path)
    load_generator(path)
    file = convert(path)
    native.save(path, file.kind, file.tensors, file.config)
    load_generator(path)
    torch.save(torch.zeros(1, 8, 4), path)
    read_latents(path)
    path.unlink()


def main() -> None:
    folder = Path(sys.argv[1])
    (folder / "warm").mkdir()
    warm_up(folder / "warm")
    sys.addaudithook(hook)
    base_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for path in sorted(folder.glob("*.bin")):
        result = attempt(path)
        result["grown_mb"] = (result.pop("peak_kb") - base_kb) / 1024
        sys.stdout.write(json.dumps({"file": path.name, **result}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
