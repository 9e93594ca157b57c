"""A name or a path to a network that is ready to use: find the file, verify it, build, fill.

generator = load_generator("portraits").network
generator = load_generator("runs/faces/best.safetensors", device="cuda").network
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from mien.checkpoints.kinds import KINDS
from mien.checkpoints.sniff import REPACK, is_unpacked
from mien.errors import (
    CheckpointError,
    ConfigMismatch,
    InputError,
    UnknownName,
    WeightsMissing,
    WrongType,
)
from mien.hub import catalogue
from mien.hub.store import known_sha256, shipped, store

if TYPE_CHECKING:
    from torch import nn

    from mien.judges.face_detector import FaceDetector
    from mien.judges.frozen import FrozenFeatures
    from mien.judges.identity import Identity
    from mien.judges.inception import Inception
    from mien.judges.landmarks import LandmarkNetwork
    from mien.judges.mobilenet import MobileNet
    from mien.judges.recognition import Recognition
    from mien.judges.tagger import Tagger
    from mien.stylegan2 import Discriminator, Generator

N = TypeVar("N")
"""The network of a :class:`Loaded`."""

_STATES = "state-*.safetensors"
"""The checkpoints in the folder of a training run; the newest of them is last."""

_RUN = "generator"
"""What a training run calls its generator, without the suffix; its parts have no name before."""

_PATH_MARKS = ("/", "\\")
FID_ROW = "inception-fid"
"""The network of FID, as the catalogue names it."""

_COUNTS = ("blocks", "layers")
_UNBUILDABLE = (
    *(ArithmeticError, AttributeError, InputError, LookupError),
    *(RuntimeError, TypeError, ValueError),
)


@dataclass(frozen=True)
class Loaded(Generic[N]):
    """A network and where it came from.

    Attributes:
        network: In eval mode, frozen, on the device that was asked for.
        name: The catalogue's name, or the file's stem.
        path: The file.
        sha256: Of the file.
        meta: What the file says beside its configuration.
        config: The arguments that built the network.
    """

    network: N
    name: str
    sha256: str
    meta: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    path: Path = Path()

    @property
    def signature(self) -> dict[str, Any]:
        """Name, hash and training of the network, as every picture it makes says them."""
        return {"model": self.name, "sha256": self.sha256, "kimg": self.meta.get("kimg")}


def resolve(name_or_path: str | Path, kind: str | None = None) -> Path:
    """Find the file of a name or path; a file that exists wins over a name.

    The folder of a training run stands for its newest checkpoint. A name is looked up in the
    catalogue; one that is not in it still works if ``NAME.safetensors`` lies among the shipped
    weights or in the user's store. ``kind`` is what it must be, for the list of names that there
    are.

    Returns:
        A file whose SHA-256 is the catalogue's, if it is the catalogue's.

    Raises:
        WrongType: Neither name nor path.
        UnknownName: No such name; lists the known ones.
        WeightsMissing: A known name, but its file is not on this disk.
        CheckpointError: The path does not exist, or the file is not what the catalogue says.
    """
    if not isinstance(name_or_path, str | Path):
        raise WrongType("model", name_or_path, "a name or a file")
    path = Path(name_or_path)
    if path.is_file():
        return path
    name = str(name_or_path)
    if path.is_dir() and (states := sorted(path.glob(_STATES))):
        return states[-1]
    if path.is_dir() and is_unpacked(path):
        raise CheckpointError(path, "is a folder: a PyTorch file that was unpacked", REPACK)
    if path.is_dir() or path.suffix or any(mark in name for mark in _PATH_MARKS):
        cause = "is a folder" if path.is_dir() else "does not exist"
        known = ", ".join(catalogue.names(kind)) or "none"
        raise CheckpointError(path, cause, f"name a file of weights or a model (known: {known})")
    try:
        row = catalogue.find(name, kind)
    except UnknownName:
        found = find_file(f"{name}.safetensors")
        if found is None:
            raise
        return found
    found = find_file(row.file)
    if found is None:
        raise missing(row)
    check_row(row, found)
    return found


def family_of(name_or_path: str | Path) -> str:
    """What the files that belong to a generator are called: ``FAMILY-codes`` and so on.

    Its name or the stem of its file; where parts lie beside the file (``mien adopt`` and
    ``mien train faces`` put them there), the path of the file without its suffix.
    """
    path = resolve(name_or_path).absolute()
    if path.parent != shipped() and part_beside(path.with_suffix(""), "codes") is not None:
        return str(path.with_suffix(""))
    return Path(name_or_path).stem


def part_of(family: str, part: str) -> Path | None:
    """The file of a part (``codes``, ``mapper``) of a :func:`family_of`; None if there is none."""
    if Path(family).parent == Path():
        return find_file(f"{family}-{part}.safetensors")
    return part_beside(Path(family), part)


def part_beside(base: Path, part: str) -> Path | None:
    """A part that lies beside a generator's file (``base`` is that without its suffix).

    ``NAME-PART``; of a run, whose file is called ``generator``, also ``PART`` alone.
    """
    names = [f"{base.name}-{part}", *([part] if base.name == _RUN else [])]
    paths = [base.with_name(f"{name}.safetensors") for name in names]
    return next((path for path in paths if path.is_file()), None)


def find_file(file: str) -> Path | None:
    """Look for a file of weights among the shipped ones, then in the user's store."""
    for folder in (shipped(), store()):
        if (folder / file).is_file():
            return folder / file
    return None


