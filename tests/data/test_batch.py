"""Many pictures, one after the other: names, going on, what is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien import images
from mien.data.batch import find_jobs, work_off
from mien.errors import InputError, OutputError


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("a", "b", "deep/a"):
        images.save(tmp_path / "photos" / f"{name}.png", np.zeros((4, 4, 3), np.uint8))
    return tmp_path / "photos"


def copier():
    seen = []

    def work(job):
        image = job.read()
        images.save(job.targets[0], image)
        seen.append(job.key)
        return [f"{job.key} is {image.shape[1]} wide"]

    return lambda: work, seen


def test_names_keep_folders_and_never_meet(photos: Path, tmp_path: Path) -> None:
    jobs = find_jobs([photos, photos / "a.png"], tmp_path / "out", (".png", "-p.png"))
    names = [job.targets[0].relative_to(tmp_path / "out").as_posix() for job in jobs]
    assert names == ["a.png", "b.png", "deep/a.png", "a-2.png"]
    assert jobs[3].targets[1].name == "a-2-p.png"
    inside = find_jobs([photos], photos, (".png",))  # inputs are never written over
    assert [job.targets[0].name for job in inside] == ["a-2.png", "b-2.png", "a-2.png"]
    with pytest.raises(InputError, match="there is no picture"):
        find_jobs([], tmp_path, (".png",))


def test_it_goes_on_where_it_was(photos: Path, tmp_path: Path) -> None:
    start, seen = copier()
    jobs = find_jobs([photos], tmp_path / "out", (".png",))
    first = next(work_off(jobs, start))
    assert first.files == jobs[0].targets
    assert first.notes == ("a.png is 4 wide",)
    outcomes = list(work_off(jobs, start))
    assert [done.before for done in outcomes] == [True, False, False]
    assert seen == ["a.png", "b.png", "deep/a.png"]
    assert not any(done.before for done in work_off(jobs, start, force=True))


def test_a_bad_picture_is_left_out_and_the_others_are_done(photos: Path, tmp_path: Path) -> None:
    (photos / "b.png").write_bytes(b"no picture")
    start, _ = copier()
    outcomes = list(work_off(find_jobs([photos], tmp_path / "out", (".png",)), start))
    assert [bool(done.problem) for done in outcomes] == [False, True, False]
    assert outcomes[1].problem.startswith(f"{photos / 'b.png'}: is not a picture")
    assert not (tmp_path / "out" / "b.png").exists()


def test_a_disk_that_refuses_ends_it(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    start, _ = copier()
    with pytest.raises(OutputError):
        list(work_off(find_jobs([photos], tmp_path / "out", (".png",)), start))
    with pytest.raises(InputError, match="processes is 0"):
        list(work_off([], start, processes=0))
