"""How well a judge of identity knows a person again: verification and rank-1.

On two pictures each of real people (neutral and smiling, say), every first is compared with every
second; on single faces that training did not see, with changed views of all, which only says how
far these are mastered. Beside the judge stands the cosine of the bare pixels: people photographed
twice in one session wear the same clothes in the same light.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from mien import images
from mien.data.sources import open_source
from mien.errors import DatasetError, InputError
from mien.faces.points import npz_points
from mien.faces.views import ViewStrength, draw_views
from mien.hub.loading import Loaded
from mien.metrics.face import all_pairs, pair_cosines, rank1, verification_auc
from mien.metrics.protocol import Protocol, Score
from mien.metrics.tables import ScoreTable

if TYPE_CHECKING:
    from mien.judges.identity import Identity

SIZE = 256
"""Side that a face is brought to after it was cut out, as FFHQ's own small pictures."""

EYES_APART, EYES_DOWN = 0.2485, 0.4715
"""Distance between the eyes and their height in an FFHQ-aligned picture, in shares of its side;
medians over pictures 00000–01584 of sfhq.zip."""

_PIXELS = 32

Cut = Callable[[str, UInt8[np.ndarray, "h w 3"]], UInt8[np.ndarray, "side side2 3"]]
"""Name and picture -> the face in it, framed as FFHQ frames faces."""


@dataclass(frozen=True)
class Square:
    """One place to cut, the same in every picture, in pixels; it may reach over the border."""

    left: int
    top: int
    side: int

    def __call__(
        self, name: str, picture: UInt8[np.ndarray, "h w 3"]
    ) -> UInt8[np.ndarray, "side side2 3"]:
        """Cut it out of a picture; what lies beyond the border repeats the border."""
        height, width = picture.shape[:2]
        rows = np.arange(self.top, self.top + self.side).clip(0, height - 1)
        columns = np.arange(self.left, self.left + self.side).clip(0, width - 1)
        return picture[rows][:, columns]

    def __str__(self) -> str:
        return f"the square of {self.side} pixels at x {self.left}, y {self.top} in every picture"


def whole(name: str, picture: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "side side2 3"]:
    """The largest square in the middle, for pictures that are framed already."""
    return images.centre_square(picture)


def square_from_pupils(pupils: Float[np.ndarray, "n 2 2"]) -> Square:
    """The one square that frames the mean face of a set as FFHQ frames faces.

    Pupils are left and right in the picture, x and y in pixels, of some of its pictures. Raises
    InputError if they are not finite, or lie on one another.
    """
    left, right = np.asarray(pupils, np.float64).mean(axis=0)
    apart = float(right[0] - left[0])
    if not np.isfinite(pupils).all() or apart < 1:
        raise InputError(f"pupils {apart:.1f} pixels apart; left and right pupils are needed")
    side = apart / EYES_APART
    middle = (left + right) / 2
    corner = middle - np.array([0.5 * side, EYES_DOWN * side])
    return Square(round(float(corner[0])), round(float(corner[1])), round(side))


def read_pupils(path: str | Path) -> Float[np.ndarray, "n 2 2"]:
    """Pupils out of an ``.npz`` whose ``points`` ``[n, k, 2]`` begin with them, or DatasetError."""
    points = npz_points(path, np.float64)
    if points.ndim != 3 or points.shape[1] < 2 or points.shape[2] != 2 or not len(points):
        cause = f"its points have the shape {list(points.shape)}, [n, 2 or more, 2] is wanted"
        raise DatasetError(path, cause)
    return points[:, :2]


@dataclass(frozen=True, eq=False)
class TwicePictured:
    """Two pictures of each of some people, sorted.

    ``looks`` tell them apart, such as ``("neutral", "smiling")``; they are uint8, 256 pixels a
    side.
    """

    path: Path
    people: tuple[str, ...]
    looks: tuple[str, str]
    first: UInt8[np.ndarray, "n h w 3"]
    second: UInt8[np.ndarray, "n h w 3"]

    @classmethod
    def open(
        cls, path: str | Path, looks: tuple[str, str] = ("neutral", "smiling"), cut: Cut = whole
    ) -> TwicePictured:
        """Read ``PERSON_LOOK`` pictures, such as ``001_neutral.jpg`` and ``001_smiling.jpg``.

        Raises DatasetError if somebody has only one of the two, or there are fewer than two people,
        ImageError if a picture cannot be used.
        """
        source = open_source(path)
        found: dict[str, dict[str, int]] = {}
        for i, name in enumerate(source.names):
            person, _, look = PurePosixPath(name).stem.rpartition("_")
            if look in looks and person:
                found.setdefault(person, {})[look] = i
        alone = sorted(person for person, places in found.items() if len(places) < 2)
        if alone:
            listed = ", ".join(alone[:10])
            cause = f"{len(alone)} of {len(found)} people lack {looks[0]} or {looks[1]}: {listed}"
            raise DatasetError(path, cause)
        if len(found) < 2:
            cause = f"{len(found)} people with NAME_{looks[0]} and NAME_{looks[1]} pictures"
            raise DatasetError(path, cause, "at least 2 are needed")
        people = tuple(sorted(found))

        def read(look: str) -> np.ndarray:
            places = [found[person][look] for person in people]
            cuts = [cut(source.names[i], source.picture(i)) for i in places]
            return np.stack([images.resize(one, SIZE) for one in cuts])

        return cls(Path(path), people, looks, read(looks[0]), read(looks[1]))


