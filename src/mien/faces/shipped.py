"""The finder of faces with the networks that ship: loaded once, used by every verb.

faces = face_finder().find(image)
crop, alignment = align(image, faces[0], 256)
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mien.faces.finder import FaceFinder
from mien.hub.loading import load_detector, load_landmarks

if TYPE_CHECKING:
    from mien.judges.detections import Detector

DETECTOR = "detector"
LANDMARKS = "landmarks"
"""The networks that ship, as the catalogue names them."""


def face_finder(
    detector: str | Path | None = None,
    landmarks: str | Path = LANDMARKS,
    device: str = "cpu",
    detail: int = 640,
    threshold: float = 0.5,
) -> FaceFinder:
    """A finder of faces.

    Args:
        detector: An ONNX file of a published detector, or a detector of our own by name or path;
            ``None`` for the one that ships.
        landmarks: The landmark network, by name or path.
        device: Where to compute.
        detail: Longest side in pixels of what our own detector is shown; more finds smaller faces
            and takes longer.
        threshold: Faces less sure than this are dropped.

    Raises:
        UnknownName, WeightsMissing, CheckpointError: A network cannot be loaded.
        MissingExtra: An ONNX file, and onnxruntime is not installed.
    """
    network = load_landmarks(landmarks, device).network
    return FaceFinder(load_any_detector(detector, device, detail), network, threshold)


def load_any_detector(
    detector: str | Path | None = None, device: str = "cpu", detail: int = 640
) -> Detector:
    """A detector: the one that ships, one of our own files, or an ONNX file; see above."""
    from mien.judges.face_detector import PyramidDetector

    if detector is not None and Path(detector).suffix.lower() == ".onnx":
        from mien.judges.onnx_detectors import OnnxDetector

        return OnnxDetector(detector)
    return PyramidDetector(load_detector(detector or DETECTOR, device).network, detail)
