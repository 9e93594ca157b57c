"""Two networks that have seen the world, looked at together: Inception v3 and MobileNetV2.

Their feature maps serve an encoder, a perceptual distance and critics at once, so that a picture is
looked at no more often than needed. Maps are divided by their spread over real pictures.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.judges import inception, mobilenet
from mien.judges.inception import Inception
from mien.judges.mobilenet import MobileNet

SIDE = 128
"""Side of the pictures that the networks are shown, in pixels."""
INCEPTION_TAPS = ("activation_5", "mixed2", "mixed7")
MOBILENET_TAPS = ("block_2_add", "block_5_add", "block_12_add", "out_relu")
CHANNELS = (
    tuple(inception.TAPS[tap] for tap in INCEPTION_TAPS),
    tuple(mobilenet.TAPS[tap] for tap in MOBILENET_TAPS),
)
"""Network -> channels of its maps."""
SIDES = ((28, 13, 6), (32, 16, 8, 4))
"""Network -> places along a side of its maps, for pictures of :data:`SIDE` pixels."""

Maps = list[list[Tensor]]
"""Network -> its feature maps."""


SPREAD = ((1.0882, 0.7409, 0.3872), (5.4333, 5.9024, 6.2438, 0.8585))
"""Network -> standard deviation of each map, measured once on 64 faces."""


class FrozenFeatures(nn.Module):
    """Pictures 128×128 -> feature maps of both networks, each of about unit spread."""

    def __init__(self, inception: Inception, mobilenet: MobileNet) -> None:
        super().__init__()
        self.inception, self.mobilenet = inception, mobilenet
        self.requires_grad_(False).eval()

    def forward(self, images: Float[Tensor, "n 3 h w"], deep: bool = True) -> Maps:
        """Feature maps of :func:`view`'s pictures in [-1, 1]; Inception's alone unless ``deep``."""
        seen = [self.inception(images, INCEPTION_TAPS)]
        if deep:
            seen.append(self.mobilenet(images, MOBILENET_TAPS))
        pairs = zip(seen, SPREAD, strict=False)
        return [[x / s for x, s in zip(m.values(), spread, strict=True)] for m, spread in pairs]


def view(
    images: Float[Tensor, "n 3 h w"], corner: tuple[int, int] | None = None
) -> Float[Tensor, "n 3 128 128"]:
    """Pictures of any size as frozen networks are shown them: resized, or a piece at top, left."""
    side = images.shape[-1]
    if side == SIDE:
        return images
    if side > SIDE and corner is not None:
        top, left = corner
        return images[:, :, top : top + SIDE, left : left + SIDE]
    if side % SIDE == 0:
        return functional.avg_pool2d(images, side // SIDE)
    return functional.interpolate(
        images, size=[SIDE, SIDE], mode="bilinear", align_corners=False, antialias=side > SIDE
    )


def encoder_maps(maps: Maps) -> list[Tensor]:
    """Of all maps, those that an encoder of faces looks through (:mod:`mien.portraits.encoder`)."""
    inception, mobilenet = maps
    return [inception[1], inception[2], mobilenet[2]]
