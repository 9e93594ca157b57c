"""dlib's face recognition network: a face -> 128 numbers, near each other for one person.

King, 2017 (dlib_face_recognition_resnet_model_v1): a residual network after He et al. 2016 with
fewer layers and half the filters, trained by a metric loss. Two faces less than 0.6 apart
(Euclidean) are of the same person; the numbers are not of unit length. :meth:`Recognition.encode`
wants crops of 150×150 in [0, 255] with the middles of the eyes at :data:`EYES`;
:meth:`Recognition.embed` makes them from pictures in [-1, 1].

Axes: n batch, c channels, h w pixels. Points are x, y in shares of the picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError
from mien.judges.taps import check_taps, collected, prepared

SIDE = 150
"""Pixels a side of what the network is shown."""

EYES = ((0.318, 0.314), (0.668, 0.314))
"""Where the middles of the left and the right eye (in the picture) lie in such a crop."""

FFHQ_EYES = ((0.375, 0.473), (0.625, 0.473))
"""Where they lie in faces framed as FFHQ's: medians of 1,785 landmarked faces of SFHQ."""

SAME_PERSON = 0.6
"""Faces nearer than this are of one person, says dlib."""

_MEAN = (122.782, 117.001, 104.298)
_WIDTH = 128

# Name, channels before and after, whether it halves the size.
_BLOCKS = (
    *((f"conv32_{i}", 32, 32, False) for i in (1, 2, 3)),
    ("conv64_down", 32, 64, True),
    *((f"conv64_{i}", 64, 64, False) for i in (1, 2, 3)),
    ("conv128_down", 64, 128, True),
    *((f"conv128_{i}", 128, 128, False) for i in (1, 2)),
    ("conv256_down", 128, 256, True),
    *((f"conv256_{i}", 256, 256, False) for i in (1, 2)),
    ("conv256_down_out", 256, 256, True),
)

TAPS: dict[str, int] = {"conv32_down": 32, **{name: after for name, _, after, _ in _BLOCKS}}
"""What can be looked at, finest first -> channels."""


@dataclass(frozen=True)
class RecognitionConfig:
    """Names of :data:`TAPS` that :meth:`Recognition.forward` gives."""

    taps: tuple[str, ...] = ("conv64_3", "conv128_2", "conv256_2")

    def __post_init__(self) -> None:
        object.__setattr__(self, "taps", check_taps(self.taps, TAPS))


class Residual(nn.Module):
    """Two 3×3 convolutions beside the identity, or beside a 2×2 average where the size halves."""

    def __init__(self, before: int, after: int, halves: bool) -> None:
        super().__init__()
        self.halves = halves
        stride, padding = (2, 0) if halves else (1, 1)
        self.conv1 = nn.Conv2d(before, after, 3, stride, padding)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """``[n c h w]`` -> ``[n c h w]``, or half the size."""
        y = self.conv2(functional.relu(self.conv1(x)))
        if self.halves:
            x = functional.avg_pool2d(x, 2)
            # Without padding the convolution may be a row and a column short; dlib fills with 0.
            more_h, more_w = x.shape[2] - y.shape[2], x.shape[3] - y.shape[3]
            y = functional.pad(y, (0, more_w, 0, more_h))
            x = functional.pad(x, (0, 0, 0, 0, 0, y.shape[1] - x.shape[1]))
        return functional.relu(x + y)


