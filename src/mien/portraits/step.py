"""One step of StyleGAN2 training: both networks' losses, regularisers and updates.

Karras et al. 2020 (StyleGAN2 and ADA). Every random number of a step is a function of the seed and
of the images seen so far, drawn for the whole batch; so a resumed run equals an unbroken one, and
many processes equal one.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mien import images
from mien.attributes import column_slice
from mien.data.order import SampleOrder
from mien.data.training_set import TrainingSet
from mien.errors import InputError
from mien.judges.critics import critic_loss, fooling_loss
from mien.judges.feature_critic import FeatureCritic, criticise, see
from mien.judges.tagger import Tagger
from mien.portraits.config import GanConfig, drop_columns
from mien.stylegan2 import augment as ada
from mien.stylegan2 import losses
from mien.stylegan2.discriminator import Discriminator
from mien.stylegan2.generator import Generator, Noise, mix_styles
from mien.training.fitting import step_seed, update
from mien.training.processes import Share

CRITIC_LR = 0.01
"""Learning rate of the critic of features: its heads are small and see what is told apart."""


@dataclass
class GanState:
    """What changes from step to step, apart from the networks."""

    nimg: int = 0
    step: int = 0
    ada: ada.AdaState = field(default_factory=ada.AdaState)
    pl_mean: float = 0.0


@dataclass
class Networks:
    """The networks of a run and their optimisers; a critic of features and its own if asked for."""

    G: Generator
    D: Discriminator
    ema: Generator
    g_opt: torch.optim.Adam
    d_opt: torch.optim.Adam
    critic: FeatureCritic | None = None
    c_opt: torch.optim.Adam | None = None

    def modules(self) -> dict[str, torch.nn.Module]:
        """Name -> network, as a checkpoint stores them."""
        found: dict[str, torch.nn.Module] = {"G": self.G, "D": self.D, "G_ema": self.ema}
        return found if self.critic is None else {**found, "critic": self.critic}

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """Name -> optimiser."""
        found: dict[str, torch.optim.Optimizer] = {"g_opt": self.g_opt, "d_opt": self.d_opt}
        return found if self.c_opt is None else {**found, "c_opt": self.c_opt}


def build(
    config: GanConfig, device: torch.device | str = "cpu", tagger_width: int = 32
) -> Networks:
    """The networks at the start of a run, from its seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        G, D = Generator(config.generator()), Discriminator(config.discriminator())
        critic = FeatureCritic.of_width(tagger_width).to(device) if config.critic else None
    ema = copy.deepcopy(G).eval().requires_grad_(False)
    dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
    for network in (G.synthesis, D, ema.synthesis):
        network.dtype = dtype
    for network in (G, D, ema):
        network.to(device)
    # A regulariser that runs every k steps counts as a step of its own (Karras et al. 2020, B).
    g_ratio = config.pl_interval / (config.pl_interval + 1) if config.pl_weight else 1
    d_ratio = config.r1_interval / (config.r1_interval + 1)
    return Networks(
        G, D, ema,
        _adam(G, config.lr if config.g_lr is None else config.g_lr, g_ratio),
        _adam(D, config.lr, d_ratio),
        critic, None if critic is None else _adam(critic, CRITIC_LR, 1),
    )  # fmt: skip


def _adam(network: torch.nn.Module, lr: float, ratio: float) -> torch.optim.Adam:
    betas = (0.0, 0.99**ratio)
    return torch.optim.Adam(network.parameters(), lr=lr * ratio, betas=betas, eps=1e-8)


