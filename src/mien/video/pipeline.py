"""Decode, process in batches, encode: three threads, few frames between them, order kept.

    clip = Clip("in.mp4")
    with writing("out.mp4", clip.fps, clip.time_base, sound=clip) as writer:
        for _ in convert(clip, process, writer):
            pass

PyAV and torch let other threads run while they compute, so decoding and encoding cost little time
of their own. Memory does not grow with the length of the clip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from mien.errors import InputError
from mien.video.reader import Clip, Frame
from mien.video.threads import ahead

BATCH = 8
"""Frames that are processed at once."""

DEPTH = 2
"""Batches that may be decoded before they are needed."""


_BATCH_BYTES = 1 << 26


@dataclass(frozen=True)
class Batch:
    """Some frames in a row, uint8 RGB; ``first`` is the number of the first of them in the clip.

    ``pts`` is when each is shown, in units of the clip's time base.
    """

    images: UInt8[np.ndarray, "n h w 3"]
    first: int
    pts: tuple[int, ...]
    times: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.images)


Process = Callable[[Batch], np.ndarray]
"""What is done with frames: as many come back, uint8 ``[n, h', w', 3]``, the size always one."""


@runtime_checkable
class Sink(Protocol):
    """Where frames go: a :class:`~mien.video.writer.Writer`, or one that resumes."""

    done: int
    """Frames that are there already."""

    def write(self, images: UInt8[np.ndarray, "n h w 3"], pts: list[int] | None = None) -> None:
        """Take frames and their times."""


def batches(frames: Iterable[Frame], size: int = BATCH) -> Iterator[Batch]:
    """Frames in groups of ``size``, the last with what is left."""
    group: list[Frame] = []
    for frame in frames:
        group.append(frame)
        if len(group) == size:
            yield _batch(group)
            group = []
    if group:
        yield _batch(group)


def _batch(group: list[Frame]) -> Batch:
    return Batch(
        np.stack([frame.image for frame in group]),
        group[0].index,
        tuple(frame.pts for frame in group),
        tuple(frame.time for frame in group),
    )


def read_ahead(clip: Clip, size: int = BATCH, first: int = 0) -> Iterator[Batch]:
    """The batches of a clip from a frame on, decoded in a thread of their own.

    Large frames come in smaller batches, so that one never takes more than 64 MiB.
    """
    fitting = max(1, min(size, _BATCH_BYTES // (clip.width * clip.height * 3)))
    return ahead(batches(clip.from_frame(first), fitting), DEPTH)


def convert(clip: Clip, process: Process, writer: Sink, size: int = BATCH) -> Iterator[int]:
    """Send a clip through a function into a file; the number of each frame on its way there.

    ``process`` runs in this thread and may return another size of frame; the writer says how many
    it has already, and those are not processed. Batches have ``size`` frames at most. Raises
    InputError if ``process`` returned another number of frames than it got.
    """
    incoming = read_ahead(clip, size, writer.done)
    try:
        for batch in incoming:
            images = process(batch)
            if len(images) != len(batch):
                raise InputError(f"{len(batch)} frames were given, {len(images)} came back")
            writer.write(images, list(batch.pts))
            yield from range(batch.first, batch.first + len(batch))
    finally:
        incoming.close()  # pyright: ignore[reportAttributeAccessIssue]
