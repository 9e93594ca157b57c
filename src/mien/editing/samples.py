"""Latents sampled from a generator, and the tags that a tagger reads off what it draws.

Samples are streamed; what methods of several passes need (latents, and labels as bits) waits in
temporary files. Sample i is the same in any batch.

    n samples · d dims of a latent · t tags
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from mien import images
from mien.attributes import COLUMNS, LABELS, label_index
from mien.editing.naming import tag_table
from mien.editing.regression import GramAccumulator, check_samples
from mien.errors import InputError, counted
from mien.hub.loading import Loaded
from mien.judges.tagger import Tagger
from mien.runtime.precision import fast_dtype
from mien.stylegan2.generator import Synthesis
from mien.stylegan2.seeds import seed_latents

_LEAST_PROBABILITY = 1e-3
_MOST_SAID = 4
_MANY = 10**6


@dataclass(frozen=True)
class LatentSource:
    """A generator as what samples latents and draws them.

    Attributes:
        num_ws: How many w, each ``w_dim`` wide, its layers take.
        sample: Numbers of samples and a seed to latents ``[n, w_dim]``.
        start: Seeds and psi to the ws of the faces ``[n, num_ws, w_dim]`` that edits start from.
        draw: ws to images ``[n, 3, h, w]`` in [-1, 1].
    """

    name: str
    sha256: str
    num_ws: int
    w_dim: int
    sample: Callable[[Sequence[int], int], Tensor]
    start: Callable[[Sequence[int], float], Tensor]
    draw: Callable[[Tensor], Tensor]


def generator_source(loaded: Loaded, labelled: float = 0.5) -> LatentSource:
    """A StyleGAN2 generator as a source; it draws in bf16 where the hardware has it.

    Where it has attribute labels, a share ``labelled`` of the samples is drawn under one to four
    labels at random, contrary ones too, so that rare attributes occur often enough and usual
    companions part.
    """
    G = loaded.network
    device = G.mapping.w_avg.device
    said = G.config.c_dim == len(LABELS)

    @torch.no_grad()
    def sample(numbers: Sequence[int], seed: int) -> Tensor:
        c = np.zeros((len(numbers), G.config.c_dim), np.float32)
        z = np.zeros((len(numbers), G.config.z_dim), np.float32)
        for row, number in enumerate(numbers):
            random = np.random.default_rng([seed, number])
            z[row] = random.standard_normal(G.config.z_dim)
            if said and random.random() < labelled:
                c[row] = random_label(random)
        z_, c_ = torch.from_numpy(z).to(device), torch.from_numpy(c).to(device)
        return G.map(z_, c_)[:, 0]

    @torch.no_grad()
    def start(seeds: Sequence[int], psi: float) -> Tensor:
        return G.map(seed_latents(seeds, G.config.z_dim).to(device), psi=psi)

    def draw(ws: Tensor) -> Tensor:
        return drawn(G.synthesis, ws.to(device))

    return LatentSource(loaded.name, loaded.sha256, G.num_ws, G.config.w_dim, sample, start, draw)


@torch.no_grad()
def drawn(synthesis: Synthesis, ws: Float[Tensor, "n num_ws w_dim"]) -> Float[Tensor, "n 3 h w"]:
    """Pictures of latents on the device of these, in bf16 on a CPU that has it."""
    usual = synthesis.dtype
    synthesis.dtype = fast_dtype(ws.device) if ws.device.type == "cpu" else usual
    try:
        return synthesis(ws)
    finally:
        synthesis.dtype = usual


def roses_source(loaded: Loaded, pictures: UInt8[np.ndarray, "n h w 3"]) -> LatentSource:
    """The decoder of GANs N' Roses as a source: a picture's content, the style of a latent.

    Its latents are mapped styles, one w for all layers (``num_ws`` is 1). Sample i takes the
    content of picture i (of the generator's size), beginning again where they end. InputError: no
    pictures.
    """
    if not len(pictures):
        raise InputError("no pictures whose contents could be drawn; give some")
    G = loaded.network
    device = next(G.parameters()).device
    contents: list[int] = []

    def styles(seeds: Sequence[Sequence[int]]) -> Tensor:
        z = [np.random.default_rng(list(s)).standard_normal(G.config.style_dim) for s in seeds]
        return torch.from_numpy(np.stack(z)).float().to(device)

    @torch.no_grad()
    def sample(numbers: Sequence[int], seed: int) -> Tensor:
        contents[:] = numbers
        return G.map(styles([(seed, number) for number in numbers]))

    @torch.no_grad()
    def start(seeds: Sequence[int], psi: float) -> Tensor:
        contents[:] = []
        return G.map(psi * seed_latents(seeds, G.config.style_dim).to(device))[:, None]

    @torch.no_grad()
    def draw(ws: Tensor) -> Tensor:
        rows = contents if len(contents) == len(ws) else range(len(ws))
        chosen = np.stack([pictures[row % len(pictures)] for row in rows])
        content, _ = G.encode(images.to_float(chosen).to(device))
        return G.synthesise(content, G.styles(ws[:, 0].to(device)))

    return LatentSource(loaded.name, loaded.sha256, 1, G.config.w_dim, sample, start, draw)


def random_label(random: np.random.Generator) -> np.ndarray:
    """A label vector that says one to four things at random, each value of a column as likely."""
    label = np.zeros(len(LABELS), np.float32)
    columns = list(COLUMNS)
    for place in random.choice(len(columns), random.integers(1, _MOST_SAID + 1), replace=False):
        values = COLUMNS[columns[place]]
        label[label_index(columns[place], values[random.integers(len(values))])] = 1
    return label


@runtime_checkable
class Reader(Protocol):
    """What reads tags off pictures: :class:`TagReader`, or a tagger in an ONNX file."""

    tags: tuple[str, ...]

    def __call__(self, pictures: Tensor, /) -> tuple[Tensor, Tensor]:
        """Scores ``[n, t]`` of pictures in [-1, 1], and which tags they carry; both on the CPU."""
        ...


class TagReader:
    """A tagger that answers in tags (``tags``): probabilities of named unions of its labels."""

    def __init__(self, tagger: Tagger, table: Mapping[str, Sequence[str]] | None = None) -> None:
        """``table``: tag -> its labels ``column=value``; ``None`` for all that the tagger knows."""
        columns = tagger.config.columns
        table = tag_table(columns) if table is None else dict(table)
        labels = [f"{column}={value}" for column, values in columns.items() for value in values]
        self.tagger, self.tags = tagger, tuple(table)
        self._member = torch.tensor(
            [[float(label in parts) for parts in table.values()] for label in labels]
        )
        self.device = next(tagger.parameters()).device

    @torch.no_grad()
    def __call__(self, pictures: Float[Tensor, "n 3 h w"]) -> tuple[Tensor, Tensor]:
        """Probability of each tag, and whether it holds the most probable value of its column.

        Float and bool ``[n, t]`` on the CPU.
        """
        return self.of_features(self.tagger.features(pictures.to(self.device)))

    @torch.no_grad()
    def of_features(self, features: Float[Tensor, "n c"]) -> tuple[Tensor, Tensor]:
        """The same from the tagger's features, for those who need both."""
        read = self.tagger.read(features.to(self.device))
        heads = [read[column].float().softmax(dim=1).cpu() for column in self.tagger.config.columns]
        best = [torch.zeros_like(head).scatter_(1, head.argmax(1, True), 1.0) for head in heads]
        probability = torch.cat(heads, dim=1) @ self._member
        return probability, (torch.cat(best, dim=1) @ self._member) > 0.5


class TaggedSamples:
    """Latents and tags, streamed.

    Attributes:
        counts: Tag -> in how many samples its value was the most probable.
        seen: Sums of latents and of the log odds of each tag, for regression and for spread.
    """

    def __init__(self, dims: int, tags: Sequence[str], spool: bool) -> None:
        self.tags = tuple(tags)
        self.counts = dict.fromkeys(self.tags, 0)
        self.seen = GramAccumulator(dims, tags)
        self._spool = None
        if spool:  # They live as long as the samples do, and vanish with them.
            self._spool = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115

    def add(
        self, w: Float[Tensor, "n d"], probability: Float[Tensor, "n t"], carried: Tensor
    ) -> None:
        """Take in a batch; InputError (with the tag) for shapes that do not fit, or no numbers."""
        check_samples(w, probability, self.tags)
        odds = torch.logit(probability.clamp(_LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY))
        self.seen.update(w, odds)
        for tag, count in zip(self.tags, carried.sum(dim=0).tolist(), strict=True):
            self.counts[tag] += count
        if self._spool is not None:
            latents, labels = self._spool
            latents.write(w.cpu().float().numpy().tobytes())
            labels.write(np.packbits(carried.numpy(), axis=1).tobytes())

    def batches(
        self, tags: Sequence[str], rows: int = 1024
    ) -> Callable[[], Iterable[tuple[Tensor, Tensor]]]:
        """What gives at every call the same batches of latents and 0/1 labels of some tags.

        Raises InputError: nothing was kept for several passes (``spool``).
        """
        if self._spool is None:
            raise InputError("these samples were streamed for one pass; this method needs several")
        latents, labels = self._spool
        columns = torch.tensor([self.tags.index(tag) for tag in tags], dtype=torch.long)
        width, dims, bits = (len(self.tags) + 7) // 8, self.seen.dims, len(self.tags)

        def read() -> Iterator[tuple[Tensor, Tensor]]:
            for first in range(0, self.seen.count, rows):
                n = min(rows, self.seen.count - first)
                latents.seek(first * dims * 4)
                labels.seek(first * width)
                x = np.frombuffer(latents.read(n * dims * 4), np.float32).reshape(n, dims)
                packed = np.frombuffer(labels.read(n * width), np.uint8).reshape(n, width)
                carried = np.unpackbits(packed, axis=1, count=bits).astype(bool)
                yield torch.from_numpy(x.copy()), torch.from_numpy(carried)[:, columns]

        return read

    def close(self) -> None:
        """Remove the temporary files."""
        for file in self._spool or ():
            file.close()


def sample_tagged(
    source: LatentSource,
    reader: Reader,
    samples: TaggedSamples,
    count: int,
    seed: int = 0,
    batch: int = 32,
) -> Iterator[dict[str, Any]]:
    """Sample ``count`` latents, draw them, add their tags to ``samples``; yields how far it is.

    ``seed`` decides every one of them, ``batch`` nothing but the speed. InputError: no samples, or
    a tagger that gives values that are not finite.
    """
    if not 2 <= count <= _MANY:
        raise InputError(f"{counted(count, 'samples')}; from 2 to {_MANY} can be drawn")
    for first in range(0, count, batch):
        numbers = range(first, min(first + batch, count))
        w = source.sample(numbers, seed)
        drawn = source.draw(w[:, None].expand(-1, source.num_ws, -1))
        samples.add(w.cpu(), *reader(drawn))
        yield {"sampled": numbers[-1] + 1, "of": count}
