"""The flow prior: it learns two clusters, guidance sharpens, the noise alone decides."""

from __future__ import annotations

import pytest
import torch

from mien.errors import InputError
from mien.text.losses import flow_matching_loss
from mien.text.prior import Prior, PriorConfig, time_features

CONFIG = PriorConfig(embedding_dim=2, w_dim=2, hidden=48, blocks=2)
TEXTS = torch.eye(2)
CENTRES = torch.tensor([[6.0, 1.0], [-2.0, 5.0]])
SPREAD = torch.tensor([0.5, 1.0])


def clusters(n: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    which = torch.randint(2, (n,), generator=generator)
    w = CENTRES[which] + SPREAD * torch.randn(n, 2, generator=generator)
    return w, TEXTS[which]


@pytest.fixture(scope="module")
def prior() -> Prior:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(1)
    prior = Prior(CONFIG)
    prior.whitening.fit(clusters(2000, generator)[0])
    optimiser = torch.optim.Adam(prior.parameters(), 4e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 500)
    for _ in range(500):
        w, embedding = clusters(256, generator)
        noise = torch.randn(256, 2, generator=generator)
        time = torch.rand(256, generator=generator)
        keep = torch.rand(256, generator=generator) > 0.1
        loss = flow_matching_loss(prior, w, embedding, noise, time, keep)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return prior


def noise(n: int = 400) -> torch.Tensor:
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(7))


@pytest.mark.parametrize("which", [0, 1])
def test_it_learns_where_each_sentence_lives(prior: Prior, which: int) -> None:
    w = prior.sample(TEXTS[which].expand(400, 2), noise(), guidance=1.0)
    assert torch.allclose(w.mean(0), CENTRES[which], atol=0.4)
    assert torch.allclose(w.std(0), SPREAD, rtol=0.5)
    other = (w - CENTRES[1 - which]).norm(dim=1) < (w - CENTRES[which]).norm(dim=1)
    assert other.float().mean() < 0.02


def test_without_a_sentence_both_clusters_come(prior: Prior) -> None:
    w = prior.sample(TEXTS[0].expand(400, 2), noise(), guidance=0.0)
    near = (w - CENTRES[0]).norm(dim=1) < (w - CENTRES[1]).norm(dim=1)
    assert 0.25 < near.float().mean() < 0.75


def test_guidance_moves_away_from_the_other_sentence(prior: Prior) -> None:
    plain, guided = (
        prior.sample(TEXTS[0].expand(400, 2), noise(), guidance=g).mean(0) for g in (1.0, 2.5)
    )
    away = CENTRES[0] - CENTRES[1]
    assert (guided - plain) @ away >= 0


def test_the_noise_alone_decides(prior: Prior) -> None:
    text = TEXTS[1].expand(8, 2)
    first = prior.sample(text, noise(8))
    assert torch.equal(first, prior.sample(text, noise(8)))
    alone = torch.cat([prior.sample(text[:1], noise(8)[i : i + 1]) for i in range(8)])
    assert torch.allclose(first, alone, atol=1e-4)
    assert torch.cdist(first, first).fill_diagonal_(1).min() > 1e-3


def test_an_untrained_field_stands_still_and_scores_two() -> None:
    prior = Prior(CONFIG)
    w, embedding = clusters(4000, torch.Generator().manual_seed(3))
    prior.whitening.fit(w)
    start = noise(5)
    assert torch.allclose(
        prior.whitening(prior.sample(TEXTS[:1].expand(5, 2), start)), start, atol=1e-4
    )
    time = torch.rand(4000)
    loss = flow_matching_loss(prior, w, embedding, torch.randn(4000, 2), time)
    assert loss.item() == pytest.approx(2, abs=0.15)


def test_dropped_sentences_do_not_count(prior: Prior) -> None:
    x, time = noise(4), torch.full((4,), 0.3)
    nobody = torch.zeros(4, dtype=torch.bool)
    one = prior(x, time, TEXTS[0].expand(4, 2), nobody)
    assert torch.equal(one, prior(x, time, TEXTS[1].expand(4, 2), nobody))
    assert not torch.allclose(one, prior(x, time, TEXTS[1].expand(4, 2)))


def test_gradients_reach_every_parameter(prior: Prior) -> None:
    w, embedding = clusters(16, torch.Generator().manual_seed(5))
    keep = torch.arange(16) % 2 == 0
    loss = flow_matching_loss(prior, w, embedding, noise(16), torch.rand(16), keep)
    gradients = torch.autograd.grad(loss, list(prior.parameters()))
    assert all(g.abs().sum() > 0 for g in gradients)


def test_state_holds_everything(prior: Prior) -> None:
    again = Prior(CONFIG)
    again.load_state_dict(prior.state_dict())
    text = TEXTS[0].expand(3, 2)
    assert torch.equal(prior.sample(text, noise(3)), again.sample(text, noise(3)))


def test_time_features_tell_times_apart() -> None:
    features = time_features(torch.linspace(0, 1, 50))
    assert features.shape == (50, 64)
    assert torch.cdist(features, features).fill_diagonal_(9).min() > 0.1


@pytest.mark.parametrize(
    ("options", "words"),
    [({"steps": 0}, "steps is 0"), ({"guidance": -1.0}, "guidance is -1.0"),
     ({"guidance": float("nan")}, "guidance is nan")],
)  # fmt: skip
def test_bad_options(prior: Prior, options: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        prior.sample(TEXTS[:1], noise(1), **options)


@pytest.mark.parametrize("name", ["embedding_dim", "w_dim", "hidden", "blocks"])
def test_bad_sizes(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} is 0"):
        PriorConfig(**{name: 0})
