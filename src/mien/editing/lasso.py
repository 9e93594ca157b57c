"""Lasso of all tags at once: min 1/(2n)·‖y − x·w − b‖² + α·‖w‖₁, as scikit-learn states it.

FISTA (Beck & Teboulle 2009) with restarts (O'Donoghue & Candès 2015) on the shared Gram matrix: one
matrix product moves every tag. Once the signs of a tag's coefficients stand still, its normal
equations on that support are solved exactly; if the solution meets the optimality conditions, it
is the minimum, and the tag is done.

    d dims · t tags · m size of a support
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mien.editing.regression import GramAccumulator, TagFit, few_samples, unfinished
from mien.errors import InputError

_CHECK_EVERY = 10
_POLISH_AFTER = 40
_POLISH_ELEMENTS = 2**24


def fit_lasso(
    seen: GramAccumulator,
    alpha: float = 0.01,
    tolerance: float = 1e-9,
    max_iterations: int = 5000,
) -> TagFit:
    """Lasso regression of every tag on the latents.

    The larger ``alpha``, the weight of ‖w‖₁, the fewer dims a direction uses. ``tolerance`` is how
    far the optimality conditions may be missed, as a share of ``alpha``; if by more after
    ``max_iterations``, a warning says so. InputError: a tag that never varies, too few samples, or
    settings that are not positive.
    """
    seen.check()
    if not 0 < alpha < float("inf") or not tolerance > 0 or max_iterations < 1:
        raise InputError(
            f"lasso with alpha {alpha}, tolerance {tolerance} and {max_iterations} iterations; all "
            "must be above 0 (for alpha 0 use linear regression)"
        )
    solver = _Solver(seen.scatter / seen.count, seen.cross / seen.count, alpha, tolerance)
    missed = solver.run(max_iterations)
    warnings = few_samples(seen.count, seen.dims, f"alpha {alpha:g} decides between them")
    warnings += unfinished(seen.tags, missed, f"{max_iterations} iterations")
    coefficients = solver.solution
    empty = int((coefficients == 0).all(dim=0).sum())
    if empty:
        warnings += (f"{empty} of {len(seen.tags)} tags got no direction at alpha {alpha:g}",)
    intercepts = seen.tag_mean - seen.mean @ coefficients
    return TagFit(
        seen.tags, coefficients, intercepts, f"lasso, alpha {alpha:g}", seen.count, warnings
    )


@dataclass
class _State:
    """FISTA's variables for the tags that are not done, [d t] but where said."""

    tags: Tensor  # [t], columns of the whole problem
    w: Tensor
    ahead: Tensor  # w with momentum
    theta: Tensor  # [t]
    signs: Tensor

    def keep(self, mask: Tensor) -> None:
        self.tags, self.theta = self.tags[mask], self.theta[mask]
        self.w, self.ahead = self.w[:, mask], self.ahead[:, mask]
        self.signs = self.signs[:, mask]


class _Solver:
    def __init__(self, gram: Tensor, cross: Tensor, alpha: float, tolerance: float) -> None:
        self.gram, self.cross, self.alpha = gram, cross, alpha
        self.slack = max(alpha * tolerance, 1e-13 * float(cross.abs().max()))  # or rounding
        self.solution = torch.zeros_like(cross)
        # A tag whose every covariance is below alpha has w = 0; rounding decides equality.
        self.open = (cross.abs().max(dim=0).values > alpha).nonzero().flatten()

    def run(self, max_iterations: int) -> list[int]:
        """Solve; returns the tags that did not converge."""
        if not len(self.open):
            return []
        step = 1 / float(torch.linalg.eigvalsh(self.gram)[-1])
        cross = self.cross[:, self.open]
        zero = torch.zeros_like(cross)
        ones = torch.ones(cross.shape[1], dtype=cross.dtype)
        state = _State(self.open, zero, zero, ones, zero)
        for iteration in range(1, max_iterations + 1):
            self._advance(state, cross, step)
            if iteration % _CHECK_EVERY == 0 or iteration == max_iterations:
                unfinished = self._settle(state, cross, iteration >= _POLISH_AFTER)
                state.keep(unfinished)
                cross = cross[:, unfinished]
                if not len(state.tags):
                    return []
        self.solution[:, state.tags] = state.w
        return state.tags.tolist()

    def _advance(self, s: _State, cross: Tensor, step: float) -> None:
        w = s.ahead - step * (self.gram @ s.ahead - cross)
        w = w - w.clamp(-step * self.alpha, step * self.alpha)
        # Restart a tag's momentum when it points uphill.
        uphill = ((s.ahead - w) * (w - s.w)).sum(dim=0) > 0
        theta = torch.where(uphill, 1.0, s.theta)
        following = (1 + (1 + 4 * theta.square()).sqrt()) / 2
        momentum = torch.where(uphill, 0.0, (theta - 1) / following)
        s.ahead = w + momentum * (w - s.w)
        s.w, s.theta = w, following

    def _violation(self, w: Tensor, cross: Tensor) -> Tensor:
        # |gradient + alpha·sign| on the support, |gradient| beyond alpha elsewhere: 0 at the end.
        gradient = self.gram @ w - cross
        inside = (gradient + self.alpha * w.sign()).abs()
        outside = (gradient.abs() - self.alpha).clamp(min=0)
        return torch.where(w != 0, inside, outside).amax(dim=0)

    def _settle(self, s: _State, cross: Tensor, polish: bool) -> Tensor:
        # Store the tags that are done and return the mask of the others.
        done = self._violation(s.w, cross) <= self.slack
        self.solution[:, s.tags[done]] = s.w[:, done]
        signs = s.w.sign()
        steady = (signs == s.signs).all(dim=0) & ~done
        s.signs = signs
        if polish and bool(steady.any()):
            columns = steady.nonzero().flatten()
            exact = self._solve_supports(signs[:, columns], cross[:, columns])
            optimal = self._violation(exact, cross[:, columns]) <= self.slack
            optimal &= (exact.sign() == signs[:, columns]).all(dim=0)
            self.solution[:, s.tags[columns[optimal]]] = exact[:, optimal]
            done[columns[optimal]] = True
        return ~done

    def _solve_supports(self, signs: Tensor, cross: Tensor) -> Tensor:
        # On the support S: G_SS w_S = c_S − alpha·sign(w_S). NaN where G_SS is singular.
        exact = torch.zeros_like(cross)
        sizes = (signs != 0).sum(dim=0)
        order = sizes.argsort()
        start = 0
        while start < len(order):
            room = max(1, _POLISH_ELEMENTS // max(1, int(sizes[order[-1]])) ** 2)
            columns = order[start : start + room]
            start += room
            size = int(sizes[columns[-1]])
            rows = (signs[:, columns] != 0).to(torch.uint8).argsort(dim=0, descending=True)
            rows = rows[:size].T  # [t m], the support first, then others as padding
            real = torch.arange(size) < sizes[columns][:, None]  # [t m]
            matrix = self.gram[rows[:, :, None], rows[:, None, :]]
            matrix = matrix * (real[:, :, None] & real[:, None, :])
            matrix.diagonal(dim1=1, dim2=2)[~real] = 1
            target = (cross - self.alpha * signs)[rows, columns[:, None]] * real
            factor, failed = torch.linalg.cholesky_ex(matrix)
            found = torch.cholesky_solve(target[:, :, None], factor)[:, :, 0]
            found[failed != 0] = torch.nan
            exact[rows.T, columns[None, :]] = torch.where(real, found, 0.0).T
        return exact
