"""What a sentence says beyond the lexicon: its embedding -> attributes (after StyleT2F).

The lexicon of :mod:`mien.text.reader` has the first word, since it can show what it took from
where; this multinomial logistic regression a column looks at sentences with words that it does not
know (*ginger*, *amused*). It speaks if a value is likely, likelier than among all captions, and
likelier than in the same sentence without the unread words, so that it comes from them.

Legend: n sentences, d width of the embedding, l = len(LABELS).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mien.attributes import COLUMNS, LABELS, column_slice
from mien.errors import InputError
from mien.text.directions import minimise
from mien.text.reader import Reading

LIKELY = 0.75
"""The least probability of a value that is taken."""
LIFT = 1.5
"""How many times likelier than among all captions it has to be."""
GAIN = 1.2
"""How many times likelier than without the unread words."""

_SHARPNESS = 10.0  # embeddings have length 1; the regularisation below is for about this length
_DECAY = 2e-3
_REMARK = re.compile(r" \((?:of the|did you mean) .*\)$")


class AttributeHead(nn.Module):
    """Sentence embedding -> logits of every label, normalised within a column."""

    weight: Tensor
    bias: Tensor
    prior: Tensor

    def __init__(self, dim: int = 384) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(len(LABELS), dim))
        self.register_buffer("bias", torch.zeros(len(LABELS)))
        self.register_buffer("prior", torch.zeros(len(LABELS)))  # share within its column

    def forward(self, embedding: Float[Tensor, "n d"]) -> Float[Tensor, "n l"]:
        """Probability of each value within its column; embeddings have length 1."""
        logits = _SHARPNESS * embedding @ self.weight.T + self.bias
        return torch.cat([logits[:, p].softmax(dim=1) for p in _PARTS.values()], dim=1)

    def fit(self, embedding: Float[Tensor, "n d"], labels: Float[Tensor, "n l"]) -> float:
        """Fit it to sentences about labelled faces, in place; a column's cross-entropy in nats.

        Embeddings have length 1; a column without a value counts for nothing. InputError: no
        sentence, or no label at all.
        """
        if len(embedding) == 0 or not labels.any():
            raise InputError(f"{len(embedding)} sentences with labels; a head needs some of both")
        weight = torch.zeros_like(self.weight, requires_grad=True)
        bias = torch.zeros_like(self.bias, requires_grad=True)
        known = [(part, labels[:, part].sum(dim=1) > 0) for part in _PARTS.values()]
        known = [(part, rows) for part, rows in known if rows.any()]

        def cross_entropy() -> Tensor:
            logits = _SHARPNESS * embedding @ weight.T + bias
            total = logits.new_zeros([])
            for part, rows in known:
                likely = logits[rows, part].log_softmax(dim=1)
                total = total - (labels[rows, part] * likely).sum(dim=1).mean()
            return total

        minimise([weight, bias], lambda: cross_entropy() + _DECAY * weight.square().sum(), 100)
        with torch.no_grad():
            self.weight.copy_(weight)
            self.bias.copy_(bias)
            for part in _PARTS.values():
                counts = labels[:, part].sum(dim=0)
                self.prior[part] = counts / counts.sum().clamp(min=1)
            return float(cross_entropy()) / len(known)

    def beyond(
        self, reading: Reading, sentence: str, encode: Callable[[list[str]], Tensor]
    ) -> Reading:
        """A reading with what the unread words of an English sentence say.

        ``encode`` gives vectors ``[n, d]`` of length 1; it is not called if all was read. What was
        added stands in ``asserted`` and in ``guessed``.
        """
        left = [column for column in COLUMNS if column not in reading.asserted]
        if not reading.not_read or reading.language != "en" or not left:
            return reading
        with torch.no_grad():
            cut = _without(sentence, reading.not_read)
            read = self(encode([sentence, cut] if cut else [sentence]).float())
            whole, rest = read[0], read[1] if cut else self.prior
        found: dict[str, str] = {}
        for column in left:
            part = _PARTS[column]
            best = int(whole[part].argmax())
            value, place = COLUMNS[column][best], part.start + best
            likely = float(whole[place])
            floor = max(LIKELY, LIFT * float(self.prior[place]), GAIN * float(rest[place]))
            if likely >= floor and value not in reading.denied.get(column, ()):
                found[column] = value
        if not found:
            return reading
        asserted = {**reading.asserted, **found}
        ordered = {column: asserted[column] for column in COLUMNS if column in asserted}
        return replace(reading, asserted=ordered, guessed=found)


_PARTS = {column: column_slice(column) for column in COLUMNS}


def _without(sentence: str, unread: tuple[str, ...]) -> str:
    for words in unread:
        sentence = sentence.replace(_REMARK.sub("", words), " ", 1)
    return re.sub(r"\s+", " ", sentence).strip(" ,.;")
