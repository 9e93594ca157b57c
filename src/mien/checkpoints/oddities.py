"""Networks that are nearly of a known family: named for what they are, not by their tensors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from mien.checkpoints.inert import TensorRef
from mien.errors import ConfigMismatch

_GENERATOR = "stylegan2-generator"
_DISCRIMINATOR = "stylegan2-discriminator"
_LEAST, _MOST = 32, 1024
_CONSTS = ("synthesis.b4.const", "input.input", "synthesis.early_layer.const")
_SAY = "only square ones are supported"
_Refs = Mapping[str, TensorRef]


def refuse_odd(path: str | Path, kind: str, theirs: _Refs) -> None:
    """Refuse, in one line that names it, what is known and not supported.

    Raises ConfigMismatch if the file, which looks like a ``kind``, is of another shape,
    architecture or hand.
    """
    if kind not in (_GENERATOR, _DISCRIMINATOR):
        return
    checks = (_haar, _basicsr, _oblong, _genforce, _of_generator, _of_discriminator, _size, _wide)
    for check in checks:
        found = check(kind, theirs)
        if found is not None:
            raise ConfigMismatch(path, found)


def stylegan3(theirs: _Refs) -> str | None:
    """Which of StyleGAN3's two configurations a generator is of; None for other networks."""
    named = re.compile(r"synthesis\.L0_\w+\.weight$")
    first = next((ref for name, ref in theirs.items() if named.search(name)), None)
    if first is None:
        return None
    if len(first.shape) != 4:
        return "a StyleGAN3 generator"
    return f"a StyleGAN3 generator (config {'R' if first.shape[-1] == 1 else 'T'})"


def _haar(kind: str, theirs: _Refs) -> str | None:
    if any(re.search(r"(^|\.)(iwt|dwt)\.", name) for name in theirs):
        what = "generator" if kind == _GENERATOR else "discriminator"
        return f"is a SWAGAN {what}, which draws wavelets; not supported"
    return None


def _basicsr(kind: str, theirs: _Refs) -> str | None:
    """A discriminator that shares the names of its last layers with rosinality's."""
    if kind == _DISCRIMINATOR and any(name.startswith("conv_body.") for name in theirs):
        return "is a StyleGAN2 discriminator of BasicSR (GFPGAN's tools); not supported"
    return None


def _oblong(kind: str, theirs: _Refs) -> str | None:
    """A constant, or a last layer, that is not square."""
    if kind == _GENERATOR:
        const = next((theirs[name] for name in _CONSTS if name in theirs), None)
        if const is None or len(const.shape) < 3:
            return None
        height, width = const.shape[-2:]
        if height == width == 4:
            return None
        scale = 1 << _doublings(theirs)
        size = f"{width * scale}×{height * scale}"
        return f"draws {size} pictures; {_SAY if height != width else '4×4 is where it must begin'}"
    return None


def _doublings(theirs: _Refs) -> int:
    """How often the generator doubles the size."""
    blocks = {int(m[1]) for name in theirs if (m := re.match(r"synthesis\.b(\d{1,5})\.", name))}
    if blocks:
        return len(blocks) - 1
    counted = (r"to_rgbs\.(\d{1,2})\.", r"synthesis\.output(\d{1,2})\.")
    for pattern, less in zip(counted, (0, 1), strict=True):
        found = {m[1] for name in theirs if (m := re.match(pattern, name))}
        if found:
            return len(found) - less
    return 0


def _genforce(kind: str, theirs: _Refs) -> str | None:
    if "mapping.label_weight" in theirs:
        return "takes labels by genforce's label_weight, which are not supported"
    mean, style = theirs.get("truncation.w_avg"), theirs.get("synthesis.layer0.style.weight")
    if mean is not None and style is not None and mean.numel > style.shape[-1] > 0:
        return (
            f"maps z to {mean.numel // style.shape[-1]} w, one a layer (genforce's repeat_w=False);"
            " only one for all layers is supported"
        )
    return None


def _of_generator(kind: str, theirs: _Refs) -> str | None:
    """NVlabs' other architectures: RGB at the last resolution only, with or without skips."""
    if kind != _GENERATOR or "synthesis.b4.const" not in theirs:
        return None
    drawing = [name for name in theirs if name.endswith("torgb.weight")]
    if "synthesis.b4.torgb.weight" in theirs or len(drawing) != 1:
        return None
    skips = any(re.match(r"synthesis\.b\d+\.skip\.", name) for name in theirs)
    built = "resnet" if skips else "orig"
    return f"its generator is of the architecture {built!r} (only 'skip' is supported)"


def _of_discriminator(kind: str, theirs: _Refs) -> str | None:
    if kind != _DISCRIMINATOR or "b4.out.weight" not in theirs:
        return None
    seeing = sum(name.endswith("fromrgb.weight") for name in theirs)
    skips = any(re.match(r"b\d+\.skip\.weight", name) for name in theirs)
    if skips and seeing == 1:
        return None
    built = "skip" if seeing > 1 else "orig"
    return f"its discriminator is of the architecture {built!r} (only 'resnet' is supported)"


def _size(kind: str, theirs: _Refs) -> str | None:
    """Pictures smaller or larger than any that are supported."""
    if kind == _GENERATOR:
        side = 4 << _doublings(theirs)
        if not any(name in theirs for name in _CONSTS):
            return None
        verb = "draws"
    else:
        blocks = [int(m[1]) for name in theirs if (m := re.match(r"b(\d{1,5})\.conv0\.", name))]
        side, verb = max(blocks, default=_LEAST), "judges"
    if side < _LEAST:
        return f"{verb} {side}×{side} pictures; {_LEAST}×{_LEAST} is the least"
    if side > _MOST:
        return f"{verb} {side}×{side} pictures; {_MOST}×{_MOST} is the most"
    return None


def _wide(kind: str, theirs: _Refs) -> str | None:
    """A discriminator whose last features are not 4×4, so that its pictures are not square."""
    for conv, full in (("b4.conv", "b4.fc"), ("final_conv.0", "final_linear.0")):
        features, seen = theirs.get(f"{conv}.weight"), theirs.get(f"{full}.weight")
        if kind != _DISCRIMINATOR or features is None or seen is None or len(seen.shape) != 2:
            continue
        if seen.shape[1] != 16 * features.shape[0]:
            return f"judges pictures of another shape; {_SAY}"
    return None
