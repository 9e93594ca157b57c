"""The page: what a browser sees."""

from __future__ import annotations

import gradio as gr

from mien.web.desk import Desk
from mien.web.sessions import Sessions
from mien.web.settings import Settings


def build_page(desk: Desk, sessions: Sessions, settings: Settings) -> gr.Blocks:
    """The page as Gradio's blocks.

    Args:
        desk: Runs what is asked.
        sessions: Who asks; ``sessions.of(request)`` gives the session of a ``gr.Request``.
        settings: Limits of what may be asked.
    """

    def describe(text: str, request: gr.Request) -> object:
        session = sessions.of(request)
        faces = desk.run(session.id, lambda studio: studio.describe(text, 1))
        return faces.images[0]

    with gr.Blocks(title="mien") as page:
        gr.Markdown(f"# mien\nFaces of `{settings.model}`. The people shown do not exist.")
        text = gr.Textbox(label="Describe a face")
        face = gr.Image(label="Face", interactive=False)
        text.submit(describe, text, face)
    return page
