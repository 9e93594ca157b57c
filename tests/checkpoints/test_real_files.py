"""Files as people really have them: packed, named and made otherwise than the published ones."""

from __future__ import annotations

import datetime
import decimal
import pickle
import shutil
import sys
import types
import uuid
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from checkpoints.foreign_networks import rosinality_discriminator, rosinality_generator
from checkpoints.nvlabs_pickles import network, snapshot
from mien.checkpoints import fit
from mien.checkpoints.formats.pix2pix import PATCH, RESNET, UNET
from mien.checkpoints.layout import DISCRIMINATOR, GENERATOR
from mien.checkpoints.registry import convert, kinds, open_checkpoint, remarks
from mien.errors import CheckpointError, ConfigMismatch, UnsafeCheckpoint
from mien.sketch.cyclegan import ResnetConfig, ResnetGenerator
from mien.sketch.pix2pix import PatchConfig, PatchDiscriminator, Unet, UnetConfig
from mien.stylegan2.discriminator import Discriminator, DiscriminatorConfig
from mien.stylegan2.generator import Generator, GeneratorConfig

SMALL = GeneratorConfig(32, 16, 16, channel_base=256, channel_max=16, mapping_layers=2)
STATE = rosinality_generator()


def same(path: Path, **options: Any) -> None:
    """The file holds the generator of STATE."""
    found = convert(path, GENERATOR, **options).tensors
    assert torch.equal(found["synthesis.b8.conv0.weight"], STATE["convs.0.conv.weight"][0])


BESIDE: dict[str, Any] = {
    "version": torch.__version__,
    "range": range(3),
    "types": [int, str, ValueError, float],
    "error": ValueError("x"),
    "day": datetime.date(2024, 5, 6),
    "zone": datetime.datetime(2024, 5, 6, tzinfo=datetime.UTC),
    "uuid": uuid.UUID(int=5),
    "price": decimal.Decimal("1.5"),
    "pairs": {(1, "a"): 2},
    "layout": torch.strided,
    "random": np.random.default_rng(0),
    "legacy random": np.random.RandomState(0),
    "text": np.str_("abc"),
    "texts": np.array(["a", "bcd"]),
    "times": np.array(["2024-01-01"], dtype="datetime64[s]"),
    "sparse": torch.eye(3).to_sparse(),
    "meta": torch.empty(3, device="meta"),
    "float8": torch.ones(3).to(torch.float8_e4m3fn),
    "uint16": torch.ones(3, dtype=torch.uint16),
    "parallel": nn.DataParallel(nn.Linear(2, 2)),
    "parameters": nn.ParameterList([nn.Parameter(torch.ones(2))]),
}


@pytest.mark.parametrize("what", BESIDE)
@pytest.mark.parametrize("modern", [True, False])
def test_harmless_values_beside_weights(tmp_path: Path, what: str, modern: bool) -> None:
    content = {"g_ema": STATE, "beside": BESIDE[what]}
    torch.save(content, tmp_path / "a.pt", _use_new_zipfile_serialization=modern)
    same(tmp_path / "a.pt")


def test_a_tensor_with_an_attribute(tmp_path: Path) -> None:
    state = dict(STATE)
    state["input.input"] = state["input.input"].clone()
    state["input.input"].note = "mine"
    torch.save({"g_ema": state}, tmp_path / "a.pt")
    found = convert(tmp_path / "a.pt")
    assert torch.equal(found.tensors["synthesis.b4.const"], STATE["input.input"][0])


def test_an_element_type_beside_in_safetensors(tmp_path: Path) -> None:
    import safetensors.torch

    beside = {"other.f8": torch.ones(3).to(torch.float8_e5m2)}
    safetensors.torch.save_file({**STATE, **beside}, tmp_path / "a.safetensors")
    same(tmp_path / "a.safetensors")


