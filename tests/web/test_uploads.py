"""What clients send becomes arrays, or one clear error; nothing else of it is believed."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien import images
from mien.errors import CheckpointError, ImageError, MienError, UnknownName
from mien.images.sheets import png_bytes
from mien.web.uploads import (
    KINDS,
    Limits,
    TooLarge,
    WrongKind,
    check_file,
    kind_of,
    known_name,
    make_room,
    read_latents_of,
    read_picture,
    read_recipe,
    without_paths,
)
from web.conftest import png

LIMITS = Limits(bytes=1 << 20, pixels=1 << 14)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "AVIF"])
def test_pictures_of_every_kind_are_taken(kind, tmp_path):
    data = png(24, 16, kind)
    assert read_picture(data, LIMITS).shape == (16, 24, 3)
    assert kind_of(data).upper() == kind
    (tmp_path / "x").write_bytes(data)
    check_file(tmp_path / "x", LIMITS)


def test_heic_is_taken_where_its_reader_is():
    pytest.importorskip("pillow_heif").register_heif_opener()
    stream = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(stream, "HEIF")
    assert kind_of(stream.getvalue()) == "HEIC"
    assert read_picture(stream.getvalue(), LIMITS).shape == (64, 64, 3)


def test_limits_name_both_numbers(tmp_path):
    with pytest.raises(TooLarge, match="200x100, 20000 pixels, the limit is 16384"):
        read_picture(png(200, 100), LIMITS)
    with pytest.raises(TooLarge, match="bytes, the limit is 64"):
        read_picture(png(), Limits(bytes=64))
    (tmp_path / "x").write_bytes(png(200, 100))
    with pytest.raises(TooLarge):
        check_file(tmp_path / "x", LIMITS)


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"%PDF-1.7", b"%!PS", b"MZ\x90", b"II*\0abcd"])
def test_other_kinds_are_refused_before_they_are_decoded(data, tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(WrongKind, match=", ".join(KINDS)):
        read_picture(data, LIMITS)
    (tmp_path / "x.png").write_bytes(data)
    with pytest.raises(WrongKind):
        check_file(tmp_path / "x.png", LIMITS)


def test_a_recipe_comes_back_unless_it_asks_for_what_is_not_here():
    pixels, made = np.zeros((8, 8, 3), np.uint8), {"sha256": "a" * 64, "seed": 3, "psi": 0.7}
    assert read_recipe(png_bytes(pixels, made)) == made
    assert read_recipe(png_bytes(pixels)) is None
    assert read_recipe(png_bytes(pixels, {"of": "ann.jpg"})) is None
    with pytest.raises(UnknownName):
        read_recipe(png_bytes(pixels, {**made, "edits": [{"set": "/etc/passwd"}]}))
    with pytest.raises(ImageError, match="1000 steps"):
        read_recipe(png_bytes(pixels, {**made, "refine": 1000}))
    nested = made
    for _ in range(6):
        nested = {**made, "mix": {"a": nested, "b": nested, "layers": [0]}}
    with pytest.raises(ImageError, match="at most 16"):
        read_recipe(png_bytes(pixels, nested))


def test_latents_are_read_and_leave_no_file(tmp_path):
    ws = np.random.default_rng(0).standard_normal((3, 8, 4)).astype(np.float32)
    stream = io.BytesIO()
    np.savez(stream, w=ws, seeds=np.arange(3))
    assert np.array_equal(read_latents_of(stream.getvalue(), tmp_path, 8), ws)
    with pytest.raises(CheckpointError, match=r"^latents: holds latents of 8 layers"):
        read_latents_of(stream.getvalue(), tmp_path, 6)
    stream = io.BytesIO()
    np.savez_compressed(stream, w=np.zeros((1, 8, 1 << 20), np.float32))
    with pytest.raises(TooLarge, match="unpacks to"):
        read_latents_of(stream.getvalue(), tmp_path, 8)
    assert list(tmp_path.iterdir()) == []


def test_names_are_of_the_catalogue_and_no_paths(tmp_path, monkeypatch):
    assert known_name("photo-to-sketch") == "photo-to-sketch"
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "mine.safetensors").touch()
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path / "weights")
    assert known_name("mine") == "mine"
    for name in ("mine.safetensors", "../weights/mine", str(tmp_path), "", ".", "x" * 500):
        with pytest.raises(UnknownName):
            known_name(name)


def test_room_is_made_of_what_is_old(tmp_path):
    now = time.time()
    for number, age in enumerate((0, 10, 20, 5000)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "x").write_bytes(bytes(100))
        os.utime(folder / "x", (now - age, now - age))
    make_room(tmp_path, 1000, 3600)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1", "2"]
    make_room(tmp_path, 150, 3600)
    assert [path.name for path in tmp_path.iterdir()] == ["0"]


def test_messages_do_not_tell_where_files_lie():
    error = MienError("/tmp/mien-web-x/gradio/ab/me.png: is broken (/tmp/mien-web-x/y)")
    assert without_paths(error, Path("/tmp/mien-web-x")) == "file: is broken (file)"


def test_a_picture_keeps_its_provenance_through_upload():
    made = {"sha256": "b" * 64, "seed": 1, "psi": 1.0}
    pixels = images.decode(png(16, 16))
    again = read_picture(png_bytes(pixels, made), LIMITS)
    assert np.array_equal(again, pixels)
