"""Every format that is read, in one table, and the two calls that use it.

To add a family: one file with its :class:`~mien.checkpoints.layout.Format`, one row here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.checkpoints import critics, header, native
from mien.checkpoints.documents import Group, groups, tensor_names
from mien.checkpoints.formats import bisenet, gans_n_roses, genforce, nvlabs, pix2pix, rosinality
from mien.checkpoints.functions import check_rosinality, check_translation, check_words, modules
from mien.checkpoints.inert import Stub, TensorRef
from mien.checkpoints.kinds import KINDS
from mien.checkpoints.layout import (
    DISCRIMINATOR,
    GENERATOR,
    Format,
    check_finite,
    discriminator_config,
    generator_config,
    read_network,
)
from mien.checkpoints.native import METADATA_KEY, Native
from mien.checkpoints.oddities import stylegan3
from mien.checkpoints.sniff import file_size, name_family
from mien.checkpoints.torch_files import Document, open_file
from mien.errors import CheckpointError, counted

if TYPE_CHECKING:
    from torch import Tensor

FORMATS: tuple[Format, ...] = (
    nvlabs.FORMAT,
    rosinality.FORMAT,
    genforce.FORMAT,
    gans_n_roses.FORMAT,
    pix2pix.FORMAT,
    bisenet.FORMAT,
)
"""The foreign families, in the order in which they are tried."""

TRAINING_STATE = "training-state"
"""Kind of our own checkpoints of a run in progress, which hold several networks."""

_PREFERRED = (
    "g_ema", "gs", "generator_ema", "generator_smooth", "ema", "decoder", "generator", "g",
    "g_a2b_ema", "g_a2b", "d_b",
)  # fmt: skip
_ANY_FAMILY = 8
"""As many of them hold for every family, the others for GANs N' Roses, which has a way back."""
_NOUNS = {kind.name: kind.noun for kind in KINDS.values() if kind.noun}
_TRAINED = {kind.name: kind.part for kind in KINDS.values() if kind.part}


@dataclass(frozen=True)
class _Candidate:
    """A network in a file: its family, its group of tensors and the prefix of its names."""

    fmt: Format
    kind: str
    group: Group
    prefix: str

    @property
    def where(self) -> str:
        return f"{self.group.where}.{self.prefix}".strip(".")

    @property
    def rank(self) -> int:
        parts = [part.lower() for part in self.where.split(".")]
        known = _PREFERRED if self.fmt is gans_n_roses.FORMAT else _PREFERRED[:_ANY_FAMILY]
        ranks = [i for i, name in enumerate(known) if name in parts]
        return min(ranks, default=len(_PREFERRED))

    def says(self, name: str, last: bool) -> bool:
        """Whether it is called so, in lower case: as a whole, or by the last part of its name."""
        where = self.where.lower()
        if not last:
            return name == where
        return name in (where.rpartition(".")[2], where.partition(".")[0])

    @property
    def tensors(self) -> dict[str, TensorRef]:
        return {
            name[len(self.prefix) :]: ref
            for name, ref in self.group.tensors.items()
            if name.startswith(self.prefix)
        }


def open_checkpoint(
    path: str | Path, kind: str | None = None, network: str | None = None
) -> Native:
    """Read a file of weights, our own or of any known family, of ``kind`` if given.

    Of a foreign file, :func:`convert` says which network is taken, and raises the same.
    """
    file_size(path)
    if kind in critics.KINDS and not _is_native(path):
        return critics.read(path, kind)
    if _is_native(path):
        if network is not None:
            raise CheckpointError(path, "is mien's own and holds one network", "leave the name out")
        if kind in _NOUNS and native.read_header(path).kind == TRAINING_STATE:
            found = _of_training(path, kind)
        else:
            found = native.load(path, kind)
        check_finite(path, found.tensors)
        return found
    if kind not in (None, *_NOUNS):
        document = open_file(path)
        what = _what(groups(document), document)
        raise CheckpointError(path, f"is {what}, not a {kind!r} of mien's")
    return convert(path, kind, network)


