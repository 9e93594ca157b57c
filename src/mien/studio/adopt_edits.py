"""Named edits of an adopted generator: directions out of its codes, and how far each one goes."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mien.editing.calibrate import calibrated
from mien.editing.direction import DirectionSet
from mien.editing.evaluate import EditProtocol, Faces, named_edits
from mien.editing.fit import DirectionFit, fit_directions
from mien.editing.flips import Flip, Flips, flips
from mien.editing.naming import EDITS
from mien.editing.samples import LatentSource, TagReader
from mien.editing.sets import load_direction_set, save_direction_set
from mien.errors import InputError
from mien.files import replacing
from mien.hub.loading import Loaded
from mien.metrics.protocol import Protocol
from mien.portraits.codes import CodeMoments

LADDER = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0)
"""Strengths that faces are tried at: seven, of which halving takes three."""

_FREEING = 12 * 16
_FREED_FACES = 160
_LOOKED_AT = 64


def pictures_of(faces: int, free: bool, measured: int = 0) -> int:
    """About how many pictures the edits take, where some are measured already."""
    edits = max(0, len(EDITS) - measured)
    tries = 1 + math.ceil(math.log2(len(LADDER) + 1))
    freeing = free * (not measured) * (_FREED_FACES + edits * _FREEING)
    return bool(edits) * _LOOKED_AT + freeing + edits * faces * tries


class EditJob:
    """Finds the edits and measures each; what is measured waits in a folder.

    Args:
        source: The generator, and how its pictures are drawn here.
        tagger: Chooses the faces.
        judge: Says when an attribute has turned over.
        identity: Says who a face is; None to leave that out.
        plan: On how many faces, how many at a time.
        work: The folder.
    """

    def __init__(
        self,
        source: LatentSource,
        tagger: Loaded,
        judge: Loaded,
        identity: Loaded | None,
        plan: EditProtocol,
        work: Path,
    ) -> None:
        self.source, self.tagger, self.judge = source, tagger, judge
        self.identity, self.plan, self.work = identity, plan, work
        self.chooser = TagReader(tagger.network)

    def make(
        self, codes: CodeMoments, free: bool
    ) -> Generator[dict[str, Any], None, tuple[DirectionSet, Flips]]:
        """Directions of which strength 1 turns half of the faces over, and what was measured.

        Args:
            codes: Of the generator, with the labels that the tagger read.
            free: Whether the tagger tries ways to free each edit from the others.

        Yields:
            ``{"doing", "done", "of"}`` and ``{"note"}``.
        """
        found = yield from self._directions(codes, free)
        try:
            edits = named_edits(found, TagReader(self.judge.network).tags)
        except InputError:  # its faces show too little; all else is made
            edits = ()
            yield {"note": "no edit has a name: its faces show none of age, smile, glasses, …"}
        faces = Faces(self.source, self.chooser, edits, self.plan)
        rows = []
        for number, edit in enumerate(edits):
            yield {"doing": f"measuring {edit.name}", "done": number, "of": len(edits)}
            rows.append(self._flip(faces, edit, found))
        said = Protocol(
            "strength at which half of the faces have turned over",
            self.judge.name, self.judge.sha256, self.plan.faces, 0, "", 0, self.source.name,
        )  # fmt: skip
        turned = Flips(tuple(rows), said)
        scaled, left_out = calibrated(found, turned, LADDER)
        for line in left_out:
            yield {"note": f"left out: {line}"}
        return scaled, turned

    def _directions(
        self, codes: CodeMoments, free: bool
    ) -> Generator[dict[str, Any], None, DirectionSet]:
        fitted = self.work / "fitted.safetensors"
        if not fitted.exists():
            how = DirectionFit("codes", free=free, batch=self.plan.batch)
            found = None
            for line in fit_directions(self.source, self.chooser, how, codes=codes):
                if isinstance(line, DirectionSet):
                    found = line
                else:
                    freed = f"freeing {line.get('freeing', '')}".strip()
                    yield {"doing": freed, "done": 0, "of": 0}
            assert found is not None
            save_direction_set(fitted, found)
        return load_direction_set(fitted).directions

    def _flip(self, faces: Faces, edit: Any, found: DirectionSet) -> Flip:
        """When an edit turns faces over; measured once, also over several runs."""
        path = self.work / f"flip-{edit.name.replace('/', '-')}.json"
        if path.exists():
            return flip_of(json.loads(path.read_text("utf-8")))
        judge, who = self.judge, self.identity
        try:
            made = flips(faces, judge, [edit], found, self.tagger.name, who, LADDER).rows[0]
        except InputError:  # hardly a face lacks it: nothing to measure on
            made = Flip(edit.name, 0.0, math.nan, None)
        with replacing(path) as beside:
            beside.write_text(json.dumps(plain(made)), encoding="utf-8")
        return made


def plain(row: Flip) -> dict[str, Any]:
    """A row as JSON has it, which knows no NaN."""
    return {key: None if value != value else value for key, value in asdict(row).items()}


def flip_of(said: dict[str, Any]) -> Flip:
    """A row out of JSON."""
    numbers = {key: math.nan if said[key] is None else said[key] for key in ("strength", "half")}
    return Flip(**{**said, **numbers})


def table(rows: Sequence[Flip], shipped: Sequence[str]) -> Iterator[str]:
    """The rows as lines of Markdown.

    Args:
        rows: What was measured.
        shipped: Names of the directions that are in the set.
    """
    yield "| Edit | turned over | ships | identity at the flip |"
    yield "|---|---|---|---|"
    for row in rows:
        cosine = "" if row.cosine is None else f"{row.cosine:.2f}"
        ships = "yes" if row.edit in shipped else "no"
        yield f"| {row.edit} | {row.share:.2f} | {ships} | {cosine} |"
