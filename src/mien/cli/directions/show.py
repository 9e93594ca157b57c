"""``mien directions list`` and ``show``: what sets there are, and what a set holds."""

from __future__ import annotations

from mien.cli import opt
from mien.cli.common import emit


def list_sets(json: opt.Json = False) -> None:
    """List the sets of directions that there are: shipped, and in the user's store."""
    from mien.editing.sets import KIND, load_direction_set
    from mien.errors import CheckpointError, counted
    from mien.hub import catalogue
    from mien.hub.loading import find_file
    from mien.hub.store import store

    names = {name: catalogue.find(name, KIND).file for name in catalogue.names(KIND)}
    for path in sorted(store().glob("*.safetensors")):
        names.setdefault(path.stem, path.name)
    rows = []
    for name, file in names.items():
        if find_file(file) is None:
            rows.append({"name": name, "directions": [], "generator": "", "file": None})
            continue
        try:
            found = load_direction_set(name)
        except CheckpointError:
            if name in catalogue.names(KIND):
                raise
            continue  # Another kind of file in the store.
        facts = {"directions": found.directions.names, "generator": found.directions.generator}
        rows.append({"name": name, **facts, "file": found.path})
    lines = []
    for row in rows:
        count, pull = counted(len(row["directions"]), "directions"), "not here: mien weights pull"
        where = row["generator"][:12] if row["file"] else f"{pull} {row['name']}"
        lines.append(f"{row['name']}: {count}, generator {where}")
    emit({"sets": rows}, json, "\n".join(lines) or "there are none; run: mien directions fit")


def show(directions: opt.Directions = "portraits-edits", json: opt.Json = False) -> None:
    """Show what a set holds: names, layers, scale, how each was found, what was measured."""
    from rich.table import Table

    from mien.editing.sets import load_direction_set

    found = load_direction_set(directions)
    table = Table(box=None, pad_edge=False)
    for name in ("name", "space", "layers", "scale", "method", "measured"):
        table.add_column(name, justify="right" if name == "scale" else "left")
    rows = []
    for one in found.directions:
        layers = "all" if one.layers is None else f"{one.layers[0]}-{one.layers[-1]}"
        scores = ", ".join(f"{name} {value:.2f}" for name, value in one.scores.items())
        table.add_row(one.name, one.space, layers, f"{one.scale:.3g}", one.method, scores)
        said = ("name", "space", "layers", "scale", "method")
        rows.append({**{key: getattr(one, key) for key in said}, "scores": dict(one.scores)})
    result = {
        "set": found.name,
        "sha256": found.sha256,
        "generator": found.directions.generator,
        "meta": found.meta,
        "directions": rows,
    }
    emit(result, json, table)
