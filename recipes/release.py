"""A release made ready and tried; nothing is published, nothing outside of --out is written.

    python recipes/release.py --out dist            what `make release` runs
    python recipes/release.py --out dist --full     installed with all it needs in an empty venv

Writes wheel, sdist, SHA256SUMS, sbom.json (CycloneDX) and LICENCES.md, after the wheel was
installed elsewhere and has drawn a face from there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MOST_BYTES = 100_000_000
NEEDED = (
    "mien/py.typed", "mien/hub/public.toml", "mien/hub/weights/portraits.safetensors",
    "mien/hub/weights/portraits.toml", "mien/hub/weights/portraits.md",
)  # fmt: skip


def main() -> int:
    """Build, look inside, install elsewhere, draw, list."""
    parser = argparse.ArgumentParser(description="Make a release ready; publish nothing.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--full", action="store_true", help="an empty venv, with all it needs")
    options = parser.parse_args()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    build = [sys.executable, "-m", "hatchling", "build", "--directory", str(out.resolve())]
    subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    wheel, sdist = out / f"mien-{version}-py3-none-any.whl", out / f"mien-{version}.tar.gz"
    faults = [*look_inside(wheel, version), *look_inside_source(sdist)]
    if not faults:
        faults += tried(wheel, version, options.full)
    parts = dependencies("mien")
    (out / "sbom.json").write_text(json.dumps(sbom(parts, version), indent=1), encoding="utf-8")
    lines = [f"| {name} | {number} | {licence} |" for name, number, licence in parts]
    table = ["| Package | Version | Licence |", "|---|---|---|", *lines]
    (out / "LICENCES.md").write_text("\n".join(table) + "\n", encoding="utf-8")
    sums = [f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.name}" for f in (wheel, sdist)]
    (out / "SHA256SUMS").write_text("\n".join(sums) + "\n", encoding="utf-8")
    for fault in faults:
        print(f"release: {fault}", file=sys.stderr)
    tag = subprocess.run(
        ["git", "tag", "--list", f"v{version}"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    size = wheel.stat().st_size / 1e6
    unknown = sum(licence == "unknown" for *_, licence in parts)
    print(
        f"mien {version} (tag v{version} {'is there' if tag else 'is not there yet'}): wheel "
        f"{size:.1f} MB, {len(parts)} dependencies, {unknown} of unknown licence, "
        f"{len(faults)} faults; nothing was published"
    )
    return 1 if faults else 0


def look_inside(wheel: Path, version: str) -> list[str]:
    """What is wrong with a wheel."""
    with zipfile.ZipFile(wheel) as pack:
        names = set(pack.namelist())
        said = pack.read(f"mien-{version}.dist-info/METADATA").decode()
    faults = [f"{wheel.name} has no {name}" for name in NEEDED if name not in names]
    faults += [f"{wheel.name} holds {name}" for name in names if name.startswith("tests/")]
    if not any(name.endswith("NOTICE.md") for name in names):
        faults.append(f"{wheel.name} has no NOTICE.md")
    if f"\nVersion: {version}\n" not in said:
        faults.append(f"{wheel.name} says another version than {version}")
    if wheel.stat().st_size > MOST_BYTES:
        faults.append(f"{wheel.name} has {wheel.stat().st_size} bytes, {MOST_BYTES} are the most")
    return faults


def look_inside_source(sdist: Path) -> list[str]:
    """What is wrong with an sdist."""
    with tarfile.open(sdist) as pack:
        names = {name.partition("/")[2] for name in pack.getnames()}
    needed = ("pyproject.toml", "README.md", "LICENSE", "NOTICE.md", "src/mien/__init__.py")
    return [f"{sdist.name} has no {name}" for name in needed if name not in names]


def tried(wheel: Path, version: str, full: bool) -> list[str]:
    """Install the wheel elsewhere and use it from an empty folder."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        env = {**os.environ, "MIEN_HOME": str(place / "home"), "PYTHONPATH": ""}
        python = sys.executable
        if full:
            venv.create(place / "venv", with_pip=True)
            python = str(place / "venv" / "bin" / "python")
            known = ["-c", str(ROOT / "constraints.txt")]  # the newest torch is one for CUDA
            install = [python, "-m", "pip", "install", "--quiet", *known, str(wheel.resolve())]
        else:
            target = str(place / "site")
            install = [
                python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target",
                target, str(wheel.resolve()),
            ]  # fmt: skip
            env["PYTHONPATH"] = target
        subprocess.run(install, check=True)
        (place / "empty").mkdir()
        for args, wanted in (
            (["--version"], f"mien {version}"),
            (["generate", "--count", "1", "--out", "faces"], "face-seed0000.png"),
            (["describe", "an old man", "--count", "1", "--refine", "0"], "seed0000.png"),
        ):
            command = [python, "-m", "mien", *args]
            done = subprocess.run(
                command, cwd=place / "empty", env=env, capture_output=True, text=True
            )
            if done.returncode or wanted not in done.stdout:
                return [f"mien {' '.join(args)}: {done.returncode}: {done.stderr.strip()[-300:]}"]
        where = [python, "-c", "import mien; print(mien.__file__)"]
        found = subprocess.run(where, cwd=place, env=env, capture_output=True, text=True).stdout
        return [] if temporary in found else [f"what was tried lies in {found.strip()}"]


def dependencies(package: str) -> list[tuple[str, str, str]]:
    """Name, version and licence of all that a package needs, itself left out, sorted."""
    found: dict[str, tuple[str, str, str]] = {}
    waiting = list(metadata.requires(package) or ())
    while waiting:
        said = waiting.pop()
        if "extra ==" in said:
            continue
        match = re.match(r"[A-Za-z0-9._-]+", said)
        name = re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""
        if not name or name in found:
            continue
        try:
            one = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # of another platform or Python
        found[name] = (name, one.version, licence_of(one.metadata))
        waiting += one.requires or ()
    return sorted(found.values())


def licence_of(said: Any) -> str:
    """A licence on one line, as the package says it."""
    classes = [
        text.rpartition(" :: ")[2] for text in said.get_all("Classifier") or () if "License" in text
    ]
    stated = said.get("License-Expression") or (said.get("License") or "").strip().split("\n")[0]
    return (stated[:60] or ", ".join(classes) or "unknown").replace("|", "/")


def sbom(parts: list[tuple[str, str, str]], version: str) -> dict[str, Any]:
    """What a release is made of, in CycloneDX 1.5."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "metadata": {"component": {"type": "library", "name": "mien", "version": version}},
        "components": [
            {
                "type": "library",
                "name": name,
                "version": number,
                "purl": f"pkg:pypi/{name}@{number}",
                "licenses": [{"license": {"name": licence}}],
            }
            for name, number, licence in parts
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
