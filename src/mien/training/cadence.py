"""How often a run does what; light, for the command line makes options of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cadence:
    """How often; free to change when a run is resumed.

    Args:
        tick_kimg: Log every so many kimg.
        checkpoint_kimg: Checkpoint every so many kimg.
        sample_kimg: Grid of pictures every so many kimg.
        measure_kimg: Measure on held-out data every so many kimg.
    """

    tick_kimg: float = 1
    checkpoint_kimg: float = 5
    sample_kimg: float = 10
    measure_kimg: float = 10
