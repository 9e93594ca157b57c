"""The frame around every verb: exit status, one line an error, --json, lazy verbs."""

from __future__ import annotations

import errno
import importlib
import io
import json
import subprocess
import sys
import types
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mien import cli
from mien.cli import common
from mien.errors import FileError, InputError, TrainingDiverged

MienMain = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> MienMain:
    """Run a command line in this process; gives status, stdout and stderr."""

    def call(*args: object) -> tuple[int, str, str]:
        status = cli.main([str(arg) for arg in args])
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., None]], None]:
    """Add a verb ``probe`` made of one function, for one test."""

    def add(function: Callable[..., None]) -> None:
        module = types.ModuleType("mien_test_probe")
        module.__dict__["probe"] = function
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(cli.VERBS, "probe", module.__name__)

    return add


def raising(error: BaseException) -> Callable[[], None]:
    def probe() -> None:
        """Fail."""
        raise error

    return probe


def is_one_error_line(err: str) -> bool:
    return err.startswith("mien: error: ") and err.count("\n") == 1 and err.endswith("\n")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (InputError("--count 0: at least 1"), "--count 0: at least 1"),
        (FileError("a.png", "is no picture", "give a PNG"), "a.png: is no picture; give a PNG"),
        (TrainingDiverged("D loss is nan\nat 3 kimg"), "D loss is nan at 3 kimg"),
        (OSError(errno.ENOSPC, "No space left", "o.png"), "o.png: the disk is full"),
        (PermissionError(errno.EACCES, "denied", "/none/o"), "/none/o: no permission to write"),
        (FileNotFoundError(errno.ENOENT, "missing", "m.pt"), "m.pt: does not exist"),
        (IsADirectoryError(errno.EISDIR, "folder", "here"), "here: is a folder"),
    ],
)
def test_failures_are_one_line_and_status_2(
    run: MienMain, verb: Callable[..., None], error: Exception, said: str
) -> None:
    verb(raising(error))
    status, out, err = run("probe")
    assert (status, out) == (2, "")
    assert is_one_error_line(err)
    assert said in err


def test_traceback_is_shown_only_when_asked_for(run: MienMain, verb: Callable[..., None]) -> None:
    verb(raising(InputError("bad")))
    for args in (["probe", "--traceback"], ["--traceback", "probe"]):
        status, out, err = run(*args)
        assert (status, out) == (2, "")
        assert "Traceback (most recent call last)" in err
        assert err.endswith("mien: error: bad\n")


def test_traceback_after_a_bare_double_dash_is_an_argument() -> None:
    assert cli._split_traceback(["a", "--traceback", "--", "--traceback"]) == (
        ["a", "--", "--traceback"],
        True,
    )
    assert cli._split_traceback(["a", "--", "--traceback"]) == (["a", "--", "--traceback"], False)


def test_our_own_bugs_are_not_hidden(verb: Callable[..., None]) -> None:
    verb(raising(ZeroDivisionError("a bug")))
    with pytest.raises(ZeroDivisionError):
        cli.main(["probe"])


def test_interrupt_is_130(run: MienMain, verb: Callable[..., None]) -> None:
    verb(raising(KeyboardInterrupt()))
    assert run("probe") == (130, "", "mien: interrupted\n")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["shwo"], "unknown verb 'shwo'; did you mean 'show'?"),
        (["show"], "Missing argument 'FILE' (see 'mien show --help')"),
        (["data"], "Missing command (see 'mien data --help')"),
        (["show", "a", "--nonsense"], "--nonsense"),
        (["show", "a", "b"], "unexpected extra argument"),
        (["--nonsense"], "(see 'mien --help')"),
    ],
)
def test_usage_errors_are_one_line_and_status_2(run: MienMain, args: list[str], said: str) -> None:
    status, out, err = run(*args)
    assert (status, out) == (2, "")
    assert is_one_error_line(err)
    assert said in err


def test_a_verb_chooses_its_exit_status(run: MienMain, verb: Callable[..., None]) -> None:
    import typer

    verb(raising(typer.Exit(3)))
    assert run("probe") == (3, "", "")


def test_warnings_are_one_line_on_stderr(run: MienMain, verb: Callable[..., None]) -> None:
    def probe() -> None:
        """Warn."""
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.warn("the picture\nis grey", stacklevel=1)

    # Pytest records warnings; undone here, they go where a user sees them.
    before, usual = warnings.showwarning, warnings.formatwarning
    warnings.showwarning = lambda message, category, filename, lineno, file=None, line=None: (
        sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))
    )
    verb(probe)
    try:
        assert run("probe") == (0, "", "mien: warning: the picture is grey\n")
    finally:
        warnings.showwarning = before
    assert warnings.formatwarning is usual


