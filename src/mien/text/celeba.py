"""Sentences from a row of the 40 attributes of CelebA, in the manner of Text2FaceGAN.

Nasir et al. 2019 sort the attributes into six groups (shape of the face, facial hair, hair, eyes
and brows and features, how young and attractive, accessories) and turn each group that has
something to say into a sentence, so that a face gets a short paragraph. Here the groups are: shape
of the face, hair, beard, eyes and brows and nose, expression, accessories.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mien.errors import InputError

ATTRIBUTES: tuple[str, ...] = (
    "5_o_Clock_Shadow",
    "Arched_Eyebrows",
    "Attractive",
    "Bags_Under_Eyes",
    "Bald",
    "Bangs",
    "Big_Lips",
    "Big_Nose",
    "Black_Hair",
    "Blond_Hair",
    "Blurry",
    "Brown_Hair",
    "Bushy_Eyebrows",
    "Chubby",
    "Double_Chin",
    "Eyeglasses",
    "Goatee",
    "Gray_Hair",
    "Heavy_Makeup",
    "High_Cheekbones",
    "Male",
    "Mouth_Slightly_Open",
    "Mustache",
    "Narrow_Eyes",
    "No_Beard",
    "Oval_Face",
    "Pale_Skin",
    "Pointy_Nose",
    "Receding_Hairline",
    "Rosy_Cheeks",
    "Sideburns",
    "Smiling",
    "Straight_Hair",
    "Wavy_Hair",
    "Wearing_Earrings",
    "Wearing_Hat",
    "Wearing_Lipstick",
    "Wearing_Necklace",
    "Wearing_Necktie",
    "Young",
)
"""The columns of ``list_attr_celeba.txt``, in its order."""

PHRASES: dict[str, dict[str, str]] = {
    "shape": {
        "Oval_Face": "an oval face, an oval-shaped face",
        "Chubby": "a chubby face, full cheeks",
        "Double_Chin": "a double chin",
        "High_Cheekbones": "high cheekbones, pronounced cheekbones",
        "Rosy_Cheeks": "rosy cheeks, blushing cheeks",
        "Pale_Skin": "pale skin, a pale complexion",
    },
    "beard": {
        "5_o_Clock_Shadow": "a five o'clock shadow, light stubble",
        "Goatee": "a goatee, a small goatee",
        "Mustache": "a mustache, a moustache",
        "Sideburns": "sideburns, long sideburns",
    },
    "features": {
        "Arched_Eyebrows": "arched eyebrows, curved eyebrows",
        "Bushy_Eyebrows": "bushy eyebrows, thick eyebrows",
        "Narrow_Eyes": "narrow eyes, slim eyes",
        "Bags_Under_Eyes": "bags under the eyes, dark circles under the eyes",
        "Big_Nose": "a big nose, a large nose",
        "Pointy_Nose": "a pointy nose, a pointed nose",
        "Big_Lips": "big lips, full lips",
    },
    "accessories": {
        "Eyeglasses": "eyeglasses, glasses, spectacles",
        "Wearing_Hat": "a hat, a cap",
        "Wearing_Earrings": "earrings, a pair of earrings",
        "Wearing_Necklace": "a necklace, a chain",
        "Wearing_Necktie": "a necktie, a tie",
        "Heavy_Makeup": "heavy makeup, a lot of makeup",
        "Wearing_Lipstick": "lipstick, red lipstick",
    },
}
"""Group -> attribute -> alternatives, separated by commas, for the groups that are lists."""

_COLOURS = {
    "Black_Hair": "black",
    "Blond_Hair": "blond",
    "Brown_Hair": "brown",
    "Gray_Hair": "gray",
}
_TRIES = 60


def _pick(cell: str, rng: np.random.Generator) -> str:
    options = cell.split(", ")
    return options[int(rng.integers(len(options)))]


def _list(phrases: list[str]) -> str:
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} and {phrases[-1]}"


class _Row:
    """One row of the table, asked by name."""

    def __init__(self, row: Mapping[str, int]) -> None:
        self.row = row
        self.male = self["Male"]
        words = {1: ("he", "his"), -1: ("she", "her"), 0: ("the person", "the")}
        self.sex = int(np.sign(row.get("Male", 0)))
        self.pronoun, self.possessive = words[self.sex]

    def __getitem__(self, name: str) -> bool:
        return self.row.get(name, 0) > 0

    def phrases(self, group: str, rng: np.random.Generator) -> list[str]:
        """The phrases of a group that hold, in random order."""
        words = [_pick(cell, rng) for name, cell in PHRASES[group].items() if self[name]]
        rng.shuffle(words)
        return words


def _person(row: _Row, rng: np.random.Generator) -> str:
    nouns = {1: "man, guy, gentleman", -1: "woman, lady, female", 0: "person, adult"}
    noun = _pick(nouns[row.sex], rng)
    young = row.row.get("Young", 0)
    age = "" if young == 0 else "young " if young > 0 else _pick("older, mature", rng) + " "
    looks = ""
    if row["Attractive"] and rng.random() < 0.5:
        looks = _pick("attractive, good-looking", rng) + " "
    return looks + age + noun


def _shape(row: _Row, rng: np.random.Generator) -> str:
    person = _person(row, rng)
    article = "an" if person[0] in "aeiou" else "a"
    words = row.phrases("shape", rng)
    if not words:
        opener = _pick("the person is, this is, the picture shows, a photo of, here we see", rng)
        return f"{opener} {article} {person}"
    opener = f"the {person} has" if rng.random() < 0.5 else f"{article} {person} with"
    return f"{opener} {_list(words)}"


def _hair(row: _Row, rng: np.random.Generator) -> str:
    if row["Bald"]:
        return _pick(f"{row.pronoun} is bald, {row.possessive} head is bald", rng)
    colours = [colour for name, colour in _COLOURS.items() if row[name]]
    texture = "wavy " if row["Wavy_Hair"] else "straight " if row["Straight_Hair"] else ""
    extras = ["bangs"] if row["Bangs"] else []
    extras += ["a receding hairline"] if row["Receding_Hairline"] else []
    if not (colours or texture or extras):
        return ""
    if not colours and not texture:
        return f"{row.pronoun} has {_list(extras)}"
    colour = " and ".join(colours)
    if colours and texture and not extras and rng.random() < 0.4:
        return f"{row.possessive} hair is {texture}and {colour}"
    return f"{row.pronoun} has {_list([f'{texture}{colour} hair'.replace('  ', ' '), *extras])}"


def _beard(row: _Row, rng: np.random.Generator) -> str:
    words = row.phrases("beard", rng)
    if not words and row.male and row.row.get("No_Beard", 0) < 0:
        words = [_pick("a beard, a full beard", rng)]
    if words:
        return f"{row.pronoun} {_pick('has, wears, sports', rng)} {_list(words)}"
    if row.male and row["No_Beard"] and rng.random() < 0.5:
        return _pick("he is clean-shaven, he has no beard, he does not have a beard", rng)
    return ""


def _features(row: _Row, rng: np.random.Generator) -> str:
    words = row.phrases("features", rng)
    return f"{row.pronoun} has {_list(words)}" if words else ""


def _expression(row: _Row, rng: np.random.Generator) -> str:
    mouth = _pick("a slightly open mouth, parted lips", rng) if row["Mouth_Slightly_Open"] else ""
    if row["Smiling"]:
        smile = _pick("is smiling, smiles, looks happy, has a smile", rng)
        return f"{row.pronoun} {smile}" + (f" with {mouth}" if mouth else "")
    return f"{row.pronoun} has {mouth}" if mouth else ""


def _accessories(row: _Row, rng: np.random.Generator) -> str:
    words = row.phrases("accessories", rng)
    return (
        f"{row.pronoun} {_pick('wears, is wearing, has on', rng)} {_list(words)}" if words else ""
    )


_GROUPS = (_shape, _hair, _beard, _features, _expression, _accessories)


def celeba_captions(
    row: Mapping[str, int], rng: np.random.Generator, count: int = 10
) -> tuple[str, ...]:
    """Short paragraphs about a face of CelebA, a sentence for each group of attributes.

    Args:
        row: Attribute of :data:`ATTRIBUTES` -> 1 or −1 (0 or absent: not known).
        rng: Decides wording and order; the sentence on the shape of the face comes first.
        count: How many different ones; a row that allows fewer gives as many as it has.

    Raises:
        InputError: ``count`` is below 1 or the row names an attribute that CelebA has not.
    """
    if count < 1:
        raise InputError(f"count is {count}; ask for at least 1 caption")
    foreign = sorted(set(row) - set(ATTRIBUTES))
    if foreign:
        raise InputError(
            f"{foreign[0]!r} is none of the {len(ATTRIBUTES)} attributes of CelebA;"
            " name them as in list_attr_celeba.txt"
        )
    found: dict[str, None] = {}
    for _ in range(_TRIES * count):
        first, *rest = (group(_Row(row), rng) for group in _GROUPS)
        rng.shuffle(rest)
        sentences = [first, *(sentence for sentence in rest if sentence)]
        found[" ".join(text[0].upper() + text[1:] + "." for text in sentences)] = None
        if len(found) == count:
            break
    return tuple(found)
