"""``mien show``: pictures, weights and arrays say what they are; everything else is one line."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from checkpoints.foreign_networks import rosinality_generator
from mien import cli, images
from mien.checkpoints import native
from mien.images import formats
from mien.video.formats import FORMATS
from mien.video.writer import writing


def shown(capsys: pytest.CaptureFixture[str], path: Path) -> dict[str, object]:
    """What ``mien show PATH --json`` prints."""
    assert cli.main(["show", str(path), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_picture_says_what_made_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made_by = {"model": "faces", "seed": 7, "text": "a man 👨"}
    images.save(tmp_path / "a.png", np.zeros((4, 4, 3), np.uint8), made_by)
    assert shown(capsys, tmp_path / "a.png")["provenance"] == made_by
    assert cli.main(["show", str(tmp_path / "a.png")]) == 0
    assert "  text: a man 👨\n" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", [*formats.SUFFIXES.values(), *FORMATS])
@pytest.mark.parametrize("frames", [1, 3])
def test_whatever_is_written_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str, frames: int
) -> None:
    path, made = tmp_path / f"a{suffix}", {"model": "faces", "text": "naïve"}
    image = np.full((32, 32, 3), 90, np.uint8)
    if suffix in FORMATS:
        with writing(path, 10, provenance=made) as writer:
            writer.write(np.stack([image] * frames))
    else:
        formats.save(path, image, made)
    assert shown(capsys, path)["provenance"] == made


def test_a_still_gif_of_others_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for comment in (b"", b"[]", b"\xff", b'{"mien": 1}'):
        Image.new("RGB", (4, 4)).save(tmp_path / "b.gif", comment=comment)
        assert cli.main(["show", str(tmp_path / "b.gif")]) == 2
        assert "b.gif: does not say what made it" in capsys.readouterr().err


def test_weights_say_what_they_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "g.safetensors"
    native.save(path, "tagger", {"a.weight": torch.zeros(2, 3)}, {"width": 8}, {"kimg": 4})
    found = shown(capsys, path)
    assert (found["network"], found["config"]) == ("tagger", {"width": 8})
    assert (found["parameters"], found["tensors"]) == (6, {"a.weight": [2, 3]})
    assert cli.main(["show", str(path)]) == 0
    assert "  kimg: 4\n" in capsys.readouterr().out


def test_weights_of_others_are_described_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from safetensors.numpy import save_file

    save_file({"x": np.zeros(3, np.float16)}, tmp_path / "x.safetensors", {"format": "np"})
    found = shown(capsys, tmp_path / "x.safetensors")
    assert (found["metadata"], found["dtypes"]) == ({"format": "np"}, ["F16"])


def test_latents_say_their_shape(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez_compressed(tmp_path / "w.npz", w=np.zeros((2, 10, 8), np.float32))
    assert cli.main(["show", str(tmp_path / "w.npz")]) == 0
    assert "  w: float32 [2, 10, 8]\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "data", "cause"),
    [
        ("none.png", None, "does not exist"),
        ("empty.npz", b"", "is empty"),
        ("page.safetensors", b"<!DOCTYPE html><html></html>", "HTML"),
        ("cut.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 9, "cut.png: "),
        ("cut.npz", b"PK\x03\x04" + b"\0" * 40, "damaged"),
        ("cut.safetensors", b"\xff\0\0\0\0\0\0\0{", "truncated"),
    ],
)
def test_what_it_cannot_show_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, data: bytes | None, cause: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    assert cli.main(["show", str(tmp_path / name)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert f"{tmp_path / name}: " in err
    assert cause in err


def test_a_zip_of_pictures_is_no_npz(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", b"\xff\xd8")
    assert cli.main(["show", str(path)]) == 2
    assert f"mien data check {path}" in capsys.readouterr().err


def test_a_folder_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err


def test_weights_of_other_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "two.pt"
    torch.save({"G_A": rosinality_generator(0), "G_B": rosinality_generator(1)}, file)
    assert cli.main(["show", str(file)]) == 0
    out = capsys.readouterr().out
    assert "networks: ['stylegan2-generator']" in out
    assert re.search(r"G_A: \d+ tensors\n +G_B: \d+ tensors", out)
