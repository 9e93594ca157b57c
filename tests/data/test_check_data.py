"""Every kind of bad file is named, with the reason, and told from what is merely odd."""

from __future__ import annotations

import io
import json
import math
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.data.check import Problem, Summary, check, check_each
from mien.images import heif

Encode = Callable[..., bytes]
Layout = Callable[..., Path]


def found(path: Path, labels: Path | None = None) -> tuple[dict[str, Problem], Summary]:
    """The problems by file, at most one each, and the summary."""
    summary = Summary()
    problems = list(check(path, labels, summary))
    by_name = {problem.name: problem for problem in problems}
    assert len(by_name) == len(problems)
    assert summary.errors == sum(p.severity == "error" for p in problems)
    assert summary.warnings == sum(p.severity == "warning" for p in problems)
    return by_name, summary


@pytest.fixture
def face(face: Encode) -> Encode:
    """(number, width, height) -> a PNG that is large enough to be a face."""
    return lambda number, width=32, height=32: face(number, width, height)


@pytest.fixture
def turned(encode: Encode) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encode(Image.new("RGB", (32, 32), "red"), "JPEG", exif=exif)


def test_a_clean_set_has_no_problem(lay_out: Layout, face: Encode) -> None:
    files = {"a.png": face(1), "b.png": face(2), "notes.txt": b"hello"}
    problems, summary = found(lay_out(files))
    assert problems == {}
    assert summary == Summary(files=3, pictures=2, usable=2, sizes={"32x32": 2}, formats={"PNG": 2})


def test_errors(lay_out: Layout, face: Encode, encode: Encode) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    bomb = bytearray(face(5))
    bomb[16:24] = struct.pack(">II", 30_000, 30_000)
    bomb[29:33] = struct.pack(">I", zlib.crc32(bomb[12:29]))
    files = {
        "animated.gif": encode(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "big.png": bytes(bomb),
        "cut.png": face(3)[:900],
        "empty.png": b"",
        "good.png": face(4),
        "text.jpg": b"hello",
        "tiny.png": encode(Image.new("RGB", (20, 20))),
    }
    problems, summary = found(lay_out(files))
    causes = {name: problem.cause for name, problem in problems.items()}
    assert all(problem.severity == "error" for problem in problems.values())
    assert causes.keys() == files.keys() - {"good.png"}
    assert causes["animated.gif"].startswith("is animated: 2 frames")
    assert "900000000 pixels, the limit is" in causes["big.png"]
    assert causes["cut.png"].startswith("is broken (")
    assert causes["empty.png"] == causes["text.jpg"] == "is not a picture"
    assert causes["tiny.png"] == "is tiny: 20x20 pixels, and 32 is the least for a side"
    assert (summary.pictures, summary.usable, summary.errors) == (7, 1, 6)


def test_warnings(lay_out: Layout, face: Encode, encode: Encode, turned: bytes) -> None:
    grey16 = Image.fromarray(np.arange(1024, dtype=np.uint16).reshape(32, 32) * 64)
    files = {
        "clear.png": encode(Image.new("RGBA", (32, 32), (1, 2, 3, 4))),
        "deep.png": encode(grey16),
        "grey.png": encode(Image.new("L", (32, 32), 7)),
        "ink.jpg": encode(Image.new("CMYK", (32, 32), (9, 0, 0, 0)), "JPEG"),
        "one_bit.png": encode(Image.new("1", (32, 32))),
        "still.gif": encode(Image.new("RGB", (32, 32), "lime"), "GIF"),
        "turned.jpg": turned,
        "twin.png": face(9),
        "twin_again.png": face(9),
        "wide.png": face(8, 40, 36),
    }
    summary = Summary()
    problems = list(check(lay_out(files), summary=summary))
    causes = {name: [p.cause for p in problems if p.name == name] for name in files}
    assert all(problem.severity == "warning" for problem in problems)
    assert causes == {
        "clear.png": ["has transparency (RGBA); it is laid on white"],
        "deep.png": [
            "has 16 bits per channel; 8 are used",
            "is grey (I;16); it is read as three equal channels",
        ],
        "grey.png": ["is grey (L); it is read as three equal channels"],
        "ink.jpg": ["is CMYK; it is read as RGB without its colour profile"],
        "one_bit.png": ["has 1 bit per pixel; it is read as black and white"],
        "still.gif": ["is a GIF, of 256 colours at most"],
        "turned.jpg": ["is turned by EXIF (orientation 6); it is read upright"],
        "twin.png": [],
        "twin_again.png": ["is the same picture as twin.png"],
        "wide.png": ["is not square (40x36); 36x36 in the middle are used"],
    }
    assert (summary.usable, summary.errors) == (10, 0)
    assert summary.formats == {"PNG": 7, "JPEG": 2, "GIF": 1}
    assert summary.sizes == {"32x32": 9, "40x36": 1}


def test_twins_are_known_by_their_pixels(lay_out: Layout, face: Encode, encode: Encode) -> None:
    pixels = np.random.RandomState(1).randint(0, 256, (32, 32, 3)).astype(np.uint8)
    files = {"a.png": face(1), "b.bmp": encode(Image.fromarray(pixels), "BMP")}
    problems, _ = found(lay_out(files))
    assert problems["b.bmp"].cause == "is the same picture as a.png"


def test_paths_that_climb_out_are_named_and_the_rest_is_checked(
    make_zip: Layout, face: Encode
) -> None:
    files = {"../up.png": face(1), "/root.png": face(2), "good.png": face(3), "cut.png": b"x"}
    problems, summary = found(make_zip(files))
    assert problems["../up.png"].cause == "its path climbs out of the archive"
    assert problems["/root.png"].severity == "error"
    assert problems["cut.png"].severity == "error"
    assert (summary.pictures, summary.usable) == (2, 1)


def test_damage_inside_a_zip_is_named(make_zip: Layout, face: Encode) -> None:
    path = make_zip({"a.png": face(1), "b.png": face(2)})
    data = path.read_bytes()
    at = data.index(face(2)) + 100
    path.write_bytes(data[:at] + b"\0\0\0\0" + data[at + 4 :])
    problems, _ = found(path)
    assert "CRC" in problems["b.png"].cause


def test_a_name_that_is_twice_in_a_zip(tmp_path: Path, face: Encode) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.png", face(1))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.png", face(2))
    problems, _ = found(tmp_path / "a.zip")
    assert problems["a.png"].cause == "is in the zip more than once; the last one is read"