def test_names_that_run_code_are_still_refused(tmp_path: Path) -> None:
    for name in ("os\nsystem", "builtins\ntype", "a.dnnlib.os\nsystem\n".strip() + "x"):
        data = b"\x80\x02c" + name.encode() + b"\nX\x01\x00\x00\x00a\x85R."
        (tmp_path / "a.pkl").write_bytes(data)
        with pytest.raises(CheckpointError):
            convert(tmp_path / "a.pkl")
    (tmp_path / "b.pkl").write_bytes(b"\x80\x02csubprocess\nPopen\n.")
    with pytest.raises(UnsafeCheckpoint):
        convert(tmp_path / "b.pkl")


@pytest.mark.parametrize("package", ["src", "stylegan3", "models.stylegan2", "training", "a.b.c"])
def test_code_of_nvlabs_inside_a_package(tmp_path: Path, package: str) -> None:
    tensors = Generator(SMALL).state_dict()
    data = snapshot(2, G_ema=network("Generator", tensors))
    for name in (b"torch_utils.persistence", b"dnnlib.util"):
        data = data.replace(b"c" + name + b"\n", b"c" + package.encode() + b"." + name + b"\n")
    assert package.encode() + b".torch_utils" in data
    (tmp_path / "n.pkl").write_bytes(data)
    found = convert(tmp_path / "n.pkl")
    assert all(torch.equal(found.tensors[name], tensor) for name, tensor in tensors.items())


class Net(nn.Module):
    """Stands for a class of pytorch-CycleGAN-and-pix2pix."""


def _resnet(padding: type[nn.Module] = nn.ReflectionPad2d, last: type[nn.Module] = nn.Tanh) -> Any:
    """The layers of a CycleGAN generator with one block, as that project lists them."""

    def conv(i: int, o: int, k: int, stride: int = 1, pad: int = 0) -> nn.Module:
        return nn.Conv2d(i, o, k, stride, pad)

    norm, active = nn.InstanceNorm2d, nn.ReLU
    block = Net()
    block.conv_block = nn.Sequential(
        padding(1), conv(16, 16, 3), norm(16), active(), padding(1), conv(16, 16, 3), norm(16)
    )
    net = Net()
    net.model = nn.Sequential(
        padding(3), conv(3, 4, 7), norm(4), active(),
        conv(4, 8, 3, 2, 1), norm(8), active(), conv(8, 16, 3, 2, 1), norm(16), active(),
        block,
        nn.ConvTranspose2d(16, 8, 3, 2, 1, 1), norm(8), active(),
        nn.ConvTranspose2d(8, 4, 3, 2, 1, 1), norm(4), active(),
        padding(3), conv(4, 3, 7), last(),
    )  # fmt: skip
    return net


def _save_module(path: Path, net: Any, form: str) -> None:
    """Write a whole module, its class called ``networks.Net``."""
    module: Any = types.ModuleType("networks")
    module.Net = Net
    before, Net.__module__ = Net.__module__, "networks"
    sys.modules["networks"] = module
    try:
        torch.save(net, path, _use_new_zipfile_serialization=form == "zip")
    finally:
        Net.__module__ = before
        del sys.modules["networks"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["zip", "legacy"])
@pytest.mark.parametrize("parallel", [False, True])
def test_whole_modules(tmp_path: Path, form: str, parallel: bool) -> None:
    net = _resnet()
    _save_module(tmp_path / "m.pth", nn.DataParallel(net) if parallel else net, form)
    torch.save(net.state_dict(), tmp_path / "s.pth")
    whole, state = (convert(tmp_path / name, RESNET) for name in ("m.pth", "s.pth"))
    assert whole.config == state.config
    assert all(torch.equal(whole.tensors[k], v) for k, v in state.tensors.items())


@pytest.mark.filterwarnings("ignore")
def test_modules_of_other_padding_or_end_are_refused(tmp_path: Path) -> None:
    _save_module(tmp_path / "p.pth", _resnet(nn.ReplicationPad2d), "zip")
    with pytest.raises(CheckpointError, match="ReplicationPad2d"):
        convert(tmp_path / "p.pth", RESNET)
    _save_module(tmp_path / "i.pth", _resnet(last=nn.Identity), "zip")
    with pytest.raises(CheckpointError, match="tanh"):
        convert(tmp_path / "i.pth", RESNET)


