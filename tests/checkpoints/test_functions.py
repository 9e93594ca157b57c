"""Functions that a pickled network names, and sizes that follow another rule than the usual one."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from checkpoints.foreign_networks import (
    genforce_generator,
    rosinality_discriminator,
    rosinality_generator,
)
from checkpoints.nvlabs_pickles import PersistentModule, network, snapshot
from checkpoints.test_pix2pix_format import resnet
from mien.checkpoints import fit, native
from mien.checkpoints.formats.pix2pix import RESNET
from mien.checkpoints.layout import DISCRIMINATOR, GENERATOR
from mien.checkpoints.registry import convert, open_checkpoint
from mien.errors import CheckpointError
from mien.stylegan2.discriminator import Discriminator, DiscriminatorConfig, minibatch_std
from mien.stylegan2.generator import Generator, GeneratorConfig

SMALL = GeneratorConfig(32, 16, 16, channel_base=256, channel_max=16, mapping_layers=2)


def generator(kwargs: dict[str, Any] | None = None) -> PersistentModule:
    return network("Generator", Generator(SMALL).state_dict(), kwargs)


def judge(kwargs: dict[str, Any] | None = None, **config: Any) -> PersistentModule:
    shape = DiscriminatorConfig(32, channel_base=256, channel_max=16, **config)
    return network("Discriminator", Discriminator(shape).state_dict(), kwargs)


def written(path: Path, **networks: PersistentModule) -> Path:
    path.write_bytes(snapshot(**networks))
    return path


@pytest.mark.parametrize(
    "kwargs",
    [
        {"synthesis_kwargs": {"activation": "relu"}},
        {"mapping_kwargs": {"activation": "linear"}},
        {"synthesis_kwargs": {"layer_kwargs": {"activation": "swish"}}},
        {"activation": "sigmoid"},
        {"mapping_kwargs": {"lr_multiplier": 0.1}},
        {"synthesis_kwargs": {"architecture": "resnet"}},
        {"synthesis_kwargs": {"resample_filter": [1, 2, 1]}},
        {"synthesis_kwargs": {"use_noise": False}},
    ],
)
def test_arguments_that_make_another_function_are_refused(tmp_path: Path, kwargs: Any) -> None:
    path = written(tmp_path / "n.pkl", G_ema=generator(kwargs))
    with pytest.raises(CheckpointError) as caught:
        convert(path)
    assert "\n" not in str(caught.value)
    assert "supported" in str(caught.value)


@pytest.mark.parametrize(
    ("layer", "attribute", "value", "right"),
    [
        ("synthesis.b8.conv0", "activation", "relu", "lrelu"),
        ("synthesis.b8.conv0", "act_gain", 1.0, 2**0.5),
        ("synthesis.b8.conv0.affine", "activation", "lrelu", "linear"),
        ("synthesis.b8.conv0", "demodulate", False, True),
        ("synthesis.b8.conv1", "padding", 0, 1),
        ("mapping.fc1", "activation", "linear", "lrelu"),
        ("mapping.fc1", "bias_gain", 1.0, 0.01),
        ("mapping.fc1", "weight_gain", 0.25, 0.01 / 4),
        ("synthesis.b8.torgb", "weight_gain", 1.0, 1 / 4),
    ],
)
def test_layers_that_compute_something_else_are_refused(
    tmp_path: Path, layer: str, attribute: str, value: Any, right: Any
) -> None:
    pickled = generator()
    setattr(pickled.get_submodule(layer), attribute, right)
    assert convert(written(tmp_path / "right.pkl", G_ema=pickled)).kind == GENERATOR
    setattr(pickled.get_submodule(layer), attribute, value)
    with pytest.raises(CheckpointError, match=f"{layer}|demodulate"):
        convert(written(tmp_path / "wrong.pkl", G_ema=pickled))


@pytest.mark.parametrize(
    "kwargs",
    [
        {"block_kwargs": {"activation": "relu"}},
        {"epilogue_kwargs": {"activation": "linear"}},
        {"mapping_kwargs": {"activation": "relu"}},
        {"architecture": "skip"},
    ],
)
def test_discriminators_of_another_function_are_refused(tmp_path: Path, kwargs: Any) -> None:
    path = written(tmp_path / "d.pkl", D=judge(kwargs))
    with pytest.raises(CheckpointError, match="supported"):
        convert(path, DISCRIMINATOR)


def test_the_usual_words_are_accepted(tmp_path: Path) -> None:
    said = {
        "mapping_kwargs": {"num_layers": 2, "activation": "lrelu", "lr_multiplier": 0.01},
        "synthesis_kwargs": {"activation": "lrelu", "architecture": "skip", "num_fp16_res": 4},
    }
    assert convert(written(tmp_path / "g.pkl", G_ema=generator(said))).kind == GENERATOR
    said = {"architecture": "resnet", "epilogue_kwargs": {"mbstd_group_size": 8}}
    file = convert(written(tmp_path / "d.pkl", D=judge(said)), DISCRIMINATOR)
    assert file.config["group"] == 8


def test_several_clamps_in_one_network_are_refused(tmp_path: Path) -> None:
    pickled = generator()
    pickled.synthesis.b8.conv0.conv_clamp = 0.5
    pickled.synthesis.b8.conv1.conv_clamp = 256
    with pytest.raises(CheckpointError, match=r"several clamps \(0.5, 256\)"):
        convert(written(tmp_path / "n.pkl", G_ema=pickled))


@pytest.mark.parametrize("where", ["kwargs", "layer"])
def test_a_group_of_the_whole_batch_is_one_group(tmp_path: Path, where: str) -> None:
    told = {"epilogue_kwargs": {"mbstd_group_size": None}}
    pickled = judge(told if where == "kwargs" else None)
    if where == "layer":
        mbstd = PersistentModule("MinibatchStdLayer", "", {})
        mbstd.group_size = None
        pickled.b4.add_module("mbstd", mbstd)
    file = convert(written(tmp_path / "d.pkl", D=pickled), DISCRIMINATOR)
    assert file.config["group"] is None
    native.save(tmp_path / "d.safetensors", DISCRIMINATOR, file.tensors, file.config)
    again = open_checkpoint(tmp_path / "d.safetensors", DISCRIMINATOR)
    made = fit.build(lambda: Discriminator(DiscriminatorConfig(**again.config)))
    assert made.b4.group is None
    x = torch.randn(8, 3, 4, 4)
    spread = (x.var(dim=0, unbiased=False) + 1e-8).sqrt().mean()
    assert torch.allclose(minibatch_std(x, None), spread.expand(8, 1, 4, 4))


def test_the_skip_of_a_discriminator_is_not_clamped() -> None:
    D = Discriminator(DiscriminatorConfig(32, channel_base=256, channel_max=16, conv_clamp=0.5))
    block = D.b32
    x = torch.full((1, 8, 8, 8), 1000.0)
    kernel = block.skip.weight * block.skip.weight_gain * 0.5**0.5
    wanted = functional.conv2d(x, kernel)[0, :, 0, 0]
    assert wanted.abs().max() > 0.5
    assert torch.allclose(block.skip(x)[0, :, 2, 2], wanted, rtol=1e-4)
    assert block.conv1(x).abs().max() <= 0.5 * 0.5**0.5 + 1e-6


@pytest.mark.parametrize("base", [188, 190, 191, 200, 257, 511, 1000, 1433])
def test_channel_bases_that_the_resolution_does_not_divide(tmp_path: Path, base: int) -> None:
    config = GeneratorConfig(64, 16, 16, channel_base=base, channel_max=64, mapping_layers=2)
    theirs = Generator(config)
    path = written(tmp_path / "g.pkl", G_ema=network("Generator", theirs.state_dict()))
    file = convert(path)
    ours = fit.build(lambda: Generator(GeneratorConfig(**file.config)))
    fit.fill(ours, file.tensors, path)
    z = torch.randn(2, 16)
    with torch.no_grad():
        assert torch.equal(ours(z), theirs(z))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
@pytest.mark.parametrize("where", ["weight", "mean", "native"])
def test_weights_that_are_not_finite_are_refused(tmp_path: Path, where: str, value: float) -> None:
    state = {k: v.double() for k, v in rosinality_generator().items()}
    mean = torch.zeros(16, dtype=torch.float64)
    if where == "native" and value == 1e300:  # More than its 32 bits hold.
        value = -float("inf")
    path, name = tmp_path / "r.pt", "convs.0.conv.weight"
    if where == "mean":
        mean[3], name = value, "latent_avg"
    else:
        state[name][0, 0, 0, 0, 0] = value
    if where == "native":
        path, name = tmp_path / "r.safetensors", "mapping.w_avg"
        tensors = Generator(SMALL).state_dict()
        tensors[name] = torch.full((16,), value)
        native.save(path, GENERATOR, tensors, {"resolution": 32})
    else:
        torch.save({"g_ema": state, "latent_avg": mean}, path)
    with pytest.raises(CheckpointError, match=f"{name} holds values that are not finite"):
        open_checkpoint(path, GENERATOR)


class Part(nn.Module):
    """Stands for a class of a training program, whose modules are pickled whole."""


def whole(state: dict[str, Any], **at: Any) -> Part:
    """A module with these tensors, and layers or attributes at these places (``__`` for a dot)."""
    root = Part()
    for name, tensor in state.items():
        *path, leaf = name.split(".")
        module: nn.Module = root
        for part in path:
            if part not in module._modules:
                module.add_module(part, Part())
            module = module.get_submodule(part)
        module.register_buffer(leaf, tensor)
    for where, value in at.items():
        path, _, last = where.replace("__", ".").rpartition(".")
        setattr(root.get_submodule(path), last, value)
    return root


def read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Part, kind: str | None = None
) -> Any:
    script = types.ModuleType("my_gan.models.nets")
    script.Part = Part  # pyright: ignore[reportAttributeAccessIssue]
    for name in ("my_gan", "my_gan.models", "my_gan.models.nets"):
        monkeypatch.setitem(sys.modules, name, script)
    monkeypatch.setattr(Part, "__module__", "my_gan.models.nets")
    torch.save(module, tmp_path / "whole.pt")
    return convert(tmp_path / "whole.pt", kind)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ({"synthesis__layer1__demodulate": False}, "do not demodulate"),
        (
            {"synthesis__layer1__act": nn.LeakyReLU(0.1)},
            "the slope of synthesis.layer1.act is '0.1'",
        ),
        ({"synthesis__layer1__act": nn.ReLU()}, "has the activation ReLU at synthesis.layer1.act"),
        ({"synthesis__output1__demodulate": False}, None),
        ({"synthesis__layer1__act": nn.LeakyReLU(0.2)}, None),
    ],
)
def test_whole_modules_of_genforce_say_what_they_compute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: dict[str, Any], said: str | None
) -> None:
    module = whole(genforce_generator(), **at)
    if said is None:
        assert read_whole(tmp_path, monkeypatch, module).kind == GENERATOR
        return
    with pytest.raises(CheckpointError, match=said):
        read_whole(tmp_path, monkeypatch, module)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ({}, None),
        ({"model__1": nn.Conv2d(3, 4, 7, padding_mode="circular")}, "the padding_mode of model.1"),
        ({"model__2": nn.InstanceNorm2d(4, eps=1e-3)}, "the eps of model.2 is '0.001'"),
    ],
)
def test_whole_modules_of_cyclegan_say_what_they_compute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: dict[str, Any], said: str | None
) -> None:
    module = whole(resnet("instance", 6), model__0=nn.ReflectionPad2d(3), model__24=nn.Tanh(), **at)
    if said is None:
        assert read_whole(tmp_path, monkeypatch, module).kind == RESNET
        return
    with pytest.raises(CheckpointError, match=said):
        read_whole(tmp_path, monkeypatch, module)


def test_the_group_of_a_whole_discriminator_is_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = whole(rosinality_discriminator(), stddev_group=8)
    assert read_whole(tmp_path, monkeypatch, module, DISCRIMINATOR).config["group"] == 8
    module.stddev_feat = 2  # pyright: ignore[reportAttributeAccessIssue, reportArgumentType]
    with pytest.raises(CheckpointError, match="several maps"):
        read_whole(tmp_path, monkeypatch, module, DISCRIMINATOR)


@pytest.mark.parametrize("make", [rosinality_generator, genforce_generator])
def test_kernels_that_blur_otherwise_are_refused(tmp_path: Path, make: Any) -> None:
    state = make()
    name = next(name for name in state if name.endswith(".kernel"))
    taps = torch.tensor([1.0, 2.0, 2.0, 1.0])
    state[name] = (taps[:, None] * taps / 9).expand_as(state[name])
    torch.save({"g_ema": state}, tmp_path / "g.pt")
    with pytest.raises(CheckpointError, match="is not the filter"):
        convert(tmp_path / "g.pt")


@pytest.mark.parametrize(
    ("names", "others"),
    [(("D_A", "D_B"), ["D_B"]), (("a", "b", "c"), ["b", "c"])],
)
def test_equal_discriminators_are_all_said(
    tmp_path: Path, names: tuple[str, ...], others: list[str]
) -> None:
    file = {name: rosinality_discriminator() for name in names}
    torch.save(file, tmp_path / "d.pt")
    assert convert(tmp_path / "d.pt", DISCRIMINATOR).meta["others"] == others
    torch.save([*file.values()], tmp_path / "d.pt")
    found = convert(tmp_path / "d.pt", DISCRIMINATOR).meta
    assert (found["part"], found["others"]) == ("0", [str(i) for i in range(1, len(names))])
