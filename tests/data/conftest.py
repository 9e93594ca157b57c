"""Small pictures, folders and zips, made on the spot."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Files = Mapping[str, bytes]


@pytest.fixture
def encode() -> Callable[..., bytes]:
    """(Pillow picture, format, options) -> the bytes of its file."""

    def make(picture: Image.Image, format: str = "PNG", **options: object) -> bytes:
        file = io.BytesIO()
        picture.save(file, format=format, **options)
        return file.getvalue()

    return make


@pytest.fixture
def face(encode: Callable[..., bytes]) -> Callable[..., bytes]:
    """(number, width, height) -> a PNG whose pixels that number tells."""

    def make(number: int, width: int = 16, height: int = 16) -> bytes:
        pixels = np.random.RandomState(number).randint(0, 256, (height, width, 3))
        return encode(Image.fromarray(pixels.astype(np.uint8)))

    return make


@pytest.fixture(params=["folder", "zip"])
def lay_out(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Path]:
    """(files, name) -> a folder of them, and in another run of the test a zip."""

    def make(files: Files, name: str = "faces") -> Path:
        if request.param == "zip":
            return write_zip(tmp_path / f"{name}.zip", files)
        return write_folder(tmp_path / name, files)

    return make


@pytest.fixture
def make_zip(tmp_path: Path) -> Callable[..., Path]:
    """(files, name) -> a zip of them."""

    def make(files: Files, name: str = "faces.zip") -> Path:
        return write_zip(tmp_path / name, files)

    return make


def write_zip(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def write_folder(path: Path, files: Files) -> Path:
    path.mkdir()
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path
