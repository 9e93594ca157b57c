"""From a sentence to drawn faces: read, find latents, refine, draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from mien.errors import InputError
from mien.portraits.checks import checked_text, in_range, remarks
from mien.portraits.faces import Faces
from mien.runtime.devices import one_thread
from mien.text.reader import Reading, read
from mien.text.refine import Refinement, refine
from mien.text.unread import refusal
from mien.text.without import ruled_out

if TYPE_CHECKING:
    from mien.text.methods import TextToLatent
    from mien.text.session import Describes

DEFAULT_REFINE = Refinement().steps
"""Steps by which described faces are moved at most."""

REFINE_RESOLUTION = 256
"""Above it, described faces are refined only if asked for: a step takes seconds there."""

_PORTION = 256


def describe(
    studio: Describes,
    text: str,
    seeds: Sequence[int],
    label: Mapping[str, Any],
    method: str | None,
    guidance: float | None,
    psi: float | None,
    refine: int | None,
    anyway: bool,
    language: str | None,
    without: str | None,
) -> Faces:
    """Draw a face for each seed that fits a sentence; see :meth:`mien.studio.Studio.describe`.

    ``label`` is what a picture says of the studio's label.
    """
    from mien.text.methods import Request

    sentence, notes = checked_text(text)
    reading = read(sentence, language)
    if not (reading.about_face or anyway):
        raise InputError(refusal(sentence, reading.named))
    embed = lambda texts: studio.encoder.encode(texts).embedding  # noqa: E731
    if reading.about_face:
        reading = studio.head.beyond(reading, sentence, embed)
    asked = sentence
    if without is not None:
        reading, denial, unread = ruled_out(reading, without)
        asked, notes = f"{sentence}, {denial}", [*notes, *unread]
    name = method or studio.default_method
    way = studio.method(name)
    psi = in_range("psi", way.default_psi if psi is None else psi)
    guidance = in_range("guidance", way.default_guidance if guidance is None else guidance)
    notes += [*remarks(psi, guidance, len(seeds)), *reading.notes()]
    if reading.unknown:
        notes.append("no attribute of a face was recognised in the sentence")
    plan = Refinement(steps=_steps(studio, way) if refine is None else refine)
    refines = bool(plan.steps) and not reading.unknown
    # Refining would grow the last bit, in which batches and numbers of threads differ.
    size = 1 if refines else _PORTION
    parts = [seeds[i : i + size] for i in range(0, len(seeds), size)]
    with one_thread() if refines else nullcontext():
        w = torch.cat([way.w(Request(asked, reading, part, psi, guidance)) for part in parts])
    if refines:
        w = _refined(studio, w, reading, plan)
    made = {
        "text": sentence,
        "method": name,
        "psi": psi,
        "guidance": guidance,
        "refine": plan.steps,
        "read": dict(reading.asserted),
        "denied": {column: sorted(values) for column, values in reading.denied.items()},
        **reading.told(),
        **({} if without is None else {"without": without}),
        **label,
    }
    return studio.draw(w[:, None].expand(-1, studio.generator.num_ws, -1), seeds, made, notes)


def _steps(studio: Describes, way: TextToLatent) -> int:
    """None for the closed form, which shows what is said without, nor where they take long."""
    small = studio.generator.config.resolution <= REFINE_RESOLUTION
    return DEFAULT_REFINE if way.refined and small else 0


def _refined(
    studio: Describes, w: Float[Tensor, "n w_dim"], reading: Reading, plan: Refinement
) -> Float[Tensor, "n w_dim"]:
    G = studio.generator
    studio.watch("refining", 0, len(w))
    return refine(
        w,
        reading,
        lambda w: G.synthesis(w[:, None].expand(-1, G.num_ws, -1)),
        studio.reader,
        G.mapping.w_avg,
        plan,
        lambda done: studio.watch("refining", done, len(w)),
    )
