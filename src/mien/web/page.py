"""The page: what a browser sees. One for each language, all panels in each.

Panels are the files of ``panels/``; each has ``build(bench)``, which lays it out and binds it.
"""

from __future__ import annotations

import html

import gradio as gr
from gradio.components import Navbar

from mien.portraits.checks import random_seed
from mien.web.desk import Desk
from mien.web.panels import anime, compose, describe, edit, explore, gallery, models, sketch
from mien.web.sessions import Made, Sessions
from mien.web.settings import Settings
from mien.web.widgets import address, picker, pictures, told
from mien.web.words import LANGUAGES, Say
from mien.web.work import Ask, Bench

PANELS = {
    "describe": describe.build,
    "edit": edit.build,
    "compose": compose.build,
    "sketch": sketch.build,
    "anime": anime.build,
    "explore": explore.build,
    "models": models.build,
    "gallery": gallery.build,
}
"""Panel -> what lays it out, in the order of the tabs."""

PATHS = {"en": "/", "vi": "/vi"}
"""Language -> where its page is."""

_RECENT = 12


def build_page(desk: Desk, sessions: Sessions, settings: Settings) -> gr.Blocks:
    """The pages as Gradio's blocks: English at ``/``, Vietnamese at ``/vi``."""
    blocks = gr.Blocks(title="mien", analytics_enabled=False, fill_width=True)
    for language, path in PATHS.items():
        place = blocks if path == "/" else blocks.route(LANGUAGES[language], path, False)
        with place:
            _fill(blocks, Bench(desk, sessions, settings, Say(language)))
    return blocks


def _fill(page: gr.Blocks, bench: Bench) -> None:
    say = bench.say
    Navbar(visible=False)
    bench.foot()
    gr.HTML(_head(say), elem_id="head")
    _hand(bench)
    with gr.Tabs(overflow_behavior="wrap", elem_id="panels") as bench.tabs:
        for name, build in PANELS.items():
            with gr.Tab(say(name), id=name, elem_id=f"panel-{name}"):
                build(bench)
    gr.HTML(f"<p>{html.escape(say('note'))}</p>", elem_id="note")
    bench.start(page)


def _head(say: Say) -> str:
    links = "".join(
        f'<a href="{PATHS[code]}" lang="{code}" hreflang="{code}" data-language="{code}"'
        f"{' aria-current=page' if code == say.language else ''}>{name}</a>"
        for code, name in LANGUAGES.items()
    )
    return (
        f'<a class="skip" href="{PATHS[say.language]}#panels">{html.escape(say("skip"))}</a>'
        f'<header class="head" data-page="{say.language}"><h1>mien</h1>'
        f'<p class="tagline">{html.escape(say("tagline"))}</p>'
        f'<nav aria-label="{html.escape(say("language"))}">{links}</nav>'
        f'<button type="button" data-dark aria-label="{html.escape(say("dark"))}">◐</button>'
        "</header>"
    )


def _hand(bench: Bench) -> None:
    say = bench.say
    with gr.Row(elem_id="hand"):
        # The page may be there before the studio; its first answer takes the place of this.
        card = gr.HTML(_note(say("opening")), elem_id="hand-card")
        recent = picker(say("recent"), elem_id="hand-recent")
        dice = gr.Button(say("random_face"), size="sm", min_width=150, elem_id="hand-dice")

    def fill(ask: Ask) -> tuple[str, str]:
        kept = [one for one in ask.session.made if one.latents is not None and one.verb != "mix"]
        return (
            _card(ask.session.carried, say),
            pictures(kept[: -_RECENT - 1 : -1], say, ask.chosen),
        )

    def throw(ask: Ask) -> None:
        faces = ask.studio.generate(1, random_seed())
        ask.session.carried = ask.keep(faces, "generate")[0]

    bench.follow(fill, [card, recent])
    bench.act(recent.select, Ask.carry, desk=False)
    bench.act(dice.click, throw)


def _card(made: Made | None, say: Say) -> str:
    if made is None:
        return _note(say("none_at_hand"))
    name = html.escape(told(made, say), quote=True)
    return (
        f'<div class="hand"><img src="{address(made)}" alt=""><div><h2>'
        f"{html.escape(say('at_hand'))}</h2><p>{name}</p></div></div>"
    )


def _note(text: str) -> str:
    return f'<p class="empty" role="status">{html.escape(text)}</p>'
