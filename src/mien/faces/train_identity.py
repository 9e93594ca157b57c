"""Training the identity network: views of one face belong together, all other faces apart.

    mien train identity --data sfhq.zip --out runs/identity.safetensors

Each step shows two views of some people (:mod:`mien.faces.views`). Two losses: among the
views of the step each finds its partner (NT-Xent, Chen et al. 2020, Eq. 1), and each is told apart
from every person of the set by a learned prototype and a margin (CosFace, Wang et al. 2018, Eq. 4).
A person is one picture of the data, or a generated face under other expressions and colours.
Minutes, not hours, so a run that was stopped simply starts again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from mien import images
from mien.errors import InputError
from mien.faces.people import People
from mien.faces.views import ViewStrength, draw_views
from mien.judges.identity import Identity, IdentityConfig
from mien.training.fitting import descend, warm_cosine


@dataclass(frozen=True)
class IdentityTraining:
    """What decides a run.

    Args:
        network: The network.
        views: How far the views of a face may go.
        kimg: Thousand views to see.
        people: People a step, two views of each.
        lr: Highest learning rate; it rises for a twentieth of the run, then falls as a cosine.
        weight_decay: Of AdamW.
        temperature: Of NT-Xent.
        prototypes: Weight of the loss on prototypes; 0 leaves them out.
        scale: Of the cosines with the prototypes.
        margin: Taken from the cosine with the right prototype.
        seed: Decides the first weights, the order and the views.
        precision: ``bf16`` or ``fp32``.
    """

    network: IdentityConfig = field(default_factory=IdentityConfig)
    views: ViewStrength = field(default_factory=ViewStrength)
    kimg: float = 150
    people: int = 64
    lr: float = 2e-3
    weight_decay: float = 0.05
    temperature: float = 0.1
    prototypes: float = 1.0
    scale: float = 20.0
    margin: float = 0.15
    seed: int = 0
    precision: str = "bf16"

    def __post_init__(self) -> None:
        if self.people < 2:
            raise InputError(f"{self.people} people a step; at least 2 are told apart")
        if self.precision not in ("bf16", "fp32"):
            raise InputError(f"precision {self.precision!r} is none of bf16, fp32")


def start_from(network: Identity, trunk: Mapping[str, Tensor]) -> int:
    """Give the network the tensors of a trunk that fit it by name and shape, such as a tagger's.

    Returns:
        How many were taken.
    """
    state = network.state_dict()
    fitting = {k: v for k, v in trunk.items() if k in state and state[k].shape == v.shape}
    network.load_state_dict(fitting, strict=False)
    return len(fitting)


def train(
    config: IdentityTraining,
    people: People,
    trunk: Mapping[str, Tensor] | None = None,
    device: str = "cpu",
) -> Iterator[tuple[dict[str, float], Identity]]:
    """Train an identity network.

    Args:
        config: What decides the run.
        people: Whom it learns to tell apart; at least as many as a step shows.
        trunk: Tensors to start from, see :func:`start_from`; those of a whole identity network
            also give the first prototypes.
        device: Where to compute.

    Yields:
        ``{"nimg", "loss", "nearest"}`` and the network, now and then and at the end; ``nearest``
        is the share of views of the step whose nearest other view shows the same person.
    """
    if people.count < config.people:
        raise InputError(f"{people.count} people in the data, a step shows {config.people}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = Identity(config.network)
        prototypes = torch.randn(people.count, config.network.dim) / 8
    taken = 0 if trunk is None else start_from(network, trunk)
    network = network.to(device)
    order = _Order(people, config.seed)
    if taken == len(network.state_dict()):
        prototypes = _prototypes(network, people, [rows[0] for rows in order.rows])
    prototypes = torch.nn.Parameter(prototypes.detach().to(device))
    optimizer = torch.optim.AdamW(
        [
            {"params": network.parameters(), "far": 1.0},
            {"params": [prototypes], "far": 4.0, "weight_decay": 0.0},
        ],
        lr=config.lr,
        weight_decay=config.weight_decay,
    )
    steps = max(1, round(config.kimg * 500 / config.people))
    source = torch.Generator().manual_seed(config.seed)
    for step in range(steps):
        rate = warm_cosine((step + 1) / steps, 0.05)
        for group in optimizer.param_groups:
            group["lr"] = config.lr * rate * group["far"]

        # Two views of each person.
        who, rows = order.step(step, config.people)
        views = _views(people, rows, config, source, device)
        with torch.autocast(torch.device(device).type, torch.bfloat16, config.precision == "bf16"):
            vectors = network.train().encode(views)
        own = torch.from_numpy(who).to(device).repeat(2)
        loss, nearest = ntxent(vectors, config.temperature)
        if config.prototypes:
            apart = margin_loss(vectors, prototypes, own, config.scale, config.margin)
            loss = loss + config.prototypes * apart
        descend(loss, optimizer, "the identity network's loss", step)
        if step % 50 == 49 or step == steps - 1:
            line = {"nimg": 2 * (step + 1) * config.people, "loss": round(float(loss.detach()), 4)}
            yield {**line, "nearest": round(nearest, 3)}, network.eval()


@torch.no_grad()
def _prototypes(network: Identity, people: People, rows: list[np.intp]) -> Tensor:
    """The vectors of some pictures as they are."""
    device = next(network.parameters()).device
    network.eval()
    parts = [people.pictures[rows[i : i + 32]] for i in range(0, len(rows), 32)]
    return torch.cat([network.embed(images.to_float(part, device)) for part in parts])


def ntxent(vectors: Float[Tensor, "m d"], temperature: float) -> tuple[Tensor, float]:
    """NT-Xent (Chen et al. 2020, Eq. 1), views of person *i* in rows *i* and *i + m/2*.

    Returns:
        The loss, and the share of rows whose nearest other row is the partner.
    """
    n = len(vectors) // 2
    cosines = vectors @ vectors.T
    cosines = cosines.masked_fill(
        torch.eye(2 * n, dtype=torch.bool, device=vectors.device), -math.inf
    )
    partner = torch.arange(2 * n, device=vectors.device).roll(n)
    nearest = float((cosines.detach().argmax(dim=1) == partner).float().mean())
    return functional.cross_entropy(cosines / temperature, partner), nearest


def margin_loss(
    vectors: Float[Tensor, "m d"],
    prototypes: Float[Tensor, "p d"],
    own: Int64[Tensor, " m"],
    scale: float,
    margin: float,
) -> Tensor:
    """Large margin cosine loss (CosFace, Wang et al. 2018, Eq. 4)."""
    cosines = vectors @ functional.normalize(prototypes, dim=1).T
    right = functional.one_hot(own, len(prototypes)).to(cosines.dtype)
    return functional.cross_entropy(scale * (cosines - margin * right), own)


class _Order:
    """Who is shown when: every person once a round, in an order of the round's own."""

    def __init__(self, people: People, seed: int) -> None:
        self.count, self.seed = people.count, seed
        by_person = np.argsort(people.person, kind="stable")
        edges = np.searchsorted(people.person[by_person], np.arange(self.count + 1))
        self.rows = [by_person[a:b] for a, b in pairwise(edges)]
        if any(not len(rows) for rows in self.rows):
            raise InputError("people are numbered with gaps; number them from 0 on")

    def step(self, step: int, people: int) -> tuple[np.ndarray, np.ndarray]:
        """People of a step and the rows of two of their pictures, ``[2, people]``."""
        rounds, place = divmod(step, self.count // people)
        shuffled = np.random.default_rng((self.seed, rounds)).permutation(self.count)
        who = shuffled[place * people : (place + 1) * people]
        draw = np.random.default_rng((self.seed, 1, step))
        pairs = [
            draw.permutation(np.resize(self.rows[i], max(2, len(self.rows[i]))))[:2] for i in who
        ]
        return who, np.stack(pairs, axis=1)


def _views(
    people: People,
    rows: np.ndarray,
    config: IdentityTraining,
    source: torch.Generator,
    device: str,
) -> Float[Tensor, "m 3 r r"]:
    """A view of each of the pictures, surroundings lent by those of the step's other people."""
    flat = rows.reshape(-1)
    faces = images.to_float(people.pictures[flat], device)
    turn = int(torch.randint(1, rows.shape[1], (), generator=source))
    return draw_views(
        faces,
        people.anchors[torch.from_numpy(flat)].to(device),
        faces.roll(turn, 0),
        config.network.resolution,
        config.network.crop,
        config.views,
        source,
    )
