"""Is the drawing the person: attributes kept and a line-up of four, over photos of both sexes.

    python benchmarks/anime_kept.py --data ../shared/data --model anime

50 photos of testA of selfie2anime.zip and 50 held-out faces of faces.zip, each in a style of its
own. Judges are those that take no part in `mien train anime`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from mien import images
from mien.anime.evaluate import AnimePlan, AnimeTest
from mien.anime.evaluate_kept import kept_scores
from mien.anime.translate import AnimePainter, find_anime_model
from mien.data.joining import choose
from mien.data.training_set import TrainingSet
from mien.hub.loading import load_identity, load_tagger
from mien.metrics.tables import ScoreTable


def photos(data: Path, side: int, each: int) -> np.ndarray:
    """Selfies that were kept out, then faces that were."""
    selfies = AnimeTest.open(data / "selfie2anime.zip", side, each).selfies
    held = choose(TrainingSet.open(data / "faces.zip", side, part="kept-out"), ["quality=ok"])
    rows = np.linspace(0, len(held) - 1, each).round().astype(int)
    return np.concatenate([selfies, held.pictures[rows]])


def main() -> None:
    """Measure one or more models and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", action="append", required=True)
    parser.add_argument("--each", type=int, default=50)
    parser.add_argument("--out", type=Path, help="Folder of sheets to look at.")
    asked = parser.parse_args()
    judges = load_tagger("judge"), load_tagger("anime-judge"), load_identity("identity")
    rows = {}
    for name in asked.model:
        painter = AnimePainter(find_anime_model(name), "exact")
        crops = photos(asked.data, painter.resolution, asked.each)
        w = painter.styles(range(100, 100 + len(crops)))
        step = AnimePlan().batch
        parts = range(0, len(crops), step)
        drawn = [
            painter.draw(painter.contents(crops[i : i + step]), w[i : i + step]) for i in parts
        ]
        drawings = np.concatenate(drawn)
        said = "testA of selfie2anime.zip and held-out faces.zip, one to one"
        rows[Path(name).stem] = kept_scores(crops, drawings, judges, said)
        if asked.out is not None:
            both = np.stack([crops, drawings], axis=1).reshape(-1, *crops.shape[1:])
            images.save(
                asked.out / f"{Path(name).stem}.png", images.grid(both, columns=20), force=True
            )
    print(ScoreTable("kept from photo to drawing", "model", rows).text())


if __name__ == "__main__":
    main()
