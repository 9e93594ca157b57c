"""Writing clips: colours, times, sound, and what is left when something stops it."""

from __future__ import annotations

import errno
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.errors import InputError, MissingExtra, OutputError, VideoError
from mien.video.formats import FORMATS, format_of
from mien.video.provenance import read_provenance
from mien.video.reader import Clip
from mien.video.writer import writing
from video.clips import FPS, HEIGHT, WIDTH, loudness, make_clip, picture, sound_packets

VARIABLE = [0, 40, 97, 120, 160, 217, 240, 400, 410, 411]


def pictures(count: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    return np.stack([picture(number, width, height) for number in range(count)])


def left_behind(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("suffix", list(FORMATS))
def test_every_format_gives_back_pictures_times_and_provenance(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    made = {"model": "portraits", "text": "naïve ✓", "seeds": [0, np.int64(7)], "long": "x" * 900}
    with writing(path, FPS, provenance=made) as writer:
        writer.write(pictures(5))
        writer.write(pictures(12)[5:])
    assert writer.count == 12
    clip = Clip(path)
    frames = list(clip)
    assert len(frames) == clip.frames == 12
    for frame in frames:
        assert np.abs(frame.image.astype(int) - picture(frame.index)).mean() < 3
        assert frame.time == pytest.approx(frame.index / FPS, abs=0.0051)
    found = read_provenance(path)
    assert (found["text"], found["seeds"], found["long"]) == ("naïve ✓", [0, 7], "x" * 900)
    assert left_behind(tmp_path) == [path.name]


def test_colours_are_not_shifted(tmp_path: Path) -> None:
    colours = np.array(
        [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0], [220, 170, 140]]
    )
    image = np.repeat(np.repeat(colours[None].astype(np.uint8), 64, 0), 32, 1)
    with writing(tmp_path / "a.mp4", 10) as writer:
        writer.write(np.stack([image] * 4))
    seen = next(iter(Clip(tmp_path / "a.mp4"))).image[32, 16::32].astype(int)
    assert np.abs(seen - colours).max() <= 2


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_times_of_variable_frame_rate_are_exact(tmp_path: Path, suffix: str) -> None:
    source = Clip(make_clip(tmp_path / "in.mp4", times=VARIABLE, unit=Fraction(1, 600)))
    path = tmp_path / f"out{suffix}"
    with writing(path, source.fps, source.time_base) as writer:
        for frame in source:
            writer.write(frame.image[None], [frame.pts])
    clip = Clip(path)
    wanted = [Fraction(time, 600) for time in VARIABLE]
    seen = [frame.pts * clip.time_base for frame in clip]
    if suffix == ".mkv":  # milliseconds are all that it knows
        assert max(abs(a - b) for a, b in zip(seen, wanted, strict=True)) <= Fraction(1, 1000)
    else:
        assert seen == wanted


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_sound_is_copied(tmp_path: Path, suffix: str) -> None:
    source = Clip(make_clip(tmp_path / "in.mp4"))
    path = tmp_path / f"out{suffix}"
    with writing(path, source.fps, source.time_base, sound=source) as writer:
        for frame in source:
            writer.write(frame.image[None], [frame.pts])
    before, after = sound_packets(source.path), sound_packets(path)
    assert [data for _, data in before] == [data for _, data in after]
    shift = Clip(path).start + after[0][0] - before[0][0]  # Matroska knows no time below 0
    gaps = [abs(b - a - shift) for (a, _), (b, _) in zip(before, after, strict=True)]
    assert max(gaps) <= (Fraction(1, 1000) if suffix == ".mkv" else 0)
    assert not writer.notes


@pytest.mark.parametrize(
    ("given", "codec", "sound", "suffix", "wanted"),
    [
        ("in.mp4", "libx264", "aac", ".webm", "opus"),
        ("in.webm", "libvpx-vp9", "libopus", ".mov", "aac"),
        ("in.webm", "libvpx-vp9", "libopus", ".webm", "opus"),
        ("in.ts", "libx264", "aac", ".mp4", "aac"),
        ("in.mkv", "libx264", "pcm_s16le", ".mp4", "aac"),
    ],
)
def test_sound_of_other_containers(
    tmp_path: Path, given: str, codec: str, sound: str, suffix: str, wanted: str
) -> None:
    source = Clip(make_clip(tmp_path / given, codec=codec, sound=sound))
    path = tmp_path / f"out{suffix}"
    with writing(path, source.fps, source.time_base, sound=source) as writer:
        for frame in source:
            writer.write(frame.image[None], [frame.pts])
    assert Clip(path).sound == wanted
    seconds, volume = loudness(path)
    assert seconds == pytest.approx(20 / FPS, abs=0.08)
    assert volume == pytest.approx(0.3 / np.sqrt(2), rel=0.12)


def test_odd_sizes_grow_by_a_line_and_say_so(tmp_path: Path) -> None:
    with writing(tmp_path / "a.mp4", FPS) as writer:
        writer.write(pictures(3, 63, 47))
    clip = Clip(tmp_path / "a.mp4")
    assert (clip.width, clip.height) == (64, 48)
    seen = next(iter(clip)).image.astype(int)
    assert np.abs(seen[:47, :63] - picture(0, 63, 47)).mean() < 3
    assert np.abs(seen[47, :63] - seen[46, :63]).max() < 30
    assert "63x47 to 64x48" in writer.notes[0]


def test_gif_leaves_out_what_no_viewer_shows(tmp_path: Path) -> None:
    with writing(tmp_path / "a.gif", 100) as writer:
        writer.write(pictures(20))
    with Image.open(tmp_path / "a.gif") as picture_:
        assert picture_.n_frames == 10  # pyright: ignore[reportAttributeAccessIssue]
        assert picture_.info["duration"] == 20
        assert picture_.info["loop"] == 0
    assert "at most 50 frames a second" in writer.notes[0]


def test_gif_holds_no_sound_and_says_so(tmp_path: Path) -> None:
    source = Clip(make_clip(tmp_path / "in.mp4", frames=3))
    with writing(tmp_path / "a.gif", source.fps, source.time_base, sound=source) as writer:
        for frame in source:
            writer.write(frame.image[None], [frame.pts])
    assert writer.notes == ["a GIF holds no sound"]
    with pytest.raises(VideoError, match="does not say what made it"):
        read_provenance(tmp_path / "a.gif")


def test_ctrl_c_leaves_a_playable_file_of_what_was_done(tmp_path: Path) -> None:
    source = Clip(make_clip(tmp_path / "in.mp4", frames=60))
    path = tmp_path / "out.mp4"

    def stopped_after(count: int) -> None:
        with writing(path, source.fps, source.time_base, sound=source) as writer:
            for frame in source:
                if frame.index == count:
                    raise KeyboardInterrupt
                writer.write(frame.image[None], [frame.pts])

    with pytest.raises(KeyboardInterrupt):
        stopped_after(25)
    clip = Clip(path)
    assert sum(1 for _ in clip) == 25
    assert not clip.notes
    seconds, _ = loudness(path)
    assert seconds == pytest.approx(25 / FPS, abs=0.06)  # the sound ends with the picture
    assert left_behind(tmp_path) == ["in.mp4", "out.mp4"]


def test_ctrl_c_before_the_first_frame_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), writing(tmp_path / "a.mp4", FPS):
        raise KeyboardInterrupt
    assert left_behind(tmp_path) == []


def test_any_other_error_leaves_nothing_and_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"old")

    def fails() -> None:
        with writing(path, FPS, force=True) as writer:
            writer.write(pictures(3))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert left_behind(tmp_path) == ["a.mp4"]
    assert path.read_bytes() == b"old"


