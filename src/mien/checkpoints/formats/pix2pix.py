"""pytorch-CycleGAN-and-pix2pix's ``latest_net_G.pth`` and ``latest_net_D.pth``.

U-Nets of any depth, residual generators of any number of blocks and PatchGANs of one to six layers,
read off names and shapes; layers are numbered as in their list there, in which activations,
paddings and dropout count as well. Dropout has no parameters, and in use does nothing. Files older
than PyTorch 0.4 keep running means of instance normalisation, which were never used, and no count
of batches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mien.checkpoints.layout import Format, Row, same_parts

if TYPE_CHECKING:
    from torch import nn

    from mien.checkpoints.inert import TensorRef

AUTOENCODER = "translation-autoencoder"
UNET = "translation-unet"
RESNET = "translation-resnet"
PATCH = "translation-patch"

TRANSLATORS = (AUTOENCODER, UNET, RESNET)
"""Kinds of networks that turn a picture into another."""

_PARTS = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
_FIRST_BLOCK = 10
_Shapes = Mapping[str, tuple[int, ...]]

# Position in a level's list: the convolution down, its norm, what is inside, up, its norm.
_LEVELS = {"outermost": (0, None, 1, 3, None), "middle": (1, 2, 3, 5, 6)}
_INNERMOST = (1, None, None, 3, 4)

_LAST_LAYER = 32


def unet_rows(names: frozenset[str]) -> list[Row]:
    """Table of a U-Net's names, given the foreign ones; each level lies inside the one around."""
    rows: list[Row] = []
    ours, theirs, kind = "outer.", "model.model.", "outermost"
    while True:
        positions = _LEVELS[kind]
        if f"{theirs}{positions[3]}.weight" not in names:
            positions = _INNERMOST
        down, down_norm, inside, up, up_norm = positions
        places = (down, down_norm, up, up_norm)
        for part, at in zip(("down", "down_norm", "up", "up_norm"), places, strict=True):
            if at is not None:
                rows += same_parts(f"{ours}{part}", f"{theirs}{at}", _PARTS)
        if inside is None:
            return rows
        ours, theirs, kind = f"{ours}inside.", f"{theirs}{inside}.model.", "middle"


def resnet_rows(names: frozenset[str]) -> list[Row]:
    """Table of a residual generator's names, given the foreign ones."""
    blocks = 0
    while f"model.{_FIRST_BLOCK + blocks}.conv_block.1.weight" in names:
        blocks += 1
    # Dropout between the convolutions of a block moves the second one by a place.
    second = 5 if f"model.{_FIRST_BLOCK}.conv_block.5.weight" in names else 6
    pairs = [("first", "model.1"), ("first_norm", "model.2")]
    for i in range(2):
        pairs += [(f"down.{i}", f"model.{4 + 3 * i}"), (f"down_norm.{i}", f"model.{5 + 3 * i}")]
    for i in range(blocks):
        ours, theirs = f"blocks.{i}", f"model.{_FIRST_BLOCK + i}.conv_block"
        pairs += [(f"{ours}.conv0", f"{theirs}.1"), (f"{ours}.norm0", f"{theirs}.2")]
        pairs += [(f"{ours}.conv1", f"{theirs}.{second}")]
        pairs += [(f"{ours}.norm1", f"{theirs}.{second + 1}")]
    after = _FIRST_BLOCK + blocks
    for i in range(2):
        pairs += [(f"up.{i}", f"model.{after + 3 * i}")]
        pairs += [(f"up_norm.{i}", f"model.{after + 3 * i + 1}")]
    pairs.append(("out", f"model.{after + 7}"))
    return [row for ours, theirs in pairs for row in same_parts(ours, theirs, _PARTS)]


def patch_rows(names: frozenset[str]) -> list[Row]:
    """Table of a PatchGAN's names, given the foreign ones.

    The first convolution stands alone; each further one is followed by a norm and an activation,
    and the last by nothing.
    """
    pairs, i = [("convs.0", "model.0")], 1
    while f"model.{3 * i + 2}.weight" in names and i < _LAST_LAYER:
        pairs += [(f"convs.{i}", f"model.{3 * i - 1}"), (f"norms.{i}", f"model.{3 * i}")]
        i += 1
    pairs.append(("out", f"model.{3 * i - 1}"))
    return [row for ours, theirs in pairs for row in same_parts(ours, theirs, _PARTS)]


