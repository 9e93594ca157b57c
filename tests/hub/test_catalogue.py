"""The catalogue as published: every row true, found by its name, shown on its card."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

import mien
import mien.hub
from house.sources import ROOT
from mien.checkpoints.formats import pix2pix
from mien.checkpoints.kinds import KINDS
from mien.checkpoints.registry import FORMATS
from mien.editing.sets import KIND as DIRECTIONS
from mien.errors import UnknownName
from mien.hub import cards, catalogue
from mien.hub.catalogue import FAMILIES, ROWS, Row, Score

WEIGHTS = Path(mien.hub.__file__).parent / "weights"
SHIPPED_BYTES = 30_000_000
"""For each family of models: faces and what reads and moves them; what reads photos back; photo and
sketch; anime and what finds faces in selfies."""
CRITICS_BYTES = 32_000_000
"""For the networks that have seen the world, 8 bits a number as they were published."""


_COMPUTED = ("sha256", "bytes", "page", "stated", "accept")
"""What the recipe finds out, or what only the checkpoints of others have."""


def family(name: str) -> list[Row]:
    """The published rows of one family."""
    return [row for row in ROWS if row.name in FAMILIES[name]]


def test_published_rows_are_complete() -> None:
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)
    for row in ROWS:
        assert re.fullmatch(r"[0-9a-f]{64}", row.sha256) or row.stated, row.name
        assert row.kind in KINDS, row.name
        assert row.licence, row.name
        assert row.data, row.name
        assert row.bytes > 0 or row.stated, row.name
        assert all(score.protocol for score in map(Score._make, row.scores)), row.name


def test_published_files_are_what_the_rows_say() -> None:
    from mien.checkpoints.critics import KINDS, find_kind
    from mien.checkpoints.native import read_header, sha256_file

    for row in ROWS:
        path = WEIGHTS / row.file
        if not row.ships and not path.exists():
            continue
        assert path.stat().st_size == row.bytes, row.name
        assert sha256_file(path) == row.sha256, row.name
        kind = find_kind(path) if row.kind in KINDS else read_header(path).kind
        assert kind == row.kind, row.name


def test_what_ships_is_small_and_listed() -> None:
    files = list(WEIGHTS.glob("*.safetensors"))
    assert {path.name for path in files} <= {row.file for row in ROWS}
    sketch, critics, photos = (family(name) for name in ("sketch", "critics", "inversion"))
    selfies = [*family("anime"), *family("finding")]
    others = [*sketch, *selfies, *critics, *photos, *family("public")]
    for rows in (sketch, selfies, photos, [row for row in ROWS if row not in others]):
        assert 0 < sum(row.bytes for row in rows) <= SHIPPED_BYTES
    assert 0 < sum(row.bytes for row in critics if not row.url) <= CRITICS_BYTES


def test_rows_and_cards_lie_beside_the_weights() -> None:
    listed = [name for names in FAMILIES.values() for name in names]
    assert [row.name for row in ROWS] == listed
    assert len(ROWS) == len(listed)
    assert ROWS[0].name == listed[0]
    assert {path.stem for path in WEIGHTS.glob("*.toml")} == set(listed) - {*FAMILIES["public"]}
    assert {path.stem for path in WEIGHTS.glob("*.md")} <= set(listed)


def test_nothing_is_read_before_a_row_is_asked_for() -> None:
    script = (
        "import sys, mien, mien.cli; from mien.hub import catalogue; print(vars(catalogue.ROWS));"
        "assert catalogue.find('portraits').kimg; print(len(catalogue.ROWS._read))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["{}", str(len(ROWS))]


def test_the_recipe_writes_the_rows_that_are_there(tmp_path: Path) -> None:
    row = next(row for row in ROWS if row.name == "portraits-edits")
    facts = {k: v for k, v in asdict(row).items() if k not in _COMPUTED}
    described = tmp_path / "rows.json"
    described.write_text(json.dumps({"rows": [facts]}), encoding="utf-8")
    recipe = ROOT / "recipes" / "catalogue_rows.py"
    done = subprocess.run([sys.executable, recipe, described, tmp_path], capture_output=True)
    assert done.returncode == 0, done.stderr
    written = tmp_path / "portraits-edits.toml"
    assert written.read_bytes() == (WEIGHTS / written.name).read_bytes()
    assert catalogue.read_row(written) == row


def test_short_names_lead_to_kinds(publish: Callable[..., Row]) -> None:
    publish(b"a", "faces")
    publish(b"b", "drawn", kind="gans-n-roses")
    assert mien.list_models() == ["faces", "drawn"]
    assert mien.list_models("anime") == mien.list_models("gans-n-roses") == ["drawn"]
    assert mien.list_models(kind="tagger") == []
    with pytest.raises(UnknownName, match="unknown kind 'animee'; did you mean 'anime'"):
        mien.list_models("animee")


def test_kinds_are_called_by_one_name_each() -> None:
    called = [name for kind in KINDS.values() for name in {kind.name, kind.alias} if name]
    assert len(called) == len(set(called))
    assert all(kind.title for kind in KINDS.values())
    assert [name for name, kind in KINDS.items() if kind.build is None] == [DIRECTIONS]
    assert {kind.name for kind in KINDS.values() if kind.noun} == {
        kind for fmt in FORMATS for kind in fmt.marks
    } | {pix2pix.AUTOENCODER}


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
