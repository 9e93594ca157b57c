"""LPIPS: how unlike two pictures look to a network trained on photographs (Zhang et al.

2018). The trunk is the convolutional part of AlexNet or VGG16 as torchvision numbers it, the heads
are the linear weights that the authors released. Neither ships; see
:func:`mien.hub.perceptual.load_lpips`. Axes: n batch, c channels, h w pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mien.errors import InputError, UnknownName
from mien.judges.losses import map_distance

# The release's scaling layer: ImageNet's mean and deviation, for pixels in [-1, 1].
_SHIFT = (-0.030, -0.088, -0.188)
_SCALE = (0.458, 0.448, 0.450)


@dataclass(frozen=True)
class Trunk:
    """A trunk, layer by layer, and the numbers of the layers whose outputs are compared.

    Layers are ``("conv", in, out, kernel, stride, padding)``, ``("relu",)`` or ``("pool", kernel,
    stride)``.
    """

    layers: tuple[tuple[str | int, ...], ...]
    taps: tuple[int, ...]

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of what is compared, coarser and coarser."""
        found, last = [], 0
        for number, layer in enumerate(self.layers):
            if layer[0] == "conv":
                last = int(layer[2])
            if number in self.taps:
                found.append(last)
        return tuple(found)


def _vgg16() -> tuple[tuple[str | int, ...], ...]:
    layers: list[tuple[str | int, ...]] = []
    before = 3
    for stage, width in enumerate((64, 128, 256, 512, 512)):
        for _ in range(2 if stage < 2 else 3):
            layers += [("conv", before, width, 3, 1, 1), ("relu",)]
            before = width
        layers.append(("pool", 2, 2))
    return tuple(layers[:-1])


TRUNKS: dict[str, Trunk] = {
    "alexnet": Trunk(
        (
            *(("conv", 3, 64, 11, 4, 2), ("relu",), ("pool", 3, 2)),
            *(("conv", 64, 192, 5, 1, 2), ("relu",), ("pool", 3, 2)),
            *(("conv", 192, 384, 3, 1, 1), ("relu",)),
            *(("conv", 384, 256, 3, 1, 1), ("relu",)),
            *(("conv", 256, 256, 3, 1, 1), ("relu",)),
        ),
        (1, 4, 7, 9, 11),
    ),
    "vgg16": Trunk(_vgg16(), (3, 8, 15, 22, 29)),
}
"""The trunks that LPIPS was released for and that are known here (Krizhevsky 2014; Simonyan &
Zisserman 2015)."""

_SMALLEST = {"alexnet": 31, "vgg16": 16}  # pixels a side that leave something to every tap


class Perceptual(nn.Module):
    """Two batches of pictures -> their distances; lower is more alike.

    ``features`` is the trunk, a key of :data:`TRUNKS`, numbered as torchvision numbers it;
    ``heads`` are weights of each tap's channels, all 1 until the released ones are given.
    """

    shift: Tensor
    scale: Tensor

    def __init__(self, trunk: str = "alexnet") -> None:
        super().__init__()
        if trunk not in TRUNKS:
            raise UnknownName("LPIPS trunk", trunk, TRUNKS)
        self.trunk = trunk
        plan = TRUNKS[trunk]
        self.features = nn.Sequential(*(_layer(layer) for layer in plan.layers))
        self.heads = nn.ParameterList([torch.ones(1, width, 1, 1) for width in plan.channels])
        self.register_buffer("shift", torch.tensor(_SHIFT)[:, None, None], persistent=False)
        self.register_buffer("scale", torch.tensor(_SCALE)[:, None, None], persistent=False)

    def feature_maps(self, images: Float[Tensor, "n 3 h w"]) -> list[Tensor]:
        """What the taps see of pictures in [-1, 1], finest first; InputError if too small."""
        smallest = _SMALLEST[self.trunk]
        if min(images.shape[2:]) < smallest:
            raise InputError(
                f"LPIPS on {self.trunk}: pictures of {images.shape[2]}×{images.shape[3]}, "
                f"at least {smallest} pixels a side are needed"
            )
        x = (images - self.shift) / self.scale
        maps = []
        for number, layer in enumerate(self.features):
            x = layer(x)
            if number in TRUNKS[self.trunk].taps:
                maps.append(x)
        return maps

    def forward(
        self, a: Float[Tensor, "n 3 h w"], b: Float[Tensor, "_n 3 _h _w"]
    ) -> Float[Tensor, " n"]:
        """Distance of each pair (Zhang et al.

        2018, Eq. 1); differentiable, for losses. Raises InputError if shapes differ, or the
        pictures are too small for the trunk.
        """
        if a.shape != b.shape:
            cause = f"{tuple(a.shape)} against {tuple(b.shape)}"
            raise InputError(f"LPIPS: {cause}; pairs are needed")
        total = a.new_zeros(len(a))
        pairs = zip(self.feature_maps(a), self.feature_maps(b), self.heads, strict=True)
        for x, y, head in pairs:
            total = total + map_distance(x, y, head, floor=1e-20)
        return total


def _layer(layer: Sequence[str | int]) -> nn.Module:
    kind, *numbers = layer
    sizes = [int(number) for number in numbers]
    if kind == "conv":
        return nn.Conv2d(sizes[0], sizes[1], sizes[2], sizes[3], sizes[4])
    return nn.ReLU() if kind == "relu" else nn.MaxPool2d(sizes[0], sizes[1])


def find_trunk(shapes: Mapping[str, tuple[int, ...]]) -> str | None:
    """Which trunk has these tensors, by names and shapes; ``None`` if none has."""
    for name, plan in TRUNKS.items():
        wanted = {
            f"features.{number}.weight": (layer[2], layer[1], layer[3], layer[3])
            for number, layer in enumerate(plan.layers)
            if layer[0] == "conv"
        }
        if all(shapes.get(key) == shape for key, shape in wanted.items()):
            return name
    return None
