"""Training the parsing network on pictures and their label maps.

Pictures are moved, turned, scaled, mirrored and shaken with their maps; MobileNet looks at them and
the decoder learns. Pixels that a map marks as unknown teach nothing, so noisy maps do no harm where
they say that they are unsure. Axes: n batch, r regions, h w pixels.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor, nn
from torch.nn import functional

from mien import images
from mien.faces.parsing.config import ParsingConfig
from mien.faces.parsing.masked import Masked
from mien.faces.pictures import Dice, shake
from mien.images.label_maps import UNKNOWN
from mien.judges.mobilenet import MobileNet
from mien.judges.parser import Parser, RegionDecoder
from mien.judges.regions import COLOURS, MIRRORED, REGIONS
from mien.metrics.regions import Overlap
from mien.training import ema
from mien.training.fitting import descend, step_seed, warm_cosine
from mien.training.loop import Recipe
from mien.training.random import StepRandom

_PICK, _MOVE, _SHAKE = range(3)  # purposes of random numbers
_SHOWN = 12  # faces of a grid


class ParsingRecipe(Recipe):
    """The decoder, its average, and how they learn; ``kept`` pictures are held out to measure."""

    def __init__(
        self, config: ParsingConfig, data: Masked, features: MobileNet, kept: Masked | None = None
    ) -> None:
        self.config, self.data, self.kept = config, data, kept
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            decoder = RegionDecoder(config.network())
        self.parser = Parser(features, decoder)
        self.average = Parser(features, copy.deepcopy(decoder)).eval().requires_grad_(False)
        self.opt = torch.optim.AdamW(
            decoder.parameters(), lr=config.lr, weight_decay=config.weight_decay
        )
        counts = np.bincount(data.labels.reshape(-1), minlength=256)[: len(REGIONS)]
        share = torch.from_numpy(counts / max(counts.sum(), 1)).float().clamp(min=1e-4)
        self.weights = share**-config.rare / (share ** (1 - config.rare)).sum()

    def modules(self) -> Mapping[str, nn.Module]:
        """The decoder and its average; MobileNet stays as it is."""
        return {"decoder": self.parser.decoder, "decoder_ema": self.average.decoder}

    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """Of the decoder."""
        return {"opt": self.opt}

    def step(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Cross-entropy of a batch."""
        config = self.config
        shown, labels = self.batch(random)
        logits = self.parser.train()(shown)
        loss = functional.cross_entropy(
            logits, labels, self.weights, ignore_index=UNKNOWN, reduction="mean"
        )
        share = (self.nimg + config.batch) / (config.kimg * 1000)
        self.opt.param_groups[0]["lr"] = config.lr * max(warm_cosine(min(share, 1), 0.05), 1e-3)
        descend(loss, self.opt, "the parser's loss", self.nimg, longest=2.0)
        ema.update(self.average.decoder, self.parser.decoder, config.batch, config.ema_kimg)
        self.nimg += config.batch
        right = (logits.detach().argmax(dim=1) == labels).float().sum()
        known = (labels != UNKNOWN).float().sum().clamp(min=1)
        return {"loss/entropy": loss.detach(), "right": right / known}

    def batch(self, random: StepRandom) -> tuple[Float[Tensor, "n 3 s s2"], Int64[Tensor, "n h w"]]:
        """Pictures in [-1, 1] and the ids at half of their size, moved and shaken."""
        config = self.config
        rows = random.numpy(_PICK).integers(len(self.data), size=config.batch)
        dice = Dice(step_seed(config.seed, self.nimg, _MOVE))
        matrix, mirrored = _moves(config.batch, dice)
        size = config.resolution
        shown = _warped(images.to_float(self.data.pictures[rows]), matrix, size, "reflection")
        shown = torch.where(
            dice.chance(config.batch, 0.7)[:, None, None, None],
            shake(shown, Dice(step_seed(config.seed, self.nimg, _SHAKE)), 2.5),
            shown,
        )
        # Ids one up, so that what comes from outside of a map, 0, is unknown.
        ids = torch.from_numpy(self.data.labels[rows].astype(np.int64))
        table = torch.arange(256)
        other = table.clone()
        other[: len(MIRRORED)] = torch.tensor(MIRRORED)
        ids = torch.where(mirrored[:, None, None], other[ids], ids)
        raised = (ids + 1).float()[:, None]
        drawn = _warped(raised, matrix, size // 2, "zeros", "nearest")[:, 0].round().long() - 1
        return shown, torch.where(drawn < 0, UNKNOWN, drawn)

    def measure(self) -> dict[str, float]:
        """Agreement with the maps of held-out pictures: mean intersection over union."""
        if self.kept is None:
            return {}
        overlap = Overlap(len(REGIONS))
        for i in range(0, len(self.kept), 16):
            overlap.add(self.predict(self.kept.pictures[i : i + 16]), self.kept.labels[i : i + 16])
        found = overlap.by_region()
        chosen = {name: found[i] for i, name in enumerate(REGIONS) if math.isfinite(found[i])}
        main = [chosen[name] for name in ("skin", "hair", "background") if name in chosen]
        return {"miou": float(np.mean(list(chosen.values()))), "miou/main": float(np.mean(main))}

    def predict(self, pictures: UInt8[np.ndarray, "n s s2 3"]) -> UInt8[np.ndarray, "n h w"]:
        """Label maps of pictures, of the size of the data's maps."""
        side = self.average.resolution
        shown = np.stack([images.resize(one, side) for one in pictures])
        shares = self.average.shares(images.to_float(shown))
        size = self.data.labels.shape[1:]
        grown = functional.interpolate(shares, size, mode="bilinear", align_corners=False)
        return grown.argmax(dim=1).byte().numpy()

    def sample(self) -> np.ndarray | None:
        """Held-out pictures, their maps and what the network says."""
        if self.kept is None or not len(self.kept):
            return None
        rows = np.linspace(0, len(self.kept) - 1, min(_SHOWN, len(self.kept))).astype(int)
        pictures, labels = self.kept.pictures[rows], self.kept.labels[rows]
        side = labels.shape[1]
        colours = np.concatenate([COLOURS, np.full((256 - len(COLOURS), 3), 128, np.uint8)])
        small = np.stack([images.resize(one, side) for one in pictures])
        return np.concatenate([small, colours[labels], colours[self.predict(pictures)]])


def _moves(count: int, dice: Dice) -> tuple[Float[Tensor, "n 2 3"], Tensor]:
    """Matrices for ``affine_grid`` that turn, scale, shift and mirror; and which are mirrored."""
    turn = 0.17 * dice.normal(count).clamp(-2, 2)
    scale = torch.exp(0.13 * dice.normal(count).clamp(-2, 2) + 0.02)
    shift = dice.uniform(count * 2, -0.12, 0.12).view(count, 2)
    mirrored = dice.chance(count, 0.5)
    sign = 1 - 2 * mirrored.float()
    a, b = scale * turn.cos(), scale * turn.sin()
    rows = [a * sign, -b, shift[:, 0], b * sign, a, shift[:, 1]]
    return torch.stack(rows, dim=1).view(count, 2, 3), mirrored


def _warped(
    batch: Float[Tensor, "n c h w"], matrix: Tensor, size: int, padding: str, mode: str = "bilinear"
) -> Float[Tensor, "n c s s2"]:
    grid = functional.affine_grid(matrix, [len(batch), 1, size, size], align_corners=False)
    return functional.grid_sample(batch, grid, mode=mode, padding_mode=padding, align_corners=False)
