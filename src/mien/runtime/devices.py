"""Where to compute."""

from __future__ import annotations

import torch

from mien.errors import InputError


def find_device(name: str) -> torch.device:
    """The device that a user names: ``auto``, ``cpu``, ``cuda``, ``cuda:1``.

    Raises:
        InputError: No such device, or not on this machine.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(f"device {name!r} is none of auto, cpu, cuda, cuda:N") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError(f"device {name!r}: no CUDA device was found; take --device cpu")
    return device
