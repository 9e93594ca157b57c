"""``mien data align`` and its bad inputs; ``mien evaluate alignment``; ``mien train landmarks``."""

import json

import numpy as np
import pytest

from faces.toy_faces import finder, picture
from mien import cli, images
from mien.faces import shipped as hub_faces


@pytest.fixture(autouse=True)
def _toy(monkeypatch):
    monkeypatch.setattr(hub_faces, "face_finder", lambda *args, **settings: finder())


@pytest.fixture
def photo(tmp_path):
    return images.save(tmp_path / "ann.png", picture((50, 40, 100)))


def test_one_picture(photo, tmp_path, capsys):
    out = tmp_path / "out"
    assert cli.main(["data", "align", str(photo), "--out", str(out), "--size", "64"]) == 0
    printed = capsys.readouterr()
    assert printed.out == f"wrote 1 face to {out}\n"
    assert printed.err == ""
    assert images.load(out / "ann.png").shape == (64, 64, 3)


def test_json(photo, tmp_path, capsys):
    assert cli.main(["data", "align", str(photo), "--out", str(tmp_path / "out"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    (face,) = result["faces"]
    assert face["file"] == str(tmp_path / "out" / "ann.png")
    assert face["alignment"]["size"] == 256
    assert len(face["landmarks"]) == 68
    assert result["left_out"] == []


def test_no_face_offers_a_box(tmp_path, capsys):
    empty = images.save(tmp_path / "wall.png", picture())
    command = ["data", "align", str(empty), "--out", str(tmp_path / "out")]
    assert cli.main(command) == 2
    printed = capsys.readouterr()
    assert f"{empty}: no face was found; say where it is with --box" in printed.err
    assert cli.main([*command, "--box", "60,40,80,90"]) == 0
    assert "it may be no face, or a drawing" in capsys.readouterr().err


def test_many_faces_are_numbered(tmp_path, capsys):
    two = images.save(tmp_path / "two.png", picture((10, 20, 60), (120, 40, 100)))
    command = ["data", "align", str(two), "--out", str(tmp_path / "out")]
    assert cli.main(command) == 2
    err = capsys.readouterr().err
    assert "2 faces were found; choose one with --face, 1 to 2; they are numbered in" in err
    assert (tmp_path / "out" / "two-faces.png").is_file()
    assert cli.main([*command, "--face", "2"]) == 0
    assert cli.main([*command, "--face", "3", "--force"]) == 2
    assert "there is no face 3: 2 faces were found" in capsys.readouterr().err
    assert cli.main([*command, "--face", "all", "--force"]) == 0
    assert (tmp_path / "out" / "two-2.png").is_file()


def test_a_folder_goes_on_after_a_bad_picture(photo, tmp_path, capsys):
    (tmp_path / "bad.png").write_bytes(b"x")
    assert cli.main(["data", "align", str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr()
    assert "wrote 1 face" in printed.out
    assert "1 picture left out" in printed.out
    assert "bad.png: is not a picture" in printed.err


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (["--box", "1,2,3"], "--box '1,2,3' is not X,Y,WIDTH,HEIGHT"),
        (["--face", "left"], "--face 'left' is none of"),
        (["--face", "0"], "face is 0"),
        (["--size", "9"], "size is 9"),
        (["--landmarks", "none.txt"], "ends in '.txt'"),
        (["--box", "900,900,50,50"], "outside of the picture"),
    ],
)
def test_wrong_options(options, match, photo, tmp_path, capsys):
    assert cli.main(["data", "align", str(photo), "--out", str(tmp_path / "out"), *options]) == 2
    assert match in capsys.readouterr().err


def test_it_overwrites_nothing(photo, tmp_path, capsys):
    command = ["data", "align", str(photo), "--out", str(tmp_path / "out")]
    assert cli.main(command) == 0
    assert cli.main(command) == 2
    assert "exists already" in capsys.readouterr().err


def test_landmarks_of_ones_own(photo, tmp_path, capsys):
    five = np.array([[[75.0, 87], [125, 87], [100, 100], [80, 112], [120, 112]]])
    np.savez(tmp_path / "five.npz", points=five)
    command = ["data", "align", str(photo), "--out", str(tmp_path / "out")]
    assert cli.main([*command, "--landmarks", str(tmp_path / "five.npz"), "--json"]) == 0
    (face,) = json.loads(capsys.readouterr().out)["faces"]
    # a = 50, b = 25: x = 75, of length max(100, 45).
    assert face["alignment"]["half"] == pytest.approx([100, 0])


def test_unknown_networks(tmp_path, capsys):
    images.save(tmp_path / "p" / "a_neutral.png", picture())
    np.savez(tmp_path / "p_landmarks9.npz", points=np.zeros((1, 9, 2)), names=["a_neutral"])
    command = ["evaluate", "alignment", "--data", str(tmp_path / "p"), "--landmarks", "nobody"]
    assert cli.main(command) == 2
    assert "unknown model 'nobody'" in capsys.readouterr().err


def test_training_refuses_what_is_there(tmp_path, capsys):
    out = tmp_path / "landmarks.safetensors"
    out.write_bytes(b"")
    command = ["train", "landmarks", "--data", "x.zip", "--points", "x.npz", "--out", str(out)]
    assert cli.main(command) == 2
    assert "exists already" in capsys.readouterr().err
