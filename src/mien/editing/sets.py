"""Sets of directions as files: one ``.safetensors`` a set, found by name or path.

found = load_direction_set("portraits-edits")
found.directions["smile"]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from mien.checkpoints import native
from mien.editing.direction import DirectionSet
from mien.editing.label_directions import label_directions
from mien.errors import CheckpointError, InputError
from mien.hub.loading import load, resolve
from mien.hub.store import known_sha256

KIND = "directions"
"""The kind of such a file; ``text-directions`` is what sentences move latents along."""
CODES = "code-moments"
"""A file of this kind holds directions too: see :mod:`mien.editing.label_directions`."""


@dataclass(frozen=True)
class LoadedDirections:
    """Directions and where they came from.

    ``name`` is what was asked for (the catalogue's name, or the path), ``sha256`` that of the file,
    ``meta`` how it was made: generator, tagger, samples, settings.
    """

    directions: DirectionSet
    name: str
    sha256: str
    meta: dict[str, Any] = field(default_factory=dict)
    path: Path = Path()


def load_direction_set(name_or_path: str | Path) -> LoadedDirections:
    """Load a set of directions, or of moments of codes (``portraits-codes``).

    By a name of the catalogue, the stem of a file in the user's store, or a path. UnknownName: no
    such name; WeightsMissing: a known one whose file is not here; CheckpointError: a file that
    cannot be read, holds something else, or is damaged.
    """
    path = resolve(name_or_path, KIND)
    if native.read_header(path).kind == CODES:
        return replace(_of_codes(path, known_sha256(path)), name=str(name_or_path))
    found = native.load(path, KIND)
    try:
        directions = DirectionSet.from_tensors(found.tensors, found.config)
    except InputError as error:
        raise CheckpointError(path, str(error), "fit it again: mien directions fit") from None
    return LoadedDirections(directions, str(name_or_path), known_sha256(path), found.meta, path)


@lru_cache(maxsize=4)
def _of_codes(path: Path, sha256: str) -> LoadedDirections:
    """Directions of a file of moments: most of a second of work, asked for at every edit."""
    codes = load(path, CODES)
    directions = label_directions(codes.network, str(codes.meta.get("generator", "")))
    return LoadedDirections(directions, str(path), sha256, codes.meta, path)


def save_direction_set(
    path: str | Path,
    directions: DirectionSet,
    meta: Mapping[str, Any] | None = None,
    force: bool = False,
) -> None:
    """Write a set of directions as ``.safetensors``; ``meta`` says how it was made.

    InputError: the set is empty, or the name ends otherwise; OutputError: the file exists and
    ``force`` is false, or the disk refuses.
    """
    if not len(directions):
        raise InputError(f"{path}: a set of 0 directions; there is nothing to write")
    check_set_name(path)
    tensors, config = directions.to_tensors()
    native.save(path, KIND, tensors, config, meta, force=force)


def check_set_name(path: str | Path) -> None:
    """Raise an InputError unless a name ends in ``.safetensors``; for before the fit."""
    if Path(path).suffix != ".safetensors":
        raise InputError(f"{path}: directions are written as .safetensors; give such a name")
