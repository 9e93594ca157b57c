"""Long clips that may be stopped: written in parts of some seconds, joined at the end.

The parts lie in a folder beside the file. A run that was killed loses the part it was at, one that
was interrupted loses nothing; the next run with the same clip and the same job begins behind them.
Joining copies the encoded frames, their times in whole numbers: nothing is encoded twice.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from mien.errors import InputError, OutputError
from mien.files import make_folder, refuse_existing, replacing
from mien.video.formats import Format, format_of
from mien.video.package import pyav
from mien.video.provenance import packed
from mien.video.reader import Clip, opened
from mien.video.sound import Sound
from mien.video.writer import Writer, writing

SECONDS = 10.0
"""Length of a part."""

_JOB = "job.json"


def parts_folder(path: str | Path) -> Path:
    """Where the parts of a clip lie until it is whole."""
    target = Path(path)
    return target.with_name(f"{target.name}.parts")


@contextmanager
def resuming(
    path: str | Path,
    clip: Clip,
    job: Mapping[str, Any],
    provenance: Mapping[str, Any] | None = None,
    force: bool = False,
    seconds: float = SECONDS,
) -> Iterator[PartWriter]:
    """As :func:`~mien.video.writer.writing`, for the frames of a clip, going on where it stopped.

    After Ctrl-C the file holds what was done and the parts stay; any other error leaves the parts.
    The format must be an H.264 one, so that parts of so many ``seconds`` can be joined. ``job`` is
    everything that decides the frames, as JSON can hold it, and must be the same to go on;
    ``force`` also throws parts of another job away.

    Raises OutputError if the file exists and there are no parts to go on with, the parts are those
    of another job, or the format cannot be joined.
    """
    target, format = Path(path), format_of(path)
    if format.codec != "libx264":
        cause = f"{target.suffix} cannot be written in parts"
        raise OutputError(
            target, cause, "give a name that ends in .mp4, or leave out `resume=True`"
        )
    folder = parts_folder(target)
    if not (folder / _JOB).exists():
        refuse_existing([target], force)
    make_folder(target.parent)
    length = max(1, round(seconds * clip.fps))
    _claim(folder, {"clip": _identity(clip), "part_frames": length, "job": dict(job)}, force)
    writer = PartWriter(folder, clip, length)
    try:
        yield writer
        writer.close()
        if not writer.parts:
            raise InputError(f"{target}: there were 0 frames to write; a clip needs at least 1")
    except KeyboardInterrupt:
        writer.close()
        if writer.parts:
            _join(writer.parts, target, format, clip, provenance, whole=False)
        raise
    except BaseException:
        writer.drop()
        raise
    _join(writer.parts, target, format, clip, provenance, whole=True)
    shutil.rmtree(folder)


def _identity(clip: Clip) -> dict[str, Any]:
    facts = clip.path.stat()
    return {"name": clip.path.name, "bytes": facts.st_size, "mtime_ns": facts.st_mtime_ns}


def _claim(folder: Path, job: dict[str, Any], force: bool) -> None:
    """Make the folder of this job, or make sure that it is."""
    note = folder / _JOB
    job = json.loads(json.dumps(job))
    if note.exists():
        try:
            found = json.loads(note.read_text("utf-8"))
        except ValueError:
            found = None
        if found == job:
            return
        if not force:
            cause = f"holds the parts of another job ({_difference(found, job)})"
            raise OutputError(folder, cause, "remove it, give another `path`, or `force=True`")
        shutil.rmtree(folder)
    make_folder(folder)
    with replacing(note) as beside:
        beside.write_text(json.dumps(job), "utf-8")


def _difference(found: Any, job: dict[str, Any]) -> str:
    """The first thing in which two jobs differ."""
    if not isinstance(found, dict):
        return f"{_JOB} cannot be read"
    for section in ("clip", "job"):
        old, new = found.get(section, {}), job[section]
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                return f"{key}: {old.get(key)!r} there, {new.get(key)!r} here"
    return f"parts of {found.get('part_frames')} frames there, {job['part_frames']} here"


class PartWriter:
    """Writes frames part by part; made by :func:`resuming`.

    ``done`` frames lie in whole parts of earlier runs; ``parts`` are the whole ones, in order.
    """

    def __init__(self, folder: Path, clip: Clip, length: int) -> None:
        self.parts = sorted(folder.glob("part-*.mp4"))
        self.done = self.count = sum(map(_frames, self.parts))
        self.notes: list[str] = []
        self._folder, self._clip, self._length = folder, clip, length
        self._stack = contextlib.ExitStack()
        self._writer: Writer | None = None
        self._path = folder
        self._begin = 0

    def write(self, images: UInt8[np.ndarray, "n h w 3"], pts: Sequence[int] | None = None) -> None:
        """Append frames; as :meth:`mien.video.writer.Writer.write`, times must be given."""
        assert pts is not None
        assert len(pts) == len(images)
        begin = 0
        while begin < len(images):
            if self._writer is None:
                self._start(pts[begin])
            assert self._writer is not None
            end = min(len(images), begin + self._length - self._writer.count)
            self._writer.write(images[begin:end], [time - self._begin for time in pts[begin:end]])
            self.count += end - begin
            begin = end
            if self._writer.count == self._length:
                self._end()

    def close(self) -> None:
        """Finish the part in work, however short it is."""
        if self._writer is not None:
            self._end()

    def drop(self) -> None:
        """Throw away the part in work."""
        if self._writer is not None:
            self._writer = None
            with contextlib.suppress(_Dropped):
                self._stack.__exit__(_Dropped, _Dropped(), None)

    def _start(self, pts: int) -> None:
        self._begin = pts
        self._path = self._folder / f"part-{len(self.parts):06d}.mp4"
        made = {"pts": pts}
        self._stack = contextlib.ExitStack()
        self._writer = self._stack.enter_context(
            writing(
                self._path, self._clip.fps, self._clip.time_base, None, made, True, reorder=False
            )
        )

    def _end(self) -> None:
        writer = self._writer
        assert writer is not None
        self._writer, self.notes = None, writer.notes
        try:
            self._stack.close()
        finally:
            if self._path.exists():
                self.parts.append(self._path)


def _frames(part: Path) -> int:
    with opened(part) as container:
        return container.streams.video[0].frames


class _Dropped(Exception):
    """Ends a part without keeping it."""


def _join(
    parts: Sequence[Path],
    path: Path,
    format: Format,
    clip: Clip,
    provenance: Mapping[str, Any] | None,
    whole: bool,
) -> None:
    """Copy the packets of parts into one file, each at its time, with the clip's sound."""
    av = pyav()
    with replacing(path) as beside, contextlib.ExitStack() as stack:
        options = dict(format.container_options)
        out = stack.enter_context(
            av.open(f"file:{beside}", "w", format=format.container, container_options=options)
        )
        head = stack.enter_context(opened(parts[0]))
        stream = out.add_stream_from_template(head.streams.video[0])
        sound = None if clip.sound is None else Sound(clip, out, format)
        if provenance is not None:
            out.metadata["comment"] = packed(provenance)
        settings = bytes(head.streams.video[0].codec_context.extradata or b"")
        held, end = clip.held if whole else 1 / clip.fps, Fraction(0)
        for packet, after in pairwise(chain(_packets(parts, clip.time_base, settings), [None])):
            assert packet is not None
            unit = Fraction(packet.time_base)
            end = packet.pts * unit
            if sound is not None:
                sound.until(end)
            packet.duration = round(held / unit) if after is None else after.pts - packet.pts
            packet.stream = stream
            out.mux(packet)
        if sound is not None:
            sound.until(None if whole else end + held)
            sound.close()


def _packets(parts: Sequence[Path], time_base: Fraction, settings: bytes) -> Iterator[Any]:
    """The encoded frames of all parts, with the times that they had in the clip."""
    for part in parts:
        with opened(part) as container:
            begin = json.loads(container.metadata["comment"])["mien"]["pts"]
            stream = container.streams.video[0]
            if bytes(stream.codec_context.extradata or b"") != settings:
                cause = f"was encoded otherwise than {parts[0].name}"
                raise OutputError(part, cause, f"remove {part.parent} and begin again")
            offset = begin * time_base / Fraction(stream.time_base)
            for packet in container.demux(stream):
                if packet.size:
                    packet.pts += int(offset)
                    packet.dts = packet.pts
                    yield packet
