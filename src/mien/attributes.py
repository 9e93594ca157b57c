"""What can be said about a face: the columns of a label table and the values of each.

One vocabulary serves the judges that read attributes off pictures, the text room that reads them
off sentences, the labels of a conditional generator and every table of scores. A *label* is one
``column=value``; a face described in part is a dict from column to value, and a column that is not
in it is left open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

COLUMNS: dict[str, tuple[str, ...]] = {
    "gender": ("f", "m"),
    "age": ("baby", "child", "teen", "young", "middle", "old"),
    "skin": ("light", "medium", "tan", "dark"),
    "hair_color": (
        *("black", "brown", "blonde", "red", "orange", "gray", "white"),
        *("blue", "green", "purple", "pink", "hidden", "none"),
    ),
    "hair_length": ("bald", "short", "medium", "long", "hidden"),
    "hair_texture": ("straight", "wavy", "curly", "afro", "braided", "tied", "na"),
    "bangs": ("0", "1"),
    "facial_hair": ("none", "stubble", "goatee", "mustache", "beard"),
    "glasses": ("none", "glasses", "sunglasses"),
    "headwear": ("none", "hat", "cap", "headband", "scarf", "hood", "crown", "other"),
    "expression": ("neutral", "smile", "laugh", "sad", "angry", "surprised", "other"),
    "mouth": ("closed", "open"),
    "eyes": ("open", "closed"),
    "makeup": ("0", "1"),
    "earrings": ("0", "1"),
    "pose": ("front", "left", "right", "profile", "down", "up"),
}
"""Column -> its values, in the order of the heads of a tagger and of a label vector."""

LABELS: tuple[str, ...] = tuple(f"{col}={val}" for col, vals in COLUMNS.items() for val in vals)
"""Every ``column=value``, in the order of a label vector."""

_PLAIN = {
    "skin": "{} skin",
    "hair_color": "{} hair",
    "hair_length": "{} hair",
    "hair_texture": "{} hair",
    "facial_hair": "a {}",
    "glasses": "{}",
    "headwear": "a {}",
    "expression": "a {} expression",
    "mouth": "{} mouth",
    "eyes": "{} eyes",
    "pose": "looking {}",
}
_SAID = {
    "gender=f": "female",
    "gender=m": "male",
    "age=baby": "a baby",
    "age=child": "a child",
    "age=teen": "a teenager",
    "age=young": "young",
    "age=middle": "middle-aged",
    "age=old": "old",
    "skin=medium": "a medium skin tone",
    "hair_color=gray": "grey hair",
    "hair_color=none": "no hair",
    "hair_length=bald": "bald",
    "hair_length=medium": "medium-length hair",
    "hair_texture=afro": "an afro",
    "hair_texture=na": "hair of no texture to be seen",
    "bangs=0": "no bangs",
    "bangs=1": "bangs",
    "facial_hair=none": "no facial hair",
    "facial_hair=stubble": "stubble",
    "glasses=none": "no glasses",
    "headwear=none": "no headwear",
    "headwear=other": "other headwear",
    "expression=smile": "a smile",
    "expression=laugh": "laughing",
    "expression=angry": "an angry expression",
    "expression=other": "another expression",
    "makeup=0": "no makeup",
    "makeup=1": "makeup",
    "earrings=0": "no earrings",
    "earrings=1": "earrings",
    "pose=front": "looking ahead",
    "pose=profile": "in profile",
}

_INDEX = {label: i for i, label in enumerate(LABELS)}


def label_index(column: str, value: str) -> int:
    """Position of ``column=value`` in a label vector."""
    return _INDEX[f"{column}={value}"]


def column_slice(column: str) -> slice:
    """Where the values of a column stand in a label vector."""
    start = _INDEX[f"{column}={COLUMNS[column][0]}"]
    return slice(start, start + len(COLUMNS[column]))


def is_known(column: str, value: str) -> bool:
    """Whether a cell of a label table says something; ``?`` and surprises do not."""
    return f"{column}={value}" in _INDEX


def in_words(column: str, values: str | Iterable[str], joined: str = "or") -> str:
    """A label as people say it: ``red hair``, ``a smile``; several values are ``joined``."""
    values = (values,) if isinstance(values, str) else values
    said = [_SAID.get(f"{column}={v}") or _PLAIN[column].format(v) for v in values]
    return f" {joined} ".join(dict.fromkeys(said))


def encode(face: Mapping[str, str]) -> np.ndarray:
    """One face, described in part, as a label vector: float32 ``[len(LABELS)]``, 0 and 1.

    Columns left open are absent, unknown cells are ignored.
    """
    vector = np.zeros(len(LABELS), np.float32)
    for column, value in face.items():
        if is_known(column, value):
            vector[label_index(column, value)] = 1
    return vector


def decode(vector: np.ndarray) -> dict[str, str]:
    """The inverse of :func:`encode`: the strongest positive value of each column."""
    face = {}
    for column, values in COLUMNS.items():
        scores = vector[column_slice(column)]
        if scores.max() > 0:
            face[column] = values[int(scores.argmax())]
    return face
