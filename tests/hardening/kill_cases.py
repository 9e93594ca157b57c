"""What ``kills.py`` kills: every verb that writes, every trainer, over tiny inputs and models."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

TABLE = """file\tgender\tage\thair_color\thair_length\texpression
p0.png\tf\tyoung\tred\tlong\tsmile
p1.png\tm\told\tgrey\tshort\tneutral
p2.png\tf\tyoung\tblack\tlong\tsmile
"""


@dataclass(frozen=True)
class Case:
    """A command that is killed and repeated.

    Attributes:
        run: Words of the command line, or a function that works in the current folder.
        again: What is added when it is repeated: verbs that draw anew want ``--force``.
        quick: Whether it is among the sample of ``make test``.
        numbered: Whether a repeated run makes a numbered folder of its own.
        timed: A file that says how long it took, and so is another each time.
    """

    run: str | Callable[[], int]
    again: str = ""
    quick: bool = False
    numbered: bool = False
    timed: str = ""

    def __call__(self, repeated: bool) -> int:
        """Run it; the exit status."""
        from mien import cli

        if not isinstance(self.run, str):
            return self.run()
        return cli.main([*shlex.split(self.run), *(self.again.split() if repeated else [])])


def lay_out(folder: Path) -> None:
    """The inputs of all cases: photos, tables, clips and untrained models."""
    import dataclasses

    from anime import toys
    from anime.test_clip import write_clip
    from cli.test_first_day import _translator
    from cli.tiny_model import write_model
    from mien import cli, images
    from mien.checkpoints import native
    from training import tiny

    folder.mkdir()
    for number in range(3):
        noise = np.random.RandomState(number).randint(0, 256, (40, 40, 3)).astype(np.uint8)
        images.save(folder / f"photos/p{number}.png", noise)
    (folder / "table.tsv").write_text(TABLE)
    points = {f"p{i}.png": [[12, 16], [28, 16], [20, 22], [14, 30], [26, 30]] for i in range(3)}
    (folder / "points.json").write_text(json.dumps(points))
    write_clip(folder / "clip.mp4", [[(30 + t, 36)] for t in range(6)], (96, 72))
    write_model(folder / "tiny.safetensors")
    _translator(folder / "p2s.safetensors", "photo-to-sketch")
    _translator(folder / "s2p.safetensors", "sketch-to-photo")
    toys.write_model(folder / "anime.safetensors")
    for seed, name in enumerate(("reads", "judges")):
        network = tiny.tagger(seed)
        for head in network.heads.parameters():
            head.data.mul_(40)  # untrained, but of some opinion
        plain = {"columns": network.config.columns, "resolution": 32, "width": 4}
        native.save(folder / f"{name}.safetensors", "tagger", network.state_dict(), plain)
    G = tiny.generator(c_dim=0)
    shape = dataclasses.asdict(G.config)
    native.save(folder / "adopted" / "g.safetensors", "stylegan2-generator", G.state_dict(), shape)
    fit = f"directions fit --method sefa --count 3 --model {folder}/tiny.safetensors"
    assert cli.main([*fit.split(), "--out", str(folder / "edits.safetensors")]) == 0


def _adopt() -> int:
    from mien.hub.loading import load_generator
    from mien.studio import adopt as adopting
    from mien.studio import adopt_edits
    from studio.test_adopt import CONFIG, Letters
    from training import tiny

    adopting._SENTENCES, adopt_edits.LADDER = 4, (1.0, 3.0)
    judges = tiny.loaded(tiny.tagger(), "teacher"), tiny.loaded(tiny.tagger(1), "judge")
    tools = adopting.Tools(*judges, None, Letters)
    list(adopting.adopt(load_generator(Path("adopted/g.safetensors")), tools, CONFIG))
    return 0


def _pull() -> int:
    """Fetch from a server that is a file: the bytes come as they come from a socket."""
    import io
    from email.message import Message
    from urllib.response import addinfourl

    from mien.hub import catalogue
    from mien.hub import pull as pulling

    data = np.random.RandomState(0).bytes(300_000)

    def answer(request, timeout):
        start = int((request.get_header("Range") or "bytes=0-")[6:-1])
        said = Message()
        said["Content-Length"] = str(len(data) - start)
        said["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        return addinfourl(io.BytesIO(data[start:]), said, request.full_url, 206)

    row = catalogue.Row(
        name="far", kind="stylegan2-generator", file="far.safetensors", licence="CC0",
        data="none", url="http://nowhere.invalid/far", bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(), accept=True,
    )  # fmt: skip
    catalogue.ROWS = (row,)
    pulling.urllib.request.urlopen = answer
    pulling._CHUNK = 50_000
    pulling.pull("far", accept_licence=True)
    return 0


class _Here:
    """A pool of bulk work whose only process is this one: a kill is the worker's too."""

    places = 1

    def __init__(self, _: int) -> None: ...

    def submit(self, work: Callable[..., object], *args: object) -> Future[object]:
        done: Future[object] = Future()
        done.set_result(work(*args))
        return done

    def wait(self, futures: list[Future[object]]) -> list[Future[object]]:
        return futures

    def result(self, future: Future[object]) -> object:
        return future.result()

    def close(self) -> None: ...


def _bulk() -> int:
    """Three photos in two shards."""
    from mien import cli
    from mien.data import pools

    pools.LocalPool = _Here  # pyright: ignore[reportAttributeAccessIssue]
    return cli.main(["run", "sketch", "photos", "--out", "made", "--per-shard", "2"])


