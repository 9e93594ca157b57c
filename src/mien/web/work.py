"""From a click to the desk and back: what is running, how far it is, what went wrong.

A panel writes a *job*: a function of an :class:`Ask` and of the values of its inputs, which runs
where the studio is and returns what its outputs show. :meth:`Bench.act` waits in line, tells how
far things are in the bar at the foot of the page, and turns errors into a sentence there.
"""

from __future__ import annotations

import asyncio
import html
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

import gradio as gr
import numpy as np
from jaxtyping import UInt8

from mien import images
from mien.errors import Busy, Cancelled, InputError, MienError, SessionExpired
from mien.portraits.faces import Faces
from mien.web.desk import CANCELLING, LOADING, WAITING, Desk, Progress
from mien.web.sessions import Made, Session, Sessions
from mien.web.settings import Settings
from mien.web.uploads import read_picture, without_paths
from mien.web.widgets import from_address
from mien.web.words import Say

if TYPE_CHECKING:
    from mien.studio.session import Studio

_log = logging.getLogger(__name__)

LONGEST = 2048
"""Longest side of photos; sessions remember them."""

TICK_S = 0.2
"""Seconds between two looks at how far a job is."""


@dataclass
class Ask:
    """One asker and the studio, as a job sees them.

    Attributes:
        studio: The desk's; of jobs that need none (``desk=False``) it must not be touched.
        session: Whose page it is.
        say: The words of the page's language.
        event: What was pressed, and with what.
        parts: Outputs that are there before the rest.
        count: How many of how many are there; (0, 0) where nobody counts.
    """

    studio: Studio
    session: Session
    say: Say
    event: gr.EventData
    parts: list[tuple[Any, ...]] = field(default_factory=list)
    count: tuple[int, int] = (0, 0)

    def show(self, *outputs: Any, done: int = 0, total: int = 0) -> None:
        """Show a part of the result now, if there is one, and that so many are done."""
        self.count = done, total
        if outputs:
            self.parts.append(outputs)

    def keep(self, faces: Faces, verb: str) -> list[Made]:
        """Faces among what this session has made."""
        return [self.session.keep(made) for made in Made.each_of(faces, verb)]

    def told(self, key: str) -> Any:
        """What a widget sent along with its event; None if it did not."""
        return self.event._data.get(key) if isinstance(self.event._data, dict) else None

    def picked(self) -> Made:
        """The picture that was pressed; errors as :meth:`mien.web.sessions.Session.find`."""
        return self.session.find(str(self.told("pick")))

    def carry(self) -> None:
        """Take the picture that was pressed to all panels."""
        self.session.carried = self.picked()

    def still(self, name: str) -> list[Made]:
        """The pictures that a panel remembers, as far as the session keeps them."""
        kept = {one.id for one in self.session.made}
        return [one for one in self.session.values.get(name, ()) if one.id in kept]

    @property
    def chosen(self) -> str:
        """Id of the face at hand; empty if there is none."""
        return self.session.carried.id if self.session.carried else ""

    def hand(self) -> Made:
        """The face at hand; InputError if there is none."""
        if self.session.carried is None:
            raise InputError(self.say("no_face"))
        return self.session.carried


Job = Callable[..., Any]
"""``job(ask, *values)`` gives a value for each output, or the only one."""

Fill = Callable[[Ask], Any]
"""What shows a session's state: gives a value for each of its outputs."""


class _Task(NamedTuple):
    """A job as it is bound: how many outputs it has, whether it needs the studio, is live."""

    job: Job
    many: int
    desk: bool
    live: bool


