"""Where to compute."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from mien.errors import InputError


def find_device(name: str) -> torch.device:
    """The device ``auto``, ``cpu``, ``cuda`` or ``cuda:1``; InputError if it is not here."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(f"device {name!r} is none of auto, cpu, cuda, cuda:N") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError(f"device {name!r}: no CUDA device was found; take `device=cpu`")
    return device


@contextmanager
def quietly(logger: str) -> Iterator[None]:
    """Inside, an exporter of torch keeps its remarks about its own insides to itself."""
    log = logging.getLogger(logger)
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, PyTorch computes on the CPU in one thread.

    Several threads sum in another order. That is of no account in a picture, but steps along
    gradients enlarge it until the picture is another one; in one thread their result does not
    depend on how many processors there are.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
