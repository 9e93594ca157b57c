"""Captions of a table: ten different ones a face, each of them true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien import images
from mien.data.batch import work_off
from mien.data.tables import read_captions
from mien.errors import DatasetError, InputError
from mien.text.caption_files import Captioning, caption_jobs, faithful_captions, is_true
from mien.text.captions import Caption
from mien.text.reader import read

ROWS = (
    "a.png\tf\tyoung\tbrown\tlong\twavy\tsmile\t1",
    "b.png\tm\told\tnone\tbald\tna\tneutral\t0",
    "c.png\tm\tchild\tblonde\tshort\tcurly\tlaugh\t0",
)
HEAD = "file\tgender\tage\thair_color\thair_length\thair_texture\texpression\tearrings"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "table.tsv").write_text("\n".join([HEAD, *ROWS]) + "\n")
    return tmp_path / "table.tsv"


def test_ten_different_sentences_and_nothing_untrue(table: Path, tmp_path: Path) -> None:
    jobs = caption_jobs(table, tmp_path / "out")
    assert not [done.problem for done in work_off(jobs, Captioning(10, 0)) if done.problem]
    written = read_captions(tmp_path / "out")
    assert list(written) == ["a", "b", "c"]
    for job in jobs:
        sentences = written[job.targets[0].stem]
        assert len({text.casefold().rstrip(".") for text in sentences}) == 10
        for text in sentences:
            reading = read(text)
            assert reading.asserted
            for column, value in reading.asserted.items():
                assert job.face.get(column, value) == value, text
            for column, values in reading.denied.items():
                assert job.face.get(column) not in values, text


def test_the_same_seed_gives_the_same_sentences(table: Path, tmp_path: Path) -> None:
    for name, seed in (("one", 0), ("two", 0), ("three", 1)):
        list(work_off(caption_jobs(table, tmp_path / name), Captioning(3, seed)))
    one, two, three = (read_captions(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two != three


def test_a_sentence_that_says_something_else_is_not_kept() -> None:
    face = {"gender": "m", "age": "child", "hair_color": "black"}
    assert is_true(Caption("a child with black hair", {"hair_color": "black"}), face)
    assert not is_true(Caption("a man with red hair", {}), face)
    assert not is_true(Caption("a child", {"hair_color": "black"}), face)


def test_missing_rows_and_bare_faces_are_left_out(table: Path, tmp_path: Path) -> None:
    for name in ("a", "z"):
        images.save(tmp_path / "faces" / f"{name}.png", np.zeros((4, 4, 3), np.uint8))
    jobs = caption_jobs(table, tmp_path / "out", tmp_path / "faces")
    outcomes = list(work_off(jobs, Captioning(10, 0)))
    assert not outcomes[0].problem
    assert outcomes[1].problem == f"{table}: z.png: has no row in the table; add one"
    with pytest.raises(InputError, match=r"only \d+ of 500 different sentences .* 0 attr"):
        faithful_captions({}, np.random.default_rng(0), 500)


def test_two_pictures_of_one_stem(tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("file\tgender\nx/a.png\tf\ny/a.png\tm\n")
    with pytest.raises(DatasetError, match="two pictures are called 'a'"):
        caption_jobs(table, tmp_path / "out")
