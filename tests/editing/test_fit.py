"""Sampling, tagging, fitting and freeing, on a generator whose directions are known."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cosine_similarity

from mien.attributes import LABELS, encode
from mien.editing import samples as tagged
from mien.editing.direction import DirectionSet, move
from mien.editing.fit import DirectionFit, fit_directions, standardised
from mien.editing.fit_decoupling import FULL_STRENGTH, Measure, layer_ranges
from mien.editing.naming import EDITS
from mien.editing.samples import TaggedSamples, TagReader, sample_tagged
from mien.errors import InputError, UnknownName
from mien.portraits.codes import CodeMoments
from training import tiny, toy

REGRESSIONS = ("linear", "lasso", "logistic", "svm")


def run(config, reader=None, weights=()):
    reader = reader or TagReader(toy.Reads())
    lines = list(fit_directions(toy.source(), reader, config, weights))
    assert isinstance(lines[-1], DirectionSet)
    said = [line for line in lines[:-1] if isinstance(line, dict)]
    return lines[-1], [line["note"] for line in said if "note" in line]


@pytest.mark.parametrize("method", REGRESSIONS)
def test_known_directions_come_back(method):
    found, _ = run(DirectionFit(method=method, samples=1500, free=False, min_count=20))
    for tag, coordinate in toy.MEANING.items():
        shift = found[tag].vector
        assert shift[coordinate] == shift[:3].abs().max(), (tag, shift)
    assert found.generator == "cd" * 32
    assert found["man"].method.startswith(method)


def test_svd_gives_the_widest_spread_of_those_that_carry_a_tag():
    found, _ = run(DirectionFit(method="svd", samples=800, free=False, min_count=20))
    assert found["man"].vector[3].abs() == found["man"].vector.abs().max()
    assert found["man"].method == "svd, centred, 800 samples"


def test_freed_edits_move_their_own_and_little_else():
    found, _ = run(DirectionFit(samples=1500))
    source, reader = toy.source(), TagReader(toy.Reads())
    edits = [edit for edit in EDITS if edit.name in found.names]
    assert {edit.name for edit in edits} == {"gender", "glasses", "hair length"}
    measure = Measure(source, reader, edits)
    for edit in edits:
        ws, before = measure.lacking(edit)
        after = measure.scores(move(ws, found[edit.name], FULL_STRENGTH))
        change = (after - before).mean(dim=0)
        own = float(change[edits.index(edit)])
        assert own > 0.3
        assert float(change.abs().sum()) - own < 0.5 * own
        assert found[edit.name].scores["tagger gain"] == pytest.approx(own, abs=0.02)
    assert found["hair length"].layers in (None, (4, 5))


def test_samples_do_not_depend_on_the_batch():
    made = []
    for batch in (7, 64):
        samples = TaggedSamples(toy.W_DIM, TagReader(toy.Reads()).tags, spool=True)
        steps = list(sample_tagged(toy.source(), TagReader(toy.Reads()), samples, 100, 3, batch))
        assert steps[-1] == {"sampled": 100, "of": 100}
        made.append(samples)
    assert made[0].counts == made[1].counts
    assert torch.allclose(made[0].seen.cross, made[1].seen.cross)
    latents, labels = next(iter(made[0].batches(("man", "woman"), 100)()))
    assert latents.shape == (100, toy.W_DIM)
    assert bool((labels[:, 0] ^ labels[:, 1]).all())
    assert int(labels[:, 0].sum()) == made[0].counts["man"]
    again = torch.cat([x for x, _ in made[1].batches(("man",), 9)()])
    assert torch.equal(again, latents)
    for samples in made:
        samples.close()


def test_streamed_samples_cannot_be_read_again():
    samples = TaggedSamples(2, ("a",), spool=False)
    samples.add(torch.zeros(2, 2), torch.rand(2, 1), torch.ones(2, 1, dtype=torch.bool))
    with pytest.raises(InputError, match="one pass"):
        samples.batches(("a",))


def test_standardised_tags_have_unit_variance():
    samples = TaggedSamples(toy.W_DIM, TagReader(toy.Reads()).tags, spool=False)
    list(sample_tagged(toy.source(), TagReader(toy.Reads()), samples, 200))
    seen = standardised(samples.seen, ("man", "long hair"))
    assert seen.tags == ("man", "long hair")
    assert torch.allclose(seen.tag_scatter / seen.count, torch.ones(2, dtype=torch.float64))


def test_a_reader_joins_labels_to_tags():
    reader = TagReader(toy.Reads())
    probability, carried = reader(toy.source().draw(toy.source().start([1, 2, 3], 1)))
    assert probability.shape == carried.shape == (3, len(reader.tags))
    place = reader.tags.index
    both = probability[:, place("with glasses")] + probability[:, place("without glasses")]
    assert torch.allclose(both, torch.ones(3))
    assert "glasses=sunglasses" in reader.tags
    assert "gender=m" not in reader.tags  # it is "man"


def test_unsupervised_methods():
    weights = [torch.eye(toy.W_DIM) * torch.arange(1.0, 9)[:, None]] * toy.NUM_WS
    found, _ = run(DirectionFit(method="pca", samples=500, count=2))
    assert found.names == ("pca-0", "pca-1")
    assert abs(float(found["pca-0"].vector[3])) > 0.98  # the widest coordinate
    found, _ = run(DirectionFit(method="sefa", samples=500, count=3, layers=(4, 5)), None, weights)
    assert found.names == ("sefa-0", "sefa-1", "sefa-2")
    assert found["sefa-0"].layers == (4, 5)


def test_pairs_change_the_edit():
    plain = {"samples": 600, "free": False, "min_count": 10}
    with_pairs, _ = run(DirectionFit(**plain))
    alone, _ = run(DirectionFit(**plain, pairs=False))
    name = "hair length"
    assert not torch.allclose(with_pairs[name].vector, alone[name].vector, atol=1e-3)
    assert torch.allclose(
        cosine_similarity(alone[name].vector, alone["long hair"].vector, dim=0), torch.tensor(1.0)
    )


def test_seldom_tags_are_left_out_and_named():
    found, notes = run(DirectionFit(samples=300, free=False, min_count=30))
    assert "hair_length=hidden" not in found.names
    assert "hair_length=hidden (0)" in notes[0]


def test_few_samples_are_regularised_and_said():
    samples = TaggedSamples(toy.W_DIM, TagReader(toy.Reads()).tags, spool=False)
    list(sample_tagged(toy.source(), TagReader(toy.Reads()), samples, 7))
    _, notes = run(DirectionFit(samples=7, free=False, min_count=1, tags=("man",)))
    assert "7 samples for 8 dims" in notes[0]
    assert "regularised" in notes[0]


def test_what_cannot_be_fitted():
    with pytest.raises(InputError, match="'hair_length=hidden' never occurs in 100 samples"):
        run(DirectionFit(samples=100, tags=("hair_length=hidden",)))
    with pytest.raises(InputError, match="always occurs"):
        run(DirectionFit(samples=50, tags=("bald-no",)), Constant())
    with pytest.raises(UnknownName, match="unknown tag 'moustache'"):
        run(DirectionFit(samples=50, tags=("moustache",)))
    with pytest.raises(InputError, match="none of 12 tags occurs in more than 49"):
        run(DirectionFit(samples=100, min_count=49))
    with pytest.raises(InputError, match="not finite"):
        run(DirectionFit(samples=50), TagReader(toy.Reads(float("nan"))))
    with pytest.raises(UnknownName, match="method 'ridge'"):
        DirectionFit(method="ridge")
    with pytest.raises(InputError, match="no number"):
        DirectionFit(samples=100, min_count=80)
    with pytest.raises(InputError, match="at least 2"):
        DirectionFit(samples=1)
    with pytest.raises(InputError, match="layer 9 is outside"):
        run(DirectionFit(method="sefa", layers=(9,)), None, [torch.eye(8)] * 6)


class Constant(TagReader):
    """Sees the same in every picture."""

    def __init__(self):
        super().__init__(toy.Reads(), {"man": ("gender=m",), "bald-no": ("gender=f", "gender=m")})


def test_layer_ranges_lie_in_the_network():
    for num_ws in (1, 6, 8, 12, 18):
        for layers in layer_ranges(num_ws)[1:]:
            assert layers is not None
            assert 0 <= min(layers) <= max(layers) < num_ws
    assert layer_ranges(1) == [None]


def test_a_stylegan_as_source():
    loaded = tiny.loaded(tiny.generator(), "tiny")
    source = tagged.generator_source(loaded)
    w = source.sample([0, 5], 1)
    assert w.shape == (2, 16)
    assert torch.allclose(source.sample([5], 1)[0], w[1], atol=1e-5)
    assert not torch.allclose(source.sample([5], 2)[0], w[1], atol=1e-2)
    ws = source.start([3], 0.7)
    assert ws.shape == (1, 8, 16)
    assert source.draw(ws).shape == (1, 3, 32, 32)
    assert loaded.network.synthesis.dtype == torch.float32  # as it was
    plain = tagged.generator_source(tiny.loaded(tiny.generator(0), "plain"))
    assert plain.sample([0, 1, 2], 0).shape == (3, 16)


def test_random_labels_say_one_to_four_things():
    import numpy as np

    said = {int(tagged.random_label(np.random.default_rng(i)).sum()) for i in range(60)}
    assert said == {1, 2, 3, 4}


def test_the_decoder_of_gans_n_roses_as_source():
    from mien.anime.generator import GansNRosesConfig, RosesGenerator

    torch.manual_seed(0)
    config = GansNRosesConfig(32, (8, 8), style_dim=4, w_dim=16, mapping_layers=2)
    pictures = tiny.readable_set(3).pictures
    source = tagged.roses_source(tiny.loaded(RosesGenerator(config), "roses"), pictures)
    assert (source.num_ws, source.w_dim) == (1, 16)
    w = source.sample(range(4), 0)
    drawn = source.draw(w[:, None])
    assert drawn.shape == (4, 3, 32, 32)
    reader = TagReader(tiny.tagger())
    config = DirectionFit(method="linear", samples=40, free=False, min_count=0)
    lines = list(fit_directions(source, reader, config))
    assert isinstance(lines[-1], DirectionSet)
    with pytest.raises(InputError, match="no pictures"):
        tagged.roses_source(tiny.loaded(RosesGenerator(
            GansNRosesConfig(32, (8, 8), style_dim=4, w_dim=16, mapping_layers=2)
        ), "roses"), pictures[:0])  # fmt: skip


def test_codes_of_labelled_photographs_give_the_same_directions():
    """What a label changes by itself, not what usually comes with it; nothing is sampled."""
    rng = np.random.default_rng(0)
    man = rng.integers(0, 2, 4000)
    glasses = (rng.random(4000) < 0.2 + 0.5 * man).astype(int)
    labels = np.stack(
        [
            encode({"gender": "fm"[m], "glasses": ("none", "glasses")[g]})
            for m, g in zip(man, glasses, strict=True)
        ]
    )
    source = toy.source()
    w = torch.randn(4000, source.w_dim, generator=torch.Generator().manual_seed(1))
    w[:, 0] += torch.from_numpy(2.0 * man)
    w[:, 1] += torch.from_numpy(2.0 * glasses)
    moments = CodeMoments(len(LABELS), source.w_dim, ridge=1)
    moments.fit(w, torch.from_numpy(labels))
    config = DirectionFit(method="codes", free=False)
    *_, found = fit_directions(source, TagReader(toy.Reads()), config, codes=moments)
    assert isinstance(found, DirectionSet)
    for tag, coordinate in (("man", 0), ("with glasses", 1)):
        vector = found[tag].vector / found[tag].vector.norm()
        assert vector[coordinate] > 0.95, (tag, vector)
    assert found["man"].method == "codes"
    assert "smiling" not in found.names
    with pytest.raises(InputError, match="moments of codes"):
        next(fit_directions(source, TagReader(toy.Reads()), config))
