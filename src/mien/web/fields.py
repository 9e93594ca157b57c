"""Fields and lines of the page that several panels have alike."""

from __future__ import annotations

import html
from typing import Any

import gradio as gr

from mien.web.words import Say


def empty(text: str) -> str:
    """What stands where nothing is yet."""
    return f'<p class="empty">{html.escape(text)}</p>'


def hint(text: str) -> str:
    """A sentence about what is beside it."""
    return f'<p class="hint">{html.escape(text)}</p>'


def slider(low: float, high: float, value: float, **more: Any) -> gr.Slider:
    """A slider without the button that puts it back."""
    return gr.Slider(low, high, value, buttons=[], **more)


def steer(name: str, say: Say, panel: str, reach: float = 3.0) -> gr.Slider:
    """The slider of a direction."""
    return slider(
        -reach, reach, 0, step=0.1, label=say.name(name).capitalize(), min_width=140,
        elem_classes="direction", elem_id=f"{panel}-{name.replace(' ', '-')}",
    )  # fmt: skip


def photo_input(say: Say, height: int = 220, **more: Any) -> gr.Image:
    """A photo that is sent, taken or pasted; its value is a path."""
    return gr.Image(
        label=say("photo"), sources=["upload", "webcam", "clipboard"], type="filepath",
        placeholder=say("photo_here"), buttons=[], height=height, **more,
    )  # fmt: skip
