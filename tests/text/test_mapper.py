"""The mapper and whitening."""

from __future__ import annotations

import pytest
import torch

from mien.errors import InputError
from mien.text.losses import mapper_loss
from mien.text.mapper import Mapper, MapperConfig
from mien.text.whitening import Whitening

SMALL = MapperConfig(embedding_dim=6, w_dim=5, hidden=32, blocks=2, dropout=0.0)


def latents(n: int = 400, d: int = 5) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    mix = torch.randn(d, d, generator=generator)
    return torch.randn(n, d, generator=generator) @ mix + 3


def test_whitened_latents_are_uncorrelated_and_come_back() -> None:
    w = latents()
    whitening = Whitening(5)
    assert torch.equal(whitening(w), w)
    whitening.fit(w)
    x = whitening(w)
    assert torch.allclose(x.mean(0), torch.zeros(5), atol=1e-4)
    assert torch.allclose(torch.cov(x.T), torch.eye(5), atol=1e-3)
    assert torch.allclose(whitening.inverse(x), w, atol=1e-4)
    step = torch.randn(1, 5)
    assert torch.allclose(whitening.shift(step), whitening.inverse(x + step)[:1] - w[:1], atol=1e-4)


def test_a_direction_without_variance_is_not_blown_up() -> None:
    w = latents()
    w[:, 2] = 1
    whitening = Whitening(5)
    whitening.fit(w)
    assert torch.isfinite(whitening(w)).all()
    assert torch.allclose(whitening.inverse(whitening(w)), w, atol=1e-3)
    assert float(whitening.scale.min()) > 0


@pytest.mark.parametrize("w", [torch.zeros(1, 5), torch.zeros(9, 4), torch.ones(9, 5)])
def test_whitening_refuses(w: torch.Tensor) -> None:
    with pytest.raises(InputError):
        Whitening(5).fit(w)


def test_an_untrained_mapper_gives_the_mean_face() -> None:
    w = latents()
    mapper = Mapper(SMALL)
    mapper.whitening.fit(w)
    out = mapper(torch.randn(3, 6))
    assert torch.allclose(out, w.mean(0).expand(3, 5), atol=1e-4)
    assert mapper_loss(mapper, w, torch.randn(400, 6)).item() == pytest.approx(1, abs=0.02)


def test_it_learns_a_map() -> None:
    torch.manual_seed(0)
    embedding = torch.nn.functional.normalize(torch.randn(256, 6), dim=1)
    w = torch.tanh(embedding @ torch.linalg.qr(torch.randn(6, 5)).Q) * 4 + 1
    mapper = Mapper(SMALL)
    mapper.whitening.fit(w)
    optimiser = torch.optim.Adam(mapper.parameters(), 3e-3)
    for _ in range(300):
        loss = mapper_loss(mapper, w, embedding, cosine=0.1)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert mapper_loss(mapper.eval(), w, embedding).item() < 0.05
    assert (mapper(embedding) - w).abs().mean() < 0.3


def test_the_cosine_term_is_harmless_where_training_starts() -> None:
    w = latents()
    mapper = Mapper(SMALL)
    mapper.whitening.fit(w)
    loss = mapper_loss(mapper, w, torch.randn(400, 6), cosine=1.0)
    assert loss.item() == pytest.approx(2, abs=0.02)
    gradients = torch.autograd.grad(loss, list(mapper.output.parameters()))
    assert all(0 < g.abs().max() < 100 for g in gradients)


def test_the_cosine_term_prefers_the_right_way() -> None:
    w = latents()
    mapper = Mapper(SMALL)
    mapper.whitening.fit(w)
    embedding = torch.zeros(1, 6)
    for sign in (1, -1):
        torch.nn.init.zeros_(mapper.output.weight)
        mapper.output.bias.data = sign * mapper.whitening(w[:1])[0]
        plain, both = (mapper_loss(mapper, w[:1], embedding, cosine=c).item() for c in (0.0, 1.0))
        assert both - plain == pytest.approx(1 - sign, abs=0.02)


def test_noise_changes_the_face_only_where_there_is_a_noise_input() -> None:
    config = MapperConfig(embedding_dim=6, w_dim=5, z_dim=4, hidden=16, blocks=1, dropout=0.0)
    mapper = Mapper(config)
    torch.nn.init.normal_(mapper.output.weight)
    embedding = torch.randn(2, 6)
    assert not torch.allclose(mapper(embedding, torch.randn(2, 4)), mapper(embedding))
    assert torch.allclose(mapper(embedding, torch.zeros(2, 4)), mapper(embedding))


def test_state_holds_the_statistics() -> None:
    mapper = Mapper(SMALL)
    mapper.whitening.fit(latents())
    torch.nn.init.normal_(mapper.output.weight)
    again = Mapper(SMALL)
    again.load_state_dict(mapper.state_dict())
    embedding = torch.randn(4, 6)
    assert torch.equal(mapper(embedding), again(embedding))


@pytest.mark.parametrize(
    ("name", "value"),
    [("embedding_dim", 0), ("w_dim", -1), ("hidden", 0), ("blocks", 0), ("z_dim", -1)],
)
def test_bad_sizes(name: str, value: int) -> None:
    with pytest.raises(InputError, match=f"{name} is {value}"):
        MapperConfig(**{name: value})


def test_bad_dropout() -> None:
    with pytest.raises(InputError, match=r"dropout is 1\.0"):
        MapperConfig(dropout=1.0)
