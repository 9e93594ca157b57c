"""What an adopted generator needs for photos: an encoder and, where some are given, its head."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from mien.data.training_set import TrainingSet
from mien.editing.samples import LatentSource
from mien.hub import loading
from mien.inversion.encoder import load_inverter
from mien.inversion.encoder_training import EncoderRecipe, EncoderTraining
from mien.inversion.guide_training import Pairs, joined
from mien.inversion.head_options import HeadTraining
from mien.inversion.head_training import HeadRecipe
from mien.inversion.known_codes import known_codes
from mien.portraits.codes import CodeMoments

PARTS = ("encoder", "inversion")
"""What is made, by the end of its name: a w of a photo, and then a w for each layer."""


def encoder_recipe(
    generator: loading.Loaded, source: LatentSource, moments: CodeMoments, kimg: float, seed: int
) -> EncoderRecipe:
    """An encoder that learns from faces of the generator.

    Raises:
        WeightsMissing: A frozen network is not on this disk.
    """
    device = str(moments.mean.device)
    features = loading.load_features(device)
    config = EncoderTraining(kimg, seed=seed)
    return EncoderRecipe(config, generator.network, features, moments, source.sample)


def head_recipe(
    generator: loading.Loaded,
    moments: CodeMoments,
    identity: loading.Loaded | None,
    photos: Sequence[Path],
    work: Path,
    kimg: float,
    seed: int,
) -> Generator[dict[str, Any], None, HeadRecipe]:
    """The W+ head that ``mien train inversion`` trains, from photographs and drawn faces.

    Yields:
        ``{"doing", "done", "of"}`` while photographs are read.

    Returns:
        The recipe.

    Raises:
        DatasetError: There are no pictures in ``photos``.
    """
    name, device = generator.path.stem, str(moments.mean.device)
    inverter = load_inverter(generator, name, generator.path, device)
    parts = []
    for path in photos:
        yield {"doing": f"reading {path.name}", "done": 0, "of": 0}
        found = TrainingSet.open(path, inverter.resolution)
        key = f"{found.fingerprint} {generator.sha256[:12]}"
        codes, _ = known_codes(inverter, found.pictures, work / f"codes-{path.stem}.npz", key)
        parts.append(Pairs(found.pictures, codes))
    embed = None if identity is None else identity.network.embed
    config = HeadTraining(kimg, identity=0.5 if embed else 0.0, seed=seed)
    return HeadRecipe(config, inverter, joined(parts), moments, embed)
