"""Names that people use for tags and for what can be changed about a face.

A *tag* is one or several labels of :data:`mien.attributes.LABELS` under a name that people say
("long hair"). A *named edit* is an opposing pair of tags under the name of what changes ("age").
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mien.attributes import COLUMNS
from mien.editing.pairs import TagPair


def _labels(column: str, *values: str) -> tuple[str, ...]:
    return tuple(f"{column}={value}" for value in values)


TAGS: Mapping[str, tuple[str, ...]] = {
    "smiling": _labels("expression", "smile", "laugh"),
    "serious": _labels("expression", "neutral", "sad", "angry"),
    "open mouth": _labels("mouth", "open"),
    "closed mouth": _labels("mouth", "closed"),
    "closed eyes": _labels("eyes", "closed"),
    "open eyes": _labels("eyes", "open"),
    "with glasses": _labels("glasses", "glasses", "sunglasses"),
    "without glasses": _labels("glasses", "none"),
    "bearded": _labels("facial_hair", "stubble", "goatee", "mustache", "beard"),
    "clean-shaven": _labels("facial_hair", "none"),
    "man": _labels("gender", "m"),
    "woman": _labels("gender", "f"),
    "old": _labels("age", "middle", "old"),
    "young": _labels("age", "baby", "child", "teen", "young"),
    "black hair": _labels("hair_color", "black"),
    "brown hair": _labels("hair_color", "brown"),
    "blonde hair": _labels("hair_color", "blonde"),
    "grey hair": _labels("hair_color", "gray", "white"),
    "red hair": _labels("hair_color", "red", "orange"),
    "long hair": _labels("hair_length", "long"),
    "short hair": _labels("hair_length", "bald", "short"),
    "curly hair": _labels("hair_texture", "curly", "afro"),
    "straight hair": _labels("hair_texture", "straight"),
    "with bangs": _labels("bangs", "1"),
    "without bangs": _labels("bangs", "0"),
    "dark skin": _labels("skin", "tan", "dark"),
    "light skin": _labels("skin", "light"),
    "looking right": _labels("pose", "right"),
    "looking left": _labels("pose", "left"),
    "with makeup": _labels("makeup", "1"),
    "without makeup": _labels("makeup", "0"),
    "with earrings": _labels("earrings", "1"),
    "without earrings": _labels("earrings", "0"),
    "with a hat": _labels("headwear", *(v for v in COLUMNS["headwear"] if v != "none")),
    "bareheaded": _labels("headwear", "none"),
}
"""Tag -> the labels that it stands for, all of one column."""


_ANIME_HAIR = {
    "gray": "grey",
    "multicolor": "multicoloured",
} | {
    c: c
    for c in (
        *("black", "brown", "blonde", "red", "orange"),
        *("white", "blue", "green", "purple", "pink"),
    )
}
_ANIME_EYES = ("brown", "blue", "purple", "green", "red", "yellow", "aqua", "orange", "pink")

ANIME_TAGS: Mapping[str, tuple[str, ...]] = {
    **{f"{said} hair": _labels("hair_color", value) for value, said in _ANIME_HAIR.items()},
    **{f"{colour} eyes": _labels("eye_color", colour) for colour in (*_ANIME_EYES, "black")},
    "grey eyes": _labels("eye_color", "gray"),
    "long hair": _labels("hair_length", "long"),
    "medium hair": _labels("hair_length", "medium"),
    "short hair": _labels("hair_length", "short"),
    "loose hair": _labels("hair_style", "down"),
    "bob cut": _labels("hair_style", "bob"),
    "twintails": _labels("hair_style", "twintails"),
    "ponytail": _labels("hair_style", "ponytail"),
    "braided hair": _labels("hair_style", "braid"),
    "hair bun": _labels("hair_style", "bun"),
    "open mouth": _labels("mouth", "open"),
    "closed mouth": _labels("mouth", "closed"),
    "open eyes": _labels("eyes", "open"),
    # Wholly closed eyes are one anime face in a hundred.
    "closed eyes": _labels("eyes", "half", "closed"),
    "smiling": _labels("expression", "smile"),
    "serious": _labels("expression", "neutral", "frown", "sad", "angry"),
    "with glasses": _labels("glasses", "1"),
    "without glasses": _labels("glasses", "0"),
    "blushing": _labels("blush", "1"),
    "not blushing": _labels("blush", "0"),
    "with headwear": _labels("headwear", "1"),
    "bareheaded": _labels("headwear", "0"),
}
"""The same for anime faces, whose tagger has other columns and values."""


@dataclass(frozen=True)
class NamedEdit:
    """What can be changed about a face: a positive strength brings ``pair.towards``."""

    name: str
    pair: TagPair

    @property
    def column(self) -> str:
        """The column of the attribute table that it moves; values of one column exclude others."""
        return column_of(self.pair.towards)


def column_of(tag: str) -> str:
    """The column that a tag belongs to, be it a name of :data:`TAGS` or ``column=value``."""
    return TAGS.get(tag, (tag,))[0].partition("=")[0]


EDITS: tuple[NamedEdit, ...] = tuple(
    NamedEdit(name, TagPair(towards, away))
    for name, towards, away in (
        ("age", "old", "young"),
        ("gender", "man", "woman"),
        ("smile", "smiling", "serious"),
        ("mouth open", "open mouth", "closed mouth"),
        ("glasses", "with glasses", "without glasses"),
        ("beard", "bearded", "clean-shaven"),
        ("hair colour", "blonde hair", "black hair"),
        ("black hair/blonde hair", "black hair", "blonde hair"),
        ("grey hair/black hair", "grey hair", "black hair"),
        ("red hair/black hair", "red hair", "black hair"),
        ("hair length", "long hair", "short hair"),
        ("bangs", "with bangs", "without bangs"),
        ("yaw", "looking right", "looking left"),
        ("skin tone", "dark skin", "light skin"),
        ("makeup", "with makeup", "without makeup"),
        ("hat", "with a hat", "bareheaded"),
    )
)
"""What the shipped set can change: a positive strength brings the first tag of the pair."""


def tag_table(columns: Mapping[str, Collection[str]]) -> dict[str, tuple[str, ...]]:
    """The tags that a tagger can see, under the names that people use where there are any.

    Tag -> its labels ``column=value``: those of :data:`TAGS` (of :data:`ANIME_TAGS` where there is
    a column ``eye_color``) whose labels all exist, then each label that none of these stands for
    alone, under its own name.
    """
    names = ANIME_TAGS if "eye_color" in columns else TAGS
    labels = [f"{column}={value}" for column, values in columns.items() for value in values]
    known = set(labels)
    table = {tag: parts for tag, parts in names.items() if known.issuperset(parts)}
    alone = {parts[0] for parts in table.values() if len(parts) == 1}
    return table | {label: (label,) for label in labels if label not in alone}
