"""``mien evaluate``: what it writes lies where it was asked for, and over nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mien import cli
from mien.cli.common import write_text
from mien.errors import OutputError


def refused(args: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of a call that ends with status 2."""
    assert cli.main(args) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = [line for line in printed.err.splitlines() if line.startswith("mien: error")]
    return line


@pytest.mark.parametrize("verb", ["text", "generator", "alignment"])
def test_a_table_is_not_written_over(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "numbers.csv"
    table.write_text("mine")
    # Refused before the data is looked at, which does not exist.
    line = refused(
        ["evaluate", verb, "--data", str(tmp_path / "no.zip"), "--csv", str(table)], capsys
    )
    assert "numbers.csv" in line
    assert "exists already" in line
    assert table.read_text() == "mine"


def test_a_table_is_written_over_with_force(tmp_path: Path) -> None:
    table = tmp_path / "numbers.csv"
    write_text(table, "a,b\n", False)
    assert table.read_text() == "a,b\n"
    with pytest.raises(OutputError):
        write_text(table, "c\n", False)
    write_text(table, "Fréchet\n", True)
    assert table.read_text("utf-8") == "Fréchet\n"
    write_text(None, "c\n", False)


def test_a_tagger_without_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = tmp_path / "faces.zip", tmp_path / "t.safetensors"
    line = refused(
        ["train", "tagger", "--data", str(data), "--out", str(out), "--labels", "none"], capsys
    )
    assert "--labels none" in line
    assert "learns from labels" in line
    assert not out.exists()
