"""What decides the training of the networks that find faces, read landmarks and know people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mien.errors import InputError
from mien.training.checks import check_run, check_shares

if TYPE_CHECKING:  # The command line reads this file for its options; torch would take seconds.
    from mien.judges.face_detector import DetectorConfig
    from mien.judges.identity import IdentityConfig
    from mien.judges.landmarks import LandmarkConfig


@dataclass(frozen=True)
class ViewStrength:
    """How far views may go.

    Args:
        scale: Deviation of the logarithm of the size.
        shift: Deviation of the place, in half pictures.
        turn: Deviation of the turn in the plane, in radians.
        expression: 1 moves mouth, eyes and brows as far as a broad smile does.
        surroundings: Share of views whose surroundings come from another picture, or are blank.
        colour: 1 is as far as light and cameras go.
        grey: Share of views without colour.
        pencil: Share of views that look drawn with a pencil.
        damage: 1 blurs, compresses and soils about half of the views.
        holes: Share of views with a hole.
    """

    scale: float = 0.09
    shift: float = 0.07
    turn: float = 0.07
    expression: float = 1.0
    surroundings: float = 0.4
    colour: float = 1.0
    grey: float = 0.15
    pencil: float = 0.25
    damage: float = 1.0
    holes: float = 0.3


@dataclass(frozen=True)
class IdentityTraining:
    """The same configuration, data and seed give the same identity network.

    Args:
        resolution: Side of what the network looks at.
        width: Channels of the first stage.
        dim: Length of a vector.
        crop: Side of the square looked at, as a share of the picture.
        views: How far the views of a face may go.
        kimg: Thousand views to see.
        people: People a step, two views of each.
        lr: Highest learning rate; it rises for a twentieth of the run, then falls as a cosine.
        weight_decay: Of AdamW.
        temperature: Of NT-Xent.
        prototypes: Weight of the loss on prototypes; 0 leaves them out.
        scale: Of the cosines with the prototypes.
        margin: Taken from the cosine with the right prototype.
        precision: ``fp32`` or ``bf16``.
        seed: Decides the first weights, the order and the views.
    """

    resolution: int = 80
    width: int = 32
    dim: int = 128
    crop: float = 0.8
    views: ViewStrength = field(default_factory=ViewStrength)
    kimg: float = 150
    people: int = 64
    lr: float = 2e-3
    weight_decay: float = 0.05
    temperature: float = 0.1
    prototypes: float = 1.0
    scale: float = 20.0
    margin: float = 0.15
    precision: str = "fp32"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.people < 2:
            raise InputError(f"{self.people} people a step; at least 2 are told apart")
        check_run(self)

    @property
    def batch(self) -> int:
        """Views a step."""
        return 2 * self.people

    def network(self) -> IdentityConfig:
        """The network of this run."""
        from mien.judges.identity import IdentityConfig

        return IdentityConfig(self.resolution, self.width, dim=self.dim, crop=self.crop)


@dataclass(frozen=True)
class LandmarkTraining:
    """The same configuration, data and seed give the same landmark network.

    Args:
        resolution: Side of the crop that is read.
        width: Channels of the first stage.
        kimg: Thousand crops to see.
        batch: Crops a step.
        lr: Highest learning rate; it rises for a twentieth of the run, then falls to zero as a
            cosine.
        weight_decay: Of AdamW.
        without: Share of crops without a (well placed) face.
        precision: ``fp32`` or ``bf16``.
        seed: Decides the first weights and every draw.
    """

    resolution: int = 96
    width: int = 16
    kimg: float = 110
    batch: int = 64
    lr: float = 3e-3
    weight_decay: float = 0.02
    without: float = 0.25
    precision: str = "fp32"
    seed: int = 0

    def __post_init__(self) -> None:
        check_run(self, 2)
        check_shares(self, "without")

    def network(self) -> LandmarkConfig:
        """The network of this run."""
        from mien.judges.landmarks import LandmarkConfig

        return LandmarkConfig(self.resolution, self.width)


@dataclass(frozen=True)
class DetectorTraining:
    """The same configuration, data and seed give the same face detector.

    Args:
        width: Channels of the first stage.
        kimg: Thousand canvases to see.
        batch: Canvases a step.
        size: Side of a canvas in pixels.
        lr: Highest learning rate; it rises for a twentieth of the run, then falls to zero as a
            cosine.
        weight_decay: Of AdamW.
        precision: ``fp32`` or ``bf16``.
        seed: Decides the first weights and every draw.
    """

    width: int = 16
    kimg: float = 60
    batch: int = 64
    size: int = 128
    lr: float = 3e-3
    weight_decay: float = 0.02
    precision: str = "fp32"
    seed: int = 0

    def __post_init__(self) -> None:
        check_run(self, 2)
        if self.size < 16 or self.size % 16:
            raise InputError(f"size {self.size} is not a multiple of 16")

    def network(self) -> DetectorConfig:
        """The network of this run."""
        from mien.judges.face_detector import DetectorConfig

        return DetectorConfig(self.width)