def test_a_disk_that_fills_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mien.video.pixels import Scaler

    def full(*_) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Scaler, "to_yuv420", full)

    def write() -> None:
        with writing(tmp_path / "a.mp4", FPS) as writer:
            for number in range(50):
                writer.write(pictures(1), [number])

    with pytest.raises(OutputError, match="the disk is full"):
        write()
    assert left_behind(tmp_path) == []


def test_never_overwrites_without_force(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=2)
    with pytest.raises(OutputError, match="exists already"), writing(path, FPS) as writer:
        writer.write(pictures(3))
    with writing(path, FPS, force=True) as writer:
        writer.write(pictures(3))
    assert Clip(path).frames == 3


@pytest.mark.parametrize("name", ["out", "out.png", "out.avi", "out.mp4.txt"])
def test_a_name_that_is_no_video(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"\.mp4, \.m4v, \.mov, \.mkv, \.webm, \.gif"):
        format_of(tmp_path / name)
    with pytest.raises(OutputError), writing(tmp_path / name, FPS):
        raise AssertionError("never")


def test_frames_must_fit_together(tmp_path: Path) -> None:
    def write(*calls: tuple[np.ndarray, list[int] | None]) -> None:
        with writing(tmp_path / "a.mp4", FPS) as writer:
            for images, times in calls:
                writer.write(images, times)

    one = pictures(1)
    with pytest.raises(InputError, match="frame 1 is 32x32, but the clip began with 64x48"):
        write((one, None), (pictures(1, 32, 32), None))
    with pytest.raises(InputError, match="1 frames with 2 times"):
        write((one, [0, 1]))
    with pytest.raises(InputError, match="frame time 3 comes after 3; times must rise"):
        write((one, [3]), (one, [3]))
    with pytest.raises(InputError, match="0 frames to write"):
        write()
    with pytest.raises(InputError, match="at least 2x2"):
        write((np.zeros((1, 1, 1, 3), np.uint8), None))
    assert left_behind(tmp_path) == []


def test_without_pyav_the_message_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match=r"mien\[video\]"), writing(tmp_path / "a.mp4", FPS):
        raise AssertionError("never")


@pytest.mark.shared
def test_a_real_clip_keeps_frames_times_and_sound(shared: Path, tmp_path: Path) -> None:
    source = Clip(shared / "data" / "video" / "d18.mp4")
    with writing(tmp_path / "a.mp4", source.fps, source.time_base, sound=source) as writer:
        for frame in source:
            writer.write(frame.image[None, ::4, ::4], [frame.pts])
    clip = Clip(tmp_path / "a.mp4")
    assert (clip.frames, clip.fps, clip.duration) == (216, 30, pytest.approx(source.duration))
    assert sound_packets(clip.path) == sound_packets(source.path)
