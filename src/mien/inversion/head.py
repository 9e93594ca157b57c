"""From one w to a w a layer: offsets that a small network reads off photo and drawing.

ReStyle (Alaluf et al. 2021, Eq. 2): the network sees the photo beside what the generator draws of
the present code, and says by what each layer shall change; a few passes follow each other. The
offsets of layer groups are learnt one group after the other, the deeper layers last (e4e, Tov et
al. 2021, Sec. 4.2).

Axes: n batch, h w pixels, l layers, d width of w.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError

KIND = "inversion-head"
SIDE = 64
"""Side of the pictures that it is shown."""

Draw = Callable[[Tensor], Tensor]
"""Latents ``[n, l, d]`` -> pictures in [-1, 1]."""


@dataclass(frozen=True)
class HeadConfig:
    """What decides the shape of a head.

    ``passes`` is how often photo and drawing are compared, ``spread`` how far codes lie apart: an
    offset of 1 is so much.
    """

    num_ws: int = 12
    w_dim: int = 256
    width: int = 32
    hidden: int = 384
    passes: int = 2
    spread: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= self.passes <= 5:
            raise InputError(f"passes is {self.passes}, but must be from 1 to 5")


class WPlusHead(nn.Module):
    """Photo and drawing -> offsets of every layer's w."""

    def __init__(self, config: HeadConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or HeadConfig()
        self.trunk = nn.Sequential(*trunk(9, config.width, config.hidden))
        self.offsets = nn.Linear(config.hidden, config.num_ws * config.w_dim)
        nn.init.zeros_(self.offsets.weight)  # Untrained it changes nothing.
        nn.init.zeros_(self.offsets.bias)

    def forward(
        self, photo: Float[Tensor, "n 3 h w"], drawn: Float[Tensor, "n 3 h w"]
    ) -> Float[Tensor, "n l d"]:
        """Offsets, in units of w, from a photo in [-1, 1], of any size, and what is drawn of it."""
        a, b = (small(x) for x in (photo, drawn))
        x = self.offsets(self.trunk(torch.cat([a, b, a - b], dim=1)))
        return self.config.spread * x.unflatten(1, (self.config.num_ws, self.config.w_dim))

    def refine(
        self,
        photo: Float[Tensor, "n 3 h w"],
        ws: Float[Tensor, "n l d"],
        draw: Draw,
        unlocked: int | None = None,
    ) -> list[Float[Tensor, "n l d"]]:
        """The code after each pass; gradients go through the offsets, not through the drawings.

        ``ws`` is the encoder's code of the photo, in [-1, 1]; ``unlocked`` layers may part from the
        first, None for all.
        """
        count = self.config.num_ws if unlocked is None else unlocked
        found = []
        for _ in range(self.config.passes):
            with torch.no_grad():
                drawn = draw(ws).clamp(-1, 1)
            offsets = self(photo, drawn)
            # Layers that are locked follow the last one that is not: one w for all at first.
            place = torch.arange(offsets.shape[1], device=ws.device).clamp(max=max(count, 1) - 1)
            ws = ws + offsets[:, place]
            found.append(ws)
        return found


def trunk(channels: int, width: int, hidden: int) -> list[nn.Module]:
    """Layers from pictures of :data:`SIDE` to ``hidden`` numbers; the inversion's encoders' own."""
    relu, layers = nn.LeakyReLU(0.2), []
    for wide in (width, 2 * width, 3 * width, 4 * width):  # 32², 16², 8², 4²
        layers += [nn.Conv2d(channels, wide, 4, 2, 1), nn.GroupNorm(4, wide), relu]
        channels = wide
    return [*layers, nn.Flatten(), nn.Linear(channels * (SIDE // 16) ** 2, hidden), relu]


def small(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c 64 64"]:
    """Pictures at :data:`SIDE`."""
    if x.shape[-1] == SIDE:
        return x
    return functional.interpolate(
        x, size=[SIDE, SIDE], mode="bilinear", antialias=True, align_corners=False
    )
