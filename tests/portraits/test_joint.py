"""A generator that learns with its encoder: every term moves its network."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mien import images
from mien.checkpoints import native
from mien.data.training_set import TrainingSet
from mien.errors import CheckpointError, ConfigMismatch, InputError
from mien.portraits import joint_files
from mien.portraits.codes import CodeMoments
from mien.portraits.encoder import Encoder, EncoderConfig
from mien.portraits.joint import JointRecipe
from mien.portraits.joint_config import JointConfig
from mien.stylegan2.generator import Generator
from mien.training import loop, state
from mien.training.random import StepRandom
from training.recipes import Glance

TINY = JointConfig(
    resolution=64, kimg=0.016, batch=4, z_dim=16, w_dim=16, mapping_layers=2, channel_base=256,
    channel_max=8, warm_kimg=0.008, lead_kimg=0, ramp_kimg=0, crop=1, seed=3,
)  # fmt: skip
OFTEN = loop.Cadence(tick_kimg=0.004, checkpoint_kimg=0.004, sample_kimg=1)


def make_faces(folder):
    """Twelve pictures with labels."""
    rng = np.random.default_rng(0)
    table = "file\tgender\tglasses\tquality\n"
    for i in range(12):
        picture = rng.integers(0, 255, (8, 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        images.save(folder / "faces" / f"{i:05d}.png", picture)
        table += f"{i:05d}.png\t{'mf'[i % 2]}\t{'none' if i % 3 else 'glasses'}\tok\n"
    (folder / "faces_labels.tsv").write_text(table)
    return folder / "faces"


def make_recipe(folder, config=TINY):
    data = TrainingSet.open(folder, config.resolution, part="all")
    return JointRecipe(config, data, Glance())


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    return make_faces(tmp_path_factory.mktemp("data"))


def moved(network, before):
    return [k for k, v in network.state_dict().items() if not torch.equal(v, before[k])]


def snapshot(network):
    return {k: v.clone() for k, v in network.state_dict().items()}


@pytest.mark.parametrize("nimg", [0, 12])
def test_a_step_moves_what_it_is_meant_to_move(faces, nimg):
    recipe = make_recipe(faces)
    recipe.begin()
    recipe.nimg = nimg
    before = {name: snapshot(m) for name, m in recipe.modules().items()}
    stats = recipe.step(StepRandom(0, nimg))
    expected = {"loss/l1", "loss/unlike"}
    if nimg:
        expected |= {"loss/fooling", "loss/critics"}
    assert stats.keys() == expected
    synthesis = moved(recipe.G, before["G"])
    assert synthesis
    assert all(k.startswith("synthesis") for k in synthesis)
    assert moved(recipe.E, before["E"])
    critics = moved(recipe.C, before["C"])
    assert bool(critics) == bool(nimg)
    assert not any(part in k.split(".") for k in critics for part in ("mix", "lift", "scale"))
    assert recipe.nimg == nimg + 4
    share = TINY.settled if nimg else 1
    rates = [group["lr"] for group in recipe.g_opt.param_groups]
    assert rates == [share * TINY.lr, share * TINY.encoder_lr]


@pytest.mark.parametrize("judged", [0, 0.25, 0.5, 1])
def test_critics_see_as_many_faces_whatever_part_of_them_is_reconstructed(faces, judged):
    recipe = make_recipe(faces, replace(TINY, judged=judged))
    recipe.begin()
    _, shown = recipe.losses(StepRandom(0, 12))
    assert len(shown.fake) == TINY.batch


@pytest.mark.parametrize("judged", [0, 0.5])
@pytest.mark.parametrize("term", ["loss/l1", "loss/unlike", "loss/fooling"])
def test_each_term_alone_has_a_gradient(faces, term, judged):
    recipe = make_recipe(faces, replace(TINY, judged=judged))
    recipe.begin()
    terms, _ = recipe.losses(StepRandom(0, 12))
    terms[term].backward()
    moved = {
        name: sum(float(p.grad.abs().sum()) for p in network.parameters() if p.grad is not None)
        for name, network in (("G", recipe.G), ("E", recipe.E), ("C", recipe.C))
    }
    assert moved["G"] > 0
    assert (moved["E"] > 0) == (term != "loss/fooling" or judged > 0)
    assert moved["C"] == 0


def test_critics_do_not_pull_the_encoder(faces):
    pulls = []
    for adversarial in (0.3, 300):
        recipe = make_recipe(faces, replace(TINY, adversarial=adversarial, judged=1))
        recipe.begin()
        recipe.nimg = 12
        recipe.step(StepRandom(0, 12))
        pulls.append((snapshot(recipe.E), snapshot(recipe.G)))
    (E, G), (again, other) = pulls
    assert all(torch.equal(E[key], again[key]) for key in E)
    assert any(not torch.equal(G[key], other[key]) for key in G)


def test_growing_draws_the_same_faces_larger(faces, tmp_path):
    small = make_recipe(faces)
    list(loop.run(small, tmp_path / "small", OFTEN))
    large = make_recipe(faces, replace(TINY, resolution=128))
    joint_files.start_from(large, state.checkpoints(tmp_path / "small")[-1])
    w = torch.randn(2, 16)
    before, after = small._draw(small.average, w), large._draw(large.average, w)
    halved = torch.nn.functional.avg_pool2d(after, 2)
    assert (halved - before).abs().mean() < 0.1 * before.abs().mean()
    for name in ("E", "C"):
        a, b = small.modules()[name].state_dict(), large.modules()[name].state_dict()
        assert all(torch.equal(a[k], b[k]) for k in a), name
    assert large.memory.codes.abs().sum() > 0


def test_codes_of_all_photographs_are_those_of_the_encoder_as_it_stands(faces):
    recipe = make_recipe(faces)
    recipe.begin()
    recipe.E.norm.running_mean += 0.5
    before = recipe.E.norm.running_mean.clone()
    recipe.encode_all()
    codes = recipe.memory.codes
    assert torch.equal(before, recipe.E.norm.running_mean)
    again = recipe.encode(images.to_float(recipe.data.batch(np.arange(3))[0]))
    assert torch.allclose(again, codes[:3], atol=1e-3)
    assert all(p.requires_grad is False for p in recipe.average.parameters())


def test_a_wider_run_draws_the_same_faces_and_uses_what_is_new(faces, tmp_path):
    small = make_recipe(faces)
    path = tmp_path / "small.safetensors"
    native.save(path, "stylegan2-generator", small.average.state_dict(), {})
    wide = make_recipe(faces, replace(TINY, channel_base=512, channel_max=16))
    joint_files.start_from(wide, path)
    w = torch.randn(2, 16)
    wanted = small._draw(small.average, w)
    assert torch.allclose(wide._draw(wide.average, w), wanted, atol=1e-5)
    wide._draw(wide.G, w).square().mean().backward()
    for name, layer in wide.G.synthesis.named_modules():
        if getattr(layer, "weight", None) is not None and layer.weight.ndim == 4:
            new = layer.weight.grad[:, small.G.synthesis.get_submodule(name).weight.shape[1] :]
            assert new.numel() == 0 or new.abs().max() > 0, name
    native.save(path, "stylegan2-generator", wide.average.state_dict(), {})
    with pytest.raises(ConfigMismatch, match="as many channels or more"):
        joint_files.start_from(make_recipe(faces), path)


def test_a_run_of_another_shape_is_refused(faces, tmp_path):
    list(loop.run(make_recipe(faces), tmp_path, OFTEN))
    path = state.checkpoints(tmp_path)[-1]
    other = make_recipe(faces, replace(TINY, w_dim=8, z_dim=8))
    with pytest.raises(ConfigMismatch, match=r"\[16\].*\[8\]|16\].*8\]"):
        joint_files.start_from(other, path)
    native.save(tmp_path / "other.safetensors", "tagger", {"a": torch.zeros(1)}, {})
    with pytest.raises(CheckpointError, match="tagger"):
        joint_files.start_from(make_recipe(faces), tmp_path / "other.safetensors")


def _ws(w):
    return w[:, None].expand(-1, TINY.generator().num_ws, -1)


def test_a_finished_run_leaves_three_models(faces, tmp_path):
    recipe = make_recipe(faces)
    list(loop.run(recipe, tmp_path, OFTEN))
    before = recipe.average.synthesis.b64.torgb.affine.bias.clone()
    with torch.no_grad():  # what grows in a long run, since nothing holds it
        for tensor in (recipe.E.trunk[-1].weight, recipe.E.trunk[-1].bias):
            tensor.mul_(1000)
        recipe.E.norm.running_mean.mul_(1000)
        recipe.E.norm.running_var.mul_(1e6)
    joint_files.finish(tmp_path, recipe, {"data": "faces"})
    assert torch.equal(recipe.average.synthesis.b64.torgb.affine.bias, before)  # the run keeps its
    generator = native.load(tmp_path / "generator.safetensors", kind="stylegan2-generator")
    G = Generator(TINY.generator())
    G.load_state_dict(generator.tensors)
    assert G(torch.randn(2, 16)).shape == (2, 3, 64, 64)
    encoder = native.load(tmp_path / "encoder.safetensors", kind=joint_files.ENCODER)
    E = Encoder(EncoderConfig(**encoder.config))
    E.load_state_dict(encoder.tensors)
    codes = native.load(tmp_path / "codes.safetensors", kind=joint_files.CODES)
    moments = CodeMoments(**codes.config)
    moments.load_state_dict(codes.tensors)
    assert codes.meta["generator"] == native.sha256_file(tmp_path / "generator.safetensors")
    shift = moments.mean - recipe.memory.codes.mean(0)
    assert torch.allclose(moments.mean, G.mapping.w_avg, atol=1e-4)
    assert torch.allclose(E.norm.mean - recipe.E.norm.mean, shift, atol=0.01)
    picture = images.to_float(recipe.data.batch(np.arange(2))[0])
    wanted, recipe.E = recipe.encode(picture) + shift, E
    assert torch.allclose(recipe.encode(picture), wanted, atol=0.02)
    w = recipe.memory.codes[:4]
    wanted, drawn = recipe.average.synthesis(_ws(w), "none"), G.synthesis(_ws(w + shift), "none")
    assert (wanted - drawn).abs().mean() < 0.01 * wanted.std()
    # A new run goes on from generator and encoder; its critics are its own.
    again = make_recipe(faces)
    joint_files.start_from(again, tmp_path / "generator.safetensors")
    for name, network in (("encoder", again.E), ("generator", again.average)):
        stored = native.load(tmp_path / f"{name}.safetensors").tensors
        assert all(torch.equal(v, stored[k]) for k, v in network.state_dict().items()), name
    assert again.memory.codes.any()


def test_configurations_that_cannot_be():
    for wrong in (
        {"batch": 3},
        {"resolution": 32},
        {"precision": "fp8"},
        {"guided": 2},
        {"mixed": -1},
    ):
        with pytest.raises(InputError):
            replace(TINY, **wrong)


def test_critics_count_after_the_warm_part_and_their_lead():
    config = JointConfig(warm_kimg=10, lead_kimg=2, ramp_kimg=4, adversarial=0.3)
    weights = [config.critics_count(n) for n in (0, 11_000, 12_000, 14_000, 16_000, 90_000)]
    assert weights == pytest.approx([0, 0, 0, 0.15, 0.3, 0.3])
    assert [config.photographs_seen(n) for n in (4_000, 10_000, 12_000)] == [4_000, 10_000, 11_000]
