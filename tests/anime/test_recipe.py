"""GANs N' Roses under critics: every term moves its network; runs go on exactly, start, grow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from anime import toys
from mien import cli, images
from mien.anime import files
from mien.anime import recipe as recipes
from mien.anime.attributes import Told, shared, translated
from mien.anime.config import AnimeConfig
from mien.anime.content import move
from mien.anime.files import AnimeData
from mien.anime.recipe import AnimeRecipe, Judges, equivariance, learned
from mien.anime.tagger import anime_config
from mien.checkpoints import native
from mien.checkpoints.registry import open_checkpoint
from mien.errors import CheckpointError, ConfigMismatch, InputError, TrainingDiverged
from mien.hub.loading import load_anime
from mien.judges.frozen import FrozenFeatures
from mien.judges.tagger import Tagger
from mien.training import loop, state
from mien.training.random import StepRandom
from training import tiny

TINY = AnimeConfig(
    resolution=32, width=2, w_dim=8, d_resolution=32, mapping_layers=2, kimg=0.012, batch=4,
    copies=2,
    r1_interval=2, reconstruct_interval=2, seen=2, ema_kimg=0.05, seed=3,
)  # fmt: skip
CHANNELS, SIDES = ((6, 8), (8,)), ((17, 8), (4,))
OFTEN = loop.Cadence(tick_kimg=0.004, checkpoint_kimg=0.004, sample_kimg=1)


@pytest.fixture(scope="module", autouse=True)
def small_critics() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipes, "CHANNELS", CHANNELS)
        patch.setattr(recipes, "SIDES", SIDES)
        yield


class ToyFeatures(FrozenFeatures):
    """Two networks that see means of places, mixed to a few channels."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        source = torch.Generator().manual_seed(5)
        self.mix = [[torch.randn(c, 3, generator=source) for c in net] for net in CHANNELS]

    def forward(self, images: Tensor, deep: bool = True) -> list[list[Tensor]]:
        nets = zip(self.mix, SIDES, strict=True)
        return [
            [
                torch.einsum("ck,nkhw->nchw", m, functional.adaptive_avg_pool2d(images, side))
                for m, side in zip(net, sides, strict=True)
            ]
            for net, sides in list(nets)[: 2 if deep else 1]
        ]


def make_data(side: int = 32) -> AnimeData:
    rng = np.random.default_rng(0)
    sets = [rng.integers(0, 255, (n, side, side, 3), np.uint8) for n in (6, 5, 7)]
    return AnimeData({"a": sets[:2], "b": sets[2:]}, sets[0][:1])


def make_recipe(config: AnimeConfig = TINY, side: int = 32) -> AnimeRecipe:
    torch.manual_seed(0)
    taggers = (tiny.tagger(), Tagger(anime_config(32, 4)))
    return AnimeRecipe(config, make_data(side), Judges(ToyFeatures(), *taggers))


def tensors(folder: Path) -> dict[str, Tensor]:
    return dict(native.load(state.checkpoints(folder)[-1]).tensors)