def missing(row: catalogue.Row) -> WeightsMissing:
    """Say what has to lie where for a row of the catalogue to work."""
    target = store() / row.file
    remedy = f"run: mien weights pull {row.name}" if row.url else by_hand(row)
    return WeightsMissing(target, f"the weights of {row.name!r} are not on this disk", remedy)


def by_hand(row: catalogue.Row) -> str:
    """What a person has to do for a row whose file cannot be fetched."""
    found = f", from {row.page}" if row.page else ""
    return f"put {row.file} there by hand{found} (sha256 {row.sha256 or 'not known'})"


def check_row(row: catalogue.Row, path: Path) -> None:
    """Refuse with CheckpointError a file whose size or hash is not what its row says."""
    pull = f"delete it and run: mien weights pull {row.name}"
    other = f"name the file itself, or put {row.file} of {row.page} there"
    remedy = pull if row.url else other if row.page else "reinstall mien"
    size = path.stat().st_size
    if row.bytes and size != row.bytes:
        raise CheckpointError(path, f"has {size} bytes, {row.name!r} has {row.bytes}", remedy)
    if row.sha256 and (found := known_sha256(path)) != row.sha256:
        cause = f"has sha256 {found[:16]}…, the catalogue says {row.sha256[:16]}…"
        raise CheckpointError(path, cause, remedy)


def load_generator(name_or_path: str | Path, device: str = "cpu") -> Loaded[Generator]:
    """Load a StyleGAN2 generator, from any format that is known; see :func:`load`."""
    return load(name_or_path, "stylegan2-generator", device)


def load_tagger(name_or_path: str | Path, device: str = "cpu") -> Loaded[Tagger]:
    """Load a tagger, the judge that reads attributes off faces; see :func:`load`."""
    return load(name_or_path, "tagger", device)


def load_identity(name_or_path: str | Path, device: str = "cpu") -> Loaded[Any]:
    """Load the judge of who a face is: our own network, or any recogniser in an ``.onnx`` file.

    Both have ``embed(images) -> [n, d]``; an ONNX file computes on the CPU and gives no gradient.

    Raises:
        MissingExtra: An ``.onnx`` file, and nothing that runs it is installed.
    """
    path = resolve(name_or_path, "identity")
    if path.suffix.lower() != ".onnx":
        return load(name_or_path, "identity", device)
    from mien.judges.onnx_identity import OnnxIdentity

    return Loaded(OnnxIdentity(path), path.stem, known_sha256(path), path=path)


def load_anime(name_or_path: str | Path, device: str = "cpu") -> Loaded[Any]:
    """Load a selfie-to-anime generator, from any format that is known; see :func:`load`."""
    return load(name_or_path, "gans-n-roses", device)


