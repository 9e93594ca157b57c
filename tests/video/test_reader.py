"""Reading clips: what comes out of whole files, odd files and broken ones."""

from __future__ import annotations

import itertools
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from mien.errors import MissingExtra, VideoError
from mien.video.reader import Clip
from video.clips import FPS, HEIGHT, WIDTH, make_clip, picture

VARIABLE = [0, 40, 97, 120, 160, 217, 240, 400, 410, 411]


def test_facts_and_frames(tmp_path: Path) -> None:
    clip = Clip(make_clip(tmp_path / "a.mp4", frames=20))
    assert (clip.width, clip.height, clip.frames, clip.rotation) == (WIDTH, HEIGHT, 20, 0)
    assert (clip.fps, clip.variable, clip.sound, clip.notes) == (FPS, False, "aac", [])
    assert clip.duration == pytest.approx(20 / FPS)
    frames = list(clip)
    assert [frame.index for frame in frames] == list(range(20))
    assert [frame.time for frame in frames] == pytest.approx([i / FPS for i in range(20)])
    for frame in frames:
        assert frame.image.dtype == np.uint8
        assert np.abs(frame.image.astype(int) - picture(frame.index)).mean() < 6
    assert len(list(clip)) == 20  # as often as you like


def test_frames_from_a_number_on(tmp_path: Path) -> None:
    clip = Clip(make_clip(tmp_path / "a.mp4"))
    whole, rest = list(clip), list(clip.from_frame(13))
    assert [frame.index for frame in rest] == list(range(13, 20))
    assert all(np.array_equal(a.image, b.image) for a, b in zip(whole[13:], rest, strict=True))
    assert [frame.pts for frame in rest] == [frame.pts for frame in whole[13:]]


def test_variable_frame_rate_keeps_its_times(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", times=VARIABLE, unit=Fraction(1, 600))
    clip = Clip(path)
    assert clip.variable
    assert [frame.pts * clip.time_base for frame in clip] == [Fraction(t, 600) for t in VARIABLE]
    assert float(clip.fps) == pytest.approx(9 * 600 / 411, rel=1e-4)


@pytest.mark.parametrize(
    ("rotation", "mirrored", "turn"),
    [
        (0, False, lambda image: image),
        (90, False, lambda image: np.rot90(image, 1)),
        (180, False, lambda image: np.rot90(image, 2)),
        (-90, False, lambda image: np.rot90(image, 3)),
        (0, True, lambda image: image[:, ::-1]),
    ],
)
def test_rotation_flag(tmp_path: Path, rotation: float, mirrored: bool, turn) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=3, rotation=rotation, mirrored=mirrored)
    clip = Clip(path)
    wanted = turn(picture(0))
    assert (clip.height, clip.width) == wanted.shape[:2]
    assert clip.rotation == rotation % 360
    frame = next(iter(clip))
    assert frame.image.shape == wanted.shape
    assert frame.image.flags["C_CONTIGUOUS"]
    assert np.abs(frame.image.astype(int) - wanted).mean() < 6


def test_pixels_that_are_not_square_become_square(tmp_path: Path) -> None:
    clip = Clip(make_clip(tmp_path / "a.mp4", frames=3, aspect=Fraction(4, 3)))
    assert (clip.width, clip.height) == (round(WIDTH * 4 / 3), HEIGHT)
    assert next(iter(clip)).image.shape == (clip.height, clip.width, 3)


@pytest.mark.parametrize("size", [(63, 47), (64, 47), (63, 48)])
def test_odd_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=3, size=size, pix_fmt="yuv444p")
    clip = Clip(path)
    assert (clip.width, clip.height) == size
    assert next(iter(clip)).image.shape == (size[1], size[0], 3)


@pytest.mark.parametrize(
    ("name", "codec", "sound"),
    [
        ("a.webm", "libvpx-vp9", "libopus"),
        ("a.mkv", "libx264", "aac"),
        ("a.ts", "libx264", "aac"),
        ("a.avi", "mpeg4", None),
    ],
)
def test_other_containers_begin_at_zero(
    tmp_path: Path, name: str, codec: str, sound: str | None
) -> None:
    clip = Clip(make_clip(tmp_path / name, codec=codec, sound=sound))
    frames = list(clip)
    assert len(frames) == clip.frames == 20
    assert 0 <= frames[0].time < 0.08  # sound may begin before the picture
    gaps = np.diff([frame.time for frame in frames])
    assert np.abs(gaps - 1 / FPS).max() <= 0.0011  # milliseconds are all that some can say
    assert float(clip.fps) == pytest.approx(FPS, rel=0.01)
    assert not clip.notes
    assert not clip.variable


