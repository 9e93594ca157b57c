"""``mien evaluate sketch``: photo ↔ sketch, model by model, on one split."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note, read_sides
from mien.cli.evaluate.options import measuring

if TYPE_CHECKING:
    from mien.hub.loading import Loaded
    from mien.sketch.evaluate import SketchScores


def sketch(
    data: Annotated[Path, Option(metavar="PATH", help="A folder or zip of pairs.")],
    model: Annotated[
        list[str] | None,
        Option(help="Name, file or run folder; may be repeated. Else the two that ship."),
    ] = None,
    judge: Annotated[
        str, Option(help="A tagger or inception: perceptual, Fréchet distance.")
    ] = "judge",
    identity: Annotated[
        str, Option(help="An identity judge; auto for the one that ships; none.")
    ] = "auto",
    split: Annotated[
        str, Option(help="honest, leaky, or trained: as each model was trained.")
    ] = "trained",
    limit: Annotated[int, Option(min=0, help="Most pairs of a part; 0 for all.")] = 120,
    shown: Annotated[int, Option(min=0, help="Faces on the sheet.")] = 6,
    study: Annotated[bool, Option(help="Rows of what the study printed.")] = True,
    sides: Annotated[
        str, Option(metavar="A,B", help="Names of the two folders, photos first.")
    ] = "photo,sketch",
    direction: Annotated[str | None, Option(help="Of models that do not say theirs.")] = None,
    out: opt.OptionalOut = None,
    device: opt.Device = "auto",
    precision: opt.Precision = "fast",
    engine: opt.Engine = "auto",
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Measure models that turn photos and sketches into each other.

    Prints one table: errors, SSIM, perceptual and Fréchet distance, whether the face finds its own
    person, losses, size and speed, for training and kept-out people. With --out it also writes
    `scores.csv`, `scores.md`, a sheet of the same faces by every model a direction, and from the
    runs' logs `curves.csv`, `loss.png` and `ssim-DIRECTION.png`.
    """
    from mien.hub import loading
    from mien.hub.store import engine_cache
    from mien.runtime.devices import find_device
    from mien.runtime.memory import tune_allocator
    from mien.sketch.evaluate import SketchPlan, score_sketch

    place = str(find_device(device))
    tune_allocator()
    if out is not None:
        _targets(out, force)
    models = [loading.load_translator(name, place) for name in _expand(model)]
    tagger = loading.load_judge(judge, place)
    plan = SketchPlan(
        split, limit, shown, study, read_sides(sides), direction, precision, engine, engine_cache()
    )
    scores = score_sketch(models, data, tagger, _identity(identity, place), plan, measuring)
    files = {} if out is None else _write(scores, out)
    emit({**scores.table.as_dict(), "files": files}, json, scores.table.text())


def _expand(names: list[str] | None) -> list[str]:
    """Models by name; of a run's folder, the models that it exported."""
    from mien.errors import FileError
    from mien.sketch.translate import DIRECTIONS

    found = []
    for name in names or DIRECTIONS:
        folder = Path(name)
        if not folder.is_dir():
            found.append(name)
            continue
        files = [folder / f"{d}.safetensors" for d in DIRECTIONS]
        inside = [str(file) for file in files if file.is_file()]
        if not inside:
            cause = f"holds neither {files[0].name} nor {files[1].name}"
            raise FileError(folder, cause, "let the training finish, or name a file")
        found += inside
    return found


def _identity(name: str, device: str) -> Loaded | None:
    """The identity judge; with ``auto`` none if none ships."""
    from mien.errors import UnknownName, WeightsMissing
    from mien.hub import loading

    if name == "none":
        return None
    try:
        return loading.load_identity("identity" if name == "auto" else name, device)
    except (UnknownName, WeightsMissing):
        if name != "auto":
            raise
        note("no identity judge on this disk; people are recognised by the tagger's features")
        return None


_FILES = ("scores.csv", "scores.md", "curves.csv", "loss.png")


def _targets(out: Path, force: bool) -> None:
    from mien.files import make_folder, refuse_existing
    from mien.sketch.translate import DIRECTIONS

    pictures = [f"{kind}-{direction}.png" for kind in ("sheet", "ssim") for direction in DIRECTIONS]
    refuse_existing([out / name for name in (*_FILES, *pictures)], force)
    make_folder(out)


def _write(scores: SketchScores, out: Path) -> dict[str, Any]:
    from mien import images
    from mien.files import replacing
    from mien.sketch.translate import DIRECTIONS
    from mien.training.run_logs import curves_csv, loss_chart, ssim_chart

    texts = {"scores.csv": scores.table.csv(), "scores.md": scores.table.markdown()}
    pictures = {f"sheet-{d}.png": sheet for d, sheet in scores.sheets.items()}
    if scores.curves:
        texts["curves.csv"] = curves_csv(scores.curves)
        charts = {f"ssim-{d}.png": ssim_chart(scores.curves, d) for d in DIRECTIONS}
        charts["loss.png"] = loss_chart(scores.curves)
        pictures |= {name: chart for name, chart in charts.items() if chart is not None}
    for name, text in texts.items():
        with replacing(out / name) as beside:
            beside.write_text(text, encoding="utf-8")
    made = {"title": scores.table.title, "rows": list(scores.table.rows)}
    for name, picture in pictures.items():
        images.save(out / name, picture, made)
    names = sorted([*texts, *pictures])
    note(f"wrote {', '.join(names)} to {out}")
    return {name: out / name for name in names}