def load_landmarks(name_or_path: str | Path, device: str = "cpu") -> Loaded[LandmarkNetwork]:
    """Load a network that reads the landmarks of a face; see :func:`load`."""
    return load(name_or_path, "landmarks", device)


def load_detector(name_or_path: str | Path, device: str = "cpu") -> Loaded[FaceDetector]:
    """Load a detector of faces of our own; see :func:`load`."""
    return load(name_or_path, "face-detector", device)


def load_inception(
    name_or_path: str | Path = "inception", device: str = "cpu"
) -> Loaded[Inception]:
    """Load Inception v3: the one that ships, or FID's out of pytorch-fid's file; see :func:`load`.

    It is called :data:`mien.metrics.protocol.ORIGINAL_INCEPTION` if and only if the file is the
    published one, byte for byte; only then its distances are called FID and KID. ``inception-fid``
    is WeightsMissing until it is fetched.
    """
    from mien.metrics.protocol import ORIGINAL_INCEPTION

    loaded = _frozen(name_or_path, "inception", device)
    original = [row.sha256 for row in catalogue.ROWS if row.name == FID_ROW]
    if loaded.config["form"] == "fid" and loaded.sha256 in original:
        return replace(loaded, name=ORIGINAL_INCEPTION)
    return loaded


def load_judge(name_or_path: str | Path, device: str = "cpu") -> Loaded[Any]:
    """Load what sees pictures as vectors: a tagger, Inception (FID's too) or MobileNet.

    Which it is says the catalogue, or the file; errors as :func:`load`.
    """
    from mien.checkpoints import critics, native

    kinds = [row.kind for row in catalogue.ROWS if row.name == str(name_or_path)]
    path = Path(name_or_path)
    if not kinds and path.suffix.lower() in (".pth", ".pt"):
        kinds = ["inception"]
    elif not kinds and path.is_file():
        kinds = [critics.find_kind(path) or native.read_header(path).kind]
    loaders = {"inception": load_inception, "mobilenet": load_mobilenet}
    return loaders.get("".join(kinds), load_tagger)(name_or_path, device)


def load_mobilenet(
    name_or_path: str | Path = "mobilenet", device: str = "cpu"
) -> Loaded[MobileNet]:
    """Load MobileNetV2, from its 8-bit file; see :func:`load`."""
    return _frozen(name_or_path, "mobilenet", device)


def load_features(device: str = "cpu") -> FrozenFeatures:
    """Inception and MobileNet as they ship, frozen and looked at together."""
    from mien.judges.frozen import FrozenFeatures

    inception, mobilenet = load_inception(device=device), load_mobilenet(device=device)
    return FrozenFeatures(inception.network, mobilenet.network)


def load_recognition(
    name_or_path: str | Path = "recognition", device: str = "cpu"
) -> Loaded[Recognition]:
    """Load dlib's face recognition network, from its 8-bit file; see :func:`load`."""
    return _frozen(name_or_path, "recognition", device)


def _frozen(name_or_path: str | Path, kind: str, device: str) -> Loaded[Any]:
    """A network of convolutions with its weights channels last, as its maps are."""
    import torch

    loaded = load(name_or_path, kind, device)
    return replace(loaded, network=loaded.network.to(memory_format=torch.channels_last))


def load_translator(name_or_path: str | Path, device: str = "cpu") -> Loaded[Any]:
    """Load a network that turns a picture into another: autoencoder, U-Net or residual generator.

    A public pix2pix or CycleGAN file works as well, and a checkpoint of a run in progress; see
    :func:`load`. Where the file says it, ``meta`` has ``method``, ``direction``, ``resolution``.
    """
    from mien.checkpoints.formats.pix2pix import TRANSLATORS
    from mien.checkpoints.registry import find_kind

    rows = [row for row in catalogue.ROWS if row.name == str(name_or_path)]
    kinds = [row.kind for row in rows if row.kind in TRANSLATORS]
    path = resolve(name_or_path, kinds[0] if kinds else None)
    kind = find_kind(path, TRANSLATORS)
    if kind not in TRANSLATORS:
        wanted = "a network that turns pictures into pictures is wanted"
        raise CheckpointError(path, f"holds a {kind!r}, {wanted}", "give another file")
    return load(name_or_path, kind, device)


