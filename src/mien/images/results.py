"""What every verb of a :class:`mien.studio.Studio` gives back, whatever else it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image


class Result(Protocol):
    """Pictures, what made them, and the files they become.

    ``Faces``, ``Translation``, ``AnimePicture``, ``Inversion`` and ``Walk`` are such.
    """

    @property
    def images(self) -> UInt8[np.ndarray, "n h w 3"]:
        """RGB, 0 to 255; of a walk all its frames."""
        ...

    @property
    def pil(self) -> list[Image.Image]:
        """The same as pictures of Pillow's."""
        ...

    @property
    def latents(self) -> Float32[np.ndarray, "n num_ws w_dim"] | None:
        """Latents of the face generator; None where none took part."""
        ...

    @property
    def provenance(self) -> Mapping[str, Any]:
        """What made them all: model, hash, what was asked for."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What the person should know."""
        ...

    @property
    def save(self) -> Callable[..., Path | list[Path]]:
        """Write it to a file, or files into a folder; ``force=True`` replaces what is there.

        Raises:
            OutputError: A file exists and ``force`` is false, or the disk refuses.
        """
        ...


def as_pil(images: UInt8[np.ndarray, "n h w 3"]) -> list[Image.Image]:
    """Each of several images as a picture of Pillow's."""
    return [Image.fromarray(image) for image in images]
