"""Words whose meaning depends on their neighbours; the words themselves stand in ``words/en.toml``.

*Black* is a colour of hair before *bob*, of skin before *man* and of nothing before *hat*; *long*
is a length of hair before *curls* and of nothing before *coat*; *no* denies what follows as far as
the clause goes. :mod:`mien.text.clauses` holds the rules that use these tables.

Phrases are in lower case without hyphens and separated by commas or, where all are single words,
by spaces.
"""

from __future__ import annotations

from mien.text.lexicon import table

_TABLE = table("en")


def _words(name: str) -> frozenset[str]:
    return frozenset(_TABLE[name].split())


HAIR_COLOURS: dict[str, str] = _TABLE["hair_colours"]
"""Hair colour -> the words for it, when they belong to a noun of hair.

*Dark* hair is black four times in five in the written captions, else brown.
"""

HAIR_ONLY: frozenset[str] = _words("hair_only")
"""Colours that before a person mean the hair: *a blonde woman*; the others mean skin or nothing."""

SKIN_COLOURS: dict[str, str] = _TABLE["skin_colours"]
"""Skin -> the words for it, when they belong to *skin*, *complexion* or (some) to a person."""

SKIN_OF_PERSON: frozenset[str] = _words("skin_of_person")
"""Skin words that may stand straight before a person: *a pale woman*, *a Black man*."""

LENGTHS: dict[str, str] = _TABLE["lengths"]
"""Hair length -> the words for it, when they belong to a noun of hair."""

TEXTURES: dict[str, str] = _TABLE["textures"]
"""Hair texture -> the words for it, when they belong to a noun of hair."""

WEAK_TEXTURES: frozenset[str] = _words("weak_textures")
"""Textures that yield to a stronger word: *spiky curls* are curly."""

HAIR_NOUNS: frozenset[str] = _words("hair_nouns")
"""Nouns of hair: what a colour, length or texture must belong to."""

TEXTURES_ALONE: frozenset[str] = _words("textures_alone")
"""Textures that are of hair even where no noun stands: *a woman, curly, smiling*."""

FACE_HAIR_NOUNS: frozenset[str] = _words("face_hair_nouns")
"""Nouns of other hair, which take a colour without giving it to the head."""

PERSON_NOUNS: frozenset[str] = _words("person_nouns")
"""Nouns of people: what a colour of skin may belong to."""

SKIN_NOUNS: frozenset[str] = _words("skin_nouns")
"""Nouns of skin."""

EXPRESSION_NOUNS: frozenset[str] = _words("expression_nouns")
"""Nouns among the words of expression, which take a colour: *a bright white smile*."""

FILLERS: frozenset[str] = _words("fillers")
"""Adjectives that may stand between a colour and its noun without taking it."""

LINKS: frozenset[str] = _words("links")
"""Words that may stand between a noun of hair and what is said of it: *her hair is quite red*."""

PREPOSITIONS: frozenset[str] = _words("prepositions")
"""Words that end the noun phrase that an adjective stands in."""

NOT_MAIN: frozenset[str] = _words("not_main")
"""What takes a colour away from the hair it stands beside: *orange-tipped curls*."""

NEGATORS: frozenset[str] = _words("negators")
"""Words that deny what follows; so does every word on *n't*."""

NOT_NEGATORS: tuple[str, ...] = tuple(_TABLE["not_negators"])
"""Phrases with a negator that deny nothing."""

SCOPE_ENDS: frozenset[str] = _words("scope_ends")
"""Words that end the reach of a negator once it has denied something."""

NUMBER_AGES: tuple[tuple[int, str], ...] = tuple(
    (years, age) for years, age in _TABLE["number_ages"]
)
"""Highest number of years -> age, for *a 7-year-old girl*."""

OPPOSITE: dict[str, str] = _TABLE["opposite"]
"""What a denied label asserts; every other label, denied, only leaves its column open for the rest.

Only where a column has two values, or where the word is also the general one: *no glasses* are no
sunglasses either, *no sunglasses* may be glasses.
"""

DECADES: dict[str, tuple[str, str, str, str]] = {
    decade: tuple(ages) for decade, ages in _TABLE["decades"].items()
}
"""Decade of a life -> age for *in her ...*, *in her early ...*, *mid*, *late*."""

NUMBER_WORDS: dict[str, int] = _TABLE["number_words"]
"""Numbers in words; *forty-five* is two of them."""

ABOUT: frozenset[str] = _words("about")
"""Words before a number that is an age without *year*: *a woman of fifty*."""

PARTS: frozenset[str] = _words("parts")
"""Nouns that say nothing alone, but carry what is said of them: *blue eyes*, *a red shirt*."""

MUTE: frozenset[str] = _words("mute")
"""Words that carry nothing about a face, or nothing beside the words that were read."""

WEARABLE: tuple[str, ...] = tuple(_TABLE["wearable"])
"""What a phrase must say to be a noun of which something may be said: *red lipstick*."""
