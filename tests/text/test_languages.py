"""Vietnamese, French and Japanese: a table of sentences each, and how a language is told."""

import unicodedata
from pathlib import Path

import pytest

from mien.attributes import COLUMNS
from mien.errors import UnknownName
from mien.text import languages
from mien.text.reader import read

FOLDER = Path(__file__).parent / "sentences"
CODES = ("vi", "fr", "ja")


def rows(code):
    """Sentence, asserted, denied, not read; a file a language, a sentence a line."""
    lines = (FOLDER / f"{code}.txt").read_text(encoding="utf-8").splitlines()
    return [(code, *line.split("|")) for line in lines]


TABLE = [row for code in CODES for row in rows(code)]


@pytest.mark.parametrize(("code", "text", "asserted", "denied", "unread"), TABLE)
def test_table(code, text, asserted, denied, unread):
    reading = read(text)
    assert reading.language == code
    assert reading.asserted == dict(label.split("=") for label in asserted.split())
    for label in denied.split():
        column, value = label.split("=")
        assert value in reading.denied.get(column, ())
    assert "; ".join(reading.not_read) == unread
    assert reading.about_face
    for word in reading.words:
        assert word.text.strip()


@pytest.mark.parametrize("code", CODES)
def test_the_tables_are_long_enough(code):
    found = rows(code)
    assert len(found) >= 40
    negative = ("none", "=0", "expression=neutral")
    assert sum(any(mark in row[2] for mark in negative) for row in found) >= 6


@pytest.mark.parametrize("code", CODES)
def test_lexicons_name_known_labels(code):
    words = languages.table(code)
    said = [label.strip("!?") for cell, _ in words.says for label in cell.split()]
    named = {"hair_color": words.colours, "skin": words.skins}
    named |= {"hair_length": words.lengths, "hair_texture": words.textures}
    said += [f"{column}={value}" for column, table in named.items() for value in table]
    for label in said:
        column, value = label.split("=")
        assert value in COLUMNS[column], label
    columns = {label.split("=")[0] for label in said}
    assert columns == set(COLUMNS)


@pytest.mark.parametrize("text", [row[1] for row in TABLE if row[0] != "ja"])
def test_both_ways_of_writing_an_accent_are_one(text):
    assert read(unicodedata.normalize("NFD", text)) == read(text)


@pytest.mark.parametrize(
    ("text", "code", "unread"),
    [
        ("một chiếc xe đỏ trong mưa", "vi", "xe đỏ; mưa"),
        ("une voiture rouge sous la pluie", "fr", "voiture rouge; pluie"),
        ("雨の中の赤い車", "ja", "雨; 中; 赤い車"),
        ("un chat noir", "fr", "chat noir"),
        ("微笑的女人", "en", "微笑的女人"),
        ("улыбка", "en", "улыбка"),
        ("asdf qwerty", "en", "asdf qwerty"),
    ],
)
def test_sentences_without_a_face(text, code, unread):
    reading = read(text)
    assert reading.language == code
    assert not reading.about_face
    assert reading.unknown
    assert "; ".join(reading.not_read) == unread


@pytest.mark.parametrize("text", ["Hồ Chí Minh", "Victor Hugo", "Barack Obama", "Madonna"])
def test_names_are_told(text):
    assert read(text).named
    assert not read(text).about_face


@pytest.mark.parametrize(
    ("text", "taken", "dropped"),
    [
        ("một ông già trẻ", "ông già", ("trẻ",)),
        ("un vieux jeune homme", "vieux", ("jeune homme",)),
        ("若い老人", "老人", ("若い",)),
        ("短い長い髪の女性", "短い", ("長い",)),
    ],
)
def test_contradictions(text, taken, dropped):
    (conflict,) = read(text).conflicts
    assert (conflict.taken, conflict.dropped) == (taken, dropped)


def test_a_language_can_be_asked_for():
    assert read("blonde").language == "en"
    assert read("blonde", "fr").language == "fr"
    assert read("femme", "en").unknown
    with pytest.raises(UnknownName, match="unknown language 'de'"):
        read("Frau", "de")


def test_english_with_a_foreign_word_stays_english():
    for text in ("a blonde woman with a chignon", "an old man from Da Nang"):
        assert read(text).language == "en"
