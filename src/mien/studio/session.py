"""Studio: the session object. Loads each network once, then answers as often as it is asked.

studio = Studio()
faces = studio.describe("an old man with a white beard and glasses", count=4, seed=7)
faces.save("out")
"""

from __future__ import annotations

from mien.anime.session import Animates
from mien.sketch.session import Sketches


class Studio(Sketches, Animates):
    """Loaded networks and the verbs that use them.

    Args:
        model: A generator: a name of the catalogue or a file.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``.
        text: What the ways from sentences to latents of this generator are called; None for the
            generator's own name. Files: ``NAME-codes``, ``NAME-mapper``, ``NAME-directions``,
            ``NAME-prior``.
        precision: What faces are drawn in: ``fast``, or ``exact`` where numbers are made of them.
        label: What faces are drawn with by a generator of classes or attributes: a class number,
            ``0.2,0.8,0``, ``gender=f,glasses=glasses``; None says nothing.
        engine: What draws them, a key of :data:`mien.runtime.engines.ENGINES`; ``auto`` takes what
            was measured to be fastest.

    Raises:
        UnknownName: No such model or engine.
        InputError: No such precision or device.
        CheckpointError: There is no such file; a file that is no generator is found out when the
            generator is first needed.
    """
