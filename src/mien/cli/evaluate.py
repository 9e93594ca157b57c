"""``mien evaluate generator|text``: tables of numbers, each with its protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mien.cli.common import DeviceOption, JsonOption, SeedOption, emit, note

app = typer.Typer(no_args_is_help=True)

DataOption = Annotated[
    Path, typer.Option("--data", metavar="PATH", help="Real pictures; a part of them is kept out.")
]
ModelOption = Annotated[str, typer.Option("--model", help="A generator: name or file.")]
JudgeOption = Annotated[
    str, typer.Option("--judge", help="A tagger that has not taught the generator.")
]
CsvOption = Annotated[
    Path | None, typer.Option("--csv", metavar="FILE", help="Also write the numbers here.")
]


@app.callback()
def _evaluate() -> None:
    """Measure models; every number with its protocol."""


@app.command()
def generator(
    data: DataOption,
    model: ModelOption = "portraits",
    judge: JudgeOption = "judge",
    count: Annotated[int, typer.Option(min=10, help="Faces to draw.")] = 1000,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    csv: CsvOption = None,
    json: JsonOption = False,
) -> None:
    """Compare generated faces with kept-out pictures: Fréchet and kernel distance, diversity."""
    from mien.data.training_set import TrainingSet
    from mien.evaluation.generator import score_generator
    from mien.hub.loading import load_tagger
    from mien.studio import Studio

    studio = Studio(model, device)
    size = studio.generator.config.resolution
    kept = TrainingSet.open(data, size, labels=False, part="kept-out")
    training = TrainingSet.open(data, size, labels=False, part="train")
    loaded = load_tagger(judge, str(studio.device))
    table = score_generator(studio, loaded, kept, training, count, seed)
    _write_csv(csv, table.csv())
    emit(table.as_dict(), json, table.text())


@app.command()
def text(
    data: DataOption,
    model: ModelOption = "portraits",
    judge: JudgeOption = "judge",
    method: Annotated[
        list[str] | None, typer.Option("--method", help="Only these ways; may be repeated.")
    ] = None,
    per_sentence: Annotated[int, typer.Option(min=1, help="Faces for each sentence.")] = 2,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    csv: CsvOption = None,
    json: JsonOption = False,
) -> None:
    """Judge faces drawn for the written sentences of kept-out pictures, method by method."""
    from mien.data.training_set import TrainingSet
    from mien.evaluation.text import TextProtocol, score_text
    from mien.hub.loading import load_tagger
    from mien.studio import Studio

    studio = Studio(model, device)
    size = studio.generator.config.resolution
    kept = TrainingSet.open(data, size, part="kept-out")
    loaded = load_tagger(judge, str(studio.device))
    plan = TextProtocol(per_sentence=per_sentence, seed=seed)
    names = method or studio.methods()
    scores = score_text(studio, loaded, kept, names, plan, lambda name: note(f"drawing: {name}"))
    _write_csv(csv, scores.table.csv())
    columns: dict[str, Any] = {
        name: [row.as_dict() for row in agreement.rows]
        for name, agreement in scores.columns.items()
    }
    emit({**scores.table.as_dict(), "columns": columns}, json, scores.text())


def _write_csv(path: Path | None, text: str) -> None:
    if path is None:
        return
    from mien.files import replacing

    with replacing(path) as beside:
        beside.write_text(text)
    note(f"wrote {path}")
