"""Whether a translated clip is steady: warp error and landmark jitter; lower is better for both.

The motion that a clip should have is that of the clip it was made from. So the flow is estimated
on the source, and the output is asked to move with it.

t frames · k landmarks
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mien.errors import InputError
from mien.images.flow import optical_flow, visible, warp
from mien.metrics.protocol import Protocol, Score
from mien.metrics.running import RunningMean

NAMES = ("warp error", "landmark jitter")
"""What the numbers of this module are called."""


def warp_errors(
    frames: Float[Tensor, "n 3 h w"],
    before: Float[Tensor, "n 3 h w"],
    flow: Float[Tensor, "n 2 h w"],
    seen: Bool[Tensor, "n h w"],
) -> Float[Tensor, " n"]:
    """Squared difference of frames and the frames before them, warped (Lai et al.

    2018, Eq. 10). E = Σ M ‖V_t − warp(V_{t−1})‖² / Σ M, colours from 0 to 1, summed over the three
    channels; frames come in [-1, 1]. ``flow`` is the motion from each frame to the one before it,
    see :func:`mien.images.flow.optical_flow`; M (``seen``) is where a pixel is seen in both.
    float64; 0 for a pair of which no pixel is seen twice.
    """
    moved = warp(before.double(), flow.double())
    apart = ((frames.double() - moved) / 2).square().sum(dim=1)  # [-1, 1] is two units wide
    mask = seen.double()
    return (apart * mask).sum(dim=(1, 2)) / mask.sum(dim=(1, 2)).clamp(min=1)


class WarpError:
    """Warp error of one or several clips made from one source, taken in as frames come.

    The flow between frames of the source is estimated once for all of them. ``names`` are what the
    clips are called ("smoothed", "per frame").
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._means = {name: RunningMean("warp error") for name in names}
        self._last: dict[str, Tensor] = {}
        self._source: Tensor | None = None
        if not self._means:
            raise InputError("warp error of 0 clips; name at least 1")

    def update(
        self, source: Float[Tensor, "n 3 h w"], clips: Mapping[str, Float[Tensor, "_n 3 _h _w"]]
    ) -> None:
        """Take the next frames in [-1, 1], in order; InputError for other names or sizes."""
        if set(clips) != set(self._means):
            raise InputError(f"frames of {sorted(clips)}; {sorted(self._means)} are measured")
        for name, frames in clips.items():
            if frames.shape != source.shape:
                cause = f"{name}: frames {tuple(frames.shape)}, of the source {tuple(source.shape)}"
                raise InputError(cause)
        begun = self._source is not None
        if begun and self._source is not None:
            source = torch.cat([self._source, source])
        with torch.no_grad():
            flow = back = seen = None
            if len(source) > 1:
                flow = optical_flow(source[1:], source[:-1])
                back = optical_flow(source[:-1], source[1:])
                seen = visible(flow, back)
            for name, frames in clips.items():
                if begun:
                    frames = torch.cat([self._last[name], frames])
                if flow is not None and seen is not None:
                    errors = warp_errors(frames[1:], frames[:-1], flow, seen)
                    self._means[name].update(errors.cpu())
                self._last[name] = frames[-1:]
        self._source = source[-1:]

    @property
    def pairs(self) -> int:
        """Pairs of frames seen so far."""
        return next(iter(self._means.values())).count

    def value(self, name: str) -> float:
        """Mean warp error of a clip over its pairs of frames; InputError below two frames."""
        return self._means[name].value

    def score(self, name: str, protocol: Protocol) -> Score:
        """A clip's mean with its protocol, of pairs of frames; InputError if it counts others."""
        return self._means[name].score(protocol)


def landmark_jitter(
    track: Float[np.ndarray, "t k 2"],
    size: float | Float[np.ndarray, " _t"],
    reference: Float[np.ndarray, "_t _k 2"] | None = None,
) -> float:
    """Mean length of the second difference of landmarks, as a share of the size of the face.

    Steady motion has none: ‖p_{t+1} − 2 p_t + p_{t−1}‖ / size, over frames and points. The track is
    in pixels; NaN, where nothing was found, is left out. ``size`` is the distance of the eyes, or
    any other, in pixels, one number or one a frame. With a ``reference``, landmarks of the source,
    the jitter is that of the difference, so that what the person really does is not counted.

    Raises InputError for shapes that do not fit, a size that is not above 0, or no three frames in
    a row.
    """
    points = np.asarray(track, np.float64)
    if reference is not None:
        if reference.shape != track.shape:
            raise InputError(f"landmarks {track.shape}, of the reference {reference.shape}")
        points = points - np.asarray(reference, np.float64)
    sizes = np.broadcast_to(np.asarray(size, np.float64), points.shape[:1])
    if not (sizes > 0).all():
        raise InputError(f"landmark jitter: a face of size {sizes.min():g}; it must be above 0")
    second = points[2:] - 2 * points[1:-1] + points[:-2]
    lengths = np.linalg.norm(second, axis=2) / sizes[1:-1, None]
    known = lengths[np.isfinite(lengths)]
    if not known.size:
        raise InputError(f"landmark jitter of {len(points)} frames, of which no 3 in a row hold it")
    return float(known.mean())
