"""One step of each translation method: the autoencoder, pix2pix and CycleGAN.

Every random number of a step is a function of the seed and of the images seen so far, so a resumed
run equals an unbroken one.

Axes: n batch, h w pixels. ``a`` is the kind of picture that is given, ``b`` the kind that is made.
"""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mien import images
from mien.data.order import SampleOrder
from mien.data.pairs import VARIANTS, PairedSet, UnpairedSet
from mien.sketch import losses
from mien.sketch.autoencoder import Autoencoder, AutoencoderConfig
from mien.sketch.config import TranslationConfig
from mien.sketch.cyclegan import ImagePool, ResnetConfig, ResnetGenerator
from mien.sketch.pix2pix import PatchDiscriminator, Unet, UnetConfig
from mien.stylegan2.losses import ema_beta
from mien.training.fitting import step_seed, update

_SCALE, _TURN = 286 / 256, math.radians(4)  # Isola et al. 2017, 6.2: resize to 286, crop 256.


def build_generator(config: AutoencoderConfig | UnetConfig | ResnetConfig) -> nn.Module:
    """The generator that a configuration describes."""
    if isinstance(config, AutoencoderConfig):
        return Autoencoder(config)
    return Unet(config) if isinstance(config, UnetConfig) else ResnetGenerator(config)


