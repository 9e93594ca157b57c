"""Pictures of every panel of the studio, wide and narrow, in both languages: docs/studio/*.webp.

    python recipes/screenshots.py [FOLDER]

Serves the models that ship, does in each panel what a visitor would, and looks.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE / "tests"))

from web.browser import CHROMIUM, QUIET, Person, opened, photo_of, served  # noqa: E402

Points = tuple[tuple[float, float], ...]

SENTENCES = {"en": "a young woman with long red hair", "vi": "một ông già râu trắng đeo kính"}
EDITS = {"en": "a big smile, with glasses", "vi": "mỉm cười, trẻ hơn"}
SIZES = {"wide": 1280, "phone": 390}
TALLEST = {"wide": 1500, "phone": 1900}
QUALITY = 78


def describe(person: Person, language: str, folder: Path) -> None:
    """Four faces of a sentence, one of them at hand."""
    person.page.locator("#describe-text textarea").fill(SENTENCES[language])
    person.page.click("#describe-go")
    person.until("document.querySelectorAll('#describe-faces img').length === 4")
    person.page.locator("#describe-faces button").nth(1).click()
    person.until("document.querySelector('.hand img')")


def edit(person: Person, language: str, folder: Path) -> None:
    """What a sentence changes."""
    person.page.wait_for_selector("#edit-view .after[src]")
    person.page.locator("#edit-words textarea, #edit-words input").first.fill(EDITS[language])
    person.page.locator("#edit-words button").click()
    person.until("document.querySelectorAll('.steps li').length > 1")


def compose(person: Person, language: str, folder: Path) -> None:
    """Words, and a face painted in regions."""
    person.page.locator("#compose-text textarea").fill(SENTENCES[language])
    person.page.click("#compose-go")
    person.until("document.querySelectorAll('#compose-faces img').length === 4")
    person.page.locator("#compose-paint button").first.click()
    for pen, width, points in PAINTED:
        person.page.locator("#compose-paint .pen").nth(pen).click()
        person.page.locator("#compose-paint .width").fill(str(width))
        paint(person, "#compose-paint canvas", points)


def paint(person: Person, selector: str, points: Points) -> None:
    """A line on a sheet, by points in shares of its sides."""
    sheet = person.page.locator(selector)
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    assert box
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    person.page.mouse.move(*places[0])
    person.page.mouse.down()
    for place in places[1:]:
        person.page.mouse.move(*place, steps=3)
    person.page.mouse.up()


def sketch(person: Person, language: str, folder: Path) -> None:
    """The face at hand as sketches."""
    person.page.click("#sketch-go")
    person.until("document.querySelectorAll('#sketch-results figure').length >= 4")


def anime(person: Person, language: str, folder: Path) -> None:
    """The face at hand in styles, one of them steered."""
    photo = photo_of(opened(person.fetch(".hand img")), folder / "photo.png")
    person.page.locator("#anime-photo input[type=file]").first.set_input_files(photo)
    person.page.wait_for_selector("#anime-photo img")
    person.page.click("#anime-go")
    person.until("document.querySelectorAll('#anime-palette img').length === 6")
    person.page.locator("#anime-palette button").nth(2).click()
    person.page.wait_for_selector("#anime-view .after[src]")


def explore(person: Person, language: str, folder: Path) -> None:
    """Mixtures."""
    person.page.locator(".inner [role=tab]").nth(1).click()
    person.page.wait_for_selector("#mixing-go")
    person.page.click("#mixing-go")
    person.until("document.querySelector('#mixing-table table')")


def models(person: Person, language: str, folder: Path) -> None:
    """The card of the first model."""
    person.page.wait_for_selector("#models-card h1")


def gallery(person: Person, language: str, folder: Path) -> None:
    """A picture and its recipe."""
    person.page.wait_for_selector("#gallery-made img")
    person.page.locator("#gallery-made button").nth(1).click()
    person.page.wait_for_selector(".recipe")


PAINTED: tuple[tuple[int, int, Points], ...] = (
    (1, 24, ((0.2, 0.9), (0.2, 0.4), (0.35, 0.15), (0.65, 0.15), (0.8, 0.4), (0.8, 0.9))),
    (0, 24, ((0.35, 0.35), (0.65, 0.35), (0.65, 0.5), (0.35, 0.5), (0.4, 0.65), (0.6, 0.65))),
    (0, 24, ((0.42, 0.75), (0.58, 0.75), (0.5, 0.42), (0.5, 0.7))),
    (3, 10, ((0.38, 0.43), (0.44, 0.43))),
    (3, 10, ((0.56, 0.43), (0.62, 0.43))),
    (5, 8, ((0.42, 0.68), (0.5, 0.7), (0.58, 0.68))),
)
"""Pen, width and line: a face."""

PANELS: tuple[Callable[[Person, str, Path], None], ...] = (
    *(describe, edit, compose, sketch, anime, explore, models, gallery),
)


def take(person: Person, path: Path, tallest: int) -> None:
    """A picture of the page as it is."""
    person.page.wait_for_timeout(1500)
    person.page.mouse.move(1, 1)
    shot = Image.open(io.BytesIO(person.page.screenshot(full_page=True))).convert("RGB")
    shot.crop((0, 0, shot.width, min(shot.height, tallest))).save(path, "WEBP", quality=QUALITY)
    print(path, f"{path.stat().st_size / 1000:.0f} kB")


def tour(browser: Any, address: str, out: Path, language: str, folder: Path) -> None:
    """All panels in one language, wide and narrow; one of them dark too."""
    person = Person(browser, address)
    person.visit("/" if language == "en" else "/vi")

    def both(name: str) -> None:
        for size, width in SIZES.items():
            person.page.set_viewport_size({"width": width, "height": 900})
            take(person, out / f"{name}.{size}.{language}.webp", TALLEST[size])
        person.page.set_viewport_size({"width": SIZES["wide"], "height": 900})

    for panel in PANELS:
        person.panel(panel.__name__)
        panel(person, language, folder)
        both(panel.__name__)
    person.page.evaluate("document.querySelector('[data-dark]').click()")
    person.panel("edit")
    both("edit-dark")
    person.page.context.close()
    print(*person.faults, sep="\n")


def main() -> None:
    """Go round in both languages."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "docs" / "studio"
    out.mkdir(parents=True, exist_ok=True)
    with served() as address, sync_playwright() as playwright, tempfile.TemporaryDirectory() as tmp:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        for language in SENTENCES:
            tour(browser, address, out, language, Path(tmp))
        browser.close()


if __name__ == "__main__":
    main()
