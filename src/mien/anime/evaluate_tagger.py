"""How well a tagger reads anime faces, a row a column, beside guessing the commonest value."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mien.anime.table import AnimeTable
from mien.anime.tagger import check_anime
from mien.hub.judging import RESIZE, look
from mien.judges.tagger import Tagger
from mien.metrics.agreement import attribute_agreement
from mien.tagging.evaluate import TaggerScore


def score_anime_tagger(tagger: Tagger, pictures: np.ndarray, table: AnimeTable) -> TaggerScore:
    """Measure a tagger on the rows of a table that are kept out.

    Args:
        tagger: In any mode; it is put into eval mode.
        pictures: uint8 ``[n, h, w, 3]``, those of ``table.part(True)``.
        table: The majority guess is learned on the rows that teach.

    Raises:
        InputError: It does not read anime faces, or there are not as many pictures as rows.
    """
    check_anime(tagger, "of this file")
    kept, taught = table.part(True), table.part(False)
    seen = look(tagger.eval(), pictures)
    wanted: list[Mapping[str, str]] = [table.faces[name] for name in kept]
    agreement = attribute_agreement(
        seen.logits, wanted, tagger.config.columns, [table.faces[name] for name in taught]
    )
    protocol = (
        f"the last {len(kept)} rows of {table.path.name}, which taught nothing; resize {RESIZE}; "
        f"majority learned on the {len(taught)} rows before them"
    )
    return TaggerScore(agreement, protocol)
