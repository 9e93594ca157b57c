"""SeFa: directions from the weights alone (Shen & Zhou 2021).

A style is an affine map of w, so the unit step in w that changes the styles most is the leading
eigenvector of AᵀA, A the stacked weights of those maps (their Eq. 4). Each row of A is scaled to
length 1 first, as the authors' published factorisation does; then the scale at which a network
stores its weights plays no part.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mien.editing.direction import Direction, check_layers
from mien.errors import InputError


@dataclass(frozen=True, eq=False)
class Factorisation:
    """Eigenvalues ``[w_dim]`` and eigenvectors ``[w_dim, w_dim]`` of AᵀA, the largest first.

    float64, computed in the precision of the weights; a unit vector a row, whose entry of largest
    size is positive.
    """

    values: Tensor
    vectors: Tensor


def factorise(weights: Sequence[Float[Tensor, "_out w_dim"]]) -> Factorisation:
    """Eigenvectors of AᵀA over the style weights ``[channels, w_dim]`` of some layers.

    Raises InputError: no weights, widths that differ, or values that are not finite.
    """
    if not weights or len({weight.shape[1] for weight in weights}) != 1:
        shapes = ", ".join(str(tuple(weight.shape)) for weight in weights) or "none"
        raise InputError(f"style weights of one width are needed; got {shapes}")
    # In the precision of the weights: the published factorisation then comes out bit for bit, also
    # where two eigenvalues are nearly equal and rounding decides which way their vectors turn.
    exact = all(weight.dtype == torch.float64 for weight in weights)
    dtype = torch.float64 if exact else torch.float32
    rows = torch.cat([weight.detach().to("cpu", dtype) for weight in weights]).numpy()
    if not np.isfinite(rows).all():
        raise InputError("style weights are not finite")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = rows / np.where(lengths > 0, lengths, 1)
    found = np.linalg.eigh(rows.T @ rows)
    values = torch.from_numpy(found.eigenvalues[::-1].copy()).clamp(min=0).double()
    vectors = torch.from_numpy(found.eigenvectors.T[::-1].copy()).double()
    peak = vectors.gather(1, vectors.abs().argmax(dim=1, keepdim=True))
    return Factorisation(values, vectors * peak.sign())


def sefa(
    weights: Sequence[Float[Tensor, "_out w_dim"]],
    count: int,
    layers: Sequence[int] | None = None,
    generator: str = "",
) -> tuple[Direction, ...]:
    """The ``count`` directions along which the styles of the chosen layers change most.

    ``weights`` are the affine weights of every layer, see :func:`style_weights`; ``layers``, None
    for all, are factorised and moved. Directions ``sefa-0``, ``sefa-1``, … of space w;
    ``scores["eigenvalue"]`` says how much. InputError: layers outside the network, or more
    directions than dimensions.
    """
    chosen = tuple(range(len(weights))) if layers is None else tuple(sorted(set(layers)))
    check_layers(chosen, len(weights))
    found = factorise([weights[layer] for layer in chosen])
    if not 1 <= count <= len(found.values):
        raise InputError(f"{count} directions of a latent space of {len(found.values)} dimensions")
    return tuple(
        Direction(
            name=f"sefa-{number}",
            vector=found.vectors[number],
            space="w",
            layers=None if layers is None else chosen,
            generator=generator,
            method="sefa",
            scores={"eigenvalue": float(found.values[number])},
        )
        for number in range(count)
    )


def style_weights(tensors: Mapping[str, Tensor]) -> list[Tensor]:
    """The affine weight that each layer's w drives, out of a StyleGAN2 state dict.

    Names as in NVlabs' PyTorch code (``synthesis.b8.conv0.affine.weight``). Gives ``num_ws``
    weights ``[channels, w_dim]`` in the order of the layers: the convolutions, and last the RGB
    layer of the highest resolution; the other RGB layers share their w with the next convolution
    and are left out.

    Raises InputError: these are not the tensors of such a generator.
    """
    pattern = re.compile(r"synthesis\.b(\d+)\.(conv0|conv1|torgb)\.affine\.weight")
    found = {}
    for name, tensor in tensors.items():
        match = pattern.fullmatch(name)
        if match:
            found[int(match[1]), match[2]] = tensor
    resolutions = sorted({resolution for resolution, _ in found})
    order = [(r, conv) for r in resolutions for conv in ("conv0", "conv1") if (r, conv) in found]
    if not order or (resolutions[-1], "torgb") not in found:
        raise InputError(f"no style weights of a StyleGAN2 generator among {len(tensors)} tensors")
    return [found[key] for key in [*order, (resolutions[-1], "torgb")]]
