"""Words that change a face: read, settled by a tagger, refused, told; and ``mien edit --text``."""

from __future__ import annotations

import json

import pytest
import torch

from inversion import toys
from mien import cli, images
from mien.attributes import COLUMNS, LABELS, label_index
from mien.checkpoints import native
from mien.editing.direction import Direction, DirectionSet
from mien.editing.latent import rebuild
from mien.editing.sets import load_direction_set, save_direction_set
from mien.errors import ConfigMismatch, InputError, WeightsMissing, WrongValue
from mien.inversion import control
from mien.inversion.control import Change, Words, changes_of, climb, read_words, settings_of
from mien.portraits.codes import CodeMoments
from mien.studio import Studio


def write_codes(path, owner: str, dims: int = 16) -> None:
    """Codes in which smiling faces lie along axis 0 and glasses along axis 1."""
    rng = torch.Generator().manual_seed(0)
    labels, w = torch.zeros(600, len(LABELS)), 0.1 * torch.randn(600, dims, generator=rng)
    for column, values in COLUMNS.items():
        second = torch.rand(600, generator=rng) < 0.5
        labels[second, label_index(column, values[1])] = 1
        labels[~second, label_index(column, values[0])] = 1
        if column in ("expression", "glasses"):
            w[:, int(column == "glasses")] += second
    moments = CodeMoments(len(LABELS), dims)
    moments.fit(w, labels)
    shape = {"label_dim": len(LABELS), "w_dim": dims, "ridge": moments.ridge}
    meta = {"generator": owner}
    native.save(path, "code-moments", moments.state_dict(), shape, meta, force=True)


class ToyTagger:
    """Sees a smile in bright pictures' places: here, in the latents, which the toy 'draws'."""

    def __call__(self, drawn: torch.Tensor) -> dict[str, torch.Tensor]:
        logits = {}
        for column, values in COLUMNS.items():
            axis = {"expression": 0, "glasses": 1}.get(column)
            level = drawn.new_zeros(len(drawn)) if axis is None else drawn[:, axis]
            rest = drawn.new_full((len(drawn), len(values) - 2), -30)
            first = 2 - 3 * level if axis is not None else level + 9
            logits[column] = torch.cat([torch.stack([first, -first], dim=1), rest], dim=1)
        return logits


@pytest.fixture
def studio(tmp_path, monkeypatch):
    path = toys.write_models(tmp_path / "run")
    studio = Studio(path, "cpu")
    write_codes(path.with_name("codes.safetensors"), studio.loaded.sha256)
    studio.reader = ToyTagger()
    monkeypatch.setattr(
        control, "seeing",
        lambda studio: lambda ws: {
            column: x.softmax(dim=1) for column, x in studio.reader(ws.mean(dim=1)).items()
        },
    )  # fmt: skip
    return studio


def centred(studio, tmp_path):
    """A file with one face of which the toy tagger sees nothing."""
    import numpy as np

    np.savez(tmp_path / "face.npz", w=np.zeros((1, studio.generator.num_ws, 16), np.float32))
    return tmp_path / "face.npz"


def test_words_are_read():
    reading, _ = read_words("smiling, with glasses, no beard")
    asked = {str(change) for change in changes_of(reading)}
    assert {"a smile", "glasses", "no facial hair"} <= asked
    for text, said in {
        "bald with long hair": "'bald' and 'long'",
        "blue eyes": "nearest: closed eyes",
        "Barack Obama": "by name",
        " ": "empty",
    }.items():
        with pytest.raises(InputError, match=said):
            read_words(text)
    with pytest.raises(WrongValue, match="strength is 9"):
        Words("smiling", strength=9)


def test_a_change_is_seen():
    p = {"hair_color": torch.full((1, 13), 0.1)}
    assert Change("hair_color", ("black",)).seen(p) == pytest.approx(0.1)
    assert Change("hair_color", ("red",)).seen(p) == pytest.approx(0.2)  # or orange
    assert Change("hair_color", ("black", "brown"), denied=True).seen(p) == pytest.approx(0.8)


def test_a_face_is_moved_as_far_as_needed_and_no_further(studio, tmp_path):
    face = centred(studio, tmp_path)
    made = studio.edit_by_words(face, "smiling")
    (edit,) = made.each[0]["edits"]
    (setting,) = edit["settings"]
    found = control.words_directions(studio, Words("x"))
    way = found.directions[setting["direction"]]
    assert setting["direction"] == "expression: smile"
    assert control.LADDER[0] < setting["strength"] < control.LADDER[-1]
    below = control.LADDER[control.LADDER.index(setting["strength"]) - 1]
    see = control.seeing(studio)
    change = Change("expression", ("smile",))
    before, after = (
        change.seen(see(torch.zeros(1, studio.generator.num_ws, 16) + s * way.vector))
        for s in (below, setting["strength"])
    )
    assert before < control.SURE <= after
    twice = studio.edit_by_words(face, "smiling", strength=2)
    assert twice.each[0]["edits"][0]["settings"][0]["strength"] == 2 * setting["strength"]


