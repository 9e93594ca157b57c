"""The rows of the catalogue: every published weight, with what it scored and how.

One file a family of models; ``recipes/catalogue_rows.py`` writes such a file from the weights and
from what ``mien evaluate`` printed.
"""

from __future__ import annotations

from mien.hub.row import Row
from mien.hub.rows import anime, critics, directions, faces, finding, identity, sketch

ROWS: tuple[Row, ...] = (
    *faces.ROWS,
    *directions.ROWS,
    *identity.ROWS,
    *finding.ROWS,
    *sketch.ROWS,
    *anime.ROWS,
    *critics.ROWS,
)
"""Every published weight, the ones that ship inside first."""
