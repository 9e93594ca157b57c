"""No press is lost: not the first of a page, not while a stream ends, not on a list that moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from web.browser import CHROMIUM, NO_CHROMIUM, Person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason=NO_CHROMIUM),
]

AT_ONCE = """
new MutationObserver((_, observer) => {
  const dice = document.querySelector("#hand-dice");
  if (dice) observer.disconnect(), dice.click();
}).observe(document, { childList: true, subtree: true });
"""

ENDS_LATE = """
const send = window.fetch;
window.fetch = async (...asked) => {
  const answer = await send(...asked);
  if (!asked[0].url?.includes("/queue/data")) return answer;
  const late = new TransformStream({
    async transform(part, out) {
      const last = new TextDecoder("latin1").decode(part).indexOf('data: {"msg":"close_stream"');
      if (last < 0) return out.enqueue(part);
      out.enqueue(part.subarray(0, last));
      await new Promise((end) => (window.end = end));
      out.enqueue(part.subarray(last));
    },
  });
  return new Response(answer.body.pipeThrough(late), answer);
};
"""

CHANGES = {
    "moved": "list.prepend(list.lastElementChild)",
    "replaced": "list.innerHTML = list.innerHTML",
    "renamed": "[...list.children].forEach((one, number) => (one.dataset.pick = number))",
}


@pytest.fixture
def person(browser: Any, address: str) -> Iterator[Person]:
    person = Person(browser, address)
    yield person
    assert not person.faults, person.faults
    person.page.context.close()


def test_a_press_while_the_page_is_filled_is_shown(person: Person):
    person.page.add_init_script(AT_ONCE)
    person.visit()
    person.until("document.querySelector('.hand img')")


def test_a_press_while_the_stream_ends_is_answered(person: Person):
    page = person.page
    page.add_init_script(ENDS_LATE)
    person.visit()
    page.wait_for_function("Boolean(window.end)")  # All that is shown first has come.
    chip = page.locator("#panel-describe .chip").first
    with page.expect_response("**/queue/join*"):
        chip.click()
    page.wait_for_timeout(300)
    page.evaluate("window.end()")
    page.wait_for_function(
        "said => document.querySelector('#describe-text textarea').value === said",
        arg=chip.inner_text(),
    )


def test_a_press_is_of_what_the_pointer_went_down_on(person: Person):
    page = person.page
    person.visit()
    for count in (1, 2):
        page.click("#hand-dice")
        person.until(f"document.querySelectorAll('#hand-recent img').length === {count}")
    for name, change in CHANGES.items():
        other = page.locator("#hand-recent [aria-pressed=false]")
        pick = other.get_attribute("data-pick")
        other.hover()
        page.mouse.down()
        page.evaluate(f"const list = document.querySelector('#hand-recent .faces'); {change}")
        page.mouse.up()
        page.wait_for_function(
            "pick => document.querySelector('.hand img').src.includes(pick)", arg=pick
        )
        page.wait_for_selector(f"#hand-recent [data-pick='{pick}'][aria-pressed=true]")
        assert page.locator("#hand-recent button").count() == 2, name
    other.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "pick => !document.querySelector('.hand img').src.includes(pick)", arg=pick
    )
