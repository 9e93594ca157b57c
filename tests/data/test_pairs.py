"""Pairs in memory: layouts, parts, the eight variants, the honest and the leaky split."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien import images
from mien.data.pairs import VARIANTS, PairedSet, UnpairedSet, turn
from mien.errors import DatasetError, ImageError, InputError

Encode = Callable[..., bytes]
Layout = Callable[..., Path]


@pytest.fixture
def people(face: Encode) -> Callable[..., dict[str, bytes]]:
    """(count, photo folder, sketch folder) -> files; photo i is face i, sketch i face 100 + i."""

    def make(count: int, photo: str = "photo", sketch: str = "sketch") -> dict[str, bytes]:
        files = {f"{photo}/p{i:02d}.png": face(i) for i in range(count)}
        return files | {f"{sketch}/p{i:02d}.png": face(100 + i) for i in range(count)}

    return make


def shown(face: Encode, number: int, size: int = 16) -> np.ndarray:
    """What face ``number`` looks like in a set."""
    return images.resize(images.decode(face(number)), size, "bicubic")


def everything(pairs: PairedSet) -> tuple[np.ndarray, np.ndarray]:
    return pairs.batch(np.arange(len(pairs)))


def test_two_folders_of_equal_stems(lay_out: Layout, people, face: Encode) -> None:
    path = lay_out(people(5))
    pairs = PairedSet.open(path, 16, "all")
    assert len(pairs) == 5
    assert pairs.names == tuple(f"p{i:02d}" for i in range(5))
    a, b = pairs.batch(np.array([3, 0]))
    assert a.shape == b.shape == (2, 16, 16, 3)
    assert a.dtype == np.uint8
    assert np.array_equal(a[0], shown(face, 3))
    assert np.array_equal(b[1], shown(face, 100))
    a[:] = 0  # a copy
    assert pairs.a.max() > 0


@pytest.mark.parametrize(
    ("photo", "sketch"),
    [("A", "B"), ("Photos", "sketches"), ("faces/photo", "faces/sketch"), ("x/A", "x/B")],
)
def test_other_names_of_the_two_folders(lay_out: Layout, people, photo: str, sketch: str) -> None:
    pairs = PairedSet.open(lay_out(people(3, photo, sketch)), 16, "all")
    assert pairs.names == ("p00", "p01", "p02")


def test_sides_say_which_is_which(lay_out: Layout, people, face: Encode) -> None:
    path = lay_out(people(3, "day", "night"))
    pairs = PairedSet.open(path, 16, "all", sides=("night", "day"))
    assert np.array_equal(pairs.a[0], shown(face, 100))
    path = lay_out(people(3), "more")
    pairs = PairedSet.open(path, 16, "all", sides=("sketch", "photo"))
    assert np.array_equal(pairs.a[2], shown(face, 102))
    assert np.array_equal(pairs.b[2], shown(face, 2))


def test_the_whole_picture_is_resized(lay_out: Layout, face: Encode) -> None:
    wide = face(1, 30, 20)
    pairs = PairedSet.open(lay_out({"photo/a.png": wide, "sketch/a.png": wide}), 8, "all")
    assert np.array_equal(pairs.a[0], images.resize(images.decode(wide), 8, "bicubic"))
    assert pairs.aspect == pytest.approx(20 / 30)


@pytest.mark.parametrize("names", [("trainA", "trainB", "testA", "testB"),
                                   ("A/train", "B/train", "A/val", "B/val")])  # fmt: skip
def test_a_layout_may_bring_its_own_split(lay_out: Layout, people, names: tuple[str, ...]) -> None:
    a, b, test_a, test_b = names
    path = lay_out(people(4, a, b) | people(2, test_a, test_b))
    parts = {part: PairedSet.open(path, 16, part) for part in ("train", "kept-out", "all")}
    assert [len(pairs) for pairs in parts.values()] == [4, 2, 6]
    assert all(name.startswith("train/") for name in parts["train"].names)


def test_side_by_side(lay_out: Layout, encode: Encode) -> None:
    pixels = np.random.RandomState(0).randint(0, 256, (16, 32, 3)).astype(np.uint8)
    files = {f"some/{i}.png": encode(Image.fromarray(np.roll(pixels, i))) for i in range(5)}
    path = lay_out(files)
    pairs = PairedSet.open(path, 16, "all")
    assert pairs.names == ("0", "1", "2", "3", "4")
    assert np.array_equal(pairs.a[0], pixels[:, :16])
    assert np.array_equal(pairs.b[0], pixels[:, 16:])
    for sides in (("right", "left"), ("sketch", "photo"), ("B", "A")):
        swapped = PairedSet.open(path, 16, "all", sides=sides)
        assert np.array_equal(swapped.a, pairs.b)
        assert np.array_equal(swapped.b, pairs.a)


def test_side_by_side_with_its_own_split(lay_out: Layout, face: Encode) -> None:
    files = {f"train/{i}.png": face(i, 32) for i in range(3)} | {"test/0.png": face(9, 32)}
    path = lay_out(files)
    assert PairedSet.open(path, 16, "kept-out").names == ("test/0",)
    assert len(PairedSet.open(path, 16)) == 3


def test_the_last_fifth_of_names_is_kept_out(lay_out: Layout, people) -> None:
    path = lay_out(people(10))
    kept, train = PairedSet.open(path, 16, "kept-out"), PairedSet.open(path, 16)
    assert kept.names == ("p08", "p09")
    assert train.names == tuple(f"p{i:02d}" for i in range(8))
    assert len({pairs.fingerprint for pairs in (kept, train)}) == 2
    assert PairedSet.open(path, 16).fingerprint == train.fingerprint


def test_eight_variants_all_different_and_the_same_for_both(lay_out: Layout, people) -> None:
    pairs = PairedSet.open(lay_out(people(2)), 16, "all")
    one = np.zeros(VARIANTS, np.int64)
    a, b = pairs.batch(one, np.arange(VARIANTS))
    assert len({picture.tobytes() for picture in a}) == VARIANTS
    assert np.array_equal(a[0], pairs.a[0])
    assert np.array_equal(a[1], np.rot90(pairs.a[0]))
    assert np.array_equal(a[4], pairs.a[0][:, ::-1])
    assert np.array_equal(a[6], np.rot90(pairs.a[0], 2)[:, ::-1])
    for i in range(VARIANTS):
        assert np.array_equal(b[i], turn(pairs.b[0], i))
    with pytest.raises(InputError, match="variant 8 is not from 0 to 7"):
        turn(a[0], 8)


def test_the_leaky_split_shuffles_variants(lay_out: Layout, people) -> None:
    path = lay_out(people(10))
    train = PairedSet.open(path, 16, "train", "leaky")
    kept = PairedSet.open(path, 16, "kept-out", "leaky")
    assert (len(train), len(kept)) == (64, 16)
    assert not set(train.names) & set(kept.names)
    assert len(set(train.names) | set(kept.names)) == 80
    people_of = [{name.split("+")[0] for name in part.names} for part in (train, kept)]
    assert people_of[0] & people_of[1]  # that is what leaks
    upright = PairedSet.open(path, 16, "all")
    for i, name in enumerate(kept.names):
        stem, variant = name.split("+")
        a, b = kept.batch(np.array([i]))
        place = upright.names.index(stem)
        assert np.array_equal(a[0], turn(upright.a[place], int(variant)))
        assert np.array_equal(b[0], turn(upright.b[place], int(variant)))
    assert PairedSet.open(path, 16, "train", "leaky").names == train.names
    # A variant of a variant is one of the eight again.
    a = train.batch(np.array([0]), np.array([3]))[0]
    assert any(np.array_equal(a[0], turn(upright.batch(np.array(
        [upright.names.index(train.names[0][:3])]))[0][0], v)) for v in range(8))  # fmt: skip


def test_pairs_without_a_partner_are_listed(lay_out: Layout, people, face: Encode) -> None:
    files = people(3) | {f"photo/x{i:02d}.png": face(i) for i in range(12)}
    match = (
        r"no partner for 12 pictures, with 15 of 'photo' and 3 of 'sketch': x00 \(no sketch\), "
        r".*x09 \(no sketch\) and 2 more"
    )
    with pytest.raises(DatasetError, match=match):
        PairedSet.open(lay_out(files))


def test_two_sizes_in_a_pair(lay_out: Layout, face: Encode) -> None:
    path = lay_out({"photo/a.png": face(1, 20, 16), "sketch/a.jpg": face(2, 16, 20)})
    match = r"photo/a\.png: is 20x16, its partner 'sketch/a\.jpg' 16x20; bring both to one size"
    with pytest.raises(DatasetError, match=match):
        PairedSet.open(path, 16, "all")


def test_what_is_no_set_of_pairs(lay_out: Layout, people, face: Encode, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"holds no picture \(1 file altogether\)"):
        PairedSet.open(lay_out({"notes.txt": b"hello"}, "notes"))
    with pytest.raises(DatasetError, match="has no folder of the side 'day' among its 2 folders"):
        PairedSet.open(lay_out(people(2), "people"), sides=("day", "night"))
    with pytest.raises(
        DatasetError, match=r"0\.png: is 16x16: two pictures side by side are wider"
    ):
        PairedSet.open(lay_out({"0.png": face(1), "1.png": face(2)}, "single"), 16, "all")
    with pytest.raises(DatasetError, match="there is no such file or folder"):
        PairedSet.open(tmp_path / "absent")
    with pytest.raises(DatasetError, match=r"a\.png: has the same stem as 'photo/a\.jpg'"):
        PairedSet.open(lay_out({"photo/a.jpg": face(1), "photo/a.png": face(1)}, "twice"))
    with pytest.raises(ImageError, match=r"a\.png: is not a picture"):
        PairedSet.open(lay_out({"photo/a.png": b"hi", "sketch/a.png": face(1)}, "bad"), 16, "all")


def test_arguments_that_make_no_sense(lay_out: Layout, people) -> None:
    path = lay_out(people(1))
    with pytest.raises(DatasetError, match="part 'train' is empty: 1 of its 1 pairs are kept out"):
        PairedSet.open(path, 16)
    with pytest.raises(InputError, match="unknown part of a data set 'test'"):
        PairedSet.open(path, 16, "test")
    with pytest.raises(InputError, match="unknown split of pairs 'fair'"):
        PairedSet.open(path, 16, split="fair")
    with pytest.raises(InputError, match="resolution is 0"):
        PairedSet.open(path, 0)
    with pytest.raises(InputError, match="sides 'photo' and 'A' are one and the same"):
        PairedSet.open(path, 16, sides=("photo", "A"))


def test_unpaired_domains(lay_out: Layout, face: Encode) -> None:
    files = {f"trainA/{i}.png": face(i) for i in range(3)}
    files |= {f"trainB/other{i}.png": face(10 + i) for i in range(5)} | {"testA/t.png": face(20)}
    path = lay_out(files)
    domains = UnpairedSet.open(path, 16)
    assert (len(domains), len(domains.a), len(domains.b)) == (5, 3, 5)
    a, b = domains.batch(np.array([4, 0]), np.array([0, 1]), np.array([2, 7]), np.array([4, 0]))
    assert np.array_equal(a[0], shown(face, 1))  # 4 of 3 begins anew
    assert np.array_equal(a[1], np.rot90(shown(face, 0)))
    assert np.array_equal(b[0], shown(face, 12)[:, ::-1])
    assert np.array_equal(b[1], shown(face, 12))
    a, b = domains.batch(np.array([2]))
    assert np.array_equal(b[0], shown(face, 12))
    assert UnpairedSet.open(path, 16, "all").fingerprint != domains.fingerprint


def test_unpaired_without_test_folders(lay_out: Layout, face: Encode) -> None:
    files = {f"A/{i}.png": face(i) for i in range(5)} | {f"B/{i}.png": face(i) for i in range(9)}
    path = lay_out(files)
    assert UnpairedSet.open(path, 16, "kept-out").names_a == ("4",)
    assert len(UnpairedSet.open(path, 16).names_b) == 8
    with pytest.raises(DatasetError, match="no folder of the side 'C'"):
        UnpairedSet.open(path, 16, sides=("A", "C"))


def test_pairs_taken_apart(lay_out: Layout, people) -> None:
    pairs = PairedSet.open(lay_out(people(5)), 16)
    apart = pairs.unpaired()
    assert len(apart) == 4
    a, b = apart.batch(np.array([1]), others=np.array([2]))
    assert np.array_equal(a[0], pairs.a[1])
    assert np.array_equal(b[0], pairs.b[2])


@pytest.mark.shared
def test_thirty_people_of_cuhk_are_kept_out(shared: Path) -> None:
    kept = PairedSet.open(shared / "data" / "cuhk.zip", 32, "kept-out")
    train = PairedSet.open(shared / "data" / "cuhk.zip", 32)
    assert (len(train), len(kept)) == (120, 30)
    assert max(train.names) < min(kept.names) == "m-098-01"
    leaky = PairedSet.open(shared / "data" / "cuhk.zip", 16, "kept-out", "leaky")
    assert len(leaky) == 240
