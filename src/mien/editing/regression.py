"""Directions by regression of tags on latents: what is shared, and the linear case.

All tags are fitted at once from sums over samples, streamed through :class:`GramAccumulator`:
memory grows with tags × dims, never with samples × tags. What cannot be fitted (shapes that do not
fit, values that are not finite, too few samples, a tag that never varies, one not known) is an
InputError that names the first such tag.

    n samples · d dims of a latent · t tags
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from mien.editing.direction import Direction, Space
from mien.errors import InputError, counted

_CHUNK_ROWS = 4096


def check_samples(latents: Tensor, labels: Tensor, tags: Sequence[str]) -> None:
    """Raise an InputError for latents ``[n, d]`` and labels ``[n, t]`` that do not belong together.

    Or that are not finite; it names the first such tag.
    """
    if latents.ndim != 2 or labels.shape != (latents.shape[0], len(tags)):
        raise InputError(
            f"latents {tuple(latents.shape)} with labels {tuple(labels.shape)} for {len(tags)} tags"
        )
    bad = int((~latents.isfinite()).any(dim=1).sum())
    if bad:
        raise InputError(f"{bad} of {latents.shape[0]} latents are not finite")
    if labels.is_floating_point():
        missing = (~labels.isfinite()).sum(dim=0)
        if bool(missing.any()):
            column = int(missing.argmax())
            raise InputError(
                f"labels of tag {tags[column]!r} are not finite in {int(missing[column])} of "
                f"{labels.shape[0]} samples; drop those samples or that tag"
            )


def check_tags_vary(tags: Sequence[str], spread: Tensor, mean: Tensor, count: int) -> None:
    """Refuse a tag that is the same in every sample, since nothing can be learned of it."""
    flat = (spread <= 1e-12 * count * (mean.square() + 1e-12)).nonzero().flatten().tolist()
    if flat:
        value = float(mean[flat[0]])
        how = {0.0: "never occurs", 1.0: "always occurs"}.get(round(value, 9), "never varies")
        more = f" (nor do {len(flat) - 1} more vary)" if len(flat) > 1 else ""
        raise InputError(
            f"tag {tags[flat[0]]!r} {how} in {counted(count, 'samples')}{more}; filter tags by "
            "how often they occur, or sample more"
        )


class GramAccumulator:
    """Sums over samples from which every tag is regressed at once, in float64.

    Batches are merged by the exact update of Chan et al. (1983), so their size and order change the
    result by rounding only.

    Attributes:
        count: n, samples seen so far.
        mean: ``[d]``, of the latents.
        tag_mean: ``[t]``, of the labels.
        scatter: ``[d, d]``, Σ (x − x̄)(x − x̄)ᵀ.
        cross: ``[d, t]``, Σ (x − x̄)(y − ȳ)ᵀ.
        tag_scatter: ``[t]``, Σ (y − ȳ)².
    """

    def __init__(self, dims: int, tags: Sequence[str]) -> None:
        """Start empty; ``tags``, no two of one name, may be none if only the latents matter."""
        if len(set(tags)) != len(tags):
            raise InputError("two tags have one name; rename or drop one")
        self.tags = tuple(tags)
        self.count = 0
        self.mean = torch.zeros(dims, dtype=torch.float64)
        self.tag_mean = torch.zeros(len(tags), dtype=torch.float64)
        self.scatter = torch.zeros(dims, dims, dtype=torch.float64)
        self.cross = torch.zeros(dims, len(tags), dtype=torch.float64)
        self.tag_scatter = torch.zeros(len(tags), dtype=torch.float64)

    @property
    def dims(self) -> int:
        """d, the width of a latent."""
        return self.mean.shape[0]

    @property
    def covariance(self) -> Float[Tensor, "d d"]:
        """Unbiased covariance of the latents, of at least two samples."""
        if self.count < 2:
            raise InputError(f"{counted(self.count, 'samples')}; at least 2 are needed")
        return self.scatter / (self.count - 1)

    def update(self, latents: Float[Tensor, "n d"], labels: Shaped[Tensor, "_n t"]) -> None:
        """Take in a batch: latents, and labels of any number type or bool."""
        check_samples(latents, labels, self.tags)
        if latents.shape[1] != self.dims:
            raise InputError(f"latents are {latents.shape[1]} wide, those before {self.dims}")
        for start in range(0, latents.shape[0], _CHUNK_ROWS):
            rows = slice(start, start + _CHUNK_ROWS)
            x = latents[rows].detach().to("cpu", torch.float64)
            y = labels[rows].detach().to("cpu", torch.float64)
            self._absorb(x, y)

    def _absorb(self, x: Tensor, y: Tensor) -> None:
        count, mean, tag_mean = x.shape[0], x.mean(dim=0), y.mean(dim=0)
        x, y = x - mean, y - tag_mean
        total = self.count + count
        shift, tag_shift = mean - self.mean, tag_mean - self.tag_mean
        weight = self.count * count / total
        self.scatter.addmm_(x.T, x).addr_(shift, shift, alpha=weight)
        self.cross.addmm_(x.T, y).addr_(shift, tag_shift, alpha=weight)
        self.tag_scatter += y.square().sum(dim=0) + weight * tag_shift.square()
        self.mean += shift * (count / total)
        self.tag_mean += tag_shift * (count / total)
        self.count = total

    def check(self) -> None:
        """Refuse to be fitted from no tags, fewer than two samples, or a tag that never varies."""
        if not self.tags or self.count < 2:
            raise InputError(f"{len(self.tags)} tags in {self.count} samples; nothing to fit")
        check_tags_vary(self.tags, self.tag_scatter, self.tag_mean, self.count)


@dataclass(frozen=True, eq=False)
class TagFit:
    """A linear model of every tag, y ≈ x·w + b.

    Attributes:
        coefficients: w, float64 ``[d, t]``.
        intercepts: b, float64 ``[t]``.
        method: How they were fitted, with its settings.
        samples: How many samples were fitted.
        warnings: What a person should know of this fit, a line each.
    """

    tags: tuple[str, ...]
    coefficients: Tensor
    intercepts: Tensor
    method: str
    samples: int
    warnings: tuple[str, ...] = ()

    def column(self, tag: str) -> Float[Tensor, " d"]:
        """The coefficients of one tag."""
        if tag not in self.tags:
            raise InputError(f"tag {tag!r} is not among the {len(self.tags)} fitted ones")
        return self.coefficients[:, self.tags.index(tag)]

    @property
    def empty(self) -> tuple[str, ...]:
        """Tags without a direction: every coefficient is zero."""
        none = (self.coefficients == 0).all(dim=0)
        return tuple(tag for tag, flag in zip(self.tags, none.tolist(), strict=True) if flag)

    def directions(
        self, space: Space = "w", layers: Sequence[int] | None = None, generator: str = ""
    ) -> tuple[Direction, ...]:
        """A direction of unit length for each tag that has one; those in :attr:`empty` have not.

        ``layers`` are those that they shall move, ``None`` for all; ``generator`` is its sha256.
        ``scores["norm"]`` is the length of the coefficients.
        """
        empty = set(self.empty)
        return tuple(
            Direction(
                name=tag,
                vector=vector,
                space=space,
                layers=None if layers is None else tuple(layers),
                generator=generator,
                method=self.method,
                scores={"norm": float(vector.norm())},
            ).unit()
            for tag, vector in zip(self.tags, self.coefficients.T, strict=True)
            if tag not in empty
        )


def few_samples(count: int, dims: int, remedy: str) -> tuple[str, ...]:
    """The warning that a fit with fewer samples than dims carries; empty if there are enough."""
    if count > dims:
        return ()
    return (f"{counted(count, 'samples')} for {dims} dims: the fit is left open; {remedy}",)


def unfinished(tags: Sequence[str], columns: Sequence[int], after: str) -> tuple[str, ...]:
    """The warning that some columns' tags had not converged; empty if there are none."""
    if not columns:
        return ()
    names = ", ".join(repr(tags[i]) for i in columns[:3]) + (", …" if len(columns) > 3 else "")
    return (f"{len(columns)} of {len(tags)} tags had not converged after {after} ({names})",)