def test_no_sound(tmp_path: Path) -> None:
    assert Clip(make_clip(tmp_path / "a.mp4", sound=None)).sound is None


def test_gif_with_transparency_lies_on_white(tmp_path: Path) -> None:
    pictures = [Image.new("RGBA", (32, 24), (0, 0, 0, 0)) for _ in range(3)]
    for number, drawn in enumerate(pictures):
        drawn.paste((255, 0, 0, 255), (0, 0, 8 + number, 24))
    path = tmp_path / "a.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100, disposal=2)
    clip = Clip(path)
    first = next(iter(clip)).image
    assert clip.frames == 3
    assert tuple(first[12, 2]) == (255, 0, 0)
    assert tuple(first[12, 30]) == (255, 255, 255)


def test_a_broken_tail_gives_what_is_there_and_says_so(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=40, bitrate={"x264-params": "keyint=5:bframes=0"})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.8)])
    clip = Clip(path)
    frames = list(clip)
    assert 5 < len(frames) < 40
    assert "of 40 frames are there" in clip.notes[0]
    assert str(path) in clip.notes[0]


def test_a_broken_tail_of_a_file_without_frame_count(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", frames=60, sound=None)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    clip = Clip(path)
    assert 1 < len(list(clip)) < 60
    assert "tail is broken" in clip.notes[0]


def test_damage_in_the_middle(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=40, sound=None, codec="mpeg4")
    data = bytearray(path.read_bytes())
    middle = len(data) * 2 // 3
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(data)
    frames = list(Clip(path))
    assert len(frames) > 10
    assert all(b.pts > a.pts for a, b in itertools.pairwise(frames))


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".gif"])
def test_a_still_picture_is_no_clip(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    Image.fromarray(picture(0)).save(path)
    with pytest.raises(VideoError, match=r"is a still picture \(\w+\), not a clip; give an mp4"):
        Clip(path)


def test_a_still_picture_under_a_name_of_a_clip(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    Image.fromarray(picture(0)).save(path, format="PNG")
    with pytest.raises(VideoError, match="still picture"):
        Clip(path)


def test_zero_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"  # an mp4 would leave the empty track out
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = out.add_stream("aac", rate=44_100)
        out.start_encoding()
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp")
        frame.sample_rate = 44_100
        out.mux(audio.encode(frame))
        out.mux(audio.encode(None))
    with pytest.raises(VideoError, match="has 0 frames that can be decoded"):
        Clip(path)


def test_sound_alone_is_no_clip(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        audio = out.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp")
        frame.sample_rate = 44_100
        out.mux(audio.encode(frame))
        out.mux(audio.encode(None))
    with pytest.raises(VideoError, match="holds no moving picture; give a file with video in it"):
        Clip(path)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.mp4", b"", "is empty, 0 bytes"),
        ("a.mp4", b"<!doctype html><html>gone</html>", "is an HTML page, not a clip"),
        ("a.mp4", b"\x00\x00\x00\x20ftypisom" + bytes(5000), "mp4 without its index"),
        ("a.txt", b"hello, this is text\n" * 50, "is a text file, not a clip"),
        ("a.m3u8", b"#EXTM3U\n#EXTINF:1,\n/etc/hostname\n#EXT-X-ENDLIST\n", "not a clip"),
        ("a.ffconcat", b"ffconcat version 1.0\nfile /etc/hostname\n", "not a clip"),
    ],
)
def test_files_of_other_kinds(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(VideoError, match=said) as caught:
        Clip(path)
    assert "\n" not in str(caught.value)


def test_an_index_that_was_never_written(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(VideoError, match="without its index"):
        Clip(path)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="no such file"):
        Clip(tmp_path / "a.mp4")
    with pytest.raises(VideoError, match="is a folder"):
        Clip(tmp_path)


def test_a_name_with_a_colon_is_a_file(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=2).rename(tmp_path / "concat:x,y.mp4")
    assert Clip(path).frames == 2


def test_without_pyav_the_message_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=2)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match=r"reading a clip needs av, .* 'mien\[video\]'"):
        Clip(path)


def test_a_pyav_that_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=2)
    monkeypatch.setattr(av, "__version__", "17.1.0")
    with pytest.raises(MissingExtra, match="needs av 18 or newer"):
        Clip(path)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "frames"), [("d18.mp4", 216), ("d19.mp4", 250)])
def test_real_clips(shared: Path, name: str, frames: int) -> None:
    clip = Clip(shared / "data" / "video" / name)
    assert (clip.frames, clip.fps, clip.sound, clip.variable) == (frames, 30, "aac", False)
    assert not clip.notes
    assert sum(1 for _ in clip) == frames
