"""At which strength an attribute turns over, and whether it is still the same person then.

On a ladder of strengths each face's first rung is found at which the judge sees the attribute, by
halving: a face that has turned over is taken to stay so further up, so that of ten rungs four are
drawn. There an identity judge compares it with the face that it was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from mien.editing.direction import Direction, DirectionSet, move
from mien.editing.evaluate import Faces, Progress
from mien.editing.naming import NamedEdit
from mien.editing.samples import LatentSource, TagReader
from mien.errors import UnknownName
from mien.hub.judging import RESIZE
from mien.hub.loading import Loaded
from mien.metrics.protocol import Protocol


@dataclass(frozen=True)
class Flip:
    """At which strength an attribute turns over, and who the face is then.

    Attributes:
        share: Of the faces that turned over at all.
        strength: Median strength at which they did; NaN if none did.
        cosine: Mean cosine of the identity judge between before and after, at that strength of each
            face; ``None`` without such a judge or if none turned over.
        half: Strength at which half of all faces had turned over; NaN if fewer did.
        most: Strength at which nine in ten of those that turned over had; ``None`` if none did.
    """

    edit: str
    share: float
    strength: float
    cosine: float | None
    half: float = float("nan")
    most: float | None = None


@dataclass(frozen=True)
class Flips:
    """Rows of :class:`Flip` with how they were measured.

    Attributes:
        protocol: Of the strengths; the judge of attributes.
        identity: Of the cosines; ``None`` without an identity judge.
        strangers: Mean cosine between different faces, for comparison.
    """

    rows: tuple[Flip, ...]
    protocol: Protocol
    identity: Protocol | None = None
    strangers: float | None = None

    def text(self) -> str:
        """A table for a person."""
        lines = [f"{'direction':26}{'turned over':>12}{'strength':>10}{'identity':>10}"]
        for row in self.rows:
            cosine = "–" if row.cosine is None else f"{row.cosine:.3f}"
            lines.append(f"{row.edit:26}{row.share:>12.2f}{row.strength:>10.2f}{cosine:>10}")
        if self.strangers is not None:
            lines.append(f"{'two different faces':26}{'':>12}{'':>10}{self.strangers:>10.3f}")
        protocols = [self.protocol, *([self.identity] if self.identity else [])]
        return "\n".join([*lines, "", *(protocol.line() for protocol in protocols)])

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        said = ("share", "strength", "half", "most", "cosine")
        return {
            "rows": {row.edit: {name: _known(row, name) for name in said} for row in self.rows},
            "strangers": self.strangers,
            "protocol": self.protocol.as_dict(),
            "identity": None if self.identity is None else self.identity.as_dict(),
        }


def _known(row: Flip, name: str) -> float | None:
    value = getattr(row, name)
    return None if value is None or math.isnan(value) else value


@dataclass
class _Ladder:
    """Faces on a ladder of strengths, and the rungs on which their attribute turned over."""

    strengths: Sequence[float]
    faces: int = 0
    turned: list[float] = field(default_factory=list)
    cosines: list[float] = field(default_factory=list)


def flips(
    faces: Faces,
    judge: Loaded,
    edits: Sequence[NamedEdit],
    directions: DirectionSet,
    chosen_by: str,
    identity: Loaded | None = None,
    strengths: Sequence[float] = tuple(0.5 * step for step in range(1, 11)),
    progress: Progress = lambda name: None,
) -> Flips:
    """Find the strength at which the judge sees the attribute turn over, face by face.

    ``judge`` is a tagger that did not find the directions; above one half means turned over.
    ``strengths`` are tried in turn, rising; ``identity`` says who a face is, with ``embed(images)
    -> [n, d]``; ``chosen_by`` names the tagger that chose the faces, for the protocol. UnknownName:
    a direction is missing.
    """
    reader, plan, source = TagReader(judge.network), faces.plan, faces.source
    rows, apart = [], []
    for edit in edits:
        progress(edit.name)
        if edit.name not in directions.names:
            raise UnknownName("direction", edit.name, directions.names)
        column = reader.tags.index(edit.pair.towards)
        ladder = _Ladder(strengths)
        for ws in faces.lacking(edit).split(plan.batch):
            before = source.draw(ws)
            ids = None if identity is None else _embed(identity, before)
            fresh = reader(before)[0][:, column] < plan.lacking
            if ids is not None and len(ids) > 1:
                apart.append(float((ids[0] @ ids[1:].T).mean()))
            direction = directions[edit.name]
            _climb(ladder, ws[fresh], direction, reader, column, source, identity, ids, fresh)
        rows.append(_flip(edit.name, ladder))
    split = plan.split(source, chosen_by)
    metric = "strength at which the judge's probability of the attribute passes one half"
    protocol = Protocol.by(judge, metric, plan.faces, split, plan.seed, resize=RESIZE)
    if identity is None:
        return Flips(tuple(rows), protocol)
    metric = "cosine between before and after, each face where it turned over"
    said = Protocol.by(identity, metric, plan.faces, split, plan.seed, resize=RESIZE)
    return Flips(tuple(rows), protocol, said, float(np.mean(apart)) if apart else None)


def _climb(
    ladder: _Ladder,
    ws: Tensor,
    direction: Direction,
    reader: TagReader,
    column: int,
    source: LatentSource,
    identity: Loaded | None,
    ids: Tensor | None,
    fresh: Tensor,
) -> None:
    ids = None if ids is None else ids[fresh]
    ladder.faces += len(ws)
    steps = torch.tensor([float(step) for step in ladder.strengths], dtype=torch.float64)
    low = torch.zeros(len(ws), dtype=torch.long)  # the first rung on which it may turn over
    high = torch.full_like(low, len(steps))  # the first on which it has; behind the last: never
    cosines = torch.zeros(len(ws))
    while len(rows := (low < high).nonzero()[:, 0]):
        rung = (low[rows] + high[rows]) // 2
        images = source.draw(move(ws[rows.to(ws.device)], direction, steps[rung]))
        over = reader(images)[0][:, column] >= 0.5
        high[rows] = torch.where(over, rung, high[rows])
        low[rows] = torch.where(over, low[rows], rung + 1)
        if identity is not None and ids is not None and bool(over.any()):
            after = _embed(identity, images[over.to(images.device)])
            cosines[rows[over]] = (after * ids[rows[over]]).sum(dim=1)
    turned = high < len(steps)
    ladder.turned += steps[high[turned]].tolist()
    if ids is not None:
        ladder.cosines += cosines[turned].tolist()


def _flip(name: str, ladder: _Ladder) -> Flip:
    turned = sorted(ladder.turned)
    middle = max(0, (ladder.faces + 1) // 2 - 1)
    return Flip(
        name,
        len(turned) / max(1, ladder.faces),
        float(np.median(turned)) if turned else float("nan"),
        float(np.mean(ladder.cosines)) if ladder.cosines else None,
        turned[middle] if middle < len(turned) else float("nan"),
        turned[math.ceil(0.9 * len(turned)) - 1] if turned else None,
    )


@torch.no_grad()
def _embed(identity: Loaded, images: Tensor) -> Tensor:
    """Unit embeddings on the CPU."""
    found = identity.network.embed(images.clamp(-1, 1)).float().cpu()
    return torch.nn.functional.normalize(found, dim=1)
