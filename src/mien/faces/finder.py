"""Faces in pictures: where they are, their landmarks, and which one is meant.

A detector says roughly where a face is, how large and how turned; then the landmark network reads
the face in a crop that stands upright, and again in the crop that its own landmarks make, which
takes out what the detector missed.

Axes: h w pixels, p points. Points are x, y in pixels, continuous from the upper left corner.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn import functional

from mien import images
from mien.errors import InputError
from mien.faces.frames import LEFT_EYE, NOSE, RIGHT_EYE, Frame, frame_of
from mien.faces.pupils import find_pupils
from mien.judges.detections import Detection, Detector
from mien.judges.landmarks import LANDMARKS, MIRRORED, LandmarkNetwork

CROP_CENTRE = (0.0, 0.172)
CROP_HALF = 0.8
"""What the landmark network is shown: this part of FFHQ's square, brows to chin with some room."""

_BOX_IN_FRAME = (0.13, 0.65, 0.72)
"""A face's box in the units of FFHQ's square: how far below its centre, half width, half height."""

_BROW_SHARE = 0.3
"""The forehead above the brows, in heights of the landmarks' box."""

_RELATIVE, _RELATIVE_SMALL = 0.75, 0.9
"""Beside the surest face, others have to reach this share of its score; much smaller ones more."""
_SMALL = 0.3
"""Faces smaller than this share of the surest one are much smaller."""

_UPRIGHT = 256
_SEEN = 10.0
"""Pixels between the eyes below which a pupil cannot be seen."""
_SETTLE = 0.15
"""How far a pupil may be moved, in distances of the eyes."""

_SURE = 0.95
"""What the landmark network gives an upright face at least; upside down it gives 0.8 at most."""
_SAME = 0.6
"""Two readings with centres nearer than this share of the larger side are of one face."""

_TILTED = 55.0
"""Degrees beyond which the detector is no surer of a face than of an eye or a knot of hair."""

_TINY = 12.0
_PROFILE = 0.45
_UNSURE = 0.75


@dataclass(frozen=True, eq=False)
class Face:
    """A face in a picture, with 68 landmarks as iBUG orders them: jaw, brows, nose, eyes, mouth.

    Its box is x, y of the upper left corner, width and height, forehead to chin, upright; ``score``
    is how sure the finder is that it is a face, 0 to 1; ``pupils`` are left and right in the
    picture, ``None`` if they are not known.
    """

    box: tuple[float, float, float, float]
    landmarks: Float[np.ndarray, "68 2"]
    score: float = 1.0
    pupils: Float[np.ndarray, "2 2"] | None = None

    @classmethod
    def of(
        cls,
        landmarks: Float[np.ndarray, "68 2"],
        score: float = 1.0,
        pupils: Float[np.ndarray, "2 2"] | None = None,
    ) -> Face:
        """A face of known landmarks; the box is put around them."""
        low, high = landmarks.min(axis=0), landmarks.max(axis=0)
        height = float(high[1] - low[1])
        top, tall = float(low[1]) - _BROW_SHARE * height, (1 + _BROW_SHARE) * height
        box = (float(low[0]), top, float(high[0] - low[0]), tall)
        return cls(box, landmarks, score, pupils)

    @property
    def frame(self) -> Frame:
        """FFHQ's square around it."""
        return frame_of(np.asarray(self.landmarks, dtype=np.float64))

    @property
    def eyes(self) -> Float[np.ndarray, "2 2"]:
        """The pupils if they are known, else the middles of the eyes."""
        if self.pupils is not None:
            return self.pupils
        return np.stack([self.landmarks[part].mean(axis=0) for part in (LEFT_EYE, RIGHT_EYE)])

    @property
    def eye_distance(self) -> float:
        """Distance of the eyes in pixels."""
        return float(np.hypot(*(self.eyes[1] - self.eyes[0])))

    @property
    def turned(self) -> float:
        """How far the nose stands off the middle of the eyes, along the line between them.

        In distances of the eyes: about 0 from the front, 0.5 and more in profile; positive to the
        right.
        """
        left, right = (self.landmarks[part].mean(axis=0) for part in (LEFT_EYE, RIGHT_EYE))
        across = right - left
        apart = max(float(across @ across), 1e-9)
        return float((self.landmarks[NOSE] - (left + right) / 2) @ across) / apart

    def notes(self) -> list[str]:
        """What a person should know before using this face; usually nothing."""
        found = []
        if abs(self.turned) > _PROFILE:
            found.append("the face is seen from the side; landmarks of the far half are guesses")
        if self.eye_distance < _TINY:
            found.append(
                f"the face is tiny (eyes {self.eye_distance:.0f} pixels apart); its crop is blurred"
            )
        if self.score < _UNSURE:
            found.append(f"it may be no face, or a drawing of one (score {self.score:.2f})")
        return found


