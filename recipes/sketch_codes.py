"""Fits what sketches say of the codes of photographs: ``NAME-sketches.safetensors``.

    python recipes/sketch_codes.py sfhq.zip portraits out.safetensors 1500 cuhk.zip ar.zip

Faces of the training part are drawn in several styles and damaged (:mod:`mien.sketch.damage`), the
sketches of artists are taken as they are and damaged; the encoder of the generator looks at both
sides. Goes with the generator: fit it anew for another one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import torch

from mien import images
from mien.checkpoints import native
from mien.data.pairs import PairedSet
from mien.data.training_set import TrainingSet
from mien.faces.alignment import align
from mien.faces.choosing import shipped_finder
from mien.sketch import damage
from mien.sketch.latent import KIND, fit_codes
from mien.studio import Studio

DRAWINGS = 2  # of each face


def pairs(data: TrainingSet, count: int, seed: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Photographs and drawings of them, uint8."""
    rng = np.random.default_rng(seed)
    source = torch.Generator().manual_seed(seed)
    for row in rng.permutation(len(data))[:count]:
        photo, _ = data.batch(np.array([row]))
        drawn = np.stack([damage.draw(photo[0], rng) for _ in range(DRAWINGS)])
        drawn = images.to_uint8(damage.weather_sketches(images.to_float(drawn), source))
        yield photo.repeat(DRAWINGS, axis=0), drawn


def drawn_pairs(path: str, seed: int = 1) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Photographs and artists' sketches of the training part, as they are and damaged, uint8."""
    source, finder = torch.Generator().manual_seed(seed), shipped_finder()
    data = PairedSet.open(path, 256)
    shape = (round(256 * data.aspect), 256)
    for row in range(len(data)):
        photo, sketch = (images.resize(side[0], shape) for side in data.batch(np.array([row])))
        faces = finder.find(photo)
        if faces:
            photo, sketch = (align(one, faces[0], 256)[0][None] for one in (photo, sketch))
            worn = images.to_uint8(damage.weather_sketches(images.to_float(sketch), source))
            yield photo.repeat(2, axis=0), np.concatenate([sketch, worn])


def main(data: str, model: str, out: str, count: str = "1500", *drawn: str) -> None:
    """Fit and write."""
    studio = Studio(model, device="cpu")
    faces = TrainingSet.open(data, 256)
    parts = [pairs(faces, int(count)), *(drawn_pairs(path) for path in drawn)]
    moments = fit_codes(studio.inverter, chain(*parts))
    shape = {"label_dim": moments.label_dim, "w_dim": moments.w_dim, "ridge": moments.ridge}
    sets = ", ".join(Path(path).name for path in drawn)
    said = f"{count} faces of {Path(data).name}, drawn; {sets or 'no'} sketches of artists"
    meta = {"generator": studio.loaded.sha256, "data": said}
    native.save(out, KIND, moments.state_dict(), shape, meta, force=True)
    print(f"wrote {out}")


if __name__ == "__main__":
    main(*sys.argv[1:])
