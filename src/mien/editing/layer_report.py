"""What each layer of a generator is for: a table and a heat map made from the generator itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mien.editing.layers import LayerTable, analyse_layers, colours
from mien.editing.samples import LatentSource
from mien.errors import InputError
from mien.hub.judging import RESIZE
from mien.hub.loading import Loaded
from mien.metrics.protocol import Protocol


@dataclass(frozen=True)
class LayerReport:
    """How far each attribute, the pose and the colours move with each layer, with the protocol."""

    table: LayerTable
    protocol: Protocol

    def text(self) -> str:
        """Shares of what all layers together move, a row a reading, for a person."""
        shares = self.table.shares
        width = max(len(name) for name in self.table.names) + 2
        head = "layer".ljust(width) + "".join(f"{layer:>6}" for layer in range(len(shares)))
        lines = [head]
        for column, name in enumerate(self.table.names):
            cells = "".join(f"{value:>6.2f}" for value in shares[:, column].tolist())
            lines.append(name.ljust(width) + cells)
        return "\n".join([*lines, "", self.protocol.line()])

    def csv(self) -> str:
        """Mean distances, full precision."""
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows(self.table.csv_rows())
        return buffer.getvalue()

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        columns = self.table.moved.T.tolist()
        return {
            "moved": dict(zip(self.table.names, columns, strict=True)),
            "all": dict(zip(self.table.names, self.table.all_moved.tolist(), strict=True)),
            "protocol": self.protocol.as_dict(),
        }

    def picture(self) -> np.ndarray:
        """The heat map, uint8 ``[h, w, 3]``: readings down, layers across."""
        from mien.metrics.charts import matrix_picture

        shares = self.table.shares.T.numpy()
        layers = [str(layer) for layer in range(shares.shape[1])]
        title = "what moves when one layer's code is replaced (share of all layers)"
        return matrix_picture(shares, list(self.table.names), layers, title)


def score_layers(
    source: LatentSource,
    judge: Loaded,
    count: int = 24,
    seed: int = 0,
    psi: float = 0.7,
    batch: int = 16,
) -> LayerReport:
    """Replace one layer's code at a time, and see what the judge and the colours say.

    ``judge`` is a tagger; a reading is the vector of probabilities of one of its columns. ``count``
    pairs of faces from ``seed`` on. InputError: no faces.
    """
    if count < 1:
        raise InputError(f"{count} faces; at least 1 is needed")
    tagger = judge.network
    device = next(tagger.parameters()).device

    @torch.no_grad()
    def attributes(images: Tensor) -> Mapping[str, Tensor]:
        read = tagger(images.to(device))
        return {name: logits.float().softmax(dim=1) for name, logits in read.items()}

    ws = source.start(list(range(seed, seed + 2 * count)), psi)
    table = analyse_layers(ws[:count], ws[count:], source.draw, [attributes, colours], batch)
    metric = "mean distance of readings when one layer's code is replaced, over all layers' own"
    split = f"{source.name}, psi {psi:g}"
    protocol = Protocol.by(judge, metric, count, split, seed, resize=RESIZE)
    return LayerReport(table, protocol)
