"""What directions do to anime faces: {mouth, hair, eyes}, re-scored by a judge of another split.

After the thesis on steering GANs N' Roses: translated selfies in random styles are moved along
opposing pairs of tags, and a judge that did not find the directions says how much each tag changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from mien import images
from mien.anime.evaluate import AnimeMeasure, Edit
from mien.anime.tagger import check_anime
from mien.editing.direction import Direction, move
from mien.editing.evaluate import Rescored
from mien.editing.fit import TAG_UNIT, UNSUPERVISED
from mien.editing.pairs import TagPair, default_coefficients, method_name, oppose
from mien.editing.samples import TagReader
from mien.editing.sets import LoadedDirections
from mien.errors import InputError
from mien.hub.judging import RESIZE
from mien.hub.loading import Loaded
from mien.metrics.protocol import Protocol
from mien.metrics.rescoring import RescoringMatrix, rescoring_matrix

GROUPS: Mapping[str, tuple[TagPair, ...]] = {
    "mouth": (TagPair("open mouth", "closed mouth"), TagPair("closed mouth", "open mouth")),
    "hair": (
        TagPair("blue hair", "brown hair"),
        TagPair("pink hair", "brown hair"),
        TagPair("purple hair", "brown hair"),
        TagPair("blonde hair", "black hair"),
        TagPair("black hair", "blonde hair"),
        TagPair("long hair", "short hair"),
        TagPair("short hair", "long hair"),
    ),
    "eyes": (
        TagPair("closed eyes", "open eyes"),
        TagPair("blue eyes", "brown eyes"),
        TagPair("green eyes", "brown eyes"),
        TagPair("red eyes", "brown eyes"),
    ),
}
"""What is steered -> the opposing pairs that stand for it."""


COMPONENT_STEP = default_coefficients("linear")[0] * TAG_UNIT
"""Standard deviations that a component without a name is moved, as far as a single tag goes."""


def known_pairs(found: LoadedDirections, tags: Sequence[str]) -> dict[str, list[Direction]]:
    """Group -> directions of its pairs, as far as a set has both tags and a judge sees them.

    Raises:
        InputError: There is none at all, or one is not of space w.
    """
    names = set(found.directions.names)
    made: dict[str, list[Direction]] = {}
    for group, pairs in GROUPS.items():
        usable = [p for p in pairs if {p.towards, p.away} <= names and p.towards in tags]
        if usable:
            made[group] = [oppose(pair, found.directions) for pair in usable]
    if not made:
        raise InputError(
            f"none of the {len(names)} directions of {found.name} makes a pair of mouth, hair or "
            "eyes that the judge sees; fit them by a method that uses tags"
        )
    _check_space([one for ones in made.values() for one in ones])
    return made


def is_unnamed(found: LoadedDirections) -> bool:
    """Whether a set is of SeFa or PCA, whose components have numbers for names."""
    return all(method_name(one.method) in UNSUPERVISED for one in found.directions)


def named_components(
    measure: AnimeMeasure, found: LoadedDirections, namer: Loaded
) -> dict[str, list[Direction]]:
    """For each opposing pair the component, and its sign, that brings it most.

    As the thesis chooses among SeFa's. A tagger that does not judge reads the translated selfies
    before and after :data:`COMPONENT_STEP` each way; a pair's first tag less its second decides.

    Args:
        measure: The model and the selfies.
        found: The set; one unit of each component is a standard deviation.
        namer: The tagger.

    Raises:
        InputError: The namer does not read anime faces, or a component is not of space w.
    """
    check_anime(namer.network, namer.name)
    reader = TagReader(namer.network)
    known = set(reader.tags)
    groups = {
        group: [pair for pair in pairs if {pair.towards, pair.away} <= known]
        for group, pairs in GROUPS.items()
    }
    w = measure.styles(len(measure.test.selfies), 6)
    before = _read(measure, reader, measure.test.selfies, w)
    signed = [
        replace(one, scale=sign * COMPONENT_STEP * one.scale)
        for one in found.directions
        for sign in (1, -1)
    ]
    _check_space(signed)
    changes = [
        (_read(measure, reader, measure.test.selfies, _moved(w, one)) - before).mean(axis=0)
        for one in signed
    ]
    made: dict[str, list[Direction]] = {}
    for group, pairs in groups.items():
        for pair in pairs:
            towards, away = (reader.tags.index(tag) for tag in (pair.towards, pair.away))
            best = int(np.argmax([change[towards] - change[away] for change in changes]))
            made.setdefault(group, []).append(replace(signed[best], name=pair.name))
    return made


def _check_space(directions: Sequence[Direction]) -> None:
    wrong = next((one for one in directions if one.space != "w"), None)
    if wrong is not None:
        raise InputError(f"direction {wrong.name!r} is not of space w, the mapped style")


def _moved(w: Float[Tensor, "n w_dim"], direction: Direction) -> Float[Tensor, "n w_dim"]:
    return move(w[:, None], direction, 1.0)[:, 0]


@torch.no_grad()
def _read(
    measure: AnimeMeasure,
    reader: TagReader,
    selfies: UInt8[np.ndarray, "n r r2 3"],
    w: Float[Tensor, "n w_dim"],
) -> Float[np.ndarray, "n t"]:
    """The probability of each tag of selfies drawn in styles."""
    made, step = measure.translated(selfies, w), measure.plan.batch
    parts = [made[start : start + step] for start in range(0, len(made), step)]
    return torch.cat([reader(images.to_float(part))[0] for part in parts]).numpy()


def group_edits(
    found: LoadedDirections, groups: Mapping[str, list[Direction]]
) -> list[tuple[str, Edit]]:
    """For each group the name of a row and what moves styles: its pairs in turn, one a style."""

    def edit(directions: list[Direction]) -> Edit:
        def apply(w: Float[Tensor, "n w_dim"]) -> Float[Tensor, "n w_dim"]:
            moved = w.clone()
            for i, direction in enumerate(directions):
                rows = slice(i, None, len(directions))
                if len(moved[rows]):
                    moved[rows] = _moved(w[rows], direction)
            return moved

        return apply

    return [
        (f"{Path(found.name).stem}, {group}", edit(directions))
        for group, directions in groups.items()
    ]


@torch.no_grad()
def rescore_anime(
    measure: AnimeMeasure,
    found: LoadedDirections,
    groups: Mapping[str, list[Direction]],
    styles: int = 3,
    progress: Callable[[str], None] = lambda row: None,
) -> tuple[Rescored, Rescored]:
    """Move translated selfies along each pair and let the judge score them before and after.

    Args:
        measure: The model, the selfies and the judge, which must read anime faces.
        found: The set.
        groups: As :func:`known_pairs` gives them.
        styles: Styles a selfie.
        progress: Told the name of each direction before it is drawn.

    Returns:
        The matrix of pairs and that of groups {mouth, hair, eyes}, whose cells are means.

    Raises:
        InputError: The judge does not read anime faces.
    """
    check_anime(measure.judge.network, measure.judge.name)
    reader = TagReader(measure.judge.network)
    selfies = np.repeat(measure.test.selfies, styles, axis=0)
    w = measure.styles(len(selfies), 5)

    every = [direction for directions in groups.values() for direction in directions]
    targets = {d.name: (d.name.partition("/")[0],) for d in every}
    scores = list(dict.fromkeys(tag for tags in targets.values() for tag in tags))
    columns = [reader.tags.index(tag) for tag in scores]
    before, after = _read(measure, reader, selfies, w)[:, columns], {}
    for direction in every:
        progress(direction.name)
        moved = _moved(w, direction)
        after[direction.name] = _read(measure, reader, selfies, moved)[:, columns]
    own = {d.name: group for group, directions in groups.items() for d in directions}
    of_tag = {tag: own[name] for name, tags in targets.items() for tag in tags}
    related = {
        name: [tag for tag in scores if of_tag[tag] == own[name] and tag not in targets[name]]
        for name in targets
    }
    protocol = Protocol.by(
        measure.judge,
        "mean change of the judge's probability of each tag, strength 1 of the pair",
        len(selfies),
        seed=measure.plan.seed,
        resize=RESIZE,
        split=f"{measure.test.said}, {styles} styles a selfie, those that have the tag among them",
    )
    matrix = rescoring_matrix(before, after, scores, targets, related)
    whole = _folded(groups, before, after, {n: scores.index(t[0]) for n, t in targets.items()})
    folded = replace(protocol, notes="means over pairs; beside the diagonal of |change|")
    name = Path(found.name).stem
    return Rescored(matrix, protocol, name), Rescored(whole, folded, f"{name}, groups")


def _folded(
    groups: Mapping[str, list[Direction]],
    before: np.ndarray,
    after: Mapping[str, np.ndarray],
    columns: Mapping[str, int],
) -> RescoringMatrix:
    """One number a group, other group and sample: the mean over pairs of what they changed.

    Args:
        groups: Group -> directions.
        before: Scores ``[n, tags]``.
        after: Direction -> scores.
        columns: Direction -> the column of its tag.
    """
    names, changed = list(groups), {}
    for group in names:
        change = np.zeros((len(before), len(names)))
        for j, other in enumerate(names):
            theirs = sorted({columns[d.name] for d in groups[other]})
            parts = []
            for direction in groups[group]:
                difference = after[direction.name] - before
                if group == other:
                    parts.append(difference[:, columns[direction.name]])
                else:
                    parts.append(np.abs(difference[:, theirs]).mean(axis=1))
            change[:, j] = np.mean(parts, axis=0)
        changed[group] = change
    return rescoring_matrix(np.zeros((len(before), len(names))), changed, names)
