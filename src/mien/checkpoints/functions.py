"""What a pickled network says of its functions, which its tensors do not show.

Networks of equal tensors may have another activation, gain, clamp or padding, or no demodulation.
What attributes of layers and arguments of modules say of that is honoured or refused here. A plain
``state_dict`` says nothing, and is taken for what its family publishes.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mien.checkpoints.documents import Group, plain
from mien.checkpoints.inert import Stub, TensorRef
from mien.errors import CheckpointError

_MOST_MODULES = 5000
_MOST_TABLES = 200
_CLOSE = 1e-3
_LEAKY = re.compile(r"(^|\.)(fc\d*|conv\d*|fromrgb)$")
_MAPPED = re.compile(r"(^|\.)mapping\.fc\d+$")
_SKIP_LAYER = re.compile(r"(^|\.)skip$")
_TO_RGB = re.compile(r"(^|\.)(torgb|to_rgbs?\d*(\.\d+)?|output\d+)(\.|$)")
_FUSED = re.compile(r"(^|\.)(style\.\d+|final_linear\.0)$")
_STYLE = re.compile(r"(^|\.)style\.\d+$")
_TAPS = [1, 3, 3, 1]
_ACTIVATIONS = frozenset(
    {"Sigmoid", "ELU", "GELU", "SiLU", "PReLU", "SELU", "Softplus", "Mish", "Hardswish", "ReLU6"}
)
_ARGUMENTS = ("_init_kwargs", "init_kwargs")
_NAMED = ("activation", "act", "nonlinearity")
_SLOPE = 0.2
_LAYERS = {"padding_mode": "zeros", "dilation": 1, "groups": 1, "eps": 1e-5}
"""What PyTorch's layers have unless they were told otherwise."""


@dataclass(frozen=True)
class Module:
    """A module inside a pickled network.

    ``where`` is its name from the root, joined by dots; ``kind`` its class, ``module.class`` as the
    file says it; ``said`` its attributes.
    """

    where: str
    kind: str
    said: Mapping[str, Any]


def table(value: Any) -> dict[str, Any]:
    """A dictionary out of a dictionary or a namespace; empty for anything else."""
    found = plain(value)
    return found if isinstance(found, dict) else {}


def modules(group: Group, prefix: str = "") -> list[Module]:
    """The modules of a pickled network, its root first; none for a plain ``state_dict``.

    ``prefix`` is where in the group the network begins, with a dot at its end.
    """
    if "_modules" not in group.attributes:
        return []
    root, kind = group.attributes, group.kind
    for part in prefix.split(".")[:-1]:
        child = table(root.get("_modules")).get(part)
        if not isinstance(child, Stub) or not isinstance(child.state, dict):
            return []
        root, kind = child.state, child.name
    found = []
    waiting: deque[tuple[str, str, dict[str, Any]]] = deque([("", kind, root)])
    while waiting and len(found) < _MOST_MODULES:
        where, kind, said = waiting.popleft()
        found.append(Module(where, kind, said))
        for name, child in table(said.get("_modules")).items():
            if isinstance(child, Stub) and isinstance(child.state, dict):
                waiting.append((f"{where}.{name}".strip("."), child.name, child.state))
    return found


def arguments(module: Module) -> Iterator[tuple[str, dict[str, Any]]]:
    """The arguments a module was made with, and those that it was told to hand on to others."""
    waiting = [("", table(module.said.get(name))) for name in _ARGUMENTS]
    for _ in range(_MOST_TABLES):
        if not waiting:
            return
        name, found = waiting.pop(0)
        if found:
            yield name, found
        waiting += [
            (str(key), table(value))
            for key, value in found.items()
            if isinstance(key, str) and key.endswith("kwargs") and table(value)
        ]


def check_stylegan2(path: Any, judges: bool, found: list[Module]) -> None:
    """Refuse a StyleGAN2 of NVlabs' names whose layers compute something else than ours.

    Raises CheckpointError for another activation, gain, slope, learning-rate multiplier, filter,
    padding or architecture, no noise inputs, or a convolution without demodulation.
    """
    for module in found:
        leaky = bool(_LEAKY.search(module.where)) and not _SKIP_LAYER.search(module.where)
        for key in _NAMED:
            if key in module.said and module.where:
                _wanted(path, module, key, module.said[key], "lrelu" if leaky else "linear")
        _check_numbers(path, module, leaky)
        _check_words(path, module, module.said, judges)
        for name, said in arguments(module):
            # What one layer was told is about that layer, all else about the layers inside.
            single = not name and bool(module.where) and not module.said.get("_modules")
            _check_words(path, module, said, judges)
            for key in _NAMED:
                if key in said and not (single and not leaky):
                    _wanted(path, module, key, said[key], "lrelu", name)
            if "lr_multiplier" in said:
                _check_multiplier(path, module, name, said["lr_multiplier"])


def check_rosinality(path: Any, found: list[Module]) -> None:
    """Refuse a StyleGAN2 of rosinality's modules whose layers compute something else than ours.

    Raises CheckpointError for another activation, slope, gain or learning-rate multiplier, or a
    convolution without demodulation.
    """
    for module in found:
        if not _is(module.said.get("stddev_feat", 1), 1):
            raise CheckpointError(path, "its minibatch standard deviation has several maps")
        if "lr_mul" in module.said:
            leaky = bool(_FUSED.search(module.where))
            if "activation" in module.said:
                wanted = "fused_lrelu" if leaky else None
                _wanted(path, module, "activation", module.said["activation"], wanted)
            slow = 0.01 if _STYLE.search(module.where) else 1
            if not _is(module.said["lr_mul"], slow):
                cause = f"{module.where} learns at {_name(module.said['lr_mul'])}×, not {slow}×"
                raise CheckpointError(path, cause)
        _refuse_activation(path, module, {"ReLU", "Tanh"})
        if module.kind.endswith("FusedLeakyReLU"):
            _factor(path, module, "scale", math.sqrt(2))
        _check_words(path, module, module.said, None)


