"""What of an English sentence was not read, what contradicts itself, what was mistyped."""

import pytest

from mien.text import spelling
from mien.text.clauses import vocabulary
from mien.text.reader import expected, read

UNREAD = (
    ("an old man with a white beard and glasses", "white (of the beard)"),
    ("a woman before a blue background with a nose ring", "blue background; nose ring"),
    (
        "a woman with gold earrings and red lipstick",
        "gold (of the earrings); red (of the lipstick)",
    ),
    ("an Asian woman with thick messy brown hair", "Asian; thick messy (of the hair)"),
    ("blue eyes and a red scarf", "blue eyes; red scarf"),
    ("a sad child with freckles", "freckles"),
    ("a man in a black hat", "black (of the hat)"),
    ("Taylor Swift wearing a hat", "Taylor Swift (people cannot be drawn by name)"),
    ("light brown eyes", "light brown eyes"),
    ("a portrait photo of the face of a person", ""),
    ("she has long black hair and she is smiling", ""),
    ("a 70-year-old man who is looking at the camera", ""),
    ("not only young but smiling", ""),
    ("a woman, curly, smiling", ""),
    ("", ""),
)


@pytest.mark.parametrize(("text", "unread"), UNREAD)
def test_not_read(text, unread):
    assert "; ".join(read(text).not_read) == unread


def test_a_long_list_is_cut_and_counted():
    words = ", ".join(f"xq{letter}x" for letter in "abcdefghijklmnop")
    assert read(f"a man, {words}").notes()[-1].endswith("and 4 more")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a bald man with long blonde hair", ["'bald' and 'long', 'blonde'; 'bald' was taken"]),
        (
            "a young old woman with short long hair",
            ["'old' and 'young'; 'old' was taken", "'short' and 'long'; 'short' was taken"],
        ),
        ("a man with glasses, no glasses", ["'glasses' and 'not glasses'; 'glasses' was taken"]),
        ("black hair and blonde hair", ["'black' and 'blonde'; 'black' was taken"]),
        ("a serious man with a slight smile", []),
        ("a teenage boy, a young man", []),
        ("a grey and white haired man", []),
        ("an old man with a beard and a mustache", []),
    ],
)
def test_contradictions_are_said(text, said):
    assert [str(one) for one in read(text).conflicts] == [f"contradiction: {one}" for one in said]


def test_bald_leaves_no_colour():
    reading = read("long blonde hair on a bald man")
    assert reading.asserted["hair_length"] == "bald"
    assert reading.asserted["hair_color"] == "none"


def test_slips_are_mended_and_said():
    reading = read("a yuong womna with blnode hiar and galsses")
    plain = read("a young woman with blonde hair and glasses")
    assert reading == type(reading)(reading.asserted, reading.denied, reading.words)
    assert reading.asserted == plain.asserted
    assert dict(reading.mended)["blnode"] == "blonde"
    assert "read 'blnode' as 'blonde'" in reading.notes()
    assert not reading.not_read


def test_several_words_as_near_are_suggested():
    (unread,) = read("a woman with curlz").not_read
    assert unread == "curlz (did you mean 'curls' or 'curly'?)"


@pytest.mark.parametrize(
    "word",
    ["bread", "hail", "whale", "matte", "cape", "glances", "board", "freckles", "mane"],
)
def test_words_of_their_own_are_let_be(word):
    assert spelling.guess(word, vocabulary()).taken == ""


@pytest.mark.parametrize(
    ("a", "b", "slips"), [("hiar", "hair", 1), ("bald", "bald", 0), ("a", "", 1), ("abc", "ca", 3)]
)
def test_distance(a, b, slips):
    assert spelling.distance(a, b) == slips


def test_names_are_not_mended():
    assert not read("a photo of Blnode").mended


@pytest.mark.parametrize("text", ["an old car", "a red sports car in the rain", "the new house"])
def test_without_a_face(text):
    assert not read(text).about_face


@pytest.mark.parametrize("text", ["a person", "somebody", "an old fisherman", "blonde", "glasses"])
def test_with_a_face(text):
    assert read(text).about_face


def test_the_white_beard_of_an_old_man_whitens_his_hair():
    reading = read("an old man with a white beard")
    assert reading.implied == {"hair_color": "gray"}
    assert expected(reading)["hair_color"] == "gray"
    assert any("grey hair: taken from" in note for note in reading.notes())
    assert not read("an old man with a white beard and brown hair").implied
    assert not read("a young man with a white beard").implied
    assert not read("an old man with a beard and a white hat").implied


AGES = (
    ("a woman of fifty", "middle"), ("a man around forty-five", "middle"),
    ("a 60-year-old man", "old"), ("a sixty-year-old man", "old"),
    ("a man in his late thirties", "middle"), ("a man in his early sixties", "old"),
    ("she is in her mid-twenties", "young"), ("a twenty-five-year-old", "young"),
    ("a man in his sixties", "old"), ("a boy of seven years", "child"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "age"), AGES)
def test_ages(text, age):
    assert read(text).asserted["age"] == age
    assert not read(text).conflicts
