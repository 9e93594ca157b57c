"""Training the identity network: views of one face belong together, all other faces apart.

Among two views of some people each finds its partner (NT-Xent, Chen et al. 2020, Eq. 1), and each
is told apart from every person of the set by a learned prototype and a margin (CosFace, Wang et al.
2018, Eq. 4). A person is one picture, or a generated face under other expressions and colours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional

from mien import images
from mien.errors import InputError
from mien.faces.people import People
from mien.faces.training_config import IdentityTraining
from mien.faces.views import draw_views
from mien.judges.identity import Identity
from mien.training.adamw import AdamWRecipe
from mien.training.random import StepRandom


def start_from(network: Identity, trunk: Mapping[str, Tensor]) -> int:
    """Give the network the tensors of a trunk, such as a tagger's, that fit it; how many did."""
    state = network.state_dict()
    fitting = {k: v for k, v in trunk.items() if k in state and state[k].shape == v.shape}
    network.load_state_dict(fitting, strict=False)
    return len(fitting)


class IdentityRecipe(AdamWRecipe):
    """An identity network and a prototype of each person.

    There must be at least as many people as a step shows. ``trunk`` are tensors to start from, see
    :func:`start_from`; those of a whole identity network also give the first prototypes.
    """

    name = "the identity network"

    def __init__(
        self,
        config: IdentityTraining,
        people: People,
        trunk: Mapping[str, Tensor] | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        if people.count < config.people:
            raise InputError(f"{people.count} people in the data, a step shows {config.people}")
        self.people, self.order = people, _Order(people, config.seed)
        first = torch.randn(
            people.count, config.dim, generator=torch.Generator().manual_seed(config.seed)
        )
        self.prototypes = nn.ParameterList([nn.Parameter(first / 8)]).to(device)
        taken = 0

        def build() -> Identity:
            nonlocal taken
            network = Identity(config.network())
            taken = 0 if trunk is None else start_from(network, trunk)
            return network

        super().__init__(config, build, device)
        if taken == len(self.network.state_dict()):
            rows = [rows[0] for rows in self.order.rows]
            self.prototypes[0].data.copy_(_prototypes(self.network, people, rows))

    def groups(self) -> list[dict[str, Any]]:
        """Prototypes move four times as far, and do not decay."""
        prototypes = {"params": list(self.prototypes), "far": 4.0, "weight_decay": 0.0}
        return [*super().groups(), prototypes]

    def modules(self) -> Mapping[str, nn.Module]:
        """The network and the prototypes."""
        return {**super().modules(), "prototypes": self.prototypes}

    def source(self) -> dict[str, Any]:
        """How many people in how many pictures."""
        return {"faces": [self.people.count, len(self.people.pictures)]}

    def losses(self, random: StepRandom) -> Mapping[str, Tensor]:
        """Views find their partners, and their persons' prototypes.

        ``nearest`` is the share of views whose nearest other view shows the same person.
        """
        config = self.config
        who, rows = self.order.step(random.nimg // config.batch, config.people)
        views = _views(self.people, rows, config, random.torch(0), self.device)
        with self.fast():
            vectors = self.network.encode(views)
        partner, nearest = ntxent(vectors, config.temperature)
        terms = {"loss/partner": partner, "nearest": nearest}
        if config.prototypes:
            own = torch.from_numpy(who).to(self.device).repeat(2)
            apart = margin_loss(vectors, self.prototypes[0], own, config.scale, config.margin)
            terms["loss/prototypes"] = config.prototypes * apart
        return terms


@torch.no_grad()
def _prototypes(network: Identity, people: People, rows: list[np.intp]) -> Tensor:
    """The vectors of some pictures as they are."""
    device = next(network.parameters()).device
    network.eval()
    parts = [people.pictures[rows[i : i + 32]] for i in range(0, len(rows), 32)]
    return torch.cat([network.embed(images.to_float(part, device)) for part in parts])


def ntxent(vectors: Float[Tensor, "m d"], temperature: float) -> tuple[Tensor, Tensor]:
    """NT-Xent (Chen et al.

    2020, Eq. 1), views of person *i* in rows *i* and *i + m/2*. Also the share of rows whose
    nearest other row is the partner.
    """
    n = len(vectors) // 2
    cosines = vectors @ vectors.T
    cosines = cosines.masked_fill(
        torch.eye(2 * n, dtype=torch.bool, device=vectors.device), -math.inf
    )
    partner = torch.arange(2 * n, device=vectors.device).roll(n)
    nearest = (cosines.detach().argmax(dim=1) == partner).float().mean()
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
    device: torch.device,
) -> Float[Tensor, "m 3 r r"]:
    """A view of each of the pictures, surroundings lent by those of the step's other people."""
    flat = rows.reshape(-1)
    faces = images.to_float(people.pictures[flat], device)
    turn = int(torch.randint(1, rows.shape[1], (), generator=source))
    return draw_views(
        faces,
        people.anchors[torch.from_numpy(flat)].to(device),
        faces.roll(turn, 0),
        config.resolution,
        config.crop,
        config.views,
        source,
    )
