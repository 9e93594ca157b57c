"""Finding faces in two steps, choosing among them, and what is said of bad ones."""

import numpy as np
import pytest

from faces.toy_faces import ToyDetector, ToyNetwork, finder, picture, shape
from mien.errors import InputError
from mien.faces.finder import Face, FaceFinder, box_frame, choose_face, draw_faces
from mien.faces.frames import Frame
from mien.judges.detections import Detection


def face_at(x, y, half, degrees=0.0, score=1.0):
    angle = np.radians(degrees)
    frame = Frame((x, y), (half * np.cos(angle), half * np.sin(angle)))
    points = np.append(shape(), np.ones((70, 1)), axis=1) @ frame.matrix().T
    return Face.of(points[:68], score, points[68:])


def test_finds_the_largest_first():
    faces = finder().find(picture((10, 20, 60), (120, 40, 100)))
    assert [round(face.frame.side) for face in faces] == [100, 60]
    assert faces[0].frame.centre == pytest.approx((170, 90), abs=1e-3)
    assert faces[1].eyes == pytest.approx(np.array([[32.5, 48.5], [47.5, 48.5]]), abs=0.4)
    assert faces[0].score > 0.9
    x, y, width, height = faces[0].box
    assert 120 < x < x + width < 220
    assert 40 < y < 90 < y + height < 140


def test_a_detector_that_gives_boxes_only():
    found = FaceFinder(ToyDetector(five=False), ToyNetwork()).find(picture((40, 30, 100)))
    assert len(found) == 1


def test_what_the_network_does_not_believe_is_dropped():
    class Sees(ToyDetector):
        def detect(self, image):
            return [Detection(0.9, (200.0, 100.0, 60.0, 60.0))]

    assert FaceFinder(Sees(), ToyNetwork()).find(picture((10, 20, 60))) == []
    assert FaceFinder(Sees(), ToyNetwork(), threshold=0).find(picture((10, 20, 60)))


def test_twice_found_is_one_face():
    class Twice(ToyDetector):
        def detect(self, image):
            return super().detect(image) * 2

    assert len(FaceFinder(Twice(), ToyNetwork()).find(picture((10, 20, 60)))) == 1


def test_points_that_are_no_face_are_passed_over():
    class Broken(ToyDetector):
        def detect(self, image):
            return [Detection(0.9, (0.0, 0.0, 9.0, 9.0), np.zeros((5, 2)))]

    assert FaceFinder(Broken(), ToyNetwork()).find(picture()) == []


def test_no_face_and_no_frames():
    assert finder().find(picture()) == []
    assert finder().refine(picture(), []) == []


def test_a_box_and_its_square():
    face = face_at(100, 90, 50)
    assert box_frame(face.box).centre == pytest.approx(face.frame.centre, abs=8)
    assert box_frame(face.box).side == pytest.approx(face.frame.side, rel=0.12)
    read = finder().in_box(picture((50, 40, 100)), face.box)
    assert read.frame.centre == pytest.approx((100, 90), abs=8)


@pytest.mark.parametrize(
    ("box", "match"),
    [
        ((10.0, 10.0, 3.0, 50.0), "3x50 pixels"),
        ((400.0, 10.0, 50.0, 50.0), "outside of the picture, which is 300x200"),
        ((float("nan"), 10.0, 50.0, 50.0), "nan"),
    ],
)
def test_boxes_that_hold_nothing(box, match):
    with pytest.raises(InputError, match=match):
        finder().in_box(picture(), box)


def test_choosing():
    faces = [face_at(50, 50, 40), face_at(200, 50, 30)]
    assert choose_face(faces[:1], None) is faces[0]
    assert choose_face(faces, 2) is faces[1]
    for some, number, match in [
        ([], None, "no face was found; say where it is with `box=x,y,width,height`"),
        (faces, None, "2 faces were found; choose one with `face`, 1 to 2"),
        (faces, 3, "no face 3: 2 faces were found"),
        (faces[:1], 2, "no face 2: 1 face was found"),
    ]:
        with pytest.raises(InputError, match=match):
            choose_face(some, number)


def test_notes():
    assert face_at(100, 100, 60).notes() == []
    assert "tiny (eyes 10 pixels" in face_at(100, 100, 20).notes()[0]
    assert "drawing" in face_at(100, 100, 60, score=0.6).notes()[0]
    side = face_at(100, 100, 60)
    side.landmarks[30] += [15, 0]
    assert side.turned == pytest.approx(0.5)
    assert "from the side" in side.notes()[0]


