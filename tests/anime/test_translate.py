"""Selfies as anime: styles, directions, faces found, chosen, cut and put back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from anime import toys as toys
from mien import images
from mien.anime.heads import UNREAD
from mien.anime.translate import AnimePainter, AnimeRequest, find_anime_model, wanted_styles
from mien.errors import InputError, OutputError, UnknownName, WeightsMissing
from mien.faces.choosing import DRAWN, SeveralFaces, Where, looks_drawn
from mien.hub import catalogue
from mien.hub.catalogue import Row
from mien.studio import Studio


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toys.write_model(tmp_path_factory.mktemp("anime") / "tiny.safetensors")


@pytest.fixture(scope="module")
def directions(model: Path) -> Path:
    return toys.write_directions(model.parent / "dirs.safetensors", model)


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio(device="cpu", precision="exact")


def test_styles_and_files(studio: Studio, model: Path, tmp_path: Path) -> None:
    photo = toys.picture([(48, 36)])
    images.save(tmp_path / "a.png", photo)
    finder = toys.ToyFinder()
    made = studio.anime(tmp_path / "a.png", 3, style_seed=5, model=model, finder=finder)
    assert made.faces.shape == (3, 32, 32, 3)
    assert made.stems == ("style0005", "style0006", "style0007")
    assert not np.array_equal(made.faces[0], made.faces[1])
    paths = made.save(tmp_path / "out", "a")
    names = ["a-style0005.png", "a-style0006.png", "a-style0007.png", "a-sheet.png"]
    assert [path.name for path in paths] == names
    said = images.read_provenance(paths[1])
    assert (said["style_seed"], said["model"], said["of"]) == (6, "tiny", str(tmp_path / "a.png"))
    assert len(said["sha256"]) == 64
    with pytest.raises(OutputError, match="exists already"):
        made.save(tmp_path / "out", "a")
    one = studio.anime(photo, 1, style_seed=6, model=model, finder=finder, size=48)
    assert one.faces.shape == (1, 48, 48, 3)
    assert [path.name for path in one.paths(tmp_path, "b")] == ["b-style0006.png"]
    again = studio.anime(photo, 1, style_seed=6, model=model, finder=finder)
    assert np.array_equal(again.faces[0], made.faces[1])


def test_an_engine_draws_the_same(model: Path) -> None:
    pytest.importorskip("openvino")
    crops = toys.picture([(16, 16)], (32, 32))[None].repeat(3, axis=0)
    made = []
    for engine, said in (("eager", "eager, exact"), ("openvino", "openvino, exact")):
        painter = AnimePainter(find_anime_model(model), "exact", engine)
        painter.prepare(3)
        assert painter.said == said
        made.append(painter.draw(painter.contents(crops), painter.styles([1, 2, 3])))
        alone = painter.draw(painter.contents(crops[:1]), painter.styles([1, 2, 3]))
        assert np.array_equal(alone, made[-1])
    assert np.abs(made[0].astype(int) - made[1].astype(int)).max() <= 1


def test_few_pictures_build_nothing(model: Path) -> None:
    painter = AnimePainter(find_anime_model(model), "fast", "auto")
    painter.prepare(2)
    assert painter.said.startswith("eager")
    with pytest.raises(UnknownName, match="turbo"):
        AnimePainter(find_anime_model(model), "fast", "turbo")


def test_style_of_a_picture(studio: Studio, model: Path, tmp_path: Path) -> None:
    images.save(tmp_path / "red girl.png", toys.picture([], (40, 50)))
    finder, photo = toys.ToyFinder(), toys.picture([(48, 36)])
    made = studio.anime(photo, style_from=tmp_path / "red girl.png", model=model, finder=finder)
    assert (len(made.faces), made.stems, made.captions) == (1, ("like-red girl",), ("red girl",))
    bare = toys.write_model(tmp_path / "bare.safetensors", reference=False)
    with pytest.raises(InputError, match="came without the encoder that reads styles"):
        studio.anime(photo, style_from=tmp_path / "red girl.png", model=bare, finder=finder)


def test_directions(studio: Studio, model: Path, directions: Path, tmp_path: Path) -> None:
    photo = toys.picture([(48, 36)])

    def draw(*settings: str, **more: object):
        how = {"model": model, "directions": directions, "finder": toys.ToyFinder(), **more}
        return studio.anime(photo, 1, settings=settings, **how)

    plain, moved = draw(), draw("blue hair/brown hair=15,-5")
    assert not np.array_equal(plain.faces, moved.faces)
    assert moved.provenance["edits"][0]["settings"][0]["coefficients"] == [15.0, -5.0]
    painter = studio.painter(model)
    from mien.anime.translate import find_steering

    steering = find_steering(painter.loaded, ["blue hair=2"], directions)
    assert steering is not None
    w = painter.styles([0])
    blue = steering.found.directions["blue hair"].vector
    torch.testing.assert_close(steering.apply(w), w + 2 * blue)
    with pytest.raises(UnknownName, match="unknown direction 'green hair'"):
        draw("green hair=1")
    with pytest.raises(WeightsMissing, match="there are no directions for model 'tiny'"):
        draw("blue hair=1", directions=None)
    other = toys.write_model(tmp_path / "other.safetensors", w_dim=16, style_dim=5)
    with pytest.raises(InputError, match="were found in generator"):
        draw("blue hair=1", model=other)
    z = toys.write_directions(tmp_path / "z.safetensors", model, "z")
    with pytest.raises(InputError, match="not of space w"):
        draw("blue hair=1", directions=z)


def test_which_face(studio: Studio, model: Path) -> None:
    finder = toys.ToyFinder(24)
    two = toys.picture([(24, 36), (72, 36)])

    def draw(photo: np.ndarray, **more: object):
        return studio.anime(photo, 1, model=model, finder=finder, **more)

    with pytest.raises(SeveralFaces, match="2 faces were found; choose one with `face`") as caught:
        draw(two)
    assert caught.value.preview.shape == two.shape
    left, right = draw(two, face=1), draw(two, face=2)
    assert left.alignment.frame.centre[0] < 48 < right.alignment.frame.centre[0]
    with pytest.raises(InputError, match="there is no face 3"):
        draw(two, face=3)
    none = toys.picture([])
    with pytest.raises(InputError, match="no face was found; say where it is with `box"):
        draw(none)
    assert draw(none, box=(30, 20, 24, 24)).alignment.frame.centre[0] == pytest.approx(42, abs=1)
    before = finder.asked
    middle = draw(none, aligned=True)
    assert finder.asked == before
    assert middle.alignment.frame.side == 72
    with pytest.raises(InputError, match="only one of"):
        Where(face=1, aligned=True)


def test_a_drawing_is_said_to_be_one(studio: Studio, model: Path) -> None:
    flat = np.full((64, 64, 3), 255, np.uint8)
    flat[20:40, 20:44] = (40, 60, 200)
    assert looks_drawn(flat)
    assert not looks_drawn(toys.picture([]))
    finder = toys.ToyFinder()
    with pytest.raises(InputError, match="it looks like a drawing already; `aligned=True` takes"):
        studio.anime(flat, 1, model=model, finder=finder)
    assert studio.anime(flat, 1, model=model, aligned=True).notes == (DRAWN,)


def test_paste(studio: Studio, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Where no parser came with mien an oval is pasted, and it is said.
    monkeypatch.setattr("mien.anime.photos.shipped_parser", lambda: None)
    photo = toys.picture([(48, 36)])
    made = studio.anime(photo, 2, model=model, finder=toys.ToyFinder(24), paste=True)
    assert made.results.shape == (2, *photo.shape)
    corner = (slice(0, 6), slice(0, 20))
    assert np.array_equal(made.results[0][corner], photo[corner])
    assert not np.array_equal(made.results[0][30:42, 40:56], photo[30:42, 40:56])
    # No square: the corners of the crop are the photo's, to the bit.
    for x, y in made.alignment.frame.corners().clip(0, (95, 71)).astype(int):
        assert np.array_equal(made.results[0][y, x], photo[y, x])
    head = studio.anime(photo, 2, model=model, finder=toys.ToyFinder(24), paste="square")
    assert head.results.shape == (2, 32, 32, 3)
    cut = head.crop.astype(int) - head.results[0]
    assert np.abs(cut[:2, :2]).max() <= 2
    assert not np.array_equal(head.results, made.faces)
    assert UNREAD in made.notes
    assert UNREAD in head.notes
    assert UNREAD not in studio.anime(photo, 1, model=model, finder=toys.ToyFinder(24)).notes


def test_the_first_style_is_the_models_own(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    painter = AnimePainter(find_anime_model(model), "exact")
    assert painter.style_seed == 0
    row = Row(
        name="m", kind="gans-n-roses", file="m", sha256=painter.loaded.sha256, bytes=1, licence="",
        data="", style_seed=7,
    )  # fmt: skip
    monkeypatch.setattr(catalogue, "ROWS", [row])
    assert [one["style_seed"] for one in wanted_styles(painter, AnimeRequest(2)).said] == [7, 8]
    told = wanted_styles(painter, AnimeRequest(1, style_seed=0)).said
    assert told == [{"style_seed": 0}]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"styles": 0}, "styles is 0"),
        ({"size": 8}, "size is 8"),
        ({"styles": 900}, "from 1 to 256"),
    ],
)
def test_numbers_are_checked(values: dict[str, int], said: str) -> None:
    with pytest.raises(InputError, match=said):
        AnimeRequest(**values)


def test_no_model(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.anime.translate.DEFAULT_ANIME", "no-such-anime")
    with pytest.raises(WeightsMissing, match="give `model=FILE`; mien train anime makes one"):
        Studio(device="cpu").anime(toys.picture([]), 1, aligned=True)
    with pytest.raises(UnknownName):
        studio.anime(toys.picture([]), 1, model="nobody", aligned=True)
