"""The options that mean the same with every verb: ``device: opt.Device = "auto"``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

RANDOM = -1
"""What ``--seed random`` is until it is chosen."""


def _seed(text: str | int) -> int:
    """Read ``--seed``: a number, or ``random``, which is -1 until :func:`chosen_seed`."""
    if str(text).strip().lower() == "random":
        return RANDOM
    if not str(text).isdecimal() or int(text) >= 2**32:
        raise typer.BadParameter(f"{text!r} is neither a seed from 0 to {2**32 - 1} nor 'random'")
    return int(text)


# Every verb.
Json = Annotated[
    bool, Option("--json", help="Print one JSON object on stdout, all else on stderr.")
]
Device = Annotated[
    str, Option("--device", metavar="NAME", help="Where to compute: auto, cpu, cuda, cuda:1.")
]
Force = Annotated[bool, Option("--force", help="Overwrite what is there.")]

# Faces and how they are drawn.
Model = Annotated[str, Option("--model", help="A generator: name or file.")]
Label = Annotated[
    str | None,
    Option(
        "--label",
        metavar="LABEL",
        help="For a generator of classes: a class number, 0.2,0.8,0, or gender=f,hair_color=red.",
    ),
]
Count = Annotated[int, Option("--count", metavar="N", help="How many faces.")]
Seed = Annotated[
    int,
    Option("--seed", metavar="N", parser=_seed, help="First seed, or random; seed i gives face i."),
]
Psi = Annotated[float, Option("--psi", help="How far seeds lie from the mean face, 0 to 2.")]
OptionalPsi = Annotated[
    float | None,
    Option("--psi", help="How far seeds lie from the mean face, 0 to 2; 0.7 if nothing is said."),
]
Truncation = Annotated[float, Option("--psi", help="Truncation of the faces.")]
Precision = Annotated[
    str,
    Option(
        "--precision", metavar="NAME", help="exact: float32, reproducible. fast: bfloat16 may be."
    ),
]
Engine = Annotated[
    str,
    Option(
        "--engine",
        metavar="NAME",
        help="What draws: eager, compile, openvino, cuda; auto takes the fastest measured.",
    ),
]

# What is read.
Photos = Annotated[
    list[str], Argument(metavar="PHOTO...", help="Pictures, and folders or patterns of pictures.")
]
Pictures = Annotated[
    list[Path], Argument(metavar="PICTURES...", help="Pictures, and folders or zips of pictures.")
]
FaceSet = Annotated[Path, Argument(metavar="PATH", help="A folder or zip of pictures.")]
FaceSets = Annotated[
    list[Path], Option("--data", help="A folder or zip of faces; give it again for more sets.")
]
Directions = Annotated[str, Argument(metavar="SET", help="A set: name or file.")]
AnimeModel = Annotated[
    str | None, Option("--model", metavar="FILE", help="Name or file; else the one that ships.")
]
Detector = Annotated[
    str | None,
    Option("--detector", metavar="FILE", help="Another detector: YuNet, UltraFace, RetinaFace."),
]
Box = Annotated[
    str | None, Option("--box", metavar="X,Y,W,H", help="Where the face is, forehead to chin.")
]
Aligned = Annotated[bool, Option("--aligned", help="The pictures are cut around the face already.")]
Tune = Annotated[bool, Option("--tune", help="Then tune a copy of the generator for each photo.")]
Alpha = Annotated[float, Option("--alpha", help="Penalty of the Lasso.")]

# What is written.
Results = Annotated[
    Path | None,
    Option("--out", metavar="FOLDER", help="Where the results go; else a new out/VERB/0001-…"),
]
Out = Annotated[Path, Option("--out", metavar="PATH", help="Where the results go.")]
RunOut = Annotated[
    Path | None,
    Option("--out", metavar="PATH", help="Where the results go; else a new out/VERB/0001-…"),
]
OptionalOut = Annotated[
    Path | None, Option("--out", metavar="PATH", help="Where the results go; else nowhere.")
]
Csv = Annotated[Path | None, Option("--csv", metavar="FILE", help="Also write the numbers here.")]
Size = Annotated[
    int | None,
    Option("--size", metavar="N", help="Side of the pictures; larger than drawn adds no detail."),
]
Format = Annotated[
    str, Option("--format", metavar="NAME", help="Of the pictures: png, jpg or webp.")
]

# Of a training.
TickKimg = Annotated[float, Option("--tick-kimg", help="Log every so many kimg.")]
CheckpointKimg = Annotated[
    float, Option("--checkpoint-kimg", help="Checkpoint every so many kimg.")
]
SampleKimg = Annotated[float, Option("--sample-kimg", help="Grid of faces every so many kimg.")]
MeasureKimg = Annotated[float, Option("--measure-kimg", help="Measure every so many kimg.")]