@pytest.fixture(scope="module")
def whole(small_critics: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unbroken run."""
    folder = tmp_path_factory.mktemp("run") / "whole"
    assert [line["nimg"] for line in loop.run(make_recipe(), folder, OFTEN)] == [4, 8, 12]
    return folder


MEANT = {
    "G/b": ("a2b",),
    "G/a": ("b2a",),
    "equivariance/a": ("a2b",),
    "equivariance/b": ("b2a",),
    "cycle/a": ("a2b", "b2a"),
    "cycle/b": ("a2b", "b2a"),
    "consistency/a": ("a2b",),
    "consistency/b": ("b2a",),
    "style/b": ("a2b", "b2a"),
    "style/a": ("a2b", "b2a"),
    "perceptual/a": ("a2b", "b2a"),
    "perceptual/b": ("a2b", "b2a"),
    "alike/a": ("a2b",),
    "alike/b": ("b2a",),
    "C/b": ("a2b",),
    "C/a": ("b2a",),
    "attributes": ("a2b",),
}


def test_each_term_alone_moves_what_it_is_meant_for() -> None:
    recipe = make_recipe(replace(TINY, way_back=1))
    recipe.begin()
    for name in recipe.nets:
        recipe.nets[name].requires_grad_(name in ("a2b", "b2a"))
    found = {}
    for start in "ab":
        terms, _ = recipe.translate(start, StepRandom(0, 0))
        for term, value in terms.items():
            for name in ("a2b", "b2a"):
                wanted = list(recipe.nets[name].parameters())
                grads = torch.autograd.grad(value, wanted, retain_graph=True, allow_unused=True)
                found[term, name] = sum(float(g.norm()) for g in grads if g is not None)
    assert {term for term, _ in found} == MEANT.keys()
    assert {key for key, size in found.items() if size > 0} == {
        (term, name) for term, names in MEANT.items() for name in names
    }
    loss = recipe.reconstruct(StepRandom(0, 0))
    assert loss.isfinite()
    loss.backward()
    drawn = recipe.nets["a2b"].blocks[0].conv1.weight.grad
    assert drawn.norm() > 0
    assert recipe.nets["b2a"].encoder.fromrgb.weight.grad.norm() > 0


def test_a_step_moves_every_network() -> None:
    recipe = make_recipe(replace(TINY, way_back=1))
    recipe.begin()
    before = {name: snapshot(net) for name, net in recipe.modules().items()}
    terms = recipe.step(StepRandom(3, 0))
    assert {"D/a", "D/b", "R1/a", "R1/b", "critics/a", "critics/b", "reconstruct"} <= terms.keys()
    assert all(torch.isfinite(value) for value in terms.values())
    for name, network in recipe.modules().items():
        assert bool(moved(network, before[name])) == (name != "told"), name
    for kind in "ab":
        changed = moved(recipe.nets[f"critics_{kind}"], before[f"critics_{kind}"])
        assert not any(part in k.split(".") for k in changed for part in ("mix", "lift", "scale"))


def test_the_drawing_generator_stands_still_at_first() -> None:
    recipe = make_recipe(replace(TINY, lead_kimg=0.004))
    recipe.begin()
    before = {name: snapshot(recipe.nets[name]) for name in ("a2b", "b2a", "d_b", "critics_b")}
    recipe.step(StepRandom(3, 0))
    changed = {name for name, was in before.items() if moved(recipe.nets[name], was)}
    assert changed == {"b2a", "d_b", "critics_b"}
    recipe.step(StepRandom(3, 4))
    assert moved(recipe.nets["a2b"], before["a2b"])


def snapshot(network: nn.Module) -> dict[str, Tensor]:
    return {k: v.clone() for k, v in network.state_dict().items()}


def moved(network: nn.Module, before: dict[str, Tensor]) -> list[str]:
    return [k for k, v in network.state_dict().items() if not torch.equal(v, before[k])]


def test_a_stopped_run_is_the_unbroken_one(whole: Path, tmp_path: Path) -> None:
    first = make_recipe()
    list(loop.run(first, tmp_path, OFTEN, pause=lambda: first.nimg >= 8))
    list(loop.run(make_recipe(), tmp_path, OFTEN))
    one, other = tensors(whole), tensors(tmp_path)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    with pytest.raises(ConfigMismatch, match="started with width 2, now it is 4"):
        list(loop.run(make_recipe(replace(TINY, width=4)), tmp_path, OFTEN))


def test_the_model_is_exported_and_loads(whole: Path, tmp_path: Path) -> None:
    found = load_anime(files.export(whole, tmp_path / "anime.safetensors", {"data": ["x"]}))
    assert (found.meta["kimg"], found.meta["data"]) == (0.012, ["x"])
    assert found.config["reference"] is True
    x = torch.rand(1, 3, 32, 32) * 2 - 1
    assert found.network(x, found.network.style_of(x)).shape == x.shape
    newest = state.checkpoints(whole)[-1]
    assert open_checkpoint(newest, files.KIND).config == found.config
    kind = "gans-n-roses-discriminator"
    assert open_checkpoint(newest, kind).config["channels"] == [4, 8, 16]
    with pytest.raises(CheckpointError, match="without a StyleGAN2 generator"):
        open_checkpoint(newest, "stylegan2-generator")


def test_a_checkpoint_is_converted_from_the_command_line(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newest, out = state.checkpoints(whole)[-1], tmp_path / "anime.safetensors"
    asked = ["weights", "convert", str(newest), "--kind", "anime", "--out"]
    assert cli.main([*asked, str(out), "--half"]) == 0
    assert load_anime(out).config["channels"] == [6, 12, 24]
    assert cli.main([*asked, str(tmp_path / "anime.pt")]) == 2
    assert "--kind anime is written as .safetensors only" in capsys.readouterr().err


def test_a_run_starts_from_a_model(whole: Path, tmp_path: Path) -> None:
    path = files.export(whole, tmp_path / "m.safetensors")
    model, recipe = load_anime(path).network, make_recipe(replace(TINY, seed=9))
    files.start_from(recipe, path)
    x, z = torch.rand(1, 3, 32, 32), torch.ones(1, 8)
    for name in ("a2b", "ema_a2b"):
        torch.testing.assert_close(recipe.nets[name](x, z), model(x, z))
    _, style = recipe.nets["b2a"].encode(x)
    torch.testing.assert_close(style, model.style_of(x))
    with pytest.raises(ConfigMismatch, match="give the same width"):
        files.start_from(make_recipe(replace(TINY, width=4)), path)
    toys.write_directions(tmp_path / "d.safetensors", path)
    with pytest.raises(CheckpointError, match="a selfie-to-anime model or a checkpoint"):
        files.start_from(recipe, tmp_path / "d.safetensors")


def test_a_run_grows(whole: Path) -> None:
    path, small = state.checkpoints(whole)[-1], make_recipe()
    files.start_from(small, path)
    grown = make_recipe(replace(TINY, resolution=64), 64)
    files.start_from(grown, path)
    assert (grown.nets["ema_a2b"].blocks[-1].torgb.weight == 0).all()
    content, z = torch.rand(1, 24, 8, 8), torch.ones(1, 8)
    one = small.nets["a2b"].decode(content, z)
    other = functional.avg_pool2d(grown.nets["a2b"].decode(content, z), 2)
    assert (one - other).abs().mean() < 0.3 * one.abs().mean()
    assert grown.nets["a2b"](torch.rand(1, 3, 64, 64), z).isfinite().all()
    with pytest.raises(ConfigMismatch, match="halves pictures 2 times there and 4 times here"):
        files.start_from(make_recipe(replace(TINY, resolution=128), 128), path)


def test_numbers_that_are_not_finite_stop_a_run(tmp_path: Path) -> None:
    recipe = make_recipe()
    with torch.no_grad():
        recipe.nets["a2b"].encoder.fromrgb.weight.fill_(float("nan"))
    with pytest.raises(TrainingDiverged, match="nan at 0 images"):
        list(loop.run(recipe, tmp_path, OFTEN))


def test_selfies_take_turns() -> None:
    recipe, seen = make_recipe(), []
    for nimg in range(0, 24, 4):
        recipe.nimg = nimg
        rows = recipe._draw("a", 4, 2, torch.Generator().manual_seed(0)).rows
        assert rows[0] == rows[1]
        seen += rows[::2].tolist()
    assert sum(row < 6 for row in seen) == sum(row >= 6 for row in seen) == 6
    assert set(seen[::2]) == set(range(6))


def test_equivariance_is_nought_if_the_drawing_moves_along() -> None:
    recipe = make_recipe()
    coarse = torch.rand(2, 3, 6, 6, generator=torch.Generator().manual_seed(1)) * 2 - 1
    smooth = functional.interpolate(coarse, size=64, mode="bicubic")
    maps = recipe.movement.draw(6, torch.Generator().manual_seed(1))
    still = smooth.repeat_interleave(3, dim=0)
    along = move(still, maps)

    def draw(content: Tensor, z: Tensor) -> Tensor:
        """The drawing is the content."""
        return content

    z = torch.zeros(6, 8)
    apart = equivariance(draw, along, z, along, maps, 3)
    assert apart < 0.01
    assert equivariance(draw, still, z, still, maps, 3) > 20 * apart


def test_attributes_in_the_words_of_drawings() -> None:
    torch.manual_seed(0)
    selfie, anime = tiny.tagger(), Tagger(anime_config(32, 4)).eval()
    maps = shared(selfie.config, anime.config)
    assert set(maps) == {"glasses", "mouth", "hair_length", "eyes", "expression"}
    logits = {c: torch.full((1, len(v)), -20.0) for c, v in selfie.config.columns.items()}
    for column, value in {"glasses": 2, "mouth": 1, "hair_length": 4, "eyes": 0}.items():
        logits[column][0, value] = 20
    found = translated(logits, maps)
    assert found["glasses"][0, 1] > 0.999  # sunglasses
    assert found["mouth"][0, 1] > 0.999
    assert found["hair_length"].sum() == 0  # hidden: nothing is said
    told = Told(40, {c: m.shape[1] for c, m in maps.items()})
    pictures = np.random.default_rng(0).integers(0, 255, (40, 32, 32, 3), np.uint8)
    told.fill(selfie.eval(), maps, pictures)
    right = {c: (told.share(c)[:8] + 1e-9).log() for c in maps}
    wrong = {c: right[c].flip(1) for c in maps}
    rows = torch.arange(8)
    assert told.loss(right, rows) < told.loss(wrong, rows)
    with pytest.raises(InputError, match="share no column"):
        shared(replace(selfie.config, columns={"gender": ("f", "m")}), anime.config)


def test_the_verb_says_what_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["train", "anime", "--data", str(tmp_path), "--out", str(tmp_path / "x")]
    assert cli.main([*asked, "--batch", "5"]) == 2
    assert "a batch of 5 does not split into groups of 4" in capsys.readouterr().err
    assert cli.main(["train", "anime", "--help"]) == 0
    assert "--attributes" in capsys.readouterr().out


def test_data_is_read_from_folders(tmp_path: Path) -> None:
    for part, count in (("trainA", 3), ("trainB", 2), ("testA", 1)):
        for i in range(count):
            images.save(tmp_path / part / f"{i}.png", np.full((32, 32, 3), 9 * i, np.uint8))
    faces = [np.zeros((2, 32, 32, 3), np.uint8), np.zeros((3, 32, 32, 3), np.uint8)]
    found = AnimeData.open(tmp_path, 32, faces)
    assert [len(one) for one in found.sets["a"]] == [3, 5]
    assert [len(one) for one in found.sets["b"]] == [2]
    assert len(found.shown) == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"batch": 5}, "5 does not split into groups of 2 copies"),
        ({"copies": 1, "batch": 4}, "groups of 1 copies"),
        ({"precision": "fp8"}, "neither bf16 nor fp32"),
        ({"kimg": 0}, "kimg is 0"),
        ({"way_back": 2}, "way_back is 2"),
        ({"lr": 0}, "lr is 0"),
        ({"seen": 5}, "from 1 to the batch, 4"),
        ({"resolution": 48}, "not a power of two"),
    ],
)
def test_configurations_are_refused(change: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        replace(TINY, **change)


def test_shapes_of_what_ships() -> None:
    config = AnimeConfig()
    assert config.generator().channels == (16, 16, 48, 96, 192)
    assert config.discriminator().channels == (16, 32, 64, 128)
    assert replace(config, d_resolution=256).discriminator().resolution == 128
    assert replace(config, resolution=256).generator().content_side == 8
    json.dumps(config.__dict__)
    assert learned(nn.Linear(2, 2))
