"""The card of an adopted generator: what was measured, on how much, and by whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from mien.attributes import COLUMNS
from mien.editing.samples import LatentSource
from mien.editing.sets import LoadedDirections
from mien.hub.loading import Loaded
from mien.studio import adopt_edits as edits
from mien.text.captions import caption
from mien.text.methods import CodesMethod, Request
from mien.text.reader import read


@dataclass(frozen=True)
class Measured:
    """What a card tells.

    Attributes:
        samples: Latents that were drawn and read.
        faces: On which each edit was measured.
        pairs: On which the layers were.
        agreement: Of sentences.
        sentences: How many of them.
        resolution: As far as samples and edits were drawn.
        answers: Share of the tagger's answers on these that are those on whole pictures.
    """

    samples: int
    faces: int
    pairs: int
    agreement: float
    sentences: int
    resolution: int
    answers: float


def agreement(
    source: LatentSource, method: CodesMethod, judge: Loaded, seed: int, count: int
) -> float:
    """Share of what sentences of the grammar assert that a judge sees in their faces.

    Args:
        source: Draws whole pictures.
        method: The closed form.
        judge: A tagger.
        seed: Decides the sentences.
        count: How many; a face each.
    """
    rng = np.random.default_rng(seed + 7)
    hits = total = 0
    for number in range(count):
        face = {
            column: COLUMNS[column][rng.integers(len(COLUMNS[column]))]
            for column in rng.choice(("gender", "age", "glasses", "hair_length"), 2, False)
        }
        reading = read(caption(face, rng).text)
        request = Request("", reading, [number], method.default_psi, method.default_guidance)
        ws = method.w(request)[:, None].expand(-1, source.num_ws, -1)
        with torch.no_grad():
            seen = judge.network(source.draw(ws))
        for column, value in reading.asserted.items():
            best = int(seen[column][0].argmax())
            hits += judge.network.config.columns[column][best] == value
            total += 1
    return hits / max(1, total)


def text(
    generator: Loaded, tagger: Loaded, judge: Loaded, found: LoadedDirections, measured: Measured
) -> str:
    """The card, in Markdown."""
    size = generator.network.config.resolution
    whole = measured.resolution == size
    far = "whole" if whole else f"as far as {measured.resolution}²"
    share = "" if whole else f": {measured.answers:.0%} of its answers are those on whole pictures"
    rows = [edits.flip_of(row) for row in found.meta["turned"]]
    lines = [
        f"# {generator.name}: adopted",
        "",
        f"`{generator.path.name}`, {size}×{size}, sha256 `{generator.sha256}`; "
        f"{measured.samples} samples read by {tagger.name}, drawn {far}{share}.",
        "",
        f"Sentences in closed form (`-codes`): {measured.agreement:.3f} of what "
        f"{measured.sentences} sentences of the grammar assert, by {judge.name} "
        f"`{judge.sha256[:12]}`, a whole face each.",
        "",
        *edits.table(rows, found.directions.names),
        "",
        f"{measured.faces} faces an edit that lack it, psi 0.7, drawn {far}; strengths "
        f"{', '.join(f'{step:g}' for step in edits.LADDER)}, found by halving. `-layers.csv`: "
        f"{measured.pairs} pairs of faces, drawn whole.",
        "",
    ]
    return "\n".join(lines)
