"""Published face detectors as ONNX files, told by names and shapes of inputs and outputs.

    YuNet        (Wu, Peng, Yu 2023; OpenCV zoo, 2023mar): ``cls_8 obj_8 bbox_8 kps_8`` … ``_32``;
                 BGR, 0 to 255
    UltraFace    (Linzaer, version RFB or slim): ``scores`` ``[1, n, 2]``, ``boxes`` ``[1, n, 4]``
                 as corners in shares of the picture; RGB, (x - 127) / 128; boxes only
    RetinaFace   (Deng et al. 2020; biubug6's export): ``[1, n, 4]``, ``[1, n, 2]``, ``[1, n, 10]``
                 on priors of two sizes at strides 8, 16, 32; BGR less the mean of ImageNet

Axes: n priors or cells, h w pixels.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from mien import images
from mien.errors import CheckpointError, InputError, MissingExtra
from mien.judges.detections import Detection, suppress

STRIDES = (8, 16, 32)
"""Pixels between two cells of YuNet's and RetinaFace's three levels."""

_PRIOR_SIDES = ((16, 32), (64, 128), (256, 512))  # RetinaFace, MobileNet and ResNet-50 alike
_VARIANCES = (0.1, 0.2)
_IMAGENET_BGR = (104.0, 117.0, 123.0)
_MOST = 640
"""Longest side, in pixels, that a picture is brought to for a network of free size."""

Output = Float[np.ndarray, "..."]
Decoder = Callable[[Mapping[str, Output], int, int], list[tuple[float, np.ndarray, Any]]]


class OnnxDetector:
    """A detector out of an ONNX file; see :class:`~mien.judges.detections.Detector`.

    ``threshold`` is the least score of a face; ``None`` for the format's usual one. Raises
    MissingExtra without onnxruntime, CheckpointError if the file cannot be read, or is none of the
    known detectors.
    """

    def __init__(self, path: str | Path, threshold: float | None = None) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise MissingExtra("onnxruntime", "onnx", "a detector in ONNX format") from None
        self.path = Path(path)
        if not self.path.is_file():
            raise CheckpointError(path, "does not exist", "give an ONNX file")
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        try:
            self.session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # noqa: BLE001  # its errors have no common root
            cause = " ".join(str(error).split())[:120]
            raise CheckpointError(path, f"is no ONNX file that runs here ({cause})") from None
        inputs, outputs = self.session.get_inputs(), self.session.get_outputs()
        self.outputs = [output.name for output in outputs]
        self.format = detect_format(inputs, outputs, self.path)
        self.input, self.shape = inputs[0].name, list(inputs[0].shape)
        self.threshold = 0.6 if threshold is None else threshold

    def detect(self, image: UInt8[np.ndarray, "h w 3"]) -> list[Detection]:
        """Find the faces of a picture, the surest first."""
        pixels, scale = self._prepared(image)
        found = self.session.run(None, {self.input: pixels})
        named = {
            name: np.asarray(value, dtype=np.float64)
            for name, value in zip(self.outputs, found, strict=True)
        }
        decode = _DECODERS[self.format]
        height, width = pixels.shape[2:]
        detections = []
        for score, box, five in decode(named, height, width):
            if score < self.threshold:
                continue
            x, y, right, bottom = (float(value) / scale for value in box)
            points = None if five is None else np.asarray(five, dtype=np.float64) / scale
            detections.append(Detection(float(score), (x, y, right - x, bottom - y), points))
        return suppress(detections)

    def _prepared(
        self, image: UInt8[np.ndarray, "h w 3"]
    ) -> tuple[Float[np.ndarray, "1 3 h2 w2"], float]:
        """The picture as the network wants it, its upper left part, and how it was scaled."""
        height, width = image.shape[:2]
        fixed = [side if isinstance(side, int) and side > 0 else None for side in self.shape[2:]]
        room_h, room_w = fixed[0] or _MOST, fixed[1] or _MOST
        scale = min(room_h / height, room_w / width)
        if not all(fixed):
            scale = min(scale, 1.0)
        size = max(round(height * scale), 1), max(round(width * scale), 1)
        shown = images.resize(image, size, "bilinear")
        full = tuple(
            side or math.ceil(own / STRIDES[-1]) * STRIDES[-1]
            for side, own in zip(fixed, size, strict=True)
        )
        pixels = np.zeros((*full, 3), np.float32)
        pixels[: size[0], : size[1]] = shown
        pixels = (pixels - 127) / 128 if self.format == "UltraFace" else pixels[..., ::-1]
        if self.format == "RetinaFace":
            pixels = pixels - np.array(_IMAGENET_BGR, np.float32)
        return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]), scale


def detect_format(inputs: Sequence[Any], outputs: Sequence[Any], path: Path) -> str:
    """Which known detector a graph is, by inputs and outputs; CheckpointError if none."""
    names = {output.name for output in outputs}
    lasts = sorted(output.shape[-1] for output in outputs if _is_number(output))
    one_picture = len(inputs) == 1 and len(inputs[0].shape) == 4 and inputs[0].shape[1] == 3
    if one_picture and {f"{kind}_{s}" for kind in _YUNET for s in STRIDES} <= names:
        return "YuNet"
    if one_picture and names == {"scores", "boxes"} and lasts == [2, 4]:
        return "UltraFace"
    if one_picture and len(outputs) == 3 and lasts == [2, 4, 10]:
        return "RetinaFace"
    has = ", ".join(
        f"{output.name} {list(output.shape)}" for output in itertools.islice(outputs, 4)
    )
    more = "" if len(outputs) <= 4 else f" and {len(outputs) - 4} more"
    cause = (
        f"is none of the detectors that are known ({', '.join(FORMATS)}): its outputs are "
        f"{has}{more}"
    )
    raise CheckpointError(path, cause, "give one of these, or leave `detector` away")


def _is_number(output: Any) -> bool:
    return bool(output.shape) and isinstance(output.shape[-1], int)


_YUNET = ("cls", "obj", "bbox", "kps")


def _yunet(named: Mapping[str, Output], height: int, width: int) -> list[Any]:
    """Score √(class · objectness); centre and points in cells, sides as logarithms."""
    found = []
    for stride in STRIDES:
        parts = [named[f"{kind}_{stride}"] for kind in _YUNET]
        cls, obj, box, points = (part.reshape(-1, part.shape[-1]) for part in parts)
        score = np.sqrt(cls[:, 0].clip(0, 1) * obj[:, 0].clip(0, 1))
        columns = math.ceil(width / stride)
        if len(score) != columns * math.ceil(height / stride):
            cause = f"YuNet gave {len(score)} cells at stride {stride} for {width}x{height} pixels"
            raise InputError(cause)
        cells = np.stack(np.divmod(np.arange(len(score)), columns)[::-1], axis=1).astype(float)
        centre = (cells + box[:, :2]) * stride
        half = np.exp(box[:, 2:]) * stride / 2
        corners = np.concatenate([centre - half, centre + half], axis=1)
        five = (points.reshape(-1, 5, 2) + cells[:, None]) * stride
        found += list(zip(score, corners, five, strict=True))
    return found


def _ultraface(named: Mapping[str, Output], height: int, width: int) -> list[Any]:
    """Corners in shares of the picture; no points."""
    scores = named["scores"].reshape(-1, 2)[:, 1]
    boxes = named["boxes"].reshape(-1, 4) * (width, height, width, height)
    return [(score, box, None) for score, box in zip(scores, boxes, strict=True)]


def _retinaface(named: Mapping[str, Output], height: int, width: int) -> list[Any]:
    """Offsets from priors, in units of the prior times a variance."""
    by_last = {value.shape[-1]: value.reshape(-1, value.shape[-1]) for value in named.values()}
    priors = retinaface_priors(height, width)
    offsets, scores, points = by_last[4], by_last[2], by_last[10]
    if len(offsets) != len(priors):
        raise InputError(
            f"RetinaFace gave {len(offsets)} boxes for {width}x{height} pixels, its usual priors "
            f"are {len(priors)}"
        )
    centre = priors[:, :2] + offsets[:, :2] * _VARIANCES[0] * priors[:, 2:]
    half = priors[:, 2:] * np.exp(offsets[:, 2:] * _VARIANCES[1]) / 2
    corners = np.concatenate([centre - half, centre + half], axis=1)
    five = priors[:, None, :2] + points.reshape(-1, 5, 2) * _VARIANCES[0] * priors[:, None, 2:]
    return list(zip(scores[:, 1], corners, five, strict=True))


def retinaface_priors(height: int, width: int) -> Float[np.ndarray, "n 4"]:
    """Centre x, y, width and height of RetinaFace's priors, in pixels, in the network's order."""
    rows = []
    for stride, sides in zip(STRIDES, _PRIOR_SIDES, strict=True):
        for y in range(math.ceil(height / stride)):
            for x in range(math.ceil(width / stride)):
                rows += [((x + 0.5) * stride, (y + 0.5) * stride, side, side) for side in sides]
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


_DECODERS: dict[str, Decoder] = {
    "YuNet": _yunet,
    "UltraFace": _ultraface,
    "RetinaFace": _retinaface,
}

FORMATS = tuple(_DECODERS)
"""The detectors that are known."""
