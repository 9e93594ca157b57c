"""How well label maps agree: intersection over union, region by region.

Higher is better; 1 is the same map. Everingham et al. 2010 (PASCAL VOC), section 4.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64, UInt8


class Overlap:
    """Counts of pixels of each pair of ids; those above ``regions``, such as 255, are left out."""

    def __init__(self, regions: int) -> None:
        self.counts = np.zeros((regions, regions), np.int64)

    def add(self, found: UInt8[np.ndarray, "*n"], wanted: UInt8[np.ndarray, "*n"]) -> None:
        """Count maps of one shape."""
        n = len(self.counts)
        inside = (found < n) & (wanted < n)
        pairs = found[inside].astype(np.int64) * n + wanted[inside]
        self.counts += np.bincount(pairs, minlength=n * n).reshape(n, n)

    def by_region(self) -> Float64[np.ndarray, " regions"]:
        """Intersection over union of each; NaN for one that neither map shows."""
        both = np.diag(self.counts).astype(np.float64)
        either = self.counts.sum(axis=0) + self.counts.sum(axis=1) - both
        return np.divide(both, either, out=np.full(len(both), np.nan), where=either > 0)
