"""A number and the protocol that made it, kept together.

Whatever evaluates returns a :class:`Score`, and a :class:`Score` cannot be made without a
:class:`Protocol`: the judge and the hash of its weights, how many samples, which resize filter,
seed and split. Tables are made of scores, so no table can lose its footer.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from mien.errors import InputError, UnknownName

Better = Literal["higher", "lower"]
"""The direction of a metric: which of two values is the better one."""

_NAMES: Mapping[Better, tuple[str, ...]] = {
    "lower": (
        *("FID", "DFID", "KID", "FD", "DFD", "KD", "FSD", "MAE", "LPIPS", "perceptual distance"),
        *("re-scoring off-diagonal", "warp error", "landmark jitter"),
    ),
    "higher": (
        *("FSS", "AUC", "rank-1", "PSNR", "SSIM", "MS-SSIM", "Keras accuracy", "diversity"),
        *("diversity share", "agreement", "balanced accuracy", "re-scoring diagonal"),
    ),
}

BETTER: Mapping[str, Better] = {name: way for way, names in _NAMES.items() for name in names}
"""The direction of every metric of this room, by the name that tables give it."""

ORIGINAL_INCEPTION = "inception-2015-12-05"
"""The one judge on which a Fréchet distance is called FID (Heusel et al. 2017)."""

_FAMILIES: Mapping[str, str] = {"FID": "FD", "DFID": "DFD", "KID": "KD"}


@typing.runtime_checkable
class Judge(typing.Protocol):
    """What a protocol says of a judge; :class:`mien.hub.loading.Loaded` is such."""

    @property
    def name(self) -> str:
        """What the network is called."""
        ...

    @property
    def sha256(self) -> str:
        """Hash of its weights."""
        ...


@dataclass(frozen=True)
class Protocol:
    """Everything that has to be equal before two numbers may be compared.

    ``metric`` is what was computed, in words, with its variant ("SSIM, gaussian 11×11"); ``judge``
    the frozen network that looked at the images, or ``"none"``, and the hash of its weights. The
    number is a mean or statistic of ``samples``, compared with ``reference_samples`` (0: none).
    ``resize`` is the filter and size of any resize before the judge, or ``"none"``; ``seed`` that
    of generated samples and random subsets, if anything was drawn; ``split`` which part of which
    data ("sfhq 01585–01784"); ``notes`` anything else that would change the number.

    Raises InputError if there are no samples, or a judge without the hash of its weights.
    """

    metric: str
    judge: str
    judge_sha256: str
    samples: int
    reference_samples: int
    resize: str
    seed: int | None
    split: str
    notes: str = ""

    def __post_init__(self) -> None:
        if self.samples < 1 or self.reference_samples < 0:
            raise InputError(
                f"protocol of {self.metric}: {self.samples} samples against "
                f"{self.reference_samples}; a number needs at least 1 sample"
            )
        if self.judge != "none" and not self.judge_sha256:
            raise InputError(
                f"protocol of {self.metric}: judge {self.judge!r} comes without the sha256 of its "
                "weights; give the hash, or judge 'none' if no network looked at the images"
            )

    @classmethod
    def by(
        cls,
        judge: Judge | None,
        metric: str,
        samples: int,
        split: str,
        seed: int | None = None,
        reference_samples: int = 0,
        resize: str = "none",
        notes: str = "",
    ) -> Protocol:
        """A protocol of a loaded judge, or of none; other arguments as the attributes."""
        name, sha256 = ("none", "") if judge is None else (judge.name, judge.sha256)
        return cls(metric, name, sha256, samples, reference_samples, resize, seed, split, notes)

    def as_dict(self) -> dict[str, str | int | None]:
        """The fields as plain values, in declared order, ready for JSON."""
        return asdict(self)

    def line(self) -> str:
        """The protocol as one line of text, as tables print it below the numbers."""
        judge = self.judge if self.judge == "none" else f"{self.judge} {self.judge_sha256[:12]}"
        against = f" against {self.reference_samples}" if self.reference_samples else ""
        seed = "none" if self.seed is None else str(self.seed)
        notes = f"; {self.notes}" if self.notes else ""
        return (
            f"{self.metric}; judge {judge}; {self.samples} samples{against}; "
            f"resize {self.resize}; seed {seed}; split {self.split}{notes}"
        )


@dataclass(frozen=True)
class Score:
    """One number, the direction in which it is better, and its protocol.

    ``name`` is the head of a table's column; those of the families FID, DFID and KID are kept for
    :data:`ORIGINAL_INCEPTION`, see :func:`frechet_name`. ``value`` is in the metric's unit and may
    be infinite (PSNR of equal images); ``stderr`` is its standard error, if it is a mean, and
    ``ci`` its 95 % confidence interval, if one was computed.

    Raises InputError if the name claims the original Inception network and the judge is another.
    """

    name: str
    value: float
    better: Better
    protocol: Protocol
    stderr: float | None = None
    ci: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        family = self.name.split("-")[0].split()[0].upper() if self.name.strip() else ""
        if family in _FAMILIES and self.protocol.judge != ORIGINAL_INCEPTION:
            raise InputError(
                f"score {self.name!r} was computed on judge {self.protocol.judge!r}, not on "
                f"{ORIGINAL_INCEPTION!r}; call it {_FAMILIES[family]}-{self.protocol.judge}"
            )

    @classmethod
    def of(cls, name: str, value: float, protocol: Protocol, stderr: float | None = None) -> Score:
        """A score of a metric of this room, with the direction that :data:`BETTER` declares.

        ``name`` is of that table, or one of its distances with its judge (``FD-tagger``); else
        UnknownName.
        """
        family = name if name in BETTER else name.split("-")[0]
        if family not in BETTER:
            raise UnknownName("metric", name, BETTER)
        return cls(name, value, BETTER[family], protocol, stderr)

    def as_dict(self) -> dict[str, object]:
        """Plain values with the protocol inside, ready for JSON."""
        return {
            "name": self.name,
            "value": self.value,
            "better": self.better,
            "stderr": self.stderr,
            "ci": None if self.ci is None else list(self.ci),
            "protocol": self.protocol.as_dict(),
        }


def frechet_name(judge: str, family: Literal["FID", "DFID", "KID"] = "FID") -> str:
    """A distance's name: ``family`` on :data:`ORIGINAL_INCEPTION`, else such as ``FD-<judge>``."""
    return family if judge == ORIGINAL_INCEPTION else f"{_FAMILIES[family]}-{judge}"
