"""``mien bench``: the table of engines, and the choice that follows from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from mien import cli
from mien.checkpoints import native
from mien.hub.store import engine_cache
from mien.runtime import costs, speed
from mien.runtime.speed import difference, measure
from runtime.networks import small_generator


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(speed.os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    G = small_generator()
    config = {"resolution": 32, "z_dim": 16, "w_dim": 16, "channel_base": 256, "channel_max": 16}
    path = tmp_path / "tiny.safetensors"
    native.save(path, "stylegan2-generator", G.state_dict(), {**config, "mapping_layers": 2})
    return path


def test_it_measures_prints_and_remembers(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ["bench", "--model", str(model), "--engine", "eager", "--rounds", "1", "--count", "2"]
    out = tmp_path / "table.json"
    assert cli.main([*args, "--device", "cpu", "--json", "--out", str(out)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert json.loads(out.read_text()) == result
    exact = result["speeds"][0]
    assert (exact["engine"], exact["precision"]) == ("eager", "exact")
    assert (exact["rms"], exact["within"]) == (0, 1)
    assert exact["image_ms"] > 0
    for fast in result["speeds"][1:]:
        assert 0 < fast["rms"] < 0.02
    stored = costs.read(engine_cache(), torch.device("cpu"))
    assert [(c.engine, c.precision) for c in stored] == [
        (s["engine"], s["precision"]) for s in result["speeds"]
    ]
    assert stored[0].gflop == result["gflop"]

    assert cli.main([*args, "--device", "cpu"]) == 0
    table = capsys.readouterr().out
    assert "RMS to exact" in table
    assert "eager" in table
    assert len(costs.read(engine_cache(), torch.device("cpu"))) == len(stored)
    assert cli.main(["doctor", "--json"]) == 0
    found = {f["name"]: f for f in json.loads(capsys.readouterr().out)["findings"]}["engine"]
    assert found["values"]["measured"] == len(stored)
    assert found["mend"] == ""


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--engine", "warp"], "unknown engine 'warp'"),
        (["--engine", "cuda", "--device", "cpu"], "needs a CUDA device"),
        (["--rounds", "0"], "rounds is 0"),
        (["--model", "nobody"], "unknown model 'nobody'"),
    ],
)
def test_refusals(
    model: Path, capsys: pytest.CaptureFixture[str], args: list[str], said: str
) -> None:
    assert cli.main(["bench", "--model", str(model), *args]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert said in captured.err


def test_an_engine_that_fails_is_told_and_passed_over(
    model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mien.runtime import engines

    def failing(*args: object) -> None:
        raise RuntimeError("no such kernel")

    monkeypatch.setitem(engines.ENGINES, "compile", failing)
    monkeypatch.setattr(engines, "why_not", lambda name, device: "")
    args = ["--engine", "compile", "--engine", "eager", "--rounds", "1", "--count", "1"]
    assert cli.main(["bench", "--model", str(model), "--device", "cpu", *args]) == 0
    captured = capsys.readouterr()
    assert "no such kernel" in captured.err
    assert "eager" in captured.out
    stored = costs.read(engine_cache(), torch.device("cpu"))
    assert {cost.engine for cost in stored} == {"eager"}


def test_a_busy_machine_is_told_and_its_timings_are_not_kept(
    model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed.os, "getloadavg", lambda: (7.5, 0.0, 0.0))
    monkeypatch.setattr(speed.os, "cpu_count", lambda: 4)
    args = ["bench", "--model", str(model), "--engine", "eager", "--rounds", "1", "--count", "1"]
    args += ["--device", "cpu", "--json"]
    assert cli.main(args) == 0
    captured = capsys.readouterr()
    assert "a load of 7.5 on 4 cores; these timings are not kept" in captured.err
    assert "give --anyway" in captured.err
    assert json.loads(captured.out)["kept"] is False
    assert costs.read(engine_cache(), torch.device("cpu")) == []
    assert cli.main([*args, "--anyway"]) == 0
    assert costs.read(engine_cache(), torch.device("cpu")) != []


def test_no_compiler_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mien.runtime import engines

    def compiled(*args: object) -> None:
        raise AssertionError("a compiler was asked for")

    monkeypatch.setitem(engines.ENGINES, "compile", compiled)
    monkeypatch.setattr(engines, "why_not", lambda name, device: "" if name != "cuda" else "no")
    seen = [one.engine for one in measure(small_generator(), tmp_path, rounds=1, count=1)]
    assert "eager" in seen
    assert "compile" not in seen


def test_difference_counts_pixels() -> None:
    wanted = torch.zeros(1, 3, 2, 2)
    drawn = wanted.clone()
    assert difference(drawn, wanted) == (0.0, 1.0)
    drawn[0, 1, 0, 0] = 4 / 127.5
    drawn[0, 2, 0, 1] = 3 / 127.5
    assert difference(drawn, wanted)[1] == 0.75


def test_precision_and_engine_reach_the_drawing(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from mien import images

    for engine, said in (("eager", "eager, exact"), ("auto", "eager, exact")):
        out = tmp_path / engine
        args = ["describe", "a smiling woman", "--count", "1", "--out", str(out), "--json"]
        args += ["--precision", "exact", "--engine", engine, "--refine", "0", "--device", "cpu"]
        assert cli.main(args) == 0
        assert json.loads(capsys.readouterr().out)["engine"] == said
        assert images.read_provenance(next(out.glob("*seed0000.png")))["engine"] == said
    out = tmp_path / "none"
    assert cli.main(["describe", "a woman", "--precision", "half", "--out", str(out)]) == 2
    assert "precision 'half'" in capsys.readouterr().err


def test_measure_needs_no_names(model: Path, tmp_path: Path) -> None:
    first = next(measure(small_generator(), tmp_path, rounds=1, count=1))
    assert (first.engine, first.precision, first.failed) == ("eager", "exact", "")
