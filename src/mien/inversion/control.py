"""Words that change a face: the control mechanism of TediGAN (Xia et al. 2021, Sec. 3.4).

    faces = edit_by_words(studio, "ann.jpg", Words("smiling, red hair"))

A face is a content code; words give a style code, of which the layers that they concern replace
those of the content. Here the style code is the content moved along the direction of what is said
(:mod:`mien.editing.label_directions`) just as far as a tagger needs to see it, so that nothing else
of the person goes. The layers that a column concerns are those that the named edits of the
generator were found to need (:mod:`mien.editing.fit_decoupling`); all where nobody measured it.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from jaxtyping import Float
from torch import Tensor

from mien.attributes import COLUMNS, in_words
from mien.editing.edit import edit, find_directions, joined
from mien.editing.label_directions import label_name
from mien.editing.latent import Face, read_faces
from mien.editing.mixing import mix, parse_layers
from mien.editing.naming import EDITS, TAGS, column_of
from mien.editing.sets import LoadedDirections, load_direction_set
from mien.editing.settings import Setting, apply_settings
from mien.errors import ConfigMismatch, InputError, MienError
from mien.inversion.asking import described
from mien.inversion.encoder import find_beside
from mien.portraits.checks import checked, checked_text
from mien.portraits.faces import Faces
from mien.text.reader import Reading, read
from mien.text.unread import refusal

if TYPE_CHECKING:
    from mien.inversion.session import Inverts

LADDER = (1.0, 1.75, 2.5, 3.25, 4.0, 5.0)
"""Strengths at which a face is looked at, one after the other."""
SURE = 0.6
"""From this probability on the tagger sees what is asked."""

_ALIKE = (("red", "orange"), ("gray", "white"), ("stubble", "goatee", "mustache", "beard"))
"""Values that a tagger tells apart less well than people who name them."""

See = Callable[[Tensor], Mapping[str, Tensor]]
"""Latents ``[n, num_ws, w_dim]`` -> column -> probabilities ``[n, v]``."""


@dataclass(frozen=True)
class Words:
    """Words that shall become true of a face.

    Attributes:
        text: Such as ``smiling, red hair``.
        language: ``en``, ``vi``, ``fr`` or ``ja``; None finds it out.
        strength: 1 goes as far as is needed to be seen, 2 twice as far; from 0 to 5.
        directions: A set: name or file; None for the generator's codes, else ``MODEL-edits``.
        layers: Move only these; None for those that the words concern.
        force: Take directions of another generator all the same.
    """

    text: str
    language: str | None = None
    strength: float = 1.0
    directions: str | Path | None = None
    layers: str | None = None
    force: bool = False

    def __post_init__(self) -> None:
        checked("strength", self.strength, 0, 5)


@dataclass(frozen=True)
class Change:
    """One thing that is said of a column: a value that is asserted, or those that are denied."""

    column: str
    values: tuple[str, ...]
    denied: bool = False

    def __str__(self) -> str:
        said = in_words(self.column, self.values)
        return f"not {said}" if self.denied else said

    def seen(self, probabilities: Mapping[str, Tensor]) -> float:
        """How probable it is of one face."""
        values = self.values
        if not self.denied:
            values = next((group for group in _ALIKE if values[0] in group), values)
        places = [COLUMNS[self.column].index(value) for value in values]
        found = float(probabilities[self.column][0, places].sum())
        return 1 - found if self.denied else found


def read_words(text: str, language: str | None = None) -> tuple[Reading, list[str]]:
    """Read what shall change; the reading, and what the person should know of it.

    InputError: no words, words that name nothing known (tells the nearest), a person's name, or
    words that contradict each other.
    """
    sentence, notes = checked_text(text)
    reading = read(described(sentence), language)
    if reading.unknown:
        if reading.named:
            raise InputError(refusal(sentence, True))
        near = difflib.get_close_matches(sentence.casefold()[:60], TAGS, 4, 0.0)
        raise InputError(
            f"{sentence[:60]!r} names nothing that can be changed about a face; nearest: "
            f"{', '.join(near)}"
        )
    if reading.conflicts:
        one = reading.conflicts[0]
        others = ", ".join(f"'{word}'" for word in one.dropped)
        raise InputError(
            f"the words contradict each other: '{one.taken}' and {others}; leave out one of them"
        )
    return reading, [*notes, *reading.notes()]


def changes_of(reading: Reading) -> list[Change]:
    """What a reading asks for, in the order of the columns."""
    asked = {**reading.implied, **reading.asserted}
    found = [Change(column, (asked[column],)) for column in COLUMNS if column in asked]
    found += [
        Change(column, tuple(sorted(values)), True)
        for column, values in reading.denied.items()
        if column not in asked
    ]
    return found


def words_directions(studio: Inverts, words: Words) -> LoadedDirections:
    """The directions that words move a face of this generator along.

    Errors as :func:`mien.editing.edit.find_directions`.
    """
    codes = None
    if words.directions is None:
        codes = find_beside(studio.model, studio.text_family, "codes")
    if codes is None:
        return find_directions(studio, words.directions, words.force)
    found = load_direction_set(codes)
    if found.directions.generator in ("", studio.loaded.sha256) or words.force:
        return replace(found, name=codes.stem if codes.stem.endswith("-codes") else str(codes))
    raise ConfigMismatch(
        codes,
        f"its codes belong to the generator {found.directions.generator[:12]}, "
        f"{studio.loaded.name!r} is {studio.loaded.sha256[:12]}",
        "train the codes again, or give `directions`",
    )


def settings_of(change: Change, found: LoadedDirections, shown: str) -> list[Setting]:
    """Ways to bring a change about, the one that changes least first; none if there is none.

    ``shown`` is the value that the face shows now; away from it if that is what is denied.
    """
    value = shown if change.denied else change.values[0]
    sign = -1.0 if change.denied else 1.0
    label = f"{change.column}={value}"
    names = [label_name(change.column, value, usual) for usual in (False, True)]
    fitting = [tag for tag, labels in TAGS.items() if label in labels]
    names += sorted(fitting, key=lambda tag: len(TAGS[tag]))
    known = [name for name in (*names, label) if found.directions.find(name) is not None]
    return [Setting(name, sign) for name in known]


def concerned_layers(studio: Inverts, column: str) -> tuple[int, ...] | None:
    """The layers that a column of attributes was found to need; None for all."""
    try:
        edits = find_directions(studio, None).directions
    except MienError:
        return None
    for one in EDITS:
        way = edits.find(one.name) if column_of(one.pair.towards) == column else None
        if way is not None:
            return way.layers
    return None


def climb(
    ws: Float[Tensor, "1 num_ws w_dim"],
    change: Change,
    ways: Sequence[Setting],
    found: LoadedDirections,
    see: See,
) -> tuple[Setting, bool]:
    """The least strength at which a change is seen, along the first of ``ways`` that reaches it.

    The setting, and whether it is seen there; if nowhere, the one that comes nearest.
    """
    best, nearest = ways[0], -1.0
    for way in ways:
        reach = found.directions[way.name].reach
        for strength in (one for one in LADDER if one <= reach):
            step = replace(way, strength=way.strength * strength)
            seen = change.seen(see(apply_settings(ws, found.directions, [step])))
            if seen >= SURE:
                return step, True
            if seen > nearest:
                best, nearest = step, seen
    return best, False


def settle(
    studio: Inverts,
    ws: Float[Tensor, "1 num_ws w_dim"],
    changes: Sequence[Change],
    found: LoadedDirections,
    words: Words,
) -> tuple[list[Setting], list[str]]:
    """How far one face must be moved for words to become true of it.

    What to move along, in turn, and what could not be done or was so already.
    """
    see, settings, notes = seeing(studio), [], []
    given = None if words.layers is None else parse_layers(words.layers, ws.shape[1])
    for change in changes:
        now = see(ws)
        shown = COLUMNS[change.column][int(now[change.column][0].argmax())]
        if change.seen(now) >= SURE:
            if not change.denied:
                notes.append(f"{change}: seen in it already")
            continue
        layers = concerned_layers(studio, change.column) if given is None else given
        ways = [replace(way, layers=layers) for way in settings_of(change, found, shown)]
        if not ways:
            notes.append(f"{change}: {found.name} has no direction for it")
            continue
        setting, reached = climb(ws, change, ways, found, see)
        if not reached:
            notes.append(
                f"{change}: not clearly seen, though moved as far as faces hold together "
                f"({setting.label()})"
            )
        setting, cut = _stronger(setting, words.strength, found)
        notes += cut
        ws = apply_settings(ws, found.directions, [setting])
        settings.append(setting)
    return settings, notes


def _stronger(
    setting: Setting, factor: float, found: LoadedDirections
) -> tuple[Setting, list[str]]:
    """A setting times a factor, no further than faces hold together, and a remark if cut there."""
    reach, wanted = found.directions[setting.name].reach, setting.strength * factor
    if abs(wanted) <= reach:
        return replace(setting, strength=wanted), []
    cut = replace(setting, strength=math.copysign(reach, wanted))
    return cut, [f"{cut.label()} is as far as faces hold together; {wanted:+g} was asked for"]


def seeing(studio: Inverts) -> See:
    """What a studio's tagger says of the faces of latents."""

    @torch.no_grad()
    def see(ws: Tensor) -> Mapping[str, Tensor]:
        logits = studio.reader(studio.generator.synthesis(ws))
        return {column: values.float().softmax(dim=1) for column, values in logits.items()}

    return see


