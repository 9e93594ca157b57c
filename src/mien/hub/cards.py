"""Model cards: what a row of the catalogue says, as a page that a person reads."""

from __future__ import annotations

from mien.checkpoints.kinds import KINDS
from mien.hub.catalogue import FOLDER, Row, find


def card(name: str) -> str:
    """Write the model card of a catalogue name, in Markdown: its row, then the text of ``NAME.md``.

    Raises:
        UnknownName: No such row.
    """
    row = find(name)
    parts = [f"# {row.name}: {KINDS[row.kind].title}", row.note, _facts(row), _scores(row)]
    text = FOLDER / f"{row.name}.md"
    if text.is_file():
        parts.append(text.read_text("utf-8").strip())
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(row: Row) -> str:
    facts = [
        ("Kind", row.kind),
        ("Resolution", f"{row.resolution}×{row.resolution}" if row.resolution else ""),
        ("Trained for", f"{row.kimg:g} kimg" if row.kimg is not None else ""),
        ("Data", row.data),
        ("Method", row.paper),
        ("Licence", row.licence),
        ("File", f"`{row.file}`" + (f", {row.bytes / 1e6:.1f} MB" if row.bytes else "")),
        ("From", row.url or row.page or "ships with mien"),
        ("SHA-256", f"`{row.sha256}`" if row.sha256 else "not known"),
        ("Stated by", f"{row.stated}; not computed here" if row.stated else ""),
    ]
    lines = [f"| {name} | {_cell(value)} |" for name, value in facts if value]
    return "\n".join(["| | |", "|---|---|", *lines])


def _scores(row: Row) -> str:
    if not row.scores:
        return "Nothing has been measured yet."
    lines = [f"| {_cell(m)} | {v:g} | {_cell(p)} |" for m, v, p in row.scores]
    return "\n".join(["| Measure | Value | Protocol |", "|---|---|---|", *lines])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
