"""Being told how far something is: a function that work calls and a door may listen to.

studio.watch = lambda what, done, total: ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

Watch = Callable[[str, int, int], None]
"""What is being done; how many are done; of how many, 0 where nobody knows."""


def quiet(what: str, done: int, total: int) -> None:
    """Listen to nothing."""


def watched(items: Sequence[T], what: str, watch: Watch) -> Iterator[T]:
    """Pass items through and tell each time how many are done."""
    watch(what, 0, len(items))
    for done, item in enumerate(items, 1):
        yield item
        watch(what, done, len(items))
