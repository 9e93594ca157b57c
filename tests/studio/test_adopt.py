"""A generator of any origin is adopted: what is made works, and a killed run ends the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from inversion import toys
from mien import cli, images
from mien.checkpoints import native
from mien.editing.sets import load_direction_set
from mien.errors import InputError, OutputError, WeightsMissing
from mien.hub.loading import load_generator
from mien.inversion import encoder_training
from mien.runtime.engines import Engine, Plan
from mien.studio import Studio, adopt_edits, adopt_pictures
from mien.studio import adopt as adopting
from mien.studio.adopt import PARTS, Adoption, Tools, adopt, begun
from mien.stylegan2.generator import Generator
from mien.stylegan2.ops import upsample
from mien.text.embedding import Encoded
from training import tiny

CONFIG = Adoption(samples=60, steps=3, faces=2, shard=25, ways="all")
PARTS_ALL = (*PARTS, "mapper", "prior")
FILES = [*(f"g-{part}.safetensors" for part in PARTS_ALL), "g-card.md", "g-layers.csv"]


class Letters:
    """Sentences as counts of their letters, of the width that Studio's encoder has."""

    def encode(self, sentences: list[str]) -> Encoded:
        rows = [[text.count(c) / 10 for c in "abcdefghijklmnop"] * 24 for text in sentences]
        return Encoded(torch.tensor(rows), (0,) * len(rows))


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adopting, "_SENTENCES", 4)
        patch.setattr(adopt_edits, "LADDER", (1.0, 3.0))
        yield


@pytest.fixture(scope="module")
def tools() -> Tools:
    teacher, judge = tiny.loaded(tiny.tagger(), "teacher"), tiny.loaded(tiny.tagger(1), "judge")
    return Tools(teacher, judge, None, Letters)


def write(folder: Path, resolution: int = 32) -> Path:
    folder.mkdir(exist_ok=True)
    G = tiny.generator(c_dim=0)
    if resolution != 32:
        torch.manual_seed(0)
        G = Generator(replace(G.config, resolution=resolution))
    native.save(folder / "g.safetensors", "stylegan2-generator", G.state_dict(), asdict(G.config))
    return folder / "g.safetensors"


