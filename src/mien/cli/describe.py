"""``mien describe TEXT``: faces that fit a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from mien.cli import opt
from mien.cli.options import shared_options
from mien.cli.results import Drawing, Stream, chosen_seed

if TYPE_CHECKING:
    from mien.portraits.faces import Faces


@shared_options(Drawing)
def describe(
    how: Drawing,
    text: Annotated[str, Argument(metavar="TEXT", help="A sentence about a face.")],
    count: opt.Count = 4,
    seed: opt.Seed = 0,
    pick: Annotated[
        int | None,
        Option(metavar="N", help="Draw 16, four times N from 5 on; keep the N that fit best."),
    ] = None,
    method: Annotated[
        str | None,
        Option(help="labels, mapper, directions or prior; else the one that measures best."),
    ] = None,
    guidance: Annotated[
        float | None,
        Option(help="How strongly the sentence is followed; 1 is plain, above 4 faces come apart."),
    ] = None,
    psi: Annotated[
        float | None,
        Option(help="How far faces lie from the mean one, 0 to 2; beyond 1 they come apart."),
    ] = None,
    refine: Annotated[
        int | None,
        Option(metavar="STEPS", help="Steps at most towards what the sentence says; 0: none."),
    ] = None,
    anyway: Annotated[
        bool, Option("--anyway", help="Draw also for a sentence that is not about a face.")
    ] = False,
    language: Annotated[
        str | None, Option(metavar="CODE", help="en, vi, fr or ja; else it is found out.")
    ] = None,
    without: Annotated[
        str | None,
        Option("--not", metavar="WORDS", help="What they shall not have: 'glasses, beard'."),
    ] = None,
) -> None:
    """Draw faces that fit a sentence.

    Writes one picture a face, `sheet.png` with all of them and `latents.npz` with their `w`, into a
    new folder below `out/describe`; each picture is there, and named, as soon as it is drawn, and
    carries what made it: `mien show FILE` reads it back.
    """
    from mien.portraits.checks import checked_seeds, checked_text
    from mien.portraits.faces import face_names

    results = how.results("describe")
    sentence, first = checked_text(text)[0], chosen_seed(seed)
    if pick is not None:
        from mien.inversion.similarity import drawn_for

        count = drawn_for(pick)
    names = face_names(sentence, checked_seeds(count, first))
    results.check(names, psi=psi, guidance=guidance)
    studio = how.studio()
    stream = Stream(results, sentence, not how.json, _read)
    with stream.of(studio, pick is None):
        drawn = studio.describe(
            text, count, first, method, guidance, psi, refine, anyway, language, without
        )
        drawn = drawn if pick is None else studio.pick(drawn, sentence, pick)
    faces, paths = results.write(drawn, sentence, begun=stream)
    lines = [] if stream.written else [_read(faces)]
    lines += [str(path) for path in paths if path not in stream.written]
    how.tell(faces, paths, lines, seeds=faces.seeds)


def _read(faces: Faces) -> str:
    from mien.attributes import in_words

    read, denied = faces.provenance["read"], faces.provenance["denied"]
    said = ", ".join(in_words(column, value) for column, value in read.items()) or "nothing"
    not_said = (f"; not {in_words(column, values)}" for column, values in denied.items())
    return f"read: {said}{''.join(not_said)}"