class Draws:
    """The random numbers of one step, for the whole batch, then cut to our share."""

    def __init__(self, config: GanConfig, share: Share, nimg: int, device: torch.device) -> None:
        self.config, self.share, self.nimg, self.device = config, share, nimg, device

    def source(self, purpose: int) -> torch.Generator:
        """A generator for one purpose of this step."""
        return torch.Generator().manual_seed(self._seed(purpose))

    def rng(self, purpose: int) -> np.random.Generator:
        """The same, for numpy."""
        return np.random.default_rng(self._seed(purpose))

    def _seed(self, purpose: int) -> int:
        return step_seed(self.config.seed, self.nimg, purpose)

    def latents(self, G: Generator, labels: Tensor | None, purpose: int, batch: int) -> _Latents:
        """Latents, crossover layers and noise for a batch, our share of them."""
        source, rows = self.source(purpose), self.share.rows(batch)
        z = torch.randn(2, batch, self.config.z_dim, generator=source)[:, rows]
        crossover = torch.randint(1, G.num_ws, (batch,), generator=source)
        mixed = torch.rand(batch, generator=source) < self.config.mixing
        crossover = torch.where(mixed, crossover, G.num_ws)[rows]
        noise: Noise = "none"
        if self.config.noise:
            noise = [part[rows].to(self.device) for part in G.synthesis.draw_noise(batch, source)]
        return _Latents(z.to(self.device), crossover.to(self.device), noise, labels)

    def augmentation(self, purpose: int) -> ada.Draws:
        """Our share of the augmentation's random numbers."""
        return ada.draw(self.config.batch, self.source(purpose)).select(self.share.rows())


@dataclass(frozen=True)
class _Latents:
    """What a generator needs for a batch: z ``[2, n, z_dim]``, crossover, noise, labels."""

    z: Tensor
    crossover: Tensor
    noise: Noise
    labels: Tensor | None

    def ws(self, G: Generator) -> tuple[Tensor, Tensor]:
        """Mixed ws ``[n, num_ws, w_dim]`` and the unmixed w ``[n, w_dim]``."""
        first, second = G.mapping(self.z[0], self.labels), G.mapping(self.z[1], self.labels)
        count = G.num_ws
        a, b = (w[:, None].expand(-1, count, -1) for w in (first, second))
        return mix_styles(a, b, self.crossover), first


