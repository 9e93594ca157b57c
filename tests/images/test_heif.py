"""HEIF is told by its bytes, whatever its name, and read where the extra is installed."""

from __future__ import annotations

import io
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien import images
from mien.errors import ImageError
from mien.images import heif


def head(major: bytes, *others: bytes) -> bytes:
    body = major + b"\0\0\0\0" + b"".join(others)
    return struct.pack(">I", 8 + len(body)) + b"ftyp" + body + b"rest of the file"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (head(b"heic", b"mif1", b"heic"), "heic"),
        (head(b"mif1", b"mif1", b"heic"), "mif1"),
        (head(b"msf1", b"hevc"), "msf1"),
        (head(b"avif", b"mif1"), ""),
        (head(b"mif1", b"avif", b"mif1"), ""),
        (head(b"isom", b"mp42"), ""),
        (b"\x89PNG\r\n", ""),
        (b"", ""),
    ],
)
def test_the_first_bytes_tell(data: bytes, kind: str) -> None:
    file = io.BytesIO(data)
    assert heif.brand(file) == kind
    assert file.tell() == 0


def test_without_the_extra_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = tmp_path / "phone.jpg"
    path.write_bytes(head(b"heic"))
    with pytest.raises(ImageError, match=r"is HEIF \(heic\).*pip install 'mien\[heic\]'"):
        images.load(path)


def test_a_name_counts_if_it_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for there in (True, False):
        monkeypatch.setattr(heif, "ready", lambda there=there: there)
        assert images.is_picture("a/IMG_1.HEIC") is there
    assert images.is_picture("a.JFIF")
    assert not images.is_picture("a.txt")


def test_with_the_extra_it_is_read(tmp_path: Path) -> None:
    reader = pytest.importorskip("pillow_heif", reason="the extra heic is not installed")
    reader.register_heif_opener()
    wide = np.zeros((32, 64, 3), np.uint8)
    wide[:, :32] = (250, 10, 10)
    Image.fromarray(wide).save(tmp_path / "a.heic", quality=95)
    (tmp_path / "a.heic").rename(tmp_path / "a.jpg")
    made = images.load(tmp_path / "a.jpg")
    assert made.shape == (32, 64, 3)
    assert np.abs(made.astype(int) - wide).mean() < 4
    (tmp_path / "b.heic").write_bytes(head(b"heic"))
    with pytest.raises(ImageError, match=r"is HEIF \(heic\) and broken"):
        images.load(tmp_path / "b.heic")
