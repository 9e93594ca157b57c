"""What a file looks like, from its first bytes: a noun phrase for an error message.

Nothing here parses what it finds beyond a bounded prefix, so any file can be pointed at.
"""

from __future__ import annotations

import mmap
import re
import stat
import string
import struct
from collections.abc import Iterable
from pathlib import Path

from mien.checkpoints.zips import Archive
from mien.errors import CheckpointError

_PREFIX_BYTES = 4096
_MOST_FOLDERS = 20

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs.github.com", "a git-LFS pointer, not the file itself"),
    (b"version https://hawser.github.com", "a git-LFS pointer, not the file itself"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"%PDF-", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras weights?)"),
    (b"\x93NUMPY", "a NumPy array (.npy)"),
    (b"GGUF", "a GGUF language model"),
    (b"\x7fELF", "a Linux program"),
    (b"MZ", "a Windows program"),
    (b"OggS", "an Ogg sound or video"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
    (b"#!", "a script"),
    (b"PK\x05\x06", "an empty zip archive"),
)

_OLD_PICKLE = re.compile(rb"""\((dp|lp|[diltcKSUVX(\])}])|[}\]][qrp(.]|c[\w.]+\n[\w.]+\n""")

_WEB = (
    (b"<!doctype html", b"<html", b"<head", b"<body", b"<script"),
    (b"<?xml", b"<error", b"<svg"),
)

_FAMILIES: tuple[tuple[str, str], ...] = (
    ("model.diffusion_model.", "a Stable Diffusion checkpoint"),
    ("cond_stage_model.", "a Stable Diffusion checkpoint"),
    ("first_stage_model.", "a Stable Diffusion checkpoint"),
    ("down_blocks.", "a diffusers network (Stable Diffusion?)"),
    ("lora_unet_", "a LoRA for Stable Diffusion"),
    ("lora_te_", "a LoRA for Stable Diffusion"),
    ("double_blocks.", "a Flux checkpoint"),
    ("model.layers.0.self_attn", "a language model"),
    ("transformer.h.0.attn", "a language model"),
    ("visual.transformer.", "a CLIP checkpoint"),
    ("vision_model.encoder", "a CLIP checkpoint"),
    ("text_model.encoder", "a CLIP text encoder"),
    ("bert.encoder.", "a BERT checkpoint"),
    ("embeddings.word_embeddings", "a BERT checkpoint"),
    (".to_style1.", "a StyleGAN2 generator of lucidrains' stylegan2-pytorch"),
    ("S.net.0.weight", "a StyleGAN2 of lucidrains' stylegan2-pytorch"),
    ("initial_block", "a StyleGAN2 generator of lucidrains' stylegan2-pytorch"),
    ("SE.net.0.weight", "a StyleGAN2 of lucidrains' stylegan2-pytorch"),
    (".conv_res.weight", "a StyleGAN2 discriminator of lucidrains' stylegan2-pytorch"),
    ("G.res_layers.", "a generator of lucidrains' lightweight-gan"),
    ("stylegan_decoder.", "a GFPGAN network, which restores faces"),
    ("style_mlp.", "a StyleGAN2 generator of BasicSR (GFPGAN's tools)"),
    ("style_conv1.modulated_conv", "a StyleGAN2 generator of BasicSR (GFPGAN's tools)"),
    ("resblock.", "a network of BasicSR's names"),
    ("upsample.conv.1.0.weight", "a CUT generator with anti-aliased sampling"),
    ("backbone.synthesis.", "an EG3D generator, which draws in three dimensions"),
    ("input.freqs", "a StyleGAN3 generator"),
    ("synthesis.input.", "a StyleGAN3 generator"),
    ("synthesis.L0_", "a StyleGAN3 generator"),
    ("g_mapping.dense0", "a StyleGAN1 generator"),
    ("g_synthesis.blocks", "a StyleGAN1 generator"),
    ("generator.progression", "a StyleGAN1 generator (rosinality's)"),
    ("progression.", "a StyleGAN1 network (rosinality's)"),
    (".apply_noise.", "a StyleGAN1 generator (genforce's)"),
    ("model.model.3.submodule", "a pix2pix U-Net"),
    ("model.model.1.model", "a pix2pix U-Net"),
    ("model.10.conv_block.0.weight", "a CycleGAN generator that pads with zeros"),
    ("model.1.conv_block", "a CycleGAN generator"),
    ("model.10.conv_block", "a CycleGAN generator"),
    (".norm1.style.", "a StyleSwin generator"),
    ("se_64.main.", "a FastGAN generator"),
    ("decode.0.norm1.fc", "a StarGAN v2 generator"),
    ("gap_fc.weight", "a U-GAT-IT network"),
    ("block_a.0.", "an AnimeGANv2 generator"),
    ("model0.1.weight", "a generator of informative-drawings"),
    ("quantize.embedding", "a VQGAN"),
    ("temb.dense.", "a diffusion model (DDPM)"),
    ("input_blocks.0.0", "a diffusion model"),
    ("course_mapping.", "a StyleCLIP mapper"),
    ("encoder.styles.", "an encoder of pSp or e4e without its generator"),
    ("layer1.0.conv1.weight", "a ResNet classifier"),
    ("features.0.weight", "a VGG or AlexNet classifier"),
    ("lin0.model.1.weight", "LPIPS weights"),
    ("bn_conv.", "a face recognition network"),
    ("input_layer.0.weight", "a face recognition network (IR-SE50)"),
)


