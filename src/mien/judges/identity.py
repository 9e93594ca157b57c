"""A small residual network that turns a face into a unit vector: one person, one direction.

Faces are framed as FFHQ frames them (eyes at 47 % of the height and a quarter of the width apart);
the cosine of two vectors says how alike they are. As in MobileFaceNet (Chen et al. 2018, §3.1) the
last feature map is weighed place by place with a depthwise convolution of its own size, because an
eye and a chin say different things.

Axes: n batch, c channels, h w pixels, d length of a vector.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError
from mien.judges.tagger import residual_trunk
from mien.judges.taps import resized


@dataclass(frozen=True)
class IdentityConfig:
    """Everything that decides the shape of an identity network's tensors.

    ``width`` is the channels of the first stage, doubled by each of the three following; ``blocks``
    residual blocks a stage; ``dim`` the length of a vector. ``crop`` is the side of the square that
    is looked at, as a share of the picture's shorter side; it leaves out most of hair, clothes and
    background.
    """

    resolution: int = 80
    width: int = 32
    blocks: int = 1
    dim: int = 128
    crop: float = 0.8

    def __post_init__(self) -> None:
        if self.resolution % 16 or self.resolution < 32:
            cause = f"identity resolution {self.resolution} is not a multiple of 16 from 32"
            raise InputError(cause)
        if min(self.width, self.blocks, self.dim) < 1:
            raise InputError(
                f"width {self.width}, blocks {self.blocks} and dim {self.dim} must be at least 1"
            )
        if not 0.1 <= self.crop <= 1:
            raise InputError(f"crop {self.crop} is not from 0.1 to 1")


class Identity(nn.Module):
    """Image -> unit vector. :meth:`embed` takes any picture, :meth:`encode` a prepared one."""

    def __init__(self, config: IdentityConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or IdentityConfig()
        width = config.width
        self.stem, self.stem_norm, self.stages = residual_trunk(width, config.blocks)
        places, last = config.resolution // 16, width * 8
        self.weigh = nn.Conv2d(last, last, places, groups=last, bias=False)
        self.weigh_norm = nn.BatchNorm2d(last)
        self.project = nn.Linear(last, config.dim, bias=False)
        self.project_norm = nn.BatchNorm1d(config.dim, affine=False)

    def prepare(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 r r"]:
        """Cut the middle square of pictures in [-1, 1], framed as FFHQ's, and resize it."""
        height, width = images.shape[-2:]
        side = max(1, round(min(height, width) * self.config.crop))
        top, left = (height - side) // 2, (width - side) // 2
        cut = images[..., top : top + side, left : left + side]
        return resized(cut, self.config.resolution)

    def encode(self, prepared: Float[Tensor, "n 3 r r"]) -> Float[Tensor, "n d"]:
        """Unit vectors of what :meth:`prepare` gives; float32."""
        x = prepared.contiguous(memory_format=torch.channels_last)
        x = functional.relu(self.stem_norm(self.stem(x)))
        for stage in self.stages:
            x = stage(x)
        x = self.weigh_norm(self.weigh(x)).flatten(1)  # [n c]
        x = self.project_norm(self.project(x).float())
        return functional.normalize(x.float(), dim=1)

    def embed(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n d"]:
        """Unit vectors of faces as :meth:`prepare` takes them; differentiable to the pixels."""
        return self.encode(self.prepare(images))

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n d"]:
        """The same as :meth:`embed`."""
        return self.embed(images)
