"""``mien evaluate generator``: generated faces against kept-out pictures."""

from __future__ import annotations

from typing import Annotated

import typer

from mien.cli.common import DeviceOption, ForceOption, JsonOption, SeedOption, emit
from mien.cli.evaluate.options import (
    CsvOption,
    DataOption,
    JudgeOption,
    ModelOption,
    refuse_csv,
    write_csv,
)


def generator(
    data: DataOption,
    model: ModelOption = "portraits",
    judge: JudgeOption = "judge",
    count: Annotated[int, typer.Option(min=10, help="Faces to draw.")] = 1000,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    csv: CsvOption = None,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Compare generated faces with kept-out pictures: Fréchet and kernel distance, diversity."""
    from mien.data.training_set import TrainingSet
    from mien.hub.loading import load_tagger
    from mien.portraits.evaluate import score_generator
    from mien.studio import Studio

    refuse_csv(csv, force)
    studio = Studio(model, device, precision="exact")
    size = studio.generator.config.resolution
    kept = TrainingSet.open(data, size, labels=False, part="kept-out")
    training = TrainingSet.open(data, size, labels=False, part="train")
    loaded = load_tagger(judge, str(studio.device))
    table = score_generator(studio, loaded, kept, training, count, seed)
    write_csv(csv, table.csv(), force)
    emit(table.as_dict(), json, table.text())
