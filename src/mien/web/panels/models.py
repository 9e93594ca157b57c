"""Models: what is in the catalogue, with cards; fetch or adopt one; measure the engines."""

from __future__ import annotations

import contextlib
import html
from pathlib import Path
from typing import Any

import gradio as gr

from mien.errors import InputError, MienError
from mien.hub import catalogue
from mien.hub.cards import card
from mien.hub.loading import find_file
from mien.hub.pull import pull
from mien.hub.store import engine_cache, store
from mien.web.fields import hint, slider
from mien.web.settings import is_loopback
from mien.web.widgets import remarks
from mien.web.words import Say
from mien.web.work import Ask, Bench

FOREIGN = (".pkl", ".pt", ".pth")
"""How files of others end that may hold a generator."""


def build(bench: Bench) -> None:
    """Lay the panel out and bind it."""
    say = bench.say
    names = [name for family in catalogue.FAMILIES.values() for name in family]
    with gr.Row(elem_classes="panel"):
        with gr.Column(scale=2, min_width=300):
            name = gr.Dropdown(names, value=names[0], label=say("model"), elem_id="models-name")
            table = gr.HTML("", elem_id="models-table", elem_classes="card")
            fetch = gr.Button(say("pull"), visible=False)
            fetched = gr.HTML("", elem_id="models-fetched")
            measure = gr.Button(say("engine_go"), elem_id="models-measure")
            engines = gr.HTML("", elem_id="models-engines")
            if is_loopback(bench.settings.host):  # It writes files, and takes hours.
                _adopting(bench)
        with gr.Column(scale=3, min_width=300):
            page = gr.Markdown("", elem_id="models-card", elem_classes="card prose")

    def seen(name: str) -> tuple[str, gr.Button]:
        row = catalogue.find(name)
        return card(name), gr.Button(visible=bool(row.url) and find_file(row.file) is None)

    def read(ask: Ask, name: str) -> tuple[str, gr.Button, str]:
        ask.session.values["model"] = name
        return *seen(name), ""

    def get(ask: Ask, name: str) -> tuple[str, gr.Button, str]:
        pull(name, lambda have, total: ask.studio.watch("fetching", have, total))
        return _table(ask.say), gr.Button(visible=False), hint(ask.say("pulled", name))

    def fill(ask: Ask) -> tuple[Any, ...]:
        chosen = ask.session.values.get("model", names[0])
        return chosen, _table(say), *seen(chosen)

    bench.follow(fill, [name, table, page, fetch])
    bench.act(name.input, read, name, [page, fetch, fetched], desk=False)
    bench.act(fetch.click, get, name, [table, fetch, fetched])
    bench.act(measure.click, _measure, None, engines)


def _adopting(bench: Bench) -> None:
    """A generator of one's own, with everything that sentences and edits need."""
    say = bench.say
    with gr.Accordion(say("adopt"), open=False, elem_id="models-adopt"):
        gr.HTML(hint(say("adopt_info", store())))
        name = gr.Dropdown([], label=say("own_generator"), elem_id="adopt-name")
        samples = slider(100, 6000, 1500, step=100, label=say("samples"), elem_id="adopt-samples")
        go = gr.Button(say("adopt_go"), elem_id="adopt-go")
        said = gr.HTML("", elem_id="adopt-said")

    def fill(ask: Ask) -> gr.Dropdown:
        names = [path.name for path in own_generators()]
        chosen = ask.session.values.get("own")
        first = names[0] if names else None
        return gr.Dropdown(choices=names, value=chosen if chosen in names else first)

    def choose(ask: Ask, name: str | None) -> None:
        ask.session.values["own"] = name

    bench.follow(fill, [name])
    bench.act(name.input, choose, name, desk=False)
    bench.act(go.click, _adopt, [name, samples], said)


def own_generators() -> list[Path]:
    """The files in the user's folder of weights that may be adopted."""
    from mien.checkpoints import native

    known, found = {row.file for row in catalogue.ROWS}, []
    for path in sorted(store().glob("*")):
        ours = path.suffix == ".safetensors" and path.name not in known
        with contextlib.suppress(MienError):
            if ours and native.read_header(path).kind == "stylegan2-generator":
                found.append(path)
        if path.suffix in FOREIGN and path.name not in known:
            found.append(path)
    return found


def _adopt(ask: Ask, name: str | None, samples: float) -> str:
    """Make what is missing beside a generator; one that was stopped goes on."""
    from mien.hub.loading import load_generator, load_identity, load_tagger
    from mien.studio.adopt import Adoption, Tools, adopt, begun

    studio, say = ask.studio, ask.say
    path = next((one for one in own_generators() if one.name == name), None)
    if path is None:
        raise InputError(say("no_own"))
    studio.watch("loading the models", 0, 0)
    device, lines = str(studio.device), []
    config = begun(path)
    if config is None:
        config = Adoption(samples=int(samples))
    else:
        lines.append(say("adopt_goes_on", config.samples))
    taggers = load_tagger("teacher", device), load_tagger("judge", device)
    tools = Tools(*taggers, load_identity("identity", device), lambda: studio.encoder)
    for line in adopt(load_generator(path, device), tools, config):
        if "doing" in line:
            studio.watch(line["doing"], line["done"], line["of"])
        else:
            lines.append(line["file"].name if "file" in line else line["note"])
            ask.show(remarks(lines, say))
    return hint(say("adopted", path.stem)) + remarks(lines, say)


def _table(say: Say) -> str:
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
    return _engines(rows, say) + hint(speed.busy())


def _engines(rows: list[str], say: Say) -> str:
    head = "".join(f'<th scope="col">{one}</th>' for one in say("engine_head").split("|"))
    return (
        f'<div class="wide" tabindex="0"><table class="engines"><tr>{head}</tr>{"".join(rows)}'
        "</table></div>"
    )
