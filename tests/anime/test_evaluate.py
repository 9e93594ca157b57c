"""What is measured of selfie to anime: rows, names, protocols; directions; a clip."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from anime import toys as toys
from anime.test_clip import write_clip
from mien import cli, images
from mien.anime import evaluate_edits as anime_edits
from mien.anime.clip import AnimeVideo, VideoPlan
from mien.anime.evaluate import AnimeMeasure, AnimePlan, AnimeTest, read_points, score_anime
from mien.anime.evaluate_clip import score_anime_clip
from mien.anime.evaluate_edits import (
    GROUPS,
    group_edits,
    is_unnamed,
    known_pairs,
    named_components,
    rescore_anime,
)
from mien.anime.tagger import anime_config
from mien.anime.translate import AnimePainter
from mien.checkpoints import native
from mien.editing.direction import Direction, DirectionSet
from mien.editing.samples import TagReader
from mien.editing.sets import load_direction_set, save_direction_set
from mien.errors import DatasetError, InputError
from mien.hub.loading import load_anime, load_tagger
from mien.judges.landmarks import LandmarkConfig, LandmarkNetwork
from mien.judges.tagger import Tagger
from mien.metrics.tables import ScoreTable
from mien.video.reader import Clip
from training import tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("anime")
    toys.write_directions(folder / "d.safetensors", toys.write_model(folder / "m.safetensors"))
    random = np.random.RandomState(0)
    for part in ("trainA", "trainB", "testA", "testB"):
        for i in range(5):
            pixels = random.randint(0, 256, (5, 5, 3)).astype(np.uint8)
            images.save(folder / "data" / part / f"{i}.png", images.resize(pixels, 40))
    torch.manual_seed(0)
    tagger = Tagger(anime_config(32, 4))
    config = {"columns": tagger.config.columns, "resolution": 32, "width": 4, "blocks": 1}
    native.save(folder / "anime-judge.safetensors", "tagger", tagger.state_dict(), config)
    return folder


@pytest.fixture(scope="module")
def measure(folder: Path) -> AnimeMeasure:
    torch.manual_seed(0)
    points = LandmarkNetwork(LandmarkConfig(32, 4, 1, 8))
    painter = AnimePainter(load_anime(folder / "m.safetensors"), "exact")
    test = AnimeTest.open(folder / "data", 32, 4)
    judge = load_tagger(folder / "anime-judge.safetensors")
    plan = AnimePlan(faces=4, copies=3, styles=3, moves=2)
    return AnimeMeasure(painter, test, judge, plan, None, tiny.loaded(points, "landmarks"))


def test_the_table(measure: AnimeMeasure) -> None:
    table = score_anime(measure)
    assert list(table.rows) == ["translated", "untranslated selfies", "anime faces of trainB"]
    by_name = {score.name: score for score in table.rows["translated"]}
    assert list(by_name) == [
        "FD-anime-judge",
        "DFD-anime-judge",
        "FD-anime-judge, 3 styles",
        "diversity-anime-judge",
        "diversity share",
        "landmark correlation",
        "flow correlation",
    ]
    for name in ("untranslated selfies", "anime faces of trainB"):
        assert [score.name for score in table.rows[name]] == [
            "FD-anime-judge",
            "landmark correlation",
            "flow correlation",
        ]
    assert all(np.isfinite(score.value) for score in by_name.values())
    assert by_name["DFD-anime-judge"].stderr is not None
    assert by_name["FD-anime-judge, 3 styles"].protocol.samples == 12
    assert "3 moved copies" in by_name["DFD-anime-judge"].protocol.metric
    assert by_name["landmark correlation"].protocol.judge == "landmarks"
    again = {score.name: score.value for score in measure.row()}
    assert again == pytest.approx({name: score.value for name, score in by_name.items()})


def test_distance_of_the_same_pictures_is_nothing(measure: AnimeMeasure) -> None:
    assert measure.distance(measure.test.anime).value == pytest.approx(0, abs=1e-6)


def test_motion_is_that_of_the_maps(measure: AnimeMeasure, monkeypatch) -> None:
    """A reader that finds the middle of what is bright, and a model that changes nothing."""

    def read(_: object, pictures: np.ndarray) -> torch.Tensor:
        weights = torch.from_numpy(pictures[..., 0].astype(np.float32) ** 2) + 1e-6
        axis = (torch.arange(32) + 0.5) / 16 - 1
        total = weights.sum(dim=(1, 2))
        x, y = (weights.sum(1) * axis).sum(1) / total, (weights.sum(2) * axis).sum(1) / total
        return torch.stack([x, y], dim=1)[:, None]

    spots = np.zeros((4, 32, 32, 3), np.uint8)
    for i, spot in enumerate(spots):
        spot[12 + i : 16 + i, 18 - i : 22 - i] = 255
    test = AnimeTest(spots, spots, spots, "spots")
    moved = AnimeMeasure(
        measure.painter, test, measure.judge, measure.plan, None, measure.landmarks
    )
    monkeypatch.setattr("mien.anime.evaluate.read_points", read)
    monkeypatch.setattr(moved, "translated", lambda pictures, w: pictures)
    by_points, by_flow = moved.motion()
    assert by_points.value > 0.95
    assert by_flow.value > 0.9
    assert "optical flow" in by_flow.protocol.metric
    still = np.full_like(spots, 90)
    monkeypatch.setattr(moved, "translated", lambda pictures, w: still[: len(pictures)])
    assert [score.value for score in moved.motion()] == [0, 0]


def test_points_lie_in_the_picture(measure: AnimeMeasure) -> None:
    assert measure.landmarks is not None
    found = read_points(measure.landmarks, measure.test.selfies)
    assert found.shape == (4, 15, 2)
    assert found.abs().max() < 1.2


def test_directions_are_rescored(measure: AnimeMeasure, folder: Path) -> None:
    found = load_direction_set(folder / "d.safetensors")
    groups = known_pairs(found, TagReader(measure.judge.network).tags)
    assert {name: [d.name for d in ds] for name, ds in groups.items()} == {
        "hair": ["blue hair/brown hair"]
    }
    pairs, whole = rescore_anime(measure, found, groups, 2)
    assert (pairs.matrix.scores, whole.matrix.scores) == (("blue hair",), ("hair",))
    assert pairs.matrix.samples == 8
    assert pairs.matrix.values[0, 0] == pytest.approx(whole.matrix.values[0, 0])
    ((name, edit),) = group_edits(found, groups)
    assert name.endswith(", hair")
    w = measure.styles(3, 0)
    torch.testing.assert_close(edit(w), w + groups["hair"][0].vector)
    assert name in score_anime(measure, [(name, edit)]).rows
    with pytest.raises(InputError, match="none of the 2 directions"):
        known_pairs(found, ["smiling"])
    other = AnimeMeasure(
        measure.painter, measure.test, tiny.loaded(tiny.tagger(), "teacher"), measure.plan
    )
    with pytest.raises(InputError, match="one of anime faces is wanted"):
        rescore_anime(other, found, groups)


def test_components_are_named_by_what_they_move(
    measure: AnimeMeasure, folder: Path, monkeypatch
) -> None:
    """A namer that sees blue hair where the third component is negative, and brown where not."""
    vectors = torch.eye(16)[:4]
    made = [
        Direction(f"component {i}", one, "w", generator="", method="sefa")
        for i, one in enumerate(vectors)
    ]
    save_direction_set(folder / "sefa.safetensors", DirectionSet(tuple(made)))
    found = load_direction_set(folder / "sefa.safetensors")
    assert is_unnamed(found)
    assert not is_unnamed(load_direction_set(folder / "d.safetensors"))
    unsaid = [replace(one, method="") for one in made]
    save_direction_set(folder / "unsaid.safetensors", DirectionSet(tuple(unsaid)))
    assert not is_unnamed(load_direction_set(folder / "unsaid.safetensors"))

    def read(_measure: object, reader: TagReader, _selfies: object, w: torch.Tensor) -> np.ndarray:
        seen = np.zeros((len(w), len(reader.tags)))
        seen[:, reader.tags.index("blue hair")] = -w[:, 2]
        seen[:, reader.tags.index("brown hair")] = w[:, 2]
        return seen

    monkeypatch.setattr(anime_edits, "_read", read)
    groups = named_components(measure, found, measure.judge)
    blue = next(one for one in groups["hair"] if one.name == "blue hair/brown hair")
    torch.testing.assert_close(blue.vector * blue.scale, -2.25 * vectors[2])
    assert [one.name for one in groups["mouth"]] == [pair.name for pair in GROUPS["mouth"]]


class Following(toys.ToyFinder):
    """Reads the same face in every frame, with a little noise."""

    threshold = 0.5

    def refine(self, image: np.ndarray, squares: list) -> list:
        """The face whose square is known."""
        return self.find(image) or [
            toys.Face.of(toys.points(*square.centre, square.side), 0.9) for square in squares
        ]


def test_a_clip(measure: AnimeMeasure, folder: Path) -> None:
    path = write_clip(folder / "one.mp4", [[(34 + t, 36)] for t in range(6)], (96, 72))
    painter = measure.painter
    plan = VideoPlan(paste=True)
    video = AnimeVideo(painter, Clip(path), painter.styles([1]), plan, Following(24))
    *numbers, table = score_anime_clip(video, 1)
    assert len(numbers) == 12
    assert isinstance(table, ScoreTable)
    assert list(table.rows) == ["smoothed", "frame by frame"]
    for scores in table.rows.values():
        assert [score.name for score in scores] == ["warp error", "landmark jitter"]
        assert scores[0].protocol.samples == 5
    crop = AnimeVideo(painter, Clip(path), painter.styles([1]), VideoPlan(), Following(24))
    with pytest.raises(InputError, match="set paste"):
        list(score_anime_clip(crop))


def test_the_verb(folder: Path, tmp_path: Path, capsys) -> None:
    path = write_clip(tmp_path / "still.mp4", [[(48, 36)]] * 4, (96, 72))
    command = ["evaluate", "anime", "--data", folder / "data", "--model", folder / "m.safetensors"]
    command += ["--judge", folder / "anime-judge.safetensors", "--faces", 4, "--copies", 0]
    command += ["--styles", 2, "--landmarks", "none", "--directions", folder / "d.safetensors"]
    command += ["--clip", path, "--aligned", "--out", tmp_path / "out", "--device", "cpu"]
    assert cli.main([str(part) for part in [*command, "--json"]]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {Path(name).name for name in said["files"]} == {
        *("scores.csv", "scores.md", "clip.md", "rescoring-1-pairs.csv", "rescoring-1-pairs.png"),
        *("rescoring-1-groups.csv", "rescoring-1-groups.png"),
    }
    assert all(Path(name).is_file() for name in said["files"])
    assert cli.main([str(part) for part in command]) == 2
    assert "exists already" in capsys.readouterr().err
    assert cli.main(["evaluate", "anime"]) == 2
    assert "give --data, --clip or both" in capsys.readouterr().err


def test_refuses(tmp_path: Path) -> None:
    for values in ({"faces": 1}, {"copies": 1}, {"moves": -1}):
        with pytest.raises(InputError):
            AnimePlan(**values)
    for part in ("trainA", "trainB"):
        images.save(tmp_path / part / "a.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(DatasetError, match="has no testA and testB"):
        AnimeTest.open(tmp_path, 32, 4)
