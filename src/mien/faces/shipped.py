"""The finder of faces with the networks that ship: loaded once, used by every verb."""

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
    """A finder of faces; faces less sure than ``threshold`` are dropped.

    ``detector`` is an ONNX file of a published detector, or one of our own by name or path;
    ``None`` the one that ships. ``detail`` is the longest side in pixels of what our own is shown;
    more finds smaller faces and takes longer.

    Raises UnknownName, WeightsMissing or CheckpointError if a network cannot be loaded,
    MissingExtra for an ONNX file without onnxruntime.
    """
    network = load_landmarks(landmarks, device).network
    return FaceFinder(load_any_detector(detector, device, detail), network, threshold)


def load_any_detector(
    detector: str | Path | None = None, device: str = "cpu", detail: int = 640
) -> Detector:
    """A detector as of :func:`face_finder`: ours, or out of an ONNX file."""
    from mien.judges.face_detector import PyramidDetector

    if detector is not None and Path(detector).suffix.lower() == ".onnx":
        from mien.judges.onnx_detectors import OnnxDetector

        return OnnxDetector(detector)
    return PyramidDetector(load_detector(detector or DETECTOR, device).network, detail)
