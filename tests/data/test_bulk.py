"""Bulk work: each input once, whatever dies; on a cluster of two nodes too, where Ray is there."""

from __future__ import annotations

import json
import os
import sys
import tarfile
from pathlib import Path

import pytest

from data.bulk_toys import Copying, write_pictures
from mien import cli
from mien.data import bulk
from mien.data.batch import Job
from mien.data.bulk import MANIFEST, Plan, TarStore, make_shard
from mien.errors import DatasetError, InputError, OutputError

NAMES = ["a", "b", "broken", "bug", "c", "mishap", "poison", "z"]


def lines_of(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / MANIFEST).read_text().splitlines()]


def members(out: Path) -> list[str]:
    found = []
    for path in sorted(out.glob("*.tar")):
        with tarfile.open(path) as archive:
            found += archive.getnames()
    return found


def test_processes_die_and_nothing_is_lost(tmp_path: Path) -> None:
    photos = write_pictures(tmp_path / "in", NAMES)
    plan = Plan.of([photos], tmp_path / "out", 5)
    half = plan.out / ".mien~half.tar"  # of a node that died
    half.write_bytes(b"half")
    os.utime(half, (1e9, 1e9))
    *_, last = bulk.run(plan, Copying(str(tmp_path)))
    assert (last["made"], last["left_out"]) == (5, 3)
    found = lines_of(plan.out)
    assert [Path(line["input"]).stem for line in found] == NAMES
    why = {Path(line["input"]).stem: line["problem"] for line in found if line["problem"]}
    assert why.keys() == {"broken", "bug", "poison"}
    assert "ZeroDivisionError: of a library" in why["bug"]
    assert "its process died 3 times" in why["poison"]
    assert members(plan.out) == ["a.png", "b.png", "c.png", "mishap.png", "z.png"]
    seen = (tmp_path / "seen").read_text().split()
    assert sorted(seen) == [f"{n}.png" for n in ("a", "b", "broken", "c", "mishap", "z")]
    names = {path.name for path in plan.out.iterdir()}
    shards = {f"shard-{i:06d}.{end}" for i in range(2) for end in ("tar", "jsonl")}
    assert names == {*shards, MANIFEST, "run.json"}
    before = {path: path.stat().st_mtime_ns for path in plan.out.glob("shard*")}
    list(bulk.run(Plan.of([photos], tmp_path / "out", 5), Copying(str(tmp_path))))
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_stopped_shard_goes_on(tmp_path: Path) -> None:
    photos = write_pictures(tmp_path / "in", ["a", "b", "c"])
    plan = Plan.of([photos], tmp_path / "out")
    work = tmp_path / "out" / "work" / "shard-000000" / "files"
    write_pictures(work, ["a"])
    assert make_shard(plan, plan.shards[0], Copying(str(tmp_path))) == 3
    assert (tmp_path / "seen").read_text().split() == ["b.png", "c.png"]
    assert members(plan.out) == ["a.png", "b.png", "c.png"]
    assert make_shard(plan, plan.shards[0], Copying("/nowhere")) == 3


