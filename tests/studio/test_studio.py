"""The session object: seeds, spaces, files, and what it refuses."""

import json

import numpy as np
import pytest
import torch

from mien import images
from mien.attributes import LABELS
from mien.checkpoints import native
from mien.cli import main
from mien.errors import InputError, OutputError, UnknownName, WeightsMissing
from mien.studio import MAX_WORDS, Studio
from mien.stylegan2.generator import Generator, GeneratorConfig
from mien.text.directions import AttributeDirections
from mien.text.mapper import Mapper, MapperConfig
from mien.text.prior import Prior, PriorConfig

SENTENCE = "an old man with a white beard and glasses"
SHAPE = {"resolution": 32, "z_dim": 16, "w_dim": 16, "channel_base": 128, "channel_max": 8}


def write_generator(path, c_dim=76):
    torch.manual_seed(0)
    config = {**SHAPE, "c_dim": c_dim, "mapping_layers": 2}
    G = Generator(GeneratorConfig(**config))
    native.save(path, "stylegan2-generator", G.state_dict(), config, {"kimg": 1})
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A labelled generator and one without labels, untrained."""
    folder = tmp_path_factory.mktemp("models")
    write_generator(folder / "tiny.safetensors")
    write_generator(folder / "plain.safetensors", c_dim=0)
    return folder


@pytest.fixture(scope="module")
def studio(folder):
    return Studio(folder / "tiny.safetensors", "cpu")


@pytest.fixture
def store(monkeypatch, tmp_path):
    """A store with a mapper, a prior and directions for ``tiny``, untrained."""
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    torch.manual_seed(0)
    directions = AttributeDirections(16)
    w = torch.randn(400, 16)
    labels = torch.zeros(400, len(LABELS))
    for value, sign in (("m", w[:, 0] > 0), ("f", w[:, 0] <= 0)):
        labels[sign, LABELS.index(f"gender={value}")] = 1
    directions.fit(w, labels)
    made = {
        "mapper": (Mapper(MapperConfig(w_dim=16, hidden=16, blocks=1)), {}),
        "prior": (Prior(PriorConfig(w_dim=16, hidden=16, blocks=1)), {}),
        "directions": (directions, {"w_dim": 16}),
    }
    for name, (network, config) in made.items():
        if not config:
            config = dict(vars(network.config))
        path = tmp_path / "weights" / f"tiny-{name}.safetensors"
        native.save(path, f"text-{name}", network.state_dict(), config)
    return tmp_path


def test_describe(studio):
    faces = studio.describe(SENTENCE, count=5, seed=7)
    assert faces.images.shape == (5, 32, 32, 3)
    assert faces.images.dtype == np.uint8
    assert faces.ws.shape == (5, 8, 16)
    assert faces.seeds == (7, 8, 9, 10, 11)
    assert faces.provenance["read"]["facial_hair"] == "beard"
    assert len({image.tobytes() for image in faces.images}) == 5


def test_a_seed_is_a_face_whatever_the_count(studio):
    many, one = studio.describe(SENTENCE, 6, 0), studio.describe(SENTENCE, 1, 4)
    assert np.abs(many.images[4].astype(int) - one.images[0]).max() <= 1
    many, one = studio.generate(6, 0), studio.generate(1, 4)
    assert np.abs(many.images[4].astype(int) - one.images[0]).max() <= 1


def test_the_number_of_threads_changes_no_face(studio):
    before = torch.get_num_threads()
    ws = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        ws.append(studio.describe(SENTENCE, 1, 5).ws)
        assert torch.get_num_threads() == threads
    torch.set_num_threads(before)
    assert np.array_equal(ws[0], ws[1])
    assert np.array_equal(ws[0], ws[2])


def test_the_sentence_matters(studio):
    man, woman = studio.describe("a man", 1, 0), studio.describe("a woman", 1, 0)
    assert not np.array_equal(man.ws, woman.ws)


@pytest.mark.parametrize("method", ["labels", "mapper", "directions", "prior"])
def test_every_method(folder, store, method):
    studio = Studio(folder / "tiny.safetensors", "cpu")
    first = studio.describe(SENTENCE, 2, 3, method)
    again = studio.describe(SENTENCE, 1, 4, method)
    assert np.allclose(first.ws[1], again.ws[0], atol=1e-4)
    assert not np.allclose(first.ws[0], first.ws[1])
    assert first.provenance["method"] == method
    assert studio.methods() == ["labels", "mapper", "directions", "prior"]


def test_without_labels_the_default_is_directions(folder):
    studio = Studio(folder / "plain.safetensors", "cpu")
    assert studio.default_method == "directions"
    with pytest.raises(InputError, match="needs a generator with 76 attribute labels"):
        studio.describe(SENTENCE, method="labels")
    with pytest.raises(WeightsMissing, match="mien train text --model plain --method directions"):
        studio.describe(SENTENCE)


def test_save(studio, tmp_path):
    faces = studio.describe(SENTENCE, 3, 7)
    paths = faces.save(tmp_path / "out")
    assert [path.suffix for path in paths] == [".png"] * 4 + [".npz"]
    told = images.read_provenance(paths[1])
    assert (told["seed"], told["text"], told["model"]) == (8, SENTENCE, "tiny")
    assert np.array_equal(images.load(paths[0]), faces.images[0])
    with np.load(paths[-1]) as stored:
        assert np.array_equal(stored["w"], faces.ws)
    before = {path: path.read_bytes() for path in paths}
    with pytest.raises(OutputError, match="exists already"):
        studio.describe("a woman", 3, 7).save(tmp_path / "out")
    assert {path: path.read_bytes() for path in paths} == before
    faces.save(tmp_path / "out", force=True)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"text": "  "}, "the sentence is empty"),
        ({"count": 0}, "count is 0, but must be from 1 to 1000"),
        ({"count": 10**6}, "count is 1000000"),
        ({"seed": -1}, "seed -1 is not from 0"),
        ({"psi": 9.0}, "psi is 9, but must be from 0 to 2"),
        ({"psi": float("nan")}, "psi is nan"),
        ({"guidance": -1.0}, "guidance is -1"),
    ],
)
def test_refuses(studio, values, message):
    with pytest.raises(InputError, match=message):
        studio.describe(**{"text": SENTENCE, **values})


def test_unknown_names(studio):
    with pytest.raises(UnknownName, match="known: directions, labels, mapper, prior"):
        studio.describe(SENTENCE, method="magic")
    with pytest.raises(UnknownName, match="unknown model 'nobody'"):
        Studio("nobody")
    with pytest.raises(InputError, match="device 'warp'"):
        Studio("portraits", "warp")


def test_odd_sentences(studio):
    nothing = studio.describe("the quick brown fox", 1, anyway=True)
    long = studio.describe("smiling woman " * 5000, 1)
    assert any(str(MAX_WORDS) in note and "10000 words" in note for note in long.notes)
    assert long.provenance["read"]["gender"] == "f"
    for text in ("微笑的女人", "👩‍🦰🙂", "улыбка", "\x00\x01"):
        faces = studio.describe(text, 1, anyway=True)
        assert any("no attribute" in note for note in faces.notes)
    assert nothing.images.shape[0] == 1


def call(capsys, *args):
    status = main(["describe", *map(str, args)])
    return status, *capsys.readouterr()


def test_cli_json(folder, tmp_path, capsys):
    out = tmp_path / "faces"
    model = folder / "tiny.safetensors"
    status, stdout, stderr = call(
        capsys, SENTENCE, "--count", 2, "--seed", 7, "--model", model, "--out", out, "--json"
    )
    assert status == 0, stderr
    result = json.loads(stdout)
    assert result["seeds"] == [7, 8]
    assert len(result["files"]) == 4
    assert all(out.joinpath(name.split("/")[-1]).exists() for name in result["files"])
    status, stdout, stderr = call(
        capsys, SENTENCE, "--count", 2, "--seed", 7, "--model", model, "--out", out
    )
    assert (status, stdout) == (2, "")
    assert stderr.count("\n") == 1
    assert "--force" in stderr


@pytest.mark.parametrize(
    "args",
    [
        [""],
        [SENTENCE, "--count", "0"],
        [SENTENCE, "--count", "1000000"],
        [SENTENCE, "--method", "magic"],
        [SENTENCE, "--model", "nobody"],
        [SENTENCE, "--model", "missing.safetensors"],
        [SENTENCE, "--psi", "nine"],
    ],
)
def test_cli_refuses_in_one_line(folder, tmp_path, capsys, args):
    model = [] if "--model" in args else ["--model", folder / "tiny.safetensors"]
    status, stdout, stderr = call(capsys, *args, *model, "--out", tmp_path / "out")
    assert (status, stdout) == (2, "")
    assert stderr.startswith("mien: error: ")
    assert stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_cli_refuses_bad_weights(folder, tmp_path, capsys):
    good = (folder / "tiny.safetensors").read_bytes()
    for name, data in (
        ("truncated.safetensors", good[: len(good) // 2]),
        ("page.safetensors", b"<!DOCTYPE html><html>not found</html>"),
        ("hostile.pkl", b"cos\nsystem\n(S'touch pwned'\ntR."),
    ):
        (tmp_path / name).write_bytes(data)
        status, stdout, stderr = call(
            capsys, SENTENCE, "--model", tmp_path / name, "--out", tmp_path / "out"
        )
        assert (status, stdout) == (2, "")
        assert name in stderr
        assert stderr.count("\n") == 1
    assert not (tmp_path / "pwned").exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a red sports car in the rain", "nothing in 'a red sports car in the rain' is about"),
        ("asdf qwerty", "nothing in 'asdf qwerty' is about a face"),
        ("Barack Obama", "people cannot be drawn by name"),
        ("an old car", "nothing in 'an old car'"),
    ],
)
def test_a_sentence_without_a_face_is_refused(studio, folder, tmp_path, capsys, text, why):
    with pytest.raises(InputError, match=why):
        studio.describe(text, 1)
    assert len(studio.describe(text, 1, anyway=True)) == 1
    options = ["--model", folder / "tiny.safetensors", "--out", tmp_path / "out", "--count", 1]
    status, stdout, stderr = call(capsys, text, *options)
    assert (status, stdout, stderr.count("\n")) == (2, "", 1)
    assert why in stderr
    assert not (tmp_path / "out").exists()
    assert call(capsys, text, *options, "--anyway")[0] == 0


def test_a_person_without_attributes_is_not_refused(studio):
    assert len(studio.describe("a portrait of somebody", 1)) == 1


def test_what_was_not_read_is_said(studio, folder, tmp_path, capsys):
    text = "an old man with a white beard before a blue background, short long hiar"
    faces = studio.describe(text, 1)
    assert faces.provenance["not_read"] == ["white (of the beard)", "blue background"]
    assert faces.provenance["mended"] == {"hiar": "hair"}
    assert faces.provenance["implied"] == {"hair_color": "gray"}
    assert "not read: white (of the beard), blue background" in faces.notes
    assert any("'short' and 'long'" in note for note in faces.notes)
    options = ["--model", folder / "tiny.safetensors", "--out", tmp_path / "a", "--count", 1]
    status, _, stderr = call(capsys, text, *options)
    assert status == 0
    assert "mien: not read: white (of the beard), blue background\n" in stderr
    options[3] = tmp_path / "b"
    told = json.loads(call(capsys, text, *options, "--json")[1])
    assert told["not_read"] == ["white (of the beard)", "blue background"]


def test_an_unknown_language_is_refused(studio):
    with pytest.raises(UnknownName, match="known: en, fr, ja, vi"):
        studio.describe("ein Mann", 1, language="de")


def test_refining_keeps_the_person_and_is_said(studio):
    plain = studio.describe("a man with glasses", 1, 3, refine=0)
    moved = studio.describe("a man with glasses", 1, 3, refine=3)
    assert (plain.provenance["refine"], moved.provenance["refine"]) == (0, 3)
    distance = np.linalg.norm((moved.ws - plain.ws)[0, 0])
    centre = studio.generator.mapping.w_avg.numpy()
    assert 0 < distance <= 3 * 0.0401 * np.linalg.norm(plain.ws[0, 0] - centre)
    with pytest.raises(InputError, match="refine is -1 steps"):
        studio.describe("a man", refine=-1)


def test_nothing_recognised_is_not_refined(studio):
    free = [studio.describe("xyzzy", 1, 3, refine=steps, anyway=True).ws for steps in (0, 3)]
    assert np.array_equal(*free)
