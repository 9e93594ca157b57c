"""Small sets and networks that the tests of training and evaluation share."""

from pathlib import Path

import numpy as np
import torch

from mien.attributes import COLUMNS, LABELS, encode
from mien.data.training_set import TrainingSet
from mien.hub.loading import Loaded
from mien.judges.tagger import Tagger, TaggerConfig
from mien.stylegan2.generator import Generator, GeneratorConfig

WORDS = {"m": "a man", "f": "a woman", "glasses": "with glasses", "none": ""}


def readable_set(count=96, size=32, seed=0, part="train"):
    """Pictures that say what they show: men are bright above, glasses are a dark bar."""
    rng = np.random.default_rng(seed)
    pictures = rng.integers(90, 130, (count, size, size, 3), dtype=np.uint8)
    labels, captions = np.zeros((count, len(LABELS)), np.float32), []
    for i in range(count):
        gender, glasses = "fm"[rng.integers(2)], ("none", "glasses")[rng.integers(2)]
        pictures[i, : size // 3] += np.uint8(100 if gender == "m" else 0)
        pictures[i, size // 2 : size // 2 + 6] -= np.uint8(80 if glasses == "glasses" else 0)
        labels[i] = encode({"gender": gender, "glasses": glasses})
        captions.append(f"{WORDS[gender]} {WORDS[glasses]}".strip())
    return TrainingSet(
        path=Path("readable.zip"), part=part, names=tuple(str(i) for i in range(count)),
        pictures=pictures, labels=labels, captions=tuple(captions), labels_from=None,
        fingerprint=f"{seed:016d}",
    )  # fmt: skip


def loaded(network, name):
    """A network as the hub would hand it over."""
    return Loaded(network.eval().requires_grad_(False), name, "ab" * 32, {}, {})


def tagger(seed=0):
    """An untrained tagger of all columns."""
    torch.manual_seed(seed)
    return Tagger(TaggerConfig(columns=COLUMNS, resolution=32, width=4))


def generator(c_dim=len(LABELS)):  # noqa: B008
    """An untrained generator."""
    torch.manual_seed(0)
    return Generator(
        GeneratorConfig(
            32, z_dim=16, w_dim=16, c_dim=c_dim, channel_base=128, channel_max=8, mapping_layers=2
        )
    )
