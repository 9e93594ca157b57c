"""The crop, its inverse, and what is left alone."""

import numpy as np
import pytest

from mien.errors import InputError
from mien.faces.alignment import Alignment, align, invert, move, paste_back, warp
from mien.faces.finder import Face
from mien.faces.frames import Frame


def smooth(height=240, width=300):
    """A picture without detail finer than a crop can hold."""
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / 17 + y / 29), np.cos(x / 23 - y / 19), np.sin((x + y) / 31)]
    return (127.5 + 100 * np.stack(waves, axis=2)).round().astype(np.uint8)


TILTED = Frame((150.0, 120.0), (55.0, 30.0))


@pytest.mark.parametrize("size", [64, 128, 256])
def test_there_and_back(size):
    image = smooth()
    crop, alignment = align(image, TILTED, size)
    assert crop.shape == (size, size, 3)
    back = paste_back(image, crop, alignment)
    error = np.abs(back.astype(int) - image)
    assert error.max() <= (3 if size >= 128 else 6)
    assert error.mean() < 0.2


def test_points_go_there_and_back_exactly():
    alignment = Alignment(TILTED, 256, (240, 300))
    points = np.random.RandomState(0).rand(20, 2) * 256
    assert alignment.to_crop(alignment.to_picture(points)) == pytest.approx(points, abs=1e-9)
    corner = alignment.to_picture(np.array([[0.0, 0], [256, 256], [128, 128]]))
    assert corner[0] == pytest.approx(TILTED.corners()[0])
    assert corner[1] == pytest.approx(TILTED.corners()[2])
    assert corner[2] == pytest.approx((150, 120))


def test_an_upright_square_of_whole_pixels_is_cut_bit_for_bit():
    image = np.random.RandomState(0).randint(0, 256, (200, 200, 3)).astype(np.uint8)
    crop, alignment = align(image, Frame((80.0, 90.0), (32.0, 0.0)), 64)
    assert (crop == image[58:122, 48:112]).all()
    edited = 255 - crop
    back = paste_back(image, edited, alignment, feather=0)
    assert (back[58:122, 48:112] == edited).all()
    back[58:122, 48:112] = image[58:122, 48:112]
    assert (back == image).all()


def test_an_edit_fades_and_the_rest_stays():
    image = smooth()
    crop, alignment = align(image, TILTED, 128)
    back = paste_back(image, np.full_like(crop, 255), alignment, feather=0.2)
    y, x = np.mgrid[:240, :300] + 0.5
    inside = alignment.to_crop(np.stack([x, y], axis=2).reshape(-1, 2)).reshape(240, 300, 2) / 128
    depth = np.minimum(inside, 1 - inside).min(axis=2)
    assert (back[depth <= 0] == image[depth <= 0]).all()
    assert (back[depth > 0.2] == 255).all()
    ring = (depth > 0.05) & (depth < 0.1)
    assert (back[ring] >= image[ring]).all()
    assert (back[ring] < 255).any()


def test_an_edited_crop_of_another_size():
    image = smooth()
    crop, alignment = align(image, TILTED, 64)
    large = np.repeat(np.repeat(crop, 3, axis=0), 3, axis=1)
    back = paste_back(image, large, alignment)
    assert np.abs(back.astype(int) - image).mean() < 1.5


def test_a_shrunk_face_does_not_alias():
    y, x = np.mgrid[:512, :512]
    board = (((x + y) % 2) * 255).astype(np.uint8)
    image = np.repeat(board[..., None], 3, axis=2)
    crop, _ = align(image, Frame((256.0, 256.0), (200.0, 9.0)), 32)
    assert np.abs(crop.astype(int) - 127).max() <= 6


def test_beyond_the_picture_it_is_reflected_and_fades():
    image = smooth(120, 120)
    crop, alignment = align(image, Frame((20.0, 60.0), (60.0, 0.0)), 120)
    # 40 columns lie left of the picture; the inner ones are the picture itself.
    assert (crop[:, 40:] == image[:, :80]).all()
    assert np.abs(crop[:, 39].astype(int) - image[:, 1]).max() <= 12
    assert alignment.outside() == pytest.approx(1 / 3, abs=0.02)
    assert crop[:, 0].astype(float).std() < image[:, 40].astype(float).std()
    back = paste_back(image, crop, alignment)
    assert (back == image).all()


def test_a_square_that_misses_the_picture():
    image = smooth(100, 100)
    crop, alignment = align(image, Frame((300.0, 300.0), (30.0, 0.0)), 32)
    assert alignment.outside() == 1
    assert (paste_back(image, crop, alignment) == image).all()


def test_it_can_be_written_down():
    alignment = Alignment(TILTED, 256, (240, 300))
    assert Alignment.from_dict(alignment.as_dict()) == alignment
    with pytest.raises(InputError, match="no alignment"):
        Alignment.from_dict({"centre": [1, 2]})


def test_warp_and_its_matrices():
    image = smooth()
    matrix = np.array([[1.0, 0, 10], [0, 1.0, 20]])
    assert (warp(image, matrix, 50, 60).round() == image[20:70, 10:70]).all()
    turn = Alignment(TILTED, 100, (240, 300)).matrix()
    points = np.random.RandomState(1).rand(5, 2)
    assert move(invert(turn), move(turn, points)) == pytest.approx(points)


@pytest.mark.parametrize(
    ("what", "match"),
    [
        (lambda image, crop, a: align(image, TILTED, 8), "size is 8"),
        (lambda image, crop, a: align(image, Frame((0.0, 0.0), (1e5, 0.0)), 64), "`box`"),
        (lambda image, crop, a: paste_back(image[1:], crop, a), "240x300.*239x300"),
        (lambda image, crop, a: paste_back(image, crop[1:], a), "must be square"),
        (lambda image, crop, a: paste_back(image, crop, a, 0.7), "feather is 0.7"),
    ],
)
def test_refusals(what, match):
    image = smooth()
    crop, alignment = align(image, TILTED, 64)
    with pytest.raises(InputError, match=match):
        what(image, crop, alignment)


def test_of_a_face():
    landmarks = np.random.RandomState(0).rand(68, 2) * 10
    landmarks[36:42], landmarks[42:48] = [100, 100], [160, 100]
    landmarks[48], landmarks[54] = [110, 170], [150, 170]
    _, alignment = align(smooth(), Face.of(landmarks), 64)
    assert alignment.frame.half == pytest.approx((126, 0))
