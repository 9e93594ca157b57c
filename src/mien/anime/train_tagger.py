"""Training the tagger of anime faces: from a table of tags, then from its own sure answers.

    mien train anime-tagger --data selfie2anime.zip --out runs/anime-tagger.safetensors

The loss and the augmentation of :mod:`mien.tagging.train`. A second round shows the faces that
the table does not know too, with the values that the first round was sure of (self-training, Lee
2013); a column in which it was not stays open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32, UInt8

from mien import images
from mien.anime.table import AnimeTable, column_parts, find_anime_table, read_anime_table
from mien.anime.tagger import anime_config
from mien.anime.tagger_config import AnimeTaggerTraining
from mien.data.order import SampleOrder
from mien.data.sources import open_domains
from mien.data.splits import fold_rows
from mien.data.stores import comparable
from mien.data.training_set import decoded
from mien.errors import DatasetError, InputError
from mien.judges.tagger import Tagger
from mien.tagging.train import ColumnsRecipe


@dataclass(frozen=True, eq=False)
class AnimeFaces:
    """Anime faces with label vectors, and perhaps more without.

    Attributes:
        pictures: uint8 ``[n, h, w, 3]``.
        labels: float32 ``[n, l]``, the columns one after the other; zeros where nothing is said.
        names: A name for each.
        rest: Faces of which nothing is said, uint8 ``[m, h, w, 3]``.
    """

    pictures: UInt8[np.ndarray, "n h w 3"]
    labels: Float32[np.ndarray, "n l"]
    names: tuple[str, ...]
    rest: UInt8[np.ndarray, "m h w 3"]

    def leave_out(self, fold: int | None, folds: int = 5) -> AnimeFaces:
        """All but one face of every ``folds``, for judges that saw different faces.

        Raises:
            InputError: There is no such fold.
        """
        if fold is None:
            return self
        rows = fold_rows(len(self.names), fold, folds)
        others = fold_rows(len(self.rest), fold, folds)
        names = tuple(self.names[i] for i in rows)
        return AnimeFaces(self.pictures[rows], self.labels[rows], names, self.rest[others])


def open_faces(
    data: str | Path,
    resolution: int,
    labels: str | Path | None = None,
    cache: str | Path | None = None,
) -> tuple[AnimeFaces, AnimeFaces, AnimeTable]:
    """The faces that teach, with the others of ``trainB``, and those that measure.

    Args:
        data: A folder or zip with ``trainB``.
        resolution: Side of the pictures in pixels.
        labels: The table of tags; ``None`` for the one beside the data.
        cache: A folder for decoded pictures; ``None`` keeps them in memory only.

    Raises:
        DatasetError: There is no such data or table, or a picture of the table is absent.
    """
    table = read_anime_table(labels or find_anime_table(data))
    pictures = open_domains(data).train_b
    files = [PurePosixPath(comparable(name)) for name in pictures.names]
    place = {"/".join(file.parts[-2:]): i for i, file in enumerate(files)}
    columns = anime_config().columns
    missing = next((name for name in table.faces if name not in place), None)
    if missing is not None:
        cause = f"{missing!r} is not among the {len(place)} pictures of {Path(data).name}"
        raise DatasetError(table.path, cause, "give the table that belongs to `data`")
    every = decoded(pictures, resolution, cache)
    rest = every[[i for name, i in place.items() if name not in table.faces]]
    parts = []
    for kept_out in (False, True):
        names = table.part(kept_out)
        rows = every[[place[name] for name in names]]
        others = rest[:0] if kept_out else rest
        parts.append(AnimeFaces(rows, table.vectors(names, columns), names, others))
    return parts[0], parts[1], table


class AnimeTaggerRecipe(ColumnsRecipe):
    """One round of the tagger of anime faces.

    Args:
        config: What decides the round.
        data: Faces with label vectors, and the others.
        start: A tagger whose trunk is taken over, or in the second round the whole of it.
        guessed: Label vectors ``[m, l]`` of the other faces, for the second round.
        device: Where to compute.

    Raises:
        InputError: Labels of another width, or a trunk of another shape.
    """

    def __init__(
        self,
        config: AnimeTaggerTraining,
        data: AnimeFaces,
        start: Tagger | None = None,
        guessed: Float32[np.ndarray, "m l"] | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        parts = column_parts(config.network().columns)
        width = max(part.stop for part in parts.values())
        if data.labels.shape[1] != width or not data.labels.any():
            raise InputError(f"labels are {data.labels.shape[1]} wide or empty, {width} are wanted")

        def build() -> Tagger:
            network = Tagger(config.network())
            if guessed is not None and start is not None:
                network.load_state_dict(start.state_dict())
            elif start is not None:
                take_trunk(network, start)
            return network

        super().__init__(config, build, data.labels, parts, device)
        self.data, self.guessed = data, guessed
        self.extra = 0 if guessed is None else round(config.batch * config.unlabelled)
        self.order = SampleOrder(len(data.names), config.seed, mirror=True)
        self.more = SampleOrder(max(len(data.rest), 1), config.seed, mirror=True)

    def source(self) -> dict[str, Any]:
        """How many faces, and which come first."""
        return {"faces": [len(self.data.names), len(self.data.rest), *self.data.names[:3]]}

    def examples(
        self, nimg: int
    ) -> tuple[UInt8[np.ndarray, "n h w 3"], Float32[np.ndarray, "n l"]]:
        """A batch; in the second round its end has guessed labels."""
        count = self.config.batch - self.extra
        rows, mirrored = self.order.batch(nimg, self.config.batch)
        rows, mirrored = rows[:count], mirrored[:count]
        pictures, labels = _mirrored(self.data.pictures, rows, mirrored), self.data.labels[rows]
        if self.guessed is None or not self.extra:
            return pictures, labels
        rows, mirrored = self.more.batch(nimg // self.config.batch * self.extra, self.extra)
        others = _mirrored(self.data.rest, rows, mirrored)
        return np.concatenate([pictures, others]), np.concatenate([labels, self.guessed[rows]])


def rounds(
    config: AnimeTaggerTraining,
    data: AnimeFaces,
    start: Tagger | None = None,
    device: torch.device | str = "cpu",
) -> Iterator[AnimeTaggerRecipe]:
    """The rounds, one or two; each is to be trained before the next is asked for.

    Args:
        config: What decides them.
        data: Faces with label vectors, and the others.
        start: A tagger whose trunk is taken over; of the same resolution and width.
        device: Where to compute.
    """
    first = AnimeTaggerRecipe(config, data, start, device=device)
    yield first
    if config.second_kimg and len(data.rest):
        guessed = pseudo_labels(first.trained, data.rest, config.confidence)
        yield AnimeTaggerRecipe(config.second(), data, first.trained, guessed, device)


def _mirrored(
    pictures: UInt8[np.ndarray, "n h w 3"], rows: np.ndarray, mirrored: np.ndarray
) -> UInt8[np.ndarray, "b h w 3"]:
    """Copies of some pictures, some of them mirrored; no tag knows left from right."""
    chosen = np.array(pictures[rows])
    chosen[mirrored] = chosen[mirrored, :, ::-1]
    return chosen


@torch.no_grad()
def pseudo_labels(
    network: Tagger, pictures: UInt8[np.ndarray, "m h w 3"], confidence: float, batch: int = 64
) -> Float32[np.ndarray, "m l"]:
    """Label vectors of what a tagger is sure of; zeros in the columns where it is not.

    Args:
        network: A trained tagger; it is put into eval mode.
        pictures: Faces of which nothing is said.
        confidence: The least probability of an answer that counts.
        batch: Faces at a time.
    """
    network.eval()
    device = network.stem.weight.device
    made = []
    for start in range(0, len(pictures), batch):
        logits = network(images.to_float(pictures[start : start + batch], device))
        heads = []
        for values in logits.values():
            likely = values.float().softmax(dim=1)
            best = torch.zeros_like(likely).scatter_(1, likely.argmax(1, keepdim=True), 1.0)
            heads.append(best * (likely.amax(dim=1, keepdim=True) >= confidence))
        made.append(torch.cat(heads, dim=1).cpu().numpy())
    return np.concatenate(made)


@torch.no_grad()
def take_trunk(network: Tagger, start: Tagger) -> None:
    """Copy all but the heads of another tagger; a narrower one takes the first of its channels.

    Raises:
        InputError: It is narrower than this one, or has another number of blocks.
    """
    own, theirs = network.config, start.config
    if own.width > theirs.width or own.blocks != theirs.blocks:
        raise InputError(
            f"the tagger to start from has width {theirs.width} and {theirs.blocks} blocks, this "
            f"one {own.width} and {own.blocks}; give a `width` up to {theirs.width}"
        )
    stored = start.state_dict()
    for name, value in network.state_dict().items():
        if not name.startswith("heads."):
            value.copy_(stored[name][tuple(slice(size) for size in value.shape)])