def _clip() -> int:
    """A clip in parts of two frames; a toy finder sees the faces."""
    from anime import toys
    from mien import cli
    from mien.faces import choosing
    from mien.video import resume

    choosing.shipped_finder = lambda *_: toys.ToyFinder(24)
    resume.resuming.__wrapped__.__defaults__ = (None, False, 0.2)
    command = "anime clip.mp4 --resume --model anime.safetensors --device cpu --out made/c.mp4"
    return cli.main(command.split())


def _trainer(build: Callable[[], object]) -> Callable[[], int]:
    """Three steps of a recipe with a checkpoint after each."""

    def run() -> int:
        from mien.training import loop
        from training.recipes import cadence

        torch.manual_seed(0)
        recipe = build()
        list(loop.run(recipe, Path("made/run"), cadence(recipe)))
        return 0

    return run


def _recipes() -> dict[str, Case]:
    from training.recipes import RECIPES

    def sketch(method: str) -> Callable[[], object]:
        def build():
            from sketch import test_train as of

            return of.recipe(of.tiny_config(method))

        return build

    def anime():
        from anime import test_recipe as of

        of.recipes.CHANNELS, of.recipes.SIDES = of.CHANNELS, of.SIDES
        return of.make_recipe()

    def guide():
        from inversion import test_guide_training as of

        return of.recipe(kimg=0.048)

    def head():
        from inversion import test_head as of

        config = of.HeadTraining(kimg=0.012, batch=4, drawn=0.5, passes=1, width=4, hidden=8)
        inverter = of.QuickInverter(
            of.toys.make_generator(), of.toys.make_encoder(), of.NoFeatures()
        )
        return of.HeadRecipe(config, inverter, of.photos(), of.CodeMoments(1, 16))

    def similarity():
        from inversion import test_similarity as of

        config = of.SimilarityTraining(kimg=0.06, batch=20, width=16)
        return of.SimilarityRecipe(config, of.described(60, 0), of.described(9, 1))

    builds = {**RECIPES, "anime": anime, "sketch-encoder": guide, "inversion": head}
    builds |= {"similarity": similarity}
    builds |= {method: sketch(method) for method in ("autoencoder", "pix2pix", "cyclegan")}
    return {f"train {name}": Case(_trainer(build)) for name, build in builds.items()}


def cases(quick: bool = False) -> dict[str, Case]:
    """All cases, or the quick ones, by name."""
    tiny = "--model tiny.safetensors --device cpu"
    draw = f"{tiny} --engine eager --out made"
    tools = f"{tiny} --judge judges.safetensors"
    reads = "--tagger reads.safetensors"
    new = "--force"
    found: dict[str, Case] = {
        "generate": Case(f"generate --seeds 0-1 {draw}", new, True),
        "generate, numbered": Case(f"generate --seeds 0-1 {tiny} --engine eager", "", True, True),
        "describe": Case(f"describe 'a woman' --refine 0 --count 1 {draw}", new),
        "mix": Case(f"mix 1 2 --layers 0-3 {tiny} --out made", new),
        "grid": Case(f"grid --rows 0 --columns 5,6 --cells {tiny} --out made", new),
        "edit": Case(
            f"edit 7 --set sefa-1=2 --directions edits.safetensors {tiny} --out made", new
        ),
        "walk": Case(f"walk 1 2 --seconds 0.2 {tiny} --out made/w.mp4", new),
        "walk, gif": Case(f"walk 1 2 --seconds 0.2 {tiny} --out made/w.gif", new),
        "sketch": Case("sketch photos --out made", new, True),
        "sketch, learned": Case("sketch photos --model p2s.safetensors --out made", new),
        "photo": Case("photo photos --model s2p.safetensors --out made", new),
        "anime": Case("anime photos --aligned --model anime.safetensors --out made", new),
        "anime, clip": Case(_clip),
        "invert": Case("invert photos/p0.png --aligned --out made", new, timed="made/p0-sheet.png"),
        "directions fit": Case(
            f"directions fit --samples 60 --plain --min-count 0 {tiny} {reads} "
            "--out made/d.safetensors",
            new,
        ),
        "directions layers": Case(
            f"directions layers {tools} --faces 2 --csv made/l.csv --out made/l.png", new
        ),
        "directions compare": Case(
            f"directions compare {tools} {reads} --faces 2 --samples 60 --min-count 0 "
            "--method linear --csv made/c.csv",
            new,
        ),
        "data align": Case("data align photos --landmarks points.json --size 32 --out made", new),
        "data mask": Case("data mask photos --aligned --preview --out made"),
        "data cutout": Case("data cutout photos --aligned --out made"),
        "data sketch": Case("data sketch photos --out made", "", True),
        "data caption": Case("data caption table.tsv --count 3 --out made", "", True),
        "data pack": Case("data pack photos --size 16 --out made/p.zip", "", True),
        "run": Case(_bulk, "", True),
        "weights convert, pt": Case("weights convert tiny.safetensors --out made/t.pt", new),
        "weights convert, half": Case(
            "weights convert tiny.safetensors --half --out made/t.safetensors", new, True
        ),
        "weights pull": Case(_pull, "", True),
        "adopt": Case(_adopt),
        "train gan, verb": Case(
            "train gan --data photos --labels none --resolution 32 --kimg 0.012 --batch 4 "
            "--channel-base 64 --channel-max 4 --mapping-layers 1 --z-dim 8 --w-dim 8 "
            "--critic 0 --out made/run --tick-kimg 0.004 --checkpoint-kimg 0.004"
        ),
    }
    if quick:  # the networks of trainers take long to load
        return {name: case for name, case in found.items() if case.quick}
    return found | _recipes()
