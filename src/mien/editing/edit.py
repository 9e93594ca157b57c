"""The verbs of latent control: edit a face, mix two, lay steps along a direction side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from mien.editing.label_directions import name_in_words
from mien.editing.latent import Face, read_faces
from mien.editing.mixing import mix, parse_layers, spans
from mien.editing.sets import LoadedDirections, load_direction_set
from mien.editing.settings import STRONGEST, Setting, apply_settings, read_settings
from mien.errors import InputError, WeightsMissing, WrongType, WrongValue, counted
from mien.files import cut_name, slug
from mien.hub.loading import part_of
from mien.images import formats, sheets
from mien.images.sheets import Sheet
from mien.portraits.checks import checked, in_range, remarks, several, whole
from mien.portraits.faces import LATENTS, Faces

if TYPE_CHECKING:
    from mien.editing.session import Editing

Settings = Sequence[str | Setting] | Mapping[str, float] | str | Setting
"""What an edit asks for: ``["smile=+2"]``, ``{"smile": 2}``, or one of its parts alone."""

_STEM = 80
_CELLS = 1024


def find_directions(
    studio: Editing, name: str | Path | None, force: bool = False
) -> LoadedDirections:
    """The directions of a generator: a set's name or file; ``name`` None for ``MODEL-edits``.

    UnknownName, WeightsMissing, CheckpointError: there are none, or they cannot be read;
    InputError: they belong to another generator and ``force`` is false.
    """
    if name is None:
        path = part_of(studio.text_family, "edits")
        if path is None:
            raise WeightsMissing(
                f"{studio.text_family}-edits.safetensors",
                f"there are no directions for model {studio.loaded.name!r}",
                f"run: mien adopt {studio.model}, or mien directions fit --model {studio.model} "
                "--out FILE and give `directions`",
            )
        own = Path(studio.text_family).parent == Path()
        found = load_direction_set(f"{studio.text_family}-edits" if own else path)
    else:
        found = load_direction_set(name)
    found.directions.check_generator(studio.loaded.sha256, force)
    return found


def edit(
    studio: Editing,
    face: Face,
    settings: Settings,
    directions: str | Path | None = None,
    layers: str | None = None,
    psi: float = 0.7,
    force: bool = False,
) -> Faces:
    """Move a face along directions; see :meth:`mien.studio.session.Studio.edit`."""
    found = find_directions(studio, directions, force)
    wanted = _settings(studio, settings, layers, found)
    ws, made = read_faces(studio, face, psi)
    moved = apply_settings(ws, found.directions, wanted)
    each = [_after(row, found, wanted) for row in made]
    labels = [one.label() for one in wanted]
    notes = _notes(studio, found, wanted, psi, made)
    faces = _faces(studio, moved, each, ["-".join(labels)] * len(made), notes)
    before = studio.draw(ws, ()).images
    captions = ((_said(one), ", ".join(labels)) for one in made)
    return replace(faces, sheet=_beside((before, faces.images), captions))


def strip(
    studio: Editing,
    face: Face,
    setting: str | Setting,
    steps: int = 7,
    directions: str | Path | None = None,
    layers: str | None = None,
    psi: float = 0.7,
    force: bool = False,
) -> Faces:
    """Steps along one direction; see :meth:`mien.studio.session.Studio.strip`."""
    if not 2 <= whole("steps", steps) <= 64:
        raise InputError(f"a strip of {counted(steps, 'steps')}; from 2 to 64 can be drawn")
    found = find_directions(studio, directions, force)
    (wanted,) = _settings(studio, [setting], layers, found)
    ws, rows = read_faces(studio, face, psi)
    if len(ws) != 1:
        raise InputError(
            f"a strip shows 1 face, {face} holds {len(ws)}; give one seed, or one row, FILE:0"
        )
    (made,) = rows
    # From the opposite of what is asked to what is asked, by way of the face itself.
    scales = [float(step) for step in np.linspace(-1, 1, steps)]
    each, parts, stems = [], [], []
    for scale in scales:
        step = replace(wanted, strength=wanted.strength * scale)
        parts.append(apply_settings(ws, found.directions, [step]))
        each.append(_after(made, found, [step]))
        stems.append(f"{_stem(made)}-{_slug(step.label())}")
    faces = studio.draw(torch.cat(parts), (), {}, _notes(studio, found, [wanted], psi, rows))
    return replace(faces, each=tuple(each), stems=tuple(stems))


def mixture(studio: Editing, a: Face, b: Face, layers: str, psi: float = 0.7) -> Faces:
    """Layers of one face into another; see :meth:`mien.studio.session.Studio.mix`."""
    chosen = parse_layers(layers, studio.generator.num_ws)
    ws_a, made_a = read_faces(studio, a, psi)
    ws_b, made_b = read_faces(studio, b, psi)
    mixed = mix(ws_a, ws_b, chosen)
    pairs = [(_row(made_a, i), _row(made_b, i)) for i in range(len(mixed))]
    each = [_mixed(one, other, chosen, studio) for one, other in pairs]
    labels = [f"layers {layers} of {_stem(other)}" for _, other in pairs]
    faces = _faces(studio, mixed, each, labels, remarks(psi))
    sources = [studio.draw(ws.expand(len(mixed), -1, -1), ()).images for ws in (ws_a, ws_b)]
    captions = (
        (f"A: {_said(one)}", f"B: {_said(other)}", f"A with layers {layers} of B")
        for one, other in pairs
    )
    return replace(faces, sheet=_beside((*sources, faces.images), captions))


def crossing(
    studio: Editing, rows: Sequence[Face], columns: Sequence[Face], layers: str, psi: float = 0.7
) -> Faces:
    """Every row with layers of every column; see :meth:`mien.studio.session.Studio.grid`."""
    in_range("psi", psi)
    chosen = parse_layers(layers, studio.generator.num_ws)
    several("rows", rows)
    several("columns", columns)
    (ws_r, made_r), (ws_c, made_c) = (_all_faces(studio, side, psi) for side in (rows, columns))
    if not len(ws_r) or not len(ws_c) or len(ws_r) * len(ws_c) > _CELLS:
        raise WrongValue(f"a grid of {len(ws_r)} x {len(ws_c)} faces; from 1 to {_CELLS} are drawn")
    mixed = torch.cat([mix(row[None], ws_c, chosen) for row in ws_r])
    pairs = [(one, other) for one in made_r for other in made_c]
    each = [_mixed(one, other, chosen, studio) for one, other in pairs]
    labels = [f"layers {layers} of {_stem(other)}" for _, other in pairs]
    faces = _faces(studio, mixed, each, labels, remarks(psi))
    top, left = studio.draw(ws_c, ()).images, studio.draw(ws_r, ()).images
    blank = np.full_like(top[:1], 255)
    cells, said = [blank, top], [f"layers {layers} of each column", *map(_said, made_c)]
    for i, one in enumerate(made_r):
        cells += [left[i : i + 1], faces.images[i * len(made_c) : (i + 1) * len(made_c)]]
        said += [_said(one), *[""] * len(made_c)]
    sheet = Sheet(np.concatenate(cells), tuple(said), len(made_c) + 1)
    return replace(faces, sheet=sheet)


def _all_faces(
    studio: Editing, faces: Sequence[Face], psi: float
) -> tuple[Tensor, list[dict[str, Any]]]:
    found = [read_faces(studio, face, psi) for face in faces]
    if not found:
        raise InputError("a grid needs faces for its rows and for its columns")
    return torch.cat([ws for ws, _ in found]), [one for _, made in found for one in made]


def _row(made: Sequence[Mapping[str, Any]], number: int) -> Mapping[str, Any]:
    return made[min(number, len(made) - 1)]


def _beside(columns: Sequence[np.ndarray], captions: Iterable[tuple[str, ...]]) -> Sheet:
    """A sheet with the sources of each face before it; two faces a row if they are many."""
    shown = np.stack(columns, axis=1)  # [n k h w 3]
    wide = len(columns) * (1 if len(shown) <= 4 else 2)
    said = tuple(text for row in captions for text in row)
    return Sheet(shown.reshape(-1, *shown.shape[2:]), said, wide)


def _said(made: Mapping[str, Any]) -> str:
    text, seed = made.get("text"), f"seed {made.get('seed')}"
    head = f"{text} ({seed})" if text else seed
    if "latents" in made:
        head = f"{made['latents']}:{made.get('row', 0)}"
    if "mix" in made:
        head = "a mixture"
    rows = (row for one in made.get("edits", ()) for row in one["settings"])
    return ", ".join([head, *(Setting.from_dict(row).label() for row in rows)])


def _notes(
    studio: Editing,
    found: LoadedDirections,
    settings: Sequence[Setting],
    psi: float,
    made: Iterable[Mapping[str, Any]],
) -> list[str]:
    """What a person should know of an edit, and what reading a photo had to say."""
    said, num_ws, generator = [], studio.generator.num_ws, found.directions.generator
    if generator != studio.loaded.sha256:
        said.append(
            f"the directions {found.name} were found in another generator "
            f"({generator[:12] or 'unknown'}); along them nothing in particular moves"
        )
    for one in settings:
        way, name = one.direction(found.directions), name_in_words(one.name)
        if one.coefficients is None and abs(one.strength) > way.reach:
            said.append(
                f"strength {one.strength:+g} of {name!r} lies beyond {way.reach:g}, "
                "up to which it was measured"
            )
        passed = set(range(num_ws) if way.layers is None else way.layers) - {*(one.layers or ())}
        if one.layers is not None and passed:
            said.append(
                f"{name!r} was found in layers {spans(way.layers or range(num_ws))}; "
                f"those but {spans(one.layers)} stay as they are"
            )
    names = [one.name for one in settings]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        whole = sum(one.strength for one in settings if one.name == name)
        said.append(f"{name!r} is set {names.count(name)} times; together {whole:+g}")
    return [*said, *remarks(psi), *(note for one in made for note in one.get("notes", ()))]


def _settings(
    studio: Editing,
    settings: Settings,
    layers: str | None,
    found: LoadedDirections,
) -> tuple[Setting, ...]:
    """What is asked for, with the names as the set has them."""
    if isinstance(settings, str | Setting):
        settings = [settings]
    if isinstance(settings, Mapping):
        settings = [
            Setting(str(name), checked(f"settings[{name!r}]", value, -STRONGEST, STRONGEST))
            for name, value in settings.items()
        ]
    if not isinstance(settings, Sequence) or not all(
        isinstance(one, str | Setting) for one in settings
    ):
        raise WrongType("settings", settings, "{'smile': 2} or ['smile=+2']")
    chosen = None if layers is None else parse_layers(layers, studio.generator.num_ws)
    texts = [one for one in settings if isinstance(one, str)]
    read = iter(read_settings(texts, chosen) if texts else ())
    wanted = [next(read) if isinstance(one, str) else one for one in settings]
    if not wanted:
        raise InputError("nothing to change; give `settings=smile=+2`")
    if chosen is not None:
        wanted = [replace(one, layers=chosen) for one in wanted]
    return tuple(one.named_as(found.directions) for one in wanted)


def _after(
    made: Mapping[str, Any], found: LoadedDirections, settings: Sequence[Setting]
) -> dict[str, Any]:
    rows = [one.as_dict() for one in settings]
    step = {"set": found.name, "set_sha256": found.sha256, "settings": rows}
    return {**made, "edits": [*made.get("edits", ()), step]}


def _mixed(
    a: Mapping[str, Any], b: Mapping[str, Any], layers: Sequence[int], studio: Editing
) -> dict[str, Any]:
    """What made a mixture; what the model is called stands at its head only."""
    common = studio.signature
    parts = [{k: v for k, v in made.items() if k not in common} for made in (a, b)]
    said: dict[str, Any] = {"mix": {"a": parts[0], "b": parts[1], "layers": list(layers)}}
    # A face that rests on a file of latents cannot be made again without it.
    for part in parts:
        if "latents" in part:
            said["latents"] = part["latents"]
    return said


def _faces(
    studio: Editing,
    ws: Tensor,
    each: Sequence[Mapping[str, Any]],
    labels: Sequence[str],
    notes: Sequence[str],
) -> Faces:
    stems = [
        cut_name(f"{_stem(one)}-{_slug(label)}", _STEM)
        for one, label in zip(each, labels, strict=True)
    ]
    faces = studio.draw(ws, (), {}, notes)
    made = tuple(dict(one) for one in each)
    return replace(faces, each=made, stems=tuple(_told_apart(stems)))


def _stem(made: Mapping[str, Any]) -> str:
    """A file name for a face: its sentence and seed, its file and row, or what it is mixed of."""
    if "mix" in made:
        return f"{_stem(made['mix']['a'])}-mix"
    if "photo" in made:
        return _slug(Path(str(made["photo"])).stem)
    if "latents" in made:
        path = Path(str(made["latents"]))
        # Every run has a latents.npz; its folder is what tells them apart.
        name = path.parent.name if path.name == LATENTS and path.parent.name else path.stem
        return f"{cut_name(_slug(name), 40) or path.stem}-{made.get('row', 0)}"
    words = slug(str(made.get("text", "")), 32) or "face"
    return f"{words}-seed{int(made.get('seed', 0)):04d}"


def _slug(text: str) -> str:
    """A text as a part of a file name that no shell wants quoted; points tell strengths apart."""
    return slug(text, _STEM, keep=".-")


def _told_apart(stems: Iterable[str]) -> list[str]:
    """Names of which those that come again get numbers."""
    taken: list[str] = []
    for stem in stems:
        name, again = stem, 0
        while name in taken:
            again += 1
            name = f"{stem}-again{again}"
        taken.append(name)
    return taken


def joined(parts: Sequence[Faces]) -> Faces:
    """Several edited faces as one set, equal names numbered; an InputError if there are none."""
    if not parts:
        raise InputError("no face to edit; give a seed, an .npz, a photo, or a PNG of mien's")
    stems = _told_apart(stem for one in parts for stem in one.stems)
    pages = [one.sheet for one in parts if one.sheet is not None]
    return replace(
        parts[0],
        images=np.concatenate([one.images for one in parts]),
        ws=np.concatenate([one.ws for one in parts]),
        each=tuple(made for one in parts for made in one.each),
        stems=tuple(stems),
        notes=tuple(dict.fromkeys(remark for one in parts for remark in one.notes)),
        sheet=sheets.joined(pages, 2 if len(stems) <= 4 else 4) if pages else None,
    )


def strip_path(folder: Path, faces: Faces, format: str = "png") -> Path:
    """The file of a strip: named like its last step."""
    return folder / f"{faces.stems[-1]}-strip{formats.suffix_of(format)}"


def save_strip(path: Path, faces: Faces, setting: str, force: bool = False) -> Path:
    """Write the steps that :func:`strip` gives side by side as one picture.

    ``setting`` is what was asked for, for the picture's provenance. Raises OutputError if the file
    exists and ``force`` is false, or the disk refuses.
    """
    captions = [one["edits"][-1]["settings"][0] for one in faces.each]
    labels = [Setting.from_dict(row).label() for row in captions]
    page = Sheet(faces.images, tuple(labels), len(labels)).drawn()
    start = {k: v for k, v in faces.each[0].items() if k != "edits"}
    made = {**faces.provenance, "strip": {"setting": setting, "steps": len(labels), "of": start}}
    return formats.save(path, page, made, force)
