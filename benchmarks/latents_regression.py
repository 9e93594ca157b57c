"""Directions for hundreds of tags at once, against one scikit-learn fit a tag, in the same run.

    python benchmarks/latents_regression.py              # 500 tags × 10,200 × 512, 20 tags timed
    python benchmarks/latents_regression.py --full       # every tag by scikit-learn too (minutes)
    python benchmarks/latents_regression.py --quick      # 40 tags × 800 × 64: does it run

Ours includes streaming the samples into the Gram matrix. scikit-learn has its default settings and
float64, timed on some tags and extrapolated unless ``--full``. Coefficients are compared with
converged scikit-learn fits of a few tags.
"""

from __future__ import annotations

import argparse
import platform
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sklearn
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression

from mien.editing.lasso import fit_lasso
from mien.editing.margin import fit_logistic, in_memory
from mien.editing.regression import GramAccumulator, TagFit, fit_linear

TARGETS = {"lasso": 100, "linear": 50, "logistic": 10}


@dataclass
class Problem:
    """Latents and tags, as both sides want them."""

    latents: torch.Tensor  # float32 [n d]
    labels: torch.Tensor  # bool [n t]
    tags: list[str]
    x: np.ndarray  # float64 [n d]
    y: np.ndarray  # float64 [n t]


def make_problem(samples: int, dims: int, tags: int, decay: float, seed: int) -> Problem:
    """Gaussian latents whose standard deviations fall as rank^-decay; tags in 1-33 % of samples."""
    draw = np.random.RandomState(seed)
    spread = np.arange(1, dims + 1) ** -decay
    turn = np.linalg.qr(draw.randn(dims, dims))[0]
    x = draw.randn(samples, dims) * (spread / np.sqrt(np.mean(spread**2))) @ turn
    weights = draw.randn(dims, tags) * (draw.rand(dims, tags) < 0.1)
    score = x @ weights
    score = score / score.std(axis=0) + 0.5 * draw.randn(samples, tags)
    share = np.exp(draw.uniform(np.log(0.0103), np.log(0.33), tags))
    labels = score > np.quantile(score, 1 - share, axis=0).diagonal()
    latents = x.astype(np.float32)
    names = [f"tag {i}" for i in range(tags)]
    return Problem(
        torch.from_numpy(latents),
        torch.from_numpy(labels),
        names,
        latents.astype(np.float64),
        labels.astype(np.float64),
    )


def ours(problem: Problem, method: str, alpha: float) -> TagFit:
    """All tags at once."""
    if method == "logistic":
        return fit_logistic(in_memory(problem.latents, problem.labels), problem.tags)
    seen = GramAccumulator(problem.latents.shape[1], problem.tags)
    seen.update(problem.latents, problem.labels)
    return fit_lasso(seen, alpha) if method == "lasso" else fit_linear(seen)


def theirs(
    method: str, alpha: float, converged: bool
) -> Lasso | LinearRegression | LogisticRegression:
    """The estimator of one tag."""
    if method == "lasso":
        return Lasso(alpha, tol=1e-9, max_iter=100_000) if converged else Lasso(alpha)
    if method == "logistic":
        if converged:
            return LogisticRegression(tol=1e-9, max_iter=20_000)
        return LogisticRegression(max_iter=1000)
    return LinearRegression()


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def measure(problem: Problem, method: str, args: argparse.Namespace) -> str:
    """One line of the table."""
    fits: list[TagFit] = []
    our_times = [seconds(lambda: fits.append(ours(problem, method, args.alpha)))]
    subset = range(len(problem.tags) if args.full else min(args.subset, len(problem.tags)))
    their_times = []
    for column in subset:
        model = theirs(method, args.alpha, converged=False)
        target = problem.y[:, column]
        their_times.append(seconds(lambda m=model, y=target: m.fit(problem.x, y)))
    our_times += [seconds(lambda: fits.append(ours(problem, method, args.alpha))) for _ in range(2)]
    worst = 0.0
    for column in range(min(args.compare, len(problem.tags))):
        model = theirs(method, args.alpha, converged=True).fit(problem.x, problem.y[:, column])
        gap = fits[-1].coefficients[:, column].numpy() - np.ravel(model.coef_)
        worst = max(worst, float(np.abs(gap).max()))
    mine = float(np.median(our_times))
    their = float(np.mean(their_times)) * len(problem.tags)
    note = "measured" if len(subset) == len(problem.tags) else f"from {len(subset)} tags"
    for warning in fits[-1].warnings:
        note += f"; {warning}"
    return (
        f"{method:9s} {mine:9.3f} {their:10.2f} {their / mine:7.0f}x {TARGETS[method]:6d}x "
        f"{worst:10.1e}  {note}"
    )


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--samples", type=int, default=10_200)
    parser.add_argument("--dims", type=int, default=512)
    parser.add_argument("--tags", type=int, default=500)
    parser.add_argument("--subset", type=int, default=20, help="tags that scikit-learn is timed on")
    parser.add_argument("--compare", type=int, default=4, help="tags fitted to convergence")
    parser.add_argument("--full", action="store_true", help="time scikit-learn on every tag")
    parser.add_argument("--alpha", type=float, default=0.01)
    parser.add_argument("--decay", type=float, nargs="+", default=[0.0, 0.5])
    parser.add_argument("--methods", nargs="+", default=list(TARGETS), choices=list(TARGETS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="small sizes: does it run")
    args = parser.parse_args()
    if args.quick:
        args.samples, args.dims, args.tags, args.subset = 800, 64, 40, 8
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(
        f"{args.tags} tags, {args.samples} samples, {args.dims} dims; alpha {args.alpha}, C 1; "
        f"torch {torch.__version__}, scikit-learn {sklearn.__version__}, "
        f"{torch.get_num_threads()} threads, {platform.machine()}, seed {args.seed}"
    )
    for decay in args.decay:
        problem = make_problem(args.samples, args.dims, args.tags, decay, args.seed)
        condition = np.linalg.cond(np.cov(problem.x, rowvar=False))
        print(f"\nlatents with a covariance of condition {condition:.3g} (decay {decay})")
        print("method       ours s  sklearn s    ratio  target  max diff  sklearn's time")
        for method in args.methods:
            print(measure(problem, method, args))


if __name__ == "__main__":
    main()
