"""Clips as cameras and recorders leave them: clocks that jump, held frames, odd sound, alpha."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mien.video.reader import FAR, Clip
from mien.video.writer import writing
from video.clips import make_clip, picture

HELD = [0, 100, 200, 300, 400]
GAPS = [0, 30, 100, 110, 300, 305, 700, 900, 1000, 2500]


def packed(path: Path, times: Sequence[int], lengths: int | Sequence[int] = 100) -> Path:
    """A clip in ms whose packets are stored in the order of showing, muxed by hand."""
    lengths = [lengths] * len(times) if isinstance(lengths, int) else lengths
    with av.open(str(path), "w", options={"avoid_negative_ts": "disabled"}) as out:
        stream = out.add_stream("libx264", rate=10, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        packets = []
        for number in range(len(times)):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            frame.pts, frame.time_base = number * 100, Fraction(1, 1000)
            packets += stream.encode(frame)
        packets += stream.encode(None)
        for packet, time, length in zip(packets, times, lengths, strict=True):
            packet.pts = packet.dts = time
            packet.duration = length
            out.mux(packet)
    return path


def copied(clip: Clip, path: Path) -> Clip:
    with writing(path, clip.fps, clip.time_base, sound=clip) as writer:
        for frame in clip:
            writer.write(frame.image[None], [frame.pts])
    assert writer.notes == []
    return Clip(path)


def times_of(clip: Clip) -> list[float]:
    return [round(frame.time, 3) for frame in clip]


# Times


def test_a_clip_that_begins_below_zero(tmp_path: Path) -> None:
    clip = Clip(packed(tmp_path / "a.ts", range(-500, 500, 100)))
    assert (float(clip.start), clip.frames, clip.duration) == (-0.5, 10, 1.0)
    assert times_of(clip) == [i / 10 for i in range(10)]
    assert times_of(copied(clip, tmp_path / "b.mp4")) == [i / 10 for i in range(10)]


@pytest.mark.parametrize("far", [10_000_000, 3_600_000])
def test_a_jump_in_time(far: int, tmp_path: Path) -> None:
    times = [0, 100, 200, 300, 300 + far, 400 + far]
    clip = Clip(packed(tmp_path / "a.mkv", times))
    assert clip.fps == 10
    assert "its times jump by" in clip.notes[0]
    closed = far > FAR * 1000
    assert ("left out" in clip.notes[0]) is closed
    shown = [0, 0.1, 0.2, 0.3, 0.4, 0.5] if closed else [time / 1000 for time in times]
    assert times_of(clip) == shown
    assert clip.duration == pytest.approx(shown[-1] + 0.1)
    assert times_of(copied(clip, tmp_path / "b.mp4")) == shown


def test_a_clock_that_was_set_back(tmp_path: Path) -> None:
    first = packed(tmp_path / "a.ts", range(5000, 9000, 100)).read_bytes()
    second = packed(tmp_path / "b.ts", range(0, 4000, 100)).read_bytes()
    (tmp_path / "both.ts").write_bytes(first + second)
    clip = Clip(tmp_path / "both.ts")
    assert clip.fps == 10
    steps = np.diff([frame.time for frame in clip])
    assert steps.min() > 0
    assert steps.max() < 0.25
    assert len(steps) == 79


def test_fps_is_never_0(tmp_path: Path) -> None:
    clip = Clip(packed(tmp_path / "a.mkv", [0, 2_000_000_000]))
    assert clip.fps > 0
    assert clip.frames == len(list(clip)) == 2


# How long frames are shown


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".gif"])
def test_the_last_frame_is_held(suffix: str, tmp_path: Path) -> None:
    clip = Clip(packed(tmp_path / "a.mkv", HELD, [100, 100, 100, 100, 2000]))
    assert (clip.duration, clip.held, clip.fps, clip.variable) == (2.4, 2, 10, False)
    made = copied(clip, tmp_path / f"b{suffix}")
    assert (made.duration, made.frames) == (2.4, 5)
    assert times_of(made) == times_of(clip)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_variable_rate_has_its_whole_length(suffix: str, tmp_path: Path) -> None:
    lengths = [*np.diff(GAPS).tolist(), 280]
    clip = Clip(packed(tmp_path / "a.mkv", GAPS, lengths))
    made = copied(clip, tmp_path / f"b{suffix}")
    assert made.duration == clip.duration == 2.78
    with av.open(str(made.path)) as file:
        assert (file.duration or 0) / 1e6 == pytest.approx(2.78, abs=0.005)
        whole = file.streams.video[0].duration
        if whole is not None:
            assert float(whole * file.streams.video[0].time_base) == pytest.approx(2.78, abs=0.005)


def test_times_without_a_clip_are_whole_too(tmp_path: Path) -> None:
    path, held = tmp_path / "a.mp4", Fraction(28, 100)
    with writing(path, 4, Fraction(1, 1000), held=held) as writer:
        for number, time in enumerate(GAPS):
            writer.write(picture(number)[None], [time])
    assert Clip(path).duration == 2.78


def test_steady_clips_may_still_be_reordered(tmp_path: Path) -> None:
    made = copied(Clip(make_clip(tmp_path / "a.mp4")), tmp_path / "b.mp4")
    with av.open(str(made.path)) as file:
        packets = [packet for packet in file.demux(video=0) if packet.size]
    assert any(packet.pts != packet.dts for packet in packets)
    assert made.duration == pytest.approx(20 / 15)


# What a clip says of itself


def trimmed(path: Path, first: int, count: int) -> Path:
    """Write into the edit list which frames are shown, as phones trim (ISO 14496-12, 8.6.6)."""
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 4 + 4 + 4
    with av.open(str(path)) as file:
        unit = file.streams.video[0].time_base
    media = int.from_bytes(data[at + 4 : at + 8], "big") + round(first / 15 / unit)
    data[at : at + 8] = round(count * 1000 / 15).to_bytes(4, "big") + media.to_bytes(4, "big")
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("first", "count"), [(4, 16), (0, 12), (4, 10)])
def test_frames_that_an_edit_list_hides_do_not_count(
    first: int, count: int, tmp_path: Path
) -> None:
    clip = Clip(trimmed(make_clip(tmp_path / "a.mp4", sound=None), first, count))
    frames = list(clip)
    assert clip.frames == len(frames)
    assert abs(len(frames) - count) <= 1  # FFmpeg rounds at the end
    assert clip.duration == pytest.approx(len(frames) / 15)
    assert clip.notes == []
    assert frames[0].time == 0
    assert np.abs(frames[0].image.astype(int) - picture(first)).mean() < 6


def test_frames_without_times_follow_each_other(tmp_path: Path) -> None:
    clip = Clip(make_clip(tmp_path / "a.h264", frames=16, sound=None))
    assert (clip.frames, clip.fps) == (16, 25)
    assert clip.duration == pytest.approx(0.64)
    assert times_of(clip) == [round(i / 25, 3) for i in range(16)]


def test_avi_has_the_order_of_decoding(tmp_path: Path) -> None:
    clip = Clip(make_clip(tmp_path / "a.avi", frames=16, sound=None))
    frames = list(clip)
    assert (clip.fps, clip.frames, clip.variable) == (15, 16, False)
    assert clip.duration == pytest.approx(16 / 15)
    assert [frame.time for frame in frames] == pytest.approx([i / 15 for i in range(16)])
    for frame in frames:
        assert np.abs(frame.image.astype(int) - picture(frame.index)).mean() < 6


# Sound


def two_tracks(path: Path, known: Sequence[bool]) -> Path:
    """A clip with sound tracks, some of a codec that nobody knows."""
    one_track = make_clip(path.with_name("one.mp4"), frames=10)
    with av.open(str(one_track)) as source, av.open(str(path), "w") as out:
        picture_ = out.add_stream_from_template(source.streams.video[0])
        tracks = [out.add_stream_from_template(source.streams.audio[0]) for _ in known]
        for packet in list(source.demux()):
            if not packet.size:
                continue
            data, is_sound = bytes(packet), packet.stream.type == "audio"
            for target in tracks if is_sound else [picture_]:
                one = av.Packet(data)
                one.pts, one.dts, one.duration = packet.pts, packet.dts, packet.duration
                one.time_base, one.stream = packet.time_base, target
                one.is_keyframe = packet.is_keyframe
                out.mux(one)
    data = bytearray(path.read_bytes())
    place = data.index(b"stsd")
    for is_known in known:
        place = data.index(b"mp4a", place) + 4
        if not is_known:
            data[place - 4 : place] = b"apac"
            config = data.index(b"esds", place)
            data[config : config + 4] = b"dapa"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("known", [(False, True), (True, False), (False,)])
def test_sound_of_a_codec_that_nobody_knows(known: tuple[bool, ...], tmp_path: Path) -> None:
    clip = Clip(two_tracks(tmp_path / "a.mp4", known))
    assert len(list(clip)) == 10
    if not any(known):
        assert clip.sound is None
        assert clip.notes[0].endswith(
            "its sound is of a codec that this FFmpeg does not know; left out"
        )
    else:
        assert (clip.sound, clip.sound_index, clip.notes) == ("aac", 1 + known.index(True), [])
    for suffix in (".mp4", ".webm"):
        made = copied(clip, tmp_path / f"b{suffix}")
        assert (made.sound is None) is (clip.sound is None)


@pytest.mark.parametrize(("rate", "near"), [(176_400, 96_000), (40_000, 44_100), (96_000, 96_000)])
def test_sound_of_a_rate_that_the_encoder_has_not(rate: int, near: int, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mov", frames=5, sound=None)
    sounding = tmp_path / "s.mov"
    with av.open(str(path)) as source, av.open(str(sounding), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        track = out.add_stream("pcm_s24le", rate=rate)
        track.layout = "stereo"
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
        wave = (np.sin(np.arange(rate // 3) / 20) * 2**29).astype(np.int32)
        frame = av.AudioFrame.from_ndarray(np.repeat(wave, 2)[None], format="s32", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        out.mux(track.encode(frame))
        out.mux(track.encode(None))
    made = copied(Clip(sounding), tmp_path / "b.mp4")
    assert made.sound == "aac"
    with av.open(str(made.path)) as file:
        assert file.streams.audio[0].sample_rate == near
        samples = sum(frame.samples for frame in file.decode(audio=0))
    assert samples / near == pytest.approx(1 / 3, abs=0.06)


# Alpha


@pytest.mark.parametrize(("codec", "suffix"), [("vp8", ".webm"), ("vp9", ".webm"), ("vp9", ".mkv")])
def test_transparent_places_of_a_webm_are_white(codec: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    encoder = {"vp8": "libvpx", "vp9": "libvpx-vp9"}[codec]
    with av.open(str(path), "w") as out:
        stream = out.add_stream(encoder, rate=10, options={"auto-alt-ref": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuva420p"
        stream.metadata["alpha_mode"] = "1"
        image = np.zeros((64, 64, 4), np.uint8)
        image[...] = (255, 0, 255, 0)
        image[16:48, 16:48] = (0, 200, 0, 255)
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(image, format="rgba").reformat(format="yuva420p")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    clip = Clip(path)
    frames = list(clip)
    assert (len(frames), clip.frames) == (3, 3)
    assert np.abs(frames[1].image[2, 2].astype(int) - 255).max() <= 3
    assert np.abs(frames[1].image[32, 32].astype(int) - (0, 200, 0)).max() < 20
