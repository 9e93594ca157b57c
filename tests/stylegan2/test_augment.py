"""Adaptive augmentation: each transform, its gradients, and the rule for p."""

import pytest
import torch

from mien.errors import InputError
from mien.stylegan2.augment import (
    GROUPS,
    TRANSFORMS,
    AdaState,
    AugmentConfig,
    augment,
    draw,
    warp,
)

ALL = "".join(GROUPS)


def picture(n=4, size=16):
    source = torch.Generator().manual_seed(3)
    return torch.rand(n, 3, size, size, generator=source) * 2 - 1


def test_there_are_eighteen():
    rotations = [name for name in TRANSFORMS if name.startswith("rotate_")]
    assert len(TRANSFORMS) - len(rotations) + 1 == 18


def test_p_zero_changes_nothing_and_p_one_everything():
    image, draws = picture(), draw(4, torch.Generator().manual_seed(0))
    assert torch.equal(augment(image, 0, draws, AugmentConfig(ALL)), image)
    changed = augment(image, 1, draws, AugmentConfig(ALL))
    assert ((changed - image).abs().amax(dim=(1, 2, 3)) > 1e-3).all()


@pytest.mark.parametrize("group", list(GROUPS))
def test_each_group_acts(group):
    image, draws = picture(16), draw(16, torch.Generator().manual_seed(1))
    moved = (augment(image, 1, draws, AugmentConfig(group)) - image).abs().amax(dim=(1, 2, 3))
    assert (moved > 1e-3).float().mean() > 0.7


def test_draws_belong_to_the_picture():
    image, draws = picture(8), draw(8, torch.Generator().manual_seed(2))
    whole = augment(image, 0.6, draws, AugmentConfig(ALL))
    rows = torch.tensor([5, 1, 6])
    part = augment(image[rows], 0.6, draws.select(rows), AugmentConfig(ALL))
    assert torch.allclose(whole[rows], part, atol=1e-5)


def test_share_of_pictures_follows_p():
    image, draws = picture(400, 8), draw(400, torch.Generator().manual_seed(4))
    flips = AugmentConfig("k")
    moved = (augment(image, 0.3, draws, flips) - image).abs().amax(dim=(1, 2, 3)) > 0
    assert abs(float(moved.float().mean()) - 0.3) < 0.08


def test_blits_are_exact():
    image = picture(32)
    turned = augment(image, 1, draw(32, torch.Generator().manual_seed(5)), AugmentConfig("b"))
    shifts = [(y, x) for y in range(-2, 3) for x in range(-2, 3)]
    inner = slice(3, 13)
    for before, after in zip(image, turned, strict=True):
        flips = [before, before.flip(2)]
        variants = [v.rot90(k, (1, 2)) for v in flips for k in range(4)]
        errors = [
            (v.roll(by, (1, 2)) - after)[:, inner, inner].abs().max()
            for v in variants
            for by in shifts
        ]
        assert min(errors) < 1e-3


def test_colour_keeps_grey_grey():
    grey = torch.rand(8, 1, 6, 6).expand(8, 3, 6, 6) * 2 - 1
    out = augment(grey, 1, draw(8, torch.Generator().manual_seed(6)), AugmentConfig("c"))
    assert torch.allclose(out, out.mean(dim=1, keepdim=True).expand_as(out), atol=1e-4)


def test_filter_keeps_expected_power():
    noise = torch.randn(200, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    out = augment(noise, 1, draw(200, torch.Generator().manual_seed(7)), AugmentConfig("f"))
    assert torch.isfinite(out).all()
    assert 0.3 < float(out.square().mean() / noise.square().mean()) < 4


def test_gradients_twice():
    image = picture(3, 8).double().requires_grad_()
    grid = torch.rand(3, 6, 6, 2, dtype=torch.float64) * 2.2 - 1.1
    assert torch.autograd.gradcheck(lambda x: warp(x, grid), image)
    assert torch.autograd.gradgradcheck(lambda x: warp(x, grid).square(), image)


def test_r1_through_the_pipeline():
    image = picture().requires_grad_()
    out = augment(image, 0.8, draw(4, torch.Generator().manual_seed(8)), AugmentConfig(ALL))
    (gradient,) = torch.autograd.grad(out.pow(3).sum(), image, create_graph=True)
    gradient.square().sum().backward()
    assert torch.isfinite(image.grad).all()
    assert image.grad.abs().sum() > 0


def test_p_follows_the_sign():
    state = AdaState().observe(sign_sum=40, count=40).adjust(0.6, 500)
    assert state.p == pytest.approx(40 / 500_000)
    assert state.count == 0
    assert state.r_t == 1
    lower = state.observe(-40, 40).adjust(0.6, 500)
    assert lower.p == 0
    assert AdaState(p=1).observe(40, 40).adjust().p == 1
    assert AdaState(p=0.5).adjust() == AdaState(p=0.5)


def test_unknown_group():
    with pytest.raises(InputError, match="group 'x' is none of"):
        AugmentConfig("bx")
