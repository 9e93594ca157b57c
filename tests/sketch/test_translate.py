"""Photo and sketch of any size through a model of one size; what is said, kept and refused."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from mien import images
from mien.checkpoints import native
from mien.data.paths import find_pictures, output_paths
from mien.errors import ImageError, InputError, OutputError, UnknownName, WeightsMissing
from mien.faces.choosing import Box, Finder
from mien.faces.frames import Frame
from mien.images.tiles import feather, through
from mien.sketch.extract import STYLES
from mien.sketch.pix2pix import Unet, UnetConfig
from mien.sketch.translate import Translator, by_face, find_model, is_grey, make_grey
from mien.studio import Studio

SIDE = 32


def write_model(path: Path, direction: str = "photo-to-sketch", method: str = "pix2pix") -> Path:
    """A tiny untrained U-Net of 32 pixels."""
    torch.manual_seed(0)
    config = {"ngf": 2, "downs": 5, "norm": "instance", "dropout": False}
    meta = {"method": method, "direction": direction, "resolution": SIDE, "split": "honest"}
    native.save(path, "translation-unet", Unet(UnetConfig(**config)).state_dict(), config, meta)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_model(folder / "p2s.safetensors")
    write_model(folder / "s2p.safetensors", "sketch-to-photo")
    return folder


def load(direction: str, model: Path | None, method: str | None = None, **form: Any) -> Translator:
    return Translator(find_model(direction, model, method), direction, **form)


def colourful(height: int, width: int) -> np.ndarray:
    return np.random.RandomState(0).randint(0, 256, (height, width, 3)).astype(np.uint8)


def smooth(height: int, width: int) -> np.ndarray:
    """A soft ramp in each channel."""
    y, x = np.mgrid[:height, :width]
    ramp = np.stack([y * 200 // height, x * 200 // width, (x + y) * 100 // (height + width)], 2)
    return (ramp + 20).astype(np.uint8)


# Any size


@pytest.mark.parametrize("big", ["resize", "tile"])
@pytest.mark.parametrize("size", [(1, 1), (32, 32), (7, 90), (90, 7), (33, 31), (100, 70)])
def test_the_size_is_kept(big: str, size: tuple[int, int]) -> None:
    made, how = through(colourful(*size), SIDE, lambda x: x, big)
    assert made.shape == (*size, 3)
    assert (how == "") == (size == (SIDE, SIDE))


@pytest.mark.parametrize("size", [(100, 70), (33, 200), (20, 50), (65, 65)])
def test_tiles_of_an_unchanged_picture_are_the_picture(size: tuple[int, int]) -> None:
    image = colourful(*size)
    made, how = through(image, SIDE, lambda x: x, "tile")
    assert np.array_equal(made, image)
    assert "tiles of 32x32 that overlap" in how


def test_seams_between_tiles_are_blended() -> None:
    calls = iter(range(100))

    def shade(tile: np.ndarray) -> np.ndarray:
        return np.full_like(tile, 60 + 80 * (next(calls) % 2))

    made, _ = through(smooth(32, 80), SIDE, shade, "tile")
    assert made.min() < 75
    assert made.max() > 125
    assert np.abs(np.diff(made[16, :, 0].astype(int))).max() < 30


def test_feather_never_reaches_nothing() -> None:
    weights = feather(SIDE)
    assert weights.min() > 0
    assert weights.max() <= 1
    assert np.allclose(weights, weights[::-1])


def test_resized_is_said() -> None:
    made, how = through(smooth(64, 48), SIDE, lambda x: x)
    assert how == "resized from 48x64 to 32x32 and back"
    assert np.abs(made.astype(int) - smooth(64, 48)).mean() < 4
    with pytest.raises(UnknownName, match="unknown way for big pictures 'crop'"):
        through(smooth(64, 48), SIDE, lambda x: x, "crop")


# Translator


def test_a_translation(folder: Path, tmp_path: Path) -> None:
    translator = load("photo-to-sketch", folder / "p2s.safetensors")
    made = translator.translate(colourful(40, 50), "resize", of="ann.jpg")
    assert made.image.shape == (40, 50, 3)
    assert made.provenance["method"] == "pix2pix"
    assert made.provenance["of"] == "ann.jpg"
    assert made.notes == ("resized from 50x40 to 32x32 and back",)
    path = made.save(tmp_path / "a.png")
    assert images.read_provenance(path)["direction"] == "photo-to-sketch"
    with pytest.raises(OutputError, match="exists already"):
        made.save(path)
    made.save(path, force=True)


def test_engines_and_precisions_agree(folder: Path) -> None:
    image = colourful(32, 32)
    made = []
    for form in ({"precision": "exact"}, {"precision": "fast"}, {"engine": "eager"}):
        translation = load("photo-to-sketch", folder / "p2s.safetensors", **form).translate(
            image, "resize"
        )
        made.append(translation.image.astype(int))
    assert np.abs(made[0] - made[1]).mean() < 3
    assert np.abs(made[0] - made[2]).mean() < 3
    with pytest.raises(InputError, match="precision 'int8' is neither"):
        load("photo-to-sketch", folder / "p2s.safetensors", precision="int8").translate(
            image, "tile"
        )
    with pytest.raises(UnknownName, match="unknown engine 'warp'"):
        load("photo-to-sketch", folder / "p2s.safetensors", engine="warp").translate(image, "tile")


def test_grey_where_a_photo_is_wanted_works_and_is_said(folder: Path) -> None:
    grey = make_grey(colourful(32, 32))
    made = load("photo-to-sketch", folder / "p2s.safetensors").translate(grey, "tile")
    assert made.image.shape == (32, 32, 3)
    assert made.notes == ("the picture is grey, and a photo in colour was wanted",)


def test_colour_where_a_sketch_is_wanted_is_made_grey(folder: Path) -> None:
    image = colourful(32, 32)
    translator = load("sketch-to-photo", folder / "s2p.safetensors")
    made, grey = (translator.translate(x, "tile") for x in (image, make_grey(image)))
    assert np.array_equal(made.image, grey.image)
    assert "made grey" in made.notes[0]
    assert grey.notes == ()


def test_grey() -> None:
    assert is_grey(make_grey(colourful(20, 20)))
    assert not is_grey(colourful(20, 20))
    assert is_grey(
        np.clip(make_grey(colourful(9, 9)) + np.array([2, 0, -1]), 0, 255).astype(np.uint8)
    )


def test_the_wrong_way_is_refused(folder: Path) -> None:
    match = "model 's2p' goes sketch-to-photo and photo-to-sketch is wanted; run: mien photo"
    with pytest.raises(InputError, match=match):
        load("photo-to-sketch", folder / "s2p.safetensors")
    with pytest.raises(UnknownName, match="unknown direction 'back'"):
        load("back", folder / "s2p.safetensors")


def test_a_model_for_other_pictures_is_refused(tmp_path: Path) -> None:
    config = {"ngf": 2, "downs": 5, "in_channels": 1}
    network = Unet(UnetConfig(ngf=2, downs=5, in_channels=1))
    native.save(tmp_path / "one.safetensors", "translation-unet", network.state_dict(), config)
    with pytest.raises(InputError, match="model 'one' takes 1 channels and gives 3, and pictures"):
        load("photo-to-sketch", tmp_path / "one.safetensors")


def test_methods(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = folder / "p2s.safetensors"
    assert load("photo-to-sketch", file, "pix2pix").resolution == SIDE
    with pytest.raises(InputError, match="model 'p2s' is of method 'pix2pix', not 'cyclegan'"):
        load("photo-to-sketch", file, "cyclegan")
    with pytest.raises(UnknownName, match="unknown method 'gan'"):
        load("photo-to-sketch", file, "gan")
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    with pytest.raises(WeightsMissing, match="no model of method 'autoencoder' is on this disk"):
        load("photo-to-sketch", None, "autoencoder")
    (tmp_path / "weights").mkdir()
    write_model(tmp_path / "weights" / "photo-to-sketch-autoencoder.safetensors",
                method="autoencoder")  # fmt: skip
    found = load("photo-to-sketch", None, "autoencoder")
    assert found.loaded.name == "photo-to-sketch-autoencoder"


def test_the_studio_keeps_a_model(folder: Path, tmp_path: Path) -> None:
    studio = Studio(device="cpu")
    images.save(tmp_path / "a.png", colourful(20, 30))
    made = studio.sketch(tmp_path / "a.png", folder / "p2s.safetensors", big="resize")
    assert made.image.shape == (20, 30, 3)
    assert made.provenance["of"] == str(tmp_path / "a.png")
    again = studio.sketch(colourful(20, 30), folder / "p2s.safetensors", big="tile")
    assert np.array_equal(made.image, again.image)
    assert len(studio._translators) == 1
    back = studio.photo(made.image, folder / "s2p.safetensors", big="tile")
    assert back.provenance["direction"] == "sketch-to-photo"


# Faces


class Found(Finder):
    """A finder of faces that are where they were said to be."""

    def __init__(self, *frames: Frame) -> None:
        self.faces = [SimpleNamespace(frame=frame) for frame in frames]

    def find(self, image: np.ndarray) -> list[Any]:
        return self.faces

    def in_box(self, image: np.ndarray, box: Box) -> Any:
        raise AssertionError(box)


def test_each_face_is_shown_at_its_own_scale() -> None:
    image = smooth(120, 200)
    frames = [Frame((50, 60), (15, 0)), Frame((140, 50), (28, 3))]
    seen = []

    def look(picture: np.ndarray) -> np.ndarray:
        seen.append(picture)
        return picture

    made, how = by_face(image, frames, SIDE, look)
    assert np.abs(made.astype(int) - image).mean() < 2, "no seam where nothing is changed"
    assert how == f"2 faces at 32x32, the rest in {len(seen) - 2} tiles of 32x32 that overlap"
    # The smaller one first, so that the larger one lies on top; both fill the network's square.
    reach = [np.ptp(picture[0, 16, :, 1].astype(float)) for picture in seen[:2]]
    assert reach[0] / reach[1] == pytest.approx(15 / 28, rel=0.2)
    made, how = by_face(image, frames[:1], SIDE, lambda x: x * 0 + 90, rest=False)
    assert (made == 90).all()
    assert how == "1 face at 32x32, the rest in one colour"


def test_a_photo_with_and_without_faces(folder: Path) -> None:
    translator = load("photo-to-sketch", folder / "p2s.safetensors")
    finder = Found(Frame((20, 30), (12, 0)))
    made = translator.translate(colourful(60, 50), finder=finder)
    assert made.image.shape == (60, 50, 3)
    assert made.notes[0].startswith("1 face at 32x32")
    none = translator.translate(colourful(60, 50), finder=Found())
    assert none.notes == ("no face was found", "resized from 50x60 to 32x32 and back")


# Styles


def test_styles_of_one_verb(folder: Path) -> None:
    studio, photo = Studio(device="cpu"), smooth(30, 40)
    made = studio.sketch(photo)
    assert np.array_equal(made.image, STYLES["pencil"](photo, 0.5))
    assert made.provenance == {"of": None, "style": "pencil", "strength": 0.5}
    line = studio.sketch(photo, style="line", strength=0.9)
    assert np.array_equal(line.image, STYLES["line"](photo, 0.9))
    file = folder / "p2s.safetensors"
    with pytest.raises(InputError, match="style 'xdog' needs no network"):
        studio.sketch(photo, file, style="xdog")
    with pytest.raises(UnknownName, match=r"unknown style of sketches 'chalk'.*learned"):
        studio.sketch(photo, style="chalk")
    learned = studio.sketch(photo, file, big="tile")
    assert learned.provenance["model"] == "p2s"


# What a person names


def test_files_folders_and_patterns(tmp_path: Path) -> None:
    for name in ("a.png", "b.JPG", "sub/c.webp", ".hidden.png", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    names = [found.path.name for found in find_pictures([tmp_path])]
    assert names == ["a.png", "b.JPG", "c.webp"]
    found = find_pictures(
        [tmp_path / "a.png", str(tmp_path / "*"), str(tmp_path / "**" / "*.webp")]
    )
    assert [(one.path.name, one.named) for one in found] == [
        ("a.png", True), ("b.JPG", False), ("c.webp", False)]  # fmt: skip
    with pytest.raises(ImageError, match=r"absent\.png: there is no such file"):
        find_pictures([tmp_path / "absent.png"])


def test_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.mp4").write_bytes(b"x")
    with pytest.raises(ImageError, match="empty: holds no picture among its 0 files"):
        find_pictures([tmp_path / "empty"])
    with pytest.raises(ImageError, match=r"1 of them videos \(mien anime takes those\)"):
        find_pictures([tmp_path / "clips"])
    with pytest.raises(ImageError, match=r"a\.mp4: is a video, .* mien anime a\.mp4"):
        find_pictures([tmp_path / "clips" / "a.mp4"])
    with pytest.raises(ImageError, match=r"matches 0 files and no picture"):
        find_pictures([str(tmp_path / "*.jpg")])
    with pytest.raises(InputError, match="there is no picture"):
        find_pictures([])


def test_where_results_go(tmp_path: Path) -> None:
    for name in ("one/a.png", "two/a.jpg", "two/A.webp", "two/b.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = find_pictures([tmp_path / "one", tmp_path / "two"])
    paths = output_paths(found, tmp_path / "out")
    assert [path.name for path in paths] == ["a.png", "A-2.png", "a-3.png", "b.png"]
    assert output_paths(found[:1], "result.png") == [Path("result.png")]
    with pytest.raises(
        InputError, match=r"`path=result\.png` is one file, and there are 4 pictures"
    ):
        output_paths(found, "result.png")
