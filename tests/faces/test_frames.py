"""FFHQ's square against numbers worked out by hand."""

import numpy as np
import pytest

from mien.errors import InputError
from mien.faces.frames import Frame, five_points, frame_of

UPRIGHT = np.array([[100.0, 100], [160, 100], [130, 130], [110, 170], [150, 170]])


def test_an_upright_face():
    # e = (130, 100), a = (60, 0), b = (0, 70): x = a - (-70, 0) = (130, 0), then of length
    # max(2 * 60, 1.8 * 70) = 126; c = e + 0.1 b = (130, 107).
    frame = frame_of(UPRIGHT)
    assert frame.centre == pytest.approx((130, 107))
    assert frame.half == pytest.approx((126, 0))
    assert frame.side == pytest.approx(252)
    assert frame.corners() == pytest.approx(
        np.array([[4, -19], [4, 233], [256, 233], [256, -19]]), abs=1e-9
    )


def test_a_tilted_face():
    # e = (50, 50), a = (40, 30), b = (-12, 16): x = a - (-16, -12) = (56, 42), of length
    # max(2 * 50, 1.8 * 20) = 100 -> (80, 60); c = (50 - 1.2, 50 + 1.6).
    five = np.array([[30.0, 35], [70, 65], [0, 0], [28, 56], [48, 76]])
    frame = frame_of(five)
    assert frame.centre == pytest.approx((48.8, 51.6))
    assert frame.half == pytest.approx((80, 60))
    assert frame.degrees == pytest.approx(np.degrees(np.arctan2(3, 4)))


def test_turning_a_picture_turns_the_square():
    angle, scale, shift = 0.7, 1.7, np.array([30.0, -12])
    matrix = np.column_stack(
        [
            scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]),
            shift,
        ]
    )
    moved = frame_of(UPRIGHT @ matrix[:, :2].T + matrix[:, 2])
    same = frame_of(UPRIGHT).moved(matrix)
    assert moved.centre == pytest.approx(same.centre)
    assert moved.half == pytest.approx(same.half)


def test_five_points_of_68_landmarks():
    landmarks = np.zeros((68, 2))
    landmarks[36:42] = [[0, 0], [1, -1], [2, -1], [3, 0], [2, 1], [1, 1]]
    landmarks[42:48] = landmarks[36:42] + np.array([10, 0])
    landmarks[30], landmarks[48], landmarks[54] = [6, 6], [3, 9], [10, 9]
    five = five_points(landmarks)
    assert five == pytest.approx(np.array([[1.5, 0], [11.5, 0], [6, 6], [3, 9], [10, 9]]))
    assert frame_of(landmarks).half == pytest.approx(frame_of(five).half)


def test_a_part_of_a_square():
    part = Frame((10.0, 20.0), (0.0, 8.0)).part((0.0, 0.5), 0.25)
    # Turned by a quarter: the square's own "down" points left.
    assert part.centre == pytest.approx((6, 20))
    assert part.half == pytest.approx((0, 2))


@pytest.mark.parametrize("points", [np.zeros((5, 2)), np.ones((7, 2))])
def test_what_is_no_face(points):
    with pytest.raises(InputError):
        frame_of(points)


@pytest.mark.shared
def test_sfhq_is_cut_to_this_square(shared):
    points = np.load(shared / "data/sfhq_landmarks68.npz")["points"]
    for one in points[::200]:
        frame = frame_of(one.astype(np.float64))
        assert frame.centre == pytest.approx((128, 128), abs=1e-3)
        assert frame.half == pytest.approx((128, 0), abs=1e-3)
