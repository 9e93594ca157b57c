"""Every recipe with tiny networks, three steps long; and a program that is killed amid all of them.

python -m training.recipes FOLDER    # from tests/; leaves FOLDER/NAME as a killed run leaves it
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from anime.test_train_tagger import faces as anime_faces
from faces.test_train_identity import faces as noisy_faces
from faces.test_train_landmarks import drawn_faces
from mien.anime.tagger_config import AnimeTaggerTraining
from mien.anime.train_tagger import AnimeTaggerRecipe, rounds
from mien.faces.people import People
from mien.faces.train_detector import DetectorRecipe
from mien.faces.train_identity import IdentityRecipe
from mien.faces.train_landmarks import LandmarkRecipe
from mien.faces.training_config import DetectorTraining, IdentityTraining, LandmarkTraining
from mien.judges.frozen import CHANNELS, SIDES, FrozenFeatures, Maps
from mien.portraits.config import GanConfig
from mien.portraits.joint import JointRecipe
from mien.portraits.joint_config import JointConfig
from mien.portraits.train import GanRecipe
from mien.stylegan2.augment import AdaState
from mien.tagging.config import TaggerTraining
from mien.tagging.train import TaggerRecipe
from mien.text import train as text
from mien.text.config import TextTraining
from mien.training import loop
from training import tiny

STEPS = 3
GAN = GanConfig(
    resolution=32, kimg=0.012, batch=4, z_dim=16, w_dim=16, mapping_layers=2, channel_base=128,
    channel_max=8, r1_interval=2, pl_weight=2, pl_interval=2, ema_kimg=0.05, seed=3,
)  # fmt: skip


class Glance(FrozenFeatures):
    """Stands in for the frozen networks: colours of places, as many maps and channels as theirs."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        source = torch.Generator().manual_seed(7)
        self.colours = [[torch.randn(c, 3, generator=source) for c in net] for net in CHANNELS]

    def forward(self, images: Float[Tensor, "n 3 h w"], deep: bool = True) -> Maps:
        """Maps of both networks, or of the first."""
        pairs = list(zip(self.colours, SIDES, strict=True))[: 2 if deep else 1]
        return [
            [
                torch.einsum("cd,ndhw->nchw", mix, functional.adaptive_avg_pool2d(images, side))
                for mix, side in zip(colours, sides, strict=True)
            ]
            for colours, sides in pairs
        ]


ALONE = SimpleNamespace(
    device=torch.device("cpu"), global_rank=0, world_size=1, is_global_zero=True
)
"""What Fabric says of a single process, without loading it."""


def gan(**other: object) -> GanRecipe:
    """A StyleGAN2 whose augmentation is at work."""
    config = GanConfig(**{**vars(GAN), **other})
    seen = Glance() if config.critic else None
    recipe = GanRecipe(config, tiny.readable_set(24), ALONE, tiny.tagger(), seen)
    recipe.ada = AdaState(p=0.3)
    return recipe


def joint() -> JointRecipe:
    """One step of photographs alone, then critics."""
    config = JointConfig(
        resolution=64, kimg=0.012, batch=4, z_dim=16, w_dim=16, mapping_layers=2, channel_base=256,
        channel_max=8, warm_kimg=0.004, lead_kimg=0, ramp_kimg=0, crop=1, seed=3,
    )  # fmt: skip
    return JointRecipe(config, tiny.readable_set(12, size=64), Glance())


def second_round() -> AnimeTaggerRecipe:
    """The round that also sees faces without tags, as if the first had taught little."""
    config = AnimeTaggerTraining(32, 4, 0.024, 0.024, confidence=0.5, batch=8)
    return list(rounds(config, anime_faces(20, 20)))[-1]


def of_text(recipe: type[text.TextRecipe]) -> text.TextRecipe:
    """A way from sentences on random pairs."""
    source = torch.Generator().manual_seed(0)
    w, embeddings = (torch.randn(40, n, generator=source) for n in (16, 8))
    config = TextTraining(steps=STEPS, batch=8, prior_width=16)
    return recipe(config, text.Pairs(w, ("",) * 40), embeddings)


RECIPES: dict[str, Callable[[], loop.Recipe]] = {
    "faces": joint,
    "gan": lambda: gan(critic=1.0, tagger_weight=1.0),
    "gan-bf16": lambda: gan(precision="bf16", augment="bgcfnk"),
    "tagger": lambda: TaggerRecipe(
        TaggerTraining(32, 4, 0.024, 8), tiny.readable_set(24), tiny.readable_set(30, seed=9)
    ),
    "anime-tagger": lambda: AnimeTaggerRecipe(
        AnimeTaggerTraining(32, 4, 0.024, batch=8), anime_faces(20, 20)
    ),
    "anime-tagger-2": second_round,
    "identity": lambda: IdentityRecipe(
        IdentityTraining(32, 4, 16, kimg=0.048, people=8), People.of(noisy_faces(20))
    ),
    "landmarks": lambda: LandmarkRecipe(LandmarkTraining(32, 4, 0.024, 8), drawn_faces()),
    "detector": lambda: DetectorRecipe(DetectorTraining(4, 0.024, 8, 64), drawn_faces()),
    "mapper": lambda: of_text(text.MapperRecipe),
    "prior": lambda: of_text(text.PriorRecipe),
}


def cadence(recipe: loop.Recipe) -> loop.Cadence:
    """A line and a checkpoint a step."""
    kimg = recipe.config.batch / 1000
    return loop.Cadence(kimg, kimg, sample_kimg=1)


def kill_all(folder: Path) -> None:
    """Begin a run of each recipe, then be killed; their second steps have no checkpoint yet."""
    runs = []
    for name, build in RECIPES.items():
        recipe = build()
        lines = loop.run(recipe, folder / name, cadence(recipe))
        while next(lines)["nimg"] < 2 * recipe.config.batch:
            pass
        runs.append(lines)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    kill_all(Path(sys.argv[1]))