def check_words(path: Any, found: list[Module]) -> None:
    """Refuse a pickled StyleGAN2 of other hands whose layers say that they compute something else.

    Raises CheckpointError for another slope or activation, no noise, or no demodulation.
    """
    for module in found:
        _refuse_activation(path, module, {"ReLU", "Tanh"})
        _check_words(path, module, module.said, None)


def _refuse_activation(path: Any, module: Module, more: Collection[str] = ()) -> None:
    kind = module.kind.rpartition(".")[2]
    if kind in _ACTIVATIONS or kind in more:
        cause = f"has the activation {kind} at {module.where}, which is not supported"
        raise CheckpointError(path, cause)


def check_translation(path: Any, judges: bool, found: list[Module]) -> None:
    """Refuse a pickled network of CycleGAN or pix2pix that computes something else than ours.

    Raises CheckpointError for another padding, activation, slope or number of a layer, and for a
    generator that does not end with tanh; no modules say nothing.
    """
    kinds = {module.kind.rpartition(".")[2]: module for module in found}
    for kind, module in kinds.items():
        if kind.endswith(("Pad2d", "Pad")) and kind != "ReflectionPad2d":
            cause = f"pads by {kind} at {module.where}; only reflection is supported"
            raise CheckpointError(path, cause)
        _refuse_activation(path, module)
    if found and not judges and "Tanh" not in kinds:
        raise CheckpointError(path, "does not end with tanh; such networks are not supported")
    for module in found:
        _check_words(path, module, module.said, None)
        for key, usual in _LAYERS.items():
            value = module.said.get(key, usual)
            if key == "eps" and not module.kind.endswith(("Norm2d", "Norm")):
                continue
            if value != usual and value != (usual, usual):
                raise CheckpointError(
                    path,
                    f"the {key} of {module.where} is {_name(value)}, not {usual!r}; not supported",
                )


def _factor(path: Any, module: Module, key: str, number: float) -> None:
    if key in module.said and not _is(module.said[key], number):
        raise CheckpointError(
            path,
            f"the {key} of {module.where} is {_name(module.said[key])} where StyleGAN2 has"
            f" {number:.6g}; such networks are not supported",
        )


def _wanted(
    path: Any, module: Module, key: str, value: Any, wanted: str | None, told: str = ""
) -> None:
    if value == wanted:
        return
    where = f" of {told or module.where}" if told or module.where else ""
    raise CheckpointError(
        path,
        f"the {key}{where} is {_name(value)} where StyleGAN2 has {wanted!r}; such networks are"
        " not supported",
    )


def _name(value: Any) -> str:
    return repr(value.name if isinstance(value, Stub) else str(value))[:60]


def _check_multiplier(path: Any, module: Module, name: str, value: Any) -> None:
    alone = bool(module.where) and not module.said.get("_modules")
    slow = _MAPPED.search(module.where) or not alone
    wanted = 0.01 if slow else 1
    if name in ("", "mapping_kwargs") and not _is(value, wanted):
        cause = f"its mapping learns at {_name(value)}× where {wanted}× is known; not supported"
        raise CheckpointError(path, cause)


def _check_numbers(path: Any, module: Module, leaky: bool) -> None:
    """Gains and factors of a layer, where it has them as attributes."""
    slow = 0.01 if _MAPPED.search(module.where) else 1.0
    wanted = {"act_gain": math.sqrt(2) if leaky else 1.0, "bias_gain": slow}
    weight = table(module.said.get("_parameters")).get("weight")
    if isinstance(weight, TensorRef) and weight.shape:
        wanted["weight_gain"] = slow / math.sqrt(max(1, math.prod(weight.shape[1:])))
        if len(weight.shape) == 4:
            wanted["padding"] = weight.shape[-1] // 2
    for key, number in wanted.items():
        _factor(path, module, key, number)


def _check_words(path: Any, module: Module, said: Mapping[str, Any], judges: bool | None) -> None:
    """Switches that networks of the family have, beside their numbers."""
    where = f" of {module.where}" if module.where else ""
    if said.get("use_noise", True) is False:
        raise CheckpointError(path, f"its layers{where} take no noise; not supported")
    if said.get("demodulate", True) is False and not _TO_RGB.search(module.where):
        raise CheckpointError(path, f"its layers{where} do not demodulate; not supported")
    for key in ("negative_slope", "slope"):
        if key in said and not _is(said[key], _SLOPE):
            cause = f"the slope{where} is {_name(said[key])} where {_SLOPE} is known"
            raise CheckpointError(path, cause)
    taps = said.get("resample_filter", _TAPS)
    if isinstance(taps, list | tuple) and list(taps) != _TAPS:
        cause = f"the filter{where} is {str(taps)[:60]}, not {_TAPS}; not supported"
        raise CheckpointError(path, cause)
    built, only = said.get("architecture"), "resnet" if judges else "skip"
    if judges is not None and built is not None and built != only:
        what = "discriminator" if judges else "generator"
        cause = f"its {what} is of the architecture {_name(built)} (only {only!r} is supported)"
        raise CheckpointError(path, cause)


def _is(value: Any, wanted: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value - wanted) <= _CLOSE * abs(wanted)
