"""The verbs of the studio as programs ask for them: a body in, pictures out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import InputError, WrongValue
from mien.faces.alignment import Alignment
from mien.inversion.optimise import Step
from mien.inversion.paste import paste_face
from mien.portraits.faces import Faces
from mien.runtime.watching import Watch
from mien.studio.session import Studio
from mien.web import bodies
from mien.web.answers import Bounds, Result
from mien.web.given import composed, face_of_file, face_of_picture
from mien.web.sessions import Made
from mien.web.uploads import known_name, read_picture

_MOST_FRAMES = 900


def describe(studio: Studio, body: bodies.Describe, bounds: Bounds) -> Result:
    """Draw faces that fit a sentence; see :meth:`mien.Studio.describe`."""
    _few(body.count, bounds)
    return _faces("describe", studio.describe(**dict(body)))


def generate(studio: Studio, body: bodies.Generate, bounds: Bounds) -> Result:
    """Draw faces of seeds; see :meth:`mien.Studio.generate`."""
    _few(body.count if body.seeds is None else len(body.seeds), bounds)
    return _faces("generate", studio.generate(**dict(body)))


def edit(studio: Studio, body: bodies.Edit, bounds: Bounds) -> Result:
    """Move a face; see :meth:`mien.Studio.edit` and :meth:`mien.Studio.edit_by_words`."""
    face = _face(studio, body.face, bounds)
    if body.text is None:
        faces = studio.edit(face, body.settings or [], layers=body.layers, psi=body.psi)
    else:
        faces = studio.edit_by_words(face, body.text, layers=body.layers, psi=body.psi)
    found = _faces("edit", faces)
    if not body.paste:
        return found
    made = dict(faces.each[0])
    if body.face.picture is None or "outline" not in made:
        raise InputError("`paste` is for photos, and the face was not read from one")
    photo = read_picture(body.face.picture, bounds.limits)
    outline = np.asarray(made["outline"], np.float64)
    page = paste_face(photo, faces.images[0], Alignment.from_dict(made["alignment"]), outline)
    return replace(found, made=[*found.made, Made(page, "paste", {**made, "pasted": True})])


def strip(studio: Studio, body: bodies.Strip, bounds: Bounds) -> Result:
    """Lay steps along a direction side by side; see :meth:`mien.Studio.strip`."""
    face = _face(studio, body.face, bounds)
    drawn = studio.strip(face, body.setting, body.steps, layers=body.layers, psi=body.psi)
    return _faces("strip", drawn)


def mix(studio: Studio, body: bodies.Mix, bounds: Bounds) -> Result:
    """Take layers of one face into another; see :meth:`mien.Studio.mix`."""
    a, b = _face(studio, body.a, bounds), _face(studio, body.b, bounds)
    return _faces("mix", studio.mix(a, b, body.layers, body.psi))


def grid(studio: Studio, body: bodies.Grid, bounds: Bounds) -> Result:
    """Mix every column into every row; see :meth:`mien.Studio.grid`."""
    _few(len(body.rows) * len(body.columns), bounds)
    rows, columns = (
        [_face(studio, one, bounds) for one in side] for side in (body.rows, body.columns)
    )
    return _faces("grid", studio.grid(rows, columns, body.layers, body.psi))


def walk(studio: Studio, body: bodies.Walk, bounds: Bounds) -> Result:
    """Draw a clip that walks from face to face; see :meth:`mien.Studio.walk`."""
    from mien.video.writer import writing

    frames = round(body.seconds * body.fps)
    if frames > _MOST_FRAMES:
        raise WrongValue(f"the clip has {frames} frames, and may have {_MOST_FRAMES}")
    faces = [_face(studio, one, bounds) for one in body.faces]
    planned = studio.walk(faces, body.seconds, body.fps, body.loop, body.space, body.psi, body.ease)
    with tempfile.TemporaryDirectory(dir=bounds.folder) as folder:
        path = Path(folder, "walk.mp4")
        with writing(path, planned.fps, provenance=lambda: planned.provenance) as writer:
            for images in planned:
                writer.write(images)
        return Result(notes=planned.notes, clip=path.read_bytes())


def compose(studio: Studio, body: bodies.Compose, bounds: Bounds) -> Result:
    """Draw faces of words and pictures; see :meth:`mien.Studio.compose`."""
    _few(body.count, bounds)
    asked = dict(body)
    sent = {name: asked.pop(name) for name in ("sketch", "label", "photo")}
    given = {
        name: read_picture(data, bounds.limits, name)
        for name, data in sent.items()
        if data is not None
    }
    if "label" in given:
        given["label"] = given["label"][..., 0]
    return _faces("compose", composed(studio, bounds.folder, given, **asked))


def sketch(studio: Studio, body: bodies.Translate, bounds: Bounds) -> Result:
    """Draw a photo as a sketch; see :meth:`mien.Studio.sketch`."""
    return _translated(studio.sketch, "sketch", "photo-to-sketch", body, bounds)


def photo(studio: Studio, body: bodies.Translate, bounds: Bounds) -> Result:
    """Make a photo of a sketch; see :meth:`mien.Studio.photo`."""
    return _translated(studio.photo, "photo", "sketch-to-photo", body, bounds)


def _translated(
    verb: Callable[..., Any], name: str, model: str, body: bodies.Translate, bounds: Bounds
) -> Result:
    picture = read_picture(body.picture, bounds.limits)
    chosen = None if body.model is None else known_name(body.model)
    made = verb(picture, chosen, body.method)
    return Result([Made(made.image, name, made.provenance, notes=made.notes)], made.notes)


def anime(studio: Studio, body: bodies.Anime, bounds: Bounds) -> Result:
    """Draw the face of a photo as anime; see :meth:`mien.Studio.anime`."""
    _few(body.styles, bounds)
    style = None
    if body.style_from is not None:
        style = read_picture(body.style_from, bounds.limits, "style_from")
    drawn = studio.anime(
        read_picture(body.photo, bounds.limits, "photo"),
        body.styles,
        body.style_seed,
        style,
        body.settings,
        face=body.face,
        box=_box(body.box),
        aligned=body.aligned,
        paste=body.paste,
        size=body.size,
    )
    rows = zip(drawn.results, drawn.each, strict=True)
    made = [Made(image, "anime", {**drawn.provenance, **one}) for image, one in rows]
    return Result(made, drawn.notes)


def invert(studio: Studio, body: bodies.Invert, bounds: Bounds) -> Result:
    """Find the latent of a photo; see :meth:`mien.Studio.invert`."""
    pixels = read_picture(body.photo, bounds.limits, "photo")
    found = studio.invert(
        pixels,
        body.steps,
        face=body.face,
        box=_box(body.box),
        aligned=body.aligned,
        follow=following(studio.watch),
    )
    told = {**found.provenance, "stages": [asdict(stage) for stage in found.stages]}
    last = Made(found.drawn[-1], "invert", told, found.ws, found.notes)
    return Result([last], [*found.notes, *map(str, found.stages)])


def following(watch: Watch) -> Callable[..., Any]:
    """Tells a watch of the steps of an inversion."""

    def follow(steps: Any, what: str, total: int) -> Any:
        watch(what, 0, total)
        step: Step
        for done, step in enumerate(steps, 1):
            watch(what, done, total)
            yield step

    return follow


def _faces(verb: str, faces: Faces) -> Result:
    return Result(Made.each_of(faces, verb), faces.notes)


def _face(studio: Studio, face: bodies.Face, bounds: Bounds) -> int | Faces:
    if face.seed is not None:
        return face.seed
    if face.latents is not None:
        return face_of_file(studio, face.latents, face.row, bounds.folder)
    return face_of_picture(studio, face.picture or b"", bounds.limits, face.face)


def _box(box: Sequence[float] | None) -> tuple[float, float, float, float] | None:
    return None if box is None else (box[0], box[1], box[2], box[3])


def _few(count: int, bounds: Bounds) -> None:
    if count > bounds.count:
        raise WrongValue(f"{count} pictures are asked for, and at most {bounds.count} are drawn")


Verb = Callable[[Studio, Any, Bounds], Result]

_ALL = (describe, generate, edit, strip, mix, grid, walk, compose, sketch, photo, anime, invert)
VERBS: Mapping[str, Verb] = {verb.__name__: verb for verb in _ALL}
"""Verb -> what answers its body, :data:`mien.web.bodies.BODIES`."""
