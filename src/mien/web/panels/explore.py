"""Explore: walks, mixtures, two directions on a pad, and what each layer is for."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from mien.errors import InputError
from mien.hub.loading import load_tagger
from mien.portraits.faces import Faces
from mien.web.clips import player, recording
from mien.web.editing import DIRECTIONS, REACH, moved
from mien.web.fields import empty, hint, slider
from mien.web.sessions import Made
from mien.web.widgets import address, links, pad, picker, pictures, remarks, shown, told
from mien.web.words import Say
from mien.web.work import Ask, Bench

if TYPE_CHECKING:
    from mien.editing.latent import Face

MOST_FRAMES, MOST_CELLS, MOST_PAIRS = 900, 36, 24
"""Of a walk, a mixture and a measurement of layers."""

LAYERS = ("coarse", "middle", "fine")
"""What can be mixed in."""


def build(bench: Bench) -> None:
    """Lay the panel out and bind it."""
    say, fields = bench.say, []
    with gr.Tabs(overflow_behavior="wrap", elem_classes="inner") as tabs:
        for name, lay in (("walk", _walk), ("mixing", _mixing), ("pad", _pad), ("layer_map", _map)):
            tab = gr.Tab(say(name), id=name, elem_id=f"explore-{name}")
            with tab, gr.Row(elem_classes="panel"):
                fields += lay(bench)
    bench.returns["explore"] = [tabs, *fields], _again


def _walk(bench: Bench) -> list[Any]:
    say = bench.say
    with gr.Column(scale=2, min_width=300):
        seeds = gr.Textbox(
            "0, 7, 42", label=say("stops"), info=say("stops_info"), elem_id="walk-seeds"
        )
        seconds = slider(1, 12, 3, step=0.5, label=say("seconds"), elem_id="walk-seconds")
        fps = slider(6, 30, 24, step=1, label=say("fps"), elem_id="walk-fps")
        loop = gr.Checkbox(label=say("loop"))
        go = gr.Button(say("walk_go"), variant="primary", elem_id="walk-go")
    with gr.Column(scale=3, min_width=300):
        clip = gr.HTML(empty(say("walk_empty")), elem_id="walk-clip", elem_classes="card")

    def draw(ask: Ask, text: str, seconds: float, fps: float, loop: bool) -> str:
        if seconds * fps > MOST_FRAMES:
            raise InputError(say("too_long", round(seconds * fps), MOST_FRAMES))
        stops: list[Face] = [*_hand(ask), *read_seeds(text, say)]
        plan = ask.studio.walk(stops, float(seconds), float(fps), bool(loop))
        with recording(ask.session, "walk", plan.fps, lambda: plan.provenance) as (writer, made):
            for images in plan:
                writer.write(images)
        return player(made[0], ask.say) + remarks(plan.notes, ask.say)

    bench.act(go.click, draw, [seeds, seconds, fps, loop], clip)
    return [seeds, seconds, fps, loop]


def _again(made: Mapping[str, Any]) -> list[Any]:
    """The settings of a walk, of a whole table, or of one mixture."""
    if "walk" in made:
        walk = made["walk"]
        seeds = [str(face["seed"]) for face in walk.get("faces", ()) if "seed" in face]
        numbers = (walk.get(name, usual) for name, usual in (("seconds", 3), ("fps", 24)))
        stops = [", ".join(seeds), *numbers, bool(walk.get("loop"))]
        return [gr.Tabs(selected="walk"), *stops, *(gr.skip() for _ in range(3))]
    return [gr.Tabs(selected="mixing"), *(gr.skip() for _ in range(4)), *_mixed(made)]


def _mixed(made: Mapping[str, Any]) -> list[Any]:
    from mien.editing.mixing import RANGES

    if "grid" in made:
        return [made["grid"].get(name, "") for name in ("rows", "columns", "layers")]
    mix = made["mix"]
    seeds = [str(mix[part].get("seed", "")) for part in ("a", "b")]
    first = min(mix["layers"], default=0)
    begins = {begin: name for name, (begin, _) in RANGES.items() if name in LAYERS}
    return [*seeds, begins.get(first, LAYERS[0])]


def _mixing(bench: Bench) -> list[Any]:
    say = bench.say
    with gr.Column(scale=2, min_width=300):
        rows = gr.Textbox(
            "1, 2, 3", label=say("rows"), info=say("rows_info"), elem_id="mixing-rows"
        )
        columns = gr.Textbox("11, 12, 13", label=say("columns"), elem_id="mixing-columns")
        choices = [(say(one), one) for one in LAYERS]
        layers = gr.Radio(choices, value=LAYERS[0], label=say("layers"))
        go = gr.Button(say("mixing_go"), variant="primary", elem_id="mixing-go")
    with gr.Column(scale=3, min_width=300):
        table = picker(say("mixing"), elem_id="mixing-table", elem_classes="card")

    def draw(ask: Ask, rows: str, columns: str, layers: str) -> str:
        down: list[Face] = [*_hand(ask), *read_seeds(rows, say)]
        across: list[Face] = [*read_seeds(columns, say)]
        if len(down) * len(across) > MOST_CELLS:
            raise InputError(say("too_many", f"{len(down)} x {len(across)}", MOST_CELLS))
        faces = ask.studio.grid(down, across, layers)
        asked = {"rows": rows, "columns": columns, "layers": layers}
        return _table(ask, faces, len(across), asked)

    bench.act(go.click, draw, [rows, columns, layers], table)
    bench.act(table.select, Ask.carry, desk=False)
    return [rows, columns, layers]


def _table(ask: Ask, faces: Faces, across: int, asked: Mapping[str, str]) -> str:
    assert faces.sheet is not None
    made = ask.keep(faces, "mix")
    edges, wide = faces.sheet.images, across + 1

    def edge(number: int, name: str) -> str:
        alt = html.escape(f"{name} {number}")
        return f'<th scope="{name}"><img src="{shown(edges[number])}" alt="{alt}"></th>'

    head = "".join(edge(number, "col") for number in range(1, wide))
    body = "".join(
        f"<tr>{edge((row + 1) * wide, 'row')}"
        + "".join(f"<td>{pictures([one], ask.say)}</td>" for one in made[row * across :][:across])
        + "</tr>"
        for row in range(len(made) // across)
    )
    recipe = {**faces.provenance, "grid": dict(asked)}
    page = ask.session.keep(Made(faces.page(), "grid", recipe))
    return (
        f'<div class="wide" tabindex="0"><table class="mixing"><tr><td></td>{head}</tr>{body}'
        f"</table></div>{links(page, ask.say)}"
    )


def _pad(bench: Bench) -> list[Any]:
    """Two directions under one hand."""
    say = bench.say
    names = [(say.name(name).capitalize(), name) for name in DIRECTIONS]
    with gr.Column(scale=2, min_width=300):
        with gr.Row():
            across = gr.Dropdown(names, value="age", label=say("across"), min_width=140)
            up = gr.Dropdown(names, value="smile", label=say("upwards"), min_width=140)
        square = pad(say("pad"), say("pad_help"), elem_id="pad")
        gr.HTML(hint(say("pad_help")))
    with gr.Column(scale=3, min_width=300):
        face = gr.HTML(empty(say("no_face")), elem_id="pad-face", elem_classes="card")
        keep = gr.Button(say("keep"), elem_id="pad-keep")

    def drag(ask: Ask, point: Any, across: str, up: str) -> str:
        point = point if isinstance(point, dict) else {}
        x, y = (max(-1.0, min(1.0, float(point.get(name) or 0))) for name in "xy")
        strengths = {across: REACH * x, up: REACH * y} if across != up else {across: REACH * x}
        strengths = {name: round(value, 2) for name, value in strengths.items() if value}
        picture = _seen(moved(ask.studio, ask.hand(), strengths), ask.say("pad"))
        ask.session.values["pad"] = ask.chosen, strengths, picture
        return picture

    def fill(ask: Ask) -> str:
        hand = ask.session.carried
        if hand is None:
            return empty(ask.say("no_face"))
        whose, _, picture = ask.session.values.get("pad", ("", {}, ""))
        return picture if whose == hand.id else _seen(address(hand), told(hand, ask.say))

    def hold(ask: Ask) -> None:
        whose, strengths, _ = ask.session.values.pop("pad", ("", {}, ""))
        if not strengths or whose != ask.chosen:
            raise InputError(ask.say("pad_unmoved"))
        faces = ask.studio.edit(ask.hand().face, strengths)
        (ask.session.carried,) = ask.keep(faces, "edit")

    bench.follow(fill, [face])
    bench.act(square.input, drag, [square, across, up], face, live=True)
    bench.act(keep.click, hold)
    return []


def _map(bench: Bench) -> list[Any]:
    """What moves when one layer is replaced."""
    say = bench.say
    with gr.Column(scale=2, min_width=300):
        count = slider(2, MOST_PAIRS, 6, step=1, label=say("pairs"), info=say("layer_map_info"))
        go = gr.Button(say("layer_map_go"), variant="primary", elem_id="layers-go")
    with gr.Column(scale=3, min_width=300):
        table = gr.HTML(empty(say("layer_map_info")), elem_id="layers-table", elem_classes="card")

    def measure(ask: Ask, count: float) -> str:
        from mien.editing.layer_report import score_layers
        from mien.editing.samples import generator_source

        studio = ask.studio
        studio.watch("measuring", 0, 0)
        judge = load_tagger("judge", str(studio.device))
        report = score_layers(generator_source(studio.loaded), judge, int(count))
        shares = report.table.shares.T.tolist()
        return _heat(report.table.names, shares, ask.say) + remarks(
            [report.protocol.line()], ask.say
        )

    bench.act(go.click, measure, count, table)
    return []


def _heat(names: Sequence[str], shares: Sequence[Sequence[float]], say: Say) -> str:
    """A table whose cells are as dark as what they say is large."""
    head = "".join(f'<th scope="col">{number}</th>' for number in range(len(shares[0])))
    body = "".join(
        f'<tr><th scope="row">{html.escape(say.name(name.replace("_", " ")))}</th>'
        + "".join(
            f'<td style="--share:{min(share, 1):.2f}"><span>{share:.2f}</span></td>'
            for share in row
        )
        + "</tr>"
        for name, row in zip(names, shares, strict=True)
    )
    return (
        f'<div class="wide" tabindex="0"><table class="heat"><tr><th scope="col">'
        f"{html.escape(say('layer'))}</th>{head}</tr>{body}</table></div>"
    )


def _hand(ask: Ask) -> list[Face]:
    return [] if ask.session.carried is None else [ask.session.carried.face]


def read_seeds(text: str, say: Say) -> list[int]:
    """Seeds between commas or spaces; InputError for a part that is no number from 0 on."""
    parts = [part for part in re.split(r"[,;\s]+", text.strip()) if part]
    wrong = next((part for part in parts if not part.isdecimal() or len(part) > 10), None)
    if wrong is not None:
        raise InputError(say("no_seed", wrong[:40]))
    return [int(part) for part in parts]


def _seen(picture: Any, name: str) -> str:
    source = picture if isinstance(picture, str) else shown(picture)
    return f'<img class="seen" src="{source}" alt="{html.escape(name, quote=True)}">'
