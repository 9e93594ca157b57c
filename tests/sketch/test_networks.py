"""Autoencoder, U-Net, residual generator and PatchGAN: numbers, sizes, losses, refusals."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from mien.errors import InputError
from mien.hub.loading import load, load_translator
from mien.sketch import losses
from mien.sketch.autoencoder import Autoencoder, AutoencoderConfig
from mien.sketch.cyclegan import ImagePool, ResnetConfig, ResnetGenerator
from mien.sketch.layers import InstanceNorm
from mien.sketch.pix2pix import PatchConfig, PatchDiscriminator, Unet, UnetConfig

FIXTURES = ("pix2pix_unet_256", "cyclegan_resnet_9blocks")


@pytest.mark.shared
@pytest.mark.parametrize("name", FIXTURES)
def test_equals_the_published_implementation(shared, tmp_path, name):
    numbers = np.load(shared / "fixtures" / f"{name}.npz", allow_pickle=False)
    for part in "GD":
        state = {
            key[2:]: torch.from_numpy(numbers[key])
            for key in numbers.files
            if key.startswith(f"{part}/")
        }
        torch.save(state, tmp_path / f"latest_net_{part}.pth")
    x = torch.from_numpy(numbers["io/x"]).float()
    given = {"x": x, "x,flip(x)": torch.cat([x, x.flip(3)], dim=1)}[str(numbers["io/d_in_is"])]
    generator = load_translator(tmp_path / "latest_net_G.pth")
    assert generator.config["ngf"] == 8
    assert generator.meta["format"] == "pytorch-CycleGAN-and-pix2pix"
    judge = load(tmp_path / "latest_net_D.pth", "translation-patch").network
    with torch.no_grad():
        made, logits = generator.network(x), judge(given)
    assert (made - torch.from_numpy(numbers["io/y_eval"])).abs().max() < 1e-4
    assert (logits - torch.from_numpy(numbers["io/d_eval"])).abs().max() < 1e-4


@pytest.mark.parametrize(
    ("network", "size"),
    [
        (Autoencoder(AutoencoderConfig(ngf=4, channel_max=8)), (192, 256)),
        (Autoencoder(AutoencoderConfig(ngf=4, channel_max=8, in_channels=1)), (256, 320)),
        (Unet(UnetConfig(ngf=4, channel_max=8, downs=6)), (64, 128)),
        (Unet(UnetConfig(ngf=4, downs=5, norm="instance", dropout=False)), (96, 32)),
        (ResnetGenerator(ResnetConfig(ngf=4, blocks=2)), (36, 20)),
        (ResnetGenerator(ResnetConfig(ngf=4, blocks=1, norm="batch", dropout=True)), (32, 32)),
    ],
)
def test_gives_the_size_that_it_was_given(network, size):
    image = torch.rand(2, network.config.in_channels, *size) * 2 - 1
    for training in (True, False):
        made = network.train(training)(image)
        assert made.shape == (2, 3, *size)
        assert made.abs().max() <= 1
    made.mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


def test_patches_see_seventy_pixels():
    judge = PatchDiscriminator(PatchConfig(in_channels=3, ndf=4)).eval()
    image = torch.rand(1, 3, 256, 256, requires_grad=True)
    logits = judge(image)
    assert logits.shape == (1, 1, 30, 30)
    logits[0, 0, 15, 15].backward()
    assert image.grad is not None
    rows = image.grad.abs().sum(dim=(0, 1, 3)).nonzero()
    assert int(rows.max() - rows.min()) + 1 == 70


def test_instance_norm_is_the_same_in_training_and_use():
    x = torch.randn(3, 5, 8, 9)
    norm = InstanceNorm()
    wanted = functional.instance_norm(x)
    assert torch.allclose(norm.train()(x), wanted, atol=1e-6)
    assert torch.allclose(norm.eval()(x), wanted, atol=1e-6)


def test_first_weights_are_small_and_biases_zero():
    network = Unet(UnetConfig(ngf=16, channel_max=32))
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d) and layer.weight.numel() > 1000:
            assert 0.015 < float(layer.weight.detach().std()) < 0.025
    drops = [layer for layer in network.modules() if isinstance(layer, nn.Dropout)]
    assert len(drops) == 3  # Isola et al. 2017, 6.1.1: CD512 three times, the innermost apart.


@pytest.mark.parametrize(
    ("network", "size"),
    [
        (Unet(UnetConfig(ngf=2, downs=5)), (48, 64)),
        (Autoencoder(AutoencoderConfig(ngf=2, channel_max=2)), (128, 128)),
        (ResnetGenerator(ResnetConfig(ngf=2, blocks=0)), (30, 32)),
    ],
)
def test_refuses_sizes_that_do_not_fit(network, size):
    with pytest.raises(InputError, match=f"{size[1]}×{size[0]} pixels do not fit"):
        network(torch.zeros(1, 3, *size))


@pytest.mark.parametrize(
    ("make", "values"),
    [
        (UnetConfig, {"norm": "layer"}),
        (UnetConfig, {"downs": 2}),
        (UnetConfig, {"ngf": 16, "channel_max": 8}),
        (PatchConfig, {"layers": 0}),
        (ResnetConfig, {"blocks": -1}),
        (AutoencoderConfig, {"ngf": 1}),
        (AutoencoderConfig, {"dropout": 0.99}),
    ],
)
def test_refuses_configurations(make, values):
    with pytest.raises(InputError):
        make(**values)


def test_adversarial_losses():
    logits = torch.tensor([[2.0, -1.0]])
    by_hand = functional.softplus(-logits).mean()
    assert torch.isclose(losses.adversarial_loss(logits, True, "bce"), by_hand)
    assert float(losses.adversarial_loss(logits, True, "lsgan")) == pytest.approx(2.5)
    both = losses.discriminator_loss(logits, logits, "lsgan")
    assert float(both) == pytest.approx((2.5 + 2.5) / 2)
    with pytest.raises(InputError, match="neither bce nor lsgan"):
        losses.check_adversary("wgan")


def test_feature_loss_is_zero_for_the_same_picture():
    conv = nn.Conv2d(3, 4, 3)
    image, other = torch.rand(2, 2, 3, 16, 16).unbind()
    image.requires_grad_()
    same = losses.feature_loss(lambda x: [conv(x)], image, image.detach())
    far = losses.feature_loss(lambda x: [conv(x), x], image, other)
    assert float(same.detach()) == 0
    assert float(far.detach()) > 0
    far.backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0


class Embedder(nn.Module):
    def embed(self, x):
        return x.flatten(1)


class Mapper(Embedder):
    def feature_maps(self, x):
        return [x, x[:, :, ::2, ::2]]


def test_judges_of_both_sorts():
    image, other = torch.rand(2, 2, 3, 16, 16).unbind()
    with pytest.raises(InputError, match="neither feature maps nor embeddings"):
        losses.judge_loss(nn.Identity(), image, other)
    assert float(losses.judge_loss(Embedder(), image, image)) == pytest.approx(0, abs=1e-6)
    assert float(losses.judge_loss(Embedder(), image, -image)) == pytest.approx(2, abs=1e-6)
    assert float(losses.judge_loss(Mapper(), image, -image)) == pytest.approx(4, abs=1e-5)


def test_pool_keeps_what_it_was_given():
    pool, source = ImagePool(5, 3, 4, 4), torch.Generator().manual_seed(0)
    images = torch.stack([torch.full((3, 4, 4), float(i)) for i in range(40)])
    first = pool.exchange(images[:5], source)
    assert torch.equal(first, images[:5])
    assert int(pool.filled) == 5
    later = pool.exchange(images[5:], source)
    olds = sum(bool(got.mean() != new.mean()) for got, new in zip(later, images[5:], strict=True))
    assert 10 < olds < 25  # about half of 35
    seen = {float(x.mean()) for x in later} | {float(x.mean()) for x in pool.images}
    assert seen <= {float(i) for i in range(40)}
    again = ImagePool(5, 3, 4, 4)
    again.load_state_dict(pool.state_dict())
    twins = [torch.Generator().manual_seed(7) for _ in range(2)]
    assert torch.equal(pool.exchange(images, twins[0]), again.exchange(images, twins[1]))
    assert torch.equal(ImagePool(0, 3, 4, 4).exchange(images, source), images)
