"""A whole set in memory: pixels, labels, captions, parts, the cache, mirrored batches."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mien import attributes, images
from mien.data import training_set
from mien.data.order import SampleOrder
from mien.data.training_set import TrainingSet
from mien.errors import DatasetError, ImageError, InputError, OutputError

Encode = Callable[..., bytes]
Layout = Callable[..., Path]

TABLE = (
    "file\tgender\tpose\tcaption\n"
    "00.png\tf\tleft\tA woman.\n"
    "01.png\tm\tright\t\n"
    "02.png\t?\tfront\tSomebody.\n"
)


@pytest.fixture
def faces(face: Encode) -> dict[str, bytes]:
    return {f"{i:02d}.png": face(i, 20, 16) for i in range(20)}


def test_all_pictures_decoded_cropped_resized(lay_out: Layout, faces: dict[str, bytes]) -> None:
    made = TrainingSet.open(lay_out(faces), 8, part="all")
    assert made.pictures.shape == (20, 8, 8, 3)
    assert made.pictures.dtype == np.uint8
    assert made.names == tuple(faces)
    assert (len(made), made.resolution, made.label_dim) == (20, 8, 0)
    assert (made.labels, made.captions, made.labels_from) == (None, None, None)
    wanted = images.resize(images.centre_square(images.decode(faces["07.png"])), 8)
    assert np.array_equal(made.pictures[7], wanted)


def test_parts_are_apart_and_together_all(lay_out: Layout, faces: dict[str, bytes]) -> None:
    path = lay_out(faces)
    train, kept, whole = (TrainingSet.open(path, 4, part=p) for p in ("train", "kept-out", "all"))
    assert (len(train), len(kept)) == (18, 2)
    assert sorted(train.names + kept.names) == list(whole.names)
    assert len({train.fingerprint, kept.fingerprint, whole.fingerprint}) == 3
    assert TrainingSet.open(path, 4).names == train.names


def test_labels_beside_the_data_are_found(lay_out: Layout, faces: dict[str, bytes]) -> None:
    path = lay_out(faces)
    beside = path.parent / "faces_labels.tsv"
    beside.write_text(TABLE)
    made = TrainingSet.open(path, 4, part="all")
    assert made.labels is not None
    assert made.labels_from == beside
    assert made.label_dim == len(attributes.LABELS)
    assert np.array_equal(made.labels[0], attributes.encode({"gender": "f", "pose": "left"}))
    assert not made.labels[3:].any()
    assert made.captions is not None
    assert made.captions[:4] == ("A woman.", "", "Somebody.", "")
    without = TrainingSet.open(path, 4, labels=False, part="all")
    assert without.labels is None
    assert without.fingerprint != made.fingerprint


def test_a_table_that_is_named_is_used(
    lay_out: Layout, faces: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "other.tsv").write_text(TABLE.replace(".png", ".webp"))
    made = TrainingSet.open(lay_out(faces), 4, labels=tmp_path / "other.tsv", part="all")
    assert made.labels is not None
    assert attributes.decode(made.labels[1]) == {"gender": "m", "pose": "right"}


def test_class_labels_of_nvlabs(lay_out: Layout, faces: dict[str, bytes]) -> None:
    listed = {"labels": [[name, i % 3] for i, name in enumerate(faces)]}
    path = lay_out({**faces, "dataset.json": json.dumps(listed).encode()})
    made = TrainingSet.open(path, 4, labels="dataset.json")
    assert made.labels is not None
    classes = [int(name[:2]) % 3 for name in made.names]
    assert made.labels.argmax(axis=1).tolist() == classes
    assert made.label_dim == 3
    assert TrainingSet.open(path, 4).labels is None


def test_a_batch_follows_the_order(lay_out: Layout, faces: dict[str, bytes]) -> None:
    path = lay_out(faces)
    (path.parent / "faces_labels.tsv").write_text(TABLE)
    made = TrainingSet.open(path, 8, part="all")
    assert made.labels is not None
    order = SampleOrder(len(made), seed=1, mirror=True)
    indices, mirrored = order.batch(0, 40)
    pictures, labels = made.batch(indices, mirrored)
    for i, (index, flip) in enumerate(zip(indices, mirrored, strict=True)):
        whole = made.pictures[index]
        assert np.array_equal(pictures[i], whole[:, ::-1] if flip else whole)
        said = attributes.decode(made.labels[index])
        if flip and said.get("pose") in ("left", "right"):
            said["pose"] = "right" if said["pose"] == "left" else "left"
        assert attributes.decode(labels[i]) == said
    assert mirrored[indices == 0].any()
    before = made.pictures.copy(), made.labels.copy()
    pictures[:], labels[:] = 0, 0
    assert np.array_equal(made.pictures, before[0])
    assert np.array_equal(made.labels, before[1])


def test_a_batch_without_labels(lay_out: Layout, faces: dict[str, bytes]) -> None:
    made = TrainingSet.open(lay_out(faces), 4, part="all")
    pictures, labels = made.batch(np.array([3, 3]))
    assert np.array_equal(pictures[0], made.pictures[3])
    assert labels.shape == (2, 0)


def test_progress_is_told(lay_out: Layout, faces: dict[str, bytes]) -> None:
    told: list[tuple[int, int]] = []
    TrainingSet.open(lay_out(faces), 4, part="all", progress=lambda *now: told.append(now))
    assert told == [(i, 20) for i in range(1, 21)]


# The cache


def test_the_cache_holds_the_same_pictures_and_is_used(
    make_zip: Layout, faces: dict[str, bytes], tmp_path: Path
) -> None:
    path, cache = make_zip(faces), tmp_path / "cache"
    plain = TrainingSet.open(path, 8)
    told: list[int] = []
    for _ in range(2):
        cached = TrainingSet.open(path, 8, cache=cache, progress=lambda i, n: told.append(i))
        assert np.array_equal(cached.pictures, plain.pictures)
        assert cached.fingerprint == plain.fingerprint
        with pytest.raises(ValueError, match="read-only"):
            cached.pictures[0] = 0
    assert len(told) == 18
    (file,) = cache.iterdir()
    assert np.array_equal(np.load(file), plain.pictures)
    assert np.array_equal(cached.batch(np.array([5]))[0][0], plain.pictures[5])


def test_other_data_size_or_part_is_another_cache(
    make_zip: Layout, faces: dict[str, bytes], face: Encode, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    path = make_zip(faces)
    TrainingSet.open(path, 8, cache=cache)
    TrainingSet.open(path, 4, cache=cache)
    TrainingSet.open(path, 8, cache=cache, part="kept-out")
    path = make_zip({**faces, "03.png": face(99)})
    changed = TrainingSet.open(path, 8, cache=cache)
    assert len(list(cache.iterdir())) == 4
    assert np.array_equal(changed.pictures, TrainingSet.open(path, 8).pictures)


def test_a_damaged_cache_is_made_again(
    make_zip: Layout, faces: dict[str, bytes], tmp_path: Path
) -> None:
    path, cache = make_zip(faces), tmp_path / "cache"
    made = TrainingSet.open(path, 8, cache=cache).pictures.copy()
    (file,) = cache.iterdir()
    for damage in (file.read_bytes()[:200], b"", b"hello" * 100):
        file.write_bytes(damage)
        assert np.array_equal(TrainingSet.open(path, 8, cache=cache).pictures, made)


def test_a_full_disk_leaves_no_half_cache(
    make_zip: Layout, faces: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array_header_1_0", full)
    with pytest.raises(OutputError, match="the disk is full"):
        TrainingSet.open(make_zip(faces), 8, cache=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


# What is refused


def test_what_cannot_be_used_is_named(
    lay_out: Layout, faces: dict[str, bytes], tmp_path: Path
) -> None:
    path = lay_out(faces)
    with pytest.raises(InputError, match="resolution is 0"):
        TrainingSet.open(path, 0)
    with pytest.raises(DatasetError, match=r"holds no dataset\.json with labels"):
        TrainingSet.open(path, 4, labels="dataset.json")
    with pytest.raises(DatasetError, match="there is no such file"):
        TrainingSet.open(path, 4, labels=tmp_path / "absent.tsv")
    (tmp_path / "alien.tsv").write_text("file\tgender\nx.png\tm\n")
    cause = r"none of its 1 rows .* 18 pictures; the table begins with 'x\.png', the pictures with"
    with pytest.raises(DatasetError, match=cause):
        TrainingSet.open(path, 4, labels=tmp_path / "alien.tsv")


def test_a_part_that_is_empty_is_refused(lay_out: Layout, face: Encode) -> None:
    with pytest.raises(DatasetError, match="its part 'kept-out' is empty: 1 picture"):
        TrainingSet.open(lay_out({"a.png": face(1)}), 4, part="kept-out")


def test_a_bad_picture_stops_with_its_name(lay_out: Layout, faces: dict[str, bytes]) -> None:
    path = lay_out({**faces, "03.png": faces["03.png"][:100]})
    with pytest.raises(ImageError, match=r"03\.png: is broken"):
        TrainingSet.open(path, 4, part="all")


def test_only_a_table_beside_is_found(tmp_path: Path) -> None:
    assert training_set.find_table(tmp_path / "faces.zip") is None
    (tmp_path / "faces_attributes.csv").write_text("")
    assert training_set.find_table(tmp_path / "faces.zip") == tmp_path / "faces_attributes.csv"
    (tmp_path / "faces_labels.tsv").write_text("")
    assert training_set.find_table(tmp_path / "faces") == tmp_path / "faces_labels.tsv"


@pytest.mark.shared
def test_the_kept_out_faces_with_their_labels(shared: Path) -> None:
    made = TrainingSet.open(shared / "data" / "sfhq.zip", 16, part="kept-out")
    assert (len(made), made.names[0], made.names[-1]) == (200, "01585.webp", "01784.webp")
    assert made.labels is not None
    assert made.captions is not None
    assert made.labels.shape == (200, 76)
    assert all(made.captions)
    assert (made.labels.sum(axis=1) >= 14).all()
