"""Every engine gives what the network gives, whatever the number of rows."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from mien.errors import InputError, MissingExtra, UnknownName
from mien.runtime import blobs, costs, engines, openvino_engine
from mien.runtime.costs import Cost
from mien.runtime.engines import Plan, choose, engine
from mien.runtime.precision import PRECISIONS, Formed, cpu_facts, exactly, fast_dtype
from runtime.networks import Plain, Two, plain, small_generator

CPU = torch.device("cpu")
HERE = [name for name in engines.ENGINES if name != "compile" and not engines.why_not(name, CPU)]
needs_openvino = pytest.mark.skipif("openvino" not in HERE, reason="openvino is not installed")


@pytest.mark.parametrize("name", HERE)
def test_rows_pass_in_portions(name: str, tmp_path: Path) -> None:
    network, x = plain(), torch.randn(5, 3, 8, 8)
    built = engine(network, x[:2], "exact", name, cache=tmp_path)
    assert (built.name, built.precision, built.rows) == (name, "exact", 2)
    drawn = built(x)
    assert isinstance(drawn, Tensor)
    assert torch.allclose(drawn, network(x), atol=1e-5)
    for i in range(5):  # the same to the last bit, alone or among others
        assert torch.equal(built(x[i : i + 1]), drawn[i : i + 1])
    assert not drawn.requires_grad
    kept = drawn.clone()
    built(x + 1)
    assert torch.equal(kept, drawn), "a later call wrote over an earlier result"


@pytest.mark.parametrize("name", HERE)
def test_several_inputs_and_outputs(name: str) -> None:
    network = Two().eval().requires_grad_(False)
    a, b = torch.randn(3, 4), torch.randn(3, 4)
    drawn = engine(network, (a[:2], b[:2]), "exact", name)(a, b)
    assert isinstance(drawn, tuple)
    for ours, theirs in zip(drawn, network(a, b), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("name", HERE)
def test_fast_is_close_and_says_so(name: str) -> None:
    network, x = plain(), torch.randn(2, 3, 8, 8)
    built = engine(network, x, "fast", name)
    drawn, exact = built(x), network(x)
    assert isinstance(drawn, Tensor)
    assert drawn.dtype == torch.float32
    assert (drawn - exact).square().mean().sqrt() < 0.02 * exact.square().mean().sqrt()
    has = fast_dtype(CPU) == torch.bfloat16
    assert built.precision == ("fast" if has else "exact")
    if name == "eager" and has:
        assert not torch.equal(drawn, exact)


def test_the_network_is_left_as_it_was() -> None:
    network = small_generator().synthesis.train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    formed = Formed(network, torch.bfloat16, channels_last=False)
    inner = formed.network
    assert (inner.dtype, inner.channels_last, inner.training) == (torch.bfloat16, False, False)
    assert not formed.autocast, "it decides for itself what stays float32"
    assert (network.dtype, network.channels_last) == (torch.float32, True)
    assert network.training
    assert all(torch.equal(before[name], t) for name, t in network.state_dict().items())
    ours = {t.data_ptr() for t in network.parameters()}
    assert {t.data_ptr() for t in formed.parameters()} == ours, "weights were copied"
    assert Formed(plain(), torch.bfloat16).autocast


def test_exactly_switches_back() -> None:
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = True
    with exactly(torch.float32):
        assert not torch.backends.cudnn.allow_tf32
    assert torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = before


def test_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.randn(1, 3, 8, 8)
    with pytest.raises(UnknownName, match="unknown engine 'eagre'; did you mean 'eager'"):
        engine(plain(), x, "exact", "eagre")
    with pytest.raises(InputError, match="precision 'double' is neither exact nor fast"):
        engine(plain(), x, "double")
    with pytest.raises(InputError, match="engine 'cuda' needs a CUDA device"):
        engine(plain(), x, "exact", "cuda")
    assert "take `device=cpu`" in engines.why_not("openvino", torch.device("cuda"))
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "openvino" else real(name)
    )
    with pytest.raises(MissingExtra, match=r"pip install 'mien\[fast\]'"):
        engine(plain(), x, "exact", "openvino")
    assert "openvino" not in [plan.name for plan in choose(1, CPU, "fast", 10**9, None)]
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(InputError, match="needs a C\\+\\+ compiler"):
        engine(plain(), x, "exact", "compile")


class Stubborn(Plain):
    """Depends on the numbers, which no graph can hold."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) if float(x.sum()) > -1e9 else x


@needs_openvino
def test_a_network_that_cannot_be_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    network, x = Stubborn().eval(), torch.randn(1, 3, 8, 8)
    with pytest.raises(InputError, match="engine 'openvino' cannot run this network") as caught:
        engine(network, x, "exact", "openvino")
    assert "\n" not in str(caught.value)
    only = Cost("openvino", "exact", 1.0, 0, 0, 0.001, "cpu")
    slow = replace(only, engine="eager", image_s=1.0)
    monkeypatch.setattr(costs, "BUILT_IN", (only, slow))
    assert engine(network, x, "exact").name == "eager"


