"""How the studio's server is set up: what ``mien web`` asks for, checked."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.errors import InputError, WrongValue

if TYPE_CHECKING:
    from mien.web.uploads import Limits

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Settings:
    """One server.

    Attributes:
        host, port: What is bound, port 0 for any free one; beyond loopback ``token`` or ``auth`` is
            demanded.
        model: The generator: a name of the catalogue or a file.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``.
        engine: What draws, a key of :data:`mien.runtime.engines.ENGINES`.
        token: A secret that the address of the page carries once (``/?token=…``), and programs
            send as ``Authorization: Bearer …``.
        auth: Name and password of HTTP basic authentication.
        max_upload, max_count: Bytes of one request, files included; its faces.
        max_pixels: Pixels of one picture that is sent.
        waiting: Requests that may wait for the studio; more are told that it is busy.
        ttl_s: Seconds without a sign of life after which a session goes.
        sessions: How many at once; beyond them the one that has been idle longest goes.
        names: Other names that the server answers to, such as ``studio.example.org``.

    Raises:
        InputError: An address beyond loopback without a secret, or a secret that is too short.
        WrongValue: A number out of its range.
    """

    host: str = LOOPBACK
    port: int = 7860
    model: str = "portraits"
    device: str = "auto"
    engine: str = "auto"
    token: str | None = None
    auth: tuple[str, str] | None = None
    max_upload: int = 16 << 20
    max_pixels: int = 1 << 24
    max_count: int = 64
    waiting: int = 16
    ttl_s: float = 3600
    sessions: int = 256
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ranges = {
            "port": (self.port, 0, 65535),
            "max_upload": (self.max_upload, 1 << 16, 1 << 30),
            "waiting": (self.waiting, 1, 1000),
            "sessions": (self.sessions, 1, 10_000),
        }
        for name, (value, low, high) in ranges.items():
            if not low <= value <= high:
                raise WrongValue(f"`{name}` is {value}, but must be from {low} to {high}")
        if self.token is not None and len(self.token) < 8:
            raise InputError(f"`token` has {len(self.token)} characters, and must have 8 or more")
        if not is_loopback(self.host) and not self.guarded:
            raise InputError(
                f"`host={self.host}` lets others in; give `token` or `auth`, or keep {LOOPBACK}"
            )

    @property
    def limits(self) -> Limits:
        """How much one file that is sent may have."""
        from mien.web.uploads import Limits

        return Limits(self.max_upload, self.max_pixels)

    @property
    def guarded(self) -> bool:
        """Whether a secret is asked for."""
        return self.token is not None or self.auth is not None


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
