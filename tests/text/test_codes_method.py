"""Sentences in closed form: what is told moves the code, what is denied is told too."""

import numpy as np
import pytest
import torch

from mien.attributes import LABELS, column_slice, encode
from mien.errors import InputError
from mien.portraits.codes import CodeMoments
from mien.stylegan2.generator import Generator, GeneratorConfig
from mien.text.methods import CodesMethod, Request, label_of
from mien.text.reader import read

SHAPE = GeneratorConfig(
    resolution=32, z_dim=8, w_dim=8, c_dim=len(LABELS), channel_base=64, channel_max=4,
    mapping_layers=2,
)  # fmt: skip


@pytest.fixture(scope="module")
def method():
    """Codes whose first number is the gender and whose second says glasses."""
    rng = np.random.default_rng(0)
    genders, glasses = rng.integers(0, 2, 1000), rng.choice(3, 1000, p=[0.7, 0.2, 0.1])
    kinds = ("none", "glasses", "sunglasses")
    labels = np.stack(
        [
            encode({"gender": "fm"[g], "glasses": kinds[k]})
            for g, k in zip(genders, glasses, strict=True)
        ]
    )
    w = torch.from_numpy(rng.normal(size=(1000, 8))).float() * 0.5
    w[:, 0] += torch.from_numpy(genders * 4.0 - 2)
    w[:, 1] += torch.from_numpy(glasses * 3.0)
    moments = CodeMoments(len(LABELS), 8, ridge=1)
    moments.fit(w, torch.from_numpy(labels))
    return CodesMethod(Generator(SHAPE), moments)


def w_of(method, sentence, psi=0.5, guidance=1.0, seeds=(1, 2, 3)):
    return method.w(Request(sentence, read(sentence), seeds, psi, guidance))


def test_what_is_told_is_shown(method):
    man, woman = w_of(method, "a man"), w_of(method, "a woman")
    assert (man[:, 0] > 1).all()
    assert (woman[:, 0] < -1).all()
    assert torch.allclose(man[:, 2:] - woman[:, 2:], torch.zeros(3, 6), atol=0.2)


def test_seeds_are_different_people_and_the_same_ones(method):
    a, b = w_of(method, "a man", seeds=(1, 2)), w_of(method, "a man", seeds=(2,))
    assert not torch.allclose(a[0], a[1])
    assert torch.equal(a[1], b[0])
    assert torch.equal(w_of(method, "a man", psi=0)[0], w_of(method, "a man", psi=0)[1])


def test_denial_takes_what_is_left_in_its_usual_shares(method):
    label, told = label_of(read("a man without glasses"), method.moments.label_mean)
    rows = column_slice("glasses")
    assert told[rows].all()
    assert label[rows].sum() == pytest.approx(1)
    bare = w_of(method, "a man without glasses")
    assert bare[:, 1].mean() < w_of(method, "a man with glasses")[:, 1].mean() - 1


def test_what_is_told_brings_nothing_else_along():
    """Axis 0 is the gender; glasses, of which men have more, lie along axis 1 alone."""
    rng = np.random.default_rng(0)
    genders = rng.integers(0, 2, 2000)
    glasses = rng.random(2000) < np.where(genders, 0.6, 0.1)
    labels = [
        encode({"gender": "fm"[g], "glasses": "glasses" if k else "none"})
        for g, k in zip(genders, glasses, strict=True)
    ]
    w = torch.from_numpy(rng.normal(size=(2000, 8))).float() * 0.5
    w[:, 0] += torch.from_numpy(genders * 4.0)
    w[:, 1] += torch.from_numpy(glasses * 3.0)
    moments = CodeMoments(len(LABELS), 8, ridge=1)
    moments.fit(w, torch.from_numpy(np.stack(labels)))
    seen = w_of(CodesMethod(Generator(SHAPE), moments), "glasses", psi=0)[0] - moments.mean
    assert seen[1] > 1
    assert abs(seen[0]) < 0.1


def test_guidance_goes_further(method):
    near, far = w_of(method, "a man", psi=0), w_of(method, "a man", psi=0, guidance=2.0)
    mean = method.moments.mean
    assert torch.allclose(far[0] - mean, 2 * (near[0] - mean), atol=1e-5)


def test_codes_of_another_width_are_refused(method):
    with pytest.raises(InputError, match="8 labels and 4"):
        CodesMethod(method_generator(), CodeMoments(8, 4))


def method_generator():
    return Generator(SHAPE)


def test_an_expression_is_not_guided_beyond_what_it_is(method):
    usual = torch.full([len(LABELS)], 0.1)
    reading = read("a smiling man")
    plain, told = label_of(reading, usual)
    followed, again = label_of(reading, usual, guidance=2.5)
    assert torch.equal(told, again)
    moved, rows = 2.5 * (followed - usual), column_slice("expression")
    assert torch.allclose(moved[rows], (plain - usual)[rows])
    rows = column_slice("gender")
    assert torch.allclose(moved[rows], 2.5 * (plain - usual)[rows])
    assert torch.equal(label_of(reading, usual, guidance=0.5)[0], plain)
