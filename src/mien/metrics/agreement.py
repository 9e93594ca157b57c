"""Whether pictures show what was asked for, attribute by attribute.

Higher is better. Beside each share stand the share that the best constant guess would reach and
the balanced accuracy, because most columns are lopsided: nine faces of ten wear no glasses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from torch import Tensor

from mien.attributes import COLUMNS
from mien.errors import InputError, UnknownName

_GROUPS: Mapping[str, Mapping[str, str]] = {
    "age": {"child": "baby child", "young": "teen young", "middle": "middle", "old": "old"},
    "skin": {"light": "light", "medium": "medium tan", "dark": "dark"},
    "hair_color": {
        "black": "black",
        "brown": "brown",
        "blonde": "blonde",
        "red": "red orange",
        "gray": "gray white",
        "dyed": "blue green purple pink",
        "unseen": "hidden none",
    },
    "hair_length": {"bald": "bald", "short": "short", "long": "medium long", "hidden": "hidden"},
    "hair_texture": {
        "straight": "straight",
        "curled": "wavy curly afro",
        "bound": "braided tied",
        "na": "na",
    },
    "facial_hair": {"none": "none", "any": "stubble goatee mustache beard"},
    "glasses": {"none": "none", "any": "glasses sunglasses"},
    "headwear": {"none": "none", "any": "hat cap headband scarf hood crown other"},
    "expression": {
        "neutral": "neutral",
        "positive": "smile laugh",
        "negative": "sad angry",
        "other": "surprised other",
    },
    "pose": {"front": "front", "side": "left right profile", "tilted": "down up"},
}

COARSE: Mapping[str, Mapping[str, str]] = {
    column: {value: group for group, values in groups.items() for value in values.split()}
    for column, groups in _GROUPS.items()
}
"""Column -> value -> coarse group. A column that is absent is coarse already."""

Level = Literal["exact", "coarse"]
"""Whether values must be equal, or only their coarse groups."""


@dataclass(frozen=True)
class ColumnAgreement:
    """How often one column of attributes came out as wanted.

    All shares lie in [0, 1]. ``count`` pictures wanted it; the others are skipped. ``exact`` is the
    share with the very value, ``coarse`` with one of the same coarse group, ``balanced`` the mean
    over wanted values of the share that got it (balanced accuracy); ``majority_exact`` and
    ``majority_coarse`` are what always guessing the commonest value or group would reach.
    """

    column: str
    count: int
    exact: float
    coarse: float
    balanced: float
    majority_exact: float
    majority_coarse: float

    def as_dict(self) -> dict[str, str | int | float]:
        """The fields as plain values, in declared order."""
        return asdict(self)


@dataclass(frozen=True)
class Agreement:
    """Agreement of every column that was wanted at least once, in the order of the predictions."""

    rows: tuple[ColumnAgreement, ...]

    def __getitem__(self, column: str) -> ColumnAgreement:
        """The row of a column; raises UnknownName if it was not predicted, or never wanted."""
        for row in self.rows:
            if row.column == column:
                return row
        raise UnknownName("scored column", column, [row.column for row in self.rows])

    def average(self, columns: Iterable[str], level: Level = "exact") -> float:
        """Mean agreement over columns, each with equal weight.

        Raises UnknownName if a column was not predicted, or never wanted, InputError for no
        columns.
        """
        return _mean([getattr(self[column], level) for column in columns])

    def majority(self, columns: Iterable[str], level: Level = "exact") -> float:
        """The same mean for the best constant guess."""
        return _mean([getattr(self[column], f"majority_{level}") for column in columns])


def _mean(values: Sequence[float]) -> float:
    if not values:
        raise InputError("average over no columns; name at least 1")
    return float(np.mean(values))


def coarse_group(column: str, value: str) -> str:
    """The coarse group of a value, or the value itself where the column has no groups."""
    return COARSE.get(column, {}).get(value, value)


def _predicted_values(
    column: str, predicted: Tensor | np.ndarray, values: Sequence[str]
) -> list[str]:
    array = predicted.detach().cpu().numpy() if isinstance(predicted, Tensor) else predicted
    if array.ndim == 2 and array.shape[1] == len(values):
        if not np.isfinite(array).all():
            raise InputError(f"logits of {column} are not all finite")
        array = array.argmax(axis=1)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise InputError(
            f"predictions of {column} are {array.dtype} {array.shape}; logits [n, {len(values)}] "
            "or whole numbers [n] are needed"
        )
    if array.size and (array.min() < 0 or array.max() >= len(values)):
        raise InputError(
            f"predictions of {column} run from {array.min()} to {array.max()}; it has "
            f"{len(values)} values"
        )
    return [values[int(index)] for index in array]


def _commonest_share(guessed_from: Sequence[str], wanted: Sequence[str]) -> float:
    guess = Counter(guessed_from).most_common(1)[0][0]
    return sum(value == guess for value in wanted) / len(wanted)


def _score_column(
    column: str, pairs: Sequence[tuple[str, str]], reference: Sequence[str]
) -> ColumnAgreement:
    got, wanted = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    coarse_got = [coarse_group(column, value) for value in got]
    coarse_wanted = [coarse_group(column, value) for value in wanted]
    recalls = []
    for value in sorted(set(wanted)):
        answers = [g for g, w in pairs if w == value]
        recalls.append(answers.count(value) / len(answers))
    return ColumnAgreement(
        column=column,
        count=len(pairs),
        exact=float(np.mean([g == w for g, w in pairs])),
        coarse=float(np.mean([g == w for g, w in zip(coarse_got, coarse_wanted, strict=True)])),
        balanced=float(np.mean(recalls)),
        majority_exact=_commonest_share(reference, wanted),
        majority_coarse=_commonest_share(
            [coarse_group(column, value) for value in reference], coarse_wanted
        ),
    )


def attribute_agreement(
    predicted: Mapping[str, Tensor | np.ndarray],
    wanted: Sequence[Mapping[str, str]],
    columns: Mapping[str, Sequence[str]] = COLUMNS,
    reference: Sequence[Mapping[str, str]] | None = None,
) -> Agreement:
    """Compare what a judge reads off pictures with what was wanted of them.

    ``predicted`` gives for each column logits ``[n, values]`` in the order of ``columns``, or
    indices of values ``[n]``; ``wanted`` for each picture column -> value, of which absent columns
    and values that the column does not have (``?``) are skipped. The commonest value is learned
    from ``reference`` faces, such as the training part; ``None`` takes ``wanted`` itself, the
    strongest constant guess there is, and so does a column that no reference face tells of.

    Raises UnknownName if a predicted column is not in ``columns``, InputError if numbers of
    pictures or of values do not fit, or nothing was wanted.
    """
    rows = []
    for column, scores in predicted.items():
        if column not in columns:
            raise UnknownName("column", column, columns)
        values = columns[column]
        answers = _predicted_values(column, scores, values)
        if len(answers) != len(wanted):
            raise InputError(f"{len(answers)} predictions of {column} for {len(wanted)} pictures")
        pairs = [
            (answer, face[column])
            for answer, face in zip(answers, wanted, strict=True)
            if face.get(column) in values
        ]
        learned = [face[column] for face in reference or () if face.get(column) in values]
        if pairs:
            rows.append(_score_column(column, pairs, learned or [pair[1] for pair in pairs]))
    if not rows:
        raise InputError("nothing to compare: no predicted column was wanted of any picture")
    return Agreement(tuple(rows))
