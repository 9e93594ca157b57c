"""40 people at one studio: no error but "busy", flat memory, every result to its asker.

    python benchmarks/web_load.py --seconds 120

A real server on loopback, and clients in threads. Each opens the page, then asks for faces of its
own seeds, for sentences and for edits, and looks whether what comes back is what it asked for: the
seed, sentence and edit in the PNG, and the same pixels whenever anybody asks for the same. Claims:
no other refusal than 503, no wrong result, and as much memory after as before, within 5 %.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx
from PIL import Image

from mien.images.provenance import provenance_of

CLAIM = 0.05
SENTENCES = ("an old man with glasses", "a smiling young woman", "a bald man with a beard")


@dataclass
class Tally:
    """What all clients saw; every change under its lock."""

    answers: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


def wish(number: int, dice: random.Random) -> tuple[str, dict[str, object]]:
    """A verb and its body; seeds are a client's own but for a few that all ask for."""
    seed = dice.randrange(4) if dice.random() < 0.2 else 1000 * number + dice.randrange(50)
    kind = dice.random()
    if kind < 0.5:
        return "generate", {"count": 1, "seed": seed}
    if kind < 0.7:
        return "describe", {"text": dice.choice(SENTENCES), "count": 1, "seed": seed, "refine": 0}
    return "edit", {"face": {"seed": seed}, "settings": {"smile": dice.choice((-2, 2))}}


def fault_of(verb: str, body: dict, answer: httpx.Response, tally: Tally) -> str:
    """What is wrong with an answer; empty if nothing is."""
    (picture,) = answer.json()["pictures"]
    data = base64.b64decode(picture["png"])
    with Image.open(io.BytesIO(data)) as opened:
        told, pixels = provenance_of(opened, "it"), opened.convert("RGB").tobytes()
    seed = body["face"]["seed"] if verb == "edit" else body["seed"]
    if told.get("seed") != seed or told.get("text") != body.get("text"):
        return f"{verb} of seed {seed} gave {told.get('seed')}, {told.get('text')}"
    if verb == "edit":
        (step,) = told["edits"][0]["settings"]
        if step["strength"] != body["settings"]["smile"]:
            return f"an edit of {body['settings']} gave {step}"
    key, print_ = json.dumps([verb, body], sort_keys=True), hashlib.sha256(pixels).hexdigest()
    with tally.lock:
        known = tally.seen.setdefault(key, print_)
    return "" if known == print_ else f"{key} gave two pictures"


def visit(url: str, number: int, end: float, tally: Tally) -> None:
    """One client, until the end."""
    dice = random.Random(number)
    with httpx.Client(base_url=url, timeout=120) as client:
        assert client.get("/").status_code == 200
        while time.monotonic() < end:
            verb, body = wish(number, dice)
            begin = time.monotonic()
            try:
                answer = client.post(f"/api/v1/{verb}", json=body)
            except httpx.HTTPError as error:
                with tally.lock:
                    tally.faults.append(f"{verb}: {type(error).__name__} {error}")
                return
            took, fault = time.monotonic() - begin, ""
            if answer.status_code == 200:
                fault = fault_of(verb, body, answer, tally)
            elif answer.status_code != 503:
                fault = f"{verb}: {answer.status_code} {answer.text[:200]}"
            with tally.lock:
                tally.answers[str(answer.status_code)] += 1
                tally.seconds += [took] if answer.status_code == 200 else []
                tally.faults += [fault] if fault else []
            if answer.status_code == 503:
                time.sleep(float(answer.headers["retry-after"]) * dice.uniform(0.5, 1.5))


def memory_mib(pid: int) -> float:
    """Resident memory of a process."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def crowd(url: str, clients: int, seconds: float) -> Tally:
    """Let clients visit for so long."""
    tally, end = Tally(), time.monotonic() + seconds
    threads = [
        threading.Thread(target=visit, args=(url, number, end, tally)) for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def main() -> int:
    """Measure and print; status 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--clients", type=int, default=40)
    parser.add_argument("--warm-up", type=float, default=20, help="seconds before measuring")
    options = parser.parse_args()
    command = [sys.executable, "-m", "mien", "web", "--port", "0", "--json"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        while not httpx.get(f"{url}healthz", timeout=120).json()["ready"]:
            time.sleep(0.2)
        crowd(url, options.clients, options.warm_up)
        before = memory_mib(server.pid)
        tally = crowd(url, options.clients, options.seconds)
        after = memory_mib(server.pid)
        alive = httpx.get(f"{url}healthz", timeout=120).json()
    finally:
        begin = time.monotonic()
        server.send_signal(signal.SIGINT)
        server.wait(120)
        print(f"the server ended {time.monotonic() - begin:.1f} s after Ctrl-C")
    times = sorted(tally.seconds)
    grown = after / before - 1
    print(f"{options.clients} clients, {options.seconds:g} s: {dict(tally.answers)} by status")
    print(f"answered in {times[len(times) // 2]:.2f} s at the median, {times[-1]:.2f} s at most")
    print(f"memory {before:.0f} MiB before, {after:.0f} MiB after: {grown:+.1%}")
    print(f"faults: {len(tally.faults)} {tally.faults[:5]}; afterwards {alive}")
    return int(bool(tally.faults) or grown > CLAIM or not alive["ok"])


if __name__ == "__main__":
    sys.exit(main())
