"""Photo -> ws in one pass: the encoder that a generator was trained with.

    inverter = load_inverter(load_generator("portraits"), "portraits")
    ws = inverter.codes(images.to_float(crops))

The encoder gives one w, which every layer takes; the layers part in :mod:`mien.inversion.head`,
where the generator has one, and in :mod:`mien.inversion.optimise`.

Axes: n batch, h w pixels.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from mien.errors import ConfigMismatch, InputError, WeightsMissing
from mien.hub import loading
from mien.judges.frozen import FrozenFeatures, Maps, encoder_maps, view
from mien.runtime.devices import one_thread

if TYPE_CHECKING:
    from mien.inversion.head import WPlusHead
    from mien.portraits.encoder import Encoder
    from mien.portraits.session import Portraits
    from mien.stylegan2.generator import Generator

KIND, HEAD = "portrait-encoder", "inversion-head"


class Inverter:
    """A generator, its encoder and the frozen networks that both are looked at with, on one device.

    ``head`` gives each layer a w of its own; None for one w for all. InputError: encoder or head
    are of another width than the generator.
    """

    def __init__(
        self,
        generator: Generator,
        encoder: Encoder,
        features: FrozenFeatures,
        head: WPlusHead | None = None,
    ) -> None:
        if encoder.config.w_dim != generator.config.w_dim:
            raise InputError(
                f"the encoder gives codes {encoder.config.w_dim} wide, the generator takes "
                f"{generator.config.w_dim}; give the encoder that was trained with it"
            )
        shape = None if head is None else (head.config.num_ws, head.config.w_dim)
        if shape is not None and shape != (generator.num_ws, generator.config.w_dim):
            raise InputError(
                f"the W+ head is for {shape[0]} layers {shape[1]} wide, the generator has "
                f"{generator.num_ws} of {generator.config.w_dim}; give the head trained with it"
            )
        self.generator, self.encoder, self.features = generator, encoder, features
        self.head = head

    @property
    def resolution(self) -> int:
        """Side of the generator's pictures."""
        return self.generator.config.resolution

    @property
    def spread(self) -> float:
        """How far codes lie apart: root of their mean variance over photographs."""
        matrix = self.encoder.norm.spread
        return float((matrix.square().sum() / len(matrix)).sqrt())

    def look(self, image: Float[Tensor, "n 3 h w"], deep: bool = True) -> Maps:
        """Frozen features of pictures in [-1, 1]; without ``deep`` Inception's alone."""
        return self.features(view(image), deep)

    def encode(self, image: Float[Tensor, "n 3 h w"], maps: Maps) -> Float[Tensor, "n w_dim"]:
        """E: pictures in [-1, 1] and their features (:meth:`look`) -> w; differentiable."""
        return self.encoder(image, encoder_maps(maps))

    def spread_out(self, w: Float[Tensor, "n w_dim"]) -> Float[Tensor, "n num_ws w_dim"]:
        """The same w for every layer."""
        return w[:, None].repeat(1, self.generator.num_ws, 1)

    @torch.no_grad()
    def codes(self, image: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n num_ws w_dim"]:
        """Faces cut as FFHQ's, square, in [-1, 1], as latents, in one pass.

        One after the other and in one thread, so that a code depends neither on its neighbours nor
        on the machine's processors.
        """
        with one_thread():
            found = []
            for one in image.split(1):
                ws = self.spread_out(self.encode(one, self.look(one)))
                found.append(ws if self.head is None else self.head.refine(one, ws, self.draw)[-1])
        return torch.cat(found).float()

    @torch.no_grad()
    def draw(self, ws: Float[Tensor, "n num_ws w_dim"]) -> Float[Tensor, "n 3 h w"]:
        """What the generator makes of latents, about [-1, 1]."""
        return torch.cat([self.generator.synthesis(one) for one in ws.split(1)])


def find_beside(model: str | Path, family: str, part: str) -> Path | None:
    """The file of a generator's ``encoder``, ``codes``, ``sketch-encoder`` or other part.

    That which lies beside its file (:func:`mien.hub.loading.part_beside`), if the user named one;
    else ``FAMILY-PART`` among the weights of this machine.
    """
    path = Path(model)
    beside = loading.part_beside(path.with_suffix(""), part) if path.is_file() else None
    return beside or loading.find_file(f"{family}-{part}.safetensors")


def check_owner(found: loading.Loaded, generator: loading.Loaded, remedy: str) -> None:
    """ConfigMismatch for what was trained for another generator; if it does not say, it passes."""
    owner = found.meta.get("generator")
    if owner not in (None, generator.sha256):
        cause = f"was trained for generator {str(owner)[:12]}, this one is {generator.sha256[:12]}"
        raise ConfigMismatch(found.path, cause, remedy)


def load_beside(studio: Portraits, part: str, kind: str, absent: str) -> loading.Loaded:
    """Load what belongs to a studio's generator and is trained by ``mien train PART``.

    WeightsMissing: there is none (``absent``); says which command trains one. ConfigMismatch: it is
    of another generator.
    """
    path = find_beside(studio.model, studio.text_family, part)
    command = f"run: mien train {part} --model {studio.model}"
    if path is None:
        raise WeightsMissing(f"{studio.text_family}-{part}.safetensors", absent, command)
    found = loading.load(path, kind, str(studio.device))
    check_owner(found, studio.loaded, command)
    return found


def find_encoder(model: str | Path, family: str) -> Path:
    """The file of a generator's encoder, see :func:`find_beside`; WeightsMissing: there is none."""
    found = find_beside(model, family, "encoder")
    if found is None:
        raise WeightsMissing(
            f"{family}-encoder.safetensors",
            f"generator {family!r} has no encoder, so that photos cannot be inverted",
            f"run: mien adopt {Path(model).name} --encoder 20kimg, or mien train faces, which "
            "trains a generator with its encoder",
        )
    return loading.resolve(found.stem if found == loading.find_file(found.name) else found, KIND)


def load_inverter(
    loaded: loading.Loaded, family: str, model: str | Path | None = None, device: str = "cpu"
) -> Inverter:
    """Load all that photos of a generator, on ``device``, are inverted with.

    ``family`` is what the files that belong to it are called, ``model`` the generator as the user
    named it, None for ``family``.

    Raises:
        WeightsMissing: The generator has no encoder, or a frozen network is not on this disk.
        ConfigMismatch: The encoder is of another generator.
    """
    path = find_encoder(model or family, family)
    found = loading.load(path, KIND, device)
    check_owner(found, loaded, "give the generator that it belongs to")
    features = loading.load_features(device)
    head = _find_head(loaded, family, model or family, device)
    try:
        return Inverter(loaded.network, found.network, features, head)
    except InputError as error:
        raise ConfigMismatch(path, str(error)) from None


def _find_head(
    loaded: loading.Loaded, family: str, model: str | Path, device: str
) -> WPlusHead | None:
    path = find_beside(model, family, "inversion")
    if path is None:
        return None
    found = loading.load(path, HEAD, device)
    check_owner(found, loaded, f"run: mien train inversion --model {model}")
    return found.network
