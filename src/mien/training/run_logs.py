"""What runs have logged, as curves: losses and SSIM over images seen, as pictures and as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from mien.errors import FileError
from mien.metrics.charts import line_chart
from mien.training.logs import RunLog

_PARTS = {"train": "train", "val": "kept-out"}


@dataclass(frozen=True)
class Curves:
    """The log of one run: name of a number -> its (images seen, value), in order."""

    name: str
    path: Path
    lines: Mapping[str, Sequence[tuple[float, float]]]

    @classmethod
    def read(cls, path: Path, name: str) -> Curves:
        """Read a ``log.jsonl``; a FileError if it holds no line with numbers."""
        lines: dict[str, list[tuple[float, float]]] = {}
        try:
            rows = RunLog.read(path)
        except OSError as error:
            raise FileError(path, f"cannot be read ({error.strerror})") from None
        for row in rows:
            for key, value in row.items():
                number = isinstance(value, int | float) and math.isfinite(value)
                if number and key not in ("nimg", "time") and "nimg" in row:
                    lines.setdefault(key, []).append((row["nimg"], value))
        if not lines:
            raise FileError(path, "holds no line with numbers", "give the folder of a training run")
        return cls(name, path, lines)

    def last(self, key: str) -> float | None:
        """The newest value of a number; ``None`` if it was never logged."""
        found = self.lines.get(key)
        return found[-1][1] if found else None


def loss_chart(curves: Sequence[Curves]) -> UInt8[np.ndarray, "h w 3"] | None:
    """Generator and discriminator losses of runs over images seen; ``None`` if none was logged."""
    wanted = {"loss/G": "G", "val/loss/G": "G kept-out", "loss/D": "D", "val/loss/D": "D kept-out"}
    return _chart(curves, wanted, "losses", "loss", log_y=True)


def ssim_chart(curves: Sequence[Curves], direction: str) -> UInt8[np.ndarray, "h w 3"] | None:
    """SSIM of runs in one direction over images seen; ``None`` if none was logged."""
    wanted = {f"{key}/{direction}/ssim": said for key, said in _PARTS.items()}
    return _chart(curves, wanted, f"SSIM, {direction}", "SSIM", log_y=False)


def curves_csv(curves: Sequence[Curves]) -> str:
    """Every number of every run, a line each: run, images seen, name, value."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["run", "nimg", "name", "value"])
    for run in curves:
        for key, points in run.lines.items():
            writer.writerows([run.name, nimg, key, repr(value)] for nimg, value in points)
    return buffer.getvalue()


def _chart(
    curves: Sequence[Curves], wanted: Mapping[str, str], title: str, y: str, log_y: bool
) -> UInt8[np.ndarray, "h w 3"] | None:
    series = {
        f"{run.name}, {said}": tuple(zip(*run.lines[key], strict=True))
        for run in curves
        for key, said in wanted.items()
        if run.lines.get(key)
    }
    drawable = {
        name: (xs, ys) for name, (xs, ys) in series.items() if not log_y or any(v > 0 for v in ys)
    }
    if not drawable:
        return None
    return line_chart(drawable, title, "images seen", y, (860, 480), log_y)
