"""NVlabs' PyTorch networks: stylegan2-ada-pytorch, and the StyleGAN2 networks of stylegan3.

A pickle of ``{"G", "D", "G_ema", …}`` whose networks carry their own source text, which is never
looked at; or a plain ``state_dict``. The names are ours.
"""

from __future__ import annotations

import re
from typing import Any

from mien.checkpoints.functions import Module, arguments, check_stylegan2
from mien.checkpoints.inert import TensorRef
from mien.checkpoints.layout import DISCRIMINATOR, GENERATOR, Format, Row
from mien.errors import CheckpointError

_TAPS = (1, 3, 3, 1)
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
    """Refuse networks with another filter than [1, 3, 3, 1] in both directions: CheckpointError."""
    total = sum(_TAPS) ** 2
    wanted = [a * b / total for a in _TAPS for b in _TAPS]
    for name, ref in theirs.items():
        if not name.endswith(("resample_filter", ".kernel")):
            continue
        found = ref.read().flatten().tolist() if ref.numel == 16 else []
        if name.endswith(".kernel"):  # Other families store the gain of up-sampling in it.
            found = [value / (sum(found) or 1) for value in found]
        if any(abs(a - b) > 1e-6 for a, b in zip(found, wanted, strict=False)) or not found:
            raise CheckpointError(
                path, f"{name} is not the filter [1, 3, 3, 1]; such networks are not supported"
            )


def words(path: Any, kind: str, found: list[Module]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read what a pickled network says of itself that its tensors do not show.

    Returns configuration (the group of the minibatch standard deviation, None for the whole batch;
    the clamp that a network was trained with, which belongs to its function in any precision) and
    notes. In how many of its blocks it used half precision (``num_fp16_res``) is passed over: that
    was for speed. No modules say nothing. Raises CheckpointError if its layers compute something
    else than ours.
    """
    config: dict[str, Any] = {}
    notes: dict[str, Any] = {}
    check_stylegan2(path, kind == DISCRIMINATOR, found)
    if kind == DISCRIMINATOR:
        config |= _group(path, found)
    clamp = _clamp(path, found)
    if clamp is not None:
        config["conv_clamp"] = notes["conv_clamp"] = clamp
    return config, notes


def _group(path: Any, found: list[Module]) -> dict[str, int | None]:
    """Over how many pictures the standard deviation is taken: its layer's word, or its maker's."""
    told: list[Any] = [module.said["group_size"] for module in found if "group_size" in module.said]
    for module in found:
        for _, said in arguments(module):
            told += [said[key] for key in ("mbstd_group_size", "group_size") if key in said]
    if not told:
        return {}
    size = told[0]
    if size is not None and (type(size) is not int or size < 1):
        raise CheckpointError(
            path, f"its minibatch standard deviation is over {str(size)[:20]} pictures"
        )
    return {"group": size}


def _clamp(path: Any, found: list[Module]) -> float | None:
    """The clamp that its layers hold, or else that it was told when it was made."""
    held = [module.said.get("conv_clamp") for module in found]
    told = [said.get("conv_clamp") for module in found for _, said in arguments(module)]
    for values in (held, told):
        clamps = {clamp for value in values if (clamp := _as_clamp(value)) is not None}
        if len(clamps) > 1:
            listed = ", ".join(f"{value:g}" for value in sorted(clamps)[:4])
            raise CheckpointError(path, f"its layers have several clamps ({listed}); not supported")
        if clamps:
            return clamps.pop()
    return None


def _as_clamp(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 < value < _LARGEST_CLAMP else None
