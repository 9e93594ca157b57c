"""Gaussians of several modalities joined, and ``mien compose`` with what can be given."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from anime.toys import ToyFinder
from inversion import toys
from inversion.test_control import ToyTagger, write_codes
from mien import cli, images
from mien.checkpoints import native
from mien.checkpoints.latents import read_latents
from mien.editing.latent import read_face
from mien.errors import ImageError, InputError, WeightsMissing
from mien.inversion import guides
from mien.inversion.compose import Belief, Composition, find_moments, words_belief
from mien.inversion.control import read_words
from mien.inversion.guide_encoder import GUIDES, KIND, GuideConfig, GuideEncoder, shown
from mien.inversion.guides import whitening
from mien.studio import Studio


def test_what_an_encoder_says_of_nothing_else_is_the_posterior():
    error = torch.diag(torch.tensor([0.1, 0.5, 1.0]))
    belief = Belief(torch.eye(3).double(), torch.zeros(3).double())
    belief.hear(torch.tensor([2.0, -1.0, 0.0]), error)
    assert torch.allclose(belief.draw(torch.zeros(1, 3), 1), torch.tensor([[2.0, -1.0, 0.0]]))
    drawn = belief.draw(torch.randn(4000, 3, generator=torch.Generator().manual_seed(0)), 1)
    assert torch.allclose(drawn.var(dim=0), error.diag(), rtol=0.1)


def test_two_that_are_equally_sure_meet_halfway_and_strength_weighs():
    means = []
    for strength in (1.0, 3.0):
        belief = Belief.of(torch.tensor([1.0]), torch.tensor([[0.25]]))
        belief.hear(torch.tensor([0.0]), torch.tensor([[0.2]]), strength)
        means.append(float(belief.draw(torch.zeros(1, 1), 0)))
    assert means[0] == pytest.approx(1 / (1 + 4 / 4), abs=1e-4)  # Λ: 4 of one, 5 - 1 of the other
    assert means[1] == pytest.approx(4 / (4 + 12), abs=1e-4)
    belief.hear(torch.tensor([9.0]), torch.tensor([[1.5]]))  # an encoder that knows nothing
    assert float(belief.draw(torch.zeros(1, 1), 0)) == pytest.approx(means[1])


@pytest.fixture
def studio(tmp_path, monkeypatch):
    path = toys.write_models(tmp_path / "run")
    studio = Studio(path, "cpu")
    write_codes(path.with_name("codes.safetensors"), studio.loaded.sha256)
    write_guides(path.parent, studio.loaded.sha256)
    studio.reader = NoTagger()
    monkeypatch.setattr("mien.inversion.guides.shipped_finder", lambda: ToyFinder(40))
    return studio


class NoTagger(ToyTagger):
    """Sees the same in every picture."""

    def __call__(self, drawn):
        return super().__call__(torch.zeros(len(drawn), 16))


def write_guides(folder, owner, error: float = 0.2):
    """Encoders of random weights that are rather sure."""
    for guide in GUIDES:
        torch.manual_seed(4)
        network = GuideEncoder(GuideConfig(guide, w_dim=16, width=4, hidden=8))
        network.error.copy_(error * torch.eye(16))
        shape = {"guide": guide, "w_dim": 16, "width": 4, "hidden": 8}
        path = folder / f"{guide}-encoder.safetensors"
        native.save(path, KIND, network.state_dict(), shape, {"generator": owner})


def drawing(path):
    """Dark marks on white paper: a sketch for those who look at colours alone."""
    paper = np.full((96, 96, 3), 250, np.uint8)
    paper[20:24, 20:70] = paper[60:64, 30:60] = 40
    return images.save(path, paper)


def label_map(path, size=(96, 96), mode="L", worst=18):
    from PIL import Image

    labels = np.ones(size, np.uint8)
    labels[:10, :10] = worst
    Image.fromarray(labels).convert(mode).save(path)
    return path


def test_words_lead_and_seeds_vary(studio):
    faces = studio.compose(text="smiling", count=3, seed=5, psi=0.5)
    assert (len(faces), faces.seeds) == (3, (5, 6, 7))
    assert faces.names()[0] == "smiling-seed0005"
    assert faces.provenance["compose"] == {"text": "smiling"}
    plain = studio.compose(text="smiling", count=1, psi=0)
    mean = find_moments(studio).mean
    assert float(plain.ws[0, 0, 0] - mean[0]) > 0.2  # towards smiling faces, along axis 0
    assert not np.array_equal(faces.ws[0], faces.ws[1])
    again = studio.compose(text="smiling", count=1, seed=6, psi=0.5)
    assert np.allclose(again.ws[0], faces.ws[1], atol=1e-6)


def test_words_belief_is_the_closed_form(studio):
    moments = find_moments(studio)
    mean, root, _ = whitening(moments)
    belief = words_belief(moments, read_words("smiling")[0], 1.0)
    w = mean + belief.draw(torch.zeros(1, 16), 0)[0] @ root
    told = torch.zeros(76, dtype=torch.bool)
    from mien.attributes import column_slice, encode

    told[column_slice("expression")] = True
    label = torch.from_numpy(encode({"expression": "smile"}))[None]
    assert torch.allclose(w, moments.given(told, alone=True).centre(label)[0], atol=1e-3)


def test_a_sketch_is_followed_as_closely_as_is_said(studio, tmp_path):
    sketch = drawing(tmp_path / "s.png")
    network = guides.load_guide(studio, "sketch")
    code = network(shown(guides.read_sketch(sketch, ToyFinder(40))[0][None], "sketch"))[0]
    mean, root, inverse = whitening(find_moments(studio))
    far = [
        float(
            (torch.from_numpy(made.ws[0, 0]) - (mean + code @ root) @ torch.eye(16))
            @ inverse @ torch.ones(16)
        )
        for made in (studio.compose(sketch=sketch, count=1, psi=0, strength=s) for s in (0, 1))
    ]  # fmt: skip
    assert abs(far[1]) < 0.02 < abs(far[0])


def test_everything_together(studio, tmp_path):
    photo = tmp_path / "ann.png"
    inverted = torch.randn(1, studio.generator.num_ws, 16)
    studio.read_photo = lambda path: (inverted, {"photo": str(path), "notes": ["a profile"]})
    made = studio.compose(
        "smiling", drawing(tmp_path / "s.png"), label_map(tmp_path / "l.png"), photo, 2, psi=0.3
    )
    assert made.sheet is not None
    assert made.sheet.captions[:3] == ("sketch", "label", "photo, inverted")
    assert len(made.sheet.images) == 5
    assert "a profile" in made.notes
    assert made.made()[0]["photo"] == str(photo)
    kept = studio.compose(photo=photo, sketch=tmp_path / "s.png", layers="2-3", count=1)
    assert np.allclose(kept.ws[0, 2:4], inverted[0, 2:4].numpy(), atol=1e-5)
    assert not np.allclose(kept.ws[0, :2], inverted[0, :2].numpy(), atol=1e-2)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({}, "nothing to compose"),
        ({"text": "smiling", "layers": "fine"}, "give `photo` too"),
        ({"text": "smiling", "strength": 4}, "strength is 4"),
        ({"text": "bald with long hair"}, "contradict each other"),
        ({"text": "xyzzy"}, "names nothing"),
    ],
)
def test_what_cannot_be_asked(studio, args, said):
    with pytest.raises(InputError, match=said):
        studio.compose(**args)


def test_pictures_that_are_something_else(studio, tmp_path):
    rng = np.random.default_rng(0)
    colours = images.save(tmp_path / "c.png", rng.integers(0, 255, (96, 96, 3), np.uint8))
    with pytest.raises(ImageError, match=r"c\.png: looks like a photo.*give it as `photo`"):
        studio.compose(sketch=colours)
    for path, said in (
        (label_map(tmp_path / "rgb.png", mode="RGB"), "colours of no region"),
        (label_map(tmp_path / "ids.png", worst=57), "holds the id 57 at 0,0"),
        (label_map(tmp_path / "size.png", (96, 80)), "is 80x96; a square"),
        (tmp_path / "absent.png", "cannot be read"),
    ):
        with pytest.raises(ImageError, match=said):
            studio.compose(label=path)


def test_a_generator_without_an_encoder_of_sketches(studio, tmp_path):
    (studio.loaded.path.parent / "sketch-encoder.safetensors").unlink()
    with pytest.raises(WeightsMissing, match="run: mien train sketch-encoder --model"):
        studio.compose(sketch=drawing(tmp_path / "s.png"))
    (studio.loaded.path.parent / "codes.safetensors").unlink()
    with pytest.raises(WeightsMissing, match="run: mien train faces"):
        studio.compose(text="smiling")


def test_the_command(studio, tmp_path, capsys):
    out = tmp_path / "out"
    common = ["--model", str(studio.model), "--device", "cpu", "--out", str(out)]
    args = ["--sketch", str(drawing(tmp_path / "s.png")), "--count", "2", "--json"]
    assert cli.main(["compose", *args, *common]) == 0
    result = json.loads(capsys.readouterr().out)
    names = sorted(path.name for path in out.iterdir())
    assert names == ["latents.npz", "s-seed0000.png", "s-seed0001.png", "sheet.png"]
    assert result["compose"] == {"sketch": str(tmp_path / "s.png")}
    assert read_latents(out / "latents.npz", studio.generator.num_ws).shape[0] == 2
    with pytest.raises(ImageError, match=r"give the latents\.npz beside it"):
        read_face(studio, out / "s-seed0000.png")
    assert cli.main(["compose", *common]) == 2
    assert "give --text, --sketch, --label or --photo" in capsys.readouterr().err


def test_composition_says_what_is_given():
    asked = Composition(text="smiling", photo="a.png")
    assert asked.given == {"text": "smiling", "photo": "a.png"}
