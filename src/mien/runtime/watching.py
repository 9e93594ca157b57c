"""Being told how far something is: a function that work calls and a door may listen to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

Watch = Callable[[str, int, int], None]
"""What is being done; how many are done; of how many, 0 where nobody knows."""


def quiet(what: str, done: int, total: int) -> None:
    """Listen to nothing."""
