"""Model cards: what a row of the catalogue says, as a page that a person reads."""

from __future__ import annotations

from pathlib import Path

from mien.hub.catalogue import Row, find

_TITLES = {
    "stylegan2-generator": "StyleGAN2 generator",
    "stylegan2-discriminator": "StyleGAN2 discriminator",
    "tagger": "face attribute tagger",
    "inception": "Inception v3",
    "mobilenet": "MobileNetV2",
    "recognition": "face recognition network",
    "text-mapper": "sentence to latent, mapper",
    "text-prior": "sentence to latent, prior",
    "text-directions": "sentence to latent, directions",
    "directions": "directions that have names",
}


def card(name: str) -> str:
    """Write the model card of a catalogue name, in Markdown.

    The facts and scores come from the row; free text from ``hub/cards/NAME.md`` stands below them.

    Raises:
        UnknownName: No such row.
    """
    row = find(name)
    parts = [
        f"# {row.name}: {_TITLES.get(row.kind, row.kind)}",
        row.note,
        _facts(row),
        _scores(row),
    ]
    text = Path(__file__).parent / "cards" / f"{row.name}.md"
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
        ("File", f"`{row.file}`, {row.bytes / 1e6:.1f} MB"),
        ("From", row.url or "ships with mien"),
        ("SHA-256", f"`{row.sha256}`"),
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
