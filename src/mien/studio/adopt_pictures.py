"""The pictures that adopting looks at: whole ones, and early ones, drawn as far as a tagger sees.

A tagger looks at 96² pixels. A generator of more than 128² is stopped at 64² or 128²: what its RGB
branches have summed by then is nearly the whole picture made small (Karras et al. 2020, Fig. 7b and
8), at a third of the work of 256² and a fifth of that of 1024². Colours are brought to those of
whole pictures by an affine map, fitted by least squares on a few pictures drawn both ways; on these
the smallest size is chosen at which the tagger answers as on whole pictures no less often than
another tagger would.

    n pictures · h w pixels
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mien.attributes import COLUMNS, column_slice
from mien.checkpoints.arrays import read_arrays
from mien.editing.samples import drawn
from mien.files import replacing
from mien.hub.store import engine_cache
from mien.judges.tagger import Tagger
from mien.judges.taps import resized
from mien.runtime import engines
from mien.runtime.shapes import shapes_alone
from mien.stylegan2.generator import Generator, Synthesis
from mien.text.train import read_picture

_SMALL = 128
"""Generators up to this size are drawn whole: it is about what a tagger looks at."""

_STOPS = (64, 128)
_BOTH = 16
"""Pictures that are drawn both ways."""

_NOISE = 0.02
"""By how much a share of 16 × 16 answers errs."""

_OTHER = 0.87
"""How often two taggers agree (`teacher` and `judge` on 160 faces of `portraits`: 0.875)."""


@dataclass(frozen=True)
class Early:
    """How early pictures are drawn.

    Attributes:
        resolution: Where the generator is stopped; its own for whole pictures.
        colours: float64 ``[4, 3]``, the affine map of colours, its constant last.
        agreement: Share of the tagger's answers that are those on whole pictures; 1 for these.
    """

    resolution: int
    colours: Tensor
    agreement: float = 1.0


def both_of(resolution: int) -> int:
    """How many pictures of a generator of this size are drawn both ways."""
    return 0 if resolution <= _SMALL else _BOTH


def stopped(synthesis: Synthesis, resolution: int) -> Synthesis:
    """A network stopped at a resolution: it shares the blocks, and takes the first of the ws."""
    with shapes_alone():
        cut = Synthesis(replace(synthesis.config, resolution=resolution))
    for size in cut.config.block_resolutions:
        setattr(cut, f"b{size}", getattr(synthesis, f"b{size}"))
    return cut.train(synthesis.training)


class Pictures:
    """Draws what an adoption looks at.

    Attributes:
        early: How early pictures are drawn; whole ones until :meth:`choose` has looked.
    """

    def __init__(self, generator: Generator, early: int, whole: int) -> None:
        """Prepare.

        Args:
            generator: Whose pictures.
            early: About how many early pictures a run draws; for thousands of large ones building
                an engine pays.
            whole: How many whole ones.
        """
        self.synthesis, self._count = generator.synthesis, (early, whole)
        self.device = generator.mapping.w_avg.device
        own = generator.config.resolution
        self.early = Early(own, torch.eye(4, 3, dtype=torch.float64))
        self._chosen = own <= _SMALL
        self._forms: dict[int, Callable[[Tensor], Tensor]] = {}

    @property
    def resolution(self) -> int:
        """Of whole pictures."""
        return self.synthesis.config.resolution

    @property
    def is_early(self) -> bool:
        """Whether early pictures are others than whole ones."""
        return self.early.resolution < self.resolution

    def whole(self, ws: Float[Tensor, "n num_ws w_dim"]) -> Float[Tensor, "n 3 h w"]:
        """Whole pictures."""
        return self._at(self.resolution)(ws)

    def small(self, ws: Float[Tensor, "n num_ws w_dim"]) -> Float[Tensor, "n 3 h w"]:
        """Early pictures, or whole ones where these are small."""
        if not self.is_early:
            return self.whole(ws)
        return _coloured(self._at(self.early.resolution)(ws), self.early.colours)

    def batch(self, resolution: int) -> int:
        """How many pictures of a size are drawn at once."""
        return max(1, min(32, 32 * 256**2 // resolution**2))

    @property
    def stop(self) -> int:
        """Where early pictures stop, or what is tried first while nobody has looked."""
        return self.early.resolution if self._chosen else self._stops[0]

    def seconds(self, read: Callable[[Tensor], object]) -> tuple[float, float]:
        """What an early and a whole picture take here and now, drawn and read."""
        w = torch.zeros(1, self.synthesis.config.num_ws, self.synthesis.config.w_dim)
        taken = {}
        for resolution in dict.fromkeys((self.stop, self.resolution)):
            read(self._at(resolution)(w))  # The first one also builds.
            start = time.perf_counter()
            read(self._at(resolution)(w))
            taken[resolution] = time.perf_counter() - start
        return taken[self.stop], taken[self.resolution]

    def choose(
        self, ws: Float[Tensor, "n num_ws w_dim"], tagger: Tagger, judge: Tagger, keep: Path
    ) -> Iterator[tuple[int, int]]:
        """Find out how early pictures may be drawn; nothing is drawn for small generators.

        Args:
            ws: Latents of the pictures that are drawn both ways, as many as :func:`both_of` says.
            tagger: Who reads early pictures.
            judge: Another, for comparison.
            keep: A file that remembers what was found, for a run that was stopped.

        Yields:
            How many pictures are drawn, of how many.
        """
        if self._chosen:
            return
        self._chosen = True
        if keep.exists():
            found = read_arrays(keep)
            resolution, share = int(found["resolution"]), float(found["agreement"])
            self.early = Early(resolution, torch.from_numpy(found["colours"]), share)
            return
        answers, others, made_small = [], [], []
        same_columns = dict(judge.config.columns) == COLUMNS
        for number, one in enumerate(ws.split(1)):
            picture = self.whole(one)
            answers.append(_answers(tagger, picture))
            if same_columns:
                others.append(_answers(judge, picture))
            made_small.append(resized(picture, max(_STOPS)))
            yield number + 1, len(ws)
        wanted, pictures = torch.cat(answers), torch.cat(made_small)
        bar = float((torch.cat(others) == wanted).float().mean()) if others else _OTHER
        for resolution in self._stops[:-1]:
            rgb = torch.cat([self._at(resolution)(one) for one in ws.split(1)])
            colours = fitted_colours(rgb, resized(pictures, resolution))
            read = _answers(tagger, _coloured(rgb, colours))
            share = float((read == wanted).float().mean())
            if share >= bar - _NOISE:
                self.early = Early(resolution, colours, share)
                break
        made = self.early
        if not self.is_early:
            self._forms.clear()  # All are drawn whole now, so that another engine may pay.
        with replacing(keep) as beside, beside.open("wb") as stream:
            np.savez(
                stream,
                resolution=np.array(made.resolution),
                colours=made.colours.numpy(),
                agreement=np.array(made.agreement),
            )

    @property
    def _stops(self) -> list[int]:
        """Sizes to stop at, rising; the last is the whole picture's."""
        if self.resolution <= _SMALL:
            return [self.resolution]
        return [*(size for size in _STOPS if size < self.resolution), self.resolution]

    def _at(self, resolution: int) -> Callable[[Tensor], Tensor]:
        """What draws as far as a resolution."""
        if resolution not in self._forms:
            self._forms[resolution] = self._form(resolution)
        return self._forms[resolution]

    def _form(self, resolution: int) -> Callable[[Tensor], Tensor]:
        network, (early, items) = self.synthesis, self._count
        if resolution < self.resolution:
            network, items = stopped(network, resolution), early
        elif self._chosen and not self.is_early:
            items += early
        layers, width = network.config.num_ws, network.config.w_dim
        example = torch.zeros(1, layers, width, device=self.device)
        engine = engines.engine(network, example, "fast", items=items, cache=engine_cache())

        def draw(ws: Tensor) -> Tensor:
            ws = ws[:, :layers].to(self.device, torch.float32)
            if engine.name == "eager":  # which would draw one at a time
                return drawn(network, ws)
            made = engine(ws.contiguous())
            assert isinstance(made, Tensor)
            return made

        return draw


def fitted_colours(
    rgb: Float[Tensor, "n 3 h w"], wanted: Float[Tensor, "n 3 h w"]
) -> Float[Tensor, "4 3"]:
    """The affine map of colours that brings pictures nearest to others, by least squares."""
    pixels, target = (x.double().cpu().permute(0, 2, 3, 1).reshape(-1, 3) for x in (rgb, wanted))
    known = torch.cat([pixels, torch.ones(len(pixels), 1, dtype=torch.float64)], dim=1)
    return torch.linalg.lstsq(known, target).solution


def _coloured(rgb: Tensor, colours: Tensor) -> Tensor:
    colours = colours.to(rgb.device, rgb.dtype)
    return torch.einsum("nchw,cd->ndhw", rgb, colours[:3]) + colours[3][:, None, None]


@torch.no_grad()
def _answers(tagger: Tagger, pictures: Tensor) -> Tensor:
    """The most probable value of each column, ``[n, columns]``."""
    read = read_picture(tagger, pictures)
    return torch.stack([read[:, column_slice(column)].argmax(1) for column in COLUMNS], dim=1)
