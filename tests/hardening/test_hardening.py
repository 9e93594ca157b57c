"""A hundred broken inputs of ``make harden``: read or refused, nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardening.harden import harden, is_bad, mutated, outcome
from mien.errors import ImageError


def test_a_hundred_broken_inputs(tmp_path: Path) -> None:
    lines = list(harden(100, 0, tmp_path))
    assert len(lines) == 100
    assert not [line for line in lines if is_bad(line)]
    said = [one for line in lines for one in line["said"]]
    assert said.count("refused") > 50


def test_what_is_bad() -> None:
    assert is_bad({"said": ["refused", "crash: ValueError: x"]})
    assert is_bad({"said": ["hang"]})
    assert not is_bad({"said": ["read", "refused"]})


def test_a_seed_breaks_in_one_way() -> None:
    good = bytes(range(256)) * 9
    assert mutated(good, 3) == mutated(good, 3) != good
    assert len({mutated(good, seed) for seed in range(50)}) == 50


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ZeroDivisionError("x"), "crash: ZeroDivisionError: x"),
        (SystemExit(3), "crash: SystemExit: 3"),
        (MemoryError(), "memory"),
        (ImageError("a.png", "is broken"), "refused"),
        (ImageError("a.png", "one\ntwo"), "crash: several lines: a.png: one\ntwo"),
        (None, "read"),
    ],
)
def test_what_comes_of_a_file(error: BaseException | None, said: str) -> None:
    def reader() -> None:
        if error is not None:
            raise error

    assert outcome(reader) == said
