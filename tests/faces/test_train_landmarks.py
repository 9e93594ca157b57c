"""The two networks that find faces learn from portraits; batches are what they say."""

from functools import cache

import numpy as np
import pytest
import torch

from mien.errors import DatasetError, InputError, UnknownName
from mien.faces import pictures as face_pictures
from mien.faces import train_detector as face_detector
from mien.faces import train_landmarks as landmarks
from mien.faces.backgrounds import make_backgrounds
from mien.faces.evaluate_finding import score_crops, score_heat
from mien.faces.pictures import Dice, FacePictures
from mien.faces.pupils import find_pupils
from mien.faces.train_detector import DetectorRecipe
from mien.faces.train_landmarks import LandmarkRecipe
from mien.faces.training_config import DetectorTraining, LandmarkTraining
from mien.hub.loading import load_detector, load_landmarks
from mien.training import loop


def portrait(seed=0):
    """A drawn face in the square of FFHQ: skin, eyes with irises, mouth; and its landmarks."""
    rng = np.random.RandomState(seed)
    y, x = np.mgrid[:256, :256] + 0.5
    image = np.full((256, 256, 3), rng.randint(40, 90), np.uint8)
    image[np.hypot((x - 128) / 85, (y - 135) / 110) < 1] = [220, 180, 150]
    points = np.zeros((68, 2), np.float32)
    angle = np.linspace(np.pi, 0, 17)
    points[:17] = np.stack([128 + 80 * np.cos(angle), 135 + 100 * np.sin(angle)], axis=1)
    points[17:27] = np.stack([np.linspace(75, 181, 10), np.full(10, 100)], axis=1)
    points[27:36, 0], points[27:36, 1] = 128, np.linspace(121, 160, 9)
    pupils = []
    for side, centre in ((36, 96.0), (42, 160.0)):
        outline = np.array([[-13, 0], [-5, -6], [5, -6], [13, 0], [5, 6], [-5, 6]])
        points[side : side + 6] = outline + np.array([centre, 121])
        image[np.hypot((x - centre) / 15, (y - 121) / 8) < 1] = 250
        pupil = np.array([centre + rng.uniform(-4, 4), 120.0])
        image[np.hypot(x - pupil[0], y - pupil[1]) < 5.5] = [60, 40, 30]
        pupils.append(pupil)
    points[48:68] = np.stack([np.linspace(103, 153, 20), np.full(20, 190)], axis=1)
    points[54] = [153, 190]
    image[np.hypot((x - 128) / 25, (y - 190) / 8) < 1] = [170, 60, 70]
    return image, points, np.array(pupils)


@cache
def drawn_faces():
    """Six portraits."""
    drawn = [portrait(seed) for seed in range(6)]
    return FacePictures.of(
        np.stack([one[0] for one in drawn]), np.stack([one[1] for one in drawn]), backgrounds=16
    )


@pytest.fixture
def faces():
    return drawn_faces()


def test_pupils_are_seen(faces):
    drawn = [portrait(seed) for seed in range(4)]
    pictures = torch.from_numpy(np.stack([one[0] for one in drawn])).permute(0, 3, 1, 2)
    points = torch.from_numpy(np.stack([one[1] for one in drawn]))
    found = find_pupils(pictures.float() / 127.5 - 1, points).numpy()
    assert np.abs(found - np.stack([one[2] for one in drawn])).max() < 1.6
    assert faces.points[:4, 68:].numpy() == pytest.approx(found)


def test_backgrounds():
    image, points, _ = portrait()
    bank = make_backgrounds(image[None], points[None].astype(np.float64), 16, seed=3)
    assert bank.shape == (16, 3, 192, 192)
    again = make_backgrounds(image[None], points[None].astype(np.float64), 16, seed=3)
    assert torch.equal(bank, again)


