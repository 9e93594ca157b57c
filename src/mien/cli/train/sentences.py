"""``mien train sentences``: what reads the words of a sentence that the lexicon does not know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from mien.cli import opt
from mien.cli.common import emit


def sentences(
    data: Annotated[
        list[Path], Option(help="Faces with a table of labels and captions; again for more sets.")
    ],
    out: Annotated[Path, Option(metavar="FILE", help="A .safetensors file.")],
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Fit the head that reads sentences beside the lexicon, on the training part's captions.

    Minutes, most of them for the sentence encoder; a run that was stopped starts again.
    """
    import numpy as np
    import torch

    from mien.checkpoints import native
    from mien.data.training_set import captioned
    from mien.files import refuse_existing
    from mien.text.embedding import SentenceEncoder
    from mien.text.head import AttributeHead

    refuse_existing([out], force)
    sets = [captioned(path) for path in data]
    texts = [text for found, _ in sets for text in found]
    encoder = SentenceEncoder()
    head = AttributeHead(encoder.dim)
    loss = head.fit(
        encoder.encode(texts).embedding,
        torch.from_numpy(np.concatenate([labels for _, labels in sets])),
    )
    meta = {"sentences": len(texts), "loss": round(loss, 4), "data": [path.name for path in data]}
    native.save(
        out, "sentence-head", head.state_dict(), {"dim": encoder.dim}, meta, half=True, force=force
    )
    emit({"file": out, **meta}, json, f"{len(texts)} sentences, loss {loss:.3f}; wrote {out}")