def file_size(path: str | Path) -> int:
    """Bytes of a regular file that can be opened and is not empty; else CheckpointError."""
    file = Path(path)
    try:
        status = file.stat()
        if stat.S_ISDIR(status.st_mode) and is_unpacked(path):
            raise CheckpointError(path, "is a folder: a PyTorch file that was unpacked", REPACK)
        if stat.S_ISDIR(status.st_mode):
            raise CheckpointError(path, "is a folder, not a file of weights", "name the file in it")
        if not stat.S_ISREG(status.st_mode):
            cause = "is a device or pipe, not a file"
            raise CheckpointError(path, cause, "copy it to a file first")
        with file.open("rb"):
            pass
    except FileNotFoundError:
        raise CheckpointError(path, "does not exist", "check the path") from None
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise CheckpointError(path, f"cannot be read ({cause})", "check the path") from None
    if status.st_size == 0:
        raise CheckpointError(path, "is empty (0 bytes)", "fetch it again")
    return status.st_size


REPACK = "zip the folder again without compression, or fetch the .pt"
"""What to do with a PyTorch file that a program took for an archive and unpacked."""


def is_unpacked(path: str | Path) -> bool:
    """Whether a folder is what was inside a ``.pt``, or a file part of what was in one."""
    found = Path(path)
    if not found.is_dir():
        storage = found.parent.name == "data" and found.name.isdigit()
        folder = found.parent.parent if storage else found.parent
        part = storage or found.name in _PARTS
        return part and (folder / "data.pkl").is_file() and _has_storages(folder)
    inside = [found, *(child for child in found.iterdir() if child.is_dir())][:_MOST_FOLDERS]
    return any((folder / "data.pkl").is_file() and _has_storages(folder) for folder in inside)


_PARTS = ("data.pkl", "version", "byteorder")


def _has_storages(folder: Path) -> bool:
    return (folder / "data").is_dir() or (folder / "version").is_file()


def looks_like(path: str | Path) -> str:
    """Name what a file looks like, from its first 4 KiB, as in ``"an HTML page"``.

    At last ``"an unknown kind of file"``. Raises CheckpointError if it cannot be opened at all.
    """
    size = file_size(path)
    with Path(path).open("rb") as file:
        head = file.read(_PREFIX_BYTES)
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    if head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"AVI ", b"WAVE"):
        return {b"WEBP": "a WebP picture", b"AVI ": "an AVI video", b"WAVE": "a WAVE sound"}[
            head[8:12]
        ]
    if head[4:8] == b"ftyp":
        return "an MP4 video or HEIF picture"
    if head[257:262] == b"ustar":
        return "a tar archive"
    if looks_like_safetensors(head, size):
        return "a safetensors file"
    if looks_like_pickle(head):
        return "a Python pickle"
    if not head.strip(b"\0"):
        return "a file that begins with zeros (an unfinished download?)"
    return _text_kind(head) or "an unknown kind of file"


def looks_like_pickle(head: bytes) -> bool:
    """Whether a prefix can begin a pickle: a protocol mark, or protocol 0 or 1 text."""
    if len(head) >= 2 and head[0] == 0x80 and head[1] <= 5:
        return True
    return _OLD_PICKLE.match(head) is not None


def looks_like_safetensors(head: bytes, size: int) -> bool:
    """Whether a prefix of a file of ``size`` bytes is a header length and an opening brace."""
    if len(head) < 10:
        return False
    (length,) = struct.unpack("<Q", head[:8])
    return head[8:9] == b"{" and length < 1 << 40


def name_family(keys: Iterable[str]) -> str | None:
    """A noun phrase for the networks that parameter names show, or None if we know none such."""
    names = list(keys)
    for fragment, family in _FAMILIES:
        if any(fragment in name for name in names):
            return family
    return None


def zip_names(path: str | Path) -> list[str] | None:
    """Names in the directory of a zip archive; ``None`` if it is damaged or has too many."""
    file_size(path)
    with Path(path).open("rb") as file:
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        return list(Archive(path, view).members)
    except CheckpointError:
        return None


def _zip_kind(path: str | Path) -> str:
    names = zip_names(path)
    if names is None:
        return "a broken or truncated zip archive"
    if any(name.endswith("data.pkl") for name in names):
        is_script = any("/code/" in name for name in names)
        return "a TorchScript program" if is_script else "a PyTorch checkpoint"
    if names and all(name.endswith(".npy") for name in names):
        return "a NumPy archive (.npz)"
    if any(name.startswith("word/") for name in names):
        return "a Word document"
    return "a zip archive"


def _text_kind(head: bytes) -> str | None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for marks, name in zip(_WEB, ("an HTML page", "an XML document"), strict=True):
        if start.startswith(marks) or (name == "an HTML page" and b"<html" in start[:1024]):
            return name
    printable = set(string.printable.encode()) - {0x0B, 0x0C}
    if sum(byte in printable for byte in head) < 0.97 * len(head):
        return None
    return "a JSON file" if start[:1] in (b"{", b"[") else "a text file"
