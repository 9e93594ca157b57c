"""Faces and sentences that find each other: losses, training, picking, and what is missing."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from inversion import toys
from mien import cli
from mien.attributes import encode
from mien.checkpoints import native
from mien.errors import ConfigMismatch, DatasetError, InputError, WeightsMissing, WrongValue
from mien.hub import loading
from mien.inversion.similarity import Similarity, drawn_for
from mien.inversion.similarity_options import SimilarityTraining
from mien.inversion.similarity_training import Described, SimilarityRecipe, sentences_of
from mien.inversion.text_image import (
    KIND,
    TextImage,
    TextImageConfig,
    best,
    matching_loss,
    ranking_loss,
    retrieval,
    scores,
)
from mien.portraits.faces import Faces
from mien.studio import Studio
from mien.text.embedding import Encoded, SentenceEncoder
from mien.training import loop


def test_ranking_looks_at_the_hardest_partner():
    table = torch.tensor([[0.9, 0.5, 0.1], [0.2, 0.6, 0.65], [0.0, 0.1, 0.8]])
    # Rows: 0.5, 0.65, 0.1 are the hardest; columns: 0.2, 0.5, 0.65.
    rows = [0.0, 0.2 + 0.65 - 0.6, 0.0]
    columns = [0.0, 0.2 + 0.5 - 0.6, 0.2 + 0.65 - 0.8]
    assert float(ranking_loss(table, 0.2)) == pytest.approx(sum(rows) / 3 + sum(columns) / 3)


def test_each_loss_moves_the_right_pairs_together():
    for loss in (lambda t: ranking_loss(t, 0.5), lambda t: matching_loss(t, torch.tensor(1.0))):
        table = torch.zeros(3, 3, requires_grad=True)
        loss(table).backward()
        assert (table.grad.diag() < 0).all()
        assert (table.grad - torch.diag(table.grad.diag()) >= 0).all()
        assert float((table.grad - torch.diag(table.grad.diag())).sum()) > 0


def test_retrieval_counts_ranks():
    table = torch.eye(6)
    table[0] = 0.5  # six of equal score: the right one is not found
    found = retrieval(table)
    assert found["R@1 sentence of picture"] == pytest.approx(5 / 6)
    assert found["R@5 sentence of picture"] == pytest.approx(5 / 6)
    assert found["R@1 picture of sentence"] == 1
    with pytest.raises(InputError, match="as many pictures as sentences"):
        retrieval(torch.zeros(2, 3))
    assert best(torch.tensor([0.1, 0.9, 0.9, 0.3]), 3).tolist() == [1, 2, 3]


def test_groups_read_their_own_layers():
    torch.manual_seed(0)
    network = TextImage(TextImageConfig(4, 6, 5, width=3, hidden=8)).eval()
    ws, features = torch.randn(2, 12, 4), torch.randn(2, 6)
    before = network.of_pictures(ws, features)
    assert torch.allclose(before.norm(dim=2), torch.ones(2, 3))
    ws[:, 5] += 1
    moved = (network.of_pictures(ws, features) - before).abs().sum(dim=(0, 2))
    assert moved[1] > 0
    assert moved[[0, 2]].tolist() == [0, 0]
    short = network.of_pictures(ws[:, :1], features)  # one w for all layers
    assert short.shape == (2, 3, 3)
    told = network.of_sentences(torch.nn.functional.normalize(torch.randn(3, 5), dim=1))
    assert scores(before, told).shape == (2, 3)
    assert float(scores(before, before).detach().diag().min()) == pytest.approx(1, abs=1e-5)


def described(count: int, seed: int) -> Described:
    """Sentences say what stands in the first numbers of the codes."""
    g = torch.Generator().manual_seed(seed)
    w, features = torch.randn(count, 8, generator=g), torch.randn(count, 4, generator=g)
    text = torch.nn.functional.normalize(w[:, :6] + 0.1 * torch.randn(count, 6, generator=g), dim=1)
    return Described(w, features, text.repeat(2, 1), torch.arange(count).repeat(2))


def test_pairs_find_each_other(tmp_path):
    config = SimilarityTraining(kimg=3, batch=60, width=16, lr=1e-2, dropout=0.1)
    made = SimilarityRecipe(config, described(200, 0), described(40, 1))
    before = made.measure()
    list(loop.run(made, tmp_path / "run", loop.Cadence(6, 100, 100, 100)))
    after = made.measure()
    assert before["R@5 picture of sentence"] < 0.4
    assert after["R@1 picture of sentence"] > 0.5
    path = made.finish(tmp_path / "s.safetensors", {"generator": "abc"})
    assert loading.load(path, KIND).meta["generator"] == "abc"
    none = Described(*(part[:0] for part in vars(made.held).values()))
    assert SimilarityRecipe(config, described(9, 0), none).measure() == {}
    with pytest.raises(DatasetError, match="no captions and no labels"):
        SimilarityRecipe(config, none, none)


def test_sentences_of_faces():
    face = encode({"gender": "f", "age": "old", "hair_color": "white", "glasses": "glasses"})
    labels = np.stack([face, np.zeros(76, np.float32)])
    texts, about = sentences_of(("written", ""), labels, 2, seed=0)
    assert texts[0] == "written"
    assert about == [0, 0, 0]
    assert sentences_of(None, labels, 2, 0)[0] == texts[1:]
    assert sentences_of(None, None, 2, 0) == ([], [])


class ToySentences(SentenceEncoder):
    """Every sentence is the same vector."""

    def __init__(self):
        pass

    def encode(self, texts):
        return Encoded(torch.eye(5)[:1].expand(len(texts), -1), (0,) * len(texts))


def faces_of(count: int) -> Faces:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (count, 8, 8, 3), np.uint8)
    return Faces(images, np.zeros((count, 2, 16), np.float32), tuple(range(count)), {"text": "x"})


def test_the_best_are_picked(tmp_path):
    studio = Studio(toys.write_models(tmp_path / "run"), "cpu")

    class Brightness:
        def score(self, faces, text):
            return faces.mean(dim=(1, 2, 3))

    studio.similarity = Brightness()
    faces = faces_of(6)
    made = studio.pick(faces, "x", 2)
    light = faces.images.reshape(6, -1).mean(axis=1)
    assert made.seeds == tuple(np.argsort(-light)[:2].tolist())
    assert np.array_equal(made.images[0], faces.images[light.argmax()])
    assert made.provenance["picked"]["of"] == 6
    assert any("the best 2 of 6" in note for note in made.notes)
    for count in (0, 7):
        with pytest.raises(WrongValue, match="pick is"):
            studio.pick(faces, "x", count)
    assert (drawn_for(4), drawn_for(5)) == (16, 20)


def test_a_score_is_of_each_face_alone():
    torch.manual_seed(0)
    network = TextImage(TextImageConfig(16, 2048, 5, width=3, hidden=8)).eval()
    similarity = Similarity(toys.make_inverter(), network, ToySentences())
    one, other = torch.zeros(1, 3, 64, 64), torch.ones(1, 3, 64, 64)
    both = similarity.score(torch.cat([one, other]), "smiling")
    assert both.shape == (2,)
    assert float(both.abs().max()) <= 1
    assert float(similarity.score(other, "smiling")) == pytest.approx(float(both[1]), abs=1e-5)


def test_what_is_missing_is_told(tmp_path, capsys):
    path = toys.write_models(tmp_path / "run")
    studio = Studio(path, "cpu")
    with pytest.raises(WeightsMissing, match="run: mien train similarity --model"):
        _ = studio.similarity
    network, shape = TextImage(TextImageConfig(16, 8, 5, 3, 8)), {"w_dim": 16, "features": 8}
    native.save(
        path.with_name("similarity.safetensors"), KIND, network.state_dict(),
        {**shape, "text_dim": 5, "width": 3, "hidden": 8}, {"generator": "0" * 64},
    )  # fmt: skip
    with pytest.raises(ConfigMismatch, match="was trained for generator 000000000000"):
        _ = studio.similarity
    args = ["describe", "an old man", "--pick", "0", "--model", str(path), "--device", "cpu"]
    assert cli.main(args) == 2
    assert "pick is 0" in capsys.readouterr().err


def test_the_command_learns(tmp_path, capsys, monkeypatch):
    from mien import images

    path = toys.write_models(tmp_path / "run")
    rows = ["file\tgender\tage\tcaption"]
    for i in range(40):
        images.save(tmp_path / "set" / f"{i:05d}.png", toys.photo(i, side=128))
        rows.append(f"{i:05d}.png\tf\told\ta woman number {i}")
    (tmp_path / "set_labels.tsv").write_text("\n".join(rows) + "\n")

    def codes(inverter, pictures, cache, key, told):
        rng = np.random.default_rng(len(pictures))
        return rng.normal(size=(len(pictures), 16)), rng.normal(size=(len(pictures), 8))

    def embeddings(encoder, texts, cache, told):
        return np.random.default_rng(len(texts)).normal(size=(len(texts), 5)).astype(np.float32)

    monkeypatch.setattr("mien.inversion.known_codes.known_codes", lambda *a: as_float(codes(*a)))
    monkeypatch.setattr("mien.inversion.known_codes.known_embeddings", embeddings)
    monkeypatch.setattr("mien.inversion.encoder.load_inverter", lambda *_, **__: None)
    args = ["--data", tmp_path / "set", "--out", tmp_path / "out", "--model", path]
    args += ["--kimg", 0.03, "--batch", 10, "--sentences", 1, "--device", "cpu", "--json"]
    assert cli.main(["train", "similarity", *map(str, args)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert 0 <= result["R@5 picture of sentence"] <= 1
    assert loading.load(result["model"], KIND).network.config.text_dim == 5


def as_float(pair):
    return tuple(part.astype(np.float32) for part in pair)