@pytest.fixture(scope="module")
def whole(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that was adopted in one go."""
    path = write(tmp_path_factory.mktemp("whole"))
    lines = list(adopt(load_generator(path), tools, CONFIG))
    assert [line["file"].name for line in lines if "file" in line] == [
        "g-codes.safetensors", "g-directions.safetensors", "g-edits.safetensors",
        "g-mapper.safetensors", "g-prior.safetensors", "g-layers.csv", "g-card.md",
    ]  # fmt: skip
    assert [line["done"] for line in lines if "samples" in line.get("doing", "")] == [25, 50, 60]
    return path


def test_what_is_there(whole: Path) -> None:
    assert sorted(p.name for p in whole.parent.iterdir()) == sorted([*FILES, "g.safetensors"])
    card = whole.with_name("g-card.md").read_text()
    assert "60 samples read by teacher, drawn whole." in card
    assert "1 pairs" not in card
    assert "strengths 1, 3, found by halving" in card
    assert "| hat | 0.00 | no |" in card


def test_a_run_that_stops_everywhere_ends_the_same(
    whole: Path, tools: Tools, tmp_path: Path
) -> None:
    path = write(tmp_path)
    starts = 0
    for stop in (1, 3, 4, 9, 20, 60):
        starts += 1
        lines = adopt(load_generator(path), tools, CONFIG)
        seen = [line for _, line in zip(range(stop), lines, strict=False)]
        lines.close()  # as a kill would, only that the lock goes at once
        if len(seen) < stop:
            break
    assert starts > 3
    for name in FILES:
        assert path.with_name(name).read_bytes() == whole.with_name(name).read_bytes(), name
    assert not path.with_name("g.adopting").exists()


def test_done_already(whole: Path, tools: Tools) -> None:
    lines = list(adopt(load_generator(whole), tools, CONFIG))
    assert all("file" in line for line in lines)


def test_one_whose_faces_show_nothing_is_adopted_without_named_edits(
    whole: Path, tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise InputError("none of the 3 directions is a named edit")

    monkeypatch.setattr(adopt_edits, "named_edits", none)
    for made in whole.parent.iterdir():
        if made.name not in ("g-edits.safetensors", "g-card.md"):
            shutil.copy(made, tmp_path)
    path = tmp_path / "g.safetensors"
    lines = list(adopt(load_generator(path), tools, CONFIG))
    assert lines[-1]["file"].read_text().count("| yes |") == 0
    assert any("no edit has a name" in line.get("note", "") for line in lines)
    assert load_direction_set(path.with_name("g-edits.safetensors")).meta["turned"] == []


def test_large_ones_are_drawn_as_far_as_a_tagger_sees(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adopt_pictures, "_SMALL", 32)
    monkeypatch.setattr(adopt_pictures, "_STOPS", (32,))
    monkeypatch.setattr(adopt_pictures, "_BOTH", 6)
    monkeypatch.setattr(adopt_pictures, "_NOISE", 1.0)
    config = replace(CONFIG, ways="closed", samples=25)
    ends: list[list[bytes]] = []
    for folder, stops in (("whole", (999,)), ("stopped", (2, 5, 9, 999))):
        path = write(tmp_path / folder, 64)
        for stop in stops:
            lines = adopt(load_generator(path), tools, config)
            seen = [line for _, line in zip(range(stop), lines, strict=False)]
            lines.close()
        made = sorted(p for p in path.parent.iterdir() if p != path)
        assert [p.suffix for p in made] == [".md", *[".safetensors"] * 3, ".csv"]
        ends.append([p.read_bytes() for p in made])
        told = [line["note"] for line in seen if "min here:" in line.get("note", "")]
        assert "pictures as far as 32² (" in told[0]
    assert ends[0] == ends[1]
    assert "25 samples read by teacher, drawn as far as 32²: " in ends[0][0].decode()
    # The other ways can be added; the codes stay.
    names = [
        line["file"].name
        for line in adopt(load_generator(path), tools, replace(config, ways="all"))
        if "file" in line
    ]
    assert names[3:5] == ["g-mapper.safetensors", "g-prior.safetensors"]
    assert path.with_name("g-codes.safetensors").read_bytes() in ends[0]


def test_what_is_stopped_is_what_was_summed_by_then() -> None:
    torch.manual_seed(0)
    G = Generator(replace(tiny.generator(c_dim=0).config, resolution=64)).eval()
    ws = G.map(torch.randn(3, 16))
    cut = adopt_pictures.stopped(G.synthesis, 32)
    for name in ("b64.conv0", "b64.conv1"):  # nothing is added behind: the picture only grows
        torch.nn.init.zeros_(G.synthesis.get_submodule(name).weight)
    torch.nn.init.zeros_(G.synthesis.b64.torgb.weight)
    torch.nn.init.zeros_(G.synthesis.b64.torgb.bias)
    with torch.no_grad():
        early, whole = cut(ws[:, : cut.config.num_ws]), G.synthesis(ws)
    torch.testing.assert_close(upsample(early), whole)
    assert cut.b32 is G.synthesis.b32
    assert not cut.training


def test_colours_are_fitted() -> None:
    torch.manual_seed(0)
    pictures = torch.rand(2, 3, 8, 8)
    map_ = torch.randn(4, 3)
    wanted = torch.einsum("nchw,cd->ndhw", pictures, map_[:3]) + map_[3][:, None, None]
    found = adopt_pictures.fitted_colours(pictures, wanted)
    torch.testing.assert_close(found.float(), map_, atol=1e-4, rtol=1e-4)


def test_large_ones_are_drawn_by_an_engine(
    whole: Path, tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def engine(network: torch.nn.Module, example: torch.Tensor, *_: object, **how: Any) -> Engine:
        asked.append(how["items"])
        return Engine(Plan("openvino", torch.float32), 1, 0.0, network)

    monkeypatch.setattr(adopt_pictures.engines, "engine", engine)
    path = write(tmp_path)
    for line in adopt(load_generator(path), tools, CONFIG):
        if line.get("file") == path.with_name("g-codes.safetensors"):
            break
    assert len(asked) == 1
    assert asked[0] > 60  # its edits and layers are drawn by the same
    made, plain = (native.load(p.with_name("g-codes.safetensors")).tensors for p in (path, whole))
    for name, value in plain.items():
        torch.testing.assert_close(made[name], value, atol=1e-4, rtol=1e-3)


def test_other_commands_and_other_files_are_refused(
    whole: Path, tools: Tools, tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match="made for another generator, or by another command"):
        next(adopt(load_generator(whole), tools, Adoption(samples=70)))
    path = write(tmp_path)
    lines = adopt(load_generator(path), tools, CONFIG)
    next(lines)
    with pytest.raises(OutputError, match="another process is writing here"):
        next(adopt(load_generator(path), tools, CONFIG))
    lines.close()
    # What whoever goes on with it needs to know; ways can be added at any time.
    assert begun(path) == replace(CONFIG, ways="closed")
    with pytest.raises(OutputError, match="holds samples of another command"):
        next(adopt(load_generator(path), tools, Adoption(samples=70)))
    (tmp_path / "g.adopting" / "job.json").write_text('{"adoption": {"colour": 1}}')
    with pytest.raises(OutputError, match="is no note of a run"):
        begun(path)
    shutil.rmtree(tmp_path / "g.adopting")
    assert begun(path) is None
    other = path.with_name("g-codes.safetensors")
    native.save(other, "code-moments", {"a": torch.ones(1)}, {})
    for force in (False, True):
        with pytest.raises(OutputError, match="was not made by adopting"):
            next(adopt(load_generator(path), tools, CONFIG, force))
    assert other.exists()
    with pytest.raises(InputError, match="'portraits' ships with its parts"):
        next(adopt(load_generator("portraits"), tools, CONFIG, force=True))


def test_sentences_and_edits_work_with_it(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(whole.parent)
    studio = Studio("g.safetensors", "cpu")
    assert studio.default_method == "labels"
    faces = studio.describe("an old man", count=2, refine=0)
    assert faces.provenance["method"] == "labels"
    drawn = studio.describe("an old man", count=1, refine=0, method="directions")
    assert drawn.images.shape == (1, 32, 32, 3)
    names = load_direction_set(whole.with_name("g-edits.safetensors")).directions.names
    assert studio.edit(faces, {names[0]: 1}).images.shape == faces.images.shape


def test_an_encoder_added_later_takes_photos(
    whole: Path, tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "g.safetensors"
    for made in whole.parent.iterdir():
        shutil.copy(made, tmp_path)
    photos = tmp_path / "photos"
    for number in range(20):
        images.save(photos / f"{number}.png", toys.photo(number, 32))
    monkeypatch.setattr(encoder_training, "_HELD", 4)
    with_encoder = replace(CONFIG, encoder=0.016)
    lines = list(adopt(load_generator(path), tools, with_encoder, photos=[photos]))
    files = [line["file"].name for line in lines if "file" in line]
    assert files[-2:] == ["g-encoder.safetensors", "g-inversion.safetensors"]
    assert any("held/explained" in line.get("note", "") for line in lines)
    for name in FILES:
        assert path.with_name(name).read_bytes() == whole.with_name(name).read_bytes(), name
    monkeypatch.chdir(tmp_path)
    inverter = Studio("g.safetensors", "cpu").inverter
    ws = inverter.codes(images.to_float(toys.photo(1, 32)[None]))
    assert ws.shape == (1, inverter.generator.num_ws, 16)
    with pytest.raises(OutputError, match=r"has seen 0.016 kimg, and 0.024 are asked for"):
        next(adopt(load_generator(path), tools, replace(CONFIG, encoder=0.024)))


def test_a_generator_that_is_called_as_a_run_calls_its_own(
    whole: Path, tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for made in whole.parent.iterdir():
        shutil.copy(made, tmp_path / f"generator{made.name.removeprefix('g')}")
    path = tmp_path / "generator.safetensors"
    monkeypatch.setattr(encoder_training, "_HELD", 4)
    lines = list(adopt(load_generator(path), tools, replace(CONFIG, encoder=0.016)))
    assert lines[-1]["file"] == tmp_path / "generator-encoder.safetensors"
    studio = Studio(path, "cpu")
    assert studio.inverter.codes(torch.zeros(1, 3, 32, 32)).shape[::2] == (1, 16)
    assert studio.describe("an old man", count=1, refine=0).provenance["method"] == "labels"
    for part in ("encoder", "codes"):  # as a run calls them
        (tmp_path / f"generator-{part}.safetensors").rename(tmp_path / f"{part}.safetensors")
    studio = Studio(path, "cpu")
    assert studio.inverter.codes(torch.zeros(1, 3, 32, 32)).shape[::2] == (1, 16)
    assert studio.describe("an old man", count=1, refine=0).provenance["method"] == "labels"


def test_one_that_was_not_adopted_says_what_to_do(tmp_path: Path) -> None:
    studio = Studio(write(tmp_path), "cpu")
    with pytest.raises(WeightsMissing, match=r"run: mien adopt .*g\.safetensors --ways all, or"):
        studio.describe("an old man", method="mapper")
    with pytest.raises(WeightsMissing, match=r"run: mien adopt .*g\.safetensors"):
        studio.describe("an old man")
    with pytest.raises(WeightsMissing, match=r"run: mien adopt .*g\.safetensors"):
        studio.edit(1, {"smile": 1})


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["none.pkl"], "none.pkl: does not exist"),
        (["portraits", "--samples", "-1"], "-1 samples"),
        (["portraits", "--ways", "some"], "unknown set of ways 'some'"),
        (["portraits", "--faces", "1"], "--faces"),
        (["portraits", "--encoder", "much"], "--encoder 'much' is no number of kimg"),
        (["portraits", "--encoder", "-1"], "encoder is -1.0 kimg"),
        (["portraits", "--data", "photos"], "say --encoder 20kimg"),
        ([], "Missing argument"),
    ],
)
def test_bad_input(args: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["adopt", *args]) == 2
    assert said in capsys.readouterr().err
