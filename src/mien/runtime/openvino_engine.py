"""OpenVINO: the network as one compiled graph for this processor, kept on disk.

The graph has the example's batch, because shapes that are known let more of it be fused and larger
batches gain nothing. The weights are in the file, so that a second start reads no other.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mien.errors import MissingExtra
from mien.runtime import blobs
from mien.runtime.devices import quietly
from mien.runtime.precision import Formed, cpu_facts


def load_openvino() -> Any:
    """The package ``openvino``, kept from reporting its use over the network.

    It does so on import if ``openvino_telemetry`` can be imported; without that package it has a
    stand-in that does nothing. Raises MissingExtra if it is not installed.
    """
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # pyright: ignore[reportArgumentType]
    try:
        import openvino
    except ImportError as error:
        raise MissingExtra(error.name or "openvino", "fast", "engine 'openvino'") from None
    return openvino


def blob_path(
    network: torch.nn.Module, example: tuple[Tensor, ...], dtype: torch.dtype, cache: Path
) -> Path:
    """Where the compiled network lies, if it was compiled before."""
    processor, flags = cpu_facts()
    versions = load_openvino().get_version(), torch.__version__
    facts = [*versions, processor, sorted(flags), torch.get_num_threads(), dtype]
    return cache / f"{blobs.fingerprint(network, example, facts)}.blob"


def build(
    network: torch.nn.Module, example: tuple[Tensor, ...], dtype: torch.dtype, cache: Path | None
) -> Callable[..., Tensor | tuple[Tensor, ...]]:
    """Compile a network, or read it from the cache, for inputs of the example's shapes.

    Raises MissingExtra without OpenVINO, RuntimeError if it does not know an operation of the
    network.
    """
    ov = load_openvino()
    core = ov.Core()
    # A network that knows which of its parts may be bfloat16 says so in its graph, type by type;
    # of any other OpenVINO is told to round whatever it can.
    formed = Formed(network, dtype, channels_last=False)
    traced = Formed(network, torch.float32, channels_last=False) if formed.autocast else formed
    options = {
        "INFERENCE_PRECISION_HINT": "bf16" if formed.autocast else "f32",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "PERFORMANCE_HINT": "LATENCY",
    }
    path = blob_path(network, example, dtype, cache) if cache else None
    compiled = _from_cache(ov, core, path, options) if path else None
    if compiled is None:
        compiled = core.compile_model(_convert(ov, traced, example), "CPU", options)
        if path:
            blobs.store(path, compiled.export_model().getbuffer())
    return _runner(compiled)


def _from_cache(ov: Any, core: Any, path: Path, options: dict[str, Any]) -> Any:
    content = blobs.fetch(path)
    if content is None:
        return None
    try:
        return core.import_model(ov.Tensor(content), "CPU", options)
    except RuntimeError:  # made by a build that calls itself the same and is not
        blobs.forget(path)
        return None


def _convert(ov: Any, formed: Formed, example: tuple[Tensor, ...]) -> Any:
    """Trace without computing anything, then let OpenVINO translate the trace."""
    with quietly("torch.export"), torch.no_grad():
        model = ov.convert_model(torch.export.export(formed, example))
    shapes = [list(tensor.shape) for tensor in example]
    model.reshape({i: ov.PartialShape(shape) for i, shape in enumerate(shapes)})
    return model


def _runner(compiled: Any) -> Callable[..., Tensor | tuple[Tensor, ...]]:
    request = compiled.create_infer_request()
    count = len(compiled.outputs)

    def run(*inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        arrays = [np.ascontiguousarray(tensor.detach().numpy()) for tensor in inputs]
        request.infer(arrays, share_inputs=True)
        # The request owns its outputs and writes over them the next time.
        outputs = [torch.from_numpy(request.get_output_tensor(i).data.copy()) for i in range(count)]
        return outputs[0] if count == 1 else tuple(outputs)

    return run
