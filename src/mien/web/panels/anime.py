"""Anime: the face of a photo or of a clip in styles, one of them steered while the hand moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from jaxtyping import UInt8

from mien.errors import InputError
from mien.hub import catalogue
from mien.video.pipeline import convert
from mien.video.reader import Clip
from mien.web.clips import player, recording
from mien.web.fields import hint, photo_input, slider, steer
from mien.web.sessions import Made
from mien.web.widgets import compare, links, pair, picker, pictures, remarks, shown
from mien.web.work import Ask, Bench

if TYPE_CHECKING:
    import torch

    from mien.editing.settings import Setting
    from mien.studio.session import Studio

MODEL = "anime"
"""What the studio paints with where nobody says otherwise."""

STEERS = ("smile", "mouth open", "hair colour", "hair length")
"""Directions that have a slider."""

OTHERS = (
    *("blue hair", "green hair", "pink hair", "purple hair", "red hair", "white hair"),
    *("blue eyes", "green eyes", "red eyes", "brown eyes", "twintails", "ponytail", "bob cut"),
    *("blushing", "with headwear"),
)
"""Directions that are chosen from a list."""

MOST_S, MOST_FRAMES = 20, 600
"""Of one clip."""


@dataclass
class Steered:
    """The style that is steered: the photo, its face, and what the network read off that."""

    crop: UInt8[np.ndarray, "r r 3"]
    content: torch.Tensor
    seed: int
    image: UInt8[np.ndarray, "h w 3"]


def build(bench: Bench) -> None:
    """Lay the panel out and bind it."""
    say = bench.say
    with gr.Row(elem_classes="panel"):
        with gr.Column(scale=2, min_width=300):
            photo = photo_input(say, elem_id="anime-photo")
            with gr.Row():
                styles = slider(
                    1, 12, 6, step=1, label=say("styles"), min_width=140, elem_id="anime-styles"
                )
                own = catalogue.find(MODEL).style_seed or 0
                first = gr.Number(
                    own, label=say("first_style"), precision=0, minimum=0, min_width=140
                )
            go = gr.Button(say("anime_go"), variant="primary", elem_id="anime-go")
            with gr.Group(elem_classes="directions"):
                sliders = [steer(name, say, "anime") for name in STEERS]
            other = gr.Dropdown(
                [(say("none"), ""), *((say.name(name), name) for name in OTHERS)], value="",
                label=say("another_direction"),
            )  # fmt: skip
            with gr.Accordion(say("video"), open=False, elem_id="anime-video"):
                clip = gr.File(
                    label=say("clip"), file_types=["video", ".gif"], height=160,
                    elem_id="anime-clip",
                )  # fmt: skip
                gr.HTML(hint(say("clip_info", MOST_S)))
                video = gr.Button(say("video_go"), elem_id="anime-film")
        with gr.Column(scale=3, min_width=300):
            palette = picker(say("palette"), elem_id="anime-palette", elem_classes="card")
            view = compare(
                say("before_after"), say("photo"), say("anime"), elem_id="anime-view",
                elem_classes="card", visible=False,
            )  # fmt: skip
            keep = gr.Button(say("keep"), visible=False)
            kept = gr.HTML("", elem_id="anime-kept")

    def draw(ask: Ask, path: str | None, styles: float, first: float) -> tuple[Any, ...]:
        return _draw(ask, bench.photo_or_hand(ask, path), int(styles), int(first or 0))

    steering = [*sliders, other]
    bench.follow(_palette, [palette])
    bench.act(go.click, draw, [photo, styles, first], [palette, view, keep, kept])
    bench.act(palette.select, _choose, steering, [view, keep])
    bench.act([one.input for one in steering], _steer, steering, view, live=True)
    bench.act(keep.click, _keep, steering, kept)
    bench.act(video.click, _film, [clip, first, *steering], kept)
    bench.returns["anime"] = [first, *sliders, other], _again


def _settings(values: tuple[Any, ...]) -> tuple[Setting, ...]:
    from mien.editing.settings import Setting

    *strengths, other = values
    wanted: dict[str, float] = dict(zip(STEERS, map(float, strengths), strict=True))
    if other:
        wanted[str(other)] = 2.0
    return tuple(Setting(name, value) for name, value in wanted.items() if value)


def _draw(ask: Ask, image: UInt8[np.ndarray, "h w 3"], styles: int, first: int) -> tuple[Any, ...]:
    painted = ask.studio.anime(image, styles=styles, style_seed=first)
    made = [
        ask.session.keep(Made(face, "anime", {**painted.provenance, **each}, None, painted.notes))
        for face, each in zip(painted.faces, painted.each, strict=True)
    ]
    painter = ask.studio.painter()
    side = painter.resolution
    crop = painted.crop if painted.crop.shape[0] == side else painted.crop[:side, :side]
    content = painter.contents(crop[None])
    ask.session.values |= {"palette": made, "steered": Steered(crop, content, first, image)}
    return (
        pictures(made, ask.say), gr.HTML(visible=False), gr.Button(visible=False),
        remarks(painted.notes, ask.say),
    )  # fmt: skip


def _palette(ask: Ask) -> str:
    chosen = ask.session.values.get("style", "")
    return pictures(ask.still("palette"), ask.say, chosen, ask.say("palette_empty"))


def _steered(ask: Ask) -> Steered:
    now = ask.session.values.get("steered")
    if not isinstance(now, Steered):
        raise InputError(ask.say("no_photo"))
    return now


def _moved(studio: Studio, now: Steered, settings: tuple[Setting, ...]) -> np.ndarray:
    """The face in its style, moved along directions; the photo is not read again."""
    from mien.anime.translate import find_steering

    painter = studio.painter()
    w = painter.styles([now.seed])
    steering = find_steering(painter.loaded, settings)
    return painter.draw(now.content, w if steering is None else steering.apply(w))[0]


def _choose(ask: Ask, *values: Any) -> tuple[Any, ...]:
    picked, now = ask.picked(), _steered(ask)
    now.seed = int(picked.provenance["style_seed"])
    ask.session.values["style"] = picked.id
    view = pair(shown(now.crop), _moved(ask.studio, now, _settings(values)))
    return gr.HTML(view, visible=True), gr.Button(visible=True)


def _steer(ask: Ask, *values: Any) -> dict[str, str]:
    now = _steered(ask)
    return pair(shown(now.crop), _moved(ask.studio, now, _settings(values)))


def _keep(ask: Ask, *values: Any) -> str:
    now = _steered(ask)
    painted = ask.studio.anime(now.image, styles=1, style_seed=now.seed, settings=_settings(values))
    recipe: Mapping[str, Any] = {**painted.provenance, **painted.each[0]}
    made = ask.session.keep(Made(painted.faces[0], "anime", recipe, None, painted.notes))
    return pictures([made], ask.say) + links(made, ask.say) + remarks(made.notes, ask.say)


def _film(ask: Ask, path: str | None, first: float, *values: Any) -> str:
    """A clip in the style that is steered, or in the first one."""
    from mien.anime.clip import AnimeVideo, VideoPlan, clip_provenance
    from mien.anime.translate import find_steering
    from mien.faces.choosing import shipped_finder

    if path is None:
        raise InputError(ask.say("no_clip"))
    clip, studio = Clip(Path(path)), ask.studio
    if clip.duration > MOST_S:
        raise InputError(ask.say("clip_info", MOST_S))
    if clip.frames > MOST_FRAMES:
        raise InputError(ask.say("too_long", clip.frames, MOST_FRAMES))
    now = ask.session.values.get("steered")
    seed = now.seed if isinstance(now, Steered) else int(first or 0)
    painter, plan = studio.painter(), VideoPlan()
    w, steering = painter.styles([seed]), find_steering(painter.loaded, _settings(values))
    w = w if steering is None else steering.apply(w)
    video = AnimeVideo(painter, clip, w, plan, shipped_finder(str(studio.device)))
    for number in video.look():
        studio.watch("finding faces", number + 1, clip.frames)
    made = {"style_seed": seed, **({} if steering is None else {"edits": [steering.as_dict()]})}
    told = clip_provenance(painter, Path("clip"), made, plan, None)
    with recording(ask.session, "anime", clip.fps, lambda: told, clip) as (writer, kept):
        for number in convert(clip, video, writer):
            studio.watch("drawing", number + 1, clip.frames)
    return player(kept[0], ask.say) + remarks([*video.notes, *clip.notes], ask.say)


def _again(made: Mapping[str, Any]) -> list[Any]:
    rows = [row for edit in made.get("edits", ()) for row in edit["settings"]]
    said = {row["direction"]: float(row["strength"]) for row in rows}
    other = next((name for name in OTHERS if name in said), "")
    return [made.get("style_seed", 0), *(said.get(name, 0.0) for name in STEERS), other]
