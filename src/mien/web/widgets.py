"""Pieces of the page that Gradio has not: pictures to press, before and after, a pad, a canvas.

What was pressed goes along with its event; what moves is a value, since of events that come too
fast only the last is told, without what it carried. The scripts are in ``assets/``.
"""

from __future__ import annotations

import base64
import binascii
import html
import io
from collections.abc import Iterable, Sequence
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from mien.errors import InputError
from mien.web.fields import empty
from mien.web.look import asset
from mien.web.sessions import Made
from mien.web.words import Say

_LONGEST = 640
"""Side at most of pictures that are shown while a hand moves."""


def address(made: Made, suffix: str = "png") -> str:
    """Where a picture of the session, its latent (``npz``) or its clip (``mp4``) is fetched."""
    return f"/made/{made.id}.{suffix}"


def shown(picture: np.ndarray) -> str:
    """A picture as an address that holds it; for previews, which nobody keeps."""
    page = Image.fromarray(picture)
    page.thumbnail((_LONGEST, _LONGEST))
    stream = io.BytesIO()
    page.save(stream, "WEBP", quality=88, method=0)
    return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode()}"


def from_address(text: str) -> bytes:
    """The bytes of a PNG that a canvas sent as a ``data:`` address; InputError if it is none."""
    head, _, body = text.partition(",")
    try:
        if head == "data:image/png;base64":
            return base64.b64decode(body, validate=True)
    except binascii.Error:
        pass
    raise InputError("the sheet did not come as a PNG")


def told(made: Made, say: Say) -> str:
    """A picture in a few words."""
    recipe = made.provenance
    text = str(recipe.get("text", ""))
    parts = [say.verb(made.verb)]
    if text:
        parts.append(f"“{text}”")
    if isinstance(recipe.get("seed"), int):
        parts.append(say("seed_n", recipe["seed"]))
    for key in ("style_seed",):
        if key in recipe:
            parts.append(say("style_n", recipe[key]))
    return ", ".join(parts)


def pictures(
    made: Sequence[Made], say: Say, chosen: str = "", none: str = "", waits: int = 0
) -> str:
    """Pictures that can be pressed, the one with the id ``chosen`` marked.

    ``none`` is said if there are none; ``waits`` is how many more will come.
    """
    if not made and not waits:
        return empty(none) if none else ""
    cells = []
    for one in made:
        name = html.escape(told(one, say), quote=True)
        pressed = "true" if one.id == chosen else "false"
        cells.append(
            f'<button type="button" class="face" data-pick="{one.id}" aria-pressed="{pressed}" '
            f'title="{name}"><img src="{address(one)}" alt="{name}" loading="lazy"></button>'
        )
    cells += ['<span class="face waits" aria-hidden="true"></span>'] * waits
    return f'<div class="faces" data-many="{len(cells)}">{"".join(cells)}</div>'


def picker(label: str, **more: Any) -> gr.HTML:
    """Where :func:`pictures` go; ``select`` says which was pressed, ``event["pick"]``."""
    return gr.HTML("", label=label, js_on_load=asset("pick.js"), **more)


def compare(label: str, before: str, after: str, none: str = "", **more: Any) -> gr.HTML:
    """Two pictures one over the other and a slider between; its value is ``pair(…)``.

    ``before`` and ``after`` say what they show, ``none`` what is said while there are none.
    """
    name, left, right = (html.escape(text, quote=True) for text in (label, before, after))
    return gr.HTML(
        None,
        label=label,
        html_template=(
            '<figure class="compare">'
            f'<img class="after" alt="{right}"><img class="before" alt="{left}">'
            f'<span class="mark left">{left}</span><span class="mark right">{right}</span>'
            f'<input type="range" min="0" max="100" value="50" aria-label="{name}"></figure>'
            f"{empty(none)}"
        ),
        js_on_load=asset("compare.js"),
        **more,
    )


def pair(before: np.ndarray | str, after: np.ndarray | str) -> dict[str, str]:
    """The value of :func:`compare`."""
    first, second = (one if isinstance(one, str) else shown(one) for one in (before, after))
    return {"before": first, "after": second}


def pad(label: str, help_text: str, **more: Any) -> gr.HTML:
    """A square in which a point is dragged, or moved by keys: ``x``, ``y`` (upwards), -1 to 1."""
    name, text = html.escape(label, quote=True), html.escape(help_text, quote=True)
    return gr.HTML(
        {"x": 0, "y": 0, "right": "", "left": "", "up": "", "down": ""},
        label=label,
        html_template=(
            f'<div class="pad" role="application" tabindex="0" aria-label="{name}. {text}">'
            '<span class="dot"></span><span class="edge up"></span><span class="edge down"></span>'
            '<span class="edge left"></span><span class="edge right"></span></div>'
        ),
        js_on_load=asset("pad.js"),
        **more,
    )


def canvas(
    label: str, say: Say, colours: Sequence[tuple[str, str]] = (), size: int = 256, **more: Any
) -> gr.HTML:
    """A sheet to draw on, by hand or with the keys.

    Its value is what is on it, a PNG of this side as a ``data:`` address; empty if nothing is.
    ``colours`` has name and ``#rrggbb`` of each pen; none for one dark pencil on white.
    """
    pens = "".join(
        f'<button type="button" class="pen" data-colour="{colour}" style="--pen:{colour}" '
        f'aria-pressed="{"true" if i == 0 else "false"}">{html.escape(name)}</button>'
        for i, (name, colour) in enumerate(colours)
    )
    tools = "".join(
        f'<button type="button" class="tool" data-tool="{tool}">{html.escape(say(tool))}</button>'
        for tool in ("rub", "undo", "clear")
    )
    return gr.HTML(
        None,
        label=label,
        html_template=(
            f'<div class="sheet"><canvas width="{size}" height="{size}" tabindex="0" role="img" '
            f'aria-label="{html.escape(label, quote=True)}"></canvas>'
            f'<div class="pens" role="group" aria-label="{html.escape(say("pens"))}">{pens}</div>'
            f'<div class="tools"><label>{html.escape(say("width"))} <input type="range" '
            f'class="width" min="1" max="24" value="{12 if colours else 2}"></label>{tools}</div>'
            "</div>"
        ),
        js_on_load=asset("canvas.js"),
        **more,
    )


def remarks(several: Iterable[object], say: Say) -> str:
    """Remarks of the library, each once; they are English."""
    rows = "".join(f"<li>{html.escape(str(one))}</li>" for one in dict.fromkeys(several))
    name = html.escape(say("remarks"))
    return f'<ul class="remarks" lang="en" aria-label="{name}">{rows}</ul>' if rows else ""


def links(made: Made, say: Say, clip: bool = False) -> str:
    """Where a picture, its latent and its clip are downloaded."""
    suffixes = ["png"] + ["npz"] * (made.latents is not None) + ["mp4"] * clip
    parts = (
        f'<a class="load" href="{address(made, suffix)}" download="mien-{made.verb}.{suffix}">'
        f"{html.escape(say(f'download_{suffix}'))}</a>"
        for suffix in suffixes
    )
    return f'<p class="loads"><b>{html.escape(say("download"))}</b> {" ".join(parts)}</p>'
