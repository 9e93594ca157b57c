"""Training the ways from sentences to latents, from sampling to the files that ship."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from mien.checkpoints import native
from mien.data.training_set import TrainingSet
from mien.files import refuse_existing
from mien.hub.loading import Loaded
from mien.text import train as text
from mien.text.directions import AttributeDirections
from mien.text.embedding import Encoded
from mien.text.train import Pairs, Sampled, TextTraining

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

    Attributes:
        generator: Whose latents sentences are to reach.
        tagger: Reads the samples; it has not to judge the result.
        data: Training part with labels and sentences, at any resolution.
        encoder: Of sentences.
        config: What decides the run.
        folder: Gets ``NAME-mapper.safetensors`` and so on.
        force: Whether files there may be replaced.
    """

    generator: Loaded
    tagger: Loaded
    data: TrainingSet
    encoder: Encodes
    config: TextTraining
    folder: Path
    force: bool = False

    def path(self, method: str) -> Path:
        """The file of a way."""
        return self.folder / f"{self.generator.name}-{method}.safetensors"

    def run(self, methods: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Train several ways; yields losses, and ``{"file": path}`` for each file written.

        Raises:
            OutputError: A file exists and ``force`` is false; asked before anything is sampled.
        """
        refuse_existing([self.path(name) for name in methods], self.force)
        yield {"sampled": len(self._sampled.w)}
        if set(methods) & {"mapper", "prior"}:
            yield {"pairs": len(self._pairs.w)}
        for name in methods:
            network: Any = None
            if name == "directions":
                network = AttributeDirections(self._sampled.w.shape[1])
                network.fit(self._sampled.w, self._sampled.probabilities)
                config: dict[str, Any] = {"w_dim": self._sampled.w.shape[1]}
            else:
                train = text.train_mapper if name == "mapper" else text.train_prior
                for line, trained in train(self._pairs, self._embeddings, self.config):
                    network = trained
                    yield {"method": name, **line}
                config = asdict(network.config)
            yield {"file": self._write(name, network, config)}

    def _write(self, method: str, network: Any, config: dict[str, Any]) -> Path:
        meta = {
            "generator": self.generator.name,
            "generator_sha256": self.generator.sha256,
            "tagger_sha256": self.tagger.sha256,
            "training": asdict(self.config),
            "data": self.data.path.name,
        }
        path, kind = self.path(method), WRITERS[method]
        native.save(path, kind, network.state_dict(), config, meta, half=True, force=self.force)
        return path

    @cached_property
    def _sampled(self) -> Sampled:
        G, tagger = self.generator.network, self.tagger.network
        return text.sample(G, tagger, self.config, self.data.labels)

    @cached_property
    def _pairs(self) -> Pairs:
        grammar = text.grammar_pairs(self._sampled, self.config)
        written = text.written_pairs(self.generator.network, self.data, self.config)
        return text.join([grammar, written])

    @cached_property
    def _embeddings(self) -> Float[Tensor, "n e"]:
        unique = sorted(set(self._pairs.sentences))
        place = {sentence: i for i, sentence in enumerate(unique)}
        rows = [place[sentence] for sentence in self._pairs.sentences]
        return self.encoder.encode(unique).embedding[rows]
