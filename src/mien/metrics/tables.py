"""Scores as a table: aligned text, markdown or CSV, always with the protocol that made them.

A column is a metric, a row whatever is compared. Below the numbers stands every protocol among
them; where the cells of one column were made by different protocols, each cell carries its mark.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mien.errors import InputError
from mien.metrics.protocol import Protocol, Score

_ARROWS = {"higher": "↑", "lower": "↓"}


def _number(score: Score) -> str:
    if not math.isfinite(score.value):
        return str(score.value)
    text = f"{score.value:.4g}"
    return text if score.stderr is None else f"{text} ± {score.stderr:.2g}"


@dataclass(frozen=True)
class ScoreTable:
    """Rows of scores under one title; ``row_name`` is the head of the first column ("method").

    A row may lack some scores. ``extra`` holds facts of rows that are not scores ("parameters":
    "3.3 M"). Raises InputError for no rows, a metric twice in a row, or one metric with two
    directions.
    """

    title: str
    row_name: str
    rows: Mapping[str, Sequence[Score]]
    extra: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.rows:
            raise InputError(f"table {self.title!r} has no rows")
        directions: dict[str, str] = {}
        for label, scores in self.rows.items():
            names = [score.name for score in scores]
            if len(set(names)) != len(names):
                raise InputError(f"table {self.title!r}, row {label!r}: a metric stands twice")
            for score in scores:
                if directions.setdefault(score.name, score.better) != score.better:
                    raise InputError(
                        f"table {self.title!r}: {score.name} is better "
                        f"{directions[score.name]} in one row and {score.better} in {label!r}"
                    )

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics, as they first occur."""
        return tuple(dict.fromkeys(s.name for scores in self.rows.values() for s in scores))

    @property
    def protocols(self) -> tuple[Protocol, ...]:
        """Every protocol among the scores, as they first occur."""
        return tuple(dict.fromkeys(s.protocol for scores in self.rows.values() for s in scores))

    def footer(self) -> list[str]:
        """One numbered line a protocol, ``[1] …``."""
        return [f"[{i}] {protocol.line()}" for i, protocol in enumerate(self.protocols, 1)]

    def _column(self, metric: str) -> list[Score | None]:
        return [next((s for s in row if s.name == metric), None) for row in self.rows.values()]

    def _cells(self) -> list[list[str]]:
        marks = {protocol: f"[{i}]" for i, protocol in enumerate(self.protocols, 1)}
        columns = [[self.row_name, *self.rows]]
        for metric in self.metrics:
            cells = self._column(metric)
            present = [score for score in cells if score is not None]
            head = f"{metric} {_ARROWS[present[0].better]}"
            shared = len({score.protocol for score in present}) == 1
            if shared:
                head += f" {marks[present[0].protocol]}"
            column = [head]
            for score in cells:
                mark = "" if shared or score is None else f" {marks[score.protocol]}"
                column.append("–" if score is None else _number(score) + mark)
            columns.append(column)
        for name in dict.fromkeys(name for facts in self.extra.values() for name in facts):
            facts = [self.extra.get(label, {}).get(name, "–") for label in self.rows]
            columns.append([name, *(str(fact) for fact in facts)])
        return [list(row) for row in zip(*columns, strict=True)]

    def text(self) -> str:
        """Aligned plain text: title, head, rows, protocols."""
        cells = self._cells()
        widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
        lines = [self.title, ""]
        for number, row in enumerate(cells):
            first = row[0].ljust(widths[0])
            rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
            lines.append("  ".join([first, *rest]).rstrip())
            if number == 0:
                lines.append("  ".join("-" * width for width in widths))
        return "\n".join([*lines, "", *self.footer()]) + "\n"

    def markdown(self) -> str:
        """A GitHub-flavoured table with the protocols as a list below it."""
        head, *body = [[cell.replace("|", "\\|") for cell in row] for row in self._cells()]
        lines = [f"**{self.title}**", "", "| " + " | ".join(head) + " |"]
        lines.append("|---" + "|--:" * (len(head) - 1) + "|")
        lines += ["| " + " | ".join(row) + " |" for row in body]
        return "\n".join([*lines, "", *(f"- {line}" for line in self.footer())]) + "\n"

    def csv(self) -> str:
        """One line a number, full precision, its protocol in the same line."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        fields = ["metric", "judge", "judge_sha256", "samples", "reference_samples", "resize"]
        fields += ["seed", "split", "notes"]
        writer.writerow(
            [self.row_name, "name", "value", "better", "stderr", "ci_low", "ci_high", *fields]
        )
        for label, scores in self.rows.items():
            for s in scores:
                low, high = s.ci or (None, None)
                protocol = s.protocol.as_dict()
                numbers = [repr(s.value), s.better, s.stderr, low, high]
                writer.writerow([label, s.name, *numbers, *(protocol[name] for name in fields)])
        return buffer.getvalue()

    def as_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON: title, and each row's scores with their protocols."""
        rows = {label: [score.as_dict() for score in row] for label, row in self.rows.items()}
        extra = {label: dict(facts) for label, facts in self.extra.items()}
        return {"title": self.title, "rows": rows, "extra": extra}