def test_tars_are_read_and_are_the_same_each_time(tmp_path: Path) -> None:
    photos = write_pictures(tmp_path / "in", ["a", "b"])
    for name in ("one", "two"):
        plan = Plan.of([photos], tmp_path / name)
        make_shard(plan, plan.shards[0], Copying(str(tmp_path)))
    first, second = (tmp_path / name / "shard-000000.tar" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    assert TarStore(first).read("b.png") == (photos / "b.png").read_bytes()
    plan = Plan.of([tmp_path / "one"], tmp_path / "three")
    make_shard(plan, plan.shards[0], Copying(str(tmp_path)))
    assert members(plan.out) == ["a.png", "b.png"]
    (tmp_path / "no.tar").write_bytes(b"no tar")
    with pytest.raises(DatasetError, match="is no readable plain tar"):
        Plan.of([tmp_path / "no.tar"], tmp_path / "four")


def test_what_is_refused(tmp_path: Path) -> None:
    photos = write_pictures(tmp_path / "in", ["a", "b"])
    Plan.of([photos], tmp_path / "out", said={"verb": "mask"})
    with pytest.raises(OutputError, match=r"another run \(verb differ\)"):
        Plan.of([photos], tmp_path / "out", said={"verb": "cutout"})
    write_pictures(tmp_path / "in", ["more"])
    with pytest.raises(OutputError, match=r"another run \(inputs differ\)"):
        Plan.of([photos], tmp_path / "out", said={"verb": "mask"})
    with pytest.raises(InputError, match="per_shard is 0"):
        Plan.of([photos], tmp_path / "x", 0)
    with pytest.raises(DatasetError, match="holds no picture"):
        Plan.of([tmp_path / "out"], tmp_path / "x")
    with pytest.raises(InputError, match="processes is 0"):
        list(bulk.run(Plan.of([photos], tmp_path / "y"), Copying(""), 0))
    inside = Plan.of([photos], photos / "out")
    write_pictures(photos / "out" / "work", ["made"])
    again = Plan.of([photos], photos / "out")
    assert (again.shards, again.note) == (inside.shards, inside.note)
    assert inside.note == ""
    for number in range(7):
        (photos / f"{number}.txt").touch()
    noted = Plan.of([photos], photos / "out").note
    assert noted == "7 files are no pictures: 0.txt, 1.txt, 2.txt, 3.txt, 4.txt, …"


def test_pictures_named_one_by_one_are_inputs(tmp_path: Path) -> None:
    here = write_pictures(tmp_path / "in", ["a", "b", "c"])
    there = write_pictures(tmp_path / "more", ["a"])
    paths = [here / "b.png", here / "a.png", here / "b.png", there / "a.png"]
    plan = Plan.of(paths, tmp_path / "out")
    assert [(Path(one.source).name, one.inputs) for one in plan.shards] == [
        ("in", ("b.png", "a.png")),
        ("more", ("a.png",)),
    ]
    job, _ = plan.shards[0].items(tmp_path / "work", plan.ends)
    assert isinstance(job, Job)
    assert job.read().shape[2] == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("fly in", "unknown verb in bulk 'fly'"),
        ("mask in --option speed=9", "unknown option of mask 'speed'"),
        ("align in --option size=big", "is no size=int"),
        ("generate 9-1", "run backwards; write 1-9"),
        ("generate x", "are no seeds"),
        ("generate 1 --option psi=9", "psi is 9"),
        ("align in --option size=1", "size is 1"),
        ("sketch in --option style=oil", "unknown style of sketches 'oil'"),
        ("sketch in --option strength=3", "strength is 3"),
        ("sketch in --option big=huge", "unknown way for big pictures 'huge'"),
        ("mask nowhere", "nowhere"),
        ("mask in --processes -1", "processes is -1"),
    ],
)
def test_the_verb_called_wrongly(
    words: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "in", ["a"])
    assert cli.main(["run", *words.split(), "--out", "out"]) == 2
    assert said in capsys.readouterr().err


def test_the_verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """In this process: what starts others is tested above."""
    from mien.data import pools

    class Here(pools.LocalPool):
        def submit(self, work, *args):
            return work, args

        def wait(self, futures):
            return futures

        def result(self, future):
            return future[0](*future[1])

    monkeypatch.setattr(pools, "LocalPool", Here)
    photos = write_pictures(tmp_path / "in", ["a", "broken"])
    for name in ("notes.txt", "labels.csv", ".DS_Store"):
        (photos / name).touch()
    command = ["run", "sketch", str(photos), "--out", str(tmp_path / "out"), "--json"]
    assert cli.main(command) == 2
    said = capsys.readouterr()
    result = json.loads(said.out)
    assert result["notes"] == ["2 files are no pictures: labels.csv, notes.txt"]
    assert "2 files are no pictures: labels.csv, notes.txt\n" in said.err
    assert (result["made"], result["left_out"]) == (1, 1)
    assert members(tmp_path / "out") == ["a.png"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_node_dies_and_none_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_raylet_start_wait_time_s", "120")  # read when ray is imported
    pytest.importorskip("ray", reason="needs mien[cluster]")
    from ray.cluster_utils import Cluster  # pyright: ignore[reportMissingImports]

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    photos = write_pictures(tmp_path / "in", [f"{i:03d}" for i in range(120)])
    plan = Plan.of([photos], tmp_path / "out", 20)
    small = {"num_cpus": 1, "object_store_memory": 80 << 20}
    cluster = Cluster()
    try:
        try:
            cluster.add_node(**small)
            second = cluster.add_node(**small)
        except Exception as error:  # noqa: BLE001 - Ray says it with no class of its own
            pytest.skip(f"Ray starts no cluster on this machine: {str(error)[:60]}")
        lines = bulk.run(plan, Copying(str(tmp_path), 0.02), cluster=cluster.address)
        first = [next(lines), next(lines)]
        assert first[1]["done"] > 0
        cluster.remove_node(second, allow_graceful=False)
        *_, last = lines
        assert (last["made"], last["left_out"]) == (120, 0)
    finally:
        cluster.shutdown()
    assert members(plan.out) == [f"{i:03d}.png" for i in range(120)]
    assert len({found["input"] for found in lines_of(plan.out)}) == 120
