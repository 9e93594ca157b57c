"""PyAV, which brings FFmpeg: imported when a clip is first touched."""

from __future__ import annotations

from typing import Any

from mien.errors import MissingExtra

LEAST = 18
"""The first PyAV whose scaler can be told to round exactly."""


def pyav(purpose: str = "video") -> Any:
    """The package ``av``, for a purpose (a noun phrase); MissingExtra if absent, or too old."""
    try:
        import av
        import av.codec.context
        import av.error
        import av.stream
        import av.video.reformatter
    except ImportError:
        raise MissingExtra("av", "video", purpose) from None
    if int(av.__version__.split(".")[0]) < LEAST:
        raise MissingExtra(f"av {LEAST} or newer", "video", purpose)
    return av
