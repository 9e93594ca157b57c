"""genforce's names: GenForce, SeFa, TediGAN and other tools of that group.

Three conventions differ from ours, as in the original TensorFlow networks: kernels of the layers
that up-sample are stored mirrored, the 1 of the style bias is not stored, and a ToRGB layer is
called ``output``.
"""

from __future__ import annotations

import re

from mien.checkpoints.layout import (
    DISCRIMINATOR,
    GENERATOR,
    Format,
    Row,
    block_resolutions,
    numbered,
    same_parts,
)


def generator_rows(resolution: int, mapping_layers: int) -> list[Row]:
    """Table of a generator's names; its mapping has so many fully connected layers."""
    rows = [
        Row("synthesis.b4.const", "synthesis.early_layer.const"),
        Row("mapping.w_avg", "truncation.w_avg"),
    ]
    for i in range(mapping_layers):
        rows += same_parts(f"mapping.fc{i}", f"mapping.dense{i}")
    for block, res in enumerate(block_resolutions(resolution)):
        if block:
            rows += _layer(f"synthesis.b{res}.conv0", f"synthesis.layer{2 * block - 1}", True)
        rows += _layer(f"synthesis.b{res}.conv1", f"synthesis.layer{2 * block}", False)
        rows += _modulated(f"synthesis.b{res}.torgb", f"synthesis.output{block}", False)
    return rows


def discriminator_rows(resolution: int) -> list[Row]:
    """Table of a discriminator's names."""
    rows = same_parts(f"b{resolution}.fromrgb", "input0")
    falling = block_resolutions(resolution)[:0:-1]
    for block, res in enumerate(falling):
        for half in (0, 1):
            rows += same_parts(f"b{res}.conv{half}", f"layer{2 * block + half}")
        rows.append(Row(f"b{res}.skip.weight", f"skip_layer{block}.weight"))
    for i, ours in enumerate(("conv", "fc", "out"), start=2 * len(falling)):
        rows += same_parts(f"b4.{ours}", f"layer{i}")
    return rows


def _modulated(ours: str, theirs: str, up: bool) -> list[Row]:
    return [
        Row(f"{ours}.weight", f"{theirs}.weight", flip=up),
        Row(f"{ours}.bias", f"{theirs}.bias"),
        Row(f"{ours}.affine.weight", f"{theirs}.style.weight"),
        Row(f"{ours}.affine.bias", f"{theirs}.style.bias", plus=1.0),
    ]


def _layer(ours: str, theirs: str, up: bool) -> list[Row]:
    return [
        *_modulated(ours, theirs, up),
        Row(f"{ours}.noise_strength", f"{theirs}.noise_strength"),
        Row(f"{ours}.noise_const", f"{theirs}.noise"),
    ]


def _generator(names: frozenset[str]) -> list[Row]:
    blocks = numbered(names, "synthesis.output{}.bias")
    return generator_rows(2 << blocks, numbered(names, "mapping.dense{}.weight"))


def _discriminator(names: frozenset[str]) -> list[Row]:
    return discriminator_rows(4 << numbered(names, "skip_layer{}.weight"))


FORMAT = Format(
    name="genforce",
    marks={GENERATOR: "synthesis.early_layer.const", DISCRIMINATOR: "skip_layer0.weight"},
    rows={GENERATOR: _generator, DISCRIMINATOR: _discriminator},
    ignored=re.compile(r"\.kernel$"),
)
