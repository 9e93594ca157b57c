"""How long the studio lets a person wait: its page, its slider, its first face.

    python benchmarks/studio_speed.py [--rounds 10]

Servers with the models that ship, and a real Chromium before them. Claims: the first answer, the
studio's own page and all of it on the screen within 3 s of the start, a slider's new preview within
0.4 s at the median, the first face of a sentence within 2 s. The first start of all on a machine
has no page to serve early yet: it is timed too, in a home of its own. Beside each time stand the
processor seconds that the server spent on it, which an idle machine would take.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.request import Request, urlopen

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from web.browser import CHROMIUM, QUIET, Person  # pyright: ignore[reportMissingImports]

SENTENCES = ("an old man with a white beard and glasses", "a smiling young woman with red hair")
PAGE_S, SLIDER_S, FACE_S = 3.0, 0.4, 2.0

WATCH = """([selector, attribute]) => {
  const place = document.querySelector(selector);
  window.seen = new Promise((done) => {
    const look = new MutationObserver(() => {
      const image = place.querySelector("img" + attribute);
      if (!image || image.src === window.before) return;
      const end = () => (look.disconnect(), done(performance.now()));
      image.complete ? end() : image.addEventListener("load", end, { once: true });
    });
    window.before = place.querySelector("img" + attribute)?.src;
    look.observe(place, { childList: true, subtree: true, attributes: true });
  });
}"""
"""Watches a place; ``window.seen`` is when a new picture is in it."""

SLIDE = """async ([selector, value]) => {
  const hand = document.querySelector(selector), begin = performance.now();
  hand.value = value;
  hand.dispatchEvent(new Event("input", { bubbles: true }));
  return (await window.seen - begin) / 1000;
}"""

PRESS = """async (selector) => {
  const begin = performance.now();
  document.querySelector(selector).click();
  return (await window.seen - begin) / 1000;
}"""


class Took(NamedTuple):
    """Seconds of the clock, and of the processor in the server."""

    clock: float
    spent: float

    def line(self, what: str, claim: float) -> str:
        """As it is printed."""
        return f"{what}: {self.clock:.2f} s ({self.spent:.2f} s of work; claim: under {claim})"


def spent(pid: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Server:
    """A server that is being started."""

    def __init__(self, **environment: str) -> None:
        self.begin = time.perf_counter()
        command = [sys.executable, "-m", "mien", "web", "--port", "0", "--json"]
        own = {**os.environ, **environment}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=own)
        assert self.process.stdout is not None
        self.address = json.loads(self.process.stdout.readline())["url"].rstrip("/")

    def until(self, path: str, text: str) -> Took:
        """Ask until an answer holds a text; how long after the start that was."""
        while True:
            asked = Request(self.address + path, headers={"accept": "text/html"})
            with contextlib.suppress(URLError, ConnectionError), urlopen(asked) as answer:
                if text in answer.read().decode():
                    return self.so_far()
            time.sleep(0.02)

    def so_far(self) -> Took:
        """Since the start."""
        return Took(time.perf_counter() - self.begin, spent(self.process.pid))

    def timed(self, run: Any, *given: Any) -> Took:
        """A step of the browser that returns its seconds, and what the server did meanwhile."""
        before = spent(self.process.pid)
        return Took(run(*given), spent(self.process.pid) - before)


@contextlib.contextmanager
def started(**environment: str) -> Iterator[Server]:
    """A server; it ends with the block."""
    server = Server(**environment)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait(60)


def opening(browser: Any) -> Iterator[tuple[str, Took, float]]:
    """Two starts in a new home: the first renders the page, the second has it."""
    with tempfile.TemporaryDirectory() as home:
        for when in ("first start", "next start"):
            with started(MIEN_HOME=home) as server:
                yield f"{when}: first answer", server.until("/", "<"), PAGE_S
                yield f"{when}: the studio's page", server.until("/", "gradio"), PAGE_S
                if when == "next start":
                    Person(browser, server.address).visit()
                    yield f"{when}: seen in Chromium", server.so_far(), PAGE_S
                while not list(Path(home, "pages").glob("*.json")):
                    time.sleep(0.1)


def first_face(server: Server, person: Person, sentence: str) -> Took:
    """From pressing the button to the first face that is seen."""
    person.page.locator("#describe-text textarea").fill(sentence)
    person.page.evaluate(WATCH, ["#describe-faces", ""])
    took = server.timed(person.page.evaluate, PRESS, "#describe-go")
    person.until("document.querySelectorAll('#describe-faces img').length === 4")
    return took


def slider(server: Server, person: Person, rounds: int) -> Took:
    """From moving a slider to the new preview that is seen; the median of several."""
    person.page.locator("#describe-faces button").first.click()
    person.until("document.querySelector('.hand img')")
    person.panel("edit")
    person.page.wait_for_selector("#edit-view .after[src]")
    found = []
    for number in range(rounds):
        person.page.evaluate(WATCH, ["#edit-view", ".after"])
        value = str((number % 5 - 2) or 2.5)
        place = "#edit-smile input[type=range]"
        found.append(server.timed(person.page.evaluate, SLIDE, [place, value]))
        person.page.wait_for_timeout(300)
    return Took(*(statistics.median(one) for one in zip(*found[1:], strict=True)))


def working(browser: Any, rounds: int) -> Iterator[tuple[str, Took, float]]:
    """Faces and previews, once the models are loaded."""
    with started() as server:
        ready = server.until("/healthz", '"ready":true')
        print(f"models loaded: {ready.clock:.2f} s ({ready.spent:.2f} s of work), behind the page")
        person = Person(browser, server.address)
        person.visit()
        for when, sentence in zip(("first sentence", "next sentence"), SENTENCES, strict=True):
            yield f"{when}, first face", first_face(server, person, sentence), FACE_S
        yield "slider to preview", slider(server, person, rounds), SLIDER_S


def main() -> int:
    """Measure and print; status 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="movements of the slider")
    rounds = parser.parse_args().rounds
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        kept = True
        for what, took, claim in chain(opening(browser), working(browser, rounds)):
            print(took.line(what, claim), flush=True)
            kept = kept and took.clock <= claim
        browser.close()
    print("load of the machine: " + " ".join(f"{one:.1f}" for one in os.getloadavg()))
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
