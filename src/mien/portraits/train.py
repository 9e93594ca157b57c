"""Training a StyleGAN2.

On a laptop's CPU, a few minutes to coloured blobs and an hour to faces:

    mien train gan --data faces.zip --resolution 64 --kimg 50 --out runs/faces

Karras et al. 2020 (StyleGAN2 and ADA). Four deviations, for the sake of the time that a small
machine has: the generated pictures of the generator's step serve the discriminator's step too;
labels may be partial (``drop_columns``), so that a label of zeros is the unconditional case; a
frozen tagger may add the cross-entropy of the attributes that a label asserts (Odena et al. 2017);
and critics of frozen features may judge beside the discriminator (Sauer et al. 2021).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mien import images
from mien.attributes import column_slice
from mien.checkpoints import native
from mien.data.order import SampleOrder
from mien.data.training_set import TrainingSet
from mien.errors import InputError
from mien.judges.critics import Critics, critic_loss, fooling_loss
from mien.judges.frozen import FrozenFeatures, Maps, view
from mien.judges.tagger import Tagger
from mien.portraits.config import GanConfig
from mien.portraits.draws import Draws, drop_columns
from mien.portraits.networks import build
from mien.portraits.start import Start, grow_from
from mien.stylegan2 import augment as ada
from mien.stylegan2 import losses
from mien.stylegan2.seeds import seed_latents
from mien.training import ema
from mien.training.fitting import update
from mien.training.loop import Recipe
from mien.training.processes import Share
from mien.training.random import StepRandom


class GanRecipe(Recipe):
    """Generator and discriminator, perhaps with a tagger that teaches labels and with critics.

    ``fabric`` is as :func:`mien.training.processes.launch` gives it; ``tagger`` reads attributes
    off generated pictures, with ``tagger_weight``; critics look at ``features``, with ``critic``.
    """

    def __init__(
        self,
        config: GanConfig,
        data: TrainingSet,
        fabric: Any,
        tagger: Tagger | None = None,
        features: FrozenFeatures | None = None,
        start: Start | None = None,
    ) -> None:
        self.config, self.data, self.start = config, data, start
        self.device: torch.device = fabric.device
        self.leads = fabric.is_global_zero
        self.share = Share(fabric, config.batch, min(4, config.batch))
        if config.critic and features is None:
            raise InputError("critics need the frozen networks that they look at")
        self.nets = build(config, self.device)
        self.ada, self.pl_mean = ada.AdaState(), 0.0
        self.order = SampleOrder(len(data), config.seed, mirror=config.mirror)
        self.tagger = tagger.to(self.device).eval().requires_grad_(False) if tagger else None
        self.features = features.to(self.device) if features else None
        self.pipeline = ada.AugmentConfig(groups=config.augment)

    # ------------------------------------------------------------ what the loop asks

    def modules(self) -> Mapping[str, nn.Module]:
        """Generator, discriminator, averaged generator, critics."""
        return self.nets.modules()

    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """Theirs."""
        return self.nets.optimizers()

    def scalars(self) -> dict[str, Any]:
        """The mean path length and the state of ADA."""
        return {"pl_mean": self.pl_mean, "ada": asdict(self.ada)}

    def restore(self, scalars: Mapping[str, Any]) -> None:
        """Take them back."""
        self.pl_mean, self.ada = scalars["pl_mean"], ada.AdaState(**scalars["ada"])

    def begin(self) -> None:
        """Take over what the run starts from."""
        if self.start is not None:
            self.start.check(self.config)
            grow_from(self.nets, self.start, self.config.noise)

    def stops(self, asked: bool) -> bool:
        """All processes stop as soon as one was asked to."""
        return bool(self.share.mean(torch.tensor(float(asked), device=self.device)) > 0)

    @torch.no_grad()
    def sample(self) -> np.ndarray:
        """Pictures of seeds 0 to 35 from the averaged generator, psi 0.7."""
        average = self.nets.ema
        z = seed_latents(range(36), average.config.z_dim).to(self.device)
        return np.concatenate([images.to_uint8(average(part, psi=0.7)) for part in z.split(9)])

    def step(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Both networks' updates for one batch; returns this step's losses, averaged."""
        config, number = self.config, random.nimg // self.config.batch
        draws = Draws(config, self.share, random, self.device)
        stats: dict[str, Tensor] = {}

        # Generator: main loss, then path length.
        fake, labels = self._generator_step(draws, stats)
        if config.pl_weight and number % config.pl_interval == 0:
            self._path_length_step(draws, stats)

        # Discriminator: main loss, then R1; critics.
        self._discriminator_step(draws, fake, labels, stats)

        # Average of the generator; p of the augmentation.
        halflife = config.average_halflife(self.nimg)
        ema.update(self.nets.ema, self.nets.G, config.batch, halflife)
        if config.augment and number % 4 == 3:
            self.ada = self.ada.adjust(config.ada_target, config.ada_kimg)
        self.nimg += config.batch
        stats |= {"ada/p": torch.tensor(self.ada.p), "ada/r_t": torch.tensor(self.ada.r_t)}
        return {k: self.share.mean(v.detach().float().to(self.device)) for k, v in stats.items()}

    # ------------------------------------------------------------ parts of a step

    def _labels(self, draws: Draws, purpose: int, batch: int) -> Tensor | None:
        """Partial labels of ``batch`` randomly chosen training pictures, our share."""
        if self.data.labels is None or not self.config.label_dim:
            return None
        rng = draws.rng(purpose)
        rows = rng.integers(len(self.data), size=batch)
        labels = drop_columns(self.data.labels[rows], self.config, rng)
        return torch.from_numpy(labels)[self.share.rows(batch)].to(self.device)

    def _augmented(self, image: Tensor, draws: Draws, purpose: int) -> Tensor:
        if not self.config.augment:
            return image
        return ada.augment(image, self.ada.p, draws.augmentation(purpose), self.pipeline)

    def _generator_step(
        self, draws: Draws, stats: dict[str, Tensor]
    ) -> tuple[Tensor, Tensor | None]:
        config, G, D = self.config, self.nets.G, self.nets.D
        labels = self._labels(draws, 0, config.batch)
        latents = draws.latents(G, labels, 1, config.batch)
        frozen = self.nimg < config.freeze_g_kimg * 1000
        with torch.set_grad_enabled(not frozen):
            ws, w = latents.ws(G)
            fake = G.synthesis(ws, latents.noise)
        mean_w = self.share.mean(w.detach().mean(dim=0))
        G.mapping.w_avg.lerp_(mean_w, 1 - 0.998)
        if frozen:
            return fake, labels
        D.requires_grad_(False)
        shown = self._augmented(fake, draws, 2)
        loss = losses.generator_loss(D(shown, labels)).mean()
        stats["loss/G"] = loss
        critics = self.nets.critics
        if critics is not None:
            _learn(critics, False)
            maps = self._seen(shown)
            with self.fast():
                stats["loss/fooling"] = fooling_loss(critics(shown, maps))
            loss = loss + config.critic * stats["loss/fooling"]
            _learn(critics, True)
        if self.tagger is not None and labels is not None and config.tagger_weight:
            stats["loss/tags"] = self._tagger_loss(self.tagger, fake, labels, draws)
            loss = loss + config.tagger_weight * stats["loss/tags"]
        loss.backward()
        D.requires_grad_(True)
        self._update(self.nets.g_opt, "G", stats)
        return fake.detach(), labels

    def _seen(self, pictures: Tensor) -> Maps:
        assert self.features is not None
        with self.fast():
            return self.features(view(pictures))

    def _critic_step(self, fake: Tensor, real: Tensor, stats: dict[str, Tensor]) -> None:
        critics, c_opt = self.nets.critics, self.nets.c_opt
        if critics is None or c_opt is None:
            return
        both = torch.cat([fake, real])
        with torch.no_grad():
            maps = self._seen(both)
        with self.fast():
            told = [logits.chunk(2) for logits in critics(both, maps)]
        stats["loss/critics"] = critic_loss([r for _, r in told], [f for f, _ in told])
        stats["loss/critics"].backward()
        self._update(c_opt, "the critics", stats)

    def _tagger_loss(self, tagger: Tagger, fake: Tensor, labels: Tensor, draws: Draws) -> Tensor:
        """Cross-entropy of the attributes that the labels assert, on slightly shaken pictures."""
        source = draws.source(7)
        shake = torch.randint(-3, 4, (2,), generator=source).tolist()
        grain = torch.randn(self.config.batch, *fake.shape[1:], generator=source)
        shaken = fake.roll(shake, dims=(2, 3)) + 0.05 * grain[self.share.rows()].to(self.device)
        with self.fast():
            read = tagger(shaken)
        total = fake.new_zeros([])
        for column, logits in read.items():
            target = labels[:, column_slice(column)]
            total = total - (target * logits.float().log_softmax(dim=1)).sum()
        return total / labels.sum().clamp(min=1)

    def _path_length_step(self, draws: Draws, stats: dict[str, Tensor]) -> None:
        config, G = self.config, self.nets.G
        half = max(config.batch // 2, 1)
        latents = draws.latents(G, self._labels(draws, 3, half), 4, half)
        ws, _ = latents.ws(G)
        image = G.synthesis(ws, latents.noise)
        y = losses.path_noise(half, config.resolution, draws.source(5))[self.share.rows(half)]
        lengths = losses.path_lengths(image, ws, y.to(self.device))
        mean = self.share.mean(lengths.detach().mean())
        self.pl_mean += 0.01 * (float(mean) - self.pl_mean)
        penalty = (lengths - self.pl_mean).square().mean()
        stats["loss/path_length"] = penalty
        (penalty * config.pl_weight * config.pl_interval).backward()
        self._update(self.nets.g_opt, "G path length", stats)

    def _discriminator_step(
        self, draws: Draws, fake: Tensor, labels: Tensor | None, stats: dict[str, Tensor]
    ) -> None:
        config, D = self.config, self.nets.D
        pictures, labelled = self.data.batch(*self.order.batch(self.nimg, config.batch))
        rows = self.share.rows()
        real = images.to_float(pictures[rows.numpy()]).to(self.device)
        real_labels = None
        if config.label_dim:
            dropped = drop_columns(labelled, config, draws.rng(6))
            real_labels = torch.from_numpy(dropped)[rows].to(self.device)

        # Main loss.
        shown_fake, shown_real = self._augmented(fake, draws, 8), self._augmented(real, draws, 9)
        fake_logits, real_logits = D(shown_fake, labels), D(shown_real, real_labels)
        loss = losses.discriminator_loss(real_logits, fake_logits).mean()
        stats["loss/D"] = loss
        signs = self.share.mean(real_logits.detach().sign().mean()) * config.batch
        self.ada = self.ada.observe(float(signs), config.batch)
        loss.backward()
        self._update(self.nets.d_opt, "D", stats)
        self._critic_step(shown_fake, shown_real, stats)

        # R1 every few steps.
        if config.gamma and self.nimg // config.batch % config.r1_interval == 0:
            real = real.requires_grad_()
            logits = D(self._augmented(real, draws, 9), real_labels)
            penalty = losses.r1_penalty(logits, real).mean()
            stats["loss/R1"] = penalty
            (penalty * (config.gamma / 2) * config.r1_interval).backward()
            self._update(self.nets.d_opt, "D R1", stats)

    def _update(self, optimizer: torch.optim.Adam, name: str, stats: dict[str, Tensor]) -> None:
        weights = [p for group in optimizer.param_groups for p in group["params"]]
        norm = self.share.average_gradients(weights)
        update(optimizer, norm, name, self.nimg, stats)


def _learn(critics: Critics, learn: bool) -> None:
    for parameter in critics.learned:
        parameter.requires_grad_(learn)


def export(recipe: GanRecipe, out: Path, meta: dict[str, Any] | None = None) -> Path:
    """Write the averaged generator of a run as a ``.safetensors`` of its own, 16 bits a number.

    ``meta``, data and licence say, is added to its header.
    """
    config = recipe.config
    told = {"kimg": recipe.nimg / 1000, "training": asdict(config), **(meta or {})}
    shape = asdict(config.generator())
    native.save(out, "stylegan2-generator", recipe.nets.ema.state_dict(), shape, told, half=True)
    return out
