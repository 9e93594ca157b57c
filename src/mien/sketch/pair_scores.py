"""Translated pictures against the true ones: every number of ``mien evaluate sketch``.

On 8-bit pictures of the model's own size, as a person would get them. Judges look at the middle
square of faces brought back to the shape that they had before training made them square.

    n pairs · r side of the model's pictures
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from mien import images
from mien.data.pairs import PairedSet
from mien.hub.judging import look, resize_of
from mien.hub.loading import Loaded
from mien.metrics import paired
from mien.metrics.face import rank1
from mien.metrics.frechet import FeatureStatistics, frechet_distance
from mien.metrics.protocol import Protocol, Score, frechet_name
from mien.portraits.people import identities

_MS_SSIM_LEAST = 176  # pixels a side that five scales need
_BATCH = 16
_SHOWN = "middle square of the unstretched picture"


@dataclass(frozen=True)
class PairPart:
    """Pairs of one part and direction: what is translated, and what should come out.

    ``aspect`` is height over width of the pictures before they were made square; ``upright``
    whether each pair is there once, as it is, else some are turned; ``said`` which part of which
    data it is.
    """

    given: UInt8[np.ndarray, "n r r 3"]
    truth: UInt8[np.ndarray, "n r r 3"]
    aspect: float
    upright: bool
    said: str

    @classmethod
    def of(cls, pairs: PairedSet, direction: str, limit: int = 0) -> PairPart:
        """Some pairs, at most ``limit`` (0: all), spread over a set that has photos first."""
        total = len(pairs)
        count = min(limit or total, total)
        rows = np.linspace(0, total - 1, count).round().astype(np.int64)
        a, b = pairs.batch(rows)
        given, truth = (a, b) if direction == "photo-to-sketch" else (b, a)
        said = f"{pairs.path.name}, part {pairs.part!r} of the {pairs.split} split"
        said += "" if count == total else f", {count} of {total}"
        return cls(given, truth, pairs.aspect, pairs.split == "honest", said)


class PairMeasure:
    """The judges, and what they and arithmetic say of translated pictures."""

    def __init__(self, judge: Loaded, identity: Loaded | None = None) -> None:
        """``judge`` is a tagger, for perceptual and Fréchet distance.

        Without ``identity``, an identity judge, people are recognised by the tagger's features.
        """
        self.judge, self.identity = judge, identity

    def scores(
        self, made: UInt8[np.ndarray, "n r r 3"], part: PairPart, notes: str = ""
    ) -> list[Score]:
        """Every score of one row, of what came out for ``part.given``.

        ``notes`` say what else would change the numbers: how the model was trained.
        """
        values = _pixel_values(made, part.truth)
        scores = [_mean(name, v, self._protocol(m, part, notes, None)) for name, m, v in values]
        fake, true = _faces(made, part.aspect), _faces(part.truth, part.aspect)
        scores.append(self._perceptual(fake, true, part, notes))
        seen = [look(self.judge.network, pictures) for pictures in (fake, true)]
        if len(fake) > 1:
            distance = frechet_distance(*(FeatureStatistics.of(s.features) for s in seen))
            metric = "Fréchet distance, larger for fewer samples"
            protocol = self._protocol(metric, part, notes, self.judge)
            scores.append(Score(frechet_name(self.judge.name), distance, "lower", protocol))
        if part.upright:
            scores.append(
                self._recognised(fake, true, seen[0].features, seen[1].features, part, notes)
            )
        return scores

    def _perceptual(
        self,
        fake: UInt8[np.ndarray, "n s s 3"],
        true: UInt8[np.ndarray, "n s s 3"],
        part: PairPart,
        notes: str,
    ) -> Score:
        network = self.judge.network
        device = next(network.parameters()).device
        found = []
        with torch.no_grad():
            for start in range(0, len(fake), _BATCH):
                maps = [
                    network.feature_maps(images.to_float(side[start : start + _BATCH], device))
                    for side in (fake, true)
                ]
                found.append(paired.perceptual_distance(*maps))
        name = "perceptual distance"
        protocol = self._protocol(f"{name}, unit weights", part, notes, self.judge, maps=True)
        return _mean(name, torch.cat(found), protocol)

    def _recognised(
        self,
        fake: UInt8[np.ndarray, "n s s 3"],
        true: UInt8[np.ndarray, "n s s 3"],
        fake_features: Float[Tensor, "n c"],
        true_features: Float[Tensor, "n c"],
        part: PairPart,
        notes: str,
    ) -> Score:
        if self.identity is None:
            metric = "rank-1 of n people by features not made for people, chance 1/n"
            share, name = rank1(fake_features, true_features), f"rank-1-{self.judge.name}"
            protocol = self._protocol(metric, part, notes, self.judge)
            return Score(name, share, "higher", protocol)
        share = rank1(*(identities(self.identity, faces, _BATCH) for faces in (fake, true)))
        metric = "rank-1 of n people, translated faces against the true ones, chance 1/n"
        protocol = self._protocol(metric, part, notes, self.identity)
        return Score("rank-1", share, "higher", protocol)

    @staticmethod
    def _protocol(
        metric: str, part: PairPart, notes: str, judge: Loaded | None, maps: bool = False
    ) -> Protocol:
        shown = "none" if judge is None else f"{_SHOWN}, {resize_of(judge.network, maps)}"
        return Protocol.by(
            judge, metric, len(part.given), part.said, None, len(part.truth), shown, notes
        )


def _mean(name: str, values: Float[Tensor, " n"], protocol: Protocol) -> Score:
    """A mean with its standard error, if it has one."""
    error = float(values.std() / math.sqrt(len(values))) if len(values) > 1 else math.nan
    known = error if math.isfinite(error) else None
    return Score.of(name, float(values.mean()), protocol, known)


def _pixel_values(
    made: UInt8[np.ndarray, "n r r 3"], truth: UInt8[np.ndarray, "n r r 3"]
) -> list[tuple[str, str, Float[Tensor, " n"]]]:
    """Name, metric in words, and a value a pair, of what needs no judge."""
    metrics = [
        ("MAE", "mean absolute error of [0, 1]", paired.mae),
        ("SSIM", "SSIM, gaussian 11x11, k1 0.01, k2 0.03, mean over channels", paired.ssim),
        ("Keras accuracy", "share of pixels whose strongest channel agrees", paired.keras_accuracy),
        ("PSNR", "PSNR in dB, mean over pictures", paired.psnr),
    ]
    if truth.shape[1] >= _MS_SSIM_LEAST:
        metrics.append(("MS-SSIM", "MS-SSIM, five scales", paired.ms_ssim))
    found: list[list[Tensor]] = [[] for _ in metrics]
    for start in range(0, len(made), _BATCH):
        a, b = (images.to_float(side[start : start + _BATCH]) for side in (made, truth))
        for values, (_, _, metric) in zip(found, metrics, strict=True):
            values.append(metric(a, b))
    joined = [torch.cat(values) for values in found]
    return [(m[0], m[1], values) for m, values in zip(metrics, joined, strict=True)]


def _faces(pictures: UInt8[np.ndarray, "n r r 3"], aspect: float) -> UInt8[np.ndarray, "n s s 3"]:
    """The middle squares of pictures brought back to their shape."""
    side = pictures.shape[1]
    if abs(aspect - 1) < 0.01:
        return pictures
    shape = (round(side * aspect), side) if aspect > 1 else (side, round(side / aspect))
    back = images.resize(pictures, shape, "bicubic")
    return np.stack([images.centre_square(one) for one in back])


def embed_faces(
    identity: Loaded, pictures: UInt8[np.ndarray, "n r r 3"], aspect: float = 1.0
) -> Float[Tensor, "n d"]:
    """What a judge of identity makes of pictures of an ``aspect`` that were made square."""
    return identities(identity, _faces(pictures, aspect), _BATCH)
