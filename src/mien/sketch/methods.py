"""How each translation method is trained: the autoencoder, pix2pix and CycleGAN.

Axes: n batch, h w pixels. ``a`` is the kind of picture that is given, ``b`` the kind that is made.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mien.runtime.shapes import shapes_alone
from mien.sketch import losses
from mien.sketch.autoencoder import Autoencoder, AutoencoderConfig
from mien.sketch.batches import Shown
from mien.sketch.config import TranslationConfig
from mien.sketch.cyclegan import ImagePool, ResnetConfig, ResnetGenerator
from mien.sketch.pix2pix import PatchDiscriminator, Unet, UnetConfig
from mien.sketch.recipe import Terms, TranslationRecipe
from mien.training.random import StepRandom

_POOL_B, _POOL_A = 11, 12  # purposes of random numbers


def build_generator(config: AutoencoderConfig | UnetConfig | ResnetConfig) -> nn.Module:
    """The generator that a configuration describes."""
    if isinstance(config, AutoencoderConfig):
        return Autoencoder(config)
    return Unet(config) if isinstance(config, UnetConfig) else ResnetGenerator(config)


class AutoencoderRecipe(TranslationRecipe):
    """Mean absolute error, nothing else unless asked for."""

    def _build(self) -> None:
        self._add("G", build_generator(self.config.generator()))

    def weights(self) -> dict[str, float]:
        """As the configuration has them."""
        config = self.config
        return {
            "loss/L1": config.l1_weight, "loss/judge": config.judge_weight,
            "loss/unlike": config.perceptual, "loss/fooling": config.critics,
        }  # fmt: skip

    def terms(self, shown: Shown, random: StepRandom | None = None) -> tuple[Terms, list[Tensor]]:
        """Absolute error of true pairs, and what frozen networks and the judge see."""
        with self.fast():
            fake = self.nets["G" if random else "G_ema"](shown.a)
        error = (fake - shown.b)[: shown.true].abs().mean()
        return {"loss/L1": error, **self._seen(fake, shown, random)}, [fake]


class Pix2pixRecipe(AutoencoderRecipe):
    """Isola et al. 2017, Eq. 1-4: a conditional adversary and λ times the absolute error."""

    adversaries = ("D",)

    def _build(self) -> None:
        super()._build()
        self.nets["D"] = PatchDiscriminator(self.config.discriminator())

    def weights(self) -> dict[str, float]:
        """As the configuration has them."""
        return {**super().weights(), "loss/G_gan": self.config.gan_weight}

    def terms(self, shown: Shown, random: StepRandom | None = None) -> tuple[Terms, list[Tensor]]:
        """The autoencoder's, and the adversary on true pairs."""
        terms, made = super().terms(shown, random)
        true = shown.true
        with self.fast():
            logits = self.nets["D"](torch.cat([shown.a, made[0]], dim=1)[:true])
        terms["loss/G_gan"] = losses.adversarial_loss(logits, True, self.config.adversary)
        return terms, made

    def judged(self, shown: Shown, made: list[Tensor]) -> Tensor:
        """The loss of D on true pairs."""
        D, true = self.nets["D"], shown.true
        with self.fast():
            real = D(torch.cat([shown.a, shown.b], dim=1)[:true])
            fake = D(torch.cat([shown.a, made[0]], dim=1)[:true])
        return losses.discriminator_loss(real, fake, self.config.adversary)


class CycleganRecipe(TranslationRecipe):
    """Zhu et al. 2017, Eq. 1-3: two adversaries, the cycle, and the identity of section 5.2.

    G makes b of a, F makes a of b; D_b and D_a judge what they make.
    """

    adversaries = ("D_b", "D_a")
    _generators = ("G", "F")

    def _build(self) -> None:
        config, size = self.config, self.config.resolution
        for name in self._generators:
            self._add(name, build_generator(config.generator()))
        for name in self.adversaries:
            self.nets[name] = PatchDiscriminator(config.discriminator())
        for name in ("pool_b", "pool_a"):
            self.nets[name] = ImagePool(config.pool, 3, size, size)

    def weights(self) -> dict[str, float]:
        """As the configuration has them."""
        config = self.config
        return {
            "loss/G_gan": config.gan_weight, "loss/F_gan": config.gan_weight,
            "loss/cycle": config.cycle_weight, "loss/judge": config.judge_weight,
            "loss/identity": config.cycle_weight * config.identity_weight,
        }  # fmt: skip

    def terms(self, shown: Shown, random: StepRandom | None = None) -> tuple[Terms, list[Tensor]]:
        """Both adversaries, both cycles, identity; the judge compares a with its cycle."""
        config, nets = self.config, self.nets
        a, b = shown.a, shown.b
        G, F = (nets[name if random else f"{name}_ema"] for name in self._generators)
        identity = config.identity_weight > 0
        with self.fast():
            # Instance normalisation sees each picture alone, so translation and identity go
            # through in one batch; only with batch normalisation does that mix their statistics.
            made_b = G(torch.cat([a, b]) if identity else a)
            made_a = F(torch.cat([b, a]) if identity else b)
            fake_b, *same_b = made_b.split(len(a))
            fake_a, *same_a = made_a.split(len(a))
            cycled_a, cycled_b = F(fake_b), G(fake_a)
            logits_b, logits_a = nets["D_b"](fake_b), nets["D_a"](fake_a)
        terms = {
            "loss/G_gan": losses.adversarial_loss(logits_b, True, config.adversary),
            "loss/F_gan": losses.adversarial_loss(logits_a, True, config.adversary),
            "loss/cycle": (cycled_a - a).abs().mean() + (cycled_b - b).abs().mean(),
        }
        if identity:
            terms["loss/identity"] = (same_b[0] - b).abs().mean() + (same_a[0] - a).abs().mean()
        terms |= self._seen(cycled_a, Shown(a, a, len(a)), None)
        return terms, [fake_b, fake_a]

    def judged(self, shown: Shown, made: list[Tensor]) -> Tensor:
        """The mean of both discriminators' losses: each learns as fast as pix2pix's does."""
        found = []
        for name, real, fake in zip(self.adversaries, (shown.b, shown.a), made, strict=True):
            with self.fast():
                logits = self.nets[name](real), self.nets[name](fake)
            found.append(losses.discriminator_loss(*logits, self.config.adversary))
        return torch.stack(found).mean()

    def _remembered(self, made: list[Tensor], random: StepRandom) -> list[Tensor]:
        """Half of the time what generators made earlier."""
        pools = self.nets["pool_b"], self.nets["pool_a"]
        purposes = (_POOL_B, _POOL_A)
        shown = []
        for pool, one, purpose in zip(pools, made, purposes, strict=True):
            assert isinstance(pool, ImagePool)
            shown.append(pool.exchange(one.detach(), random.torch(purpose)))
        return shown


RECIPES: dict[str, type[TranslationRecipe]] = {
    "autoencoder": AutoencoderRecipe,
    "pix2pix": Pix2pixRecipe,
    "cyclegan": CycleganRecipe,
}
"""Method -> how it is trained."""


def count_parameters(config: TranslationConfig) -> dict[str, int]:
    """Numbers of parameters of one generator and one discriminator; nothing is allocated."""
    with shapes_alone():
        networks: dict[str, nn.Module] = {"G": build_generator(config.generator())}
        if config.method != "autoencoder":
            networks["D"] = PatchDiscriminator(config.discriminator())
    return {name: sum(p.numel() for p in n.parameters()) for name, n in networks.items()}
