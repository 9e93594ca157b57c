"""A selfie as anime, in several styles, with its hair turned blue.

python examples/selfie_to_anime.py me.jpg out/anime
"""

import sys

import mien


def main(selfie: str, folder: str, styles: int = 6, aligned: bool = False) -> None:
    """Find the face, draw it in styles from seeds, then in the same styles steered by name."""
    studio = mien.Studio()
    plain = studio.anime(selfie, styles=styles, aligned=aligned)
    blue = studio.anime(
        selfie, styles=styles, aligned=aligned, settings=["blue hair/brown hair=15,-5"]
    )
    for stem, picture in (("plain", plain), ("blue", blue)):
        for path in picture.save(folder, stem):
            print(path)


if __name__ == "__main__":
    main(*sys.argv[1:3])