@pytest.mark.parametrize("form", ["nvlabs", "rosinality"])
@pytest.mark.parametrize("channels", [1, 4])
def test_grey_and_rgba(tmp_path: Path, form: str, channels: int) -> None:
    theirs = Generator(SMALL)
    state = rosinality_generator()
    own = theirs.state_dict()
    for name in [n for n in own if ".torgb.weight" in n or ".torgb.bias" in n]:
        own[name] = torch.randn(channels, *own[name].shape[1:])
    for name in [n for n in state if n.startswith("to_rgb")]:
        if name.endswith("conv.weight"):
            state[name] = torch.randn(1, channels, *state[name].shape[2:])
        elif name.endswith(".bias") and "modulation" not in name:
            state[name] = torch.randn(1, channels, 1, 1)
    path = tmp_path / "g.pkl"
    if form == "nvlabs":
        path.write_bytes(snapshot(G_ema=network("Generator", own)))
        bias = own["synthesis.b8.torgb.bias"]
    else:
        torch.save({"g_ema": state}, path)
        bias = state["to_rgbs.0.bias"].flatten()
    file = convert(path)
    wanted = bias.expand(3) if channels == 1 else bias[:3]
    assert torch.equal(file.tensors["synthesis.b8.torgb.bias"], wanted)
    assert any(f"{channels} channel" in remark for remark in remarks(file.meta))
    network_ = fit.build(lambda: Generator(GeneratorConfig(**file.config)))
    fit.fill(network_, file.tensors, path)
    with torch.no_grad():
        image = network_(torch.ones(1, 16))
    assert image.shape == (1, 3, 32, 32)
    assert torch.equal(image[:, 0], image[:, 1]) == (channels == 1)


@pytest.mark.parametrize("channels", [1, 4])
def test_discriminators_of_grey_and_rgba(tmp_path: Path, channels: int) -> None:
    state = rosinality_discriminator()
    weight = torch.randn(8, channels, 1, 1)
    torch.save({"d": {**state, "convs.0.0.weight": weight}}, tmp_path / "d.pt")
    file = convert(tmp_path / "d.pt", DISCRIMINATOR)
    made = fit.build(lambda: Discriminator(DiscriminatorConfig(**file.config)))
    fit.fill(made, file.tensors, tmp_path / "d.pt")
    grey = torch.rand(1, 1, 32, 32)
    seen = grey if channels == 1 else torch.cat([grey.expand(1, 3, -1, -1), grey**0], dim=1)
    kernel, bias = weight / channels**0.5, state["convs.0.1.bias"]
    wanted = nn.functional.leaky_relu(nn.functional.conv2d(seen, kernel, bias), 0.2) * 2**0.5
    with torch.no_grad():
        assert torch.allclose(made.b32.fromrgb(grey.expand(1, 3, -1, -1)), wanted, atol=1e-5)