def test_what_is_seen_already_stays(studio, tmp_path):
    face = centred(studio, tmp_path)
    made = studio.edit_by_words(face, "without glasses")
    assert (made.ws == 0).all()
    assert any("no glasses: seen in it already" in note for note in made.notes)


def test_no_strength_takes_a_face_further_than_it_holds_together(studio, tmp_path):
    made = studio.edit_by_words(centred(studio, tmp_path), "smiling", strength=5)
    (setting,) = made.each[0]["edits"][0]["settings"]
    found = control.words_directions(studio, Words("x"))
    assert setting["strength"] == found.directions[setting["direction"]].reach
    assert any(note.startswith("smile=+") and "was asked for" in note for note in made.notes)
    assert not any("lies beyond" in note for note in made.notes)


def test_what_cannot_be_reached_is_told(studio, tmp_path):
    made = studio.edit_by_words(centred(studio, tmp_path), "long hair, smiling")
    assert any("long hair: " in note for note in made.notes)
    assert made.ws[0, 0, 0] > 0


def test_pictures_of_words_can_be_made_again(studio, tmp_path):
    made = studio.edit_by_words(3, "smiling")
    again = rebuild(studio, made.made()[0], tmp_path)
    assert torch.allclose(again, torch.from_numpy(made.ws), atol=1e-6)


def codes(studio):
    return studio.loaded.path.with_name("codes.safetensors")


def test_a_denial_leads_away(studio):
    found = load_direction_set(codes(studio))
    change = Change("glasses", ("glasses", "sunglasses"), denied=True)
    ways = settings_of(change, found, "glasses")
    assert (ways[0].name, ways[0].strength) == ("glasses: glasses", -1.0)
    worn = torch.zeros(1, studio.generator.num_ws, 16)
    worn[..., 1] = 1
    setting, reached = climb(worn, change, ways, found, control.seeing(studio))
    assert reached
    assert setting.strength < 0


def test_a_set_of_tags_serves_too(studio, tmp_path):
    smile = Direction("smiling", torch.eye(16)[0], "w", None, 0.5, studio.loaded.sha256, "linear")
    save_direction_set(tmp_path / "d.safetensors", DirectionSet((smile,)))
    face = centred(studio, tmp_path)
    made = studio.edit_by_words(face, "smiling", directions=tmp_path / "d.safetensors")
    assert made.each[0]["edits"][0]["settings"][0]["direction"] == "smiling"
    made = studio.edit_by_words(face, "with glasses", directions=tmp_path / "d.safetensors")
    assert any("has no direction for it" in note for note in made.notes)


def test_codes_of_another_generator_or_none(studio, tmp_path):
    write_codes(codes(studio), "0" * 64)
    with pytest.raises(ConfigMismatch, match="its codes belong to the generator 000000000000"):
        studio.edit_by_words(0, "smiling")
    codes(studio).unlink()
    with pytest.raises(WeightsMissing, match="mien directions fit"):
        studio.edit_by_words(0, "smiling")


def test_the_command(studio, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("mien.hub.loading.load_tagger", lambda *_, **__: toy_tagger())
    face, out = centred(studio, tmp_path), tmp_path / "out"
    common = ["--model", str(studio.model), "--device", "cpu", "--out", str(out)]
    assert cli.main(["edit", str(face), "--text", "smiling", "--json", *common]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["faces"][0]["words"] == "smiling"
    assert images.read_provenance(result["files"][0])["words"] == "smiling"
    for args, said in (
        (["--text", "smiling", "--set", "smile=+2"], "give what shall change"),
        ([], "give what shall change"),
        (["--text", "smiling", "--strip", "3"], "--strip shows steps along one direction"),
        (["--text", "bald with long hair"], "contradict each other"),
        (["--text", "xyzzy"], "names nothing that can be changed"),
    ):
        assert cli.main(["edit", str(face), *args, *common, "--force"]) == 2
        assert said in capsys.readouterr().err


def toy_tagger():
    from mien.hub.loading import Loaded

    return Loaded(ToyTagger(), "teacher", "0" * 64)
