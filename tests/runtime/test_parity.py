"""Every engine against the published implementation's numbers, and fast against exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from mien.hub.loading import load_generator
from mien.runtime import engines
from mien.runtime.engines import engine
from mien.runtime.precision import fast_dtype
from mien.runtime.speed import difference
from mien.stylegan2.generator import Generator, GeneratorConfig
from mien.stylegan2.seeds import seed_latents

CPU = torch.device("cpu")
# The compiler cannot trace the checks of shapes that tests run under; see test_compile.
NAMES = [name for name in engines.ENGINES if name != "compile" and not engines.why_not(name, CPU)]
CASES = {"nvlabs_stylegan2_64": (64, 0), "nvlabs_stylegan2_32_cond3": (32, 3)}


@pytest.mark.shared
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", NAMES)
def test_exact_is_what_was_published(case: str, name: str, shared: Path, tmp_path: Path) -> None:
    arrays = np.load(shared / "fixtures" / f"{case}.npz")
    resolution, c_dim = CASES[case]
    G = Generator(
        GeneratorConfig(resolution, 64, 64, c_dim, channel_base=1024, channel_max=64)
    ).eval()
    tensors = {
        key[2:]: torch.from_numpy(arrays[key])
        for key in arrays.files
        if key.startswith("G/") and not key.endswith("resample_filter")
    }
    G.load_state_dict(tensors)
    ws = torch.from_numpy(arrays["io/ws"])
    drawn = engine(G.synthesis, ws[:1], "exact", name, cache=tmp_path)(ws)
    assert isinstance(drawn, Tensor)
    assert (drawn - torch.from_numpy(arrays["io/image_noise_const"])).abs().max() < 1e-4


@pytest.mark.skipif(fast_dtype(CPU) == torch.float32, reason="this processor has no bfloat16")
@pytest.mark.parametrize("name", NAMES)
def test_fast_draws_the_same_portraits(name: str, tmp_path: Path) -> None:
    G = load_generator("portraits").network
    with torch.no_grad():
        ws = G.map(seed_latents(range(24), G.config.z_dim), psi=0.7)
        exact = G.synthesis(ws)
    built = engine(G.synthesis, ws[:1], "fast", name, cache=tmp_path)
    assert built.precision == "fast"
    drawn = built(ws)
    assert isinstance(drawn, Tensor)
    rms, within = difference(drawn, exact)
    assert rms <= 0.02
    assert within >= 0.99
