"""What a canvas of the page sends is what is on it now; nothing of it is believed."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from mien.errors import MienError
from mien.web.settings import Settings
from web.conftest import png

PNG = "data:image/png;base64,"


def drawn(text: str | None) -> Any:
    from mien.web.work import Bench

    bench = object.__new__(Bench)  # Desk and sessions are not asked.
    bench.settings = Settings(max_pixels=1 << 12)
    return bench.drawn(text)


def test_a_sheet_is_what_is_on_it():
    assert drawn(PNG + base64.b64encode(png(24, 16)).decode()).shape == (16, 24, 3)
    assert drawn("") is None
    assert drawn(None) is None


@pytest.mark.parametrize(
    "text",
    [
        "/etc/passwd",
        "data:image/svg+xml;base64,AAAA",
        PNG + "@@",
        PNG + "AAAA",
        PNG + base64.b64encode(png(100, 100)).decode(),
    ],
)
def test_what_is_no_sheet_is_refused(text: str):
    with pytest.raises(MienError):
        drawn(text)
