"""GANs N' Roses: the published numbers, shapes, and what is refused."""

import numpy as np
import pytest
import torch

from mien.anime.content import ContentAugment, is_inside, move, recolour
from mien.anime.generator import (
    GansNRosesConfig,
    RosesDiscriminator,
    RosesDiscriminatorConfig,
    RosesGenerator,
)
from mien.checkpoints.registry import convert
from mien.errors import CheckpointError, ConfigMismatch, InputError
from mien.hub.loading import load, load_anime, load_generator
from mien.judges.critics import critic_loss, fooling_loss

SMALL = GansNRosesConfig(32, (4, 8), w_dim=16, mapping_layers=2)


@pytest.fixture(scope="module")
def published(shared):
    stored = np.load(shared / "fixtures" / "gans_n_roses_256.npz")
    return {name: torch.from_numpy(stored[name]) for name in stored.files}


@pytest.fixture(scope="module")
def public_file(published, tmp_path_factory):
    """A checkpoint as the public program writes it, of the fixture's networks."""
    generator = {k[2:]: v for k, v in published.items() if k.startswith("G/")}
    judge = {k[2:]: v for k, v in published.items() if k.startswith("D/")}
    back = {name: value + 1 for name, value in generator.items()}
    path = tmp_path_factory.mktemp("public") / "roses.pt"
    torch.save({"G_A2B": generator, "G_B2A": back, "D_A": judge, "D_B": judge, "step": 3}, path)
    return path


@pytest.fixture(scope="module")
def loaded(public_file):
    return load_anime(public_file)


@pytest.mark.shared
def test_generator_is_the_published_one(loaded, published):
    x, G = published["io/x"].float(), loaded.network
    content, style = G.encode(x)
    assert (content - published["io/content"]).abs().max() < 1e-3
    assert (style - published["io/style"]).abs().max() < 1e-3
    assert (G.decode(content, published["io/z"]) - published["io/image_z"]).abs().max() < 1e-3
    assert (G.decode(content, style) - published["io/image_style"]).abs().max() < 1e-3
    assert torch.equal(G(x, style), G.decode(content, style))


@pytest.mark.shared
def test_discriminator_is_the_published_one(public_file, published):
    judge = load(public_file, "gans-n-roses-discriminator").network
    logits = judge(published["io/image_z"])  # what the fixture judged
    assert (logits.local - published["io/d_out0"]).abs().max() < 1e-3
    assert (logits.whole - published["io/d_out1"]).abs().max() < 1e-3
    assert (logits.spread - published["io/d_out2"]).abs().max() < 1e-3


@pytest.mark.shared
def test_sizes_are_read_off_the_tensors(loaded, public_file):
    assert loaded.config == {
        "resolution": 256, "channels": [8, 8, 8, 16, 16], "style_dim": 8, "w_dim": 512,
        "mapping_layers": 5, "residual_blocks": 1, "reference": True,
    }  # fmt: skip
    assert loaded.meta["part"] == "G_A2B"
    assert convert(public_file, "gans-n-roses-discriminator").config["head"] == 128


@pytest.mark.shared
def test_the_way_back_brings_the_style_encoder(loaded, published):
    style = loaded.network.style_of(published["io/x"].float())
    assert style.shape == (2, 8)
    weight = loaded.network.reference.fromrgb.weight
    assert torch.equal(weight, published["G/encoder.stem.0.0.weight"] + 1)


@pytest.mark.shared
def test_public_names_at_full_size(shared):
    import json

    from mien.checkpoints.formats.gans_n_roses import generator_rows

    listed = json.loads((shared / "fixtures" / "gans_n_roses_keys_256.json").read_text())
    with torch.device("meta"):
        own = {k: v.shape for k, v in RosesGenerator(GansNRosesConfig()).state_dict().items()}
    rows = {row.theirs: row.ours for row in generator_rows(frozenset(listed))}
    assert {name for name in listed if not name.endswith(".kernel")} == rows.keys()
    assert set(rows.values()) == own.keys()
    for theirs, ours in rows.items():
        assert [s for s in listed[theirs] if s != 1] == [s for s in own[ours] if s != 1]


@pytest.mark.shared
def test_public_file_is_no_stylegan2(public_file):
    with pytest.raises(CheckpointError, match="holds a GANs N' Roses generator, a StyleGAN2"):
        load_generator(public_file)


@pytest.mark.shared
def test_missing_parameters_are_listed(published, tmp_path):
    state = {k[2:]: v for k, v in published.items() if k.startswith("G/")}
    del state["conv1.conv.modulation.bias"]
    torch.save({"G_A2B": state}, tmp_path / "x.pt")
    with pytest.raises(ConfigMismatch, match=r"conv1.conv.modulation.bias is missing"):
        load_anime(tmp_path / "x.pt")


def test_shapes_and_style_space():
    torch.manual_seed(0)
    G = RosesGenerator(SMALL)
    content, style = G.encode(torch.randn(2, 3, 32, 32))
    assert content.shape == (2, 8, 16, 16)
    assert style.shape == (2, 8)
    w = G.map(style)
    styles = G.styles(w)
    assert [s.shape[1] for s in styles] == [8, 8, 8, 8, 8, 4, 4]
    assert torch.equal(G.synthesise(content, styles), G.decode(content, style))


