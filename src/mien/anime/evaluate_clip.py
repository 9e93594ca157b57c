"""How steady a clip is as anime: against the way that takes every frame for itself.

Both ways draw the same clip in the same style. Warp error and jitter are measured where the face
is, on the pasted frames, whose motion should be that of the clip.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8

from mien import images
from mien.anime.clip import AnimeVideo
from mien.errors import InputError
from mien.faces.finder import Face
from mien.faces.frames import Frame
from mien.metrics.protocol import Protocol, Score
from mien.metrics.tables import ScoreTable
from mien.metrics.video import WarpError, landmark_jitter
from mien.video.pipeline import read_ahead

SIDE = 256
"""Longest side, in pixels, of the part around the face that flow is estimated on."""

WAYS = ("smoothed", "frame by frame")


@dataclass
class _Track:
    """Landmarks of both ways and of the source."""

    source: list[np.ndarray]
    made: dict[str, list[np.ndarray]]
    eyes: list[float]


def score_anime_clip(video: AnimeVideo, style_seed: int | None = None) -> Iterator[Any]:
    """Measure a clip, both ways at once, batch by batch.

    Args:
        video: With ``paste``, before or after its first pass.
        style_seed: Of its style, for the protocol.

    Yields:
        The number of each frame, then the :class:`~mien.metrics.tables.ScoreTable`.

    Raises:
        InputError: The faces are not pasted back, or there is no face.
    """
    if not video.plan.paste:
        raise InputError("a clip is measured with its face pasted back; set paste")
    if not video.looked:
        yield from video.look()
    ways = {WAYS[0]: video, WAYS[1]: video.frame_by_frame()}
    errors = WarpError(WAYS)
    tracks = _Track([], {name: [] for name in WAYS}, [])
    refine = getattr(video.finder, "refine", None)
    region = video.region()
    for batch in read_ahead(video.clip):
        made = {name: way(batch) for name, way in ways.items()}
        errors.update(
            _floats(batch.images, region),
            {name: _floats(one, region) for name, one in made.items()},
        )
        for i, image in enumerate(batch.images):
            square, there = video.square(batch.first + i, image)
            if refine is not None and there:
                _read(tracks, refine, square, image, {n: frames[i] for n, frames in made.items()})
            yield batch.first + i
    rows = {}
    for name in WAYS:
        rows[name] = [errors.score(name, _protocol(video, "warp error", errors.pairs, style_seed))]
        if len(tracks.source) > 2:
            jitter = landmark_jitter(
                np.stack(tracks.made[name]), np.asarray(tracks.eyes), np.stack(tracks.source)
            )
            count = len(tracks.source) - 2
            said = "landmark jitter against the source's, shares of the eye distance"
            protocol = _protocol(video, said, count, style_seed)
            rows[name].append(Score.of("landmark jitter", jitter, protocol))
    yield ScoreTable(f"steadiness of {video.clip.path.name} as anime", "way", rows)


def _read(
    tracks: _Track, refine: Any, square: Frame, image: np.ndarray, made: dict[str, np.ndarray]
) -> None:
    face: Face = refine(image, [square])[0]
    tracks.source.append(np.asarray(face.landmarks, np.float64))
    tracks.eyes.append(max(face.eye_distance, 1.0))
    for name, frame in made.items():
        tracks.made[name].append(np.asarray(refine(frame, [square])[0].landmarks, np.float64))


def _floats(
    frames: UInt8[np.ndarray, "n h w 3"], region: tuple[int, int, int, int]
) -> torch.Tensor:
    """The part around the face, no larger than :data:`SIDE`, in [-1, 1]."""
    left, top, right, bottom = region
    part = frames[:, top:bottom, left:right]
    scale = min(1.0, SIDE / max(part.shape[1:3]))
    if scale < 1:
        size = (max(16, round(part.shape[1] * scale)), max(16, round(part.shape[2] * scale)))
        part = images.resize(part, size)
    return images.to_float(np.ascontiguousarray(part))


def _protocol(video: AnimeVideo, metric: str, samples: int, seed: int | None) -> Protocol:
    return Protocol.by(
        None,
        metric,
        samples,
        resize=f"part around the face, {SIDE} pixels at most",
        seed=seed,
        split=video.clip.path.name,
        notes=f"model {video.painter.loaded.name} {video.painter.loaded.sha256[:12]}",
    )
