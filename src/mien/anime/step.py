"""One step of GANs N' Roses: warm-up, or both ways' losses, and the updates.

Chong & Forsyth 2021. A batch is groups of augmented copies of one picture, each copy drawn in a
style of its own; the discriminator sees as many different real pictures. Every random number of a
step is a function of the seed and of the pictures seen so far, so a resumed run equals an unbroken
one.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mien import images
from mien.anime.config import AnimeConfig
from mien.anime.content import is_inside, move, recolour
from mien.anime.generator import RosesDiscriminator, RosesGenerator, RosesLogits
from mien.data.order import SampleOrder
from mien.errors import InputError
from mien.judges.critics import critic_loss, fooling_loss
from mien.judges.feature_critic import FeatureCritic, criticise, see
from mien.judges.losses import feature_distance
from mien.judges.tagger import Tagger
from mien.stylegan2 import losses
from mien.stylegan2.ops import Conv
from mien.training.fitting import step_seed, update

JUDGES = ("d_a", "d_b", "critic_a", "critic_b", "domain")
"""The networks that ``d_opt`` updates."""

_COARSEST = 8
"""Pixels a side on the coarsest level on which drawings are compared."""


@dataclass
class AnimeState:
    """What changes from step to step, apart from the networks."""

    nimg: int = 0
    step: int = 0


@dataclass
class AnimeNetworks:
    """The networks of a run: generators each way, their averages, what judges them.

    Attributes:
        networks: ``a2b``, ``b2a``, ``d_a``, ``d_b``, ``ema_a2b``, ``ema_b2a``, ``critic_a``,
            ``critic_b`` and ``domain``, which tells contents of the two kinds apart.
        g_opt: Updates both generators.
        d_opt: Updates whatever judges.
    """

    networks: dict[str, Any]
    g_opt: torch.optim.Adam
    d_opt: torch.optim.Adam

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["networks"][name]
        except KeyError:
            raise AttributeError(name) from None

    def modules(self) -> dict[str, nn.Module]:
        """Name -> network, as a checkpoint stores them."""
        return dict(self.networks)

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """Name -> optimiser."""
        return {"g_opt": self.g_opt, "d_opt": self.d_opt}

    @property
    def judges(self) -> list[nn.Module]:
        """What ``d_opt`` updates."""
        return [self.networks[name] for name in JUDGES]


class _Domain(nn.Sequential):
    """Content code -> for each place, a logit that it is of an anime face."""

    def __init__(self, channels: int) -> None:
        super().__init__(Conv(channels, 64, 3), Conv(64, 64, 3), Conv(64, 1, 1, activate=False))


def build(
    config: AnimeConfig, device: torch.device | str = "cpu", tagger_width: int = 32
) -> AnimeNetworks:
    """The networks at the start of a run, from its seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        nets: dict[str, Any] = {
            "a2b": RosesGenerator(config.generator()),
            "b2a": RosesGenerator(config.generator()),
            "d_a": RosesDiscriminator(config.discriminator()),
            "d_b": RosesDiscriminator(config.discriminator()),
            "critic_a": FeatureCritic.of_width(tagger_width),
            "critic_b": FeatureCritic.of_width(tagger_width),
            "domain": _Domain(config.channels[-1]),
        }
    dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
    for name in ("a2b", "b2a"):
        nets[name].compute_in(dtype)
        nets[f"ema_{name}"] = copy.deepcopy(nets[name]).eval().requires_grad_(False)
    for name in ("d_a", "d_b"):
        nets[name].dtype = dtype
    for network in nets.values():
        network.to(device)
    g_parameters = [*nets["a2b"].parameters(), *nets["b2a"].parameters()]
    d_parameters = [p for name in JUDGES for p in nets[name].parameters()]
    # R1 every k steps counts as a step of its own (Karras et al. 2020, App. B).
    ratio = config.r1_interval / (config.r1_interval + 1)
    d_lr = (config.d_lr or config.lr) * ratio
    return AnimeNetworks(
        nets,
        torch.optim.Adam(g_parameters, config.lr, (0.0, 0.99), 1e-8),
        torch.optim.Adam(d_parameters, d_lr, (0.0, 0.99**ratio), 1e-8),
    )


def count_parameters(config: AnimeConfig) -> dict[str, int]:
    """How many numbers each network of a run has."""
    with torch.device("meta"):
        nets = build(config, "meta")
    return {
        name: sum(p.numel() for p in network.parameters())
        for name, network in nets.modules().items()
    }