def convert(path: str | Path, kind: str | None = None, network: str | None = None) -> Native:
    """Read a network out of a foreign file, brought to our names.

    Without a ``kind``, a key of the table of kinds that has a noun, the first of them that the file
    has is taken. Networks averaged over training are preferred, and selfie to anime over the way
    back; ``network`` names one in the file if there are several.

    ``meta`` says its family, where in the file it lay (``part``), which others could have been
    meant as well (``others``), and what had to be made up.

    Raises UnsafeCheckpoint if it asks for something that could run code (nothing was run),
    ConfigMismatch if parameters do not fit (lists the first ten), CheckpointError if it is of no
    known family, holds something else, or is damaged.
    """
    document = open_file(path)
    found = groups(document)
    candidates = _candidates(found)
    wanted = [kind] if kind else list(_NOUNS)
    for one in wanted:
        fitting = [c for c in candidates if c.kind == one]
        if fitting:
            chosen, others = _chosen(path, fitting, network)
            return _read(document, found, chosen, others)
    if candidates and kind:
        other, meant = _NOUNS[candidates[0].kind], _NOUNS[kind]
        if other.rsplit(" ", 1)[0] == meant.rsplit(" ", 1)[0]:
            meant = meant.rsplit(" ", 1)[1]
        raise CheckpointError(path, f"holds a {other}, a {meant} is wanted")
    raise CheckpointError(
        path,
        f"is {_what(found, document)}, none of the known families"
        f" ({', '.join(fmt.name for fmt in FORMATS)}, mien's own)",
    )


def _chosen(
    path: str | Path, fitting: list[_Candidate], network: str | None
) -> tuple[_Candidate, list[str]]:
    """One of several networks of a kind, and the names of those that are of equal standing."""
    names = list(dict.fromkeys(c.where for c in fitting))
    if network is not None:
        wanted = network.strip().lower()
        for last in (False, True):
            found = [c for c in fitting if c.says(wanted, last)]
            if found:
                return found[0], []
        there = ", ".join(name or "(the whole file)" for name in names)
        cause = f"has no {_NOUNS[fitting[0].kind]} {network[:60]!r}"
        raise CheckpointError(path, cause, f"there are: {there[:200]}")
    best = min(c.rank for c in fitting)
    equal = [c for c in fitting if c.rank == best]
    # A tuple of three is (G, D, Gs): the last is the averaged one.
    third = [
        c
        for c in equal
        if c.where.rpartition(".")[2] == "2"
        and f"{c.where[:-1]}0" in names
        and f"{c.where[:-1]}1" not in names
    ]
    if third:
        return third[0], []
    return equal[0], [name for name in names if name in {c.where for c in equal[1:]}]


def find_kind(path: str | Path, kinds: Sequence[str]) -> str:
    """Say which of several kinds a file, ours or foreign, holds, without reading its numbers.

    Returns the first of ``kinds`` that it holds; a file of another kind gives that kind, and one of
    no known family the first of ``kinds``, so that opening it says what is wrong.

    Raises UnsafeCheckpoint and CheckpointError as :func:`convert`.
    """
    file_size(path)
    if _is_native(path):
        found = native.read_header(path)
        if found.kind != TRAINING_STATE:
            return found.kind
        own = pix2pix.kind_of_run(found.config)
        return own if own is not None and own in kinds else kinds[0]
    there = [candidate.kind for candidate in _candidates(groups(open_file(path)))]
    return next((kind for kind in kinds if kind in there), there[0] if there else kinds[0])


def kinds(path: str | Path) -> list[str]:
    """Which kinds a file holds, by names alone; ``training-state`` for a run.

    Raises as :func:`convert`.
    """
    file_size(path)
    if _is_native(path):
        return [native.read_header(path).kind]
    there = [candidate.kind for candidate in _candidates(groups(open_file(path)))]
    return list(dict.fromkeys(there))


def _of_training(path: str | Path, kind: str) -> Native:
    """Take one network out of a training checkpoint of ours; its sizes are read off the tensors."""
    stored = native.load(path, TRAINING_STATE)
    part = _TRAINED[kind]
    tensors = {k[len(part) :]: v for k, v in stored.tensors.items() if k.startswith(part)}
    if not tensors:
        raise CheckpointError(path, f"is a training run without a {_NOUNS[kind]}")
    if kind == gans_n_roses.GENERATOR:
        tensors |= gans_n_roses.reference(stored.tensors)
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    reader = {**gans_n_roses.FORMAT.configs, **pix2pix.FORMAT.configs}.get(kind)
    if reader is not None:
        config = reader(path, shapes)
    elif kind == GENERATOR:
        config = generator_config(path, shapes)
    else:
        group = min(4, int(stored.config.get("batch", 4)))
        config = {**discriminator_config(path, shapes), "group": group}
    if kind in (GENERATOR, DISCRIMINATOR) and stored.config.get("conv_clamp"):
        config["conv_clamp"] = stored.config["conv_clamp"]
    meta = {"part": part.strip("/"), **stored.meta, "training": stored.config}
    return Native(kind, native.VERSIONS.get(kind, 1), config, meta, tensors)


def _is_native(path: str | Path) -> bool:
    with Path(path).open("rb") as file:
        start = file.read(9)
    return start[8:9] == b"{" and METADATA_KEY in header.read(path).metadata


