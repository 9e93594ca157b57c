"""Networks of other programs: what they compute here must be what they compute there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from checkpoints.foreign_networks import (
    FILTER,
    WIDTH,
    genforce_discriminator,
    genforce_generator,
    genforce_images,
    nested,
    rosinality_discriminator,
    rosinality_generator,
    rosinality_images,
    rosinality_logits,
)
from checkpoints.nvlabs_pickles import network, snapshot
from mien.checkpoints import fit, native
from mien.checkpoints.layout import DISCRIMINATOR, GENERATOR
from mien.checkpoints.native import Native
from mien.checkpoints.registry import convert, open_checkpoint
from mien.errors import CheckpointError, ConfigMismatch
from mien.stylegan2.discriminator import Discriminator, DiscriminatorConfig
from mien.stylegan2.generator import Generator, GeneratorConfig


def built(file: Native) -> Any:
    """The network that a converted file describes, on the CPU in eval mode."""
    if file.kind == GENERATOR:
        made: nn.Module = fit.build(lambda: Generator(GeneratorConfig(**file.config)))
    else:
        made = fit.build(lambda: Discriminator(DiscriminatorConfig(**file.config)))
    fit.fill(made, file.tensors, "file")
    return made.eval().requires_grad_(False)


def saved(path: Path, value: Any, modern: bool = True) -> Path:
    torch.save(value, path, _use_new_zipfile_serialization=modern)
    return path


@pytest.fixture
def z() -> Tensor:
    return torch.from_numpy(np.random.RandomState(1).randn(3, WIDTH)).float()


def assert_same_pictures(file: Native, w: Tensor, image: Tensor, z: Tensor) -> None:
    generator = built(file)
    assert (generator.mapping(z) - w).abs().max() < 1e-5
    assert (generator(z) - image).abs().max() < 2e-4


@pytest.mark.parametrize("modern", [True, False])
def test_rosinality_generator_draws_the_same(tmp_path: Path, z: Tensor, modern: bool) -> None:
    state = rosinality_generator()
    content = {"g": rosinality_generator(5), "g_ema": state, "latent_avg": torch.ones(WIDTH)}
    file = convert(saved(tmp_path / "r.pt", content, modern))
    assert file.meta["part"] == "g_ema"
    assert file.meta["format"] == "rosinality"
    assert torch.equal(file.tensors["mapping.w_avg"], torch.ones(WIDTH))
    assert_same_pictures(file, *rosinality_images(state, z), z)


def test_genforce_generator_draws_the_same(tmp_path: Path, z: Tensor) -> None:
    state = genforce_generator()
    content = {"generator": genforce_generator(5), "generator_smooth": state}
    file = convert(saved(tmp_path / "g.pth", content))
    assert file.meta["part"] == "generator_smooth"
    assert_same_pictures(file, *genforce_images(state, z), z)


@pytest.mark.parametrize("family", ["rosinality", "genforce"])
def test_discriminator_judges_the_same(tmp_path: Path, family: str) -> None:
    state = rosinality_discriminator()
    held = {"d": state} if family == "rosinality" else {"discriminator": genforce_discriminator()}
    file = convert(saved(tmp_path / "d.pt", held), DISCRIMINATOR)
    image = torch.randn(4, 3, 32, 32)
    found = built(file)(image)
    assert (found - rosinality_logits(state, image)).abs().max() < 1e-4


@pytest.mark.parametrize("prefix", ["decoder.", "module.", "generator.module."])
def test_prefixes_and_averages_of_descendants(tmp_path: Path, z: Tensor, prefix: str) -> None:
    state = rosinality_generator()
    mixed = {prefix + name: tensor for name, tensor in state.items()}
    mixed["encoder.input_layer.0.weight"] = torch.zeros(3)
    average = torch.arange(8.0 * WIDTH).reshape(8, WIDTH)
    content = {"state_dict": mixed, "latent_avg": average, "opts": {"device": torch.device("cpu")}}
    file = convert(saved(tmp_path / "e4e.pt", content))
    assert torch.allclose(file.tensors["mapping.w_avg"], average.mean(dim=0))
    assert_same_pictures(file, *rosinality_images(state, z), z)


def test_missing_mean_and_noise_are_made_up_and_said(tmp_path: Path) -> None:
    state = {k: v for k, v in rosinality_generator().items() if not k.startswith("noises")}
    path = saved(tmp_path / "r.pt", {"g_ema": state})
    file = convert(path)
    assert "seed 0" in file.meta["noise"]
    again = convert(path)
    assert torch.equal(file.tensors["mapping.w_avg"], again.tensors["mapping.w_avg"])
    z = torch.from_numpy(np.random.RandomState(9).randn(4096, WIDTH)).float()
    w = rosinality_images(rosinality_generator(), z[:1])[0]
    mean = built(file).mapping(z).mean(dim=0)
    assert (file.tensors["mapping.w_avg"] - mean).abs().max() < 0.2 * w.std()


@pytest.mark.shared
@pytest.mark.parametrize("name", ["nvlabs_stylegan2_64", "nvlabs_stylegan2_32_cond3"])
@pytest.mark.parametrize("protocol", [2, 4])
def test_nvlabs_pickle_draws_what_nvlabs_drew(
    tmp_path: Path, shared: Path, name: str, protocol: int
) -> None:
    arrays = {
        k: torch.from_numpy(v) for k, v in np.load(shared / "fixtures" / f"{name}.npz").items()
    }
    g = {k[2:]: v for k, v in arrays.items() if k.startswith("G/")}
    d = {k[2:]: v for k, v in arrays.items() if k.startswith("D/")}
    path = tmp_path / "network.pkl"
    kwargs = {"epilogue_kwargs": {"mbstd_group_size": 2}, "block_kwargs": {}}
    path.write_bytes(
        snapshot(
            protocol,
            G=network("Generator", {k: torch.zeros_like(v) for k, v in g.items()}),
            D=network("Discriminator", d, kwargs),
            G_ema=network("Generator", g, {"synthesis_kwargs": {"conv_clamp": 256}}),
        )
    )
    file = convert(path)
    assert file.meta["part"] == "G_ema"
    assert file.meta["conv_clamp"] == file.config["conv_clamp"] == 256
    generator = built(file)
    label = arrays["io/c"] if arrays["io/c"].shape[1] else None
    ws = generator.map(arrays["io/z"], label)
    assert (ws - arrays["io/ws"]).abs().max() < 1e-4
    assert (generator.synthesis(ws) - arrays["io/image_noise_const"]).abs().max() < 1e-4

    critic = convert(path, DISCRIMINATOR)
    assert critic.config["group"] == 2
    judge = built(Native(DISCRIMINATOR, 1, {**critic.config, "group": 4}, {}, critic.tensors))
    logits = judge(arrays["io/image_noise_const"], label)
    assert (logits - arrays["io/d_logits"]).abs().max() < 1e-4


@pytest.mark.parametrize("where", ["layer", "kwargs", "nowhere", "nonsense"])
def test_the_clamp_of_a_network_is_kept(tmp_path: Path, where: str) -> None:
    kwargs = {"conv_clamp": 0.5} if where == "kwargs" else {"synthesis_kwargs": {"num_fp16_res": 4}}
    config = GeneratorConfig(32, 16, 16, channel_base=256, channel_max=16)
    tensors = Generator(config).state_dict()
    pickled = network("Generator", tensors, kwargs)
    if where == "layer":  # as its class sets it when it is not told
        pickled.synthesis.b32.conv1.conv_clamp = 0.5
    if where == "nonsense":
        pickled.synthesis.b32.conv1.conv_clamp = 10**400
    path = tmp_path / "network.pkl"
    path.write_bytes(snapshot(G_ema=pickled))
    file = convert(path)
    assert file.config.get("conv_clamp") == (0.5 if where in ("layer", "kwargs") else None)
    assert "num_fp16_res" not in file.config
    generator = built(file)
    clamps = {module.clamp for module in generator.modules() if hasattr(module, "clamp")}
    assert clamps == {file.config.get("conv_clamp")}
    native.save(tmp_path / "own.safetensors", GENERATOR, file.tensors, file.config)
    again = built(open_checkpoint(tmp_path / "own.safetensors", GENERATOR))
    z = torch.ones(1, 16)
    assert torch.equal(again(z), generator(z))


@pytest.mark.shared
def test_full_size_names_and_shapes(tmp_path: Path, shared: Path) -> None:
    table = json.loads((shared / "fixtures" / "rosinality_keys.json").read_text())
    genforce = json.loads((shared / "fixtures" / "genforce_keys_1024.json").read_text())
    files = {
        "r.pt": {"g_ema": table["rosinality_g_ema_1024"]},
        "g.pth": {"generator_smooth": genforce},
        "d.pt": {"d": table["rosinality_d_64"]},
    }
    found = {}
    for name, content in files.items():
        ((key, shapes),) = content.items()
        tensors = {k: torch.zeros((), dtype=torch.float16).expand(s) for k, s in shapes.items()}
        tensors |= {k: FILTER.expand(s) for k, s in shapes.items() if k.endswith(".kernel")}
        path = tmp_path / name
        saved(path, {key: {k: t.contiguous() for k, t in tensors.items()}})
        found[name] = convert(path).config
        path.unlink()
    for name in ("r.pt", "g.pth"):
        assert found[name] == {
            "resolution": 1024,
            "z_dim": 512,
            "w_dim": 512,
            "c_dim": 0,
            "mapping_layers": 8,
            "channel_base": 32768,
            "channel_max": 512,
        }
    assert found["d.pt"]["resolution"] == 64


def test_strided_half_and_shared_tensors_are_read_as_they_are(tmp_path: Path, z: Tensor) -> None:
    state = rosinality_generator()
    odd = dict(state)
    odd["convs.0.conv.weight"] = state["convs.0.conv.weight"].transpose(3, 4).contiguous()
    odd["convs.0.conv.weight"] = odd["convs.0.conv.weight"].transpose(3, 4)
    odd["convs.1.conv.weight"] = torch.cat([state["convs.1.conv.weight"]] * 2, dim=1)[:, :16]
    odd["to_rgb1.bias"] = state["to_rgb1.bias"].half()
    file = convert(saved(tmp_path / "r.pt", {"g_ema": odd}))
    state["to_rgb1.bias"] = odd["to_rgb1.bias"].float()
    assert_same_pictures(file, *rosinality_images(state, z), z)


def test_plain_safetensors_of_foreign_names(tmp_path: Path, z: Tensor) -> None:
    import safetensors.torch

    state = rosinality_generator()
    safetensors.torch.save_file(state, tmp_path / "r.safetensors")
    file = open_checkpoint(tmp_path / "r.safetensors", GENERATOR)
    assert_same_pictures(file, *rosinality_images(state, z), z)


def test_training_checkpoint_gives_its_average(tmp_path: Path) -> None:
    generator = Generator(GeneratorConfig(32, 16, 16, channel_base=256, channel_max=16))
    critic = Discriminator(DiscriminatorConfig(32, 5, 256, 16, 2, plain_head=True))
    parts = {"G_ema": generator, "D": critic}
    tensors = {f"{n}/{k}": v for n, m in parts.items() for k, v in m.state_dict().items()}
    path = tmp_path / "state.safetensors"
    native.save(path, "training-state", tensors, {"batch": 2}, {"nimg": 7})
    file = open_checkpoint(path, GENERATOR)
    assert file.config == {
        "resolution": 32,
        "z_dim": 16,
        "w_dim": 16,
        "c_dim": 0,
        "mapping_layers": 8,
        "channel_base": 256,
        "channel_max": 16,
    }
    assert file.meta["nimg"] == 7
    assert built(file)(torch.zeros(1, 16)).shape == (1, 3, 32, 32)
    judge = open_checkpoint(path, DISCRIMINATOR)
    assert judge.config["group"] == 2
    assert judge.config["plain_head"]
    assert torch.equal(built(judge).plain.weight, critic.plain.weight)


def test_missing_and_surplus_parameters_are_listed(tmp_path: Path) -> None:
    state = rosinality_generator()
    del state["conv1.conv.modulation.bias"]
    for i in range(20):
        state[f"extra.{i:02d}"] = torch.zeros(1)
    state["to_rgbs.1.bias"] = torch.zeros(1, 4, 1, 1)
    with pytest.raises(ConfigMismatch) as caught:
        convert(saved(tmp_path / "r.pt", {"g_ema": state}))
    text = str(caught.value)
    assert "conv1.conv.modulation.bias is missing" in text
    assert "to_rgbs.1.bias is [1, 4, 1, 1] instead of [3]" in text
    assert "extra.07 is surplus" in text
    assert "extra.08" not in text
    assert "and 12 more" in text
    assert "\n" not in text


def test_discriminator_where_a_generator_is_wanted(tmp_path: Path) -> None:
    path = saved(tmp_path / "d.pt", {"d": rosinality_discriminator()})
    with pytest.raises(CheckpointError, match="holds a StyleGAN2 discriminator, a generator"):
        open_checkpoint(path, GENERATOR)
    assert convert(path).kind == DISCRIMINATOR


FOREIGN = {
    "a Stable Diffusion checkpoint": {
        "state_dict": {"model.diffusion_model.time_embed.0.weight": torch.zeros(2)}
    },
    "a StyleGAN3 generator": {"G_ema": {"synthesis.input.freqs": torch.zeros(2)}},
    "a StyleGAN1 generator": {"generator": {"synthesis.layer0.apply_noise.weight": torch.zeros(2)}},
    "a pix2pix U-Net": {"model.model.1.model.1.weight": torch.zeros(2)},
    "a CLIP checkpoint": nested(torch.zeros(2), "visual.transformer.resblocks.0.ln_1.weight"),
    "a BERT checkpoint": {"bert.encoder.layer.0.output.dense.bias": torch.zeros(2)},
    "a file without tensors": {"epoch": 3},
    "a network of 1 tensor such as 'foo.bar'": {"foo.bar": torch.zeros(2)},
}


@pytest.mark.parametrize("what", FOREIGN)
def test_other_networks_are_named(tmp_path: Path, what: str) -> None:
    path = saved(tmp_path / "x.pt", FOREIGN[what])
    with pytest.raises(CheckpointError) as caught:
        open_checkpoint(path, GENERATOR)
    assert what in str(caught.value)
    assert "rosinality" in str(caught.value)


def test_pickled_stylegan3_is_named(tmp_path: Path) -> None:
    tensors = {"synthesis.input.weight": torch.zeros(2), "synthesis.L0_36_512.bias": torch.zeros(2)}
    path = tmp_path / "sg3.pkl"
    path.write_bytes(snapshot(G_ema=network("Generator", tensors)))
    with pytest.raises(CheckpointError, match="StyleGAN3"):
        convert(path)


def test_tensorflow_pickles_are_named(tmp_path: Path) -> None:
    path = tmp_path / "tf.pkl"
    one = b"cdnnlib.tflib.network\nNetwork\n)\x81}X\x04\x00\x00\x00nameX\x01\x00\x00\x00Gsb"
    path.write_bytes(b"\x80\x02" + one * 3 + b"\x87.")
    with pytest.raises(CheckpointError, match="TensorFlow network pickle"):
        convert(path)


def test_another_filter_is_refused(tmp_path: Path) -> None:
    tensors = {
        "synthesis.b4.const": torch.zeros(2, 4, 4),
        "synthesis.b4.resample_filter": torch.ones(1),
    }
    path = saved(tmp_path / "n.pt", {"G_ema": tensors})
    with pytest.raises(CheckpointError, match="filter"):
        convert(path)


def test_channels_without_a_rule_are_refused(tmp_path: Path) -> None:
    state = rosinality_generator()
    for name in ("convs.2", "convs.3"):
        weight = state[f"{name}.conv.weight"]
        state[f"{name}.conv.weight"] = weight[:, :7]
    with pytest.raises(CheckpointError, match="7 channels at 16×16 where 16"):
        convert(saved(tmp_path / "r.pt", {"g_ema": state}))


def test_tagger_is_wanted_and_a_foreign_file_given(tmp_path: Path) -> None:
    path = saved(tmp_path / "r.pt", {"g_ema": rosinality_generator()})
    with pytest.raises(CheckpointError, match="'tagger'"):
        open_checkpoint(path, "tagger")
