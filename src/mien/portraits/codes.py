"""The codes of all training pictures, and the Gaussian of labels and codes together.

A random face is drawn where the codes of photographs lie, which is where the generator has learnt
to draw. Told some labels, the Gaussian of codes is that of multivariate normals given a part
(Bishop 2006, Eq. 2.81 and 2.82), with a ridge:

    w = μ + g (l - m) A + ψ n Σ^½,    A = (C_ll + λ)⁻¹ C_lw,    Σ = C_ww - C_wl A

where l are the labels that are told, A the regression from just these, g the guidance and ψ the
truncation. No training, no gradient, a few milliseconds. A regression from all labels may stand for
A: then what is told brings along only itself, not what it usually comes with.

Legend: n samples, d = w_dim, l labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from mien.errors import InputError


@dataclass(frozen=True)
class CodeGaussian:
    """Codes under some labels.

    ``slope`` leads from centred labels to codes, zero for labels that are not told; ``root`` is the
    symmetric root of the covariance of what is left, ``precision`` the inverse covariance of all
    codes, by which lengths are measured.
    """

    mean: Tensor
    slope: Tensor
    root: Tensor
    label_mean: Tensor
    precision: Tensor

    def centre(
        self,
        labels: Float[Tensor, "n l"],
        guidance: float | Tensor = 1.0,
        reach: float | None = None,
    ) -> Float[Tensor, "n d"]:
        """The mean code under labels, of which those that are not told count for nothing.

        With a ``guidance`` above 1 it goes further than the regression; ``reach`` is how many
        standard deviations of all codes it may lie from their mean (Mahalanobis distance): several
        rare labels together lead to where no photograph lies.
        """
        shift = guidance * ((labels - self.label_mean) @ self.slope)
        if reach is not None:
            length = torch.einsum("nd,de,ne->n", shift, self.precision, shift).clamp(min=1e-12)
            shift = shift * (reach * torch.rsqrt(length)).clamp(max=1)[:, None]
        return self.mean + shift

    def draw(
        self,
        normal: Float[Tensor, "n d"],
        labels: Float[Tensor, "m l"] | None = None,
        guidance: float | Tensor = 1.0,
        psi: float | Tensor = 1.0,
        reach: float | None = None,
    ) -> Float[Tensor, "n d"]:
        """Codes from standard normal numbers; labels are one for all, one each, or None."""
        centre = self.mean if labels is None else self.centre(labels, guidance, reach)
        return centre + psi * (normal @ self.root)


class CodeMoments(nn.Module):
    """Means and covariances of labels and codes: all that sentences in closed form need.

    ``ridge`` is λ, as a number of samples.
    """

    mean: Tensor
    label_mean: Tensor
    cov_ww: Tensor
    cov_lw: Tensor
    cov_ll: Tensor
    count: Tensor

    def __init__(self, label_dim: int, w_dim: int, ridge: float = 30.0) -> None:
        super().__init__()
        self.label_dim, self.w_dim, self.ridge = label_dim, w_dim, ridge
        self.register_buffer("mean", torch.zeros(w_dim))
        self.register_buffer("label_mean", torch.zeros(label_dim))
        self.register_buffer("cov_ww", torch.eye(w_dim))
        self.register_buffer("cov_lw", torch.zeros(label_dim, w_dim))
        self.register_buffer("cov_ll", torch.eye(label_dim))
        self.register_buffer("count", torch.ones([]))

    def fit(
        self,
        w: Float[Tensor, "n d"],
        labels: Float[Tensor, "m l"],
        more: Float[Tensor, "k d"] | None = None,
    ) -> None:
        """Take the moments of samples: as many codes as labels, two or more, else an InputError.

        Of ``more`` codes of the same distribution nobody knows the labels; mean and covariance of
        codes are taken of all.
        """
        if len(w) != len(labels) or len(w) < 2:
            raise InputError(f"{len(w)} codes and {len(labels)} labels; as many, two or more")
        w, labels, n = w.double(), labels.double(), len(w)
        x, y = labels - labels.mean(0), w - w.mean(0)
        moments = (w.mean(0), labels.mean(0), y.T @ y / n, x.T @ y / n, x.T @ x / n)
        if more is not None:
            every = torch.cat([w, more.double()])
            centred = every - every.mean(0)
            moments = (every.mean(0), moments[1], centred.T @ centred / len(every), *moments[3:])
        buffers = (self.mean, self.label_mean, self.cov_ww, self.cov_lw, self.cov_ll)
        for buffer, moment in zip(buffers, moments, strict=True):
            buffer.copy_(moment)
        self.count.fill_(n)

    def given(self, told: Bool[Tensor, " l"] | None = None, alone: bool = False) -> CodeGaussian:
        """The Gaussian of codes when some labels are told; None or all false for none.

        Told are whole columns of :data:`mien.attributes.COLUMNS`. ``alone``: they move the code
        without what they usually come with (a beard without the age of those who have one), by
        their part of the regression from all labels.
        """
        cov_ww, cov_lw, cov_ll = self.cov_ww.double(), self.cov_lw.double(), self.cov_ll.double()
        slope = torch.zeros_like(cov_lw)
        left = cov_ww
        if told is not None and told.any():
            rows = told.nonzero()[:, 0]
            inner = cov_ll[rows][:, rows]
            part = self._regression(inner, cov_lw[rows])
            slope[rows] = self._regression(cov_ll, cov_lw)[rows] if alone else part
            # With a ridge: what y - x A is spread like, not C_ww - C_wl A.
            left = cov_ww - part.T @ cov_lw[rows] - cov_lw[rows].T @ part + part.T @ inner @ part
        return CodeGaussian(
            self.mean, slope.float(), _root(left).float(), self.label_mean, _inverse(cov_ww).float()
        )

    def _regression(self, inner: Tensor, outer: Tensor) -> Tensor:
        """(C_ll + λ)⁻¹ C_lw."""
        eye = torch.eye(len(inner), dtype=inner.dtype, device=inner.device)
        return torch.linalg.solve(inner + self.ridge / self.count.double() * eye, outer)


def _inverse(covariance: Tensor) -> Tensor:
    """Inverse; directions in which codes hardly vary count as a ten-thousandth of the mean."""
    values, vectors = torch.linalg.eigh((covariance + covariance.T) / 2)
    floor = 1e-4 * values.mean().clamp(min=1e-12)
    return vectors @ torch.diag(1 / values.clamp(min=floor)) @ vectors.T


def _root(covariance: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh((covariance + covariance.T) / 2)
    return vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T


class CodeMemory(nn.Module):
    """The latest code of each training picture and of its mirror image.

    Of these the ``recent`` last are drawn from: an encoder that learns leaves old codes where it
    would put none now, and a decoder that is judged there learns to draw noise.
    """

    codes: Tensor
    recent: Tensor

    def __init__(self, pictures: int, w_dim: int, recent: int = 2048) -> None:
        super().__init__()
        self.pictures = pictures
        self.register_buffer("codes", torch.zeros(2 * pictures, w_dim))
        self.register_buffer("recent", torch.zeros(min(recent, 2 * pictures), dtype=torch.long))
        self.all_recent()

    def all_recent(self) -> None:
        """All codes are of one age: let those that are drawn from lie evenly among them."""
        count = len(self.recent)
        self.recent.copy_(torch.arange(count) * len(self.codes) // count)

    def put(self, rows: Tensor, mirrored: Tensor, w: Float[Tensor, "n d"]) -> None:
        """Remember the codes of pictures ``rows``, mirrored or not, as the most recent."""
        where = (rows + self.pictures * mirrored.long()).to(self.recent)
        self.codes[where] = w.detach().to(self.codes)
        self.recent.copy_(torch.cat([self.recent, where])[-len(self.recent) :])

    def latest(self) -> Float[Tensor, "n d"]:
        """The most recent codes, in the order of :attr:`recent`."""
        return self.codes[self.recent]

    def mixture(self, count: int, parts: int, rng: np.random.Generator) -> Float[Tensor, "n d"]:
        """``count`` sums of a few recent codes with the mean and covariance of all of these.

            w = μ + Σᵢ aᵢ (wᵢ - μ) / |a|,    aᵢ uniform in [0.2, 1.2]

        Many ``parts`` give a Gaussian; few keep to where codes lie together.
        """
        codes = self.latest()
        rows = torch.from_numpy(rng.integers(len(codes), size=(count, parts))).to(codes.device)
        share = rng.uniform(0.2, 1.2, size=(count, parts, 1))
        share /= np.sqrt(np.square(share).sum(axis=1, keepdims=True))
        mean = codes.mean(dim=0)
        share = torch.from_numpy(share).to(codes)
        return mean + (share * (codes[rows] - mean)).sum(dim=1)
