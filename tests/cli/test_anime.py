"""``mien anime``: photos and clips in, pictures and clips out, every kind of bad input."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from anime import toys as toys
from anime.test_clip import write_clip
from mien import cli, images
from mien.anime import photos
from mien.errors import InputError
from mien.faces.finder import Face
from mien.video.provenance import read_provenance
from mien.video.reader import Clip
from mien.video.resume import parts_folder
from video.clips import make_clip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("anime")
    toys.write_directions(folder / "d.safetensors", toys.write_model(folder / "m.safetensors"))
    images.save(folder / "photos" / "a.png", toys.picture([(48, 36)]))
    images.save(folder / "photos" / "b.png", toys.picture([(40, 30)]))
    images.save(folder / "two.png", toys.picture([(24, 36), (72, 36)]))
    images.save(folder / "none.png", toys.picture([]))
    write_clip(folder / "one.mp4", [[(30 + t, 36)] for t in range(10)], (96, 72))
    (folder / "keys.json").write_text('{"blue hair": [[0, 0], [0.5, 3]]}')
    return folder


@pytest.fixture(autouse=True)
def finder(monkeypatch: pytest.MonkeyPatch) -> None:
    def toy(device: str = "cpu", detector: str | None = None) -> toys.ToyFinder:
        return toys.ToyFinder(24)

    monkeypatch.setattr("mien.faces.choosing.shipped_finder", toy)


def run(capsys, folder: Path, *args: object) -> tuple[int, str, str]:
    model = ["--model", folder / "m.safetensors", "--device", "cpu"]
    status = cli.main(["anime", *(str(arg) for arg in [*args, *model])])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_photos(folder: Path, tmp_path: Path, capsys) -> None:
    command = [folder / "photos", "--styles", 2, "--style-seed", 3, "--out", tmp_path / "out"]
    edit = ["--set", "blue hair/brown hair=15,-5", "--directions", folder / "d.safetensors"]
    status, out, err = run(capsys, folder, *command, *edit, "--json")
    assert status == 0, err
    files = [Path(name).name for row in json.loads(out)["files"] for name in row["files"]]
    assert files[:3] == ["a-style0003.png", "a-style0004.png", "a-sheet.png"]
    assert len(files) == 6
    made = images.read_provenance(tmp_path / "out" / "b-style0004.png")
    assert (made["style_seed"], made["edits"][0]["settings"][0]["direction"]) == (
        4,
        "blue hair/brown hair",
    )
    status, _, err = run(capsys, folder, *command)
    assert status == 2
    assert "exists already" in err
    assert run(capsys, folder, *command, "--force", "--paste")[0] == 0
    assert images.load(tmp_path / "out" / "a-style0003.png").shape == (72, 96, 3)
    assert run(capsys, folder, *command, "--force", "--crop", "--size", 48)[0] == 0
    assert images.load(tmp_path / "out" / "a-style0003.png").shape == (48, 48, 3)


def test_faces_that_are_not_clear(folder: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    status, _, err = run(capsys, folder, folder / "two.png", "--out", out)
    assert status == 2
    assert "2 faces were found; choose one with --face" in err
    assert f"they are numbered in {out / 'two-faces.png'}" in err
    assert images.load(out / "two-faces.png").shape == (72, 96, 3)
    assert run(capsys, folder, folder / "two.png", "--out", out, "--face", 2)[0] == 0
    status, _, err = run(capsys, folder, folder / "none.png", "--out", out)
    assert status == 2
    assert "no face was found; say where it is with --box" in err
    box = ["--box", "30,20,24,24"]
    assert run(capsys, folder, folder / "none.png", "--out", out, *box)[0] == 0
    several = [folder / "none.png", folder / "photos" / "a.png", "--out", tmp_path / "more"]
    status, _, err = run(capsys, folder, *several)
    assert status == 2
    assert "left out: " in err
    assert "1 left out: " in err


def test_every_face(folder: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    command = [folder / "two.png", "--face", "all", "--styles", 2, "--style-seed", 1, "--json"]
    status, out, err = run(capsys, folder, *command, "--out", tmp_path / "a")
    assert status == 0, err
    names = [Path(name).name for row in json.loads(out)["files"] for name in row["files"]]
    assert [name for name in names if "sheet" not in name] == [
        *("two-face1-style0001.png", "two-face1-style0002.png"),
        *("two-face2-style0001.png", "two-face2-style0002.png"),
    ]
    # Pasted, all of them stand in one picture.
    status, out, err = run(capsys, folder, *command, "--out", tmp_path / "b", "--paste")
    assert status == 0, err
    page = images.load(tmp_path / "b" / "two-style0001.png")
    photo = images.load(folder / "two.png")
    assert page.shape == photo.shape
    changed = (page != photo).any(axis=(0, 2))
    assert changed[20:28].all()
    assert changed[68:76].all()
    made = images.read_provenance(tmp_path / "b" / "two-style0001.png")
    assert (made["face"], len(made["alignment"])) == ("all", 2)
    assert run(capsys, folder, folder / "none.png", "--face", "all", "--out", tmp_path)[0] == 2
    # A face that cannot be cut does not lose the other one.
    cut = photos.cut_found

    def left_only(image: np.ndarray, face: Face, size: int) -> object:
        if face.frame.centre[0] > 48:
            raise InputError("the square is too large")
        return cut(image, face, size)

    monkeypatch.setattr(photos, "cut_found", left_only)
    status, out, err = run(capsys, folder, *command, "--out", tmp_path / "c")
    assert (status, len(json.loads(out)["files"])) == (2, 1)
    assert "face 2: the square is too large" in err


def test_clips_and_photos_in_one_call(folder: Path, tmp_path: Path, capsys) -> None:
    command = [folder / "one.mp4", folder / "photos", tmp_path / "absent.mp4", "--styles", 1]
    status, out, err = run(capsys, folder, *command, "--out", tmp_path / "out", "--json")
    assert status == 2
    assert "absent.mp4" in err
    told = json.loads(out)
    assert [Path(one["file"]).name for one in told["clips"]] == ["one-anime.mp4"]
    assert [len(row["files"]) for row in told["files"]] == [1, 1]
    assert Clip(tmp_path / "out" / "one-anime.mp4").frames == 10


def test_what_is_read_is_never_written_over(folder: Path, tmp_path: Path, capsys) -> None:
    images.save(tmp_path / "a.png", toys.picture([(48, 36)]))
    images.save(tmp_path / "a-style0003.png", toys.picture([(40, 36)]))
    command = [tmp_path, "--styles", 1, "--style-seed", 3, "--out", tmp_path, "--force"]
    before = (tmp_path / "a-style0003.png").read_bytes()
    status, _, err = run(capsys, folder, *command)
    assert status == 2
    assert "a-style0003.png is one of the pictures that are read" in err
    assert (tmp_path / "a-style0003.png").read_bytes() == before
    # A style that was written already is refused before anything is drawn.
    images.save(tmp_path / "like" / "a-like-red.png", toys.picture([]))
    images.save(tmp_path / "red.png", toys.picture([]))
    liked = ["--style-from", tmp_path / "red.png", "--out", tmp_path / "like"]
    status, _, err = run(capsys, folder, tmp_path / "a.png", *liked)
    assert status == 2
    assert "a-like-red.png: exists already" in err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["photos/a.png", "--out", "x.mp4"], "is a clip, and"),
        (["photos/a.png", "--resume"], "--resume is for clips"),
        (["photos/a.png", "--keyframes", "k.json"], "--keyframes is for clips"),
        (["photos/a.png", "--box", "1,2"], "is not X,Y,WIDTH,HEIGHT"),
        (["photos/a.png", "--box", "1,2,30,40", "--face", "2"], "only one of --face, --box"),
        (["photos/a.png", "--styles", "0"], "styles is 0"),
        (["one.mp4", "photos/a.png", "--out", "x.mp4"], "is a clip, and"),
        (["one.mp4", "--face", "all"], "--face all is for photos"),
        (["photos/a.png", "--face", "0"], "'0' is neither a number from 1 nor all"),
        (["photos/a.png", "--face", "all", "--aligned"], "only one of --face, --box"),
        (["one.mp4", "--out", "out.txt"], "ends in '.txt', which is no video"),
        (["one.mp4", "--out", "out"], "has no suffix"),
        (["still.mp4", "--out", "out.mp4"], "is a still picture"),
        (["empty.mp4", "--out", "out.mp4"], "is empty, 0 bytes"),
        (["absent.mp4", "--out", "out.mp4"], "there is no such file"),
        (["faceless.mp4", "--out", "out.mp4"], "no face was found in 3 frames"),
        (["one.mp4", "--out", "out.mp4", "--size", "33"], "must be even"),
        (["photos/a.png", "--set", "blue hair"], "cannot be read"),
    ],
)
def test_bad_input(args: list[str], said: str, folder: Path, tmp_path: Path, capsys) -> None:
    images.save(tmp_path / "still.png", toys.picture([]))
    (tmp_path / "still.png").rename(tmp_path / "still.mp4")
    (tmp_path / "empty.mp4").touch()
    write_clip(tmp_path / "faceless.mp4", [[]] * 3, (96, 72))
    made = {"still.mp4", "empty.mp4", "faceless.mp4", "absent.mp4", "out.mp4", "out.txt", "out"}
    made.add("x.mp4")
    given = [
        tmp_path / arg if arg in made else folder / arg if "." in arg and "," not in arg else arg
        for arg in args
    ]
    status, out, err = run(capsys, folder, *given)
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("mien: error: ") == 1
    assert not (tmp_path / "out.mp4").exists()


def test_a_clip_with_sound(folder: Path, tmp_path: Path, capsys) -> None:
    path = make_clip(tmp_path / "phone.mp4", frames=12)
    command = [path, "--aligned", "--style-seed", 3, "--out", tmp_path / "a.mp4"]
    keys = ["--keyframes", folder / "keys.json", "--directions", folder / "d.safetensors"]
    status, out, err = run(capsys, folder, *command, *keys, "--json")
    assert status == 0, err
    assert json.loads(out)["frames"] == 12
    clip = Clip(tmp_path / "a.mp4")
    assert (clip.frames, clip.width, clip.height, clip.sound) == (12, 32, 32, "aac")
    made = read_provenance(tmp_path / "a.mp4")
    assert (made["style_seed"], list(made["keyframes"])) == (3, ["blue hair"])
    status, _, err = run(capsys, folder, *command, "--paste", "--force")
    assert status == 0, err
    assert (Clip(tmp_path / "a.mp4").width, Clip(tmp_path / "a.mp4").height) == (64, 48)


def test_stopped_and_resumed(folder: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    from mien.anime.clip import AnimeVideo

    draw = AnimeVideo.__call__

    def stopping(self: AnimeVideo, batch: object) -> np.ndarray:
        if batch.first >= 8:  # pyright: ignore[reportAttributeAccessIssue]
            raise KeyboardInterrupt
        return draw(self, batch)  # pyright: ignore[reportArgumentType]

    target = tmp_path / "a.mp4"
    for extra, there in ((["--resume"], True), ([], False)):
        monkeypatch.setattr(AnimeVideo, "__call__", stopping)
        command = [folder / "one.mp4", "--out", target, *extra, "--force"]
        assert run(capsys, folder, *command)[0] == 130
        assert Clip(target).frames == 8  # what was done can be played
        assert parts_folder(target).exists() == there
        monkeypatch.setattr(AnimeVideo, "__call__", draw)
        assert run(capsys, folder, *command)[0] == 0
        assert Clip(target).frames == 10
        assert not parts_folder(target).exists()


def test_without_pyav(folder: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    for name in [name for name in sys.modules if name == "av" or name.startswith("av.")]:
        monkeypatch.setitem(sys.modules, name, None)
    assert av is not None
    status, _, err = run(capsys, folder, folder / "one.mp4", "--out", tmp_path / "a.mp4")
    assert status == 2
    assert "pip install 'mien[video]'" in err


def test_no_model_ships(folder: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr("mien.anime.translate.DEFAULT_ANIME", "no-such-anime")
    assert cli.main(["anime", str(folder / "photos" / "a.png"), "--device", "cpu"]) == 2
    assert "give --model FILE; mien train anime makes one" in capsys.readouterr().err


def test_directions_are_fitted_on_selfies_alone(tmp_path: Path) -> None:
    from mien.cli.directions.options import _selfies

    for i, part in enumerate(("trainA", "trainB", "testA", "testB")):
        images.save(tmp_path / "set" / part / "a.png", np.full((8, 8, 3), 60 * i, np.uint8))
    found = _selfies(tmp_path / "set", 8)
    assert found.shape == (1, 8, 8, 3)
    assert found.max() == 0
    for i in range(12):
        images.save(tmp_path / "plain" / f"{i}.png", np.zeros((8, 8, 3), np.uint8))
    assert 8 < len(_selfies(tmp_path / "plain", 8)) <= 12
