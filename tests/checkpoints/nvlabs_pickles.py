"""Pickles of the shape that NVlabs' programs write, without their source on the path.

Each network reduces to a call of ``torch_utils.persistence._reconstruct_persistent_obj`` on a table
with its class name, its source text (a trap here: running it leaves a file behind) and its state.
"""

from __future__ import annotations

import io
import pickle
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

BUFFERS = ("noise_const", "resample_filter", "w_avg")


def _reconstruct_persistent_obj(meta: Any) -> Any:
    raise AssertionError("a file's code was run")


class EasyDict(dict):
    """Stands for ``dnnlib.util.EasyDict``."""


@contextmanager
def _as_if_importable() -> Iterator[None]:
    """Let the pickler find the names that it shall write, for a moment."""
    modules = {
        "torch_utils": types.ModuleType("torch_utils"),
        "torch_utils.persistence": types.ModuleType("torch_utils.persistence"),
        "dnnlib": types.ModuleType("dnnlib"),
        "dnnlib.util": types.ModuleType("dnnlib.util"),
    }
    persistence: Any = modules["torch_utils.persistence"]
    persistence._reconstruct_persistent_obj = _reconstruct_persistent_obj
    util: Any = modules["dnnlib.util"]
    util.EasyDict = EasyDict
    _reconstruct_persistent_obj.__module__ = "torch_utils.persistence"
    EasyDict.__module__ = "dnnlib.util"
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]


class PersistentModule(torch.nn.Module):
    """A module that pickles as NVlabs' ``@persistent_class`` does."""

    def __init__(self, class_name: str, source: str, kwargs: Mapping[str, Any]) -> None:
        super().__init__()
        self.class_name, self.source = class_name, source
        self._init_args = ()
        self._init_kwargs = EasyDict(kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        state = {k: v for k, v in self.__dict__.items() if k not in ("class_name", "source")}
        meta = EasyDict(
            type="class",
            version=6,
            module_src=self.source,
            class_name=self.class_name,
            state=state,
        )
        return (_reconstruct_persistent_obj, (meta,), None)


def network(
    class_name: str,
    tensors: Mapping[str, Tensor],
    kwargs: Mapping[str, Any] | None = None,
    source: str = "raise SystemExit('module_src was run')",
) -> PersistentModule:
    """Build a tree of persistent modules that has these tensors under these names."""
    root = PersistentModule(class_name, source, kwargs or {})
    for name, tensor in tensors.items():
        module: Any = root
        *parts, leaf = name.split(".")
        for part in parts:
            if part not in module._modules:
                module.add_module(part, PersistentModule("Layer", source, {}))
            module = module._modules[part]
        if leaf in BUFFERS:
            module.register_buffer(leaf, tensor)
        else:
            module.register_parameter(leaf, torch.nn.Parameter(tensor, requires_grad=False))
    return root


def snapshot(protocol: int = 4, **networks: PersistentModule) -> bytes:
    """The bytes of a network pickle with training options beside the networks."""
    content = io.BytesIO()
    with _as_if_importable():
        options = EasyDict(class_name="training.dataset.ImageFolderDataset", path="faces.zip")
        data = {"training_set_kwargs": options, "augment_pipe": None, **networks}
        data["hooks"] = OrderedDict()
        pickle.Pickler(content, protocol).dump(data)
    return content.getvalue()