def test_bfloat16_is_close():
    torch.manual_seed(0)
    G, x, z = RosesGenerator(SMALL), torch.randn(2, 3, 32, 32), torch.randn(2, 8)
    exact = G(x, z)
    near = G.compute_in(torch.bfloat16)(x, z)
    assert near.dtype == torch.float32
    assert (near - exact).abs().mean() < 0.02 * exact.abs().mean()


def test_spread_is_of_each_group():
    torch.manual_seed(0)
    D = RosesDiscriminator(RosesDiscriminatorConfig(32, (4, 8, 8), 1, head=8))
    x = torch.randn(4, 3, 32, 32)
    apart, together = D(x, 2), D(x)
    assert apart.spread.shape == (4, 1)
    assert torch.equal(apart.spread[0], apart.spread[1])
    assert not torch.equal(apart.spread[0], apart.spread[2])
    assert torch.allclose(D(x[:2]).spread, apart.spread[:2], atol=1e-5)
    assert torch.equal(apart.local, together.local)
    with pytest.raises(InputError, match="4 does not split into groups of 3"):
        D(x, 3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"resolution": 100}, "100 is not a power of two"),
        ({"channels": ()}, "must be one or more"),
        ({"channels": (4, 0)}, "positive"),
        ({"channels": (4,) * 5}, "4 down-samplings leave 2 of 32"),
        ({"style_dim": 0}, "style_dim is 0"),
        ({"residual_blocks": -1}, "residual_blocks is -1"),
    ],
)
def test_generator_configurations_are_refused(change, words):
    with pytest.raises(InputError, match=words):
        GansNRosesConfig(**{"resolution": 32, "channels": (4, 8), **change})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"resolution": 48}, "48 is not a power of two"),
        ({"channels": (4,)}, "two or more"),
        ({"channels": (4,) * 6}, "leave less than 2 of 32"),
        ({"local_down": 3}, "local_down is 3, and 3 channels allow 1 to 2"),
        ({"head": 0}, "head is 0"),
    ],
)
def test_discriminator_configurations_are_refused(change, words):
    with pytest.raises(InputError, match=words):
        RosesDiscriminatorConfig(
            **{"resolution": 32, "channels": (4, 8, 8), "local_down": 1, **change}
        )


def test_wrong_inputs_are_refused():
    G = RosesGenerator(SMALL)
    with pytest.raises(InputError, match="16×32, this encoder takes 32×32"):
        G.encode(torch.zeros(1, 3, 32, 16))
    with pytest.raises(InputError, match=r"style is \[1, 7\], this generator takes \[n, 8\]"):
        G.map(torch.zeros(1, 7))
    with pytest.raises(InputError, match="without the encoder that reads styles"):
        G.style_of(torch.zeros(1, 3, 32, 32))
    D = RosesDiscriminator(RosesDiscriminatorConfig(32, (4, 8, 8), 1, head=8))
    with pytest.raises(InputError, match="16×16, this discriminator takes 32×32"):
        D(torch.zeros(2, 3, 16, 16))


def test_content_moves_and_colours_stay():
    source = torch.Generator().manual_seed(0)
    still = ContentAugment(mirror=0).times(0).draw(2, source)
    x = torch.rand(2, 3, 16, 16) * 2 - 1
    assert torch.allclose(move(x, still), x, atol=1e-5)
    mirrored = ContentAugment(mirror=1).times(0).draw(2, source)
    assert torch.allclose(move(x, mirrored), x.flip(3), atol=1e-5)
    plain = torch.full((64, 3, 16, 16), 0.25)
    maps = ContentAugment().draw(64, source)
    assert torch.allclose(move(plain, maps), plain, atol=1e-5)
    assert not torch.allclose(move(x, maps[:2]), x, atol=0.1)


def test_what_a_moved_picture_shows_of_the_picture():
    half_right = torch.eye(3)
    half_right[0, 2] = 1  # Each place shows what lies half a picture to its right.
    inside = is_inside(torch.stack([torch.eye(3), half_right]), 16)
    assert inside.shape == (2, 1, 16, 16)
    assert inside[0].all()
    assert inside[1, 0, :, :8].all()
    assert not inside[1, 0, :, 8:].any()


def test_movement_is_differentiable_and_bounded():
    source = torch.Generator().manual_seed(0)
    x = torch.rand(8, 3, 16, 16, requires_grad=True)
    move(x, ContentAugment().draw(8, source)).sum().backward()
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()
    with pytest.raises(InputError, match=r"perspective is 0.5, but must be below 0.5"):
        ContentAugment(perspective=0.5)
    with pytest.raises(InputError, match="mirror is 2"):
        ContentAugment(mirror=2)
    with pytest.raises(InputError, match="shear is -1"):
        ContentAugment(shear=-1)


def test_recolour_leaves_shapes():
    source = torch.Generator().manual_seed(0)
    edge = torch.zeros(4, 3, 8, 8)
    edge[..., 4:] = 0.5
    changed = recolour(edge, source)
    assert torch.allclose(changed[..., 0], changed[..., 3])
    assert not torch.allclose(changed[..., 0], edge[..., 0])
    assert torch.allclose(recolour(edge, source, strength=0), edge, atol=1e-6)


def test_critic_losses_tell_apart():
    high, low = [torch.full((2, 1), 2.0)], [torch.full((2, 1), -2.0)]
    assert critic_loss(high, low) == 0
    assert critic_loss(low, high) == 6
    assert fooling_loss(high) == -2
