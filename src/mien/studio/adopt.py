"""A generator of any origin made a full citizen: sentences, edits, layers, and a card.

    for line in adopt(load_generator("ffhq.pkl"), Tools(...), Adoption()): ...

Latents are sampled, drawn once as far as a tagger sees (:mod:`mien.studio.adopt_pictures`) and
read; all else follows from these samples. What is made lies beside the generator's file and is
called after it:

    ffhq-codes, ffhq-directions     ways from a sentence to a latent: in closed form, by directions
    ffhq-edits                      named edits, strength 1 measured
    ffhq-layers.csv, ffhq-card.md   what each layer moves; what was measured
    ffhq-mapper, ffhq-prior         two more ways, if asked: trained on the same samples
    ffhq-encoder, ffhq-inversion    photos, if asked: a w, then w of layers

Samples and measurements wait in ``ffhq.adopting/`` until the card is written: a run that was killed
goes on with the first that is missing, and what is there is not made again.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mien.attributes import COLUMNS, LABELS
from mien.checkpoints import native
from mien.checkpoints.arrays import read_arrays
from mien.editing.evaluate import EditProtocol
from mien.editing.layer_report import score_layers
from mien.editing.samples import generator_source
from mien.editing.sets import load_direction_set, save_direction_set
from mien.errors import InputError, OutputError, UnknownName
from mien.files import held, make_folder, replacing
from mien.hub.loading import Loaded
from mien.hub.store import shipped
from mien.portraits.codes import CodeMoments
from mien.studio import adopt_card as card
from mien.studio import adopt_edits as edits
from mien.studio import adopt_photos as photo
from mien.studio.adopt_pictures import Pictures, both_of
from mien.text import train as text
from mien.text.config import TextTraining
from mien.text.directions import AttributeDirections
from mien.text.methods import CodesMethod
from mien.text.train import Sampled, read_picture
from mien.training import loop

PARTS = ("codes", "directions", "edits")
"""What is always made, by the end of its name."""

WAYS = {"closed": (), "all": ("mapper", "prior")}
"""Ways from sentences to latents -> what is trained for them beside :data:`PARTS`."""

_LARGE = 256
_SENTENCES = 32
_APART = 10_000_000
"""The first of the latents that are no samples: what is drawn both ways, and what is not drawn."""
_UNDRAWN = 4000


@dataclass(frozen=True)
class Adoption:
    """What decides a run.

    Args:
        samples: Latents to draw and read; 0 for 2000 up to 128², 800 of 256², 1500 of more.
        steps: Of training the mapper and the prior.
        faces: On which each edit is measured, and the layers on half as many pairs.
        free: Free edits from each other, as the tagger finds best; 190 pictures an edit.
        seed: Decides every sample.
        shard: Samples that are kept together.
        encoder: Thousand faces from which an encoder of photos learns, and as many photographs for
            its W+ head, where some are given; 0 for none.
        ways: A key of :data:`WAYS`.
    """

    samples: int = 0
    steps: int = 4000
    faces: int = 6
    free: bool = False
    seed: int = 0
    shard: int = 100
    encoder: float = 0.0
    ways: str = "closed"

    def __post_init__(self) -> None:
        """Refuse what leaves nothing to count."""
        if self.samples < 0 or self.steps < 1 or self.faces < 2 or self.shard < 1:
            raise InputError(
                f"{self.samples} samples, {self.steps} steps, {self.faces} faces; at least 0, 1, 2"
            )
        if not 0 <= self.encoder < math.inf:
            raise InputError(f"encoder is {self.encoder} kimg, and must be 0 or more")
        if self.ways not in WAYS:
            raise UnknownName("set of ways", self.ways, WAYS)

    def count(self, resolution: int) -> int:
        """How many latents are drawn for a generator of this size."""
        usual = 2000 if resolution < _LARGE else 800 if resolution == _LARGE else 1500
        return self.samples or usual


@dataclass(frozen=True)
class Tools:
    """Who reads and judges.

    Attributes:
        tagger: Reads the samples.
        judge: Measures what was made of them; it has seen none of that.
        identity: Says who a face is.
        encoder: Gives the encoder of sentences when it is first needed.
    """

    tagger: Loaded
    judge: Loaded
    identity: Loaded | None
    encoder: Callable[[], Any]


def adopt(
    generator: Loaded,
    tools: Tools,
    config: Adoption,
    force: bool = False,
    photos: Sequence[Path] = (),
) -> Iterator[dict[str, Any]]:
    """Make everything that a generator needs to be described, edited and walked with.

    Args:
        generator: StyleGAN2 of any origin, loaded from a file.
        tools: Who reads and judges.
        config: What decides the run.
        force: Make everything again.
        photos: Folders or zips of photographs, for the W+ head of an encoder; without any the
            encoder gives one w for all layers.

    Yields:
        ``{"doing", "done", "of"}``, ``{"note"}`` and ``{"file"}``, in the order in which they are
        made; a part that is there already comes as a file at once.

    Raises:
        InputError: The tagger reads other attributes than :data:`mien.attributes.COLUMNS`, or the
            generator ships with mien.
        OutputError: Files of another generator or another command are there, another process
            adopts it at this moment, or the disk refuses.
    """
    job = _Job(generator, tools, config, photos)
    job.claim(force)
    with held(job.work):
        yield from job.run()
    shutil.rmtree(job.work)


def begun(generator: Path) -> Adoption | None:
    """What decides a run that was stopped and waits to go on; None if none does.

    Args:
        generator: The file that is being adopted.

    Raises:
        OutputError: The note of it is damaged.
    """
    note = _work_of(generator) / "job.json"
    if not note.is_file():
        return None
    try:
        return Adoption(**json.loads(note.read_text("utf-8"))["adoption"])
    except (ValueError, TypeError, KeyError) as error:
        cause = f"is no note of a run ({error})"
        raise OutputError(note, cause, f"remove {note.parent.name} to begin again") from None


def _work_of(generator: Path) -> Path:
    return generator.with_name(f"{generator.stem}.adopting")


class _Job:
    def __init__(
        self, generator: Loaded, tools: Tools, config: Adoption, photos: Sequence[Path]
    ) -> None:
        self.loaded, self.tools, self.config, self.photos = generator, tools, config, photos
        self.photo_parts = photo.PARTS[: 1 + bool(photos)] if config.encoder else ()
        self.G = generator.network
        self.base = generator.path.with_suffix("")
        self.work = _work_of(generator.path)
        self.parts = (*PARTS, *WAYS[config.ways])
        self.pairs = max(2, config.faces // 2)
        self.count = config.count(self.G.config.resolution)
        self.pictures = Pictures(self.G, *self._planned())
        source = generator_source(generator, labelled=0.0)
        self.source = replace(source, draw=self.pictures.whole)
        self.early = replace(source, draw=self.pictures.small)

    def path(self, part: str, suffix: str = ".safetensors") -> Path:
        return self.base.with_name(f"{self.base.name}-{part}{suffix}")

    @property
    def meta(self) -> dict[str, Any]:
        told = asdict(self.config)
        del told["encoder"], told["ways"]  # which may be added to what was adopted without
        return {
            "generator": self.loaded.sha256,
            "generator_name": self.loaded.name,
            "tagger_sha256": self.tools.tagger.sha256,
            "adoption": {**told, "samples": self.count},
        }

    def claim(self, force: bool) -> None:
        """Make the folder of this run, or make sure that it is; parts of others are refused."""
        if dict(self.tools.tagger.network.config.columns) != COLUMNS:
            raise InputError("this tagger reads other columns than mien.attributes.COLUMNS")
        if self.base.parent == shipped():
            raise InputError(f"{self.loaded.name!r} ships with its parts; adopt a file of your own")
        parts = (*PARTS, *WAYS["all"], *self.photo_parts)
        files = [path for part in parts if (path := self.path(part)).exists()]
        for path in files:
            if native.read_header(path).meta.get("adoption") is None:
                raise OutputError(path, "is there and was not made by adopting", "move it away")
            if not force and not _same(native.read_header(path).meta, self.meta):
                cause = "was made for another generator, or by another command"
                raise OutputError(path, cause, "give the same command, or `force=True`")
        for path in files if not force else ():
            kimg = native.read_header(path).meta.get("training", {}).get("kimg")
            if path in map(self.path, self.photo_parts) and kimg != self.config.encoder:
                cause = f"has seen {kimg} kimg, and {self.config.encoder} are asked for"
                raise OutputError(path, cause, "move it away")
        if force:
            shutil.rmtree(self.work, ignore_errors=True)
            for path in [*files, self.path("layers", ".csv"), self.path("card", ".md")]:
                path.unlink(missing_ok=True)
        make_folder(self.work)
        note = self.work / "job.json"
        wanted = json.loads(json.dumps(self.meta))
        if note.exists() and json.loads(note.read_text("utf-8")) != wanted:
            cause = "holds samples of another command"
            raise OutputError(self.work, cause, "give the same command, or `force=True`")
        _write_json(note, self.meta)

    def run(self) -> Iterator[dict[str, Any]]:
        if self.G.config.c_dim:
            yield {"note": f"its {self.G.config.c_dim} labels are left unsaid in what is made"}
        if "w_avg" in self.loaded.meta:
            yield {"note": f"its mean w: {self.loaded.meta['w_avg']}"}
        # Where all the parts are there the samples are not asked for.
        if any(self._left()):
            yield from self._tell_costs()
        if not all(self.path(part).exists() for part in self.parts):
            yield from self._look_early()
            yield from self._sample()
        for part in self.parts:
            if not self.path(part).exists():
                yield from self._make(part)
            yield {"file": self.path(part)}
        if not self.path("layers", ".csv").exists():
            yield from self._measure_layers()
        yield {"file": self.path("layers", ".csv")}
        if not self.path("card", ".md").exists():
            yield from self._write_card()
        yield {"file": self.path("card", ".md")}
        for part in self.photo_parts:
            if not self.path(part).exists():
                yield from self._make_inverter(part)
            yield {"file": self.path(part)}

    def _make(self, part: str) -> Iterator[dict[str, Any]]:
        if part in text.RECIPES:
            return self._train(part)
        make = {
            "codes": self._make_codes,
            "directions": self._make_directions,
            "edits": self._make_edits,
        }
        return make[part]()

    # What it costs

    def _planned(self) -> tuple[int, int]:
        """About how many early and whole pictures an adoption draws."""
        early = self.count + edits.pictures_of(self.config.faces, self.config.free)
        return early, both_of(self.G.config.resolution) + self._of_layers + _SENTENCES

    @property
    def _of_layers(self) -> int:
        return self.pairs * (self.G.num_ws + 2)

    def _left(self) -> tuple[int, int]:
        """How many of these are still to be drawn."""
        config, early, whole = self.config, 0, 0
        if not all(self.path(part).exists() for part in self.parts):
            drawn = len(list(self.work.glob("samples-*.npz"))) * config.shard
            early += max(0, self.count - drawn)
            whole += 0 if self._early_note.exists() else both_of(self.G.config.resolution)
        if not self.path("edits").exists():
            measured = len(list(self.work.glob("flip-*.json")))
            early += edits.pictures_of(config.faces, config.free, measured)
        if not self.path("layers", ".csv").exists():
            whole += self._of_layers
        if not self.path("card", ".md").exists():
            whole += _SENTENCES
        return early, whole

    def _tell_costs(self) -> Iterator[dict[str, Any]]:
        """Time a picture of each kind, and say what all of them will take."""
        yield {"doing": "timing a picture", "done": 0, "of": 0}
        tagger, size = self.tools.tagger.network, self.pictures.stop
        with torch.no_grad():
            small, large = self.pictures.seconds(lambda drawn: read_picture(tagger, drawn))
        early, whole = self._left()
        kinds = f"{early + whole} pictures ({large:.2f} s each)"
        if early and size < self.pictures.resolution:
            kinds = f"{early} pictures as far as {size}² ({small:.2f} s each)"
            kinds += f" and {whole} whole ones ({large:.2f} s)"
        minutes = (early * small + whole * large) / 60
        yield {"note": f"takes about {max(1, round(minutes))} min here: {kinds}"}

    @property
    def _early_note(self) -> Path:
        return self.work / "early.npz"

    def _look_early(self) -> Iterator[dict[str, Any]]:
        """Choose how early pictures may be drawn."""
        pictures, tools = self.pictures, self.tools
        guess = pictures.stop
        numbers = range(_APART, _APART + both_of(pictures.resolution))
        ws = self.source.sample(numbers, self.config.seed)[:, None].expand(-1, self.G.num_ws, -1)
        choosing = pictures.choose(ws, tools.tagger.network, tools.judge.network, self._early_note)
        for done, of in choosing:
            yield {"doing": "choosing how far to draw", "done": done, "of": of}
        if pictures.early.resolution != guess:
            yield from self._tell_costs()

    # Samples

    def _sample(self) -> Iterator[dict[str, Any]]:
        tagger = self.tools.tagger.network
        batch = self.pictures.batch(self.pictures.early.resolution)
        for start in range(0, self.count, self.config.shard):
            path = self.work / f"samples-{start:07d}.npz"
            stop = min(start + self.config.shard, self.count)
            if not path.exists():
                parts = []
                for first in range(start, stop, batch):
                    numbers = range(first, min(first + batch, stop))
                    w = self.source.sample(numbers, self.config.seed)
                    ws = w[:, None].expand(-1, self.G.num_ws, -1)
                    with torch.no_grad():
                        read = read_picture(tagger, self.early.draw(ws)).float().cpu()
                    parts.append((w.cpu().numpy(), read.numpy()))
                arrays = [np.concatenate(part) for part in zip(*parts, strict=True)]
                with replacing(path) as beside, beside.open("wb") as stream:
                    np.savez(stream, w=arrays[0], probabilities=arrays[1])
            yield {"doing": "drawing and reading samples", "done": stop, "of": self.count}

    @cached_property
    def _samples(self) -> Sampled:
        found = [read_arrays(path) for path in sorted(self.work.glob("samples-*.npz"))]
        w, read = (np.concatenate([one[key] for one in found]) for key in ("w", "probabilities"))
        return Sampled(torch.from_numpy(w), torch.from_numpy(read))

    # Sentences

    def _make_codes(self) -> Iterator[dict[str, Any]]:
        yield {"doing": "sentences in closed form", "done": 0, "of": 0}
        moments = CodeMoments(len(LABELS), self.G.config.w_dim)
        # Latents cost nothing undrawn, and few samples say little of the spread of 512 numbers.
        undrawn = self.source.sample(range(2 * _APART, 2 * _APART + _UNDRAWN), self.config.seed)
        moments.fit(self._samples.w, self._samples.probabilities, undrawn.cpu())
        sizes = {"label_dim": moments.label_dim, "w_dim": moments.w_dim}
        self._save("codes", "code-moments", moments.state_dict(), sizes)

    def _make_directions(self) -> Iterator[dict[str, Any]]:
        yield {"doing": "sentences by directions", "done": 0, "of": 0}
        network = AttributeDirections(self.G.config.w_dim)
        network.fit(self._samples.w, self._samples.probabilities)
        state, sizes = network.state_dict(), {"w_dim": self.G.config.w_dim}
        self._save("directions", "text-directions", state, sizes)

    def _moments(self) -> CodeMoments:
        moments = CodeMoments(len(LABELS), self.G.config.w_dim)
        moments.load_state_dict(native.load(self.path("codes"), "code-moments").tensors)
        return moments.to(self.G.mapping.w_avg.device)

    @cached_property
    def _pairs(self) -> tuple[text.Pairs, Tensor]:
        pairs = text.grammar_pairs(self._samples, self._training)
        return pairs, text.embedded(pairs.sentences, self.tools.encoder().encode)

    @property
    def _training(self) -> TextTraining:
        return TextTraining(self.count, steps=self.config.steps, seed=self.config.seed)

    def _train(self, method: str) -> Iterator[dict[str, Any]]:
        yield {"doing": "reading sentences", "done": 0, "of": 0}
        pairs, embeddings = self._pairs
        recipe = text.RECIPES[method](
            self._training, pairs, embeddings, self.G.mapping.w_avg.device
        )
        for line in loop.run(recipe, self.work / f"{method}.run"):
            done = line["nimg"] // self._training.batch
            yield {"doing": f"training the {method}", "done": done, "of": self.config.steps}
        network = recipe.trained
        self._save(method, f"text-{method}", network.state_dict(), asdict(network.config))

    def _save(self, part: str, kind: str, state: dict[str, Tensor], sizes: dict[str, Any]) -> None:
        native.save(self.path(part), kind, state, sizes, self.meta, force=True)

    # Edits

    def _make_edits(self) -> Iterator[dict[str, Any]]:
        tools, batch = self.tools, self.pictures.batch(self.pictures.early.resolution)
        plan = EditProtocol(self.config.faces, 0, batch=min(16, batch))
        job = edits.EditJob(self.early, tools.tagger, tools.judge, tools.identity, plan, self.work)
        scaled, turned = yield from job.make(self._moments().cpu(), self.config.free)
        early = self.pictures.early
        told = {
            "turned": [edits.plain(row) for row in turned.rows],
            "drawn": [early.resolution, early.agreement],
        }
        save_direction_set(self.path("edits"), scaled, {**self.meta, **told})

    # Photos

    def _make_inverter(self, part: str) -> Iterator[dict[str, Any]]:
        config, moments = self.config, self._moments()
        if part == "encoder":
            recipe = photo.encoder_recipe(
                self.loaded, self.source, moments, config.encoder, config.seed
            )
        else:
            recipe = yield from photo.head_recipe(
                self.loaded, moments, self.tools.identity, self.photos, self.work,
                config.encoder, config.seed,
            )  # fmt: skip
        total = round(1000 * config.encoder)
        for line in loop.run(recipe, self.work / f"{part}.run"):
            yield {"doing": f"training the {part}", "done": line["nimg"], "of": total}
        recipe.finish(self.path(part), self.meta)
        meta = native.read_header(self.path(part)).meta
        told = (f"{name} {value:.3f}" for name, value in meta.items() if name.startswith("held/"))
        yield {"note": f"{part}: {', '.join(told)}"}

    # What it is worth

    def _measure_layers(self) -> Iterator[dict[str, Any]]:
        yield {"doing": "layer by layer", "done": 0, "of": 0}
        report = score_layers(
            self.source, self.tools.judge, self.pairs, seed=10_000,
            batch=self.pictures.batch(self.pictures.resolution),
        )  # fmt: skip
        with replacing(self.path("layers", ".csv")) as beside:
            beside.write_text(report.csv(), encoding="utf-8")

    def _write_card(self) -> Iterator[dict[str, Any]]:
        yield {"doing": "sentences by the judge", "done": 0, "of": 0}
        share = card.agreement(
            self.source, CodesMethod(self.G, self._moments()), self.tools.judge, self.config.seed,
            _SENTENCES,
        )  # fmt: skip
        found = load_direction_set(self.path("edits"))
        measured = card.Measured(
            self.count, self.config.faces, self.pairs, share, _SENTENCES, *found.meta["drawn"]
        )
        said = card.text(self.loaded, self.tools.tagger, self.tools.judge, found, measured)
        with replacing(self.path("card", ".md")) as beside:
            beside.write_text(said, encoding="utf-8")


def _same(there: dict[str, Any], wanted: dict[str, Any]) -> bool:
    keys = ("generator", "adoption")
    return all(there.get(key) == json.loads(json.dumps(wanted[key])) for key in keys)


def _write_json(path: Path, value: dict[str, Any]) -> None:
    with replacing(path) as beside:
        beside.write_text(json.dumps(value), encoding="utf-8")
