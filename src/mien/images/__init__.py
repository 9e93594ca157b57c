"""Pictures: the only file that knows pixel ranges.

Two forms of a picture exist in mien and everything that turns one into the other is here:

    array    uint8, ``[h, w, 3]`` or ``[n, h, w, 3]``, RGB, 0 to 255     files, pages, data sets
    tensor   float, ``[n, 3, h, w]``, -1 (black) to 1 (white)            networks

Whatever a file holds (turned by EXIF, transparent, grey, 16-bit, palette, CMYK, 1-bit), reading
it gives upright 8-bit RGB; transparent pixels come to lie on white. Colour profiles are ignored.
Pictures are written as PNG and carry what made them, see :func:`save` and :func:`read_provenance`.
"""

from __future__ import annotations

import io
import json
import math
import re
import struct
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from mien.errors import ImageError, InputError, OutputError
from mien.files import as_path, replacing
from mien.images import heif
from mien.images.provenance import KEY, provenance_of

if TYPE_CHECKING:
    from torch import Tensor

_KNOWN = (
    "png apng jpg jpeg jfif jpe jif jfi pjpeg pjp mpo webp bmp dib gif tif tiff ppm pgm pnm pbm"
    " avif jp2"
)
SUFFIXES = tuple(f".{end}" for end in _KNOWN.split())
"""Ends of the names (lower case) of files that are taken for pictures; see :func:`is_picture`."""

MAX_PIXELS = 1 << 26
"""Pictures of more pixels (8192 x 8192) are refused before they are decoded."""

Filter = Literal["lanczos", "bicubic", "bilinear", "box", "nearest"]
"""Resize filters; Pillow widens all but the last when it shrinks, so that nothing aliases."""

Animated = Literal["refuse", "first"]
"""What to do with a file of several frames: an error, or its first frame."""

_WHITE = 255
_File = io.BytesIO | io.BufferedReader
# An explicit list: Pillow's other readers start programs (EPS) or are seldom exercised.
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "DIB", "GIF", "TIFF", "PPM", "AVIF", "JPEG2000")
# What Pillow's decoders raise on damaged files.
_DAMAGE = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError),
    *(AttributeError, ArithmeticError, RuntimeError, struct.error, zlib.error),
)
_ORIENTATION = 0x0112  # EXIF tag
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Facts:
    """What a picture file says about itself, before its pixels are decoded.

    ``format`` and ``mode`` are Pillow's names, such as ``PNG`` and ``RGBA``; ``bits`` are those per
    channel in the file, ``width`` and ``height`` as stored; ``frames`` counts pages too;
    ``orientation`` is EXIF's, 1 to 8, 1 upright; ``transparent``: an alpha channel or a transparent
    colour.
    """

    format: str
    mode: str
    bits: int
    width: int
    height: int
    frames: int
    orientation: int
    transparent: bool


# Read


def is_picture(name: str) -> bool:
    """Whether a file is taken for a picture by its name; HEIC is if ``pillow-heif`` is here."""
    return name.lower().endswith(SUFFIXES) or (heif.is_heif_name(name) and heif.ready())


def load(path: str | Path, animated: Animated = "refuse") -> UInt8[np.ndarray, "h w 3"]:
    """Read a picture file: uint8 ``[h, w, 3]`` RGB, upright, transparency on white.

    Raises ImageError if it is absent, broken, too big, animated (unless that may be), or of no
    usable kind.
    """
    with _opened(path) as file:
        return _decode(file, str(path), animated, MAX_PIXELS)


def decode(
    data: bytes, name: str = "picture", animated: Animated = "refuse", max_pixels: int = MAX_PIXELS
) -> UInt8[np.ndarray, "h w 3"]:
    """Read a picture from the bytes of its file, as :func:`load`; errors call it ``name``."""
    return _decode(io.BytesIO(data), name, animated, max_pixels)


def probe(data: bytes, name: str = "picture", max_pixels: int = MAX_PIXELS) -> Facts:
    """Ask a picture file about it without decoding pixels; ImageError if none, or too big."""
    with _quiet(name), _open(io.BytesIO(data), name, max_pixels) as picture:
        return Facts(
            format=picture.format or "",
            mode=picture.mode,
            bits=_bits(picture, data),
            width=picture.width,
            height=picture.height,
            frames=getattr(picture, "n_frames", 1),
            orientation=_orientation(picture),
            transparent=picture.has_transparency_data,
        )