def _candidates(found: list[Group]) -> list[_Candidate]:
    made = []
    for fmt in FORMATS:
        for kind, mark in fmt.marks.items():
            for group in found:
                for name in group.tensors:
                    prefix = name.removesuffix(mark)
                    if kind == pix2pix.PATCH and not pix2pix.is_patch(group.tensors, prefix):
                        continue
                    if prefix != name and (not prefix or prefix.endswith(".")):
                        made.append(_Candidate(fmt, kind, group, prefix))
    # Networks built of another family's layers have that family's marks too.
    made = [c for c in made if not c.prefix.endswith("backbone.")]
    own = {c.where for c in made if c.kind in gans_n_roses.FORMAT.marks}
    return [c for c in made if c.fmt is gans_n_roses.FORMAT or c.where not in own]


def _read(
    document: Document, found: list[Group], candidate: _Candidate, others: Sequence[str] = ()
) -> Native:
    path, tensors = document.path, candidate.tensors
    config: dict[str, Any] = {}
    notes: dict[str, Any] = {}
    said = modules(candidate.group, candidate.prefix)
    if candidate.fmt is nvlabs.FORMAT:
        nvlabs.check(path, tensors)
        config, notes = nvlabs.words(path, candidate.kind, said)
    elif candidate.fmt is rosinality.FORMAT:
        nvlabs.check(path, tensors)
        check_rosinality(path, said)
        config = rosinality.words(document.root, candidate.kind, said)
    elif candidate.fmt is pix2pix.FORMAT:
        check_translation(path, candidate.kind == pix2pix.PATCH, said)
    else:
        if candidate.fmt is genforce.FORMAT:
            nvlabs.check(path, tensors)
        check_words(path, said)
    mean = None if "mapping.w_avg" in tensors else _latent_avg(found, candidate)
    if candidate.kind == gans_n_roses.GENERATOR:
        back = next((g for g in found if g.where == gans_n_roses.way_back(candidate.where)), None)
        if back is not None and back is not candidate.group:
            tensors |= gans_n_roses.foreign_reference(back.tensors)
    mapped = read_network(path, candidate.fmt, candidate.kind, tensors, mean, config)
    meta = {
        "format": candidate.fmt.name,
        "source": path.name,
        "part": candidate.where,
        **({"others": list(others)} if others else {}),
        **notes,
        **mapped.notes,
    }
    version = native.VERSIONS.get(candidate.kind, 1)
    return Native(candidate.kind, version, mapped.config, meta, mapped.tensors)


def remarks(meta: Mapping[str, Any]) -> list[str]:
    """What a person should know of how a file was read, a line each, by what its meta says."""
    found = [f"{key}: {meta[key]}" for key in ("noise", "w_avg", "colours") if key in meta]
    choice = choice_remark(meta)
    return [*found, choice] if choice else found


def choice_remark(meta: Mapping[str, Any]) -> str | None:
    """Which of several networks of equal standing was taken; None where there was no choice."""
    others = meta.get("others")
    if not isinstance(others, list) or not others:
        return None
    listed = ", ".join(str(name) for name in others)
    return (
        f"took {meta.get('part') or 'the first'} of several networks of equal standing; also there:"
        f" {listed} (mien weights convert --network)"
    )


def _latent_avg(found: list[Group], candidate: _Candidate) -> Tensor | None:
    """Find the mean w that rosinality's family keeps beside the network, one or one a layer."""
    if candidate.fmt is not rosinality.FORMAT:
        return None
    own = candidate.group.tensors.get(f"{candidate.prefix}latent_avg")
    outside = [group.tensors.get("latent_avg") for group in found]
    for ref in (own, *outside):
        if ref is not None and 1 <= len(ref.shape) <= 3 and ref.shape[-1]:
            return ref.read().float().reshape(-1, ref.shape[-1]).mean(dim=0)
    return None


def _what(found: list[Group], document: Document) -> str:
    """A noun phrase for a file that is of no known family."""
    for group in found:
        named = stylegan3(group.tensors)
        if named:
            return named
    family = name_family(tensor_names(found))
    if family:
        return family
    stubs = [document.root, *(document.root if isinstance(document.root, tuple) else ())]
    if any(isinstance(s, Stub) and s.name.startswith("dnnlib.tflib") for s in stubs):
        return "a TensorFlow network pickle (convert it with stylegan2-ada-pytorch's legacy.py)"
    if not found:
        return "a file without tensors"
    names = tensor_names(found)
    return f"a network of {counted(len(names), 'tensors')} such as {header.quote(names[0])}"
