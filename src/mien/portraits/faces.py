"""Drawn faces, what made them, and the files they become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from mien import images
from mien.files import make_folder, output_error, refuse_existing, replacing, slug


@dataclass(frozen=True)
class Faces:
    """Drawn faces and what made them.

    Attributes:
        images: uint8 RGB, ``[n, h, w, 3]``.
        ws: One w for each layer of the generator, ``[n, num_ws, w_dim]``.
        seeds: The seed of each face.
        provenance: What made them all: model, hash, text, method, psi, …
        notes: What the person should know: words cut, nothing recognised.
        each: What made each of them beyond that, its seed among it; none where the seed is all.
        stems: File name of each, without suffix; none where text and seed name it.
    """

    images: UInt8[np.ndarray, "n h w 3"]
    ws: Float32[np.ndarray, "n num_ws w_dim"]
    seeds: tuple[int, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    each: tuple[Mapping[str, Any], ...] = ()
    stems: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    def names(self) -> list[str]:
        """File name of each face, without suffix."""
        if self.stems:
            return list(self.stems)
        stem = slug(str(self.provenance.get("text", ""))) or "face"
        return [f"{stem}-seed{seed:04d}" for seed in self.seeds]

    def save(self, folder: str | Path, force: bool = False) -> list[Path]:
        """Write each face as PNG, all of them on one sheet, and their w as ``.npz``.

        Args:
            folder: Where; created if it is not there.
            force: Whether files of the same name may be replaced.

        Returns:
            The faces in order, then ``sheet.png``, then ``latents.npz``.

        Raises:
            OutputError: A file exists and ``force`` is false, or the disk refuses.
        """
        target = make_folder(folder)
        paths = [target / f"{name}.png" for name in self.names()]
        sheet, latents = target / "sheet.png", target / "latents.npz"
        refuse_existing([*paths, sheet, latents], force)
        made = self.each or [{"seed": seed} for seed in self.seeds]
        for path, image, one in zip(paths, self.images, made, strict=True):
            images.save(path, image, {**self.provenance, **one}, force=force)
        captions = list(self.stems) or [f"seed {seed}" for seed in self.seeds]
        seeds = {**self.provenance, "seeds": list(self.seeds)}
        images.save(sheet, images.contact_sheet(self.images, captions), seeds, force=force)
        with replacing(latents, force) as beside, beside.open("wb") as stream:
            try:
                np.savez(stream, w=self.ws, seeds=np.asarray(self.seeds, np.int64))
            except OSError as error:
                raise output_error(latents, error) from None
        return [*paths, sheet, latents]
