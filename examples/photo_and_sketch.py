"""A photo as a pencil sketch, and a photo of that sketch.

python examples/photo_and_sketch.py me.jpg out/me
"""

import sys
from pathlib import Path

import mien


def main(photo: str, folder: str) -> None:
    """There and back; each picture keeps the size of the one that it was made of."""
    studio = mien.Studio()
    sketch = studio.sketch(photo)
    print(sketch.save(Path(folder, "sketch.png")))
    print(studio.photo(sketch.image).save(Path(folder, "photo.png")))
    # What made a picture is written inside it.
    print(mien.read_provenance(Path(folder, "sketch.png"))["style"])


if __name__ == "__main__":
    main(*sys.argv[1:3])
