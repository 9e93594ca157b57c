"""``mien data``: sets of pictures. One file a verb."""

from __future__ import annotations

import typer

from mien.cli.data import align, caption, check, cutout, mask, pack, sketch

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _data() -> None:
    """Look at sets of pictures; make pairs, masks and captions; cut faces out; pack."""


for command in (
    *(align.align, mask.mask, cutout.cutout, sketch.sketch),
    *(caption.caption, pack.pack, check.check),
):
    app.command()(command)
