"""``mien train similarity``: how well a face fits a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, showing
from mien.cli.options import config_options
from mien.cli.train.options import RunOption, codes_of
from mien.cli.train.running import Run, follow
from mien.inversion.similarity_options import SimilarityTraining
from mien.training.cadence import Cadence

if TYPE_CHECKING:
    from mien.data.splits import Part
    from mien.inversion.similarity_training import Described


@config_options(SimilarityTraining)
def similarity(
    data: Annotated[
        list[Path],
        Option(help="Faces with captions or labels beside them; give it again for more."),
    ],
    out: RunOption,
    config: dict[str, Any],
    model: Annotated[str, Option(help="A generator with an encoder: name or file.")] = (
        "portraits"
    ),
    device: opt.Device = "auto",
    json: opt.Json = False,
) -> None:
    """Train what says how well a face fits a sentence, for `mien describe --pick`.

    Learns on the training part of each set and measures retrieval on the kept-out parts. The folder
    gets what is computed once (`codes-*.npz`, `sentences-*.npz`), the run's files, and at the end
    `similarity.safetensors`.
    """
    from mien.inversion.similarity_training import SimilarityRecipe
    from mien.runtime.memory import tune_allocator
    from mien.studio import Studio

    tune_allocator()
    settled, studio = SimilarityTraining(**config), Studio(model, device)
    with showing() as tell:
        train = _described(studio, data, "train", settled, out, tell)
        held = _described(studio, data, "kept-out", settled, out, tell)
    recipe = SimilarityRecipe(settled, train, held, studio.device)
    last = follow(Run(recipe, out, seen="pairs"), Cadence(10, 50, 50, 10), json)
    meta = {"generator": studio.loaded.sha256, "data": [str(path) for path in data]}
    path = recipe.finish(out / "similarity.safetensors", meta)
    emit({"out": out, "model": path, **last, **recipe.measure()}, json, f"wrote {path}")


def _described(
    studio: Any, data: list[Path], part: Part, config: SimilarityTraining, out: Path, tell: Any
) -> Described:
    """All sets' codes, features and sentences; each kept in the run's folder."""
    import torch

    from mien.data.training_set import TrainingSet
    from mien.inversion.guide_encoder import FINE_SIDE
    from mien.inversion.known_codes import known_embeddings
    from mien.inversion.similarity_training import Described, sentences_of

    parts, before = [], 0
    for path in data:
        photos = TrainingSet.open(path, FINE_SIDE, part=part)
        w, features = codes_of(studio, photos, out / f"codes-{path.stem}-{part}.npz", tell)
        texts, about = sentences_of(photos.captions, photos.labels, config.sentences, config.seed)
        found = known_embeddings(
            studio.encoder, texts, out / f"sentences-{path.stem}-{part}.npz",
            lambda i, n: tell("reading sentences", i, n),
        )  # fmt: skip
        parts.append((w, features, found, torch.tensor(about, dtype=torch.long) + before))
        before += len(photos)
    arrays = [torch.cat([torch.as_tensor(p[i]) for p in parts]) for i in range(4)]
    return Described(*arrays)
