"""Training the ways from sentences to latents, from sampling to the files that ship."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn

from mien.checkpoints import native
from mien.data.training_set import TrainingSet
from mien.files import make_folder
from mien.hub.loading import Loaded
from mien.text import train as text
from mien.text.config import TextTraining
from mien.text.directions import AttributeDirections
from mien.text.embedding import Encoded
from mien.text.train import Pairs, Sampled, TextRecipe
from mien.training import state

WRITERS = {"mapper": "text-mapper", "prior": "text-prior", "directions": "text-directions"}
"""Way -> the kind of its file."""


@runtime_checkable
class Encodes(Protocol):
    """What turns sentences into vectors: a :class:`mien.text.embedding.SentenceEncoder`, say."""

    def encode(self, sentences: str | Sequence[str]) -> Encoded:
        """Encode sentences, a row each."""
        ...


@dataclass(frozen=True)
class TextJob:
    """Everything that a run needs.

    ``tagger`` reads the samples and has not to judge the result; ``data`` is the training part with
    labels and sentences, at any resolution; ``folder`` gets ``NAME-mapper.safetensors`` and so on,
    with ``force`` in the place of files there; ``progress`` is told how many latents are sampled.
    """

    generator: Loaded
    tagger: Loaded
    data: TrainingSet
    encoder: Encodes
    config: TextTraining
    folder: Path
    force: bool = False
    progress: Callable[[int], None] = lambda done: None

    def path(self, method: str) -> Path:
        """The file of a way."""
        return self.folder / f"{self.generator.name}-{method}.safetensors"

    def folder_of(self, method: str) -> Path:
        """The run of a way, while it is trained."""
        return self.path(method).with_suffix(".run")

    def recipe(self, method: str) -> TextRecipe:
        """How a mapper or a prior is trained; samples first, if that has not been done."""
        device = self.generator.network.mapping.w_avg.device
        return text.RECIPES[method](self.config, self._pairs, self._embeddings, device)

    def directions(self) -> AttributeDirections:
        """Directions and tagger of latents, fitted at once."""
        network = AttributeDirections(self._sampled.w.shape[1])
        network.fit(self._sampled.w, self._sampled.probabilities)
        return network

    def write(self, method: str, network: nn.Module) -> Path:
        """Write the file of a way and remove what its run kept."""
        config: Any = getattr(network, "config", None)
        found = asdict(config) if config else {"w_dim": self._sampled.w.shape[1]}
        meta = {
            "generator": self.generator.name,
            "generator_sha256": self.generator.sha256,
            "tagger_sha256": self.tagger.sha256,
            "training": asdict(self.config),
            "data": self.data.path.name,
        }
        path, kind = self.path(method), WRITERS[method]
        native.save(path, kind, network.state_dict(), found, meta, half=True, force=self.force)
        state.forget(self.folder_of(method))
        return path

    @property
    def samples(self) -> Path:
        """Where samples are kept: what they depend on is in the name."""
        what = (self.generator.sha256, self.tagger.sha256, self.data.fingerprint, self.config.seed)
        digest = hashlib.sha256(repr(what).encode()).hexdigest()[:12]
        return self.folder / f"{self.generator.name}-samples-{digest}.run"

    def forget(self) -> None:
        """Remove the samples, once everything is written."""
        shutil.rmtree(self.samples, ignore_errors=True)

    @cached_property
    def _sampled(self) -> Sampled:
        G, tagger = self.generator.network, self.tagger.network
        keep = make_folder(self.samples)
        return text.sample(G, tagger, self.config, self.data.labels, keep, self.progress)

    @cached_property
    def _pairs(self) -> Pairs:
        grammar = text.grammar_pairs(self._sampled, self.config)
        written = text.written_pairs(self.generator.network, self.data, self.config)
        return text.join([grammar, written])

    @cached_property
    def _embeddings(self) -> Float[Tensor, "n e"]:
        return text.embedded(self._pairs.sentences, self.encoder.encode)