@needs_openvino
def test_compiled_networks_are_kept_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, x = plain(), torch.randn(1, 3, 8, 8)
    first = engine(network, x, "exact", "openvino", cache=tmp_path)(x)
    (blob,) = tmp_path.glob("*.blob")
    assert not [p for p in tmp_path.iterdir() if p != blob]
    real = openvino_engine._convert

    def never(*args: object) -> None:
        raise AssertionError("it was compiled again")

    monkeypatch.setattr(openvino_engine, "_convert", never)
    again = engine(network, x, "exact", "openvino", cache=tmp_path)(x)
    assert torch.equal(first, again)
    monkeypatch.setattr(openvino_engine, "_convert", real)

    whole = blob.read_bytes()
    for damaged in (whole[:-1], whole[:5], b"", whole[:100] + b"?" + whole[101:]):
        blob.write_bytes(damaged)
        assert blobs.fetch(blob) is None
        assert not blob.exists(), "a damaged file stays"
        blob.write_bytes(damaged)
    assert torch.equal(engine(network, x, "exact", "openvino", cache=tmp_path)(x), first)
    assert blobs.fetch(blob) is not None
    blobs.store(blob, b"of another version of OpenVINO")
    assert torch.equal(engine(network, x, "exact", "openvino", cache=tmp_path)(x), first)


@needs_openvino
def test_noise_and_bias_are_not_stored_for_every_pixel_and_channel() -> None:
    G = small_generator()
    example = (G.map(torch.zeros(1, G.config.z_dim)),)
    ov = openvino_engine.load_openvino()
    for dtype in (torch.float32, torch.bfloat16):
        formed = Formed(G.synthesis, dtype, channels_last=False)
        graph = openvino_engine._convert(ov, formed, example)
        shapes = [
            list(op.get_output_shape(0))
            for op in graph.get_ops()
            if op.get_type_name() == "Constant"
        ]
        features = [s for s in shapes if len(s) == 4 and s[1] > 1 and s[2] == s[3] > 4]
        assert not features, f"{dtype}: constants of shapes {features}"


@needs_openvino
def test_openvino_does_not_report_its_use() -> None:
    script = (
        "import sys; from mien.runtime import openvino_engine; openvino_engine.load_openvino();"
        "from openvino.tools.ovc import telemetry_utils;"
        "print(telemetry_utils.tm.__name__, sys.modules['openvino_telemetry'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.split() == ["openvino.tools.ovc.telemetry_stub", "None"], done.stderr


def test_what_decides_a_result_decides_the_name() -> None:
    x = torch.zeros(1, 3, 8, 8)
    name = blobs.fingerprint(plain(), [x], ["a"])
    assert name == blobs.fingerprint(plain(), [x], ["a"])
    moved, told = plain(), plain()
    moved.conv.bias[3] += 1e-3
    told.conv.padding = (2, 2)
    others = [
        blobs.fingerprint(moved, [x], ["a"]),
        blobs.fingerprint(told, [x], ["a"]),
        blobs.fingerprint(plain(1), [x], ["a"]),
        blobs.fingerprint(plain(), [x[:, :, :4]], ["a"]),
        blobs.fingerprint(plain(), [x], ["b"]),
        blobs.fingerprint(nn.Sequential(plain()), [x], ["a"]),
    ]
    assert len({name, *others}) == 7


def test_the_folder_does_not_grow_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.setattr(blobs, "MOST_BYTES", 2500)
    for i in range(4):
        path = tmp_path / f"{i}.blob"
        assert blobs.store(path, bytes(1000))
        os.utime(path, (i, i))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["2.blob", "3.blob"]
    assert not blobs.store(Path("/proc/nowhere/x.blob"), b"x"), "no folder, no error"


MADE_UP = (
    Cost("eager", "exact", 10, 0, 0, 1.0, "cpu"),
    Cost("eager", "fast", 10, 0, 0, 0.9, "cpu"),
    Cost("openvino", "exact", 10, 10, 1, 0.5, "cpu"),
    Cost("openvino", "fast", 10, 10, 1, 0.2, "cpu"),
)


def test_what_is_built_has_to_pay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "BUILT_IN", MADE_UP)
    monkeypatch.setattr(engines, "why_not", lambda name, device: "")
    monkeypatch.setattr(engines, "fast_dtype", lambda device: torch.bfloat16)

    def pick(items: int, precision: str = "fast", **other) -> str:
        plans = choose(10, CPU, precision, items, tmp_path, **other)
        assert plans[-1].name == "eager"
        return str(plans[0])

    assert pick(1) == "eager, exact", "a tenth is no reason to round"
    assert pick(100) == "openvino, fast"
    assert pick(100, "exact") == "openvino, exact"
    assert pick(5, kept=lambda plan: True) == "openvino, fast"
    assert pick(5, "exact", kept=lambda plan: plan.name == "openvino") == "openvino, exact"
    asked: list[Plan] = []
    pick(1, kept=lambda plan: bool(asked.append(plan)))
    assert not asked, "it looked on disk though that could not have won"
    monkeypatch.setattr(engines, "fast_dtype", lambda device: torch.float32)
    assert pick(100) == "openvino, exact"
    monkeypatch.setattr(costs, "BUILT_IN", ())
    assert pick(100) == "eager, exact"


