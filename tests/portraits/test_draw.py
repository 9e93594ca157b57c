"""What draws: engines that pay for themselves, the same pictures from each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mien.errors import InputError, UnknownName
from mien.portraits.draw import Drawer
from mien.runtime import costs, engines
from mien.runtime.costs import Cost
from mien.studio import Studio
from runtime.networks import small_generator


def drawer(precision: str = "exact", engine: str = "auto", cache: Path | None = None) -> Drawer:
    return Drawer(small_generator(), precision, engine, cache)


def latents(count: int) -> torch.Tensor:
    return torch.from_numpy(np.random.RandomState(0).randn(count, 8, 16)).float()


def test_few_faces_of_a_small_generator_are_drawn_at_once() -> None:
    draws = drawer("fast")
    pictures = draws.draw(latents(4))
    assert pictures.shape == (4, 32, 32, 3)
    assert pictures.dtype == np.uint8
    assert draws.said == "eager, exact", "rounding has to pay"


def test_a_face_is_the_same_among_any_others() -> None:
    for precision in ("exact", "fast"):
        draws = drawer(precision, "eager")
        many = draws.draw(latents(5))
        for i in range(5):
            assert np.array_equal(draws.draw(latents(5)[i : i + 1])[0], many[i])


def test_frames_come_when_they_are_asked_for() -> None:
    asked = []

    def portions():
        for i in range(3):
            asked.append(i)
            yield latents(6)[2 * i : 2 * i + 2]

    draws = drawer()
    frames = draws.frames(portions(), 6)
    first = next(frames)
    assert (asked, first.shape) == ([0], (2, 32, 32, 3))
    assert np.array_equal(np.concatenate([first, *frames]), draws.draw(latents(6)))


def test_what_was_drawn_so_far_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    built = []

    def counting(network, example, dtype, cache):
        built.append(dtype)
        return real(network, example, dtype, cache)

    real = engines.ENGINES["eager"]
    monkeypatch.setitem(engines.ENGINES, "openvino", counting)
    monkeypatch.setattr(engines, "why_not", lambda name, device: "")
    table = (
        Cost("eager", "exact", 0.05, 0, 0, 1.0, "cpu"),
        Cost("openvino", "exact", 0.05, 10, 1, 0.0, "cpu"),
    )
    monkeypatch.setattr(costs, "BUILT_IN", table)
    draws = drawer(cache=tmp_path)
    enough = int(10 / (draws.generator.synthesis.gflop / 0.05)) + 1
    draws.engine(enough - 2)
    draws.engine(1)
    assert (draws.said, built) == ("eager, exact", [])
    draws.engine(1)
    assert (draws.said, built) == ("openvino, exact", [torch.float32])
    draws.engine(1)
    assert len(built) == 1


@pytest.mark.skipif(
    bool(engines.why_not("openvino", torch.device("cpu"))), reason="openvino is not installed"
)
def test_engines_draw_the_same(tmp_path: Path) -> None:
    eager = drawer("exact", "eager").draw(latents(3)).astype(int)
    other = drawer("exact", "openvino", tmp_path)
    assert np.abs(other.draw(latents(3)) - eager).max() <= 1
    assert other.said == "openvino, exact"


def test_studio_refuses_before_it_loads() -> None:
    with pytest.raises(InputError, match="precision 'half'"):
        Studio(precision="half")
    with pytest.raises(UnknownName, match="unknown engine 'warp'"):
        Studio(engine="warp")
    with pytest.raises(InputError, match="needs a CUDA device"):
        Studio(engine="cuda", device="cpu")


def test_pictures_say_what_drew_them() -> None:
    faces = Studio(device="cpu", precision="exact").generate(1)
    assert faces.provenance["engine"] == "eager, exact"
