"""What ``mien run`` can do with each of very many inputs.

A verb is a frozen dataclass whose fields are its options; called once in a process, it gives the
worker of :mod:`mien.data.bulk`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from mien import images
from mien.data.batch import Job, Worker
from mien.data.bulk import SeedItem
from mien.errors import DatasetError, InputError, UnknownName
from mien.portraits.checks import checked, in_range


@dataclass(frozen=True)
class _Looking:
    aligned: bool = False
    face: int = 0  # 0 for the only one
    device: str = "cpu"

    def where(self) -> Any:
        from mien.faces.choosing import Where

        return Where(self.face or None, aligned=self.aligned)


@dataclass(frozen=True)
class Aligning(_Looking):
    """A crop of the face, as ``mien data align``."""

    size: int = 256

    def __post_init__(self) -> None:
        checked("size", self.size, 16, 4096)

    def __call__(self) -> Worker:
        """Load the finder."""
        from mien.faces.aligning import save_crop
        from mien.faces.choosing import find_face, shipped_finder

        finder = shipped_finder(self.device)

        def work(job: Job) -> Sequence[str]:
            image = job.read()
            face = find_face(image, self.where(), finder)
            return save_crop(image, face, self.size, job.targets[0], job.name)[1]

        return work


@dataclass(frozen=True)
class Masking(_Looking):
    """A label map, as ``mien data mask``."""

    def __call__(self) -> Worker:
        """Load the networks."""
        from mien.faces.parsing.work import Masking as Data

        return Data(self.where(), device=self.device)()


@dataclass(frozen=True)
class Cutting(_Looking):
    """The person without the background, as ``mien data cutout``."""

    def __call__(self) -> Worker:
        """Load the networks."""
        from mien.faces.parsing.work import Cutting as Data

        return Data(self.where(), device=self.device)()


@dataclass(frozen=True)
class Captions:
    """Sentences out of a table of attributes, as ``mien data caption``."""

    labels: str = ""
    count: int = 10
    seed: int = 0
    ends: ClassVar = (".txt",)

    def __call__(self) -> Worker:
        """Read the table."""
        from mien.data.tables import read_table
        from mien.text.caption_files import Captioning, CaptionJob

        if not self.labels:
            raise InputError("caption needs labels=TABLE, what is known of the faces")
        table, write = read_table(self.labels), Captioning(self.count, self.seed)()

        def work(job: Job) -> Sequence[str]:
            if (row := table.find(job.key)) is None:
                raise DatasetError(self.labels, f"has no row for {job.key}", "add one")
            return write(CaptionJob(job.name, table.faces[row], job.targets))

        return work


@dataclass(frozen=True)
class Inverting(_Looking):
    """The latent of the face and a sheet, as ``mien invert``."""

    model: str = "portraits"
    steps: int = 0
    ends: ClassVar = (".npz", "-sheet.png")

    def __call__(self) -> Worker:
        """Load the generator and its encoder."""
        from mien.faces.choosing import shipped_finder
        from mien.inversion.photos import InversionRequest, invert
        from mien.studio.session import Studio

        studio = Studio(self.model, self.device)
        finder = None if self.aligned else shipped_finder(self.device)
        request = InversionRequest(self.steps, face=self.face or None, aligned=self.aligned)

        def work(job: Job) -> Sequence[str]:
            made = invert(studio, job.read(), request, finder)
            made.save(job.targets[0].parent, job.targets[0].stem, force=True)
            return made.notes

        return work


@dataclass(frozen=True)
class Sketching:
    """A sketch, as ``mien sketch``."""

    style: str = "pencil"
    strength: float = 0.5
    big: str = "face"
    device: str = "cpu"

    def __post_init__(self) -> None:
        from mien.sketch.extract import STYLES
        from mien.sketch.translate import LEARNED, WAYS

        for kind, value, known in (
            ("style of sketches", self.style, (*STYLES, LEARNED)),
            ("way for big pictures", self.big, WAYS),
        ):
            if value not in known:
                raise UnknownName(kind, value, known)
        checked("strength", self.strength, 0, 1)

    def __call__(self) -> Worker:
        """Make the studio; a network is loaded if the style wants one."""
        from mien.studio.session import Studio

        studio = Studio(device=self.device)

        def work(job: Job) -> Sequence[str]:
            made = studio.sketch(
                job.read(), None, None, self.big, 1, style=self.style, strength=self.strength
            )
            made.save(job.targets[0], force=True)
            return made.notes

        return work


@dataclass(frozen=True)
class Animating(_Looking):
    """The face as anime, in one style, as ``mien anime``."""

    model: str = ""
    style_seed: int = -1  # below 0 for the model's own

    def __call__(self) -> Worker:
        """Load the model."""
        from mien.studio.session import Studio

        studio = Studio(device=self.device)
        seed = self.style_seed if self.style_seed >= 0 else None

        def work(job: Job) -> Sequence[str]:
            made = studio.anime(
                job.read(), 1, seed, model=self.model or None, face=self.face or None,
                aligned=self.aligned,
            )  # fmt: skip
            told = {**made.provenance, **made.each[0], "of": job.name}
            images.save(job.targets[0], made.results[0], told)
            return made.notes

        return work


@dataclass(frozen=True)
class Generating:
    """The face of a seed, as ``mien generate``."""

    model: str = "portraits"
    psi: float = 0.7
    device: str = "cpu"
    engine: str = "auto"

    def __post_init__(self) -> None:
        in_range("psi", self.psi)

    def __call__(self) -> Worker:
        """Load the generator."""
        from mien.studio.session import Studio

        studio = Studio(self.model, self.device, engine=self.engine)

        def work(item: SeedItem) -> Sequence[str]:
            (face,) = studio.generate(psi=self.psi, seeds=[item.seed])
            images.save(item.targets[0], face.images[0], face.made()[0])
            return []

        return work


VERBS: Mapping[str, type[Any]] = {
    "align": Aligning,
    "mask": Masking,
    "cutout": Cutting,
    "caption": Captions,
    "invert": Inverting,
    "sketch": Sketching,
    "anime": Animating,
    "generate": Generating,
}
"""What can be done in bulk."""


def worker_of(verb: str, options: Sequence[str], device: str = "cpu") -> Any:
    """What a key of :data:`VERBS` does, with its options (``size=512``).

    Raises:
        UnknownName: No such verb, option or value.
        InputError: A value is of another kind, or out of its range: no input is to blame for it.
    """
    if verb not in VERBS:
        raise UnknownName("verb in bulk", verb, VERBS)
    known = {field.name: field for field in fields(VERBS[verb])}
    values: dict[str, Any] = {"device": device} if "device" in known else {}
    for option in options:
        name, mark, text = option.partition("=")
        if name not in known:
            raise UnknownName(f"option of {verb}", name, known)
        kind = type(known[name].default)
        try:
            if not mark:
                raise ValueError
            flags = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
            values[name] = flags[text.lower()] if kind is bool else kind(text)
        except (ValueError, KeyError):
            raise InputError(f"option {option!r} is no {name}={kind.__name__}") from None
    return VERBS[verb](**values)
