"""Decode, process, encode: order, errors, Ctrl-C, memory; and going on with a stopped job."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.errors import InputError, OutputError
from mien.video import resume
from mien.video.pipeline import Batch, batches, convert, read_ahead
from mien.video.pixels import Scaler
from mien.video.provenance import read_provenance
from mien.video.reader import Clip
from mien.video.resume import parts_folder, resuming
from mien.video.threads import Behind, ahead
from mien.video.writer import Writer, writing
from video.clips import FPS, make_clip, picture, sound_packets

VARIABLE = [0, 40, 97, 120, 160, 217, 240, 400, 410, 411]
WAIT = 5.0


def invert(batch: Batch) -> np.ndarray:
    return 255 - batch.images


def until(condition) -> bool:
    """Whether a condition becomes true before long."""
    end = time.monotonic() + WAIT
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return condition()


# Threads


def test_ahead_keeps_order_and_its_distance() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    stream = ahead(items(), depth=3)
    assert next(stream) == 0
    assert until(lambda: len(made) == 5)  # one taken, three waiting, one in hand
    time.sleep(0.02)
    assert len(made) == 5
    assert list(stream) == list(range(1, 100))


def test_ahead_hands_on_what_was_raised_after_what_came_before() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError("here")

    stream = ahead(items())
    assert next(stream) == 1
    with pytest.raises(ZeroDivisionError, match="here"):
        next(stream)


def test_ahead_stops_its_thread_when_it_is_closed() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.set()

    stream = ahead(items())
    next(stream)
    stream.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert closed.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name == "mien-ahead"]


def test_behind_works_in_order_in_one_thread_and_finishes_there() -> None:
    seen: list[object] = []
    names: set[str] = set()

    def work(item: int) -> None:
        names.add(threading.current_thread().name)
        time.sleep(0.001)
        seen.append(item)

    queue = Behind(work, lambda whole: seen.append(whole), depth=2)
    for number in range(20):
        queue.put(number)
    queue.close(whole=False)
    assert seen == [*range(20), False]
    assert names == {"mien-behind"}


def test_behind_hands_back_what_was_raised() -> None:
    def work(item: int) -> None:
        raise ZeroDivisionError(str(item))

    queue = Behind(work, lambda whole: None, depth=1)

    def fill() -> None:
        for number in range(100):
            queue.put(number)

    with pytest.raises(ZeroDivisionError, match="0"):
        fill()
    with pytest.raises(ZeroDivisionError):
        queue.close()
    queue.drop()


def test_behind_drops_what_waits() -> None:
    begun, gate, seen = threading.Event(), threading.Event(), []

    def work(item: int) -> None:
        begun.set()
        gate.wait(WAIT)
        seen.append(item)

    queue = Behind(work, lambda whole: seen.append("finished"), depth=5)
    for number in range(4):
        queue.put(number)
    assert begun.wait(WAIT)  # else the first one waits too, and is dropped
    threading.Timer(0.05, gate.set).start()
    queue.drop()
    assert seen == [0]


# Pipeline


@pytest.mark.parametrize("size", [1, 6, 20, 50])
def test_batches_hold_all_frames_in_order(tmp_path: Path, size: int) -> None:
    clip = Clip(make_clip(tmp_path / "a.mp4"))
    found = list(batches(clip, size))
    assert [len(batch) for batch in found[:-1]] == [size] * (len(found) - 1)
    assert sum(len(batch) for batch in found) == 20
    assert [batch.first for batch in found] == list(range(0, 20, size))
    assert [time for batch in found for time in batch.times] == [frame.time for frame in clip]
    again = [batch.pts for batch in read_ahead(clip, size)]
    assert again == [batch.pts for batch in found]


@pytest.mark.parametrize("size", [1, 7, 64])
def test_converting_keeps_order_times_and_sound(tmp_path: Path, size: int) -> None:
    source = Clip(make_clip(tmp_path / "in.mp4", times=VARIABLE, unit=Fraction(1, 600)))
    path = tmp_path / "out.mp4"
    with writing(path, source.fps, source.time_base, sound=source) as writer:
        assert list(convert(source, invert, writer, size)) == list(range(10))
    clip = Clip(path)
    for frame in clip:
        assert np.abs(255 - frame.image.astype(int) - picture(frame.index)).mean() < 7
    assert [frame.pts * clip.time_base for frame in clip] == [Fraction(t, 600) for t in VARIABLE]
    assert sound_packets(path) == sound_packets(source.path)


def test_frames_of_another_size_and_number(tmp_path: Path) -> None:
    source = Clip(make_clip(tmp_path / "in.mp4"))
    with writing(tmp_path / "out.mp4", source.fps) as writer:
        assert len(list(convert(source, lambda batch: batch.images[:, ::2, ::2], writer))) == 20
    assert (Clip(tmp_path / "out.mp4").width, Clip(tmp_path / "out.mp4").height) == (32, 24)
    with (
        pytest.raises(InputError, match="8 frames were given, 7 came back"),
        writing(tmp_path / "b.mp4", source.fps) as writer,
    ):
        list(convert(source, lambda batch: batch.images[1:], writer))


def test_what_processing_raises_arrives_and_leaves_no_thread(tmp_path: Path) -> None:
    source = Clip(make_clip(tmp_path / "in.mp4", frames=60))

    def process(batch: Batch) -> np.ndarray:
        if batch.first > 20:
            raise ZeroDivisionError
        return batch.images

    with (
        pytest.raises(ZeroDivisionError),
        writing(tmp_path / "out.mp4", source.fps) as writer,
    ):
        list(convert(source, process, writer, 4))
    assert not (tmp_path / "out.mp4").exists()
    assert until(lambda: not [t for t in threading.enumerate() if t.name.startswith("mien-")])


def test_the_three_steps_overlap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first frame is encoded only after the last of the third batch was processed."""
    plain, gate = Scaler.to_yuv420, threading.Event()
    source = Clip(make_clip(tmp_path / "in.mp4", sound=None))

    def to_yuv420(self: Scaler, image: np.ndarray) -> object:
        assert gate.wait(WAIT)
        return plain(self, image)

    def process(batch: Batch) -> np.ndarray:
        if batch.first == 8:
            gate.set()
        return batch.images

    monkeypatch.setattr(Scaler, "to_yuv420", to_yuv420)
    with writing(tmp_path / "out.mp4", source.fps) as writer:
        assert len(list(convert(source, process, writer, 4))) == 20