class FaceFinder:
    """A detector, which says roughly where faces are, and the network that reads landmarks.

    Faces less sure than ``threshold``, 0 to 1, are dropped; the score is the geometric mean of the
    detector's and the network's. Landmarks are read ``rounds`` times, each in the crop that the
    last ones make.
    """

    def __init__(
        self, detector: Detector, network: LandmarkNetwork, threshold: float = 0.5, rounds: int = 3
    ) -> None:
        if rounds < 1:
            raise InputError(f"rounds is {rounds}, and must be 1 or more")
        self.detector, self.network = detector, network
        self.threshold, self.rounds = threshold, rounds

    def find(self, image: UInt8[np.ndarray, "h w 3"]) -> list[Face]:
        """All faces of a picture, the largest first; an empty list if there is none.

        The detector knows faces up to 60 degrees from upright. If none is found, or one that is
        turned further or of which the landmark network is not sure, the picture is looked at in
        three quarter turns too.
        """
        faces, sure = self._seen(image)
        tilted = any(abs(face.frame.degrees) > _TILTED for face in faces)
        if not faces or not all(sure) or tilted:
            turned = self._turned(image)
            unsure = [face for face, known in zip(faces, sure, strict=True) if not known]
            wrong = [id(face) for face in unsure if any(_same(face, one) for one in turned)]
            faces = [*turned, *(face for face in faces if id(face) not in wrong)]
        kept = sorted(_distinct(_beside_the_surest(faces)), key=lambda face: -face.frame.side)
        return settle_pupils(image, kept)

    def _seen(
        self, image: UInt8[np.ndarray, "h w 3"], turns: int = 0
    ) -> tuple[list[Face], list[bool]]:
        """Faces of a picture as it is, or turned by quarters; whether the network is sure of each.

        Both have to agree: the detector that there is a face, the network that it is one.
        """
        height, width = image.shape[:2]
        shown = np.ascontiguousarray(np.rot90(image, turns)) if turns else image
        back = _turn_back(turns, height, width)
        found = [(_first_frame(one), one.score) for one in self.detector.detect(shown)]
        frames = [(frame.moved(back), score) for frame, score in found if frame is not None]
        read = self.refine(image, [frame for frame, _ in frames])
        both = [
            (replace(face, score=math.sqrt(face.score * score)), face.score >= _SURE)
            for face, (_, score) in zip(read, frames, strict=True)
        ]
        kept = [(face, sure) for face, sure in both if face.score >= self.threshold]
        return [face for face, _ in kept], [sure for _, sure in kept]

    def _turned(self, image: UInt8[np.ndarray, "h w 3"]) -> list[Face]:
        """Faces that lie on their side or stand on their head; only those that are sure."""
        seen = [self._seen(image, turns) for turns in (1, 2, 3)]
        return [
            face for faces, sure in seen for face, known in zip(faces, sure, strict=True) if known
        ]

    def in_box(
        self, image: UInt8[np.ndarray, "h w 3"], box: tuple[float, float, float, float]
    ) -> Face:
        """The face in a box that a person gave: read as well as can be, whatever its score.

        The box is x, y of the upper left corner, width and height; forehead to chin. Raises
        InputError if it is empty or lies outside of the picture.
        """
        check_box(box, image)
        frame = box_frame(box)
        (best,) = self.refine(image, [frame])
        if best.score < _SURE:
            # The box does not tell how the face is turned.
            middle = (box[0] + box[2] / 2, box[1] + box[3] / 2)
            others = [frame.moved(_about(middle, turns)) for turns in (1, 2, 3)]
            other = max(self.refine(image, others), key=lambda face: face.score)
            best = other if other.score >= _SURE else best
        return settle_pupils(image, [best])[0]

    def refine(self, image: UInt8[np.ndarray, "h w 3"], frames: Sequence[Frame]) -> list[Face]:
        """Read the landmarks of faces whose squares are roughly known, such as the last frame's.

        A face for each of FFHQ's squares, in the same order, however unsure.
        """
        if not frames:
            return []
        levels = _Levels(image, next(self.network.parameters()).device)
        current = list(frames)
        points = np.zeros((0, LANDMARKS + 2, 2))
        scores = np.zeros(0)
        for turn in range(self.rounds):
            points, scores = self._read(levels, current, both=turn == self.rounds - 1)
            if turn < self.rounds - 1:
                read = [frame_of(one) for one in points]
                # A reading that runs away is worse than none.
                current = [
                    new if _near(new, first) else old
                    for new, old, first in zip(read, current, frames, strict=True)
                ]
        return [
            Face.of(one[:LANDMARKS], float(score), one[LANDMARKS:])
            for one, score in zip(points, scores, strict=True)
        ]

    @torch.no_grad()
    def _read(
        self, levels: _Levels, frames: Sequence[Frame], both: bool
    ) -> tuple[Float[np.ndarray, "n 70 2"], Float[np.ndarray, " n"]]:
        """Points and scores, one crop a face; ``both`` reads the mirrored crop too."""
        size = self.network.config.resolution
        squares = [frame.part(CROP_CENTRE, CROP_HALF) for frame in frames]
        crops = torch.cat([levels.cut(square, size) for square in squares])
        shares, face = self.network.read(crops)
        if both:
            other, again = self.network.read(crops.flip(3))
            other = other[:, list(MIRRORED)] * other.new_tensor([-1, 1]) + other.new_tensor([1, 0])
            shares, face = (shares + other) / 2, (face + again) / 2
        own = shares.double().cpu().numpy() * 2 - 1
        points = [
            one @ square.matrix()[:, :2].T + square.matrix()[:, 2]
            for one, square in zip(own, squares, strict=True)
        ]
        return np.stack(points), face.double().cpu().numpy()


