"""Models: what is in the catalogue, with cards; fetch one; measure the engines."""

from __future__ import annotations

import html

import gradio as gr

from mien.hub import catalogue
from mien.hub.cards import card
from mien.hub.loading import find_file
from mien.hub.pull import pull
from mien.hub.store import engine_cache
from mien.web.words import Say
from mien.web.work import Ask, Bench


def build(bench: Bench) -> None:
    """Lay the panel out and bind it."""
    say = bench.say
    names = [name for family in catalogue.FAMILIES.values() for name in family]
    with gr.Row(elem_classes="panel"):
        with gr.Column(scale=2, min_width=300):
            name = gr.Dropdown(names, value=names[0], label=say("model"), elem_id="models-name")
            table = gr.HTML("", elem_id="models-table", elem_classes="card")
            fetch = gr.Button(say("pull"), visible=False)
            fetched = gr.HTML("")
            measure = gr.Button(say("engine_go"), elem_id="models-measure")
            engines = gr.HTML("", elem_id="models-engines")
        with gr.Column(scale=3, min_width=300):
            page = gr.Markdown("", elem_id="models-card", elem_classes="card prose")

    def read(ask: Ask, name: str) -> tuple[str, gr.Button, str]:
        row = catalogue.find(name)
        here = find_file(row.file) is not None
        return card(name), gr.Button(visible=not here and bool(row.url)), ""

    def get(ask: Ask, name: str) -> tuple[str, gr.Button, str]:
        pull(name, lambda have, total: ask.studio.watch("fetching", have, total))
        return _table(ask.say), gr.Button(visible=False), _line(ask.say("pulled", name))

    bench.follow(lambda ask: (_table(say), card(names[0])), [table, page])
    bench.act(name.input, read, name, [page, fetch, fetched], desk=False)
    bench.act(fetch.click, get, name, [table, fetch, fetched])
    bench.act(measure.click, _measure, None, engines)


def _line(text: str) -> str:
    return f'<p class="hint">{html.escape(text)}</p>'


def _table(say: Say) -> str:
    """What there is, in families."""
    parts = []
    for family, names in catalogue.FAMILIES.items():
        rows = "".join(_row(catalogue.find(name), say) for name in names)
        parts.append(f'<tr><th colspan="3" scope="rowgroup">{html.escape(family)}</th></tr>{rows}')
    return f'<div class="wide" tabindex="0"><table class="models">{"".join(parts)}</table></div>'


def _row(row: catalogue.Row, say: Say) -> str:
    here = find_file(row.file) is not None
    state = say("on_disk" if here else "not_on_disk")
    return (
        f"<tr><td>{html.escape(row.name)}</td><td>{row.bytes / 1e6:.1f} MB</td>"
        f'<td class="{"here" if here else "away"}">{html.escape(state)}</td></tr>'
    )


def _measure(ask: Ask) -> str:
    """What each engine takes for a picture of this generator, now."""
    from mien.runtime import speed

    studio, say = ask.studio, ask.say
    rows = []
    measured = speed.measure(studio.generator, engine_cache(), rounds=2, count=2)
    studio.watch("measuring", 0, 0)
    for one in measured:
        if one.failed:
            continue
        cells = (
            one.engine, one.precision, f"{one.image_ms:.0f}", f"{one.start_s:.1f}",
            f"{one.again_s:.1f}", f"{100 * one.within:.1f} %",
        )  # fmt: skip
        rows.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
        ask.show(_engines(rows, say))
    return _engines(rows, say) + _line(speed.busy())


def _engines(rows: list[str], say: Say) -> str:
    head = "".join(f'<th scope="col">{one}</th>' for one in say("engine_head").split("|"))
    return (
        f'<div class="wide" tabindex="0"><table class="engines"><tr>{head}</tr>{"".join(rows)}'
        "</table></div>"
    )