class GanTrainer:
    """One step of training, and what it needs; :func:`train` is the loop around it."""

    def __init__(
        self,
        config: GanConfig,
        data: TrainingSet,
        fabric: Any,
        tagger: Tagger | None = None,
    ) -> None:
        self.config, self.data, self.device = config, data, fabric.device
        self.share = Share(fabric, config.batch, min(4, config.batch))
        if config.critic and tagger is None:
            raise InputError("critic needs a tagger; give `tagger`")
        self.nets = build(config, self.device, tagger.config.width if tagger else 32)
        self.state = GanState()
        self.order = SampleOrder(len(data), config.seed, mirror=config.mirror)
        self.tagger = tagger.to(self.device).eval().requires_grad_(False) if tagger else None
        self.pipeline = ada.AugmentConfig(groups=config.augment)

    def step(self) -> dict[str, Tensor]:
        """Both networks' updates for one batch; returns this step's losses, averaged."""
        config, state = self.config, self.state
        draws = Draws(config, self.share, state.nimg, self.device)
        stats: dict[str, Tensor] = {}

        # Generator: main loss, then path length.
        fake, labels = self._generator_step(draws, stats)
        if config.pl_weight and state.step % config.pl_interval == 0:
            self._path_length_step(draws, stats)

        # Discriminator: main loss, then R1.
        self._discriminator_step(draws, fake, labels, stats)

        # Average of the generator; p of the augmentation.
        self._update_ema()
        if config.augment and state.step % 4 == 3:
            state.ada = state.ada.adjust(config.ada_target, config.ada_kimg)
        state.nimg += config.batch
        state.step += 1
        return {key: self.share.mean(value.detach()) for key, value in stats.items()}

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
        return ada.augment(image, self.state.ada.p, draws.augmentation(purpose), self.pipeline)

    def _generator_step(self, draws: Draws, stats: dict[str, Tensor]) -> tuple[Tensor, Any]:
        config, G, D = self.config, self.nets.G, self.nets.D
        labels = self._labels(draws, 0, config.batch)
        latents = draws.latents(G, labels, 1, config.batch)
        frozen = self.state.nimg < config.freeze_g_kimg * 1000
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
        if self.nets.critic is not None:
            self.nets.critic.requires_grad_(False)
            stats["loss/C"] = fooling_loss(self._criticised(self._seen(shown)))
            loss = loss + config.critic * stats["loss/C"]
            self.nets.critic.requires_grad_(True)
        if self.tagger is not None and labels is not None and config.tagger_weight:
            tags = self._tagger_loss(fake, labels, draws)
            stats["loss/tags"] = tags
            loss = loss + config.tagger_weight * tags
        loss.backward()
        D.requires_grad_(True)
        self._update(self.nets.g_opt, G, "G", stats)
        return fake.detach(), labels

    def _seen(self, pictures: Tensor) -> list[Tensor]:
        """What the tagger sees in pictures, for the critic."""
        assert self.tagger is not None
        return see(self.tagger, pictures, self.config.precision == "bf16")

    def _criticised(self, maps: list[Tensor]) -> list[Tensor]:
        """The critic's logits."""
        assert self.nets.critic is not None
        return criticise(self.nets.critic, maps, self.config.precision == "bf16")

    def _critic_step(self, fake: Tensor, real: Tensor, stats: dict[str, Tensor]) -> None:
        """The critic's loss and update."""
        nets = self.nets
        if nets.critic is None or nets.c_opt is None:
            return
        with torch.no_grad():
            maps = self._seen(torch.cat([fake, real]))
        told = [logits.chunk(2) for logits in self._criticised(maps)]
        loss = critic_loss([r for _, r in told], [f for f, _ in told])
        stats["loss/critic"] = loss
        loss.backward()
        self._update(nets.c_opt, nets.critic, "the critic", stats)

    def _tagger_loss(self, fake: Tensor, labels: Tensor, draws: Draws) -> Tensor:
        """Cross-entropy of the attributes that the labels assert, on slightly shaken pictures."""
        assert self.tagger is not None
        source = draws.source(7)
        shake = torch.randint(-3, 4, (2,), generator=source).tolist()
        grain = torch.randn(self.config.batch, *fake.shape[1:], generator=source)
        shaken = fake.roll(shake, dims=(2, 3)) + 0.05 * grain[self.share.rows()].to(self.device)
        fast = self.config.precision == "bf16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=fast):
            read = self.tagger(shaken)
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
        self.state.pl_mean += 0.01 * (float(mean) - self.state.pl_mean)
        penalty = (lengths - self.state.pl_mean).square().mean()
        stats["loss/path_length"] = penalty
        (penalty * config.pl_weight * config.pl_interval).backward()
        self._update(self.nets.g_opt, G, "G path length", stats)

    def _discriminator_step(
        self, draws: Draws, fake: Tensor, labels: Tensor | None, stats: dict[str, Tensor]
    ) -> None:
        config, D, state = self.config, self.nets.D, self.state
        pictures, labelled = self.data.batch(*self.order.batch(state.nimg, config.batch))
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
        state.ada = state.ada.observe(float(signs), config.batch)
        loss.backward()
        self._update(self.nets.d_opt, D, "D", stats)
        self._critic_step(shown_fake, shown_real, stats)

        # R1 every few steps.
        if config.gamma and state.step % config.r1_interval == 0:
            real = real.requires_grad_()
            logits = D(self._augmented(real, draws, 9), real_labels)
            penalty = losses.r1_penalty(logits, real).mean()
            stats["loss/R1"] = penalty
            (penalty * (config.gamma / 2) * config.r1_interval).backward()
            self._update(self.nets.d_opt, D, "D R1", stats)

    def _update(
        self,
        optimizer: torch.optim.Adam,
        network: torch.nn.Module,
        name: str,
        stats: dict[str, Tensor],
    ) -> None:
        """Average gradients, refuse what is not finite, step."""
        norm = self.share.average_gradients(network.parameters())
        update(optimizer, norm, name, self.state.nimg, stats)

    @torch.no_grad()
    def _update_ema(self) -> None:
        config, nets = self.config, self.nets
        beta = losses.ema_beta(self.state.nimg, config.batch, config.ema_kimg, config.ema_rampup)
        for averaged, now in zip(nets.ema.parameters(), nets.G.parameters(), strict=True):
            averaged.lerp_(now, 1 - beta)
        for averaged, now in zip(nets.ema.buffers(), nets.G.buffers(), strict=True):
            averaged.copy_(now)
