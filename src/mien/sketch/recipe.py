"""What the training of every translation method shares; :mod:`mien.sketch.methods` has each.

What is kept at the end is the average of the generator over training (Karras et al. 2018), which
none of the papers has: it is steadier on few images.

Axes: n batch, h w pixels. ``a`` is the kind of picture that is given, ``b`` the kind that is made.
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from mien import images
from mien.data.pairs import PairedSet, UnpairedSet
from mien.data.training_set import TrainingSet
from mien.errors import InputError
from mien.judges.critics import Critics, critic_loss, fooling_loss
from mien.judges.frozen import CHANNELS, SIDE, SIDES, FrozenFeatures, view
from mien.judges.losses import feature_distance
from mien.metrics import paired
from mien.sketch import losses
from mien.sketch.batches import Batches, Shown, check_resolution
from mien.sketch.config import TranslationConfig
from mien.sketch.cyclegan import ImagePool
from mien.stylegan2.diff_augment import diff_augment
from mien.training import ema
from mien.training.fitting import step_seed, update
from mien.training.loop import Recipe
from mien.training.random import StepRandom

_DROPOUT, _CORNER, _FAKE, _REAL = 0, 13, 14, 15  # purposes of random numbers
_AT_ONCE, _SHOWN = 6, 6
_AUGMENT = 0.4  # probability of each augmentation of what critics see
_CLOSE = 0.5  # share of steps in which frozen networks look at a piece at full size

Terms = dict[str, Tensor]


class TranslationRecipe(Recipe):
    """The networks of a run and its step; one subclass a method.

    ``data`` are training pictures at its resolution, photographs first (pairs but for CycleGAN),
    ``faces`` photographs for computed drawings, ``kept`` pairs to measure on, by which nothing is
    chosen; ``judge`` adds the distance of output and truth as it sees them, with ``judge_weight``.
    InputError: data or networks that the configuration needs are not given, or do not fit.
    """

    free = frozenset(
        {
            *("kimg", "lr", "decay", "gan_weight", "l1_weight", "perceptual", "critics"),
            *("judge_weight", "ema_kimg"),
        }
    )
    adversaries: ClassVar[tuple[str, ...]] = ()
    """Names of the discriminators."""

    def __init__(
        self,
        config: TranslationConfig,
        data: PairedSet | UnpairedSet,
        faces: TrainingSet | None = None,
        kept: PairedSet | None = None,
        judge: nn.Module | None = None,
        features: FrozenFeatures | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        self.config, self.device, self.judge = config, torch.device(device), judge
        if config.looks and features is None:
            raise InputError("critics and perceptual need the frozen networks")
        check_resolution(config, kept)
        self.batches = Batches(config, data, faces, self.device)
        self.features = features.to(self.device) if features is not None else None
        self.probes = {"val": _probe(config, kept, 30), "train": _probe(config, data, 8)}
        self.nets: dict[str, nn.Module] = {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self._build()
            if config.critics:
                self.nets["C"] = Critics(CHANNELS, SIDES)
        for network in self.nets.values():
            network.to(self.device)
            for tensor in (*network.parameters(), *network.buffers()):
                if tensor.ndim == 4 and not isinstance(network, ImagePool | Critics):
                    tensor.data = tensor.data.contiguous(memory_format=torch.channels_last)
        self.opts = {"G_opt": self._adam(*self._generators)}
        if self.adversaries:
            self.opts["D_opt"] = self._adam(*self.adversaries)
        if config.critics:
            critics = self._critics()
            self.opts["C_opt"] = torch.optim.Adam(critics.learned, lr=2e-3, betas=(0.0, 0.99))

    # ------------------------------------------------------------ what the loop asks

    def modules(self) -> Mapping[str, nn.Module]:
        """Generators, their averages, discriminators, pools, critics."""
        return self.nets

    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """Of the generators, of the discriminators, of the critics."""
        return self.opts

    def scalars(self) -> dict[str, Any]:
        """What loading the averaged generator from a checkpoint needs to know."""
        return {n: getattr(self.config, n) for n in ("method", "direction", "resolution")}

    def restore(self, scalars: Mapping[str, Any]) -> None:
        """Bring the moments of optimisers into the parameters' memory layout."""
        for optimizer in self.opts.values():
            for moments in optimizer.state.values():
                for key, value in moments.items():
                    if torch.is_tensor(value) and value.ndim == 4:
                        moments[key] = value.contiguous(memory_format=torch.channels_last)

    def step(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Generators, then what judges them."""
        config = self.config
        torch.manual_seed(step_seed(config.seed, random.nimg, _DROPOUT))
        for name in self.opts.keys() - {"C_opt"}:
            for group in self.opts[name].param_groups:
                group["lr"] = config.rate(random.nimg)
        shown = self.batches.next(random)

        # Generators.
        self._learn(False)
        terms, made = self.terms(shown, random)
        weights = self.weights()
        total = torch.stack([weights[name] * term for name, term in terms.items()]).sum()
        total.backward()
        self._update("G_opt", terms)
        terms["loss/G"] = total

        # Discriminators and critics.
        self._learn(True)
        if self.adversaries:
            terms["loss/D"] = self.judged(shown, self._remembered(made, random))
            terms["loss/D"].backward()
            self._update("D_opt", terms)
        if "loss/fooling" in terms:
            terms["loss/critics"] = self._critic_loss(made[0], random)
            terms["loss/critics"].backward()
            self._update("C_opt", terms)

        for name in self._generators:
            ema.update(self.nets[f"{name}_ema"], self.nets[name], config.batch, config.ema_kimg)
        self.nimg += config.batch
        return {name: term.detach() for name, term in terms.items()}

    def measure(self) -> dict[str, float]:
        """Error, SSIM and losses of the averaged generators on kept-out and on training pairs."""
        found: dict[str, float] = {}
        for part, pairs in self.probes.items():
            if pairs is not None:
                found |= {f"{part}/{k}": v for k, v in self._measured(*pairs).items()}
        return found

    def sample(self) -> np.ndarray:
        """Input, output and truth side by side, uint8 ``[n, h, 3w, 3]``; CycleGAN both ways."""
        a, b = self.probes["val"] or self.probes["train"] or self._first()
        _, made = self.check(a[:_SHOWN], b[:_SHOWN])
        rows = zip(made, ((a, b), (b, a)), strict=False)
        strips = [
            np.concatenate([images.to_uint8(x[:_SHOWN].cpu()) for x in (given, fake, truth)], 2)
            for fake, (given, truth) in rows
        ]
        return np.concatenate(strips)

    # ------------------------------------------------------------ what a method defines

    _generators: ClassVar[tuple[str, ...]] = ("G",)

    @abstractmethod
    def _build(self) -> None:
        """Fill ``nets``."""

    @abstractmethod
    def weights(self) -> dict[str, float]:
        """Weight of each of the generators' terms."""

    @abstractmethod
    def terms(self, shown: Shown, random: StepRandom | None = None) -> tuple[Terms, list[Tensor]]:
        """The generators' terms, unweighted, and what they made in each direction.

        Without random numbers: of the averaged generators, without critics.
        """

    def judged(self, shown: Shown, made: list[Tensor]) -> Tensor:
        """The discriminators' loss."""
        raise NotImplementedError

    def _remembered(self, made: list[Tensor], random: StepRandom) -> list[Tensor]:
        """What discriminators are shown of what was made."""
        return [one.detach() for one in made]

    # ------------------------------------------------------------ parts

    @torch.no_grad()
    def check(self, a: Tensor, b: Tensor) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Losses of the averaged generators, and what they make of pictures in [-1, 1]."""
        training = [network for network in self.nets.values() if network.training]
        for network in training:
            network.eval()
        try:
            shown = Shown(a.to(self.device), b.to(self.device), len(a))
            terms, made = self.terms(shown)
            weights = self.weights()
            terms["loss/G"] = torch.stack([weights[n] * t for n, t in terms.items()]).sum()
            if self.adversaries:
                terms["loss/D"] = self.judged(shown, made)
        finally:
            for network in training:
                network.train()
        return terms, made

    def _first(self) -> tuple[Tensor, Tensor]:
        return _ordered(self.config, *self.batches.data.batch(np.arange(_SHOWN)))

    def _measured(self, a: Tensor, b: Tensor) -> dict[str, float]:
        sums: dict[str, list[Tensor]] = {}
        for x, y in zip(a.split(_AT_ONCE), b.split(_AT_ONCE), strict=True):
            terms, made = self.check(x, y)
            for key, value in terms.items():
                sums.setdefault(key, []).append(value.double().cpu().expand(len(x)))
            for direction, fake, truth in zip(self.config.directions, made, (y, x), strict=False):
                fake = images.to_float(images.to_uint8(fake))
                sums.setdefault(f"{direction}/mae", []).append(paired.mae(fake, truth))
                sums.setdefault(f"{direction}/ssim", []).append(paired.ssim(fake, truth))
        return {key: float(torch.cat(parts).mean()) for key, parts in sums.items()}

    def _seen(self, fake: Tensor, shown: Shown, random: StepRandom | None) -> Terms:
        """The terms of the frozen networks and of the judge."""
        config, terms = self.config, Terms()
        if self.judge is not None and config.judge_weight:
            with self.fast():
                true = shown.true
                terms["loss/judge"] = losses.judge_loss(self.judge, fake[:true], shown.b[:true])
        if random is None or self.features is None:
            return terms
        corner = self._corner(random)
        # The frozen networks take half of the time: distance and critics have every other step.
        odd = random.nimg // config.batch % 2
        if config.perceptual and (odd or not config.critics):
            with torch.no_grad(), self.fast():
                wanted = self.features(view(shown.b, corner), deep=False)
            with self.fast():
                maps = self.features(view(fake, corner), deep=False)
            terms["loss/unlike"] = feature_distance(maps[0], wanted[0]).mean()
        elif config.critics:
            fake = diff_augment(fake, random.torch(_FAKE), _AUGMENT)
            with self.fast():
                logits = self._critics()(fake, self.features(view(fake, corner)))
            terms["loss/fooling"] = fooling_loss(logits)
        return terms

    def _critic_loss(self, made: Tensor, random: StepRandom) -> Tensor:
        assert self.features is not None
        corner, logits = self._corner(random), []
        for pictures, purpose in ((self.batches.real(random), _REAL), (made.detach(), _FAKE)):
            with torch.no_grad(), self.fast():
                pictures = diff_augment(pictures, random.torch(purpose), _AUGMENT)
                maps = self.features(view(pictures, corner))
            with self.fast():
                logits.append(self._critics()(pictures, maps))
        return critic_loss(*logits)

    def _corner(self, random: StepRandom) -> tuple[int, int] | None:
        """Where frozen networks look at full size in this step; None for the whole picture."""
        rng, side = random.numpy(_CORNER), self.config.resolution
        if side <= SIDE or rng.random() >= _CLOSE:
            return None
        top, left = rng.integers(0, side - SIDE + 1, size=2).tolist()
        return top, left

    def _critics(self) -> Critics:
        critics = self.nets["C"]
        assert isinstance(critics, Critics)
        return critics

    def _learn(self, learn: bool) -> None:
        """Whether discriminators and critics take gradients."""
        for name in self.adversaries:
            self.nets[name].requires_grad_(learn)
        if self.config.critics:
            for parameter in self._critics().learned:
                parameter.requires_grad_(learn)

    def _adam(self, *names: str) -> torch.optim.Optimizer:
        parameters = [p for name in names for p in self.nets[name].parameters()]
        betas = (self.config.beta1, 0.999)
        return torch.optim.Adam(parameters, lr=self.config.lr, betas=betas, fused=True)

    def _update(self, optimizer: str, stats: Terms) -> None:
        step = self.opts[optimizer]
        grads = [p.grad for g in step.param_groups for p in g["params"] if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(grads)
        update(step, norm, optimizer.removesuffix("_opt"), self.nimg, stats)

    def _add(self, name: str, network: nn.Module) -> None:
        """A generator and its average."""
        self.nets[name] = network
        self.nets[f"{name}_ema"] = copy.deepcopy(network).eval().requires_grad_(False)


def _probe(
    config: TranslationConfig, data: PairedSet | UnpairedSet | None, count: int
) -> tuple[Tensor, Tensor] | None:
    """Some pictures without augmentation, spread over a set: what is given and what is wanted."""
    if not isinstance(data, PairedSet):
        return None
    rows = np.unique(np.linspace(0, len(data) - 1, min(count, len(data))).round().astype(np.int64))
    return _ordered(config, *data.batch(rows))


def _ordered(
    config: TranslationConfig, photos: np.ndarray, sketches: np.ndarray
) -> tuple[Tensor, Tensor]:
    a, b = images.to_float(photos), images.to_float(sketches)
    return (a, b) if config.direction == "photo-to-sketch" else (b, a)
