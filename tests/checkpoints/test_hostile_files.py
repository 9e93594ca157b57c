"""Files made to do harm: none runs code, none crashes, none costs much, each gives one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from checkpoints.hostile_containers import all_containers
from checkpoints.hostile_files import MARKER, all_pickles

FILES = all_pickles() | all_containers()
LABELS = list(FILES)
RUNNER = Path(__file__).with_name("hostile_runner.py")

MAX_SECONDS = 5
MAX_GROWN_MB = 1024


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What reading each file did, in one process without pytest in it."""
    folder = tmp_path_factory.mktemp("hostile")
    for i, label in enumerate(LABELS):
        (folder / f"{i:03d}.bin").write_bytes(FILES[label](folder))
    tests = str(RUNNER.parents[1])
    ran = subprocess.run(
        [sys.executable, str(RUNNER), str(folder)],
        env={**os.environ, "PYTHONPATH": tests, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    if len(found) < len(LABELS):
        label = LABELS[len(found)]
        pytest.fail(f"the process ended ({ran.returncode}) at {label!r}: {ran.stderr[-500:]}")
    assert not (folder / MARKER).exists(), "a file ran code"
    return dict(zip(LABELS, found, strict=True))


def test_there_are_enough_of_them() -> None:
    assert len(LABELS) >= 60


@pytest.mark.parametrize("label", LABELS)
def test_refused_in_one_line(results: dict[str, dict[str, Any]], label: str) -> None:
    result = results[label]
    assert result["errors"] == ["CheckpointError", "CheckpointError"]
    assert all("\n" not in text and len(text) < 2000 for text in result["texts"])
    assert result["seen"] == []
    assert result["seconds"] < MAX_SECONDS
    assert result["grown_mb"] < MAX_GROWN_MB


def test_names_that_run_code_are_named(results: dict[str, dict[str, Any]]) -> None:
    for label in ("calls os.system", "INST", "OBJ", "NEWOBJ"):
        assert "os.system" in results[label]["texts"][0]
        assert "nothing was run" in results[label]["texts"][0]
