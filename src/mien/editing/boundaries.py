"""InterFaceGAN: the normal of a separating hyperplane, and keeping other attributes still.

Shen, Gu, Tang & Zhou 2020: the most and the least confident samples of an attribute are separated
by a linear boundary, whose unit normal is the direction; what another direction changes is taken
out of it by projection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mien.editing.direction import Direction, Space
from mien.editing.margin import fit_logistic, fit_svm, in_memory
from mien.errors import InputError

_LEAST_A_SIDE = 10


@dataclass(frozen=True, eq=False)
class Boundary:
    """A direction across a boundary, and how well the boundary separates.

    Attributes:
        direction: Unit normal, towards high scores; ``scores["accuracy"]`` repeats the accuracy.
        intercept: Offset: x·n + intercept is the signed distance of a latent to the boundary.
        accuracy: Share of the kept-out confident samples on the right side.
        fitted: Samples that the boundary was fitted to.
        kept_out: Samples that the accuracy was measured on.
        warnings: What a person should know of this fit; empty if nothing.
    """

    direction: Direction
    intercept: float
    accuracy: float
    fitted: int
    kept_out: int
    warnings: tuple[str, ...] = ()


def boundary(
    latents: Float[Tensor, "n d"],
    scores: Float[Tensor, " _n"],
    name: str,
    kind: Literal["svm", "logistic"] = "svm",
    confident: float = 0.1,
    c: float = 1.0,
    seed: int = 0,
    space: Space = "w",
    layers: Sequence[int] | None = None,
    generator: str = "",
) -> Boundary:
    """Find the boundary of one attribute between its most and least confident samples.

    Args:
        latents: Sampled latents.
        scores: How strongly a judge sees the attribute in each; only the order counts.
        name: Name of the direction.
        kind: Linear SVM (squared hinge loss; the paper uses the plain hinge) or logistic.
        confident: Share of the samples taken from each end, at most one half. The paper takes 0.02
            of 500,000. Of these, 30 % are kept out of the fit.
        c: Inverse of the penalty.
        seed: Seed of the split into fitted and kept-out samples.
        space: The space of the latents.
        layers: Layers that the direction shall move; ``None`` for all.
        generator: sha256 of the generator.

    Raises:
        InputError: Lengths that differ, scores that are not finite or all equal, a share outside
            (0, 0.5], or fewer than ten samples a side.
    """
    if scores.shape != latents.shape[:1]:
        raise InputError(f"{scores.shape[0]} scores of {name!r} for {latents.shape[0]} latents")
    low, high = _ends(scores, name, confident)
    draw = np.random.RandomState(seed)
    shuffle = torch.from_numpy(draw.permutation(len(low)))
    cut = len(low) - round(0.3 * len(low))
    fitted = torch.cat([high[shuffle[:cut]], low[shuffle[:cut]]])
    kept = torch.cat([high[shuffle[cut:]], low[shuffle[cut:]]])
    truth = torch.arange(2 * cut) < cut
    samples = in_memory(latents.cpu()[fitted], truth[:, None])
    solve = fit_svm if kind == "svm" else fit_logistic
    fit = solve(samples, [name], c=c, dtype=torch.float64)
    normal = fit.coefficients[:, 0]
    signed = latents.cpu()[kept].double() @ normal + fit.intercepts[0]
    right = (signed > 0) == (torch.arange(len(kept)) < len(kept) // 2)
    accuracy = float(right.double().mean())
    direction = Direction(
        name=name,
        vector=normal,
        space=space,
        layers=None if layers is None else tuple(layers),
        generator=generator,
        method=f"{fit.method}, {confident:g} a side",
        scores={"accuracy": accuracy},
    ).unit()
    offset = float(fit.intercepts[0] / normal.norm())
    return Boundary(direction, offset, accuracy, len(fitted), len(kept), fit.warnings)


def _ends(scores: Tensor, name: str, confident: float) -> tuple[Tensor, Tensor]:
    # Rows of the lowest and of the highest scores.
    bad = int((~scores.isfinite()).sum())
    if bad:
        raise InputError(f"{bad} of {scores.shape[0]} scores of {name!r} are not finite")
    side = int(confident * scores.shape[0]) if 0 < confident <= 0.5 else 0
    if side < _LEAST_A_SIDE:
        raise InputError(
            f"a share {confident:g} of {scores.shape[0]} samples gives {side} a side for {name!r}; "
            f"at least {_LEAST_A_SIDE} are needed, and the share must lie in (0, 0.5]"
        )
    order = scores.cpu().argsort()
    low, high = order[:side], order[-side:]
    if not bool(scores.cpu()[low].max() < scores.cpu()[high].min()):
        raise InputError(f"scores of {name!r} hardly vary: its ends meet at a share {confident:g}")
    return low, high


def _same_kind(directions: Sequence[Direction]) -> None:
    first = directions[0]
    for other in directions[1:]:
        if (other.space, other.vector.shape) != (first.space, first.vector.shape):
            raise InputError(
                f"directions {first.name!r} ({first.space}, {tuple(first.vector.shape)}) and "
                f"{other.name!r} ({other.space}, {tuple(other.vector.shape)}) do not compare"
            )


def _rows(directions: Sequence[Direction]) -> Tensor:
    return torch.stack([one.unit().vector.flatten().double() for one in directions])


def conditional(direction: Direction, keep: Sequence[Direction]) -> Direction:
    """A direction with all that other directions change taken out: n₁ − (n₁ᵀn₂)n₂.

    For several others, the projection onto all that is orthogonal to each of them.

    Args:
        direction: What shall move.
        keep: What shall stay.

    Returns:
        A direction of unit length, with the name and scale of ``direction``.

    Raises:
        InputError: The directions are of different kinds, or nothing is left.
    """
    if not keep:
        return direction.unit()
    _same_kind([direction, *keep])
    vector = _rows([direction])[0]
    _, values, basis = torch.linalg.svd(_rows(keep), full_matrices=False)
    basis = basis[values > values[0] * 1e-9]
    left = vector - (vector @ basis.T) @ basis
    if not bool(left.norm() > 1e-6):
        names = ", ".join(repr(one.name) for one in keep)
        raise InputError(f"direction {direction.name!r} is made of {names} alone; nothing is left")
    method = f"{direction.method}, without " + ", ".join(one.name for one in keep)
    shaped = left.reshape(direction.vector.shape)
    return replace(direction, vector=shaped, method=method.lstrip(", ")).unit()


def orthogonalise(
    directions: Sequence[Direction], how: Literal["sequential", "symmetric"] = "symmetric"
) -> tuple[Direction, ...]:
    """Make a set of directions orthogonal to each other.

    Args:
        directions: At least one, all of one space.
        how: ``"sequential"`` takes out of each what those before it change, so that the first
            stays as it is (Gram–Schmidt). ``"symmetric"`` treats all alike and gives the orthogonal
            set that is nearest to the given one (Löwdin).

    Returns:
        Unit directions in the same order, with the same names.

    Raises:
        InputError: Different kinds, or directions that depend on each other linearly.
    """
    if not directions:
        raise InputError("no directions to make orthogonal")
    _same_kind(directions)
    rows = _rows(directions)
    if how == "sequential":
        q, r = torch.linalg.qr(rows.T)
        smallest = r.diagonal().abs().min()
        made = (q * r.diagonal().sign()).T
    else:
        u, values, v = torch.linalg.svd(rows, full_matrices=False)
        smallest = values.min()
        made = u @ v
    if len(directions) > rows.shape[1] or not bool(smallest > 1e-6):
        raise InputError(
            f"{len(directions)} directions of {rows.shape[1]} dims depend on each other linearly; "
            "drop one of them"
        )
    return tuple(
        replace(one, vector=row.reshape(one.vector.shape), method=f"{one.method}, orthogonalised")
        for one, row in zip(directions, made, strict=True)
    )