def score_identity(
    judges: Sequence[Loaded], data: TwicePictured, framing: str, batch: int = 32
) -> ScoreTable:
    """Verification over all pairs and rank-1, a row a judge and one for bare pixels.

    Judges have ``embed(images) -> [n, d]``; ``framing`` says in words how the faces were cut out;
    ``batch`` faces are seen at a time.
    """
    rows: dict[str, list[Score]] = {}
    extra: dict[str, dict[str, str | int]] = {}
    n, (one, two) = len(data.people), data.looks
    for loaded in [*judges, None]:
        see = _pixels if loaded is None else _embedder(loaded)
        first = _seen(see, data.first, batch)
        second = _seen(see, data.second, batch)
        scores, same = all_pairs(second, first)
        metric = f"{one} against {two}, all pairs, {_how(loaded)}"
        resize = f"Lanczos to {SIZE}, then the judge's own"
        split = f"{data.path.name}, all {n} people"
        ground = Protocol.by(loaded, metric, n * n, split, resize=resize, notes=framing)
        ranked = replace(
            ground, metric=f"{two} among {one}, {_how(loaded)}", samples=n, reference_samples=n
        )
        label = "pixels" if loaded is None else loaded.name
        rows[label] = [
            Score.of("AUC", verification_auc(scores, same), ground),
            Score.of("rank-1", rank1(second, first), ranked),
        ]
        own = float(pair_cosines(second, first).mean())
        others = float(scores[~same].mean())
        extra[label] = {"cosine, same": f"{own:.3f}", "cosine, other": f"{others:.3f}"}
    title = f"Who is it? {n} people of {data.path.name}, {one} against {two}"
    return ScoreTable(title, "judge", rows, extra)


HELD_OUT: Mapping[str, ViewStrength] = {
    "expression": ViewStrength(
        expression=1.6, surroundings=0, colour=0.4, grey=0, pencil=0, damage=0.3, holes=0
    ),
    "everything": ViewStrength(expression=1.3),
    "grey": ViewStrength(surroundings=0.3, grey=1, pencil=0),
    "pencil": ViewStrength(surroundings=0.3, pencil=1),
}
"""Views on which a training is judged, by what they change most."""


@torch.no_grad()
def score_views(
    network: Identity,
    faces: UInt8[np.ndarray, "n h w 3"],
    anchors: Float[Tensor, "n 16 2"],
    seed: int = 7,
) -> dict[str, dict[str, float]]:
    """Views of faces that training did not see, recognised among the faces as they are.

    There is one face of each person, framed as FFHQ frames faces, with its
    :func:`~mien.faces.views.anchors_of`. The network is put into eval mode. Kind of view -> ``AUC``
    over all pairs, and ``rank-1`` among all faces.
    """
    network.eval()
    device = next(network.parameters()).device
    source = torch.Generator().manual_seed(seed)
    batch = images.to_float(faces, device)
    gallery = network.embed(batch)
    found = {}
    for name, strength in HELD_OUT.items():
        others = batch.roll(max(1, len(batch) // 7), 0)
        size, crop = network.config.resolution, network.config.crop
        views = draw_views(batch, anchors.to(device), others, size, crop, strength, source)
        seen = network.encode(views)
        scores, same = all_pairs(seen, gallery)
        found[name] = {
            "AUC": round(verification_auc(scores, same), 4),
            "rank-1": round(rank1(seen, gallery), 4),
        }
    return found


def _how(loaded: Loaded | None) -> str:
    return (
        f"cosine of grey pixels, {_PIXELS}×{_PIXELS}" if loaded is None else "cosine of embeddings"
    )


def _embedder(loaded: Loaded) -> Callable[[Tensor], Tensor]:
    network: Any = loaded.network
    parameters = getattr(network, "parameters", None)
    device = next(parameters()).device if parameters else torch.device("cpu")
    return lambda batch: network.embed(batch.to(device))


def _pixels(batch: Tensor) -> Tensor:
    """Grey pixels around their mean."""
    grey = functional.interpolate(batch, size=(_PIXELS,) * 2, mode="area").mean(dim=1).flatten(1)
    return grey - grey.mean(dim=1, keepdim=True)


@torch.no_grad()
def _seen(see: Callable[[Tensor], Tensor], pictures: np.ndarray, batch: int) -> Tensor:
    parts = [
        see(images.to_float(pictures[start : start + batch])).float().cpu()
        for start in range(0, len(pictures), batch)
    ]
    return torch.cat(parts)
