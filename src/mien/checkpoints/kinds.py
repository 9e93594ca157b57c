"""Every kind of network that a file can hold: a row here, and its classes in :func:`_classes`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from mien.errors import UnknownName

if TYPE_CHECKING:
    from torch import nn

_DIRECTIONS = "directions"

Build = Callable[[dict[str, Any]], "nn.Module"]


@dataclass(frozen=True)
class Kind:
    """What a file of weights can hold.

    ``name`` is as in the header of the file, ``title`` as a card calls it, ``alias`` for people.
    ``noun`` is what errors call it if files of other projects hold it too; ``part`` the prefix of
    its tensors in a training checkpoint of ours, empty if none has it.
    """

    name: str
    title: str
    alias: str = ""
    noun: str = ""
    part: str = ""

    @property
    def build(self) -> Build | None:
        """Makes its network from the configuration; None if it is none."""
        return None if self.name == _DIRECTIONS else partial(_network, self.name)


def _network(kind: str, config: dict[str, Any]) -> nn.Module:
    """The network of a kind and configuration, imported when it is wanted."""
    match kind:
        case "gans-n-roses" | "gans-n-roses-discriminator":
            from mien.checkpoints.formats.gans_n_roses import build as make
        case "bisenet":
            from mien.checkpoints.formats.bisenet import build as make
        case "perceptual":
            from mien.judges.perceptual import Perceptual

            return Perceptual(**config)
        case _ if kind.startswith("translation-"):
            from mien.checkpoints.formats.pix2pix import build as make
        case _:
            if kind == "tagger":  # a file that does not say its columns is refused
                columns = {name: tuple(values) for name, values in config["columns"].items()}
                config = {**config, "columns": columns}
            network, shape = _classes(kind)
            return network(**config) if shape is None else network(shape(**config))
    return make(kind, config)


def _classes(kind: str) -> tuple[Any, Any]:
    """The class of a network and that of its configuration, if it has one."""
    Config = None
    match kind:
        case "stylegan2-generator":
            from mien.stylegan2.generator import Generator as Network
            from mien.stylegan2.generator import GeneratorConfig as Config
        case "stylegan2-discriminator":
            from mien.stylegan2.discriminator import Discriminator as Network
            from mien.stylegan2.discriminator import DiscriminatorConfig as Config
        case "tagger":
            from mien.judges.tagger import Tagger as Network
            from mien.judges.tagger import TaggerConfig as Config
        case "identity":
            from mien.judges.identity import Identity as Network
            from mien.judges.identity import IdentityConfig as Config
        case "landmarks":
            from mien.judges.landmarks import LandmarkConfig as Config
            from mien.judges.landmarks import LandmarkNetwork as Network
        case "face-detector":
            from mien.judges.face_detector import DetectorConfig as Config
            from mien.judges.face_detector import FaceDetector as Network
        case "face-parser":
            from mien.judges.parser import ParserConfig as Config
            from mien.judges.parser import RegionDecoder as Network
        case "inception":
            from mien.judges.inception import Inception as Network
            from mien.judges.inception import InceptionConfig as Config
        case "mobilenet":
            from mien.judges.mobilenet import MobileNet as Network
            from mien.judges.mobilenet import MobileNetConfig as Config
        case "recognition":
            from mien.judges.recognition import Recognition as Network
            from mien.judges.recognition import RecognitionConfig as Config
        case "text-mapper":
            from mien.text.mapper import Mapper as Network
            from mien.text.mapper import MapperConfig as Config
        case "text-prior":
            from mien.text.prior import Prior as Network
            from mien.text.prior import PriorConfig as Config
        case "text-directions":
            from mien.text.directions import AttributeDirections as Network
        case "sentence-head":
            from mien.text.head import AttributeHead as Network
        case "code-moments":
            from mien.portraits.codes import CodeMoments as Network
        case "portrait-encoder":
            from mien.portraits.encoder import Encoder as Network
            from mien.portraits.encoder import EncoderConfig as Config
        case "guide-encoder":
            from mien.inversion.guide_encoder import GuideConfig as Config
            from mien.inversion.guide_encoder import GuideEncoder as Network
        case "inversion-head":
            from mien.inversion.head import HeadConfig as Config
            from mien.inversion.head import WPlusHead as Network
        case "text-image":
            from mien.inversion.text_image import TextImage as Network
            from mien.inversion.text_image import TextImageConfig as Config
        case _:
            raise UnknownName("kind", kind, KINDS)
    return Network, Config


PARSER, BISENET = "face-parser", "bisenet"
"""What tells the regions of a face apart: our own, and the one of another project."""

# A file of another project is searched for the kinds that have a noun, in this order.
_TABLE = (
    Kind(
        "stylegan2-generator", "StyleGAN2 generator", "generator", "StyleGAN2 generator", "G_ema/"
    ),
    Kind(
        *("stylegan2-discriminator", "StyleGAN2 discriminator"),
        *("discriminator", "StyleGAN2 discriminator", "D/"),
    ),
    Kind(
        *("gans-n-roses", "selfie to anime, GANs N' Roses generator"),
        *("anime", "GANs N' Roses generator", "ema_a2b/"),
    ),
    Kind(
        *("gans-n-roses-discriminator", "selfie to anime, GANs N' Roses discriminator"),
        *("anime-discriminator", "GANs N' Roses discriminator", "d_b/"),
    ),
    Kind("translation-unet", "pix2pix U-Net", "unet", "pix2pix U-Net", "G_ema/"),
    Kind("translation-resnet", "CycleGAN generator", "resnet", "CycleGAN generator", "G_ema/"),
    Kind("translation-patch", "PatchGAN discriminator", "patch", "PatchGAN discriminator", "D/"),
    Kind(
        *("translation-autoencoder", "translation autoencoder"),
        *("autoencoder", "translation autoencoder", "G_ema/"),
    ),
    Kind("tagger", "face attribute tagger"),
    Kind("identity", "face identity network"),
    Kind("landmarks", "facial landmark network"),
    Kind(PARSER, "face parser", "parser"),
    Kind(BISENET, "BiSeNet face parser", "", "BiSeNet face parser"),
    Kind("face-detector", "face detector", "detector"),
    Kind("text-mapper", "sentence to latent, mapper", "mapper"),
    Kind("text-prior", "sentence to latent, prior", "prior"),
    Kind("text-directions", "sentence to latent, directions"),
    Kind("sentence-head", "reader of sentences beside the lexicon"),
    Kind("code-moments", "moments of the generator's codes"),
    Kind("portrait-encoder", "encoder of the generator's codes"),
    Kind("guide-encoder", "encoder of sketches or label maps"),
    Kind("inversion-head", "W+ head of an inversion"),
    Kind("text-image", "similarity of faces and sentences"),
    Kind(_DIRECTIONS, "directions that have names"),
    Kind("inception", "Inception v3"),
    Kind("mobilenet", "MobileNetV2"),
    Kind("recognition", "face recognition network"),
    Kind("perceptual", "network of LPIPS, or its heads"),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _TABLE}
"""Name in the header of a file -> what it says about the file."""


def find_kind(name: str) -> Kind:
    """Look up a kind by its name or its alias; raises UnknownName, which lists them."""
    for kind in _TABLE:
        if name in (kind.name, kind.alias):
            return kind
    raise UnknownName("kind", name, [kind.alias or kind.name for kind in _TABLE])
