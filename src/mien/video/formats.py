"""What a clip can be written as, by the end of its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mien.errors import OutputError


@dataclass(frozen=True)
class Format:
    """One kind of video file: FFmpeg's muxer and encoder, and the settings of both.

    ``sounds`` are codecs of sound that are taken over without encoding them again; other sound is
    encoded as ``sound_codec``, empty if there can be none.
    """

    container: str
    codec: str
    options: Mapping[str, str]
    container_options: Mapping[str, str]
    sounds: frozenset[str]
    sound_codec: str


# crf 18 is hard to tell from the source; slower presets save little at the size of faces.
_H264 = {"preset": "veryfast", "crf": "18"}
_VP9 = {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "5", "row-mt": "1"}
_FAST = {"movflags": "+faststart"}  # the index in front, so that a browser begins at once
_SOUNDS = frozenset({"aac", "mp3", "mp3float", "ac3", "eac3", "alac"})
_OPUS, _PCM = frozenset({"opus", "libopus"}), frozenset({"pcm_s16le", "pcm_s24le"})
_VORBIS = frozenset({"vorbis", "libvorbis"})
_MP4 = Format("mp4", "libx264", _H264, _FAST, _SOUNDS | _OPUS | {"flac"}, "aac")

FORMATS: Mapping[str, Format] = {
    ".mp4": _MP4,
    ".m4v": _MP4,
    ".mov": Format("mov", "libx264", _H264, _FAST, _SOUNDS | _PCM, "aac"),
    ".mkv": Format("matroska", "libx264", _H264, {}, _MP4.sounds | _VORBIS | _PCM, "aac"),
    ".webm": Format("webm", "libvpx-vp9", _VP9, {}, _OPUS | _VORBIS, "libopus"),
    ".gif": Format("gif", "gif", {}, {"loop": "0"}, frozenset(), ""),
}
"""End of a name (lower case) -> what is written."""


def format_of(path: str | Path) -> Format:
    """The format that a name asks for; raises OutputError if its end is that of no video."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        what = f"ends in {suffix!r}, which is no video" if suffix else "has no suffix"
        raise OutputError(path, what, f"give a name that ends in {', '.join(FORMATS)}")
    return FORMATS[suffix]
