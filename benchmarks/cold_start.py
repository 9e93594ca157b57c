"""How long a person waits: ``import mien``, and ``mien describe`` from cold with four faces.

    python benchmarks/cold_start.py

The claims are 0.3 s and 6 s on two cores, in processes of their own, best of five.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

SENTENCE = "an old man with a white beard and glasses"
METHODS = ("labels", "mapper", "directions", "prior")


def best(command: Sequence[str], rounds: int = 5) -> float:
    """Seconds of the fastest of several runs."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main() -> None:
    """Time both and print them beside the claims."""
    nothing = best([sys.executable, "-c", "pass"])
    imported = best([sys.executable, "-c", "import mien"]) - nothing
    print(f"import mien: {imported:.3f} s beyond the interpreter's start (claim: under 0.3)")
    with tempfile.TemporaryDirectory() as folder:
        for method in METHODS:
            command = [sys.executable, "-m", "mien", "describe", SENTENCE, "--count", "4"]
            command += ["--method", method, "--out", folder, "--force"]
            print(f"mien describe, method {method}: {best(command):.2f} s (claim: under 6)")


if __name__ == "__main__":
    main()
