"""A sentence becomes faces.

python examples/text_to_face.py "a young woman with red hair, laughing" out/red
"""

import sys

import mien


def main(sentence: str, folder: str, count: int = 4, refine: int | None = None) -> None:
    """Draw, save, and say what the sentence was understood to mean."""
    studio = mien.Studio()
    faces = studio.describe(sentence, count=count, seed=7, refine=refine)
    for path in faces.save(folder):
        print(path)
    # Any face is its latents: moved, mixed and drawn again from here (see latent_control.py).
    print("latents:", faces.ws.shape, "seeds:", list(faces.seeds))


if __name__ == "__main__":
    main(*sys.argv[1:3])
