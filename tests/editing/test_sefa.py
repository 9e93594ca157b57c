from __future__ import annotations

import numpy as np
import pytest
import torch

from mien.editing.sefa import factorise, sefa, style_weights
from mien.errors import InputError


@pytest.fixture(scope="module")
def reference(shared):
    with np.load(shared / "fixtures" / "sefa_stylegan2_64.npz") as file:
        return {name: torch.from_numpy(file[name]) for name in file}


def layer_weights(reference):
    # Layer i of that network drives convolution i; its last layer drives the last RGB output.
    names = [f"synthesis.layer{i}" for i in range(9)] + ["synthesis.output4"]
    return [reference[f"style_weights/{name}.style.weight"] for name in names]


@pytest.mark.shared
@pytest.mark.parametrize("which", ["all", "layers_2_5"])
def test_equal_to_the_published_factorisation(reference, which):
    name = "io/all_layers" if which == "all" else "io/layers_2_5"
    layers = reference[name].tolist()
    ours = factorise([layer_weights(reference)[layer] for layer in layers])
    values, vectors = reference[f"io/{which}_values"], reference[f"io/{which}_vectors"].double()
    order = values.argsort(descending=True)
    torch.testing.assert_close(ours.values, values[order].double(), atol=1e-5, rtol=1e-5)
    theirs = vectors[order]
    theirs = theirs * (theirs * ours.vectors).sum(dim=1, keepdim=True).sign()
    torch.testing.assert_close(ours.vectors, theirs, atol=1e-5, rtol=0)


@pytest.mark.shared
def test_directions_carry_layers_and_eigenvalues(reference):
    found = sefa(layer_weights(reference), 3, layers=[5, 2, 3, 4], generator="c" * 64)
    assert [one.name for one in found] == ["sefa-0", "sefa-1", "sefa-2"]
    assert all(one.layers == (2, 3, 4, 5) and one.generator == "c" * 64 for one in found)
    eigenvalues = [one.scores["eigenvalue"] for one in found]
    assert eigenvalues == pytest.approx(reference["io/layers_2_5_values"][:3].tolist(), rel=1e-5)


def test_the_first_direction_moves_styles_more_than_any_other():
    draw = np.random.RandomState(0)
    weights = [torch.from_numpy(draw.randn(n, 16)) for n in (20, 12, 8)]
    rows = torch.cat(weights)
    rows = rows / rows.norm(dim=1, keepdim=True)
    first = sefa(weights, 1)[0].vector.double()
    best = (rows @ first).norm()
    others = torch.from_numpy(draw.randn(16, 200))
    assert bool(((rows @ (others / others.norm(dim=0))).norm(dim=0) <= best + 1e-6).all())


def test_the_scale_of_the_weights_plays_no_part_and_signs_are_fixed():
    draw = torch.Generator().manual_seed(0)
    weights = [torch.randn(9, 6, generator=draw), torch.randn(4, 6, generator=draw)]
    one, other = factorise(weights), factorise([weights[0] * 7, weights[1] * -0.1])
    torch.testing.assert_close(one.vectors, other.vectors, atol=1e-4, rtol=0)
    torch.testing.assert_close(
        one.vectors @ one.vectors.T, torch.eye(6, dtype=torch.float64), atol=1e-5, rtol=0
    )


@pytest.mark.shared
def test_style_weights_of_a_generator_are_in_the_order_of_its_layers(shared):
    with np.load(shared / "fixtures" / "nvlabs_stylegan2_64.npz") as file:
        tensors = {n[2:]: torch.from_numpy(file[n]) for n in file if n.startswith("G/")}
        num_ws = file["io/ws"].shape[1]
    weights = style_weights(tensors)
    assert len(weights) == num_ws
    assert weights[0] is tensors["synthesis.b4.conv1.affine.weight"]
    assert weights[1] is tensors["synthesis.b8.conv0.affine.weight"]
    assert weights[-1] is tensors["synthesis.b64.torgb.affine.weight"]


def test_bad_input_is_named():
    weights = [torch.randn(5, 6), torch.randn(5, 6)]
    with pytest.raises(InputError, match="layer 2 is outside"):
        sefa(weights, 1, layers=[2])
    with pytest.raises(InputError, match="7 directions"):
        sefa(weights, 7)
    with pytest.raises(InputError, match="not finite"):
        factorise([torch.full((2, 3), torch.nan)])
    with pytest.raises(InputError, match="one width"):
        factorise([torch.ones(2, 3), torch.ones(2, 4)])
    with pytest.raises(InputError, match="among 1 tensors"):
        style_weights({"mapping.fc0.weight": torch.ones(2, 2)})
