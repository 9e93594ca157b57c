"""What a person does in each panel, in a real Chromium; what is seen is looked at as pixels."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.hub import catalogue
from web.browser import (
    CHROMIUM,
    FETCHED,
    NO_CHROMIUM,
    Person,
    members,
    opened,
    photo_of,
)
from web.conftest import write_models

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason=NO_CHROMIUM),
]

SENTENCE = "an old man with a white beard and glasses"


@pytest.fixture(scope="module")
def visitor(browser: Any, address: str) -> Person:
    person = Person(browser, address)
    person.visit()
    return person


@pytest.fixture
def person(visitor: Person) -> Person:
    visitor.faults.clear()
    return visitor


def differ(a: np.ndarray, b: np.ndarray) -> float:
    """Mean difference of two pictures of one size, of 255."""
    assert np.abs(np.subtract(a.shape, b.shape)).max() <= 1  # places on the page are fractions
    high, wide = np.minimum(a.shape, b.shape)[:2]
    a, b = a[:high, :wide], b[:high, :wide]
    return float(np.abs(a.astype(int) - b).mean())


def recipe_of(data: bytes) -> dict[str, Any]:
    return json.loads(opened(data).text["mien"])  # pyright: ignore[reportAttributeAccessIssue]


def slide(person: Person, selector: str, value: float) -> None:
    """Move a slider as a hand does."""
    person.page.locator(f"{selector} input[type=range]").first.fill(str(value))


def test_describe_draws_what_is_typed_and_carries_a_face(person: Person):
    page = person.page
    person.panel("describe")
    page.locator("#describe-text textarea").fill(SENTENCE)
    slide(person, "#describe-count", 2)
    page.click("#describe-go")
    person.until("document.querySelectorAll('#describe-faces img').length === 2")
    first, second = (
        person.pixels(f"#describe-faces button:nth-child({number}) img") for number in (1, 2)
    )
    assert min(first.std(), second.std()) > 20  # They are no flat areas,
    assert differ(first, second) > 5  # and not one face twice.
    assert "glasses" in page.locator(".was_read").inner_text()
    assert "white" in page.locator(".not_read").inner_text()
    page.locator("#describe-faces button").nth(1).click()
    person.until("document.querySelector('.hand img')")
    made = recipe_of(person.fetch(".hand img"))
    assert (made["text"], made["seed"]) == (SENTENCE, 1)
    person.check("describe")


def test_edit_follows_the_slider_undoes_keeps_and_reads_a_photo(person: Person, tmp_path: Path):
    page = person.page
    person.hand()
    person.panel("edit")
    page.wait_for_selector("#edit-view .after[src]")
    slide(person, "#edit-view", 0)  # The whole of what comes after.
    before = person.pixels("#edit-view figure")
    slide(person, "#edit-gender", -2.5)
    person.changed("#edit-view figure", before)
    assert page.locator(".steps li").count() == 2
    page.locator("#edit-undo").click()
    person.until("document.querySelector('.steps li button').ariaPressed === 'true'")
    assert differ(before, person.pixels("#edit-view figure")) < 1
    page.locator("#edit-words textarea, #edit-words input").first.fill("đeo kính")
    page.locator("#edit-words button").click()
    person.until("document.querySelector('.steps').textContent.includes('đeo kính')")
    said = person.changed("#edit-view figure", before, 1)
    slide(person, "#edit-smile", 2)
    person.changed("#edit-view figure", said, 1)
    page.click("#edit-keep")
    person.until("document.querySelector('#edit-kept a')")
    with np.load(io.BytesIO(person.fetch("#edit-kept a[href$=npz]"))) as latents:
        assert latents["w"].shape[0] == 1
    kept = person.fetch("#edit-kept a[href$=png]")
    made = recipe_of(kept)
    assert made["words"] == "đeo kính"
    named = [row["direction"] for edit in made["edits"] for row in edit["settings"]]
    assert named[-1] == "smile"
    assert any("glasses" in name for name in named[:-1])
    person.check("edit")


def test_edit_reads_a_photo_and_puts_the_changed_face_back(person: Person, tmp_path: Path):
    page = person.page
    person.hand()
    person.panel("edit")
    path = photo_of(opened(person.fetch(".hand img")), tmp_path / "photo.png")
    page.locator("#edit-photo button").first.click()
    page.locator("#edit-photo input[type=file]").first.set_input_files(path)
    person.until("document.querySelector('#edit-found img')")
    person.until("document.querySelector('.hand p').textContent.includes('photo')")
    assert "alignment" in recipe_of(person.fetch(".hand img"))
    found = np.asarray(opened(from_page(person, "#edit-found img")).convert("RGB"))
    assert differ(found, np.asarray(opened(path.read_bytes()))) > 0.2  # Its face is outlined.
    slide(person, "#edit-view", 0)
    before = person.pixels("#edit-view figure")
    slide(person, "#edit-gender", 3)
    person.changed("#edit-view figure", before)
    page.get_by_label("Put it back into the photo").check()
    page.click("#edit-keep")
    person.until("document.querySelector('#edit-kept img.whole')")
    data = person.fetch("#edit-kept img.whole")
    assert recipe_of(data)["pasted"] is True
    photo, whole = (np.asarray(opened(one).convert("RGB")) for one in (path.read_bytes(), data))
    assert (whole[:60] == photo[:60]).all()  # Outside of the face not a bit changes.
    assert differ(whole[200:400, 220:420], photo[200:400, 220:420]) > 3
    person.check("edit, pasted")


def from_page(person: Person, selector: str) -> bytes:
    """A picture that the page holds itself."""
    address = person.page.locator(selector).get_attribute("src") or ""
    return base64.b64decode(address.partition(",")[2])


def test_compose_takes_words_and_painted_regions(person: Person):
    page = person.page
    person.panel("compose")
    slide(person, "#compose-count", 1)
    page.locator("#compose-text textarea").fill("a young woman with red hair")
    page.click("#compose-go")
    person.until("document.querySelectorAll('#compose-faces img').length === 1")
    assert "text" in recipe_of(person.fetch("#compose-faces img"))["compose"]
    page.locator("#compose-paint button").first.click()
    page.locator("#compose-paint .pen").nth(1).click()
    sheet = page.locator("#compose-paint canvas")
    sheet.scroll_into_view_if_needed()
    before = person.pixels("#compose-paint canvas")
    draw(person, "#compose-paint canvas", ((0.3, 0.4), (0.5, 0.2), (0.7, 0.4)))
    person.changed("#compose-paint canvas", before)
    drawn = page.locator("#compose-faces img").get_attribute("src")
    page.click("#compose-go")
    page.wait_for_function(
        "old => document.querySelector('#bar .fault') || "
        "document.querySelector('#compose-faces img').getAttribute('src') !== old",
        arg=drawn,
    )
    fault = page.locator("#bar .fault")  # A generator without an encoder of regions says so.
    assert not fault.count() or "encoder" in fault.inner_text()
    person.check("compose")


def draw(person: Person, selector: str, points: tuple[tuple[float, float], ...]) -> None:
    """One line, by points in shares of the sheet."""
    sheet, mouse = person.page.locator(selector), person.page.mouse
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    assert box
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    mouse.move(*places[0])
    mouse.down()
    for place in places[1:]:
        mouse.move(*place, steps=4)
    mouse.up()
    person.page.wait_for_timeout(500)


def test_sketch_draws_a_photo_and_makes_a_photo_of_drawn_lines(person: Person):
    page = person.page
    person.hand()
    person.panel("sketch")
    page.click("#sketch-go")
    person.until("document.querySelectorAll('#sketch-results figure').length >= 4")
    drawn = np.asarray(opened(person.fetch("#sketch-results figure:nth-child(2) img")))
    assert drawn.mean() > 120  # Dark lines
    assert drawn.std() > 20  # on white paper.
    page.get_by_label("Sketch to photo").check()
    page.locator("#sketch-draw button").first.click()
    head = ((0.3, 0.3), (0.3, 0.7), (0.5, 0.9), (0.7, 0.7), (0.7, 0.3), (0.3, 0.3))
    draw(person, "#sketch-draw canvas", head)
    assert (person.pixels("#sketch-draw canvas") < 100).any()  # The line is seen.
    page.click("#sketch-go")
    person.until("document.querySelectorAll('#sketch-results figure').length === 2")
    assert recipe_of(person.fetch("#sketch-results a"))["direction"] == "sketch-to-photo"
    person.check("sketch")
    person.visit()  # What was drawn on a page that is gone is gone with it.
    person.panel("sketch")
    page.get_by_label("Sketch to photo").check()
    page.click("#sketch-go")
    person.until("document.querySelectorAll('#sketch-results figure').length === 2")
    given = np.asarray(opened(from_page(person, "#sketch-results figure img[src^=data]")))
    assert given.mean() < 200  # The face at hand, and no white sheet.


def test_sketch_draws_what_the_camera_sees(person: Person):
    page = person.page
    person.panel("sketch")
    page.get_by_label("Photo to sketch").check()
    page.locator("#sketch-photo").get_by_label("Capture from camera").click()
    page.locator("#sketch-photo [title='grant webcam access']").click()
    page.wait_for_function("document.querySelector('#sketch-photo video')?.videoWidth > 0")
    page.locator("#sketch-photo").get_by_label("capture photo").click()
    page.wait_for_selector("#sketch-photo img")
    page.click("#sketch-go")
    person.until("document.querySelectorAll('#sketch-results figure').length >= 4")
    seen = np.asarray(opened(from_page(person, "#sketch-results figure img[src^=data]")))
    assert seen[..., 1].mean() > seen[..., 0].mean() + 30  # Chromium's camera shows green.
    drawn = np.asarray(opened(person.fetch("#sketch-results figure:nth-child(2) img")))
    assert drawn.std() > 3
    person.check("sketch of the camera")


def test_anime_paints_a_palette_steers_a_style_and_draws_a_clip(person: Person, tmp_path: Path):
    page = person.page
    person.hand()
    person.panel("anime")
    own = catalogue.find("anime").style_seed
    assert own
    assert page.get_by_label("First style").input_value() == str(own)
    slide(person, "#anime-styles", 3)
    page.click("#anime-go")
    person.until("document.querySelectorAll('#anime-palette img').length === 3")
    page.locator("#anime-palette button").nth(1).click()
    page.wait_for_selector("#anime-view .after[src]")
    slide(person, "#anime-view", 0)
    before = person.pixels("#anime-view figure")
    slide(person, "#anime-hair-colour", 3)
    person.changed("#anime-view figure", before)
    clip = clip_of(opened(person.fetch(".hand img")), tmp_path)
    page.locator("#anime-video button").first.click()
    page.locator("#anime-clip input[type=file]").set_input_files(clip)
    page.wait_for_selector("#anime-clip .file-preview")
    page.click("#anime-film")
    person.until("document.querySelector('#anime-kept video')")
    assert person.fetch("#anime-kept video")[4:8] == b"ftyp"
    person.check("anime")


def clip_of(face: Any, folder: Path) -> Path:
    """Three frames of a face in a larger picture."""
    from mien.video.writer import writing

    frame = np.array(opened(photo_of(face, folder / "frame.png").read_bytes()))
    with writing(folder / "clip.mp4", 12) as writer:
        for shift in (0, 2, 4):
            writer.write(np.roll(frame, shift, axis=1)[None])
    return folder / "clip.mp4"


def test_explore_drags_mixes_and_walks(person: Person):
    page = person.page
    person.hand()
    person.panel("explore")
    page.get_by_role("tab", name="Pad").click()
    page.wait_for_selector("#pad-face img")
    before = person.pixels("#pad-face img")
    box = page.locator(".pad").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.95 * box["width"], box["y"] + 0.1 * box["height"], steps=3)
    page.mouse.up()
    person.changed("#pad-face img", before)
    page.click("#hand-dice")  # Another face is not moved, and nothing of it is to be kept.
    person.until("document.querySelector('#pad-face img').src.includes('/made/')")
    page.click("#pad-keep")
    page.wait_for_selector("#bar .fault")
    page.click("#bar .close")
    page.get_by_role("tab", name="Mixing").click()
    page.locator("#mixing-rows input, #mixing-rows textarea").first.fill("1")
    page.locator("#mixing-columns input, #mixing-columns textarea").first.fill("11, 12")
    page.click("#mixing-go")
    person.until("document.querySelectorAll('.mixing td img').length === 4")
    assert "mix" in recipe_of(person.fetch(".mixing td img"))
    page.get_by_role("tab", name="Walk").click()
    page.locator("#walk-seeds input, #walk-seeds textarea").first.fill("3")
    slide(person, "#walk-seconds", 1)
    slide(person, "#walk-fps", 6)
    page.click("#walk-go")
    person.until("document.querySelector('#walk-clip video')")
    assert person.fetch("#walk-clip video")[4:8] == b"ftyp"
    person.check("explore")


def test_long_work_tells_how_far_it_is_and_is_cancelled(person: Person):
    page = person.page
    person.panel("explore")
    page.get_by_role("tab", name="Walk").click()
    page.locator("#walk-seeds input, #walk-seeds textarea").first.fill("3, 4")
    slide(person, "#walk-seconds", 12)
    slide(person, "#walk-fps", 30)
    clips = page.locator("#walk-clip video").count()
    page.click("#walk-go")
    # Read and clicked in one go: on a fast machine the work is done in a second or two.
    most = page.wait_for_function(
        """() => {
            const bar = document.querySelector('#bar');
            const buttons = [...bar.querySelectorAll('button')];
            const cancel = buttons.find((one) => one.textContent.trim() === 'Cancel');
            if (!/[1-9][0-9]* of 360/.test(bar.querySelector('.what')?.textContent)) return null;
            if (cancel) cancel.click();
            return cancel && bar.querySelector('progress').getAttribute('max');
        }"""
    )
    assert most.json_value() == "360"
    person.until("true")
    assert page.locator("#walk-clip video").count() == clips
    assert not page.locator("#bar .fault").count()
    hand = page.evaluate("document.querySelector('.hand img')?.src")
    page.click("#hand-dice")  # The studio is free for the next.
    person.until(f"document.querySelector('.hand img')?.src !== {json.dumps(hand)}")
    person.check("cancelled")


def test_models_fetch_what_is_not_here(person: Person):
    page = person.page
    person.panel("models")
    page.wait_for_selector("#models-card h1")
    page.locator("#models-name input").click()
    page.get_by_role("option", name=FETCHED, exact=True).click()
    row = page.locator("#models-table tr", has_text=FETCHED)
    assert row.locator(".away").count() == 1
    page.get_by_role("button", name="Fetch").click()
    page.wait_for_selector("#models-fetched p")
    assert row.locator(".here").count() == 1
    assert not page.get_by_role("button", name="Fetch").is_visible()
    person.check("models, fetched")


def test_models_adopt_a_generator_and_go_on_later(person: Person):
    page, store = person.page, Path(os.environ["MIEN_HOME"], "weights")
    store.mkdir(parents=True, exist_ok=True)
    write_models(store).rename(store / "own.safetensors")
    person.visit()  # The page lists what is there when it is opened.
    person.panel("models")
    page.locator("#models-adopt button").first.click()
    page.wait_for_function(
        "document.querySelector('#adopt-name input').value === 'own.safetensors'"
    )
    slide(person, "#adopt-samples", 6000)
    page.click("#adopt-go")
    page.wait_for_function(
        "/[1-9][0-9]* of 6000/.test(document.querySelector('#bar .what')?.textContent)"
    )
    page.locator("#bar").get_by_role("button", name="Cancel").click()
    person.until("true")
    assert not page.locator("#bar .fault").count()
    samples = store / "own.adopting"
    assert any(samples.iterdir())  # It will go on from there.
    person.check("models, adopting")
    shutil.rmtree(samples)


def test_models_show_their_cards(person: Person):
    page = person.page
    person.panel("models")
    page.wait_for_selector("#models-card h1")
    assert page.locator("#models-table .here").count() > 10
    page.locator("#models-name input").click()
    page.get_by_role("option", name="anime", exact=True).click()
    page.wait_for_function(
        "document.querySelector('#models-card h1').textContent.includes('anime')"
    )
    assert "SHA-256" in page.locator("#models-card").inner_text()
    hand = page.evaluate("document.querySelector('.hand img')?.src")
    page.click("#hand-dice")  # Another face, and the card stays.
    person.until(f"document.querySelector('.hand img')?.src !== {json.dumps(hand)}")
    assert "anime" in page.locator("#models-card h1").inner_text()
    person.check("models")


def test_gallery_tells_recipes_gives_all_away_and_takes_a_picture_back(
    person: Person, tmp_path: Path
):
    page = person.page
    person.panel("describe")
    page.locator("#describe-text textarea").fill("a young woman with red hair")
    slide(person, "#describe-count", 1)
    seed = page.locator("#describe-seed input")
    seed.fill("41")
    slide(person, "#describe-variety", 0.8)
    page.click("#describe-go")
    person.until("document.querySelectorAll('#describe-faces img').length === 1")
    person.panel("gallery")
    person.until("document.querySelectorAll('#gallery-made img').length > 0")
    page.locator("#gallery-made button").first.click()
    page.wait_for_selector(".recipe")
    assert "a young woman with red hair" in page.locator(".recipe").inner_text()
    names = members(person.fetch("#panel-gallery a[href$=zip]"))
    assert any(name.endswith(".png") for name in names)
    kept = tmp_path / "kept.png"
    kept.write_bytes(person.fetch("#gallery-recipe a[href$=png]"))
    person.panel("describe")
    page.locator("#describe-text textarea").fill("something else")
    seed.fill("7")
    slide(person, "#describe-variety", 0.2)
    page.click("#hand-dice")
    person.until("document.querySelector('.hand p').textContent.includes('random')")
    person.panel("gallery")
    page.locator("#gallery-back input[type=file]").set_input_files(kept)
    page.wait_for_function(
        "document.querySelector('#panel-describe-button').ariaSelected === 'true'"
    )
    assert page.locator("#describe-text textarea").input_value() == "a young woman with red hair"
    person.until("document.querySelector('.hand p').textContent.includes('described')")
    assert seed.input_value() == "41"
    assert page.locator("#describe-variety input[type=number]").input_value() == "0.8"
    back = np.asarray(opened(person.fetch(".hand img")))
    assert differ(back, np.asarray(opened(kept.read_bytes()))) < 1  # The face itself is back.
    person.check("gallery")


def test_the_vietnamese_page_fits_a_phone(browser: Any, address: str):
    person = Person(browser, address, width=390, locale="vi-VN")
    person.visit()  # The language of the browser leads to its page.
    page = person.page
    assert page.url.endswith("/vi")
    assert page.evaluate("document.documentElement.lang") == "vi"
    assert page.locator("#panel-describe-button").inner_text() == "Mô tả"
    person.panel("edit")
    page.click("#edit-keep")
    page.wait_for_selector("#bar .fault")  # What went wrong is seen, and goes when it was read.
    assert "Chưa có khuôn mặt nào" in page.locator("#bar").inner_text()
    page.click("#bar .close")
    page.wait_for_selector("#bar", state="hidden")
    page.evaluate("document.querySelector('[data-dark]').click()")
    for name in ("describe", "edit", "compose", "sketch", "anime", "explore", "models", "gallery"):
        person.panel(name)
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
        place = page.locator(f"#panel-{name}-button").bounding_box()
        assert place
        assert 0 <= place["x"] <= 390 - place["width"], name  # The open tab is seen.
    person.panel("describe")
    assert person.pixels("body")[:20].mean() < 60  # It is dark.
    person.check("describe, dark, in Vietnamese")
    page.click("a[data-language=en]")
    page.wait_for_function("document.documentElement.lang === 'en'")
    person.visit()
    assert page.url.endswith("/")  # The choice is kept.
