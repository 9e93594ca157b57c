"""How the W+ head learns: from photographs and from faces that the generator draws.

    mien train inversion --model portraits --data faces.zip --data sfhq.zip --out runs/head

The encoder's codes are computed once. After each pass the drawing is compared with the photo
(ReStyle, Alaluf et al. 2021, Eq. 4): pixels, frozen features, an identity network; and the layers'
differences from the first are held small, which keeps codes editable (e4e, Tov et al. 2021, Eq. 5).

Axes: n batch, h w pixels, l layers, d width of w.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from mien import images
from mien.data.order import SampleOrder
from mien.inversion.encoder import Inverter
from mien.inversion.guide_training import Pairs
from mien.inversion.head import KIND, HeadConfig, WPlusHead
from mien.inversion.head_options import HeadTraining
from mien.judges.losses import feature_distance
from mien.portraits.codes import CodeMoments
from mien.training.adamw import AdamWRecipe
from mien.training.random import StepRandom

_DRAWN = 0  # purpose of random numbers
_SAMPLES = 6

Embed = Callable[[Tensor], Tensor]
"""Pictures in [-1, 1] -> what tells people apart, ``[n, e]``; differentiable."""


def terms(
    inverter: Inverter,
    embed: Embed | None,
    photo: Float[Tensor, "n 3 h w"],
    ws: Float[Tensor, "n l d"],
) -> dict[str, Float[Tensor, ""]]:
    """The losses of one pass, unweighted; ``embed`` is the identity network, None for none."""
    drawn = inverter.generator.synthesis(ws)
    with torch.no_grad():
        seen = inverter.look(photo, deep=False)[0]
        person = None if embed is None else embed(photo)
    found = {
        "pixels": (drawn - photo).abs().mean(),
        "features": feature_distance(inverter.look(drawn, deep=False)[0], seen).mean(),
        "offset": (ws - ws[:, :1]).square().mean() / inverter.spread**2,
    }
    if embed is not None and person is not None:
        cosine = functional.cosine_similarity(embed(drawn.clamp(-1, 1)), person, dim=1)
        found["identity"] = (1 - cosine).mean()
    return found


class HeadRecipe(AdamWRecipe):
    """The W+ head of one generator.

    ``photos`` are at the generator's size, with the encoder's codes; every twentieth is held out.
    ``moments`` are of the codes from which the generator draws, None draws none.
    """

    name = "the W+ head"
    kind = KIND
    longest = 2.0
    betas = (0.9, 0.99)
    free = frozenset({"kimg", "lr", "pixels", "features", "identity", "offset", "drawn"})

    def __init__(
        self,
        config: HeadTraining,
        inverter: Inverter,
        photos: Pairs,
        moments: CodeMoments | None = None,
        embed: Embed | None = None,
    ) -> None:
        self.inverter, self.photos = inverter, photos
        self.moments, self.embed = moments, embed
        G = inverter.generator
        held = np.arange(len(photos)) % 20 == 0
        self.held_rows, self.rows = np.flatnonzero(held), np.flatnonzero(~held)
        shape = HeadConfig(
            G.num_ws, G.config.w_dim, config.width, config.hidden, config.passes, inverter.spread
        )
        super().__init__(config, lambda: WPlusHead(shape), G.mapping.w_avg.device)
        self.order = SampleOrder(len(self.rows), config.seed, mirror=False)

    def losses(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Every pass is compared with the photos; told are the terms of the last."""
        config = self.config
        photo, ws = self._faces(random)
        unlocked = config.unlocked(random.nimg, ws.shape[1])
        total, found = ws.new_zeros([]), {}
        for one in self.network.refine(photo, ws, self.inverter.generator.synthesis, unlocked):
            found = terms(self.inverter, self.embed, photo, one)
            weighted = [getattr(config, name) * value for name, value in found.items()]
            total = total + torch.stack(weighted).sum() / self.network.config.passes
        return {"loss": total, **found}

    @torch.no_grad()
    def _faces(self, random: StepRandom) -> tuple[Tensor, Tensor]:
        """Photographs and drawn faces of this step, with the encoder's codes."""
        config, inverter = self.config, self.inverter
        drawn = 0 if self.moments is None else round(config.drawn * config.batch)
        places, _ = self.order.batch(random.nimg, config.batch)
        photo, w = self._photos(self.rows[places[drawn:]])
        if drawn and self.moments is not None:
            normal = torch.randn(drawn, w.shape[1], generator=random.torch(_DRAWN))
            true = self.moments.given().draw(normal.to(self.device))
            made = inverter.draw(inverter.spread_out(true)).clamp(-1, 1)
            said = inverter.encode(made, inverter.look(made))
            photo, w = torch.cat([made, photo]), torch.cat([said, w])
        return photo, inverter.spread_out(w)

    def _photos(self, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        pictures = images.to_float(self.photos.pictures[rows], self.device)
        return pictures, torch.from_numpy(self.photos.codes[rows]).to(self.device)

    @torch.no_grad()
    def _held(self, rows: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """Held-out photos, the encoder's code and the head's."""
        photo, w = self._photos(rows)
        start = self.inverter.spread_out(w)
        unlocked = self.config.unlocked(self.nimg, start.shape[1])
        return photo, start, self.network.refine(photo, start, self.inverter.draw, unlocked)[-1]

    def measure(self) -> dict[str, float]:
        """Losses of the last pass on at most 32 held-out photos, and as shares of the encoder's."""
        photo, start, ws = self._held(self.held_rows[:32])
        sums: dict[str, list[float]] = {}
        with torch.no_grad():
            for x, before, after in zip(photo.split(1), start.split(1), ws.split(1), strict=True):
                one, found = (terms(self.inverter, self.embed, x, code) for code in (before, after))
                told = {f"held/{name}": float(value) for name, value in found.items()}
                for name in ("pixels", "features"):
                    told[f"held/{name} of one pass"] = float(found[name] / one[name])
                for name, value in told.items():
                    sums.setdefault(name, []).append(value)
        return {name: float(np.mean(values)) for name, values in sums.items()}

    def sample(self) -> np.ndarray:
        """Held-out photos, one pass of the encoder, and the head's result."""
        photo, start, ws = self._held(self.held_rows[:_SAMPLES])
        rows = [photo, self.inverter.draw(start), self.inverter.draw(ws)]
        return np.concatenate([images.to_uint8(row) for row in rows])
