"""Adaptive discriminator augmentation: 18 transforms and the rule that sets their probability.

Karras, Aittala, Hellsten, Laine, Lehtinen, Aila: Training Generative Adversarial Networks with
Limited Data, 2020, §2–3 and App. B. As long as every transform is skipped often enough, the
generator does not learn to draw augmented pictures.

All randomness is drawn beforehand, for one picture a row (:func:`draw`), so that a batch gives the
same result however it is split over processes. The transforms are differentiable twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from mien.errors import InputError

BLIT = ("xflip", "rotate90", "xint")
GEOMETRY = ("scale", "rotate_before", "aniso", "rotate_after", "xfrac")
COLOUR = ("brightness", "contrast", "lumaflip", "hue", "saturation")
FILTER = ("band0", "band1", "band2", "band3")
CORRUPTION = ("noise", "cutout")
TRANSFORMS = BLIT + GEOMETRY + COLOUR + FILTER + CORRUPTION
"""Every transform; the two rotations, before and after the anisotropic scaling, count as one."""

GROUPS = {
    "b": BLIT,
    "g": GEOMETRY,
    "c": COLOUR,
    "f": FILTER,
    "n": ("noise",),
    "k": ("cutout",),
}
"""Letter -> transforms, so that ``bgc`` names the paper's default pipeline."""


@dataclass(frozen=True)
class AugmentConfig:
    """Which transforms run and how strong they are (App. B, Table 4).

    Args:
        groups: Letters of :data:`GROUPS`.
        scale_std: Standard deviation of log2 of the scale.
        rotate_max: Largest rotation, as a share of half a turn.
        xint_max: Largest integer translation, as a share of the picture.
        xfrac_std: Standard deviation of fractional translation, as a share of the picture.
        brightness_std: Of the added brightness.
        contrast_std: Of log2 of the contrast.
        hue_max: Largest hue rotation, as a share of half a turn.
        saturation_std: Of log2 of the saturation.
        band_std: Of log2 of a frequency band's gain.
        noise_std: Of the noise's own standard deviation.
        cutout_size: Side of the square cut out, as a share of the picture.
    """

    groups: str = "bgc"
    scale_std: float = 0.2
    rotate_max: float = 1
    xint_max: float = 0.125
    xfrac_std: float = 0.125
    brightness_std: float = 0.2
    contrast_std: float = 0.5
    hue_max: float = 1
    saturation_std: float = 1
    band_std: float = 1
    noise_std: float = 0.1
    cutout_size: float = 0.5

    def __post_init__(self) -> None:
        unknown = sorted(set(self.groups) - set(GROUPS))
        if unknown:
            raise InputError(
                f"augmentation group {unknown[0]!r} is none of {', '.join(GROUPS)}; take 'bgc'"
            )

    @property
    def transforms(self) -> tuple[str, ...]:
        """The transforms of the chosen groups, in the order in which they are applied."""
        return tuple(t for g, names in GROUPS.items() if g in self.groups for t in names)


@dataclass(frozen=True)
class Draws:
    """Random numbers for a batch, independent of p.

    ``gate`` ``[n, transforms]`` decides what runs, ``uniform`` in [0, 1) and standard ``normal``,
    both ``[n, transforms, 2]``, how strong; ``pixels`` ``[n]`` seeds the noise of each picture.
    """

    gate: Tensor
    uniform: Tensor
    normal: Tensor
    pixels: Tensor

    def select(self, rows: Tensor) -> Draws:
        """The draws of some pictures."""
        return Draws(self.gate[rows], self.uniform[rows], self.normal[rows], self.pixels[rows])


def draw(n: int, generator: torch.Generator | None = None) -> Draws:
    """Draw the random numbers of ``n`` pictures, on the CPU."""
    count = len(TRANSFORMS)
    return Draws(
        gate=torch.rand(n, count, generator=generator),
        uniform=torch.rand(n, count, 2, generator=generator),
        normal=torch.randn(n, count, 2, generator=generator),
        pixels=torch.randint(2**31, (n,), generator=generator),
    )


