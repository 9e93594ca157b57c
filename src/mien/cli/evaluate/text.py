"""``mien evaluate text``: faces for sentences, method by method."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note, write_text
from mien.cli.evaluate.options import DataOption, JudgeOption


def text(
    data: DataOption,
    model: opt.Model = "portraits",
    judge: JudgeOption = "judge",
    method: Annotated[list[str] | None, Option(help="Only these ways; may be repeated.")] = None,
    per_sentence: Annotated[int, Option(min=1, help="Faces for each sentence.")] = 2,
    refine: Annotated[
        int | None, Option(min=0, help="Steps of refining at most; else what describe does.")
    ] = None,
    seed: opt.Seed = 0,
    device: opt.Device = "auto",
    csv: opt.Csv = None,
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Judge faces drawn for the written sentences of kept-out pictures, method by method."""
    from mien.data.training_set import TrainingSet
    from mien.files import check_targets
    from mien.hub.loading import load_tagger
    from mien.studio import DEFAULT_REFINE, Studio
    from mien.text.evaluate import TextProtocol, score_text

    check_targets([csv], force)
    studio = Studio(model, device, precision="exact")
    size = studio.generator.config.resolution
    kept = TrainingSet.open(data, size, part="kept-out")
    loaded = load_tagger(judge, str(studio.device))
    steps = DEFAULT_REFINE if refine is None else refine
    plan = TextProtocol(per_sentence=per_sentence, seed=seed, refine=steps)
    names = method or studio.methods()
    scores = score_text(studio, loaded, kept, names, plan, lambda name: note(f"drawing: {name}"))
    write_text(csv, scores.table.csv(), force)
    columns: dict[str, Any] = {
        name: [row.as_dict() for row in agreement.rows]
        for name, agreement in scores.columns.items()
    }
    emit({**scores.table.as_dict(), "columns": columns}, json, scores.text())
