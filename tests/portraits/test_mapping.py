"""z -> w, written for the Gaussian of codes."""

import copy

import numpy as np
import pytest
import torch

from mien.attributes import LABELS, column_slice
from mien.portraits.codes import CodeMoments
from mien.portraits.mapping import label_slope, write_mapping
from mien.stylegan2.generator import Generator, GeneratorConfig
from mien.stylegan2.ops import normalise_2nd_moment


def _moments(width=16, spread=0.3):
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    labels = torch.zeros(2000, len(LABELS))
    gender = column_slice("gender").start
    labels[torch.arange(2000), gender + torch.from_numpy(rng.integers(0, 2, 2000))] = 1
    directions = torch.linalg.qr(torch.randn(width, width))[0] * torch.logspace(-2, 0, width)
    w = torch.randn(2000, width) @ directions * spread + 2
    w[:, 0] += 3 * labels[:, gender]
    moments = CodeMoments(len(LABELS), width)
    moments.fit(w, labels)
    return moments, gender


def _generator(z_dim=16, c_dim=76):
    torch.manual_seed(1)
    return Generator(
        GeneratorConfig(32, z_dim, 16, c_dim, channel_base=128, channel_max=8, mapping_layers=3)
    )


@pytest.mark.parametrize(("z_dim", "c_dim"), [(16, len(LABELS)), (16, 0), (24, 4)])
def test_the_mapping_is_the_gaussian_of_codes(z_dim, c_dim):
    moments, _ = _moments()
    if c_dim == 4:
        moments = _cut(moments, 4)
    G = _generator(z_dim, c_dim)
    old = copy.deepcopy(G)
    shift = write_mapping(G, moments)
    z = torch.randn(500, z_dim, generator=torch.Generator().manual_seed(9))
    w = G.mapping(z) - shift
    wanted = moments.given().draw(normalise_2nd_moment(z)[:, :16])
    # In every direction, in which codes differ much or little.
    values, vectors = torch.linalg.eigh(moments.cov_ww)
    error = ((w - wanted) @ vectors).square().mean(0)
    assert (error < 0.01 * values).all()
    assert torch.allclose(G.mapping.w_avg, G.mapping(torch.zeros(1, z_dim))[0], atol=0.005)
    ws = wanted[:4, None].expand(-1, G.num_ws, -1)
    drawn, before = G.synthesis(ws + shift, "none"), old.synthesis(ws, "none")
    assert (drawn - before).abs().mean() < 0.005 * before.std()


def test_faces_may_be_spread_further_than_codes():
    moments, _ = _moments()
    near, far = _generator(c_dim=0), _generator(c_dim=0)
    write_mapping(near, moments)
    write_mapping(far, moments, spread=1.5)
    z = torch.randn(8, 16)
    difference = far.mapping(z) - far.mapping.w_avg
    assert torch.allclose(difference, 1.5 * (near.mapping(z) - near.mapping.w_avg), atol=0.01)


def test_few_numbers_give_the_directions_in_which_codes_differ_most():
    moments, _ = _moments()
    G = _generator(z_dim=4, c_dim=0)
    write_mapping(G, moments)
    values = torch.linalg.eigvalsh(torch.cov(G.mapping(torch.randn(4000, 4)).T))
    wanted = torch.linalg.eigvalsh(moments.cov_ww)
    assert torch.allclose(values[-4:], wanted[-4:], rtol=0.1)
    assert values[:-4].abs().max() < 1e-3 * wanted[-1]


def test_a_label_moves_codes_as_the_regression_says():
    moments, gender = _moments()
    G = _generator(z_dim=128)
    write_mapping(G, moments)
    z, told = torch.randn(8, 128), torch.zeros(2, len(LABELS))
    told[0, gender], told[1, gender + 1] = 1, 1
    nothing = G.mapping(z)
    for row in told:
        shift = G.mapping(z, row.expand(8, -1)) - nothing
        wanted = (row @ label_slope(moments).float()).expand(8, -1)
        assert torch.allclose(shift, wanted, rtol=0.02, atol=0.02)
    assert label_slope(moments)[gender, 0] == pytest.approx(1.5, abs=0.25)
    assert label_slope(moments)[gender + 1, 0] == pytest.approx(-1.5, abs=0.25)


def test_a_file_of_half_precision_is_exact_too():
    moments, _ = _moments()
    G = _generator()
    shift = write_mapping(G, moments)
    stored = copy.deepcopy(G).half().float()
    z = torch.randn(200, 16)
    assert torch.equal(stored.mapping(z), G.mapping(z))
    ws = (moments.given().draw(torch.randn(4, 16)) + shift)[:, None].expand(-1, G.num_ws, -1)
    drawn, wanted = stored.synthesis(ws, "none"), G.synthesis(ws, "none")
    assert (drawn - wanted).abs().mean() < 0.01 * wanted.std()


def _cut(moments, labels):
    cut = CodeMoments(labels, moments.w_dim)
    state = moments.state_dict()
    for name in ("label_mean", "cov_lw"):
        state[name] = state[name][:labels]
    state["cov_ll"] = state["cov_ll"][:labels, :labels]
    cut.load_state_dict(state)
    return cut
