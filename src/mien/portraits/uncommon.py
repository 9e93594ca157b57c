"""Photographs that show what few show, drawn more often than they come up.

Of five thousand faces a hundred wear sunglasses: a decoder that sees each picture equally often
learns the other faces again and again, and draws rims where a frame should be.
"""

from __future__ import annotations

import numpy as np

from mien.attributes import COLUMNS, LABELS, column_slice

SELDOM = ("facial_hair", "glasses", "headwear")
"""Columns in which one value is common and the others are what people ask for."""
_LEAST = 8  # pictures of a value, below which it would only be learnt by heart


class Uncommon:
    """Groups of pictures by what is uncommon about them, a column after the other.

    With labels other than those of :data:`mien.attributes.LABELS`, or where nothing is uncommon,
    there are no groups.
    """

    def __init__(self, labels: np.ndarray) -> None:
        self.groups: list[list[np.ndarray]] = []
        for column in SELDOM if labels.shape[1] == len(LABELS) else ():
            told = labels[:, column_slice(column)] > 0
            common = int(told.sum(axis=0).argmax())
            others = [
                np.flatnonzero(told[:, i]) for i in range(len(COLUMNS[column])) if i != common
            ]
            if found := [rows for rows in others if len(rows) >= _LEAST]:
                self.groups.append(found)

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Rows of ``count`` pictures: a column, of it a value by the root of its number, a picture.

        The root lies between every value alike, which shows a few pictures all the time, and every
        picture alike, which leaves rare values rare.
        """
        rows = np.zeros(count, np.int64)
        for i in range(count):
            values = self.groups[rng.integers(len(self.groups))]
            share = np.sqrt([len(value) for value in values])
            rows[i] = rng.choice(values[rng.choice(len(values), p=share / share.sum())])
        return rows
