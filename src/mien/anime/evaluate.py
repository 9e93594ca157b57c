"""How good selfie-to-anime is: distances to real anime faces, diversity, content, directions.

The tables of Chong & Forsyth 2021 and of the thesis that steers their model: a Fréchet distance of
translated test selfies to test anime faces, its mean over augmented copies of each face (DFID
there), and how different ten styles of one face are. On our own judge they are called FD-, DFD-.

    n faces · r side of the model's pictures · m copies of a face
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from mien import images
from mien.anime.content import ContentAugment, move
from mien.anime.translate import AnimePainter
from mien.data.sources import Pictures, open_domains
from mien.data.training_set import decoded
from mien.errors import DatasetError, InputError
from mien.faces.finder import CROP_CENTRE, CROP_HALF
from mien.faces.frames import LEFT_EYE, MOUTH, NOSE, RIGHT_EYE
from mien.hub.judging import look, resize_of
from mien.hub.loading import Loaded
from mien.images.flow import optical_flow
from mien.metrics.diversity import diversity_share, perceptual_diversity
from mien.metrics.frechet import FeatureStatistics, dfid, frechet_distance
from mien.metrics.protocol import Protocol, Score, frechet_name
from mien.metrics.tables import ScoreTable
from mien.training.fitting import step_seed

Edit = Callable[[Float[Tensor, "n w_dim"]], Float[Tensor, "n w_dim"]]
"""What moves the mapped styles of the pictures that are measured."""

PARTS = (*range(LEFT_EYE.start, RIGHT_EYE.stop), NOSE, *MOUTH)
"""Landmarks whose motion is compared: both eyes, the tip of the nose, the corners of the mouth."""


@dataclass(frozen=True)
class AnimePlan:
    """What is measured.

    Attributes:
        faces: The most test selfies and test anime faces.
        copies: Augmented copies of each face, each in a style of its own, for DFD; 0 for no DFD.
        styles: Styles of each face for the diversity; below 2 for none.
        moves: Augmentations of each face for the motion of landmarks.
        strength: How far copies are moved, relative to the published augmentation.
        seed: Decides styles and augmentations.
        batch: Pictures at a time.
    """

    faces: int = 100
    copies: int = 1000
    styles: int = 10
    moves: int = 4
    strength: float = 1.0
    seed: int = 0
    batch: int = 16

    def __post_init__(self) -> None:
        if self.faces < 2 or self.batch < 1 or self.copies == 1 or min(self.copies, self.moves) < 0:
            raise InputError(
                f"faces {self.faces} must be at least 2, copies {self.copies} none or at least 2, "
                f"moves {self.moves} at least 0, batch {self.batch} at least 1"
            )


@dataclass(frozen=True)
class AnimeTest:
    """Test pictures at the model's resolution, uint8 ``[n, r, r, 3]``.

    Attributes:
        selfies: ``testA``.
        anime: ``testB``.
        known: As many anime faces of ``trainB``, spread over it: what a perfect model reaches.
        said: Where they are from, for protocols.
    """

    selfies: UInt8[np.ndarray, "n r r2 3"]
    anime: UInt8[np.ndarray, "m r r2 3"]
    known: UInt8[np.ndarray, "k r r2 3"]
    said: str

    @classmethod
    def open(cls, data: str | Path, resolution: int, faces: int) -> AnimeTest:
        """Read ``testA``, ``testB`` and a part of ``trainB``.

        Raises:
            DatasetError: There are no such folders.
        """
        domains = open_domains(data)
        if domains.test_a is None or domains.test_b is None:
            raise DatasetError(data, "has no testA and testB", "give the data with its test part")
        selfies = _spread(domains.test_a, faces)
        anime = _spread(domains.test_b, faces)
        known = _spread(domains.train_b, len(anime))
        read = [decoded(part, resolution) for part in (selfies, anime, known)]
        return cls(read[0], read[1], read[2], f"testA and testB of {Path(data).name}")


def _spread(pictures: Pictures, most: int) -> Pictures:
    rows = np.linspace(0, len(pictures) - 1, min(most, len(pictures))).round().astype(int)
    return pictures.select(dict.fromkeys(rows.tolist()))


@dataclass
class AnimeMeasure:
    """A model, the test pictures and the judges; each method is a number or a row.

    Attributes:
        painter: The model.
        test: At its resolution.
        judge: A tagger that has not taught the model; best one of anime faces.
        plan: What is measured.
        perceptual: LPIPS by path instead of the judge, for the diversity.
        landmarks: The landmark network, for the motion of the content.
    """

    painter: AnimePainter
    test: AnimeTest
    judge: Loaded
    plan: AnimePlan = field(default_factory=AnimePlan)
    perceptual: Loaded | None = None
    landmarks: Loaded | None = None

    def __post_init__(self) -> None:
        self._real = look(self.judge.network, self.test.anime).statistics()
        self._diversity: float | None = None

    def row(self, edit: Edit | None = None, content: bool = True) -> list[Score]:
        """All numbers of the model, perhaps with its styles moved."""
        plan, count = self.plan, len(self.test.selfies)
        made = self.translated(self.test.selfies, self.styles(count, 0, edit))
        scores = [self.distance(made)]
        if plan.copies:
            scores.append(self.diverse_distance(edit))
        if plan.styles > 1:
            scores += [self.distance_of_styles()] if edit is None else []
            scores += self.diversity(edit)
        if content and plan.moves and self.landmarks is not None:
            scores += self.motion()
        return scores

    def distance(self, pictures: UInt8[np.ndarray, "n r r2 3"]) -> Score:
        """Fréchet distance of pictures to the test anime faces."""
        statistics = look(self.judge.network, pictures).statistics()
        value = frechet_distance(statistics, self._real)
        protocol = self._protocol(
            "Fréchet distance, one style a face", len(pictures), len(self.test.anime)
        )
        return Score(frechet_name(self.judge.name), value, "lower", protocol)

    def distance_of_styles(self) -> Score:
        """The same of several styles of each face, each drawn for that face alone.

        More pictures, and so less of the bias that a Fréchet distance of few has (Chong & Forsyth
        2020); the test anime faces stay as many as they are.
        """
        count = self.plan.styles
        selfies = np.repeat(self.test.selfies, count, axis=0)
        made = self.translated(selfies, self.styles(len(selfies), 7))
        statistics = look(self.judge.network, made).statistics()
        value = frechet_distance(statistics, self._real)
        protocol = self._protocol(
            f"Fréchet distance, {count} random styles a face", len(made), len(self.test.anime)
        )
        name = f"{frechet_name(self.judge.name)}, {count} styles"
        return Score(name, value, "lower", protocol)

    def diverse_distance(self, edit: Edit | None = None) -> Score:
        """Mean over faces of the distance of each face's augmented copies in random styles."""
        plan = self.plan
        found = dfid(self._copies(edit), self._real)
        protocol = self._protocol(
            f"mean Fréchet distance over faces, {plan.copies} moved copies of each (strength "
            f"{plan.strength:g}), a random style each",
            len(self.test.selfies),
            len(self.test.anime),
        )
        name = frechet_name(self.judge.name, "DFID")
        return Score(name, found.value, "lower", protocol, stderr=found.stderr)

    def diversity(self, edit: Edit | None = None) -> list[Score]:
        """How different the styles of one face are, alone and as a share of real faces'."""
        plan, values = self.plan, []
        w = self.styles(plan.styles, 1, edit)
        for selfie in self.test.selfies:
            made = self.painter.draw(self.painter.contents(selfie[None]), w, plan.batch)
            values.append(self._spread_of(made))
        if self._diversity is None:
            self._diversity = self._spread_of(self.test.anime)
        judge = self.perceptual or self.judge
        protocol = self._protocol(
            f"mean pairwise perceptual distance of {plan.styles} styles a face",
            len(values), 0, judge, maps=True,
        )  # fmt: skip
        against = self._protocol(
            f"that, over the mean pairwise distance of {len(self.test.anime)} real anime faces",
            len(values), len(self.test.anime), judge, maps=True,
        )  # fmt: skip
        share = diversity_share(values, self._diversity)
        return [
            Score.of(f"diversity-{judge.name}", float(np.mean(values)), protocol),
            Score("diversity share", share, "higher", against),
        ]

    def motion(
        self, pictures: UInt8[np.ndarray, "n r r2 3"] | None = None, translate: bool = True
    ) -> list[Score]:
        """Whether eyes, nose and mouth of the drawing move as those of the selfie are moved.

        The selfie is moved by known maps, so the motion of its landmarks is exact. That of the
        drawings, all in one style, is read twice: by the landmark network, which knows photographs
        and may be lost on drawings, and by the optical flow from the drawing of the selfie at rest
        to that of the moved one, at the selfie's landmarks. Pearson's correlation over faces, maps
        and coordinates.

        Args:
            pictures: Whose motion; None for the test selfies.
            translate: Whether they are drawn as anime first; if not, it is what reading the motion
                of these pictures themselves reaches.
        """
        assert self.landmarks is not None
        plan = self.plan
        pictures = self.test.selfies if pictures is None else pictures
        wanted: list[Tensor] = []
        read: list[Tensor] = []
        flowed: list[Tensor] = []
        augment = ContentAugment(mirror=0).times(plan.strength)
        w = self.styles(1, 2).expand(plan.moves + 1, -1)
        for number, picture in enumerate(pictures):
            x = images.to_float(picture[None])
            source = torch.Generator().manual_seed(self._seed(3, number))
            maps = augment.draw(plan.moves, source)
            made = images.to_uint8(torch.cat([x, move(x.expand(plan.moves, -1, -1, -1), maps)]))
            if translate:
                made = self.translated(made, w)
            rest = read_points(self.landmarks, picture[None])[0]
            there = torch.cat([rest, torch.ones(len(rest), 1)], dim=1) @ torch.linalg.inv(maps).mT
            wanted.append(there[..., :2] / there[..., 2:] - rest)
            points = read_points(self.landmarks, made)
            read.append(points[1:] - points[:1])
            flowed.append(_flow_at(images.to_float(made), rest))
        said = (
            f"correlation of the motion of eyes, nose and mouth under {plan.moves} maps a face "
            f"(strength {plan.strength:g}), all coordinates together"
        )
        by_network = self._protocol(said, len(pictures), 0, self.landmarks)
        by_flow = self._protocol(f"{said}, read by optical flow", len(pictures), 0, self.landmarks)
        return [
            Score("landmark correlation", _correlation(wanted, read), "higher", by_network),
            Score("flow correlation", _correlation(wanted, flowed), "higher", by_flow),
        ]

    # What is measured.

    def _copies(self, edit: Edit | None) -> Iterator[FeatureStatistics]:
        plan = self.plan
        augment = ContentAugment().times(plan.strength)
        for number, selfie in enumerate(self.test.selfies):
            picture = images.to_float(selfie[None])
            w = self.styles(plan.copies, 10 + number, edit)
            source = torch.Generator().manual_seed(self._seed(4, number))
            statistics: FeatureStatistics | None = None
            for part in w.split(plan.batch):
                maps = augment.draw(len(part), source)
                moved = move(picture.expand(len(part), -1, -1, -1), maps)
                made = self.translated(images.to_uint8(moved), part)
                features = look(self.judge.network, made).features
                statistics = statistics or FeatureStatistics(features.shape[1])
                statistics.update(features)
            assert statistics is not None
            yield statistics

    def translated(
        self, selfies: UInt8[np.ndarray, "n r r2 3"], w: Float[Tensor, "n w_dim"]
    ) -> UInt8[np.ndarray, "n r r2 3"]:
        """Selfies drawn in mapped styles, one each."""
        made, step = [], self.plan.batch
        for start in range(0, len(selfies), step):
            contents = self.painter.contents(selfies[start : start + step])
            made.append(self.painter.draw(contents, w[start : start + step], step))
        return np.concatenate(made)

    @torch.no_grad()
    def styles(
        self, count: int, purpose: int, edit: Edit | None = None
    ) -> Float[Tensor, "n w_dim"]:
        """Random mapped styles, the same for the same seed and purpose, perhaps moved."""
        source = torch.Generator().manual_seed(self._seed(purpose, 0))
        z = torch.randn(count, self.painter.style_dim, generator=source)
        w = self.painter.network.map(z.to(self.painter.device))
        return w if edit is None else edit(w)

    def _seed(self, purpose: int, number: int) -> int:
        return step_seed(self.plan.seed, purpose, number)

    @torch.no_grad()
    def _spread_of(self, pictures: UInt8[np.ndarray, "n r r2 3"]) -> float:
        judge = self.perceptual or self.judge
        maps = judge.network.feature_maps(images.to_float(pictures, self.painter.device))
        heads = [head.flatten() for head in judge.network.heads] if self.perceptual else None
        return perceptual_diversity(maps, heads)

    def _protocol(
        self,
        metric: str,
        samples: int,
        against: int,
        judge: Loaded | None = None,
        maps: bool = False,
    ) -> Protocol:
        judge = judge or self.judge
        shown = resize_of(judge.network, maps) if judge is self.judge else "none"
        seed, said = self.plan.seed, self.test.said
        return Protocol.by(judge, metric, samples, said, seed, against, shown)


