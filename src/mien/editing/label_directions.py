"""A direction for every label, straight from the moments of a generator's codes.

``age: old`` leads from the rest of its column to the label, all other columns held: what the label
changes by itself. ``age: old, as usual`` holds nothing, so that what usually comes with the label
comes too: it turns more faces over and changes more of them. Both are columns of the regression
from labels to codes (:mod:`mien.portraits.codes`); strength 1 is a standard deviation of the codes.
"""

from __future__ import annotations

from collections.abc import Collection

import torch
from jaxtyping import Float
from torch import Tensor

from mien.attributes import COLUMNS, LABELS, column_slice, in_words, is_known
from mien.editing.direction import Direction, DirectionSet
from mien.errors import InputError
from mien.portraits.codes import CodeGaussian, CodeMoments

AS_USUAL = ", as usual"
"""What the name of a direction ends in that holds nothing."""
REACH = {"": 5.0, AS_USUAL: 4.0}
"""Up to so many standard deviations the person is still that person; see docs/inversion.md."""
FEWEST = 20
"""A label that fewer codes have has no direction."""


def label_name(column: str, value: str, usual: bool = False) -> str:
    """What the direction of a label is called; names of directions hold no ``=``."""
    return f"{column}: {value}{AS_USUAL if usual else ''}"


def name_in_words(name: str) -> str:
    """The name of a direction as people say it: ``glasses`` for ``glasses: glasses, as usual``."""
    column, _, value = name.removesuffix(AS_USUAL).partition(": ")
    if not is_known(column, value):
        return name
    return in_words(column, value).removeprefix("a ").removeprefix("an ")


def step_towards(
    labels: Collection[str], slope: Float[Tensor, "l d"], shares: Float[Tensor, " l"]
) -> Float[Tensor, " d"]:
    """The step of the mean code from the rest of a column to some of its labels ``column=value``.

    ``slope`` leads from labels to codes; ``shares`` says how often each label occurs.
    """
    inside = torch.zeros(len(LABELS))
    inside[[LABELS.index(label) for label in labels]] = 1
    block = torch.zeros(len(LABELS))
    block[column_slice(next(iter(labels)).split("=")[0])] = 1
    here, rest = shares * inside, shares * (block - inside)
    return (here / here.sum() - rest / rest.sum()) @ slope


def all_told(codes: CodeMoments) -> CodeGaussian:
    """The Gaussian of codes when all attributes are told; InputError: they know none."""
    if codes.label_dim != len(LABELS):
        raise InputError(f"codes of {codes.label_dim} labels, {len(LABELS)} attributes are needed")
    return codes.given(torch.ones(len(LABELS), dtype=torch.bool))


def occurs(codes: CodeMoments, labels: Collection[str]) -> bool:
    """Whether enough codes have one of some labels, and some codes of their column have none."""
    shares = codes.label_mean.clamp(min=0)
    column = column_slice(next(iter(labels)).split("=")[0])
    here = shares[[LABELS.index(label) for label in labels]].sum()
    return bool(here * codes.count >= FEWEST) and bool(shares[column].sum() > here)


def label_directions(codes: CodeMoments, generator: str) -> DirectionSet:
    """Both directions of every label that occurs often enough.

    ``codes`` are the moments that ``mien train faces`` writes with its generator, ``generator`` is
    its SHA-256. InputError: the codes know no attributes, or none occurs.
    """
    alone = all_told(codes)
    shares = codes.label_mean.cpu().clamp(min=0)
    precision = alone.precision.cpu().double()
    found: list[Direction] = []
    for column, values in COLUMNS.items():
        told = torch.zeros(len(LABELS), dtype=torch.bool)
        told[column_slice(column)] = True
        usual = codes.given(told)
        for value in values:
            label = f"{column}={value}"
            if not occurs(codes, [label]):
                continue
            for end, gaussian in (("", alone), (AS_USUAL, usual)):
                step = step_towards([label], gaussian.slope.cpu(), shares)
                length = float((step.double() @ precision @ step.double()).sqrt())
                if length > 0:
                    name = label_name(column, value) + end
                    found.append(
                        Direction(
                            name, step / length, "w", generator=generator, method="codes",
                            scores={"reach": REACH[end]},
                        )
                    )  # fmt: skip
    if not found:
        raise InputError("no label occurs often enough among the codes")
    return DirectionSet(tuple(found))