@overload
def load(
    name_or_path: str | Path, kind: Literal["stylegan2-generator"], device: str = "cpu"
) -> Loaded[Generator]: ...
@overload
def load(
    name_or_path: str | Path, kind: Literal["stylegan2-discriminator"], device: str = "cpu"
) -> Loaded[Discriminator]: ...
@overload
def load(
    name_or_path: str | Path, kind: Literal["tagger"], device: str = "cpu"
) -> Loaded[Tagger]: ...
@overload
def load(
    name_or_path: str | Path, kind: Literal["identity"], device: str = "cpu"
) -> Loaded[Identity]: ...
@overload
def load(
    name_or_path: str | Path, kind: Literal["landmarks"], device: str = "cpu"
) -> Loaded[LandmarkNetwork]: ...
@overload
def load(
    name_or_path: str | Path, kind: Literal["face-detector"], device: str = "cpu"
) -> Loaded[FaceDetector]: ...
@overload
def load(
    name_or_path: str | Path, kind: Literal["inception"], device: str = "cpu"
) -> Loaded[Inception]: ...
@overload
def load(
    name_or_path: str | Path, kind: Literal["mobilenet"], device: str = "cpu"
) -> Loaded[MobileNet]: ...
@overload
def load(
    name_or_path: str | Path, kind: Literal["recognition"], device: str = "cpu"
) -> Loaded[Recognition]: ...
@overload
def load(name_or_path: str | Path, kind: str, device: str = "cpu") -> Loaded[Any]: ...
def load(name_or_path: str | Path, kind: str, device: str = "cpu") -> Loaded[Any]:
    """Load a network of one kind, from any format that is known.

    Args:
        name_or_path: A name of the catalogue or a file.
        kind: A key of :data:`mien.checkpoints.kinds.KINDS`.
        device: Where the network shall live, as torch names it.

    Returns:
        The network in eval mode and frozen; training from it starts with ``requires_grad_(True)``.

    Raises:
        UnknownName: No such model.
        WeightsMissing: A model that is known but not on this disk.
        CheckpointError: A file that cannot be read, or holds something else.
        ConfigMismatch: Its tensors do not fit the network that it describes.
        InputError: There is no such device here.
    """
    from mien.checkpoints import fit
    from mien.checkpoints.registry import open_checkpoint

    build = KINDS[kind].build
    assert build is not None, f"a file of kind {kind} holds no network"
    path = resolve(name_or_path, kind)
    native = open_checkpoint(path, kind)
    for name, value in native.config.items():
        if name.endswith(_COUNTS) and isinstance(value, int) and value > len(native.tensors):
            cause = f"{name} is {str(value)[:20]}, it has {len(native.tensors)} tensors"
            raise ConfigMismatch(path, f"its configuration builds no {kind} ({cause})")
    try:
        network = fit.build(lambda: build(native.config), native.tensors)
    except _UNBUILDABLE as error:
        raise _unbuildable(path, kind, error) from None
    fit.fill(network, native.tensors, path)
    network, name = ready(network, device), Path(name_or_path).stem
    return Loaded(network, name, known_sha256(path), native.meta, native.config, path)


def ready(network: nn.Module, device: str) -> nn.Module:
    """A network in eval mode, frozen and on a device; InputError if there is no such device."""
    network = network.eval().requires_grad_(False)
    try:
        return network.to(device)
    except (AssertionError, RuntimeError) as error:
        raise InputError(
            f"device {device!r} cannot be used ({str(error)[:100]}); try cpu"
        ) from None


def _unbuildable(path: Path, kind: str, error: Exception) -> ConfigMismatch:
    cause = " ".join(str(error).split())[:200]
    return ConfigMismatch(path, f"its configuration builds no {kind} ({cause})")