def test_json_is_one_object_on_stdout(run: MienMain, tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", w=np.zeros((2, 10, 512), np.float32))
    status, out, err = run("show", tmp_path / "w.npz", "--json")
    assert (status, err) == (0, "")
    assert out.count("\n") == 1
    assert json.loads(out)["arrays"] == {"w": {"shape": [2, 10, 512], "dtype": "float32"}}


def test_json_failures_leave_stdout_empty(run: MienMain) -> None:
    status, out, err = run("show", "nowhere.npz", "--json")
    assert (status, out) == (2, "")
    assert is_one_error_line(err)


def test_emit_turns_everything_into_valid_json(capsys: pytest.CaptureFixture[str]) -> None:
    common.emit(
        {
            "path": Path("a") / "b",
            "numbers": np.arange(3),
            "nan": float("nan"),
            "scalar": np.float32(0.5),
            "deep": ({"inf": -float("inf")}, None, True),
            "words": "gré 👩",
        },
        json=True,
        text="",
    )
    assert json.loads(capsys.readouterr().out) == {
        "path": "a/b",
        "numbers": [0, 1, 2],
        "nan": None,
        "scalar": 0.5,
        "deep": [{"inf": None}, None, True],
        "words": "gré 👩",
    }


class Terminal(io.StringIO):
    """A stderr that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("terminal", "seconds", "seen"), [(1, 2, 1), (1, 0, 0), (0, 2, 0)])
def test_progress_shows_only_what_takes_long_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, terminal: int, seconds: int, seen: int
) -> None:
    stderr = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    clock = iter(range(0, 100 * seconds + 1, seconds)) if seconds else None
    monkeypatch.setattr(common.time, "monotonic", lambda: next(clock) if clock else 0)
    monkeypatch.setenv("TERM", "xterm")
    assert list(common.progress([3, 1, 2], "walking")) == [3, 1, 2]
    assert ("walking" in stderr.getvalue()) == bool(seen)


@pytest.mark.parametrize("terminal", [True, False])
def test_preparing_is_told_at_once_and_only_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    stderr = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")
    studio = types.SimpleNamespace()
    with common.watching(studio):
        studio.watch("preparing the engine, once, about 40 s", 0, 0)
        studio.watch("drawing", 1, 2)
    assert not hasattr(studio, "watch")
    assert ("about 40 s" in stderr.getvalue()) == terminal


def test_root_shows_help_and_version(run: MienMain) -> None:
    status, out, err = run()
    assert (status, err) == (0, "")
    assert all(verb in out for verb in cli.VERBS)
    status, out, _ = run("--version")
    assert (status, out) == (0, f"mien {importlib.metadata.version('mien')}\n")


def test_every_module_of_a_verb_has_its_row() -> None:
    room = Path(cli.__file__).parent
    files = {path.stem for path in room.glob("[a-z]*.py")}
    files |= {path.parent.name for path in room.glob("[a-z]*/__init__.py")}
    rows = {name.rpartition(".")[2] for name in cli.VERBS.values()}
    assert rows == files - {"common", "opt", "options", "reference", "results"}


HEAVY = ("torch", "numpy", "PIL", "av", "gradio", "transformers", "pydantic")


def test_help_loads_nothing_heavy() -> None:
    pages = [["--help"], ["describe", "-h"], ["train", "--help"], ["train", "gan", "--help"]]
    script = (
        "import sys; from mien.cli import main; main([]);"
        "verbs = [m for m in sys.modules if m.startswith('mien.cli.')];"
        f"status = [main(page) for page in {pages}];"
        f"print([m for m in {HEAVY} if m in sys.modules], verbs, status)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[] [] [0, 0, 0, 0]"


def test_the_list_of_verbs_says_what_their_pages_say() -> None:
    group = cli.typer.main.get_command(cli.app)
    ctx = group.context_class(group, info_name="mien")
    for verb in cli.VERBS:
        found = cli.summary(verb)
        assert found is not None
        assert found.split() == (group.get_command(ctx, verb).help or "").split()


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", **{f"a{i}": np.zeros(1) for i in range(3000)})
    command = f'"{sys.executable}" -m mien show "{tmp_path}/w.npz" | head -c 1'
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("f", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_one_line(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", w=np.zeros(1))
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mien", "show", str(tmp_path / "w.npz")],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert is_one_error_line(done.stderr)
    assert "disk is full" in done.stderr


_WRONG = [
    ["generate", "--psi", "9"],
    ["generate", "--size", "3"],
    ["generate", "--format", "bmp"],
    ["describe", "a man", "--guidance", "99"],
    ["edit", "1", "--set", "smile=1", "--psi", "9"],
    ["mix", "1", "2", "--layers", "0", "--psi", "9"],
    ["grid", "--rows", "1", "--columns", "2", "--psi", "9"],
    ["walk", "1", "2", "--psi", "9"],
    ["sketch", "none.png"],
    ["invert", "none.png"],
    ["nosuch"],
]


def test_wrong_arguments_are_answered_without_torch() -> None:
    """Importing torch takes seconds; nobody waits for it to read that psi is 9."""
    code = (
        "import sys; from mien.cli import main\n"
        f"statuses = [main(args) for args in {[*_WRONG, ['--help']]!r}]\n"
        "print(statuses, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == f"{[2] * len(_WRONG) + [0]} False"
    assert done.stderr.count("mien: error: ") == len(_WRONG) == done.stderr.count("\n")
