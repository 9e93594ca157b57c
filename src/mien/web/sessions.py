"""Who is there: a browser's own state, with what it made, its own folder, and an end."""

from __future__ import annotations

import io
import secrets
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32, UInt8

from mien.errors import SessionExpired, UnknownName
from mien.images.sheets import png_bytes

if TYPE_CHECKING:
    from mien.portraits.faces import Faces

COOKIE = "mien_session"
"""The cookie that says whose a request is; the server sets it, no script can read it."""

MOST_MADE, MOST_BYTES = 200, 64 << 20
"""What one session keeps: so many pictures, so many bytes; the oldest go first."""

ALL_BYTES = 1 << 30
"""What all sessions keep together; beyond that the one that has been idle longest goes."""

HOUR_S = 3600.0


def _new_id() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, repr=False)
class Made:
    """One picture that was made.

    Attributes:
        picture: uint8 ``[h, w, 3]``.
        verb: What made it: ``describe``, ``edit``, ``sketch``…
        provenance: All that made it, as its PNG says it: its recipe.
        latents: ``[1, num_ws, w_dim]``; None for pictures without a latent.
        notes: What the person should know.
        id: Made of secrets; nobody guesses it.
        time: Seconds since 1970.
    """

    picture: UInt8[np.ndarray, "h w 3"]
    verb: str
    provenance: Mapping[str, Any] = field(default_factory=dict)
    latents: Float32[np.ndarray, "1 num_ws w_dim"] | None = None
    notes: tuple[str, ...] = ()
    id: str = field(default_factory=_new_id)
    time: float = field(default_factory=time.time)

    @classmethod
    def each_of(cls, faces: Faces, verb: str) -> list[Made]:
        """Every face of what a verb of the studio gave."""
        return [
            cls(face.images[0], verb, face.made()[0], face.ws, tuple(face.notes)) for face in faces
        ]

    @property
    def face(self) -> Faces:
        """As the verbs of the studio take a face; UnknownName if it has no latent."""
        from mien.portraits.faces import Faces

        if self.latents is None:
            raise UnknownName("face", self.verb, ())
        seed = self.provenance.get("seed", 0)
        made = dict(self.provenance)
        seeds = (seed if isinstance(seed, int) else 0,)
        return Faces(self.picture[None], self.latents, seeds, made, self.notes, (made,))

    @property
    def bytes(self) -> int:
        """What it takes in memory, about."""
        return self.picture.nbytes + (0 if self.latents is None else self.latents.nbytes) + 4096

    def png(self) -> bytes:
        """As a PNG that carries what made it."""
        return png_bytes(self.picture, self.provenance)

    def npz(self) -> bytes:
        """Its latent as ``.npz`` with ``w``; UnknownName if it has none."""
        stream = io.BytesIO()
        np.savez(stream, w=self.face.ws)
        return stream.getvalue()


class Session:
    """What one browser has made; safe to use from several threads.

    Attributes:
        id: Its secret name.
        folder: Its own folder for temporary files, removed with it.
        values: What panels remember, by name.
        carried: The face that is at hand in every panel.
    """

    def __init__(self, folder: Path, most_made: int = MOST_MADE, most_bytes: int = MOST_BYTES):
        self.id = _new_id()
        self.folder = Path(tempfile.mkdtemp(prefix="session-", dir=folder))
        self.values: dict[str, Any] = {}
        self.carried: Made | None = None
        self._most_made, self._most_bytes = most_made, most_bytes
        self._made: list[Made] = []
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """What its pictures take in memory, about."""
        return sum(one.bytes for one in self.made)

    @property
    def made(self) -> list[Made]:
        """What is kept, the oldest first."""
        with self._lock:
            return list(self._made)

    def keep(self, made: Made) -> Made:
        """Keep a picture; the oldest ones go where there are too many."""
        with self._lock:
            self._made.append(made)
            while len(self._made) > 1 and (
                len(self._made) > self._most_made
                or sum(one.bytes for one in self._made) > self._most_bytes
            ):
                self.clip(self._made.pop(0)).unlink(missing_ok=True)
        return made

    def clip(self, made: Made) -> Path:
        """Where the clip of a picture lies, if it has one."""
        return self.folder / f"{made.id}.mp4"

    def find(self, id_: str) -> Made:
        """A picture of this session; UnknownName if it keeps no such one, whoever else may."""
        for one in self.made:
            if secrets.compare_digest(one.id.encode(), str(id_).encode()):
                return one
        raise UnknownName("picture", str(id_)[:40], ())

    def close(self) -> None:
        """Forget all and remove the folder."""
        with self._lock:
            self._made.clear()
        self.values.clear()
        self.carried = None
        shutil.rmtree(self.folder, ignore_errors=True)


class Sessions:
    """All sessions of a server.

    One goes after ``ttl_s`` seconds without a sign of life; beyond ``limit`` at once or
    ``most_bytes`` in all the one that has been idle longest goes. ``folder`` is where all temporary
    files lie; ``files`` in it is for those that pages send, and that Gradio may hand out.
    """

    def __init__(
        self,
        ttl_s: float = HOUR_S,
        limit: int = 256,
        most_bytes: int = ALL_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ttl_s, self.limit, self.most_bytes, self._clock = ttl_s, limit, most_bytes, clock
        self.folder = Path(tempfile.mkdtemp(prefix="mien-web-"))
        self.files = self.folder / "gradio"
        self.files.mkdir()
        # Also where nobody closes it.
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self._seen: dict[str, tuple[Session, float]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._seen)

    def new(self) -> Session:
        """A session for somebody who has none."""
        self.sweep()
        session = Session(self.folder)
        with self._lock:
            self._seen[session.id] = session, self._clock()
            idle = sorted(self._seen.items(), key=lambda item: item[1][1])
            kept, count = sum(one.bytes for one, _ in self._seen.values()), len(idle)
            gone = []
            for name, (one, _) in idle[:-1]:
                if count <= self.limit and kept <= self.most_bytes:
                    break
                gone.append(self._seen.pop(name)[0])
                kept, count = kept - one.bytes, count - 1
        for one in gone:
            one.close()
        return session

    def get(self, id_: str | None) -> Session:
        """The session of a name, which lives on from now; SessionExpired if there is none."""
        self.sweep()
        with self._lock:
            if id_ is None or id_ not in self._seen:
                raise SessionExpired("this session has expired; load the page again")
            session = self._seen[id_][0]
            self._seen[id_] = session, self._clock()
        return session

    def has(self, id_: str | None) -> bool:
        """Whether a session of this name is kept; does not prolong it."""
        self.sweep()
        return id_ is not None and id_ in self._seen

    def of(self, request: Any) -> Session:
        """The session of a request, Gradio's or Starlette's or none, by its cookie."""
        cookies = {} if request is None else request.cookies
        return self.get(cookies.get(COOKIE))

    def sweep(self) -> int:
        """Remove those that have been idle too long; how many went."""
        last = self._clock() - self.ttl_s
        with self._lock:
            old = [name for name, (_, seen) in self._seen.items() if seen < last]
            gone = [self._seen.pop(name)[0] for name in old]
        for one in gone:
            one.close()
        return len(gone)

    def close(self) -> None:
        """Remove all of them and every file of theirs."""
        with self._lock:
            gone = [session for session, _ in self._seen.values()]
            self._seen.clear()
        for one in gone:
            one.close()
        shutil.rmtree(self.folder, ignore_errors=True)