class Recognition(nn.Module):
    """Face -> 128 numbers; differentiable to the pixels."""

    mean: Tensor

    def __init__(self, config: RecognitionConfig | None = None) -> None:
        super().__init__()
        self.config = config or RecognitionConfig()
        self.stem = nn.Conv2d(3, 32, 7, 2)
        self.blocks = nn.ModuleDict(
            {name: Residual(before, after, halves) for name, before, after, halves in _BLOCKS}
        )
        self.fc = nn.Linear(256, _WIDTH, bias=False)
        mean = torch.tensor(_MEAN)[:, None, None]
        self.register_buffer("mean", mean, persistent=False)

    def forward(self, crops: Float[Tensor, "n 3 150 150"]) -> dict[str, Tensor]:
        """The configured taps ``[n, c, h, w]`` of :meth:`crop`'s crops, no deeper than needed."""
        return collected(self._maps(crops), self.config.taps)

    def _maps(self, crops: Tensor) -> Iterator[tuple[str, Tensor]]:
        x = prepared((crops - self.mean.float()) / 256, self.stem.weight.dtype)
        x = functional.relu(self.stem(x))
        yield "conv32_down", x
        # dlib pools once, between the first convolution and the first block.
        x = functional.max_pool2d(x, 3, 2)
        for tap, block in self.blocks.items():
            x = block(x)
            yield tap, x

    def encode(self, crops: Float[Tensor, "n 3 150 150"]) -> Float[Tensor, "n 128"]:
        """The 128 numbers of crops in [0, 255]; float32."""
        last = collected(self._maps(crops), ("conv256_down_out",))["conv256_down_out"]
        pooled = last.float().mean(dim=(2, 3))
        return pooled @ self.fc.weight.float().T

    def crop(
        self, images: Float[Tensor, "n 3 h w"], eyes: Float[Tensor, "n 2 2"] | None = None
    ) -> Float[Tensor, "n 3 150 150"]:
        """Turn, scale and move faces in [-1, 1] so that their eyes lie at :data:`EYES`; [0, 255].

        ``eyes`` are the middles of the left and the right eye, x and y in shares of the picture;
        ``None`` for faces framed as FFHQ's (:data:`FFHQ_EYES`). Bilinear, after an antialiased
        reduction where a face is more than twice as large; what lies outside of a picture repeats
        its border. Differentiable to the pixels. Raises InputError for both eyes of a face in one
        place.
        """
        n, _, height, width = images.shape
        points = images.new_tensor(FFHQ_EYES).expand(n, 2, 2) if eyes is None else eyes
        points = points.to(images.device, torch.float32) * points.new_tensor([width, height])
        matrix = _similarity(points)
        scale = float(matrix[:, :, 0].norm(dim=1).median()) * 2 / SIDE  # pixels for one of the crop
        if scale > 2:
            size = max(1, round(height / scale)), max(1, round(width / scale))
            images = functional.interpolate(
                images, size=size, mode="bilinear", align_corners=False, antialias=True
            )
        # From pixels to grid_sample's -1 to 1, which do not depend on the reduction.
        matrix = matrix * matrix.new_tensor([2 / width, 2 / height])[:, None]
        matrix = matrix - matrix.new_tensor([[0.0, 0, 1], [0, 0, 1]])
        grid = functional.affine_grid(matrix, [n, 3, SIDE, SIDE], align_corners=False)
        cut = functional.grid_sample(
            images.float(), grid, padding_mode="border", align_corners=False
        )
        return cut * 127.5 + 127.5

    def embed(
        self, images: Float[Tensor, "n 3 h w"], eyes: Float[Tensor, "n 2 2"] | None = None
    ) -> Float[Tensor, "n 128"]:
        """The 128 numbers of pictures in [-1, 1]; see :meth:`crop`. float32."""
        return self.encode(self.crop(images, eyes))


def _similarity(eyes: Float[Tensor, "n 2 2"]) -> Float[Tensor, "n 2 3"]:
    """Matrices from a crop's -1 to 1 to pixels that bring the eyes to :data:`EYES`."""
    (x0, y0), (x1, _) = ((2 * x - 1, 2 * y - 1) for x, y in EYES)
    across = (eyes[:, 1] - eyes[:, 0]) / (x1 - x0)  # what one unit to the right is, in pixels
    if not bool((across.norm(dim=1) > 1e-6).all()):
        raise InputError("both eyes of a face lie in one place; give two points")
    down = torch.stack([-across[:, 1], across[:, 0]], dim=1)
    origin = eyes[:, 0] - x0 * across - y0 * down
    return torch.stack([across, down, origin], dim=2)
