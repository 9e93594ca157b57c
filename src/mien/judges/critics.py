"""Discriminators on the features of frozen networks, and a small one on patches of pixels.

Sauer, Chitta, Müller, Geiger: Projected GANs Converge Faster, 2021. Features of several depths are
mixed over channels (1×1) and scales (3×3 and up-sampling) by fixed random convolutions, and a small
head judges each depth. Two deviations: group normalisation behind each spectrally normalised
convolution, without which the hinge loss stays near chance; and fewer channels at the finest depth,
where half of all the time went.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

_FINE = 16  # maps with more places a side than this get half the channels and a strided head


def _conv(before: int, after: int, kernel: int, stride: int, padding: int) -> nn.Sequential:
    conv = spectral_norm(nn.Conv2d(before, after, kernel, stride, padding))
    return nn.Sequential(conv, nn.GroupNorm(8, after), nn.LeakyReLU(0.2))


def _fixed(*shape: int, generator: torch.Generator) -> nn.Parameter:
    """A random convolution that is never trained, and stored with the others."""
    fan_in = math.prod(shape[1:])
    weight = torch.randn(*shape, generator=generator) / math.sqrt(fan_in)
    return nn.Parameter(weight, requires_grad=False)


class ProjectedCritic(nn.Module):
    """Feature maps of one frozen network -> logits, a map for each depth."""

    def __init__(
        self,
        channels: Sequence[int],  # of each map, finest first
        sides: Sequence[int],  # places along a side of each map
        width: int = 64,  # channels after mixing
        seed: int = 1,  # of the fixed projections
    ) -> None:
        super().__init__()
        source = torch.Generator().manual_seed(seed)
        fine = [side > _FINE for side in sides]
        widths = [width // 2 if f else width for f in fine]
        self.mix = nn.ParameterList(
            [_fixed(w, c, 1, 1, generator=source) for w, c in zip(widths, channels, strict=True)]
        )
        self.lift = nn.ParameterList(
            [_fixed(w, c, 1, 1, generator=source) for w, c in pairwise(widths)]
        )
        self.scale = nn.ParameterList([_fixed(w, w, 3, 3, generator=source) for w in widths])
        self.heads = nn.ModuleList([self._head(width, f) for f in fine])

    @staticmethod
    def _head(width: int, fine: bool) -> nn.Sequential:
        if fine:
            body = [_conv(width // 2, width, 4, 2, 1), _conv(width, width, 3, 1, 1)]
            return nn.Sequential(*body, nn.Conv2d(width, 1, 1))
        body = [_conv(width, width, 3, 1, 1), _conv(width, 2 * width, 4, 2, 1)]
        body += [_conv(2 * width, 2 * width, 3, 1, 1)]
        return nn.Sequential(*body, nn.Conv2d(2 * width, 1, 1))

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Logits ``[n, 1, h, w]`` of maps ``[n, c, h, w]``, deepest first, float32."""
        deeper, logits = None, []
        for i in reversed(range(len(maps))):
            x = functional.conv2d(maps[i], self.mix[i])
            if deeper is not None:
                lifted = functional.conv2d(deeper, self.lift[i])
                size = list(x.shape[-2:])
                lifted = functional.interpolate(
                    lifted, size=size, mode="bilinear", align_corners=False
                )
                x = (x + lifted) * math.sqrt(0.5)
            deeper = functional.conv2d(x, self.scale[i], padding=1)
            logits.append(self.heads[i](deeper).float())
        return logits


class PatchCritic(nn.Module):
    """Pictures -> logits of patches (Isola et al. 2017), for what frozen networks overlook."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _conv(3, width, 4, 2, 1),
            _conv(width, 2 * width, 4, 2, 1),
            _conv(2 * width, 4 * width, 4, 2, 1),
            _conv(4 * width, 4 * width, 3, 1, 1),
            nn.Conv2d(4 * width, 1, 3, padding=1),
        )

    def forward(self, image: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 1 _h _w"]:
        """Logits of pictures in [-1, 1], float32."""
        return self.layers(image.contiguous(memory_format=torch.channels_last)).float()


class Critics(nn.Module):
    """A projected critic for each frozen network, and one of patches."""

    def __init__(
        self,
        channels: Sequence[Sequence[int]],  # network -> channels of each map
        sides: Sequence[Sequence[int]],  # network -> places along a side of each map
    ) -> None:
        super().__init__()
        pairs = zip(channels, sides, strict=True)
        self.projected = nn.ModuleList([ProjectedCritic(c, s) for c, s in pairs])
        self.patches = PatchCritic()

    @property
    def learned(self) -> list[nn.Parameter]:
        """All but the fixed projections."""
        return [
            p for name, p in self.named_parameters()
            if not any(part in ("mix", "lift", "scale") for part in name.split("."))
        ]  # fmt: skip

    def forward(
        self, image: Float[Tensor, "n 3 h w"], maps: Sequence[Sequence[Tensor]]
    ) -> list[Tensor]:
        """Logits of every head for images in [-1, 1] and the feature maps of each network."""
        logits = [y for c, m in zip(self.projected, maps, strict=True) for y in c(m)]
        return [*logits, self.patches(image)]


def critic_loss(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """Hinge loss of critics, averaged over heads; 2 is chance (Lim & Ye 2017)."""
    pairs = zip(real, fake, strict=True)
    parts = [functional.relu(1 - r).mean() + functional.relu(1 + f).mean() for r, f in pairs]
    return torch.stack(parts).mean()


def fooling_loss(fake: Sequence[Tensor]) -> Tensor:
    """What a generator makes smaller, averaged over heads."""
    return torch.stack([-logits.mean() for logits in fake]).mean()
