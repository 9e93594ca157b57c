"""``mien sketch`` and ``mien photo``: files out, what is said, and every kind of bad input."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mien import cli, images
from mien.checkpoints import native
from mien.sketch.pix2pix import Unet, UnetConfig


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny untrained model; it does not say its direction."""
    torch.manual_seed(0)
    config = {"ngf": 2, "downs": 5, "norm": "instance", "dropout": False}
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    meta = {"method": "pix2pix", "resolution": 32}
    native.save(path, "translation-unet", Unet(UnetConfig(**config)).state_dict(), config, meta)
    return str(path)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for i in range(3):
        pixels = np.random.RandomState(i).randint(0, 256, (40, 30, 3)).astype(np.uint8)
        images.save(tmp_path / "photos" / f"p{i}.png", pixels)
    return tmp_path / "photos"


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    status = cli.main([str(arg) for arg in args])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_a_folder(model: str, photos: Path, tmp_path: Path, capsys) -> None:
    (photos / "broken.png").write_bytes(b"x")
    command = ["sketch", photos, "--model", model, "--out", tmp_path / "out", "--device", "cpu"]
    command += ["--big", "resize"]
    status, out, err = run(capsys, *command, "--json")
    assert status == 0, err
    result = json.loads(out)
    assert [Path(row["file"]).name for row in result["files"]] == ["p0.png", "p1.png", "p2.png"]
    assert result["files"][0]["notes"] == ["resized from 30x40 to 32x32 and back"]
    assert len(result["left_out"]) == 1
    assert "left out: " in err
    assert err.count("resized from 30x40") == 1  # what is true of all is said once
    assert images.load(tmp_path / "out" / "p1.png").shape == (40, 30, 3)
    made = images.read_provenance(tmp_path / "out" / "p1.png")
    assert (made["direction"], made["of"]) == ("photo-to-sketch", str(photos / "p1.png"))
    status, _, err = run(capsys, *command)
    assert status == 2
    assert "exists already" in err
    assert run(capsys, *command, "--force")[0] == 0


def test_one_file_to_one_file_and_back(model: str, photos: Path, tmp_path: Path, capsys) -> None:
    target = tmp_path / "sketch.png"
    command = ["sketch", photos / "p0.png", "--model", model, "--out", target]
    status, out, err = run(capsys, *command, "--big", "tile")
    assert (status, out) == (0, f"{target}\n"), err
    assert "2 tiles of 32x32 that overlap" in err
    status, _, err = run(capsys, "photo", target, "--model", model, "--out", tmp_path / "back.png")
    assert status == 0, err
    assert images.read_provenance(tmp_path / "back.png")["direction"] == "sketch-to-photo"


def test_a_style_needs_no_network(photos: Path, tmp_path: Path, capsys) -> None:
    command = ["sketch", photos / "p0.png", "--out", tmp_path / "a.png"]
    assert run(capsys, *command, "--style", "line", "--strength", "0.8")[0] == 0
    made = images.read_provenance(tmp_path / "a.png")
    assert (made["style"], made["strength"]) == ("line", 0.8)
    for extra, said in (
        (["--style", "chalk"], "unknown style of sketches 'chalk'"),
        (["--strength", "2"], "strength is 2, but must be from 0 to 1"),
        (["--style", "pencil", "--method", "pix2pix"], "style 'pencil' needs no network"),
    ):
        status, _, err = run(capsys, *command, *extra, "--force")
        assert status == 2
        assert said in err
    command = ["photo", tmp_path / "a.png", "--through-latent", "--method", "pix2pix"]
    status, _, err = run(capsys, *command)
    assert status == 2
    assert "--method names a network" in err


def test_patterns(model: str, photos: Path, tmp_path: Path, capsys) -> None:
    command = ["sketch", photos / "p[01].*", "--model", model, "--out", tmp_path / "out"]
    status, out, _ = run(capsys, *command)
    assert status == 0
    assert len(out.splitlines()) == 2


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_pictures_of_every_kind(mode: str, model: str, tmp_path: Path, capsys) -> None:
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    if mode == "I;16":
        Image.fromarray(np.arange(900, dtype=np.uint16).reshape(30, 30) * 70).save(path)
    else:
        pixels = np.random.RandomState(0).randint(0, 256, (30, 30, 3)).astype(np.uint8)
        Image.fromarray(pixels).convert(mode).save(path)
    status, _, err = run(capsys, "sketch", path, "--model", model, "--out", tmp_path / "out")
    assert status == 0, err
    assert images.load(tmp_path / "out" / "a.png").shape == (30, 30, 3)
    is_grey = mode in ("1", "L", "LA", "I;16")
    assert ("the picture is grey, and a photo in colour was wanted" in err) == is_grey


