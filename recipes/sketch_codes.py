"""Fits what sketches say of the codes of photographs: ``NAME-sketches.safetensors``.

    python recipes/sketch_codes.py sfhq.zip portraits runs/portraits-sketches.safetensors 1500

Faces of the training part are drawn in several styles and damaged (:mod:`mien.sketch.damage`); the
encoder of the generator looks at both. Goes with the generator: fit it anew for another one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from mien import images
from mien.checkpoints import native
from mien.data.training_set import TrainingSet
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


def main(data: str, model: str, out: str, count: str = "1500") -> None:
    """Fit and write."""
    studio = Studio(model, device="cpu")
    faces = TrainingSet.open(data, 256)
    moments = fit_codes(studio.inverter, pairs(faces, int(count)))
    shape = {"label_dim": moments.label_dim, "w_dim": moments.w_dim, "ridge": moments.ridge}
    meta = {"generator": studio.loaded.sha256, "data": f"{count} faces of {Path(data).name}, drawn"}
    native.save(out, KIND, moments.state_dict(), shape, meta, force=True)
    print(f"wrote {out}")


if __name__ == "__main__":
    main(*sys.argv[1:])