def resident() -> int:
    """Bytes of this process that lie in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc to see memory")
def test_memory_does_not_grow_with_the_clip(tmp_path: Path) -> None:
    """2,000 frames take no more than 100: 55 MB of frames pass each step, at most 8 MB may stay."""
    source = Clip(make_clip(tmp_path / "in.mp4", 2000, (96, 96), codec="mpeg4", sound=None))
    marks: dict[int, int] = {}

    def process(batch: Batch) -> np.ndarray:
        if batch.first % 100 < len(batch):
            gc.collect()
            marks[batch.first // 100] = resident()
        return batch.images

    with writing(tmp_path / "out.mp4", source.fps) as writer:
        for _ in convert(source, process, writer):
            pass
    assert len(marks) == 20
    assert marks[19] - marks[1] < 8 << 20


STOPPED = """
import sys, time
from pathlib import Path
from mien.video.pixels import Scaler
from mien.video.pipeline import convert
from mien.video.reader import Clip
from mien.video.writer import writing

source = Clip(sys.argv[1])

def process(batch):
    if batch.first == 16:
        print("ready", flush=True)
    time.sleep(0.05 if batch.first > 16 else 0)
    return batch.images

with writing(sys.argv[2], source.fps, source.time_base, sound=source) as writer:
    for _ in convert(source, process, writer, 4):
        pass