def settle_pupils(image: UInt8[np.ndarray, "h w 3"], faces: Sequence[Face]) -> list[Face]:
    """Put the pupils where the picture has them, within reach of where the network says.

    Faces that are tiny or seen from the side stay as they are, and so do pupils for which the
    picture shows something else (sunglasses, closed eyes).
    """
    levels = _Levels(image, torch.device("cpu"))
    settled = []
    for face in faces:
        if face.pupils is None or face.eye_distance < _SEEN or abs(face.turned) > _PROFILE:
            settled.append(face)
            continue
        frame = face.frame
        square = frame.matrix() * (2 / _UPRIGHT)
        square[:, 2] = frame.corners()[0]
        turn = np.linalg.inv(square[:, :2])
        points = ((np.asarray(face.landmarks) - square[:, 2]) @ turn.T).astype(np.float32)
        crop = levels.cut(frame, _UPRIGHT)
        found = find_pupils(crop, torch.from_numpy(points)[None])[0].double().numpy()
        pupils = found @ square[:, :2].T + square[:, 2]
        far = np.hypot(*(pupils - face.pupils).T).max() / face.eye_distance
        settled.append(face if far > _SETTLE else replace(face, pupils=pupils))
    return settled


class _Levels:
    """A picture at halved sizes, made when they are needed; squares are cut from the right one."""

    def __init__(self, image: UInt8[np.ndarray, "h w 3"], device: torch.device) -> None:
        self.pictures, self.device = [image], device

    def cut(self, square: Frame, size: int) -> Float[Tensor, "1 3 size size2"]:
        """A turned square as the landmark network wants it, in [-1, 1]."""
        step = square.side / size
        level = max(int(np.floor(np.log2(max(step, 1e-6)) + 0.4)), 0)
        while len(self.pictures) <= level:
            self.pictures.append(np.array(Image.fromarray(self.pictures[-1]).reduce(2)))
        image = self.pictures[level]
        # Only the part that is needed becomes a tensor.
        scale = 0.5**level  # exactly, also where an odd side left half a pixel over
        matrix = square.matrix() * scale
        corners = square.corners() * scale
        low = (np.floor(corners.min(axis=0)).astype(int) - 2).clip(
            0, (image.shape[1] - 1, image.shape[0] - 1)
        )
        high = (np.ceil(corners.max(axis=0)).astype(int) + 2).clip(low + 1, image.shape[1::-1])
        part = images.to_float(image[None, low[1] : high[1], low[0] : high[0]], self.device)
        matrix[:, 2] -= low
        axis = (np.arange(size) + 0.5) * 2 / size - 1
        across = matrix[0, 0] * axis + matrix[0, 1] * axis[:, None] + matrix[0, 2]
        down = matrix[1, 0] * axis + matrix[1, 1] * axis[:, None] + matrix[1, 2]
        grid = np.stack([across * 2 / part.shape[3] - 1, down * 2 / part.shape[2] - 1], axis=2)
        places = torch.from_numpy(grid.astype(np.float32))[None].to(self.device)
        return functional.grid_sample(part, places, padding_mode="border", align_corners=False)


def _first_frame(found: Detection) -> Frame | None:
    """The square that a detection stands for; None where its points are no face."""
    if found.five is None:
        return box_frame(found.box)
    try:
        return frame_of(found.five)
    except InputError:
        return None


def box_frame(box: tuple[float, float, float, float]) -> Frame:
    """The upright square of a face whose box, forehead to chin, is known."""
    x, y, width, height = box
    below, half_width, half_height = _BOX_IN_FRAME
    half = (width / (2 * half_width) + height / (2 * half_height)) / 2
    return Frame((x + width / 2, y + height / 2 - below * half), (half, 0.0))


