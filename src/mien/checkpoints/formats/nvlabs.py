"""NVlabs' PyTorch networks: stylegan2-ada-pytorch, and the StyleGAN2 networks of stylegan3.

The file is a pickle of ``{"G", "D", "G_ema", …}`` whose networks carry their own source text,
which is never looked at; or a plain ``state_dict`` of the same names. Our names are theirs, so the
table is the identity.
"""

from __future__ import annotations

import re
from typing import Any

from mien.checkpoints.documents import Group, plain
from mien.checkpoints.inert import Stub, TensorRef
from mien.checkpoints.layout import DISCRIMINATOR, GENERATOR, Format, Row
from mien.errors import CheckpointError

_TAPS = (1, 3, 3, 1)
_MOST_MODULES = 5000
_LARGEST_CLAMP = 1e9


def _same_names(names: frozenset[str]) -> list[Row]:
    return [Row(name, name) for name in sorted(names) if not IGNORED.search(name)]


IGNORED = re.compile(r"(^|\.)resample_filter$|^mapping\.w_avg_beta$")
"""Filters, which are always [1, 3, 3, 1]; :func:`check` refuses any other."""

FORMAT = Format(
    name="NVlabs (PyTorch)",
    marks={GENERATOR: "synthesis.b4.const", DISCRIMINATOR: "b4.out.weight"},
    rows={GENERATOR: _same_names, DISCRIMINATOR: _same_names},
    ignored=IGNORED,
)


def check(path: Any, theirs: dict[str, TensorRef]) -> None:
    """Refuse networks with another resampling filter than ours.

    Raises:
        CheckpointError: The filter is not [1, 3, 3, 1] in both directions.
    """
    for name, ref in theirs.items():
        if not name.endswith("resample_filter"):
            continue
        total = sum(_TAPS) ** 2
        wanted = [a * b / total for a in _TAPS for b in _TAPS]
        found = ref.read().flatten().tolist() if ref.numel == 16 else []
        if any(abs(a - b) > 1e-6 for a, b in zip(found, wanted, strict=False)) or not found:
            raise CheckpointError(
                path, f"{name} is not the filter [1, 3, 3, 1]; such networks are not supported"
            )
        return


def words(path: Any, kind: str, group: Group) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read what a pickled network says of itself that its tensors do not show.

    Returns:
        Configuration (the group of the minibatch standard deviation; the clamp that a network was
        trained with, which belongs to its function in any precision) and notes. In how many of its
        blocks it used half precision (``num_fp16_res``) is passed over: that was for speed.

    Raises:
        CheckpointError: It has a mapping network with another learning-rate multiplier.
    """
    config: dict[str, Any] = {}
    notes: dict[str, Any] = {}
    kwargs = _table(group.attributes.get("_init_kwargs"))
    multiplier = _table(kwargs.get("mapping_kwargs")).get("lr_multiplier", 0.01)
    if multiplier != 0.01:
        raise CheckpointError(
            path, f"its mapping learns at {multiplier}× where 0.01× is known; not supported"
        )
    if kind == DISCRIMINATOR:
        size = _table(kwargs.get("epilogue_kwargs")).get("mbstd_group_size", 4)
        if isinstance(size, int) and size > 0:
            config["group"] = size
    clamp = _clamp(group.attributes, kwargs)
    if clamp is not None:
        config["conv_clamp"] = notes["conv_clamp"] = clamp
    return config, notes


def _clamp(attributes: dict[str, Any], kwargs: dict[str, Any]) -> float | None:
    """The clamp that its layers hold, or else that it was told when it was made."""
    tables = [kwargs, *(_table(kwargs.get(name)) for name in ("synthesis_kwargs", "block_kwargs"))]
    waiting = [*tables, attributes]
    for _ in range(_MOST_MODULES):
        if not waiting:
            break
        state = waiting.pop()
        value = state.get("conv_clamp")
        if isinstance(value, int | float) and value is not True and 0 < value < _LARGEST_CLAMP:
            return float(value)
        children = _table(state.get("_modules")).values()
        waiting += [c.state for c in children if isinstance(c, Stub) and isinstance(c.state, dict)]
    return None


def _table(value: Any) -> dict[str, Any]:
    found = plain(value)
    return found if isinstance(found, dict) else {}
