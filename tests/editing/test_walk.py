"""Walks through latent space: where each frame is, in both spaces, and with edits over time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mien import images
from mien.checkpoints import native
from mien.editing.direction import Direction, DirectionSet, move
from mien.editing.sets import save_direction_set
from mien.editing.walk import Route, Walk
from mien.errors import FileError, InputError, UnknownName
from mien.studio import Studio
from mien.stylegan2.generator import Generator, GeneratorConfig
from mien.stylegan2.seeds import seed_latents

SHAPE = {"resolution": 32, "z_dim": 16, "w_dim": 16, "channel_base": 128, "channel_max": 8}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    G = Generator(GeneratorConfig(**SHAPE, mapping_layers=2))
    path = folder / "tiny.safetensors"
    native.save(path, "stylegan2-generator", G.state_dict(), {**SHAPE, "mapping_layers": 2}, {})
    return folder


@pytest.fixture(scope="module")
def studio(folder: Path) -> Studio:
    return Studio(folder / "tiny.safetensors", "cpu")


def drawn(walk: Walk) -> np.ndarray:
    return np.concatenate(list(walk))


def places(route: Route) -> list[tuple[int, int, float]]:
    before, after, share = route.at(0, route.frames)
    return list(zip(before, after, [round(float(x), 6) for x in share], strict=True))


def test_the_places_of_a_walk_that_ends() -> None:
    assert places(Route(5, 3, False, "linear")) == [
        (0, 1, 0),
        (0, 1, 0.5),
        (1, 2, 0),
        (1, 2, 0.5),
        (2, 2, 0),
    ]


def test_the_places_of_a_walk_that_loops() -> None:
    assert places(Route(6, 3, True, "linear")) == [
        (0, 1, 0),
        (0, 1, 0.5),
        (1, 2, 0),
        (1, 2, 0.5),
        (2, 0, 0),
        (2, 0, 0.5),
    ]


def test_a_smooth_walk_rests_at_each_stop() -> None:
    route = Route(41, 3, False, "smooth")
    where = np.array([before + share for before, _, share in places(route)])
    steps = np.diff(where)
    assert where[[0, 20, 40]].tolist() == [0, 1, 2]
    assert (steps > 0).all()
    assert steps[[0, 19, 20, 39]].max() < 0.15 * steps.max()


@pytest.mark.parametrize("frames", [1, 2])
def test_the_shortest_walks(frames: int) -> None:
    assert places(Route(frames, 2, False, "linear"))[0] == (0, 1, 0)
    assert places(Route(frames, 2, False, "linear"))[1:] == [(1, 1, 0)][: frames - 1]


def test_a_walk_in_w_is_straight_and_passes_its_faces(studio: Studio) -> None:
    walk = studio.walk([3, 8, 1], seconds=1, fps=9)
    faces = np.concatenate([studio.generate(1, seed).images for seed in (3, 8, 1)])
    frames = drawn(walk)
    assert frames.shape == (9, 32, 32, 3)
    assert (walk.frames, walk.fps, len(walk)) == (9, 9, 9)
    assert np.abs(frames[[0, 4, 8]].astype(int) - faces).max() <= 1
    ws = walk.ws(0, 9)
    torch.testing.assert_close(ws[2], (ws[0] + ws[4]) / 2)
    assert np.array_equal(frames, drawn(walk))  # as often as you like


def test_a_walk_in_z_maps_every_latent(studio: Studio) -> None:
    walk = studio.walk(["3", "8"], seconds=1, fps=5, space="z", psi=0.5)
    G = studio.generator
    a, b = seed_latents([3, 8], 16)
    angle = torch.arccos(a @ b / a.norm() / b.norm())
    middle = (a / a.norm() + b / b.norm()) / (2 * torch.cos(angle / 2))  # half way on the circle
    with torch.no_grad():
        wanted = G.map((middle * (a.norm() + b.norm()) / 2)[None], psi=0.5)
    torch.testing.assert_close(walk.ws(2, 3), wanted, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(walk.ws(0, 1), G.map(a[None], psi=0.5), rtol=1e-4, atol=1e-5)


def test_the_provenance_says_what_draws(studio: Studio) -> None:
    walk = studio.walk([3, 8], seconds=1, fps=2)
    list(walk)
    assert walk.provenance["engine"] == studio.drawer.said != ""
    assert walk.provenance["sha256"] == studio.loaded.sha256


def test_a_walk_that_loops_closes(studio: Studio) -> None:
    walk = studio.walk([3, 8], seconds=1, fps=20, loop=True)
    steps = (walk.ws(0, 20) - walk.ws(0, 20).roll(1, 0)).flatten(1).norm(dim=1)
    assert steps.std() < 1e-3 * steps.mean()  # the step from the last to the first is one of them


def test_faces_are_files_too(studio: Studio, tmp_path: Path) -> None:
    paths = studio.generate(3, 5).save(tmp_path)
    picture, latents = paths[1], paths[-1]
    walk = studio.walk([picture, latents, 9], seconds=1, fps=4)
    assert walk._stops.shape == (5, 8, 16)  # one, three and one
    torch.testing.assert_close(walk._stops[0], walk._stops[2])
    said = walk.provenance["walk"]["faces"]
    assert [face.get("seed") for face in said] == [6, None, None, None, 9]
    assert [face.get("row") for face in said[1:4]] == [0, 1, 2]
    assert "sha256" not in said[0]
    json.dumps(walk.provenance)


def test_faces_that_a_verb_gave_are_stops(studio: Studio) -> None:
    faces = studio.generate(2, 3)
    walk = studio.walk([faces, faces[0]], seconds=1, fps=4)
    plain = studio.walk([3, 4, 3], seconds=1, fps=4)
    torch.testing.assert_close(walk.ws(0, 4), plain.ws(0, 4))
    assert [one["seed"] for one in walk.provenance["walk"]["faces"]] == [3, 4, 3]


@pytest.fixture
def edits(studio: Studio, tmp_path: Path) -> tuple[Path, DirectionSet]:
    torch.manual_seed(1)
    own = studio.loaded.sha256
    found = DirectionSet(
        tuple(
            Direction(name, torch.randn(16), "w", scale=0.5, generator=own)
            for name in ("smile", "long hair", "short hair")
        )
    )
    save_direction_set(tmp_path / "edits.safetensors", found)
    return tmp_path / "edits.safetensors", found


def test_edits_over_time(studio: Studio, tmp_path: Path, edits: tuple[Path, DirectionSet]) -> None:
    path, found = edits
    keys = tmp_path / "keys.json"
    keys.write_text('{"smile": [[0, 0], [1, 4]]}')
    walk = studio.walk([3], seconds=2, fps=4, keyframes=keys, directions=path)
    plain = studio.walk([3, 3], seconds=2, fps=4)
    torch.testing.assert_close(walk.ws(0, 1), plain.ws(0, 1))
    for frame, strength in ((1, 1.0), (3, 3.0), (4, 4.0), (7, 4.0)):
        wanted = move(plain.ws(0, 1), found["smile"], strength)
        torch.testing.assert_close(walk.ws(frame, frame + 1), wanted)
    said = walk.provenance["walk"]
    assert said["keyframes"] == {"smile": {"ease": "linear", "points": [[0, 0], [1, 4]]}}
    assert said["set"] == str(path)
    assert len(drawn(walk)) == 8


def test_edits_along_a_pair_and_one_that_is_unknown(
    studio: Studio, tmp_path: Path, edits: tuple[Path, DirectionSet]
) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text('{"long hair/short hair": [[0, 1]]}')
    walk = studio.walk([3, 4], seconds=1, fps=4, keyframes=keys, directions=edits[0])
    assert not torch.allclose(walk.ws(0, 1), studio.walk([3, 4], 1, 4).ws(0, 1))
    keys.write_text('{"smlie": [[0, 1]]}')
    with pytest.raises(UnknownName, match="did you mean 'smile'"):
        studio.walk([3, 4], seconds=1, fps=4, keyframes=keys, directions=edits[0])


def test_what_is_refused(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a walk needs 2 faces and has 1; give more, or `keyf"):
        studio.walk([3])
    with pytest.raises(InputError, match="needs 2 faces and has 0"):
        studio.walk([])
    with pytest.raises(InputError, match=r"x\.npz: a walk in z goes from seed to seed"):
        studio.walk([3, "x.npz"], space="z")
    with pytest.raises(UnknownName, match="unknown space 'x'"):
        studio.walk([3, 4], space="x")
    with pytest.raises(UnknownName, match="unknown ease"):
        studio.walk([3, 4], ease="bouncy")
    with pytest.raises(InputError, match="seconds is 1e"):
        studio.walk([3, 4], seconds=1e9)
    with pytest.raises(InputError, match="fps is 0"):
        studio.walk([3, 4], fps=0)
    with pytest.raises(InputError, match="0 frames"):
        studio.walk([3, 4], seconds=0.01, fps=10)
    with pytest.raises(InputError, match="psi is 9"):
        studio.walk([3, 4], psi=9)
    with pytest.raises(FileError, match="no such file"):
        studio.walk([3, 4], keyframes=tmp_path / "keys.json")
    with pytest.raises(FileError):
        studio.walk([3, tmp_path / "none.png"])
    with pytest.raises(InputError):
        studio.walk([3, 2**40])


def test_frames_are_drawn_when_they_are_asked_for(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    plain = images.to_uint8
    monkeypatch.setattr(images, "to_uint8", lambda x: (seen.append(len(x)), plain(x))[1])
    frames = iter(studio.walk([3, 8], seconds=100, fps=30))
    next(frames)
    next(frames)
    assert seen == [1, 1]
