"""Translated pictures against true ones: values, rows, protocols, sheets, curves, the verb."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mien import cli, images
from mien.checkpoints import native
from mien.errors import FileError, InputError, UnknownName
from mien.hub.loading import Loaded, load_translator
from mien.judges.tagger import Tagger, TaggerConfig
from mien.sketch.evaluate import SketchPlan, score_sketch
from mien.sketch.pair_scores import PairMeasure, PairPart
from mien.sketch.pix2pix import Unet, UnetConfig
from mien.training.run_logs import Curves, curves_csv, loss_chart, ssim_chart

SIDE = 32
COLUMNS = {"gender": ("f", "m")}


def write_model(path: Path, direction: str, method: str = "pix2pix", split: str = "honest") -> Path:
    torch.manual_seed(0)
    config = {"ngf": 2, "downs": 5, "norm": "instance", "dropout": False}
    meta = {"method": method, "direction": direction, "resolution": SIDE, "split": split}
    path.parent.mkdir(exist_ok=True)
    native.save(path, "translation-unet", Unet(UnetConfig(**config)).state_dict(), config, meta)
    return path


@pytest.fixture(scope="module")
def judge() -> Loaded:
    torch.manual_seed(0)
    network = Tagger(TaggerConfig(columns=COLUMNS, resolution=32, width=4)).eval()
    return Loaded(network.requires_grad_(False), "tiny", "0" * 64)


class Middle(torch.nn.Module):
    """A judge of people by the colours of nine places."""

    def embed(self, pictures: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.adaptive_avg_pool2d(pictures, 3).flatten(1)


@pytest.fixture(scope="module")
def identity() -> Loaded:
    network = Middle()
    network.register_parameter("nothing", torch.nn.Parameter(torch.zeros(1)))
    return Loaded(network, "middle", "1" * 64)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pairs of 40 by 32 pixels; a sketch is the negative of its photo."""
    folder = tmp_path_factory.mktemp("pairs")
    for i in range(10):
        blocks = np.random.RandomState(i).randint(0, 256, (5, 4, 3)).astype(np.uint8)
        photo = images.resize(blocks, (40, 32), "bicubic")
        images.save(folder / "photo" / f"p{i}.png", photo)
        images.save(folder / "sketch" / f"p{i}.png", 255 - photo)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs with logs, one of them leaky, and a model the other way without a log."""
    folder = tmp_path_factory.mktemp("runs")
    write_model(folder / "one" / "photo-to-sketch.safetensors", "photo-to-sketch")
    write_model(folder / "two" / "photo-to-sketch.safetensors", "photo-to-sketch",
                "autoencoder", "leaky")  # fmt: skip
    write_model(folder / "back" / "sketch-to-photo.safetensors", "sketch-to-photo")
    for name in ("one", "two"):
        lines = [
            {"nimg": n, "loss/G": 5 / n, "loss/D": 0.6, "val/loss/G": 6 / n,
             "val/photo-to-sketch/ssim": n / 1000, "train/photo-to-sketch/ssim": n / 900, "time": 1}
            for n in (100, 200, 300)
        ]  # fmt: skip
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / name / "log.jsonl").write_text(text + '{"nimg": 4')
    return folder


def values(scores) -> dict[str, float]:
    return {score.name: score.value for score in scores}


def part_of(data: Path, limit: int = 0) -> PairPart:
    from mien.data.pairs import PairedSet

    return PairPart.of(PairedSet.open(data, SIDE, "all"), "photo-to-sketch", limit)


# One row


def test_the_truth_scores_best(data: Path, judge: Loaded, identity: Loaded) -> None:
    part = part_of(data)
    found = values(PairMeasure(judge, identity).scores(part.truth, part))
    assert found["MAE"] == 0
    assert found["SSIM"] == pytest.approx(1)
    assert found["Keras accuracy"] == 1
    assert found["PSNR"] == np.inf
    assert found["perceptual distance"] == pytest.approx(0, abs=1e-6)
    assert found["FD-tiny"] == pytest.approx(0, abs=1e-4)
    assert found["rank-1"] == 1
    assert "MS-SSIM" not in found  # too small for five scales


def test_what_was_given_scores_worse(data: Path, judge: Loaded, identity: Loaded) -> None:
    part = part_of(data)
    scores = PairMeasure(judge, identity).scores(part.given, part, "as given")
    found = values(scores)
    assert found["MAE"] > 0.2
    assert found["SSIM"] < 0.2
    assert found["perceptual distance"] > 0
    assert found["rank-1"] < 0.5
    by_name = {score.name: score for score in scores}
    assert by_name["MAE"].stderr is not None
    assert by_name["MAE"].protocol.samples == 10
    assert by_name["rank-1"].protocol.judge == "middle"
    assert "chance 1/n" in by_name["rank-1"].protocol.metric
    assert by_name["FD-tiny"].protocol.notes == "as given"


def test_without_an_identity_judge_the_column_is_named_so(data: Path, judge: Loaded) -> None:
    part = part_of(data)
    found = values(PairMeasure(judge).scores(part.truth, part))
    assert found["rank-1-tiny"] == 1
    assert "rank-1" not in found


def test_pictures_large_enough_get_ms_ssim(data: Path, judge: Loaded) -> None:
    from mien.data.pairs import PairedSet

    part = PairPart.of(PairedSet.open(data, 192, "kept-out"), "sketch-to-photo")
    found = values(PairMeasure(judge).scores(part.truth, part))
    assert found["MS-SSIM"] == pytest.approx(1)


def test_judges_see_the_shape_that_pictures_had(data: Path, identity: Loaded) -> None:
    part = part_of(data, 4)
    assert part.aspect == pytest.approx(40 / 32)
    assert len(part.given) == 4
    assert "4 of 10" in part.said

    seen = []

    class Spy(Tagger):
        def feature_maps(self, images: torch.Tensor) -> list[torch.Tensor]:
            seen.append(tuple(images.shape[2:]))
            return super().feature_maps(images)

    network = Spy(TaggerConfig(columns=COLUMNS, resolution=32, width=4)).eval()
    PairMeasure(Loaded(network, "spy", "2" * 64), identity).scores(part.given, part)
    assert set(seen) == {(32, 32)}  # 40 by 32, the middle square of it


# The table


def test_a_table_of_runs(data: Path, runs: Path, judge: Loaded, identity: Loaded) -> None:
    files = sorted(runs.glob("*/*.safetensors"))
    models = [load_translator(file) for file in files]
    said: list[str] = []
    scores = score_sketch(
        models, data, judge, identity, SketchPlan(shown=2, engine="eager"), said.append
    )
    rows = scores.table.rows
    assert list(rows) == [
        "autoencoder photo-to-sketch, leaky train",
        "autoencoder photo-to-sketch, leaky kept-out",
        "pix2pix photo-to-sketch, honest train",
        "pix2pix photo-to-sketch, honest kept-out",
        "untranslated, photo-to-sketch, leaky kept-out",
        "untranslated, photo-to-sketch, honest kept-out",
        "the study's autoencoder, leaky train",
        "the study's autoencoder, leaky kept-out",
        "the study's pix2pix, leaky train",
        "the study's pix2pix, leaky kept-out",
        "pix2pix sketch-to-photo, honest train",
        "pix2pix sketch-to-photo, honest kept-out",
        "untranslated, sketch-to-photo, honest kept-out",
    ]
    assert said == [row for row in rows if row in scores.table.extra]
    counts = {row: scores.table.rows[row][0].protocol.samples for row in said}
    assert list(counts.values()) == [64, 16, 8, 2, 8, 2]
    assert "rank-1" not in values(rows["autoencoder photo-to-sketch, leaky kept-out"])
    assert "rank-1" in values(rows["pix2pix photo-to-sketch, honest kept-out"])
    assert values(rows["the study's pix2pix, leaky kept-out"])["SSIM"] == 0.6064
    facts = scores.table.extra["pix2pix photo-to-sketch, honest train"]
    assert facts["loss G"] == f"{5 / 300:.4g}"
    assert facts["loss D"] == "0.6"
    facts = scores.table.extra["pix2pix photo-to-sketch, honest kept-out"]
    assert (facts["loss G"], facts["loss D"]) == ("0.02", "–")
    assert float(facts["s/image"]) >= 0
    sheet = scores.sheets["photo-to-sketch"]
    assert sheet.shape[0] > 2 * 160
    assert sheet.shape[1] > 4 * 160
    assert [run.name for run in scores.curves] == ["autoencoder leaky", "pix2pix honest"]
    text = scores.table.text()
    line = "autoencoder photo-to-sketch, leaky kept-out: 16 samples; "
    assert (
        f"{line}{data.name}, part 'kept-out' of the leaky split; model trained on the leaky" in text
    )
    assert "[1]" not in text


def test_one_split_for_all(data: Path, runs: Path, judge: Loaded) -> None:
    models = [
        load_translator(runs / name / "photo-to-sketch.safetensors") for name in ("one", "two")
    ]
    plan = SketchPlan("honest", shown=0, study=False, engine="eager")
    scores = score_sketch(models, data, judge, None, plan)
    assert all("honest" in row for row in scores.table.rows)
    assert not scores.sheets
    row = scores.table.rows["autoencoder photo-to-sketch, honest kept-out"]
    assert row[0].protocol.notes.startswith("model trained on the leaky split, precision ")
    two = score_sketch([models[0], models[0]], data, judge, None, plan)
    assert sum("(photo-to-sketch " in row for row in two.table.rows) == 2


def test_models_that_cannot_be_measured(data: Path, runs: Path, judge: Loaded) -> None:
    loaded = load_translator(runs / "one" / "photo-to-sketch.safetensors")
    silent = Loaded(loaded.network, "silent", loaded.sha256, {"resolution": SIDE})
    with pytest.raises(InputError, match="model 'silent' does not say its direction; give `direc"):
        score_sketch([silent], data, judge)
    plan = SketchPlan(direction="photo-to-sketch", shown=0, study=False, engine="eager")
    assert "unet photo-to-sketch, honest train" in score_sketch(
        [silent], data, judge, None, plan).table.rows  # fmt: skip
    with pytest.raises(InputError, match="there is no model to measure"):
        score_sketch([], data, judge)
    with pytest.raises(UnknownName, match="unknown split 'fair'"):
        score_sketch([loaded], data, judge, None, SketchPlan("fair"))


# Curves


def test_curves_of_logs(runs: Path) -> None:
    curves = Curves.read(runs / "one" / "log.jsonl", "one")
    assert curves.last("loss/G") == 5 / 300
    assert curves.last("loss/F") is None
    assert "time" not in curves.lines
    assert loss_chart([curves]) is not None
    assert ssim_chart([curves], "photo-to-sketch") is not None
    assert ssim_chart([curves], "sketch-to-photo") is None
    lines = curves_csv([curves]).splitlines()
    assert lines[0] == "run,nimg,name,value"
    assert "one,100,loss/G,0.05" in lines
    assert len(lines) == 1 + 5 * 3


def test_a_log_without_numbers(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("")
    with pytest.raises(FileError, match="holds no line with numbers"):
        Curves.read(tmp_path / "log.jsonl", "empty")
    with pytest.raises(FileError, match="cannot be read"):
        Curves.read(tmp_path / "absent.jsonl", "absent")


# The verb


@pytest.fixture(scope="module")
def judge_file(judge: Loaded, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("judge") / "tiny.safetensors"
    config = {"columns": COLUMNS, "resolution": 32, "width": 4}
    native.save(path, "tagger", judge.network.state_dict(), config)
    return str(path)


def test_the_verb_writes_everything(
    data: Path, runs: Path, judge_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "evaluate",
        "sketch",
        "--data",
        str(data),
        "--judge",
        judge_file,
        "--engine",
        "eager",
    ]
    command += ["--identity", "none", "--model", str(runs / "one"), "--model", str(runs / "back")]
    command += ["--out", str(tmp_path / "out"), "--shown", "2", "--no-study"]
    assert cli.main([*command, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert sorted(result["files"]) == sorted(p.name for p in (tmp_path / "out").iterdir())
    assert {"scores.csv", "loss.png", "curves.csv", "sheet-sketch-to-photo.png"} <= set(
        result["files"])  # fmt: skip
    rows = (tmp_path / "out" / "scores.csv").read_text().splitlines()
    assert any(row.startswith('"pix2pix photo-to-sketch, honest kept-out",SSIM') for row in rows)
    assert cli.main(command) == 2
    assert "exists already" in capsys.readouterr().err
    assert cli.main([*command, "--force"]) == 0
    assert "photo and sketch, " in capsys.readouterr().out


def test_the_verb_refuses(
    data: Path, runs: Path, judge_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", "sketch", "--data", str(data), "--judge", judge_file]
    command += ["--identity", "none"]
    for extra, said in (
        (["--model", str(tmp_path)], "holds neither photo-to-sketch.safetensors nor sketch-to"),
        (["--model", str(runs / "one"), "--split", "fair"], "unknown split 'fair'"),
        (["--model", str(runs / "one"), "--sides", "photo"], "are not two names with a comma"),
        (["--model", str(runs / "one"), "--data", str(tmp_path)], "holds no picture"),
    ):
        assert cli.main([*command, *extra]) == 2
        err = capsys.readouterr().err
        assert said in err
        assert len([line for line in err.splitlines() if "error" in line]) == 1
