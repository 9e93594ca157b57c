"""Sets packed for training: NVlabs' zip, pairs side by side, splits by person."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mien import images
from mien.data.batch import work_off
from mien.data.class_labels import read_class_labels
from mien.data.pack import Packing, PackOptions, pack_jobs, parts_folder, whose, write_zip
from mien.data.pair_layouts import find_pairs
from mien.data.sources import open_source
from mien.data.stores import open_store
from mien.errors import DatasetError, InputError, OutputError


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for i, name in enumerate(("ann_1", "ann_2", "bob_1", "eve_1", "eve_2")):
        page = np.full((20, 24, 3), 40 * i, np.uint8)
        images.save(tmp_path / "photos" / f"{name}.png", page)
    return tmp_path / "photos"


def packed(path, out, options, labels=None, force=False):
    jobs = pack_jobs(path, out, options, labels)
    outcomes = list(work_off(jobs, Packing(options.size)))
    return write_zip(path, out, jobs, options, force), [done.problem for done in outcomes]


def test_nvlabs_layout_is_read_back(photos: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.tsv"
    rows = ("ann_1.png\tf", "ann_2.png\tf", "bob_1.png\tm", "eve_1.png\t?")
    table.write_text("file\tgender\n" + "\n".join(rows) + "\n")
    out = tmp_path / "faces.zip"
    options = PackOptions(size=16, column="gender")
    made, problems = packed(photos, out, options, table)
    assert made["pictures"] == 3
    assert "does not say its gender" in problems[3]
    assert "has no row for it" in problems[4]
    source = open_source(out)
    assert source.names == tuple(f"00000/img{i:08d}.png" for i in range(3))
    found = read_class_labels(source.store, source.names)
    assert found is not None
    assert found.vectors.tolist() == [[1, 0], [1, 0], [0, 1]]
    assert source.picture(2).shape == (16, 16, 3)
    with zipfile.ZipFile(out) as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    assert not parts_folder(out).exists()
    with pytest.raises(OutputError, match="exists already"):
        packed(photos, out, options, table)


def test_a_person_is_never_torn_apart(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "faces.zip"
    options = PackOptions(size=16, person="^[^_]+", kept_out=0.4)
    made, _ = packed(photos, out, options)
    told = json.loads((tmp_path / "faces-splits.json").read_text())
    sides = [{told["people"][name] for name in told[part]} for part in ("train", "kept-out")]
    assert all(sides)
    assert not sides[0] & sides[1]
    assert made["people"] == 3
    assert sorted(told["sources"].values()) == sorted(path.name for path in photos.iterdir())


def test_pairs_lie_side_by_side(photos: Path, tmp_path: Path) -> None:
    for side, value in (("photo", 10), ("sketch", 200)):
        for name in ("a", "b", "c"):
            page = np.full((16, 16, 3), value, np.uint8)
            images.save(tmp_path / "pairs" / side / f"{name}.png", page)
    out = tmp_path / "pairs.zip"
    made, _ = packed(tmp_path / "pairs", out, PackOptions("pairs", 16, kept_out=0.4))
    assert (made["train"], made["kept_out"]) == (2, 1)
    pairs = find_pairs(open_store(out), ("left", "right"))
    train = pairs.select(i for i, name in enumerate(pairs.names) if name.startswith("train/"))
    assert len(train.names) == 2
    assert int(train.first.picture(0).mean()) == 10
    assert int(train.second.picture(0).mean()) == 200


def test_what_is_wrong_is_said(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="size is 4"):
        PackOptions(size=4)
    with pytest.raises(InputError, match="none of: gender"):
        PackOptions(column="height")
    with pytest.raises(InputError, match="no regular expression"):
        PackOptions(person="(")
    with pytest.raises(InputError, match="from 0 to below 1"):
        PackOptions(kept_out=1)
    with pytest.raises(InputError, match="of which table"):
        pack_jobs(photos, tmp_path / "a.zip", PackOptions(column="gender"))
    with pytest.raises(DatasetError, match="none of its pictures"):
        write_zip(photos, tmp_path / "a.zip", [], PackOptions(), False)
    assert whose("x/ann_1.png", "^([a-z]+)_") == "ann"
    assert whose("x/ann_1.png", "zzz") == "x/ann_1.png"


def test_the_same_set_is_the_same_zip(photos, tmp_path):
    made = []
    for name in ("a.zip", "b.zip"):
        packed(photos, tmp_path / name, PackOptions(size=16))
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]


def test_parts_of_another_set_are_not_taken(photos, tmp_path):
    shutil.copytree(photos, tmp_path / "other")
    options = PackOptions(size=16)
    first, second = (pack_jobs(path, "o.zip", options) for path in (photos, tmp_path / "other"))
    assert not {job.targets for job in first} & {job.targets for job in second}
