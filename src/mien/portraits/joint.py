"""A generator that learns together with its encoder, under critics that have seen the world.

    mien train faces --data faces.zip --data sfhq.zip --out runs/faces

Three published ideas: a decoder that is also a GAN's generator (Larsen et al. 2016, VAE/GAN), an
encoder that keeps codes in the generator's domain (Zhu et al. 2020, in-domain inversion), and
critics of frozen features (Sauer et al. 2021, Projected GANs). Random faces are drawn from the
Gaussian of the encoder's own codes, which always lies where the decoder can draw; z is mapped to it
afterwards (:mod:`mien.portraits.mapping`).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mien import images
from mien.attributes import COLUMNS, LABELS, column_slice
from mien.data.order import SampleOrder
from mien.data.training_set import TrainingSet
from mien.judges.critics import Critics, critic_loss, fooling_loss
from mien.judges.frozen import CHANNELS, SIDE, SIDES, FrozenFeatures, Maps, encoder_maps, view
from mien.judges.losses import feature_distance
from mien.portraits.codes import CodeMemory, CodeMoments
from mien.portraits.encoder import Encoder, EncoderConfig
from mien.portraits.joint_config import JointConfig
from mien.portraits.uncommon import Uncommon
from mien.stylegan2.diff_augment import diff_augment
from mien.stylegan2.generator import Generator
from mien.training import ema
from mien.training.loop import Recipe
from mien.training.random import StepRandom

# Purposes of random numbers.
_BLUR, _FREE, _LABELS, _GUIDED, _FAKE, _REAL, _CORNER, _MIXED, _UNCOMMON = range(9)
_REFIT = 100  # steps between fits of the Gaussian
_REACH = 5.0  # of what is told, a little more than sentences use
_SAMPLES = 12  # columns of a grid


@dataclass(frozen=True)
class Shown:
    """What the critics of a step learn from.

    ``fake`` are reconstructions and random faces as they were to fool the critics, augmented,
    ``maps`` features of those; ``corner`` is where everything is looked at at full size, None for
    the whole picture.
    """

    real: Tensor
    fake: Tensor
    maps: Maps
    corner: tuple[int, int] | None


class JointRecipe(Recipe):
    """Generator, encoder and critics.

    ``start`` is a generator to begin with, of this shape; None for one from nothing.
    """

    free = frozenset(
        {
            *("kimg", "lr", "encoder_lr", "settled", "critic_lr", "perceptual", "adversarial"),
            *("augment", "judged", "blur", "mixed", "guided", "guidance", "crop", "ema_kimg"),
            "uncommon",
        }
    )

    def __init__(
        self,
        config: JointConfig,
        data: TrainingSet,
        features: FrozenFeatures,
        start: Generator | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        self.config, self.data, self.device = config, data, torch.device(device)
        self.dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.G = copy.deepcopy(start) if start else Generator(config.generator())
            self.E = Encoder(EncoderConfig(w_dim=config.w_dim))
            self.C = Critics(CHANNELS, SIDES)
        self.G.mapping.requires_grad_(False)
        self.G.synthesis.requires_grad_(True).dtype = self.dtype
        self.average = copy.deepcopy(self.G).eval().requires_grad_(False)
        self.memory = CodeMemory(len(data), config.w_dim)
        self.moments = CodeMoments(config.label_dim, config.w_dim)
        self.features = features.to(self.device, self.dtype)
        for network in self.modules().values():
            network.to(self.device)
        self.order = SampleOrder(len(data), config.seed, mirror=True)
        self.uncommon = Uncommon(data.labels_of(np.arange(len(data))))
        betas = (0.0, 0.99)
        self.g_opt = torch.optim.Adam(
            [
                {"params": list(self.G.synthesis.parameters()), "lr": config.lr},
                # Nothing adversarial pulls the encoder; momentum takes noise out of its steps.
                {
                    "params": list(self.E.parameters()),
                    "lr": config.encoder_lr,
                    "betas": (0.9, 0.99),
                },
            ],
            betas=betas,
        )
        self.c_opt = torch.optim.Adam(self.C.learned, lr=config.critic_lr, betas=betas)

    # ------------------------------------------------------------ what the loop asks

    def modules(self) -> Mapping[str, nn.Module]:
        """Everything with tensors."""
        return {
            "G": self.G, "G_ema": self.average, "E": self.E, "C": self.C,
            "memory": self.memory, "moments": self.moments,
        }  # fmt: skip

    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """Of generator and encoder together, and of the critics."""
        return {"g_opt": self.g_opt, "c_opt": self.c_opt}

    def begin(self) -> None:
        """Spread the codes as the mapping network's w are, only rounder.

        Eight directions hold four fifths of what an old mapping gives: too few to tell people
        apart, so 0.6 of the spread is the same in every direction.
        """
        config = self.config
        source = torch.Generator().manual_seed(config.seed)
        with torch.no_grad():
            z = torch.randn(4096, config.z_dim, generator=source).to(self.device)
            w = self.G.mapping(z)
            values, vectors = torch.linalg.eigh(torch.cov(w.T).double())
            rounder = (0.4 * values + 0.6 * values.mean()).clamp(min=1e-8).sqrt()
            self.E.norm.spread.copy_(vectors @ torch.diag(rounder) @ vectors.T)
            self.E.norm.mean.copy_(w.mean(dim=0))
        self.memory.codes.copy_(w[torch.arange(len(self.memory.codes)) % len(w)])

    def step(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Reconstruction alone at first; then random faces and critics beside it."""
        config = self.config
        share = config.settled if random.nimg >= config.warm_kimg * 1000 else 1.0
        rates = (config.lr, config.encoder_lr)
        for group, rate in zip(self.g_opt.param_groups, rates, strict=True):
            group["lr"] = share * rate
        terms, shown = self.losses(random)
        alike = terms["loss/l1"] + config.perceptual * terms["loss/unlike"]
        fooling = terms.get("loss/fooling")
        alike.backward(retain_graph=fooling is not None)
        if fooling is not None:
            # Critics also judge reconstructions. They would pull the codes of these four times as
            # hard as likeness does, away from whatever is rare (docs/log.md, 2026-11-30).
            weight = config.critics_count(random.nimg)
            (weight * fooling).backward(inputs=list(self.G.synthesis.parameters()))
        self.g_opt.step()
        self.g_opt.zero_grad(set_to_none=True)
        if shown is not None:
            terms["loss/critics"] = self._critic_step(shown, random)
        ema.update(self.average.synthesis, self.G.synthesis, config.batch, config.ema_kimg)
        self.nimg += config.batch
        return {name: term.detach() for name, term in terms.items()}

    def losses(self, random: StepRandom) -> tuple[dict[str, Tensor], Shown | None]:
        """The terms of generator and encoder, unweighted, and what the critics shall see of it."""
        config = self.config
        critics = random.nimg >= config.warm_kimg * 1000
        count = config.batch // 2 if critics else config.batch
        rows, mirrored = self.order.batch(config.photographs_seen(random.nimg), count)
        rows = self._with_uncommon(rows, random.numpy(_UNCOMMON))
        pictures, _ = self.data.batch(rows, mirrored)
        real = images.to_float(pictures).to(self.device)
        corner = self._corner(random)
        with torch.no_grad(), self.fast():
            seen = self.features(view(real))

        # Encode; remember; blur.
        w = self._encode(real, seen)
        self.memory.put(torch.from_numpy(rows), torch.from_numpy(mirrored), w)
        blur = torch.randn(w.shape, generator=random.torch(_BLUR)).to(self.device)
        w = w + config.blur * (blur @ self.E.norm.spread)

        # Draw photographs again, and under critics random faces; compare and judge both, since a
        # decoder that is judged at random codes alone stays blurred at the codes of photographs.
        judged = min(round(config.judged * config.batch), count)
        drawn = self._draw(self.G, w)
        terms = self._reconstruction(drawn, real, seen, corner)
        if not critics:
            return terms, None
        free = self._draw(self.G, self._random_codes(random, config.batch - judged))
        both = torch.cat([drawn[count - judged :], free])
        fake = diff_augment(both, random.torch(_FAKE), config.augment)
        with self.fast():
            maps = self.features(view(fake, corner))
        if config.critics_count(random.nimg) > 0:
            self._learn_critics(False)
            with self.fast():
                terms["loss/fooling"] = fooling_loss(self.C(fake, maps))
        return terms, Shown(real, fake.detach(), [[m.detach() for m in n] for n in maps], corner)

    @torch.no_grad()
    def sample(self) -> np.ndarray:
        """Photographs, their reconstructions, and random faces at 0.8 of the spread of codes."""
        rows = np.arange(min(_SAMPLES, len(self.data)))
        pictures, _ = self.data.batch(rows)
        w = self.encode(images.to_float(pictures))
        self._fit()
        normal = torch.randn(24, self.config.w_dim, generator=torch.Generator().manual_seed(5)).to(
            self.device
        )
        w = torch.cat([w, self.moments.given().draw(normal, psi=0.8)])
        drawn = [images.to_uint8(self._draw(self.average, part)) for part in w.split(8)]
        return np.concatenate([pictures, *drawn])

    # ------------------------------------------------------------ parts of a step

    def _encode(self, image: Tensor, seen: Maps) -> Tensor:
        with self.fast():
            w = self.E(image, encoder_maps(seen))
        return w.float()

    def _draw(self, G: Generator, w: Tensor) -> Tensor:
        return G.synthesis(w[:, None].expand(-1, G.num_ws, -1), "none")

    def _corner(self, random: StepRandom) -> tuple[int, int] | None:
        """Where to look at full size in this step; None for the whole picture."""
        side = self.config.resolution
        rng = random.numpy(_CORNER)
        if side <= SIDE or rng.random() >= self.config.crop:
            return None
        top, left = rng.integers(0, side - SIDE + 1, size=2).tolist()
        return top, left

    def _reconstruction(
        self, drawn: Tensor, real: Tensor, seen: Maps, corner: tuple[int, int] | None
    ) -> dict[str, Tensor]:
        with self.fast():
            if corner is not None:
                with torch.no_grad():
                    seen = self.features(view(real, corner), deep=False)
            maps = self.features(view(drawn, corner), deep=False)
        unlike = feature_distance(maps[0], seen[0]).mean()
        return {"loss/l1": (drawn - real).abs().mean(), "loss/unlike": unlike}

    def _critic_step(self, shown: Shown, random: StepRandom) -> Tensor:
        self._learn_critics(True)
        with torch.no_grad(), self.fast():
            real = diff_augment(shown.real, random.torch(_REAL), self.config.augment)
            seen = self.features(view(real, shown.corner))
            pairs = zip(seen, shown.maps, strict=True)
            both = [[torch.cat([a, b]) for a, b in zip(x, y, strict=True)] for x, y in pairs]
        with self.fast():
            logits = self.C(torch.cat([real, shown.fake]), both)
        count = len(real)
        loss = critic_loss([y[:count] for y in logits], [y[count:] for y in logits])
        loss.backward()
        self.c_opt.step()
        self.c_opt.zero_grad(set_to_none=True)
        return loss

    def _learn_critics(self, learn: bool) -> None:
        for parameter in self.C.learned:
            parameter.requires_grad_(learn)

    # ------------------------------------------------------------ codes

    @torch.no_grad()
    def encode(self, pictures: Tensor) -> Tensor:
        """Codes ``[n, w_dim]`` of pictures in [-1, 1], without noise."""
        self.E.eval()
        real = pictures.to(self.device)
        with self.fast():
            seen = self.features(view(real))
        w = self._encode(real, seen)
        self.E.train()
        return w

    def encode_all(self) -> None:
        """Remember the codes of all photographs and their mirror images as they are now.

        The encoder keeps the statistics that it follows, since at those the decoder has learnt to
        draw. It is written as it stands and not averaged: weights that nothing holds wander, and
        what lies between two of them is no encoder (docs/log.md, 2026-11-30).
        """
        for flip in (False, True):
            for rows in np.array_split(np.arange(len(self.data)), max(1, len(self.data) // 32)):
                mirrored = np.full(len(rows), flip)
                pictures, _ = self.data.batch(rows, mirrored)
                w = self.encode(images.to_float(pictures))
                self.memory.put(torch.from_numpy(rows), torch.from_numpy(mirrored), w)
        self.memory.all_recent()
        self._fit(everything=True)

    def _fit(self, everything: bool = False) -> None:
        """Moments of recent codes, or of all if these are of one age, and of their labels."""
        n, recent = len(self.data), self.memory.recent.cpu().numpy()
        which = np.arange(2 * n) if everything else recent
        told = self.data.labels_of(which % n, which >= n)[:, : self.config.label_dim]
        w = self.memory.codes[torch.from_numpy(which).to(self.device)]
        self.moments.fit(w, torch.from_numpy(told).to(self.device))

    @torch.no_grad()
    def _random_codes(self, random: StepRandom, count: int) -> Tensor:
        """Codes of ``count`` random faces: some told labels, the rest mixed of all or Gaussian."""
        config = self.config
        step = random.nimg // config.batch
        if step % _REFIT == 0 or float(self.moments.count) < 2:
            self._fit()
        normal = torch.randn(count, config.w_dim, generator=random.torch(_FREE))
        normal = normal.to(self.device)
        guided = round(config.guided * count) if config.label_dim else 0
        if config.mixed:
            free = self.memory.mixture(count - guided, config.mixed, random.numpy(_MIXED))
        else:
            free = self.moments.given().draw(normal[guided:])
        if not guided:
            return free
        rng = random.numpy(_LABELS)
        told = self._told(rng)
        rows = self._with_uncommon(rng.integers(len(self.data), size=guided), rng)
        labels = self.data.labels_of(rows, None)
        source = random.torch(_GUIDED)
        guidance = 1 + (config.guidance - 1) * torch.rand(guided, 1, generator=source)
        psi = 0.6 + 0.4 * torch.rand(guided, 1, generator=source)
        shown = self.moments.given(told.to(self.device)).draw(
            normal[:guided],
            torch.from_numpy(labels).to(self.device),
            guidance.to(self.device),
            psi.to(self.device),
            _REACH,
        )
        return torch.cat([shown, free])

    def _with_uncommon(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Some of the pictures exchanged for those that show what few show."""
        count = round(self.config.uncommon * len(rows)) if self.uncommon.groups else 0
        return np.concatenate([rows[: len(rows) - count], self.uncommon.draw(count, rng)])

    def _told(self, rng: np.random.Generator) -> Tensor:
        """Which labels the sentence of this step tells: each column in a tenth to seven tenths."""
        told = torch.zeros(self.config.label_dim, dtype=torch.bool)
        if self.config.label_dim != len(LABELS):
            return ~told
        share = rng.uniform(0.1, 0.7)
        for column in COLUMNS:
            told[column_slice(column)] = bool(rng.random() < share)
        return told
