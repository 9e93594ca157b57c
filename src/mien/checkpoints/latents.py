"""Latents and directions as other tools leave them: read into plain arrays.

Latents: ``projected_w.npz`` (NVlabs), ``latents.pt`` and ``.npy`` (e4e, pSp, StyleCLIP), the
dictionary of rosinality's projector, our own ``.npz``. Directions: InterFaceGAN boundaries, e4e's
``.pt`` of them, GANSpace components, rosinality's ``factor.pt``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.checkpoints.arrays import read_arrays
from mien.checkpoints.documents import groups
from mien.checkpoints.inert import ArrayRef, TensorRef
from mien.checkpoints.sniff import looks_like
from mien.checkpoints.torch_files import open_file
from mien.errors import CheckpointError, counted

_LATENT_NAMES = (
    "w", "ws", "latents", "latent", "projected_w", "w_plus", "dlatents", "",
    "wp", "w+", "wplus", "dlatent", "latent_code", "latent_codes", "code", "codes", "arr_0",
)  # fmt: skip
_NOISE_NAMES = ("z", "zs", "latent_z", "latents_z", "z_samples")
_OTHERS = frozenset({
    *_NOISE_NAMES, "noise", "noises", "boundary", "boundaries", "direction", "directions", "normal",
    "intercept", "bias", "mean", "std", "stdev", "w_avg", "latent_avg", "w_mean", "w_std", "eigvec",
    "eigval", "comp", "components", "lat_comp", "lat_mean", "lat_stdev", "act_comp", "act_mean",
    "act_stdev", "var_ratio", "img", "image", "images", "face", "faces", "label", "labels", "c",
    "y", "seed", "seeds", "feature", "features", "embedding", "embeddings", "landmarks", "lm",
    "loss", "weight", "weights", "style", "styles", "scale", "scales", "score", "scores", "mask",
})  # fmt: skip
"""Names that say of an array what it is, and that it is no latent."""
_FILES = frozenset({"noise", "boundary", "boundaries", "direction", "directions"})
"""Words in the name of a file that say of its only array that it is no latent."""
_LAYERS = range(8, 19, 2)
_ENTRY = re.compile(r"(^|\.)\d+$|\.(jpe?g|png|webp|bmp|tiff?|jfif)$", re.IGNORECASE)
"""The name of an entry of a list, or of a picture."""


@dataclass(frozen=True)
class ForeignDirections:
    """Directions that another tool found: float32, as long as the file has them.

    ``vectors`` are ``[k, w_dim]``, or ``[k, num_ws, w_dim]`` if they differ from layer to layer;
    ``origin`` is ``boundary``, ``ganspace`` or ``factor``. If the file says so, ``scales`` ``[k]``
    are the standard deviations of latents along each and ``mean`` ``[w_dim]`` is what they are
    centred on.
    """

    vectors: np.ndarray
    origin: str
    scales: np.ndarray | None = None
    mean: np.ndarray | None = None


def read_latents(path: str | Path, num_ws: int | None = None) -> np.ndarray:
    """Read latents of any of the known shapes: float32 ``[n, num_ws, w_dim]``.

    A table ``[n, w_dim]`` is read as n latents for all ``num_ws`` layers of the generator, unless n
    is ``num_ws`` (or, without it, 8, 10, … 18): then it is one latent.

    Raises CheckpointError if there are no latents in it, of another shape, not finite or damaged;
    UnsafeCheckpoint if it asks for something that could run code (nothing was run).
    """
    tables = _called(path, _read(path))
    lower = {name.lower(): table for name, table in tables.items()}
    named = [lower[name] for name in _LATENT_NAMES if name in lower]
    nested = [table for name, table in tables.items() if name.rpartition(".")[2] == "latent"]
    chosen = named[:1] or nested or _alike(tables, num_ws)
    if not chosen:
        listed = ", ".join(list(tables)[:10])
        noise = any(name in lower for name in _NOISE_NAMES)
        what = "z, the noise, not w" if noise else "no latents"
        raise CheckpointError(path, f"holds {what}; it has {listed[:200] or 'no arrays'}")
    ws = np.concatenate([_as_ws(path, table, num_ws) for table in chosen])
    if num_ws is not None and ws.shape[1] != num_ws:
        cause = f"holds latents of {counted(ws.shape[1], 'layers')}, the generator takes {num_ws}"
        raise CheckpointError(path, cause, "use the generator that they were made for")
    return _finite(path, ws)


def read_noise(path: str | Path) -> np.ndarray | None:
    """Read float32 z ``[n, z_dim]``, None if there is none; raises as :func:`read_latents`."""
    tables = {name.lower(): table for name, table in _called(path, _read(path)).items()}
    if any(name in tables for name in _LATENT_NAMES):
        return None
    found = next((tables[name] for name in _NOISE_NAMES if name in tables), None)
    if found is None or found.size == 0:
        return None
    rows = found.reshape(-1, found.shape[-1]) if found.ndim else found.reshape(1, 1)
    return _finite(path, rows)


def _called(path: str | Path, tables: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """An array without a name of its own is called as its file is, if that says what it is."""
    if not tables or not set(tables) <= {"", "arr_0"}:
        return tables
    stem = Path(path).stem.lower()
    words = [stem] if stem in _NOISE_NAMES else sorted(_FILES.intersection(re.split(r"\W|_", stem)))
    return {words[0]: next(iter(tables.values()))} if words else tables


def _alike(tables: dict[str, np.ndarray], num_ws: int | None) -> list[np.ndarray]:
    lasts = {name.rpartition(".")[2].lower() for name in tables}
    if len({table.shape for table in tables.values()}) != 1 or lasts & _OTHERS:
        return []
    shape = next(iter(tables.values())).shape
    layers = (num_ws,) if num_ws else _LAYERS
    full = len(shape) in (2, 3, 4) and shape[-2] in layers
    single = len(shape) == 1 or (len(shape) == 2 and shape[0] == 1)
    listed = all(_ENTRY.search(name) for name in tables)
    if not full and not (single and listed):
        return []
    return [_one_face(table, num_ws) for table in tables.values()]


def _one_face(table: np.ndarray, num_ws: int | None) -> np.ndarray:
    """An entry's latents, ``[layers, w_dim]`` or ``[w_dim]``, as ``[1, …]`` for all layers."""
    if (table.ndim == 2 and table.shape[0] == 1) or table.ndim == 1:
        table = table.reshape(1, -1)
        return np.repeat(table[:, None], num_ws, axis=1) if num_ws else table
    return table


