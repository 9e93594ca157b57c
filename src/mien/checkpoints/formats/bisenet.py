"""BiSeNet's ``79999_iter.pth``, the face parser of CelebAMask-HQ; names are the same as ours.

The two heads at 1/16 and 1/32 only helped in training, and counts of batches carry nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mien.checkpoints.layout import Format, Row

if TYPE_CHECKING:
    from torch import nn

BISENET = "bisenet"


def _rows(names: frozenset[str]) -> list[Row]:
    return [Row(name, name) for name in sorted(names)]


def _config(path: Any, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """Read the widths off the shapes."""
    first = shapes.get("cp.resnet.conv1.weight", (0,))
    context = shapes.get("cp.arm16.conv_atten.weight", (0,))
    return {"width": first[0], "context": context[0]}


def build(kind: str, config: Mapping[str, Any]) -> nn.Module:
    """The network of a configuration."""
    from mien.judges.bisenet import Bisenet, BisenetConfig

    return Bisenet(BisenetConfig(**config))


FORMAT = Format(
    name="face-parsing.PyTorch",
    marks={BISENET: "cp.arm16.conv_atten.weight"},
    rows={BISENET: _rows},
    ignored=re.compile(r"(\.num_batches_tracked$|^conv_out(16|32)\.|^cp\.resnet\.fc\.)"),
    configs={BISENET: _config},
    build=build,
)
