"""What a :class:`mien.studio.Studio` does with faces that are there; it inherits it from here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.errors import ImageError
from mien.text.session import Describes

if TYPE_CHECKING:
    from torch import Tensor

    from mien.editing.edit import Settings
    from mien.editing.latent import Face
    from mien.editing.settings import Setting
    from mien.editing.walk import Walk
    from mien.portraits.faces import Faces


class Editing(Describes):
    """Faces moved, mixed and walked between."""

    def read_photo(self, path: str | Path) -> tuple[Tensor, dict[str, Any]]:
        """The latent of a photo in the place of a face, and what made it.

        Raises ImageError always; :class:`mien.inversion.session.Inverts` knows photos.
        """
        raise ImageError(path, "is a photo, and only a studio inverts photos", "give a seed")

    def edit(
        self,
        face: Face,
        settings: Settings,
        directions: str | Path | None = None,
        layers: str | None = None,
        psi: float = 0.7,
        force: bool = False,
    ) -> Faces:
        """Move a face, or several, along named directions.

        Args:
            face: A seed, an ``.npz`` with ``w`` (``file.npz:2`` for one row), a picture of mien's
                (file or Pillow's), or what a verb gave: ``faces``, ``faces[0]``.
            settings: ``["smile=+2"]``, ``{"smile": 2}``, ``"long hair/short hair=15,-5"``, carried
                out in turn.
            directions: A set: name or file; None for ``MODEL-edits``.
            layers: Move only these (``4-7``, ``coarse``); None for each direction's own.
            psi: Truncation, if the face is a seed.
            force: Use directions of another generator all the same.

        Raises:
            InputError: Directions of another generator, or layers outside this one.
            UnknownName: The set has no such direction.
            FileError: The face cannot be read.
            WrongType: What is given is no face.
        """
        from mien.editing.edit import edit

        return edit(self, face, settings, directions, layers, psi, force)

    def strip(
        self,
        face: Face,
        setting: str | Setting,
        steps: int = 7,
        directions: str | Path | None = None,
        layers: str | None = None,
        psi: float = 0.7,
        force: bool = False,
    ) -> Faces:
        """One face in even steps from the opposite of a setting to the setting.

        Arguments and errors as :meth:`edit`; ``steps`` faces, the middle one of an odd number
        unmoved.
        """
        from mien.editing.edit import strip

        return strip(self, face, setting, steps, directions, layers, psi, force)

    def mix(self, a: Face, b: Face, layers: str, psi: float = 0.7) -> Faces:
        """Take some layers of face ``b`` into face ``a`` (style mixing, Karras et al. 2019).

        Args:
            a: Where all other layers come from; a face, or several, as in :meth:`edit`.
            b: Where ``layers`` come from.
            layers: ``coarse``, ``middle``, ``fine``, ``4-7``, ``0,2,5``.
            psi: Truncation of seeds.

        Raises:
            InputError: Layers outside the generator.
            FileError: A face cannot be read.
        """
        from mien.editing.edit import mixture

        return mixture(self, a, b, layers, psi)

    def grid(
        self,
        rows: Sequence[Face],
        columns: Sequence[Face],
        layers: str = "coarse",
        psi: float = 0.7,
    ) -> Faces:
        """Mix the layers of every column into every row (Karras et al. 2019, figure 3).

        Args:
            rows: Faces as in :meth:`edit`; a file of several gives several rows.
            columns: Where ``layers`` come from.
            layers: As in :meth:`mix`.
            psi: Truncation of seeds.

        Returns:
            The mixtures row by row; their sheet has the sources at its edges.

        Raises:
            WrongValue: More than 1024 mixtures.
            InputError, FileError: As in :meth:`mix`.
        """
        from mien.editing.edit import crossing

        return crossing(self, rows, columns, layers, psi)

    def walk(
        self,
        faces: Sequence[Face],
        seconds: float = 6,
        fps: float = 30,
        loop: bool = False,
        space: str = "w",
        psi: float = 0.7,
        ease: str = "linear",
        keyframes: str | Path | None = None,
        directions: str | Path | None = None,
        force: bool = False,
    ) -> Walk:
        """The frames of a walk from face to face, drawn as they are asked for.

        Arguments and errors as for :func:`mien.editing.walk.plan_walk`; iterate over what comes
        back for uint8 ``[1, h, w, 3]``, frame after frame.
        """
        from mien.editing.walk import plan_walk

        return plan_walk(
            self, faces, seconds, fps, loop, space, psi, ease, keyframes, directions, force
        )