class _Warp(torch.autograd.Function):
    """Bicubic sampling that can be differentiated twice with respect to the picture.

    It is linear in the picture, so the derivative of its backward pass is the forward pass again.
    """

    @staticmethod
    def forward(ctx: Any, image: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(image, grid)
        return functional.grid_sample(
            image, grid, mode="bicubic", padding_mode="zeros", align_corners=False
        )

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        image, grid = ctx.saved_tensors
        return _WarpTransposed.apply(grads[0], image, grid), None  # type: ignore[return-value]


class _WarpTransposed(torch.autograd.Function):
    """The transpose of :class:`_Warp` at a fixed grid."""

    @staticmethod
    def forward(ctx: Any, grad: Tensor, image: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        return torch.ops.aten.grid_sampler_2d_backward(
            grad, image, grid, 2, 0, False, (True, False)
        )[0]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (grid,) = ctx.saved_tensors
        return _Warp.apply(grads[0], grid), None, None  # type: ignore[return-value]


def warp(image: Float[Tensor, "n 3 h w"], grid: Float[Tensor, "n y x 2"]) -> Tensor:
    """Sample a picture at the points of a grid in [-1, 1], zeros outside; double backward works.

    Cubic, so that flips, quarter turns and whole-pixel shifts are exact.
    """
    return _Warp.apply(image, grid)  # type: ignore[return-value]


def augment(
    image: Float[Tensor, "n 3 h w"],
    p: float,
    draws: Draws,
    config: AugmentConfig | None = None,
) -> Float[Tensor, "n 3 h w"]:
    """Apply each transform to each picture, in [-1, 1], with probability ``p``.

    ``draws`` are the random numbers of the batch, as :func:`draw` gives them.
    """
    config = config or AugmentConfig()
    if p <= 0:
        return image
    state = _Drawn(draws, p, config, image.device)
    image = _geometric(image, state)
    image = _colour(image, state)
    image = _filter_bands(image, state)
    return _corrupt(image, state)


class _Drawn:
    """The draws, seen through p: what a transform does to each picture, or its neutral value."""

    def __init__(self, draws: Draws, p: float, config: AugmentConfig, device: torch.device) -> None:
        self.draws, self.p, self.config, self.device = draws, p, config, device
        self.n = len(draws.gate)

    def _pick(self, name: str, value: Tensor, neutral: float) -> Tensor:
        column = TRANSFORMS.index(name)
        on = name in self.config.transforms
        # Either rotation alone happens with 1 - √(1 - p), so that any does with p (App. B).
        p = 1 - math.sqrt(1 - self.p) if name.startswith("rotate_") else self.p
        gate = (self.draws.gate[:, column] < p) & on
        while gate.ndim < value.ndim:
            gate = gate[..., None]
        return torch.where(gate, value, torch.full_like(value, neutral)).to(self.device)

    def uniform(self, name: str, low: float, high: float, neutral: float = 0) -> Tensor:
        """``[n, 2]`` uniform numbers, ``neutral`` where the transform is skipped."""
        value = self.draws.uniform[:, TRANSFORMS.index(name)] * (high - low) + low
        return self._pick(name, value, neutral)

    def normal(self, name: str, std: float) -> Tensor:
        """``[n, 2]`` normal numbers, zero where the transform is skipped."""
        return self._pick(name, self.draws.normal[:, TRANSFORMS.index(name)] * std, 0)


def _matrix(rows: list[list[Tensor | float]], n: int, device: torch.device) -> Tensor:
    """Stack scalars and ``[n]`` tensors into ``[n, rows, columns]``."""
    filled = [
        [
            v.float() if isinstance(v, Tensor) else torch.full([n], float(v), device=device)
            for v in r
        ]
        for r in rows
    ]
    return torch.stack([torch.stack(r, dim=-1) for r in filled], dim=-2)


def _geometric(image: Tensor, state: _Drawn) -> Tensor:
    """Blits and geometry as one warp; pictures that none of them touches are not resampled."""
    n, _, height, width = image.shape
    device, config = image.device, state.config
    eye = torch.eye(3, device=device).expand(n, 3, 3)

    def scaling(x: Tensor, y: Tensor) -> Tensor:
        return _matrix([[x, 0, 0], [0, y, 0], [0, 0, 1]], n, device)

    def rotation(angle: Tensor) -> Tensor:
        cos, sin = angle.cos(), angle.sin()
        return _matrix([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], n, device)

    def shift(x: Tensor, y: Tensor) -> Tensor:
        return _matrix([[1, 0, x], [0, 1, y], [0, 0, 1]], n, device)

    # The inverse map, from output to input, in [-1, 1] coordinates (App. B).
    flip = 1 - 2 * (state.uniform("xflip", 0, 2)[:, 0]).floor()
    quarter = state.uniform("rotate90", 0, 4)[:, 0].floor() * (math.pi / 2)
    whole = state.uniform("xint", -config.xint_max, config.xint_max) * 2
    whole = torch.round(whole * width / 2) * 2 / width
    size = torch.exp2(state.normal("scale", config.scale_std)[:, 0])
    turn = math.pi * config.rotate_max
    before = state.uniform("rotate_before", -turn, turn)[:, 0]
    stretch = torch.exp2(state.normal("aniso", config.scale_std)[:, 0])
    after = state.uniform("rotate_after", -turn, turn)[:, 0]
    part = state.normal("xfrac", config.xfrac_std) * 2
    inverse = (
        scaling(flip, torch.ones_like(flip))
        @ rotation(quarter)
        @ shift(whole[:, 0], whole[:, 1])
        @ scaling(1 / size, 1 / size)
        @ rotation(before)
        @ scaling(1 / stretch, stretch)
        @ rotation(after)
        @ shift(part[:, 0], part[:, 1])
    )

    # Resample only what moved, on a picture reflected far enough beyond its border.
    moved = (inverse - eye).abs().amax(dim=(1, 2)) > 1e-6
    rows = moved.nonzero()[:, 0]
    if not len(rows):
        return image
    margin = min(height, width) // 2
    padded = functional.pad(image[rows], [margin] * 4, mode="reflect")
    grid = functional.affine_grid(
        inverse[rows, :2], [len(rows), 3, height, width], align_corners=False
    )
    warped = warp(padded, grid * (width / (width + 2 * margin)))
    return image.index_copy(0, rows, warped.to(image.dtype))


def _colour(image: Tensor, state: _Drawn) -> Tensor:
    """One 4×4 colour matrix a picture."""
    if "c" not in state.config.groups:
        return image
    n, device, config = len(image), image.device, state.config
    eye = torch.eye(4, device=device)
    grey = torch.tensor([1.0, 1.0, 1.0, 0.0], device=device) / math.sqrt(3)
    onto_grey = torch.outer(grey, grey)

    bright = state.normal("brightness", config.brightness_std)[:, 0]
    contrast = torch.exp2(state.normal("contrast", config.contrast_std)[:, 0])
    flipped = state.uniform("lumaflip", 0, 2)[:, 0].floor()
    hue = state.uniform("hue", -math.pi * config.hue_max, math.pi * config.hue_max)[:, 0]
    saturation = torch.exp2(state.normal("saturation", config.saturation_std)[:, 0])

    ones: list[list[Tensor | float]] = [[1, 0, 0, bright], [0, 1, 0, bright], [0, 0, 1, bright]]
    matrix = _matrix([*ones, [0, 0, 0, 1]], n, device)
    diagonal = torch.stack([contrast, contrast, contrast, torch.ones_like(contrast)], dim=1)
    matrix = torch.diag_embed(diagonal) @ matrix
    matrix = (eye - 2 * onto_grey * flipped[:, None, None]) @ matrix
    matrix = _rotation_about(grey[:3], hue) @ matrix
    off_grey = torch.diag(torch.tensor([1.0, 1, 1, 0], device=device)) - onto_grey
    matrix = (eye + off_grey * (saturation - 1)[:, None, None]) @ matrix

    pixels = image.flatten(2)
    coloured = matrix[:, :3, :3] @ pixels.float() + matrix[:, :3, 3:]
    return coloured.to(image.dtype).reshape(image.shape)


def _rotation_about(axis: Tensor, angle: Tensor) -> Tensor:
    """Rodrigues' formula, as 4×4 homogeneous matrices ``[n, 4, 4]``."""
    n = len(angle)
    x, y, z = axis
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero]).reshape(3, 3)
    sin, cos = angle.sin()[:, None, None], angle.cos()[:, None, None]
    eye = torch.eye(3, device=axis.device)
    turn = eye * cos + cross * sin + torch.outer(axis, axis) * (1 - cos)
    matrix = torch.eye(4, device=axis.device).repeat(n, 1, 1)
    matrix[:, :3, :3] = turn
    return matrix


