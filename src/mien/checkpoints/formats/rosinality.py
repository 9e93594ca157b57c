"""rosinality's names and everything built on them: pSp, e4e, ReStyle, StyleCLIP, StyleGAN-NADA.

Equalised learning rate, the mapping's multiplier 0.01, the style bias (its 1 is stored in it) and
the direction of all kernels are the same as ours; only names and sides of length one differ. The
mean w lies beside the network as ``latent_avg``, if at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from mien.checkpoints.functions import Module
from mien.checkpoints.layout import (
    DISCRIMINATOR,
    GENERATOR,
    Format,
    Row,
    block_resolutions,
    numbered,
    same_parts,
)

_LAYER = (
    ("{ours}.weight", "{theirs}.conv.weight"),
    ("{ours}.affine.weight", "{theirs}.conv.modulation.weight"),
    ("{ours}.affine.bias", "{theirs}.conv.modulation.bias"),
    ("{ours}.noise_strength", "{theirs}.noise.weight"),
    ("{ours}.noise_const", "noises.noise_{index}"),
    ("{ours}.bias", "{theirs}.activate.bias"),
)

_TO_RGB = (
    ("{ours}.weight", "{theirs}.conv.weight"),
    ("{ours}.affine.weight", "{theirs}.conv.modulation.weight"),
    ("{ours}.affine.bias", "{theirs}.conv.modulation.bias"),
    ("{ours}.bias", "{theirs}.bias"),
)

_DISCRIMINATOR_BLOCK = (
    ("b{res}.conv0.weight", "convs.{i}.conv1.0.weight"),
    ("b{res}.conv0.bias", "convs.{i}.conv1.1.bias"),
    ("b{res}.conv1.weight", "convs.{i}.conv2.1.weight"),
    ("b{res}.conv1.bias", "convs.{i}.conv2.2.bias"),
    ("b{res}.skip.weight", "convs.{i}.skip.1.weight"),
)

_DISCRIMINATOR_END = (
    ("b4.conv.weight", "final_conv.0.weight"),
    ("b4.conv.bias", "final_conv.1.bias"),
    ("b4.fc.weight", "final_linear.0.weight"),
    ("b4.fc.bias", "final_linear.0.bias"),
    ("b4.out.weight", "final_linear.1.weight"),
    ("b4.out.bias", "final_linear.1.bias"),
)


def _filled(table: Iterable[tuple[str, str]], **values: object) -> list[Row]:
    return [Row(ours.format(**values), theirs.format(**values)) for ours, theirs in table]


def generator_rows(resolution: int, mapping_layers: int) -> list[Row]:
    """Table of a generator's names; its mapping has so many fully connected layers."""
    rows = [Row("synthesis.b4.const", "input.input")]
    for i in range(mapping_layers):
        rows += same_parts(f"mapping.fc{i}", f"style.{i + 1}")
    rows += _filled(_LAYER, ours="synthesis.b4.conv1", theirs="conv1", index=0)
    rows += _filled(_TO_RGB, ours="synthesis.b4.torgb", theirs="to_rgb1")
    for i, res in enumerate(block_resolutions(resolution)[1:]):
        for half in (0, 1):
            ours, n = f"synthesis.b{res}.conv{half}", 2 * i + half
            rows += _filled(_LAYER, ours=ours, theirs=f"convs.{n}", index=n + 1)
        rows += _filled(_TO_RGB, ours=f"synthesis.b{res}.torgb", theirs=f"to_rgbs.{i}")
    return rows


def discriminator_rows(resolution: int) -> list[Row]:
    """Table of a discriminator's names."""
    rows = [
        Row(f"b{resolution}.fromrgb.weight", "convs.0.0.weight"),
        Row(f"b{resolution}.fromrgb.bias", "convs.0.1.bias"),
    ]
    falling = block_resolutions(resolution)[:0:-1]
    for i, res in enumerate(falling, start=1):
        rows += _filled(_DISCRIMINATOR_BLOCK, res=res, i=i)
    return rows + _filled(_DISCRIMINATOR_END)


def words(root: Any, kind: str, found: Sequence[Module] = ()) -> dict[str, Any]:
    """Configuration beside the tensors: the group that a pickled discriminator names, our clamp.

    ``root`` is what the file holds; mien writes a clamp there, which has no place in the form.
    """
    group = found[0].said.get("stddev_group") if found else None
    if kind == DISCRIMINATOR and type(group) is int and group > 0:
        return {"group": group}
    value = root.get("conv_clamp") if isinstance(root, dict) else None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1e9:
        return {}
    return {"conv_clamp": float(value)}


def _generator(names: frozenset[str]) -> list[Row]:
    blocks = numbered(names, "to_rgbs.{}.bias")
    return generator_rows(4 << blocks, numbered(names, "style.{}.weight"))


def _discriminator(names: frozenset[str]) -> list[Row]:
    return discriminator_rows(4 << numbered(names, "convs.{}.conv1.0.weight"))


FORMAT = Format(
    name="rosinality",
    marks={GENERATOR: "to_rgb1.conv.weight", DISCRIMINATOR: "final_linear.1.weight"},
    rows={GENERATOR: _generator, DISCRIMINATOR: _discriminator},
    ignored=re.compile(r"\.kernel$|^latent_avg$|^noises\."),
)
