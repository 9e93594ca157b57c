"""Where a run starts from: runs of ours, public files, and what does not fit either."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from checkpoints.foreign_networks import rosinality_discriminator, rosinality_generator
from checkpoints.nvlabs_pickles import network, snapshot
from mien import cli, images
from mien.checkpoints import native
from mien.data.training_set import TrainingSet
from mien.errors import CheckpointError, ConfigMismatch
from mien.hub.loading import load_generator
from mien.portraits.config import GanConfig
from mien.portraits.networks import build
from mien.portraits.start import grow_from, read_start
from mien.portraits.train import GanRecipe, export
from mien.stylegan2.discriminator import Discriminator, DiscriminatorConfig
from mien.stylegan2.generator import Generator, GeneratorConfig
from mien.training import loop, state
from mien.training.processes import launch

SHAPE = {"channel_base": 128, "channel_max": 8}
TINY = GanConfig(
    resolution=32, kimg=0.008, batch=4, z_dim=16, w_dim=16, mapping_layers=3, label_dim=0,
    precision="fp32", **SHAPE,
)  # fmt: skip


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "faces"
    rng = np.random.default_rng(0)
    for i in range(8):
        images.save(folder / f"{i:05d}.png", rng.integers(0, 255, (32, 32, 3), np.uint8))
    return folder


@pytest.fixture
def public(tmp_path):
    """A file as NVlabs' program leaves it: G, D, G_ema, with a clamp."""
    torch.manual_seed(5)
    shape = GeneratorConfig(32, 16, 16, mapping_layers=3, **SHAPE)
    G, ema = Generator(shape), Generator(shape)
    D = Discriminator(DiscriminatorConfig(32, **SHAPE))
    told = {"synthesis_kwargs": {"conv_clamp": 256}}
    path = tmp_path / "ffhq.pkl"
    path.write_bytes(
        snapshot(
            G=network("Generator", G.state_dict(), told),
            D=network("Discriminator", D.state_dict(), {"conv_clamp": 256}),
            G_ema=network("Generator", ema.state_dict(), told),
        )
    )
    return path, ema.state_dict(), D.state_dict()


def same(network, tensors):
    own = network.state_dict()
    return own.keys() == tensors.keys() and all(torch.equal(own[k], tensors[k]) for k in own)


def test_a_public_file_becomes_both_generators_and_the_discriminator(public):
    path, ema, judge = public
    start = read_start(path)
    config = replace(TINY, **start.sizes)
    assert (config.mapping_layers, config.conv_clamp) == (3, 256)
    start.check(config)
    nets = build(config)
    grow_from(nets, start)
    assert same(nets.G, ema)
    assert same(nets.ema, ema)
    assert same(nets.D, judge)
    assert nets.D.b32.conv0.clamp == nets.G.synthesis.b32.conv1.clamp == 256


def test_a_file_without_a_discriminator_starts_a_new_one(tmp_path):
    torch.save({"g_ema": rosinality_generator()}, tmp_path / "g.pt")
    start = read_start(tmp_path / "g.pt")
    assert "no discriminator" in start.notes[0]
    nets = build(replace(TINY, **start.sizes))
    before = {k: v.clone() for k, v in nets.D.state_dict().items()}
    grow_from(nets, start)
    assert same(nets.D, before)
    content = {"g_ema": rosinality_generator(), "d": rosinality_discriminator()}
    torch.save(content, tmp_path / "both.pt")
    nets = build(replace(TINY, **read_start(tmp_path / "both.pt").sizes))
    grow_from(nets, tmp_path / "both.pt")
    assert torch.equal(nets.D.b4.out.weight, content["d"]["final_linear.1.weight"])


@pytest.mark.parametrize(
    ("changed", "remedy"),
    [
        ({"mapping_layers": 2}, "it has 3 .*`mapping_layers=3`"),
        ({"mapping_layers": 4}, "it has 3 .*`mapping_layers=3`"),
        ({"w_dim": 8}, "`w_dim=16`"),
        ({"z_dim": 32}, "`z_dim=16`"),
        ({"channel_base": 64}, "`channel_base=128` `channel_max=8`"),
        ({"label_dim": 5}, "takes 0 labels, the data have 5; give `labels=none`"),
        ({"conv_clamp": None}, "clamps at 256"),
    ],
)
def test_other_sizes_name_the_option(public, changed, remedy):
    start = read_start(public[0])
    config = replace(TINY, **{**start.sizes, **changed})
    with pytest.raises(ConfigMismatch, match=remedy):
        start.check(config)


def test_layers_of_one_side_alone_are_refused(public):
    for layers in (2, 4):
        with pytest.raises(ConfigMismatch, match="give the same number of layers"):
            grow_from(build(replace(TINY, mapping_layers=layers)), public[0])
    large = GeneratorConfig(64, 16, 16, mapping_layers=3, **SHAPE)
    native.save(
        public[0].parent / "large.safetensors",
        "stylegan2-generator",
        Generator(large).state_dict(),
        {"resolution": 64, "z_dim": 16, "w_dim": 16, "mapping_layers": 3, **SHAPE},
    )
    with pytest.raises(ConfigMismatch, match="`resolution=64`"):
        read_start(public[0].parent / "large.safetensors").check(TINY)


def test_growing_a_public_file(public):
    start = read_start(public[0])
    nets = build(replace(TINY, **{**start.sizes, "resolution": 64}))
    grow_from(nets, start)
    assert torch.equal(
        nets.G.synthesis.b32.conv1.weight, start.tensors["G/synthesis.b32.conv1.weight"]
    )
    assert not nets.G.synthesis.b64.torgb.weight.any()


def test_a_run_goes_on_from_a_public_file(public, pictures, tmp_path):
    path, ema, _ = public
    data = TrainingSet.open(pictures, 32, labels=False, part="all")
    config = replace(TINY, **read_start(path).sizes)
    out = tmp_path / "run"
    recipe = GanRecipe(config, data, launch("cpu"), start=read_start(path))
    list(loop.run(recipe, out, loop.Cadence(0.004, 0.004, 1)))
    stored = native.load(state.checkpoints(out)[-1])
    assert stored.config["conv_clamp"] == 256
    before = ema["synthesis.b4.const"]
    assert (stored.tensors["G_ema/synthesis.b4.const"] - before).abs().max() < 0.1
    made = export(recipe, tmp_path / "g.safetensors")
    assert load_generator(made).config["conv_clamp"] == 256
    assert load_generator(state.checkpoints(out)[-1]).config["conv_clamp"] == 256
    assert read_start(out).sizes["mapping_layers"] == 3


def run(capsys, *args):
    code = cli.main(["train", "gan", *map(str, args)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_dry_run_looks_at_where_it_starts(public, pictures, tmp_path, capsys):
    common = ("--data", pictures, "--out", tmp_path / "x", "--part", "all", "--labels", "none")
    code, out, _ = run(capsys, *common, "--from", public[0], "--dry-run", "--json")
    assert code == 0
    config = json.loads(out)["config"]
    assert (config["resolution"], config["mapping_layers"], config["z_dim"]) == (32, 3, 16)
    assert config["conv_clamp"] == 256
    code, _, err = run(capsys, *common, "--from", public[0], "--mapping-layers", 2, "--dry-run")
    assert code == 2
    assert "it has 3 mapping layers, this run 2; give --mapping-layers 3" in err
    code, _, err = run(capsys, *common, "--from", tmp_path / "none.pkl", "--dry-run")
    assert code == 2
    assert "does not exist" in err
    with pytest.raises(CheckpointError, match="without a checkpoint"):
        read_start(pictures)