def is_patch(theirs: Mapping[str, TensorRef], prefix: str) -> bool:
    """Whether what has a PatchGAN's mark begins with its 4×4 convolution."""
    first = theirs.get(f"{prefix}model.0.weight")
    return first is not None and first.shape[2:] == (4, 4)


def _side(shapes: _Shapes, name: str, axis: int) -> int:
    shape = shapes.get(name, ())
    return shape[axis] if len(shape) == 4 else 0


def _norm(shapes: _Shapes, name: str, conv: str) -> str:
    """The norm behind a convolution, which has a bias of its own only before instance norm."""
    if f"{name}.weight" in shapes:
        return "batch"
    return "instance" if f"{conv}.bias" in shapes else "none"


def unet_config(path: Any, shapes: _Shapes) -> dict[str, Any]:
    """Read a U-Net's configuration off the shapes of its parameters, under our names."""
    downs = 0
    while f"outer.{'inside.' * downs}down.weight" in shapes:
        downs += 1
    widths = [_side(shapes, f"outer.{'inside.' * i}down.weight", 0) for i in range(downs)]
    return {
        "in_channels": _side(shapes, "outer.down.weight", 1),
        "out_channels": _side(shapes, "outer.up.weight", 1),
        "ngf": widths[0] if widths else 0,
        "channel_max": max(widths, default=0),
        "downs": downs,
        "norm": _norm(shapes, "outer.inside.down_norm", "outer.inside.down"),
    }


def resnet_config(path: Any, shapes: _Shapes) -> dict[str, Any]:
    """Read a residual generator's configuration off the shapes of its parameters."""
    blocks = 0
    while f"blocks.{blocks}.conv0.weight" in shapes:
        blocks += 1
    return {
        "in_channels": _side(shapes, "first.weight", 1),
        "out_channels": _side(shapes, "out.weight", 0),
        "ngf": _side(shapes, "first.weight", 0),
        "blocks": blocks,
        "norm": _norm(shapes, "first_norm", "first"),
    }


def patch_config(path: Any, shapes: _Shapes) -> dict[str, Any]:
    """Read a PatchGAN's configuration off the shapes of its parameters, under our names."""
    layers = 0
    while f"convs.{layers + 1}.weight" in shapes:
        layers += 1
    return {
        "in_channels": _side(shapes, "convs.0.weight", 1),
        "ndf": _side(shapes, "convs.0.weight", 0),
        "layers": layers,
        "norm": _norm(shapes, "norms.1", "convs.1"),
    }


def autoencoder_config(path: Any, shapes: _Shapes) -> dict[str, Any]:
    """Read an autoencoder's configuration off the shapes of its parameters (our files only)."""
    widths = [_side(shapes, f"down.{i}.weight", 0) for i in range(6)]
    return {
        "in_channels": _side(shapes, "down.0.weight", 1),
        "out_channels": _side(shapes, "out.weight", 1),
        "ngf": widths[0],
        "channel_max": max(widths),
    }


def build(kind: str, config: Mapping[str, Any]) -> nn.Module:
    """The network of a kind and configuration."""
    from mien.sketch import autoencoder, cyclegan, pix2pix

    if kind == AUTOENCODER:
        return autoencoder.Autoencoder(autoencoder.AutoencoderConfig(**config))
    if kind == UNET:
        return pix2pix.Unet(pix2pix.UnetConfig(**config))
    if kind == RESNET:
        return cyclegan.ResnetGenerator(cyclegan.ResnetConfig(**config))
    return pix2pix.PatchDiscriminator(pix2pix.PatchConfig(**config))


def kind_of_run(config: Mapping[str, Any]) -> str | None:
    """The kind of a training run's generator, by the configuration in its checkpoints."""
    kinds = {"autoencoder": AUTOENCODER, "pix2pix": UNET, "cyclegan": RESNET}
    return kinds.get(str(config.get("method")))


FORMAT = Format(
    name="pytorch-CycleGAN-and-pix2pix",
    marks={
        UNET: "model.model.0.weight",
        RESNET: "model.10.conv_block.1.weight",
        PATCH: "model.5.weight",
    },
    rows={UNET: unet_rows, RESNET: resnet_rows, PATCH: patch_rows},
    ignored=re.compile(r"(^|\.)(running_mean|running_var|num_batches_tracked)$"),
    configs={
        UNET: unet_config,
        RESNET: resnet_config,
        PATCH: patch_config,
        AUTOENCODER: autoencoder_config,
    },
    build=build,
)
