"""One step of GANs N' Roses under critics that have seen the world.

Chong & Forsyth 2021: a batch is groups of moved copies of one picture, each copy drawn in a style
of its own; the diversity discriminator sees as many different real pictures. Beside it stand
critics on the features of Inception and MobileNetV2 (Sauer et al. 2021), whose features also
measure cycle and drawing, and a tagger of drawings that must read there what another one reads off
the selfie (:mod:`mien.anime.attributes`).

a: selfies, b: anime; n batch, h w pixels.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mien import images
from mien.anime.attributes import Told, shared
from mien.anime.config import AnimeConfig
from mien.anime.content import is_inside, move, recolour
from mien.anime.files import AnimeData
from mien.anime.generator import RosesDiscriminator, RosesGenerator, RosesLogits
from mien.data.order import SampleOrder
from mien.judges.critics import Critics, critic_loss, fooling_loss
from mien.judges.frozen import CHANNELS, SIDES, FrozenFeatures, Maps, view
from mien.judges.losses import feature_distance
from mien.judges.tagger import Tagger
from mien.stylegan2 import losses
from mien.stylegan2.diff_augment import diff_augment
from mien.training import ema
from mien.training.loop import Recipe
from mien.training.random import StepRandom

_BOTH, _OWN, _OTHER, _COLOURS = range(4)
_WAY, _REAL = {"a": 10, "b": 20}, {"a": 30, "b": 31}
"""Purposes of random numbers; a way takes five."""

_COARSEST = 8
"""Pixels a side on the coarsest level on which drawings are compared."""

_STYLES = 6
"""Styles in a grid."""


@dataclass(frozen=True)
class Judges:
    """Frozen networks.

    Attributes:
        features: What critics and distances see.
        selfie: Reads attributes off selfies; None for no attribute loss.
        anime: Reads them off drawings.
    """

    features: FrozenFeatures
    selfie: Tagger | None = None
    anime: Tagger | None = None


class AnimeRecipe(Recipe):
    """Generators both ways, discriminators and critics.

    Args:
        config: What decides the run.
        data: Pictures at its resolution.
        judges: Frozen networks.
        device: Where to compute.
    """

    free = frozenset(
        {
            *("kimg", "lr", "d_lr", "adversarial", "critics", "cycle", "perceptual", "alike"),
            *("attributes", "equivariance", "consistency", "style", "reconstruct", "ema_kimg"),
        }
    )

    def __init__(
        self,
        config: AnimeConfig,
        data: AnimeData,
        judges: Judges,
        device: torch.device | str = "cpu",
    ) -> None:
        self.config, self.data, self.device = config, data, torch.device(device)
        self.kinds = ("a", "b") if config.way_back else ("b",)
        self.dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.nets: dict[str, Any] = {
                "a2b": RosesGenerator(config.generator()),
                "b2a": RosesGenerator(config.generator()),
            }
            for kind in self.kinds:
                self.nets[f"d_{kind}"] = RosesDiscriminator(config.discriminator())
                self.nets[f"critics_{kind}"] = Critics(CHANNELS, SIDES)
        for name in ("a2b", "b2a"):
            self.nets[name].compute_in(self.dtype)
            self.nets[f"ema_{name}"] = copy.deepcopy(self.nets[name]).eval().requires_grad_(False)
        self._read_attributes(judges)
        self.features = judges.features.to(self.device, self.dtype)
        for kind in self.kinds:
            self.nets[f"d_{kind}"].dtype = self.dtype
        for network in self.nets.values():
            network.to(self.device)
        betas = (0.0, 0.99)
        drawing = [*self.nets["a2b"].parameters(), *self.nets["b2a"].parameters()]
        judging = [p for name in self._judging for p in learned(self.nets[name])]
        self.g_opt = torch.optim.Adam(drawing, config.lr, betas)
        self.d_opt = torch.optim.Adam(judging, config.d_lr, betas)
        seed, sets = config.seed, data.sets
        self.orders = {kind: [SampleOrder(len(s), seed + i) for i, s in enumerate(sets[kind])]
                       for kind in ("a", "b")}  # fmt: skip
        self.movement = config.movement()

    def _read_attributes(self, judges: Judges) -> None:
        """Take the taggers in, if both are there."""
        self.taggers: tuple[Tagger, Tagger] | None = None
        if judges.selfie is None or judges.anime is None or not self.config.attributes:
            return
        self._maps = shared(judges.selfie.config, judges.anime.config)
        count = sum(len(one) for one in self.data.sets["a"])
        self.nets["told"] = Told(count, {name: m.shape[1] for name, m in self._maps.items()})
        pair = (judges.selfie, judges.anime)
        self.taggers = tuple(t.to(self.device).eval().requires_grad_(False) for t in pair)  # pyright: ignore

    # ------------------------------------------------------------ what the loop asks

    def modules(self) -> Mapping[str, nn.Module]:
        """Everything with tensors."""
        return self.nets

    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """Of both generators, and of what judges them."""
        return {"g_opt": self.g_opt, "d_opt": self.d_opt}

    def begin(self) -> None:
        """Read what all selfies show, once."""
        if self.taggers is not None:
            selfies = np.concatenate(self.data.sets["a"])
            self.nets["told"].fill(self.taggers[0], self._maps, selfies)

    def step(self, random: StepRandom) -> Mapping[str, Tensor]:
        """The updates of one batch."""
        both = float(random.numpy(_BOTH).random()) < self.config.way_back
        terms: dict[str, Tensor] = {}
        fakes = self.generators(("a", "b") if both else ("a",), random, terms)
        self.g_opt.step()
        self.g_opt.zero_grad(set_to_none=True)
        self.judges(fakes, random, terms)
        self.d_opt.step()
        self.d_opt.zero_grad(set_to_none=True)
        config = self.config
        for name in ("a2b", "b2a"):
            ema.update(self.nets[f"ema_{name}"], self.nets[name], config.batch, config.ema_kimg)
        self.nimg += config.batch
        return {name: term.detach() for name, term in terms.items()}

    @torch.no_grad()
    def sample(self) -> np.ndarray:
        """Each shown selfie and its drawings in six styles, the same for all."""
        drawer = self.nets["ema_a2b"]
        source = torch.Generator().manual_seed(self.config.seed)
        z = torch.randn(_STYLES, drawer.config.style_dim, generator=source).to(self.device)
        rows = []
        for selfie in self.data.shown:
            content, _ = drawer.encode(images.to_float(selfie[None], self.device))
            drawn = drawer.decode(content.expand(_STYLES, -1, -1, -1), z)
            rows += [selfie[None], images.to_uint8(drawn)]
        return np.concatenate(rows)

    # ------------------------------------------------------------ pictures

    @property
    def _judging(self) -> list[str]:
        return [f"{part}_{kind}" for kind in self.kinds for part in ("d", "critics")]

    @property
    def _step(self) -> int:
        return self.nimg // self.config.batch

    def _draw(self, kind: str, count: int, copies: int, source: torch.Generator) -> Drawn:
        """``count`` moved pictures of a kind, in groups of ``copies`` of one; sets take turns."""
        sets, orders = self.data.sets[kind], self.orders[kind]
        first, groups = self.nimg // copies, count // copies
        rows, chosen = [], []
        for place in range(first, first + groups):
            part = place % len(sets)
            row = int(orders[part].batch(place // len(sets), 1)[0][0])
            rows.append(row + sum(len(one) for one in sets[:part]))
            chosen.append(sets[part][row])
        picture = images.to_float(np.stack(chosen), self.device).repeat_interleave(copies, dim=0)
        maps = self.movement.draw(count, source)
        told = torch.tensor(rows, device=self.device).repeat_interleave(copies)
        return Drawn(move(picture, maps), maps, told)

    def _look(self, pictures: Tensor, deep: bool) -> Maps:
        with self.fast():
            return self.features(view(pictures), deep)

    def _seen(self, batch: Tensor) -> Tensor:
        """Every few rows of a batch, as many as ``config.seen``."""
        return batch[:: -(-len(batch) // self.config.seen)]

    def _judge(self, kind: str, pictures: Tensor) -> RosesLogits:
        """What the diversity discriminator says, which looks at a size of its own."""
        D = self.nets[f"d_{kind}"]
        shrink = pictures.shape[-1] // D.config.resolution
        return D(functional.avg_pool2d(pictures, shrink), self.config.copies)

    # ------------------------------------------------------------ losses of the generators

    def generators(
        self, starts: Iterable[str], random: StepRandom, terms: dict[str, Tensor]
    ) -> dict[str, Shown]:
        """Add the terms of both generators and their gradients; returns what critics shall see."""
        leading = self.nimg < self.config.lead_kimg * 1000
        self.nets["a2b"].requires_grad_(not leading)
        for name in self._judging:
            for parameter in learned(self.nets[name]):
                parameter.requires_grad_(False)
        shown = {}
        for start in starts:
            end = "b" if start == "a" else "a"
            found, shown[end] = self.translate(start, random)
            torch.stack([v for v in found.values() if v.requires_grad]).sum().backward()
            terms.update(found)
        every = self.config.reconstruct_interval
        if self.config.reconstruct and self._step % every == 0:
            terms["reconstruct"] = self.reconstruct(random)
            (terms["reconstruct"] * every).backward()
        for name in self._judging:
            for parameter in learned(self.nets[name]):
                parameter.requires_grad_(True)
        return shown

    def translate(self, start: str, random: StepRandom) -> tuple[dict[str, Tensor], Shown]:
        """One way and back: the terms, weighted, and what was drawn."""
        config, end = self.config, "b" if start == "a" else "a"
        there, back = self.nets[f"{start}2{end}"], self.nets[f"{end}2{start}"]
        purpose = _WAY[start]
        terms: dict[str, Tensor] = {}

        # There, in random styles.
        x = self._draw(start, config.batch, config.copies, random.torch(purpose))
        source = random.torch(purpose + 1)
        content, own = there.encode(x.pictures)
        z = torch.randn(config.batch, there.config.style_dim, generator=source).to(self.device)
        fake = there.decode(content, z)
        terms[f"G/{end}"] = config.adversarial * _fooling(self._judge(end, fake))
        if config.equivariance:
            terms[f"equivariance/{start}"] = config.equivariance * equivariance(
                there.decode, content, z, fake, x.maps, config.copies
            )

        # Back, in the styles of other copies of the same picture.
        groups = range(0, config.batch, config.copies)
        mixed = torch.cat([torch.randperm(config.copies, generator=source) + i for i in groups])
        seen, style = back.encode(self._seen(fake))
        again = back.decode(seen, own[self._seen(mixed).to(self.device)])
        true = self._seen(x.pictures)
        terms[f"cycle/{start}"] = config.cycle * functional.mse_loss(again, true)
        spread = own.unflatten(0, (-1, config.copies)).var(dim=1, unbiased=False).mean()
        terms[f"consistency/{start}"] = config.consistency * spread
        terms[f"style/{end}"] = config.style * (style - self._seen(z)).abs().mean()

        # What frozen networks see.
        maps = self._look(self._seen(fake), deep=True)
        with torch.no_grad():
            wanted = self._look(true, deep=False)[0]
        cycled = feature_distance(self._look(again, deep=False)[0], wanted).mean()
        terms[f"perceptual/{start}"] = config.perceptual * cycled
        alike = feature_distance(maps[0][-1:], wanted[-1:]).mean()
        terms[f"alike/{start}"] = config.alike * alike
        with self.fast():
            fooled = fooling_loss(self.nets[f"critics_{end}"](self._seen(fake), maps))
        terms[f"C/{end}"] = config.critics * fooled
        if self.taggers is not None and start == "a":
            touched = diff_augment(fake, random.torch(purpose + 2), 0.5)
            told = self.nets["told"].loss(self.taggers[1](touched), x.rows)
            terms["attributes"] = config.attributes * told
        return terms, Shown(fake.detach(), [[m.detach() for m in net] for net in maps])

    def reconstruct(self, random: StepRandom) -> Tensor:
        """Real anime from its own content and style, colours hidden from the content."""
        config, nets = self.config, self.nets
        real = self._draw("b", config.seen, 1, random.torch(_OWN)).pictures
        other = self._draw("b", config.seen, 1, random.torch(_OTHER)).pictures
        encoder = nets["b2a"].encoder
        hidden = recolour(real, random.torch(_COLOURS))
        content = encoder.read_content(encoder.trunk(hidden))
        style = encoder.read_style(encoder.trunk(other))
        drawn = nets["a2b"].decode(content, style)
        with torch.no_grad():
            wanted = self._look(real, deep=False)[0]
        unlike = feature_distance(self._look(drawn, deep=False)[0], wanted).mean()
        loss = (drawn - real).abs().mean() + config.perceptual * unlike + 0.1 * _moments(style)
        return config.reconstruct * loss

    # ------------------------------------------------------------ losses of what judges

    def judges(
        self, fakes: Mapping[str, Shown], random: StepRandom, terms: dict[str, Tensor]
    ) -> None:
        """Add the terms of discriminators and critics, R1 now and then, and their gradients."""
        config = self.config
        for kind, fake in fakes.items():
            real = self._draw(kind, config.batch, 1, random.torch(_REAL[kind])).pictures
            lazy = bool(config.r1_gamma) and self._step % config.r1_interval == 0
            real.requires_grad_(lazy)
            told = self._judge(kind, real)
            loss = terms[f"D/{kind}"] = _judging(told, self._judge(kind, fake.pictures))
            if lazy:
                summed = told.local.mean(dim=(2, 3)) + told.whole.mean(dim=(2, 3)) + told.spread
                penalty = terms[f"R1/{kind}"] = losses.r1_penalty(summed, real).mean()
                loss = loss + penalty * (config.r1_gamma / 2) * config.r1_interval
            real = self._seen(real.detach())
            with torch.no_grad():
                seen = self._look(real, deep=True)
            pairs = zip(seen, fake.maps, strict=True)
            maps = [[torch.cat([a, b]) for a, b in zip(x, y, strict=True)] for x, y in pairs]
            with self.fast():
                both = torch.cat([real, self._seen(fake.pictures)])
                logits = self.nets[f"critics_{kind}"](both, maps)
            count = len(real)
            terms[f"critics/{kind}"] = critic_loss(
                [y[:count] for y in logits], [y[count:] for y in logits]
            )
            (loss + terms[f"critics/{kind}"]).backward()


@dataclass(frozen=True)
class Drawn:
    """Pictures of the data, moved.

    Attributes:
        pictures: ``[n, 3, h, w]`` in [-1, 1].
        maps: What moved them, ``[n, 3, 3]``.
        rows: Which pictures of all sets of their kind they are, ``[n]``.
    """

    pictures: Tensor
    maps: Tensor
    rows: Tensor


@dataclass(frozen=True)
class Shown:
    """What was drawn, for discriminators and critics: pictures, and maps of those that are seen."""

    pictures: Tensor
    maps: Maps


def learned(network: nn.Module) -> list[nn.Parameter]:
    """What of a network is trained: all but the fixed projections of critics."""
    return network.learned if isinstance(network, Critics) else list(network.parameters())


def equivariance(
    decode: Callable[[Tensor, Tensor], Tensor],
    content: Tensor,
    z: Tensor,
    fake: Tensor,
    maps: Tensor,
    copies: int,
) -> Tensor:
    """How far the drawing of one copy is from that of the next one, moved to where it is.

    Every second copy only. Compared is what lies inside of both drawings, on each level of a
    pyramid: a difference of pixels alone does not draw an eye to where it is from afar.
    """
    groups = torch.arange(len(fake)).unflatten(0, (-1, copies))
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
