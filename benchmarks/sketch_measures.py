"""Photo and sketch by the numbers of the study's table, of recognition and of likeness to artists.

    python benchmarks/sketch_measures.py ../shared/data
    python benchmarks/sketch_measures.py ../shared/data --sketch runs/a --photo runs/b --limit 6

Three tables, in one run and by one protocol for every model and style:

1. the honest split of CUHK and of AR, people that are kept out (`mien evaluate sketch`);
2. rank-1 of photographs made from the kept-out sketches of both sets together, by the identity
   judge that ships;
3. Fréchet distance of Inception's features between sketches of the London photographs, whole
   pictures as they are, and the artists' of CUHK and AR, all cut around the face.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from mien import images
from mien.data.pairs import PairedSet
from mien.data.sources import open_source
from mien.faces.alignment import align
from mien.faces.choosing import shipped_finder
from mien.faces.frames import Frame
from mien.hub import loading
from mien.hub.judging import look
from mien.metrics.face import rank1
from mien.metrics.frechet import FeatureStatistics, frechet_distance
from mien.sketch.evaluate import SketchPlan, score_sketch
from mien.sketch.extract import STYLES
from mien.sketch.pair_scores import PairPart, embed_faces
from mien.sketch.translate import Translator
from mien.studio import Studio

SETS = ("cuhk.zip", "ar.zip")
SIZE = 256


def models(named: list[str], direction: str) -> list[str]:
    """Files of models: those that ship, or of runs or files that were named."""
    found = [str(Path(n, f"{direction}.safetensors")) if Path(n).is_dir() else n for n in named]
    return found or [direction]


def honest_split(data: Path, named: list[str], limit: int) -> None:
    """Errors, SSIM and the rest on kept-out people, set by set."""
    loaded = [loading.load_translator(name) for name in named]
    plan = SketchPlan("honest", limit, 0, False)
    judge, identity = loading.load_judge("judge"), loading.load_identity("identity")
    for name in SETS:
        table = score_sketch(loaded, data / name, judge, identity, plan).table
        print(f"\n{table.text()}")


def recognised(data: Path, named: list[str], limit: int) -> None:
    """Rank-1 among the people of both sets."""
    identity = loading.load_identity("identity")
    parts = [PairedSet.open(data / name, SIZE, "kept-out") for name in SETS]
    parts = [PairPart.of(pairs, "sketch-to-photo", limit) for pairs in parts]
    print("\nrank-1 of photographs of kept-out sketches, CUHK and AR together")
    for name in named:
        translator = Translator(loading.load_translator(name), "sketch-to-photo", engine="eager")
        made, true = [], []
        for part in parts:
            answers = [translator.translate(one, "resize").image for one in part.given]
            for found, pictures in ((made, np.stack(answers)), (true, part.truth)):
                found.append(embed_faces(identity, pictures, part.aspect))
        share = rank1(torch.cat(made), torch.cat(true))
        print(f"  {name:40} {share:.3f} of {sum(map(len, made))}")


def cut_faces(photos: Iterator[np.ndarray], drawn: Iterator[np.ndarray]) -> np.ndarray:
    """The square of the face in the photo, cut out of the sketch; photos without one left out."""
    finder, crops = shipped_finder(), []
    for photo, sketch in zip(photos, drawn, strict=True):
        found = finder.find(photo)
        if found:
            frame: Frame = found[0].frame
            crops.append(align(sketch, frame, SIZE)[0])
    return np.stack(crops)


def like_artists(data: Path, named: list[str], limit: int) -> None:
    """Distance of London sketches to the artists', style by style."""
    inception = loading.load_judge("inception").network

    def statistics(photos: list[np.ndarray], drawn: Iterator[np.ndarray]) -> FeatureStatistics:
        return FeatureStatistics.of(look(inception, cut_faces(iter(photos), drawn)).features)

    pairs = [PairedSet.open(data / name, SIZE, "all") for name in SETS]
    step = max(1, len(pairs[0]) // limit) if limit else 1
    shape = [(round(SIZE * p.aspect), SIZE) for p in pairs]
    photos, sketches = (
        [
            images.resize(one, s)
            for p, s in zip(pairs, shape, strict=True)
            for one in side(p)[::step]
        ]
        for side in (lambda p: p.a, lambda p: p.b)
    )
    artists = statistics(photos, iter(sketches))
    source = open_source(data / "london.zip")
    rows = range(0, len(source), max(1, len(source) // limit) if limit else 1)
    london = [source.picture(i) for i in rows]
    studio = Studio(device="cpu", engine="eager")
    print(f"\nFD-inception of {len(london)} London sketches to {len(sketches)} of artists")
    for style in (*STYLES, *named, "untranslated"):
        if style == "untranslated":
            drawn = iter(london)
        elif style in STYLES:
            drawn = (studio.sketch(photo, style=style).image for photo in london)
        else:
            drawn = (studio.sketch(photo, style).image for photo in london)
        print(f"  {style:40} {frechet_distance(statistics(london, drawn), artists):.1f}")


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description="Photo and sketch, measured.")
    parser.add_argument("data", type=Path, help="folder of cuhk.zip, ar.zip and london.zip")
    parser.add_argument("--sketch", action="append", default=[], help="photo to sketch: a model")
    parser.add_argument("--photo", action="append", default=[], help="sketch to photo: a model")
    parser.add_argument("--limit", type=int, default=0, help="pictures of a part; 0 for all")
    given = parser.parse_args()
    to_sketch = models(given.sketch, "photo-to-sketch")
    to_photo = models(given.photo, "sketch-to-photo")
    honest_split(given.data, [*to_sketch, *to_photo], given.limit)
    recognised(given.data, to_photo, given.limit)
    like_artists(given.data, to_sketch, given.limit)


if __name__ == "__main__":
    main()
