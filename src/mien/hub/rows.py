"""The rows of the catalogue: every published weight, with what it scored and how."""

from __future__ import annotations

from mien.hub.row import Row

ROWS: tuple[Row, ...] = ()
"""Every published weight, the ones that ship inside first."""
