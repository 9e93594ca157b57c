"""Sketch or label map of a face -> w: a small network, one for each kind of picture.

TediGAN (Xia et al. 2021, Sec. 3.5) trains one more encoder for each kind of picture. Ours says how
sure it is as well: besides the code it knows the covariance of its own error, so that what a sketch
does not show (colours, light, age) is drawn at random or told by others.

Codes are *whitened* here: z = Σ^-½ (w - μ), of which those of photographs have covariance 1.

Axes: n batch, c channels, d width of w.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError
from mien.inversion.head import small, trunk
from mien.judges.regions import COLOURS

KIND = "guide-encoder"
GUIDES: Mapping[str, int] = {"sketch": 1, "label": 19}
"""What guides -> channels of what the encoder is shown: grey, or CelebAMask-HQ's ids."""
FINE_SIDE = 128
"""Side of the pictures that it is made from."""


@dataclass(frozen=True)
class GuideConfig:
    """What decides the shape of the encoder of a ``sketch`` or a ``label`` map."""

    guide: str = "sketch"
    w_dim: int = 256
    width: int = 32
    hidden: int = 512

    def __post_init__(self) -> None:
        if self.guide not in GUIDES:
            raise InputError(f"guide {self.guide!r} is none of {', '.join(GUIDES)}")


class GuideEncoder(nn.Module):
    """Sketch or label map -> whitened code, with the covariance of its error."""

    mean: Tensor
    root: Tensor
    error: Tensor

    def __init__(self, config: GuideConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or GuideConfig()
        layers = trunk(GUIDES[config.guide], config.width, config.hidden)
        self.trunk = nn.Sequential(*layers, nn.Linear(config.hidden, config.w_dim))
        self.register_buffer("mean", torch.zeros(config.w_dim))  # μ
        self.register_buffer("root", torch.eye(config.w_dim))  # Σ^½
        self.register_buffer("error", torch.eye(config.w_dim))  # of whitened codes

    def forward(self, x: Float[Tensor, "n c 64 64"]) -> Float[Tensor, "n d"]:
        """Whitened codes of what :func:`shown` makes of pictures."""
        return self.trunk(x)

    def w(self, z: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
        """Whitened codes as codes."""
        return self.mean + z @ self.root


def shown(pictures: UInt8[np.ndarray, "n h w"], guide: str) -> Float[Tensor, "n c 64 64"]:
    """Sketches (grey levels) or label maps (ids), square, as the encoder is shown them.

    A ``sketch`` becomes 0 on paper and up to 2 in ink, a ``label`` map the share of each id; ids
    beyond are unknown and nothing.
    """
    x = torch.from_numpy(np.ascontiguousarray(pictures))
    if guide == "sketch":
        x = (1 - x[:, None].float() / 255) * 2
    else:
        count = GUIDES[guide]
        x = functional.one_hot(x.long().clamp(max=count), count + 1)[..., :count]
        x = x.permute(0, 3, 1, 2).float()
    return small(x)


def looked_at(picture: UInt8[np.ndarray, "*n h w"], guide: str) -> UInt8[np.ndarray, "*n h w 3"]:
    """Sketches in grey, label maps in the colours of their regions; unknown ids in grey."""
    if guide == "sketch":
        return np.repeat(picture[..., None], 3, axis=-1)
    colours = np.full((256, 3), 128, np.uint8)
    colours[: len(COLOURS)] = COLOURS
    return colours[picture]
