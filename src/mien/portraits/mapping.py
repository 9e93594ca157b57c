"""z -> w, written for the Gaussian of a generator's codes once the codes are known.

The mapping network of StyleGAN2 is made of leaky ReLUs, which are straight lines where nothing is
negative. So w is moved until it is positive (which the generator does not notice: the move is taken
out of its affine layers), and the Gaussian of :mod:`mien.portraits.codes` is written into the
layers as it is:

    G(z, c) has the code  μ + z Σ^½ + c B + K

Regression cannot do that: what it leaves as an error is small beside the largest directions of
codes and large beside the smallest, which decide about skin and hair as well.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mien.attributes import COLUMNS, LABELS, column_slice
from mien.portraits.codes import CodeMoments
from mien.portraits.encoder import CodeNorm
from mien.stylegan2.generator import Generator
from mien.stylegan2.ops import LRELU_GAIN, FullyConnected

_REACH = 6.0  # standard deviations of a code below its mean that are still positive
_SUBSETS = 256
_FAINT = 1 / 32  # of an embedded label beside the constant that it is normalised with


@torch.no_grad()
def write_mapping(G: Generator, moments: CodeMoments, spread: float = 1.0) -> Float[Tensor, " d"]:
    """Write the Gaussian of codes into ``G.mapping`` and take K, which is returned, out of G.

    A code w of before is w + K now: :func:`moved` says so to what else knows codes; the mean w
    changes too. The same z, normalised, gives the code that :meth:`CodeGaussian.draw` gives of it
    without labels, at ``spread`` times their spread. Numbers are those that 16 bits can hold, so
    that a file of half precision is exact too.
    """
    mapping, width = G.mapping, moments.w_dim
    covariance = moments.cov_ww.double().cpu()
    values, vectors = torch.linalg.eigh(covariance)
    sizes = spread * values.clamp(min=0).sqrt()
    if mapping.z_dim >= width:
        root = torch.zeros(mapping.z_dim, width, dtype=torch.float64)
        root[:width] = (vectors * sizes) @ vectors.T
    else:  # The directions in which codes differ most.
        root = (vectors * sizes).T[-mapping.z_dim :]
    centre = _REACH * covariance.diagonal().clamp(min=1e-12).sqrt()
    first = root
    if mapping.c_dim:
        first = torch.cat([root, _write_labels(mapping.embed, label_slope(moments))])
    same = torch.eye(width, dtype=torch.float64)
    for i in range(mapping.layers):
        matrix, offset = (same, torch.zeros_like(centre)) if i else (first, centre)
        _write_layer(getattr(mapping, f"fc{i}"), matrix, offset)
    mean = mapping(mapping.w_avg.new_zeros(1, mapping.z_dim))[0].half().float()
    mapping.w_avg.copy_(mean)
    shift = mean - moments.mean
    for module in G.synthesis.modules():
        affine = getattr(module, "affine", None)
        if isinstance(affine, FullyConnected):
            affine.weight.copy_(affine.weight.half())
            taken = affine.weight.double() @ shift.double() * affine.weight_gain
            affine.bias.sub_((taken / affine.bias_gain).to(affine.bias))
    return shift


@torch.no_grad()
def moved(moments: CodeMoments, norm: CodeNorm, shift: Float[Tensor, " d"]) -> None:
    """Tell moments of codes and an encoder's last layer that codes are w + ``shift`` now."""
    moments.mean.add_(shift)
    norm.mean.add_(shift)


def label_slope(moments: CodeMoments, seed: int = 0) -> Float[Tensor, "l d"]:
    """B of partial labels: w = μ + c B + …, where c is zero for what is not told.

    The least squares over many sets of told columns, with the ridge of the moments. With the share
    P of sets that tell both labels (on its diagonal p, that tell one) and the mean m of labels,

        B = (P ∘ (C_ll + m mᵀ) + λ)⁻¹ (p ∘ C_lw)
    """
    rng = np.random.default_rng(seed)
    told = torch.stack([_told(rng, moments.label_dim) for _ in range(_SUBSETS)]).double()
    both = told.T @ told / _SUBSETS
    mean = moments.label_mean.double().cpu()
    inner = both * (moments.cov_ll.double().cpu() + mean[:, None] * mean)
    inner += moments.ridge / float(moments.count) * torch.eye(len(mean), dtype=torch.float64)
    known = both.diagonal()[:, None] * moments.cov_lw.double().cpu()
    return torch.linalg.solve(inner, known)


def _write_labels(embed: FullyConnected, slope: Tensor) -> Tensor:
    """Embed labels so that the normalisation behind hardly bends them; what follows gives c B.

    Returns ``[embedded, d]``, by which the normalised embedding is multiplied.
    """
    embedded = len(embed.weight)
    left, size, right = torch.linalg.svd(slope, full_matrices=False)
    kept = min(len(size), embedded - 1)
    embed.weight.zero_()
    embed.bias.zero_()
    embed.weight[:kept] = (_FAINT / embed.weight_gain * left[:, :kept].T).to(embed.weight)
    embed.bias[-1] = 1 / embed.bias_gain
    after = torch.zeros(embedded, slope.shape[1], dtype=torch.float64)
    after[:kept] = size[:kept, None] * right[:kept] / (_FAINT * math.sqrt(embedded))
    return after


def _write_layer(layer: FullyConnected, matrix: Tensor, offset: Tensor) -> None:
    """Make a layer give ``x @ matrix + offset`` where that is positive."""
    weight, bias = matrix.T / layer.weight_gain, offset / layer.bias_gain
    layer.weight.copy_((weight / LRELU_GAIN).half())
    layer.bias.copy_((bias / LRELU_GAIN).half())


def _told(rng: np.random.Generator, width: int) -> Tensor:
    """A set of told columns, as a sentence tells them: one to half of all."""
    told = torch.zeros(width, dtype=torch.bool)
    if width != len(LABELS):
        return ~told
    columns = list(COLUMNS)
    for column in rng.choice(columns, size=int(rng.integers(1, len(columns) // 2)), replace=False):
        told[column_slice(str(column))] = True
    return told