def replaced(
    content: Float[Tensor, "n num_ws w_dim"],
    style: Float[Tensor, "n num_ws w_dim"],
    layers: str | None,
) -> Float[Tensor, "n num_ws w_dim"]:
    """Style code in the place of the content in some layers (Eq. 7); None for all.

    Layers outside the generator are an InputError.
    """
    if layers is None:
        return style
    return mix(content, style, parse_layers(layers, content.shape[1]))


def edit_by_words(studio: Inverts, face: Face, words: Words, psi: float = 0.7) -> Faces:
    """Make words true of a face, or of several; see :meth:`mien.studio.Studio.edit_by_words`."""
    reading, notes = read_words(words.text, words.language)
    changes, found = changes_of(reading), words_directions(studio, words)
    ws, made = read_faces(studio, face, psi)
    start = replace(studio.draw(ws, ()), each=tuple(made))
    parts = list(_edited(studio, start, changes, found, words))
    faces = joined(parts)
    said = {"words": words.text, **reading.told()}
    each = tuple({**one, **said} for one in faces.each)
    read_notes = [note for one in made for note in one.get("notes", ())]
    told = dict.fromkeys([*notes, *read_notes, *faces.notes])
    return replace(faces, each=each, notes=tuple(told))


def _edited(
    studio: Inverts,
    start: Faces,
    changes: Sequence[Change],
    found: LoadedDirections,
    words: Words,
) -> Iterator[Faces]:
    for number, one in enumerate(start):
        studio.watch("editing", number, len(start))
        ws = torch.from_numpy(one.ws).to(studio.device)
        settings, notes = settle(studio, ws, changes, found, words)
        settings = settings or [_still(changes[0], found)]
        moved = edit(studio, one, settings, found.path, force=True)
        each = tuple(_named(row, found) for row in moved.each)
        yield replace(moved, each=each, notes=(*notes, *moved.notes))


def _still(change: Change, found: LoadedDirections) -> Setting:
    ways = settings_of(change, found, change.values[0])
    return Setting(ways[0].name if ways else found.directions.names[0], 0.0)


def _named(made: Mapping[str, object], found: LoadedDirections) -> dict[str, object]:
    *before, last = cast("list[Mapping[str, object]]", made["edits"])
    return {**made, "edits": [*before, {**last, "set": found.name}]}
