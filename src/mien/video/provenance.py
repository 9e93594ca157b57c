"""What made a clip, kept in the clip: its comment holds one JSON object, ``{"mien": {...}}``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mien.errors import VideoError
from mien.images import json_default
from mien.video.gif import read_comment
from mien.video.reader import Clip

KEY = "mien"


def packed(provenance: Mapping[str, Any]) -> str:
    """A provenance as the text of a comment, in ASCII."""
    return json.dumps({KEY: dict(provenance)}, default=json_default)


def read_provenance(path: str | Path) -> dict[str, Any]:
    """What made a clip of mien's; VideoError if there is none, or it does not say so."""
    file = Path(path)
    clip = Clip(file)
    tags = {name.lower(): text for name, text in clip.metadata.items()}
    text = read_comment(file) if file.suffix.lower() == ".gif" else tags.get("comment", "")
    try:
        found = json.loads(text)[KEY]
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, dict):
        cause = "does not say what made it"
        raise VideoError(file, cause, "only clips that mien writes do")
    return found
