"""The numbers of the published implementation, to 1e-4."""

import numpy as np
import pytest
import torch

from mien.stylegan2 import losses
from mien.stylegan2.discriminator import Discriminator, DiscriminatorConfig
from mien.stylegan2.generator import Generator, GeneratorConfig

pytestmark = pytest.mark.shared

CASES = {"nvlabs_stylegan2_64": (64, 0), "nvlabs_stylegan2_32_cond3": (32, 3)}


@pytest.fixture(scope="module", params=CASES)
def case(request, shared):
    arrays = np.load(shared / "fixtures" / f"{request.param}.npz")
    resolution, c_dim = CASES[request.param]
    shape = {"resolution": resolution, "c_dim": c_dim, "channel_base": 1024, "channel_max": 64}
    networks = {
        "G": Generator(GeneratorConfig(z_dim=64, w_dim=64, **shape)),
        "D": Discriminator(DiscriminatorConfig(**shape)),
    }
    for name, network in networks.items():
        tensors = {
            key[2:]: torch.from_numpy(arrays[key])
            for key in arrays.files
            if key.startswith(f"{name}/") and not key.endswith("resample_filter")
        }
        network.load_state_dict(tensors)
    io = {k[3:]: torch.from_numpy(arrays[k]) for k in arrays.files if k.startswith("io/")}
    return networks["G"], networks["D"], io, io["c"] if c_dim else None


def close(a, b):
    assert a.shape == b.shape
    assert (a - b).abs().max() < 1e-4


def test_generator(case):
    G, _, io, c = case
    with torch.no_grad():
        ws = G.map(io["z"], c)
        truncated = G.map(io["z"], c, psi=0.7, cutoff=4)
        close(ws, io["ws"])
        close(truncated, io["ws_psi07_cutoff4"])
        close(G.synthesis(ws), io["image_noise_const"])
        close(G.synthesis(ws, noise="none"), io["image_noise_none"])
        close(G(io["z"], c, psi=0.7, cutoff=4), io["image_psi07_cutoff4"])


def test_path_lengths(case):
    G, _, io, _ = case
    ws = io["ws"].clone().requires_grad_()
    lengths = losses.path_lengths(G.synthesis(ws), ws, io["path_length_noise"])
    close(lengths, io["path_lengths"])
    lengths.mean().backward()  # the second derivative exists
    assert torch.isfinite(G.synthesis.b8.conv0.weight.grad).all()


def test_discriminator_and_r1(case):
    _, D, io, c = case
    real = io["image_noise_const"].clone().requires_grad_()
    logits = D(real, c)
    close(logits, io["d_logits"])
    penalty = losses.r1_penalty(logits, real)
    close(penalty, io["r1_penalty"])
    penalty.sum().backward()
    assert torch.isfinite(D.b4.fc.weight.grad).all()
