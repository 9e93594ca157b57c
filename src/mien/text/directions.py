"""Move a latent until it shows what a sentence asserts (StyleT2F, Sabae et al. 2022).

Samples give a direction for each label (value against the rest), and a tagger in latent space:
multinomial logistic regression, a head a column. A random latent is moved until that tagger agrees,
each direction freed first from those of the columns that the sentence leaves open (conditional
projection, InterFaceGAN, Shen et al. 2020, Eq. 7). Everything happens in whitened coordinates,
where a step of 1 is one standard deviation.

Legend: n samples, d = w_dim, l = len(LABELS), k columns.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mien.attributes import COLUMNS, LABELS, column_slice, is_known, label_index
from mien.errors import InputError, UnknownName
from mien.text.reader import Reading
from mien.text.whitening import Whitening

_LOWEST_RATE = 1e-3  # a label in fewer samples than this share has no direction
_LEAST_LEFT = 0.3  # how much of a direction the projection must leave
_LEAST_SLOPE = 0.05
_LONGEST_STEP = 0.75
_ITERATIONS = 60


@dataclass(frozen=True)
class Moved:
    """Latents ``[n, w_dim]`` after a move, and per column how far it came.

    Attributes:
        probability: Column -> ``[n]``: how likely the tagger holds the asserted value, or, for a
            column in which something is denied, anything but the denied values.
        reached: Column -> ``[n]`` bool: whether that is at least the target.
    """

    w: Tensor
    probability: dict[str, Tensor]
    reached: dict[str, Tensor]


class AttributeDirections(nn.Module):
    """Directions and tagger for the labels of :data:`mien.attributes.LABELS`.

    Before :meth:`fit` it knows no label. All state is in buffers.
    """

    normals: Tensor
    weight: Tensor
    bias: Tensor
    known: Tensor

    def __init__(self, w_dim: int = 512) -> None:
        super().__init__()
        self.whitening = Whitening(w_dim)
        self.register_buffer("normals", torch.zeros(len(LABELS), w_dim))  # unit, whitened
        self.register_buffer("weight", torch.zeros(len(LABELS), w_dim))
        self.register_buffer("bias", torch.zeros(len(LABELS)))
        self.register_buffer("known", torch.zeros(len(LABELS)))  # 1: seen often enough

    # ------------------------------------------------------------ fitting

    def fit(
        self,
        w: Float[Tensor, "n d"],
        labels: Float[Tensor, "m l"],
        method: str = "logistic",
        penalty: float = 1e-3,
    ) -> None:
        """Find directions and tagger from samples.

        ``labels`` are probabilities, or 0 and 1; a column that sums to 0 is unknown for that
        sample. ``method`` is ``"logistic"``, or ``"linear"``: ridge regression on one shared Gram
        matrix; ``penalty`` weighs the squared coefficients. InputError: the numbers of rows differ,
        or there are too few; UnknownName: there is no such method.
        """
        if len(w) != len(labels) or labels.shape[1] != len(LABELS):
            raise InputError(
                f"{len(w)} latents and labels of shape {list(labels.shape)};"
                f" expected [{len(w)}, {len(LABELS)}]"
            )
        if method not in ("logistic", "linear"):
            raise UnknownName("method", method, ("logistic", "linear"))
        self.whitening.fit(w)
        x, truth = self.whitening(w), _distributions(labels)
        counted = torch.stack([truth[:, column_slice(c)].sum(1) for c in COLUMNS], dim=1)
        shares = truth.sum(0) / _spread(counted).sum(0).clamp(min=1)
        known = (shares >= _LOWEST_RATE).float()
        find = _logistic if method == "logistic" else _linear
        normals = find(x, truth, _spread(counted), penalty)
        weight, bias = _multinomial(x, truth, known, penalty)
        self.normals.copy_(nn.functional.normalize(normals, dim=1) * known[:, None])
        self.weight.copy_(weight)
        self.bias.copy_(bias)
        self.known.copy_(known)

    def direction(self, column: str, value: str) -> Float[Tensor, " d"]:
        """The direction of a label as a difference of latents, of one standard deviation.

        UnknownName: there is no such label, or it was too rare in the samples.
        """
        seen = [label for i, label in enumerate(LABELS) if self.known[i]]
        if f"{column}={value}" not in seen:
            raise UnknownName("attribute direction", f"{column}={value}", seen)
        return self.whitening.shift(self.normals[label_index(column, value)][None])[0]

    # ------------------------------------------------------------ reading

    def tag(self, w: Float[Tensor, "n d"]) -> dict[str, Tensor]:
        """Column -> probabilities ``[n, values]`` that a latent shows each value."""
        logits = self._logits(self.whitening(w))
        return {column: logits[:, column_slice(column)].softmax(1) for column in COLUMNS}

    def _logits(self, x: Tensor) -> Tensor:
        return x @ self.weight.T + self.bias

    # ------------------------------------------------------------ moving

    @torch.no_grad()
    def move(
        self,
        w: Float[Tensor, "n d"],
        reading: Reading,
        target: float = 0.9,
        strength: float = 1.0,
        max_steps: int = 40,
        keep: float = 1.0,
    ) -> Moved:
        """Move latents until they show what a sentence says; what they show already stays.

        Args:
            w: Where to start, one person a row; moved no further than needed.
            reading: What is asserted and denied; open columns are kept as far as they can be.
            target: How sure the tagger must be, in (0, 1).
            strength: Factor of every step.
            max_steps: Most rounds over all that is asked.
            keep: How much of the directions of open columns is projected out, 0 to 1.

        Raises:
            InputError: An option lies outside its range.
            UnknownName: The reading names a label that does not exist.
        """
        if not 0 < target < 1:
            raise InputError(f"target is {target}; it must lie between 0 and 1")
        if max_steps < 0 or not strength > 0 or not 0 <= keep <= 1:
            raise InputError(
                f"strength {strength}, max_steps {max_steps}, keep {keep}: they must be positive,"
                " 0 or more, and in [0, 1]"
            )
        wishes = self._wishes(reading, keep)
        x = self.whitening(w)
        goal = math.log(target / (1 - target))
        for _ in range(max_steps):
            moved = False
            for wish in wishes.values():
                x, stepped = self._step(x, wish, goal, strength)
                moved = moved or stepped
            if not moved:
                break
        logits = self._logits(x)
        probability = {c: _margin(logits, wish)[0].sigmoid() for c, wish in wishes.items()}
        reached = {c: p >= target - 1e-3 for c, p in probability.items()}
        return Moved(self.whitening.inverse(x), probability, reached)

    def _wishes(self, reading: Reading, keep: float) -> dict[str, _Wish]:
        """What is asked of each column, with directions freed from the columns left open."""
        asked = {column: {value} for column, value in reading.asserted.items()}
        denied = {column: set(values) for column, values in reading.denied.items()}
        for column, values in [*asked.items(), *denied.items()]:
            for value in values:
                if not is_known(column, value):
                    raise UnknownName("attribute", f"{column}={value}", LABELS)
        for column, values in denied.items():
            left = set(COLUMNS[column]) - values
            if values and left and column not in asked:
                asked[column] = left
        kept = [i for i, name in enumerate(LABELS) if name.split("=")[0] not in asked]
        freed = _project_out(self.normals, self.normals[kept], keep)
        wishes = {}
        for column, values in asked.items():
            inside = torch.zeros(len(LABELS), dtype=torch.bool, device=self.known.device)
            inside[[label_index(column, value) for value in values]] = True
            block = torch.zeros_like(inside)
            block[column_slice(column)] = True
            possible = (inside & (self.known > 0)).any()
            directions = freed if possible else torch.zeros_like(freed)
            wishes[column] = _Wish(inside, block & ~inside, directions)
        return wishes

    def _step(self, x: Tensor, wish: _Wish, goal: float, strength: float) -> tuple[Tensor, bool]:
        margin, toward, away = _margin(self._logits(x), wish)
        gap = goal - margin
        path = (toward - away) @ wish.directions
        length = path.norm(dim=1, keepdim=True)
        path = path / length.clamp(min=1e-6)
        slope = (((toward - away) @ self.weight) * path).sum(1)
        size = (gap / slope.clamp(min=_LEAST_SLOPE)).clamp(0, _LONGEST_STEP) * strength
        size = torch.where((gap > 1e-4) & (length[:, 0] > 1e-6), size, torch.zeros_like(size))
        return x + size[:, None] * path, bool((size > 0).any())


@dataclass(frozen=True)
class _Wish:
    """What is asked of one column: one of the labels inside, none of those outside."""

    inside: Tensor
    outside: Tensor
    directions: Tensor


def _margin(logits: Tensor, wish: _Wish) -> tuple[Tensor, Tensor, Tensor]:
    """Log odds of a wish ``[n]``, and the shares of the labels on both sides of it ``[n, l]``."""
    inside = logits.masked_fill(~wish.inside, -math.inf)
    outside = logits.masked_fill(~wish.outside, -math.inf)
    return inside.logsumexp(1) - outside.logsumexp(1), inside.softmax(1), outside.softmax(1)


def _project_out(normals: Tensor, others: Tensor, keep: float) -> Tensor:
    """Directions without their part in the span of others (InterFaceGAN, Eq. 7), again unit.

    Where the projection would leave less than ``_LEAST_LEFT`` of a direction, less of it is
    removed: two attributes that always go together cannot be told apart.
    """
    _, values, rows = torch.linalg.svd(others, full_matrices=False)
    basis = rows[values > 1e-3 * values.max().clamp(min=1e-12)] if len(values) else others
    part = (normals @ basis.T) @ basis
    # |n − f·p|² = 1 − (2f − f²)|p|², because p is the part of the unit vector n in the span.
    shared = part.square().sum(1, keepdim=True).clamp(max=1)
    most = 1 - (1 - (1 - _LEAST_LEFT**2) / shared.clamp(min=1e-12)).clamp(0, 1).sqrt()
    factor = torch.minimum(torch.full_like(shared, keep), most)
    return nn.functional.normalize(normals - factor * part, dim=1)


# ---------------------------------------------------------------- regressions


def _distributions(labels: Tensor) -> Tensor:
    """Labels so that each known column sums to 1."""
    truth = torch.zeros(labels.shape, device=labels.device)
    for column in COLUMNS:
        block = labels[:, column_slice(column)].float().clamp(min=0)
        total = block.sum(1, keepdim=True)
        truth[:, column_slice(column)] = torch.where(total > 0, block / total.clamp(min=1e-9), 0.0)
    return truth


def _spread(counted: Tensor) -> Tensor:
    """``[n, k]`` per column to ``[n, l]`` per label."""
    sizes = torch.tensor([len(values) for values in COLUMNS.values()], device=counted.device)
    return counted.repeat_interleave(sizes, dim=1)


def _linear(x: Tensor, truth: Tensor, counted: Tensor, penalty: float) -> Tensor:
    """Ridge regression of every label on one shared Gram matrix; ``[l, d]``."""
    share = truth.sum(0) / counted.sum(0).clamp(min=1)
    target = (truth - share) * counted  # unknown samples stand at the mean
    gram = x.T @ x + penalty * len(x) * torch.eye(x.shape[1], device=x.device)
    return torch.cholesky_solve(x.T @ target, torch.linalg.cholesky(gram)).T


def minimise(parameters: list[Tensor], loss: Callable[[], Tensor], history: int = 10) -> None:
    """L-BFGS on a smooth convex loss, at most 60 iterations."""
    optimiser = torch.optim.LBFGS(
        parameters, max_iter=_ITERATIONS, history_size=history, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        value = loss()
        value.backward()
        return value

    with torch.enable_grad():
        optimiser.step(closure)


def _logistic(x: Tensor, truth: Tensor, counted: Tensor, penalty: float) -> Tensor:
    """Logistic regression of every label against the rest, all in one problem; ``[l, d]``."""
    weight = torch.zeros(len(LABELS), x.shape[1], device=x.device, requires_grad=True)
    bias = torch.zeros(len(LABELS), device=x.device, requires_grad=True)

    def loss() -> Tensor:
        each = nn.functional.binary_cross_entropy_with_logits(
            x @ weight.T + bias, truth, weight=counted, reduction="sum"
        )
        return each / len(x) + penalty * weight.square().sum()

    minimise([weight, bias], loss)
    return weight.detach()


def _multinomial(x: Tensor, truth: Tensor, known: Tensor, penalty: float) -> tuple[Tensor, Tensor]:
    """Multinomial logistic regression, a head a column, all in one problem."""
    weight = torch.zeros(len(LABELS), x.shape[1], device=x.device, requires_grad=True)
    bias = torch.zeros(len(LABELS), device=x.device, requires_grad=True)

    def loss() -> Tensor:
        logits = x @ weight.T + bias
        total = penalty * weight.square().sum()
        for column in COLUMNS:
            block = column_slice(column)
            total = total - (truth[:, block] * logits[:, block].log_softmax(1)).sum() / len(x)
        return total

    minimise([weight, bias], loss)
    # What was hardly ever seen is never said.
    return weight.detach() * known[:, None], torch.where(known > 0, bias.detach(), -20.0)
