"""A clip as anime: faces followed, squares steady, contents averaged where nothing moves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from anime import toys as toys
from mien.anime.clip import AnimeVideo, MovingStyle, VideoPlan
from mien.anime.translate import AnimePainter
from mien.editing.sets import load_direction_set
from mien.errors import InputError, UnknownName
from mien.faces.choosing import Where
from mien.hub.loading import load_anime
from mien.video.keyframes import parse_keyframes
from mien.video.pipeline import convert, read_ahead
from mien.video.reader import Clip
from mien.video.writer import writing

FPS = 12


def write_clip(path: Path, marks: list[list[tuple[int, int]]], size: tuple[int, int]) -> Path:
    """A clip whose frames have faces at the given places."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv444p"
        for one in marks:
            frame = av.VideoFrame.from_ndarray(toys.picture(one, size), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    write_clip(folder / "one.mp4", [[(30 + t, 36)] for t in range(14)], (96, 72))
    came = [[(40, 36)] if 4 <= t < 10 else [] for t in range(14)]
    write_clip(folder / "came.mp4", came, (96, 72))
    write_clip(folder / "two.mp4", [[(24, 36), (72, 36)]] * 6, (96, 72))
    write_clip(folder / "none.mp4", [[]] * 4, (96, 72))
    toys.write_directions(folder / "d.safetensors", toys.write_model(folder / "m.safetensors"))
    return folder


@pytest.fixture(scope="module")
def painter(folder: Path) -> AnimePainter:
    return AnimePainter(load_anime(folder / "m.safetensors"), "exact")


def video(painter: AnimePainter, path: Path, **plan: object) -> AnimeVideo:
    side = 24 if path.stem == "two" else 40
    made = VideoPlan(**plan)
    return AnimeVideo(painter, Clip(path), painter.styles([3]), made, toys.ToyFinder(side))


def frames(made: AnimeVideo) -> np.ndarray:
    list(made.look())
    return np.concatenate([made(batch) for batch in read_ahead(made.clip, 4)])


def test_a_face_that_moves(painter: AnimePainter, folder: Path) -> None:
    made = video(painter, folder / "one.mp4")
    shown = frames(made)
    assert shown.shape == (14, 32, 32, 3)
    assert made.notes == []
    centres = made._frames[:, 0]
    assert abs(np.diff(centres) - 1).max() < 0.6
    assert frames(video(painter, folder / "one.mp4", size=48)).shape == (14, 48, 48, 3)


def test_faces_that_come_and_go(painter: AnimePainter, folder: Path) -> None:
    made = video(painter, folder / "came.mp4", paste=True)
    shown = frames(made)
    source = np.stack([frame.image for frame in made.clip])
    changed = np.abs(shown.astype(int) - source).reshape(14, -1).max(axis=1) > 0
    assert changed.tolist() == [4 <= t < 10 for t in range(14)]
    assert any("before it comes or after it goes: 8 frames" in note for note in made.notes)
    # The square alone: its corners are the frame's, its middle is drawn.
    head = frames(video(painter, folder / "came.mp4", paste="square", size=32))
    drawn = frames(video(painter, folder / "came.mp4"))
    assert head.shape == drawn.shape
    apart = np.abs(head.astype(int) - drawn)[4:10]
    assert apart[:, :3, :3].mean() > 3 * apart[:, 14:18, 14:18].mean()


def test_two_people(painter: AnimePainter, folder: Path) -> None:
    made = video(painter, folder / "two.mp4")
    frames(made)
    assert "2 faces were followed" in made.notes[0]
    assert made.preview is not None
    assert made.preview.shape == (72, 96, 3)
    chosen = [video(painter, folder / "two.mp4", where=Where(face=n)) for n in (1, 2)]
    middles = []
    for one in chosen:
        list(one.look())
        middles.append(one._frames[0, 0])
    assert {round(m / 48) for m in middles} == {0, 2} or sorted(middles)[0] < 48 < max(middles)
    with pytest.raises(InputError, match="there is no face 3: 2 were followed"):
        list(video(painter, folder / "two.mp4", where=Where(face=3)).look())


def test_no_face(painter: AnimePainter, folder: Path) -> None:
    with pytest.raises(InputError, match="no face was found in 4 frames; say where it is"):
        list(video(painter, folder / "none.mp4").look())
    boxed = video(painter, folder / "none.mp4", where=Where(box=(30, 20, 24, 24)))
    assert frames(boxed).shape == (4, 32, 32, 3)
    middle = AnimeVideo(
        painter,
        Clip(folder / "none.mp4"),
        painter.styles([3]),
        VideoPlan(where=Where(aligned=True)),
    )
    assert frames(middle).shape == (4, 32, 32, 3)
    with pytest.raises(InputError, match="a finder of faces is needed"):
        AnimeVideo(painter, Clip(folder / "none.mp4"), painter.styles([3]))


def test_through_the_pipeline_and_on_from_the_middle(
    painter: AnimePainter, folder: Path, tmp_path: Path
) -> None:
    whole = video(painter, folder / "one.mp4")
    expected = frames(whole)
    clip = Clip(folder / "one.mp4")
    again = video(painter, folder / "one.mp4")
    list(again.look())
    with writing(tmp_path / "a.mp4", clip.fps, clip.time_base) as writer:
        assert list(convert(clip, again, writer)) == list(range(14))
    assert Clip(tmp_path / "a.mp4").frames == 14
    late = video(painter, folder / "one.mp4")
    list(late.look())
    late.warm_up(13)
    rest = np.concatenate([late(batch) for batch in read_ahead(late.clip, 4, 13)])
    assert np.abs(rest.astype(int) - expected[13:]).max() <= 2


def test_strengths_over_time(painter: AnimePainter, folder: Path) -> None:
    found = load_direction_set(folder / "d.safetensors")
    moving = MovingStyle(parse_keyframes({"blue hair": [[0, 0], [1, 2]]}), found)
    w = painter.styles([3]).expand(3, -1)
    blue = found.directions["blue hair"].vector
    torch.testing.assert_close(moving.apply(w, [0.0, 0.5, 3.0])[1], w[0] + blue)
    with pytest.raises(UnknownName, match="unknown direction 'smile'"):
        MovingStyle(parse_keyframes({"smile": [[0, 0]]}), found)


@pytest.mark.parametrize(
    ("values", "said"),
    [({"smooth": 1.0}, "smooth 1 must be"), ({"size": 33}, "size is 33, but must be even")],
)
def test_plans_are_checked(values: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        VideoPlan(**values)


def test_time_base_of_the_toy_clips(folder: Path) -> None:
    assert Clip(folder / "one.mp4").fps == Fraction(FPS)