def test_nothing_to_check_is_one_error(tmp_path: Path, lay_out: Layout) -> None:
    empty = lay_out({})
    problems, summary = found(empty)
    assert problems[str(empty)].cause == "holds no picture (0 files altogether)"
    assert summary.errors == 1
    (tmp_path / "no.zip").write_bytes(b"hello")
    problems, _ = found(tmp_path / "no.zip")
    assert "is neither a folder nor a readable zip" in problems[str(tmp_path / "no.zip")].cause
    problems, _ = found(tmp_path / "absent")
    assert problems[str(tmp_path / "absent")].cause == "there is no such file or folder"


def test_labels_without_picture_and_pictures_without_label(lay_out: Layout, face: Encode) -> None:
    path = lay_out({f"{i}.png": face(i) for i in range(3)})
    table = path.parent / "faces_labels.tsv"
    rows = "".join(f"{i}.png\tf\n" for i in range(2, 10))
    table.write_text("file\tgender\n" + rows)
    summary = Summary()
    causes = [str(problem) for problem in check(path, summary=summary)]
    assert causes == [
        f"warning: {table}: no picture for 7 of 8 rows: 3.png, 4.png, 5.png, 6.png, 7.png, …",
        f"warning: {table}: no row for 2 of 3 pictures: 0.png, 1.png",
    ]
    assert summary.labels == table


def test_a_damaged_table_is_an_error_with_its_line(
    lay_out: Layout, face: Encode, tmp_path: Path
) -> None:
    table = tmp_path / "given.tsv"
    table.write_text("file\tgender\na.png\n")
    problems, _ = found(lay_out({"a.png": face(1)}), table)
    assert problems[str(table)].cause == "line 2: has 1 cell, and line 1 has 2"
    assert problems[str(table)].severity == "error"


