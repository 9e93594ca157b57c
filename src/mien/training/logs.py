"""The log of a run: one JSON line and one TensorBoard point a tick, and grids of pictures."""

from __future__ import annotations

import json
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mien import images
from mien.files import hold, make_folder, output_error, replacing


class Tick:
    """What a line of the log says: mean losses since the last, and the time they took."""

    def __init__(self, nimg: int) -> None:
        self.restart(nimg)

    @property
    def empty(self) -> bool:
        """Whether there was no step since the last line."""
        return not self._sums

    def restart(self, nimg: int) -> None:
        """Begin anew; what went before no longer counts, nor does its time."""
        self._sums: dict[str, list[Tensor]] = {}
        self._start, self._nimg = time.perf_counter(), nimg

    def add(self, stats: Mapping[str, Tensor]) -> None:
        """Take in the losses of a step."""
        for key, value in stats.items():
            self._sums.setdefault(key, []).append(value)

    def values(self, nimg: int) -> dict[str, float | int | str]:
        """The mean of each loss and ``s/kimg``, seconds for a thousand images, at ``nimg`` seen."""
        means: dict[str, float | int | str] = {
            key: round(float(torch.stack(parts).mean()), 5) for key, parts in self._sums.items()
        }
        milliseconds = (time.perf_counter() - self._start) * 1000
        return {**means, "s/kimg": round(milliseconds / max(nimg - self._nimg, 1), 2)}


class RunLog:
    """Writes ``log.jsonl``, ``tensorboard/`` and ``grids/`` of a run folder.

    What was logged after the checkpoint that a run resumes from is taken back first, so that the
    log of a killed run reads like the log of an unbroken one. While it is open no other process
    can open one in this folder.
    """

    def __init__(self, folder: Path, nimg: int = 0, tensorboard: bool = True) -> None:
        self.folder = folder
        self.path = folder / "log.jsonl"
        # A second run in this folder is refused; a log that nobody closed lets go when it is gone.
        self._release = weakref.finalize(self, hold(make_folder(folder), again=True))
        self._take_back(nimg)
        self._writer: Any = None
        if tensorboard:
            try:
                from torch.utils.tensorboard.writer import SummaryWriter
            except ImportError:
                return  # the JSON lines hold the same numbers
            self._writer = SummaryWriter(str(folder / "tensorboard"), purge_step=nimg)

    def _take_back(self, nimg: int) -> None:
        if not self.path.exists():
            return
        kept = [line for line in self.read(self.path) if line["nimg"] <= nimg]
        with replacing(self.path) as beside:
            beside.write_text("".join(json.dumps(line) + "\n" for line in kept))

    @staticmethod
    def read(path: Path) -> list[dict[str, Any]]:
        """The lines of a log; a last line that was cut off is left out."""
        lines = []
        for text in path.read_text().splitlines():
            try:
                lines.append(json.loads(text))
            except json.JSONDecodeError:
                continue
        return lines

    def write(self, nimg: int, values: dict[str, float | int | str]) -> dict[str, Any]:
        """Append one line; numbers also go to TensorBoard. Returns the line."""
        line = {"nimg": nimg, **values, "time": round(time.time(), 1)}
        try:
            with self.path.open("a") as log:
                log.write(json.dumps(line) + "\n")
        except OSError as error:
            raise output_error(self.path, error) from None
        if self._writer is not None:
            for key, value in values.items():
                if isinstance(value, (int, float)):
                    self._writer.add_scalar(key, value, nimg)
        return line

    def grid(self, nimg: int, pictures: np.ndarray, name: str = "faces") -> Path:
        """Save pictures, uint8 ``[n, h, w, 3]``, as one grid."""
        path = self.folder / "grids" / f"{name}-{nimg:08d}.png"
        images.save(path, images.grid(pictures), provenance={"nimg": nimg}, force=True)
        return path

    def close(self) -> None:
        """Flush what TensorBoard still holds, and let other runs into the folder."""
        self._release()
        if self._writer is not None:
            self._writer.close()

    def __enter__(self) -> RunLog:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
