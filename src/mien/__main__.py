"""``python -m mien`` and ``torchrun -m mien``: the command line without its script."""

from __future__ import annotations

import sys

from mien.cli import main

if __name__ == "__main__":
    sys.exit(main())