def test_measurements_of_this_machine_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "BUILT_IN", MADE_UP)
    here = costs.machine(CPU)
    assert str(torch.get_num_threads()) in here
    measured = [replace(c, machine=here, image_s=9.0 if c.engine == "openvino" else 1.0)
                for c in MADE_UP]  # fmt: skip
    costs.write(tmp_path, measured[:2])
    costs.write(tmp_path, measured)
    assert costs.read(tmp_path, CPU) == measured, "the same measurement stands there twice"
    assert [p.name for p in choose(10, CPU, "exact", 1000, tmp_path)] == ["eager"]
    assert set(costs.table(tmp_path, CPU, 1000).values()) == set(MADE_UP), "it is too far off"
    costs.write(tmp_path, [replace(c, machine="another") for c in measured])
    assert len(costs.read(tmp_path, CPU)) == 4
    for text in ("", "[", "{}", "[1]", '[{"engine": "eager"}]', "[" * 10_000):
        (tmp_path / costs.FILE).write_text(text)
        assert costs.read(tmp_path, CPU) == []
    assert costs.read(None, CPU) == []
    assert costs.read(tmp_path / "none", CPU) == []


def test_the_built_in_table_makes_sense() -> None:
    for cost in costs.BUILT_IN:
        assert cost.engine in engines.ENGINES
        assert cost.precision in PRECISIONS
        assert cost.machine in ("cpu", "cuda")
        assert cost.again_s <= cost.start_s
    if "openvino" in HERE:
        assert choose(150, CPU, "fast", 300, None)[0].name == "openvino"
    assert choose(0.586, CPU, "fast", 4, None)[0].name == "eager"


def test_work_is_said_or_counted() -> None:
    x = torch.randn(2, 3, 8, 8)
    assert engines.work(plain(), (x,)) == pytest.approx(
        2 * 8 * 8 * 3 * 9 * 8 / 1e9, rel=1e-3, abs=1e-3
    )
    synthesis = small_generator().synthesis
    assert engines.work(synthesis, (torch.zeros(1, 8, 16),)) == synthesis.gflop
    assert engines.work(Stubborn(), (x,)) == 1.0


def test_processors_are_read_as_they_are() -> None:
    name, flags = cpu_facts()
    assert isinstance(name, str)
    if "avx512_bf16" in flags or "amx_bf16" in flags:
        assert fast_dtype(CPU) == torch.bfloat16


COMPILED = """
import sys
from pathlib import Path
import torch
from mien.runtime.engines import engine
from mien.stylegan2.generator import Generator, GeneratorConfig

torch.manual_seed(0)
config = GeneratorConfig(32, 16, 16, 0, channel_base=256, channel_max=16)
synthesis = Generator(config).eval().requires_grad_(False).synthesis
ws = torch.randn(3, 8, 16)
exact = synthesis(ws)
for precision in ("exact", "fast"):
    drawn = engine(synthesis, ws[:1], precision, "compile", cache=Path(sys.argv[1]))(ws)
    print(float((drawn - exact).square().mean().sqrt() / exact.square().mean().sqrt()))
"""
"""In a process of its own: the compiler cannot trace the checks of shapes that tests run under."""


@pytest.mark.slow
@pytest.mark.skipif(bool(engines.why_not("compile", CPU)), reason="no C++ compiler")
def test_compile(tmp_path: Path) -> None:
    command = [sys.executable, "-c", COMPILED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    exact, fast = map(float, done.stdout.split())
    assert exact < 1e-5
    assert fast < 0.02


@pytest.mark.gpu
@pytest.mark.parametrize("precision", PRECISIONS)
def test_cuda_graphs(precision: str) -> None:
    synthesis = small_generator().cuda().synthesis
    ws = torch.randn(5, 8, 16, device="cuda")
    built = engine(synthesis, ws[:2], precision, "cuda")
    drawn = built(ws)
    with exactly(torch.float32):
        exact = synthesis(ws)
    assert isinstance(drawn, Tensor)
    error = (drawn - exact).square().mean().sqrt() / exact.square().mean().sqrt()
    assert error < (1e-5 if precision == "exact" else 0.02)
    assert torch.equal(built(ws[3:4]), drawn[3:4])
    assert engine(synthesis, ws[:1], precision, items=10**6).name in ("cuda", "compile")
