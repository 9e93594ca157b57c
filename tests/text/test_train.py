"""Training the ways from sentences to latents."""

from dataclasses import replace

import pytest
import torch

from mien.errors import OutputError
from mien.hub.loading import load
from mien.text import train as text
from mien.text import train_files as text_files
from mien.text.config import TextTraining
from mien.text.embedding import Encoded
from mien.training import loop
from training import tiny

CONFIG = TextTraining(samples=120, captions=2, written=2, steps=6, batch=16)


class Letters:
    """Stands in for the sentence encoder: counts letters."""

    def encode(self, sentences):
        rows = [[text.count(c) / 10 for c in "abcdefghijklmnop"] for text in sentences]
        return Encoded(torch.tensor(rows), (0,) * len(rows))


def job(folder, **other):
    return text_files.TextJob(
        tiny.loaded(tiny.generator(), "tiny"), tiny.loaded(tiny.tagger(), "teacher"),
        tiny.readable_set(20), Letters(), replace(CONFIG, **other), folder,
    )  # fmt: skip


def test_samples_and_pairs_fit_together():
    G, data = tiny.generator().eval(), tiny.readable_set(20)
    sampled = text.sample(G, tiny.tagger().eval(), CONFIG, data.labels)
    assert sampled.w.shape == (120, 16)
    assert torch.allclose(sampled.probabilities.sum(dim=1), torch.tensor(16.0), atol=1e-4)
    pairs = text.grammar_pairs(sampled, CONFIG)
    assert len(pairs.sentences) == len(pairs.w) == 240
    assert torch.equal(pairs.w[2], pairs.w[3])
    written = text.written_pairs(G, data, CONFIG)
    assert len(written.sentences) == 40
    assert set(written.sentences) == set(data.captions)
    joined = text.join([pairs, written])
    assert len(joined.w) == len(joined.sentences) == 280


def test_confident_values_only():
    row = torch.zeros(76)
    row[0], row[1], row[2] = 0.95, 0.05, 0.4
    assert text.confident(row[None].numpy(), 0.6) == [{"gender": "f"}]


def test_a_stopped_sampling_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "_PART", 20)
    G, tagger, done = tiny.generator().eval(), tiny.tagger().eval(), []
    config = replace(CONFIG, samples=50)
    whole = text.sample(G, tagger, config, progress=done.append)
    assert done == [20, 40, 50]

    def stop(count):
        if count == 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        text.sample(G, tagger, config, keep=tmp_path, progress=stop)
    fresh, draw = [], text._sample_part
    monkeypatch.setattr(text, "_sample_part", lambda *args: fresh.append(args[3]) or draw(*args))
    again = text.sample(G, tagger, config, keep=tmp_path)
    assert fresh == [10]
    assert torch.equal(again.w, whole.w)
    assert torch.equal(again.probabilities, whole.probabilities)


def test_files_are_written_and_load(tmp_path):
    work = job(tmp_path)
    files = []
    for name in text_files.WRITERS:
        if name == "directions":
            files.append(work.write(name, work.directions()))
            continue
        recipe = work.recipe(name)
        list(loop.run(recipe, work.folder_of(name)))
        files.append(work.write(name, recipe.trained))
    assert [path.name for path in files] == [
        "tiny-mapper.safetensors", "tiny-prior.safetensors", "tiny-directions.safetensors",
    ]  # fmt: skip
    for path, kind in zip(files, text_files.WRITERS.values(), strict=True):
        found = load(path, kind)
        assert found.meta["generator_sha256"] == "ab" * 32
        assert all(torch.isfinite(t).all() for t in found.network.state_dict().values())
    with pytest.raises(OutputError, match="exists already"):
        work.write("directions", work.directions())
    assert list(work.samples.iterdir())
    work.forget()
    assert not list(tmp_path.rglob("s*-*.safetensors"))


def test_mapper_learns(tmp_path):
    torch.manual_seed(0)
    embeddings = torch.randn(300, 8)
    pairs = text.Pairs(embeddings @ torch.randn(8, 16), ("",) * 300)
    recipe = text.MapperRecipe(TextTraining(steps=60, batch=64, lr=5e-3), pairs, embeddings)
    *_, line = loop.run(recipe, tmp_path)
    assert line["loss"] < 0.7


def test_columns_may_stand_in_any_order():
    from mien.attributes import COLUMNS, column_slice
    from mien.judges.tagger import Tagger, TaggerConfig

    columns = dict(sorted(COLUMNS.items()))  # as a file's header may give them
    torch.manual_seed(0)
    network = Tagger(TaggerConfig(columns=columns, resolution=32, width=4)).eval()
    image = torch.rand(2, 3, 32, 32)
    read = text.read_picture(network, image)
    for column, logits in network(image).items():
        assert torch.allclose(read[:, column_slice(column)], logits.softmax(dim=1), atol=1e-5)
