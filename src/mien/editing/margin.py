"""Logistic regression and linear SVM of all tags at once.

Both minimise ½‖w‖² + C·Σ loss(s·(x·w + b)) with s = ±1 and a free intercept b; the loss is
log(1 + e⁻ᵐ), or max(0, 1 − m)² for the SVM. L-BFGS (Liu & Nocedal 1989) runs on every tag side by
side, each with its own step, and sees the samples only through two matrix products a pass. It is
preconditioned in the eigenbasis of the latents' covariance, where the Hessian is nearly diagonal.

    n samples · d dims · t tags · parameters are [d + 1, t], the intercept last
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from mien.editing.regression import GramAccumulator, TagFit, check_samples, few_samples, unfinished
from mien.errors import InputError

Samples = Callable[[], Iterable[tuple[Tensor, Tensor]]]
"""Gives at every call the same batches of latents ``[n, d]`` and 0/1 labels ``[n, t]``."""

Loss = Literal["logistic", "squared hinge"]
"""What a margin costs."""

_MEMORY = 12
_TRIALS = 10


def in_memory(
    latents: Float[Tensor, "n d"], labels: Shaped[Tensor, "_n t"], rows: int = 1024
) -> Samples:
    """Samples that are tensors already, in batches of ``rows``."""

    def batches() -> Iterable[tuple[Tensor, Tensor]]:
        return zip(latents.split(rows), labels.split(rows), strict=True)

    return batches


def fit_logistic(
    samples: Samples,
    tags: Sequence[str],
    c: float = 1.0,
    tolerance: float = 1e-5,
    max_passes: int = 500,
    dtype: torch.dtype = torch.float32,
) -> TagFit:
    """Logistic regression of every tag, as scikit-learn's ``LogisticRegression(C=c)``.

    x·w + b > 0 predicts that a tag is there; the larger ``c``, the closer to the samples. A tag is
    done when a Newton step, its Hessian taken as diagonal, would move no parameter by more than
    ``tolerance``; a warning says which were not after ``max_passes`` over the samples. Products
    with the samples are of type ``dtype``, sums over batches float64 always: float32 gives
    coefficients to about 1e-5, float64 takes twice as long.

    InputError: labels other than 0 and 1, a tag that never varies, shapes that do not fit, values
    that are not finite, or settings that are not positive.
    """
    return _fit(samples, tags, "logistic", c, tolerance, max_passes, dtype)


def fit_svm(
    samples: Samples,
    tags: Sequence[str],
    c: float = 1.0,
    tolerance: float = 1e-5,
    max_passes: int = 500,
    dtype: torch.dtype = torch.float32,
) -> TagFit:
    """Linear SVM of every tag with the squared hinge loss, as scikit-learn's ``LinearSVC(C=c)``.

    The intercept is not penalised (``LinearSVC`` does so, slightly). Arguments and errors as for
    :func:`fit_logistic`.
    """
    return _fit(samples, tags, "squared hinge", c, tolerance, max_passes, dtype)


def _fit(
    samples: Samples,
    tags: Sequence[str],
    loss: Loss,
    c: float,
    tolerance: float,
    max_passes: int,
    dtype: torch.dtype,
) -> TagFit:
    if not 0 < c < float("inf") or not tolerance > 0 or max_passes < 1:
        raise InputError(
            f"C {c}, tolerance {tolerance} and {max_passes} passes; all must be above 0"
        )
    seen = _survey(samples, tags)
    problem = _Problem(samples, seen, loss, c, dtype)
    parameters, missed = _lbfgs(problem, tolerance, max_passes)
    coefficients, intercepts = problem.outside(parameters)
    name = "logistic" if loss == "logistic" else "linear SVM"
    warnings = few_samples(seen.count, seen.dims, f"C {c:g} decides between them")
    warnings += unfinished(seen.tags, missed, f"{max_passes} passes")
    return TagFit(seen.tags, coefficients, intercepts, f"{name}, C {c:g}", seen.count, warnings)


def _survey(samples: Samples, tags: Sequence[str]) -> GramAccumulator:
    # Moments of latents and labels; checks all batches on the way.
    seen: GramAccumulator | None = None
    for latents, labels in samples():
        check_samples(latents, labels, tags)
        other = ((labels != 0) & (labels != 1)).any(dim=0)
        if bool(other.any()):
            raise InputError(f"labels of tag {tags[int(other.int().argmax())]!r} are not 0 or 1")
        seen = seen or GramAccumulator(latents.shape[1], tags)
        seen.update(latents, labels)
    if seen is None:
        raise InputError("no samples to fit")
    seen.check()
    return seen


class _Problem:
    """Loss and gradient in the eigenbasis of the covariance, where latents are centred."""

    def __init__(
        self, samples: Samples, seen: GramAccumulator, loss: Loss, c: float, dtype: torch.dtype
    ) -> None:
        self.samples, self.loss, self.dtype = samples, loss, dtype
        self.count, self.mean, self.share = seen.count, seen.mean, seen.tag_mean
        values, self.basis = torch.linalg.eigh(seen.scatter / seen.count)  # [d], [d d]
        self.variance = torch.cat([values.clamp(min=0), torch.ones(1, dtype=torch.float64)])
        self.penalty = 1 / (c * seen.count)
        self.ridge = torch.full_like(self.variance, self.penalty)
        self.ridge[-1] = 0
        # Mean over samples of label · latent, the part of the gradient that never changes.
        covariance = self.basis.T @ seen.cross / seen.count
        self.pull = torch.cat([covariance, self.share[None]])  # [d+1 t]
        self.start = torch.logit(self.share) if loss == "logistic" else 2 * self.share - 1

    def outside(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Coefficients and intercepts for latents as they come."""
        coefficients = self.basis @ parameters[:-1]
        return coefficients, parameters[-1] - self.mean @ coefficients

    def evaluate(self, parameters: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
        """One pass over the samples, for some of the tags.

        Gradient of the objective over n·C, and about the diagonal of its Hessian, ``[d+1, t]``.
        """
        coefficients, intercepts = self.outside(parameters)
        weights, shift = coefficients.to(self.dtype), intercepts.to(self.dtype)
        total, curvature = torch.zeros_like(intercepts), torch.zeros_like(intercepts)
        slope = torch.zeros_like(coefficients)
        whole = len(columns) == len(self.share)
        for latents, labels in self.samples():
            x = latents.detach().to("cpu", self.dtype)
            score = torch.addmm(shift, x, weights)  # [n t]
            if self.loss == "logistic":
                push = score.sigmoid_()
                curvature += push.sum(dim=0) - push.square().sum(dim=0)
            else:
                sign = (labels if whole else labels[:, columns]).to("cpu", self.dtype) * 2 - 1
                gap = (1 - sign * score).clamp_(min=0)
                curvature += 2 * (gap > 0).sum(dim=0)
                push = gap.mul_(sign).mul_(-2)
            slope += x.T @ push
            total += push.sum(dim=0)
        slope, total = slope / self.count, total / self.count
        gradient = torch.cat([self.basis.T @ (slope - self.mean[:, None] * total), total[None]])
        gradient += self.ridge[:, None] * parameters
        if self.loss == "logistic":
            gradient -= self.pull[:, columns]
        hessian = self.variance[:, None] * (curvature / self.count) + self.ridge[:, None]
        return gradient, hessian.clamp(min=1e-12)


@dataclass
class _State:
    """L-BFGS's variables for the tags that are not done, [d+1 t] but where said."""

    columns: Tensor  # [t], of the whole problem
    x: Tensor
    gradient: Tensor
    hessian: Tensor  # about its diagonal
    pairs: list[tuple[Tensor, Tensor, Tensor]]  # step, change of gradient, 1 / their product [t]

    def keep(self, mask: Tensor) -> None:
        self.columns = self.columns[mask]
        self.x, self.gradient = self.x[:, mask], self.gradient[:, mask]
        self.hessian = self.hessian[:, mask]
        self.pairs = [(s[:, mask], y[:, mask], rho[mask]) for s, y, rho in self.pairs]

    def remember(self, step: Tensor, change: Tensor) -> None:
        # A pair without positive curvature gets rho = 0 and so plays no part.
        product = (step * change).sum(dim=0)
        curved = product > 1e-14 * change.square().sum(dim=0)
        rho = torch.where(curved, 1 / product, 0.0)
        self.pairs = [*self.pairs[1 - _MEMORY :], (step, change, rho)]

    def downhill(self) -> Tensor:
        """The two-loop recursion, on all tags side by side."""
        q, shares = self.gradient.clone(), []
        for step, change, rho in reversed(self.pairs):
            shares.append(rho * (step * q).sum(dim=0))
            q.addcmul_(change, shares[-1], value=-1)
        q = q / self.hessian
        if self.pairs:
            step, change, rho = self.pairs[-1]
            metric = rho * (change.square() / self.hessian).sum(dim=0)
            q /= torch.where(metric > 0, metric, 1.0)
        for (step, change, rho), share in zip(self.pairs, reversed(shares), strict=True):
            q.addcmul_(step, share - rho * (change * q).sum(dim=0))
        return -q


def _lbfgs(problem: _Problem, tolerance: float, max_passes: int) -> tuple[Tensor, list[int]]:
    """Minimise; returns the parameters, and the tags that did not converge."""
    columns = torch.arange(len(problem.start))
    x = torch.zeros_like(problem.pull)
    x[-1] = problem.start
    result = x.clone()
    state = _State(columns, x, *problem.evaluate(x, columns), [])
    passes = 1
    while True:
        moving = (state.gradient / state.hessian).abs().amax(dim=0) > tolerance
        if not bool(moving.any()) or passes >= max_passes:
            result[:, state.columns] = state.x
            return result, state.columns[moving].tolist()
        # Copying costs too: tags that are done stay on, unmoved, until a tenth of them is.
        if int(moving.sum()) <= 0.9 * len(moving):
            result[:, state.columns] = state.x
            state.keep(moving)
            moving = moving[moving]
        old_x, old_gradient = state.x, state.gradient
        passes += _step(problem, state, moving, max_passes - passes)
        state.remember(state.x - old_x, state.gradient - old_gradient)


def _step(problem: _Problem, state: _State, moving: Tensor, max_passes: int) -> int:
    """Take a step downhill with the tags that are moving; returns the passes that it took."""
    downhill = state.downhill()
    before = (downhill * state.gradient).sum(dim=0)
    size = torch.ones_like(before)
    x, gradient, hessian = state.x.clone(), state.gradient.clone(), state.hessian.clone()
    trying = moving.nonzero().flatten()
    passes = 0
    # The loss is convex: a step that leaves half the slope at most is a descent, and where it went
    # too far the secant says how far to go. No value of the loss is needed, only slopes.
    while len(trying) and passes < min(_TRIALS, max_passes):
        tried = state.x[:, trying] + size[trying] * downhill[:, trying]
        found = problem.evaluate(tried, state.columns[trying])
        passes += 1
        x[:, trying], gradient[:, trying], hessian[:, trying] = tried, *found
        after = (downhill[:, trying] * found[0]).sum(dim=0)
        far = after > -0.5 * before[trying]
        shrunk = -before[trying] / (after - before[trying])
        size[trying] *= torch.where(far, shrunk, 1.0).clamp(0.05, 1.0)
        trying = trying[far]
    state.x, state.gradient, state.hessian = x, gradient, hessian
    return passes
