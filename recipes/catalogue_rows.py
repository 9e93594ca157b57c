"""Write a file of catalogue rows from weights and from what ``mien evaluate --json`` printed.

    python recipes/catalogue_rows.py rows.json src/mien/hub/rows/sketch.py

``rows.json`` holds a docstring, and for each row the fields of ``mien.hub.row.Row`` without
``sha256`` and ``bytes``, which are computed from the file in ``src/mien/hub/weights``; ``scores``
are ``[metric, value, protocol]``.

    {"doc": "Rows of photo and sketch.", "rows": [{"name": "...", "kind": "...", ...}]}
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

WEIGHTS = Path(__file__).resolve().parents[1] / "src/mien/hub/weights"
FIELDS = ("name", "kind", "file", "sha256", "bytes", "licence", "data", "url", "paper", "kimg")
FIELDS += ("resolution", "scores", "note")


def row_source(row: dict[str, Any]) -> str:
    """One row as Python source."""
    content = (WEIGHTS / row["file"]).read_bytes()
    row = {**row, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    unknown = sorted(row.keys() - set(FIELDS))
    if unknown:
        raise SystemExit(f"{row['name']}: unknown fields {unknown}")
    lines = []
    for field in FIELDS:
        if row.get(field) in (None, "", []):
            continue
        if field == "scores":
            scores = "".join(f"Score({m!r}, {v!r}, {p!r})," for m, v, p in row["scores"])
            lines.append(f"scores=({scores}),")
        else:
            lines.append(f"{field}={row[field]!r},")
    return "Row(" + "".join(lines) + "),"


def main() -> None:
    """Read the description, write the file, bring it into its format."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    described = json.loads(source.read_text(encoding="utf-8"))
    rows = "".join(row_source(row) for row in described["rows"])
    target.write_text(
        f'"""{described["doc"]}"""\n\nfrom __future__ import annotations\n\n'
        f"from mien.hub.row import Row, Score\n\nROWS: tuple[Row, ...] = ({rows})\n"
        f'"""{described.get("says", "The rows of this family.")}"""\n',
        encoding="utf-8",
    )
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", str(target)], check=True)


if __name__ == "__main__":
    main()
