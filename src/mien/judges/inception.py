"""Inception v3, a network that has seen a million photographs (Szegedy et al.

2016). Two forms share one set of names (torchvision's): ``keras``, the weights that ship, for
pictures in [0, 1]; ``fid``, the network of FID (Heusel et al. 2017) as pytorch-fid publishes it,
for [-1, 1], with a max pool in the last block, as in TensorFlow's 2015 graph. Average pools leave
the border out of the count. Batch normalisation is folded into the convolutions when the file is
read.

Axes: n batch, c channels, h w pixels. Pictures come in [-1, 1] as everywhere in mien.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError
from mien.judges.taps import check_taps, collected, prepared, resized

Form = Literal["keras", "fid"]
"""Which of the two published networks."""

TAPS: dict[str, int] = {
    **dict.fromkeys(("activation_1", "activation_2"), 32),
    **{"activation_3": 64, "activation_4": 80, "activation_5": 192},
    **{"mixed0": 256, "mixed1": 288, "mixed2": 288, "mixed3": 768},
    **dict.fromkeys(("mixed4", "mixed5", "mixed6", "mixed7"), 768),
    **{"mixed8": 1280, "mixed9": 2048, "mixed10": 2048},
}
"""What can be looked at, by Keras' names, finest first -> channels. Pictures of 128×128 have 63×63
places at ``activation_1``, 28×28 at ``activation_5``, 13×13 at ``mixed2``, 6×6 at ``mixed7`` and
2×2 at ``mixed10``; the smallest pictures for ``mixed10`` are 75×75."""

_RESOLUTION: dict[Form, int] = {"keras": 224, "fid": 299}
_LEAST = {"activation_5": 19, "mixed2": 27, "mixed7": 43, "mixed10": 75}
"""Pixels a side that leave something to every tap up to this one."""


@dataclass(frozen=True)
class InceptionConfig:
    """Which network, and the names of :data:`TAPS` that :meth:`Inception.feature_maps` gives."""

    form: Form = "keras"
    taps: tuple[str, ...] = ("activation_5", "mixed2", "mixed7")

    def __post_init__(self) -> None:
        object.__setattr__(self, "taps", check_taps(self.taps, TAPS))


class Conv(nn.Module):
    """Convolution, folded batch normalisation, ReLU."""

    def __init__(
        self,
        before: int,
        after: int,
        kernel: int | tuple[int, int],
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, kernel, stride, padding)

    def forward(self, x: Tensor) -> Tensor:
        """``[n c h w]`` -> ``[n c h w]``."""
        return functional.relu(self.conv(x))


def _row(before: int, after: int, width: int) -> Conv:
    return Conv(before, after, (1, width), padding=(0, width // 2))


def _column(before: int, after: int, height: int) -> Conv:
    return Conv(before, after, (height, 1), padding=(height // 2, 0))


def _average(x: Tensor) -> Tensor:
    return functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


class BlockA(nn.Module):
    """35×35: 1×1, 5×5 and twice 3×3 beside each other (Fig. 5)."""

    def __init__(self, before: int, pooled: int) -> None:
        super().__init__()
        self.branch1x1 = Conv(before, 64, 1)
        self.branch5x5_1 = Conv(before, 48, 1)
        self.branch5x5_2 = Conv(48, 64, 5, padding=2)
        self.branch3x3dbl_1 = Conv(before, 64, 1)
        self.branch3x3dbl_2 = Conv(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Conv(96, 96, 3, padding=1)
        self.branch_pool = Conv(before, pooled, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``[n c h w]`` -> the same size."""
        five = self.branch5x5_2(self.branch5x5_1(x))
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch1x1(x), five, double, self.branch_pool(_average(x))], 1)


class BlockB(nn.Module):
    """35×35 to 17×17, convolutions and a max pool beside each other (Fig. 10)."""

    def __init__(self, before: int) -> None:
        super().__init__()
        self.branch3x3 = Conv(before, 384, 3, 2)
        self.branch3x3dbl_1 = Conv(before, 64, 1)
        self.branch3x3dbl_2 = Conv(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Conv(96, 96, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        """``[n c h w]`` -> half the size."""
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), double, functional.max_pool2d(x, 3, 2)], 1)


class BlockC(nn.Module):
    """17×17: 7×7 taken apart into 1×7 and 7×1 (Fig. 6)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch1x1 = Conv(768, 192, 1)
        self.branch7x7_1 = Conv(768, width, 1)
        self.branch7x7_2 = _row(width, width, 7)
        self.branch7x7_3 = _column(width, 192, 7)
        self.branch7x7dbl_1 = Conv(768, width, 1)
        self.branch7x7dbl_2 = _column(width, width, 7)
        self.branch7x7dbl_3 = _row(width, width, 7)
        self.branch7x7dbl_4 = _column(width, width, 7)
        self.branch7x7dbl_5 = _row(width, 192, 7)
        self.branch_pool = Conv(768, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``[n c h w]`` -> the same size."""
        seven = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        return torch.cat([self.branch1x1(x), seven, double, self.branch_pool(_average(x))], 1)


