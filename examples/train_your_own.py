"""A generator on your own pictures, trained a little and measured; the same call goes on with it.

python examples/train_your_own.py faces.zip out/run
"""

import sys
from pathlib import Path

from mien.cli import main as mien


def main(data: str, folder: str, *options: str) -> None:
    """Train, say how far the faces are from pictures that were held out, show some."""
    size = ["--resolution", "64", "--kimg", "20", "--labels", "none"]
    status = mien(["train", "gan", "--data", data, "--out", folder, *size, *options])
    if status:
        raise SystemExit(status)
    weights = max(Path(folder).rglob("*.safetensors"), key=lambda file: file.stat().st_mtime)
    measure = ["evaluate", "generator", "--data", data, "--model", str(weights), "--count", "50"]
    raise SystemExit(mien(measure))


if __name__ == "__main__":
    main(*sys.argv[1:])