def _filter_bands(image: Tensor, state: _Drawn) -> Tensor:
    """Amplify or weaken four octaves of frequency, keeping the expected power (App. B)."""
    if "f" not in state.config.groups:
        return image
    # Laplacian pyramid: what each halving of the resolution takes away is an octave.
    power = torch.tensor([10.0, 1.0, 1.0, 1.0], device=image.device) / 13  # spectrum of photographs
    gain = torch.ones(len(image), 4, device=image.device)
    for band in range(4):
        t = torch.ones_like(gain)
        t[:, band] = torch.exp2(state.normal(f"band{band}", state.config.band_std)[:, 0])
        gain = gain * t / (power * t.square()).sum(dim=1, keepdim=True).sqrt()
    result, rest = torch.zeros_like(image), image
    for band in (3, 2, 1):
        low = functional.interpolate(
            functional.avg_pool2d(rest, 2), scale_factor=2, mode="bilinear", align_corners=False
        )
        octave = _restore(rest - low, image.shape[-1])
        result = result + octave * gain[:, band, None, None, None].to(image.dtype)
        rest = functional.avg_pool2d(low, 2)
    rest = _restore(rest, image.shape[-1])
    return result + rest * gain[:, 0, None, None, None].to(image.dtype)


def _restore(x: Tensor, size: int) -> Tensor:
    if x.shape[-1] == size:
        return x
    return functional.interpolate(x, size=(size, size), mode="bilinear", align_corners=False)


