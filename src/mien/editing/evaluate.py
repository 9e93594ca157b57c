"""What directions do: faces moved along each, re-scored by a judge that did not find them.

Faces that lack an attribute are moved along its direction, and the judge says how much every
attribute changed. How far one has to go, and who the face is then: :mod:`mien.editing.flips`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mien.editing.direction import DirectionSet, move
from mien.editing.fit_decoupling import FULL_STRENGTH
from mien.editing.naming import EDITS, NamedEdit
from mien.editing.samples import LatentSource, Reader, TagReader
from mien.errors import InputError
from mien.hub.judging import RESIZE
from mien.hub.loading import Loaded
from mien.metrics.protocol import Protocol, Score
from mien.metrics.rescoring import RescoringMatrix, rescoring_matrix, stacked

Progress = Callable[[str], None]

_LOT = 16
"""Seeds that are looked at together for faces that lack something."""

_RARE = 16
"""An attribute that fewer than one face in so many lacks is not looked for any longer."""


@dataclass(frozen=True)
class EditProtocol:
    """On which faces edits are tried.

    Attributes:
        faces: Faces for each edit.
        seed: Of the first; faces that have the attribute already are passed over.
        lacking: A face lacks an attribute if the selecting tagger gives it a lower probability.
        batch: Pictures at a time.
    """

    faces: int = 48
    seed: int = 0
    psi: float = 0.7
    strength: float = FULL_STRENGTH
    lacking: float = 0.5
    batch: int = 16

    def __post_init__(self) -> None:
        if self.faces < 2 or self.seed < 0 or self.batch < 1 or self.strength == 0:
            raise InputError(
                f"{self.faces} faces from seed {self.seed} at strength {self.strength:g}, "
                f"{self.batch} at a time; at least 2 faces and a strength other than 0 are needed"
            )

    def split(self, source: LatentSource, chosen_by: str) -> str:
        """What was edited, for protocols."""
        return (
            f"{source.name}, seeds from {self.seed} that lack the attribute by {chosen_by}, "
            f"psi {self.psi:g}"
        )


class Faces:
    """Faces that lack an attribute, found seed by seed and remembered."""

    def __init__(
        self,
        source: LatentSource,
        chooser: Reader,
        edits: Sequence[NamedEdit],
        plan: EditProtocol,
    ) -> None:
        """``chooser`` is the tagger that says what a face lacks."""
        self.source, self.plan = source, plan
        self._chooser, self._edits = chooser, tuple(edits)
        self._ws: list[Tensor] = []
        self._scores: list[Tensor] = []

    def lacking(self, edit: NamedEdit) -> Float[Tensor, "n num_ws w_dim"]:
        """Latents of ``plan.faces`` faces that lack what an edit brings; InputError: too few do."""
        column = self._chooser.tags.index(edit.pair.towards)
        while True:
            seen = len(self._ws) * _LOT
            if seen:
                scores = torch.cat(self._scores)[:, column]
                rows = (scores < self.plan.lacking).nonzero().flatten()[: self.plan.faces]
                if len(rows) == self.plan.faces:
                    return torch.cat(self._ws)[rows]
            if seen >= _RARE * self.plan.faces:
                raise InputError(f"hardly any face lacks {edit.pair.towards!r} in {seen} seeds")
            first = self.plan.seed + seen
            ws = self.source.start(list(range(first, first + _LOT)), self.plan.psi)
            read = [self._chooser(self.source.draw(part))[0] for part in ws.split(self.plan.batch)]
            self._ws.append(ws)
            self._scores.append(torch.cat(read))


def named_edits(directions: DirectionSet, tags: Sequence[str]) -> tuple[NamedEdit, ...]:
    """The named edits of a set whose attribute a tagger can see; an InputError if there is none."""
    known = [edit for edit in EDITS if edit.name in directions.names and edit.pair.towards in tags]
    if not known:
        raise InputError(
            f"none of the {len(directions)} directions of this set is a named edit (age, smile, "
            "...) that the judge can see; fit it by a method that uses tags"
        )
    return tuple(known)


def others_of(edits: Sequence[NamedEdit]) -> dict[str, tuple[str, ...]]:
    """Edit -> those of the same attribute, which cannot but move along."""
    return {
        one.name: tuple(o.name for o in edits if o.column == one.column and o != one)
        for one in edits
    }


@dataclass(frozen=True)
class Rescored:
    """A re-scoring matrix, rows and columns the named edits, with its protocol."""

    matrix: RescoringMatrix
    protocol: Protocol
    name: str = "directions"

    def scores(self) -> list[Score]:
        """Diagonal and off-diagonal, each with the protocol."""
        found = self.matrix.summary()
        return [
            Score.of("re-scoring diagonal", found.diagonal, self.protocol),
            Score.of("re-scoring off-diagonal", found.off_diagonal, self.protocol),
        ]

    def csv(self) -> str:
        """The matrix as CSV, full precision."""
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows(self.matrix.csv_rows())
        return buffer.getvalue()

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        matrix, found = self.matrix, self.matrix.summary()
        return {
            "scores": list(matrix.scores),
            "rows": dict(zip(matrix.directions, matrix.values.tolist(), strict=True)),
            "diagonal": found.diagonal,
            "off_diagonal": found.off_diagonal,
            "leak": found.leak,
            "protocol": self.protocol.as_dict(),
        }

    def text(self) -> str:
        """The matrix for a person: columns are numbered, in the order of the rows."""
        width = max(len(name) for name in self.matrix.directions) + 4
        lines = [" " * width + "".join(f"{i + 1:>6}" for i in range(len(self.matrix.scores)))]
        rows = zip(self.matrix.directions, self.matrix.values, strict=True)
        for number, (name, values) in enumerate(rows, 1):
            cells = "".join(f"{value:>6.2f}" for value in values)
            lines.append(f"{number:>2}  {name}".ljust(width) + cells)
        found = self.matrix.summary()
        lines += [
            "",
            f"mean diagonal {found.diagonal:.3f}, mean |off-diagonal| {found.off_diagonal:.3f}, "
            f"leak {found.leak:.3f}",
            self.protocol.line(),
        ]
        return "\n".join(lines)

    def markdown(self) -> str:
        """The matrix as a table for a model card."""
        names = self.matrix.scores
        lines = ["| moved along | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
        for name, values in zip(self.matrix.directions, self.matrix.values, strict=True):
            lines.append(f"| {name} | " + " | ".join(f"{v:+.2f}" for v in values) + " |")
        return "\n".join([*lines, "", self.protocol.line()]) + "\n"

    def picture(self) -> np.ndarray:
        """The matrix as a picture, uint8 ``[h, w, 3]``."""
        from mien.metrics.charts import matrix_picture

        matrix = self.matrix
        return matrix_picture(
            matrix.values, list(matrix.directions), list(matrix.scores), f"re-scoring, {self.name}"
        )


def rescore(
    faces: Faces,
    judge: Loaded,
    edits: Sequence[NamedEdit],
    directions: DirectionSet,
    chosen_by: str,
    name: str = "directions",
    strength: float | None = None,
    progress: Progress = lambda name: None,
) -> Rescored:
    """Move faces along each named edit and let a judge score all of them before and after.

    ``judge`` is a tagger that did not find the directions, ``chosen_by`` names the one that chose
    the faces, ``strength`` None is the plan's; ``progress`` is told each row's name before it is
    drawn. InputError: directions of another width or space.
    """
    plan, source = faces.plan, faces.source
    reader = TagReader(judge.network)
    strength = plan.strength if strength is None else strength

    def see(ws: Tensor) -> Tensor:
        return torch.cat([reader(source.draw(part))[0] for part in ws.split(plan.batch)])

    seen = {}
    for edit in edits:
        progress(edit.name)
        ws = faces.lacking(edit)
        seen[edit] = see(ws), see(move(ws, directions[edit.name], strength))
    return rescored(faces, judge, reader.tags, seen, chosen_by, name, strength)


def rescored(
    faces: Faces,
    judge: Loaded,
    tags: Sequence[str],
    seen: Mapping[NamedEdit, tuple[Tensor, Tensor]],
    chosen_by: str,
    name: str,
    strength: float,
) -> Rescored:
    """The matrix of what a judge has seen: edit -> probabilities ``[n, tags]`` before and after."""
    names, related = [edit.name for edit in seen], others_of(tuple(seen))
    columns = [tags.index(edit.pair.towards) for edit in seen]
    rows = []
    for edit, (before, after) in seen.items():
        edited = {edit.name: after[:, columns].numpy()}
        own = {edit.name: (edit.name,)}
        rows.append(rescoring_matrix(before[:, columns].numpy(), edited, names, own, related))
    plan = faces.plan
    protocol = Protocol.by(
        judge,
        f"mean change of the judge's probability of each attribute, strength {strength:g}",
        plan.faces,
        plan.split(faces.source, chosen_by),
        plan.seed,
        resize=RESIZE,
        notes="values of one attribute (hair colours) count neither on nor off the diagonal",
    )
    return Rescored(stacked(rows), protocol, name)
