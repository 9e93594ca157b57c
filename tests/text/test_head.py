"""What a sentence says beyond the lexicon."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mien import cli
from mien.attributes import encode, label_index
from mien.errors import InputError
from mien.hub import loading
from mien.text.head import AttributeHead
from mien.text.reader import read

DIM = 8
WORDS = {"ginger": 0, "man": 1, "woman": 2, "amused": 3}


def vectors(texts):
    """One number a word, so that what is learnt can be told beforehand."""
    rows = torch.full((len(texts), DIM), 1e-3)
    for row, text in zip(rows, texts, strict=True):
        for word, place in WORDS.items():
            row[place] += float(f" {word} " in f" {text} ")
    return torch.nn.functional.normalize(rows, dim=1)


@pytest.fixture(scope="module")
def head():
    texts, faces = [], []
    for i in range(80):
        ginger, man = i % 4 == 0, i % 2 == 0
        texts.append(f"a {'ginger ' if ginger else ''}{'man' if man else 'woman'}")
        faces.append({"hair_color": "red" if ginger else "black", "gender": "m" if man else "f"})
    made = AttributeHead(DIM)
    made.fit(vectors(texts), torch.from_numpy(np.stack([encode(face) for face in faces])))
    return made


def test_an_unread_word_says_what_captions_mean_by_it(head):
    text = "a ginger man"
    blind = read("a blorgy man")  # so is any word that the lexicon has not
    reading = head.beyond(
        type(blind)(blind.asserted, not_read=("ginger",)), text, lambda texts: vectors(texts)
    )
    assert reading.guessed == {"hair_color": "red"}
    assert reading.asserted == {"gender": "m", "hair_color": "red"}
    assert any("red hair" in line for line in reading.notes())
    assert reading.told()["guessed"] == {"hair_color": "red"}


def test_what_was_read_is_not_guessed_again(head):
    reading = read("a woman")
    assert head.beyond(reading, "a woman", lambda _: pytest.fail("nothing was unread")) is reading


def test_a_word_that_changes_nothing_says_nothing(head):
    reading = read("a man and a zeppelin")
    assert reading.not_read
    assert head.beyond(reading, "a man and a zeppelin", vectors).guessed == {}


def test_what_is_denied_is_not_asserted(head):
    reading = type(read(""))(
        {"gender": "m"}, {"hair_color": frozenset({"red"})}, not_read=("ginger",)
    )
    assert head.beyond(reading, "a ginger man", vectors).guessed == {}


def test_probabilities_sum_to_one_within_a_column(head):
    found = head(vectors(["a ginger man", "a woman"]))
    assert torch.allclose(found.sum(dim=1), torch.full((2,), 16.0), atol=1e-4)
    assert found[0, label_index("hair_color", "red")] > 0.9
    assert head.prior[label_index("gender", "f")] == 0.5


def test_nothing_to_learn_from():
    with pytest.raises(InputError, match="0 sentences"):
        AttributeHead(DIM).fit(torch.zeros(0, DIM), torch.zeros(0, 76))


@pytest.mark.parametrize(
    ("sentence", "column", "values"),
    [
        ("an amused woman", "expression", ("smile", "laugh")),
        ("a gothic woman with icy blue eyes", "makeup", ("1",)),
    ],
)
def test_the_shipped_head_knows_words_that_the_lexicon_does_not(sentence, column, values):
    from mien.text.embedding import SentenceEncoder

    head = loading.load("sentence-head", "sentence-head").network
    reading = read(sentence)
    assert column not in reading.asserted
    encoder = SentenceEncoder()
    found = head.beyond(reading, sentence, lambda texts: encoder.encode(texts).embedding)
    assert found.guessed.get(column) in values


def test_command_needs_captions(tmp_path: Path, capsys):
    from PIL import Image

    folder = tmp_path / "faces"
    folder.mkdir()
    for i in range(3):
        Image.new("RGB", (16, 16), (i, 0, 0)).save(folder / f"{i}.png")
    out = tmp_path / "head.safetensors"
    assert cli.main(["train", "sentences", "--data", str(folder), "--out", str(out)]) == 2
    assert "no table with captions" in capsys.readouterr().err
    assert not out.exists()


def test_command_fits_and_writes(tmp_path: Path, capsys):
    from PIL import Image

    folder = tmp_path / "faces"
    folder.mkdir()
    lines = ["file\tgender\tcaption"]
    for i in range(6):
        Image.new("RGB", (16, 16), (i, 0, 0)).save(folder / f"{i}.png")
        lines.append(f"{i}.png\t{'fm'[i % 2]}\ta {('woman', 'man')[i % 2]} number {i}")
    (tmp_path / "faces_labels.tsv").write_text("\n".join(lines))
    out = tmp_path / "head.safetensors"
    argv = ["train", "sentences", "--data", str(folder), "--out", str(out)]
    assert cli.main(argv) == 0, capsys.readouterr().err
    head = loading.load(out, "sentence-head").network
    assert head.prior[label_index("gender", "f")] == pytest.approx(0.5, abs=0.2)
    capsys.readouterr()
    assert cli.main(argv) == 2
    assert "--force" in capsys.readouterr().err
