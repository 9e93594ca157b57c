"""A user folder of its own for every test, and rows that stand in for published weights."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from mien.checkpoints import native
from mien.hub import catalogue, store
from mien.hub.catalogue import Row
from mien.stylegan2.generator import Generator, GeneratorConfig

CONFIG = GeneratorConfig(32, 16, 16, channel_base=256, channel_max=16, mapping_layers=2)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, empty; what ships inside is out of sight."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MIEN_HOME", str(folder))
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    monkeypatch.setattr(store, "shipped", lambda: shipped)
    monkeypatch.setattr("mien.hub.loading.shipped", lambda: shipped)
    return folder


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Row]:
    """Put a row into the catalogue for a file that lies nowhere yet."""

    def put(data: bytes, name: str = "faces", **facts: object) -> Row:
        values: dict[str, object] = {
            "name": name,
            "kind": "stylegan2-generator",
            "file": f"{name}.safetensors",
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
            "licence": "CC0",
            "data": "made up",
            **facts,
        }
        row = Row(**values)  # pyright: ignore[reportArgumentType]
        monkeypatch.setattr(catalogue, "ROWS", (*catalogue.ROWS, row))
        return row

    return put


@pytest.fixture(autouse=True)
def _empty_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "ROWS", ())


@pytest.fixture
def generator() -> Generator:
    """A small random generator."""
    torch.manual_seed(0)
    return Generator(CONFIG).eval().requires_grad_(False)


@pytest.fixture
def weights(tmp_path: Path, generator: Generator) -> bytes:
    """The bytes of its file."""
    path = tmp_path / "made.safetensors"
    native.save(path, "stylegan2-generator", generator.state_dict(), asdict(CONFIG), {"kimg": 3})
    return path.read_bytes()
