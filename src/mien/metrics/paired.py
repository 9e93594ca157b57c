"""How near a picture is to the picture it should be: pixel by pixel, and feature by feature.

Images are float NCHW in [-1, 1]. They are clipped to that range, as saving would, and compared
as [0, 1] in float64. Every function returns one value an image, ``[n]``: means and standard errors
are the caller's.

    n images · c channels · h, w size · k filter taps
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from mien.errors import InputError
from mien.judges.losses import map_distance, unit_vectors

_K1, _K2 = 0.01, 0.03
_GAUSSIAN_TAPS, _GAUSSIAN_SIGMA, _UNIFORM_TAPS = 11, 1.5, 7
_LPIPS_FLOOR = 1e-20  # of a squared length
_MS_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)

Window = Literal["gaussian", "uniform"]
"""SSIM's window: gaussian 11×11 with σ 1.5, or uniform 7×7."""


def _unit_range(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    if a.shape != b.shape or a.ndim != 4 or 0 in a.shape:
        raise InputError(
            f"images of shape {tuple(a.shape)} against {tuple(b.shape)}; two equal NCHW are needed"
        )
    pair = []
    for images in (a, b):
        bad = int((~images.isfinite()).flatten(1).any(dim=1).sum())
        if bad:
            raise InputError(f"{bad} of {images.shape[0]} images have values that are not finite")
        pair.append((images.detach().to("cpu", torch.float64).clamp(-1, 1) + 1) / 2)
    return pair[0], pair[1]


def mae(a: Float[Tensor, "n c h w"], b: Float[Tensor, "_n _c _h _w"]) -> Float[Tensor, " n"]:
    """Mean absolute difference of pixels in [0, 1]; lower is better."""
    x, y = _unit_range(a, b)
    return (x - y).abs().flatten(1).mean(dim=1)


def psnr(
    a: Float[Tensor, "n c h w"], b: Float[Tensor, "_n _c _h _w"], data_range: float = 1.0
) -> Float[Tensor, " n"]:
    """Peak signal-to-noise ratio in dB, 10·log₁₀(L² / MSE); higher is better, inf if equal.

    L is ``data_range``, the largest difference that counts as full scale, for pixels in [0, 1].
    """
    x, y = _unit_range(a, b)
    error = (x - y).square().flatten(1).mean(dim=1)
    return 10 * torch.log10(_checked_range(data_range) ** 2 / error)


def _checked_range(data_range: float) -> float:
    if not data_range > 0:
        raise InputError(f"data range {data_range}; it must be above 0 (1 for pixels in [0, 1])")
    return data_range


def _taps(window: Window) -> Tensor:
    if window == "uniform":
        return torch.full((_UNIFORM_TAPS,), 1 / _UNIFORM_TAPS, dtype=torch.float64)
    if window != "gaussian":
        raise InputError(f"unknown SSIM window {window!r} (known: gaussian, uniform)")
    offsets = torch.arange(_GAUSSIAN_TAPS, dtype=torch.float64) - _GAUSSIAN_TAPS // 2
    taps = torch.exp(-0.5 * (offsets / _GAUSSIAN_SIGMA) ** 2)
    return taps / taps.sum()


def _blur(images: Tensor, taps: Tensor) -> Tensor:
    # Only where the window lies inside: no padding is invented.
    channels = images.shape[1]
    rows = taps.reshape(1, 1, -1, 1).expand(channels, 1, -1, 1)  # [c 1 k 1]
    columns = taps.reshape(1, 1, 1, -1).expand(channels, 1, 1, -1)
    return functional.conv2d(
        functional.conv2d(images, rows, groups=channels), columns, groups=channels
    )


def _ssim_terms(
    x: Tensor, y: Tensor, taps: Tensor, data_range: float, correction: float = 1.0
) -> tuple[Tensor, Tensor]:
    # Means over pixels of SSIM and of its contrast-structure factor, [n c] each.
    if min(x.shape[2:]) < taps.numel():
        raise InputError(
            f"images of {x.shape[2]}×{x.shape[3]} under a window of {taps.numel()}×{taps.numel()}; "
            "compare larger images"
        )
    c1, c2 = (_K1 * data_range) ** 2, (_K2 * data_range) ** 2
    mean_x, mean_y = _blur(x, taps), _blur(y, taps)
    var_x = (_blur(x * x, taps) - mean_x**2) * correction
    var_y = (_blur(y * y, taps) - mean_y**2) * correction
    cov = (_blur(x * y, taps) - mean_x * mean_y) * correction
    structure = (2 * cov + c2) / (var_x + var_y + c2)
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return (luminance * structure).mean(dim=(2, 3)), structure.mean(dim=(2, 3))


def ssim(
    a: Float[Tensor, "n c h w"],
    b: Float[Tensor, "_n _c _h _w"],
    window: Window = "gaussian",
    data_range: float = 1.0,
    sample_covariance: bool = False,
) -> Float[Tensor, " n"]:
    """Structural similarity, k₁ 0.01 and k₂ 0.03 (Wang et al.

    2004); higher is better, 1 if equal. (2μₓμ_y + c₁)(2σₓ_y + c₂) / ((μₓ² + μ_y² + c₁)(σₓ² + σ_y² +
    c₂)) with cᵢ = (kᵢL)², mean over channels and over all places where the window lies inside the
    image. L is ``data_range``, for pixels in [0, 1]; TensorFlow's default for float images is 1 as
    well. ``sample_covariance`` divides by taps − 1, as scikit-image does for its uniform window.
    Raises InputError if shapes differ, values are not finite, or an image is smaller than the
    window.
    """
    x, y = _unit_range(a, b)
    taps = _taps(window)
    count = taps.numel() ** 2
    correction = count / (count - 1) if sample_covariance else 1.0
    return _ssim_terms(x, y, taps, _checked_range(data_range), correction)[0].mean(dim=1)


def ms_ssim(
    a: Float[Tensor, "n c h w"], b: Float[Tensor, "_n _c _h _w"], data_range: float = 1.0
) -> Float[Tensor, " n"]:
    """SSIM over five scales (Wang, Simoncelli & Bovik 2003); higher is better, 1 if equal.

    Gaussian window; contrast and structure at scales 1–4, all of SSIM at scale 5, each to the power
    of its published weight; negative factors count as 0; mean over channels. Raises InputError as
    :func:`ssim`; the shorter side must be at least 176 pixels.
    """
    x, y = _unit_range(a, b)
    smallest = _GAUSSIAN_TAPS * 2 ** (len(_MS_WEIGHTS) - 1)
    if min(x.shape[2:]) < smallest:
        raise InputError(
            f"images of {x.shape[2]}×{x.shape[3]}; MS-SSIM needs at least {smallest} pixels a side"
        )
    taps = _taps("gaussian")
    product = torch.ones(x.shape[:2], dtype=torch.float64)  # [n c]
    for scale, weight in enumerate(_MS_WEIGHTS):
        whole, structure = _ssim_terms(x, y, taps, _checked_range(data_range))
        last = scale == len(_MS_WEIGHTS) - 1
        product = product * (whole if last else structure).clamp(min=0) ** weight
        x, y = functional.avg_pool2d(x, 2), functional.avg_pool2d(y, 2)
    return product.mean(dim=1)


def keras_accuracy(
    a: Float[Tensor, "n c h w"], b: Float[Tensor, "_n _c _h _w"]
) -> Float[Tensor, " n"]:
    """Share of pixels whose strongest colour channel agrees; higher is better.

    That is what Keras computes for ``metrics=["accuracy"]`` on images of several channels. It says
    little about a picture and is here for comparison with studies that print it. Of equal channels
    the first counts as the strongest.
    """
    x, y = _unit_range(a, b)
    agree = x.argmax(dim=1) == y.argmax(dim=1)
    return agree.to(torch.float64).flatten(1).mean(dim=1)


def lpips_distance(
    features_a: Sequence[Tensor], features_b: Sequence[Tensor], linear: Sequence[Tensor] | None
) -> Float[Tensor, " n"]:
    """LPIPS from a trunk's feature maps and its linear weights (Zhang et al.

    2018, Eq. 1). Maps ``[n, cᵢ, hᵢ, wᵢ]``, a layer each, are scaled to length 1 over their
    channels; squared differences are weighted by channel (``linear``: ``cᵢ`` numbers in any shape;
    ``None`` is 1), averaged over places and summed over layers. Lower is better, 0 if equal. Raises
    InputError if layers, shapes or weights do not fit, or values are not finite.
    """
    weights = [None] * len(features_a) if linear is None else list(linear)
    if not features_a or not len(features_a) == len(features_b) == len(weights):
        raise InputError(
            f"{len(features_a)} and {len(features_b)} layers of features with {len(weights)} "
            "layers of weights; equal numbers, at least 1, are needed"
        )
    total = torch.zeros(features_a[0].shape[0], dtype=torch.float64)
    for layer, (a, b, weight) in enumerate(zip(features_a, features_b, weights, strict=True)):
        if a.shape != b.shape or a.ndim != 4:
            raise InputError(f"layer {layer}: maps {tuple(a.shape)} against {tuple(b.shape)}")
        heads = None if weight is None else channel_weights(weight, a.shape[1], layer)
        total = total + map_distance(_exact(a), _exact(b), heads, _LPIPS_FLOOR)
    return total


def perceptual_distance(
    features_a: Sequence[Tensor], features_b: Sequence[Tensor]
) -> Float[Tensor, " n"]:
    """:func:`lpips_distance` with unit weights: not LPIPS, name the judge with the number."""
    return lpips_distance(features_a, features_b, None)


def unit_channels(features: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """A map with the vector at each place scaled to length 1, float64; InputError for NaN."""
    return unit_vectors(_exact(features), _LPIPS_FLOOR)


def _exact(features: Tensor) -> Tensor:
    """A feature map in float64 on the CPU, for measuring only: no gradient goes through."""
    maps = features.detach().to("cpu", torch.float64)
    if not bool(maps.isfinite().all()):
        raise InputError("feature maps have values that are not finite")
    return maps


def channel_weights(weight: Tensor, channels: int, layer: int) -> Float[Tensor, "1 c 1 1"]:
    """LPIPS's linear weights of one layer, shaped to multiply a feature map; float64.

    Raises InputError if their number is not that of the channels, or one is negative or not finite.
    """
    if weight.numel() != channels:
        raise InputError(f"layer {layer}: {weight.numel()} linear weights for {channels} channels")
    flat = weight.detach().to("cpu", torch.float64).reshape(1, channels, 1, 1)
    if not bool((flat >= 0).all()) or not bool(flat.isfinite().all()):
        raise InputError(f"layer {layer}: linear weights of LPIPS are finite and never negative")
    return flat
