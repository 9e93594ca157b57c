"""Files that lie near the known ones: harmless values, other zips, other networks, each named."""

from __future__ import annotations

import array
import collections
import datetime
import functools
import random
import time
import zipfile
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from checkpoints.foreign_networks import (
    WIDTH,
    genforce_generator,
    rosinality_discriminator,
    rosinality_generator,
)
from mien.checkpoints.layout import DISCRIMINATOR, GENERATOR
from mien.checkpoints.pickle_names import resolve
from mien.checkpoints.registry import convert
from mien.errors import CheckpointError, UnsafeCheckpoint

HARMLESS: dict[str, Any] = {
    "records": np.zeros(2, dtype=[("a", "f4"), ("b", "i8")]),
    "a record array": np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f4")]),
    "objects": np.array([1, "a", None], dtype=object),
    "long doubles": np.zeros(2, np.longdouble),
    "a masked array": np.ma.masked_array([1, 2], [0, 1]),
    "a polynomial": np.poly1d([1, 2]),
    "void": np.void(b"abc"),
    "a zone": datetime.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC")),
    "a time": time.gmtime(0),
    "maps": collections.ChainMap({1: 2}),
    "an array": array.array("f", [1.0]),
    "chance": random.Random(3),
    "a type": type(None),
    "a norm": functools.partial(functional.leaky_relu, negative_slope=0.2),
    "a function": torch.tanh,
    "a generator": torch.Generator(),
    "a distribution": torch.distributions.Normal(0, 1),
    "a set": torch.utils.data.TensorDataset(torch.ones(2)),
}


def test_harmless_values_beside_a_network(tmp_path: Path) -> None:
    state, path = rosinality_generator(), tmp_path / "x.pt"
    torch.save({"g_ema": state, "latent_avg": torch.zeros(WIDTH), "beside": HARMLESS}, path)
    found = convert(path, GENERATOR).tensors["synthesis.b4.const"]
    assert torch.equal(found, state["input.input"][0])


@pytest.mark.parametrize("module", ["os", "torch.nn.modules.module", "builtins", "zoneinfo"])
def test_getattr_of_anything_else_is_refused(module: str, tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    name = b"ZoneInfo" if module == "zoneinfo" else b"Module"
    asked = b"__class__" if module == "zoneinfo" else b"system"
    path.write_bytes(
        b"\x80\x02cbuiltins\ngetattr\nc" + module.encode() + b"\n" + name + b"\nX"
        + len(asked).to_bytes(4, "little") + asked + b"\x86R."
    )  # fmt: skip
    with pytest.raises(UnsafeCheckpoint):
        convert(path)


@pytest.mark.parametrize("package", ["", "utils.", "my.sg2.misc_", "lib."])
def test_the_record_of_nvlabs_in_any_module(package: str) -> None:
    found = resolve(f"{package}persistence", "_reconstruct_persistent_obj")
    assert str(found) == "torch_utils.persistence._reconstruct_persistent_obj"
    assert resolve(f"{package}util", "EasyDict").name == "EasyDict"
    with pytest.raises(PermissionError):
        resolve("os", "EasyDict")


def packed(path: Path, rename: Callable[[str], str], beside: tuple[str, ...] = ()) -> Path:
    """A file of ``torch.save`` packed again by another program."""
    torch.save({"g_ema": rosinality_generator(), "latent_avg": torch.zeros(WIDTH)}, path)
    again = path.with_name("again.pt")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new:
        for name in beside:
            new.writestr(name, b"\0\5\x16\7")
        for name in old.namelist():
            new.writestr(rename(name), old.read(name))
    return again


@pytest.mark.parametrize(
    ("rename", "beside"),
    [
        (lambda name: name.replace("/", "\\"), ()),
        (lambda name: f"Downloads/{name}", ("__MACOSX/data.pkl", ".DS_Store")),
        (lambda name: name.partition("/")[2], ()),
    ],
    ids=["windows", "mac", "without its folder"],
)
def test_zips_of_other_programs(
    rename: Callable[[str], str], beside: tuple[str, ...], tmp_path: Path
) -> None:
    found = convert(packed(tmp_path / "a.pt", rename, beside)).tensors["synthesis.b4.const"]
    assert torch.equal(found, rosinality_generator()["input.input"][0])


def test_an_archive_around_the_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("models/ffhq.pt", b"x")
    with pytest.raises(CheckpointError, match=r"with models/ffhq\.pt in it; unpack it"):
        convert(path)
    (tmp_path / "x.pt.gz").write_bytes(b"\x1f\x8b\x08" + bytes(40))
    with pytest.raises(CheckpointError, match=r"is a gzip archive.*; unpack it"):
        convert(tmp_path / "x.pt.gz")


def with_channels(count: int) -> dict[str, Tensor]:
    state = genforce_generator()
    for name, tensor in state.items():
        if "output" in name and "style" not in name:
            state[name] = torch.zeros(count, *tensor.shape[1:])
    return state


def oblong() -> dict[str, Tensor]:
    return rosinality_discriminator() | {"final_linear.0.weight": torch.zeros(16, 16 * 32)}


OTHERS: dict[str, tuple[dict[str, Tensor], str, str]] = {
    "two channels": (with_channels(2), GENERATOR, "draws 2 channels; only grey, RGB and RGBA"),
    "oblong": (oblong(), DISCRIMINATOR, "only square ones are supported"),
    "BasicSR": (
        {"conv_body.0.0.weight": torch.zeros(8, 3, 1, 1), "final_linear.1.weight": torch.zeros(1)},
        DISCRIMINATOR,
        "discriminator of BasicSR",
    ),
    "EG3D": (
        {f"backbone.{name}": torch.zeros(1) for name in ("synthesis.b4.const", "mapping.w_avg")},
        GENERATOR,
        "is an EG3D generator",
    ),
    "lucidrains": (
        {"blocks.0.conv_res.weight": torch.zeros(8, 3, 1, 1)},
        GENERATOR,
        "discriminator of lucidrains",
    ),
    "one tensor": ({"a": torch.zeros(1)}, GENERATOR, "a network of 1 tensor such as 'a'"),
}


@pytest.mark.parametrize("label", OTHERS)
def test_other_networks_are_named(label: str, tmp_path: Path) -> None:
    state, kind, said = OTHERS[label]
    torch.save(state, tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match=said) as caught:
        convert(tmp_path / "x.pt", kind)
    assert "\n" not in str(caught.value)
