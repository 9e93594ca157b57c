"""What keeps a clip of anime faces steady: squares, contents and pictures averaged over time.

Three things flicker when every frame is drawn for itself. The square around the face trembles with
its landmarks: a One-Euro filter holds it. The content code changes with the camera's noise: it is
averaged wherever the aligned face does not change. What is drawn still shimmers as the face moves:
the picture before is fetched along the motion of the aligned face and averaged with the new one,
wherever the fetched face is the new face (after Lai et al. 2018, without their network).

t frames · n frames of a batch · c channels · h w of the content code · r side of the picture
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from mien import images
from mien.images.flow import optical_flow, warp
from mien.video.smoothing import one_euro

PICTURE_SHARE = 0.6
"""Share of a picture that is fetched from the one before, of the share of contents that stays."""

_STILL, _MOVED = 0.02, 0.10
"""Mean absolute difference, of 0 to 1, of a place that is at rest, and of one that surely moves."""

_SAME, _OTHER = 0.01, 0.06
"""The same of a place fetched along the motion: it is what is there now, or surely is not."""

_FLOW_SIDE = 64
"""Side of the pictures that motion is read from; faces move as a whole."""


class ContentSmoother:
    """Averages content codes over time, each place as far as the picture there is at rest.

    c̄ₜ = (1 − aₜ)·cₜ + aₜ·c̄ₜ₋₁, a from ``share`` where the aligned face does not change down to 0
    where it moves; so nothing lags behind that is seen to move.

    Args:
        share: a at rest, 0 to below 1.
    """

    def __init__(self, share: float) -> None:
        self.share = share
        self._crop: Tensor | None = None
        self._content: Tensor | None = None

    def __call__(
        self, crops: UInt8[np.ndarray, "n r r2 3"], contents: Float[Tensor, "n c h w"]
    ) -> Float[Tensor, "n c h w"]:
        """Take the next frames, in order."""
        if not self.share:
            return contents
        grey = images.to_float(crops, contents.device).mean(dim=1, keepdim=True) / 2
        side = (contents.shape[2], contents.shape[3])
        small = functional.adaptive_avg_pool2d(grey, side)  # [n 1 h w]
        spread = functional.adaptive_avg_pool2d(grey.square(), side)
        made = []
        for i in range(len(contents)):
            content, look = contents[i : i + 1], torch.cat([small[i : i + 1], spread[i : i + 1]])
            if self._content is not None and self._crop is not None:
                change = (look - self._crop).abs().amax(dim=0, keepdim=True)
                moved = ((change - _STILL) / (_MOVED - _STILL)).clamp(0, 1)
                keep = (self.share * (1 - moved)).to(content.dtype)
                content = content + keep * (self._content - content)
            self._content, self._crop = content, look
            made.append(content)
        return torch.cat(made)

    def forget(self) -> None:
        """Begin anew: the face was gone."""
        self._crop = self._content = None


class PictureSmoother:
    """Averages drawings over time, along the motion of the faces that they are of.

    ōₜ = oₜ + aₜ·(ōₜ₋₁(x + f) − oₜ), f the flow from aligned face t to t − 1; a is
    ``share``·:data:`PICTURE_SHARE` where the face fetched along f is face t, down to 0 where not.

    Args:
        share: 0 to below 1; 0 changes nothing.
    """

    def __init__(self, share: float) -> None:
        self.share = share * PICTURE_SHARE
        self._crop: Tensor | None = None
        self._made: Tensor | None = None

    @torch.no_grad()
    def __call__(
        self, crops: UInt8[np.ndarray, "n r r2 3"], drawn: UInt8[np.ndarray, "n r r2 3"]
    ) -> UInt8[np.ndarray, "n r r2 3"]:
        """Take the next frames, in order."""
        if not self.share:
            return drawn
        side = min(_FLOW_SIDE, crops.shape[1])
        small = functional.interpolate(
            images.to_float(crops), (side, side), mode="bilinear", antialias=True
        )
        before = torch.cat([small[:1] if self._crop is None else self._crop, small[:-1]])
        flow = optical_flow(small, before, sigma=2.0, iterations=3)
        apart = (warp(before, flow) - small).abs().mean(dim=1, keepdim=True) / 2
        apart = functional.avg_pool2d(apart, 5, stride=1, padding=2, count_include_pad=False)
        keep = self.share * (1 - ((apart - _SAME) / (_OTHER - _SAME)).clamp(0, 1))

        whole = (drawn.shape[1], drawn.shape[2])
        flow, keep = (
            functional.interpolate(x, whole, mode="bilinear", align_corners=False)
            for x in (flow * (whole[0] / side), keep)
        )
        made = []
        for i, picture in enumerate(images.to_float(drawn).split(1)):
            if self._made is not None:
                fetched = warp(self._made, flow[i : i + 1])
                picture = picture + keep[i : i + 1] * (fetched - picture)
            self._made = picture
            made.append(picture)
        self._crop = small[-1:]
        return images.to_uint8(torch.cat(made))

    def forget(self) -> None:
        """Begin anew: the face was gone."""
        self._crop = self._made = None


def steady(
    squares: Float[np.ndarray, "t 4"],
    times: Float[np.ndarray, " _t"],
    min_cutoff: float,
    beta: float,
) -> Float[np.ndarray, "t 4"]:
    """Squares (centre and half side, x and y) through One-Euro, forwards and backwards.

    The mean of both directions does not lag. Speeds count in half sides of the face, so that small
    and large ones are treated alike.
    """
    if not min_cutoff or len(squares) < 3:
        return squares
    unit = max(float(np.median(np.hypot(squares[:, 2], squares[:, 3]))), 1e-6)
    own = squares / unit
    there = one_euro(own, times, min_cutoff, beta)
    back = one_euro(own[::-1], times[-1] - times[::-1], min_cutoff, beta)[::-1]
    return (there + back) / 2 * unit
