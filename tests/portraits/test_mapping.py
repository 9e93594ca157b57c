"""z -> w fitted to the Gaussian of codes."""

import numpy as np
import torch

from mien.attributes import LABELS, column_slice
from mien.portraits.codes import CodeMoments
from mien.portraits.mapping import MappingFit, fit_mapping
from mien.stylegan2.generator import Generator, GeneratorConfig


def test_the_mapping_gives_the_gaussian_of_codes():
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    labels = np.zeros((500, len(LABELS)), np.float32)
    gender = column_slice("gender").start
    labels[np.arange(500), gender + rng.integers(0, 2, 500)] = 1
    w = torch.randn(500, 16) @ torch.randn(16, 16) * 0.3 + 2
    w[:, 0] += 3 * torch.from_numpy(labels[:, gender])
    moments = CodeMoments(len(LABELS), 16)
    moments.fit(w, torch.from_numpy(labels))
    shape = GeneratorConfig(
        resolution=32, z_dim=16, w_dim=16, c_dim=len(LABELS), channel_base=128, channel_max=8,
        mapping_layers=3,
    )  # fmt: skip
    G = Generator(shape)
    before = torch.cov(G.mapping(torch.randn(2000, 16)).T)
    losses = [
        line["loss"]
        for line in fit_mapping(G, moments, labels, MappingFit(steps=500, batch=64, subsets=4))
    ]
    assert losses[-1] < 0.15 < losses[0]
    z = torch.randn(4000, 16, generator=torch.Generator().manual_seed(9))
    drawn = G.mapping(z)
    wanted = torch.cov(w.T)
    assert (torch.cov(drawn.T) - wanted).norm() < 0.35 * (before - wanted).norm()
    assert torch.allclose(G.mapping.w_avg, moments.mean)
    told = torch.zeros(1, len(LABELS))
    told[0, gender] = 1
    shift = G.mapping(z, told.expand(4000, -1)).mean(0) - drawn.mean(0)
    assert shift[0] > 0.7
    assert not any(p.requires_grad for p in G.mapping.parameters())
