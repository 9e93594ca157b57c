"""``mien data caption`` and ``pack``: real output and every wrong call."""

from __future__ import annotations

import numpy as np

from mien import cli, images


def test_captions_and_missing_rows(tmp_path, capsys):
    table = tmp_path / "table.tsv"
    head = "file\tgender\tage\thair_color\thair_length\texpression"
    table.write_text(f"{head}\na.png\tf\tyoung\tred\tlong\tsmile\n")
    for name in ("a", "b"):
        images.save(tmp_path / "faces" / f"{name}.png", np.zeros((4, 4, 3), np.uint8))
    out = tmp_path / "out"
    command = ["data", "caption", str(table), "--out", str(out), "--count", "4"]
    assert cli.main([*command, "--pictures", str(tmp_path / "faces")]) == 2
    printed = capsys.readouterr()
    assert printed.out == f"wrote 1 files of 4 captions to {out}, 1 left out\n"
    assert "b.png: has no row in the table" in printed.err
    assert len((out / "a.txt").read_text().splitlines()) == 4
    assert cli.main(command) == 0
    assert "wrote 0 files of 4 captions" in capsys.readouterr().out


def test_pack_in_two_processes_and_its_refusals(tmp_path, capsys):
    images.save(tmp_path / "set" / "a.png", np.zeros((20, 20, 3), np.uint8))
    (tmp_path / "set" / "b.png").write_bytes(b"x")
    out = tmp_path / "faces.zip"
    command = ["data", "pack", str(tmp_path / "set"), "--out", str(out), "--size", "16"]
    assert cli.main([*command, "--processes", "2"]) == 2
    printed = capsys.readouterr()
    assert printed.out.startswith(f"wrote 1 pictures to {out}, 1 left out; 1 to train")
    assert "left out: " in printed.err
    assert cli.main(command) == 2
    assert "exists already" in capsys.readouterr().err
    assert cli.main([*command[:4], str(tmp_path / "other.tar")]) == 2
    assert "ends in '.tar'" in capsys.readouterr().err