def test_damaged_class_labels_are_an_error(lay_out: Layout, face: Encode) -> None:
    labels = json.dumps({"labels": [["other.png", 1]]}).encode()
    problems, _ = found(lay_out({"a.png": face(1), "dataset.json": labels}))
    assert problems["dataset.json"].cause.startswith("has no label for 1 of 1 pictures, 'a.png'")


def test_there_is_a_step_for_every_picture(lay_out: Layout, face: Encode) -> None:
    summary = Summary()
    steps = check_each(lay_out({f"{i}.png": face(i) for i in range(4)}), None, summary)
    assert next(steps) == ()
    assert (summary.pictures, summary.usable) == (4, 0)
    assert len(list(steps)) == 5
    assert summary.usable == 4


@pytest.mark.shared
def test_the_faces_that_lie_beside_the_project_are_clean(shared: Path) -> None:
    problems, summary = found(shared / "data" / "london.zip")
    assert problems == {}
    assert summary.sizes == {"675x675": 124}


def causes(path: Path) -> dict[str, str]:
    """File -> what is wrong with it."""
    return {name: f"{p.severity}: {p.cause}" for name, p in found(path)[0].items()}


def test_files_that_are_not_called_like_pictures(
    lay_out: Layout, face: Encode, encode: Encode
) -> None:
    photo = encode(Image.open(io.BytesIO(face(1))), "JPEG")
    files = {"a.jfif": photo, "b.jpe": face(2), "ok.png": face(3), "noext": face(4)}
    beside = {"Thumbs.db": b"x", "LICENSE": b"x", "labels.tsv": b"x", "points.npz": b"x"}
    path = lay_out({**files, **beside, "c.photo": face(5)})
    problems, summary = found(path)
    assert [*problems] == [str(path)]
    assert problems[str(path)].cause == "2 files are not taken for pictures: c.photo, noext"
    assert (summary.pictures, summary.usable, summary.warnings) == (3, 3, 1)


def test_phone_photos_are_named_with_the_way_to_read_them(
    lay_out: Layout, face: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heif, "ready", lambda: False)
    path = lay_out({"a.png": face(1), "b.HEIC": b"x"})
    problem = found(path)[0][str(path)]
    assert problem.cause == "1 file is not taken for one: b.HEIC"
    assert problem.remedy == "HEIC is read after: pip install 'mien[heic]'"


def test_links_that_lead_around_in_a_circle_or_nowhere(tmp_path: Path, face: Encode) -> None:
    path = tmp_path / "set"
    (path / "in").mkdir(parents=True)
    (path / "in" / "a.png").write_bytes(face(1))
    (path / "in" / "up").symlink_to(path)
    (path / "in" / "self").symlink_to("self")
    (path / "gone").symlink_to(tmp_path / "gone")
    cause = "warning: is a link to a folder around it or to nothing, and was passed over"
    assert causes(path) == dict.fromkeys(["gone", "in/self", "in/up"], cause)


def class_file(labels: object) -> bytes:
    return json.dumps({"labels": labels}).encode()


def test_class_labels_of_pictures_that_are_not_there(lay_out: Layout, face: Encode) -> None:
    labels = class_file([["a.png", 0], ["gone.png", 5], ["away.png", 6]])
    cause = "warning: not counted, without a picture: 2 labels, gone.png, away.png"
    assert causes(lay_out({"a.png": face(1), "dataset.json": labels})) == {"dataset.json": cause}


def test_class_labels_in_another_folder(lay_out: Layout, face: Encode) -> None:
    files = {"one/a.png": face(1), "two/b.png": face(2), "two/dataset.json": class_file([["b", 1]])}
    cause = (
        "warning: is not read: it lies neither at the top nor in an outer folder of all pictures"
    )
    assert causes(lay_out(files)) == {"two/dataset.json": cause}
    outer = {"my/one/a.png": face(1), "my/dataset.json": class_file([["one/a.png", math.nan]])}
    cause = "error: the label of 'one/a.png' holds NaN, not a finite number"
    assert causes(lay_out(outer, "outer")) == {"my/dataset.json": cause}
