from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from mien.errors import InputError
from mien.metrics.protocol import Protocol, Score
from mien.metrics.tables import ScoreTable

SSIM = Protocol("SSIM, gaussian 11×11", "none", "", 30, 30, "none", None, "cuhk last 30")
LEAKY = replace(SSIM, samples=301, split="cuhk 8:2 after augmenting")


def score(value, protocol=SSIM, **more):
    return Score("SSIM", value, "higher", protocol, **more)


def table():
    mae = Score("MAE", 0.033, "lower", replace(SSIM, metric="MAE"))
    return ScoreTable(
        "Photo to sketch",
        "method",
        {"pix2pix": [score(0.70021, stderr=0.0123), mae], "cyclegan": [score(float("inf"))]},
        {"pix2pix": {"parameters": "54 M"}},
    )


def test_text_is_aligned_and_carries_every_protocol():
    text = table().text()
    lines = text.splitlines()
    assert "SSIM ↑ [1]" in lines[2]
    assert "MAE ↓ [2]" in lines[2]
    assert "0.7002 ± 0.012" in lines[4]
    assert "0.033" in lines[4]
    assert "54 M" in lines[4]
    assert lines[5].split() == ["cyclegan", "inf", "–", "–"]
    for head, cell in (("SSIM ↑ [1]", "0.7002 ± 0.012"), ("MAE ↓ [2]", "0.033")):
        assert lines[2].index(head) + len(head) == lines[4].index(cell) + len(cell)
    assert lines[-2] == "[1] " + SSIM.line()
    assert lines[-1].startswith("[2] MAE; judge none; 30 samples against 30")


def test_cells_of_different_protocols_are_marked():
    mixed = ScoreTable("t", "split", {"honest": [score(0.6)], "leaky": [score(0.8, LEAKY)]})
    lines = mixed.text().splitlines()
    assert lines[4].endswith("0.6 [1]")
    assert lines[5].endswith("0.8 [2]")
    assert mixed.protocols == (SSIM, LEAKY)


def test_markdown_has_a_head_a_rule_and_footers():
    lines = table().markdown().splitlines()
    assert lines[2] == "| method | SSIM ↑ [1] | MAE ↓ [2] | parameters |"
    assert lines[3] == "|---|--:|--:|--:|"
    assert lines[4].count("|") == 5
    assert "- [1] " + SSIM.line() in lines


def test_csv_says_the_protocol_in_every_line():
    rows = list(csv.DictReader(io.StringIO(table().csv())))
    assert [row["name"] for row in rows] == ["SSIM", "MAE", "SSIM"]
    assert float(rows[0]["value"]) == 0.70021
    assert float(rows[0]["stderr"]) == 0.0123
    assert rows[2]["value"] == "inf"
    assert all(row["split"] == "cuhk last 30" and row["samples"] == "30" for row in rows)


def test_json():
    read = json.loads(json.dumps(table().as_dict()))
    assert read["rows"]["pix2pix"][1]["protocol"]["metric"] == "MAE"


def test_tables_that_can_be_misread_are_refused():
    with pytest.raises(InputError, match="no rows"):
        ScoreTable("t", "m", {})
    with pytest.raises(InputError, match="twice"):
        ScoreTable("t", "m", {"a": [score(1.0), score(2.0)]})
    with pytest.raises(InputError, match="better higher"):
        ScoreTable("t", "m", {"a": [score(1.0)], "b": [replace(score(1.0), better="lower")]})
