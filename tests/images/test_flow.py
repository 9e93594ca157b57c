"""Optical flow on motions that are known, and beside scikit-image's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from mien.errors import InputError
from mien.images.flow import optical_flow, visible, warp

ndimage = pytest.importorskip("scipy.ndimage")

SIDE, PAD = 96, 40
MIDDLE = (SIDE - 1) / 2
Motion = Callable[[np.ndarray, np.ndarray], np.ndarray]


def texture(seed: int) -> np.ndarray:
    """A random picture with detail of three sizes, 0 to 1, larger than the frames."""
    random = np.random.RandomState(seed)
    side = SIDE + 2 * PAD
    layers = [
        ndimage.gaussian_filter(random.randn(side, side, 3), (k, k, 0)) * k for k in (1.5, 4, 10)
    ]
    total = np.sum(layers, axis=0)
    return (total - total.min()) / (total.max() - total.min())


def pair(motion: Motion, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """Frames a and b in [-1, 1], and the flow from a to b."""
    large = texture(seed)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    flow = motion(x, y)
    places = [y + flow[1] + PAD, x + flow[0] + PAD]
    a = np.stack([ndimage.map_coordinates(large[..., c], places, order=3) for c in range(3)])
    b = large[PAD : PAD + SIDE, PAD : PAD + SIDE].transpose(2, 0, 1)
    return as_image(a), as_image(b), flow


def as_image(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).float()[None] * 2 - 1


def shifted(dx: float, dy: float) -> Motion:
    return lambda x, y: np.stack([0 * x + dx, 0 * y + dy])


def turned(degrees: float, scale: float = 1) -> Motion:
    turn = scale * np.exp(1j * np.deg2rad(degrees)) - 1

    def motion(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        moved = turn * ((x - MIDDLE) + 1j * (y - MIDDLE))
        return np.stack([moved.real, moved.imag])

    return motion


def waving(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.stack([3 * np.sin(x / 20), 2 * np.cos(y / 17)])


MOTIONS = {
    "none": shifted(0, 0),
    "shift": shifted(2.3, -1.7),
    "long shift": shifted(12, 5),
    "rotation": turned(3),
    "zoom": turned(0, 1.05),
    "waves": waving,
}


@pytest.mark.parametrize("name", MOTIONS)
def test_known_motions(name: str) -> None:
    a, b, truth = pair(MOTIONS[name])
    error = np.linalg.norm(optical_flow(a, b)[0].numpy() - truth, axis=0)
    assert error.mean() < 0.08
    assert np.quantile(error, 0.95) < 0.3


@pytest.mark.parametrize("name", ["rotation", "zoom", "waves"])
def test_no_worse_than_scikit_image(name: str) -> None:
    registration = pytest.importorskip("skimage.registration")
    a, b, truth = pair(MOTIONS[name], seed=1)
    grey = [image[0].mean(dim=0).double().numpy() for image in (a, b)]
    theirs = registration.optical_flow_ilk(*grey, radius=7)[::-1]
    ours = optical_flow(a, b)[0].numpy()
    errors = [np.linalg.norm(flow - truth, axis=0).mean() for flow in (ours, theirs)]
    assert errors[0] < errors[1]


def test_warping_undoes_the_motion() -> None:
    a, b, truth = pair(waving)
    flow = torch.from_numpy(truth).float()[None]
    inside = np.s_[..., 6:-6, 6:-6]
    assert (warp(b, flow) - a)[inside].abs().max() < 0.05
    assert (b - a)[inside].abs().mean() > 5 * (warp(b, flow) - a)[inside].abs().mean()
    torch.testing.assert_close(warp(b, torch.zeros(1, 2, SIDE, SIDE)), b, atol=1e-5, rtol=0)


def test_a_shift_of_whole_pixels_is_exact() -> None:
    image = torch.rand(1, 3, 16, 20)
    moved = warp(image, torch.tensor([2.0, -3.0]).reshape(1, 2, 1, 1).expand(1, 2, 16, 20))
    torch.testing.assert_close(moved[:, :, 3:, :18], image[:, :, :13, 2:])


def test_what_leaves_the_picture_is_not_visible() -> None:
    flow = torch.tensor([4.0, 0.0]).reshape(1, 2, 1, 1).expand(1, 2, 16, 20)
    assert visible(flow, -flow)[0].all(dim=0).tolist() == [True] * 16 + [False] * 4
    assert not visible(flow, flow).any()  # there and not back


def test_what_is_covered_is_not_visible() -> None:
    """A square moves over a ground that rests: what it covers next is not seen twice."""
    ground, square = (
        as_image(texture(0).transpose(2, 0, 1)),
        as_image(texture(5).transpose(2, 0, 1)),
    )
    frames = []
    for x in (30, 38):
        frame = ground[..., :SIDE, :SIDE].clone()
        frame[..., 30:60, x : x + 30] = square[..., 50:80, 50:80]
        frames.append(frame)
    seen = visible(optical_flow(*frames), optical_flow(*reversed(frames)))[0]
    assert seen[32:58, 62:66].double().mean() < 0.5
    assert seen[:20].double().mean() > 0.97
    assert seen[34:56, 34:56].double().mean() > 0.75


def test_pairs_in_a_batch_are_independent() -> None:
    a, b, _ = pair(shifted(2, 1))
    c, d, _ = pair(turned(2), seed=3)
    both = optical_flow(torch.cat([a, c]), torch.cat([b, d]))
    torch.testing.assert_close(both[:1], optical_flow(a, b), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(both[1:], optical_flow(c, d), atol=1e-4, rtol=1e-4)


def test_flat_pictures_do_not_move() -> None:
    assert optical_flow(torch.zeros(1, 3, 24, 24), torch.zeros(1, 3, 24, 24)).abs().max() == 0


def test_odd_sizes_and_small_ones() -> None:
    image = torch.rand(1, 3, 37, 51)
    assert optical_flow(image, image).shape == (1, 2, 37, 51)
    with pytest.raises(InputError, match="11x40; at least 12x12"):
        optical_flow(torch.zeros(1, 3, 40, 11), torch.zeros(1, 3, 40, 11))
