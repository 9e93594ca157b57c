"""Any tagger of drawings that comes as an ONNX file with a list of its tags: WD, DeepDanbooru.

The list tells the convention: WD's is a CSV with the columns ``tag_id, name, category, count`` and
its network wants blue first, 0 to 255; DeepDanbooru's is a tag a line and its network wants red
first, 0 to 1. Both want squares, channels last or first. It answers as
:class:`mien.editing.samples.TagReader` does, in tags such as ``blue hair``. No gradient flows.

Axes: n batch, h w pixels, t tags.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from mien.errors import CheckpointError, ConfigMismatch, FileError, InputError
from mien.judges.onnx_identity import open_onnx

_LISTS = ("selected_tags.csv", "tags.txt")
_NAME = "name"
_CATEGORY = "category"
_GENERAL = "0"
_STEP = 8


class OnnxTagger:
    """A tagger out of a file; ``tags`` is WD's ``selected_tags.csv``, or a list of a tag a line.

    Its ``tags`` have blanks instead of underscores. A picture counts as carrying one from
    ``threshold`` on. ``bgr``: it wants blue first, 0 to 255; else red first, 0 to 1. With
    ``general``, of a list with categories only the general tags (0) are given: no characters, no
    ratings. ``engine`` is as of :class:`~mien.judges.onnx_identity.OnnxIdentity`; it answers on the
    CPU.

    Raises CheckpointError if the file cannot be read, ConfigMismatch if it takes no square picture
    of three channels, FileError if the list cannot be read, InputError for a threshold that is not
    between 0 and 1, MissingExtra if nothing that runs ONNX files is installed.
    """

    device = torch.device("cpu")

    def __init__(
        self,
        path: str | Path,
        tags: str | Path,
        threshold: float = 0.35,
        general: bool = True,
        engine: str | None = None,
    ) -> None:
        self.path = Path(path)
        if not 0 < threshold < 1:
            raise InputError(f"threshold is {threshold:g}, but must be between 0 and 1")
        if not self.path.is_file():
            raise CheckpointError(path, "does not exist", "name an .onnx file")
        self.threshold = threshold
        names, categories = read_tag_list(tags)
        self.bgr = categories is not None
        self._run, shape, self.engine = open_onnx(self.path, engine, "a tagger in an ONNX file")
        self._last = len(shape) == 4 and shape[1] != 3
        sides = shape[1:3] if self._last else shape[2:]
        if len(shape) != 4 or 3 not in (shape[1], shape[3]) or sides[0] != sides[1] or not sides[0]:
            cause = f"its input has the shape {list(shape)}, [n, s, s, 3] or [n, 3, s, s] is wanted"
            raise ConfigMismatch(path, cause)
        self.resolution, self._step = sides[0], 1 if shape[0] == 1 else _STEP
        kinds = categories if general and categories is not None else [_GENERAL] * len(names)
        self._rows = [row for row, kind in enumerate(kinds) if kind == _GENERAL]
        if not self._rows:
            raise FileError(tags, f"has {len(names)} tags, none of the general category 0")
        self._named, self._list = len(names), Path(tags)
        self.tags = tuple(names[row].replace("_", " ") for row in self._rows)

    def __call__(
        self, pictures: Float[Tensor, "n 3 h w"]
    ) -> tuple[Float[Tensor, "n t"], Bool[Tensor, "n t"]]:
        """Probability of each tag of pictures in [-1, 1], and whether it is above the threshold.

        Both are on the CPU. Raises ConfigMismatch if the network gives another number of tags than
        the list has.
        """
        array = self.prepare(pictures).numpy()
        parts = [self._run(array[i : i + self._step]) for i in range(0, len(array), self._step)]
        found = np.concatenate(parts)
        if found.ndim != 2 or found.shape[1] != self._named:
            cause = f"gives {list(found.shape[1:])} numbers a picture, {self._list} has "
            raise ConfigMismatch(self.path, f"{cause}{self._named} tags")
        probability = torch.from_numpy(found[:, self._rows].astype(np.float32)).clamp(0, 1)
        return probability, probability > self.threshold

    def prepare(self, pictures: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n a b c"]:
        """Pictures as the network wants them."""
        size = (self.resolution, self.resolution)
        x = pictures.detach().cpu().float()
        if tuple(x.shape[-2:]) != size:
            x = functional.interpolate(
                x, size=size, mode="bicubic", antialias=True, align_corners=False
            )
        x = (x.clamp(-1, 1) + 1) / 2
        if self.bgr:
            x = x.flip(1) * 255
        return (x.permute(0, 2, 3, 1) if self._last else x).contiguous()


def find_tag_list(path: str | Path) -> Path:
    """The list beside a tagger, named as it, or as WD's or DeepDanbooru's; FileError if none."""
    file = Path(path)
    names = (f"{file.stem}.csv", f"{file.stem}.txt", *_LISTS)
    for name in names:
        if (file.parent / name).is_file():
            return file.parent / name
    raise FileError(path, "has no list of its tags beside it", f"put one there: {', '.join(names)}")


def read_tag_list(path: str | Path) -> tuple[list[str], list[str] | None]:
    """Names of tags, and the category of each if the list has a column for it.

    The list is a CSV with a column ``name`` (WD's), or a text with a tag a line (DeepDanbooru's).
    Raises FileError if it cannot be read, or names nothing.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            rows = [row for row in csv.reader(stream) if row]
    except FileNotFoundError:
        raise FileError(path, "there is no such file", "give the CSV of the tagger") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileError(path, f"cannot be read as CSV ({str(error)[:80]})") from None
    if not rows:
        raise FileError(path, "names 0 tags", "give the CSV of the tagger")
    head = [cell.strip().lower() for cell in rows[0]]
    if _NAME not in head:
        return [row[0].strip() for row in rows], None
    wanted = [head.index(_NAME), head.index(_CATEGORY) if _CATEGORY in head else 0]
    for number, row in enumerate(rows[1:], start=2):
        if len(row) <= max(wanted):
            raise FileError(path, f"line {number} has {len(row)} cells, line 1 has {len(head)}")
    names = [row[wanted[0]].strip() for row in rows[1:]]
    if not names:
        raise FileError(path, "names 0 tags", "give the CSV of the tagger")
    return names, [row[wanted[1]].strip() for row in rows[1:]] if _CATEGORY in head else None
