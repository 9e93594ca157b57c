"""From a name or a path to a network: found, verified, built, filled."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from mien.checkpoints import fit, native
from mien.errors import CheckpointError, ConfigMismatch, InputError, UnknownName, WeightsMissing
from mien.hub import loading, store
from mien.hub.catalogue import Row
from mien.hub.loading import (
    load,
    load_generator,
    load_tagger,
    resolve,
)
from mien.judges.tagger import Tagger, TaggerConfig
from mien.stylegan2.discriminator import Discriminator, DiscriminatorConfig
from mien.stylegan2.generator import Generator


def put(folder: Path, name: str, data: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name


def test_a_name_is_found_where_it_ships_and_in_the_store(
    publish: Callable[..., Row], home: Path
) -> None:
    publish(b"abc")
    found = put(home / "weights", "faces.safetensors", b"abc")
    assert resolve("faces") == found
    shipped = put(loading.shipped(), "faces.safetensors", b"abc")
    assert resolve("faces") == shipped


def test_a_path_wins_over_a_name(
    publish: Callable[..., Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(b"abc")
    path = put(tmp_path / "x", "faces", b"other")
    monkeypatch.chdir(path.parent)
    assert resolve("faces") == Path("faces")


def test_a_file_in_the_store_needs_no_row(home: Path) -> None:
    path = put(home / "weights", "mine.safetensors", b"abc")
    assert resolve("mine") == path


def test_what_is_not_there_says_what_to_do(publish: Callable[..., Row], tmp_path: Path) -> None:
    row = publish(b"abc", "faces", url="https://example.org/f")
    with pytest.raises(WeightsMissing, match="mien weights pull faces"):
        resolve("faces")
    by_hand = publish(b"abc", "hands")
    with pytest.raises(WeightsMissing, match=f"put hands.safetensors .*{by_hand.sha256}"):
        resolve("hands")
    with pytest.raises(UnknownName, match="faces, hands"):
        resolve("feces")
    with pytest.raises(CheckpointError, match="does not exist; name a file of weights or a model"):
        resolve("runs/none.safetensors")
    with pytest.raises(CheckpointError, match="is a folder"):
        resolve(tmp_path)
    assert row.url


def test_a_file_that_is_not_the_published_one(publish: Callable[..., Row], home: Path) -> None:
    publish(b"abc", url="https://example.org/f")
    put(home / "weights", "faces.safetensors", b"abcd")
    with pytest.raises(CheckpointError, match="has 4 bytes, 'faces' has 3; delete it and run"):
        resolve("faces")
    put(home / "weights", "faces.safetensors", b"abd")
    with pytest.raises(CheckpointError, match=r"has sha256 .* the catalogue says"):
        resolve("faces")


def test_a_hash_is_computed_once_and_again_after_a_change(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, "a.bin", b"abc")
    calls = []
    real = native.sha256_file

    def counted(file: str | Path) -> str:
        calls.append(file)
        return real(file)

    monkeypatch.setattr(store, "sha256_file", counted)
    first = store.known_sha256(path)
    assert store.known_sha256(path) == first
    assert len(calls) == 1
    path.write_bytes(b"abd")
    os.utime(path, ns=(time.time_ns(), time.time_ns() + 1))
    assert store.known_sha256(path) != first
    assert len(calls) == 2
    (home / "verified.json").write_text("[broken")
    assert store.known_sha256(path) == real(path)
    assert json.loads((home / "verified.json").read_text())


def test_a_home_that_cannot_be_written_costs_only_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, "a.bin", b"abc")
    monkeypatch.setenv("MIEN_HOME", str(path / "home"))
    assert store.known_sha256(path) == native.sha256_file(path)


def test_a_generator_is_loaded_whole(
    publish: Callable[..., Row], home: Path, weights: bytes, generator: Generator
) -> None:
    row = publish(weights)
    put(home / "weights", "faces.safetensors", weights)
    found = load_generator("faces")
    assert (found.name, found.sha256, found.meta) == ("faces", row.sha256, {"kimg": 3})
    assert found.config["resolution"] == 32
    assert not found.network.training
    assert not any(p.requires_grad for p in found.network.parameters())
    z = torch.randn(2, 16)
    assert torch.equal(found.network(z), generator(z))


def test_loading_draws_no_random_number(tmp_path: Path, weights: bytes) -> None:
    path = put(tmp_path, "g.safetensors", weights)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    load_generator(path)
    assert torch.equal(torch.get_rng_state(), before)


def test_other_kinds_are_loaded(tmp_path: Path) -> None:
    columns = {"glasses": ("none", "glasses"), "mouth": ("closed", "open")}
    judge = Tagger(TaggerConfig(columns, resolution=32, width=4)).eval()
    path = tmp_path / "t.safetensors"
    native.save(path, "tagger", judge.state_dict(), asdict(judge.config))
    found = load_tagger(path)
    assert (found.name, found.path) == ("t", path)
    image = torch.rand(2, 3, 40, 40)
    assert torch.equal(found.network(image)["mouth"], judge(image)["mouth"])
    assert found.network.config == judge.config

    config = DiscriminatorConfig(32, 5, 256, 16, 2, plain_head=True)
    critic = Discriminator(config)
    native.save(
        tmp_path / "d.safetensors", "stylegan2-discriminator", critic.state_dict(), asdict(config)
    )
    network = load(tmp_path / "d.safetensors", "stylegan2-discriminator").network
    image = torch.rand(2, 3, 32, 32)
    assert torch.equal(network(image), critic(image))


def test_ways_from_sentences_are_loaded(tmp_path: Path) -> None:
    from mien.text.directions import AttributeDirections
    from mien.text.mapper import Mapper, MapperConfig
    from mien.text.prior import Prior, PriorConfig

    mapper = Mapper(MapperConfig(embedding_dim=6, w_dim=8, hidden=8, blocks=1))
    prior = Prior(PriorConfig(embedding_dim=6, w_dim=8, hidden=8, blocks=1))
    directions = AttributeDirections(8)
    directions.weight.normal_()
    files = {
        "text-mapper": (mapper, asdict(mapper.config)),
        "text-prior": (prior, asdict(prior.config)),
        "text-directions": (directions, {"w_dim": 8}),
    }
    for kind, (network, config) in files.items():
        path = tmp_path / f"{kind}.safetensors"
        native.save(path, kind, network.state_dict(), config)
        found = load(path, kind).network
        assert type(found) is type(network)
        for name, tensor in network.state_dict().items():
            assert torch.equal(found.state_dict()[name], tensor), name


def test_a_run_folder_is_its_newest_checkpoint(tmp_path: Path) -> None:
    for number in (8, 16):
        (tmp_path / f"state-{number:08d}.safetensors").touch()
    assert resolve(tmp_path).name == "state-00000016.safetensors"


def test_foreign_files_are_loaded(tmp_path: Path) -> None:
    from checkpoints.foreign_networks import rosinality_generator, rosinality_images

    state = rosinality_generator()
    torch.save({"g_ema": state}, tmp_path / "r.pt")
    z = torch.randn(1, 16)
    image = rosinality_images(state, z)[1]
    assert (load_generator(tmp_path / "r.pt").network(z) - image).abs().max() < 1e-4


def test_tensors_that_do_not_fit_are_listed(tmp_path: Path, generator: Generator) -> None:
    tensors = generator.state_dict()
    del tensors["mapping.w_avg"]
    tensors["extra"] = torch.zeros(1)
    tensors["synthesis.b4.const"] = torch.zeros(3, 4, 4)
    path = tmp_path / "g.safetensors"
    native.save(path, "stylegan2-generator", tensors, asdict(generator.config))
    with pytest.raises(ConfigMismatch) as caught:
        load_generator(path)
    for part in (
        "mapping.w_avg is missing",
        "extra is surplus",
        "synthesis.b4.const is [3, 4, 4] instead of [16, 4, 4]",
    ):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"resolution": 33},
        {"resolution": 32, "colour": 3},
        {"resolution": "big"},
        {"resolution": 32, "mapping_layers": 10**9, "z_dim": 1, "w_dim": 1},
        {"resolution": 1024, "channel_base": 1 << 40, "channel_max": 10**6},
        {"resolution": 1024, "channel_base": 1 << 60, "channel_max": 10**30},
    ],
)
def test_a_configuration_that_builds_nothing(tmp_path: Path, config: dict[str, object]) -> None:
    path = tmp_path / "g.safetensors"
    native.save(path, "stylegan2-generator", {"a": torch.zeros(1)}, config)
    with pytest.raises(ConfigMismatch, match="its configuration builds no stylegan2-generator"):
        load_generator(path)


def test_another_kind_than_wanted(tmp_path: Path, weights: bytes) -> None:
    path = put(tmp_path, "g.safetensors", weights)
    with pytest.raises(CheckpointError, match="holds a 'stylegan2-generator', a 'tagger'"):
        load_tagger(path)


def test_building_skips_chance_and_keeps_what_is_computed() -> None:
    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.randn(400, 400))
            self.layer = torch.nn.Linear(400, 400)
            self.register_buffer("ramp", torch.arange(5.0) * 2, persistent=False)

    made = fit.build(Network)
    assert torch.equal(made.ramp, torch.arange(5.0) * 2)
    tensors = {k: torch.full_like(v, 0.5) for k, v in made.state_dict().items()}
    fit.fill(made, {k: v.half() for k, v in tensors.items()}, "file")
    assert made.weight.dtype == torch.float32
    assert (made.layer.bias == 0.5).all()


def test_what_every_picture_says_of_its_network() -> None:
    found = loading.Loaded(None, "faces", "ab" * 32, {"kimg": 116, "data": "x"})
    assert found.signature == {"model": "faces", "sha256": "ab" * 32, "kimg": 116}
    assert loading.Loaded(None, "faces", "ab" * 32).signature["kimg"] is None


def test_a_network_is_made_ready() -> None:
    network = loading.ready(torch.nn.Linear(2, 2), "cpu")
    assert not network.training
    assert not any(weight.requires_grad for weight in network.parameters())
    with pytest.raises(InputError, match=r"device 'nowhere' cannot be used \(.*\); try cpu"):
        loading.ready(network, "nowhere")
