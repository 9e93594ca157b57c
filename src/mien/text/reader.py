"""From a sentence to the attributes that it asserts, denies or leaves open.

The attribute reader of StyleT2F (Sabae et al. 2022) is a fine-tuned transformer; this one is a
lexicon and three rules (:mod:`mien.text.clauses`), so that what it understood can be shown word by
word.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mien.attributes import COLUMNS
from mien.text.clauses import Chunk, parse

STRENGTH: dict[str, int] = {
    "age=baby": 6,
    "age=teen": 5,
    "age=old": 4,
    "age=middle": 4,
    "age=child": 3,
    "hair_length=bald": 2,
    "hair_texture=braided": 5,
    "hair_texture=afro": 5,
    "hair_texture=tied": 4,
    "hair_texture=curly": 3,
    "hair_texture=wavy": 2,
    "facial_hair=beard": 4,
    "facial_hair=goatee": 3,
    "facial_hair=mustache": 2,
    "facial_hair=stubble": 1,
    "glasses=sunglasses": 1,
    "expression=neutral": -1,
    "expression=laugh": 1,
}
"""Which of two values of one column wins in one sentence; 0 if not here, then the first said."""


@dataclass(frozen=True)
class Silence:
    """What a column usually is when nobody mentions it.

    Attributes:
        column: The column that was not mentioned.
        value: What it usually is then.
        given: Label on which this depends, ``column=value``; empty if on none.
        share: How often it was so among the 1,585 written captions of the training part.
    """

    column: str
    value: str
    given: str
    share: float


SILENCES: tuple[Silence, ...] = (
    Silence("glasses", "none", "", 0.99),
    Silence("headwear", "none", "", 0.99),
    Silence("eyes", "open", "", 0.99),
    Silence("facial_hair", "none", "gender=f", 1.0),
    Silence("facial_hair", "none", "age=baby", 1.0),
    Silence("facial_hair", "none", "age=child", 0.99),
    Silence("facial_hair", "none", "age=teen", 0.98),
    Silence("facial_hair", "none", "age=young", 0.84),
    Silence("facial_hair", "none", "age=old", 0.83),
    Silence("makeup", "0", "gender=m", 1.0),
    Silence("makeup", "0", "age=baby", 1.0),
    Silence("makeup", "0", "age=child", 1.0),
    Silence("makeup", "0", "gender=f", 0.76),
    Silence("earrings", "0", "gender=m", 0.98),
    Silence("earrings", "0", "age=baby", 0.99),
    Silence("earrings", "0", "age=child", 0.96),
    Silence("earrings", "0", "gender=f", 0.84),
    Silence("bangs", "0", "gender=m", 0.91),
    Silence("bangs", "0", "", 0.87),
    Silence("mouth", "closed", "expression=neutral", 0.97),
    Silence("mouth", "closed", "expression=sad", 0.92),
    Silence("expression", "neutral", "", 0.88),
    Silence("pose", "front", "", 0.89),
)
"""What nobody mentions is usually not there; the first row that fits a column decides."""


@dataclass(frozen=True)
class Recognised:
    """A stretch of the sentence that means something.

    Attributes:
        text: The words as they stand in the sentence.
        start: Offset of the first character.
        end: Offset behind the last character.
        says: What was taken from it: ``column=value``, or ``!column=value`` for a denial.
    """

    text: str
    start: int
    end: int
    says: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """What a sentence says of a face.

    Attributes:
        asserted: Column -> value.
        denied: Column -> values that are ruled out; a column may be asserted too.
        words: The stretches that were understood, in their order.
    """

    asserted: dict[str, str] = field(default_factory=dict)
    denied: dict[str, frozenset[str]] = field(default_factory=dict)
    words: tuple[Recognised, ...] = ()

    @property
    def unknown(self) -> bool:
        """Whether nothing at all was recognised."""
        return not self.asserted and not self.denied


def _assertions(chunks: list[Chunk]) -> dict[str, str]:
    """One value a column: outright before implied, then stronger, then earlier."""
    best: dict[str, tuple[tuple[int, int], str]] = {}
    for chunk in chunks:
        for said in chunk.says:
            if said.startswith("!"):
                continue
            label = said.rstrip("!?")
            column, value = label.split("=")
            outright = 2 if said.endswith("!") else 0 if said.endswith("?") else 1
            rank = (outright, STRENGTH.get(label, 0))
            if column not in best or rank > best[column][0]:
                best[column] = (rank, value)
    return {column: value for column, (_, value) in best.items()}


def _denials(chunks: list[Chunk], asserted: dict[str, str]) -> dict[str, set[str]]:
    """Values ruled out; implied ones only in columns of which nothing is asserted."""
    denied: dict[str, set[str]] = {}
    for said in (said for chunk in chunks for said in chunk.says if said.startswith("!")):
        column, value = said.strip("!?").split("=")
        if asserted.get(column) == value or (said.endswith("?") and column in asserted):
            continue
        denied.setdefault(column, set()).add(value)
    return denied


def read(text: str) -> Reading:
    """Which attributes a sentence asserts, denies or leaves open.

    Args:
        text: Any text; English is understood, everything else is passed over.

    Returns:
        The reading; ``unknown`` is true if nothing was recognised, as for an empty text.
    """
    chunks = parse(text)
    asserted = _assertions(chunks)
    denied = _denials(chunks, asserted)
    for column, values in denied.items():
        left = [value for value in COLUMNS[column] if value not in values]
        if column not in asserted and len(left) == 1:
            asserted[column] = left[0]
    words = tuple(
        Recognised(
            text[chunk.start : chunk.end],
            chunk.start,
            chunk.end,
            tuple(said[0] + said[1:].rstrip("!?") for said in chunk.says),
        )
        for chunk in chunks
        if chunk.says
    )
    return Reading(
        {column: asserted[column] for column in COLUMNS if column in asserted},
        {column: frozenset(denied[column]) for column in COLUMNS if column in denied},
        words,
    )


def expected(reading: Reading, least: float = 0.9) -> dict[str, str]:
    """What a sentence asserts, and what its silence lets one expect.

    An assumption, not a fact about the sentence: people name glasses, hats and beards when they see
    them, so a description without glasses is usually of a face without. Use it as a prior that may
    be overruled. Columns of which something is denied stay open.

    Args:
        reading: What was read.
        least: How often a silence must have meant its value, 0 to 1; lower fills more columns.

    Returns:
        Column -> value: all that is asserted, a man where facial hair is asserted, and the values
        of :data:`SILENCES` of at least that share.
    """
    face = dict(reading.asserted)
    if face.get("facial_hair", "none") != "none":
        face.setdefault("gender", "m")
    decided: set[str] = set()
    for row in SILENCES:
        given, _, value = row.given.partition("=")
        if row.column in decided or (given and face.get(given) != value):
            continue
        decided.add(row.column)
        open_still = row.column not in face and row.column not in reading.denied
        if open_still and row.share >= least:
            face[row.column] = row.value
    return {column: face[column] for column in COLUMNS if column in face}
