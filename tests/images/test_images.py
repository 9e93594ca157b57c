"""Reading whatever a file holds, pixel ranges, layout, and what a written picture says."""

from __future__ import annotations

import errno
import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps, PngImagePlugin

from mien import images
from mien.errors import ImageError, InputError, OutputError


def encoded(picture: Image.Image, format: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, format=format, **options)
    return file.getvalue()


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.RandomState(seed).randint(0, 256, shape).astype(np.uint8)


def png_16_bit_rgb(pixels: np.ndarray) -> bytes:
    """A 16-bit colour PNG, which Pillow reads but does not write."""
    height, width = pixels.shape[:2]

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that claims many pixels."""
    small = bytearray(encoded(Image.new("L", (1, 1))))
    small[16:24] = struct.pack(">II", width, height)
    small[29:33] = struct.pack(">I", zlib.crc32(small[12:29]))
    return bytes(small)


# Read


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_formats_give_the_pixels_back(format: str) -> None:
    pixels = noise(5, 7, 3)
    assert np.array_equal(images.decode(encoded(Image.fromarray(pixels), format)), pixels)


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "AVIF", "JPEG2000"])
def test_lossy_formats_are_read(format: str) -> None:
    pixels = np.full((16, 24, 3), (200, 40, 90), np.uint8)
    made = images.decode(encoded(Image.fromarray(pixels), format))
    assert made.shape == pixels.shape
    assert made.dtype == np.uint8
    assert np.abs(made.astype(int) - pixels).max() < 12


def test_load_reads_a_file_and_gives_an_array_of_its_own(tmp_path: Path) -> None:
    pixels = noise(4, 6, 3)
    Image.fromarray(pixels).save(tmp_path / "face.png")
    made = images.load(tmp_path / "face.png")
    assert np.array_equal(made, pixels)
    made[:] = 0


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_rotation_equals_pillow(orientation: int, format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 100} if format == "JPEG" else {}
    data = encoded(Image.fromarray(noise(6, 4, 3)), format, exif=exif, **options)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    assert np.array_equal(images.decode(data), np.asarray(upright))
    assert images.probe(data).orientation == orientation


def test_damaged_exif_is_upright() -> None:
    data = encoded(Image.fromarray(noise(6, 4, 3)), exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\0\0")
    assert images.decode(data).shape == (6, 4, 3)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_comes_to_lie_on_white(mode: str) -> None:
    colour = (10, 200, 30, 0) if mode == "RGBA" else (10, 0)
    picture = Image.new(mode, (2, 1), colour)
    picture.putpixel((1, 0), (*colour[:-1], 255))
    made = images.decode(encoded(picture))
    assert made[0, 0].tolist() == [255, 255, 255]
    assert made[0, 1].tolist() == ([10, 200, 30] if mode == "RGBA" else [10, 10, 10])
    half = images.decode(encoded(Image.new("RGBA", (1, 1), (0, 0, 0, 128))))
    assert half[0, 0].tolist() == [127, 127, 127]


def test_a_palette_with_a_transparent_colour_comes_to_lie_on_white() -> None:
    picture = Image.new("P", (2, 1), 0)
    picture.putpalette([1, 2, 3, 40, 50, 60])
    picture.putpixel((1, 0), 1)
    assert images.decode(encoded(picture))[0].tolist() == [[1, 2, 3], [40, 50, 60]]
    made = images.decode(encoded(picture, transparency=0))
    assert made[0].tolist() == [[255, 255, 255], [40, 50, 60]]


def test_a_transparent_colour_without_alpha_comes_to_lie_on_white() -> None:
    picture = Image.new("RGB", (2, 1), (9, 9, 9))
    picture.putpixel((1, 0), (1, 2, 3))
    made = images.decode(encoded(picture, transparency=(9, 9, 9)))
    assert made[0].tolist() == [[255, 255, 255], [1, 2, 3]]


def test_grey_and_one_bit() -> None:
    grey = images.decode(encoded(Image.new("L", (1, 1), 77)))
    assert grey[0, 0].tolist() == [77, 77, 77]
    bits = Image.new("1", (2, 1), 0)
    bits.putpixel((1, 0), 1)
    assert images.decode(encoded(bits))[0].tolist() == [[0, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_not_clipped(format: str) -> None:
    values = np.array([[0, 257, 32768, 65535]], np.uint16)
    data = encoded(Image.fromarray(values), format)
    assert images.decode(data)[0, :, 0].tolist() == [0, 1, 128, 255]
    assert images.probe(data).bits == 16


def test_16_bit_colour() -> None:
    data = png_16_bit_rgb(np.array([[[0, 65535, 32768]]], np.uint16))
    assert images.decode(data)[0, 0].tolist() == [0, 255, 128]
    assert images.probe(data).bits == 16


def test_cmyk() -> None:
    made = images.decode(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))
    assert made[4, 4, 0] > 245
    assert made[4, 4, 1:].max() < 10


@pytest.mark.parametrize("mode", ["F", "LAB"])
def test_pixels_of_no_usable_kind_are_refused(mode: str) -> None:
    data = encoded(Image.new(mode, (2, 2)), "TIFF")
    with pytest.raises(ImageError, match=r"odd\.tif: its pixels are .*8-bit RGB"):
        images.decode(data, "odd.tif")


def test_32_bit_pixels_are_refused_with_their_range() -> None:
    data = encoded(Image.fromarray(np.array([[-5, 70000]], np.int32)), "TIFF")
    with pytest.raises(ImageError, match="from -5 to 70000, and 0 to 65535"):
        images.decode(data)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_animation_is_refused_or_gives_its_first_frame(format: str) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if format == "WEBP" else {}
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], **options)
    assert images.probe(data).frames == 3
    with pytest.raises(ImageError, match=r"walk: is animated: 3 frames"):
        images.decode(data, "walk")
    assert images.decode(data, animated="first")[0, 0].tolist() == [255, 0, 0]


def test_a_still_gif_is_a_picture() -> None:
    assert images.decode(encoded(Image.new("RGB", (2, 3), "red"), "GIF")).shape == (3, 2, 3)


def test_a_photo_with_a_preview_inside_is_one_picture() -> None:
    photo, preview = Image.new("RGB", (16, 16), "red"), Image.new("RGB", (8, 8), "blue")
    data = encoded(photo, "MPO", save_all=True, append_images=[preview])
    made = images.decode(data)
    assert made.shape == (16, 16, 3)
    assert made[0, 0, 0] > 240


def test_too_big_is_refused_with_size_and_limit() -> None:
    with pytest.raises(ImageError, match=r"big\.png: .*9000x9000 is 81000000 .*limit is 67108864"):
        images.decode(bomb(9000, 9000), "big.png")
    with pytest.raises(ImageError, match=r"10000000000 pixels, the limit is 67108864"):
        images.decode(bomb(100_000, 100_000))
    with pytest.raises(ImageError, match="limit is 5"):
        images.decode(encoded(Image.new("L", (2, 3))), max_pixels=5)
    with pytest.raises(ImageError, match="too big"):
        images.probe(bomb(9000, 9000))


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    for data in (b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"):
        with pytest.raises(ImageError, match="x: is not a picture; these are read: PNG"):
            images.decode(data, "x")
    with pytest.raises(ImageError, match="there is no such file"):
        images.load(tmp_path / "absent.png")
    with pytest.raises(ImageError, match="is a folder"):
        images.load(tmp_path)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_no_damage_gets_past_image_error(format: str) -> None:
    whole = encoded(Image.fromarray(noise(24, 24, 3)), format)
    random = np.random.RandomState(1)
    refused: list[str] = []
    for i in range(60):
        data = bytearray(whole[: random.randint(len(whole))] if i % 2 else whole)
        for at in random.randint(0, max(len(data), 1), size=8 * (1 - i % 2)):
            data[at] ^= random.randint(1, 256)
        try:
            made = images.decode(bytes(data), "damaged", max_pixels=1 << 16)
        except ImageError as error:
            refused.append(str(error))
        else:
            assert made.dtype == np.uint8
            assert made.shape[2] == 3
    assert len(refused) >= 20
    assert all(line.startswith("damaged: ") and "\n" not in line for line in refused)


def test_probe_says_what_the_file_says() -> None:
    facts = images.probe(encoded(Image.new("RGBA", (3, 5))))
    assert facts == images.Facts("PNG", "RGBA", 8, 3, 5, 1, 1, True)
    assert images.probe(encoded(Image.new("1", (3, 5)))).bits == 1


# Arrays and tensors


def test_every_value_survives_the_way_there_and_back() -> None:
    values = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    tensor = images.to_float(values)
    assert tensor.shape == (1, 3, 16, 16)
    assert tensor.dtype == torch.float32
    assert tensor.is_contiguous()
    assert (tensor.min(), tensor.max()) == (-1, 1)
    assert np.array_equal(images.to_uint8(tensor), values)
    assert np.array_equal(images.to_uint8(tensor.to(torch.float16)), values)


def test_to_uint8_clamps_rounds_and_keeps_layout() -> None:
    tensor = torch.tensor([-9.0, -1.0, -1 + 0.9 / 255, 0.0, 1.0, torch.inf]).reshape(1, 1, 1, 6)
    made = images.to_uint8(tensor.expand(2, 3, 1, 6).to(memory_format=torch.channels_last))
    assert made.shape == (2, 1, 6, 3)
    assert made[0, 0, :, 0].tolist() == [0, 0, 0, 128, 255, 255]
    assert made.flags.c_contiguous
    assert images.to_uint8(torch.zeros(0, 3, 4, 4)).shape == (0, 4, 4, 3)


def test_to_float_leaves_the_array_alone() -> None:
    pixels = noise(1, 2, 2, 3)
    pixels.flags.writeable = False
    images.to_float(pixels).zero_()
    assert pixels.any()


def test_what_is_not_a_number_is_refused() -> None:
    tensor = torch.zeros(1, 3, 2, 2)
    tensor[0, 0, 0, 0] = torch.nan
    with pytest.raises(InputError, match="1 of 12 pixels are not a number"):
        images.to_uint8(tensor)


def test_import_is_cheap() -> None:
    code = "import sys, mien.images; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Shape


def test_resize_is_pillows() -> None:
    pixels = noise(20, 30, 3)
    reference = Image.fromarray(pixels).resize((8, 5), Image.Resampling.LANCZOS)
    assert np.array_equal(images.resize(pixels, (5, 8)), np.asarray(reference))
    batch = images.resize(np.stack([pixels, pixels]), (5, 8))
    assert np.array_equal(batch[1], np.asarray(reference))
    assert images.resize(pixels[None][:0], 4).shape == (0, 4, 4, 3)
    assert images.resize(pixels, 4).shape == (4, 4, 3)


def test_resize_keeps_flat_colour_and_antialiases() -> None:
    assert (images.resize(np.full((9, 9, 3), 83, np.uint8), 4) == 83).all()
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(images.resize(stripes, 16).astype(int)[:, 2:-2] - 127).max() < 8
    labels = np.zeros((4, 4, 3), np.uint8)
    labels[:2] = 7
    assert set(np.unique(images.resize(labels, 9, "nearest"))) == {0, 7}


def test_resize_refuses_nonsense() -> None:
    with pytest.raises(InputError, match="0x4"):
        images.resize(noise(2, 2, 3), (0, 4))


@pytest.mark.parametrize(("shape", "top", "left"), [((4, 8), 0, 2), ((9, 4), 2, 0), ((3, 3), 0, 0)])
def test_centre_square(shape: tuple[int, int], top: int, left: int) -> None:
    pixels = noise(*shape, 3)
    side = min(shape)
    made = images.centre_square(pixels)
    assert np.array_equal(made, pixels[top : top + side, left : left + side])
    made[:] = 0
    assert pixels.any()


def test_grid_places_row_by_row_on_white() -> None:
    pixels = noise(5, 2, 3, 3)
    page = images.grid(pixels, columns=3, gap=1)
    assert page.shape == (2 * 2 + 1, 3 * 3 + 2, 3)
    assert np.array_equal(page[:2, :3], pixels[0])
    assert np.array_equal(page[3:, 4:7], pixels[4])
    assert (page[2] == 255).all()
    assert (page[3:, 8:] == 255).all()
    assert images.grid(pixels).shape == (4, 9, 3)
    assert images.grid(pixels[:1], columns=4).shape == (2, 3, 3)


def test_grid_refuses_nothing_and_no_column() -> None:
    with pytest.raises(InputError, match="no picture"):
        images.grid(noise(0, 2, 2, 3))
    with pytest.raises(InputError, match="columns is 0"):
        images.grid(noise(1, 2, 2, 3), columns=0)


def test_contact_sheet_writes_under_each_picture() -> None:
    pixels = noise(2, 64, 64, 3)
    captions = ["an old man with a white beard and glasses " * 9, "日本語 😀 é"]
    page = images.contact_sheet(pixels, captions, columns=2, gap=4)
    room = page.shape[0] - 64 - 8
    assert room == 4 * 19
    assert np.array_equal(page[4:68, 4:68], pixels[0])
    assert np.array_equal(page[4:68, 72:136], pixels[1])
    for left in (4, 72):
        assert (page[68:-4, left : left + 64] < 128).any()
    assert (page[:, 68:72] == 255).all()
    assert images.contact_sheet(pixels, columns=2, gap=4).shape == (72, 140, 3)
    assert images.contact_sheet(pixels, ["", ""], columns=2, gap=4).shape == (72, 140, 3)


def test_captions_stay_inside_their_column() -> None:
    page = images.contact_sheet(np.zeros((2, 40, 40, 3), np.uint8), ["W" * 10_000, "a"], 2, 4)
    assert (page[44:, 44:48] == 255).all()


def test_contact_sheet_refuses_captions_that_do_not_count() -> None:
    with pytest.raises(InputError, match="1 captions for 2 pictures"):
        images.contact_sheet(noise(2, 4, 4, 3), ["one"])


# Write


def test_a_saved_picture_says_what_made_it(tmp_path: Path) -> None:
    pixels = noise(6, 5, 3)
    made_by = {"model": "faces", "seed": np.int64(7), "text": "vieille dame 👵 \n", "psi": 0.7}
    path = images.save(tmp_path / "new" / "a.png", pixels, {**made_by, "out": tmp_path})
    assert np.array_equal(images.load(path), pixels)
    read = images.read_provenance(path)
    assert read == {**made_by, "seed": 7, "out": str(tmp_path)}
    with Image.open(path) as picture:  # anybody's reader finds it
        assert json.loads(picture.text["mien"]) == read


def test_a_long_provenance_survives(tmp_path: Path) -> None:
    edits = {"edits": [{"w": np.linspace(0, 1, 4000)}]}
    images.save(tmp_path / "a.png", noise(2, 2, 3), edits)
    assert images.read_provenance(tmp_path / "a.png")["edits"][0]["w"][-1] == 1.0


def test_the_same_picture_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        images.save(tmp_path / name, noise(8, 8, 3), {"seed": 1})
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_provenance_behind_the_pixels_is_found(tmp_path: Path) -> None:
    data = encoded(Image.new("RGB", (2, 2)))
    body = b"mien\0" + b'{"seed": 3}'
    chunk = (
        struct.pack(">I", len(body))
        + b"tEXt"
        + body
        + struct.pack(">I", zlib.crc32(b"tEXt" + body))
    )
    (tmp_path / "a.png").write_bytes(data[:-12] + chunk + data[-12:])
    assert images.read_provenance(tmp_path / "a.png") == {"seed": 3}


def test_a_picture_that_does_not_say_what_made_it_is_told(tmp_path: Path) -> None:
    plain = images.save(tmp_path / "plain.png", noise(2, 2, 3))
    with pytest.raises(
        ImageError, match=r"plain\.png: does not say what made it; only the pictures"
    ):
        images.read_provenance(plain)
    (tmp_path / "a.jpg").write_bytes(encoded(Image.new("RGB", (2, 2)), "JPEG"))
    with pytest.raises(ImageError, match="is JPEG, not PNG"):
        images.read_provenance(tmp_path / "a.jpg")
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(ImageError, match="is not a picture"):
        images.read_provenance(tmp_path / "a.txt")
    with pytest.raises(ImageError, match="there is no such file"):
        images.read_provenance(tmp_path / "absent.png")


@pytest.mark.parametrize(("text", "cause"), [("{", "not JSON"), ("[1]", "not a JSON object")])
def test_provenance_of_somebody_else_is_refused(tmp_path: Path, text: str, cause: str) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("mien", text)
    Image.new("RGB", (2, 2)).save(tmp_path / "a.png", pnginfo=info)
    with pytest.raises(ImageError, match=cause):
        images.read_provenance(tmp_path / "a.png")


def test_nothing_is_overwritten_or_misnamed(tmp_path: Path) -> None:
    path = images.save(tmp_path / "a.png", noise(2, 2, 3))
    with pytest.raises(OutputError, match="exists already"):
        images.save(path, noise(2, 2, 3, seed=1), force=False)
    assert np.array_equal(images.load(path), noise(2, 2, 3))
    with pytest.raises(OutputError, match=r"ends in '\.jpg'"):
        images.save(tmp_path / "a.jpg", noise(2, 2, 3))


def test_a_full_disk_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Image.Image, path: Path, **_: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OutputError, match=r"a\.png: the disk is full; free some space"):
        images.save(tmp_path / "a.png", noise(2, 2, 3))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        images.save(tmp_path / "taken" / "a.png", noise(2, 2, 3))


def test_what_json_does_not_know_is_made_plain() -> None:
    said = {"w": np.float32(0.5), "n": np.arange(3), "of": Path("a") / "b"}
    assert (
        json.dumps(said, default=images.json_default) == '{"w": 0.5, "n": [0, 1, 2], "of": "a/b"}'
    )
    with pytest.raises(TypeError, match="set cannot be written as JSON"):
        images.json_default({1})
