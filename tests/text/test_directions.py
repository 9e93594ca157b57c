"""Attribute directions: planted ones are found, moves reach what is said and keep the rest."""

from __future__ import annotations

import pytest
import torch

from mien.attributes import COLUMNS, LABELS, column_slice, label_index
from mien.errors import InputError, UnknownName
from mien.text.directions import AttributeDirections
from mien.text.reader import Reading, read

DIM = 24
# Column -> (axis, values below and above zero on that axis).
PLANTED = {
    "gender": (0, ("f", "m")),
    "glasses": (1, ("none", "glasses")),
    "facial_hair": (2, ("none", "beard")),
    "expression": (3, ("neutral", "smile")),
    "hair_color": (4, ("black", "blonde")),
}


def sample(n: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Latents, labels and the planted coordinates: beards go with men more often than not."""
    generator = torch.Generator().manual_seed(seed)
    u = torch.randn(n, DIM, generator=generator)
    u[:, 2] = 0.6 * u[:, 0] + 0.8 * u[:, 2]
    labels = torch.zeros(n, len(LABELS))
    for column, (axis, values) in PLANTED.items():
        noisy = u[:, axis] + 0.1 * torch.randn(n, generator=generator)
        for i, value in enumerate(values):
            labels[:, label_index(column, value)] = ((noisy > 0) == bool(i)).float()
    return mixed(u), labels, u


def mixed(u: torch.Tensor) -> torch.Tensor:
    mix = torch.randn(DIM, DIM, generator=torch.Generator().manual_seed(42)) / 3
    return u @ (mix + torch.eye(DIM)) + 0.5


@pytest.fixture(scope="module")
def found() -> AttributeDirections:
    w, labels, _ = sample(3000)
    labels[::7, column_slice("glasses")] = 0  # not known for some
    directions = AttributeDirections(DIM)
    directions.fit(w, labels)
    return directions


def shown(w: torch.Tensor) -> torch.Tensor:
    """The planted coordinates of latents."""
    mix = torch.randn(DIM, DIM, generator=torch.Generator().manual_seed(42)) / 3
    return (w - 0.5) @ torch.linalg.inv(mix + torch.eye(DIM))


@pytest.mark.parametrize("method", ["logistic", "linear"])
@pytest.mark.parametrize("column", ["gender", "glasses", "expression", "hair_color"])
def test_planted_directions_are_found(method: str, column: str) -> None:
    w, labels, _ = sample(1500)
    directions = AttributeDirections(DIM)
    directions.fit(w, labels, method=method)
    axis, values = PLANTED[column]
    moved = directions.direction(column, values[1])
    change = shown(w[:1] + moved[None])[0] - shown(w[:1])[0]
    if column == "gender":  # beards go with it
        change[2] = 0
    assert change[axis] / change.norm() > 0.9


def test_the_tagger_reads_latents(found: AttributeDirections) -> None:
    w, labels, _ = sample(500, seed=1)
    tags = found.tag(w)
    assert set(tags) == set(COLUMNS)
    for column in PLANTED:
        block = labels[:, column_slice(column)]
        assert torch.allclose(tags[column].sum(1), torch.ones(500), atol=1e-5)
        right = tags[column].argmax(1) == block.argmax(1)
        assert right.float().mean() > 0.9, column


def test_a_move_reaches_what_is_asserted(found: AttributeDirections) -> None:
    w, _, _ = sample(40, seed=2)
    moved = found.move(w, read("a blonde woman with glasses, smiling"))
    assert set(moved.reached) >= {"hair_color", "gender", "glasses", "expression"}
    for column in ("hair_color", "gender", "glasses", "expression"):
        assert moved.reached[column].all(), column
        assert (moved.probability[column] >= 0.899).all()
    u = shown(moved.w)
    assert (u[:, 4] > 0).all()
    assert (u[:, 0] < 0).all()
    assert (u[:, 1] > 0).all()
    assert (u[:, 3] > 0).all()


def test_a_move_keeps_what_is_open_and_the_person(found: AttributeDirections) -> None:
    w, _, _ = sample(60, seed=3)
    before, after = shown(w), shown(found.move(w, Reading({"glasses": "glasses"})).w)
    for axis in (0, 2, 3, 4):
        assert (before[:, axis] - after[:, axis]).abs().max() < 0.5, axis
    change = (after - before)[:, 5:].norm(dim=1)
    assert (change < 0.25 * before[:, 5:].norm(dim=1)).all()
    distances = torch.cdist(after, after) + 99 * torch.eye(60)
    assert distances.min() > 0.5 * (torch.cdist(before, before) + 99 * torch.eye(60)).min()


def test_an_open_attribute_is_freed_from_its_companion(found: AttributeDirections) -> None:
    w, _, _ = sample(60, seed=4)
    women = w[shown(w)[:, 0] < -0.5]
    freed, dragged = (
        shown(found.move(women, Reading({"facial_hair": "beard"}), keep=keep).w)[:, 0].mean()
        for keep in (1.0, 0.0)
    )
    start = shown(women)[:, 0].mean()
    assert dragged > start + 0.2
    assert abs(freed - start) < 0.5 * abs(dragged - start)


def test_what_is_there_already_stays_exactly(found: AttributeDirections) -> None:
    w, _, u = sample(200, seed=5)
    bearded = w[u[:, 2] > 1.5]
    assert len(bearded) > 5
    moved = found.move(bearded, Reading({"facial_hair": "beard"}))
    assert torch.allclose(moved.w, bearded, atol=1e-4)


def test_denial_moves_away(found: AttributeDirections) -> None:
    w, _, _ = sample(40, seed=6)
    denied = Reading({}, {"expression": frozenset({"smile", "laugh"})})
    moved = found.move(w, denied)
    assert moved.reached["expression"].all()
    tags = found.tag(moved.w)["expression"]
    assert tags[:, COLUMNS["expression"].index("smile")].max() < 0.11
    assert (shown(moved.w)[:, 3] < 0).all()


def test_a_reading_that_says_nothing_moves_nothing(found: AttributeDirections) -> None:
    w, _, _ = sample(5, seed=7)
    moved = found.move(w, read("xyzzy"))
    assert torch.allclose(moved.w, w, atol=1e-4)
    assert moved.reached == {}


def test_what_was_never_seen_is_reported_as_not_reached(found: AttributeDirections) -> None:
    w, _, _ = sample(5, seed=8)
    moved = found.move(w, Reading({"headwear": "crown"}))
    assert not moved.reached["headwear"].any()
    assert torch.allclose(moved.w, w, atol=1e-4)
    with pytest.raises(UnknownName, match="headwear=crown"):
        found.direction("headwear", "crown")


def test_contradictions_and_full_denials_do_no_harm(found: AttributeDirections) -> None:
    w, _, _ = sample(5, seed=9)
    everything = Reading({}, {"gender": frozenset({"f", "m"})})
    assert torch.allclose(found.move(w, everything).w, w, atol=1e-4)
    both = Reading({"glasses": "glasses"}, {"glasses": frozenset({"none"})})
    assert torch.isfinite(found.move(w, both).w).all()


def test_rows_do_not_depend_on_each_other(found: AttributeDirections) -> None:
    w, _, _ = sample(6, seed=10)
    reading = read("a smiling man with a beard")
    together = found.move(w, reading).w
    alone = torch.cat([found.move(w[i : i + 1], reading).w for i in range(6)])
    assert torch.allclose(together, alone, atol=1e-3)


def test_max_steps_zero_only_reads(found: AttributeDirections) -> None:
    w, _, _ = sample(5, seed=11)
    moved = found.move(w, read("a man"), max_steps=0)
    assert torch.allclose(moved.w, w, atol=1e-4)
    assert set(moved.reached) >= {"gender"}


def test_state_holds_everything(found: AttributeDirections) -> None:
    again = AttributeDirections(DIM)
    again.load_state_dict(found.state_dict())
    w, _, _ = sample(3, seed=12)
    assert torch.equal(found.move(w, read("a man")).w, again.move(w, read("a man")).w)
    assert torch.equal(found.direction("gender", "m"), again.direction("gender", "m"))


@pytest.mark.parametrize(
    "options",
    [{"target": 1.0}, {"target": 0.0}, {"strength": 0.0}, {"max_steps": -1}, {"keep": 2.0}],
)
def test_bad_options(found: AttributeDirections, options: dict) -> None:
    with pytest.raises(InputError):
        found.move(torch.zeros(1, DIM), Reading({"gender": "m"}), **options)


def test_bad_labels(found: AttributeDirections) -> None:
    with pytest.raises(UnknownName, match="gender=x"):
        found.move(torch.zeros(1, DIM), Reading({"gender": "x"}))
    with pytest.raises(InputError, match="expected"):
        AttributeDirections(DIM).fit(torch.randn(9, DIM), torch.zeros(8, len(LABELS)))
    with pytest.raises(UnknownName, match="magic"):
        AttributeDirections(DIM).fit(
            torch.randn(9, DIM),
            torch.zeros(9, len(LABELS)),
            method="magic",
        )
