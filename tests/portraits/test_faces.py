"""Faces: one, several, as pictures, as text; and what the verbs take for a face."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.tiny_model import write_model
from mien.editing.direction import Direction, DirectionSet
from mien.editing.sets import save_direction_set
from mien.errors import InputError, MienError, in_dashes
from mien.studio import Faces, Studio


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(write_model(tmp_path_factory.mktemp("model") / "tiny.safetensors"), "cpu")


@pytest.fixture(scope="module")
def directions(tmp_path_factory: pytest.TempPathFactory, studio: Studio) -> Path:
    import torch

    path = tmp_path_factory.mktemp("sets") / "dirs.safetensors"
    vector = torch.eye(16)[0]
    names = ["smile", "age", *(f"other {i}" for i in range(20))]
    made = [Direction(name, vector, "w", generator=studio.loaded.sha256) for name in names]
    save_direction_set(path, DirectionSet(tuple(made)))
    return path


@pytest.fixture(scope="module")
def faces(studio: Studio) -> Faces:
    return studio.describe("a woman", 3, 5, refine=0)


def test_faces_are_a_sequence(faces: Faces) -> None:
    assert [one.seeds for one in faces] == [(5,), (6,), (7,)]
    assert faces[-1].names() == ["a-woman-seed0007"]
    assert len(faces[1:]) == 2
    assert np.array_equal(faces[1].images[0], faces.images[1])
    assert np.array_equal(faces[1].latents, faces.ws[1:2])
    with pytest.raises(IndexError):
        faces[3]


def test_faces_are_shown(faces: Faces) -> None:
    assert repr(faces) == "Faces(3 of 32x32, 'a woman', seeds 5, 6, 7)"
    assert [picture.size for picture in faces.pil] == [(32, 32)] * 3
    shown = Image.open(io.BytesIO(faces._repr_png_()))
    assert shown.format == "PNG"
    assert shown.width > 64


def test_edit_takes_what_describe_returned(
    studio: Studio, faces: Faces, directions: Path, tmp_path: Path
) -> None:
    moved = studio.edit(faces, {"smile": 2}, directions)
    assert len(moved) == 3
    np.testing.assert_allclose(moved.ws[1, :, 0], faces.ws[1, :, 0] + 2, atol=1e-5)
    one = studio.edit(faces[1], "smile=2", directions)
    np.testing.assert_allclose(one.ws[0], moved.ws[1], atol=1e-5)
    path = one.save(tmp_path)[0]
    with Image.open(path) as picture:
        again = studio.edit(picture, ["smile=-2"], directions)
    np.testing.assert_allclose(again.ws[0], faces.ws[1], atol=1e-4)
    seen = studio.mix(faces, 3, "0-1")
    assert len(seen) == 3
    assert len(set(seen.names())) == 3


def test_edits_show_before_and_after(studio: Studio, directions: Path) -> None:
    made = studio.edit(7, {"smile": 2}, directions)
    assert made.sheet is not None
    assert made.sheet.captions == ("seed 7", "smile=+2")
    assert np.array_equal(made.sheet.images[1], made.images[0])
    assert not np.array_equal(made.sheet.images[0], made.images[0])


def test_names_ignore_case_and_the_unknown_have_five_neighbours(
    studio: Studio, directions: Path
) -> None:
    made = studio.edit(7, {"SMILE": 2}, directions)
    assert made.each[0]["edits"][0]["settings"][0]["direction"] == "smile"
    with pytest.raises(InputError, match=r"did you mean 'smile'\? \(nearest of 22: ") as caught:
        studio.edit(7, {"Smyle": 2}, directions)
    assert str(caught.value).count(",") == 4


def test_odd_strengths_are_said(studio: Studio, directions: Path) -> None:
    far = studio.edit(7, {"smile": 300}, directions)
    assert "strength +300 of 'smile' lies beyond 3" in far.notes[0]
    twice = studio.edit(7, ["smile=1", "smile=-1"], directions)
    assert twice.notes == ("'smile' is set 2 times; together +0",)


WRONG = """
import sys
from mien.errors import MienError
from mien.images.given import given
from mien.studio import Studio

s = Studio(sys.argv[1], "cpu")
for call, kind in (
    (lambda: s.describe(None), TypeError),
    (lambda: s.describe("a man", count="4"), TypeError),
    (lambda: s.describe("a man", seed=1.5), TypeError),
    (lambda: s.describe("a man", psi="0.7"), TypeError),
    (lambda: s.describe("a man", without=3), TypeError),
    (lambda: s.generate(seeds="0-3"), TypeError),
    (lambda: s.generate(count=True), TypeError),
    (lambda: s.mix(None, 3, "0"), TypeError),
    (lambda: given(3), TypeError),
    (lambda: s.edit(1, {"smile": "x"}, sys.argv[2]), TypeError),
    (lambda: s.edit(1, {"smile": float("nan")}, sys.argv[2]), ValueError),
    (lambda: s.edit(1, 5, sys.argv[2]), TypeError),
    (lambda: s.mix(1, 2, [0, 1]), TypeError),
    (lambda: s.grid(0, 1), TypeError),
    (lambda: s.walk(0), TypeError),
    (lambda: s.strip(7, "smile=2", "x", sys.argv[2]), TypeError),
    (lambda: Studio(None), TypeError),
    (lambda: s.generate(psi=7), ValueError),
    (lambda: s.generate(count=0), ValueError),
    (lambda: s.generate(1).resized(3), ValueError),
):
    try:
        call()
    except MienError as error:
        print(isinstance(error, kind), error)
    else:
        print("nothing was raised")
"""


def test_wrong_arguments_are_of_python_s_kinds_too(studio: Studio, directions: Path) -> None:
    # A process of its own: while testing, types are checked before the library sees them.
    command = [sys.executable, "-c", WRONG, str(studio.model), str(directions)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["True"] * 20, done.stdout
    assert lines[0] == "True `text` is NoneType None, but must be a sentence"
    assert lines[1] == "True `count` is str '4', but must be a whole number"


def test_messages_speak_python_and_the_command_line_its_own(
    faces: Faces, tmp_path: Path, studio: Studio, directions: Path
) -> None:
    faces.save(tmp_path)
    with pytest.raises(InputError, match="write 'smile=\\+2'"):
        studio.edit(7, "smile", directions)
    with pytest.raises(MienError) as caught:
        faces.save(tmp_path)
    said = str(caught.value)
    assert said.endswith("give another `path`, or `force=True`")
    assert in_dashes(said).endswith("give another --out, or --force")
    assert in_dashes("`psi=0.7` and `style_seed`") == "--psi 0.7 and --style-seed"


def test_work_tells_how_far_it_is(studio: Studio) -> None:
    told: list[tuple[str, int, int]] = []
    studio.watch = lambda *said: told.append(said)
    try:
        studio.generate(3)
    finally:
        del studio.watch
    assert told == [("drawing", done, 3) for done in range(4)]