class Bench:
    """What all panels of one page share.

    Attributes:
        tabs: The panels; an output that opens one of them.
        bar, cancel: The line at the foot, what runs or went wrong, and the button beside it.
        state: Changes whenever the session's pictures or the face at hand do.
        returns: Verb -> components of its panel, and their values for a recipe.
    """

    tabs: gr.Tabs
    bar: gr.HTML
    cancel: gr.Button
    state: gr.State

    def __init__(self, desk: Desk, sessions: Sessions, settings: Settings, say: Say) -> None:
        self.desk, self.sessions, self.settings, self.say = desk, sessions, settings, say
        self.returns: dict[str, tuple[list[Any], Callable[[Mapping[str, Any]], list[Any]]]] = {}
        self._fills: list[tuple[Fill, list[Any]]] = []

    def foot(self) -> None:
        """Lay out the bar; it comes first and is shown at the foot."""
        self.state = gr.State("")
        with gr.Row(elem_id="bar"):
            self.bar = gr.HTML("", elem_id="bar-text")
            self.cancel = gr.Button(self.say("cancel"), size="sm", visible=False, min_width=90)
        self.cancel.click(self._cancel, None, [self.bar, self.cancel], show_progress="hidden")

    def photo(self, path: str | None) -> UInt8[np.ndarray, "h w 3"]:
        """A picture that was sent, decoded within the limits; large ones come out smaller.

        InputError if there is none, ImageError if it is no picture, or too large.
        """
        if path is None:
            raise InputError(self.say("no_photo"))
        image = read_picture(Path(path).read_bytes(), self.settings.limits, "photo")
        high, wide = image.shape[:2]
        share = LONGEST / max(high, wide)
        if share >= 1:
            return image
        return images.resize(image, (max(1, round(share * high)), max(1, round(share * wide))))

    def photo_or_hand(self, ask: Ask, path: str | None) -> UInt8[np.ndarray, "h w 3"]:
        """As :meth:`photo`; where none was sent, the face at hand."""
        if path is None and ask.session.carried is not None:
            return ask.session.carried.picture
        return self.photo(path)

    def drawn(self, png: str | None) -> UInt8[np.ndarray, "h w 3"] | None:
        """What is drawn on a canvas, by its value; None while it is empty.

        InputError if it is no PNG of a canvas, ImageError if it is no picture, or too large.
        """
        if not png:
            return None
        return read_picture(from_address(str(png)), self.settings.limits, "drawing")

    def follow(self, fill: Fill, outputs: Sequence[Any]) -> None:
        """Fill outputs from the session now, and whenever its pictures or its face change."""
        self._fills.append((fill, list(outputs)))

    def start(self, page: gr.Blocks) -> None:
        """Bind what follows the session; the last thing that a page does."""
        outputs = [one for _, several in self._fills for one in several]

        def fill(ask: Ask) -> tuple[Any, ...]:
            parts = (_listed(fill(ask), len(several)) for fill, several in self._fills)
            return tuple(value for part in parts for value in part)

        # What changes while this runs is shown by another run right after it.
        self.act([page.load, self.state.change], fill, None, outputs, desk=False, live=True)

    def act(
        self,
        triggers: Sequence[Any] | Any,
        job: Job,
        inputs: Sequence[Any] | Any = None,
        outputs: Sequence[Any] | Any = None,
        desk: bool = True,
        live: bool = False,
    ) -> Any:
        """Do a job whenever one of the events (``button.click``) happens.

        Args:
            triggers: An event of a component, or several.
            job: What to do.
            inputs: Components whose values it gets.
            outputs: Components that show what it returns.
            desk: Whether it needs the studio; what does not waits for nobody.
            live: It follows a hand that moves, or the session: only the last movement counts, and
                the bar and the state stay.

        Returns:
            Gradio's dependency, for ``.then``.
        """
        shown = [] if outputs is None else outputs if isinstance(outputs, list) else [outputs]
        task = _Task(job, len(shown), desk, live)

        async def handler(
            request: gr.Request, event: gr.EventData, *values: Any
        ) -> AsyncIterator[Any]:
            async for answer in self._answers(task, request, event, values):
                yield answer

        several: list[Any] = list(triggers) if isinstance(triggers, list | tuple) else [triggers]
        fixed: list[Any] = [*shown, self.bar, self.cancel, self.state]
        return gr.on(
            several,
            handler,
            inputs,
            fixed,
            show_progress="hidden",
            trigger_mode="always_last" if live else _mode(several),
            concurrency_limit=None,
            api_visibility="private",
        )

    async def _answers(
        self, task: _Task, request: gr.Request, event: gr.EventData, values: Sequence[Any]
    ) -> AsyncIterator[Any]:
        """What the outputs, the bar and the state show, as far as things are."""
        many = task.many
        try:
            session = self.sessions.of(request)
        except SessionExpired:
            yield self._failed(many, self.say("expired"))
            return
        ask = Ask(cast(Any, None), session, self.say, event)
        run = self._through_desk if task.desk else _alone
        waiting, last = asyncio.ensure_future(run(ask, task.job, values)), ""
        try:
            while not waiting.done():
                await asyncio.wait([waiting], timeout=TICK_S)
                text = self._progress(ask)
                if (ask.parts or text != last) and not (waiting.done() or task.live):
                    parts, ask.parts = ask.parts, []
                    part = _listed(parts[-1], many) if parts else _same(many)
                    yield (*part, text, gr.Button(visible=True), gr.skip())
                    last = text
            done = _listed(waiting.result(), many)
        except Cancelled:
            yield (*_same(many), "", gr.Button(visible=False), gr.skip())
        except Busy:
            yield self._failed(many, self.say("busy"))
        except MienError as error:
            yield self._failed(many, without_paths(error, self.sessions.folder))
        except Exception:  # noqa: BLE001  # the asker gets a sentence, the log the rest
            _log.exception("a job failed")
            yield self._failed(many, self.say("failed"))
        else:
            # The bar is that of whatever runs: what needs no studio may be done meanwhile.
            theirs = task.live or (not task.desk and self.desk.progress(session.id) is not None)
            bar = _same(2) if theirs else ("", gr.Button(visible=False))
            yield (*done, *bar, gr.skip() if task.live else _state(session))
        finally:
            if not waiting.done():  # The asker has gone.
                self.desk.cancel(session.id)
                waiting.add_done_callback(lambda one: one.cancelled() or one.exception())

    async def _through_desk(self, ask: Ask, job: Job, values: Sequence[Any]) -> Any:
        def work(studio: Studio) -> Any:
            ask.studio = studio
            return job(ask, *values)

        return await asyncio.wrap_future(self.desk.submit(ask.session.id, work))

    def _progress(self, ask: Ask) -> str:
        progress = self.desk.progress(ask.session.id)
        if progress is None:
            return ""
        if ask.count[1] and progress.what != CANCELLING:
            progress = progress._replace(done=ask.count[0], total=ask.count[1])
        return progress_line(progress, self.say)

    def _cancel(self, request: gr.Request) -> tuple[Any, Any]:
        try:
            runs = self.desk.cancel(self.sessions.of(request).id)
        except SessionExpired:
            return self._fault(self.say("expired")), gr.Button(visible=False)
        # While something runs the bar is that work's own: its last word must be the last.
        return _same(2) if runs else ("", gr.Button(visible=False))

    def _fault(self, text: str) -> str:
        close = html.escape(self.say("close"))
        return (
            f'<p role="alert" class="fault">{html.escape(text)}</p>'
            f'<button type="button" class="close" aria-label="{close}" '
            'onclick="this.parentElement.replaceChildren()">×</button>'
        )

    def _failed(self, many: int, text: str) -> tuple[Any, ...]:
        return (*_same(many), self._fault(text), gr.Button(visible=False), gr.skip())


