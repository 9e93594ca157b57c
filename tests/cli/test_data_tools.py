"""``mien data caption``, ``pack``, ``mask`` and ``cutout``: real output and every wrong call."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from faces.toy_faces import finder, picture
from mien import cli, images
from mien.faces.parsing import work
from mien.images import label_maps
from mien.judges.regions import COLOURS, ID


class RedIsSkin(torch.nn.Module):
    """A parser that says skin where the picture is red, hair where it is not."""

    resolution = 32

    def shares(self, x):
        red = (x[:, 0] > 0.5) & (x[:, 1] < 0)
        made = torch.zeros(len(x), len(COLOURS), *x.shape[2:])
        made[:, ID["skin"]], made[:, ID["background"]] = red.float(), (~red).float()
        return torch.nn.functional.avg_pool2d(made, 2)


@pytest.fixture(autouse=True)
def _toy(monkeypatch):
    monkeypatch.setattr(work, "shipped_finder", lambda *_: finder())
    monkeypatch.setattr(work, "load_parser", lambda *_: RedIsSkin())


@pytest.fixture
def photo(tmp_path):
    return images.save(tmp_path / "ann.png", picture((50, 40, 100)))


def test_mask_and_preview(photo, tmp_path, capsys):
    out = tmp_path / "out"
    command = ["data", "mask", str(photo), "--out", str(out), "--preview"]
    assert cli.main(command) == 0
    assert capsys.readouterr().out == f"wrote 1 label map to {out}\n"
    labels = label_maps.load(out / "ann.png", COLOURS)
    assert labels.shape == images.load(photo).shape[:2]
    assert labels[90, 100] == ID["skin"]
    assert labels[5, 5] == ID["background"]
    assert images.load(out / "ann-preview.png").shape == images.load(photo).shape
    assert cli.main([*command, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["made"], result["there_before"], result["left_out"]) == ([], 1, [])


def test_the_good_ones_are_done_and_the_status_is_2(photo, tmp_path, capsys):
    images.save(tmp_path / "wall.png", picture())
    two = images.save(tmp_path / "two.png", picture((10, 20, 60), (120, 40, 100)))
    (tmp_path / "bad.png").write_bytes(b"x")
    out = tmp_path / "out"
    paths = [str(tmp_path / f"{name}.png") for name in ("wall", "two", "bad", "ann")]
    assert cli.main(["data", "mask", *paths, "--out", str(out)]) == 2
    printed = capsys.readouterr()
    assert printed.out == f"wrote 1 label map to {out}, 3 left out\n"
    lines = [line for line in printed.err.splitlines() if line.startswith("mien: left out")]
    assert "wall.png: no face was found" in lines[0]
    assert "two.png: 2 faces were found" in lines[1]
    assert "they are numbered in" in lines[1]
    assert "bad.png: is not a picture" in lines[2]
    assert images.load(out / "two-faces.png").shape == images.load(two).shape
    assert cli.main(["data", "mask", str(two), "--out", str(out), "--face", "2"]) == 0


def test_cutout_is_transparent_outside_and_opaque_inside(photo, tmp_path, capsys):
    from PIL import Image

    out = tmp_path / "out"
    assert cli.main(["data", "cutout", str(photo), "--out", str(out)]) == 0
    with Image.open(out / "ann.png") as made:
        assert made.mode == "RGBA"
        page = np.asarray(made)
    assert 120 < page.shape[0] < 140  # head and shoulders of a face 100 pixels wide
    middle = len(page) // 2
    assert page[middle, middle, 3] == 255
    assert page[3, 3, 3] == 0
    assert np.abs(page[middle, middle, :3] - np.array([255, 0, 0])).max() <= 2
    command = ["data", "cutout", str(photo), "--out", str(tmp_path / "on"), "--background"]
    assert cli.main([*command, "#00ff00"]) == 0
    assert images.load(tmp_path / "on" / "ann.png")[3, 3].tolist() == [0, 255, 0]
    assert cli.main([*command, "green"]) == 2
    assert "--background 'green' is no colour" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--face", "first"], "--face 'first' is none of: a number from 1, largest"),
        (["--by", "colours"], "--by colours needs --labels"),
        (["--points", "p.npz"], "--labels, --points and --figures go with --by colours"),
        (["--face", "1", "--aligned"], "give only one of"),
    ],
)
def test_mask_called_wrongly(photo, tmp_path, capsys, options, said):
    assert cli.main(["data", "mask", str(photo), "--out", str(tmp_path / "out"), *options]) == 2
    assert said in capsys.readouterr().err


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
    assert printed.out == f"wrote 1 file of 4 captions to {out}, 1 left out\n"
    assert "b.png: has no row in the table" in printed.err
    assert len((out / "a.txt").read_text().splitlines()) == 4
    assert cli.main(command) == 0
    assert "wrote 0 files of 4 captions" in capsys.readouterr().out


def test_pack_in_two_processes_and_its_refusals(photo, tmp_path, capsys):
    images.save(tmp_path / "set" / "a.png", np.zeros((20, 20, 3), np.uint8))
    (tmp_path / "set" / "b.png").write_bytes(b"x")
    out = tmp_path / "faces.zip"
    command = ["data", "pack", str(tmp_path / "set"), "--out", str(out), "--size", "16"]
    assert cli.main([*command, "--processes", "2"]) == 2
    printed = capsys.readouterr()
    assert printed.out.startswith(f"wrote 1 picture to {out}, 1 left out; 1 to train")
    assert "left out: " in printed.err
    assert cli.main(command) == 2
    assert "exists already" in capsys.readouterr().err
    assert cli.main([*command[:4], str(tmp_path / "other.tar")]) == 2
    assert "ends in '.tar'" in capsys.readouterr().err