def repacked(path: Path, out: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", method) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return out


def test_a_file_packed_again_is_read(tmp_path: Path) -> None:
    torch.save({"g_ema": STATE}, tmp_path / "a.pt")
    same(repacked(tmp_path / "a.pt", tmp_path / "b.pt"))


def test_what_unfolds_to_more_than_it_says_is_refused(tmp_path: Path) -> None:
    torch.save({"g_ema": STATE}, tmp_path / "a.pt")
    with zipfile.ZipFile(tmp_path / "a.pt") as old:
        members = {name: old.read(name) for name in old.namelist()}
    largest = max((n for n in members if "/data/" in n), key=lambda n: len(members[n]))
    members[largest] += bytes(32 << 20)
    with zipfile.ZipFile(tmp_path / "b.pt", "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in members.items():
            new.writestr(name, data)
    with pytest.raises(CheckpointError, match="unfolds to"):
        convert(tmp_path / "b.pt")


def test_an_unpacked_file_is_named(tmp_path: Path) -> None:
    torch.save({"g_ema": STATE}, tmp_path / "a.pt")
    with zipfile.ZipFile(tmp_path / "a.pt") as archive:
        archive.extractall(tmp_path / "out")
    (inside,) = (tmp_path / "out").iterdir()
    for path in (tmp_path / "out", inside, inside / "data.pkl"):
        with pytest.raises(CheckpointError, match=r"unpacked; zip the folder again") as caught:
            open_checkpoint(path)
        assert "\n" not in str(caught.value)
    shutil.rmtree(inside)
    with pytest.raises(CheckpointError, match="name the file in it"):
        open_checkpoint(tmp_path / "out")


def test_several_networks_of_equal_standing(tmp_path: Path) -> None:
    other = rosinality_generator(7)
    torch.save({"G_B": other, "G_A": STATE}, tmp_path / "two.pt")
    first = convert(tmp_path / "two.pt")
    assert (first.meta["part"], first.meta["others"]) == ("G_B", ["G_A"])
    assert "G_A" in remarks(first.meta)[-1]
    same(tmp_path / "two.pt", network="g_a")
    assert "others" not in convert(tmp_path / "two.pt", network="G_A").meta
    with pytest.raises(CheckpointError, match="'G_C'; there are: G_B, G_A"):
        convert(tmp_path / "two.pt", network="G_C")
    torch.save({"g": other, "g_ema": STATE}, tmp_path / "usual.pt")
    assert "others" not in convert(tmp_path / "usual.pt").meta


@pytest.mark.parametrize("kind", [tuple, list])
def test_the_third_of_three_is_the_averaged_one(tmp_path: Path, kind: Any) -> None:
    judge = rosinality_discriminator()
    torch.save(kind((rosinality_generator(7), judge, STATE)), tmp_path / "old.pkl")
    same(tmp_path / "old.pkl")
    assert convert(tmp_path / "old.pkl").meta["part"] == "2"
    assert kinds(tmp_path / "old.pkl") == [GENERATOR, DISCRIMINATOR]


def test_weights_as_arrays(tmp_path: Path) -> None:
    arrays = {name: tensor.numpy() for name, tensor in STATE.items()}
    arrays["conv1.conv.weight"] = np.asfortranarray(arrays["conv1.conv.weight"])
    arrays["to_rgb1.bias"] = arrays["to_rgb1.bias"].astype(">f4")
    mean = np.arange(16, dtype=np.float64)
    data = pickle.dumps({"g_ema": arrays, "latent_avg": mean})
    (tmp_path / "a.pkl").write_bytes(data)
    torch.save({"g_ema": STATE, "latent_avg": mean}, tmp_path / "b.pt")
    for name in ("a.pkl", "b.pt"):
        file = convert(tmp_path / name)
        assert file.tensors["mapping.w_avg"].tolist() == mean.tolist()
        wanted = STATE["conv1.conv.weight"][0]
        assert torch.equal(file.tensors["synthesis.b4.conv1.weight"], wanted)
        assert torch.equal(file.tensors["synthesis.b4.torgb.bias"], STATE["to_rgb1.bias"].flatten())


@pytest.mark.parametrize("layers", [1, 2, 4, 5])
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
def test_discriminators_of_other_depths(tmp_path: Path, layers: int, norm: str) -> None:
    theirs = PatchDiscriminator(PatchConfig(6, 4, layers, norm))
    state = {}
    for name, tensor in theirs.state_dict().items():
        part, _, rest = name.partition(".")
        i, _, leaf = rest.partition(".") if part != "out" else (str(layers + 1), "", rest)
        at = max(0, 3 * int(i) - 1) if part != "norms" else 3 * int(i)
        state[f"model.{at}.{leaf}"] = tensor
    torch.save(state, tmp_path / "d.pth")
    file = convert(tmp_path / "d.pth", PATCH)
    assert file.config == {"in_channels": 6, "ndf": 4, "layers": layers, "norm": norm}
    assert all(torch.equal(file.tensors[k], v) for k, v in theirs.state_dict().items())


def test_generators_without_normalisation(tmp_path: Path) -> None:
    net = _resnet()
    state = {
        k: v for k, v in net.state_dict().items() if not k.endswith("bias") or k == "model.18.bias"
    }
    torch.save(state, tmp_path / "g.pth")
    file = convert(tmp_path / "g.pth", RESNET)
    assert file.config["norm"] == "none"
    made = ResnetGenerator(ResnetConfig(**file.config))
    fit.fill(made, file.tensors, tmp_path / "g.pth")
    theirs = Unet(UnetConfig(ngf=4, downs=3, norm="none"))
    outer, middle = "model.model.", "model.model.1.model."
    names = {
        "outer.down.weight": f"{outer}0.weight",
        "outer.up.weight": f"{outer}3.weight",
        "outer.up.bias": f"{outer}3.bias",
        "outer.inside.down.weight": f"{middle}1.weight",
        "outer.inside.up.weight": f"{middle}5.weight",
        "outer.inside.inside.down.weight": f"{middle}3.model.1.weight",
        "outer.inside.inside.up.weight": f"{middle}3.model.3.weight",
    }
    assert set(names) == set(theirs.state_dict())
    torch.save({names[k]: v for k, v in theirs.state_dict().items()}, tmp_path / "u.pth")
    file = convert(tmp_path / "u.pth", UNET)
    assert (file.config["norm"], file.config["downs"]) == ("none", 3)


def _oblong() -> dict[str, Any]:
    tensors = Generator(SMALL).state_dict()
    tensors["synthesis.b4.const"] = torch.zeros(16, 4, 8)
    return tensors


def _built(architecture: str) -> dict[str, Any]:
    tensors = dict(Generator(SMALL).state_dict())
    for res in (4, 8, 16):
        for name in [n for n in tensors if n.startswith(f"synthesis.b{res}.torgb")]:
            del tensors[name]
        if architecture == "resnet" and res > 4:
            tensors[f"synthesis.b{res}.skip.weight"] = torch.zeros(16, 16, 1, 1)
    return tensors


def _tiny() -> dict[str, Any]:
    return {
        n: t for n, t in Generator(SMALL).state_dict().items() if not n.startswith("synthesis.b32")
    }


ODD = {
    "draws 64×32 pictures; only square ones": _oblong,
    "architecture 'orig'": lambda: _built("orig"),
    "architecture 'resnet'": lambda: _built("resnet"),
    "draws 16×16 pictures; 32×32 is the least": _tiny,
    "SWAGAN": lambda: {**STATE, "to_rgbs.0.iwt.ll": torch.zeros(2, 2)},
    "lucidrains": lambda: {"G.blocks.0.to_style1.weight": torch.zeros(2)},
    "BasicSR": lambda: {"style_mlp.1.weight": torch.zeros(2)},
    "config T": lambda: {"synthesis.L0_36_512.weight": torch.zeros(2, 2, 3, 3)},
    "config R": lambda: {"synthesis.L0_36_512.weight": torch.zeros(2, 2, 1, 1)},
}


@pytest.mark.parametrize("what", ODD)
def test_networks_of_other_shapes_and_hands_are_named(tmp_path: Path, what: str) -> None:
    torch.save(ODD[what](), tmp_path / "a.pt")
    with pytest.raises(CheckpointError) as caught:
        open_checkpoint(tmp_path / "a.pt", GENERATOR)
    assert what in str(caught.value)
    assert "does not fit" not in str(caught.value)


@pytest.mark.parametrize(("drop", "what"), [("skip", "'orig'"), ("both", "'skip'")])
def test_discriminators_of_other_architectures(tmp_path: Path, drop: str, what: str) -> None:
    tensors = dict(Discriminator(DiscriminatorConfig(32, 0, 256, 16)).state_dict())
    for name in [n for n in tensors if ".skip." in n]:
        del tensors[name]
    if drop == "both":
        tensors["b16.fromrgb.weight"] = torch.zeros(16, 3, 1, 1)
    torch.save(tensors, tmp_path / "d.pt")
    with pytest.raises(ConfigMismatch, match=f"architecture {what}"):
        convert(tmp_path / "d.pt", DISCRIMINATOR)
