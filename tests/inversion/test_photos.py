"""Photos in, latents out: through the studio and ``mien invert``, with every kind of bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from anime.toys import ToyFinder, picture
from inversion import toys
from mien import cli, images
from mien.checkpoints.latents import read_latents
from mien.errors import InputError, WeightsMissing
from mien.faces.choosing import SeveralFaces
from mien.hub import loading
from mien.inversion.optimise import Optimisation
from mien.inversion.photos import InversionRequest, measure
from mien.judges.recognition import Recognition
from mien.studio import Studio


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inversion")
    toys.write_models(folder / "run")
    toys.write_models(folder / "alone", encoder=False)
    images.save(folder / "photos" / "a.png", picture([(48, 36)]))
    images.save(folder / "photos" / "b.png", picture([(40, 30)]))
    images.save(folder / "two.png", picture([(24, 36), (72, 36)]))
    images.save(folder / "none.png", picture([]))
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    return folder


@pytest.fixture(scope="module")
def studio(folder: Path) -> Studio:
    return ready(Studio(folder / "run" / "generator.safetensors", "cpu"))


def ready(studio: Studio) -> Studio:
    """A studio with networks of random weights in the place of the ones that ship."""
    studio.inverter = toys.make_inverter()
    torch.manual_seed(3)
    studio.recognition = Recognition().eval().requires_grad_(False)
    return studio


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, studio: Studio) -> None:
    """The command line with the toy finder and small networks."""

    def finder(device: str = "cpu", detector: str | None = None) -> ToyFinder:
        return ToyFinder(24)

    monkeypatch.setattr("mien.faces.choosing.shipped_finder", finder)
    monkeypatch.setattr("mien.inversion.photos.shipped_finder", finder)
    monkeypatch.setattr("mien.inversion.encoder.load_inverter", lambda *_, **__: studio.inverter)
    loaded = loading.Loaded(studio.recognition, "recognition", "0" * 64)
    monkeypatch.setattr("mien.hub.loading.load_recognition", lambda **_: loaded)


def run(capsys, folder: Path, *args: object, model: str = "run") -> tuple[int, str, str]:
    path = folder / model / "generator.safetensors"
    status = cli.main(["invert", *map(str, args), "--model", str(path), "--device", "cpu"])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_a_photo_becomes_a_latent(studio, folder, tmp_path, monkeypatch):
    short = property(lambda request: Optimisation(steps=request.steps, tune_steps=5))
    monkeypatch.setattr(InversionRequest, "plan", short)
    seen = []

    def follow(steps, label, total):
        seen.append((label, total))
        return steps

    path = folder / "photos" / "a.png"
    made = studio.invert(path, steps=2, tune=True, finder=ToyFinder(24), follow=follow)
    assert [stage.name for stage in made.stages] == ["one pass", "2 steps", "tuned"]
    assert seen == [("inverting", 3), ("tuning", 6)]
    assert made.ws.shape == (1, studio.generator.num_ws, 16)
    assert made.drawn.shape == (3, 64, 64, 3)
    for stage in made.stages:
        assert min(stage.features, stage.mse, stage.recogniser) > 0
    assert made.stages[2].features < made.stages[0].features
    files = made.save(tmp_path, "a")
    assert [file.name for file in files] == ["a.npz", "a-sheet.png", "a-tuned.safetensors"]
    assert (read_latents(files[0], studio.generator.num_ws) == made.ws).all()
    tuned = loading.load_generator(files[2])
    assert tuned.meta["tuned_from"] == studio.loaded.sha256
    drawn = images.to_uint8(tuned.network.synthesis(torch.from_numpy(made.ws)))
    assert np.abs(drawn[0].astype(int) - made.drawn[2]).max() <= 1
    told = images.read_provenance(files[1])
    assert told["photo"] == str(path)
    assert [stage["name"] for stage in told["stages"]] == ["one pass", "2 steps", "tuned"]


def test_the_same_picture_has_no_distance_to_itself(studio):
    photo = images.to_float(toys.photo()[None])
    assert measure(studio.inverter, studio.recognition, photo, photo) == (0, 0, 0)


def test_an_array_that_is_aligned_needs_no_finder(studio):
    made = studio.invert(toys.photo(side=160), aligned=True)
    assert (made.crop.shape, len(made.stages)) == ((64, 64, 3), 1)
    assert made.provenance["photo"] == "array"


def test_faces_that_are_not_clear(studio, folder):
    with pytest.raises(SeveralFaces, match=r"two\.png: 2 faces were found; choose one"):
        studio.invert(folder / "two.png", finder=ToyFinder(24))
    assert studio.invert(folder / "two.png", face=2, finder=ToyFinder(24)).ws.any()
    with pytest.raises(InputError, match=r"none\.png: no face was found"):
        studio.invert(folder / "none.png", finder=ToyFinder(24))
    with pytest.raises(InputError, match="only one of `face`, `box`"):
        InversionRequest(face=1, aligned=True)
    with pytest.raises(InputError, match="steps is -1"):
        InversionRequest(steps=-1)


def test_the_command(small, folder, tmp_path, capsys):
    out = tmp_path / "out"
    status, printed, err = run(
        capsys, folder, folder / "photos", "--steps", 1, "--out", out, "--json"
    )
    assert status == 0, err
    rows = json.loads(printed)["photos"]
    assert [Path(row["photo"]).name for row in rows] == ["a.png", "b.png"]
    assert [stage["name"] for stage in rows[0]["stages"]] == ["one pass", "1 steps"]
    names = sorted(path.name for path in out.iterdir())
    assert names == ["a-sheet.png", "a.npz", "b-sheet.png", "b.npz"]
    status, _, err = run(capsys, folder, folder / "photos", "--out", out)
    assert status == 2
    assert "exists already" in err
    status, printed, _ = run(capsys, folder, folder / "photos" / "a.png", "--out", out, "--force")
    assert status == 0
    assert "one pass: feature distance " in printed


def test_the_good_ones_of_a_list_are_done(small, folder, tmp_path, capsys):
    names = ["none.png", "two.png", "broken.png", "photos/a.png"]
    given = [folder / name for name in names]
    status, printed, err = run(capsys, folder, *given, "--out", tmp_path, "--json")
    assert status == 2
    result = json.loads(printed)
    assert [Path(row["photo"]).name for row in result["photos"]] == ["a.png"]
    assert len(result["left_out"]) == 3
    assert "none.png: no face was found" in err
    assert f"they are numbered in {tmp_path / 'two-faces.png'}" in err
    assert err.strip().splitlines()[-1] == "mien: left out: 3 of 4 photos"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a-sheet.png", "a.npz", "two-faces.png",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["none.png"], "none.png: no face was found; say where it is with --box"),
        (["two.png"], "2 faces were found; choose one with --face"),
        (["two.png", "--face", "3"], "there is no face 3: 2 faces were found"),
        (["broken.png"], "broken.png: "),
        (["absent.png"], "absent.png: "),
        (["none.png", "two.png"], "none of 2 photos could be inverted"),
        (["photos/a.png", "--steps", "-1"], "steps is -1, but must be from 0 to 5000"),
        (["photos/a.png", "--box", "1,2"], "is not X,Y,WIDTH,HEIGHT"),
        (["photos/a.png", "--aligned", "--face", "1"], "only one of --face, --box and --aligned"),
    ],
)
def test_bad_input(small, args, said, folder, tmp_path, capsys):
    given = [folder / arg if arg.endswith(".png") else arg for arg in args]
    status, out, err = run(capsys, folder, *given, "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("mien: error: ") == 1
    written = (tmp_path / "out").glob("*") if (tmp_path / "out").exists() else ()
    assert not [path for path in written if path.suffix == ".npz"]


def test_a_generator_without_an_encoder(folder, tmp_path, capsys):
    status, _, err = run(
        capsys, folder, folder / "photos" / "a.png", "--out", tmp_path / "out", model="alone"
    )
    assert status == 2
    assert "cannot be inverted; run: mien adopt generator.safetensors --encoder 20kimg, or" in err
    assert len(err.strip().splitlines()) == 1
    with pytest.raises(WeightsMissing, match="has no encoder"):
        _ = Studio(folder / "alone" / "generator.safetensors", "cpu").inverter


def test_many_are_measured_beside_the_mean_face(small, folder, capsys):
    args = [folder / "photos" / "a.png", folder / "none.png", "--json"]
    path = folder / "run" / "generator.safetensors"
    status = cli.main(["evaluate", "inversion", *map(str, args), "--model", str(path)])
    printed = capsys.readouterr()
    assert status == 0, printed.err
    report = json.loads(printed.out)
    assert [row["name"] for row in report["rows"]] == ["mean face", "one pass"]
    assert report["photos"] == 1
    assert "none.png: no face was found" in report["left_out"][0]
    assert report["rows"][0]["features"] > 0