def progress_line(progress: Progress, say: Say) -> str:
    """What is being done, how far it is and how long it will take, as HTML."""
    what, done, total = progress.what, progress.done, progress.total
    known = {WAITING: "waiting", LOADING: "loading", "": "working"}
    text = say.doing(known.get(what, what))
    if what == WAITING:
        text, total = say("waiting", total), 0
    elif total:
        text = f"{text} · {say('of', min(done, total), total)}"
    bar = f'value="{done}" max="{total}"' if total else ""
    left = ""
    if progress.left_s is not None and progress.left_s >= 1:
        left = f"<span class='left'>{html.escape(say.left(progress.left_s))}</span>"
    name = html.escape(say("progress"))
    return (
        f"<p class='what' role='status'>{html.escape(text)} {left}</p>"
        f"<progress aria-label='{name}' {bar}></progress>"
    )


def _state(session: Session) -> str:
    made, carried = session.made, session.carried
    return f"{len(made)} {made[-1].id if made else ''} {carried.id if carried else ''}"


def _mode(triggers: Sequence[Any]) -> Literal["multiple", "once"]:
    """What is pressed again while it runs: another picture counts, the same button does not."""
    return "multiple" if any(one.event_name == "select" for one in triggers) else "once"


async def _alone(ask: Ask, job: Job, values: Sequence[Any]) -> Any:
    return job(ask, *values)


def _same(many: int) -> tuple[Any, ...]:
    return tuple(gr.skip() for _ in range(many))


def _listed(result: Any, many: int) -> tuple[Any, ...]:
    """What a job returned, a value an output."""
    if many == 0:
        return ()
    if many == 1 and not isinstance(result, tuple):
        return (result,)
    assert len(result) == many, f"{len(result)} values for {many} outputs"
    return tuple(result)