class AnimeTrainer:
    """One step of training, and what it needs; :func:`mien.anime.train.train` is the loop.

    Args:
        config: What decides the run.
        selfies: uint8 ``[n, h, w, 3]`` at the run's resolution.
        anime: The same.
        device: Where to compute.
        tagger: Frozen; its feature maps say how alike pictures look, and feed the critic.
    """

    def __init__(
        self,
        config: AnimeConfig,
        selfies: np.ndarray,
        anime: np.ndarray,
        device: torch.device,
        tagger: Tagger | None = None,
    ) -> None:
        if tagger is None and config.needs_tagger:
            raise InputError("perceptual, critic and warmup_kimg need a tagger; give `tagger`")
        self.config, self.device = config, device
        self.pictures = {"a": selfies, "b": anime}
        self.orders = {
            "a": SampleOrder(len(selfies), config.seed),
            "b": SampleOrder(len(anime), config.seed + 1),
        }
        self.tagger = tagger.to(device).eval().requires_grad_(False) if tagger else None
        width = tagger.config.width if tagger else 32
        self.nets = build(config, device, width)
        self.state = AnimeState()
        self.movement = config.movement()

    def step(self) -> dict[str, Tensor]:
        """The updates of one batch; returns this step's losses."""
        config, now = self.config, self.state
        stats: dict[str, Tensor] = {}
        warm = config.warmup_kimg * 1000
        for group in self.nets.g_opt.param_groups:
            group["lr"] = config.lr * (2 if now.nimg < warm else 1)
        if now.nimg < warm:
            self._warm_up(stats)
            if now.nimg + config.batch >= warm:
                self._part_encoders()
        else:
            both = float(self._rng(0).random()) < config.way_back
            fakes = self._generators_step(("a", "b") if both else ("a",), stats)
            self._judges_step(fakes, stats)
        self._update_ema()
        now.nimg += config.batch
        now.step += 1
        return {key: value.detach() for key, value in stats.items()}

    # Random numbers and pictures.

    def _seed(self, purpose: int) -> int:
        return step_seed(self.config.seed, self.state.nimg, purpose)

    def _source(self, purpose: int) -> torch.Generator:
        return torch.Generator().manual_seed(self._seed(purpose))

    def _rng(self, purpose: int) -> np.random.Generator:
        return np.random.default_rng(self._seed(purpose))

    def _draw(self, kind: str, count: int, copies: int, purpose: int) -> Tensor:
        """``count`` moved pictures of a kind, in groups of ``copies`` of one."""
        groups = count // copies
        rows, _ = self.orders[kind].batch(self.state.nimg // copies, groups)
        chosen = images.to_float(np.array(self.pictures[kind][rows])).to(self.device)
        return move(chosen.repeat_interleave(copies, dim=0), self._drawn_maps(count, purpose))

    def _drawn_maps(self, count: int, purpose: int) -> Tensor:
        """The maps that moved :meth:`_draw`'s pictures."""
        return self.movement.draw(count, self._source(purpose))

    # Losses.

    def _maps(self, pictures: Tensor) -> list[Tensor]:
        """The frozen tagger's feature maps."""
        assert self.tagger is not None
        return see(self.tagger, pictures, self.config.precision == "bf16")

    def _critic(self, kind: str, maps: list[Tensor]) -> list[Tensor]:
        fast = self.config.precision == "bf16"
        return criticise(self.nets.networks[f"critic_{kind}"], maps, fast)

    def _warm_up(self, stats: dict[str, Tensor]) -> None:
        """Autoencoders of both kinds with one encoder; contents hide colour and kind."""
        config, nets = self.config, self.nets
        n = config.batch
        real = torch.cat([self._draw("a", n, 1, 1), self._draw("b", n, 1, 2)])
        other = torch.cat([self._draw("a", n, 1, 3), self._draw("b", n, 1, 4)])
        content, _ = nets.a2b.encode(recolour(real, self._source(5)))
        style = nets.a2b.encoder.read_style(nets.a2b.encoder.trunk(other))
        drawn = torch.cat(
            [nets.b2a.decode(content[:n], style[:n]), nets.a2b.decode(content[n:], style[n:])]
        )
        with torch.no_grad():
            wanted = self._maps(real)
        stats["warm/L1"] = (drawn - real).abs().mean()
        stats["warm/perceptual"] = feature_distance(self._maps(drawn), wanted).mean()
        stats["warm/moments"] = _moments(style[:n]) + _moments(style[n:])

        # Backwards through the reversal the encoder learns what the domain classifier must not see.
        reversed_ = content.detach() * (1 + config.confuse) - content * config.confuse
        logits = nets.domain(reversed_).float()
        told = torch.arange(2, device=logits.device).repeat_interleave(n)[:, None, None, None]
        told = told.expand_as(logits).float()
        stats["warm/domain"] = functional.binary_cross_entropy_with_logits(logits, told)
        loss = stats["warm/L1"] + config.perceptual * stats["warm/perceptual"]
        loss = loss + 0.1 * stats["warm/moments"] + stats["warm/domain"]
        loss.backward()
        self._update(self.nets.g_opt, (nets.a2b, nets.b2a), "the autoencoders", stats)
        self._update(self.nets.d_opt, (nets.domain,), "the domain classifier", stats)

    @torch.no_grad()
    def _part_encoders(self) -> None:
        """After the warm-up each generator has an encoder of its own, the same at first."""
        self.nets.b2a.encoder.load_state_dict(self.nets.a2b.encoder.state_dict())
        self.nets.ema_b2a.encoder.load_state_dict(self.nets.ema_a2b.encoder.state_dict())

    def _generators_step(self, kinds: Iterable[str], stats: dict[str, Tensor]) -> dict[str, Tensor]:
        """Both generators' losses and update; returns what was drawn, by kind."""
        config, nets = self.config, self.nets
        for judge in nets.judges:
            judge.requires_grad_(False)
        fakes = {}
        for position, start in enumerate(kinds):
            fakes["b" if start == "a" else "a"] = self._translate(start, 10 + 10 * position, stats)
        if config.reconstruct and self.state.step % config.reconstruct_interval == 0:
            self._reconstruct(stats)
        for judge in nets.judges:
            judge.requires_grad_(True)
        self._update(nets.g_opt, (nets.a2b, nets.b2a), "the generators", stats)
        return fakes

    def _translate(self, start: str, purpose: int, stats: dict[str, Tensor]) -> Tensor:
        """One way and back: adds its gradients, returns the pictures drawn, ``[n, 3, h, w]``."""
        config, nets = self.config, self.nets
        end = "b" if start == "a" else "a"
        there, back = (nets.a2b, nets.b2a) if start == "a" else (nets.b2a, nets.a2b)
        source = self._source(purpose)

        # There, in random styles.
        x = self._draw(start, config.batch, config.copies, purpose + 1)
        content, own = there.encode(x)
        z = torch.randn(config.batch, config.style_dim, generator=source).to(self.device)
        fake = there.decode(content, z)
        logits = nets.networks[f"d_{end}"](fake, config.copies)
        parts = {f"G/{end}": config.adversarial * _fooling(logits)}
        if config.equivariance:
            maps = self._drawn_maps(config.batch, purpose + 1)
            parts[f"equivariance/{start}"] = config.equivariance * self._equivariance(
                there.decode, content, z, fake, maps
            )

        # Back, in the styles of other copies of the same picture.
        mixed = [
            torch.randperm(config.copies, generator=source) for _ in range(0, len(x), config.copies)
        ]
        rows = torch.cat([order + i * config.copies for i, order in enumerate(mixed)])
        seen, style = back.encode(fake)
        again = back.decode(seen, own[rows.to(self.device)])
        parts[f"cycle/{start}"] = config.cycle * functional.mse_loss(again, x)
        spread = own.unflatten(0, (-1, config.copies)).var(dim=1, unbiased=False).mean()
        parts[f"consistency/{start}"] = config.consistency * spread
        if config.style:
            parts[f"style/{end}"] = config.style * (style - z).abs().mean()

        # What a frozen network sees.
        if config.perceptual:
            with torch.no_grad():
                wanted = self._maps(x)
            alike = feature_distance(self._maps(again), wanted).mean()
            parts[f"perceptual/{start}"] = config.perceptual * alike
        if config.critic:
            fooled = fooling_loss(self._critic(end, self._maps(fake)))
            parts[f"C/{end}"] = config.critic * fooled
        torch.stack(list(parts.values())).sum().backward()
        stats.update(parts)
        return fake.detach()

    def _equivariance(
        self,
        decode: Callable[[Tensor, Tensor], Tensor],
        content: Tensor,
        z: Tensor,
        fake: Tensor,
        maps: Tensor,
    ) -> Tensor:
        """How far the drawing of one copy is from that of the next one, moved to where it is.

        Every second copy only. Compared is what lies inside of both drawings, on each level of a
        pyramid: a difference of pixels alone does not draw an eye to where it is from afar.
        """
        groups = torch.arange(len(fake)).unflatten(0, (-1, self.config.copies))
        first, other = groups[:, ::2].flatten(), groups.roll(-1, dims=1)[:, ::2].flatten()
        between = torch.linalg.inv(maps[first]) @ maps[other]
        wanted = decode(content[other], z[first])
        moved = move(fake[first], between)
        inside = is_inside(between, fake.shape[-1]).to(fake)
        apart, share, levels = (wanted - moved) * inside, inside, []
        while apart.shape[-1] >= _COARSEST:
            levels.append(apart.abs().sum() / (share.sum() * apart.shape[1]))
            apart, share = (functional.avg_pool2d(x, 2) for x in (apart, share))
        return torch.stack(levels).mean()

    def _reconstruct(self, stats: dict[str, Tensor]) -> None:
        """Real anime from its own content and style, colours hidden from the content."""
        config, nets = self.config, self.nets
        n = config.batch
        real, other = self._draw("b", n, 1, 31), self._draw("b", n, 1, 32)
        encoder = nets.b2a.encoder
        content = encoder.read_content(encoder.trunk(recolour(real, self._source(33))))
        style = encoder.read_style(encoder.trunk(other))
        drawn = nets.a2b.decode(content, style)
        loss = (drawn - real).abs().mean()
        if config.perceptual:
            with torch.no_grad():
                wanted = self._maps(real)
            alike = feature_distance(self._maps(drawn), wanted).mean()
            loss = loss + config.perceptual * alike
        stats["reconstruct"] = config.reconstruct * (loss + 0.1 * _moments(style))
        (stats["reconstruct"] * config.reconstruct_interval).backward()

    def _judges_step(self, fakes: dict[str, Tensor], stats: dict[str, Tensor]) -> None:
        """The discriminators' losses, R1 now and then, and update."""
        config, nets = self.config, self.nets
        judged = []
        for kind, fake in fakes.items():
            D = nets.networks[f"d_{kind}"]
            real = self._draw(kind, config.batch, 1, 40 + ord(kind))
            lazy = bool(config.r1_gamma) and self.state.step % config.r1_interval == 0
            real.requires_grad_(lazy)
            told = D(real, config.copies)
            loss = _judging(told, D(fake, config.copies))
            stats[f"D/{kind}"] = loss
            if lazy:
                summed = told.local.mean(dim=(2, 3)) + told.whole.mean(dim=(2, 3)) + told.spread
                penalty = losses.r1_penalty(summed, real).mean()
                stats[f"R1/{kind}"] = penalty
                loss = loss + penalty * (config.r1_gamma / 2) * config.r1_interval
            loss.backward()
            judged.append(D)
            if config.critic:
                with torch.no_grad():
                    maps = self._maps(torch.cat([real.detach(), fake]))
                logits = [both.chunk(2) for both in self._critic(kind, maps)]
                stats[f"critic/{kind}"] = critic_loss(
                    [r for r, _ in logits], [f for _, f in logits]
                )
                stats[f"critic/{kind}"].backward()
                judged.append(nets.networks[f"critic_{kind}"])
        self._update(nets.d_opt, judged, "the discriminators", stats)

    # Updates.

    def _update(
        self,
        optimizer: torch.optim.Adam,
        networks: Iterable[nn.Module],
        name: str,
        stats: dict[str, Tensor],
    ) -> None:
        """Refuse gradients that are not finite, step."""
        grads = [p.grad for net in networks for p in net.parameters() if p.grad is not None]
        norm = torch.stack([grad.norm() for grad in grads]).norm()
        update(optimizer, norm, name, self.state.nimg, stats)

    @torch.no_grad()
    def _update_ema(self) -> None:
        config, nets = self.config, self.nets
        seen = self.state.nimg + config.batch
        beta = losses.ema_beta(seen, config.batch, config.ema_kimg, config.ema_rampup)
        for name in ("a2b", "b2a"):
            ema = nets.networks[f"ema_{name}"].parameters()
            for averaged, now in zip(ema, nets.networks[name].parameters(), strict=True):
                averaged.lerp_(now, 1 - beta)


def _fooling(logits: RosesLogits) -> Tensor:
    """Non-saturating loss of a generator, each branch averaged over its places."""
    parts = (logits.local, logits.whole, logits.spread)
    return torch.stack([functional.softplus(-part).mean() for part in parts]).sum()


def _judging(real: RosesLogits, fake: RosesLogits) -> Tensor:
    """Logistic loss of a discriminator, each branch averaged over its places."""
    pairs = ((real.local, fake.local), (real.whole, fake.whole), (real.spread, fake.spread))
    parts = [functional.softplus(-r).mean() + functional.softplus(f).mean() for r, f in pairs]
    return torch.stack(parts).sum()


def _moments(style: Tensor) -> Tensor:
    """How far the styles of a batch are from mean 0 and deviation 1."""
    deviation = (style.var(dim=0, unbiased=False) + 1e-8).sqrt()
    return style.mean(dim=0).square().mean() + (deviation - 1).square().mean()
