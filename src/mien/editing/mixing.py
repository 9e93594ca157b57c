"""Mixing, interpolating and truncating latents, and the names of layer ranges.

Shapes that do not fit and layers outside the network are InputErrors.

n samples · num_ws layers · w_dim, z_dim widths of the latent spaces
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from mien.editing.direction import check_layers
from mien.errors import InputError, WrongType

RANGES: Mapping[str, tuple[int, int | None]] = {
    "coarse": (0, 4),
    "middle": (4, 8),
    "fine": (8, None),
    "all": (0, None),
}
"""Name -> first layer and the one after the last: 4²–8², 16²–32², and 64² upwards (Karras 2019)."""


def parse_layers(text: str, num_ws: int) -> tuple[int, ...]:
    """Read ``coarse``, ``middle``, ``fine``, ``all``, ``4-7``, ``0,2,5`` or several, with commas.

    Sorted, each once. InputError: not of that form; WrongType: not a text.
    """
    if not isinstance(text, str):
        raise WrongType("layers", text, "text, such as coarse, 4-7 or 0,2,5")
    layers: set[int] = set()
    for part in text.split(","):
        word = part.strip().lower()
        match = re.fullmatch(r"(\d{1,4})(?:\s*-\s*(\d{1,4}))?", word)
        if word in RANGES:
            first, end = RANGES[word]
            last = (num_ws if end is None else end) - 1
            if first >= num_ws:
                raise InputError(
                    f"this network has {num_ws} layers (0-{num_ws - 1}) and none that are {word} "
                    f"({first} and up)"
                )
            last = min(last, num_ws - 1)
        elif match:
            first, last = int(match[1]), int(match[2] or match[1])
            if last < first:
                raise InputError(f"layers {word!r} run backwards; write {last}-{first}")
            check_layers((first, last), num_ws)
        else:
            raise InputError(
                f"layers {text!r}: {word!r} is none of coarse, middle, fine, all, a number, or a "
                "range such as 4-7"
            )
        layers.update(range(first, last + 1))
    return tuple(sorted(layers))


def spans(layers: Sequence[int]) -> str:
    """Layers in few words, the inverse of :func:`parse_layers`: ``0-3,5``."""
    runs: list[list[int]] = []
    for layer in sorted(layers):
        if runs and layer == runs[-1][-1] + 1:
            runs[-1].append(layer)
        else:
            runs.append([layer])
    return ",".join(f"{r[0]}-{r[-1]}" if len(r) > 1 else str(r[0]) for r in runs)


def mix(
    content: Float[Tensor, "n num_ws w_dim"],
    style: Float[Tensor, "_m num_ws2 w_dim2"],
    layers: Sequence[int],
) -> Float[Tensor, "_k num_ws w_dim"]:
    """``layers`` of ``style``, the others of ``content`` (style mixing, Karras et al. 2019).

    One of the two may hold a single latent for all.
    """
    check_layers(layers, content.shape[1])
    counts = {content.shape[0], style.shape[0]}
    if content.shape[1:] != style.shape[1:] or len(counts - {1}) > 1:
        raise InputError(
            f"latents {tuple(content.shape)} and {tuple(style.shape)} do not mix; they must come "
            "from one generator, one of each or equally many"
        )
    mixed = content.expand(max(counts), -1, -1).clone()
    mixed[:, list(layers)] = style.to(mixed)[:, list(layers)]
    return mixed


def lerp(a: Tensor, b: Tensor, t: float | Tensor) -> Tensor:
    """Linear interpolation, as suits w and ws: a at 0, b at 1; ``t`` is one number, or ``[n]``."""
    weight = _weights(a, b, t)
    return a + weight * (b - a)


def slerp(
    a: Float[Tensor, "n z_dim"], b: Float[Tensor, "_n _z_dim"], t: float | Tensor
) -> Float[Tensor, "n z_dim"]:
    """Spherical interpolation, as suits z: along the great circle, lengths interpolated linearly.

    Where a and b point the same way it is linear; where they point opposite ways there is no
    shortest way, and one of the many is taken. A vector of length zero is an InputError.
    """
    weight = _weights(a, b, t).double()
    x, y = a.double(), b.double()
    length_x, length_y = x.norm(dim=1, keepdim=True), y.norm(dim=1, keepdim=True)
    if not bool(((length_x > 0) & (length_y > 0)).all()):
        raise InputError("spherical interpolation of a vector of length 0")
    x, y = x / length_x, y / length_y
    cosine = (x * y).sum(dim=1, keepdim=True).clamp(-1, 1)
    across = y - cosine * x  # the part of y that is orthogonal to x
    # Opposite vectors leave nothing across: any axis that is not along x will do.
    axis = torch.zeros_like(x).scatter_(1, x.abs().argmin(dim=1, keepdim=True), 1.0)
    spare = axis - (axis * x).sum(dim=1, keepdim=True) * x
    opposite = (cosine < 0) & (across.norm(dim=1, keepdim=True) < 1e-9)
    across = torch.where(opposite, spare, across)
    across = across / across.norm(dim=1, keepdim=True).clamp(min=1e-300)
    angle = weight * torch.atan2((y - cosine * x).norm(dim=1, keepdim=True), cosine)
    direction = angle.cos() * x + angle.sin() * across
    return (direction * (length_x + weight * (length_y - length_x))).to(a.dtype)


def _weights(a: Tensor, b: Tensor, t: float | Tensor) -> Tensor:
    if a.shape != b.shape:
        raise InputError(f"latents {tuple(a.shape)} and {tuple(b.shape)} do not interpolate")
    weight = torch.as_tensor(t, dtype=a.dtype, device=a.device).flatten()
    if weight.numel() not in (1, a.shape[0]):
        raise InputError(f"{weight.numel()} positions for {a.shape[0]} latents; one, or one each")
    return weight.expand(a.shape[0]).reshape(-1, *[1] * (a.ndim - 1))
