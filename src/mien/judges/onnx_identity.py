"""Any face recogniser that comes as an ONNX file: ArcFace, MobileFaceNet and their kin.

Such networks want faces as ArcFace's authors cut them (Deng et al. 2019): 112×112 pixels, eyes,
nose and mouth in five fixed places, values in [-1, 1]. Here they are fed from pictures framed as
FFHQ frames them: by the five points of each face where they are known, else by one fixed square
that brings the average FFHQ face there. Vectors come out with length 1. No gradient flows.

Axes: n batch, h w pixels, s side of the input, d length of a vector.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from mien.errors import CheckpointError, ConfigMismatch, InputError, MissingExtra

TEMPLATE = (
    *((38.2946, 51.6963), (73.5318, 51.5014)),
    *((56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)),
)
"""Where ArcFace's 112×112 picture has the eyes, the nose and the mouth's corners: x, y."""

_TEMPLATE_SIDE = 112
# The same points of the average FFHQ-aligned face, in shares of its picture.
_FFHQ = ((0.3757, 0.4713), (0.6243, 0.4713), (0.5, 0.6035), (0.401, 0.7445), (0.599, 0.7445))

Run = Callable[[np.ndarray], np.ndarray]


class OnnxIdentity:
    """A recogniser out of a file, used like :class:`mien.judges.identity.Identity`.

    ``resolution`` is the side of the picture that it takes, blue first with ``bgr``; ``dim`` the
    length of its vectors, 0 until the first picture was seen; ``engine`` is ``onnxruntime``,
    ``openvino``, or None for the first that is installed.

    Raises CheckpointError if the file cannot be read, ConfigMismatch if it does not take one square
    picture of three channels, MissingExtra if nothing that runs ONNX files is installed.
    """

    def __init__(self, path: str | Path, bgr: bool = False, engine: str | None = None) -> None:
        self.path, self.bgr, self.dim = Path(path), bgr, 0
        if not self.path.is_file():
            raise CheckpointError(path, "does not exist", "name an .onnx file")
        self._run, shape, self.engine = open_onnx(self.path, engine)
        sides = shape[2:] if len(shape) == 4 and shape[1] == 3 else shape[1:3]
        self._last = len(shape) == 4 and shape[1] != 3  # channels last, as TensorFlow has them
        if len(shape) != 4 or 3 not in (shape[1], shape[3]) or sides[0] != sides[1]:
            cause = f"its input has the shape {list(shape)}, [n, 3, s, s] or [n, s, s, 3] is wanted"
            raise ConfigMismatch(path, cause)
        self.resolution = sides[0] or _TEMPLATE_SIDE
        self._single = shape[0] == 1

    def embed(
        self, images: Float[Tensor, "n 3 h w"], points: Float[Tensor, "n 5 2"] | None = None
    ) -> Float[Tensor, "n d"]:
        """Unit vectors of faces in [-1, 1], of any size, framed as FFHQ's if there are no points.

        ``points`` are eyes, nose and corners of the mouth, left ones first, x and y in pixels.
        Raises ConfigMismatch if the network does not give a vector a picture, InputError if it
        gives one of length 0 or of no number.
        """
        prepared = self.prepare(images, points)
        if self.bgr:
            prepared = prepared.flip(1)
        if self._last:
            prepared = prepared.permute(0, 2, 3, 1)
        array = np.ascontiguousarray(prepared.cpu().numpy())
        step = 1 if self._single else 32
        parts = [self._run(array[i : i + step]) for i in range(0, len(array), step)]
        found = torch.from_numpy(np.concatenate(parts).astype(np.float32)).flatten(1)
        if len(found) != len(images):
            cause = f"gives {len(found)} vectors for {len(images)} pictures"
            raise ConfigMismatch(self.path, cause)
        self.dim = found.shape[1]
        lengths = found.norm(dim=1, keepdim=True)
        if not bool(lengths.isfinite().all()) or not bool((lengths > 0).all()):
            raise InputError(f"{self.path} gives a vector of length {float(lengths.min())}")
        return (found / lengths).to(images.device)

    def prepare(
        self, images: Float[Tensor, "n 3 h w"], points: Float[Tensor, "n 5 2"] | None = None
    ) -> Float[Tensor, "n 3 s s"]:
        """Bring faces to where ArcFace has them; arguments as :meth:`embed`."""
        n, _, height, width = images.shape
        size = images.new_tensor([width, height])
        if points is None:
            points = (images.new_tensor(_FFHQ) * size).expand(n, -1, -1)
        goal = images.new_tensor(TEMPLATE) / (_TEMPLATE_SIDE / 2) - 1
        matrix = similarity(goal.expand(n, -1, -1), points.to(images) / (size / 2) - 1)
        shape = [n, 3, self.resolution, self.resolution]
        # Widen before sampling what will be shrunk, so that nothing aliases.
        shrink = float(matrix[:, :, 0].norm(dim=1).mean()) * min(height, width) / self.resolution
        if shrink > 1.5:
            small = (max(1, round(height / shrink)), max(1, round(width / shrink)))
            images = functional.interpolate(images, size=small, mode="bilinear", antialias=True)
        grid = functional.affine_grid(matrix, shape, align_corners=False)
        return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)

    def __call__(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n d"]:
        """The same as :meth:`embed`."""
        return self.embed(images)


def similarity(
    source: Float[Tensor, "n p 2"], target: Float[Tensor, "n _p 2"]
) -> Float[Tensor, "n 2 3"]:
    """Turn, size and place that bring points nearest to others (least squares).

    In the plane the map (x, y) -> (ax − by + c, bx + ay + d) has a closed form.
    """
    middle, goal = source.mean(dim=1), target.mean(dim=1)
    x, y = (source - middle[:, None]).unbind(-1)
    u, v = (target - goal[:, None]).unbind(-1)
    length = (x * x + y * y).sum(1).clamp(min=1e-12)
    a, b = (x * u + y * v).sum(1) / length, (x * v - y * u).sum(1) / length
    turn = torch.stack([torch.stack([a, -b], 1), torch.stack([b, a], 1)], dim=1)  # [n 2 2]
    return torch.cat([turn, (goal - (turn @ middle[..., None])[..., 0])[..., None]], dim=2)


def open_onnx(
    path: Path, engine: str | None = None, purpose: str = "a recogniser in an ONNX file"
) -> tuple[Run, tuple[int, ...], str]:
    """What runs the file, the shape of its input (0 where it is free), and the engine's name.

    ``purpose`` is a noun phrase for the error. Raises CheckpointError and MissingExtra as
    :class:`OnnxIdentity`.
    """
    known = {"onnxruntime": _with_onnxruntime, "openvino": _with_openvino}
    if engine is not None and engine not in known:
        raise InputError(f"engine {engine!r} is none of {', '.join(known)}")
    missing = None
    for name in [engine] if engine else list(known):
        try:
            run, shape = known[name](path)
        except ImportError as error:
            missing = error
            continue
        return run, shape, name
    raise MissingExtra(getattr(missing, "name", None) or "onnxruntime", "onnx", purpose)


def _with_onnxruntime(path: Path) -> tuple[Run, tuple[int, ...]]:
    import onnxruntime  # pyright: ignore[reportMissingImports]

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # noqa: BLE001  # its own errors share no base class
        raise _unreadable(path, error) from None
    first = session.get_inputs()[0]
    shape = tuple(side if isinstance(side, int) else 0 for side in first.shape)

    def run(batch: np.ndarray) -> np.ndarray:
        return np.asarray(session.run(None, {first.name: batch})[0])

    return run, shape


def _with_openvino(path: Path) -> tuple[Run, tuple[int, ...]]:
    import openvino  # pyright: ignore[reportMissingImports]

    try:
        model: Any = openvino.Core().compile_model(str(path), "CPU")
    except Exception as error:  # noqa: BLE001  # its own errors share no base class
        raise _unreadable(path, error) from None
    sides = model.input(0).get_partial_shape()
    shape = tuple(side.get_length() if side.is_static else 0 for side in sides)

    def run(batch: np.ndarray) -> np.ndarray:
        return np.array(model([batch])[model.output(0)])

    return run, shape


def _unreadable(path: Path, error: Exception) -> CheckpointError:
    cause = " ".join(str(error).split())[:160]
    return CheckpointError(path, f"is no ONNX network that can be run ({cause})")
