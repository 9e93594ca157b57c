"""Augmentation for critics: differentiable, decided by a seed, each picture its own way."""

import torch

from mien.stylegan2.diff_augment import diff_augment


def source(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_seed_decides():
    x = torch.rand(3, 3, 32, 32) * 2 - 1
    assert torch.equal(diff_augment(x, source()), diff_augment(x, source()))
    assert not torch.equal(diff_augment(x, source()), diff_augment(x, source(1)))


def test_equal_pictures_become_different():
    x = (torch.rand(1, 3, 32, 32) * 2 - 1).expand(4, -1, -1, -1)
    y = diff_augment(x, source())
    assert all((y[i] - y[0]).abs().mean() > 0.05 for i in range(1, 4))


def test_gradients_reach_most_pixels():
    x = (torch.rand(2, 3, 32, 32) * 2 - 1).requires_grad_()
    diff_augment(x, source()).square().sum().backward()
    assert (x.grad != 0).float().mean() > 0.5


def test_cutout_takes_a_third_of_the_side_in_about_half():
    y = diff_augment(torch.ones(200, 3, 48, 48), source())
    holes = (y == 0).all(dim=1).flatten(1).sum(1)
    assert 60 < int((holes > 0).sum()) < 140
    assert int(holes.max()) <= 16 * 16


def test_with_probability_0_only_mirroring_is_left():
    x = torch.rand(40, 3, 16, 16) * 2 - 1
    y = diff_augment(x, source(), p=0)
    same = (y - x).abs().amax(dim=(1, 2, 3)) < 1e-4
    flipped = (y - x.flip(3)).abs().amax(dim=(1, 2, 3)) < 1e-4
    assert bool((same | flipped).all())
    assert 8 < int(same.sum()) < 32
