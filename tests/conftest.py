"""What all tests stand on: no user folders, few threads, checked shapes, skips with a reason.

Everything here happens before the first import of :mod:`mien`, because a module may read the
environment while it is imported.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jaxtyping
import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
NO_SHARED = f"needs the data and fixtures beside the repository, and there is no folder {SHARED}"
NO_GPU = "needs a CUDA device, and torch sees none"

# Few threads: torch reads this when it is imported; a test that needs more says so itself.
os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

_home = tempfile.TemporaryDirectory(prefix="mien-tests-", ignore_cleanup_errors=True)
for _name, _folder in {
    "HOME": "home",
    "USERPROFILE": "home",
    "XDG_CACHE_HOME": "home/.cache",
    "XDG_CONFIG_HOME": "home/.config",
    "XDG_DATA_HOME": "home/.local/share",
    "HF_HOME": "home/.cache/huggingface",
    "TORCH_HOME": "home/.cache/torch",
    "MIEN_HOME": "home/mien",
}.items():
    _path = Path(_home.name, _folder)
    _path.mkdir(parents=True, exist_ok=True)
    os.environ[_name] = str(_path)

# Shapes and types on the signatures of mien are checked at every call, but only while testing.
jaxtyping.install_import_hook("mien", "typechecking.checked")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with a reason, what this machine cannot run."""
    gpu = [item for item in items if item.get_closest_marker("gpu")]
    if gpu:
        import torch

        if not torch.cuda.is_available():
            for item in gpu:
                item.add_marker(pytest.mark.skip(reason=NO_GPU))
    if not SHARED.is_dir():
        for item in items:
            if item.get_closest_marker("shared"):
                item.add_marker(pytest.mark.skip(reason=NO_SHARED))


def pytest_unconfigure() -> None:
    """Remove the temporary user folders."""
    _home.cleanup()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder ``shared`` beside the repository; skips the test if it is absent."""
    if not SHARED.is_dir():
        pytest.skip(NO_SHARED)
    return SHARED


@pytest.fixture
def heard() -> Iterator[None]:
    """Lets a child hear Ctrl-C, also where the tests run in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
