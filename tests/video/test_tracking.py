"""Faces followed from frame to frame: people who come, go, hide and pass each other."""

from __future__ import annotations

import numpy as np
import pytest

from mien.errors import InputError
from mien.judges.detections import Detection
from mien.video.tracking import FrameFaces, Tracker, greedy_matches, overlaps, track_faces


def face(x: float, y: float = 50, side: float = 40) -> np.ndarray:
    return np.array([x, y, x + side, y + side], np.float64)


def seen(*boxes: np.ndarray) -> FrameFaces:
    """Boxes, each with its centre as the one landmark."""
    stacked = np.stack(boxes) if boxes else np.zeros((0, 4))
    return FrameFaces(stacked, (stacked[:, None, :2] + stacked[:, None, 2:]) / 2)


def test_overlaps() -> None:
    a = np.array([[0, 0, 10, 10], [0, 0, 0, 0]], np.float64)
    b = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]], np.float64)
    np.testing.assert_allclose(overlaps(a, b), [[1, 1 / 3, 0], [0, 0, 0]])
    np.testing.assert_allclose(overlaps(b, b), overlaps(b, b).T)


def test_greedy_matches_take_the_best_first_and_each_once() -> None:
    scores = np.array([[0.9, 0.8], [0.85, 0.1]])
    assert greedy_matches(scores, 0.3) == [(0, 0)]
    assert greedy_matches(scores, 0.05) == [(0, 0), (1, 1)]
    assert greedy_matches(np.zeros((0, 3)), 0.3) == []


def test_one_face_that_moves() -> None:
    tracks = track_faces(seen(face(10 + 3 * t)) for t in range(20))
    assert len(tracks) == 1
    assert tracks[0].frames.tolist() == list(range(20))
    assert tracks[0].seen.all()
    assert tracks[0].boxes[7].tolist() == face(31).tolist()
    assert tracks[0].landmarks[7, 0].tolist() == [51, 70]


def test_two_people_keep_their_numbers_whatever_the_order_of_detections() -> None:
    tracker = Tracker()
    for t in range(12):
        left, right = face(10 + t), face(150 - t, side=60)
        first = tracker.update(seen(left, right) if t % 2 else seen(right, left))
        assert first == ([1, 0] if t % 2 else [0, 1])
    tracks = tracker.tracks()
    assert [len(track) for track in tracks] == [12, 12]
    assert tracks[0].boxes[0, 0] == 150  # the larger one first
    assert tracks[0].presence > tracks[1].presence


def test_a_face_that_is_missed_for_some_frames_is_the_same_and_its_gap_is_filled() -> None:
    found = [seen() if 5 <= t < 9 else seen(face(10 + 2 * t)) for t in range(15)]
    tracks = track_faces(found, patience=4)
    assert len(tracks) == 1
    assert tracks[0].seen.tolist() == [not 5 <= t < 9 for t in range(15)]
    np.testing.assert_allclose(tracks[0].boxes[:, 0], 10 + 2 * np.arange(15))
    assert len(track_faces(found, patience=3)) == 2


def test_faces_that_come_and_go() -> None:
    found = []
    for t in range(60):
        faces = [face(20)] if t < 20 else []
        faces += [face(200)] if 10 <= t < 60 else []
        found.append(seen(*faces))
    first, second = track_faces(found)
    assert (first.frames[0], first.frames[-1]) == (10, 59)
    assert (second.frames[0], second.frames[-1]) == (0, 19)
    assert (first.at(9), first.at(10), first.at(59), first.at(60)) == (None, 0, 49, None)


def test_mistakes_of_the_detector_are_left_out() -> None:
    found = [seen(face(20), face(300)) if t == 7 else seen(face(20)) for t in range(15)]
    assert len(track_faces(found)) == 1
    assert len(track_faces(found, shortest=1)) == 2


def test_clips_of_a_frame_or_none_or_without_faces() -> None:
    assert len(track_faces([seen(face(20))])) == 1
    assert track_faces([]) == []
    assert track_faces([seen(), seen()]) == []


def test_faces_of_a_detector() -> None:
    five = np.arange(10, dtype=np.float64).reshape(5, 2)
    faces = FrameFaces.of([Detection(0.9, (10, 20, 30, 40), five)])
    assert faces.boxes.tolist() == [[10, 20, 40, 60]]
    assert faces.landmarks.tolist() == [five.tolist()]
    assert FrameFaces.of([]).boxes.shape == (0, 4)
    assert FrameFaces.of([Detection(0.9, (1, 2, 3, 4))]).landmarks.shape == (1, 0, 2)
    with pytest.raises(InputError, match="1 of 2 faces have points"):
        FrameFaces.of([Detection(0.9, (0, 0, 1, 1), five), Detection(0.8, (2, 2, 1, 1))])


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="1 boxes with 2 sets"):
        FrameFaces(face(0)[None], np.zeros((2, 5, 2)))
    with pytest.raises(InputError, match="overlap 0"):
        Tracker(overlap=0)
    with pytest.raises(InputError, match="patience -1"):
        Tracker(patience=-1)
