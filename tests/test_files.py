"""Names of files that come out of sentences."""

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from mien.errors import OutputError
from mien.files import (
    PARTIAL,
    _swept,
    cut_name,
    held,
    hold,
    numbered_folder,
    replacing,
    slug,
    sweep,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("An old man, with a beard!", "an-old-man-with-a-beard"),
        ("một ông già có râu", "một-ông-già-có-râu"),
        ("眼鏡をかけた女性", "眼鏡をかけた女性"),
        ("Ünë fémme_/..\\", "ünë-fémme"),
        ("चश्मा वाली औरत", "चश्मा-वाली-औरत"),
        ("👩‍🦰🔥", ""),
        ("❤️ love", "love"),
        ("../../etc/passwd", "etc-passwd"),
        ("\x00\ud83d", ""),
        ("", ""),
    ],
)
def test_letters_of_every_script_stay(text: str, name: str) -> None:
    assert slug(text) == name


def test_both_ways_of_writing_an_accent_give_one_name() -> None:
    text = "ông già đeo kính"
    assert slug(unicodedata.normalize("NFD", text)) == slug(text) == "ông-già-đeo-kính"


@pytest.mark.parametrize("longest", [1, 2, 3, 20, 48])
def test_the_limit_is_in_bytes(longest: int) -> None:
    for text in ("眼鏡をかけた女性が笑っている。" * 9, "râu trắng " * 20, "a" * 300):
        name = slug(text, longest)
        assert len(name.encode()) <= longest
        assert not name.endswith("-")
        assert "-".join(text.strip("。 ").split()).startswith(name[:1])
    assert len(cut_name("é" * 100, 21).encode()) == 20


def test_marks_that_are_kept() -> None:
    assert slug("smile=+2.5 now", keep=".+=") == "smile=+2.5-now"


def test_partial_files_of_killed_runs_are_removed(tmp_path: Path) -> None:
    """The writer is killed in the middle; one that is still being written stays."""
    kill = (
        "import os, signal, sys; from mien.files import replacing\n"
        "with replacing(sys.argv[1]) as beside:\n"
        "    beside.write_bytes(b'half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    with replacing(tmp_path / "out" / "held.png") as held:
        for name in ("out/a.png", "runs/0001-x/b.mp4"):
            killed = subprocess.run([sys.executable, "-c", kill, tmp_path / name], check=False)
            assert killed.returncode == -9
        partial = sorted(tmp_path.rglob(f"{PARTIAL}*"))
        assert len(partial) == 3
        for path in partial:
            os.utime(path, (1, 1))
        _swept.clear()
        with replacing(tmp_path / "out" / "new.png") as beside:
            beside.write_bytes(b"new")
        numbered_folder(tmp_path / "runs")
        assert list(tmp_path.rglob(f"{PARTIAL}*")) == [held]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["held.png", "new.png"]


def test_a_partial_file_that_was_just_made_stays(tmp_path: Path) -> None:
    (tmp_path / f"{PARTIAL}abc.png").touch()
    assert sweep(tmp_path) == []


def test_a_folder_is_held_until_its_process_ends(tmp_path: Path) -> None:
    hold_it = "import sys; from mien.files import hold; hold(sys.argv[1]); print(1, flush=True); "
    command = [sys.executable, "-c", hold_it + "sys.stdin.read()", tmp_path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(OutputError, match="another process is writing here at this moment"):
            hold(tmp_path, again=True)
        other.kill()
    release = hold(tmp_path)
    hold(tmp_path, again=True)()
    with pytest.raises(OutputError), held(tmp_path):
        pass
    release()
    with held(tmp_path), held(tmp_path / "file"):
        assert (tmp_path / "file").exists()
    assert not (tmp_path / "file").exists()
