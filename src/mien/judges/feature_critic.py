"""A discriminator on the feature maps of a frozen network, for runs that have little time.

Sauer, Chitta, Müller, Geiger: Projected GANs Converge Faster, 2021: heads on several depths, hinge
loss, spectral normalisation. Their random mixing of channels and scales is left out.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from mien.judges.tagger import Tagger


class FeatureCritic(nn.Module):
    """Feature maps -> logits of patches, a head for each map."""

    def __init__(
        self,
        channels: list[int],  # of each map that is judged
        width: int = 48,  # channels between a head's two convolutions
    ) -> None:
        super().__init__()
        self.heads = nn.ModuleList([self._head(c, width) for c in channels])

    @staticmethod
    def _head(channels: int, width: int) -> nn.Sequential:
        return nn.Sequential(
            spectral_norm(nn.Conv2d(channels, width, 1)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(width, width, 3, padding=1)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(width, 1, 1)),
        )

    @classmethod
    def of_width(cls, width: int) -> FeatureCritic:
        """For the maps behind the stem of a tagger of that width, finest first."""
        return cls([width * 2**stage for stage in range(4)])

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Logits ``[n, 1, h, w]`` of each map ``[n, c, h, w]``, float32."""
        return [head(x).float() for head, x in zip(self.heads, maps, strict=True)]


def see(tagger: Tagger, pictures: Float[Tensor, "n 3 h w"], fast: bool) -> list[Tensor]:
    """A frozen tagger's feature maps; of those behind the first, :class:`FeatureCritic` judges."""
    with torch.autocast(pictures.device.type, torch.bfloat16, enabled=fast):
        return tagger.feature_maps(pictures)


def criticise(critic: FeatureCritic, maps: list[Tensor], fast: bool) -> list[Tensor]:
    """Logits of what :func:`see` saw."""
    with torch.autocast(maps[0].device.type, torch.bfloat16, enabled=fast):
        return critic(maps[1:])