def fit_linear(seen: GramAccumulator, ridge: float = 0.0) -> TagFit:
    """Least squares of all tags at once: min ‖y − x·w − b‖² + ridge·‖w‖², as scikit-learn's Ridge.

    Cholesky of the shared scatter matrix. Where samples are too few, or latents too dependent, to
    determine w, a ridge of a thousandth of the mean variance is added, and a warning says so.
    """
    seen.check()
    if not 0 <= ridge < float("inf"):
        raise InputError(f"ridge {ridge}; it must be 0 or more")
    identity = torch.eye(seen.dims, dtype=torch.float64)
    mean_variance = float(seen.scatter.diagonal().mean())
    if not mean_variance > 0:
        raise InputError(f"the {seen.count} latents are all equal; nothing to fit")
    added, warnings = ridge, ()
    factor, failed = torch.linalg.cholesky_ex(seen.scatter + ridge * identity)
    # A pivot at rounding level means an undetermined direction, though Cholesky went through.
    shaky = bool(failed) or float(factor.diagonal().min()) ** 2 < 1e-11 * mean_variance
    if shaky or (seen.count <= seen.dims and ridge == 0):
        added = ridge + 1e-3 * mean_variance
        remedy = f"regularised with ridge {added:.3g}"
        warnings = few_samples(seen.count, seen.dims, remedy) or (
            f"latents depend on each other linearly; {remedy}",
        )
        factor = torch.linalg.cholesky(seen.scatter + added * identity)
    coefficients = torch.cholesky_solve(seen.cross, factor)
    method = f"ridge {added:.3g}" if added else "linear"
    intercepts = seen.tag_mean - seen.mean @ coefficients
    return TagFit(seen.tags, coefficients, intercepts, method, seen.count, warnings)
