"""A sketch through the generator: always a face, by seed, from moments of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inversion.toys import make_inverter, photo, write_models
from mien.checkpoints import native
from mien.errors import ConfigMismatch, InputError, WeightsMissing
from mien.faces.choosing import Finder
from mien.sketch.latent import KIND, fit_codes, through_latent
from mien.studio import Studio


class Nobody(Finder):
    """Finds no face."""

    def find(self, image: np.ndarray) -> list:
        return []

    def in_box(self, image: np.ndarray, box: tuple) -> None:
        raise AssertionError(box)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    studio = Studio(write_models(tmp_path_factory.mktemp("run")), device="cpu", engine="eager")
    studio.__dict__["inverter"] = make_inverter()
    return studio


def write_codes(studio: Studio, home: Path, generator: str) -> None:
    pairs = [(photo(i)[None], 255 - photo(i)[None]) for i in range(2)]
    moments = fit_codes(studio.inverter, pairs)
    assert moments.count == 2
    shape = {"label_dim": 16, "w_dim": 16, "ridge": moments.ridge}
    (home / "weights").mkdir(exist_ok=True)
    path = home / "weights" / "generator-sketches.safetensors"
    native.save(path, KIND, moments.state_dict(), shape, {"generator": generator}, force=True)


def test_always_a_face_and_another_by_seed(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    with pytest.raises(WeightsMissing, match="has not learnt sketches"):
        through_latent(studio, photo(9), finder=Nobody())
    write_codes(studio, tmp_path, studio.loaded.sha256)
    made = [through_latent(studio, photo(9), seed, finder=Nobody()) for seed in (1, 2)]
    assert made[0].images.shape == (1, 64, 64, 3)
    assert np.abs(made[0].ws - made[1].ws).max() > 1e-6
    assert made[0].notes == ("0 faces were found; the middle of the picture is taken",)
    assert made[0].provenance["method"] == "through latent"
    likeliest = [through_latent(studio, photo(n), 3, 0, finder=Nobody()).ws for n in (9, 3)]
    assert np.abs(likeliest[0] - likeliest[1]).max() > 1e-6
    with pytest.raises(InputError, match="psi is 3"):
        through_latent(studio, photo(9), psi=3, finder=Nobody())
    write_codes(studio, tmp_path, "of another")
    with pytest.raises(ConfigMismatch, match="is of generator of another"):
        through_latent(studio, photo(9), finder=Nobody())