class BlockD(nn.Module):
    """17×17 to 8×8, as Fig. 10 with one branch through 7×7."""

    def __init__(self) -> None:
        super().__init__()
        self.branch3x3_1 = Conv(768, 192, 1)
        self.branch3x3_2 = Conv(192, 320, 3, 2)
        self.branch7x7x3_1 = Conv(768, 192, 1)
        self.branch7x7x3_2 = _row(192, 192, 7)
        self.branch7x7x3_3 = _column(192, 192, 7)
        self.branch7x7x3_4 = Conv(192, 192, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        """``[n c h w]`` -> half the size."""
        seven = self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x)))
        three = self.branch3x3_2(self.branch3x3_1(x))
        return torch.cat([three, self.branch7x7x3_4(seven), functional.max_pool2d(x, 3, 2)], 1)


class BlockE(nn.Module):
    """8×8: 3×3 spread out into 1×3 beside 3×1 (Fig. 7)."""

    def __init__(self, before: int, max_pool: bool = False) -> None:
        super().__init__()
        self.max_pool = max_pool
        self.branch1x1 = Conv(before, 320, 1)
        self.branch3x3_1 = Conv(before, 384, 1)
        self.branch3x3_2a = _row(384, 384, 3)
        self.branch3x3_2b = _column(384, 384, 3)
        self.branch3x3dbl_1 = Conv(before, 448, 1)
        self.branch3x3dbl_2 = Conv(448, 384, 3, padding=1)
        self.branch3x3dbl_3a = _row(384, 384, 3)
        self.branch3x3dbl_3b = _column(384, 384, 3)
        self.branch_pool = Conv(before, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``[n c h w]`` -> the same size."""
        three = self.branch3x3_1(x)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        pooled = functional.max_pool2d(x, 3, 1, 1) if self.max_pool else _average(x)
        three = [self.branch3x3_2a(three), self.branch3x3_2b(three)]
        double = [self.branch3x3dbl_3a(double), self.branch3x3dbl_3b(double)]
        return torch.cat([self.branch1x1(x), *three, *double, self.branch_pool(pooled)], 1)


class Inception(nn.Module):
    """Pictures -> feature maps; differentiable to the pixels.

    ``network.to(torch.bfloat16)`` computes in bf16; maps come in the type of the weights.
    """

    def __init__(self, config: InceptionConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or InceptionConfig()
        self.Conv2d_1a_3x3 = Conv(3, 32, 3, 2)
        self.Conv2d_2a_3x3 = Conv(32, 32, 3)
        self.Conv2d_2b_3x3 = Conv(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = Conv(64, 80, 1)
        self.Conv2d_4a_3x3 = Conv(80, 192, 3)
        self.Mixed_5b = BlockA(192, 32)
        self.Mixed_5c = BlockA(256, 64)
        self.Mixed_5d = BlockA(288, 64)
        self.Mixed_6a = BlockB(288)
        self.Mixed_6b = BlockC(128)
        self.Mixed_6c = BlockC(160)
        self.Mixed_6d = BlockC(160)
        self.Mixed_6e = BlockC(192)
        self.Mixed_7a = BlockD()
        self.Mixed_7b = BlockE(1280)
        # TensorFlow's graph of 2015 has a max pool here, Keras' and the paper's an average.
        self.Mixed_7c = BlockE(2048, max_pool=config.form == "fid")

    @property
    def resolution(self) -> int:
        """Side that :meth:`features` brings pictures to: 224, or 299 for FID."""
        return _RESOLUTION[self.config.form]

    def forward(
        self, images: Float[Tensor, "n 3 h w"], taps: Sequence[str] | None = None
    ) -> dict[str, Tensor]:
        """Feature maps ``[n, c, h, w]`` by name, computed no deeper than the deepest one needs.

        Images in [-1, 1] are not resized; ``taps`` are names of :data:`TAPS`, by default the
        configuration's. Raises InputError for an unknown tap, none, or pictures too small for the
        deepest one.
        """
        wanted = check_taps(self.config.taps if taps is None else taps, TAPS)
        self._check_size(images, wanted)
        # Keras' form was tuned on [0, 1], FID's takes what mien has.
        x = images * 0.5 + 0.5 if self.config.form == "keras" else images
        x = prepared(x, self.Conv2d_1a_3x3.conv.weight.dtype)
        return collected(self._maps(x), wanted)

    def _maps(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        for tap, stage in zip(TAPS, self.children(), strict=True):
            if tap in ("activation_4", "mixed0"):
                x = functional.max_pool2d(x, 3, 2)
            x = stage(x)
            yield tap, x

    def feature_maps(self, images: Float[Tensor, "n 3 h w"]) -> list[Tensor]:
        """The configured taps of pictures in [-1, 1], in their order; for losses."""
        return list(self(images).values())

    def features(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 2048"]:
        """``mixed10`` averaged over pixels (FID's pool3), of pictures brought to its resolution.

        Keras' form is shown 224×224, antialiased where pictures are made smaller; FID's 299×299
        as pytorch-fid resizes, without antialiasing. float32.
        """
        shown = resized(images, self.resolution, antialias=self.config.form == "keras")
        return self(shown, ["mixed10"])["mixed10"].float().mean(dim=(2, 3))

    def _check_size(self, images: Tensor, taps: Sequence[str]) -> None:
        names, deepest = list(TAPS), max(list(TAPS).index(tap) for tap in taps)
        least = next(side for tap, side in _LEAST.items() if deepest <= names.index(tap))
        if min(images.shape[-2:]) < least:
            raise InputError(
                f"Inception up to {names[deepest]}: pictures of {images.shape[-2]}×"
                f"{images.shape[-1]}, at least {least} pixels a side are needed"
            )
