"""No press is lost, whenever it comes."""

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
