"""Good inputs, broken with fixed seeds, read in a child that has little memory and little time.

    python tests/hardening/harden.py --count 1000 --seed 0        one line, status 1 if one is bad

Weights, pickles, arrays, pictures, zips, clips, tables and JSON are made, each is mutated, and the
readers of the library are asked for it. Whatever comes of it must be a result or an error of
:mod:`mien.errors`: no other exception, no code that runs, none that takes more than 10 seconds or
1.5 GiB.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve()
SECONDS = 10
MEMORY = 1536 << 20
MOST_CHANGES = 4

BAD = ("crash", "hang", "memory", "code")
"""Outcomes that must not be; the others are ``read`` and ``refused``."""


# Good inputs


def good_inputs(folder: Path) -> list[Path]:
    """One small file of each kind that mien reads."""
    import torch

    from checkpoints import nvlabs_pickles
    from checkpoints.foreign_networks import genforce_generator, rosinality_generator
    from mien.checkpoints import native
    from mien.stylegan2.generator import Generator, GeneratorConfig
    from video.clips import make_clip

    folder.mkdir()
    noise = np.random.RandomState(0).randint(0, 256, (24, 24, 3)).astype(np.uint8)
    for suffix in ("png", "jpg", "webp", "gif", "tif", "bmp", "ppm", "avif"):
        (folder / f"picture.{suffix}").write_bytes(_picture(noise, suffix))
    config = GeneratorConfig(32, 8, 8, channel_base=64, channel_max=4, mapping_layers=1)
    G = Generator(config)
    native.save(folder / "own.safetensors", "stylegan2-generator", G.state_dict(), asdict(config))
    torch.save({"g_ema": rosinality_generator()}, folder / "rosinality.pt")
    torch.save(
        {"g_ema": rosinality_generator()}, folder / "old.pt", _use_new_zipfile_serialization=False
    )
    torch.save({"generator": genforce_generator()}, folder / "genforce.pth")
    tensors = {f"mapping.{k}": v.detach() for k, v in G.mapping.state_dict().items()}
    network = nvlabs_pickles.network("Generator", tensors)
    (folder / "nvlabs.pkl").write_bytes(nvlabs_pickles.snapshot(G_ema=network))
    np.savez(folder / "latents.npz", w=np.zeros((2, 8, 8), np.float32))
    np.save(folder / "latents.npy", np.zeros((2, 8), np.float32))
    labels = {"labels": [[f"{i}.png", i % 2] for i in range(4)]}
    with zipfile.ZipFile(folder / "set.zip", "w", zipfile.ZIP_DEFLATED) as pack:
        for number in range(4):
            pack.writestr(f"{number}.png", _picture(noise + np.uint8(number), "png"))
        pack.writestr("dataset.json", json.dumps(labels))
    make_clip(folder / "clip.mp4", frames=3)
    make_clip(folder / "clip.mkv", frames=3, sound=None)
    (folder / "keyframes.json").write_text('{"smile": [[0, 0], [2.5, 3]], "age": [[1, -1]]}')
    points = {"ann.png": [[8, 8], [16, 8], [12, 12], [9, 16], [15, 16]]}
    (folder / "landmarks.json").write_text(json.dumps(points))
    (folder / "table.csv").write_text("file,gender,age\nann.png,f,young\nbob.png,m,old\n")
    (folder / "captions.txt").write_text("ann.png\ta young woman\nbob.png\tan old man\n")
    return sorted(folder.iterdir())


def _picture(pixels: np.ndarray, suffix: str) -> bytes:
    from PIL import Image

    content = io.BytesIO()
    names = {"jpg": "JPEG", "tif": "TIFF"}
    Image.fromarray(pixels).save(content, names.get(suffix, suffix.upper()))
    return content.getvalue()


# Mutations


def _flip(data: bytearray, rng: np.random.RandomState) -> None:
    for place in rng.randint(0, len(data), rng.randint(1, 9)):
        data[place] ^= 1 << rng.randint(8)


def _cut(data: bytearray, rng: np.random.RandomState) -> None:
    del data[rng.randint(len(data)) :]


def _remove(data: bytearray, rng: np.random.RandomState) -> None:
    start = rng.randint(len(data))
    del data[start : start + rng.randint(1, 65)]


def _insert(data: bytearray, rng: np.random.RandomState) -> None:
    start = rng.randint(len(data))
    data[start:start] = rng.bytes(rng.randint(1, 65))


def _repeat(data: bytearray, rng: np.random.RandomState) -> None:
    start = rng.randint(len(data))
    data[start:start] = data[start : start + 64] * rng.randint(1, 200)


def _huge(data: bytearray, rng: np.random.RandomState) -> None:
    """A number somewhere becomes very large: a size, an offset, a count."""
    start = rng.randint(len(data))
    value = (0xFF, 0x7F, 0x80, 0x00)[rng.randint(4)]
    width = (1, 2, 4, 8)[rng.randint(4)]
    data[start : start + width] = bytes([value]) * width


def _digits(data: bytearray, rng: np.random.RandomState) -> None:
    """A digit of a text becomes a long number, or no number."""
    places = [i for i, byte in enumerate(data[:65536]) if 48 <= byte < 58]
    if places:
        words = (b"99999999999999999999", b"-1", b"1e999", b"NaN", b"null", b'"x"', b"[[[[")
        place = places[rng.randint(len(places))]
        data[place : place + 1] = words[rng.randint(len(words))]


def _zero(data: bytearray, rng: np.random.RandomState) -> None:
    start = rng.randint(len(data))
    stop = min(len(data), start + rng.randint(1, 512))
    data[start:stop] = bytes(stop - start)


MUTATIONS: tuple[Callable[[bytearray, np.random.RandomState], None], ...] = (
    *(_flip, _cut, _remove, _insert, _repeat, _huge, _digits, _zero),
)


def mutated(good: bytes, seed: int) -> bytes:
    """The same bytes, broken in one to four ways; half of them near the beginning."""
    rng = np.random.RandomState(seed)
    head = len(good) if rng.randint(2) else min(len(good), 1024)
    data, rest = bytearray(good[:head]), good[head:]
    for _ in range(rng.randint(1, MOST_CHANGES + 1)):
        if data:
            MUTATIONS[rng.randint(len(MUTATIONS))](data, rng)
    return bytes(data) + rest


# The child


def readers(path: Path) -> list[Callable[[], Any]]:
    """What the verbs do with a file of this kind."""
    from mien import images
    from mien.checkpoints.latents import read_latents
    from mien.checkpoints.registry import open_checkpoint
    from mien.data.check import check
    from mien.data.sources import open_source
    from mien.data.tables import read_captions, read_table
    from mien.faces.points import read_landmarks
    from mien.video.keyframes import read_keyframes
    from mien.video.reader import Clip

    def labels() -> None:
        source = open_source(path)
        source.class_labels()
        list(check(path))

    def frames() -> None:
        for _ in zip(range(4), Clip(path), strict=False):
            pass

    table: dict[str, list[Callable[[], Any]]] = {
        ".zip": [labels],
        ".json": [lambda: read_keyframes(path), lambda: read_landmarks(path)],
        ".csv": [lambda: read_table(path)],
        ".txt": [lambda: read_captions(path)],
        **{end: [frames] for end in (".mp4", ".mkv")},
    }
    weights = [lambda: open_checkpoint(path), lambda: read_latents(path)]
    table |= dict.fromkeys((".safetensors", ".pt", ".pth", ".pkl", ".npz", ".npy"), weights)
    pictures = [lambda: images.load(path, "first"), lambda: images.read_provenance(path)]
    return table.get(path.suffix, pictures)


def child(folder: Path) -> None:
    """Read every file of a folder, a line each; what cannot be caught ends the process."""
    from checkpoints import hostile_runner

    good = sorted((folder / "good").iterdir())
    for path in good:
        for reader in readers(path):
            outcome(reader)
    sys.addaudithook(hostile_runner.hook)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    signal.signal(signal.SIGALRM, _too_long)
    for path in sorted((folder / "bad").iterdir()):
        said = []
        start = time.monotonic()
        for reader in readers(path):
            hostile_runner.seen.clear()
            hostile_runner.armed = True
            signal.alarm(SECONDS * 3)  # of a crowded machine; the seconds that count are its own
            cpu = time.process_time()
            try:
                said.append(outcome(reader))
            finally:
                signal.alarm(0)
                hostile_runner.armed = False
            if time.process_time() - cpu > SECONDS:
                said.append("hang")
            ran = [event for event in hostile_runner.seen if _is_code(event)]
            said += [f"code: {ran[0]}"] if ran else []
        line = {"file": path.name, "said": said, "seconds": round(time.monotonic() - start, 3)}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def _is_code(event: str) -> bool:
    """Programs, sockets, files written or removed; late imports of our own are no code."""
    return event.startswith(("os.system", "os.exec", "os.posix_spawn", "os.remove", "socket.",
                             "subprocess.", "pty.", "webbrowser.", "shutil.rmtree"))  # fmt: skip


class _TooLong(BaseException):
    pass


def _too_long(*_: object) -> None:
    raise _TooLong


def outcome(reader: Callable[[], Any]) -> str:
    """What comes of a reader: ``read``, ``refused``, or one of :data:`BAD` and why."""
    from mien.errors import MienError

    try:
        reader()
    except MienError as error:
        return "refused" if "\n" not in str(error) else f"crash: several lines: {error!s:.80}"
    except MemoryError:
        return "memory"
    except _TooLong:
        return "hang"
    except BaseException as error:  # noqa: BLE001 - whatever else comes out is the finding
        return f"crash: {type(error).__name__}: {error!s:.120}"
    return "read"


# The parent


def harden(count: int, seed: int, folder: Path) -> Iterator[dict[str, Any]]:
    """Break ``count`` inputs and read them; yields a line a file."""
    good = good_inputs(folder / "good")
    bad = folder / "bad"
    bad.mkdir()
    for number in range(count):
        path = good[number % len(good)]
        broken = mutated(path.read_bytes(), seed + number)
        (bad / f"{number:05d}-{path.stem}{path.suffix}").write_bytes(broken)
    while left := sorted(bad.iterdir()):
        command = [sys.executable, "-W", "ignore", HERE, "--child", folder]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout is not None
            for text in process.stdout:
                line = json.loads(text)
                yield line
                (bad / line["file"]).unlink()
        if remaining := sorted(bad.iterdir()):
            if len(remaining) == len(left) and process.returncode == 0:
                raise AssertionError("the child did nothing")
            # It died of the first that it said nothing of.
            yield {"file": remaining[0].name, "said": [f"crash: status {process.returncode}"]}
            remaining[0].rename(folder / remaining[0].name)


def is_bad(line: dict[str, Any]) -> bool:
    """Whether what came of a file is none of: read, refused."""
    return any(said.startswith(BAD) for said in line["said"])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", type=Path)
    options = parser.parse_args()
    if options.child:
        child(options.child)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        lines = list(harden(options.count, options.seed, Path(temporary)))
    faults = [line for line in lines if is_bad(line)]
    for line in faults:
        sys.stderr.write(json.dumps(line) + "\n")
    said = [one.split(":")[0] for line in lines for one in line["said"]]
    counts = ", ".join(f"{said.count(name)} {name}" for name in ("read", "refused", *BAD))
    what = f"{len(lines)} broken inputs from seed {options.seed}"
    sys.stdout.write(f"{what}: {counts}; {len(faults)} bad\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[2] / "src")]
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
