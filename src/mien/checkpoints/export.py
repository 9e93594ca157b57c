"""Our generators in the forms that other tools read: rosinality's names, and ONNX."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from mien.checkpoints.formats import rosinality
from mien.checkpoints.layout import GENERATOR
from mien.checkpoints.native import Native
from mien.errors import InputError, MissingExtra, counted
from mien.files import replacing
from mien.runtime.devices import quietly
from mien.stylegan2.generator import GeneratorConfig

if TYPE_CHECKING:
    from torch import Tensor


def to_rosinality(native: Native, label: Sequence[float] | None = None) -> dict[str, Any]:
    """Bring a ``stylegan2-generator`` of ours to rosinality's names.

    A generator with labels has no counterpart there; ``label`` ``[c_dim]`` (``None``: zeros) is
    fixed, which folds it into the bias of the first mapping layer without approximation.

    Returns ``{"g_ema": state_dict, "latent_avg": [w_dim]}``, and ``conv_clamp`` if the network has
    one, which its tools do not know and mien reads back. Its tools read channels off a multiplier;
    a network of other channels than config E or F needs theirs patched.

    Raises InputError if it is no generator, the label has another length, or z and w differ in
    width.
    """
    if native.kind != GENERATOR:
        raise InputError(f"only generators have rosinality's form, this is a {native.kind}")
    config = asdict(GeneratorConfig(**native.config))
    if config["z_dim"] != config["w_dim"]:
        raise InputError(
            f"z has {config['z_dim']} numbers and w {config['w_dim']};"
            " rosinality's form needs the same for both"
        )
    tensors = dict(native.tensors)
    if config["c_dim"]:
        tensors |= _fixed_label(native.tensors, config, label)
    elif label is not None and len(label):
        raise InputError(f"label has {counted(len(label), 'numbers')}, this generator takes none")
    state: dict[str, Tensor] = {}
    for row in rosinality.generator_rows(config["resolution"], config["mapping_layers"]):
        state[row.theirs] = _shaped(row.theirs, tensors[row.ours])
    state |= _kernels(config["resolution"])
    found = {"g_ema": state, "latent_avg": tensors["mapping.w_avg"].clone()}
    if config["conv_clamp"] is not None:
        found["conv_clamp"] = float(config["conv_clamp"])
    return found


def lost(native: Native, form: str, label: Sequence[float] | None = None) -> list[str]:
    """What a form (``rosinality`` or ``onnx``) cannot hold of a generator of ours, a line each."""
    config = GeneratorConfig(**native.config)
    found = []
    if form == "onnx":
        found.append(
            "holds the synthesis network alone, ws to image; the mapping network and the mean w"
            " are not in it"
        )
        found += ["its noise is the stored constant"]
    elif config.conv_clamp is not None:
        found.append(
            f"its clamp of ±{config.conv_clamp:g} has no place in that form; pictures in which it"
            " acts differ there (mien reads it back)"
        )
    if config.c_dim and form != "onnx":
        said = "none said (zeros)" if label is None else f"{_listed(label)} fixed"
        found.append(f"its {config.c_dim} labels have no place in that form; {said}")
    usual = any(
        all(config.channels(res) == min(base // res, 512) for res in config.block_resolutions)
        for base in (16384, 32768)
    )
    if form == "rosinality" and not usual:
        found.append("its channels are not those of config E or F; tools there need them told")
    gone = [key for key in ("kimg", "licence", "data", "training") if key in native.meta]
    if gone:
        found.append(f"what is said of it is left behind: {', '.join(gone)}")
    return found


def _listed(label: Sequence[float]) -> str:
    text = ", ".join(f"{value:g}" for value in label)
    return f"[{text if len(text) < 60 else text[:60] + '…'}]"


def save_rosinality(
    native: Native, path: str | Path, label: Sequence[float] | None = None, force: bool = True
) -> None:
    """Write :func:`to_rosinality` as a ``.pt``; OutputError if the disk or ``force`` refuses."""
    content = io.BytesIO()
    torch.save(to_rosinality(native, label), content)
    with replacing(path, force) as beside:
        beside.write_bytes(content.getbuffer())


def save_onnx(native: Native, path: str | Path, force: bool = True, input_name: str = "ws") -> None:
    """Write the synthesis network as ONNX, of a dynamic batch and stored constant noise.

    It takes ``ws [n, num_ws, w_dim]`` and gives ``image [n, 3, h, w]``.

    Raises InputError if it is no generator, MissingExtra without the exporter's packages,
    OutputError if the file exists and ``force`` is false, or the disk refuses.
    """
    if native.kind != GENERATOR:
        raise InputError(f"only generators are written as ONNX, this is a {native.kind}")
    try:
        import onnx  # noqa: F401 # pyright: ignore[reportMissingImports]
        import onnxscript  # noqa: F401 # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise MissingExtra(error.name or "onnx", "onnx", "writing ONNX") from None
    from mien.checkpoints import fit
    from mien.stylegan2.generator import Generator

    network = fit.build(lambda: Generator(GeneratorConfig(**native.config)))
    fit.fill(network, native.tensors, path)
    synthesis = network.synthesis.eval().requires_grad_(False)
    synthesis.channels_last = False
    example = torch.zeros(2, network.num_ws, network.config.w_dim)
    batch = torch.export.Dim("n", min=1, max=1024)
    program = None
    with quietly("torch.onnx"), suppress(torch.onnx.OnnxExporterError):
        program = torch.onnx.export(
            synthesis,
            (example,),
            dynamo=True,
            verbose=False,
            input_names=[input_name],
            output_names=["image"],
            dynamic_shapes=({0: batch},),
        )
    shape = program.model.graph.inputs[0].shape if program else None
    if program is None or shape is None or isinstance(shape[0], int):
        raise InputError("this network could not be written as ONNX for batches of any size")
    with replacing(path, force) as beside:
        program.save(str(beside), external_data=False)


def _fixed_label(
    tensors: Mapping[str, Tensor], config: Mapping[str, Any], label: Sequence[float] | None
) -> dict[str, Tensor]:
    """Fold the embedding of one label into the first mapping layer's bias.

    The layer sees [z, e] with e constant: W·[z, e]·g + b·lr, where g = lr/√(z + e) is the gain of
    the wider layer; the narrower one has gain lr/√z.
    """
    width, z_dim = config["c_dim"], config["z_dim"]
    given = [0.0] * width if label is None else list(label)
    if len(given) != width:
        said = counted(len(given), "numbers")
        raise InputError(f"label has {said}, this generator takes {width}")
    embed = tensors["mapping.embed.weight"].double() / math.sqrt(width)
    e = embed @ torch.tensor(given, dtype=torch.float64) + tensors["mapping.embed.bias"].double()
    e = e * (e.square().mean() + 1e-8).rsqrt()
    weight = tensors["mapping.fc0.weight"].double()
    wide = weight.shape[1]
    bias = tensors["mapping.fc0.bias"].double() + weight[:, z_dim:] @ e / math.sqrt(wide)
    return {
        "mapping.fc0.weight": (weight[:, :z_dim] * math.sqrt(z_dim / wide)).float(),
        "mapping.fc0.bias": bias.float(),
    }


def _shaped(name: str, tensor: Tensor) -> Tensor:
    tensor = tensor.float()
    if name.startswith("noises."):
        tensor = tensor[None, None]
    elif name == "input.input" or name.endswith("conv.weight"):
        tensor = tensor[None]
    elif name.endswith("noise.weight"):
        tensor = tensor.reshape(1)
    elif name.startswith("to_rgb") and ".conv." not in name:
        tensor = tensor.reshape(1, 3, 1, 1)
    return tensor.clone()


def _kernels(resolution: int) -> dict[str, Tensor]:
    """Filters [1, 3, 3, 1] with gain 4, which its modules keep as buffers."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = torch.outer(taps, taps) / 16
    blocks = resolution.bit_length() - 3
    found = {f"to_rgbs.{i}.upsample.kernel": kernel.clone() for i in range(blocks)}
    return found | {f"convs.{2 * i}.conv.blur.kernel": kernel.clone() for i in range(blocks)}
