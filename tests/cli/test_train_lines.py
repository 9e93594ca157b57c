"""The lines of training say how long it will take."""

from __future__ import annotations

import pytest

from mien.cli.train import lines


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (40, "40 s"),
        (600, "10 min"),
        (3 * 3600 + 300, "3 h 05 min"),
        (52 * 3600 + 60, "2 d 4 h"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert lines.duration(seconds) == said


def test_left_is_reckoned_where_a_run_does_not_say_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 10.0])
    monkeypatch.setattr(lines.time, "monotonic", lambda: next(clock))
    tell = lines.Lines(kimg=5, head="detector")
    for nimg in (1000, 2000):
        tell({"nimg": nimg, "loss": 0.5, "time": 1.0})
    tell({"nimg": 3000, "left": 7200})
    assert capsys.readouterr().err.splitlines() == [
        "mien: detector  nimg 1000  loss 0.5",
        "mien: detector  nimg 2000  loss 0.5  left 30 s",
        "mien: detector  nimg 3000  left 2 h 00 min",
    ]
    lines.Lines(kimg=5, quiet=True)({"nimg": 1})
    assert capsys.readouterr().err == ""
