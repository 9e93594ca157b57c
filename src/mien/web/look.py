"""How the studio looks: one theme for light and dark, fonts of the reader's own machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gradio.themes.base import Base
from gradio.themes.utils import sizes
from gradio.themes.utils.colors import Color

ASSETS = Path(__file__).parent / "assets"
"""Style sheet and scripts, all of them our own."""

_FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

_TEAL = Color(
    *("#effaf8", "#d5f2ed", "#ace4dc", "#7acfc5", "#45b1a6", "#1f8f86", "#14736c", "#125c57"),
    *("#114a47", "#103d3b", "#062423"),
)
_STONE = Color(
    *("#faf9f7", "#f3f1ed", "#e7e4de", "#d4d0c8", "#a8a39a", "#78736b", "#5a554e", "#433f3a"),
    *("#2a2825", "#1c1b19", "#121110"),
)


_COLOURS: dict[str, tuple[str, str]] = {
    "body_background_fill": ("*neutral_50", "*neutral_950"),
    "body_text_color": ("*neutral_800", "*neutral_100"),
    "body_text_color_subdued": ("*neutral_600", "*neutral_400"),
    "block_background_fill": ("white", "*neutral_900"),
    "block_label_background_fill": ("transparent", "transparent"),
    "block_label_text_color": ("*neutral_600", "*neutral_300"),
    "block_title_text_color": ("*neutral_700", "*neutral_200"),
    "block_info_text_color": ("*neutral_600", "*neutral_400"),
    "input_background_fill": ("*neutral_50", "*neutral_800"),
    "input_border_color": ("*neutral_300", "*neutral_700"),
    "input_placeholder_color": ("*neutral_500", "*neutral_400"),
    "button_primary_background_fill": ("*primary_600", "*primary_600"),
    "button_primary_background_fill_hover": ("*primary_700", "*primary_500"),
    "button_primary_text_color": ("white", "white"),
    "button_secondary_background_fill": ("*neutral_100", "*neutral_800"),
    "button_secondary_background_fill_hover": ("*neutral_200", "*neutral_700"),
    "slider_color": ("*primary_600", "*primary_400"),
    "link_text_color": ("*primary_700", "*primary_300"),
}
"""What is coloured: in the light, in the dark."""


def asset(name: str) -> str:
    """The text of a file among :data:`ASSETS`."""
    return (ASSETS / name).read_text("utf-8")


def theme() -> Base:
    """Warm paper, one accent, round corners, room between things."""
    return Base(
        primary_hue=_TEAL,
        secondary_hue=_TEAL,
        neutral_hue=_STONE,
        font=_FONT,
        font_mono=_MONO,
        radius_size=sizes.radius_lg,
        spacing_size=sizes.spacing_lg,
    ).set(
        block_border_width="0px",
        block_label_border_width="0px",
        block_title_text_weight="500",
        block_shadow="none",
        panel_border_width="0px",
        **{name: light for name, (light, _) in _COLOURS.items()},
        **{f"{name}_dark": dark for name, (_, dark) in _COLOURS.items()},
    )


def looks() -> dict[str, Any]:
    """What ``gradio.mount_gradio_app`` takes of theme, style and scripts."""
    scripts = "".join(f"<script>{asset(name)}</script>" for name in ("stream.js", "studio.js"))
    return {"theme": theme(), "css": asset("studio.css"), "head": scripts}
