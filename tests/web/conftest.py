"""One server for all tests of this room: a tiny generator, directions of it, a real page."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.testclient import TestClient

from mien.checkpoints import native
from mien.editing.direction import Direction, DirectionSet
from mien.editing.sets import save_direction_set
from mien.hub.store import known_sha256
from mien.studio import Studio
from mien.stylegan2.generator import Generator, GeneratorConfig
from mien.web.server import build
from mien.web.settings import Settings
from web.browser import CAMERA, CHROMIUM, QUIET, publishing, served

HERE = "http://127.0.0.1:7860"
SHAPE = {"resolution": 32, "z_dim": 16, "w_dim": 16, "channel_base": 128, "channel_max": 8}
LIMIT = 1 << 20
"""Bytes that the server of these tests takes."""


def write_models(folder: Path) -> Path:
    """A labelled generator, untrained, and directions ``smile`` and ``age`` of it in the store."""
    torch.manual_seed(0)
    config = {**SHAPE, "c_dim": 76, "mapping_layers": 2}
    path = folder / "webtiny.safetensors"
    native.save(
        path, "stylegan2-generator", Generator(GeneratorConfig(**config)).state_dict(), config
    )
    sha256 = known_sha256(path)
    made = [
        Direction(name, torch.randn(16).double(), "w", None, 1.0, sha256, "linear")
        for name in ("smile", "age")
    ]
    store = Path(os.environ["MIEN_HOME"], "weights")
    store.mkdir(parents=True, exist_ok=True)
    save_direction_set(store / "webtiny-edits.safetensors", DirectionSet(tuple(made)), force=True)
    return path


def png(width: int = 32, height: int = 32, kind: str = "PNG", **how: object) -> bytes:
    """A picture of soft blots."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (max(1, height // 8), max(1, width // 8), 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).resize((width, height)).save(stream, kind, **how)
    return stream.getvalue()


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_models(tmp_path_factory.mktemp("web"))


# No longer than a file: the server's threads and its event loop are nobody else's business.
@pytest.fixture(scope="module")
def app(model: Path):
    settings = Settings(max_upload=LIMIT, max_pixels=1 << 16, max_count=8, model=str(model))
    return build(settings, lambda: Studio(model, "cpu", engine="eager"))


@pytest.fixture(scope="module")
def client(app) -> Iterator[TestClient]:
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        deadline = time.monotonic() + 60
        while not client.get("/healthz").json()["ready"] and time.monotonic() < deadline:
            time.sleep(0.05)
        client.get("/")  # It brings the session.
        yield client


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a server with the models that ship."""
    with publishing() as mien, served(mien) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *CAMERA])
        yield browser
        browser.close()
