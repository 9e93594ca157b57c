"""What all foreign formats share: a table of names, sizes read off the tensors, and the reading.

A format says, for each of our parameters, which of its parameters holds it and what has to be done
to the numbers (:class:`Row`). Shapes that differ only by sides of length one are the same; anything
else that does not fit is an error that lists the first ten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.checkpoints import colours
from mien.checkpoints.inert import TensorRef
from mien.checkpoints.oddities import refuse_odd
from mien.errors import CheckpointError, ConfigMismatch, InputError, counted

if TYPE_CHECKING:
    from torch import Tensor

GENERATOR = "stylegan2-generator"
DISCRIMINATOR = "stylegan2-discriminator"

_LISTED = 10
_MEAN_SAMPLES = 4096
_MOST_LAYERS = 64
_WIDEST = 8192
_WIDTHS = ("z_dim", "w_dim", "c_dim", "channel_max", "ngf", "ndf")
_PARAMETERS = ("float64", "float32", "float16", "bfloat16")
"""Element types of parameters; what is of another and has no place lies beside the network."""

_COUNT = ".num_batches_tracked"
_MADE_UP = (".noise_const", _COUNT)

ConfigReader = Callable[[str | Path, Mapping[str, tuple[int, ...]]], dict[str, Any]]
"""File, our names and shapes -> configuration."""

Builder = Callable[[str, Mapping[str, Any]], Any]
"""Kind and configuration -> network."""


@dataclass(frozen=True)
class Row:
    """Where one of our parameters is found in a foreign file.

    With ``flip`` the kernel is stored mirrored in both directions; ``plus`` has to be added to the
    numbers.
    """

    ours: str
    theirs: str
    flip: bool = False
    plus: float = 0.0


@dataclass(frozen=True)
class Format:
    """A family of foreign files.

    For each kind of network: ``marks``, a parameter name that only this family's has; ``rows``,
    what makes its table from the foreign names that are there; ``defaults``, configuration that the
    tensors do not show; ``configs``, what reads it off shapes under our names. ``ignored`` names
    carry nothing: filters, constants, running sums. Configuration and network are a StyleGAN2's
    unless ``configs`` and ``build`` are given.
    """

    name: str
    marks: Mapping[str, str]
    rows: Mapping[str, Callable[[frozenset[str]], list[Row]]]
    ignored: re.Pattern[str]
    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    configs: Mapping[str, ConfigReader] = field(default_factory=dict)
    build: Builder | None = None


@dataclass
class Mapped:
    """A network brought to our names, float32 on the CPU; ``notes`` say what had to be made up."""

    config: dict[str, Any]
    tensors: dict[str, Tensor]
    notes: dict[str, Any]


def same_parts(ours: str, theirs: str, parts: Sequence[str] = ("weight", "bias")) -> list[Row]:
    """Rows of a layer's parts, which are called alike."""
    return [Row(f"{ours}.{part}", f"{theirs}.{part}") for part in parts]


def block_resolutions(resolution: int) -> list[int]:
    """4, 8, 16, … up to ``resolution``."""
    return [4 << i for i in range(resolution.bit_length() - 2)]


def numbered(names: frozenset[str], pattern: str) -> int:
    """Count the names that a pattern makes when its ``{}`` counts up from 0 or 1, 64 at most."""
    first = 0 if pattern.format(0) in names else 1
    count = 0
    while pattern.format(first + count) in names and count < _MOST_LAYERS:
        count += 1
    return count


