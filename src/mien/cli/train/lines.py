"""The lines that training prints, each with the time that is left."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from mien.cli.common import note

_HIDDEN = ("time",)


class Lines:
    """Prints the lines of a run on stderr, ``head`` before each; nothing if ``quiet``.

    ``kimg`` is where the run ends, to reckon ``left`` where a line does not say it.
    """

    def __init__(self, kimg: float | None = None, quiet: bool = False, head: str = "") -> None:
        self.kimg, self.quiet, self.head = kimg, quiet, head
        self._first: tuple[float, float] | None = None

    def __call__(self, line: Mapping[str, Any]) -> None:
        """Print one line."""
        if self.quiet:
            return
        said = {key: value for key, value in line.items() if key not in _HIDDEN}
        left = said.pop("left", None)
        left = self._left(said) if left is None else left
        parts = [f"{key} {value}" for key, value in said.items()]
        if left is not None:
            parts.append(f"left {duration(left)}")
        note("  ".join([self.head, *parts] if self.head else parts))

    def _left(self, line: Mapping[str, Any]) -> float | None:
        """Seconds to the end, by the pace since the first line; None where nobody can know."""
        nimg = line.get("nimg")
        if self.kimg is None or not isinstance(nimg, int | float):
            return None
        now = time.monotonic()
        if self._first is None or nimg <= self._first[0]:
            self._first = (float(nimg), now)
            return None
        began, at = self._first
        return (now - at) / (nimg - began) * max(self.kimg * 1000 - nimg, 0)


def duration(seconds: float) -> str:
    """A time as people say it: ``40 s``, ``12 min``, ``3 h 05 min``, ``2 d 4 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"
