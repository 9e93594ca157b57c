"""A hundred broken inputs of ``make harden``: read or refused, nothing else."""

from __future__ import annotations

from pathlib import Path

from hardening.harden import harden, is_bad, mutated


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
