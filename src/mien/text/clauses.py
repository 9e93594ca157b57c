"""The three rules by which a sentence about a face is taken apart.

1. Segment: the longest phrase of the lexicon at each place.
2. Negate: a negator reaches forward until something is denied and the clause turns.
3. Bind: a colour, length or texture belongs to the noun at the right of it (*black bob*), else to
   the noun of which it is said (*her hair is black*).

Every look ahead or back is bounded, so the time is linear in the number of words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from mien.text import lexicon
from mien.text import wordclasses as classes

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[.,;:!?()\n…—]")
_CLAUSE_ENDS = frozenset(".;:!?()\n…—")
_HYPHENS = ("-", "‐", "‑")
_CLASSES = ("HAIR_COLOURS", "SKIN_COLOURS", "LENGTHS", "TEXTURES")
_REACH = 8
_NEGATION_REACH = 14
_LIST_REACH = 8
_AGE_WORDS = frozenset({"old", "older", "young", "ancient", "aged", "senior", "mature"})
_MINORS = {"girl": "gender=f", "boy": "gender=m"}
_PRONOUNS = {"her": "f", "his": "m"}
_SMALL = frozenset({"young", "little", "small", "tiny"})
_MINOR_REACH = 4
_DENIABLE = ("glasses=", "headwear=", "facial_hair=", "makeup=1", "earrings=1", "bangs=1")


@dataclass
class Chunk:
    """A phrase of the lexicon, one other word, or one punctuation mark.

    Attributes:
        phrase: The words in lower case, single-spaced.
        start: Offset of its first character in the text.
        end: Offset behind its last character.
        effects: What the lexicon says that it says, in the notation of :mod:`mien.text.lexicon`.
        role: What it is to an adjective that looks for its noun.
        joined: Whether a hyphen joins it to the next one.
        negated: Whether a negator reaches it.
        says: What it says in this sentence.
    """

    phrase: str
    start: int
    end: int
    effects: tuple[str, ...] = ()
    role: str = ""
    joined: bool = False
    negated: bool = False
    says: tuple[str, ...] = ()


def parse(text: str) -> list[Chunk]:
    """Take a text apart and fill in what each chunk of it says."""
    chunks = _segment(text)
    _negate(chunks)
    _say(chunks)
    return chunks


def _split(cell: str) -> Iterator[str]:
    return (phrase for part in cell.split(",") if (phrase := part.strip()))


def _pronoun(says: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """The gender that a phrase implies by the way: *in her forties*."""
    genders = (gender for word, gender in _PRONOUNS.items() if says and word in words[:-1])
    return tuple(f"gender={gender}?" for gender in genders)


@cache
def _phrases() -> dict[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]]:
    """First word -> (words, effects) of every phrase that starts with it, longest first."""
    effects: dict[tuple[str, ...], tuple[str, ...]] = {}
    for says, cell in lexicon.SAYS:
        for phrase in _split(cell):
            words = tuple(phrase.split())
            effects[words] = (*effects.get(words, ()), *says.split(), *_pronoun(says, words))
    plain = [*classes.NOT_NEGATORS]
    for name in _CLASSES:
        plain += _values(name)
    for phrase in plain:
        effects.setdefault(tuple(phrase.split()), ())
    table: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for words, said in effects.items():
        table.setdefault(words[0], []).append((words, said))
    return {
        first: tuple(sorted(rows, key=lambda row: -len(row[0]))) for first, rows in table.items()
    }


@cache
def _values(name: str) -> dict[str, str]:
    """Phrase -> value of one of the tables of words."""
    table: dict[str, str] = getattr(classes, name)
    return {phrase: value for value, cell in table.items() for phrase in _split(cell)}


def _role(phrase: str, effects: tuple[str, ...]) -> str:
    """What a chunk is to an adjective at its left that looks for its noun."""
    words = phrase.split()
    if len(words) > 1 and effects:
        if not any(effect.lstrip("!").startswith(("hair_", "bangs")) for effect in effects):
            if words[-1] in classes.PERSON_NOUNS:
                return "person"
            return "adjective" if effects[0].startswith(("age=", "skin=")) else "known"
        if not classes.FACE_HAIR_NOUNS.isdisjoint(words):
            return "face_hair"
        return "adjective" if classes.HAIR_NOUNS.isdisjoint(words) else "hair"
    for role, nouns in (
        ("hair", classes.HAIR_NOUNS),
        ("face_hair", classes.FACE_HAIR_NOUNS),
        ("person", classes.PERSON_NOUNS),
        ("skin", classes.SKIN_NOUNS),
        ("stop", classes.NOT_MAIN),
        ("end", _CLAUSE_ENDS),
        ("known", classes.EXPRESSION_NOUNS),
        ("link", (",", "and", "or", "nor")),
        ("adjective", classes.FILLERS),
    ):
        if phrase in nouns:
            return role
    if any(phrase in _values(name) for name in _CLASSES):
        return "adjective"
    if any(effect.startswith(("age=", "hair_", "expression=", "skin=")) for effect in effects):
        return "adjective"
    if phrase in classes.SCOPE_ENDS or phrase in classes.LINKS or phrase in classes.PREPOSITIONS:
        return "end"
    return "known" if effects else "unknown"


def _normal(word: str) -> str:
    word = unicodedata.normalize("NFKC", word).casefold().replace("’", "'")
    return word.removesuffix("'s")


def _segment(text: str) -> list[Chunk]:
    """Rule 1: the longest phrase at each place."""
    tokens = [(_normal(m.group()), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    table, chunks, i = _phrases(), [], 0
    roles: dict[str, str] = {}
    while i < len(tokens):
        words, effects = (tokens[i][0],), ()
        for candidate, said in table.get(tokens[i][0], ()):
            if all(
                i + k < len(tokens) and tokens[i + k][0] == word for k, word in enumerate(candidate)
            ):
                words, effects = candidate, said
                break
        start, end = tokens[i][1], tokens[i + len(words) - 1][2]
        phrase = " ".join(words)
        if phrase not in roles:
            roles[phrase] = _role(phrase, effects)
        joined = text[end : end + 1] in _HYPHENS
        chunks.append(Chunk(phrase, start, end, effects, roles[phrase], joined))
        i += len(words)
    return chunks


def _is_negator(phrase: str) -> bool:
    return phrase in classes.NEGATORS or phrase.endswith("n't")


def _opens_denial(chunk: Chunk) -> bool:
    """Whether what follows is denied: *no*, but *no hat* too, for *no hat or glasses*."""
    first, _, rest = chunk.phrase.partition(" ")
    return _is_negator(first) and (not rest or bool(chunk.effects))


def _list_goes_on(chunks: list[Chunk], i: int) -> bool:
    """Whether the comma at ``i`` stands in a list that ends in *or*: *no hat, glasses or beard*."""
    for chunk in chunks[i + 1 : i + 1 + _LIST_REACH]:
        if chunk.phrase in ("or", "nor"):
            return True
        if chunk.phrase in _CLAUSE_ENDS or chunk.phrase in classes.SCOPE_ENDS:
            return False
        if _opens_denial(chunk):
            return False
    return False


def _denial_ends(chunks: list[Chunk], j: int, seen: bool) -> bool:
    """Whether the reach of a negator ends at chunk ``j``; ``seen``: it denied something already."""
    phrase = chunks[j].phrase
    if phrase in _CLAUSE_ENDS or _opens_denial(chunks[j]):
        return True
    if phrase == ",":
        return not _list_goes_on(chunks, j)
    if phrase == "and":
        following = chunks[j + 1].effects if j + 1 < len(chunks) else ()
        return seen and not any(effect.startswith(_DENIABLE) for effect in following)
    return seen and phrase in classes.SCOPE_ENDS


def _negate(chunks: list[Chunk]) -> None:
    """Rule 2: mark what stands in the reach of a negator."""
    for i, chunk in enumerate(chunks):
        if not _opens_denial(chunk):
            continue
        seen = bool(chunk.effects)
        for j in range(i + 1, min(i + 1 + _NEGATION_REACH, len(chunks))):
            if _denial_ends(chunks, j, seen):
                break
            chunks[j].negated = True
            seen = seen or bool(chunks[j].effects) or chunks[j].role in ("adjective", "hair")


def _noun_at_right(chunks: list[Chunk], i: int) -> tuple[str, int]:
    """Role and place of the noun that the adjective at ``i`` stands before.

    The role is ``"open"`` if the phrase ends without a noun, ``"other"`` if with words that the
    lexicon does not know, ``""`` if something else takes it.
    """
    unknown = 0
    for j in range(i + 1, min(i + 1 + _REACH, len(chunks))):
        role = chunks[j].role
        if role in ("hair", "face_hair", "person", "skin"):
            after = chunks[j + 1].role if j + 1 < len(chunks) else "end"
            if role == "hair" and after == "stop":
                return "", j
            if role != "person" and unknown > 1:
                return "", j
            if role == "person" and unknown:
                return "other", j
            return role, j
        if role in ("stop", "known"):
            return "", j
        if role == "unknown":
            unknown += 1
            if unknown > 2 or chunks[i].joined:
                return "", j
        following = chunks[j + 1].role if j + 1 < len(chunks) else "end"
        if role == "end" or (
            role == "link" and (unknown or following not in ("adjective", "hair", "face_hair"))
        ):
            return _without_noun(chunks[i + 1 : j], unknown), j
    return _without_noun(chunks[i + 1 : i + _REACH], unknown), i


def _without_noun(between: list[Chunk], unknown: int) -> str:
    """What a phrase that ended without a noun belongs to: *light* and *top* are nouns there."""
    if between and between[-1].phrase in ("light", "top"):
        return ""
    return "other" if unknown else "open"


def _noun_at_left(chunks: list[Chunk], i: int) -> str:
    """Role of the noun of which the adjective at ``i`` is said: *her hair is black*."""
    for j in range(i - 1, max(i - 1 - _REACH, -1), -1):
        chunk = chunks[j]
        if chunk.role in ("hair", "face_hair", "skin"):
            return chunk.role
        linking = chunk.phrase in classes.LINKS or chunk.phrase == "," or _is_negator(chunk.phrase)
        if chunk.role != "adjective" and not linking:
            return ""
    return ""


def _bind(chunks: list[Chunk], i: int) -> tuple[str, int]:
    """Rule 3: role of the noun that the adjective at ``i`` belongs to, and how far it stands."""
    role, j = _noun_at_right(chunks, i)
    if role == "open":
        role = _noun_at_left(chunks, i) or "open"
    return role, j


def _colour(chunks: list[Chunk], i: int, role: str, j: int) -> tuple[str, ...]:
    phrase = chunks[i].phrase
    if role == "skin" and phrase in _values("SKIN_COLOURS"):
        return (f"skin={_values('SKIN_COLOURS')[phrase]}",)
    value = _values("HAIR_COLOURS").get(phrase)
    if role == "person" and phrase in classes.SKIN_OF_PERSON:
        return (f"skin={_values('SKIN_COLOURS')[phrase]}",)
    if value is None:
        return ()
    if role in ("person", "open", "other"):
        only = not classes.HAIR_ONLY.isdisjoint(phrase.split())
        return (f"hair_color={value}?",) if only else ()
    if role != "hair":
        both = role == "face_hair" and j + 2 < len(chunks) and chunks[j + 1].phrase == "and"
        if not (both and chunks[j + 2].role == "hair"):
            return ()
    # A colour straight before another one only shades it: dark purple, reddish blonde.
    following = chunks[i + 1].phrase if i + 1 < len(chunks) else ""
    shade = following in _values("HAIR_COLOURS") and role == "hair" and j > i
    return (f"hair_color={value}?",) if shade or phrase == "dark" else (f"hair_color={value}",)


def _adjective(chunks: list[Chunk], i: int) -> tuple[str, ...]:
    """What the colour, length or texture at ``i`` says."""
    phrase = chunks[i].phrase
    length, texture = _values("LENGTHS").get(phrase), _values("TEXTURES").get(phrase)
    colour = phrase in _values("HAIR_COLOURS") or phrase in _values("SKIN_COLOURS")
    if not (length or texture or colour):
        return ()
    role, j = _bind(chunks, i)
    says = _colour(chunks, i, role, j) if colour else ()
    if role == "hair" and length:
        says += (f"hair_length={length}",)
    if role == "hair" and texture:
        weak = "?" if phrase in classes.WEAK_TEXTURES else ""
        says += (f"hair_texture={texture}{weak}",)
    return says


def _age_in_years(chunks: list[Chunk], i: int) -> tuple[str, ...]:
    """*7-year-old*, *aged 70*, *45 years old*."""
    phrase = chunks[i].phrase
    if not (phrase.isascii() and phrase.isdigit() and len(phrase) <= 3):
        return ()
    after = chunks[i + 1].phrase if i + 1 < len(chunks) else ""
    before = chunks[i - 1].phrase if i else ""
    if after in ("year", "years", "yo", "yrs") or before in ("aged", "age"):
        for highest, age in classes.NUMBER_AGES:
            if int(phrase) <= highest:
                return (f"age={age}!",)
    return ()


def _flip(effects: tuple[str, ...]) -> tuple[str, ...]:
    """The effects of a phrase that is denied."""
    outright = [effect for effect in effects if not effect.endswith("?")]
    denials = [effect for effect in outright if effect.startswith("!")]
    said = []
    for effect in outright:
        if effect.startswith("!"):
            if len(denials) == 1 == len(outright):
                said.append(effect[1:])
        elif effect in classes.OPPOSITE and len(outright) == 1:
            said.append(classes.OPPOSITE[effect])
        else:
            said.append("!" + effect.removesuffix("!"))
    if "expression=smile" in outright:
        said.append("!expression=laugh")
    return tuple(said)


def _is_of_a_thing(chunks: list[Chunk], i: int) -> bool:
    """Whether a word of age stands before something else than a person: *an old leather coat*."""
    before = chunks[i - 1].phrase if i else ""
    return before in ("year", "years") or _noun_at_right(chunks, i)[0] in ("", "other")


def _say(chunks: list[Chunk]) -> None:
    """Fill in what each chunk says."""
    person_seen = False
    for i, chunk in enumerate(chunks):
        effects = chunk.effects or _age_in_years(chunks, i)
        if chunk.role == "adjective":
            effects += _adjective(chunks, i)
        if chunk.phrase in _AGE_WORDS and person_seen and _is_of_a_thing(chunks, i):
            effects = ()
        before = chunks[max(0, i - _MINOR_REACH) : i]
        if chunk.phrase in _MINORS and any(other.phrase in _SMALL for other in before):
            effects = (_MINORS[chunk.phrase], "age=child")
        person_seen = person_seen or chunk.role == "person"
        chunk.says = _flip(effects) if chunk.negated else effects
