"""Words and faces as points of one space: the visual-linguistic similarity of TediGAN.

Xia et al. 2021 (Sec. 3.3) map a sentence to a code of each layer of the generator and compare it
with the code of the picture, layer by layer. Here the layers are three groups (coarse, middle,
fine), each with a projection of its own on either side: of the group's w and of pooled features of
the frozen networks on the picture's side, of a sentence embedding on the other. The score is the
mean of the groups' cosines.

Axes: n batch, m sentences, g groups, p of a projection, d width of w, f features, e embedding.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from mien.editing.mixing import RANGES
from mien.errors import InputError

KIND = "text-image"
GROUPS = ("coarse", "middle", "fine")
"""Names of :data:`mien.editing.mixing.RANGES`."""


@dataclass(frozen=True)
class TextImageConfig:
    """What decides the shape of the network; ``text_dim`` is 384 for MiniLM.

    ``width`` is that of a group's projection, ``hidden`` of the layer before it on the side of
    words; ``dropout`` the share of a picture's numbers that are left out while training.
    """

    w_dim: int = 256
    features: int = 2048
    text_dim: int = 384
    width: int = 96
    hidden: int = 384
    dropout: float = 0.5


class TextImage(nn.Module):
    """Both sides of the comparison."""

    mean: Tensor
    scale: Tensor
    text_mean: Tensor

    def __init__(self, config: TextImageConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or TextImageConfig()
        count, seen = len(GROUPS) * config.width, config.w_dim + config.features
        self.pictures = nn.ModuleList(nn.Linear(seen, config.width) for _ in GROUPS)
        self.sentences = nn.Sequential(
            nn.Linear(config.text_dim, config.hidden), nn.GELU(), nn.Dropout(0.4 * config.dropout),
            nn.Linear(config.hidden, count),
        )  # fmt: skip
        self.drop = nn.Dropout(config.dropout)
        self.temperature = nn.Parameter(torch.tensor(2.5))
        self.register_buffer("mean", torch.zeros(seen))  # of w and features of pictures
        self.register_buffer("scale", torch.ones(seen))
        self.register_buffer("text_mean", torch.zeros(config.text_dim))

    def fit_scale(self, seen: Float[Tensor, "n s"], text: Float[Tensor, "m e"]) -> None:
        """Take means and deviations of training pictures, and the mean of training sentences."""
        self.mean.copy_(seen.mean(dim=0))
        self.scale.copy_(1 / (seen.std(dim=0) + 1e-3))
        self.text_mean.copy_(text.mean(dim=0))

    def of_pictures(
        self, ws: Float[Tensor, "n l d"], features: Float[Tensor, "n f"]
    ) -> Float[Tensor, "n g p"]:
        """Unit vectors of pictures, a group each; ``ws`` ``[n, 1, d]`` is one w for all layers.

        Features are pooled as :func:`mien.inversion.known_codes.pooled` gives them.
        """
        found = []
        for name, layer in zip(GROUPS, self.pictures, strict=True):
            first, end = RANGES[name]
            group = ws[:, first:end] if ws.shape[1] > first else ws[:, -1:]
            seen = (torch.cat([group.mean(dim=1), features], dim=1) - self.mean) * self.scale
            found.append(functional.normalize(layer(self.drop(seen)), dim=1))
        return torch.stack(found, dim=1)

    def of_sentences(self, embedding: Float[Tensor, "m e"]) -> Float[Tensor, "m g p"]:
        """Unit vectors of sentences, a group each; embeddings are of length 1."""
        x = self.sentences((embedding - self.text_mean) * self.config.text_dim**0.5)
        return functional.normalize(x.unflatten(1, (len(GROUPS), -1)), dim=2)


def scores(
    pictures: Float[Tensor, "n g p"], sentences: Float[Tensor, "m g p"]
) -> Float[Tensor, "n m"]:
    """How well each picture fits each sentence, -1 to 1: the mean cosine of the groups."""
    return torch.einsum("ngp,mgp->nm", pictures, sentences) / pictures.shape[1]


def ranking_loss(table: Float[Tensor, "n n"], margin: float) -> Float[Tensor, ""]:
    """Pairwise ranking against the hardest wrong partner of the batch, both ways.

    Faghri et al. 2018 (VSE++), Eq. 6: max(0, margin + s(wrong) - s(right)). Pairs stand on the
    diagonal of the table of scores.
    """
    right = table.diag()
    wrong = table - 4 * torch.eye(len(table), device=table.device)
    ways = (wrong.amax(dim=1), wrong.amax(dim=0))
    return torch.stack([(margin + way - right).clamp(min=0).mean() for way in ways]).sum()


def matching_loss(table: Float[Tensor, "n n"], temperature: Tensor) -> Float[Tensor, ""]:
    """Each picture has to find its sentence in the batch, and each sentence its picture.

    Cross-entropy of scores times exp(temperature) (Radford et al. 2021, Fig. 3).
    """
    logits, right = table * temperature.exp(), torch.arange(len(table), device=table.device)
    both = [functional.cross_entropy(side, right) for side in (logits, logits.T)]
    return torch.stack(both).mean()


def retrieval(table: Float[Tensor, "n m"]) -> dict[str, float]:
    """R@1 and R@5: how often the right one is the first, or among the first five.

    Pairs stand on the diagonal of the table, which is square, else an InputError.
    """
    if table.shape[0] != table.shape[1] or not len(table):
        raise InputError(f"scores {tuple(table.shape)}; as many pictures as sentences are needed")
    right = table.diag()
    found = {}
    for way, rank in (
        ("sentence of picture", (table >= right[:, None]).sum(dim=1)),
        ("picture of sentence", (table >= right[None]).sum(dim=0)),
    ):
        for k in (1, 5):
            found[f"R@{k} {way}"] = float((rank <= k).float().mean())
    return found


def best(table: Float[Tensor, " n"], count: int) -> Int[Tensor, " k"]:
    """The places of the highest scores, the best first; of equal ones the earlier."""
    return torch.sort(table, descending=True, stable=True).indices[:count]
