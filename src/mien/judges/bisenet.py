"""BiSeNet as the widely used face parser has it: ``79999_iter.pth``, trained on CelebAMask-HQ.

Yu et al. 2018 (BiSeNet) with a ResNet-18 (He et al. 2016) whose map at 1/8 stands for the spatial
path. Names of parameters are the file's. Pictures come in [-1, 1] and are shown at 512×512 with
ImageNet's mean and deviation; its nineteen classes are brought to CelebAMask-HQ's order.

Axes: n batch, c channels, h w pixels, r regions.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError
from mien.judges.regions import ID

CLASSES: tuple[str, ...] = (
    *("background", "skin", "left_brow", "right_brow", "left_eye", "right_eye", "glasses"),
    *("left_ear", "right_ear", "earring", "nose", "mouth", "upper_lip", "lower_lip", "neck"),
    *("necklace", "cloth", "hair", "hat"),
)
"""Its classes, in its order."""

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class BisenetConfig:
    """Channels of the ResNet's first stage and of the context path; the published file's."""

    width: int = 64
    context: int = 128

    def __post_init__(self) -> None:
        if min(self.width, self.context) < 4:
            raise InputError(f"width {self.width} and context {self.context} must be at least 4")


class _ConvNorm(nn.Module):
    def __init__(self, before: int, after: int, kernel: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, kernel, 1, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(after)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv(x)))


class _Block(nn.Module):
    """Basic block of a ResNet (He et al. 2016, Fig. 5 left)."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.downsample = None
        if before != after or stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return functional.relu(y + (x if self.downsample is None else self.downsample(x)))


class _Resnet(nn.Module):
    """ResNet-18 without its classifier: maps at 1/8, 1/16 and 1/32."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = nn.Sequential(_Block(width, width, 1), _Block(width, width, 1))
        for stage in (2, 3, 4):
            after = width * 2 ** (stage - 1)
            blocks = nn.Sequential(_Block(after // 2, after, 2), _Block(after, after, 1))
            self.add_module(f"layer{stage}", blocks)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        eighth = self.get_submodule("layer2")(self.layer1(x))
        sixteenth = self.get_submodule("layer3")(eighth)
        return eighth, sixteenth, self.get_submodule("layer4")(sixteenth)


class _Attention(nn.Module):
    """Attention refinement (Fig. 2 b): channels weighed by what the whole picture shows."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv = _ConvNorm(before, after)
        self.conv_atten = nn.Conv2d(after, after, 1, bias=False)
        self.bn_atten = nn.BatchNorm2d(after)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        whole = x.mean(dim=(2, 3), keepdim=True)
        return x * self.bn_atten(self.conv_atten(whole)).sigmoid()


class _Context(nn.Module):
    """Context path (Fig. 2 a): global mean, refined maps at 1/32 and 1/16, brought to 1/8."""

    def __init__(self, width: int, context: int) -> None:
        super().__init__()
        self.resnet = _Resnet(width)
        self.arm16 = _Attention(width * 4, context)
        self.arm32 = _Attention(width * 8, context)
        self.conv_head32 = _ConvNorm(context, context)
        self.conv_head16 = _ConvNorm(context, context)
        self.conv_avg = _ConvNorm(width * 8, context, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        eighth, sixteenth, last = self.resnet(x)
        whole = self.conv_avg(last.mean(dim=(2, 3), keepdim=True))
        up = functional.interpolate(self.arm32(last) + whole, sixteenth.shape[2:], mode="nearest")
        up = self.arm16(sixteenth) + self.conv_head32(up)
        up = functional.interpolate(up, eighth.shape[2:], mode="nearest")
        return eighth, self.conv_head16(up)


class _Fusion(nn.Module):
    """Feature fusion (Fig. 2 c)."""

    def __init__(self, channels: int, after: int) -> None:
        super().__init__()
        self.convblk = _ConvNorm(channels, after, 1)
        self.conv1 = nn.Conv2d(after, after // 4, 1, bias=False)
        self.conv2 = nn.Conv2d(after // 4, after, 1, bias=False)

    def forward(self, fine: Tensor, deep: Tensor) -> Tensor:
        x = self.convblk(torch.cat([fine, deep], dim=1))
        whole = functional.relu(self.conv1(x.mean(dim=(2, 3), keepdim=True)))
        return x + x * self.conv2(whole).sigmoid()


class _Output(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = _ConvNorm(channels, channels)
        self.conv_out = nn.Conv2d(channels, len(CLASSES), 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv_out(self.conv(x))


class Bisenet(nn.Module):
    """Pictures -> logits of regions; a :class:`mien.judges.parser.FaceParser`."""

    resolution = 512
    """Side of the pictures that it wants to be shown."""

    def __init__(self, config: BisenetConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or BisenetConfig()
        self.cp = _Context(config.width, config.context)
        self.ffm = _Fusion(config.width * 2 + config.context, config.width * 4)
        self.conv_out = _Output(config.width * 4)

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n r h2 w2"]:
        """Logits in its own order, at 1/8 of the size of pictures in [-1, 1]."""
        mean, deviation = (images.new_tensor(v)[:, None, None] for v in (_MEAN, _DEVIATION))
        x = (images * 0.5 + 0.5 - mean) / deviation
        return self.conv_out(self.ffm(*self.cp(x)))

    @torch.no_grad()
    def shares(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n r h2 w2"]:
        """How likely each pixel shows each region of :data:`mien.judges.regions.REGIONS`."""
        size = [side // 2 for side in images.shape[2:]]
        logits = functional.interpolate(self(images), size, mode="bilinear", align_corners=True)
        order = sorted(range(len(CLASSES)), key=lambda i: ID[CLASSES[i]])
        return logits.softmax(dim=1)[:, order]
