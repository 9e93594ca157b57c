"""The words of the page: both languages whole, and the one that a browser asks for."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import mien.web
from mien.attributes import COLUMNS
from mien.web.editing import DIRECTIONS
from mien.web.words import DOING, NAMES, VERBS, WORDS, Say, spoken

SOURCES = sorted(Path(mien.web.__file__).parent.rglob("*.py"))


def test_every_text_has_both_languages_and_the_same_braces():
    for key, (english, vietnamese) in {**WORDS, **DOING, **VERBS}.items():
        assert all((english.strip(), vietnamese.strip())), key
        assert english.count("{}") == vietnamese.count("{}"), key


def test_what_panels_say_is_in_the_table_and_nothing_else_is():
    said = {"left_s", "left_min"}  # The table's own.
    for path in SOURCES:
        if path.name == "words.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said.add(node.value)
    called = {
        match
        for path in SOURCES
        for match in re.findall(r"\bsay\(\s*\"(\w+)\"", path.read_text("utf-8"))
    }
    assert called <= set(WORDS)
    made = {"download_png", "download_npz", "download_mp4"}  # f"download_{suffix}"
    assert set(WORDS) - said <= made


def test_directions_and_most_values_are_named_in_vietnamese():
    assert set(DIRECTIONS) <= set(NAMES)
    say = Say("vi")
    assert say.column_value("hair_color", "gray") == "màu tóc: bạc"
    assert say.column_value("bangs", "1") == "tóc mái: có"
    assert say.column_value("gender", "f").endswith("nữ")
    assert Say("en").column_value("gender", "m") == "gender: male"
    assert Say("en").column_value("hair_color", "gray") == "hair color: gray"
    assert {"gender", "age", "glasses"} <= {column for column in COLUMNS if say.name(column)}


def test_time_left_is_said_in_seconds_then_minutes():
    say = Say()
    assert say.left(0.4) == "about 1 s left"
    assert say.left(89) == "about 89 s left"
    assert say.left(200) == "about 3 min left"


def test_the_language_is_the_first_that_the_browser_speaks_of_ours():
    assert spoken("vi-VN,vi;q=0.9,en;q=0.8") == "vi"
    assert spoken("en-US,en;q=0.9,vi;q=0.8") == "en"
    assert spoken("de;q=0.9,vi;q=0.5") == "vi"
    assert spoken("en;q=0.2, vi;q=0.7") == "vi"
    for header in ("", "fr", "*", "vi;q=x", ";;;,,"):
        assert spoken(header) == "en"