def generator_config(path: str | Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """A generator's configuration off our names and shapes; CheckpointError if no rule fits."""
    channels = _channels(shapes, r"synthesis\.b(\d{1,4})\.conv1\.weight", -4)
    layers = numbered(frozenset(shapes), "mapping.fc{}.weight")
    embedded = shapes.get("mapping.embed.weight", (0, 0))
    first = shapes.get("mapping.fc0.weight", (0, 0))
    affine = shapes.get("synthesis.b4.conv1.affine.weight", (0, 0))
    return {
        "resolution": max(channels, default=0),
        "z_dim": first[-1] - embedded[0],
        "w_dim": affine[-1],
        "c_dim": embedded[-1],
        "mapping_layers": layers,
        **_channel_rule(path, channels),
    }


def discriminator_config(path: str | Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """The same for a discriminator, see :func:`generator_config`."""
    channels = _channels(shapes, r"b(\d{1,4})\.conv0\.weight", -4)
    channels |= _channels(shapes, r"b(4)\.conv\.weight", -4)
    layers = numbered(frozenset(shapes), "mapping.fc{}.weight")
    return {
        "resolution": max(channels, default=0),
        "c_dim": shapes.get("mapping.embed.weight", (0, 0))[-1],
        "mapping_layers": layers or 8,
        **({"plain_head": True} if "plain.weight" in shapes else {}),
        **_channel_rule(path, channels),
    }


def read_network(
    path: str | Path,
    fmt: Format,
    kind: str,
    theirs: Mapping[str, TensorRef],
    w_avg: Tensor | None = None,
    extra_config: Mapping[str, Any] | None = None,
) -> Mapped:
    """Bring a foreign network, its tensors by their names, to our names.

    ``w_avg`` ``[w_dim]`` is the mean w if the file keeps it elsewhere, ``extra_config`` what the
    file says in words.

    Raises ConfigMismatch if parameters are missing, surplus or of another shape (the first ten are
    listed), CheckpointError if the file is damaged or its channels follow no rule.
    """
    refuse_odd(path, kind, theirs)
    rows = fmt.rows[kind](frozenset(theirs))
    shapes = {row.ours: theirs[row.theirs].shape for row in rows if row.theirs in theirs}
    own = generator_config if kind == GENERATOR else discriminator_config
    reader = fmt.configs.get(kind, own)
    config = {**reader(path, shapes), **fmt.defaults.get(kind, {}), **(extra_config or {})}
    wanted = expected_shapes(path, kind, config, fmt.build)
    channels = colours.channels(path, kind, shapes)
    known = {row.theirs for row in rows if row.ours in wanted}
    surplus = [
        name
        for name, ref in theirs.items()
        if name not in known and not fmt.ignored.search(name) and ref.dtype in _PARAMETERS
    ]
    by_ours = {row.ours: row for row in rows}
    made_up = {"mapping.w_avg"} | {name for name in wanted if name.endswith(_MADE_UP)}
    wrong = []
    for name, shape in wanted.items():
        row = by_ours.get(name)
        if row is None or row.theirs not in theirs:
            if name not in made_up:
                wrong.append(f"{row.theirs if row else name} is missing")
        elif _sides(theirs[row.theirs].shape) != _sides(colours.shape(name, shape, channels)):
            found = list(theirs[row.theirs].shape)
            wrong.append(f"{row.theirs} is {found} instead of {list(shape)}")
    refuse(path, kind, fmt.name, [*wrong, *(f"{name} is surplus" for name in surplus)])
    tensors = {
        name: _converted(
            theirs[by_ours[name].theirs], by_ours[name], colours.shape(name, shape, channels)
        )
        for name, shape in wanted.items()
        if name in by_ours and by_ours[name].theirs in theirs
    }
    check_finite(path, {by_ours[name].theirs: tensor for name, tensor in tensors.items()})
    if w_avg is not None and kind == GENERATOR:
        if w_avg.shape != wanted["mapping.w_avg"]:
            refuse(path, kind, fmt.name, [f"latent_avg is {list(w_avg.shape)}"])
        check_finite(path, {"latent_avg": w_avg})
        tensors["mapping.w_avg"] = w_avg
    notes = colours.to_rgb(kind, tensors, channels)
    notes |= _make_up(tensors, wanted, config) if kind == GENERATOR else {}
    _count_nothing(tensors, wanted)
    return Mapped(config, tensors, notes)


def check_finite(path: str | Path, tensors: Mapping[str, Tensor]) -> None:
    """Refuse the weights of a run that diverged: CheckpointError if one holds NaN or Infinity."""
    import torch

    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            cause = f"{name} holds values that are not finite: the training diverged"
            raise CheckpointError(path, cause, "take an earlier file")


def refuse(path: str | Path, kind: str, family: str, wrong: list[str]) -> None:
    """Refuse parameters that do not fit, if any: ConfigMismatch, which lists the first ten."""
    if not wrong:
        return
    more = f" and {len(wrong) - _LISTED} more" if len(wrong) > _LISTED else ""
    raise ConfigMismatch(
        path,
        f"looks like a {kind} of {family}, but does not fit in "
        f"{counted(len(wrong), 'parameters')}: {', '.join(wrong[:_LISTED])}{more}",
    )


def expected_shapes(
    path: str | Path, kind: str, config: Mapping[str, Any], build: Builder | None = None
) -> dict[str, tuple[int, ...]]:
    """Our names and shapes for a configuration; ConfigMismatch if it builds no network."""
    from mien.runtime.shapes import shapes_alone
    from mien.stylegan2.discriminator import Discriminator, DiscriminatorConfig
    from mien.stylegan2.generator import Generator, GeneratorConfig

    widest = max((value for key, value in config.items() if key in _WIDTHS), default=0)
    widest = max([widest, *config.get("channels", ())])
    if widest > _WIDEST:
        raise ConfigMismatch(path, f"is {widest} wide, more than the {_WIDEST} of any StyleGAN2")
    try:
        with shapes_alone():
            if build is not None:
                network = build(kind, config)
            elif kind == GENERATOR:
                network = Generator(GeneratorConfig(**config))
            else:
                network = Discriminator(DiscriminatorConfig(**config))
    except (InputError, TypeError, RuntimeError) as error:
        cause = " ".join(str(error).split())
        raise ConfigMismatch(path, f"its sizes make no {kind} ({cause})") from None
    return {name: tuple(value.shape) for name, value in network.state_dict().items()}


def _channels(shapes: Mapping[str, tuple[int, ...]], pattern: str, side: int) -> dict[int, int]:
    found = {}
    for name, shape in shapes.items():
        match = re.fullmatch(pattern, name)
        if match and len(shape) >= 4:
            found[int(match[1])] = shape[side]
    return found


def _channel_rule(path: str | Path, channels: dict[int, int]) -> dict[str, int]:
    """Find base and maximum such that channels(res) = min(base // res, max), at least 1.

    A count below the maximum leaves the base anywhere in [count·res, count·res + res), so that it
    lies where all these ranges meet.
    """
    if not channels:
        raise CheckpointError(path, "its network has no convolutions where StyleGAN2 has them")
    most = max(channels.values())
    least = max([1, *(count * res for res, count in channels.items() if count > 1)])
    if all(least < (count + 1) * res for res, count in channels.items() if count < most):
        return {"channel_base": least, "channel_max": most}
    largest = max(channels)
    base = channels[largest] * largest
    for resolution, count in sorted(channels.items()):
        if count != min(base // resolution, most):
            cause = (
                f"has {count} channels at {resolution}×{resolution} where"
                f" {min(base // resolution, most)} would follow from {channels[largest]} at"
                f" {largest}×{largest}"
            )
            raise CheckpointError(path, cause, "such networks are not supported")
    raise CheckpointError(path, "has channels that follow no rule; such networks are not supported")


def _sides(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(side for side in shape if side != 1)


def _converted(ref: TensorRef, row: Row, shape: tuple[int, ...]) -> Tensor:
    tensor = ref.read().float().reshape(shape)
    if row.flip:
        tensor = tensor.flip(2, 3).contiguous()
    return tensor + row.plus if row.plus else tensor


def _make_up(
    tensors: dict[str, Tensor], wanted: Mapping[str, tuple[int, ...]], config: Mapping[str, Any]
) -> dict[str, Any]:
    """Fill in what a family leaves out: constant noise and the mean w."""
    import torch

    notes: dict[str, Any] = {}
    source = torch.Generator().manual_seed(0)
    for name, shape in wanted.items():
        if name.endswith(".noise_const") and name not in tensors:
            tensors[name] = torch.randn(shape, generator=source)
            notes["noise"] = "not in the file; drawn with seed 0"
    if "mapping.w_avg" not in tensors:
        tensors["mapping.w_avg"] = _mean_w(tensors, config)
        notes["w_avg"] = f"not in the file; mean of {_MEAN_SAMPLES} samples"
    return notes


def _count_nothing(tensors: dict[str, Tensor], wanted: Mapping[str, tuple[int, ...]]) -> None:
    """Fill in what batch normalisation did not count before PyTorch 0.4 and does not need."""
    import torch

    for name, shape in wanted.items():
        if name.endswith(_COUNT) and name not in tensors:
            tensors[name] = torch.zeros(shape)


def _mean_w(tensors: Mapping[str, Tensor], config: Mapping[str, Any]) -> Tensor:
    import numpy as np
    import torch

    from mien.checkpoints.fit import build
    from mien.stylegan2.generator import Mapping as MappingNetwork

    network = build(
        lambda: MappingNetwork(
            config["z_dim"],
            config["c_dim"],
            config["w_dim"],
            config["mapping_layers"],
            track_mean=False,
        )
    )
    prefix = "mapping."
    own = {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
    network.load_state_dict(own, assign=True)
    z = np.random.RandomState(0).randn(_MEAN_SAMPLES, config["z_dim"])
    with torch.no_grad():
        return network(torch.from_numpy(z).float()).mean(dim=0)