def _correlation(wanted: list[Tensor], found: list[Tensor]) -> float:
    a, b = (torch.cat(parts).double().flatten().numpy() for parts in (wanted, found))
    return float(np.corrcoef(a, b)[0, 1]) if min(a.std(), b.std()) > 0 else 0.0


def _flow_at(
    pictures: Float[Tensor, "n 3 r r2"], points: Float[Tensor, "p 2"]
) -> Float[Tensor, "m p 2"]:
    """How far points of the first picture have moved in each of the others, in [-1, 1] across."""
    still = pictures[:1].expand(len(pictures) - 1, -1, -1, -1)
    flow = optical_flow(still, pictures[1:])
    grid = points[None, :, None].expand(len(flow), -1, -1, -1)
    there = torch.nn.functional.grid_sample(flow, grid, align_corners=False)  # [m 2 p 1]
    return there[..., 0].mT * 2 / pictures.shape[-1]


@torch.no_grad()
def read_points(
    landmarks: Loaded, pictures: UInt8[np.ndarray, "n r r2 3"]
) -> Float[Tensor, "n p 2"]:
    """Eyes, nose and mouth of pictures framed as selfies are, in [-1, 1] across the picture."""
    network = landmarks.network
    size, (x, y) = network.config.resolution, CROP_CENTRE
    device = next(network.parameters()).device
    maps = torch.tensor([[CROP_HALF, 0, x], [0, CROP_HALF, y]], device=device)
    batch = images.to_float(pictures, device)
    shape = [len(batch), 3, size, size]
    grid = torch.nn.functional.affine_grid(
        maps.expand(len(batch), -1, -1), shape, align_corners=False
    )
    crops = torch.nn.functional.grid_sample(batch, grid, padding_mode="border", align_corners=False)
    shares, _ = network.read(crops)
    own = shares[:, list(PARTS)].float().cpu() * 2 - 1
    return own * CROP_HALF + torch.tensor([x, y])


def score_anime(
    measure: AnimeMeasure,
    edits: Sequence[tuple[str, Edit]] = (),
    progress: Callable[[str], None] = lambda row: None,
) -> ScoreTable:
    """The table: the model, the model under edits, untranslated selfies, real anime faces.

    Args:
        measure: The model and the judges.
        edits: Name of a row -> how its styles are moved.
        progress: Told the name of each row before it is measured.
    """
    rows: dict[str, list[Score]] = {}
    progress("translated")
    rows["translated"] = measure.row()
    for name, edit in edits:
        progress(name)
        rows[name] = measure.row(edit, content=False)
    for name, pictures in (
        ("untranslated selfies", measure.test.selfies),
        ("anime faces of trainB", measure.test.known),
    ):
        rows[name] = [measure.distance(pictures)]
        if measure.plan.moves and measure.landmarks is not None:
            rows[name] += measure.motion(pictures, translate=False)
    title = f"selfie to anime, {measure.painter.loaded.name}, {measure.painter.resolution}²"
    return ScoreTable(title, "pictures", rows)
