"""Whether an edit did what its name says, and nothing else.

Move along direction *i*, let a judge that did not find the direction score attribute *j* before
and after: M[i, j] = mean over samples of score_j(edited along i) − score_j(original). A good
direction has a large diagonal and little beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mien.errors import InputError, UnknownName


@dataclass(frozen=True, eq=False)
class RescoringMatrix:
    """Mean change of every score (column) under every edit (row), in the unit of the scores.

    ``stderr`` is the standard error of each mean over samples; 0 for one. ``targets`` are the
    columns that each row is meant to change; ``related`` those that cannot but move with them
    (values of one attribute exclude each other): they count neither on the diagonal nor off it.
    """

    directions: tuple[str, ...]
    scores: tuple[str, ...]
    values: np.ndarray
    stderr: np.ndarray
    samples: int
    targets: Mapping[str, tuple[str, ...]]
    related: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def _mask(self, columns: Mapping[str, tuple[str, ...]] | None = None) -> np.ndarray:
        mask = np.zeros(self.values.shape, bool)
        for row, direction in enumerate(self.directions):
            for score in (self.targets if columns is None else columns).get(direction, ()):
                mask[row, self.scores.index(score)] = True
        return mask

    @property
    def diagonal(self) -> np.ndarray:
        """The change of its own score under each edit, a number a row; higher is better."""
        return np.array(
            [row[own].mean() for row, own in zip(self.values, self._mask(), strict=True)]
        )

    def summary(self) -> RescoringSummary:
        """On and off the diagonal, one number each."""
        others = np.abs(self.values[~(self._mask() | self._mask(self.related))])
        return RescoringSummary(
            diagonal=float(self.diagonal.mean()),
            off_diagonal=float(others.mean()) if others.size else 0.0,
        )

    def csv_rows(self) -> list[list[str]]:
        """Rows for a CSV writer: a head, then a row a direction; full precision."""
        head = ["direction", *self.scores]
        body = [
            [name, *(repr(float(value)) for value in row)]
            for name, row in zip(self.directions, self.values, strict=True)
        ]
        return [head, *body]


@dataclass(frozen=True)
class RescoringSummary:
    """Mean change of what each edit is named after, and mean absolute change of all else.

    Higher is better for the first, lower for the second.
    """

    diagonal: float
    off_diagonal: float

    @property
    def leak(self) -> float:
        """``off_diagonal`` as a share of ``diagonal``; infinite if the diagonal is not positive."""
        return self.off_diagonal / self.diagonal if self.diagonal > 0 else float("inf")


def rescoring_matrix(
    original: np.ndarray,
    edited: Mapping[str, np.ndarray],
    scores: Sequence[str],
    targets: Mapping[str, Sequence[str]] | None = None,
    related: Mapping[str, Sequence[str]] | None = None,
) -> RescoringMatrix:
    """Build the matrix from a judge's scores ``[samples, scores]``, before and after each edit.

    ``targets`` are the scores that a direction is meant to raise, ``None`` for directions that are
    named like their score; ``related`` count neither on nor off the diagonal. Raises InputError if
    shapes do not fit, scores are not finite, or there is nothing to compare, UnknownName if a
    target or a related score is not among ``scores``.
    """
    for score in (name for names in (related or {}).values() for name in names):
        if score not in scores:
            raise UnknownName("score", score, scores)
    if original.ndim != 2 or original.shape[0] < 1 or original.shape[1] != len(scores):
        raise InputError(f"scores of shape {original.shape} for {len(scores)} names")
    if not edited:
        raise InputError("re-scoring of no directions; at least 1 is needed")
    before = original.astype(np.float64)
    values, errors, wanted = [], [], {}
    for name, after in edited.items():
        if after.shape != original.shape:
            raise InputError(f"scores after {name!r} are {after.shape}, before {original.shape}")
        change = after.astype(np.float64) - before
        if not np.isfinite(change).all():
            raise InputError(f"scores before or after {name!r} are not all finite")
        values.append(change.mean(axis=0))
        spread = change.std(axis=0, ddof=1) if len(change) > 1 else np.zeros(len(scores))
        errors.append(spread / np.sqrt(len(change)))
        wanted[name] = _targets_of(name, scores, targets)
    return RescoringMatrix(
        directions=tuple(edited),
        scores=tuple(scores),
        values=np.stack(values),
        stderr=np.stack(errors),
        samples=original.shape[0],
        targets=wanted,
        related={name: tuple((related or {}).get(name, ())) for name in edited},
    )


def stacked(rows: Sequence[RescoringMatrix]) -> RescoringMatrix:
    """One matrix of the rows of several, whose directions were tried on different samples.

    Raises InputError for none, columns or numbers of samples that differ, or a direction twice.
    """
    names = [name for one in rows for name in one.directions]
    alike = {(one.scores, one.samples) for one in rows}
    if len(alike) != 1 or len(set(names)) != len(names):
        raise InputError(
            f"{len(rows)} re-scoring matrices with {len(alike)} kinds of columns and samples, and "
            f"{len(set(names))} of {len(names)} directions named once; they do not stack"
        )
    return RescoringMatrix(
        directions=tuple(names),
        scores=rows[0].scores,
        values=np.concatenate([one.values for one in rows]),
        stderr=np.concatenate([one.stderr for one in rows]),
        samples=rows[0].samples,
        targets={name: one.targets[name] for one in rows for name in one.directions},
        related={name: one.related.get(name, ()) for one in rows for name in one.directions},
    )


def _targets_of(
    name: str, scores: Sequence[str], targets: Mapping[str, Sequence[str]] | None
) -> tuple[str, ...]:
    if targets is not None and name not in targets:
        raise UnknownName("direction among the targets", name, targets)
    wanted = (name,) if targets is None else tuple(targets[name])
    for score in wanted:
        if score not in scores:
            raise UnknownName("score", score, scores)
    if not wanted:
        raise InputError(f"direction {name!r} has no score that it is meant to raise")
    return wanted