def _corrupt(image: Tensor, state: _Drawn) -> Tensor:
    height, width = image.shape[-2:]
    if "n" in state.config.groups:
        sigma = state.normal("noise", state.config.noise_std)[:, 0].abs()
        fields = []
        for seed in state.draws.pixels.tolist():
            source = torch.Generator().manual_seed(seed)
            fields.append(torch.randn(image.shape[1:], generator=source))
        noise = torch.stack(fields).to(image.device)
        image = image + (noise * sigma[:, None, None, None]).to(image.dtype)
    if "k" in state.config.groups:
        side = state.uniform("cutout", state.config.cutout_size, state.config.cutout_size)[:, 0]
        centre = state.uniform("cutout", 0, 1)
        y = (torch.arange(height, device=image.device) + 0.5) / height
        x = (torch.arange(width, device=image.device) + 0.5) / width
        inside_y = (y - centre[:, 1:]).abs() < side[:, None] / 2  # [n h]
        inside_x = (x - centre[:, :1]).abs() < side[:, None] / 2  # [n w]
        cut = inside_y[:, None, :, None] & inside_x[:, None, None, :]
        image = image.masked_fill(cut, 0)
    return image


@dataclass(frozen=True)
class AdaState:
    """The adaptation rule (§3.1): p follows how often the discriminator is sure of real pictures.

    ``sign_sum`` is the sum of sign(D(x)) over the ``count`` real pictures since the last
    adjustment; ``r_t`` the last measured mean sign, for the log.
    """

    p: float = 0
    sign_sum: float = 0
    count: float = 0
    r_t: float = 0

    def observe(self, sign_sum: float, count: float) -> AdaState:
        """Add what a batch of real pictures gave."""
        return replace(self, sign_sum=self.sign_sum + sign_sum, count=self.count + count)

    def adjust(self, target: float = 0.6, full_range_kimg: float = 500) -> AdaState:
        """Move p one step towards the target and start counting again.

        At most from 0 to 1 in ``full_range_kimg`` thousand pictures.
        """
        if not self.count:
            return self
        r_t = self.sign_sum / self.count
        step = self.count / (full_range_kimg * 1000)
        sign = (r_t > target) - (r_t < target)
        return AdaState(p=min(1.0, max(0.0, self.p + sign * step)), r_t=r_t)
