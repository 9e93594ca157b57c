"""How well a tagger reads attributes, a row a column, beside guessing the commonest value."""

from __future__ import annotations

from dataclasses import dataclass

from mien.data.training_set import TrainingSet
from mien.errors import InputError
from mien.hub.judging import RESIZE, label_dicts, look
from mien.judges.tagger import Tagger
from mien.metrics.agreement import Agreement, attribute_agreement


@dataclass(frozen=True)
class TaggerScore:
    """Accuracy of each column on pictures that training did not see, and how it was measured."""

    agreement: Agreement
    protocol: str

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        rows = {row.column: row.as_dict() for row in self.agreement.rows}
        return {"columns": rows, "protocol": self.protocol}

    def text(self) -> str:
        """A table: accuracy, balanced accuracy, the majority guess."""
        lines = [f"{'column':14}{'n':>5}{'accuracy':>10}{'balanced':>10}{'majority':>10}"]
        for row in self.agreement.rows:
            lines.append(
                f"{row.column:14}{row.count:>5}{row.exact:>10.3f}{row.balanced:>10.3f}"
                f"{row.majority_exact:>10.3f}"
            )
        return "\n".join([*lines, "", self.protocol])


def score_tagger(tagger: Tagger, kept: TrainingSet, trained_on: TrainingSet) -> TaggerScore:
    """Measure a tagger, which is put into eval mode, on pictures that training did not see.

    The majority guess is learned on ``trained_on``. InputError if one of the sets has no labels.
    """
    if kept.labels is None or trained_on.labels is None:
        raise InputError(f"{kept.path} has no labels to measure a tagger with; give `labels=TABLE`")
    seen = look(tagger.eval(), kept.pictures)
    agreement = attribute_agreement(
        seen.logits,
        label_dicts(kept.labels),
        tagger.config.columns,
        reference=label_dicts(trained_on.labels),
    )
    protocol = (
        f"{len(kept)} pictures of {kept.path.name}, part {kept.part!r}; resize {RESIZE}; "
        f"majority learned on {len(trained_on)} training pictures"
    )
    return TaggerScore(agreement, protocol)
