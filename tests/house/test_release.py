"""What ``make release`` looks at, on wheels made by hand; the building itself runs in CI."""

from __future__ import annotations

import zipfile
from email.message import Message
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from house.sources import ROOT


@pytest.fixture(scope="module")
def release() -> ModuleType:
    spec = spec_from_file_location("release", ROOT / "recipes" / "release.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wheel(path: Path, names: tuple[str, ...], version: str = "1.0") -> Path:
    with zipfile.ZipFile(path, "w") as pack:
        for name in names:
            pack.writestr(name, b"")
        pack.writestr("mien-1.0.dist-info/METADATA", f"Name: mien\nVersion: {version}\n\n")
    return path


def test_a_wheel_that_is_whole(release: ModuleType, tmp_path: Path) -> None:
    notice = "mien-1.0.dist-info/licenses/NOTICE.md"
    good = wheel(tmp_path / "good.whl", (*release.NEEDED, notice))
    assert release.look_inside(good, "1.0") == []


def test_what_is_wrong_with_a_wheel(release: ModuleType, tmp_path: Path) -> None:
    bad = wheel(tmp_path / "bad.whl", (*release.NEEDED[1:], "tests/x.py"), "2.0")
    assert release.look_inside(bad, "1.0") == [
        "bad.whl has no mien/py.typed",
        "bad.whl holds tests/x.py",
        "bad.whl has no NOTICE.md",
        "bad.whl says another version than 1.0",
    ]


def test_licences_of_all_that_is_needed(release: ModuleType) -> None:
    found = {name: licence for name, _, licence in release.dependencies("mien")}
    assert {"torch", "numpy", "pillow", "safetensors", "typer"} <= set(found)
    assert "gradio" not in found  # of an extra
    assert "unknown" not in found.values()
    said = Message()
    said["Classifier"] = "License :: OSI Approved :: MIT License"
    assert release.licence_of(said) == "MIT License"
    assert release.licence_of(Message()) == "unknown"


def test_the_bill_of_materials(release: ModuleType) -> None:
    made = release.sbom([("numpy", "2.0", "BSD-3-Clause")], "1.0")
    assert made["components"][0]["purl"] == "pkg:pypi/numpy@2.0"
