"""The public GANs N' Roses checkpoints: ``G_A2B``, ``G_B2A``, ``D_A``, ``D_B`` and averages.

Built of rosinality's layers, with the same conventions. Only names and sides of length one differ;
numbers in lists shift where a list there also holds what has no parameters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mien.checkpoints.layout import Format, Row, numbered, same_parts

if TYPE_CHECKING:
    from torch import Tensor, nn

    from mien.checkpoints.inert import TensorRef

GENERATOR = "gans-n-roses"
DISCRIMINATOR = "gans-n-roses-discriminator"
ENCODER, REFERENCE = "encoder.", "reference."
"""Where a generator's encoder is, here and there; and the other generator's, once it is joined."""

_Shapes = Mapping[str, tuple[int, ...]]


def _conv(ours: str, theirs: str, first: int = 0) -> list[Row]:
    """A convolution whose bias stands in the activation; ``first`` is 1 behind a filter."""
    return [
        Row(f"{ours}.weight", f"{theirs}.{first}.weight"),
        Row(f"{ours}.bias", f"{theirs}.{first + 1}.bias"),
    ]


def _block(ours: str, theirs: str, down: bool = True) -> list[Row]:
    rows = _conv(f"{ours}.conv0", f"{theirs}.conv1")
    rows += _conv(f"{ours}.conv1", f"{theirs}.conv2", 1 if down else 0)
    return [*rows, Row(f"{ours}.skip.weight", f"{theirs}.skip.1.weight")] if down else rows


def _modulated(ours: str, theirs: str, bias: str) -> list[Row]:
    return [
        Row(f"{ours}.weight", f"{theirs}.conv.weight"),
        Row(f"{ours}.affine.weight", f"{theirs}.conv.modulation.weight"),
        Row(f"{ours}.affine.bias", f"{theirs}.conv.modulation.bias"),
        Row(f"{ours}.bias", f"{theirs}.{bias}"),
    ]


def _styled(ours: str, theirs: str) -> list[Row]:
    return _modulated(ours, theirs, "activate.bias")


def encoder_rows(
    ours: str, theirs: str, down: int, residual: int, halvings: int, content: bool = True
) -> list[Row]:
    """Table of an encoder's names, with prefixes that end in a dot.

    It has ``down`` blocks that halve the picture, ``residual`` ones after them, a style branch of
    ``halvings`` convolutions, and perhaps one for content.
    """
    rows = _conv(f"{ours}fromrgb", f"{theirs}stem.0")
    for i in range(down):
        rows += _block(f"{ours}blocks.{i}", f"{theirs}stem.{i + 1}")
    for i in range(residual):
        rows += _block(f"{ours}residual.{i}", f"{theirs}stem.{down + i + 1}", down=False)
    for i in range(2 if content else 0):
        rows += _conv(f"{ours}content.{i}", f"{theirs}content.{i}")
    for i in range(halvings):
        rows += _conv(f"{ours}style.{i}", f"{theirs}style.{i}", 1)
    rows += same_parts(f"{ours}fc", f"{theirs}style.{halvings + 1}")
    return rows + same_parts(f"{ours}out", f"{theirs}style.{halvings + 2}")


def generator_rows(names: frozenset[str]) -> list[Row]:
    """Table of a generator's names, given the foreign ones."""
    down = numbered(names, "encoder.stem.{}.skip.1.weight")
    residual = numbered(names, "adain_bottleneck.{}.conv1.conv.weight")
    halvings = numbered(names, "encoder.style.{}.1.weight")
    rows = encoder_rows(ENCODER, ENCODER, down, residual, halvings)
    if f"{REFERENCE}stem.0.0.weight" in names:
        rows += encoder_rows(REFERENCE, REFERENCE, down, residual, halvings, content=False)
    for i in range(numbered(names, "mapping.{}.weight")):
        rows += same_parts(f"mapping.{i}", f"mapping.{i}")
    for i in range(residual):
        for part in (0, 1):
            ours, theirs = f"residual.{i}.conv{part}", f"adain_bottleneck.{i}.conv{part + 1}"
            rows += _styled(ours, theirs)
    rows += _styled("blocks.0.conv1", "conv1")
    rows += _modulated("blocks.0.torgb", "to_rgb1", "bias")
    for i in range(numbered(names, "to_rgbs.{}.bias")):
        for part in (0, 1):
            rows += _styled(f"blocks.{i + 1}.conv{part}", f"convs.{2 * i + part}")
        rows += _modulated(f"blocks.{i + 1}.torgb", f"to_rgbs.{i}", "bias")
    return rows


