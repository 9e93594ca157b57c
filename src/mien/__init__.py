"""mien: faces in latent space.

The front door. Every public name is listed here with its home and is imported when it is first
asked for, so that ``import mien`` costs nothing; ``docs/api.md`` says what each is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mien.errors import (
        CheckpointError,
        DatasetError,
        ImageError,
        InputError,
        MienError,
        MissingExtra,
        OutputError,
        WeightsMissing,
    )
    from mien.hub.catalogue import list_models
    from mien.hub.loading import load_generator, load_tagger
    from mien.images import load as load_image
    from mien.images import read_provenance
    from mien.images import save as save_image
    from mien.images.results import Result
    from mien.judges.tagger import Tagger
    from mien.studio import Faces, Studio
    from mien.stylegan2 import Discriminator, Generator
    from mien.text.embedding import SentenceEncoder

__all__ = [
    "CheckpointError",
    "DatasetError",
    "Discriminator",
    "Faces",
    "Generator",
    "ImageError",
    "InputError",
    "MienError",
    "MissingExtra",
    "OutputError",
    "Result",
    "SentenceEncoder",
    "Studio",
    "Tagger",
    "WeightsMissing",
    "list_models",
    "load_generator",
    "load_image",
    "load_tagger",
    "read_provenance",
    "save_image",
]

_HOMES = {
    "CheckpointError": "mien.errors.CheckpointError",
    "DatasetError": "mien.errors.DatasetError",
    "Discriminator": "mien.stylegan2.Discriminator",
    "Faces": "mien.studio.Faces",
    "Generator": "mien.stylegan2.Generator",
    "ImageError": "mien.errors.ImageError",
    "InputError": "mien.errors.InputError",
    "MienError": "mien.errors.MienError",
    "MissingExtra": "mien.errors.MissingExtra",
    "OutputError": "mien.errors.OutputError",
    "Result": "mien.images.results.Result",
    "SentenceEncoder": "mien.text.embedding.SentenceEncoder",
    "Studio": "mien.studio.Studio",
    "Tagger": "mien.judges.tagger.Tagger",
    "WeightsMissing": "mien.errors.WeightsMissing",
    "list_models": "mien.hub.catalogue.list_models",
    "load_generator": "mien.hub.loading.load_generator",
    "load_image": "mien.images.load",
    "load_tagger": "mien.hub.loading.load_tagger",
    "read_provenance": "mien.images.read_provenance",
    "save_image": "mien.images.save",
}
"""Public name -> where it lives."""


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first asked for (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        value = version("mien")
    elif name in _HOMES:
        from importlib import import_module

        module, _, attribute = _HOMES[name].rpartition(".")
        value = getattr(import_module(module), attribute)
    else:
        raise AttributeError(f"module 'mien' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
