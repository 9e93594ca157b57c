"""Pairs of photo and sketch made of any photos, as :mod:`mien.data.pairs` reads them.

jobs = find_jobs(["photos"], "out", ENDS, FOLDERS)
for done in work_off(jobs, Sketching("pencil", (0.3, 0.7)), processes=4): ...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mien import images
from mien.data.batch import Job, Worker
from mien.errors import InputError, UnknownName
from mien.sketch.extract import STYLES

FOLDERS, ENDS = ("photo", "sketch"), (".png", ".png")
"""What :func:`mien.data.batch.find_jobs` is told: a photo and a sketch of the same name."""


@dataclass(frozen=True)
class Sketching:
    """Writes a photo and its sketch.

    Args:
        style: A key of :data:`mien.sketch.extract.STYLES`.
        strengths: Photo i of a folder gets the i-th of them, beginning anew after the last.
        size: Cut the largest square out of the middle and resize it to this side; ``None`` leaves
            photos as they are.
    """

    style: str = "pencil"
    strengths: tuple[float, ...] = (0.5,)
    size: int | None = None

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise UnknownName("style of sketches", self.style, STYLES)
        if not self.strengths:
            raise InputError("there is no strength; give at least one from 0 to 1")
        for strength in self.strengths:
            if not 0 <= strength <= 1:
                raise InputError(f"strength is {strength:g}, but must be from 0 to 1")
        if self.size is not None and self.size < 8:
            raise InputError(f"size is {self.size}, and must be 8 or more")

    def __call__(self) -> Worker:
        """Nothing has to be loaded."""
        return self.write

    def write(self, job: Job) -> Sequence[str]:
        """Write both files of a job; errors as :meth:`mien.data.batch.Job.read`."""
        photo = job.source.picture(job.index, self.size)
        strength = self.strengths[job.index % len(self.strengths)]
        drawn = STYLES[self.style](photo, strength)
        first, second = job.targets
        made = {"sketch_of": job.key, "style": self.style, "strength": strength}
        images.save(first, photo, {"source": str(job.source.path), "name": job.key})
        images.save(second, drawn, {**made, "source": str(job.source.path)})
        return []
