"""Gallery: what was made, with its recipe; everything to download; a picture dropped back in."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from mien.errors import InputError, MienError
from mien.web.answers import plain
from mien.web.clips import player
from mien.web.editing import Editing, draw, strengths_of
from mien.web.fields import hint
from mien.web.sessions import Made
from mien.web.uploads import read_picture, read_recipe
from mien.web.widgets import address, links, picker, pictures, remarks, told
from mien.web.work import Ask, Bench


def build(bench: Bench) -> None:
    """Lay the panel out and bind it; the last panel, since it knows how the others return."""
    say = bench.say
    with gr.Row(elem_classes="panel"):
        with gr.Column(scale=3, min_width=300):
            made = picker(say("gallery"), elem_id="gallery-made", elem_classes="card")
            gr.HTML(
                f'<p class="loads"><a class="load" href="/made/all.zip" download>'
                f"{html.escape(say('all_zip'))}</a></p>"
            )
        with gr.Column(scale=2, min_width=300):
            recipe = gr.HTML(hint(say("recipe_empty")), elem_id="gallery-recipe")
            with gr.Row(elem_classes="tools"):
                take = gr.Button(say("take"), size="sm", min_width=120, visible=False)
                again = gr.Button(say("again"), size="sm", min_width=120, visible=False)
            back = gr.File(
                label=say("drop_back"), file_types=["image"], height=160, elem_id="gallery-back"
            )
            gr.HTML(hint(say("drop_back_here")))
            said = gr.HTML("", elem_id="gallery-said")

    def read(ask: Ask) -> tuple[Any, ...]:
        one = ask.picked()
        ask.session.values["looked"] = one
        known = bool(panel_of(one.provenance))
        seen = gr.Button(visible=one.latents is not None), gr.Button(visible=known)
        return _recipe(ask, one), *seen

    def carry(ask: Ask) -> None:
        ask.session.carried = ask.session.values["looked"]

    fields = [one for several, _ in bench.returns.values() for one in several]

    def restore(
        ask: Ask, recipe: Mapping[str, Any] | None, made: Made | None = None
    ) -> tuple[Any, ...]:
        panel, values = panel_of(recipe or {}), []
        if recipe is None or not panel:
            raise InputError(ask.say("no_recipe"))
        concerned = {panel, "describe"} if recipe.get("text") else {panel}
        for name, (several, filled) in bench.returns.items():
            values += filled(recipe) if name in concerned else [gr.skip() for _ in several]
        missed = _at_hand(ask, recipe, made)
        words = html.escape(ask.say("came_back", ask.say(panel)))
        said = f'<p role="status">{words}</p>{remarks(missed, ask.say)}'
        return gr.Tabs(selected=panel), said, *values

    def looked(ask: Ask) -> tuple[Any, ...]:
        one: Made = ask.session.values["looked"]
        return restore(ask, one.provenance, one)

    def drop(ask: Ask, path: str | None) -> tuple[Any, ...]:
        data = b"" if path is None else Path(path).read_bytes()
        read_picture(data, bench.settings.limits)
        return restore(ask, read_recipe(data, drawn=False))

    bench.follow(_made, [made])
    bench.act(made.select, read, None, [recipe, take, again], desk=False)
    bench.act(take.click, carry, desk=False)
    bench.act(again.click, looked, None, [bench.tabs, said, *fields])
    bench.act(back.upload, drop, back, [bench.tabs, said, *fields])


def panel_of(recipe: Mapping[str, Any]) -> str:
    """The panel that a recipe belongs to; empty if to none."""
    named = {"style_seed": "anime", "compose": "compose", "walk": "explore", "grid": "explore"}
    found = next((panel for key, panel in named.items() if key in recipe), "")
    if found:
        return found
    if "direction" in recipe or "style" in recipe:
        return "sketch"
    if recipe.get("edits"):
        return "edit"
    if "mix" in recipe:
        return "explore"
    return "describe" if "text" in recipe else "edit" if "seed" in recipe else ""


def _at_hand(ask: Ask, recipe: Mapping[str, Any], kept: Made | None) -> list[str]:
    """Make the face of a recipe again, with its last edit as a step that can be undone.

    ``kept`` is the picture itself, if the session still has it. Returns why it cannot be made
    again, if it rests on a photo or on latents.
    """
    from mien.editing.latent import rebuild

    studio = ask.studio
    if recipe.get("sha256") != studio.loaded.sha256 or {"walk", "grid"} & set(recipe):
        return []  # It is not one of this generator's faces.
    *before, last = recipe.get("edits") or (None,)
    strengths = None if last is None else strengths_of(studio, last)
    start = recipe if strengths is None else {**recipe, "edits": before}
    try:
        ws = rebuild(studio, start, Path("the picture"))
    except MienError as error:
        if kept is None or kept.latents is None:
            return [str(error)]
        ask.session.carried = kept
        return []
    drawn = studio.draw(ws, (), {})
    made = Made(drawn.images[0], _verb(start), {**drawn.provenance, **start}, drawn.ws)
    ask.session.carried = ask.session.keep(made)
    editing = ask.session.values["edit"] = Editing(made)
    if strengths is not None:
        editing.go(strengths)
        draw(studio, editing)
    return []


def _verb(recipe: Mapping[str, Any]) -> str:
    if recipe.get("edits"):
        return "edit"
    return "mix" if "mix" in recipe else "describe" if "text" in recipe else "generate"


def _made(ask: Ask) -> str:
    return pictures(ask.session.made[::-1], ask.say, none=ask.say("gallery_empty"))


def _recipe(ask: Ask, one: Made) -> str:
    """A picture, where to download it, and all that made it."""
    say = ask.say
    clip = ask.session.clip(one).is_file()
    name = html.escape(told(one, say), quote=True)
    seen = player(one, say) if clip else f'<img class="seen" src="{address(one)}" alt="{name}">'
    text = json.dumps(plain(one.provenance), indent=1, ensure_ascii=False)
    return (
        f"{seen}{'' if clip else links(one, say)}<h3>{html.escape(say('recipe'))}</h3>"
        f'<pre class="recipe" tabindex="0">{html.escape(text)}</pre>'
    )