def discriminator_rows(names: frozenset[str]) -> list[Row]:
    """Table of a diversity discriminator's names, given the foreign ones."""
    rows = []
    for ours, theirs in (("local", "l_branch"), ("whole", "g_branch")):
        rows += _conv(f"{ours}.0", f"{theirs}.0")
        depth = numbered(names, theirs + ".{}.skip.1.weight")
        for i in range(1, depth + 1):
            rows += _block(f"{ours}.{i}", f"{theirs}.{i}")
        if ours == "local":
            rows += same_parts("local_out", f"l_branch.{depth + 1}.0")
    rows += same_parts("whole_out", "g_adv.0") + _conv("spread_conv", "g_std.0", 1)
    return rows + same_parts("spread_fc", "g_std.2") + same_parts("spread_out", "g_final")


def _branch(shapes: _Shapes, first: str, block: str, start: int) -> list[int]:
    """Channels at the full resolution, its half, …."""
    found = [shapes.get(f"{first}.weight", (0,))[0]]
    while (shape := shapes.get(f"{block}.{start + len(found) - 1}.skip.weight")) is not None:
        found.append(shape[0])
    return found


def generator_config(path: Any, shapes: _Shapes) -> dict[str, Any]:
    """Read a generator's configuration off the shapes of its parameters, under our names."""
    channels = _branch(shapes, "encoder.fromrgb", "encoder.blocks", 0)
    names = frozenset(shapes)
    mapping = shapes.get("mapping.0.weight", (0, 0))
    side = 4 << numbered(names, "encoder.style.{}.weight")
    return {
        "resolution": side << (len(channels) - 1),
        "channels": channels,
        "style_dim": mapping[-1],
        "w_dim": mapping[0],
        "mapping_layers": numbered(names, "mapping.{}.weight"),
        "residual_blocks": numbered(names, "residual.{}.conv0.weight"),
        "reference": "reference.fromrgb.weight" in shapes,
    }


def discriminator_config(path: Any, shapes: _Shapes) -> dict[str, Any]:
    """Read a discriminator's configuration off the shapes of its parameters, under our names."""
    channels = _branch(shapes, "whole.0", "whole", 1)
    local = _branch(shapes, "local.0", "local", 1)
    head = shapes.get("spread_fc.weight", (0, 0))
    side = 2 * round((head[-1] / max(channels[-1], 1)) ** 0.5)
    return {
        "resolution": side << (len(channels) - 1),
        "channels": channels,
        "local_down": len(local) - 1,
        "head": head[0],
    }


def build(kind: str, config: Mapping[str, Any]) -> nn.Module:
    """The network of a kind and configuration."""
    from mien.anime import generator as networks

    config = {**config, "channels": tuple(config["channels"])}
    if kind == GENERATOR:
        return networks.RosesGenerator(networks.GansNRosesConfig(**config))
    return networks.RosesDiscriminator(networks.RosesDiscriminatorConfig(**config))


def reference(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The style encoder of anime faces out of a training checkpoint of ours, renamed."""
    prefix = f"ema_b2a/{ENCODER}"
    return {
        REFERENCE + name.removeprefix(prefix): value
        for name, value in stored.items()
        if name.startswith(prefix) and not name.startswith(f"{prefix}content.")
    }


def foreign_reference(theirs: Mapping[str, TensorRef]) -> dict[str, TensorRef]:
    """The style encoder of a foreign generator, renamed to stand in the other one."""
    return {
        REFERENCE + name.removeprefix(ENCODER): value
        for name, value in theirs.items()
        if name.startswith(ENCODER) and not name.startswith(f"{ENCODER}content.")
    }


def way_back(where: str) -> str:
    """Where the generator of the other way lies: ``G_A2B_ema`` beside ``G_B2A_ema``."""
    there = {"a2b": "b2a", "A2B": "B2A", "b2a": "a2b", "B2A": "A2B"}
    return re.sub("|".join(there), lambda found: there[found[0]], where)


FORMAT = Format(
    name="GANs N' Roses",
    marks={GENERATOR: "encoder.stem.0.0.weight", DISCRIMINATOR: "g_final.weight"},
    rows={GENERATOR: generator_rows, DISCRIMINATOR: discriminator_rows},
    ignored=re.compile(r"(^|\.)kernel$"),
    configs={GENERATOR: generator_config, DISCRIMINATOR: discriminator_config},
    build=build,
)
