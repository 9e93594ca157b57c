"""A new user's day in one folder: the right status, one line an error, no file lost."""

from __future__ import annotations

import functools
import shlex
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cli.first_day import DAY
from cli.tiny_model import write_model
from mien import cli, images
from mien.checkpoints import native
from mien.images import formats, sheets
from mien.sketch.pix2pix import Unet, UnetConfig
from mien.stylegan2.generator import Generator, GeneratorConfig
from video.clips import make_clip

ROWS = [[part.strip() for part in row.split("|", 2)] for row in DAY.strip().splitlines()]
MODELS = ("tiny", "cond", "labelled", "p2s", "s2p", "nan", "edits")
SHAPE: dict[str, Any] = {
    "resolution": 32, "z_dim": 8, "w_dim": 8, "mapping_layers": 1, "channel_base": 64,
    "channel_max": 4,
}  # fmt: skip


def _generator(path: Path, c_dim: int = 0, broken: bool = False) -> None:
    torch.manual_seed(0)
    config = GeneratorConfig(**SHAPE, c_dim=c_dim)
    state = Generator(config).state_dict()
    if broken:
        next(iter(state.values())).fill_(torch.nan)
    native.save(path, "stylegan2-generator", state, {**SHAPE, "c_dim": c_dim}, {"kimg": 1})


def _translator(path: Path, direction: str) -> None:
    config = {"ngf": 2, "downs": 5, "norm": "instance", "dropout": False}
    meta = {"method": "pix2pix", "direction": direction, "resolution": 32}
    native.save(path, "translation-unet", Unet(UnetConfig(**config)).state_dict(), config, meta)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("day")
    noise = np.random.RandomState(0).randint(0, 256, (40, 40, 3)).astype(np.uint8)
    for name in ("ann.png", "cy.png"):
        images.save(home / "in" / name, noise)
    formats.save(home / "in" / "bob.jpg", noise)
    (home / "in" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0broken")
    (home / "in" / "broken.zip").write_bytes(b"PK\x03\x04broken")
    (home / "in" / "table.csv").write_text("name,age\nann.png,20\n")
    make_clip(home / "in" / "clip.mp4", frames=2)
    (home / "empty").mkdir()
    with zipfile.ZipFile(home / "good.zip", "w") as pack:
        for number in range(4):
            pack.writestr(f"{number}.png", sheets.png_bytes(noise + np.uint8(number)))
    for name, width in (("tiny", 0), ("cond", 3)):
        _generator(home / f"{name}.safetensors", width)
    _generator(home / "nan.safetensors", broken=True)
    write_model(home / "labelled.safetensors")
    _translator(home / "p2s.safetensors", "photo-to-sketch")
    _translator(home / "s2p.safetensors", "sketch-to-photo")
    return home


@pytest.fixture(autouse=True)
def one_studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each model is loaded once for the whole day, whatever the command."""
    from mien import studio

    monkeypatch.chdir(home)
    monkeypatch.setattr(studio, "Studio", _studio)


@functools.cache
def _studio(*args: Any, **kwargs: Any) -> Any:
    from mien.studio.session import Studio

    return Studio(*args, **kwargs)


def _files(home: Path) -> dict[Path, tuple[int, int]]:
    found: Iterator[Path] = (path for path in home.rglob("*") if path.is_file())
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


@pytest.mark.parametrize(("status", "command", "said"), ROWS, ids=[row[1][:60] for row in ROWS])
def test_a_command(
    status: str, command: str, said: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [f"{word}.safetensors" if word in MODELS else word for word in shlex.split(command)]
    before = _files(home)
    found = cli.main(words)
    out, err = capsys.readouterr()
    assert found == int(status), err
    assert said in out + err
    assert "Traceback" not in out + err
    assert err.count("mien: error: ") == (1 if found == 2 and not out else err.count("mien: error"))
    after = _files(home)
    kept = [path for path in before if "--force" not in words or path.parent.name == "in"]
    changed = [path for path in kept if after.get(path) != before[path]]
    assert not [path for path in changed if "-2.png" not in path.name], changed
    assert not [path for path in after if path.name.startswith(".")]


def test_it_was_a_whole_day() -> None:
    assert len(ROWS) >= 200
    assert {row[1].split()[0] for row in ROWS} >= set(cli.VERBS)