def test_how_far_a_head_is_turned_does_not_depend_on_its_tilt():
    assert face_at(100, 100, 60, degrees=25).turned == pytest.approx(0, abs=1e-9)
    assert face_at(100, 100, 60, degrees=25).frame.degrees == pytest.approx(25)
    assert face_at(100, 100, 60, degrees=25).eye_distance == pytest.approx(30)


def test_eyes_without_pupils():
    face = face_at(100, 100, 60)
    assert Face.of(face.landmarks).eyes == pytest.approx(face.eyes)


def test_the_preview_shows_numbers():
    image = picture(height=400, width=600)
    shown = draw_faces(image, [face_at(150, 200, 100), face_at(420, 200, 100)])
    assert shown.shape == image.shape
    assert (shown != image).any(axis=2).sum() > 500
    assert draw_faces(image, [face_at(150, 200, 100)], longest=300).shape == (200, 300, 3)


def test_rounds():
    with pytest.raises(InputError, match="rounds is 0"):
        finder(rounds=0)


def test_a_small_unsure_face_beside_a_sure_one_is_none():
    class Sees(ToyDetector):
        def detect(self, image):
            boxes = [
                (20.0, 20.0, 100.0, 100.0),
                (200.0, 20.0, 20.0, 20.0),
                (180.0, 90.0, 80.0, 80.0),
            ]
            return [
                Detection(score, box) for score, box in zip((0.95, 0.6, 0.6), boxes, strict=True)
            ]

    image = np.full((200, 300, 3), [255, 0, 0], np.uint8)
    sides = [face.frame.side for face in FaceFinder(Sees(), ToyNetwork()).find(image)]
    assert len(sides) == 2
    assert min(sides) > 40


class Standing(ToyNetwork):
    """Sure only of faces whose upper half is blue, as a network that learned upright ones."""

    def read(self, images):
        shares, red = super().read(images)
        blue, half = images[:, 2], images.shape[2] // 2
        stands = blue[:, :half].mean(dim=(1, 2)) > blue[:, half:].mean(dim=(1, 2)) + 0.3
        return shares, red * (0.7 + 0.3 * stands)


def standing(turns):
    """A picture with a face that is turned by quarters, counter-clockwise."""
    image = picture((100, 60, 80), height=240, width=280)
    image[60:100, 100:180, 2] = 255
    return np.ascontiguousarray(np.rot90(image, turns))


@pytest.mark.parametrize("turns", range(4))
def test_faces_on_their_side_and_on_their_head(turns):
    finder, image = FaceFinder(ToyDetector(), Standing()), standing(turns)
    degrees = (-90 * turns + 180) % 360 - 180
    (face,) = finder.find(image)
    assert abs((face.frame.degrees - degrees + 180) % 360 - 180) < 1
    assert face.score > 0.9
    rows, columns = np.nonzero(image[..., 0] == 255)
    middle = (columns.mean() + 0.5, rows.mean() + 0.5)
    assert np.allclose(face.frame.centre, middle, atol=1)
    boxed = finder.in_box(image, (int(columns.min()), int(rows.min()) + 12, 80, 80))
    assert abs((boxed.frame.degrees - degrees + 180) % 360 - 180) < 1


def test_a_face_far_off_upright_is_looked_at_as_it_stands():
    def seen(centre, half, degrees, score):
        angle = np.radians(degrees)
        matrix = Frame(centre, (half * np.cos(angle), half * np.sin(angle))).matrix()
        points = np.append(shape()[[36, 45, 30, 48, 54]], np.ones((5, 1)), axis=1)
        return Detection(score, (*centre, 2 * half, 2 * half), points @ matrix.T)

    class Tilted(ToyDetector):
        """Hardly surer of a face at 75 degrees than of a knot of hair."""

        calls = 0

        def detect(self, image):
            self.calls += 1
            if self.calls == 1:
                return [seen((140, 100), 40, 75, 0.7), seen((30, 30), 6, 0, 0.66)]
            return [one for one in super().detect(image) if one.box[2] > 40 and self.calls == 4]

    detector = Tilted()
    (face,) = FaceFinder(detector, ToyNetwork()).find(picture((100, 60, 80), (24, 24, 12)))
    assert detector.calls == 4
    assert abs(face.frame.degrees) == pytest.approx(90)
    assert face.score > 0.9


def test_a_sure_face_is_looked_for_once():
    class Counts(ToyDetector):
        calls = 0

        def detect(self, image):
            self.calls += 1
            return super().detect(image)

    for turns, calls in ((0, 1), (2, 4)):
        detector = Counts()
        assert len(FaceFinder(detector, Standing()).find(standing(turns))) == 1
        assert detector.calls == calls
