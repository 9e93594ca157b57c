"""Describe: a sentence in four languages becomes faces."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any

import gradio as gr

from mien.portraits.checks import GUIDANCE, PSI
from mien.web.fields import slider
from mien.web.sessions import Made
from mien.web.widgets import picker, pictures, remarks
from mien.web.words import Say
from mien.web.work import Ask, Bench

EXAMPLES = (
    "an old man with a white beard and glasses",
    "cô gái tóc dài đen, đang cười",
    "une femme rousse aux cheveux bouclés",
    "茶色い髪の若い男性、帽子",
)
"""One of each language that is read."""

_MOST = 16


def build(bench: Bench) -> None:
    """Lay the panel out and bind it."""
    say = bench.say
    with gr.Row(elem_classes="panel"):
        with gr.Column(scale=2, min_width=300):
            text = gr.Textbox(
                "", label=say("sentence"), info=say("sentence_info"), lines=2, max_lines=4,
                placeholder=say("sentence_hint"), elem_id="describe-text",
            )  # fmt: skip
            examples = picker(say("try"))
            most = min(_MOST, bench.settings.max_count)
            count = slider(1, most, 4, step=1, label=say("count"), elem_id="describe-count")
            with gr.Row(elem_classes="beside"):
                seed = gr.Number(
                    0, label=say("seed"), precision=0, minimum=0, min_width=120,
                    elem_id="describe-seed",
                )  # fmt: skip
                dice = gr.Button(say("dice"), min_width=120)
            variety = slider(
                0, 1.5, PSI, step=0.05, label=say("variety"), info=say("variety_info"),
                elem_id="describe-variety",
            )  # fmt: skip
            with gr.Accordion(say("more"), open=False):
                without = gr.Textbox(
                    "", label=say("without"), info=say("without_info"),
                    placeholder=say("without_hint"),
                )  # fmt: skip
                guidance = slider(0, 4, GUIDANCE, step=0.1, label=say("guidance"))
            go = gr.Button(say("draw"), variant="primary", elem_id="describe-go")
        with gr.Column(scale=3, min_width=300):
            faces = picker(say("faces"), elem_id="describe-faces", elem_classes="card")
            reading = gr.HTML("", elem_id="describe-reading")

    def fill(ask: Ask) -> tuple[str, str]:
        drawn = pictures(ask.still("describe"), say, ask.chosen, say("faces_empty"))
        return _examples(say), drawn

    settings = [text, seed, variety, without, guidance]
    bench.follow(fill, [examples, faces])
    bench.act([go.click, text.submit], _draw, [count, *settings], [faces, reading])
    bench.act(faces.select, Ask.carry, desk=False)
    bench.act(examples.select, lambda ask: str(ask.told("pick")), None, text, desk=False)
    dice.click(None, None, seed, js="() => Math.floor(Math.random() * 1e6)")
    bench.returns["describe"] = settings, _again


def _draw(
    ask: Ask, count: float, text: str, seed: float, psi: float, without: str, guidance: float
) -> tuple[str, str]:
    """Face after face, so that the first is seen before the last is drawn."""
    made: list[Made] = []
    total, first = int(count), int(seed or 0)
    said = without.strip() or None
    for number in range(total):
        drawn = ask.studio.describe(
            text, 1, first + number, psi=float(psi), guidance=float(guidance), without=said
        )
        made += ask.keep(drawn, "describe")
        waits = total - len(made)
        seen = pictures(made, ask.say, waits=waits)
        ask.show(seen, read(made[0], ask.say), done=len(made), total=total)
    ask.session.values["describe"] = made
    return pictures(made, ask.say), read(made[0], ask.say)


def _again(made: Mapping[str, Any]) -> list[Any]:
    return [
        made.get("text", ""), made.get("seed", 0), made.get("psi", PSI),
        made.get("without", ""), made.get("guidance", GUIDANCE),
    ]  # fmt: skip


def _examples(say: Say) -> str:
    buttons = "".join(
        f'<button type="button" class="chip" data-pick="{html.escape(text, quote=True)}">'
        f"{html.escape(text)}</button>"
        for text in EXAMPLES
    )
    name = html.escape(say("try"))
    return f'<div class="chips" role="group" aria-label="{name}"><b>{name}</b>{buttons}</div>'


def read(made: Made, say: Say) -> str:
    """What of a sentence was read and what was not, and the remarks."""
    recipe = made.provenance
    denied = (
        say.column_value(column, value)
        for column, values in recipe.get("denied", {}).items()
        for value in values
    )
    asserted = [say.column_value(key, value) for key, value in recipe.get("read", {}).items()]
    rows: tuple[tuple[str, Iterable[str]], ...] = (
        ("was_read", asserted or [say("nothing_read")]),
        ("was_denied", list(denied)),
        ("mended", [f"{typed} → {took}" for typed, took in recipe.get("mended", {}).items()]),
        ("not_read", [str(one) for one in recipe.get("not_read", ())]),
    )
    parts = (
        f'<dt>{html.escape(say(key))}</dt><dd class="{key}">'
        + "".join(f"<span>{html.escape(one)}</span>" for one in several)
        + "</dd>"
        for key, several in rows
        if several
    )
    said = [one for one in made.notes if not one.startswith(("not read:", "read "))]
    return f'<dl class="reading">{"".join(parts)}</dl>{remarks(said, say)}'