class Trainer:
    """The networks of a run and its step; one subclass a method."""

    networks: dict[str, nn.Module]
    optimizers: dict[str, torch.optim.Optimizer]
    generators: dict[str, str]
    """Direction -> the name of its averaged generator in ``networks``."""

    def __init__(
        self,
        config: TranslationConfig,
        data: PairedSet | UnpairedSet,
        device: torch.device,
        judge: nn.Module | None = None,
    ) -> None:
        self.config, self.data, self.device, self.judge = config, data, device, judge
        self.nimg = 0
        self.order = SampleOrder(len(data), config.seed)
        self.other_order = SampleOrder(len(data), config.seed + 1)
        self.networks, self.optimizers, self.generators = {}, {}, {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self._build()
        for network in self.networks.values():
            network.to(device)
            for tensor in (*network.parameters(), *network.buffers()):
                if tensor.ndim == 4 and not isinstance(network, ImagePool):
                    tensor.data = tensor.data.contiguous(memory_format=torch.channels_last)
        for name, members in self._optimized().items():
            parameters = [p for member in members for p in self.networks[member].parameters()]
            self.optimizers[name] = torch.optim.Adam(
                parameters, lr=config.lr, betas=(config.beta1, 0.999), fused=True
            )

    def _build(self) -> None:
        raise NotImplementedError

    def _optimized(self) -> dict[str, list[str]]:
        raise NotImplementedError

    def _losses(self, a: Tensor, b: Tensor, stats: dict[str, Tensor]) -> None:
        raise NotImplementedError

    def _check(self, a: Tensor, b: Tensor, stats: dict[str, Tensor]) -> list[Tensor]:
        raise NotImplementedError

    @torch.no_grad()
    def check(self, a: Tensor, b: Tensor) -> tuple[dict[str, Tensor], list[Tensor]]:
        """The averaged generators on pictures that are not trained on.

        Args:
            a: What is given, ``[n, 3, h, w]`` in [-1, 1].
            b: What is wanted (CycleGAN: of which b is like).

        Returns:
            The losses, and what was made in each direction of ``generators``.
        """
        stats: dict[str, Tensor] = {}
        training = [network for network in self.networks.values() if network.training]
        for network in training:
            network.eval()
        try:
            with self.autocast():
                made = self._check(a, b, stats)
        finally:
            for network in training:
                network.train()
        return stats, made

    def step(self) -> dict[str, Tensor]:
        """Every network's update for one batch; returns this step's losses."""
        stats: dict[str, Tensor] = {}
        torch.manual_seed(self._seed(0))  # Dropout.
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = self.config.rate(self.nimg)
        a, b = self._batch()
        self._losses(a, b, stats)
        self._update_ema()
        self.nimg += self.config.batch
        return {key: value.detach() for key, value in stats.items()}

    def autocast(self) -> torch.autocast:
        """Convolutions in bfloat16, if the run has that precision."""
        fast = self.config.precision == "bf16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=fast)

    def source(self, purpose: int) -> torch.Generator:
        """Random numbers for one purpose of this step."""
        return torch.Generator().manual_seed(self._seed(purpose))

    def _seed(self, purpose: int) -> int:
        return step_seed(self.config.seed, self.nimg, purpose)

    def _batch(self) -> tuple[Tensor, Tensor]:
        """The next pictures, augmented: what is given and what is wanted."""
        config, data = self.config, self.data
        indices, _ = self.order.batch(self.nimg, config.batch)
        variants = other_variants = None
        if config.augment == "eight" and config.split != "leaky":
            rng = np.random.default_rng(self._seed(1))
            variants, other_variants = rng.integers(VARIANTS, size=(2, config.batch))
        if isinstance(data, PairedSet):
            first, second = data.batch(indices, variants)
        else:
            others, _ = self.other_order.batch(self.nimg, config.batch)
            first, second = data.batch(indices, variants, others, other_variants)
        a, b = images.to_float(first), images.to_float(second)
        if config.augment == "upright":
            grid = shake(len(a), a.shape[-1], self.source(2))
            other = grid if isinstance(data, PairedSet) else shake(
                len(b), b.shape[-1], self.source(3)
            )  # fmt: skip
            a, b = sample(a, grid), sample(b, other)
        if config.direction == "sketch-to-photo":
            a, b = b, a
        if config.jitter:
            a = relight(a, config.jitter, self.source(4))
        return a.to(self.device), b.to(self.device)

    def _add(self, name: str, network: nn.Module, averaged: bool = False) -> nn.Module:
        self.networks[name] = network
        if averaged:
            ema = copy.deepcopy(network).eval().requires_grad_(False)
            self.networks[f"{name}_ema"] = ema
        return network

    def _update(self, optimizer: str, stats: dict[str, Tensor]) -> None:
        """Refuse what is not finite, step."""
        step = self.optimizers[optimizer]
        grads = [p.grad for g in step.param_groups for p in g["params"] if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(grads)
        update(step, norm, optimizer.removesuffix("_opt"), self.nimg, stats)

    @torch.no_grad()
    def _update_ema(self) -> None:
        """Average the generators, running means of their normalisation included."""
        config = self.config
        beta = ema_beta(self.nimg, config.batch, config.ema_kimg, config.ema_rampup)
        for name in [name for name in self.networks if f"{name}_ema" in self.networks]:
            ema, now = self.networks[f"{name}_ema"].state_dict(), self.networks[name].state_dict()
            for key, value in now.items():
                if value.is_floating_point():
                    ema[key].lerp_(value, 1 - beta)
                else:
                    ema[key].copy_(value)

    def _judged(self, fake: Tensor, truth: Tensor, stats: dict[str, Tensor]) -> Tensor | float:
        """The weighted distance as the judge sees it, if there is a judge."""
        if self.judge is None or not self.config.judge_weight:
            return 0.0
        with self.autocast():
            stats["loss/judge"] = losses.judge_loss(self.judge, fake, truth)
        return self.config.judge_weight * stats["loss/judge"]


class AutoencoderTrainer(Trainer):
    """Mean absolute error, nothing else."""

    def _build(self) -> None:
        self._add("G", build_generator(self.config.generator()), averaged=True)
        self.generators = {self.config.direction: "G_ema"}

    def _optimized(self) -> dict[str, list[str]]:
        return {"G_opt": ["G"]}

    def _losses(self, a: Tensor, b: Tensor, stats: dict[str, Tensor]) -> None:
        with self.autocast():
            fake = self.networks["G"](a)
        self._g_loss(fake, b, stats).backward()
        self._update("G_opt", stats)

    def _g_loss(self, fake: Tensor, b: Tensor, stats: dict[str, Tensor]) -> Tensor:
        stats["loss/L1"] = (fake - b).abs().mean()
        stats["loss/G"] = stats["loss/L1"] + self._judged(fake, b, stats)
        return stats["loss/G"]

    def _check(self, a: Tensor, b: Tensor, stats: dict[str, Tensor]) -> list[Tensor]:
        fake = self.networks["G_ema"](a)
        self._g_loss(fake, b, stats)
        return [fake]


class Pix2pixTrainer(Trainer):
    """Isola et al. 2017, Eq. 1-4: a conditional adversary and λ times the absolute error."""

    def _build(self) -> None:
        self._add("G", build_generator(self.config.generator()), averaged=True)
        self._add("D", PatchDiscriminator(self.config.discriminator()))
        self.generators = {self.config.direction: "G_ema"}

    def _optimized(self) -> dict[str, list[str]]:
        return {"G_opt": ["G"], "D_opt": ["D"]}

    def _losses(self, a: Tensor, b: Tensor, stats: dict[str, Tensor]) -> None:
        with self.autocast():
            fake = self.networks["G"](a)

        # Discriminator.
        self._d_loss(a, b, fake.detach(), stats).backward()
        self._update("D_opt", stats)

        # Generator.
        self.networks["D"].requires_grad_(False)
        loss = self._g_loss(a, b, fake, stats)
        self.networks["D"].requires_grad_(True)
        loss.backward()
        self._update("G_opt", stats)

    def _d_loss(self, a: Tensor, b: Tensor, fake: Tensor, stats: dict[str, Tensor]) -> Tensor:
        D = self.networks["D"]
        with self.autocast():
            real_logits, fake_logits = D(torch.cat([a, b], dim=1)), D(torch.cat([a, fake], dim=1))
        loss = losses.discriminator_loss(real_logits, fake_logits, self.config.adversary)
        stats["loss/D"] = loss
        return loss

    def _g_loss(self, a: Tensor, b: Tensor, fake: Tensor, stats: dict[str, Tensor]) -> Tensor:
        config = self.config
        with self.autocast():
            logits = self.networks["D"](torch.cat([a, fake], dim=1))
        stats["loss/G_gan"] = losses.adversarial_loss(logits, True, config.adversary)
        stats["loss/L1"] = (fake - b).abs().mean()
        weighted = config.gan_weight * stats["loss/G_gan"] + config.l1_weight * stats["loss/L1"]
        stats["loss/G"] = weighted + self._judged(fake, b, stats)
        return stats["loss/G"]

    def _check(self, a: Tensor, b: Tensor, stats: dict[str, Tensor]) -> list[Tensor]:
        fake = self.networks["G_ema"](a)
        self._d_loss(a, b, fake, stats)
        self._g_loss(a, b, fake, stats)
        return [fake]


class CycleganTrainer(Trainer):
    """Zhu et al. 2017, Eq. 1-3: two adversaries, the cycle, and the identity of section 5.2.

    G makes b of a, F makes a of b; D_b and D_a judge what they make.
    """

    def _build(self) -> None:
        config, size = self.config, self.config.resolution
        for name in ("G", "F"):
            self._add(name, build_generator(config.generator()), averaged=True)
        for name in ("D_b", "D_a"):
            self._add(name, PatchDiscriminator(config.discriminator()))
        for name in ("pool_b", "pool_a"):
            self._add(name, ImagePool(config.pool, 3, size, size))
        self.generators = dict(zip(config.directions, ("G_ema", "F_ema"), strict=True))

    def _optimized(self) -> dict[str, list[str]]:
        return {"G_opt": ["G", "F"], "D_opt": ["D_b", "D_a"]}

    def _losses(self, a: Tensor, b: Tensor, stats: dict[str, Tensor]) -> None:
        # Generators.
        judges = [self.networks[name] for name in ("D_b", "D_a")]
        for D in judges:
            D.requires_grad_(False)
        loss, fake_b, fake_a = self._g_loss("", a, b, stats)
        for D in judges:
            D.requires_grad_(True)
        loss.backward()
        self._update("G_opt", stats)

        # Discriminators, half of the time on what generators made earlier.
        pool_b, pool_a = self.networks["pool_b"], self.networks["pool_a"]
        assert isinstance(pool_b, ImagePool)
        assert isinstance(pool_a, ImagePool)
        shown_b = pool_b.exchange(fake_b, self.source(5))
        shown_a = pool_a.exchange(fake_a, self.source(6))
        self._d_loss((b, shown_b), (a, shown_a), stats).backward()
        self._update("D_opt", stats)

    def _d_loss(
        self, pair_b: tuple[Tensor, Tensor], pair_a: tuple[Tensor, Tensor], stats: dict[str, Tensor]
    ) -> Tensor:
        total = pair_b[0].new_zeros([])
        for name, (real, fake) in (("D_b", pair_b), ("D_a", pair_a)):
            with self.autocast():
                real_logits, fake_logits = self.networks[name](real), self.networks[name](fake)
            loss = losses.discriminator_loss(real_logits, fake_logits, self.config.adversary)
            total = total + loss
        stats["loss/D"] = total.detach() / 2  # As one discriminator's, to compare with pix2pix.
        return total

    def _g_loss(
        self, suffix: str, a: Tensor, b: Tensor, stats: dict[str, Tensor]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The generators' whole loss and what they made, ``(loss, fake_b, fake_a)``."""
        config, nets = self.config, self.networks
        G, F = nets[f"G{suffix}"], nets[f"F{suffix}"]
        identity = config.identity_weight > 0
        with self.autocast():
            # Instance normalisation sees each picture alone, so translation and identity go
            # through in one batch; only with batch normalisation does that mix their statistics.
            made_b = G(torch.cat([a, b]) if identity else a)
            made_a = F(torch.cat([b, a]) if identity else b)
            fake_b, *same_b = made_b.split(len(a))
            fake_a, *same_a = made_a.split(len(a))
            cycled_a, cycled_b = F(fake_b), G(fake_a)
            logits_b, logits_a = nets["D_b"](fake_b), nets["D_a"](fake_a)
        stats["loss/G_gan"] = losses.adversarial_loss(logits_b, True, config.adversary)
        stats["loss/F_gan"] = losses.adversarial_loss(logits_a, True, config.adversary)
        stats["loss/cycle"] = (cycled_a - a).abs().mean() + (cycled_b - b).abs().mean()
        total = config.gan_weight * (stats["loss/G_gan"] + stats["loss/F_gan"])
        total = total + config.cycle_weight * stats["loss/cycle"]
        if identity:
            same = (same_b[0] - b).abs().mean() + (same_a[0] - a).abs().mean()
            stats["loss/identity"] = same
            total = total + config.cycle_weight * config.identity_weight * same
        stats["loss/G"] = total + self._judged(cycled_a, a, stats)
        return stats["loss/G"], fake_b.detach(), fake_a.detach()

    def _check(self, a: Tensor, b: Tensor, stats: dict[str, Tensor]) -> list[Tensor]:
        _, fake_b, fake_a = self._g_loss("_ema", a, b, stats)
        self._d_loss((b, fake_b), (a, fake_a), stats)
        return [fake_b, fake_a]


TRAINERS: dict[str, type[Trainer]] = {
    "autoencoder": AutoencoderTrainer,
    "pix2pix": Pix2pixTrainer,
    "cyclegan": CycleganTrainer,
}
"""Method -> its step."""


def shake(n: int, size: int, source: torch.Generator) -> Tensor:
    """Sampling grids that mirror, enlarge, shift and turn a little, ``[n, size, size, 2]``.

    Mirrored half of the time; 1 to 286/256 times as large, shifted so that the frame stays inside,
    as cropping 256 pixels out of 286 does; turned by up to 4 degrees.
    """
    draws = torch.rand(n, 5, generator=source)
    scale = 1 / (1 + (_SCALE - 1) * draws[:, 0])
    mirror = torch.where(draws[:, 1] < 0.5, -1.0, 1.0)
    angle = _TURN * (2 * draws[:, 2] - 1)
    shift = (1 - scale)[:, None] * (2 * draws[:, 3:] - 1)
    cos, sin = scale * angle.cos(), scale * angle.sin()
    theta = torch.stack(
        [cos * mirror, -sin, shift[:, 0], sin * mirror, cos, shift[:, 1]], dim=1
    ).reshape(n, 2, 3)
    return functional.affine_grid(theta, [n, 3, size, size], align_corners=False)


def sample(pictures: Tensor, grid: Tensor) -> Tensor:
    """Pictures seen through sampling grids; beyond their edges they are reflected."""
    return functional.grid_sample(
        pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )


def relight(pictures: Tensor, deviation: float, source: torch.Generator) -> Tensor:
    """Change contrast, lightness and the balance of colours of each picture at random."""
    draws = torch.randn(len(pictures), 5, generator=source) * deviation
    contrast, light = torch.exp2(draws[:, 0]), draws[:, 1]
    colour = draws[:, 2:, None, None] / 2
    changed = pictures * contrast[:, None, None, None] + light[:, None, None, None] + colour
    return changed.clamp(-1, 1)


def count_parameters(config: TranslationConfig) -> dict[str, int]:
    """Numbers of parameters of one generator and one discriminator; nothing is allocated."""
    with torch.device("meta"):
        networks: dict[str, nn.Module] = {"G": build_generator(config.generator())}
        if config.method != "autoencoder":
            networks["D"] = PatchDiscriminator(config.discriminator())
    return {name: sum(p.numel() for p in n.parameters()) for name, n in networks.items()}
