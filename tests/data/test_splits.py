"""Who teaches and who measures: fixed where it is fixed, else by hash."""

from __future__ import annotations

from pathlib import Path

import pytest

from mien.data import splits
from mien.errors import InputError

SFHQ = [f"{i:05d}.webp" for i in range(1785)]


@pytest.mark.parametrize("path", ["x/sfhq.zip", "sfhq", "renamed.zip"])
def test_sfhq_has_its_own_split(path: str) -> None:
    split = splits.split(path, SFHQ)
    assert split.train == tuple(range(1585))
    assert split.kept_out == tuple(range(1585, 1785))


def test_a_few_of_sfhq_stay_on_their_side() -> None:
    names = ["00003.webp", "01584.webp", "01585.webp", "01784.webp"]
    split = splits.split("sfhq.zip", names)
    assert (split.train, split.kept_out) == ((0, 1), (2, 3))


def test_another_set_called_sfhq_is_not_it() -> None:
    assert splits.find_fixed("sfhq.zip", ["a.png", "00001.webp"]) is None
    assert splits.find_fixed("sfhq.zip", ["01785.webp"]) is None
    assert splits.find_fixed("ffhq.zip", SFHQ[:100]) is None
    assert splits.find_fixed("sfhq.zip", []) is None


@pytest.mark.parametrize("path", ["faces.zip", "renamed"])
def test_faces_keep_one_of_every_twenty_five_out(path: str) -> None:
    names = [f"{i:05d}.webp" for i in range(5038)]
    split = splits.split(path, names)
    assert split.kept_out == tuple(range(24, 5038, 25))
    assert len(split.train) == 5038 - len(split.kept_out)
    # Anybody's folder called faces is not it.
    assert splits.find_fixed("faces.zip", names[:100]) is None


@pytest.mark.parametrize(("count", "kept"), [(9, 0), (100, 10), (20_000, 1000)])
def test_any_other_set_keeps_a_tenth_out(count: int, kept: int) -> None:
    split = splits.split("faces.zip", [f"{i}.png" for i in range(count)])
    assert len(split.kept_out) == kept
    assert sorted(split.train + split.kept_out) == list(range(count))
    assert split.part("all") == tuple(range(count))
    assert split.part("train") == split.train
    assert split.part("kept-out") == split.kept_out


def test_a_hash_split_does_not_depend_on_the_order() -> None:
    names = [f"{i}.png" for i in range(50)]
    kept = {names[i] for i in splits.split_by_hash(names, 10).kept_out}
    back = names[::-1]
    assert {back[i] for i in splits.split_by_hash(back, 10).kept_out} == kept
    assert {names[i] for i in splits.split_by_hash(names, 10, seed=1).kept_out} != kept
    assert kept < {names[i] for i in splits.split_by_hash(names, 20).kept_out}


def test_a_hash_split_is_the_same_tomorrow() -> None:
    names = [f"{i}.png" for i in range(20)]
    assert splits.split_by_hash(names, 4).kept_out == (
        4,
        11,
        14,
        19,
    )  # as sha256sum ranks "0:4.png", …


def test_groups_are_not_torn_apart() -> None:
    names = [f"{person:02d}_{shot}.png" for person in range(20) for shot in range(3)]
    split = splits.split_by_hash(names, 10, group=lambda name: name[:2])
    kept = {names[i][:2] for i in split.kept_out}
    assert len(split.kept_out) == 12
    assert kept.isdisjoint(names[i][:2] for i in split.train)


def test_nonsense_is_refused() -> None:
    with pytest.raises(InputError, match="cannot keep 3 of 2 pictures out"):
        splits.split_by_hash(["a", "b"], 3)


@pytest.mark.shared
def test_cuhk_keeps_its_last_thirty_people_out(shared: Path) -> None:
    from mien.data.pair_layouts import find_pairs
    from mien.data.stores import open_store

    pairs = find_pairs(open_store(shared / "data" / "cuhk.zip"), ("photo", "sketch"))
    assert splits.split(shared / "data" / "cuhk.zip", pairs.names).kept_out == tuple(
        range(120, 150)
    )


def test_a_fold_is_left_out() -> None:
    assert splits.fold_rows(7, 1, 3).tolist() == [0, 2, 3, 5, 6]
    assert splits.fold_rows(0, 0, 2).tolist() == []
    with pytest.raises(InputError, match="fold 3 is not from 0 to 2"):
        splits.fold_rows(7, 3, 3)
