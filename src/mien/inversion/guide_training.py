"""How the encoder of sketches or label maps learns: from faces whose codes are known.

    mien train sketch-encoder --model portraits --out runs/sketch-encoder

Faces are drawn by the generator, or are photographs, of which the generator's encoder says the
codes. Every ``renew`` rounds each face gets another pencil, and at every step other paper, line
widths and damage. The loss is the squared error of whitened codes, which is the Mahalanobis
distance of codes: no gradient goes through the generator, and what a sketch does not show is
answered by the mean.

Axes: n pictures, h w pixels, d width of w.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from torch import Tensor
from torch.nn import functional

from mien import images
from mien.data.order import SampleOrder
from mien.errors import InputError, counted
from mien.files import make_folder, replacing
from mien.inversion.guide_encoder import (
    FINE_SIDE,
    KIND,
    GuideConfig,
    GuideEncoder,
    looked_at,
    shown,
)
from mien.inversion.guide_options import GuideTraining
from mien.inversion.guides import whitening
from mien.portraits.codes import CodeMoments
from mien.stylegan2.generator import Generator
from mien.training.adamw import AdamWRecipe
from mien.training.random import StepRandom

GuideOf = Callable[[UInt8[np.ndarray, "h w 3"], np.random.Generator], UInt8[np.ndarray, "h w"]]
"""A face and what chooses a pencil -> its sketch in grey, or its label map."""

_DAMAGE, _ROUND = range(2)  # purposes of random numbers
_HELD = 2**30  # the round of held-out faces
_FEWEST = 16
_SAMPLES = 6


@dataclass(frozen=True)
class Pairs:
    """Faces, 128² where guides are made of them, and w of each."""

    pictures: UInt8[np.ndarray, "n h w 3"]
    codes: Float32[np.ndarray, "n d"]

    def __len__(self) -> int:
        return len(self.codes)


def joined(parts: Iterable[Pairs]) -> Pairs:
    """Several sets as one, thoroughly mixed in an order that is always the same.

    InputError: there are fewer than 16 faces.
    """
    parts = list(parts)
    count = sum(map(len, parts))
    if count < _FEWEST:
        raise InputError(f"{counted(count, 'faces')} to learn from; {_FEWEST} are the least")
    order = np.random.default_rng(0).permutation(count)
    pictures = np.concatenate([part.pictures for part in parts])[order]
    return Pairs(pictures, np.concatenate([part.codes for part in parts])[order])


@torch.no_grad()
def drawn_pairs(
    generator: Generator,
    moments: CodeMoments,
    count: int,
    seed: int,
    cache: Path | None = None,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> Pairs:
    """``count`` faces of a generator, of codes drawn from the Gaussian of all codes.

    ``cache`` keeps the pictures and is read if it is there; ``told`` how many are drawn, of how
    many.
    """
    normal = torch.randn(count, moments.w_dim, generator=torch.Generator().manual_seed(seed))
    w = moments.given().draw(normal.to(moments.mean.device))
    codes = w.cpu().numpy()
    if cache is not None and cache.is_file():
        kept = np.load(cache, mmap_mode="r", allow_pickle=False)
        if len(kept) == count:
            return Pairs(np.asarray(kept), codes)
    pictures = np.empty((count, FINE_SIDE, FINE_SIDE, 3), np.uint8)
    for i in range(count):
        drawn = generator.synthesis(w[i : i + 1, None].expand(-1, generator.num_ws, -1))
        pictures[i] = images.resize(images.to_uint8(drawn)[0], FINE_SIDE)
        told(i + 1, count)
    if cache is not None:
        make_folder(cache.parent)
        with replacing(cache) as beside, beside.open("wb") as stream:
            np.save(stream, pictures, allow_pickle=False)
    return Pairs(pictures, codes)


class GuideRecipe(AdamWRecipe):
    """One encoder of sketches or label maps.

    ``guide`` is ``sketch`` or ``label``, which ``guide_of`` makes of a face; every twentieth of
    ``pairs`` is held out; ``generator`` draws samples to look at, None for none.
    """

    free = frozenset({"kimg", "lr", "renew"})
    kind = KIND
    longest = 5.0
    betas = (0.9, 0.99)

    def __init__(
        self,
        config: GuideTraining,
        guide: str,
        pairs: Pairs,
        moments: CodeMoments,
        guide_of: GuideOf,
        generator: Generator | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        self.guide, self.guide_of, self.generator = guide, guide_of, generator
        self.name = f"the {guide} encoder"
        held = np.arange(len(pairs)) % 20 == 0
        self.held_rows, self.rows = np.flatnonzero(held), np.flatnonzero(~held)
        self.pictures = pairs.pictures
        mean, root, inverse = whitening(moments)
        self.z = (torch.from_numpy(pairs.codes) - mean.cpu()) @ inverse.cpu()
        shape = GuideConfig(guide, moments.w_dim, config.width, config.hidden)
        super().__init__(config, lambda: GuideEncoder(shape), device)
        self.network.mean.copy_(mean)
        self.network.root.copy_(root)
        self.order = SampleOrder(len(self.rows), config.seed, mirror=False)
        self._made: dict[int, tuple[int, np.ndarray]] = {}

    def losses(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Mean squared error of whitened codes of one batch of sketches or maps."""
        places, _ = self.order.batch(random.nimg, self.config.batch)
        rows = self.rows[places]
        round_ = random.nimg // len(self.rows) // self.config.renew
        x = self._shown(rows, round_, random.torch(_DAMAGE))
        return {"loss": (self.network(x) - self.z[rows].to(self.device)).square().mean()}

    def _shown(self, rows: np.ndarray, round_: int, source: torch.Generator) -> Tensor:
        """Sketches or maps of faces, drawn in this round's pencils, then damaged."""
        made = np.stack([self._guide(int(row), round_) for row in rows])
        if self.guide == "sketch":
            ink = 1 - torch.from_numpy(made)[:, None].float() / 255
            made = damaged(ink.to(self.device), source).mul(255).round().to(torch.uint8)
            made = 255 - made[:, 0].cpu().numpy()
        return shown(shifted(made, source, self.guide), self.guide).to(self.device)

    def _guide(self, row: int, round_: int) -> np.ndarray:
        """One sketch or map; kept until the next round."""
        kept = self._made.get(row)
        if kept is None or kept[0] != round_:
            rng = np.random.default_rng((self.config.seed, _ROUND, row, round_))
            kept = self._made[row] = (round_, self.guide_of(self.pictures[row], rng))
        return kept[1]

    @torch.no_grad()
    def _errors(self) -> Float[Tensor, "n d"]:
        """What is wrong about the codes of held-out faces, drawn in pencils of their own."""
        source = torch.Generator().manual_seed(self.config.seed)
        found = []
        for rows in np.array_split(self.held_rows, max(1, len(self.held_rows) // 32)):
            x = self._shown(rows, _HELD, source)
            found.append(self.network(x).cpu() - self.z[rows])
        return torch.cat(found)

    def measure(self) -> dict[str, float]:
        """Share of the variance of codes that is explained on held-out faces; 0 by the mean."""
        variance = self.z[self.held_rows].square().mean()
        return {"explained": 1 - float(self._errors().square().mean() / variance)}

    def sample(self) -> np.ndarray | None:
        """Held-out guides, what is drawn of them, and the faces that they are of."""
        if self.generator is None:
            return None
        rows = self.held_rows[:_SAMPLES]
        with torch.no_grad():
            guides = np.stack([self._guide(int(row), _HELD) for row in rows])
            w = self.network.w(self.network(shown(guides, self.guide).to(self.device)))
            ws = w[:, None].expand(-1, self.generator.num_ws, -1)
            drawn = torch.cat([self.generator.synthesis(one) for one in ws.split(1)])
        made = images.resize(images.to_uint8(drawn), FINE_SIDE)
        return np.concatenate([looked_at(guides, self.guide), made, self.pictures[rows]])

    def finish(self, path: Path, meta: Mapping[str, Any]) -> Path:
        """Measure the covariance of the error and write the encoder.

        In ``meta``, ``generator`` is the hash of what the codes belong to.
        """
        errors = self._errors().double()
        count, width = errors.shape
        seen = errors.T @ errors / count
        share = width / (width + count)  # of few samples the variances alone are trusted
        self.network.error.copy_((1 - share) * seen + share * torch.diag(seen.diag()))
        return super().finish(path, meta)


def damaged(ink: Float[Tensor, "n 1 h w"], source: torch.Generator) -> Float[Tensor, "n 1 h w"]:
    """Sketches on other paper: thinner, thicker, paler, softer, smudged, with pieces gone.

    ``ink`` is 0 on paper, 1 in black.
    """
    n, _, h, w = ink.shape

    def draw(*shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=source).to(ink.device)

    u = draw(6, 1, 1, 1)
    thick = functional.max_pool2d(ink, 3, 1, 1)
    thin = -functional.max_pool2d(-ink, 3, 1, 1)
    amount = 1.4 * u[:, 0] - 0.7
    x = torch.where(amount > 0, ink.lerp(thick, amount.clamp(min=0)), ink.lerp(thin, -amount))
    soft = functional.avg_pool2d(functional.pad(x, (2, 2, 2, 2), mode="replicate"), 5, 1)
    x = x.lerp(soft, (1.6 * u[:, 1] - 0.8).clamp(min=0))
    x = x.clamp(0, 1) ** torch.exp2(1.6 * u[:, 2] - 0.8) * (0.4 + 0.6 * u[:, 3])
    clouds = functional.interpolate(draw(1, 4, 4), size=[h, w], mode="bilinear")
    x = x + (0.3 * u[:, 4] ** 2) * clouds + 0.05 * u[:, 5] * (draw(1, h, w) - 0.5)
    # Two pieces of up to a third of the side are gone, in a half of the sketches.
    y, across = torch.arange(h, device=ink.device), torch.arange(w, device=ink.device)
    place, size = draw(2, 2), draw(2, 2) / 3
    keep = (draw(1) > 0.5)[:, :, None]
    for piece in range(2):
        top, left = (place[:, piece, 0] * h)[:, None], (place[:, piece, 1] * w)[:, None]
        rows = (y >= top) & (y < top + size[:, piece, :1] * h)
        columns = (across >= left) & (across < left + size[:, piece, 1:] * w)
        gone = (rows[:, :, None] & columns[:, None, :] & ~keep)[:, None]
        x = torch.where(gone, x * 0, x)
    return x.clamp(0, 1)


def shifted(
    pictures: UInt8[np.ndarray, "n h w"], source: torch.Generator, guide: str
) -> UInt8[np.ndarray, "n h w"]:
    """Pictures cut a little beside where they should be: 6 % of the side, 10 % of size, 5°."""
    n = len(pictures)
    u = 2 * torch.rand(n, 4, generator=source) - 1
    scale, angle = torch.exp2(0.14 * u[:, 0]), 0.087 * u[:, 1]
    cos, sin = scale * angle.cos(), scale * angle.sin()
    move = 0.12 * u[:, 2:]
    theta = torch.stack([cos, -sin, move[:, 0], sin, cos, move[:, 1]], dim=1).reshape(n, 2, 3)
    x = torch.from_numpy(np.ascontiguousarray(pictures))[:, None].float()
    grid = functional.affine_grid(theta, list(x.shape), align_corners=False)
    how = "bilinear" if guide == "sketch" else "nearest"
    x = functional.grid_sample(x, grid, how, "border", align_corners=False)
    return x[:, 0].round().to(torch.uint8).numpy()