def read_directions(path: str | Path) -> ForeignDirections:
    """Read boundaries or components of another tool; raises as :func:`read_latents`."""
    tables = _read(path)
    for origin, names in (("ganspace", ("lat_comp", "comp", "act_comp")), ("factor", ("eigvec",))):
        for name in names:
            if name in tables:
                return _components(path, origin, name, tables)
    if len(tables) != 1 and "boundary" not in tables:
        listed = ", ".join(sorted(tables)[:10])
        raise CheckpointError(path, f"holds no directions; it has {listed[:200] or 'no arrays'}")
    table = tables.get("boundary", next(iter(tables.values())))
    if table.ndim == 1:
        table = table[None]
    if table.ndim == 2 and len(table) in _LAYERS:
        table = table[None]
    if table.ndim not in (2, 3) or 0 in table.shape:
        raise CheckpointError(path, f"holds an array {list(table.shape)}, no boundary")
    return ForeignDirections(_finite(path, table), "boundary")


def _components(
    path: str | Path, origin: str, name: str, tables: dict[str, np.ndarray]
) -> ForeignDirections:
    vectors = tables[name]
    if vectors.ndim < 2 or vectors.size == 0:
        raise CheckpointError(path, f"{name} is {list(vectors.shape)}, no list of vectors")
    if origin == "factor":
        return ForeignDirections(_finite(path, vectors.T), origin)
    rows = vectors.reshape(len(vectors), -1)
    prefix = name.removesuffix("comp")
    spread = next((tables[k] for k in (f"{prefix}stdev", f"{prefix}std") if k in tables), None)
    mean = tables.get(f"{prefix}mean")
    return ForeignDirections(
        _finite(path, rows),
        origin,
        None if spread is None or spread.size != len(rows) else _finite(path, spread.reshape(-1)),
        None if mean is None or mean.size != rows.shape[1] else _finite(path, mean.reshape(-1)),
    )


def _read(path: str | Path) -> dict[str, np.ndarray]:
    """All arrays of a file by name; nested names are joined by dots."""
    kind = looks_like(path)
    if "NumPy" in kind:
        return {k: v for k, v in read_arrays(path).items() if v.dtype.kind in "biuf"}
    document = open_file(path)
    root = document.root
    if isinstance(root, ArrayRef):
        root = root.tensor(path)
    if isinstance(root, TensorRef):
        return {"": np.asarray(root.read().float())}
    found = {}
    for group in groups(document):
        for name, ref in group.tensors.items():
            found[f"{group.where}.{name}".strip(".")] = ref.read().float().numpy()
    return found


def _as_ws(path: str | Path, table: np.ndarray, num_ws: int | None) -> np.ndarray:
    if table.ndim == 4 and table.shape[1] == 1:
        table = table[:, 0]
    if table.ndim == 1:
        table = table[None]
    if table.ndim == 2:
        layers = (num_ws,) if num_ws else _LAYERS
        if len(table) in layers:
            table = table[None]
        elif num_ws:
            table = np.repeat(table[:, None], num_ws, axis=1)
        else:
            cause = f"holds one w a face, {list(table.shape)}"
            raise CheckpointError(path, cause, "say for how many layers")
    if table.ndim != 3 or 0 in table.shape:
        raise CheckpointError(path, f"holds an array {list(table.shape)}, no latents")
    return table


def _finite(path: str | Path, table: np.ndarray) -> np.ndarray:
    table = np.ascontiguousarray(table, dtype=np.float32)
    if not np.isfinite(table).all():
        raise CheckpointError(path, "holds numbers that are not finite", "make it again")
    return table
