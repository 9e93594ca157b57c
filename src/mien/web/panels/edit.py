"""Edit: a face or a photo moved along directions, seen while the hand moves."""

from __future__ import annotations

import html
from typing import Any

import gradio as gr
import numpy as np

from mien.errors import InputError, UnknownName
from mien.web.editing import DIRECTIONS, REACH, Editing, by_words, draw, result
from mien.web.fields import photo_input, steer
from mien.web.sessions import Made
from mien.web.widgets import address, compare, links, pair, picker, remarks, shown
from mien.web.words import Say
from mien.web.work import Ask, Bench

_FIRST = 7
"""So many sliders are seen at once; the others unfold."""


def build(bench: Bench) -> None:
    """Lay the panel out and bind it."""
    say = bench.say
    with gr.Row(elem_classes="panel result-first"):
        with gr.Column(scale=2, min_width=300):
            sliders = _sliders(say)
            words = gr.Textbox(
                "", label=say("say_edit"), placeholder=say("say_edit_hint"), elem_id="edit-words",
                submit_btn=say("apply"),
            )  # fmt: skip
            said = gr.HTML("", elem_id="edit-said")
            with gr.Accordion(say("photo_or_face"), open=False, elem_id="edit-photo"):
                photo = photo_input(say)
                found = gr.HTML("", elem_id="edit-found")
                which = gr.Radio(
                    [], label=say("which_face"), info=say("which_face_info"), visible=False
                )
        with gr.Column(scale=3, min_width=300):
            view = compare(
                say("before_after"), say("before"), say("after"), say("none_at_hand"),
                elem_id="edit-view", elem_classes="card",
            )  # fmt: skip
            with gr.Row(elem_classes="tools"):
                undo = gr.Button(say("undo"), size="sm", min_width=80, elem_id="edit-undo")
                redo = gr.Button(say("redo"), size="sm", min_width=80)
                reset = gr.Button(say("reset"), size="sm", min_width=80)
            with gr.Row(elem_classes="tools"):
                keep = gr.Button(say("keep"), variant="primary", elem_id="edit-keep")
                paste = gr.Checkbox(label=say("paste"), visible=False)
            history = picker(say("history"), elem_id="edit-history")
            kept = gr.HTML("", elem_id="edit-kept")

    every = [view, history, *sliders]
    bench.follow(_fill, [*every, paste])
    bench.act([one.input for one in sliders], _slide, sliders, [view, history], live=True)
    bench.act(words.submit, _say, words, [*every, said])
    for button, by in ((undo, -1), (redo, 1)):
        bench.act(button.click, lambda ask, by=by: _walk(ask, by), None, every)
    bench.act(reset.click, lambda ask: _jump(ask, 0), None, every)
    bench.act(history.select, lambda ask: _jump(ask, int(ask.told("pick"))), None, every)
    bench.act(keep.click, _keep, paste, kept)
    bench.act(photo.input, _look(bench), photo, [found, which])
    bench.act(which.input, _invert, which, found)
    bench.returns["edit"] = [words], lambda made: [made.get("words", "")]


def _sliders(say: Say) -> list[gr.Slider]:
    with gr.Group(elem_classes="directions"):
        sliders = [steer(name, say, "edit", REACH) for name in DIRECTIONS[:_FIRST]]
    with gr.Accordion(say("more_directions"), open=False, elem_classes="directions"):
        sliders += [steer(name, say, "edit", REACH) for name in DIRECTIONS[_FIRST:]]
    return sliders


def _editing(ask: Ask) -> Editing:
    """The edit of the face at hand; a new one for another face."""
    hand, now = ask.hand(), ask.session.values.get("edit")
    if not isinstance(now, Editing) or now.base.id != hand.id:
        now = ask.session.values["edit"] = Editing(hand)
    return now


def _fill(ask: Ask) -> tuple[Any, ...]:
    if ask.session.carried is None:
        return None, "", *(0.0 for _ in DIRECTIONS), gr.Checkbox(visible=False)
    editing = _editing(ask)
    after = editing.base.picture if editing.picture is None else editing.picture
    view = _pair(editing, after)
    photo = _photo_of(ask, editing.base) is not None
    return view, *_panel(ask, editing), gr.Checkbox(visible=photo)


def _panel(ask: Ask, editing: Editing) -> tuple[Any, ...]:
    strengths = editing.now.strengths
    return _history(editing, ask.say), *(strengths.get(name, 0.0) for name in DIRECTIONS)


def _pair(editing: Editing, after: np.ndarray) -> dict[str, str]:
    return pair(address(editing.base), shown(after))


def _draw(ask: Ask, editing: Editing) -> dict[str, str]:
    return _pair(editing, draw(ask.studio, editing))


