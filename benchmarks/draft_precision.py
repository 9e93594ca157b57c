"""Would eight bits make drafts faster? OpenVINO's int8 against what ``fast`` computes in here.

    python benchmarks/draft_precision.py            # config F at 1024²: minutes, most to convert it
    python benchmarks/draft_precision.py --quick    # a small network, seconds

One thread, processor time. First single 3×3 convolutions of config F's sizes. Then the network:
each 3×3 convolution (``--transposed``: those too) with at least ``--least`` of the work gets
FakeQuantize before it, which OpenVINO turns into int8: 256 levels for features, 255 for each output
channel of a kernel, with the ranges of the very faces that are measured: the least error that fixed
ranges allow. A draft would have to be 1.4 times as fast, at most 4 % relative RMS from float32.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import torch

from mien.runtime import openvino_engine
from mien.runtime.precision import Formed, cpu_facts, fast_dtype
from mien.stylegan2.generator import Generator, GeneratorConfig

SIZES = ((64, 512), (256, 128), (512, 64))
"""Channels and sides of single convolutions."""

ROUNDS = 4


class Bench:
    """OpenVINO on one thread, in what ``fast`` computes in on this processor."""

    def __init__(self) -> None:
        self.ov = openvino_engine.load_openvino()
        self.op = self.ov.opset13
        self.core = self.ov.Core()
        self.word = {torch.bfloat16: "bf16"}.get(fast_dtype(torch.device("cpu")), "f32")

    def levelled(self, x: Any, low: Any, high: Any, levels: int) -> Any:
        """Rounded to so many steps between two ends."""
        ends = [self.op.constant(np.asarray(end, np.float32)) for end in (low, high)]
        return self.op.fake_quantize(x, *ends, *ends, levels).output(0)

    def kernel(self, weight: np.ndarray, axes: tuple[int, ...]) -> Any:
        """A kernel of 255 steps, each output channel for itself."""
        most = np.abs(weight).max(axes, keepdims=True)
        return self.levelled(self.op.constant(weight), -most, most, 255)

    def run(self, model: Any, inputs: np.ndarray, word: str = "") -> tuple[np.ndarray, float]:
        """Outputs of all inputs, and the least seconds of processor time of one."""
        options = {"INFERENCE_PRECISION_HINT": word or self.word, "INFERENCE_NUM_THREADS": 1}
        request = self.core.compile_model(model, "CPU", options).create_infer_request()
        outputs, seconds = [], []
        for start in range(len(inputs)):
            request.infer([inputs[start : start + 1]])
            outputs.append(
                [request.get_output_tensor(i).data.copy() for i in range(len(model.outputs))]
            )
        for _ in range(ROUNDS):
            begin = time.process_time()
            request.infer([inputs[:1]])
            seconds.append(time.process_time() - begin)
        return np.stack([np.stack([o.reshape(-1) for o in row], 1) for row in outputs]), min(
            seconds
        )

    def single(self, channels: int, side: int, eight: bool) -> Any:
        """One convolution with a factor behind it."""
        rng, op = np.random.default_rng(0), self.op
        x = op.parameter([1, channels, side, side], np.float32)
        weight = rng.standard_normal((channels, channels, 3, 3)).astype(np.float32)
        kernel = self.kernel(weight, (1, 2, 3)) if eight else op.constant(weight)
        y = self.levelled(x, -5, 5 * 127 / 128, 256) if eight else x
        y = op.convolution(y, kernel, [1, 1], [1, 1], [1, 1], [1, 1])
        return self.ov.Model([op.result(op.multiply(y, op.constant(np.float32(1.01))))], [x])

    def layers(self, model: Any, least: float, transposed: bool) -> list[Any]:
        """The 3×3 convolutions with so much of the work."""
        kinds = {"Convolution", "ConvolutionBackpropData"}
        every = [o for o in model.get_ordered_ops() if o.get_type_name() in kinds]
        cost = [
            float(np.prod(o.input(1).get_shape()) * o.input(0).get_shape()[-1] ** 2) for o in every
        ]
        taken = [o for o, work in zip(every, cost, strict=True) if work >= least * sum(cost)]
        return [o for o in taken if transposed or o.get_type_name() == "Convolution"]

    def ranges(self, model: Any, layers: list[Any], inputs: np.ndarray) -> np.ndarray:
        """Least and largest input of each layer over all faces, ``[layers, 2]``."""
        axes, ends = self.op.constant(np.arange(4)), []
        for layer in layers:
            source = layer.input(0).get_source_output()
            ends += [self.op.reduce_min(source, axes), self.op.reduce_max(source, axes)]
        seen, _ = self.run(self.ov.Model(ends, model.get_parameters()), inputs, "f32")
        seen = seen.reshape(len(inputs), len(layers), 2)
        return np.stack([seen[..., 0].min(0), seen[..., 1].max(0)], 1)

    def eight(self, layers: list[Any], ranges: np.ndarray) -> None:
        """Fixed ranges before each layer: int8, as OpenVINO reads it."""
        for layer, (low, high) in zip(layers, ranges, strict=True):
            step = (high - low) / 255
            low = -round(-low / step) * step  # nought is one of the steps
            features, weight = layer.input(0), layer.input(1)
            source = features.get_source_output()
            features.replace_source_output(self.levelled(source, low, low + 255 * step, 256))
            axes = (1, 2, 3) if layer.get_type_name() == "Convolution" else (0, 2, 3)
            kernel = weight.get_source_output().get_node().data
            weight.replace_source_output(self.kernel(kernel, axes))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--resolution", type=int, default=1024)
    parser.add_argument("--channel-base", type=int, default=32768)
    parser.add_argument("--faces", type=int, default=3)
    parser.add_argument("--least", type=float, default=0.02, help="share of the work of a layer")
    parser.add_argument("--transposed", action="store_true")
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    if args.quick:
        args.resolution, args.channel_base = 128, 4096
    torch.set_num_threads(1)
    bench, (name, flags) = Bench(), cpu_facts()
    units = [flag for flag in ("avx2", "avx512_vnni", "avx_vnni", "amx_int8") if flag in flags]
    print(f"{name}, {' '.join(units)}; one thread, processor time; against {bench.word}")
    rng = np.random.default_rng(1)
    for channels, side in SIZES[1:] if args.quick else SIZES:
        x = rng.standard_normal((1, channels, side, side)).astype(np.float32)
        (_, plain), (_, eight) = (
            bench.run(bench.single(channels, side, q), x) for q in (False, True)
        )
        print(
            f"3×3, {channels} channels, {side}²: {plain * 1e3:.0f} and {eight * 1e3:.0f} ms, "
            f"{plain / eight:.2f} times"
        )
    torch.manual_seed(0)
    G = Generator(GeneratorConfig(args.resolution, channel_base=args.channel_base)).eval()
    with torch.no_grad():
        ws = G.map(torch.randn(args.faces, 512))
    formed = Formed(G.synthesis, torch.float32, channels_last=False)
    model = openvino_engine._convert(bench.ov, formed, (ws[:1],))
    exact, _ = bench.run(model, ws.numpy(), "f32")
    _, plain = bench.run(model, ws.numpy())
    layers = bench.layers(model, args.least, args.transposed)
    bench.eight(layers, bench.ranges(model, layers, ws.numpy()))
    model.validate_nodes_and_infer_types()
    drawn, eight = bench.run(model, ws.numpy())
    errors = np.sqrt(((drawn - exact) ** 2).mean((1, 2)) / (exact**2).mean((1, 2)))
    print(
        f"{args.resolution}²: {len(layers)} layers of int8, {plain:.2f} and {eight:.2f} s, "
        f"{plain / eight:.2f} times (a draft: 1.4); relative RMS "
        f"{', '.join(f'{100 * error:.1f}' for error in errors)} % (at most 4)"
    )


if __name__ == "__main__":
    main()
