"""Training the tagger of anime faces: from a table of tags, then from its own sure answers.

    mien train anime-tagger --data selfie2anime.zip --out runs/anime-tagger.safetensors

The loss and the augmentation of :mod:`mien.tagging.train`. A second round shows the faces that
the table does not know too, with the values that the first round was sure of (self-training, Lee
2013); a column in which it was not stays open. Minutes, so a run that was stopped starts again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from jaxtyping import Float32, UInt8

from mien import images
from mien.anime.table import AnimeTable, column_parts, find_anime_table, read_anime_table
from mien.anime.tagger import anime_config
from mien.data.order import SampleOrder
from mien.data.sources import open_domains
from mien.data.splits import fold_rows
from mien.data.stores import comparable
from mien.data.training_set import decoded
from mien.errors import DatasetError, InputError
from mien.judges.tagger import Tagger, TaggerConfig
from mien.tagging.train import column_loss, shaken, value_weights
from mien.training.fitting import descend, warm_cosine


@dataclass(frozen=True)
class AnimeTaggerTraining:
    """What decides a run.

    Args:
        network: The tagger.
        kimg: Thousand pictures of the first round.
        second_kimg: Thousand pictures of the second round; 0 for none.
        confidence: Probability from which an answer of the first round teaches the second.
        unlabelled: Share of a batch of the second round that comes from the table-less faces.
        batch: Pictures a step.
        lr: Highest learning rate of the first round; it rises for a tenth of the round, then falls
            to zero as a cosine. The second begins with half of it.
        weight_decay: Of AdamW.
        smoothing: Label smoothing.
        rarity: Exponent of a value's frequency in its weight; 0 counts each picture alike.
        seed: Decides the first weights, the order and the augmentation.
        precision: ``bf16`` or ``fp32``.
    """

    network: TaggerConfig = field(default_factory=anime_config)
    kimg: float = 40
    second_kimg: float = 20
    confidence: float = 0.9
    unlabelled: float = 0.5
    batch: int = 64
    lr: float = 2e-3
    weight_decay: float = 0.05
    smoothing: float = 0.05
    rarity: float = 0.25
    seed: int = 0
    precision: str = "bf16"

    def __post_init__(self) -> None:
        if self.kimg <= 0 or self.second_kimg < 0 or self.batch < 2:
            raise InputError(
                f"kimg {self.kimg:g} must be above 0, second_kimg {self.second_kimg:g} at least "
                f"0, batch {self.batch} at least 2"
            )
        if not 0.5 <= self.confidence <= 1 or not 0 <= self.unlabelled < 1:
            raise InputError(
                f"confidence {self.confidence:g} must be from 0.5 to 1, unlabelled "
                f"{self.unlabelled:g} from 0 to below 1"
            )
        if self.precision not in ("bf16", "fp32"):
            raise InputError(f"precision {self.precision!r} is neither bf16 nor fp32")


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


def train(
    config: AnimeTaggerTraining, data: AnimeFaces, start: Tagger | None = None
) -> Iterator[tuple[dict[str, float], Tagger]]:
    """Train a tagger of anime faces.

    Args:
        config: What decides the run.
        data: Faces with label vectors, and the others.
        start: A tagger whose trunk is taken over; of the same resolution and width.

    Yields:
        ``{"round", "nimg", "loss"}`` and the network, now and then and at the end of each round.

    Raises:
        InputError: Labels of another width, or a trunk of another shape.
        TrainingDiverged: The loss is no number.
    """
    parts = column_parts(config.network.columns)
    width = max(part.stop for part in parts.values())
    if data.labels.shape[1] != width or not data.labels.any():
        raise InputError(f"labels are {data.labels.shape[1]} wide or empty, {width} are wanted")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = Tagger(config.network)
        if start is not None:
            take_trunk(network, start)
        yield from _round(1, config, network, data)
        if config.second_kimg and len(data.rest):
            guessed = pseudo_labels(network, data.rest, config.confidence)
            yield from _round(2, config, network, data, guessed)


def _round(
    number: int,
    config: AnimeTaggerTraining,
    network: Tagger,
    data: AnimeFaces,
    guessed: Float32[np.ndarray, "m l"] | None = None,
) -> Iterator[tuple[dict[str, float], Tagger]]:
    """One round, from a fresh optimiser; the second mixes faces with guessed labels in."""
    first = guessed is None
    kimg, lr = (config.kimg, config.lr) if first else (config.second_kimg, config.lr / 2)
    seed = config.seed + 1000 * (number - 1)
    optimizer = torch.optim.AdamW(network.parameters(), lr=lr, weight_decay=config.weight_decay)
    steps = math.ceil(kimg * 1000 / config.batch)
    order = SampleOrder(len(data.names), seed, mirror=True)
    more = SampleOrder(max(len(data.rest), 1), seed, mirror=True)
    extra = 0 if first else round(config.batch * config.unlabelled)
    parts = column_parts(config.network.columns)
    weights = value_weights(data.labels, parts, config.rarity)
    source = torch.Generator().manual_seed(seed)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = lr * warm_cosine((step + 1) / steps, 0.1)
        rows, mirrored = order.batch(step * config.batch, config.batch)
        count = config.batch - extra
        chosen, labels = _mirrored(data.pictures, rows[:count], mirrored[:count]), data.labels[rows]
        labels = labels[:count]
        if guessed is not None and extra:
            rows, mirrored = more.batch(step * extra, extra)
            chosen = np.concatenate([chosen, _mirrored(data.rest, rows, mirrored)])
            labels = np.concatenate([labels, guessed[rows]])
        batch = shaken(chosen, config.network.resolution, source)
        with torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bf16"):
            logits = network.train()(batch)
        loss = column_loss(logits, torch.from_numpy(labels), weights, parts, config.smoothing)
        descend(loss, optimizer, "the tagger's loss", step)
        if step % 50 == 49 or step == steps - 1:
            nimg, shown = (step + 1) * config.batch, round(float(loss.detach()), 4)
            yield {"round": number, "nimg": nimg, "loss": shown}, network.eval()


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
    made = []
    for start in range(0, len(pictures), batch):
        logits = network(images.to_float(pictures[start : start + batch]))
        heads = []
        for values in logits.values():
            likely = values.float().softmax(dim=1)
            best = torch.zeros_like(likely).scatter_(1, likely.argmax(1, keepdim=True), 1.0)
            heads.append(best * (likely.amax(dim=1, keepdim=True) >= confidence))
        made.append(torch.cat(heads, dim=1).numpy())
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
