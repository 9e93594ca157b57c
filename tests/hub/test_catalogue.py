"""The catalogue as published: every row true, found by its name, shown on its card."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import mien.hub
from mien.editing.sets import KIND
from mien.errors import UnknownName
from mien.hub import cards, catalogue
from mien.hub.catalogue import ROWS, Row, Score
from mien.hub.loading import NETWORKS
from mien.hub.rows import anime, critics, finding, sketch

WEIGHTS = Path(mien.hub.__file__).parent / "weights"
SHIPPED_BYTES = 30_000_000
"""For each family of models: faces and what reads and moves them; photo and sketch; anime and what
finds faces in selfies."""
CRITICS_BYTES = 32_000_000
"""For the networks that have seen the world, 8 bits a number as they were published."""


def test_published_rows_are_complete() -> None:
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)
    for row in ROWS:
        assert re.fullmatch(r"[0-9a-f]{64}", row.sha256), row.name
        assert row.kind in {*NETWORKS, KIND}, row.name
        assert row.licence, row.name
        assert row.data, row.name
        assert row.bytes > 0, row.name
        assert all(score.protocol for score in map(Score._make, row.scores)), row.name


def test_published_files_are_what_the_rows_say() -> None:
    from mien.checkpoints.critics import KINDS, find_kind
    from mien.checkpoints.native import read_header, sha256_file

    for row in ROWS:
        path = WEIGHTS / row.file
        if row.url and not path.exists():
            continue
        assert path.stat().st_size == row.bytes, row.name
        assert sha256_file(path) == row.sha256, row.name
        kind = find_kind(path) if row.kind in KINDS else read_header(path).kind
        assert kind == row.kind, row.name


def test_what_ships_is_small_and_listed() -> None:
    files = list(WEIGHTS.glob("*.safetensors"))
    assert {path.name for path in files} <= {row.file for row in ROWS}
    selfies = (*anime.ROWS, *finding.ROWS)
    others = (*sketch.ROWS, *selfies, *critics.ROWS)
    for family in (sketch.ROWS, selfies, [row for row in ROWS if row not in others]):
        assert 0 < sum(row.bytes for row in family) <= SHIPPED_BYTES
    assert 0 < sum(row.bytes for row in critics.ROWS if not row.url) <= CRITICS_BYTES


def test_rows_are_found_by_name_and_kind(publish: Callable[..., Row]) -> None:
    faces = publish(b"a", "faces")
    reader = publish(b"b", "reader", kind="tagger")
    assert catalogue.find("faces") is faces
    assert catalogue.find("reader", "tagger") is reader
    assert catalogue.names() == ["faces", "reader"]
    assert catalogue.names("tagger") == ["reader"]
    with pytest.raises(UnknownName, match=r"unknown model 'face'; did you mean 'faces'\?"):
        catalogue.find("face")
    with pytest.raises(UnknownName, match=r"\(known: reader\)"):
        catalogue.find("faces", "tagger")


def test_cards_show_every_fact(publish: Callable[..., Row]) -> None:
    row = publish(
        b"abc",
        paper="Karras et al. 2020",
        kimg=1200.5,
        resolution=128,
        note="Small people.",
        scores=(Score("FD-tagger", 12.5, "judge tagger@ab12, 2,000 images | seed 0"),),
    )
    text = cards.card("faces")
    assert text.startswith("# faces: StyleGAN2 generator\n\nSmall people.\n")
    for fact in ("128×128", "1200.5 kimg", "Karras et al. 2020", "CC0", row.sha256, "12.5"):
        assert fact in text
    assert r"2,000 images \| seed 0" in text
    assert "ships with mien" in text


def test_cards_without_scores_say_so(publish: Callable[..., Row]) -> None:
    publish(b"abc", url="https://example.org/faces.safetensors")
    assert "Nothing has been measured yet." in cards.card("faces")
    assert "https://example.org/faces.safetensors" in cards.card("faces")
    with pytest.raises(UnknownName):
        cards.card("nobody")
