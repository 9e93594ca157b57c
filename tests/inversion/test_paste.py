"""A face goes back into its photo: soft, in place, and nothing else changes."""

import numpy as np
import pytest

from anime.toys import points
from mien import images
from mien.errors import ImageError, InputError
from mien.faces.alignment import Alignment, align
from mien.faces.finder import Face
from mien.faces.frames import Frame
from mien.inversion import paste
from mien.inversion.paste import (
    convex_hull,
    face_mask,
    face_outline,
    paste_face,
    paste_made,
    soft_mask,
)


@pytest.fixture
def photo():
    return np.random.default_rng(0).integers(0, 255, (180, 240, 3), np.uint8)


def turned(degrees, centre=(120.0, 90.0), half=60.0):
    angle = np.radians(degrees)
    return Frame(centre, (half * np.cos(angle), half * np.sin(angle)))


def whole_mask(alignment, outline):
    part, (left, top) = soft_mask(alignment, outline)
    mask = np.zeros(alignment.picture)
    mask[top : top + part.shape[0], left : left + part.shape[1]] = part
    return mask


@pytest.mark.parametrize("frame", [turned(0), turned(33), turned(0, (20.0, 170.0), 70)])
def test_outside_of_the_mask_not_a_bit_changes(photo, frame):
    crop, alignment = align(photo, frame, 64)
    outline = face_outline(frame)
    pasted = paste_face(photo, 255 - crop, alignment, outline)
    mask = whole_mask(alignment, outline)
    assert (pasted[mask == 0] == photo[mask == 0]).all()
    inner = mask == 1
    assert inner.any()
    assert (pasted[inner] != photo[inner]).any(axis=1).mean() > 0.9
    assert 0.05 < (mask > 0).mean() < 0.6
    assert ((mask > 0) & (mask < 1)).any()


def test_a_smooth_face_comes_back_as_it_was():
    down, across = np.mgrid[:180, :240]
    photo = np.stack([down, across, (down + across) // 2], axis=2).astype(np.uint8)
    frame = turned(20)
    crop, alignment = align(photo, frame, 128)
    pasted = paste_face(photo, crop, alignment, face_outline(frame))
    assert np.abs(pasted.astype(int) - photo).max() <= 2


def test_the_outline_of_landmarks_holds_them_and_a_forehead():
    face = Face.of(points(120, 90, 100))
    outline = face_outline(face)
    hull = convex_hull(outline)
    for point in face.landmarks:
        sides = np.roll(hull, -1, axis=0) - hull
        to = point - hull
        assert (sides[:, 0] * to[:, 1] - sides[:, 1] * to[:, 0] >= 0).all()


def test_a_hull_is_convex_and_small():
    rng = np.random.default_rng(1)
    square = np.array([[0, 0], [4, 0], [4, 4], [0, 4]], float)
    hull = convex_hull(np.concatenate([square, rng.uniform(0.5, 3.5, (50, 2)), square]))
    assert hull.tolist() == square.tolist()
    with pytest.raises(InputError, match="lie on a line"):
        convex_hull(np.array([[0, 0], [1, 1], [2, 2]], float))


def test_what_does_not_fit_is_refused(photo):
    frame = turned(0)
    crop, alignment = align(photo, frame, 64)
    with pytest.raises(InputError, match="cut out of a picture of 180x240, this one has 180x239"):
        paste_face(photo[:, 1:], crop, alignment, face_outline(frame))
    with pytest.raises(InputError, match="must be square"):
        paste_face(photo, crop[1:], alignment, face_outline(frame))
    with pytest.raises(InputError, match="feather is 0"):
        paste_face(photo, crop, alignment, face_outline(frame), feather=0)


def test_a_face_outside_of_its_photo_changes_nothing(photo):
    frame = turned(0, (-400.0, 90.0))
    alignment = Alignment(frame, 64, (180, 240))
    crop = np.zeros((64, 64, 3), np.uint8)
    assert (paste_face(photo, crop, alignment, face_outline(frame)) == photo).all()


def test_a_provenance_says_where_a_face_belongs(photo, tmp_path):
    path, frame = tmp_path / "a.png", turned(10)
    images.save(path, photo)
    crop, alignment = align(photo, frame, 64)
    outline = face_outline(frame)
    made = {"photo": str(path), "alignment": alignment.as_dict(), "outline": outline.tolist()}
    expected = paste_face(photo, 255 - crop, alignment, outline)
    assert (paste_made(255 - crop, made) == expected).all()
    with pytest.raises(InputError, match="one of the faces was not read from one"):
        paste_made(crop, {"seed": 3})
    images.save(path, photo[:100], force=True)
    with pytest.raises(ImageError, match=r"a.png: the face was cut out of a picture of 180x240"):
        paste_made(crop, made)


def test_the_mask_keeps_to_what_the_parser_calls_face(photo, monkeypatch):
    frame = turned(0)
    crop, alignment = align(photo, frame, 64)
    outline = face_outline(frame)
    whole, (left, top) = soft_mask(alignment, outline)
    share = np.ones((180, 240))
    share[:, left + whole.shape[1] * 3 // 4 :] = 0
    monkeypatch.setattr(paste, "region_mask", lambda *_: (share, (0, 0)))
    kept, corner = face_mask(photo, alignment, outline)
    assert corner == (left, top)
    cut = whole.shape[1] * 3 // 4
    assert (kept[:, :cut] == whole[:, :cut]).all()
    assert not kept[:, cut:].any()
    page = paste_face(photo, 255 - crop, alignment, outline)
    assert (page[:, left + cut :] == photo[:, left + cut :]).all()
    # A parser that sees next to nothing here is not believed, and there may be none.
    for found in ((share * 0, (0, 0)), None):
        monkeypatch.setattr(paste, "region_mask", lambda *_, found=found: found)
        assert (face_mask(photo, alignment, outline)[0] == whole).all()
