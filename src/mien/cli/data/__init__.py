"""``mien data``: sets of pictures. One file a verb."""

from __future__ import annotations

import typer

from mien.cli.data import align, caption, check, cutout, mask, pack, sketch

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _data() -> None:
    """Look at sets of pictures; make pairs, masks and captions; cut faces out; pack."""


app.command()(align.align)
app.command()(mask.mask)
app.command()(cutout.cutout)
app.command()(sketch.sketch)
app.command()(caption.caption)
app.command()(pack.pack)
app.command()(check.check)
