"""What the frozen networks share: the places to look at, and pictures as they want them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from mien.errors import InputError, UnknownName


def check_taps(taps: Iterable[str], known: Mapping[str, int]) -> tuple[str, ...]:
    """Names of feature maps, as given; UnknownName, or InputError for none, or one twice."""
    found = tuple(taps)
    for tap in found:
        if tap not in known:
            raise UnknownName("feature map", tap, known)
    if not found or len(set(found)) < len(found):
        raise InputError(f"taps {', '.join(found) or 'none'}; name each feature map once")
    return found


def collected(maps: Iterable[tuple[str, Tensor]], wanted: Sequence[str]) -> dict[str, Tensor]:
    """Of maps that are computed one by one, those that are wanted, in that order; no deeper."""
    found: dict[str, Tensor] = {}
    for tap, x in maps:
        if tap in wanted:
            found[tap] = x
        if len(found) == len(wanted):
            break
    return {tap: found[tap] for tap in wanted}


def prepared(x: Tensor, dtype: torch.dtype) -> Tensor:
    """Pictures in the element type of the weights, channels last."""
    return x.to(dtype).contiguous(memory_format=torch.channels_last)


def resized(
    images: Float[Tensor, "n 3 h w"], side: int, antialias: bool = True
) -> Float[Tensor, "n 3 s s"]:
    """Pictures brought to ``side``×``side``, bilinear; unchanged where they have it already."""
    if tuple(images.shape[-2:]) == (side, side):
        return images
    smaller = antialias and max(images.shape[-2:]) > side
    return functional.interpolate(
        images, size=(side, side), mode="bilinear", align_corners=False, antialias=smaller
    )
