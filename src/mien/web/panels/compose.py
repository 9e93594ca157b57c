"""Compose: a face of words, a drawn sketch, painted regions and a photo, any of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
import numpy as np
from jaxtyping import UInt8

from mien.web.fields import photo_input, slider
from mien.web.given import composed
from mien.web.widgets import canvas, picker, pictures, remarks
from mien.web.work import Ask, Bench

PARTS: tuple[tuple[str, str, tuple[int, int]], ...] = (
    ("skin", "#e0ac8f", (1, 1)),
    ("hair", "#7a4b26", (13, 13)),
    ("brows", "#4a3428", (6, 7)),
    ("eyes", "#3f7fc4", (4, 5)),
    ("nose", "#c98a6c", (2, 2)),
    ("lips", "#c04a4d", (11, 12)),
    ("ears", "#eac2a8", (8, 9)),
    ("neck", "#b98468", (17, 17)),
    ("clothes", "#4f6fa3", (18, 18)),
    ("glasses", "#9a9a9a", (3, 3)),
    ("hat", "#7d4fa3", (14, 14)),
)
"""Region -> its pen and its ids in CelebAMask-HQ's order: left and right, or upper and lower."""

PSI = 0.6
"""As the verb has it."""

_MOST = 16


def build(bench: Bench) -> None:
    """Lay the panel out and bind it."""
    say = bench.say
    with gr.Row(elem_classes="panel"):
        with gr.Column(scale=2, min_width=300):
            text = gr.Textbox("", label=say("sentence"), lines=2, elem_id="compose-text")
            with gr.Accordion(say("draw_sketch"), open=False, elem_id="compose-draw"):
                sheet = canvas(say("draw_sketch"), say)
            with gr.Accordion(say("paint_regions"), open=False, elem_id="compose-paint"):
                pens = [(say.name(name), colour) for name, colour, _ in PARTS]
                regions = canvas(say("paint_regions"), say, pens)
            with gr.Accordion(say("photo"), open=False, elem_id="compose-photo"):
                photo = photo_input(say)
            strength = slider(0, 3, 1, step=0.1, label=say("compose_strength"))
            with gr.Row(elem_classes="beside"):
                most = min(_MOST, bench.settings.max_count)
                count = slider(1, most, 4, step=1, label=say("count"), elem_id="compose-count")
                seed = gr.Number(0, label=say("seed"), precision=0, minimum=0, min_width=120)
            variety = slider(0, 1.5, PSI, step=0.05, label=say("variety"))
            go = gr.Button(say("draw"), variant="primary", elem_id="compose-go")
        with gr.Column(scale=3, min_width=300):
            faces = picker(say("faces"), elem_id="compose-faces", elem_classes="card")
            notes = gr.HTML("", elem_id="compose-notes")

    def draw(
        ask: Ask, text: str, drawn: str, painted: str, path: str | None, *numbers: float
    ) -> tuple[str, str]:
        label = bench.drawn(painted)
        given = {
            "sketch": bench.drawn(drawn),
            "label": None if label is None else ids_of(label),
            "photo": None if path is None else bench.photo(path),
        }
        return _draw(ask, text.strip(), given, *numbers)

    def fill(ask: Ask) -> str:
        return pictures(ask.still("composed"), say, ask.chosen, say("compose_empty"))

    bench.follow(fill, [faces])
    inputs = [text, sheet, regions, photo, count, seed, strength, variety]
    bench.act([go.click, text.submit], draw, inputs, [faces, notes])
    bench.act(faces.select, Ask.carry, desk=False)
    bench.returns["compose"] = [text, seed, strength, variety], _again


def _again(made: Mapping[str, Any]) -> list[Any]:
    """The settings of a recipe; pictures that it rests on are not in it."""
    given = made.get("compose") or {}
    numbers = made.get("strength", 1), made.get("psi", PSI)
    return [given.get("text", ""), made.get("seed", 0), *numbers]


def _draw(
    ask: Ask,
    text: str,
    given: Mapping[str, np.ndarray | None],
    count: float,
    seed: float,
    strength: float,
    variety: float,
) -> tuple[str, str]:
    faces = composed(
        ask.studio,
        ask.session.folder,
        {name: picture for name, picture in given.items() if picture is not None},
        text=text or None,
        count=int(count),
        seed=int(seed or 0),
        strength=float(strength),
        psi=float(variety),
    )
    made = ask.keep(faces, "compose")
    ask.session.values["composed"] = made
    return pictures(made, ask.say), remarks(made[0].notes, ask.say)


def ids_of(painted: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w"]:
    """The regions of a painted sheet, each pixel of the nearest pen; what is black is background.

    Of what comes twice the left half of the sheet, or the upper half of what was painted, is first.
    """
    pens = [(0, 0, 0), *(bytes.fromhex(colour[1:]) for _, colour, _ in PARTS)]
    colours = np.array([list(pen) for pen in pens], np.int32)
    apart = ((painted[:, :, None].astype(np.int32) - colours) ** 2).sum(axis=3)  # [h w pens]
    nearest = apart.argmin(axis=2)
    ids = np.zeros(nearest.shape, np.uint8)
    rows, columns = np.indices(nearest.shape)
    for number, (name, _, (first, second)) in enumerate(PARTS, 1):
        here = nearest == number
        if not here.any():
            continue
        middle = rows[here].mean() if name == "lips" else painted.shape[1] / 2
        ids[here] = np.where((rows if name == "lips" else columns)[here] < middle, first, second)
    return ids