@contextmanager
def _opened(path: str | Path) -> Iterator[io.BufferedReader]:
    try:
        file = Path(path).open("rb")  # noqa: SIM115  # only opening it is guarded
    except FileNotFoundError:
        raise ImageError(path, "there is no such file") from None
    except IsADirectoryError:
        raise ImageError(path, "is a folder, not a picture", "give one file of it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageError(path, f"cannot be opened ({reason})") from None
    with file:
        yield file


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Silence Pillow's warnings; turn what its decoders raise into an ImageError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Image.UnidentifiedImageError:
            kinds = ", ".join(_FORMATS)
            raise ImageError(name, "is not a picture", f"these are read: {kinds}") from None
        except _DAMAGE as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ImageError(name, f"is broken ({reason})", "get the file again") from None


def _open(file: _File, name: str, max_pixels: int) -> Image.Image:
    try:
        picture = Image.open(file, formats=(*_FORMATS, *heif.formats(file, name)))
    except Image.DecompressionBombError as error:  # more than Pillow ever opens
        pixels = next(iter(re.findall(r"\d+", str(error))), "very many")
        cause = f"is too big: {pixels} pixels, the limit is {max_pixels}"
        raise ImageError(name, cause, "make it smaller") from None
    width, height = picture.size
    if width * height > max_pixels:
        size = f"{width}x{height} is {width * height} pixels"
        cause = f"is too big: {size}, the limit is {max_pixels}"
        raise ImageError(name, cause, "make it smaller")
    return picture


def _decode(
    file: _File, name: str, animated: Animated, max_pixels: int
) -> UInt8[np.ndarray, "h w 3"]:
    with _quiet(name), _open(file, name, max_pixels) as picture:
        frames = getattr(picture, "n_frames", 1)
        # An MPO is a JPEG photo with a preview or a second eye behind it.
        if frames > 1 and animated == "refuse" and picture.format != "MPO":
            cause = f"is animated: {frames} frames, and one picture is needed"
            raise ImageError(name, cause, "save one frame of it")
        return upright_rgb(picture, name)


def upright_rgb(picture: Image.Image, name: str) -> UInt8[np.ndarray, "h w 3"]:
    """The pixels of an open picture, as :func:`load` gives them; errors call it ``name``."""
    picture.load()
    turn = _UPRIGHT.get(_orientation(picture))  # after loading, for that turns a TIFF already
    rgb = _rgb(picture, name)
    return np.array(rgb if turn is None else rgb.transpose(turn))


def _orientation(picture: Image.Image) -> int:
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except _DAMAGE:  # damaged EXIF says nothing; the pixels may be whole
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _bits(picture: Image.Image, data: bytes) -> int:
    """Bits per channel; Pillow's mode hides those of 16-bit colour."""
    if picture.format == "PNG" and data[12:16] == b"IHDR":
        return data[24]
    if picture.format == "TIFF":
        return max(getattr(picture, "tag_v2", {}).get(258, (8,)))
    return {"1": 1, "I": 32, "F": 32}.get(picture.mode, 16 if picture.mode[:2] == "I;" else 8)


def _rgb(picture: Image.Image, name: str) -> Image.Image:
    """Any Pillow mode to RGB."""
    mode = picture.mode
    if mode == "I" or mode.startswith("I;"):
        return _from_16_bit(picture, name)
    if mode in ("F", "LAB"):
        kind = "floating point" if mode == "F" else "CIELAB"
        raise ImageError(name, f"its pixels are {kind}", "save it as 8-bit RGB")
    if picture.has_transparency_data:
        colour = picture.convert("RGBA")
        paper = Image.new("RGBA", colour.size, (_WHITE,) * 4)
        return Image.alpha_composite(paper, colour).convert("RGB")
    return picture if mode == "RGB" else picture.convert("RGB")


def _from_16_bit(picture: Image.Image, name: str) -> Image.Image:
    grey = np.asarray(picture).astype(np.int64)
    low, high = int(grey.min()), int(grey.max())
    if low < 0 or high > 65535:
        cause = f"its pixels run from {low} to {high}, and 0 to 65535 is what is read"
        raise ImageError(name, cause, "save it as 8-bit RGB")
    return Image.fromarray(((grey * 255 + 32767) // 65535).astype(np.uint8)).convert("RGB")


# Arrays and tensors


def to_float(images: UInt8[np.ndarray, "n h w 3"], device: Any = None) -> Float[Tensor, "n 3 h w"]:
    """Pictures as networks want them: float32, -1 to 1; :func:`to_uint8` inverts it exactly."""
    import torch

    pixels = torch.from_numpy(np.array(images)).to(device)
    return (pixels.permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1).contiguous()


def to_uint8(images: Float[Tensor, "n 3 h w"]) -> UInt8[np.ndarray, "n h w 3"]:
    """What a network made as pictures, clamped to -1 to 1 and rounded; InputError for NaN."""
    import torch

    pixels = images.detach().to(torch.float32)
    if bool(pixels.isnan().any()):
        raise InputError(f"{int(pixels.isnan().sum())} of {pixels.numel()} pixels are not a number")
    scaled = ((pixels + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return scaled.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def luma(
    image: UInt8[np.ndarray, "h w 3"] | Float[np.ndarray, "h w 3"],
) -> Float[np.ndarray, "h w"]:
    """How light a picture is, on its own scale (ITU-R BT.601)."""
    return image.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


# Shape


def resize(
    image: UInt8[np.ndarray, "*n h w 3"], size: int | tuple[int, int], filter: Filter = "lanczos"
) -> UInt8[np.ndarray, "*n h2 w2 3"]:
    """Resize one picture or several with Pillow's antialiased filters.

    ``size`` is the new side of a square, or (height, width). Raises InputError if a side is not
    positive, or the filter is unknown.
    """
    height, width = (size, size) if isinstance(size, int) else size
    if min(height, width) < 1:
        raise InputError(f"cannot resize to {height}x{width} pixels: sides must be 1 or more")
    if filter not in get_args(Filter):
        known = ", ".join(get_args(Filter))
        raise InputError(f"unknown resize filter {filter!r} (known: {known})")
    if image.shape[-3:-1] == (height, width):
        return image.copy()
    if image.ndim == 4:
        made = [resize(one, (height, width), filter) for one in image]
        return np.stack(made) if made else np.empty((0, height, width, 3), np.uint8)
    resampling = Image.Resampling[filter.upper()]
    return np.array(Image.fromarray(image).resize((width, height), resampling))


def centre_square(image: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "side side 3"]:
    """Cut the largest square out of the middle (half a pixel up and left if it is odd)."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return image[top : top + side, left : left + side].copy()


def grid(
    images: UInt8[np.ndarray, "n h w 3"], columns: int | None = None, gap: int = 0
) -> UInt8[np.ndarray, "height width 3"]:
    """Lay pictures side by side, row by row, on white, with ``gap`` pixels between neighbours.

    ``columns=None`` makes the grid about square. Raises InputError for no picture, or no column.
    """
    count, height, width = images.shape[:3]
    if count < 1:
        raise InputError("there is no picture to lay out")
    if columns is not None and columns < 1:
        raise InputError(f"columns is {columns}, and must be 1 or more")
    columns = min(columns or math.ceil(math.sqrt(count)), count)
    rows = math.ceil(count / columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, 3)
    page = np.full(shape, _WHITE, np.uint8)
    for i, image in enumerate(images):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        page[top : top + height, left : left + width] = image
    return page


def contact_sheet(
    images: UInt8[np.ndarray, "n h w 3"],
    captions: Sequence[str] | None = None,
    columns: int | None = None,
    gap: int = 8,
    font_size: int = 14,
) -> UInt8[np.ndarray, "height width 3"]:
    """Lay pictures side by side with a caption of at most four lines under each, of its width.

    ``columns=None`` makes the sheet about square; ``gap`` white pixels lie between neighbours and
    around the sheet, letters are ``font_size`` pixels high. Raises InputError for no picture, no
    column, or not one caption a picture.
    """
    if captions is not None and len(captions) != len(images):
        raise InputError(f"{len(captions)} captions for {len(images)} pictures")
    font = ImageFont.load_default(size=font_size)
    wrapped = [_wrap(text, font, images.shape[2]) for text in captions or ()]
    return lettered_sheet(images, wrapped, columns, gap, font_size)


def lettered_sheet(
    images: UInt8[np.ndarray, "n h w 3"],
    wrapped: Sequence[Sequence[str]],
    columns: int | None,
    gap: int,
    font_size: int,
    side: int = 0,
) -> UInt8[np.ndarray, "height width 3"]:
    """Lay pictures side by side, ``side`` pixels wider than they are, with lines under each."""
    font, line_height = ImageFont.load_default(size=font_size), math.ceil(font_size * 1.3)
    room = max((len(lines) for lines in wrapped), default=0) * line_height
    cells = np.pad(images, ((0, 0), (0, room), (0, side), (0, 0)), constant_values=_WHITE)
    for cell, lines in zip(cells, wrapped, strict=False):
        page = Image.fromarray(cell)
        draw = ImageDraw.Draw(page)
        for i, line in enumerate(lines):
            draw.text((0, images.shape[1] + i * line_height), line, fill=(0, 0, 0), font=font)
        cell[:] = np.asarray(page)
    sheet = grid(cells, columns, gap)
    return np.pad(sheet, ((gap, gap), (gap, gap), (0, 0)), constant_values=_WHITE)


def _wrap(
    text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int, most: int = 4
) -> list[str]:
    """Break a text into at most ``most`` lines; what does not fit is an ellipsis."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word[:width]}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word[:width])
    lines = [line for line in lines if line]
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1] + "…"]
    return [_cut(line, font, width) for line in lines]


def _cut(line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    while len(line) > 1 and font.getlength(line) > width:
        line = line.rstrip("…")[:-1] + "…"
    return line


# Write


def save(
    path: str | Path,
    image: UInt8[np.ndarray, "h w c"],
    provenance: Mapping[str, Any] | None = None,
    force: bool = True,
) -> Path:
    """Write a picture as PNG, with what made it; gives ``path`` back, whose folder is created.

    The image is uint8 ``[h, w, 3]``, or ``[h, w, 4]`` with opacity from 0 to 255. ``provenance``
    (model, seed, text, edits: values of JSON, numpy numbers and paths) is stored as one JSON object
    in the PNG text ``mien``; ``None`` stores nothing.

    Raises OutputError if the name does not end in ``.png``, the file exists and ``force`` is false,
    or the disk refuses.
    """
    return save_png(path, Image.fromarray(image), "pictures", provenance, force)


def save_png(
    path: str | Path,
    picture: Image.Image,
    what: str,
    provenance: Mapping[str, Any] | None,
    force: bool,
) -> Path:
    """Write a picture of Pillow's as :func:`save` does; errors say ``what`` is written as PNG."""
    target = as_path(path)
    if target.suffix.lower() != ".png":
        cause = f"ends in {target.suffix!r}, and {what} are written as PNG"
        raise OutputError(target, cause, "give a name that ends in .png")
    with replacing(target, force) as beside:
        picture.save(beside, format="PNG", pnginfo=png_text(provenance))
    return target


def png_text(provenance: Mapping[str, Any] | None) -> PngImagePlugin.PngInfo:
    """What made a picture as the text of a PNG, see :func:`save`; None says nothing."""
    text = PngImagePlugin.PngInfo()
    if provenance is not None:
        packed = json.dumps(dict(provenance), default=json_default)
        text.add_text(KEY, packed, zip=len(packed) > 4096)
    return text


def json_default(value: object) -> object:
    """What ``json.dumps`` takes for a numpy number or array, or a path: its ``default``."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def read_provenance(path: str | Path) -> dict[str, Any]:
    """What made a picture, as :func:`save` wrote it; ImageError if it does not say so."""
    with _opened(path) as file, _quiet(str(path)), _open(file, str(path), MAX_PIXELS) as picture:
        return provenance_of(picture, str(path))
