"""The identity network learns who is who from views, and its measures are honest."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mien.cli import main
from mien.errors import DatasetError, InputError
from mien.faces.evaluate_identity import (
    Square,
    TwicePictured,
    read_pupils,
    score_identity,
    score_views,
    square_from_pupils,
)
from mien.faces.people import People, generated_people, open_people, points_beside
from mien.faces.train_identity import IdentityRecipe, _Order, margin_loss, ntxent, start_from
from mien.faces.training_config import IdentityTraining, ViewStrength
from mien.faces.views import anchors_of, average_anchors, draw_views
from mien.hub.loading import load_identity
from mien.judges.identity import Identity, IdentityConfig
from mien.training import loop
from training import tiny

NETWORK = IdentityConfig(resolution=32, width=4, dim=16)
STILL = ViewStrength(**dict.fromkeys(ViewStrength.__dataclass_fields__, 0.0))


def faces(count: int, size: int = 40, seed: int = 0) -> np.ndarray:
    """Pictures that are coarse noise: each is its own person."""
    coarse = torch.rand(count, 3, 6, 6, generator=torch.Generator().manual_seed(seed))
    fine = torch.nn.functional.interpolate(coarse, size=(size, size), mode="bicubic")
    return (fine.clamp(0, 1) * 255).byte().permute(0, 2, 3, 1).contiguous().numpy()


def views(strength: ViewStrength, seed: int = 0, n: int = 4) -> torch.Tensor:
    batch = torch.from_numpy(faces(n)).permute(0, 3, 1, 2) / 127.5 - 1
    source = torch.Generator().manual_seed(seed)
    return draw_views(batch, average_anchors(n), batch.flip(0), 32, 0.8, strength, source)


def test_views_are_drawn_from_the_generator_alone() -> None:
    first = views(ViewStrength(), 3)
    assert first.shape == (4, 3, 32, 32)
    assert bool(first.isfinite().all())
    assert torch.equal(first, views(ViewStrength(), 3))
    assert not torch.equal(first, views(ViewStrength(), 4))


def test_a_still_view_is_the_middle_of_the_face() -> None:
    batch = torch.from_numpy(faces(4)).permute(0, 3, 1, 2) / 127.5 - 1
    made = views(STILL)
    middle = batch[..., 4:36, 4:36]
    found = torch.minimum(
        (made - middle).abs().mean(dim=(1, 2, 3)), (made - middle.flip(3)).abs().mean(dim=(1, 2, 3))
    )
    assert found.max() < 1e-3  # as it is, or mirrored


def test_every_kind_of_change_changes_something() -> None:
    still = views(STILL, n=16)
    names = set(ViewStrength.__dataclass_fields__) - {"grey"}
    for name in names:
        values = {**dict.fromkeys(ViewStrength.__dataclass_fields__, 0.0), name: 1.0}
        assert (views(ViewStrength(**values), n=16) - still).abs().mean() > 1e-3, name
    for name in ("grey", "pencil"):
        values = {**dict.fromkeys(ViewStrength.__dataclass_fields__, 0.0), name: 1.0}
        grey = views(ViewStrength(**values), n=8)
        assert (grey - grey.mean(dim=1, keepdim=True)).abs().max() < 1e-5


def test_anchors_of_landmarks() -> None:
    points = np.full((2, 68, 2), 128.0)
    points[:, 48] = (64, 192)
    found = anchors_of(points, (256, 256))
    assert found.shape == average_anchors(2).shape
    assert found[0, 0].tolist() == [-0.5, 0.5]
    with pytest.raises(InputError, match=r"\[2, 60, 2\]"):
        anchors_of(points[:, :60], (256, 256))


def test_learns_to_know_faces_it_has_not_seen(tmp_path: Path) -> None:
    still = replace(STILL, scale=0.05, shift=0.03, expression=0.2, colour=0.2)
    config = IdentityTraining(32, 4, 16, views=still, kimg=1.6, people=16, lr=2e-2)
    recipe = IdentityRecipe(config, People.of(faces(64)))
    *_, line = loop.run(recipe, tmp_path)
    assert line["nimg"] == 1600
    unseen = faces(30, seed=9)
    scores = score_views(recipe.trained, unseen, average_anchors(30))
    torch.manual_seed(0)
    before = score_views(Identity(NETWORK), unseen, average_anchors(30))
    assert scores["expression"]["AUC"] > max(0.8, before["expression"]["AUC"] + 0.1)
    assert set(scores) == set(before)


def test_losses_by_hand() -> None:
    a, b = torch.tensor([1.0, 0]), torch.tensor([0, 1.0])
    loss, nearest = ntxent(torch.stack([a, b, a, b]), 0.5)
    assert nearest == 1
    assert float(loss) == pytest.approx(-np.log(np.exp(2) / (np.exp(2) + 2)), abs=1e-6)
    own = torch.tensor([0, 1])
    apart = margin_loss(torch.stack([a, b]), 3 * torch.stack([a, b]), own, 4.0, 0.25)
    assert float(apart) == pytest.approx(-np.log(np.exp(3) / (np.exp(3) + 1)), abs=1e-6)


def test_starts_from_a_trunk_that_fits() -> None:
    trunk, network = tiny.tagger(), Identity(NETWORK)
    taken = start_from(network, trunk.state_dict())
    assert taken == sum(not name.startswith("heads") for name in trunk.state_dict())
    assert torch.equal(network.stem.weight, trunk.stem.weight)
    assert start_from(Identity(IdentityConfig(32, 8)), {"stem.weight": trunk.stem.weight}) == 0


def test_generated_people_look_different_from_one_another() -> None:
    labels = torch.from_numpy(tiny.readable_set(8).labels)
    people = generated_people(tiny.generator().eval(), 3, 5, 24, looks=2, labels=labels)
    assert people.pictures.shape == (6, 24, 24, 3)
    assert people.person.tolist() == [0, 1, 2, 0, 1, 2]
    again = generated_people(tiny.generator().eval(), 3, 5, 24, looks=2, labels=labels)
    assert np.array_equal(people.pictures, again.pictures)
    assert not np.array_equal(people.pictures[0], people.pictures[3])
    both = People.of(faces(4, 24)) + people
    assert both.count == 7
    order = _Order(both, 0)
    who, rows = order.step(0, 7)
    assert sorted(who.tolist()) == list(range(7))
    assert (both.person[rows] == who).all()
    several = who >= 4
    assert (rows[0][several] != rows[1][several]).all()


def test_refuses() -> None:
    with pytest.raises(InputError, match="4 people in the data, a step shows 64"):
        IdentityRecipe(IdentityTraining(32, 4, 16), People.of(faces(4)))
    with pytest.raises(InputError, match="at least 2"):
        IdentityTraining(people=1)
    with pytest.raises(InputError, match="fp16"):
        IdentityTraining(precision="fp16")
    with pytest.raises(InputError, match="0 pictures with 0 sets"):
        People(faces(4)[:0], average_anchors(0), np.arange(0))


# Files and verbs


def write(folder: Path, pictures: np.ndarray, names: list[str]) -> Path:
    folder.mkdir()
    for name, picture in zip(names, pictures, strict=True):
        Image.fromarray(picture).save(folder / name)
    return folder


def twice(tmp_path: Path) -> Path:
    people = faces(6)
    names = [f"{i}_{look}.png" for look in ("neutral", "smiling") for i in range(6)]
    return write(tmp_path / "twice", np.concatenate([people, people[:, :, ::-1]]), names)


def test_points_are_found_beside_the_data(tmp_path: Path) -> None:
    data = write(tmp_path / "some", faces(12), [f"{i:02}.png" for i in range(12)])
    assert points_beside(data) is None
    assert torch.equal(open_people(data, None, 32, "all")[0].anchors, average_anchors(12))
    points = np.random.RandomState(0).rand(12, 68, 2) * 256
    np.savez(tmp_path / "some_landmarks68.npz", points=points)
    table = points_beside(data)
    people, labels = open_people(data, table, 32, "train")
    kept, _ = open_people(data, table, 32, "kept-out")
    assert labels is None
    assert (people.count, kept.count) == (11, 1)
    np.savez(tmp_path / "few.npz", points=points[:3])
    with pytest.raises(DatasetError, match=r"has 3 rows, .* has 12 pictures"):
        open_people(data, tmp_path / "few.npz", 32, "train")


def test_a_square_is_cut_over_the_border() -> None:
    picture = np.arange(16, dtype=np.uint8).reshape(4, 4, 1).repeat(3, axis=2)
    cut = Square(-1, 2, 3)("", picture)
    assert cut[..., 0].tolist() == [[8, 8, 9], [12, 12, 13], [12, 12, 13]]


def test_the_square_frames_as_ffhq_does(tmp_path: Path) -> None:
    pupils = np.array([[[100, 80], [200, 80]], [[120, 120], [220, 120]]], float)
    square = square_from_pupils(pupils)
    assert square.side == round(100 / 0.2485)
    assert square.left == round(160 - square.side / 2)
    with pytest.raises(InputError, match="pixels apart"):
        square_from_pupils(pupils[:, ::-1])
    np.savez(tmp_path / "p.npz", points=np.zeros((2, 1, 2)))
    with pytest.raises(DatasetError, match=r"\[2, 1, 2\]"):
        read_pupils(tmp_path / "p.npz")


def test_verification_of_people_pictured_twice(tmp_path: Path) -> None:
    data = TwicePictured.open(twice(tmp_path))
    assert data.people == tuple("012345")
    torch.manual_seed(0)
    loaded = tiny.loaded(Identity(NETWORK), "who")
    table = score_identity([loaded], data, "as they are")
    assert set(table.rows) == {"who", "pixels"}
    auc, first = table.rows["who"]
    assert (auc.name, auc.protocol.samples) == ("AUC", 36)
    assert (first.name, first.protocol.samples, first.protocol.reference_samples) == (
        "rank-1",
        6,
        6,
    )
    assert "as they are" in table.text()
    (data.path / "3_smiling.png").unlink()
    with pytest.raises(DatasetError, match="1 of 6 people lack neutral or smiling: 3"):
        TwicePictured.open(data.path)
    with pytest.raises(DatasetError, match="0 people"):
        TwicePictured.open(data.path, ("day", "night"))


def test_verbs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write(tmp_path / "some", faces(20), [f"{i:02}.png" for i in range(20)])
    out = tmp_path / "who.safetensors"
    small = "--resolution 32 --width 4 --dim 8 --kimg 0.06 --people 8 --trunk none --device cpu"
    command = ["train", "identity", "--data", str(data), "--out", str(out), *small.split()]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["views"]["everything"]) == {"AUC", "rank-1"}
    assert load_identity(out).meta["data"] == "some, training part, 18 people"
    on = ["--trunk", str(out), "--out", str(tmp_path / "on.safetensors")]
    assert main([*command, *on]) == 0
    assert "rank-1" in capsys.readouterr().out
    assert main(command) == 2
    assert "exists" in capsys.readouterr().err
    pairs = str(twice(tmp_path))
    report = tmp_path / "report.json"
    evaluate = ["evaluate", "identity", "--data", pairs, "--judge", str(out), "--device", "cpu"]
    assert main([*evaluate, "--crop", "2,2,36", "--json", "--out", str(report)]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores == json.loads(report.read_text())
    assert "square of 36 pixels" in scores["rows"]["who"][0]["protocol"]["notes"]
    for bad in (["--crop", "2,2"], ["--crop", "0,0,0"], ["--looks", "day"]):
        assert main([*evaluate, *bad]) == 2