def _slide(ask: Ask, *strengths: float) -> tuple[Any, ...]:
    """Follow the hand: one picture is drawn, and nothing else."""
    editing = _editing(ask)
    now = editing.now.strengths
    others = {name: value for name, value in now.items() if name not in DIRECTIONS}
    editing.go({**others, **dict(zip(DIRECTIONS, map(float, strengths), strict=True))})
    return _draw(ask, editing), _history(editing, ask.say)


def _say(ask: Ask, text: str) -> tuple[Any, ...]:
    editing = _editing(ask)
    ask.studio.watch("editing", 0, 0)
    notes = by_words(ask.studio, editing, text)
    assert editing.picture is not None
    return _pair(editing, editing.picture), *_panel(ask, editing), remarks(notes, ask.say)


def _walk(ask: Ask, by: int) -> tuple[Any, ...]:
    return _jump(ask, _editing(ask).at + by)


def _jump(ask: Ask, to: int) -> tuple[Any, ...]:
    editing = _editing(ask)
    editing.jump(to)
    return _draw(ask, editing), *_panel(ask, editing)


def _history(editing: Editing, say: Say) -> str:
    rows = []
    for number, step in enumerate(editing.steps):
        moves = [f"{say.name(name)} {value:+.1f}" for name, value in step.strengths.items()]
        text = ", ".join([f"“{step.said}”"] * bool(step.said) + moves)
        pressed = "true" if number == editing.at else "false"
        rows.append(
            f'<li><button type="button" data-pick="{number}" aria-pressed="{pressed}">'
            f"{html.escape(text or say('history_start'))}</button></li>"
        )
    name = html.escape(say("history"))
    return f'<h3>{name}</h3><ol class="steps" tabindex="0" aria-label="{name}">{"".join(rows)}</ol>'


def _keep(ask: Ask, paste: bool) -> str:
    """The edit as a picture of the session, which is the face at hand from then on."""
    editing = _editing(ask)
    made = result(ask.studio, editing)
    try:
        ask.session.find(made.id)
    except UnknownName:
        ask.session.keep(made)
    ask.session.carried, said = made, links(made, ask.say)
    photo = _photo_of(ask, editing.base)
    if paste and photo is not None:
        from mien.faces.alignment import Alignment
        from mien.inversion.paste import paste_face

        recipe = made.provenance
        alignment = Alignment.from_dict(recipe["alignment"])
        page = paste_face(photo, made.picture, alignment, np.asarray(recipe["outline"], float))
        whole = ask.session.keep(Made(page, "edit", {**recipe, "pasted": True}))
        said = f'<img class="whole" src="{address(whole)}" alt="">{links(whole, ask.say)}'
    return said + remarks(made.notes, ask.say)


def _photo_of(ask: Ask, base: Made) -> np.ndarray | None:
    """The photo that a face was read from; None if it was not, or not from the last one."""
    photo, alignment = ask.session.values.get("photo", (None, None))
    return photo if alignment and base.provenance.get("alignment") == alignment else None


def _look(bench: Bench):
    """What happens when a photo comes: its faces are found, and the only one is taken."""

    def look(ask: Ask, path: str | None) -> tuple[Any, ...]:
        if path is None:
            return "", gr.Radio(visible=False)
        from mien.faces.choosing import shipped_finder
        from mien.faces.finder import draw_faces

        image = bench.photo(path)
        ask.studio.watch("finding faces", 0, 0)
        faces = shipped_finder(str(ask.studio.device)).find(image)
        if not faces:
            raise InputError(ask.say("no_face_found"))
        ask.session.values["found"] = image
        name = html.escape(ask.say("found_faces"))
        seen = f'<img class="found" alt="{name}" src="{shown(draw_faces(image, faces))}">'
        if len(faces) > 1:
            numbers = [str(number) for number in range(1, len(faces) + 1)]
            return seen, gr.Radio(choices=numbers, value=None, visible=True)
        ask.show(seen, gr.Radio(visible=False))
        return seen + _invert(ask, "1"), gr.Radio(visible=False)

    return look


def _invert(ask: Ask, number: str) -> str:
    """Read a face of the photo; it is the face at hand from then on."""
    image = ask.session.values.get("found")
    if image is None:
        raise InputError(ask.say("no_photo"))
    ask.studio.watch("inverting", 0, 0)
    inversion = ask.studio.invert(image, face=int(number))
    recipe = dict(inversion.provenance)
    made = Made(inversion.drawn[-1], "invert", recipe, inversion.ws, inversion.notes)
    ask.session.carried = ask.session.keep(made)
    ask.session.values["photo"] = image, recipe["alignment"]
    return remarks([*inversion.notes, str(inversion.stages[-1])], ask.say)
