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
from functools import cache, lru_cache

from mien.text import lexicon, spelling
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


@dataclass(slots=True)
class Chunk:
    """A phrase of the lexicon, one other word, or one punctuation mark.

    Attributes:
        phrase: The words in lower case, single-spaced; from ``start`` until before ``end`` in the
            text.
        effects: What the lexicon says that it says, in the notation of :mod:`mien.text.lexicon`.
        role: What it is to an adjective that looks for its noun.
        joined: Whether a hyphen joins it to the next one.
        negated: Whether a negator reaches it.
        says: What it says in this sentence.
        mute: Whether nobody misses it if it says nothing.
        noun: Place of the noun that it was found to belong to, if it was looked for.
        of_thing: Whether it is said of a thing rather than of a person: *an old car*.
        typed: The words that were taken for mistyped ones, as they were typed and as they were
            read.
        near: Words that it may have been meant to be, if there are several.
    """

    phrase: str
    start: int
    end: int
    effects: tuple[str, ...] = ()
    role: str = ""
    joined: bool = False
    negated: bool = False
    says: tuple[str, ...] = ()
    mute: bool = False
    noun: int | None = None
    of_thing: bool = False
    typed: tuple[tuple[str, str], ...] = ()
    near: tuple[str, ...] = ()


def parse(text: str) -> list[Chunk]:
    """Take a text apart and fill in what each chunk of it says."""
    chunks = _segment(text)
    _negate(chunks)
    _say(chunks)
    _mute(chunks)
    return chunks


def cells(cell: str) -> list[str]:
    """The phrases of a cell of a table."""
    return [phrase for part in cell.split(",") if (phrase := part.strip())]


def age_of(years: int) -> tuple[str, ...]:
    """What a number of years says; nothing if nobody is so old."""
    ages = (f"age={age}!" for highest, age in classes.NUMBER_AGES if years <= highest)
    return tuple(ages)[:1]


def _pronoun(says: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """The gender that a phrase implies by the way: *in her forties*."""
    genders = (gender for word, gender in _PRONOUNS.items() if says and word in words[:-1])
    return tuple(f"gender={gender}?" for gender in genders)


def _decades() -> Iterator[tuple[tuple[str, ...], str]]:
    """*in her late thirties* -> its age."""
    for decade, ages in classes.DECADES.items():
        for when, age in zip(((), ("early",), ("mid",), ("late",)), ages, strict=True):
            for whose in ("her", "his", "their", "the", "its"):
                yield ("in", whose, *when, decade), age
            yield ((*when, decade) if when else ("in", decade)), age


@cache
def vocabulary() -> frozenset[str]:
    """Every single word that means something to the three rules, or is known to mean nothing."""
    words = {word for rows in _phrases().values() for row, _ in rows for word in row}
    return frozenset(words).union(
        classes.HAIR_NOUNS, classes.FACE_HAIR_NOUNS, classes.PERSON_NOUNS, classes.SKIN_NOUNS,
        classes.FILLERS, classes.LINKS, classes.PREPOSITIONS, classes.NOT_MAIN, classes.NEGATORS,
        classes.SCOPE_ENDS, classes.MUTE, classes.PARTS, classes.NUMBER_WORDS, classes.ABOUT,
    )  # fmt: skip


@cache
def _phrases() -> dict[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]]:
    """First word -> (words, effects) of every phrase that starts with it, longest first."""
    effects: dict[tuple[str, ...], tuple[str, ...]] = {}
    for says, cell in lexicon.SAYS:
        for phrase in cells(cell):
            words = tuple(phrase.split())
            effects[words] = (*effects.get(words, ()), *says.split(), *_pronoun(says, words))
    for words, age in _decades():
        effects[words] = (f"age={age}", *_pronoun("age", words))
    for phrase in (*classes.NOT_NEGATORS, *(word for name in _CLASSES for word in values(name))):
        effects.setdefault(tuple(phrase.split()), ())
    table: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for words, said in effects.items():
        table.setdefault(words[0], []).append((words, said))
    return {
        first: tuple(sorted(rows, key=lambda row: -len(row[0]))) for first, rows in table.items()
    }