"""


@pytest.mark.usefixtures("heard")
def test_a_real_ctrl_c(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", frames=400)
    path = tmp_path / "out.mp4"
    command = [sys.executable, "-c", STOPPED, str(source), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in complaints
    frames = sum(1 for _ in Clip(path))
    assert 16 <= frames < 400
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.mp4", "out.mp4"]


# Resume


class Killed(Exception):
    """Stands for a process that is gone from one moment to the next."""


def run(source: Clip, path: Path, stop: BaseException | None = None, at: int = 0, **job) -> int:
    """Invert a clip in parts of one second; perhaps stop at a frame. Returns frames processed."""
    count = 0

    def process(batch: Batch) -> np.ndarray:
        nonlocal count
        if stop is not None and batch.first >= at:
            raise stop
        count += len(batch)
        return invert(batch)

    with resuming(path, source, job, {"made": "so"}, seconds=1) as writer:
        for _ in convert(source, process, writer, 4):
            pass
    return count


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> dict[Path, list[np.ndarray]]:
    """The frames that were handed to each file's encoder, last of all."""
    frames: dict[Path, list[np.ndarray]] = {}

    @contextmanager
    def spied(path: Path, *rest: Any, **named: Any) -> Iterator[Writer]:
        frames[path] = []
        with writing(path, *rest, **named) as writer:
            write = writer.write

            def recorded(images: np.ndarray, pts: list[int]) -> None:
                frames[path].extend(images.copy())
                write(images, pts)

            monkeypatch.setattr(writer, "write", recorded)
            yield writer

    monkeypatch.setattr(resume, "writing", spied)
    return frames


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_a_killed_run_goes_on_and_equals_one_that_was_not(
    tmp_path: Path, suffix: str, encoded: dict[Path, list[np.ndarray]]
) -> None:
    times = [number * 40 + 13 * (number % 3) for number in range(70)]
    source = Clip(make_clip(tmp_path / "in.mp4", times=times, unit=Fraction(1, 600)))
    broken, whole = tmp_path / f"broken{suffix}", tmp_path / f"whole{suffix}"
    for place in (37, 60):
        with pytest.raises(Killed):
            run(source, broken, Killed(), at=place, style=3)
        assert not broken.exists()
    assert parts_folder(broken).is_dir()
    assert run(source, broken, style=3) < 40
    assert run(source, whole, style=3) == 70
    assert not parts_folder(broken).exists()
    a, b = list(Clip(broken)), list(Clip(whole))
    assert [frame.pts for frame in a] == [frame.pts for frame in b]
    unit = Clip(broken).time_base
    assert [frame.pts * unit for frame in a] == [Fraction(time, 600) for time in times]
    one, other = (
        [
            frame
            for part, frames in sorted(encoded.items())
            if folder in part.parents
            for frame in frames
        ]
        for folder in (parts_folder(broken), parts_folder(whole))
    )
    assert len(one) == len(other) == 70
    np.testing.assert_array_equal(one, other)
    # The vector code of libx264 reads memory that nobody set: about one part of a hundred comes out
    # a level or two off, from the same frames, on a crowded machine (never so with no-asm).
    for x, y in zip(a, b, strict=True):
        assert np.abs(x.image.astype(int) - y.image.astype(int)).mean() < 1
    assert sound_packets(broken) == sound_packets(source.path)
    assert read_provenance(broken) == {"made": "so"}


def test_ctrl_c_leaves_a_clip_and_the_parts(tmp_path: Path) -> None:
    source = Clip(make_clip(tmp_path / "in.mp4", frames=60))
    path = tmp_path / "out.mp4"
    with pytest.raises(KeyboardInterrupt):
        run(source, path, KeyboardInterrupt(), at=24)
    assert sum(1 for _ in Clip(path)) == 24
    assert run(source, path) == 36
    clip = Clip(path)
    assert [frame.time for frame in clip] == [frame.time for frame in source]
    for frame in clip:
        assert np.abs(255 - frame.image.astype(int) - picture(frame.index)).mean() < 7
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.mp4", "out.mp4"]


def test_parts_of_another_job_are_refused(tmp_path: Path) -> None:
    source = Clip(make_clip(tmp_path / "in.mp4", frames=40))
    path = tmp_path / "out.mp4"
    with pytest.raises(Killed):
        run(source, path, Killed(), at=20, style=3)
    with pytest.raises(OutputError, match=r"another job \(style: 3 there, 4 here\); remove it"):
        run(source, path, style=4)
    other = Clip(make_clip(tmp_path / "other.mp4", frames=41))
    with pytest.raises(OutputError, match="another job"):
        run(other, path, style=3)
    with resuming(path, source, {"style": 4}, force=True) as writer:
        assert writer.done == 0
        list(convert(source, invert, writer))
    assert Clip(path).frames == 40


def test_what_cannot_be_resumed(tmp_path: Path) -> None:
    source = Clip(make_clip(tmp_path / "in.mp4", frames=3))
    for name in ("a.gif", "a.webm"):
        with (
            pytest.raises(OutputError, match=r"cannot be written in parts; .*\.mp4"),
            resuming(tmp_path / name, source, {}),
        ):
            raise AssertionError("never")
    path = make_clip(tmp_path / "out.mp4", frames=2)
    with pytest.raises(OutputError, match="exists already"):
        run(source, path)
    with (
        pytest.raises(InputError, match="0 frames to write"),
        resuming(tmp_path / "none.mp4", source, {}),
    ):
        pass


def test_one_second_of_a_clip_at_its_rate_is_a_part(tmp_path: Path) -> None:
    source = Clip(make_clip(tmp_path / "in.mp4", frames=40))
    with pytest.raises(Killed):
        run(source, tmp_path / "out.mp4", Killed(), at=36)
    parts = sorted(parts_folder(tmp_path / "out.mp4").glob("*.mp4"))
    assert [Clip(part).frames for part in parts] == [FPS, FPS]