def test_crops_carry_their_points(faces):
    # Unspoilt: the darkest red near each pupil is the iris that was drawn there.
    crops = landmarks.draw_crops(faces, 32, 48, 0.25, Dice(0))
    assert crops.images.shape == (32, 3, 48, 48)
    assert crops.points.shape == (32, 70, 2)
    assert float(crops.images.abs().max()) <= 1
    assert 0 < int(crops.face.sum()) < 32
    assert (crops.weights[~crops.face] == 0).all()
    left, right = crops.points[:, 36:42].mean(dim=1), crops.points[:, 42:48].mean(dim=1)
    mouth = crops.points[:, 48:68].mean(dim=1)
    down = mouth - (left + right) / 2
    across = right - left
    # Mirrored or not, left stays left: the mouth lies clockwise of the eyes.
    assert (across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0] > 0).all()


def test_matrices_lead_there_and_back():
    matrix = face_pictures.similarities(
        torch.tensor([[100.0, 80.0]]), torch.tensor([[30.0, 40.0]]), 64
    )
    corners = face_pictures.moved(matrix, torch.tensor([[[32.0, 32], [64, 32]]]))
    assert corners[0].tolist() == [pytest.approx([100, 80]), pytest.approx([130, 120])]
    back = face_pictures.moved(face_pictures.inverse(matrix), corners)
    assert back[0, 1].tolist() == pytest.approx([64, 32], abs=1e-4)


def test_canvases(faces):
    canvases = face_detector.draw_canvases(faces, 32, 64, Dice(1))
    assert canvases.images.shape == (32, 3, 64, 64)
    number = canvases.there.sum(dim=1)
    assert {0, 1, 2} >= set(number.tolist())
    assert len(set(number.tolist())) > 1
    apart = (canvases.points[:, :, 1] - canvases.points[:, :, 0])[..., 0][canvases.there]
    assert (apart > 0).all()


def test_landmarks_are_learned(faces, tmp_path):
    recipe = LandmarkRecipe(LandmarkTraining(32, 4, 0.24, 16), faces)
    *_, line = loop.run(recipe, tmp_path)
    assert line["nimg"] == 240
    assert line["cells"] < 2.5
    assert set(score_crops(recipe.trained, faces, rounds=1)) == {"nme", "nme pupils", "told"}


def test_the_detector_learns(faces, tmp_path):
    recipe = DetectorRecipe(DetectorTraining(4, 0.4, 16, 64), faces)
    *_, line = loop.run(recipe, tmp_path)
    assert line["points"] < 0.6
    assert set(score_heat(recipe.trained, faces, rounds=1)) == {
        "found",
        "false a picture",
        "points",
    }


def test_a_perfect_reading_costs_least(faces):
    canvases = face_detector.draw_canvases(faces, 8, 64, Dice(1))
    heat = torch.full((8, 8, 8), -6.0)
    points = canvases.points[:, 0, :, :, None, None].expand(-1, -1, -1, 8, 8)
    near = face_detector.canvas_loss(heat, points, canvases)
    far = face_detector.canvas_loss(heat, points + 9, canvases)
    assert float(near["points"]) < float(far["points"])
    assert float(near["loss/points"]) < float(far["loss/points"])


@pytest.mark.parametrize("kimg", [0, -1])
def test_refuses(kimg):
    with pytest.raises(InputError, match="kimg"):
        LandmarkTraining(kimg=kimg)
    with pytest.raises(InputError, match="kimg"):
        DetectorTraining(kimg=kimg)
    with pytest.raises(InputError, match="size 20"):
        DetectorTraining(size=20)


def test_points_of_another_set(tmp_path):
    np.savez(tmp_path / "a.npz", points=np.zeros((3, 5, 2)))
    with pytest.raises(DatasetError, match=r"\[3, 5, 2\]"):
        face_pictures.read_points(tmp_path / "a.npz")
    with pytest.raises(DatasetError, match="'points'"):
        face_pictures.read_points(tmp_path / "b.npz")


def test_unknown_networks_list_the_known():
    for loader in (load_landmarks, load_detector):
        with pytest.raises(UnknownName):
            loader("no-such-network")
