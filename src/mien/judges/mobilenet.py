"""MobileNetV2 of width 1, a small network that has seen a million photographs.

Sandler et al.: MobileNetV2, Inverted Residuals and Linear Bottlenecks, 2018. Keras' form: strided
convolutions are padded below and to the right only, pictures are shown as [0, 1]. Batch
normalisation is folded into the convolutions when the file is read.

Axes: n batch, c channels, h w pixels. Pictures come in [-1, 1] as everywhere in mien.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.judges.taps import check_taps, collected, prepared, resized

# Table 2: expansion t, channels c, repeats n, stride s of the first.
_TABLE = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
_STEM, _LAST = 32, 1280


@dataclass(frozen=True)
class _Plan:
    """One block of Table 2."""

    name: str
    before: int
    after: int
    expand: int
    stride: int

    @property
    def adds(self) -> bool:
        return self.stride == 1 and self.before == self.after

    @property
    def tap(self) -> str:
        return f"{self.name}_add" if self.adds else f"{self.name}_project_BN"


def _plans() -> tuple[_Plan, ...]:
    plans, before = [], _STEM
    for expand, width, repeats, stride in _TABLE:
        for repeat in range(repeats):
            name = f"block_{len(plans)}" if plans else "expanded_conv"
            plans.append(_Plan(name, before, width, expand, 1 if repeat else stride))
            before = width
    return tuple(plans)


BLOCKS = _plans()
"""The seventeen blocks by Keras' names."""

TAPS: dict[str, int] = {
    "Conv1_relu": _STEM,
    **{plan.tap: plan.after for plan in BLOCKS},
    "out_relu": _LAST,
}
"""What can be looked at, by Keras' names, finest first -> channels. Pictures of 128×128 have 64×64
places at ``Conv1_relu``, 32×32 at ``block_2_add``, 16×16 at ``block_5_add``, 8×8 at
``block_12_add`` and 4×4 at ``out_relu``."""


@dataclass(frozen=True)
class MobileNetConfig:
    """The names of :data:`TAPS` that :meth:`MobileNet.feature_maps` gives."""

    taps: tuple[str, ...] = ("block_2_add", "block_5_add", "block_12_add", "out_relu")

    def __post_init__(self) -> None:
        object.__setattr__(self, "taps", check_taps(self.taps, TAPS))


def _strided(x: Tensor) -> Tensor:
    """Padding of a 3×3 convolution of stride 2: a row below and a column to the right."""
    return functional.pad(x, (0, 1, 0, 1))


class InvertedResidual(nn.Module):
    """Widen by 1×1, 3×3 on each channel alone, narrow by 1×1 without a nonlinearity (Fig. 4)."""

    def __init__(self, plan: _Plan) -> None:
        super().__init__()
        wide = plan.before * plan.expand
        self.stride, self.adds = plan.stride, plan.adds
        self.expand = nn.Conv2d(plan.before, wide, 1) if plan.expand > 1 else None
        padding = 1 if plan.stride == 1 else 0
        self.depthwise = nn.Conv2d(wide, wide, 3, plan.stride, padding, groups=wide)
        self.project = nn.Conv2d(wide, plan.after, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``[n c h w]`` -> ``[n c h w]``, or half the size."""
        wide = x if self.expand is None else functional.relu6(self.expand(x))
        wide = _strided(wide) if self.stride == 2 else wide
        narrow = self.project(functional.relu6(self.depthwise(wide)))
        return x + narrow if self.adds else narrow


class MobileNet(nn.Module):
    """Pictures -> feature maps; differentiable to the pixels.

    ``network.to(torch.bfloat16)`` computes in bf16; maps come in the type of the weights.
    """

    resolution = 224
    """Side that :meth:`features` brings pictures to."""

    def __init__(self, config: MobileNetConfig | None = None) -> None:
        super().__init__()
        self.config = config or MobileNetConfig()
        self.stem = nn.Conv2d(3, _STEM, 3, 2)
        self.blocks = nn.ModuleList([InvertedResidual(plan) for plan in BLOCKS])
        self.last = nn.Conv2d(BLOCKS[-1].after, _LAST, 1)

    def forward(
        self, images: Float[Tensor, "n 3 h w"], taps: Sequence[str] | None = None
    ) -> dict[str, Tensor]:
        """Feature maps ``[n, c, h, w]``; see :meth:`mien.judges.inception.Inception.forward`."""
        wanted = check_taps(self.config.taps if taps is None else taps, TAPS)
        return collected(self._maps(images * 0.5 + 0.5), wanted)

    def _maps(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        x = functional.relu6(self.stem(_strided(prepared(x, self.stem.weight.dtype))))
        yield "Conv1_relu", x
        for plan, block in zip(BLOCKS, self.blocks, strict=True):
            x = block(x)
            yield plan.tap, x
        yield "out_relu", functional.relu6(self.last(x))

    def feature_maps(self, images: Float[Tensor, "n 3 h w"]) -> list[Tensor]:
        """The configured taps of pictures in [-1, 1], in their order; for losses."""
        return list(self(images).values())

    def features(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 1280"]:
        """``out_relu`` averaged over pixels, of pictures brought to 224×224; float32."""
        shown = resized(images, self.resolution)
        return self(shown, ["out_relu"])["out_relu"].float().mean(dim=(2, 3))
