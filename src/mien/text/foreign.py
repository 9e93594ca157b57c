"""How Vietnamese, French and Japanese are taken apart: the three rules, driven by a table.

1. Segment: the longest phrase of the table at each place; Japanese without spaces.
2. Negate: forward from *không* and *sans*, backward from *ない*.
3. Bind: a colour, length or texture belongs to the noun before it (*tóc đen*, *cheveux noirs*) or,
   in Japanese, behind it (*黒い髪*), else to the noun on its other side.

The tables are ``words/vi.toml``, ``fr.toml`` and ``ja.toml``, in the notation of
:mod:`mien.text.lexicon`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mien.text import wordclasses as classes
from mien.text.clauses import Chunk, age_of, cells, flip

_ENDS = frozenset(".;:!?()\n…—。！？；：「」（）")
_COMMAS = frozenset(",、，")
_REACH, _NEGATION_REACH = 6, 10
_SECOND = ("pas", "jamais", "point")
_OWNERS = ("của", "cua")
_TOPIC = ("は", "が", "の", "も")
_NOUNS = ("hair", "face_hair", "skin", "person", "thing")
_DENIABLE = ("glasses=", "headwear=", "facial_hair=", "makeup=1", "earrings=1", "bangs=1")


@dataclass(frozen=True)
class Words:
    """The words of a language.

    Attributes:
        code: ``vi``, ``fr`` or ``ja``.
        says: As :data:`mien.text.lexicon.SAYS`: what phrases say wherever they stand.
        colours, lengths, textures: Hair colour, length, texture -> its words.
        skins: Skin -> its words, beside a noun of skin or, if in ``skin_of_person``, a person.
        hair, skin: Nouns of hair and of skin.
        face_hair: Nouns of beards, brows and lashes.
        person: Nouns of people that need no row in ``says``.
        parts: Nouns that are missed only with what is said of them: eyes, lips, shirts.
        hair_only, skin_of_person: Colours that, said of a person, mean the hair or the skin.
        negators: Words that deny.
        ends: Words that end the reach of a negator once it has denied something.
        links: Words between two things that are denied together.
        mute: Words that carry nothing.
        years: Patterns of an age, each with a group of digits.
        numbers: Words of numbers -> number, for ages in words.
        backward: Whether negators stand behind what they deny.
        before: Whether adjectives stand before their noun.
        joined: Whether no spaces stand between words.
        fold: Whether words are also written without their accents, ``not_folded`` excepted, which
            would be too many other words.
        unread: Words that are no column, kept whole so that they can be named.
    """

    code: str
    says: tuple[tuple[str, str], ...]
    colours: Mapping[str, str]
    skins: Mapping[str, str]
    lengths: Mapping[str, str]
    textures: Mapping[str, str]
    hair: str
    face_hair: str
    skin: str
    person: str
    parts: str
    hair_only: str
    skin_of_person: str
    negators: str
    ends: str
    links: str
    mute: str
    years: tuple[str, ...]
    numbers: Mapping[str, int] = field(default_factory=dict)
    backward: bool = False
    before: bool = False
    joined: bool = False
    fold: bool = False
    not_folded: str = ""
    unread: str = ""

    @cached_property
    def table(self) -> dict[tuple[str, ...], Entry]:
        """Words of a phrase -> what it is."""
        table: dict[tuple[str, ...], Entry] = {}
        for says, cell in self.says:
            for phrase in cells(cell):
                entry = table.setdefault(self.words(phrase), Entry())
                entry.effects += tuple(says.split())
                entry.role = _role(entry.effects)
                entry.mute = entry.mute or not says
        for name in ("colours", "skins", "lengths", "textures"):
            for value, cell in getattr(self, name).items():
                for phrase in cells(cell):
                    entry = table.setdefault(self.words(phrase), Entry(role="adjective"))
                    getattr(entry, name).append(value)
        for role in ("skin", "person", "hair", "face_hair"):
            for phrase in cells(getattr(self, role)):
                table.setdefault(self.words(phrase), Entry()).role = role
        for phrase in cells(self.parts):
            table.setdefault(self.words(phrase), Entry(role="thing", part=True))
        for phrase in cells(self.negators):
            table.setdefault(self.words(phrase), Entry()).negator = True
        for phrase in (*cells(self.mute), *cells(self.ends), *cells(self.links)):
            table.setdefault(self.words(phrase), Entry(mute=True))
        for phrase in cells(self.unread):
            table.setdefault(self.words(phrase), Entry(role="unknown"))
        if self.fold:
            self._fold(table)
        return table

    def _fold(self, table: dict[tuple[str, ...], Entry]) -> None:
        """Add the phrases without accents, where they are no other phrase."""
        skipped = {self.words(phrase) for phrase in cells(self.not_folded)}
        folded: dict[tuple[str, ...], list[Entry]] = {}
        for words, entry in table.items():
            folded.setdefault(tuple(map(without_accents, words)), []).append(entry)
        for words, entries in folded.items():
            alike = all(vars(entry) == vars(entries[0]) for entry in entries)
            if alike and words not in skipped:
                table.setdefault(words, entries[0])

    @cached_property
    def longest(self) -> int:
        """Words of the longest phrase; letters where they are joined."""
        return max(map(len, self.table))

    @cached_property
    def known(self) -> frozenset[str]:
        """Every word of the table, for telling languages apart."""
        return frozenset(word for words in self.table for word in words)

    def words(self, phrase: str) -> tuple[str, ...]:
        """A phrase as the words, or letters, that it is looked up by."""
        if self.joined:
            return tuple(phrase.replace(" ", ""))
        return tuple(re.findall(r"[^\W_]+(?:-[^\W\d_]+)*|'", phrase))

    def has(self, name: str, phrase: str) -> bool:
        """Whether a phrase, with or without its accents, is in one of the plain lists."""
        return phrase in self._lists[name]

    @cached_property
    def _lists(self) -> dict[str, frozenset[str]]:
        names = ("hair_only", "skin_of_person", "ends", "links", "parts")
        plain = {name: frozenset(cells(getattr(self, name))) for name in names}
        if self.fold:
            plain = {k: v | frozenset(map(without_accents, v)) for k, v in plain.items()}
        return plain


@dataclass
class Entry:
    """What one phrase of a table is."""

    effects: tuple[str, ...] = ()
    role: str = ""
    mute: bool = False
    part: bool = False
    negator: bool = False
    colours: list[str] = field(default_factory=list)
    skins: list[str] = field(default_factory=list)
    lengths: list[str] = field(default_factory=list)
    textures: list[str] = field(default_factory=list)


def without_accents(word: str) -> str:
    """A word in bare Latin letters: *người* -> *nguoi*."""
    plain = unicodedata.normalize("NFD", word.replace("đ", "d"))
    return "".join(one for one in plain if not unicodedata.combining(one))


def _role(effects: tuple[str, ...]) -> str:
    """The role of a phrase by what it says: a person if its gender, else a thing that is worn."""
    if any(effect.startswith("gender=") for effect in effects):
        return "person"
    if any(effect.startswith("facial_hair=") for effect in effects):
        return "face_hair"
    if any(effect.lstrip("!").startswith(classes.WEARABLE) for effect in effects):
        return "thing"
    return "adjective" if effects else ""


def parse(text: str, words: Words) -> list[Chunk]:
    """Take a text apart and fill in what each chunk of it says."""
    pairs = _segment(text, words)
    chunks = [chunk for chunk, _ in pairs]
    entries = [entry for _, entry in pairs]
    (_deny_backward if words.backward else _deny_forward)(chunks, entries, words)
    ages = _ages(text, words)
    for i, (chunk, entry) in enumerate(pairs):
        effects = entry.effects + _adjective(chunks, entries, i, words)
        age = next((said for start, end, said in ages if start <= chunk.start < end), None)
        if age is not None:
            first = not any(start <= c.start < end for c in chunks[:i] for start, end, _ in ages)
            effects = (age,) if first or chunk.start in {start for start, _, _ in ages} else ()
            chunk.mute = True
        chunk.says = _denied(effects) if chunk.negated else effects
        chunk.effects = effects
        bare = chunk.role in ("hair", "skin", "person") and not entry.effects
        chunk.mute = chunk.mute or bare
    return chunks


def _denied(effects: tuple[str, ...]) -> tuple[str, ...]:
    """What a denied phrase says: no beard is no hair of the face at all, no smile is neutral."""
    if effects == ("facial_hair=beard",):
        return ("facial_hair=none",)
    if "expression=smile" in effects:
        return ("expression=neutral",)
    return flip(effects)


def _tokens(text: str, words: Words) -> list[tuple[str, int, int]]:
    pattern = r"[^\s]" if words.joined else r"[^\W_]+(?:-[^\W\d_]+)*|[^\w\s]|\n"
    found = []
    for match in re.finditer(pattern, text):
        word = match.group().lower()
        if not words.joined and "-" in word and (word,) not in words.table:
            for part in re.finditer(r"[^-]+", match.group()):
                at = match.start() + part.start()
                found.append((part.group().lower(), at, at + len(part.group())))
        else:
            found.append((word, match.start(), match.end()))
    return found


def _segment(text: str, words: Words) -> list[tuple[Chunk, Entry]]:
    """Rule 1: the longest phrase at each place; unknown letters in a row are one word."""
    tokens = _tokens(text, words)
    plain = tuple(word for word, _, _ in tokens)
    found: list[tuple[Chunk, Entry]] = []
    i = 0
    while i < len(tokens):
        entry, size = Entry(), 1
        for length in range(min(words.longest, len(tokens) - i), 0, -1):
            if plain[i : i + length] in words.table:
                entry, size = words.table[plain[i : i + length]], length
                break
        start, end = tokens[i][1], tokens[i + size - 1][2]
        phrase = ("" if words.joined else " ").join(plain[i : i + size])
        word = any(one.isalnum() for one in phrase)
        unknown = word and entry == Entry()
        role = entry.role or ("end" if phrase in _ENDS else "" if not unknown else "unknown")
        last = found[-1][0] if found else None
        if words.joined and unknown and last and last.role == "unknown" and last.end == start:
            last.phrase, last.end = last.phrase + phrase, end
        else:
            mute = entry.mute or entry.negator or not word
            chunk = Chunk(phrase, start, end, entry.effects, role, mute=mute)
            found.append((chunk, entry))
        i += size
    return found


def _stops(chunk: Chunk) -> bool:
    return chunk.phrase in _ENDS


def _deny_forward(chunks: list[Chunk], entries: list[Entry], words: Words) -> None:
    """Rule 2 where negators stand before what they deny."""
    i = 0
    while i < len(chunks):
        if not entries[i].negator:
            i += 1
            continue
        # ne ... pas: what stands between is denied already.
        seen = i > 0 and chunks[i].phrase in _SECOND and chunks[i - 1].negated
        seen = seen and bool(chunks[i - 1].effects)
        j = i + 1
        while j < min(i + 1 + _NEGATION_REACH, len(chunks)):
            chunk = chunks[j]
            link = words.has("links", chunk.phrase)
            if _stops(chunk) or (seen and entries[j].negator):
                break
            if chunk.phrase in _COMMAS and not _list_goes_on(chunks, j, words):
                break
            following = chunks[j + 1].effects if j + 1 < len(chunks) else ()
            denied_too = seen and any(effect.startswith(_DENIABLE) for effect in following)
            if words.has("ends", chunk.phrase) and seen and not (link and denied_too):
                break
            chunk.negated = True
            seen = seen or bool(chunk.effects) or chunk.role == "adjective"
            j += 1
        i = max(j, i + 1)


def _list_goes_on(chunks: list[Chunk], i: int, words: Words) -> bool:
    """Whether the comma at ``i`` stands in a list of denied things: *sans barbe, ni lunettes*."""
    for chunk in chunks[i + 1 : i + 6]:
        if words.has("links", chunk.phrase) and not words.has("ends", chunk.phrase):
            return True
        if _stops(chunk) or chunk.phrase in _COMMAS or words.has("ends", chunk.phrase):
            return False
    return False


def _deny_backward(chunks: list[Chunk], entries: list[Entry], words: Words) -> None:
    """Rule 2 where negators stand behind what they deny."""
    for i in range(len(chunks)):
        if not entries[i].negator:
            continue
        seen, linked = False, False
        for j in range(i - 1, max(i - 1 - _NEGATION_REACH, -1), -1):
            chunk = chunks[j]
            means = bool(chunk.effects) or chunk.role == "adjective"
            link = words.has("links", chunk.phrase)
            if _stops(chunk) or entries[j].negator:
                break
            if (seen and not linked and not link) or (chunk.phrase in _COMMAS and not seen):
                break
            if seen and not means and not link:
                break
            linked = link
            chunk.negated = chunk.negated or means
            seen = seen or means or chunk.role == "hair"


def _noun(chunks: list[Chunk], entries: list[Entry], i: int, step: int) -> int | None:
    """Place of the nearest noun in one direction, through adjectives and what carries nothing."""
    denied = False
    for j in range(i + step, i + step * (1 + _REACH), step):
        if not 0 <= j < len(chunks) or _stops(chunks[j]):
            return None
        role = chunks[j].role
        if role == "person" and j and chunks[j - 1].phrase in _OWNERS:
            continue
        denied = denied or entries[j].negator
        if role in (*_NOUNS, "unknown"):
            return j if not denied or role in ("hair", "skin") else None
        if chunks[j].phrase in _COMMAS and entries[j - step].role != "adjective":
            return None
    return None


def _bind(chunks: list[Chunk], entries: list[Entry], i: int, words: Words) -> int | None:
    """Rule 3: place of the noun that the adjective at ``i`` belongs to."""
    step = 1 if words.before else -1
    near = chunks[i + 1] if i + 1 < len(chunks) else None
    if not words.before and near is not None and near.role == "hair":
        return i + 1
    found = _noun(chunks, entries, i, step)
    if words.before and (found is None or chunks[found].role == "person"):
        # 髪の長い女性: said of the hair that is the topic, not of the person behind it.
        topic = _noun(chunks, entries, i, -1)
        said_of = (
            topic is not None
            and chunks[topic].role in _NOUNS
            and (chunks[topic].role != "person" and chunks[topic + 1].phrase in _TOPIC)
        )
        if said_of:
            return topic
    return found if found is not None else _noun(chunks, entries, i, -step)


def _adjective(chunks: list[Chunk], entries: list[Entry], i: int, words: Words) -> tuple[str, ...]:
    """What the colour, length or texture at ``i`` says."""
    entry, chunk = entries[i], chunks[i]
    if not (entry.colours or entry.skins or entry.lengths or entry.textures):
        return ()
    noun = _bind(chunks, entries, i, words)
    role = chunks[noun].role if noun is not None else "open"
    chunk.noun = noun if role in ("hair", "face_hair", "skin", "thing") else None
    if role == "hair":
        says = [f"hair_color={value}" for value in entry.colours[:1]]
        says += [f"hair_length={value}" for value in entry.lengths[:1]]
        says += [f"hair_texture={value}" for value in entry.textures[:1]]
        return tuple(says)
    if role == "skin":
        return tuple(f"skin={value}" for value in entry.skins[:1])
    if role == "person" and words.has("skin_of_person", chunk.phrase):
        return tuple(f"skin={value}" for value in entry.skins[:1])
    if role in ("person", "open") and words.has("hair_only", chunk.phrase):
        return tuple(f"hair_color={value}" for value in entry.colours[:1])
    return ()


def _ages(text: str, words: Words) -> list[tuple[int, int, str]]:
    """Ages in years, in digits or words: start, end, label."""
    found = []
    names = "|".join(sorted(map(re.escape, words.numbers), key=len, reverse=True)) or "$^"
    for pattern in words.years:
        for match in re.finditer(pattern.replace("NUMBER", rf"(\d{{1,3}}|{names})"), text.lower()):
            said = match.group(1)
            years = int(said) if said.isdecimal() else words.numbers[said]
            found += [(match.start(), match.end(), age) for age in age_of(years)]
    return found


def noun_of(chunks: list[Chunk], i: int) -> int | None:
    """Place of the noun that was read and that stands before the unread word at ``i``."""
    for j in (i - 1, i + 1):
        role = chunks[j].role if 0 <= j < len(chunks) else ""
        if role in ("hair", "skin") or (role in ("face_hair", "thing") and chunks[j].says):
            return j
    return None
