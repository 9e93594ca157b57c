"""CycleGAN's generator, a residual network, and the pool of earlier pictures.

Zhu, Park, Isola & Efros 2017, Unpaired Image-to-Image Translation using Cycle-Consistent
Adversarial Networks; layers as in its appendix 7.2 (c7s1-64, d128, d256, R256 × 6 or 9, u128, u64,
c7s1-3). The discriminator is :class:`mien.sketch.pix2pix.PatchDiscriminator` with instance
normalisation, on single pictures.

Axes: n batch, c channels, h w pixels, k pool places.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.sketch.layers import check_norm, check_range, check_size, draw_weights, make_norm


@dataclass(frozen=True)
class ResnetConfig:
    """Everything that decides the shape of a residual generator's tensors.

    Two halvings double ``ngf`` to 4·ngf; ``blocks`` are 6 for 128×128 and 9 for 256×256 in the
    paper; ``norm`` is ``instance``, ``batch`` or ``none``; ``dropout`` drops half of the features
    inside each block while training.
    """

    in_channels: int = 3
    out_channels: int = 3
    ngf: int = 64
    blocks: int = 9
    norm: str = "instance"
    dropout: bool = False

    def __post_init__(self) -> None:
        check_norm(self.norm)
        check_range("in_channels", self.in_channels, 1, 64)
        check_range("out_channels", self.out_channels, 1, 64)
        check_range("ngf", self.ngf, 1, 1024)
        check_range("blocks", self.blocks, 0, 64)

    @property
    def multiple(self) -> int:
        """What both sides of a picture must be a multiple of."""
        return 4


class ResnetBlock(nn.Module):
    """Two convolutions of 3×3 with a skip around them."""

    def __init__(self, channels: int, norm: str, dropout: bool) -> None:
        super().__init__()
        bias = norm == "instance"
        self.conv0 = nn.Conv2d(channels, channels, 3, bias=bias)
        self.norm0 = make_norm(norm, channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, bias=bias)
        self.norm1 = make_norm(norm, channels)
        self.dropout = nn.Dropout(0.5) if dropout else None

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """Apply the block."""
        y = functional.relu(self.norm0(self.conv0(_reflect(x, 1))))
        if self.dropout is not None:
            y = self.dropout(y)
        return x + self.norm1(self.conv1(_reflect(y, 1)))


class ResnetGenerator(nn.Module):
    """Picture -> picture of the same size, both in [-1, 1]."""

    def __init__(self, config: ResnetConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or ResnetConfig()
        ngf, norm = config.ngf, config.norm
        bias = norm == "instance"
        self.first = nn.Conv2d(config.in_channels, ngf, 7, bias=bias)
        self.first_norm = make_norm(norm, ngf)
        self.down = nn.ModuleList(
            nn.Conv2d(ngf << i, ngf << i + 1, 3, 2, 1, bias=bias) for i in range(2)
        )
        self.down_norm = nn.ModuleList(make_norm(norm, ngf << i + 1) for i in range(2))
        self.blocks = nn.ModuleList(
            ResnetBlock(4 * ngf, norm, config.dropout) for _ in range(config.blocks)
        )
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(ngf << 2 - i, ngf << 1 - i, 3, 2, 1, output_padding=1, bias=bias)
            for i in range(2)
        )
        self.up_norm = nn.ModuleList(make_norm(norm, ngf << 1 - i) for i in range(2))
        self.out = nn.Conv2d(ngf, config.out_channels, 7)
        draw_weights(self)

    def forward(self, image: Float[Tensor, "n i h w"]) -> Float[Tensor, "n o h w"]:
        """Translate pictures in [-1, 1]; InputError: a side is no multiple of 4, or below 16."""
        check_size(image, self.config.multiple, 16, "this residual generator")
        x = image.contiguous(memory_format=torch.channels_last)

        # Encode.
        x = functional.relu(self.first_norm(self.first(_reflect(x, 3))))
        for conv, norm in zip(self.down, self.down_norm, strict=True):
            x = functional.relu(norm(conv(x)))

        # Translate.
        for block in self.blocks:
            x = block(x)

        # Decode.
        for conv, norm in zip(self.up, self.up_norm, strict=True):
            x = functional.relu(norm(conv(x)))
        return torch.tanh(self.out(_reflect(x, 3))).float()


def _reflect(x: Tensor, pixels: int) -> Tensor:
    # Autocast would pad in float32 and so convert every feature map twice.
    with torch.autocast(x.device.type, enabled=False):
        return functional.pad(x, (pixels,) * 4, mode="reflect")


class ImagePool(nn.Module):
    """A history of generated pictures that the discriminator is shown half of the time.

    Shrivastava et al. 2017. A module only so that a checkpoint stores it with the networks;
    pictures are kept in 16 bits a number, and new ones are rounded to that as well.
    """

    images: Tensor
    filled: Tensor

    def __init__(self, size: int, channels: int, height: int, width: int) -> None:
        super().__init__()
        check_range("pool", size, 0, 10_000)
        shape = size, channels, height, width
        self.register_buffer("images", torch.zeros(shape, dtype=torch.float16))
        self.register_buffer("filled", torch.zeros([], dtype=torch.int64))

    @torch.no_grad()
    def exchange(
        self, images: Float[Tensor, "n c h w"], source: torch.Generator
    ) -> Float[Tensor, "n c h w"]:
        """Put pictures in and get as many out, each new or, with probability ½, an older one.

        ``source``, on the CPU, decides which.
        """
        size, given = len(self.images), images.detach().half()
        if not size:
            return given.to(images.dtype)
        out = given.clone()
        for i, image in enumerate(given):
            filled = int(self.filled)
            old, place = torch.rand(2, generator=source).tolist()
            if filled < size:
                self.images[filled] = image
                self.filled += 1
            elif old < 0.5:
                chosen = min(int(place * size), size - 1)
                out[i] = self.images[chosen]
                self.images[chosen] = image
        return out.to(images.dtype)
