"""``mien train sketch-encoder``, ``label-encoder``: what a sketch or a label map says of w."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, showing
from mien.cli.options import config_options
from mien.cli.train.options import RunOption, codes_of
from mien.cli.train.running import Run, follow_or_finish
from mien.inversion.guide_options import GuideTraining
from mien.training.cadence import Cadence

if TYPE_CHECKING:
    from mien.inversion.guide_training import GuideOf, Pairs

PhotosOption = Annotated[
    list[Path] | None,
    Option("--data", metavar="PATH", help="Photographs to learn from too: folder or zip."),
]
FinishOption = Annotated[
    bool, Option("--finish", help="Train no further; write the encoder as it stands.")
]


@config_options(GuideTraining)
def sketch_encoder(
    out: RunOption,
    config: dict[str, Any],
    model: opt.Model = "portraits",
    data: PhotosOption = None,
    finish: FinishOption = False,
    device: opt.Device = "auto",
    json: opt.Json = False,
) -> None:
    """Train what reads a sketch for `mien compose --sketch`.

    Learns from faces that the generator draws, and from photographs by the generator's encoder;
    their sketches are made on the way, in the styles of `mien data sketch`. The folder gets
    `state-*.safetensors`, `log.jsonl`, `grids/`, and at the end `sketch-encoder.safetensors`.
    """
    _train("sketch", _sketch_of, out, config, model, data, finish, device, json)


@config_options(GuideTraining)
def label_encoder(
    out: RunOption,
    config: dict[str, Any],
    model: opt.Model = "portraits",
    data: PhotosOption = None,
    parser: Annotated[
        str, Option(help="What makes label maps of faces: a parsing network, name or file.")
    ] = "parsing",
    finish: FinishOption = False,
    device: opt.Device = "auto",
    json: opt.Json = False,
) -> None:
    """Train what reads a label map for `mien compose --label`; as sketch-encoder."""
    _train("label", _labels_of(parser, device), out, config, model, data, finish, device, json)


def _sketch_of(picture: Any, rng: Any) -> Any:
    """A face in a style and strength by chance, grey."""
    from mien.sketch.extract import STYLES

    style = list(STYLES)[int(rng.integers(len(STYLES)))]
    return STYLES[style](picture, float(rng.uniform(0, 1)))[..., 0]


def _labels_of(parser: str, device: str) -> GuideOf:
    """A parsing network as a maker of label maps; a face has one, whatever the chance."""
    from torch.nn import functional

    from mien import images
    from mien.faces.parsing.regions import load_parser
    from mien.runtime.devices import find_device

    place = find_device(device)
    network = load_parser(parser, str(place))

    def labels_of(picture: Any, rng: Any) -> Any:
        del rng
        shown = images.resize(picture, network.resolution)
        shares = network.shares(images.to_float(shown[None], place))
        size = list(picture.shape[:2])
        whole = functional.interpolate(shares, size, mode="bilinear", align_corners=False)
        return whole[0].argmax(dim=0).cpu().numpy().astype("uint8")

    return labels_of


def _train(
    guide: str,
    guide_of: GuideOf,
    out: Path,
    config: dict[str, Any],
    model: str,
    data: list[Path] | None,
    finish: bool,
    device: str,
    json: bool,
) -> None:
    from mien.inversion.compose import find_moments
    from mien.inversion.guide_training import GuideRecipe, joined
    from mien.runtime.memory import tune_allocator
    from mien.studio import Studio

    tune_allocator()
    settled, studio = GuideTraining(**config), Studio(model, device)
    moments = find_moments(studio)
    with showing() as tell:
        pairs = joined(_pairs(studio, moments, settled, out, data or [], tell))
    recipe = GuideRecipe(
        settled, guide, pairs, moments, guide_of, studio.generator, studio.device
    )  # fmt: skip
    run = Run(recipe, out, seen="pictures")
    last = follow_or_finish(run, Cadence(5, 20, 20, 20), json, finish)
    meta = {"generator": studio.loaded.sha256, "data": [str(path) for path in data or []]}
    path = recipe.finish(out / f"{guide}-encoder.safetensors", meta)
    emit({"out": out, "model": path, **last, **recipe.measure()}, json, f"wrote {path}")


def _pairs(
    studio: Any, moments: Any, config: GuideTraining, out: Path, data: list[Path], tell: Any
) -> list[Pairs]:
    """Drawn faces, then photographs; each kept in the run's folder."""
    from mien.data.training_set import TrainingSet
    from mien.inversion.guide_encoder import FINE_SIDE
    from mien.inversion.guide_training import Pairs, drawn_pairs

    found = []
    if config.faces:
        sha, count, seed = studio.loaded.sha256[:12], config.faces, config.seed
        cache = out / f"faces-{sha}-{count}-{seed}.npy"
        told = lambda i, n: tell("drawing faces", i, n)  # noqa: E731
        found.append(drawn_pairs(studio.generator, moments, count, seed, cache, told))
    for path in data:
        photos = TrainingSet.open(path, FINE_SIDE)
        codes = codes_of(studio, photos, out / f"codes-{path.stem}.npz", tell)[0]
        found.append(Pairs(photos.pictures, codes))
    return found
