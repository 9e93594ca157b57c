"""The verbs of latent control: edit a face, mix two, lay steps along a direction side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from mien import images
from mien.editing.latent import read_face
from mien.editing.mixing import mix, parse_layers
from mien.editing.sets import LoadedDirections, load_direction_set
from mien.editing.settings import Setting, apply_settings, read_settings
from mien.errors import InputError, UnknownName, WeightsMissing
from mien.files import cut_name, slug
from mien.portraits.faces import Faces

if TYPE_CHECKING:
    from mien.studio.session import Studio

_STEM = 80


def find_directions(
    studio: Studio, name: str | Path | None, force: bool = False
) -> LoadedDirections:
    """The directions of a generator.

    Args:
        studio: Whose generator they shall fit.
        name: A name or a file; ``None`` for ``MODEL-edits``.
        force: Take directions of another generator too.

    Raises:
        UnknownName, WeightsMissing, CheckpointError: There are none, or they cannot be read.
        InputError: They belong to another generator and ``force`` is false.
    """
    if name is None:
        name = f"{studio.text_family}-edits"
        try:
            found = load_direction_set(name)
        except UnknownName:
            raise WeightsMissing(
                f"{name}.safetensors",
                f"there are no directions for model {studio.loaded.name!r}",
                f"run: mien directions fit --model {studio.model} --out FILE, give --directions",
            ) from None
    else:
        found = load_direction_set(name)
    found.directions.check_generator(studio.loaded.sha256, force)
    return found


def edit(
    studio: Studio,
    face: str | int | Path,
    settings: Sequence[str | Setting],
    directions: str | Path | None = None,
    layers: str | None = None,
    psi: float = 0.7,
    force: bool = False,
) -> Faces:
    """Move a face along directions; see :meth:`mien.studio.session.Studio.edit`."""
    found = find_directions(studio, directions, force)
    wanted = _settings(studio, settings, layers)
    ws, made = read_face(studio, face, psi)
    moved = apply_settings(ws, found.directions, wanted)
    label = "-".join(one.label() for one in wanted)
    each = [_after(row, found, wanted) for row in _rows(made, len(ws))]
    notes = (*_foreign(studio, found), *made.get("notes", ()))
    return _faces(studio, moved, each, label, notes)


def strip(
    studio: Studio,
    face: str | int | Path,
    setting: str | Setting,
    steps: int = 7,
    directions: str | Path | None = None,
    layers: str | None = None,
    psi: float = 0.7,
    force: bool = False,
) -> Faces:
    """Steps along one direction; see :meth:`mien.studio.session.Studio.strip`."""
    if not 2 <= steps <= 64:
        raise InputError(f"a strip of {steps} steps; from 2 to 64 can be drawn")
    found = find_directions(studio, directions, force)
    (wanted,) = _settings(studio, [setting], layers)
    ws, made = read_face(studio, face, psi)
    if len(ws) != 1:
        raise InputError(f"a strip shows 1 face, {face} holds {len(ws)}; give one row, {face}:0")
    # From the opposite of what is asked to what is asked, by way of the face itself.
    scales = [float(step) for step in np.linspace(-1, 1, steps)]
    each, parts, stems = [], [], []
    for scale in scales:
        step = replace(wanted, strength=wanted.strength * scale)
        parts.append(apply_settings(ws, found.directions, [step]))
        each.append(_after(made, found, [step]))
        stems.append(f"{_stem(made)}-{_slug(step.label())}")
    notes = (*_foreign(studio, found), *made.get("notes", ()))
    faces = studio.draw(torch.cat(parts), (), {}, notes)
    return replace(faces, each=tuple(each), stems=tuple(stems))


def mixture(
    studio: Studio,
    a: str | int | Path,
    b: str | int | Path,
    layers: str,
    psi: float = 0.7,
) -> Faces:
    """Layers of one face into another; see :meth:`mien.studio.session.Studio.mix`."""
    chosen = parse_layers(layers, studio.generator.num_ws)
    ws_a, made_a = read_face(studio, a, psi)
    ws_b, made_b = read_face(studio, b, psi)
    mixed = mix(ws_a, ws_b, chosen)
    first, second = _rows(made_a, len(ws_a)), _rows(made_b, len(ws_b))
    each = [
        _mixed(first[min(i, len(first) - 1)], second[min(i, len(second) - 1)], chosen, studio)
        for i in range(len(mixed))
    ]
    return _faces(studio, mixed, each, f"layers {layers} of {_stem(made_b)}", ())


def _settings(
    studio: Studio, settings: Sequence[str | Setting], layers: str | None
) -> tuple[Setting, ...]:
    chosen = None if layers is None else parse_layers(layers, studio.generator.num_ws)
    texts = [one for one in settings if isinstance(one, str)]
    read = iter(read_settings(texts, chosen) if texts else ())
    found = tuple(next(read) if isinstance(one, str) else one for one in settings)
    if not found:
        raise InputError("nothing to change; write --set smile=+2")
    return found


def _rows(made: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
    """What made each face of a file of several."""
    if count == 1:
        return [dict(made)]
    return [{**made, "row": row} for row in range(count)]


def _after(
    made: Mapping[str, Any], found: LoadedDirections, settings: Sequence[Setting]
) -> dict[str, Any]:
    """What made a face, after an edit."""
    rows = [one.as_dict() for one in settings]
    step = {"set": found.name, "set_sha256": found.sha256, "settings": rows}
    return {**made, "edits": [*made.get("edits", ()), step]}


def _mixed(
    a: Mapping[str, Any], b: Mapping[str, Any], layers: Sequence[int], studio: Studio
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


def _foreign(studio: Studio, found: LoadedDirections) -> tuple[str, ...]:
    if found.directions.generator == studio.loaded.sha256:
        return ()
    return (
        f"the directions {found.name} were found in another generator "
        f"({found.directions.generator[:12] or 'unknown'}); along them nothing in particular moves",
    )


def _faces(
    studio: Studio,
    ws: Tensor,
    each: Sequence[Mapping[str, Any]],
    label: str,
    notes: Sequence[str],
) -> Faces:
    stems = [cut_name(f"{_stem(one)}-{_slug(label)}", _STEM) for one in each]
    faces = studio.draw(ws, (), {}, notes)
    return replace(faces, each=tuple(dict(one) for one in each), stems=tuple(stems))


def _stem(made: Mapping[str, Any]) -> str:
    """A file name for a face: its sentence and seed, its file and row, or what it is mixed of."""
    if "mix" in made:
        return f"{_stem(made['mix']['a'])}-mix"
    if "photo" in made:
        return _slug(Path(str(made["photo"])).stem)
    if "latents" in made:
        return f"{_slug(Path(str(made['latents'])).stem)}-{made.get('row', 0)}"
    words = slug(str(made.get("text", "")), 32) or "face"
    return f"{words}-seed{int(made.get('seed', 0)):04d}"


def _slug(text: str) -> str:
    """A text as a part of a file name; signs and points stay, since they tell strengths apart."""
    return slug(text, _STEM, keep=".+=-")


def joined(parts: Sequence[Faces]) -> Faces:
    """Several edited faces as one set; names that are equal get numbers.

    Raises:
        InputError: There are none.
    """
    if not parts:
        raise InputError("no face to edit; give a seed, an .npz, a photo, or a PNG of mien's")
    stems: list[str] = []
    for stem in (stem for one in parts for stem in one.stems):
        again = sum(other == stem or other.startswith(f"{stem}-again") for other in stems)
        stems.append(f"{stem}-again{again}" if again else stem)
    return replace(
        parts[0],
        images=np.concatenate([one.images for one in parts]),
        ws=np.concatenate([one.ws for one in parts]),
        each=tuple(made for one in parts for made in one.each),
        stems=tuple(stems),
        notes=tuple(dict.fromkeys(remark for one in parts for remark in one.notes)),
    )


def strip_path(folder: Path, faces: Faces) -> Path:
    """The file of a strip: named like its last step."""
    return folder / f"{faces.stems[-1]}-strip.png"


def save_strip(path: Path, faces: Faces, setting: str, force: bool = False) -> Path:
    """Write the steps of a strip side by side as one PNG.

    Args:
        path: Where to.
        faces: As :func:`strip` gives them.
        setting: What was asked for, for the picture's provenance.
        force: Whether an existing file may be replaced.

    Raises:
        OutputError: The file exists and ``force`` is false, or the disk refuses.
    """
    captions = [one["edits"][-1]["settings"][0] for one in faces.each]
    labels = [Setting.from_dict(row).label() for row in captions]
    page = images.contact_sheet(faces.images, labels, columns=len(labels))
    start = {k: v for k, v in faces.each[0].items() if k != "edits"}
    made = {**faces.provenance, "strip": {"setting": setting, "steps": len(labels), "of": start}}
    return images.save(path, page, made, force)
