"""``mien directions``, ``mien edit`` and ``mien mix``: real files, JSON, and every wrong call."""

import json

import pytest
import torch

from mien import cli, images
from mien.checkpoints import native
from mien.editing.direction import Direction, DirectionSet
from mien.editing.sets import load_direction_set, save_direction_set
from mien.stylegan2.generator import Generator, GeneratorConfig
from training import tiny


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A store with a generator and two taggers, untrained."""
    folder = tmp_path_factory.mktemp("home")
    torch.manual_seed(0)
    config = {
        "resolution": 32, "z_dim": 16, "w_dim": 16, "c_dim": 76, "channel_base": 128,
        "channel_max": 8, "mapping_layers": 2,
    }  # fmt: skip
    G = Generator(GeneratorConfig(**config))
    weights = folder / "weights"
    native.save(weights / "tiny.safetensors", "stylegan2-generator", G.state_dict(), config)
    for seed, name in enumerate(("reads", "judges")):
        network = tiny.tagger(seed)
        for head in network.heads.parameters():
            head.data.mul_(40)  # untrained, but of some opinion
        plain = {"columns": network.config.columns, "resolution": 32, "width": 4}
        native.save(weights / f"{name}.safetensors", "tagger", network.state_dict(), plain)
    return folder


@pytest.fixture(autouse=True)
def _store(home, monkeypatch):
    monkeypatch.setenv("MIEN_HOME", str(home))


@pytest.fixture(scope="module")
def fitted(home, tmp_path_factory):
    """Directions of that generator, as the verb writes them."""
    out = tmp_path_factory.mktemp("sets") / "dirs.safetensors"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_HOME", str(home))
        assert cli.main([*FIT, "--plain", "--min-count", "0", "--out", str(out)]) == 0
    return out


FIT = ["directions", "fit", "--model", "tiny", "--tagger", "reads", "--samples", "60"]
TOOLS = ["--model", "tiny", "--judge", "judges"]


def run(args, capsys):
    assert cli.main([str(arg) for arg in args]) == 0
    return json.loads(capsys.readouterr().out)


def refused(args, capsys):
    assert cli.main([str(arg) for arg in args]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = [line for line in printed.err.splitlines() if line.startswith("mien: error")]
    return line


def some_tags(path, count=2):
    return [one.name for one in load_direction_set(path).directions][:count]


def test_fit_and_show(fitted, tmp_path, capsys):
    found = load_direction_set(fitted)
    assert found.meta["tagger"] == "reads"
    assert found.meta["fit"]["samples"] == 60
    shown = run(["directions", "show", fitted, "--json"], capsys)
    assert [row["name"] for row in shown["directions"]] == list(found.directions.names)
    assert cli.main(["directions", "show", str(fitted)]) == 0
    assert "linear, 60 samples" in capsys.readouterr().out
    made = run(
        [*FIT, "--method", "pca", "--count", 3, "--out", tmp_path / "pca.safetensors", "--json"],
        capsys,
    )
    assert made["directions"] == ["pca-0", "pca-1", "pca-2"]
    assert "exists already" in refused([*FIT, "--out", fitted], capsys)


def test_sets_in_the_store_are_listed(home, fitted, capsys):
    target = home / "weights" / "tiny-edits.safetensors"
    target.write_bytes(fitted.read_bytes())
    try:
        rows = run(["directions", "list", "--json"], capsys)["sets"]
        mine = next(row for row in rows if row["name"] == "tiny-edits")
        assert mine["generator"] == load_direction_set(fitted).directions.generator
        assert cli.main(["directions", "list"]) == 0
        assert "tiny-edits: " in capsys.readouterr().out
    finally:
        target.unlink()


def test_edit(fitted, tmp_path, capsys):
    first, second = some_tags(fitted)
    start = ["edit", "--model", "tiny", "--directions", fitted, "--set"]
    result = run([*start, f"{first}=2", "3", "5", "--out", tmp_path / "a", "--json"], capsys)
    assert len(result["files"]) == 4
    assert result["faces"][1]["seed"] == 5
    again = run(
        [*start, f"{first}/{second}=15,-5", result["files"][0], "--layers", "coarse", "--out",
         tmp_path / "b", "--json"], capsys
    )  # fmt: skip
    assert len(again["faces"][0]["edits"]) == 2
    strip = run([*start, f"{first}=2", "3", "--strip", "3", "--out", tmp_path, "--json"], capsys)
    assert images.load(strip["files"][0]).shape[1] > 3 * 32
    assert cli.main(["show", strip["files"][0]]) == 0
    capsys.readouterr()


def test_edits_that_cannot_be_made(fitted, tmp_path, capsys):
    start = ["edit", "3", "--model", "tiny", "--out", tmp_path / "out"]
    (first,) = some_tags(fitted, 1)
    mine = ["--directions", fitted]
    assert "no directions for model" in refused([*start, "--set", "smile=1"], capsys)
    assert "cannot be read" in refused([*start, *mine, "--set", "smile"], capsys)
    assert "unknown direction" in refused([*start, *mine, "--set", "nose=1"], capsys)
    line = refused([*start, *mine, "--set", f"{first}=1", "--layers", "6-8"], capsys)
    assert "layer 8 is outside this network, which has 8 layers (0-7)" in line
    assert "--set" in refused([*start, *mine], capsys)
    assert not (tmp_path / "out").exists()


def test_directions_of_another_generator(fitted, home, tmp_path, capsys):
    other = home / "weights" / "other.safetensors"
    torch.manual_seed(5)
    config = native.read_header(home / "weights" / "tiny.safetensors").config
    state = Generator(GeneratorConfig(**config)).state_dict()
    native.save(other, "stylegan2-generator", state, config)
    (first,) = some_tags(fitted, 1)
    args = ["edit", "3", "--model", "other", "--directions", fitted, "--set", f"{first}=1"]
    line = refused([*args, "--out", tmp_path / "x"], capsys)
    assert "mean nothing in particular here" in line
    made = run([*args, "--out", tmp_path / "x", "--force", "--json"], capsys)
    assert "another generator" in made["notes"][0]


def test_mix(tmp_path, capsys):
    args = ["mix", "3", "7", "--model", "tiny", "--out", tmp_path / "m"]
    made = run([*args, "--layers", "0-3", "--json"], capsys)
    assert made["faces"][0]["mix"]["layers"] == [0, 1, 2, 3]
    assert "exists already" in refused([*args, "--layers", "0-3"], capsys)
    assert "run backwards" in refused([*args, "--layers", "3-0", "--force"], capsys)
    assert "--layers" in refused(args, capsys)


def test_score(fitted, tmp_path, capsys):
    generator = load_direction_set(fitted).directions.generator
    named = DirectionSet(
        tuple(
            Direction(name, torch.randn(16), "w", generator=generator) for name in ("age", "smile")
        )
    )
    path = tmp_path / "named.safetensors"
    save_direction_set(path, named)
    score = ["directions", "score", path, *TOOLS, "--tagger", "reads", "--faces", 2]
    files = {"--csv": "m.csv", "--out": "m.png", "--card": "m.md"}
    more = [part for option, name in files.items() for part in (option, tmp_path / name)]
    made = run([*score, "--flips", *more, "--json"], capsys)
    assert set(made["rows"]) == set(made["flips"]["rows"]) == {"age", "smile"}
    assert made["protocol"]["judge"] == "judges"
    assert (tmp_path / "m.csv").read_text().startswith("direction,age,smile")
    assert (tmp_path / "m.md").read_text().startswith("| moved along | age | smile |")
    assert images.load(tmp_path / "m.png").ndim == 3
    assert "exists already" in refused([*score, *more], capsys)
    assert "strength 0" in refused([*score, "--strength", 0], capsys)
    assert "none of the 3" in refused(
        ["directions", "score", pca_set(tmp_path, capsys), *TOOLS, "--tagger", "reads"], capsys
    )


def pca_set(folder, capsys):
    path = folder / "pca.safetensors"
    run([*FIT, "--method", "pca", "--count", 3, "--out", path, "--json"], capsys)
    return path


def test_layers(tmp_path, capsys):
    command = ["directions", "layers", *TOOLS, "--faces", 2]
    table, picture = tmp_path / "l.csv", tmp_path / "l.png"
    made = run([*command, "--csv", table, "--out", picture, "--json"], capsys)
    assert len(made["moved"]["colour"]) == 8
    assert table.read_text().startswith("layer,")
    assert images.read_provenance(picture)["judge"] == "judges"
    assert "exists already" in refused([*command, "--csv", table], capsys)


def test_compare(tmp_path, capsys):
    command = ["directions", "compare", *TOOLS, "--tagger", "reads", "--faces", 2]
    few = ["--samples", 60, "--min-count", 0, "--method", "linear", "--method", "pca"]
    made = run([*command, *few, "--csv", tmp_path / "c.csv", "--json"], capsys)
    single = "linear, single tags"
    rows = ["unedited", "linear, pairs", single, f"{single}, same length", "pca"]
    assert list(made["rows"]) == rows
    assert "re-scoring diagonal" in (tmp_path / "c.csv").read_text()


def test_fits_that_cannot_be_made(tmp_path, capsys):
    out = ["--out", tmp_path / "x.safetensors"]
    assert "unknown method 'ridge'" in refused([*FIT, *out, "--method", "ridge"], capsys)
    assert "unknown tag 'nose'" in refused([*FIT, *out, "--tag", "nose"], capsys)
    assert "no number between" in refused([*FIT, *out, "--min-count", "60"], capsys)
    assert "layer 9 is outside" in refused(
        [*FIT, *out, "--method", "sefa", "--layers", "9"], capsys
    )
    line = refused(["directions", "compare", "--model", "tiny", "--method", "magic"], capsys)
    assert "unknown method 'magic'" in line
    assert not (tmp_path / "x.safetensors").exists()


def test_a_tagger_in_an_onnx_file_finds_directions(tmp_path, capsys):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from judges.test_onnx_tagger import WD, write_onnx

    tagger, out = write_onnx(tmp_path / "wd.onnx", ["n", 8, 8, 3], 1 / 255), tmp_path / "d"
    command = ["directions", "fit", "--model", "tiny", "--tagger", tagger, "--samples", "40"]
    command += ["--plain", "--min-count", "0", "--max-count", "41", "--json"]
    assert "no list of its tags" in refused([*command, "--out", f"{out}.safetensors"], capsys)
    (tmp_path / "selected_tags.csv").write_text(WD)
    made = run([*command, "--out", f"{out}.safetensors"], capsys)
    assert made["tagger"] == "wd"
    assert len(made["tagger_sha256"]) == 64
    assert made["directions"] == ["blue hair"]