def check_box(box: tuple[float, float, float, float], image: UInt8[np.ndarray, "h w 3"]) -> None:
    """Refuse a box below 4 pixels, not finite, or outside of the picture: InputError."""
    x, y, width, height = box
    size = f"{image.shape[1]}x{image.shape[0]}"
    said = ",".join(f"{value:g}" for value in box)
    if not all(np.isfinite(box)) or width < 4 or height < 4:
        raise InputError(f"box {said} is {width:g}x{height:g} pixels, and 4x4 are the least")
    if x >= image.shape[1] or y >= image.shape[0] or x + width <= 0 or y + height <= 0:
        raise InputError(f"box {said} lies outside of the picture, which is {size}")


def _turn_back(turns: int, height: int, width: int) -> Float[np.ndarray, "2 3"]:
    """From a picture that ``np.rot90`` has turned to the one of this size that it was."""
    matrices = {
        0: [[1, 0, 0], [0, 1, 0]],
        1: [[0, -1, width], [1, 0, 0]],
        2: [[-1, 0, width], [0, -1, height]],
        3: [[0, 1, 0], [-1, 0, height]],
    }
    return np.array(matrices[turns], dtype=np.float64)


def _about(centre: tuple[float, float], turns: int) -> Float[np.ndarray, "2 3"]:
    """Quarter turns about a point."""
    turn = _turn_back(turns, 0, 0)[:, :2]
    return np.concatenate([turn, (np.array(centre) - turn @ centre)[:, None]], axis=1)


def _same(one: Face, other: Face) -> bool:
    a, b = one.frame, other.frame
    return float(np.hypot(*np.subtract(a.centre, b.centre))) < _SAME * max(a.side, b.side)


def _near(new: Frame, first: Frame) -> bool:
    moved = float(np.hypot(*np.subtract(new.centre, first.centre)))
    return moved < first.side * 0.6 and 0.4 < new.side / max(first.side, 1e-6) < 2.5


def _beside_the_surest(faces: Sequence[Face]) -> list[Face]:
    """Leave out what is so much less sure than the surest face that it is hair or cloth."""
    if not faces:
        return []
    best = max(faces, key=lambda face: face.score)
    side = _SMALL * best.frame.side
    return [
        face
        for face in faces
        if face.score >= best.score * (_RELATIVE_SMALL if face.frame.side < side else _RELATIVE)
    ]


def _distinct(faces: Sequence[Face]) -> list[Face]:
    """Each face once: of squares with nearly the same centre the surest."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda one: -one.score):
        frame = face.frame
        others = (other.frame for other in kept)
        if all(
            np.hypot(*np.subtract(frame.centre, other.centre)) > 0.25 * min(frame.side, other.side)
            for other in others
        ):
            kept.append(face)
    return kept


def choose_face(faces: Sequence[Face], number: int | None) -> Face:
    """The face of a number from 1, or the only one; InputError if there is no such, or several."""
    if not faces:
        raise InputError("no face was found; say where it is with `box=x,y,width,height`")
    if number is None:
        if len(faces) > 1:
            cause = f"{len(faces)} faces were found; choose one with `face`, 1 to {len(faces)}"
            raise InputError(cause)
        return faces[0]
    if not 1 <= number <= len(faces):
        many = "1 face was" if len(faces) == 1 else f"{len(faces)} faces were"
        raise InputError(f"there is no face {number}: {many} found")
    return faces[number - 1]


def draw_faces(
    image: UInt8[np.ndarray, "h w 3"], faces: Sequence[Face], longest: int = 1600
) -> UInt8[np.ndarray, "h2 w2 3"]:
    """A preview of at most ``longest`` pixels a side: faces with number, box, landmarks."""
    scale = min(longest / max(image.shape[:2]), 1.0)
    size = max(round(image.shape[0] * scale), 1), max(round(image.shape[1] * scale), 1)
    page = Image.fromarray(images.resize(image, size))
    draw = ImageDraw.Draw(page)
    for number, face in enumerate(faces, 1):
        x, y, width, height = (value * scale for value in face.box)
        thick = max(round(width / 60), 1)
        draw.rectangle((x, y, x + width, y + height), outline=(0, 230, 0), width=thick)
        for px, py in face.landmarks * scale:
            draw.ellipse((px - thick, py - thick, px + thick, py + thick), fill=(255, 60, 60))
        font = ImageFont.load_default(size=max(width / 4, 12.0))
        place = (max(x, 0.0), max(y, 0.0))
        box = draw.textbbox(place, str(number), font=font)
        draw.rectangle(box, fill=(0, 230, 0))
        draw.text(place, str(number), fill=(0, 0, 0), font=font)
    return np.array(page)