@cache
def values(name: str) -> dict[str, str]:
    """Phrase -> value of one of the tables of words."""
    table: dict[str, str] = getattr(classes, name)
    return {phrase: value for value, cell in table.items() for phrase in cells(cell)}


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
    if any(phrase in values(name) for name in _CLASSES):
        return "adjective"
    if any(effect.startswith(("age=", "hair_", "expression=", "skin=")) for effect in effects):
        return "adjective"
    if phrase in classes.SCOPE_ENDS or phrase in classes.LINKS or phrase in classes.PREPOSITIONS:
        return "end"
    return "known" if effects else "unknown"


@lru_cache(maxsize=1 << 15)
def _normal(word: str) -> str:
    word = unicodedata.normalize("NFKC", word).casefold().replace("’", "'")
    return word.removesuffix("'s")


def _segment(text: str) -> list[Chunk]:
    """Rule 1: the longest phrase at each place."""
    tokens = [(_normal(m.group()), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    slips = _mend(tokens, text)
    plain = tuple(word for word, _, _ in tokens)
    table, chunks, i = _phrases(), [], 0
    roles: dict[str, str] = {}
    while i < len(tokens):
        words, effects = (tokens[i][0],), ()
        second = plain[i + 1] if i + 1 < len(plain) else ""
        for candidate, said in table.get(tokens[i][0], ()):
            long = len(candidate)
            # Most candidates differ in their second word: no slice is cut for these.
            if long == 1 or (candidate[1] == second and plain[i : i + long] == candidate):
                words, effects = candidate, said
                break
        start, end = tokens[i][1], tokens[i + len(words) - 1][2]
        phrase = " ".join(words)
        if phrase not in roles:
            roles[phrase] = _role(phrase, effects)
        joined = text[end : end + 1] in _HYPHENS
        chunk = Chunk(phrase, start, end, effects, roles[phrase], joined)
        for k in range(i, i + len(words)) if slips else ():
            if k in slips and slips[k].taken:
                chunk.typed += ((text[tokens[k][1] : tokens[k][2]], slips[k].taken),)
            elif k in slips:
                chunk.near = slips[k].near
        chunks.append(chunk)
        i += len(words)
    return chunks


@cache
def _guess(word: str) -> spelling.Guess:
    return spelling.guess(word, vocabulary())


def _mend(tokens: list[tuple[str, int, int]], text: str) -> dict[int, spelling.Guess]:
    """Put the word that was meant in the place of a mistyped one; place -> what was done there."""
    slips, known = {}, vocabulary()
    for i, (word, start, end) in enumerate(tokens):
        if word in known or not word.isascii():
            continue
        # A capital within a sentence is a name, which may be spelt as it likes.
        if text[start:end].istitle() and i > 0 and tokens[i - 1][0] not in _CLAUSE_ENDS:
            continue
        found = _guess(word)
        if found.taken or found.near:
            slips[i] = found
        if found.taken:
            tokens[i] = (found.taken, start, end)
    return slips


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
        ends = chunk.phrase in _CLAUSE_ENDS or chunk.phrase in classes.SCOPE_ENDS
        if ends or _opens_denial(chunk):
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
    if role == "skin" and phrase in values("SKIN_COLOURS"):
        return (f"skin={values('SKIN_COLOURS')[phrase]}",)
    value = values("HAIR_COLOURS").get(phrase)
    if role == "person" and phrase in classes.SKIN_OF_PERSON:
        return (f"skin={values('SKIN_COLOURS')[phrase]}",)
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
    shade = following in values("HAIR_COLOURS") and role == "hair" and j > i
    return (f"hair_color={value}?",) if shade or phrase == "dark" else (f"hair_color={value}",)


def _adjective(chunks: list[Chunk], i: int) -> tuple[str, ...]:
    """What the colour, length or texture at ``i`` says."""
    phrase = chunks[i].phrase
    length, texture = values("LENGTHS").get(phrase), values("TEXTURES").get(phrase)
    colour = phrase in values("HAIR_COLOURS") or phrase in values("SKIN_COLOURS")
    if not (length or texture or colour):
        return ()
    role, j = _bind(chunks, i)
    says = _colour(chunks, i, role, j) if colour else ()
    if role == "hair" and length:
        says += (f"hair_length={length}",)
    if role == "hair" and texture:
        weak = "?" if phrase in classes.WEAK_TEXTURES else ""
        says += (f"hair_texture={texture}{weak}",)
    if role == "open" and phrase in classes.TEXTURES_ALONE:
        says += (f"hair_texture={texture}?",)
    return says


def _number(chunks: list[Chunk], i: int) -> tuple[int, int]:
    """The number that starts at ``i`` and the place behind it; -1 if there is none."""
    phrase = chunks[i].phrase
    if phrase.isascii() and phrase.isdigit() and len(phrase) <= 3:
        return int(phrase), i + 1
    tens = classes.NUMBER_WORDS.get(phrase, -1)
    following = chunks[i + 1].phrase if i + 1 < len(chunks) else ""
    units = classes.NUMBER_WORDS.get(following, 0)
    if tens >= 20 and 0 < units < 10:
        return tens + units, i + 2
    return tens, i + 1


def _age_in_years(chunks: list[Chunk], i: int) -> tuple[str, ...]:
    """*7-year-old*, *aged 70*, *45 years old*, *a woman of fifty*, *twenty-five years old*."""
    years, j = _number(chunks, i)
    if years < 0 or (i and _number(chunks, i - 1)[1] > i):
        return ()
    after = chunks[j].phrase if j < len(chunks) else ""
    before = chunks[i - 1].phrase if i else ""
    stated = after in ("year", "years", "yo", "yrs", "something") or before in ("aged", "age")
    ends = j >= len(chunks) or chunks[j].role in ("end", "link") or after in classes.SCOPE_ENDS
    person = any(other.role == "person" for other in chunks[max(0, i - _REACH) : i])
    about = years >= 10 and before in classes.ABOUT and ends and person
    if not (stated or about):
        return ()
    for chunk in chunks[i + 1 : j]:
        chunk.mute = True
    return age_of(years)


def flip(effects: tuple[str, ...]) -> tuple[str, ...]:
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
    person_seen = False
    for i, chunk in enumerate(chunks):
        effects = chunk.effects or _age_in_years(chunks, i)
        if chunk.role == "adjective":
            effects += _adjective(chunks, i)
        if chunk.phrase in _AGE_WORDS and person_seen and _is_of_a_thing(chunks, i):
            effects = ()
        elif chunk.phrase in _AGE_WORDS and _noun_at_right(chunks, i)[0] == "other":
            chunk.of_thing = True
        if chunk.phrase in _AGE_WORDS and i and chunks[i - 1].phrase in ("year", "years"):
            effects = ()
        if chunk.phrase == "aged" and i + 1 < len(chunks) and _number(chunks, i + 1)[0] >= 0:
            effects = ()
        before = chunks[max(0, i - _MINOR_REACH) : i]
        if chunk.phrase in _MINORS and any(other.phrase in _SMALL for other in before):
            effects = (_MINORS[chunk.phrase], "age=child")
        person_seen = person_seen or chunk.role == "person"
        chunk.says = flip(effects) if chunk.negated else effects


def _mute(chunks: list[Chunk]) -> None:
    for i, chunk in enumerate(chunks):
        before = chunks[i - 1].phrase if i else ""
        chunk.mute = (
            chunk.mute
            or chunk.phrase in classes.MUTE
            or chunk.phrase in classes.NOT_NEGATORS
            or not any(one.isalnum() for one in chunk.phrase)
            or (chunk.phrase in _AGE_WORDS and before in ("year", "years"))
            or _is_negator(chunk.phrase)
            or (chunk.role == "hair" and len(chunk.phrase) < 6 and not chunk.effects)
        )


def noun_of(chunks: list[Chunk], i: int) -> int | None:
    """Place of the noun that was read and of which the word at ``i`` says something unread."""
    for j in range(i + 1, min(i + 1 + _REACH, len(chunks))):
        chunk = chunks[j]
        if chunk.role in ("hair", "face_hair", "skin"):
            return j
        worn = any(said.lstrip("!").startswith(classes.WEARABLE) for said in chunk.effects)
        if chunk.role == "known" and worn and not chunk.phrase.endswith(("ing", "ed")):
            return j
        if chunk.role != "adjective" or chunk.phrase in classes.SCOPE_ENDS:
            return None
    return None
