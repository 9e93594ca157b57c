"""``mien show FILE``: what a file says about itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from typer import Argument

from mien.cli import opt
from mien.cli.common import emit
from mien.errors import FileError, counted

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG, _RIFF = b"\xff\xd8\xff", b"RIFF"
_ZIP = b"PK\x03\x04"
_GIF, _MATROSKA, _MP4 = b"GIF8", b"\x1aE\xdf\xa3", b"ftyp"


def show(
    file: Annotated[Path, Argument(metavar="FILE", help="A picture, clip, .safetensors or .npz.")],
    json: opt.Json = False,
) -> None:
    """Show what made a picture, what a file of weights holds, or the shapes of arrays.

    A picture or a clip that mien wrote carries its model, seed, text and edits; a .safetensors file
    its configuration; an .npz its arrays. Nothing in the file is run, and no weights are loaded.
    """
    result = {"file": str(file), **_describe(file)}
    emit(result, json, "\n".join(_lines(result)))


def _describe(file: Path) -> dict[str, Any]:
    from mien.checkpoints.sniff import looks_like

    try:
        with file.open("rb") as stream:
            head = stream.read(9)
    except FileNotFoundError:
        raise FileError(file, "does not exist", "check the path") from None
    except IsADirectoryError:
        raise FileError(file, "is a folder, not a file", "give a file") from None
    except OSError as error:
        raise FileError(file, f"cannot be read ({error.strerror})") from None
    if head.startswith((_PNG, _JPEG, _RIFF)):
        return _picture(file)
    if any(word in looks_like(file) for word in ("PyTorch", "pickle")):
        return _foreign(file)
    if head.startswith(_ZIP):
        return _arrays(file)
    if head[8:] == b"{":
        return _weights(file)
    if head.startswith((_GIF, _MATROSKA)) or head[4:8] == _MP4:
        return _clip(file)
    remedy = "give a picture, a clip, a .safetensors or an .npz"
    raise FileError(file, f"is {looks_like(file)}", remedy)


def _picture(file: Path) -> dict[str, Any]:
    from mien import images

    return {"kind": "picture", "provenance": images.read_provenance(file)}


def _clip(file: Path) -> dict[str, Any]:
    from mien import images
    from mien.errors import VideoError
    from mien.video.provenance import read_provenance
    from mien.video.reader import Clip

    try:
        clip = Clip(file)
    except VideoError:  # A clip of one frame, written as a GIF, is a picture.
        if file.suffix.lower() == ".gif" and images.probe(file.read_bytes()).frames == 1:
            return _picture(file)
        raise
    result: dict[str, Any] = {
        "kind": "clip",
        **{name: getattr(clip, name) for name in ("width", "height", "frames")},
        "fps": round(float(clip.fps), 3),
        "seconds": round(clip.duration, 3),
        "sound": clip.sound,
    }
    if clip.notes:
        result["notes"] = clip.notes
    try:
        result["provenance"] = read_provenance(file)
    except VideoError as error:
        result["provenance"] = error.cause
    return result


def _weights(file: Path) -> dict[str, Any]:
    from mien.checkpoints import header, native

    found = header.read(file)
    result: dict[str, Any] = {"kind": "weights"}
    if native.METADATA_KEY in found.metadata:
        ours = native.read_header(file)
        result |= {"network": ours.kind, "config": ours.config, "meta": ours.meta}
    elif found.metadata:
        result["metadata"] = found.metadata
    shapes = {name: list(entry.shape) for name, entry in found.entries.items()}
    return result | {
        "parameters": sum(math.prod(shape) for shape in shapes.values()),
        "dtypes": sorted({entry.dtype for entry in found.entries.values()}),
        "tensors": shapes,
    }


def _foreign(file: Path) -> dict[str, Any]:
    """The networks in a file of other programs, by the names that they have there."""
    from mien.checkpoints import registry
    from mien.checkpoints.documents import groups
    from mien.checkpoints.torch_files import open_file

    return {
        "kind": "weights",
        "networks": registry.kinds(file) or "none of a known family",
        "parts": {
            group.where or "(the whole file)": counted(len(group.tensors), "tensors")
            for group in groups(open_file(file))
        },
    }


def _arrays(file: Path) -> dict[str, Any]:
    """Read names, shapes and types in an .npz off the heads of its members."""
    import zipfile
    import zlib

    from numpy.lib import format as npy

    from mien.checkpoints.sniff import looks_like

    arrays = {}
    try:
        with zipfile.ZipFile(file) as archive:
            if not any(member.endswith(".npy") for member in archive.namelist()):
                remedy = f"give an .npz; a set of pictures is looked at by: mien data check {file}"
                raise FileError(file, f"is {looks_like(file)} without arrays", remedy)
            for member in archive.namelist():
                with archive.open(member) as stream:
                    first = npy.read_magic(stream) == (1, 0)
                    read = npy.read_array_header_1_0 if first else npy.read_array_header_2_0
                    shape, _, dtype = read(stream)
                arrays[member.removesuffix(".npy")] = {"shape": list(shape), "dtype": str(dtype)}
    except (ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        cause = f"is {looks_like(file)}, or a damaged .npz ({error})"
        raise FileError(file, cause, "give an .npz") from None
    return {"kind": "arrays", "arrays": arrays}


def _lines(result: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    for key, value in result.items():
        indent = "  " * depth
        if key == "tensors":
            yield f"{indent}{key}: {len(value)} (--json lists them)"
        elif isinstance(value, Mapping) and set(value) == {"shape", "dtype"}:
            yield f"{indent}{key}: {value['dtype']} {value['shape']}"
        elif isinstance(value, Mapping) and value:
            yield f"{indent}{key}:"
            yield from _lines(value, depth + 1)
        else:
            yield f"{indent}{key}: {value}"
