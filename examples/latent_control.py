"""A face is edited by name, shown in steps, and mixed with another.

python examples/latent_control.py out/edits
"""

import sys
from pathlib import Path

import mien


def main(folder: str, steps: int = 5) -> None:
    """Seed 7 smiles; then the coarse layers of seed 7 meet the fine ones of seed 42."""
    studio = mien.Studio()
    smiling = studio.edit(7, ["smile=+2"])
    smiling.save(Path(folder, "smile"))
    strip = studio.strip(7, "age=+2", steps=steps)
    strip.save(Path(folder, "age"))
    mixed = studio.mix(7, 42, layers="fine")
    mixed.save(Path(folder, "mixed"))
    print(smiling.images.shape, strip.images.shape, mixed.images.shape)


if __name__ == "__main__":
    main(sys.argv[1])
