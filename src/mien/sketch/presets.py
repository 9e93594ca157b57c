"""Settings of translation runs, a row each: the papers' own, and narrower ones for one CPU core.

config = preset("pix2pix", "narrow", direction="sketch-to-photo", kimg=4)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mien.errors import InputError, UnknownName
from mien.sketch.config import METHODS, TranslationConfig

SIZES = ("paper", "narrow")

_Row = dict[str, Any]

PRESETS: dict[tuple[str, str], _Row] = {
    # The study: lr 0.001, 150 epochs of 1,504 variants.
    ("autoencoder", "paper"): {
        "ngf": 16, "lr": 1e-3, "beta1": 0.9, "decay": 0, "batch": 16, "kimg": 225,
        "augment": "eight", "l1_weight": 1,
    },
    ("autoencoder", "narrow"): {
        "ngf": 16, "channel_max": 256, "lr": 1e-3, "beta1": 0.9, "decay": 0.5, "batch": 4,
        "kimg": 24, "l1_weight": 1,
    },
    # Isola et al. 2017, 6.2: batch 1, 200 epochs, here of 120 people.
    ("pix2pix", "paper"): {"ngf": 64, "ndf": 64, "norm": "batch", "kimg": 24},
    ("pix2pix", "narrow"): {
        "ngf": 32, "channel_max": 128, "ndf": 16, "norm": "instance", "adversary": "lsgan",
        "lr": 3e-4, "kimg": 10,
    },
    # Zhu et al. 2017, 4 and 7.1: batch 1, 200 epochs, here of 120 people.
    ("cyclegan", "paper"): {
        "ngf": 64, "ndf": 64, "blocks": 9, "norm": "instance", "adversary": "lsgan", "kimg": 24,
    },
    ("cyclegan", "narrow"): {
        "ngf": 16, "ndf": 16, "blocks": 6, "norm": "instance", "adversary": "lsgan", "kimg": 1.6,
    },
}  # fmt: skip
"""(method, size) -> what differs from :class:`TranslationConfig`'s defaults."""

DECIDED = tuple(sorted({name for row in PRESETS.values() for name in row}))
"""What presets decide; options of these have no default of their own."""


def preset(method: str, size: str = "narrow", **changes: Any) -> TranslationConfig:
    """A run's configuration: a row of :data:`PRESETS`, changed; ``None`` leaves the preset's value.

    UnknownName: no such method or size; InputError: a value that cannot be used, or an unknown
    field.
    """
    for what, value, known in (("method", method, METHODS), ("preset", size, SIZES)):
        if value not in known:
            raise UnknownName(what, value, known)
    given = {name: value for name, value in changes.items() if value is not None}
    unknown = given.keys() - TranslationConfig.__dataclass_fields__.keys()
    if unknown:
        raise InputError(f"a translation run has no {sorted(unknown)[0]!r}")
    return replace(TranslationConfig(), **({"method": method} | PRESETS[method, size] | given))
