"""What every configuration of a run is asked; light, for the command line reads configurations."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from mien.errors import InputError

PRECISIONS = ("fp32", "bf16")


@runtime_checkable
class _Schedule(Protocol):
    """What the configuration of every run has."""

    @property
    def kimg(self) -> float: ...
    @property
    def batch(self) -> int: ...
    @property
    def precision(self) -> str: ...
    @property
    def seed(self) -> int: ...


def check_run(config: _Schedule, least_batch: int = 1) -> None:
    """Refuse a run without a step, with too small a batch, unknown precision or negative seed."""
    if not config.kimg > 0 or config.batch < least_batch:
        raise InputError(
            f"kimg {config.kimg:g} must be above 0 and batch {config.batch} at least {least_batch}"
        )
    if config.precision not in PRECISIONS:
        raise InputError(f"precision {config.precision!r} is neither bf16 nor fp32")
    if config.seed < 0:
        raise InputError(f"seed {config.seed} is below 0")


def check_shares(config: Any, *names: str) -> None:
    """Refuse shares that are not from 0 to 1."""
    for name in names:
        if not 0 <= getattr(config, name) <= 1:
            raise InputError(f"{name} is {getattr(config, name)}, a share from 0 to 1 is needed")
