"""Shapes, spaces, seeds, precision and refusals of the two networks."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from mien.errors import InputError
from mien.stylegan2 import ops
from mien.stylegan2.discriminator import Discriminator, DiscriminatorConfig, minibatch_std
from mien.stylegan2.generator import Generator, GeneratorConfig, mix_styles
from mien.stylegan2.seeds import seed_latents


def small(resolution=32, **other):
    torch.manual_seed(0)
    shape = {"z_dim": 16, "w_dim": 16, "channel_base": 256, "channel_max": 16, "mapping_layers": 2}
    return Generator(GeneratorConfig(resolution, **{**shape, **other})).eval()


@pytest.mark.parametrize("resolution", [32, 64, 128])
def test_shapes(resolution):
    G = small(resolution)
    z = seed_latents([0, 1], 16)
    ws = G.map(z)
    assert ws.shape == (2, 2 * int(np.log2(resolution)) - 2, 16)
    image = G.synthesis(ws)
    assert image.shape == (2, 3, resolution, resolution)
    assert image.dtype == torch.float32
    D = Discriminator(DiscriminatorConfig(resolution, channel_base=256, channel_max=16))
    assert D(image).shape == (2, 1)


def test_published_counts():
    for resolution, num_ws in ((256, 14), (1024, 18)):
        assert GeneratorConfig(resolution).num_ws == num_ws
    with torch.device("meta"):
        G = Generator(GeneratorConfig(1024))
    assert sum(p.numel() for p in G.parameters()) == 30370060  # config F, as published: 30.37 M


def test_seeds_do_not_depend_on_the_batch():
    G = small()
    together = G(seed_latents(range(5), 16))
    for seed in range(5):
        alone = G(seed_latents([seed], 16))
        assert torch.allclose(together[seed : seed + 1], alone, atol=1e-5)
    expected = np.random.RandomState(3).randn(1, 16).astype(np.float32)
    assert np.array_equal(seed_latents([3], 16).numpy(), expected)
    with pytest.raises(InputError, match="seed -1"):
        seed_latents([-1], 16)


def test_styles_are_the_s_space():
    G = small()
    ws = G.map(seed_latents([0, 1], 16))
    styles = G.styles(ws)
    assert len(styles) == len(G.synthesis.affines) == len(G.synthesis.w_index) == 11
    assert torch.equal(G.synthesis.from_styles(styles), G.synthesis(ws))
    moved = [style.clone() for style in styles]
    moved[3][:, 0] += 1
    assert not torch.allclose(G.synthesis.from_styles(moved), G.synthesis(ws))


def test_truncation_and_mixing():
    G = small()
    G.mapping.w_avg.normal_()
    a, b = G.map(seed_latents([0, 1], 16)), G.map(seed_latents([2, 3], 16))
    assert torch.allclose(G.truncate(a, 0), G.mapping.w_avg.expand_as(a))
    part = G.truncate(a, 0, cutoff=3)
    assert torch.equal(part[:, 3:], a[:, 3:])
    mixed = mix_styles(a, b, torch.tensor([2, 8]))
    assert torch.equal(mixed[0, :2], a[0, :2])
    assert torch.equal(mixed[0, 2:], b[0, 2:])
    assert torch.equal(mixed[1], a[1])


def test_noise_kinds():
    G = small()
    for block in G.synthesis.blocks:
        for layer in block.layers:
            layer.noise_strength.data.fill_(0.5)
    ws = G.map(seed_latents([0], 16))
    assert torch.equal(G.synthesis(ws, "const"), G.synthesis(ws, "const"))
    assert not torch.equal(G.synthesis(ws, "random"), G.synthesis(ws, "random"))
    given = G.synthesis.draw_noise(1, torch.Generator().manual_seed(1))
    assert torch.equal(G.synthesis(ws, given), G.synthesis(ws, given))
    with pytest.raises(InputError, match="none of const, random, none"):
        G.synthesis(ws, "loud")


def test_labels_of_zeros_say_nothing():
    G = small(c_dim=5)
    z = seed_latents([0, 1], 16)
    assert torch.equal(G.mapping(z), G.mapping(z, torch.zeros(2, 5)))
    assert not torch.allclose(G.mapping(z), G.mapping(z, torch.eye(5)[:2]))
    with pytest.raises(InputError, match="has 4 numbers, this network takes 5"):
        G.mapping(z, torch.zeros(2, 4))


def test_modulation_equals_a_kernel_per_sample():
    torch.manual_seed(1)
    x, weight, style = torch.randn(2, 4, 8, 8), torch.randn(6, 4, 3, 3), torch.randn(2, 4)
    for up in (False, True):
        ours = ops.modulated_conv(x, weight, style, up=up)
        for i in range(2):
            kernel = weight * style[i][None, :, None, None]
            kernel = kernel * (kernel.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).rsqrt()
            if up:
                want = functional.conv_transpose2d(x[i : i + 1], kernel.transpose(0, 1), stride=2)
                want = ops.fir(want, pad=1, gain=4)
            else:
                want = functional.conv2d(x[i : i + 1], kernel, padding=1)
            assert torch.allclose(ours[i : i + 1], want, atol=1e-4)


def test_resampling_keeps_the_brightness():
    flat = torch.full((1, 2, 16, 16), 3.0)
    assert torch.allclose(ops.upsample(flat)[..., 4:-4, 4:-4], torch.tensor(3.0))
    assert torch.allclose(ops.downsample(flat)[..., 2:-2, 2:-2], torch.tensor(3.0))
    x = torch.randn(1, 2, 8, 8, dtype=torch.float64)
    spread = torch.zeros(1, 2, 16, 16, dtype=torch.float64)
    spread[:, :, ::2, ::2] = x
    padded = functional.pad(spread, (2, 1, 2, 1))
    assert torch.allclose(ops.upsample(x), ops.fir(padded, pad=0, gain=4))


def test_minibatch_std_groups():
    x = torch.randn(8, 3, 4, 4)
    got = minibatch_std(x, 4)
    group = x[[0, 2, 4, 6]]
    want = (group.var(dim=0, unbiased=False) + 1e-8).sqrt().mean()
    assert torch.allclose(got[0, 0, 0, 0], want)
    assert torch.equal(got[0], got[2])
    assert minibatch_std(x[:1].expand(4, -1, -1, -1), 4).max() < 1e-3
    with pytest.raises(InputError, match="6 does not split"):
        minibatch_std(x[:6], 4)


@pytest.mark.parametrize("channels_last", [False, True])
def test_bfloat16_is_close(channels_last):
    G = small()
    ws = G.map(seed_latents([0, 1], 16))
    exact = G.synthesis(ws)
    G.synthesis.dtype, G.synthesis.channels_last = torch.bfloat16, channels_last
    fast = G.synthesis(ws)
    assert (fast - exact).square().mean().sqrt() / exact.std() < 0.03


def test_double_backward_in_bfloat16():
    G, D = small(), Discriminator(DiscriminatorConfig(32, channel_base=256, channel_max=16))
    G.synthesis.dtype = D.dtype = torch.bfloat16
    ws = G.map(seed_latents([0, 1], 16)).detach().requires_grad_()
    (first,) = torch.autograd.grad(G.synthesis(ws).square().sum(), ws, create_graph=True)
    first.square().sum().backward()
    assert torch.isfinite(G.synthesis.b32.conv0.weight.grad).all()
    image = torch.randn(2, 3, 32, 32, requires_grad=True)
    (first,) = torch.autograd.grad(D(image).sum(), image, create_graph=True)
    first.square().sum().backward()
    assert D.b32.conv0.weight.grad.abs().sum() > 0


def test_plain_head_serves_empty_labels():
    torch.manual_seed(0)
    shape = {"channel_base": 256, "channel_max": 16, "c_dim": 5}
    image = torch.randn(4, 3, 32, 32)
    projected = Discriminator(DiscriminatorConfig(32, **shape))
    assert projected(image, torch.zeros(4, 5)).abs().max() < 1e-3
    headed = Discriminator(DiscriminatorConfig(32, plain_head=True, **shape))
    assert headed(image, torch.zeros(4, 5)).abs().max() > 1e-3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"resolution": 100}, "resolution 100 is not a power of two"),
        ({"resolution": 2048}, "resolution 2048"),
        ({"resolution": 64, "w_dim": 0}, "w_dim is 0"),
        ({"resolution": 64, "c_dim": -1}, "c_dim is -1"),
    ],
)
def test_refuses(values, message):
    with pytest.raises(InputError, match=message):
        GeneratorConfig(**values)


def test_refuses_wrong_shapes():
    G = small()
    with pytest.raises(InputError, match=r"ws is \[1, 3, 16\], this generator takes \[n, 8, 16\]"):
        G.synthesis(torch.zeros(1, 3, 16))
    D = Discriminator(DiscriminatorConfig(32, channel_base=256, channel_max=16))
    with pytest.raises(InputError, match="image is 64×64, this discriminator takes 32×32"):
        D(torch.zeros(1, 3, 64, 64))


def test_clamp_cuts_what_convolutions_give():
    free, cut = small(), small(conv_clamp=0.3)
    cut.load_state_dict(free.state_dict())
    found = {}

    def keep(name):
        return lambda module, inputs, output: found.__setitem__(name, output.abs().max().item())

    for name, module in cut.synthesis.named_modules():
        if hasattr(module, "clamp"):
            module.register_forward_hook(keep(name))
    z = seed_latents([0], 16)
    assert not torch.allclose(cut(z), free(z))
    assert len(found) == 4 * 3 - 1
    assert max(found.values()) <= 0.3 + 1e-6
    D = Discriminator(DiscriminatorConfig(32, 0, 256, 16, conv_clamp=0.3))
    assert {D.b32.conv0.clamp, D.b32.fromrgb.clamp, D.b4.conv.clamp} == {0.3}
    assert D.b32.conv1.clamp == pytest.approx(0.3 * 0.5**0.5)
    assert D.b32.skip.clamp is None
    with pytest.raises(InputError, match="conv_clamp"):
        GeneratorConfig(32, conv_clamp=float("nan"))


def test_work_of_an_image_is_counted():
    from torch.utils.flop_counter import FlopCounterMode

    G = small(64)
    with FlopCounterMode(display=False) as counted, torch.no_grad():
        G.synthesis(torch.zeros(1, G.num_ws, 16))
    assert G.synthesis.gflop * 1e9 == pytest.approx(counted.get_total_flops(), rel=0.02)
    assert GeneratorConfig(1024).gflop == pytest.approx(149, rel=0.03)
