"""Where faces go: the folder that was named, or the next numbered one; asked before the work."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.cli import opt
from mien.cli.common import emit, note, watching

if TYPE_CHECKING:
    from mien.portraits.faces import Faces
    from mien.studio import Studio

HOME = Path("out")
"""Below it every verb has a folder, where runs without ``--out`` are numbered."""


@dataclass(frozen=True)
class Results:
    """Where the faces of one run of a verb go, and how.

    ``out`` None is the next numbered folder; ``size`` is the side of the pictures, None as drawn.
    """

    verb: str
    out: Path | None = None
    force: bool = False
    format: str = "png"
    size: int | None = None

    def check(self, names: Sequence[str] = (), **numbers: float | None) -> None:
        """Find out before the work, and before torch is there, whether they can be written.

        Args:
            names: What the faces will be called, as far as that is known.
            numbers: ``psi``, ``guidance``; None where the default is taken.

        Raises:
            OutputError: A file exists and there is no ``--force``, or the disk refuses.
            WrongValue, UnknownName: No such size, format or number.
        """
        from mien.files import check_writable
        from mien.images.formats import suffix_of
        from mien.portraits.checks import in_range
        from mien.portraits.faces import check_results, checked_size

        for name, value in numbers.items():
            if value is not None:
                in_range(name, value)
        suffix_of(self.format)
        if self.size is not None:
            checked_size(self.size)
        if self.out is None:
            check_writable(HOME / self.verb)
        else:
            check_results(self.out, names, self.format, self.force)

    def folder(self, name: str) -> Path:
        """The folder, made now; a numbered one is called after ``name`` too."""
        from mien.files import make_folder, numbered_folder, slug

        if self.out is not None:
            return make_folder(self.out)
        return numbered_folder(HOME / self.verb, slug(name, keep="."))

    def drop_empty(self, folder: Path) -> None:
        """Remove a numbered folder that was made and got nothing."""
        if self.out is None:
            with contextlib.suppress(OSError):
                folder.rmdir()

    def write(
        self, faces: Faces, name: str, only_sheet: bool = False, begun: Stream | None = None
    ) -> tuple[Faces, list[Path]]:
        """Write faces, tell their notes, and return them as written, and the files.

        ``name`` is for a numbered folder; ``only_sheet`` leaves out single faces; ``begun`` has
        written some already.
        """
        begun = begun or Stream(self, name)
        shown = faces if self.size is None else faces.resized(self.size)
        paths = shown.save(begun.folder, self.force, self.format, only_sheet, begun.written)
        for remark in shown.notes:
            note(remark)
        return shown, paths


@dataclass
class Stream:
    """Writes faces while others are being drawn, into a folder called after ``name`` if numbered.

    With ``tell`` it prints ``opening`` of the first and then the name of each file when it is
    there.
    """

    results: Results
    name: str
    tell: bool = False
    opening: Callable[[Faces], str] | None = None
    written: list[Path] = field(default_factory=list)

    @cached_property
    def folder(self) -> Path:
        """Where they go, made when the first is there."""
        return self.results.folder(self.name)

    @contextlib.contextmanager
    def of(self, studio: Studio, wanted: bool = True) -> Iterator[None]:
        """Inside, what a studio does is shown, and each face that it draws is written at once.

        Unless ``wanted`` nothing is written: what is drawn is not yet what is kept.
        """
        # A bar would lead what is printed to its own stream, which is wrong for all but a terminal.
        out = None if sys.stdout.isatty() else sys.stdout

        def take(face: Faces) -> None:
            from mien.portraits.faces import result_files

            how = self.results
            shown = face if how.size is None else face.resized(how.size)
            path = result_files(self.folder, shown.names(), how.format)[0]
            if path in self.written:
                return
            shown.save_picture(path, how.force)
            if self.tell and self.opening and not self.written:
                print(self.opening(face), file=out)
            if self.tell:
                print(path, file=out, flush=True)
            self.written.append(path)

        if wanted:
            studio.drawn = take
        try:
            with watching(studio):
                yield
        finally:
            studio.__dict__.pop("drawn", None)


@contextlib.contextmanager
def run_folder(verb: str, out: Path | None, name: str) -> Iterator[Path]:
    """Where the files of a run go: ``out``, else the next numbered folder of its verb.

    That is called after ``name``, and goes again if nothing is put into it.
    """
    if out is not None:
        yield out
        return
    results = Results(verb)
    results.check()
    folder = results.folder(name)
    try:
        yield folder
    finally:
        results.drop_empty(folder)


@dataclass(frozen=True)
class Drawing:
    """Which generator draws, where, and where its faces go: the options of the verbs that draw."""

    model: opt.Model = "portraits"
    label: opt.Label = None
    size: opt.Size = None
    format: opt.Format = "png"
    out: opt.Results = None
    device: opt.Device = "auto"
    precision: opt.Precision = "fast"
    engine: opt.Engine = "auto"
    force: opt.Force = False
    json: opt.Json = False

    def results(self, verb: str) -> Results:
        """Where the faces of a run of this verb go."""
        return Results(verb, self.out, self.force, self.format, self.size)

    def studio(self) -> Studio:
        """What draws them; loads torch, so ask for it when all else is checked."""
        from mien.studio import Studio

        return Studio(
            self.model, self.device, precision=self.precision, engine=self.engine, label=self.label
        )

    def tell(
        self, drawn: Faces, paths: Sequence[Path], lines: Iterable[object], **facts: Any
    ) -> None:
        """Print what a run has drawn: all of it for a program, the lines for a person."""
        result = {**drawn.provenance, **facts, "notes": drawn.notes, "files": paths}
        emit(result, self.json, "\n".join(map(str, lines)))


def chosen_psi(psi: float | None, faces: Sequence[str]) -> float:
    """The truncation of seeds; where there is none and it was given, that is told."""
    if psi is None:
        return 0.7
    pictures = {name for name in faces if "." in name and ".np" not in name.lower()}
    if len(pictures) == len(set(faces)):
        note(f"--psi {psi:g} is of seeds; pictures keep their own")
    return psi


def chosen_seed(seed: int) -> int:
    """The seed of a run; ``random`` is thrown now, and told."""
    from mien.portraits.checks import random_seed

    if seed != opt.RANDOM:
        return seed
    seed = random_seed()
    note(f"seed {seed}")
    return seed
