"""Where faces go: numbered folders, names that are checked first, nothing stale, any format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.tiny_model import write_model
from mien import cli, images
from mien.studio import Studio

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "tiny.safetensors")


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(model: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*args: object) -> dict[str, Any]:
        words = [str(arg) for arg in args]
        status = cli.main([*words, "--model", str(model), "--device", "cpu", "--json"])
        out, err = capsys.readouterr()
        return {"status": status, "err": err, **(json.loads(out) if out else {})}

    return call


DESCRIBE = ("describe", "a woman", "--refine", 0)


def names(folder: str | Path) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.mark.parametrize(
    ("args", "folder"),
    [
        ((*DESCRIBE, "--count", 2), "out/describe/000{}-a-woman"),
        (("generate", "--seeds", "0-1,7"), "out/generate/000{}-seeds-0-1-7"),
        (("mix", 1, 2, "--layers", "0-3"), "out/mix/000{}-face-seed0001-mix-layers-0-3-of-face-"),
        (("grid", "--rows", "0-1", "--columns", "5"), "out/grid/000{}-layers-coarse"),
    ],
)
def test_the_second_run_has_a_folder_of_its_own(run: Run, args: Any, folder: str) -> None:
    first, second = run(*args), run(*args)
    assert (first["status"], second["status"]) == (0, 0)
    for number, made in enumerate((first, second), 1):
        assert all(Path(file).is_file() for file in made["files"])
        assert all(file.startswith(folder.format(number)) for file in made["files"])


def test_a_run_that_fails_leaves_no_folder(run: Run) -> None:
    assert run("mix", 1, 2, "--layers", "99")["status"] == 2
    assert run(*DESCRIBE, "--method", "magic")["status"] == 2
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((*DESCRIBE, "--out", "taken"), "taken/sheet.png: exists already; give another --out, or"),
        (("edit", 7, "--set", "smile=1", "--out", "taken"), "taken/sheet.png: exists already"),
        (("mix", 1, 2, "--layers", "0", "--out", "taken"), "taken/sheet.png: exists already"),
        (("walk", 1, 2, "--out", "taken/walk.mp4"), "taken/walk.mp4: exists already"),
        (("walk", 1, 2, "--out", "walk.avi"), "which is no video"),
        (("generate", "--format", "gif"), "unknown format 'gif' (known: jpg, png, webp)"),
        (("generate", "--size", 9999), "size is 9999, but must be from 16 to 4096"),
        (("generate", "--out", "taken/sheet.png"), "taken/sheet.png: is a file, not a folder"),
        (("generate", "--out", "/proc/faces"), "/proc: cannot be written"),
        (("directions", "fit", "--out", "foo.txt"), "are written as .safetensors"),
        (("directions", "layers", "--out", "foo.jpg"), "give a name that ends in .png"),
        (("directions", "score", "portraits-edits", "--csv", "taken"), "taken: is a folder"),
        (("directions", "compare", "--csv", "/proc/x.csv"), "/proc: cannot be written"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_work(
    run: Run, monkeypatch: pytest.MonkeyPatch, args: Any, said: str
) -> None:
    Path("taken").mkdir()
    for name in ("sheet.png", "walk.mp4"):
        (Path("taken") / name).write_bytes(b"mine")

    def work(*_: object, **__: object) -> None:
        raise AssertionError("the work began")

    monkeypatch.setattr(Studio, "draw", work)
    monkeypatch.setattr("mien.hub.loading.load_generator", work)
    made = run(*args)
    assert made["status"] == 2
    assert said in made["err"]
    assert made["err"].count("\n") == 1
    assert (Path("taken") / "sheet.png").read_bytes() == b"mine"


def test_force_with_fewer_faces_leaves_none_of_the_run_before(run: Run) -> None:
    run(*DESCRIBE, "--count", 3, "--out", "d")
    (Path("d") / "mine.png").write_bytes(b"mine")
    made = run(*DESCRIBE, "--count", 1, "--out", "d", "--force", "--format", "webp")
    assert made["status"] == 0
    assert names("d") == ["a-woman-seed0000.webp", "latents.npz", "mine.png", "sheet.webp"]


def test_a_list_of_files_that_is_not_ours_removes_nothing(run: Run) -> None:
    Path("d").mkdir()
    listed = ["../keep.png", "/etc/passwd", ".hidden.png", "keep.txt", 3]
    packed = np.frombuffer(json.dumps(listed).encode(), np.uint8)
    np.savez("d/latents.npz", w=np.zeros((1, 8, 16), np.float32), files=packed)
    for name in ("keep.png", "d/.hidden.png", "d/keep.txt"):
        Path(name).write_bytes(b"mine")
    assert run("generate", "--seeds", "0", "--out", "d", "--force")["status"] == 0
    for name in ("keep.png", "d/.hidden.png", "d/keep.txt"):
        assert Path(name).read_bytes() == b"mine"


@pytest.mark.parametrize("format", ["png", "jpg", "webp"])
def test_every_format_says_what_made_it_and_how_large_it_was(
    run: Run, capsys: pytest.CaptureFixture[str], format: str
) -> None:
    made = run("generate", "--seeds", "3", "--format", format, "--size", 64, "--out", "g")
    assert "drawn at 32x32 and enlarged to 64x64 by Lanczos's filter" in made["err"]
    picture = Path(made["files"][0])
    assert picture.name == f"face-seed0003.{format}"
    assert images.load(picture).shape == (64, 64, 3)
    told = images.read_provenance(picture)
    assert told["resized"] == {"from": 32, "to": 64, "filter": "lanczos"}
    assert cli.main(["show", str(picture)]) == 0
    assert "seed: 3" in capsys.readouterr().out
    again = run("mix", picture, 5, "--layers", "0")
    assert again["status"] == 0, again["err"]
    assert "resized" not in json.dumps(again["faces"])


def test_seeds_are_lists_or_thrown(run: Run) -> None:
    assert run("generate", "--seeds", "1,5,9-11")["seeds"] == [1, 5, 9, 10, 11]
    thrown = run("generate", "--seed", "random", "--count", 1, "--sheet")
    assert f"mien: seed {thrown['seeds'][0]}\n" in thrown["err"]
    assert [Path(file).name for file in thrown["files"]] == ["sheet.png", "latents.npz"]
    for wrong, said in (
        (("--seeds", "5-1"), "run backwards; write 1-5"),
        (("--seeds", "a"), "write 7, 0-35 or 1,5,9-12"),
        (("--seeds", "0-5000"), "count is 5001, but must be from 1 to 1000"),
        (("--seed", "-1"), "is neither a seed"),
    ):
        made = run("generate", *wrong)
        assert (made["status"], said in made["err"]) == (2, True), made["err"]


def test_what_leaves_the_measured_is_said(run: Run) -> None:
    err = run(*DESCRIBE, "--count", 2, "--psi", 0, "--guidance", 5)["err"]
    assert "with psi 0 all 2 are the same face" in err
    assert "guidance 5 lies beyond 4" in err
    assert "psi 1.5 lies beyond 1" in run("generate", "--psi", 1.5)["err"]
    assert run("generate", "--psi", 1)["err"] == ""


def test_several_rows_of_b_have_several_names(run: Run) -> None:
    run("generate", "--seeds", "0-2", "--out", "g")
    made = run("mix", 7, "g/latents.npz", "--layers", "0-3", "--out", "m")
    assert made["status"] == 0
    pictures = [Path(file).name for file in made["files"][:-2]]
    assert pictures == [f"face-seed0007-mix-layers-0-3-of-g-{row}.png" for row in range(3)]
    assert all(Path("m", name).is_file() for name in pictures)
    both = run("mix", "g/latents.npz", "g/latents.npz", "--layers", "0-3", "--out", "n")
    assert len(set(both["files"])) == 5


def test_a_grid_has_its_sources_at_the_edges(run: Run) -> None:
    run("generate", "--seeds", "0-1", "--out", "g")
    made = run("grid", "--rows", "g/latents.npz", "--columns", "4-6", "--cells", "--out", "x")
    assert len(made["files"]) == 2 * 3 + 2
    assert images.load("x/sheet.png").shape[1] > 4 * 32
    assert run("grid", "--rows", "0-99", "--columns", "0-99")["err"].endswith(
        "a grid of 100 x 100 faces; from 1 to 1024 are drawn\n"
    )


def test_what_is_ruled_out_is_read_and_kept(run: Run) -> None:
    made = run(*DESCRIBE, "--count", 1, "--not", "glasses, xyzzy")
    assert made["read"] == {"gender": "f", "glasses": "none"}
    assert "not read of what shall not be: xyzzy" in made["err"]
    told = images.read_provenance(made["files"][0])
    assert told["without"] == "glasses, xyzzy"
    again = run("mix", made["files"][0], 5, "--layers", "7", "--out", "m")
    assert again["status"] == 0
    wrong = run("describe", "a woman with glasses", "--not", "glasses")
    assert "--not 'glasses' rules that out" in wrong["err"]


def test_what_has_no_effect_is_said(run: Run) -> None:
    run("generate", "--seeds", "0", "--out", "g")
    picture = "g/face-seed0000.png"
    assert run("mix", picture, picture, "--layers", 0, "--psi", 0.3)["err"] == (
        "mien: --psi 0.3 is of seeds; pictures keep their own\n"
    )
    assert run("mix", picture, 2, "--layers", 0, "--psi", 0.3)["err"] == ""
    fit = ("directions", "fit", "--method", "sefa", "--count", 2, "--out", "tiny-edits.safetensors")
    assert run(*fit)["status"] == 0
    assert "2 samples tell nothing" in run(*fit, "--samples", 2, "--force")["err"]
    edit = ("edit", 1, "--set", "sefa-1=1", "--directions", "tiny-edits.safetensors")
    assert "was found in layers 0-7; those but 0-3 stay" in run(*edit, "--layers", "0-3")["err"]
    strip = run(*edit, "--strip", 3, "--out", "s")
    assert [Path(name).suffix for name in strip["files"]] == [".png", ".npz"]
    assert run("mix", strip["files"][1], 2, "--layers", "0")["status"] == 0


def test_what_is_denied_is_read_too(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["describe", "his hair isn't black", "--refine", "0", "--count", "1"]
    assert cli.main([*words, "--model", str(model)]) == 0
    assert capsys.readouterr().out.startswith("read: male; not black hair\n")
