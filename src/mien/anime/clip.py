"""A clip as anime: one face followed, one style held, steady where the face is still.

    video = AnimeVideo(painter, clip, w, VideoPlan(), finder)
    for _ in video.look():                      # finds and follows the faces
        pass
    with writing("anime.mp4", clip.fps, clip.time_base, sound=clip) as writer:
        for _ in convert(clip, video, writer):
            pass

The clip is read twice: first to follow the faces, of which only their squares are kept (ten numbers
a frame), then to draw. The decoder has no noise, so one style gives the same colours all along;
what still flickers is averaged over time (:mod:`mien.anime.steady`).

t frames · n frames of a batch · c channels · h w of the content code
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from mien import images
from mien.anime.steady import ContentSmoother, PictureSmoother, steady
from mien.anime.translate import AnimePainter, Paste
from mien.editing.direction import move
from mien.editing.sets import LoadedDirections
from mien.editing.settings import Setting
from mien.errors import InputError, counted
from mien.faces.alignment import align
from mien.faces.choosing import DRAWN, Finder, Where, looks_drawn, middle_square
from mien.faces.finder import Face
from mien.faces.frames import Frame
from mien.inversion.paste import HeadMask, head_mask, paste_masked
from mien.video.keyframes import Keyframes
from mien.video.pipeline import Batch, read_ahead
from mien.video.reader import Clip
from mien.video.tracking import FrameFaces, Track, track_faces

EVERY = 10
"""The whole frame is searched for faces every so many frames; between, known ones are followed."""

WARM = 48
"""Frames before the first one that are drawn again when a clip goes on, for the averages."""


@dataclass(frozen=True)
class VideoPlan:
    """How a clip is drawn.

    Attributes:
        paste: True puts head and hair back into the frame, ``square`` into its square around the
            face; False shows the drawing alone.
        size: Side of the face's picture; ``None`` for the model's own.
        smooth: How much contents and pictures are averaged over time; 0 for none. See
            :mod:`mien.anime.steady`.
        min_cutoff: Hz of the One-Euro filter of the square at rest; 0 for no filter.
        beta: How fast its cutoff rises with speed, in half sides a second.
        where: Which face.
        mask: Where head and hair of a frame are.
    """

    paste: Paste = False
    size: int | None = None
    smooth: float = 0.9
    min_cutoff: float = 0.5
    beta: float = 0.5
    where: Where = Where()  # noqa: RUF009  # frozen
    mask: HeadMask = head_mask

    def __post_init__(self) -> None:
        if not 0 <= self.smooth < 1 or self.min_cutoff < 0 or self.beta < 0:
            raise InputError(
                f"smooth {self.smooth:g} must be from 0 to below 1, the cutoff "
                f"{self.min_cutoff:g} Hz and beta {self.beta:g} at least 0"
            )
        if self.size is not None and (not 16 <= self.size <= 4096 or self.size % 2):
            raise InputError(f"size is {self.size}, but must be even and from 16 to 4096")

    def as_dict(self) -> dict[str, Any]:
        """Everything that decides the frames, as JSON can hold it."""
        where = {"face": self.where.face, "box": self.where.box, "aligned": self.where.aligned}
        names = ("paste", "size", "smooth", "min_cutoff", "beta")
        return {**{name: getattr(self, name) for name in names}, **where}


@dataclass(frozen=True)
class MovingStyle:
    """Strengths that change over time.

    Attributes:
        curves: Setting, as ``--set`` names it -> its strength over time.
        found: The set of directions.
    """

    curves: Keyframes
    found: LoadedDirections

    def __post_init__(self) -> None:
        for name in self.curves.curves:
            Setting(name).direction(self.found.directions)

    def apply(self, w: Float[Tensor, "n w_dim"], times: Sequence[float]) -> Tensor:
        """The style of each of some frames."""
        ws = w[:, None]
        for name, values in self.curves.at(np.asarray(times, np.float64)).items():
            strengths = torch.from_numpy(values).float()
            ws = move(ws, Setting(name).direction(self.found.directions), strengths)
        return ws[:, 0]

    def as_dict(self) -> dict[str, Any]:
        """As a provenance says it."""
        return {
            "keyframes": self.curves.as_json(),
            "set": self.found.name,
            "set_sha256": self.found.sha256,
        }


class AnimeVideo:
    """Draws the frames of a clip; call it with batches, in order.

    Args:
        painter: The model.
        clip: The clip.
        w: The style of the whole clip, ``[1, w_dim]``.
        plan: How.
        finder: Finds faces; needed unless the plan says that the clip is aligned.
        moving: Strengths that change over time.

    Attributes:
        notes: What the person should know; complete after :meth:`look`.
        preview: A frame with its faces numbered, if there were several people.
        looked: Whether the first pass is done.

    Raises:
        InputError: There is no finder and the clip is not aligned.
    """

    def __init__(
        self,
        painter: AnimePainter,
        clip: Clip,
        w: Float[Tensor, "1 w_dim"],
        plan: VideoPlan | None = None,
        finder: Finder | None = None,
        moving: MovingStyle | None = None,
    ) -> None:
        self.painter, self.clip, self.w = painter, clip, w
        self.plan, self.finder, self.moving = plan or VideoPlan(), finder, moving
        if finder is None and not self.plan.where.aligned:
            raise InputError(
                "a finder of faces is needed unless the clip is cut already: give `aligned=True`"
            )
        self.notes: list[str] = []
        self.preview: UInt8[np.ndarray, "h w 3"] | None = None
        self.looked = self.plan.where.aligned
        self._frames: Float[np.ndarray, "t 4"] = np.zeros((0, 4))
        self._found = self._frames
        self._first = 0
        self._shown: tuple[int, UInt8[np.ndarray, "h w 3"]] = (0, np.zeros((1, 1, 3), np.uint8))
        self._contents = ContentSmoother(self.plan.smooth)
        self._pictures = PictureSmoother(self.plan.smooth)

    # First pass.

    def look(self) -> Iterator[int]:
        """Follow the faces and choose the one that is drawn; yields the number of each frame.

        Raises:
            InputError: There is no face, or no such one.
        """
        if self.plan.where.aligned:
            return
        times: list[float] = []
        seen: list[FrameFaces] = []
        known: list[Face] = []
        most, drawn = -1, list[bool]()
        for frame in self.clip:
            known = self._faces(frame.image, frame.index, known)
            seen.append(_frame_faces(known))
            times.append(frame.time)
            if len(known) > most:  # the frame that a preview would show
                most, self._shown = len(known), (frame.index, frame.image)
            if known and not drawn:  # the first face that is seen
                drawn = [looks_drawn(align(frame.image, known[0], 128)[0])]
            yield frame.index
        self._choose(track_faces(seen), np.asarray(times))
        if any(drawn):
            self.notes.append(DRAWN)

    def _faces(
        self, image: UInt8[np.ndarray, "h w 3"], number: int, known: Sequence[Face]
    ) -> list[Face]:
        """The faces of a frame: searched for now and then, else followed."""
        assert self.finder is not None
        box = self.plan.where.box
        refine = getattr(self.finder, "refine", None)
        if box is not None and (not known or refine is None):
            return [self.finder.in_box(image, box)]
        if known and refine is not None and (box is not None or number % EVERY):
            threshold = 0.0 if box is not None else getattr(self.finder, "threshold", 0.5)
            found = refine(image, [face.frame for face in known])
            kept = [face for face in found if face.score >= threshold]
            if kept:
                return kept
        return self.finder.find(image)

    def _choose(self, tracks: list[Track], times: np.ndarray) -> None:
        """Take the face that is meant, and make its square steady."""
        where = self.plan.where
        if not tracks:
            raise InputError(
                f"{self.clip.path}: no face was found in {len(times)} frames; say where it is at "
                "the beginning with `box=x,y,width,height`"
            )
        if where.face is not None and where.face > len(tracks):
            raise InputError(
                f"{self.clip.path}: there is no face {where.face}: {len(tracks)} were followed"
            )
        if len(tracks) > 1:
            self.preview = self._numbered(tracks)
            if where.face is None:
                spans = (
                    f"{n}: frames {t.frames[0]}-{t.frames[-1]}" for n, t in enumerate(tracks, 1)
                )
                self.notes.append(
                    f"{len(tracks)} faces were followed ({'; '.join([*spans][:5])}); the one that "
                    "is seen most was taken, another is chosen with `face=2`"
                )
        track = tracks[(where.face or 1) - 1]
        gone = len(times) - int(track.seen.sum())
        if gone:
            self.notes.append(f"the face is not seen in {gone} of {len(times)} frames")
        if gone := len(times) - len(track):
            said = counted(gone, "frames")
            self.notes.append(f"unchanged before it comes or after it goes: {said}")
        self._first = int(track.frames[0])
        own = times[self._first : self._first + len(track)]
        self._found = track.landmarks.reshape(len(track), 4)
        self._frames = steady(self._found, own, self.plan.min_cutoff, self.plan.beta)
        self.looked = True

    def _numbered(self, tracks: Sequence[Track]) -> UInt8[np.ndarray, "h w 3"]:
        """The frame with the most faces, each with the number of its track."""
        index, image = self._shown
        page = Image.fromarray(image)
        pen = ImageDraw.Draw(page)
        for number, track in enumerate(tracks, 1):
            place = track.at(index)
            if place is None:
                continue
            left, top, right, bottom = (float(value) for value in track.boxes[place])
            pen.rectangle((left, top, right, bottom), outline=(0, 230, 0), width=2)
            font = ImageFont.load_default(size=max((right - left) / 4, 12.0))
            pen.text((left + 4, top + 2), str(number), fill=(0, 230, 0), font=font)
        return np.array(page)

    # Second pass.

    def __call__(self, batch: Batch) -> UInt8[np.ndarray, "n h w 3"]:
        """Draw the frames of a batch; see :data:`mien.video.pipeline.Process`."""
        painter, side = self.painter, self.painter.resolution
        squares = [self.square(batch.first + i, image) for i, image in enumerate(batch.images)]
        cuts = [
            align(image, square, side)
            for image, (square, _) in zip(batch.images, squares, strict=True)
        ]
        crops = np.stack([crop for crop, _ in cuts])
        present = [there for _, there in squares]
        drawn = crops.copy()
        if any(present):
            rows = [i for i, there in enumerate(present) if there]
            if not all(present):
                self._forget()
            contents = self._contents(crops[rows], painter.contents(crops[rows]))
            w = self.w.expand(len(rows), -1)
            if self.moving is not None:
                w = self.moving.apply(w, [batch.times[i] for i in rows])
            drawn[rows] = self._pictures(crops[rows], painter.draw(contents, w))
        else:
            self._forget()
        size = self.plan.size or side
        if not self.plan.paste:
            return drawn if size == side else images.resize(drawn, size)
        pages: list[UInt8[np.ndarray, "h w 3"]] = []
        rows = zip(batch.images, drawn, cuts, present, strict=True)
        for image, one, (_, alignment), there in rows:
            mask = self.plan.mask(image, alignment) if there else None
            page = image if mask is None else paste_masked(image, one, alignment, mask)
            whole = self.plan.paste is True
            pages.append(page if whole else align(page, alignment.frame, size)[0])
        return np.stack(pages)

    def warm_up(self, first: int) -> None:
        """Bring the averages over time to where they are before a frame, to go on from it."""
        if not first or not self.plan.smooth:
            return
        begin = max(0, first - WARM)
        for batch in read_ahead(self.clip, first=begin):
            count = min(first, batch.first + len(batch)) - batch.first
            if count > 0:
                part = Batch(
                    batch.images[:count], batch.first, batch.pts[:count], batch.times[:count]
                )
                self(part)
            if batch.first + len(batch) >= first:
                break

    def _forget(self) -> None:
        """Begin the averages anew: the face was gone."""
        self._contents.forget()
        self._pictures.forget()

    def frame_by_frame(self) -> AnimeVideo:
        """The same clip without smoothing: squares as they were found, contents as they are."""
        plan = replace(self.plan, smooth=0.0, min_cutoff=0.0)
        other = AnimeVideo(self.painter, self.clip, self.w, plan, self.finder, self.moving)
        other.looked, other._first = self.looked, self._first
        other._frames = other._found = self._found
        return other

    def region(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the part of the frames that the face is ever in.

        Raises:
            InputError: It is not known yet; see :meth:`look`.
        """
        width, height = self.clip.width, self.clip.height
        if self.plan.where.aligned:
            return 0, 0, width, height
        if not len(self._frames):
            raise InputError(f"{self.clip.path}: its faces have not been looked for")
        rows = [Frame((r[0], r[1]), (r[2], r[3])).corners() for r in self._frames.tolist()]
        corners = np.concatenate(rows)
        low = np.floor(corners.min(axis=0)).astype(int).clip(0, (width - 16, height - 16))
        high = np.ceil(corners.max(axis=0)).astype(int).clip(low + 16, (width, height))
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])

    def square(self, number: int, image: UInt8[np.ndarray, "h w 3"]) -> tuple[Frame, bool]:
        """The square of a frame, and whether the face is there; beyond its ends the last known.

        Args:
            number: Of the frame.
            image: The frame.
        """
        if self.plan.where.aligned:
            return middle_square(image), True
        place = number - self._first
        row = self._frames[min(max(place, 0), len(self._frames) - 1)]
        frame = Frame((float(row[0]), float(row[1])), (float(row[2]), float(row[3])))
        return frame, 0 <= place < len(self._frames)


def _frame_faces(faces: Sequence[Face]) -> FrameFaces:
    """Boxes for following, and squares in the place of landmarks."""
    boxes = [[x, y, x + w, y + h] for x, y, w, h in (face.box for face in faces)]
    squares = [[face.frame.centre, face.frame.half] for face in faces]
    return FrameFaces(
        np.asarray(boxes, np.float64).reshape(-1, 4),
        np.asarray(squares, np.float64).reshape(-1, 2, 2),
    )


def clip_provenance(
    painter: AnimePainter,
    path: Path,
    said: Mapping[str, Any],
    plan: VideoPlan,
    moving: MovingStyle | None,
) -> dict[str, Any]:
    """What made a clip; also the job that ``--resume`` compares."""
    made = {**painter.signature, "of": str(path), **said, **plan.as_dict()}
    made["engine"] = painter.said
    return made if moving is None else {**made, **moving.as_dict()}
