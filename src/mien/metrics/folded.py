"""A table whose rows are parts of data and whose columns are metrics, with its protocols folded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mien.metrics.protocol import Protocol
from mien.metrics.tables import ScoreTable

_MARK = re.compile(r" \[\d+\]$")


@dataclass(frozen=True)
class FoldedTable(ScoreTable):
    """A :class:`ScoreTable` that says of each column and of each row once how it was made.

    For tables in which a column shares its metric, judge and resize, and a row its samples, split
    and notes; where one does not, all that occur are listed. The CSV and :meth:`as_dict` have the
    whole protocol with every number, as ever.
    """

    def footer(self) -> list[str]:
        """One line a column, then one line a row."""
        lines = []
        for name in self.metrics:
            scores = (s for row in self.rows.values() for s in row if s.name == name)
            lines.append(f"{name}: {_listed(_about_column(s.protocol) for s in scores)}")
        for row, scores in self.rows.items():
            lines.append(f"{row}: {_listed(_about_row(s.protocol) for s in scores)}")
        return lines

    def _cells(self) -> list[list[str]]:
        return [[_MARK.sub("", cell) for cell in row] for row in super()._cells()]


def _listed(said: Iterable[str]) -> str:
    return "; or ".join(dict.fromkeys(said))


def _about_column(protocol: Protocol) -> str:
    if protocol.judge == "none":
        return protocol.metric
    judge = f"judge {protocol.judge} {protocol.judge_sha256[:12]}"
    return f"{protocol.metric}; {judge}; resize {protocol.resize}"


def _about_row(protocol: Protocol) -> str:
    seed = "" if protocol.seed is None else f"; seed {protocol.seed}"
    notes = f"; {protocol.notes}" if protocol.notes else ""
    return f"{protocol.samples} samples; {protocol.split}{seed}{notes}"
