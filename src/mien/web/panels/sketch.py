"""Sketch: photos as sketches and back, every method and the pencil without a network beside."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Mapping
from typing import Any

import gradio as gr
import numpy as np
from jaxtyping import UInt8

from mien.errors import InputError, UnknownName, WeightsMissing
from mien.web.fields import empty, photo_input, slider
from mien.web.sessions import Made
from mien.web.widgets import address, canvas, links, remarks, shown
from mien.web.work import Ask, Bench

WAYS = ("to_sketch", "to_photo")
"""The two directions, by the words for them."""

WAY_TO_SKETCH = "photo-to-sketch"
"""What recipes call the first of them."""

_SIDE = 1024
"""Longer pictures are made smaller before the pencil, which has no network to do so."""


def build(bench: Bench) -> None:
    """Lay the panel out and bind it."""
    say = bench.say
    with gr.Row(elem_classes="panel"):
        with gr.Column(scale=2, min_width=300):
            way = gr.Radio(
                [(say(one), one) for one in WAYS], value=WAYS[0], label=say("which_way"),
                elem_id="sketch-way",
            )  # fmt: skip
            photo = photo_input(say, 260, elem_id="sketch-photo")
            with gr.Accordion(
                say("draw_sketch"), open=False, visible=False, elem_id="sketch-draw"
            ) as drawing:
                sheet = canvas(say("draw_sketch"), say)
            strength = slider(0, 1, 0.5, step=0.05, label=say("strength"))
            go = gr.Button(say("sketch_go"), variant="primary", elem_id="sketch-go")
        with gr.Column(scale=3, min_width=300):
            results = gr.HTML(
                empty(say("sketch_empty")), elem_id="sketch-results", elem_classes="card"
            )

    def turn(ask: Ask, way: str) -> Any:
        return gr.Accordion(visible=way == "to_photo")

    def translate(ask: Ask, way: str, drawn: str, path: str | None, strength: float) -> str:
        sheet = bench.drawn(drawn) if way == "to_photo" else None
        image = bench.photo_or_hand(ask, path) if sheet is None else sheet
        return _translate(ask, way, image, float(strength))

    bench.act(way.input, turn, way, drawing, desk=False)
    bench.act(go.click, translate, [way, sheet, photo, strength], results)
    bench.returns["sketch"] = [way, drawing, strength], _again


def _again(made: Mapping[str, Any]) -> list[Any]:
    """The settings of a recipe; a pencil's says its strength, a network's its direction."""
    pencil = "style" in made
    way = WAYS[not pencil and made.get("direction") != WAY_TO_SKETCH]
    strength = made.get("strength", 0.5) if pencil else gr.skip()
    return [way, gr.Accordion(visible=way == "to_photo"), strength]


def _translate(ask: Ask, way: str, image: UInt8[np.ndarray, "h w 3"], strength: float) -> str:
    """All methods that are on this disk, then what needs no network."""
    from mien.sketch.extract import pencil, xdog
    from mien.sketch.translate import METHODS

    say, name = ask.say, ask.say("given")
    cells = [_cell(name, f'<img src="{shown(image)}" alt="{html.escape(name)}">')]
    verb = "sketch" if way == "to_sketch" else "photo"
    run = ask.studio.sketch if way == "to_sketch" else ask.studio.photo
    done: set[str] = set()
    for number, method in enumerate([None, *METHODS]):  # The one that ships comes first.
        if method in done:
            continue
        with contextlib.suppress(WeightsMissing, UnknownName):
            made = run(image, method=method)
            own = str(made.provenance.get("method"))
            done.add(own)
            cells.append(_kept(ask, made.image, verb, made.provenance, own, made.notes))
            ask.show(_row(cells), done=number + 1, total=len(METHODS) + 1)
    if way == "to_sketch":
        step = max(1, max(image.shape[:2]) // _SIDE)
        small = image[::step, ::step]
        for name, draw in (("pencil", pencil), ("xdog", xdog)):
            recipe = {"style": name, "strength": strength}
            cells.append(_kept(ask, draw(small, strength), verb, recipe, say(name)))
    if len(cells) == 1:
        raise InputError(say("no_model"))
    return _row(cells)


def _kept(
    ask: Ask,
    image: UInt8[np.ndarray, "h w 3"],
    verb: str,
    recipe: Mapping[str, Any],
    name: str,
    notes: tuple[str, ...] = (),
) -> str:
    made = ask.session.keep(Made(image, verb, recipe, None, notes))
    picture = f'<img src="{address(made)}" alt="{html.escape(name, quote=True)}">'
    return _cell(name, picture, links(made, ask.say) + remarks(notes, ask.say))


def _cell(name: str, picture: str, below: str = "") -> str:
    return f"<figure>{picture}<figcaption><b>{html.escape(name)}</b>{below}</figcaption></figure>"


def _row(cells: list[str]) -> str:
    return f'<div class="beside-each">{"".join(cells)}</div>'
