"""What a tagger reads off an anime face: hair, eyes, mouth, expression, and what the head wears.

The network is :class:`mien.judges.tagger.Tagger` with other columns, so that whatever takes a
tagger (fitting directions, distances on its features) takes this one as well.

    tagger = Tagger(anime_config())
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mien.errors import InputError
from mien.judges.tagger import TaggerConfig

if TYPE_CHECKING:
    from mien.judges.tagger import Tagger

ANIME_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "hair_color": (
        *("black", "brown", "blonde", "red", "orange", "gray", "white", "blue", "green"),
        *("purple", "pink", "multicolor"),
    ),
    "hair_length": ("short", "medium", "long"),
    "hair_style": ("down", "twintails", "bob", "ponytail", "short", "braid", "bun", "other"),
    "eye_color": (
        *("brown", "blue", "purple", "green", "gray", "red", "yellow", "aqua", "orange", "pink"),
        *("black", "hidden"),
    ),
    "mouth": ("closed", "open"),
    "eyes": ("open", "half", "closed", "one_closed"),
    "expression": ("neutral", "smile", "frown", "sad", "angry", "surprised"),
    "glasses": ("0", "1"),
    "blush": ("0", "1"),
    "headwear": ("0", "1"),
}
"""Column -> its values, in the order of the heads: those of ``selfie2anime_tags.csv``."""


def anime_config(resolution: int = 96, width: int = 28) -> TaggerConfig:
    """The configuration of a tagger of anime faces; arguments as :class:`TaggerConfig`."""
    return TaggerConfig(dict(ANIME_COLUMNS), resolution, width)


def check_anime(tagger: Tagger, name: str) -> None:
    """Refuse a tagger that does not read anime faces.

    Args:
        tagger: A loaded one.
        name: What to call it in the error.

    Raises:
        InputError: It has none of the columns that only anime faces have.
    """
    columns = tagger.config.columns
    if "eye_color" not in columns or "hair_style" not in columns:
        raise InputError(
            f"tagger {name!r} reads {', '.join(columns)}, and one of anime faces is wanted; "
            "train it: mien train anime-tagger"
        )
