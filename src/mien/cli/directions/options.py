"""Options and habits that the verbs of ``mien directions`` share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from mien.cli.common import note

if TYPE_CHECKING:
    import numpy as np

    from mien.editing.samples import LatentSource, Reader
    from mien.hub.loading import Loaded

TaggerOption = Annotated[
    str,
    Option(
        "--tagger",
        help="The tagger that finds them and chooses faces; an .onnx with its tags beside it too.",
    ),
]
JudgeOption = Annotated[str, Option("--judge", help="A tagger that has not found the directions.")]
SamplesOption = Annotated[int, Option(min=2, help="Latents to sample.")]
FacesOption = Annotated[int, Option(min=2, help="Faces for each edit.")]
SeedOption = Annotated[int, Option("--seed", metavar="N", min=0, help="First seed.")]
PictureOption = Annotated[
    Path | None, Option("--out", metavar="PNG", help="Also draw it as a picture here.")
]
LeastOption = Annotated[
    int | None, Option("--min-count", min=0, help="Tags seen in more samples; else one of 102.")
]
MostOption = Annotated[
    int | None, Option("--max-count", min=0, help="And in fewer; else all but --min-count.")
]


def open_source(
    model: str, device: str, selfies: Path | None = None
) -> tuple[LatentSource, Loaded]:
    """The generator as a source of latents."""
    from mien.editing.samples import generator_source, roses_source
    from mien.hub.loading import load_anime, load_generator
    from mien.runtime.memory import tune_allocator

    tune_allocator()
    if selfies is None:
        loaded = load_generator(model, place(device))
        return generator_source(loaded), loaded
    loaded = load_anime(model, place(device))
    size = loaded.network.config.resolution
    return roses_source(loaded, _selfies(selfies, size)), loaded


def open_reader(tagger: str, device: str) -> tuple[Reader, str, str]:
    """What reads tags (a tagger of ours, or an ``.onnx``), its name and its file's sha256."""
    from mien.editing.samples import TagReader
    from mien.hub.loading import load_tagger, resolve
    from mien.hub.store import known_sha256
    from mien.judges.onnx_tagger import OnnxTagger, find_tag_list

    if Path(tagger).suffix.lower() != ".onnx":
        loaded = load_tagger(tagger, place(device))
        return TagReader(loaded.network), loaded.name, loaded.sha256
    path = resolve(tagger)
    return OnnxTagger(path, find_tag_list(path)), path.stem, known_sha256(path)


def _selfies(path: Path, size: int) -> np.ndarray:
    """``trainA`` of data in two kinds, else the part of a set of pictures that teaches."""
    from mien.data.sources import open_domains
    from mien.data.training_set import TrainingSet, decoded
    from mien.errors import DatasetError

    try:
        return decoded(open_domains(path).train_a, size)
    except DatasetError:
        return TrainingSet.open(path, size, labels=False).pictures


def style_weights_of(loaded: Loaded) -> list[Any]:
    """Style weights of each layer, for SeFa."""
    from mien.editing.sefa import style_weights

    if hasattr(loaded.network, "synthesis"):
        return style_weights(loaded.network.state_dict())
    return [affine.weight for affine in loaded.network.affines]


def batch_of(loaded: Loaded) -> int:
    """Pictures at a time: 32 of 256², fewer of larger ones."""
    return max(1, min(32, 32 * 256**2 // loaded.network.config.resolution**2))


def place(device: str) -> str:
    """A device as torch names it."""
    from mien.runtime.devices import find_device

    return str(find_device(device))


def draw(
    path: Path | None, picture: np.ndarray, provenance: Mapping[str, Any], force: bool
) -> None:
    """Write a table as a picture, if a file was asked for."""
    if path is None:
        return
    from mien import images

    images.save(path, picture, dict(provenance), force)
    note(f"wrote {path}")
