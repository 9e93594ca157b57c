"""The label of a generator that was trained with classes or attributes, as a person writes it.

A class by its number (``1``), all numbers of a label (``0.2,0.8,0``), or, for generators with
mien's attributes, what they shall be (``gender=f,glasses=glasses``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mien.attributes import COLUMNS, LABELS, encode
from mien.checkpoints.registry import choice_remark
from mien.errors import InputError, UnknownName, counted

if TYPE_CHECKING:
    from torch import Tensor

    from mien.portraits.session import Portraits

Label = str | int | Sequence[float]
"""How a label is given."""

_SHOWN = 8


def read_label(label: Label | None, c_dim: int) -> list[float] | None:
    """Read a label as a person writes it into ``c_dim`` numbers; None says nothing.

    InputError: the generator takes none (``c_dim`` 0) or others, or it cannot be read.
    """
    if label is None:
        return None
    shown = label if isinstance(label, str) else str(label)
    if not c_dim:
        raise InputError(f"label {shown[:60]}: this generator takes none; leave it out")
    if isinstance(label, str) and "=" in label:
        return _attributes(label, c_dim)
    try:
        numbers = _numbers(label)
    except ValueError:
        raise InputError(
            f"label {shown[:60]!r} is no class number and no list of {c_dim} numbers"
        ) from None
    if isinstance(numbers, int):
        if not 0 <= numbers < c_dim:
            raise InputError(f"label {numbers} is no class from 0 to {c_dim - 1}")
        return [float(i == numbers) for i in range(c_dim)]
    if len(numbers) != c_dim:
        raise InputError(
            f"label has {counted(len(numbers), 'numbers')}, this generator takes {c_dim}, or a "
            f"class from 0 to {c_dim - 1}"
        )
    if not all(math.isfinite(number) for number in numbers):
        raise InputError(f"label {shown[:60]} holds numbers that are not finite")
    return numbers


def said_label(label: Sequence[float]) -> int | list[float]:
    """A label as a provenance says it: the class, if it is one."""
    ones = [i for i, number in enumerate(label) if number == 1]
    if len(ones) == 1 and sum(number != 0 for number in label) == 1:
        return ones[0]
    return [float(number) for number in label]


def label_remark(label: Sequence[float] | None, c_dim: int) -> str | None:
    """What a person should know of the label that is drawn with, if anything."""
    if not c_dim:
        return None
    if label is not None:
        found = said_label(label)
        if isinstance(found, list) and len(found) > _SHOWN:
            return f"drawn with the label given, {sum(n != 0 for n in found)} of {c_dim} said"
        return f"drawn with label {found}"
    if c_dim == len(LABELS):  # Such generators see empty labels while they are trained.
        return None
    return (
        f"this network takes {counted(c_dim, 'labels')}; drawn with none said, which it may "
        f"never have seen (`label=0` to {c_dim - 1})"
    )


def label_said(label: Tensor | None) -> dict[str, Any]:
    """What a provenance says of a label ``[1, c_dim]``: nothing where there is none."""
    return {} if label is None else {"label": said_label(label[0].tolist())}


def remarks(studio: Portraits) -> list[str]:
    """What a person should know of the generator: which one of a file it is, and its label."""
    label = None if studio.label is None else studio.label[0].tolist()
    found = choice_remark(studio.loaded.meta), label_remark(label, studio.generator.config.c_dim)
    return [remark for remark in found if remark is not None]


def _numbers(label: Label) -> int | list[float]:
    if isinstance(label, int):
        return label
    if not isinstance(label, str):
        return [float(number) for number in label]
    text = label.strip().strip("[]()")
    parts = [part for part in text.replace(",", " ").split() if part]
    if not parts:
        raise ValueError(label)
    if len(parts) == 1 and "," not in label and "." not in label and "[" not in label:
        return int(parts[0])
    return [float(part) for part in parts]


def _attributes(label: str, c_dim: int) -> list[float]:
    """``gender=f,glasses=glasses`` as the label of mien's attributes."""
    if c_dim != len(LABELS):
        raise InputError(
            f"label {label[:60]!r} names attributes, this generator takes {c_dim} of its own"
        )
    face = {}
    for part in label.split(","):
        column, _, value = (piece.strip() for piece in part.partition("="))
        if column not in COLUMNS:
            raise UnknownName("attribute", column, COLUMNS)
        if value not in COLUMNS[column]:
            raise UnknownName(f"value of {column}", value, COLUMNS[column])
        face[column] = value
    return [float(number) for number in encode(face)]
