"""Work that processes die of, for the tests of bulk work; importable by these processes."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien import images


@dataclass(frozen=True)
class Copying:
    """Copies pictures; the process dies of ``poison``, and once of ``mishap``.

    Attributes:
        folder: Where each start leaves a file, and so does the mishap.
        pause: Seconds for each picture.
    """

    folder: str
    pause: float = 0.0

    def __call__(self):
        def work(job):
            if "poison" in job.key:
                os.kill(os.getpid(), signal.SIGKILL)
            if "mishap" in job.key and not (met := Path(self.folder, "met")).exists():
                met.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            if "bug" in job.key:
                raise ZeroDivisionError("of a library")
            time.sleep(self.pause)
            with Path(self.folder, "seen").open("a") as seen:
                seen.write(f"{job.key}\n")
            images.save(job.targets[0], job.read())
            return []

        return work


def write_pictures(folder: Path, names: list[str]) -> Path:
    """Tiny pictures of different colours, one of them broken if it is called so."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        if "broken" in name:
            (folder / f"{name}.png").write_bytes(b"no picture")
        else:
            colour = np.full((2, 2, 3), number % 256, np.uint8)
            images.save(folder / f"{name}.png", colour)
    return folder
