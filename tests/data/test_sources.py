"""Folders and zips read alike: order, layouts, labels, and what is refused."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien import images
from mien.data import sources, stores
from mien.data.pair_layouts import find_pairs
from mien.errors import DatasetError, ImageError

Encode = Callable[..., bytes]
Layout = Callable[..., Path]


def test_pictures_are_listed_in_sorted_order_and_read_at_random(
    lay_out: Layout, face: Encode
) -> None:
    files = {
        "b/2.png": face(2),
        "a/1.PNG": face(1),
        "c.png": face(3),
        "__MACOSX/a/._1.png": b"junk",
        ".DS_Store": b"junk",
        "a/.hidden.png": b"junk",
        "notes.txt": b"hello",
    }
    source = sources.open_source(lay_out(files))
    assert isinstance(source, sources.PictureSource)
    assert source.names == ("a/1.PNG", "b/2.png", "c.png")
    assert len(source) == 3
    assert [source.read(i) for i in (2, 0, 1)] == [face(3), face(1), face(2)]
    assert np.array_equal(source.picture(1), images.decode(face(2)))


def test_a_picture_of_a_size_is_the_middle_resized(lay_out: Layout, face: Encode) -> None:
    source = sources.open_source(lay_out({"a.png": face(1, 30, 20)}))
    whole = images.decode(face(1, 30, 20))
    assert np.array_equal(source.picture(0, 8), images.resize(whole[:, 5:25], 8))
    assert source.picture(0).shape == (20, 30, 3)


def test_one_folder_of_a_set(lay_out: Layout, face: Encode) -> None:
    path = lay_out({"one/a.png": face(1), "one/deep/b.png": face(2), "oneself/c.png": face(3)})
    assert sources.open_source(path, "one").names == ("one/a.png", "one/deep/b.png")
    with pytest.raises(DatasetError, match=r"holds no picture in 'two' \(3 files"):
        sources.open_source(path, "two")


def test_select_and_fingerprint(make_zip: Layout, face: Encode) -> None:
    files = {"a.png": face(1), "b.png": face(2)}
    source = sources.open_source(make_zip(files))
    assert source.select([1]).names == ("b.png",)
    same = sources.open_source(make_zip(files, "copy.zip"))
    other = sources.open_source(make_zip({**files, "b.png": face(3)}, "other.zip"))
    assert source.fingerprint() == same.fingerprint()
    prints = {s.fingerprint() for s in (source, other, source.select([0]), source.select([1, 0]))}
    assert len(prints) == 4


def test_the_fingerprint_of_a_folder_sees_a_changed_file(tmp_path: Path, face: Encode) -> None:
    (tmp_path / "a.png").write_bytes(face(1))
    before = sources.open_source(tmp_path).fingerprint()
    (tmp_path / "a.png").write_bytes(face(2) + b" ")
    assert sources.open_source(tmp_path).fingerprint() != before


def test_a_source_survives_pickling(lay_out: Layout, face: Encode) -> None:
    source = sources.open_source(lay_out({"a.png": face(1), "b.png": face(2)}))
    source.read(0)
    copy = pickle.loads(pickle.dumps(source))
    assert copy.read(1) == face(2)
    assert copy.fingerprint() == source.fingerprint()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_opens_the_zip_for_itself(make_zip: Layout, face: Encode) -> None:
    source = sources.open_source(make_zip({"a.png": face(1), "b.png": face(2)}))
    source.read(0)
    store = source.store
    assert isinstance(store, stores.ZipStore)
    ours = store._archive
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, source.read(1) if store._opened() is not ours else b"a shared handle")
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        assert pipe.read() == face(2)
    assert store._opened() is ours


# What is refused


@pytest.mark.parametrize(
    "name", ["../out.png", "a/../../out.png", "/etc/out.png", "C:/out.png", "..\\out.png"]
)
def test_a_zip_that_climbs_out_is_refused(name: str, make_zip: Layout, face: Encode) -> None:
    path = make_zip({"a.png": face(1), name: face(2)})
    with pytest.raises(DatasetError, match=r"faces\.zip: its member .* climbs out"):
        sources.open_source(path)


def test_dots_in_names_do_not_climb(make_zip: Layout, face: Encode) -> None:
    source = sources.open_source(make_zip({"a..b/c...png": face(1), "./d.png": face(2)}))
    assert source.names == ("./d.png", "a..b/c...png")


def test_nothing_to_read_is_refused(tmp_path: Path, lay_out: Layout) -> None:
    with pytest.raises(DatasetError, match=r"faces.*: holds no picture \(0 files altogether\)"):
        sources.open_source(lay_out({}))
    with pytest.raises(DatasetError, match=r"holds no picture \(1 file.*these are read: \.png"):
        sources.open_source(lay_out({"a.txt": b""}, "text"))
    with pytest.raises(DatasetError, match="there is no such file or folder"):
        sources.open_source(tmp_path / "absent")


def test_what_is_no_zip_is_refused(tmp_path: Path, make_zip: Layout, face: Encode) -> None:
    (tmp_path / "a.zip").write_bytes(b"hello")
    with pytest.raises(DatasetError, match=r"a\.zip: is neither a folder nor a readable zip"):
        sources.open_source(tmp_path / "a.zip")
    cut = make_zip({"a.png": face(1)})
    cut.write_bytes(cut.read_bytes()[:-30])
    with pytest.raises(DatasetError, match="is neither a folder nor a readable zip"):
        sources.open_source(cut)


def test_a_damaged_member_is_named(make_zip: Layout, face: Encode) -> None:
    path = make_zip({"a.png": face(1), "b.png": face(2)})
    data = path.read_bytes()
    at = data.index(face(2)) + 100
    path.write_bytes(data[:at] + b"\0\0\0\0" + data[at + 4 :])
    source = sources.open_source(path)
    assert source.read(0) == face(1)
    with pytest.raises(DatasetError, match=r"faces\.zip:b\.png: is broken .*CRC"):
        source.read(1)


def test_an_encrypted_member_is_named(make_zip: Layout, face: Encode) -> None:
    path = make_zip({"a.png": face(1)})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(DatasetError, match=r"a\.png: cannot be unpacked .*encrypted"):
        sources.open_source(path).read(0)


def test_a_file_that_is_too_big_is_refused_unread(
    lay_out: Layout, monkeypatch: pytest.MonkeyPatch, face: Encode
) -> None:
    monkeypatch.setattr(stores, "MAX_FILE_BYTES", 10)
    source = sources.open_source(lay_out({"a.png": face(1)}))
    with pytest.raises(DatasetError, match=rf"a\.png: is {len(face(1))} bytes, the limit .* 10"):
        source.read(0)


def test_a_bad_picture_is_named(lay_out: Layout, face: Encode) -> None:
    source = sources.open_source(lay_out({"a.png": face(1)[:50]}))
    with pytest.raises(ImageError, match=r"faces(\.zip:|/)a\.png: is (broken|not a picture)"):
        source.picture(0)


def test_a_file_that_vanished_is_named(tmp_path: Path, face: Encode) -> None:
    (tmp_path / "a.png").write_bytes(face(1))
    source = sources.open_source(tmp_path)
    (tmp_path / "a.png").unlink()
    with pytest.raises(DatasetError, match=r"a\.png: cannot be read \(No such file"):
        source.read(0)
    with pytest.raises(DatasetError, match=r"a\.png: cannot be read"):
        source.fingerprint()


def test_a_name_that_is_twice_in_a_zip(tmp_path: Path, face: Encode) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.png", face(1))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.png", face(2))
    store = stores.ZipStore(tmp_path / "a.zip")
    assert store.names == store.repeated == ("a.png",)
    assert store.read("a.png") == face(2)


# NVlabs


def nvlabs(face: Encode, labels: object) -> dict[str, bytes]:
    return {
        "00000/img00000000.png": face(0),
        "00000/img00000001.png": face(1),
        "dataset.json": json.dumps({"labels": labels}).encode(),
    }


def test_class_numbers_become_one_hot(lay_out: Layout, face: Encode) -> None:
    listed = [["00000/img00000001.png", 2], ["00000/img00000000.png", 0]]
    source = sources.open_source(lay_out(nvlabs(face, listed)))
    labels = source.class_labels()
    assert labels is not None
    assert labels.dtype == np.float32
    assert labels.tolist() == [[1, 0, 0], [0, 0, 1]]
    alone = source.select([0]).class_labels()
    assert alone is not None
    assert alone.tolist() == [[1, 0, 0]]


def test_label_vectors_stay_as_they_are(lay_out: Layout, face: Encode) -> None:
    listed = [["00000/img00000000.png", [0.5, 1]], ["00000/img00000001.png", [0, -1]]]
    labels = sources.open_source(lay_out(nvlabs(face, listed))).class_labels()
    assert labels is not None
    assert labels.tolist() == [[0.5, 1], [0, -1]]


def test_no_labels(lay_out: Layout, face: Encode) -> None:
    assert sources.open_source(lay_out(nvlabs(face, None))).class_labels() is None
    assert sources.open_source(lay_out({"a.png": face(1)}, "bare")).class_labels() is None


@pytest.mark.parametrize(
    ("labels", "cause"),
    [
        ([["00000/img00000000.png", 0]], r"no label for 1 of 2 pictures, '00000/img00000001\.png'"),
        ([["00000/img00000000.png", [1]], ["00000/img00000001.png", [1, 2]]], "different lengths"),
        ([["00000/img00000000.png", -1], ["00000/img00000001.png", 0]], "neither class numbers"),
        ([["00000/img00000000.png", "a"], ["00000/img00000001.png", "b"]], "neither class numbers"),
        ([1, 2], "is not a list of labels"),
        (7, "is not a list of labels"),
    ],
)
def test_damaged_labels_are_named(
    labels: object, cause: str, lay_out: Layout, face: Encode
) -> None:
    source = sources.open_source(lay_out(nvlabs(face, labels)))
    with pytest.raises(DatasetError, match=rf"dataset\.json: .*{cause}"):
        source.class_labels()


def test_dataset_json_that_is_not_json(lay_out: Layout, face: Encode) -> None:
    source = sources.open_source(lay_out({"a.png": face(1), "dataset.json": b"{"}))
    with pytest.raises(DatasetError, match=r"dataset\.json: is not a list"):
        source.class_labels()


# Two kinds of pictures, and pairs


@pytest.mark.parametrize("outer", ["", "horse2zebra/"])
def test_domains(outer: str, lay_out: Layout, face: Encode) -> None:
    files = {
        f"{outer}trainA/1.png": face(1),
        f"{outer}trainA/2.png": face(2),
        f"{outer}trainB/1.png": face(3),
        f"{outer}testA/3.png": face(4),
    }
    domains = sources.open_domains(lay_out(files))
    assert domains.train_a.names == (f"{outer}trainA/1.png", f"{outer}trainA/2.png")
    assert domains.train_b.read(0) == face(3)
    assert domains.test_a is not None
    assert domains.test_a.read(0) == face(4)
    assert domains.test_b is None


def test_domains_that_are_not_there(lay_out: Layout, face: Encode) -> None:
    with pytest.raises(DatasetError, match="holds no picture in 'trainB'"):
        sources.open_domains(lay_out({"trainA/1.png": face(1)}))
    with pytest.raises(DatasetError, match="holds no picture in 'trainA'"):
        sources.open_domains(lay_out({"1.png": face(1)}, "flat"))


def test_pairs_by_stem(lay_out: Layout, face: Encode, encode: Encode) -> None:
    sketch = encode(Image.new("L", (8, 8), 9), "JPEG")
    files = {
        "photo/b.png": face(2),
        "photo/a.png": face(1),
        "sketch/a.jpg": sketch,
        "sketch/b.png": face(4),
    }
    path = lay_out(files)
    pairs = find_pairs(stores.open_store(path), ("photo", "sketch"))
    assert pairs.names == ("a", "b")
    assert pairs.first.names == ("photo/a.png", "photo/b.png")
    assert pairs.second.names == ("sketch/a.jpg", "sketch/b.png")
    assert pairs.select([1]).second.read(0) == face(4)
    swapped = find_pairs(stores.open_store(path), ("sketch", "photo"))
    assert swapped.first.read(0) == sketch


def test_pairs_that_do_not_match(lay_out: Layout, face: Encode) -> None:
    files = {"photo/a.png": face(1), "photo/b.png": face(2), "sketch/a.png": face(3)}
    cause = "no partner for 1 picture, with 2 of 'photo' and 1 of 'sketch': b "
    with pytest.raises(DatasetError, match=cause):
        find_pairs(stores.open_store(lay_out(files)), ("photo", "sketch"))
    with pytest.raises(DatasetError, match=r"no folder of the side 'photo' among its 1 folders"):
        find_pairs(stores.open_store(lay_out({"c/1.png": face(1)}, "one")), ("photo", "day"))
    twins = {"a/1.png": face(1), "a/1.bmp": face(1), "b/1.png": face(2)}
    with pytest.raises(DatasetError, match=r"a/1\.png: has the same stem as 'a/1\.bmp'"):
        find_pairs(stores.open_store(lay_out(twins, "twins")), ("a", "b"))


def test_pairs_side_by_side(lay_out: Layout, face: Encode) -> None:
    store = stores.open_store(lay_out({"train/7.png": face(1, 32, 16)}))
    pairs = find_pairs(store, ("left", "right"))
    whole = images.decode(face(1, 32, 16))
    assert pairs.names == ("train/7",)
    assert np.array_equal(pairs.first.picture(0), whole[:, :16])
    assert np.array_equal(pairs.second.picture(0), whole[:, 16:])
    assert pairs.second.picture(0, 4).shape == (4, 4, 3)
    assert pairs.first.fingerprint() != pairs.second.fingerprint()


def test_halves_of_odd_width_are_named(lay_out: Layout, face: Encode) -> None:
    store = stores.open_store(lay_out({"7.png": face(1, 31, 16)}))
    pairs = find_pairs(store, ("left", "right"))
    with pytest.raises(DatasetError, match=r"7\.png: is 31 pixels wide, .* even number"):
        pairs.first.picture(0)


@pytest.mark.shared
def test_the_sets_that_lie_beside_the_project(shared: Path) -> None:
    data = shared / "data"
    faces = sources.open_source(data / "sfhq.zip")
    assert (len(faces), faces.names[0], faces.names[-1]) == (1785, "00000.webp", "01784.webp")
    assert faces.picture(1784, 64).shape == (64, 64, 3)
    pairs = find_pairs(stores.open_store(data / "cuhk.zip"), ("photo", "sketch"))
    assert len(pairs.names) == 150
    assert pairs.first.picture(0).shape == pairs.second.picture(0).shape == (250, 200, 3)
    domains = sources.open_domains(data / "selfie2anime.zip")
    assert (len(domains.train_a), len(domains.train_b)) == (3200, 3200)
    assert domains.test_b is not None
    assert len(domains.test_b) == 100
