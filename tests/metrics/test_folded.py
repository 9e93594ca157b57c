"""Protocols said once a column and once a row."""

from dataclasses import replace

from mien.metrics.folded import FoldedTable
from mien.metrics.protocol import Protocol, Score
from mien.metrics.tables import ScoreTable

FIRST = Protocol("mean absolute error", "none", "", 30, 30, "none", None, "kept-out", "bf16")


def table(kind: type[ScoreTable] = FoldedTable) -> ScoreTable:
    second = replace(FIRST, metric="SSIM, gaussian")
    judged = replace(FIRST, metric="Fréchet", judge="tiny", judge_sha256="a" * 64, resize="box")
    rows = {}
    for name, samples in (("one", 30), ("two", 120)):
        protocols = [replace(p, samples=samples, seed=3) for p in (FIRST, second, judged)]
        rows[name] = [
            Score.of("MAE", 0.1, protocols[0], 0.01),
            Score.of("SSIM", 0.7, protocols[1]),
            Score("FD-tiny", 3.0, "lower", protocols[2]),
        ]
    return kind("title", "model", rows, {"one": {"size": "1 M"}})


def test_each_column_and_each_row_is_said_once():
    text = table().text()
    assert "[" not in text
    assert text.count("mean absolute error") == 1
    assert "FD-tiny: Fréchet; judge tiny aaaaaaaaaaaa; resize box" in text
    assert "two: 120 samples; kept-out; seed 3; bf16" in text
    assert "0.1 ± 0.01" in text
    assert "- SSIM: SSIM, gaussian" in table().markdown()


def test_what_differs_inside_a_column_is_listed():
    found = table()
    other = replace(FIRST, metric="as published")
    rows = {**found.rows, "study": [Score.of("SSIM", 0.6, other)]}
    text = FoldedTable("title", "model", rows).text()
    assert "SSIM: SSIM, gaussian; or as published" in text


def test_csv_and_json_keep_every_protocol():
    plain = table(ScoreTable)
    assert table().csv() == plain.csv()
    assert table().as_dict() == plain.as_dict()
