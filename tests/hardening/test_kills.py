"""Some of the kills of ``make harden``, and the faults of a disk and a clock."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mien import cli, files, images
from mien.errors import OutputError
from mien.files import hold, numbered_folder, replacing, sweep

HERE = Path(__file__).parent


def test_some_kills() -> None:
    command = [sys.executable, "-W", "ignore", HERE / "kills.py", "--quick", "--count", "24"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert ended.returncode == 0, ended.stderr
    said = re.search(r"24 kills of (\d+) commands .* 0 bad", ended.stdout)
    assert said is not None
    assert int(said[1]) > 5


def in_child(work: Callable[[], object]) -> int:
    """Do something in a fork; its status."""
    pid = os.fork()
    if not pid:
        status = 99
        try:
            work()
            status = 0
        except OutputError as error:
            sys.stderr.write(str(error))
            status = 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_kill_at_each_step(at: int, tmp_path: Path) -> None:
    target = tmp_path / "a.txt"

    def write() -> None:
        os.environ[files.KILL_AT] = str(at)
        with replacing(target) as beside:
            beside.write_text("whole")

    assert in_child(write) == -signal.SIGKILL
    assert target.exists() == (at == 4)
    (*left,) = tmp_path.glob(".mien~*")
    assert [path.read_text() for path in left] == {1: [""], 2: ["wh"], 3: ["whole"], 4: []}[at]
    for path in left:
        os.utime(path, (time.time() - 60,) * 2)
    files._swept.discard(str(tmp_path))
    with replacing(target) as beside:
        beside.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_without_the_variable_nothing_is_killed(tmp_path: Path) -> None:
    before = files._steps
    with replacing(tmp_path / "a") as beside:
        beside.write_text("x")
    assert files._steps == before


def test_a_clock_that_was_set_back(tmp_path: Path) -> None:
    left = tmp_path / ".mien~left.png"
    left.write_bytes(b"half")
    os.utime(left, (time.time() + 86400,) * 2)
    assert sweep(tmp_path) == [left]


def test_the_claim_of_a_killed_run_goes(tmp_path: Path) -> None:
    (tmp_path / ".0001").mkdir()
    assert numbered_folder(tmp_path, "x").name == "0002-x"
    os.utime(tmp_path / ".0001", (time.time() - 60,) * 2)
    assert numbered_folder(tmp_path, "x").name == "0003-x"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0002-x", "0003-x"]


PHOTO = np.random.RandomState(0).randint(0, 256, (64, 64, 3)).astype(np.uint8)


def test_no_room_for_a_file(tmp_path: Path) -> None:
    """The kernel refuses the bytes beyond a limit, as a full disk does."""
    images.save(tmp_path / "in" / "a.png", PHOTO)
    command = ["data", "sketch", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    assert cli.main([*command[:-1], str(tmp_path / "first")]) == 0

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        os._exit(cli.main(command))

    assert in_child(work) == 2
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []
    assert cli.main(command) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        with replacing(tmp_path / "a.txt"), Path("/dev/full").open("w") as full:
            full.write("x")

    with pytest.raises(OutputError, match="the disk is full"):
        work()
    assert list(tmp_path.iterdir()) == []


def test_no_permission(tmp_path: Path) -> None:
    images.save(tmp_path / "in" / "a.png", PHOTO)
    (tmp_path / "closed").mkdir(mode=0o555)
    command = ["data", "sketch", "in", "--out"]

    def work() -> None:
        os.chdir(tmp_path)
        assert cli.main([*command, "made"]) == 0  # loads what nobody may not read
        if os.getuid() == 0:
            os.setuid(65534)  # root may write everywhere
        os._exit(cli.main([*command, "closed/out"]))

    assert in_child(work) == 2
    assert list((tmp_path / "closed").iterdir()) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a small disk")
def test_a_small_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        images.save(tmp_path / "in" / "a.png", PHOTO)
        command = ["data", "sketch", str(tmp_path / "in"), "--out", str(disk / "out")]
        assert cli.main(command) == 2
        assert list(disk.rglob(".mien~*")) == []
        for option, status in (("size=1m", 0), ("ro", 0), ("ro", 2)):
            again = [*command, *(["--force"] if status else [])]
            subprocess.run(["mount", "-o", f"remount,{option}", str(disk)], check=True)
            assert cli.main(again) == status
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_second_run_is_refused(tmp_path: Path) -> None:
    release = hold(tmp_path)
    files._ours.clear()
    assert in_child(lambda: hold(tmp_path)) == 2
    release()
    assert in_child(lambda: hold(tmp_path)) == 0
