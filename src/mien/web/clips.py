"""Clips of a session: frames into a file of its folder, told while they are drawn."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from mien.video.reader import Clip
from mien.video.writer import Writer, writing
from mien.web.sessions import Made, Session
from mien.web.widgets import address, links
from mien.web.words import Say


@contextmanager
def recording(
    session: Session,
    verb: str,
    fps: float | Fraction,
    provenance: Callable[[], Mapping[str, Any]],
    sound: Clip | None = None,
) -> Iterator[tuple[Writer, list[Made]]]:
    """A clip of the session to write frames into; errors as :func:`mien.video.writer.writing`.

    Yields the writer, and a list to which the picture of the clip is added in the end.
    """
    target, made = session.folder / "clip.mp4", list[Made]()
    base = None if sound is None else sound.time_base
    with writing(target, fps, base, sound, provenance, force=True) as writer:
        yield writer, made
    first = next(iter(Clip(target))).image
    kept = session.keep(Made(first, verb, dict(provenance()), None, tuple(writer.notes)))
    target.replace(session.clip(kept))
    made.append(kept)


def player(made: Made, say: Say) -> str:
    """A clip to look at and to download."""
    name = html.escape(say.verb(made.verb), quote=True)
    return (
        f'<video controls loop muted playsinline aria-label="{name}" poster="{address(made)}" '
        f'src="{address(made, "mp4")}"></video>{links(made, say, clip=True)}'
    )
