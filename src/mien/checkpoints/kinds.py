"""Every kind of network that a file of weights can hold, in one table.

To add a kind: what builds its network from the configuration in the file, and one row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mien.errors import UnknownName

if TYPE_CHECKING:
    from torch import nn

Build = Callable[[dict[str, Any]], "nn.Module"]


@dataclass(frozen=True)
class Kind:
    """What a file of weights can hold.

    ``name`` is as in the header of the file, ``title`` as a card calls it, ``alias`` for people.
    ``build`` makes its network from the configuration. ``noun`` is what errors call it if files of
    other projects hold it too; ``part`` the prefix of its tensors in a training checkpoint of ours,
    empty if none has it.
    """

    name: str
    title: str
    build: Build | None
    alias: str = ""
    noun: str = ""
    part: str = ""


def _generator(config: dict[str, Any]) -> nn.Module:
    from mien.stylegan2.generator import Generator, GeneratorConfig

    return Generator(GeneratorConfig(**config))


def _discriminator(config: dict[str, Any]) -> nn.Module:
    from mien.stylegan2.discriminator import Discriminator, DiscriminatorConfig

    return Discriminator(DiscriminatorConfig(**config))


def _anime_generator(config: dict[str, Any]) -> nn.Module:
    from mien.checkpoints.formats import gans_n_roses

    return gans_n_roses.build(gans_n_roses.GENERATOR, config)


def _anime_discriminator(config: dict[str, Any]) -> nn.Module:
    from mien.checkpoints.formats import gans_n_roses

    return gans_n_roses.build(gans_n_roses.DISCRIMINATOR, config)


def _translation(kind: str) -> Build:
    def make(config: dict[str, Any]) -> nn.Module:
        from mien.checkpoints.formats.pix2pix import build

        return build(kind, config)

    return make


def _tagger(config: dict[str, Any]) -> nn.Module:
    from mien.judges.tagger import Tagger, TaggerConfig

    columns = {name: tuple(values) for name, values in config["columns"].items()}
    return Tagger(TaggerConfig(**{**config, "columns": columns}))


def _identity(config: dict[str, Any]) -> nn.Module:
    from mien.judges.identity import Identity, IdentityConfig

    return Identity(IdentityConfig(**config))


def _mapper(config: dict[str, Any]) -> nn.Module:
    from mien.text.mapper import Mapper, MapperConfig

    return Mapper(MapperConfig(**config))


def _prior(config: dict[str, Any]) -> nn.Module:
    from mien.text.prior import Prior, PriorConfig

    return Prior(PriorConfig(**config))


def _text_directions(config: dict[str, Any]) -> nn.Module:
    from mien.text.directions import AttributeDirections

    return AttributeDirections(**config)


def _sentence_head(config: dict[str, Any]) -> nn.Module:
    from mien.text.head import AttributeHead

    return AttributeHead(**config)


def _codes(config: dict[str, Any]) -> nn.Module:
    from mien.portraits.codes import CodeMoments

    return CodeMoments(**config)


def _encoder(config: dict[str, Any]) -> nn.Module:
    from mien.portraits.encoder import Encoder, EncoderConfig

    return Encoder(EncoderConfig(**config))


def _guide(config: dict[str, Any]) -> nn.Module:
    from mien.inversion.guide_encoder import GuideConfig, GuideEncoder

    return GuideEncoder(GuideConfig(**config))


def _text_image(config: dict[str, Any]) -> nn.Module:
    from mien.inversion.text_image import TextImage, TextImageConfig

    return TextImage(TextImageConfig(**config))


def _head(config: dict[str, Any]) -> nn.Module:
    from mien.inversion.head import HeadConfig, WPlusHead

    return WPlusHead(HeadConfig(**config))


def _landmarks(config: dict[str, Any]) -> nn.Module:
    from mien.judges.landmarks import LandmarkConfig, LandmarkNetwork

    return LandmarkNetwork(LandmarkConfig(**config))


def _detector(config: dict[str, Any]) -> nn.Module:
    from mien.judges.face_detector import DetectorConfig, FaceDetector

    return FaceDetector(DetectorConfig(**config))


def _parser(config: dict[str, Any]) -> nn.Module:
    from mien.judges.parser import ParserConfig, RegionDecoder

    return RegionDecoder(ParserConfig(**config))


def _bisenet(config: dict[str, Any]) -> nn.Module:
    from mien.checkpoints.formats import bisenet

    return bisenet.build(BISENET, config)


def _inception(config: dict[str, Any]) -> nn.Module:
    from mien.judges.inception import Inception, InceptionConfig

    return Inception(InceptionConfig(**config))


def _mobilenet(config: dict[str, Any]) -> nn.Module:
    from mien.judges.mobilenet import MobileNet, MobileNetConfig

    return MobileNet(MobileNetConfig(**config))


def _recognition(config: dict[str, Any]) -> nn.Module:
    from mien.judges.recognition import Recognition, RecognitionConfig

    return Recognition(RecognitionConfig(**config))


def _perceptual(config: dict[str, Any]) -> nn.Module:
    from mien.judges.perceptual import Perceptual

    return Perceptual(**config)


PARSER, BISENET = "face-parser", "bisenet"
"""What tells the regions of a face apart: our own, and the one of another project."""

_UNET, _RESNET = "translation-unet", "translation-resnet"
_PATCH, _AUTOENCODER = "translation-patch", "translation-autoencoder"

# A file of another project is searched for the kinds that have a noun, in this order.
_TABLE = (
    Kind(
        "stylegan2-generator",
        "StyleGAN2 generator",
        _generator,
        "generator",
        "StyleGAN2 generator",
        "G_ema/",
    ),
    Kind(
        "stylegan2-discriminator",
        "StyleGAN2 discriminator",
        _discriminator,
        "discriminator",
        "StyleGAN2 discriminator",
        "D/",
    ),
    Kind(
        "gans-n-roses",
        "selfie to anime, GANs N' Roses generator",
        _anime_generator,
        "anime",
        "GANs N' Roses generator",
        "ema_a2b/",
    ),
    Kind(
        "gans-n-roses-discriminator",
        "selfie to anime, GANs N' Roses discriminator",
        _anime_discriminator,
        "anime-discriminator",
        "GANs N' Roses discriminator",
        "d_b/",
    ),
    Kind(_UNET, "pix2pix U-Net", _translation(_UNET), "unet", "pix2pix U-Net", "G_ema/"),
    Kind(
        _RESNET,
        "CycleGAN generator",
        _translation(_RESNET),
        "resnet",
        "CycleGAN generator",
        "G_ema/",
    ),
    Kind(
        _PATCH,
        "PatchGAN discriminator",
        _translation(_PATCH),
        "patch",
        "PatchGAN discriminator",
        "D/",
    ),
    Kind(
        _AUTOENCODER,
        "translation autoencoder",
        _translation(_AUTOENCODER),
        "autoencoder",
        "translation autoencoder",
        "G_ema/",
    ),
    Kind("tagger", "face attribute tagger", _tagger),
    Kind("identity", "face identity network", _identity),
    Kind("landmarks", "facial landmark network", _landmarks),
    Kind(PARSER, "face parser", _parser, "parser"),
    Kind(BISENET, "BiSeNet face parser", _bisenet, "", "BiSeNet face parser"),
    Kind("face-detector", "face detector", _detector, "detector"),
    Kind("text-mapper", "sentence to latent, mapper", _mapper, "mapper"),
    Kind("text-prior", "sentence to latent, prior", _prior, "prior"),
    Kind("text-directions", "sentence to latent, directions", _text_directions),
    Kind("sentence-head", "reader of sentences beside the lexicon", _sentence_head),
    Kind("code-moments", "moments of the generator's codes", _codes),
    Kind("portrait-encoder", "encoder of the generator's codes", _encoder),
    Kind("guide-encoder", "encoder of sketches or label maps", _guide),
    Kind("inversion-head", "W+ head of an inversion", _head),
    Kind("text-image", "similarity of faces and sentences", _text_image),
    Kind("directions", "directions that have names", None),
    Kind("inception", "Inception v3", _inception),
    Kind("mobilenet", "MobileNetV2", _mobilenet),
    Kind("recognition", "face recognition network", _recognition),
    Kind("perceptual", "network of LPIPS, or its heads", _perceptual),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _TABLE}
"""Name in the header of a file -> what it says about the file."""


def find_kind(name: str) -> Kind:
    """Look up a kind by its name or its alias; raises UnknownName, which lists them."""
    for kind in _TABLE:
        if name in (kind.name, kind.alias):
            return kind
    raise UnknownName("kind", name, [kind.alias or kind.name for kind in _TABLE])
