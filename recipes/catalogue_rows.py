"""Write rows of the catalogue from weights and from what ``mien evaluate --json`` printed.

    python recipes/catalogue_rows.py rows.json [FOLDER]

``rows.json`` holds, for each row, the fields of ``mien.hub.catalogue.Row`` without ``sha256`` and
``bytes``, which are computed from the file in ``src/mien/hub/weights``; ``scores`` are
``[metric, value, protocol]``. A row becomes ``NAME.toml`` beside its weights, or in FOLDER.

    {"rows": [{"name": "...", "kind": "...", ...}]}
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

WEIGHTS = Path(__file__).resolve().parents[1] / "src/mien/hub/weights"
FIELDS = ("name", "kind", "file", "sha256", "bytes", "licence", "data", "url", "paper", "kimg")
FIELDS += ("resolution", "style_seed", "note")


def toml(row: dict[str, Any]) -> str:
    """One row as TOML; a JSON string or number is one of TOML's too."""
    content = (WEIGHTS / row["file"]).read_bytes()
    row = {**row, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    unknown = sorted(row.keys() - {*FIELDS, "scores"})
    if unknown:
        raise SystemExit(f"{row['name']}: unknown fields {unknown}")
    lines = [line(field, row[field]) for field in FIELDS if row.get(field) not in (None, "")]
    for metric, value, protocol in row.get("scores", ()):
        lines += ["", "[[scores]]", line("metric", metric), line("value", value)]
        lines += [line("protocol", protocol)]
    return "\n".join(lines) + "\n"


def line(field: str, value: str | float) -> str:
    """One field."""
    return f"{field} = {json.dumps(value, ensure_ascii=False)}"


def main() -> None:
    """Read the description, write a file for each row."""
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else WEIGHTS
    for row in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["rows"]:
        (folder / f"{row['name']}.toml").write_text(toml(row), encoding="utf-8")


if __name__ == "__main__":
    main()