def huge_png(path: Path, side: int) -> Path:
    """A PNG that says it is so large; there are no pixels in it."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)), (b"IDAT", b"x")]
    data = b"\x89PNG\r\n\x1a\n"
    for name, body in chunks:
        data += struct.pack(">I", len(body)) + name + body
        data += struct.pack(">I", zlib.crc32(name + body))
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("side", "said"),
    [(20_000, "is too big: 400000000 pixels, the limit is"), (9000, "9000x9000 is 81000000")],
)
def test_a_huge_picture(side: int, said: str, model: str, tmp_path: Path, capsys) -> None:
    path = huge_png(tmp_path / "huge.png", side)
    status, _, err = run(capsys, "sketch", path, "--model", model, "--out", tmp_path / "out")
    assert status == 2
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("kind", ["video", "empty", "absent", "broken", "all broken", "two"])
def test_what_cannot_be_read(kind: str, model: str, tmp_path: Path, capsys) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.png").write_bytes(b"x")
    named, said = {
        "video": ([tmp_path / "clip.mp4"], "videos are translated by: mien anime clip.mp4"),
        "empty": ([tmp_path / "empty"], "holds no picture among its 0 files"),
        "absent": ([tmp_path / "none.png"], "none.png: there is no such file"),
        "broken": ([tmp_path / "bad" / "a.png"], "a.png: is not a picture"),
        "all broken": ([tmp_path / "bad"], "none of 1 picture can be read"),
        "two": ([tmp_path / "a.png", tmp_path / "b.png"], "is one file, and there are 2 pictures"),
    }[kind]
    (tmp_path / "clip.mp4").write_bytes(b"x")
    out = tmp_path / ("out.png" if kind == "two" else "out")
    status, printed, err = run(capsys, "sketch", *named, "--model", model, "--out", out)
    assert (status, printed) == (2, "")
    assert said in err
    assert not out.exists()


def test_arguments_that_make_no_sense(model: str, photos: Path, tmp_path: Path, capsys) -> None:
    command = ["sketch", photos, "--model", model, "--out", tmp_path / "out"]
    for extra, said in (
        (["--big", "crop"], "unknown way for big pictures 'crop'"),
        (["--method", "gan"], "unknown method 'gan'"),
        (["--method", "cyclegan"], "is of method 'pix2pix', not 'cyclegan'"),
        (["--device", "abacus"], "abacus"),
        (["--model", "no-such-model"], "no-such-model"),
    ):
        status, _, err = run(capsys, *command, *extra)
        assert status == 2
        assert said in err


def test_a_list_goes_on_behind_a_bad_picture(
    model: str, photos: Path, tmp_path: Path, capsys
) -> None:
    (photos / "p1.png").write_bytes(b"x")
    named = [photos / f"p{i}.png" for i in range(3)]
    command = ["sketch", *named, "--model", model, "--out", tmp_path / "out", "--device", "cpu"]
    status, out, err = run(capsys, *command)
    assert status == 2
    assert [Path(line).name for line in out.splitlines()] == ["p0.png", "p2.png"]
    assert f"left out: 1 of 3 pictures: {named[1]}: is not a picture" in err


def test_a_photo_is_never_written_over(model: str, photos: Path, tmp_path: Path, capsys) -> None:
    before = (photos / "p0.png").read_bytes()
    command = ["sketch", photos / "p0.png", "--model", model, "--device", "cpu", "--force"]
    status, out, _ = run(capsys, *command, "--out", photos)
    assert (status, Path(out.strip()).name) == (0, "p0-2.png")
    status, _, err = run(capsys, *command, "--out", photos / "p0.png")
    assert status == 2
    assert "is the picture itself" in err
    assert (photos / "p0.png").read_bytes() == before
