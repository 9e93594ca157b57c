"""The data sets and clips of ``shared/cases``: each gives what its ``right.md`` says."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import av
import pytest

from mien import cli
from mien.data.pairs import PairedSet, UnpairedSet
from mien.data.sources import open_source
from mien.faces.points import read_landmarks
from mien.images import heif
from mien.video.reader import Clip
from mien.video.writer import writing

pytestmark = pytest.mark.shared


@pytest.fixture(scope="session")
def cases(shared: Path) -> Path:
    folder = shared / "cases"
    if not folder.is_dir():
        pytest.skip(f"there is no folder {folder}")
    return folder


def checked(path: Path, capsys: pytest.CaptureFixture[str]) -> dict:
    """What ``mien data check --json`` prints."""
    capsys.readouterr()
    status = cli.main(["data", "check", str(path), "--json"])
    result = json.loads(capsys.readouterr().out)
    assert status == (0 if result["ok"] else 2)
    return result


def said(result: dict) -> list[str]:
    return [f"{p['severity']}: {p['name']}: {p['cause']}" for p in result["problems"]]


# 11 dataset.json


@pytest.mark.parametrize(
    ("name", "columns"), [("int", 3), ("float", 3), ("bool", 2), ("dot", 2), ("gone", 1)]
)
def test_class_labels(name: str, columns: int, cases: Path) -> None:
    labels = open_source(cases / "11-dataset-json-shapes" / f"{name}.zip").class_labels()
    assert labels is not None
    assert labels.shape == (6, columns)
    assert labels.sum(axis=1).tolist() == [1] * 6


@pytest.mark.parametrize(("name", "word"), [("nan", "not a finite number"), ("big", "65535")])
def test_class_labels_that_are_refused(
    name: str, word: str, cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = cases / "11-dataset-json-shapes" / f"{name}.zip"
    train = ["train", "gan", "--data", str(path), "--out", str(tmp_path), "--dry-run"]
    assert cli.main([*train, "--labels", "dataset.json"]) == 2
    printed = capsys.readouterr().err.strip()
    assert word in printed
    assert len(printed.splitlines()) == 1
    (problem,) = [p for p in checked(path, capsys)["problems"] if p["severity"] == "error"]
    assert word in problem["cause"]


def test_class_labels_without_picture_are_a_warning(
    cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = checked(cases / "11-dataset-json-shapes" / "gone.zip", capsys)
    assert result["ok"]
    assert any("without a picture: 1 label" in text for text in said(result))


# 12 links


@pytest.fixture
def linked(cases: Path, tmp_path: Path) -> Path:
    """The folder with its links made again: a copy may hold their text instead."""
    made = tmp_path / "set"
    shutil.copytree(cases / "12-linked-folders" / "set", made, symlinks=True)
    for link in (made / "beside" / "more", made / "cycle" / "trainA", made / "cycle" / "trainB"):
        if not link.is_symlink():
            target = link.read_text().strip()
            link.parent.chmod(0o755)
            link.chmod(0o644)
            link.unlink()
            link.symlink_to(target, target_is_directory=True)
    return made


def test_linked_folders(linked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(linked / "beside", capsys)["pictures"] == 6
    kinds = UnpairedSet.open(linked / "cycle", 16, "all")
    assert (len(kinds.a), len(kinds.b)) == (5, 5)


# 13 names


def test_files_that_are_no_picture_by_name(cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = cases / "13-files-that-are-no-picture-by-name" / "set"
    result = checked(folder, capsys)
    if heif.ready():
        assert result["pictures"] == 4
        assert any("noext" in text for text in said(result))
    else:
        assert (result["pictures"], result["usable"]) == (3, 3)
        cause = "2 files are not taken for pictures: c.heic, noext"
        assert f"warning: {folder}: {cause}" in said(result)


def test_a_phone_photo_by_another_name(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = cases / "13-files-that-are-no-picture-by-name" / "set" / "c.heic"
    (tmp_path / "c.jpg").write_bytes(source.read_bytes())
    assert any("is HEIF (heic)" in text for text in said(checked(tmp_path, capsys)))


# 14 forms of Unicode


def test_unicode_forms(cases: Path) -> None:
    folder = cases / "14-unicode-forms-of-names"
    assert len(PairedSet.open(folder / "pairs.zip", 16, "all").names) == 5
    source = open_source(folder / "labels.zip")
    labels = source.class_labels()
    assert labels is not None
    assert labels.shape == (5, 2)
    points = json.loads((folder / "lm.json").read_text(encoding="utf-8"))
    assert [*points] == ["José0.png"]
    # The points of the file lie in one place and are refused; its names are what matters here.
    with pytest.raises(Exception, match="both eyes in one place"):
        read_landmarks(folder / "lm.json")


# 15 to 19, 25, 26, 31: clips


CLIPS = {
    "15-sound-of-an-unknown-codec": (10, 1.0),
    "16-clips-that-begin-below-zero": (10, 1.0),
    "19-webm-alpha": (6, 0.6),
    "18-the-last-frame-is-held": (5, 2.4),
    "25-sound-faster-than-the-encoder-takes": (10, 1.0),
}


def copied(clip: Clip, path: Path) -> Clip:
    with writing(path, clip.fps, clip.time_base, sound=clip) as writer:
        for frame in clip:
            writer.write(frame.image[None], [frame.pts])
    return Clip(path)


def sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix not in (".md", ""))


@pytest.mark.parametrize("name", CLIPS)
def test_clips_keep_their_frames_and_their_length(name: str, cases: Path, tmp_path: Path) -> None:
    frames, seconds = CLIPS[name]
    for path in sources(cases / name):
        clip = Clip(path)
        assert (clip.frames, clip.duration) == (frames, pytest.approx(seconds)), path
        made = copied(clip, tmp_path / f"{path.name}.mp4")
        assert (made.frames, made.duration) == (frames, pytest.approx(seconds, abs=0.002)), path
        assert (made.sound is None) is (clip.sound is None)
        assert [frame.time for frame in made] == pytest.approx([frame.time for frame in clip])
        if name.startswith("19"):
            assert next(iter(clip)).image[0, 0].tolist() == [255, 255, 255]
        if name.startswith(("15", "25")):
            assert clip.sound is not None


def test_a_jump_in_time(cases: Path) -> None:
    clip = Clip(cases / "17-a-jump-in-time-makes-fps-zero" / "jump.mkv")
    assert (clip.fps, len(list(clip))) == (10, 5)
    assert "its times jump" in clip.notes[0]


@pytest.mark.parametrize(
    ("name", "frames", "seconds"), [("raw.h264", 16, 0.64), ("b.avi", 16, 1.6)]
)
def test_what_a_clip_says_of_itself(name: str, frames: int, seconds: float, cases: Path) -> None:
    clip = Clip(cases / "26-what-a-clip-says-of-itself" / name)
    assert (clip.frames, clip.duration) == (frames, pytest.approx(seconds))
    step = seconds / frames
    assert [frame.time for frame in clip] == pytest.approx([i * step for i in range(frames)])


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_variable_rate_has_its_whole_length(suffix: str, cases: Path, tmp_path: Path) -> None:
    for path in sources(cases / "31-variable-rate-mp4-says-it-is-shorter"):
        clip = Clip(path)
        made = copied(clip, tmp_path / f"{path.name}{suffix}")
        last = [frame.time for frame in clip][-1]
        with av.open(str(made.path)) as file:
            video = file.streams.video[0]
            assert video.duration is not None
            assert video.time_base is not None
            for seconds in (float(video.duration * video.time_base), (file.duration or 0) / 1e6):
                assert seconds == pytest.approx(last + float(clip.held), abs=0.01), path


# 29 faces


def test_faces_turned_beyond_a_quarter(cases: Path, tmp_path: Path) -> None:
    folder = cases / "29-faces-turned-beyond-a-quarter" / "in"
    assert cli.main(["data", "align", str(folder), "--out", str(tmp_path), "--size", "64"]) == 0
    made = json.loads((tmp_path / "faces.json").read_text())
    assert len(made) == 16
    for name, face in made.items():
        across, down = face["alignment"]["half"]
        wanted = -int(Path(name).stem[-3:])
        error = (math.degrees(math.atan2(down, across)) - wanted + 180) % 360 - 180
        assert abs(error) < 15, name
