"""Charts as pictures: a line chart, a matrix of numbers.

Pure functions on numbers. Everything is drawn twice as large and then halved, so that lines and
letters are smooth. What is not a finite number leaves a gap in a line and a grey cell in a matrix.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont

from mien import images
from mien.errors import InputError

Colour = tuple[int, int, int]
Points = tuple[Sequence[float] | np.ndarray, Sequence[float] | np.ndarray]
"""x and y of a line, of equal lengths."""

_SCALE = 2
_BLACK, _GREY, _PALE, _WHITE = (30, 30, 30), (110, 110, 110), (225, 225, 225), (255, 255, 255)
_BLUE, _RED = (33, 102, 172), (178, 24, 43)
# Told apart by people with any colour vision (Okabe & Ito 2008).
_PALETTE: tuple[Colour, ...] = (
    *((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167)),
    *((230, 159, 0), (86, 180, 233), (100, 100, 100), (150, 90, 40)),
)
_TICKS = 6
_TITLE, _TEXT = 17, 13
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 18, 40, 52


class _Page:
    """A white page with lines and text in pixels of the finished picture."""

    def __init__(self, width: int, height: int) -> None:
        self.picture = Image.new("RGB", (width * _SCALE, height * _SCALE), _WHITE)
        self.draw = ImageDraw.Draw(self.picture)

    def line(self, points: Sequence[tuple[float, float]], colour: Colour, width: float = 1) -> None:
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self.draw.line(scaled, fill=colour, width=round(width * _SCALE), joint="curve")

    def dot(self, x: float, y: float, colour: Colour, radius: float = 2) -> None:
        box = [(v + d) * _SCALE for d in (-radius, radius) for v in (x, y)]
        self.draw.ellipse(box, fill=colour)

    def box(self, left: float, top: float, width: float, height: float, colour: Colour) -> None:
        corners = [left, top, left + width, top + height]
        self.draw.rectangle([value * _SCALE for value in corners], fill=colour)

    def text(
        self, x: float, y: float, text: str, size: int, colour: Colour = _BLACK, anchor: str = "la"
    ) -> None:
        """Write; ``anchor`` says what of the text lies at x, y, as Pillow names it."""
        font = ImageFont.load_default(size=size * _SCALE)
        self.draw.text((x * _SCALE, y * _SCALE), text, fill=colour, font=font, anchor=anchor)

    def upwards(self, x: float, y: float, text: str, size: int) -> None:
        """Write from below to above, beginning at x (the middle of the line), y (its lower end)."""
        width, height = (
            round(value * _SCALE) for value in (text_width(text, size) + 4, size * 1.4)
        )
        strip = Image.new("RGB", (width, height), _WHITE)
        font = ImageFont.load_default(size=size * _SCALE)
        ImageDraw.Draw(strip).text((0, height // 2), text, fill=_BLACK, font=font, anchor="lm")
        turned = strip.rotate(90, expand=True)
        place = (round(x * _SCALE - height / 2), round(y * _SCALE - width))
        self.picture.paste(turned, place)

    def finished(self) -> UInt8[np.ndarray, "h w 3"]:
        width, height = self.picture.size
        return images.resize(np.array(self.picture), (height // _SCALE, width // _SCALE), "box")


def text_width(text: str, size: int) -> float:
    """Pixels that a text is wide."""
    font = ImageFont.load_default(size=size)
    return max((font.getlength(line) for line in text.splitlines()), default=0)


def line_chart(
    series: Mapping[str, Points],
    title: str,
    x: str,
    y: str,
    size: tuple[int, int] = (720, 420),
    log_y: bool = False,
) -> UInt8[np.ndarray, "h w 3"]:
    """Draw lines over two axes, with a legend beside them; the ninth line and on are dashed.

    Points are in the order of x; ``size`` is width and height in pixels. With ``log_y`` only values
    above 0 are drawn. Raises InputError if x and y of a line differ in length, or there is no point
    to draw.
    """
    lines = {name: _finite(name, points, log_y) for name, points in series.items()}
    drawn = [points for points in lines.values() if np.isfinite(points).any()]
    if not drawn:
        raise InputError(f"chart {title!r} has no point to draw among {len(series)} lines")
    every = np.concatenate(drawn)
    every = every[np.isfinite(every).all(axis=1)]
    ticks = [axis_ticks(every[:, 0].min(), every[:, 0].max())]
    ticks.append(axis_ticks(every[:, 1].min(), every[:, 1].max()))
    width, height = size
    legend = math.ceil(max(text_width(name, _TEXT - 1) for name in lines)) + 40
    right = width - _RIGHT - min(legend, width // 2)
    page = _Page(width, height)
    page.text(width / 2, 12, title, _TITLE, anchor="ma")
    page.text((_LEFT + right) / 2, height - 8, x, _TEXT, anchor="md")
    page.upwards(14, (_TOP + height - _BOTTOM + text_width(y, _TEXT)) / 2, y, _TEXT)
    frame = _Frame(ticks[0][0], ticks[0][-1], ticks[1][0], ticks[1][-1], right, height)
    for value in ticks[0]:
        page.line([frame.at(value, ticks[1][0]), frame.at(value, ticks[1][-1])], _PALE)
        page.text(
            frame.at(value, 0)[0], height - _BOTTOM + 5, number(value), _TEXT - 1, _GREY, "ma"
        )
    for value in ticks[1]:
        page.line([frame.at(ticks[0][0], value), frame.at(ticks[0][-1], value)], _PALE)
        shown = number(10**value) if log_y else number(value)
        page.text(_LEFT - 6, frame.at(0, value)[1], shown, _TEXT - 1, _GREY, "rm")
    for i, points in enumerate(lines.values()):
        _draw_line(page, frame, points, i)
    _draw_legend(page, list(lines), right)
    return page.finished()


class _Frame:
    """Where a point of the data lies on the page."""

    def __init__(
        self, left: float, right: float, low: float, high: float, edge: int, height: int
    ) -> None:
        self.left, self.low = left, low
        self.by_x = (edge - _LEFT) / (right - left)
        self.by_y = (height - _TOP - _BOTTOM) / (high - low)
        self.bottom = height - _BOTTOM

    def at(self, x: float, y: float) -> tuple[float, float]:
        return _LEFT + (x - self.left) * self.by_x, self.bottom - (y - self.low) * self.by_y


def _finite(name: str, points: Points, log_y: bool) -> Float[np.ndarray, "n 2"]:
    """Points as an array; what cannot be drawn is NaN in both places."""
    xs, ys = (np.asarray(values, np.float64).ravel() for values in points)
    if len(xs) != len(ys):
        raise InputError(f"line {name!r} has {len(xs)} values of x and {len(ys)} of y")
    if log_y:
        ys = np.log10(np.where(ys > 0, ys, np.nan))
    both = np.stack([xs, ys], axis=1)
    both[~np.isfinite(both).all(axis=1)] = np.nan
    return both


def _draw_line(page: _Page, frame: _Frame, points: Float[np.ndarray, "n 2"], index: int) -> None:
    colour = _PALETTE[index % len(_PALETTE)]
    run: list[tuple[float, float]] = []
    for x, y in [*points.tolist(), (math.nan, math.nan)]:
        if math.isfinite(x):
            run.append(frame.at(x, y))
            continue
        if len(run) > 1:
            _stroke(page, run, index)
        if run and len(points) <= 60:
            for place in run:
                page.dot(*place, colour)
        run = []


def _stroke(page: _Page, points: Sequence[tuple[float, float]], index: int) -> None:
    """A whole line, or a dashed one where the colours have been used up."""
    colour = _PALETTE[index % len(_PALETTE)]
    if index < len(_PALETTE):
        page.line(points, colour, 2)
        return
    walked = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        length = math.hypot(x1 - x0, y1 - y0)
        steps = max(1, math.ceil(length / 3))
        for i in range(steps):
            here, there = i / steps, (i + 1) / steps
            if int((walked + here * length) // 6) % 2 == 0:
                ends = [(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t) for t in (here, there)]
                page.line(ends, colour, 2)
        walked += length


def _draw_legend(page: _Page, names: Sequence[str], right: int) -> None:
    for i, name in enumerate(names):
        middle = _TOP + 10 + 18 * i
        _stroke(page, [(right + 14, middle), (right + 34, middle)], i)
        page.text(right + 40, middle, name, _TEXT - 1, anchor="lm")


def axis_ticks(low: float, high: float, most: int = _TICKS) -> list[float]:
    """Round numbers that span ``low`` to ``high``: steps of 1, 2 or 5 times a power of ten."""
    if high <= low:
        margin = abs(low) * 0.1 or 1.0
        low, high = low - margin, high + margin
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def number(value: float) -> str:
    """A number as a chart writes it: three digits, thousands as k."""
    if not math.isfinite(value):
        return "-"
    if abs(value) >= 10_000:
        return f"{value / 1000:.4g}k"
    if value and abs(value) < 1e-3:
        return f"{value:.1e}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def matrix_picture(
    values: Float[np.ndarray, "r c"],
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    cell: int = 58,
    digits: int = 2,
) -> UInt8[np.ndarray, "h w 3"]:
    """Draw a matrix as coloured cells with their numbers: red below 0, white at 0, blue above.

    ``cell`` is the side of a cell in pixels, ``digits`` stand behind the point. Raises InputError
    if there is no number, or not one name for each row and column.
    """
    if values.ndim != 2 or 0 in values.shape or values.shape != (len(rows), len(columns)):
        raise InputError(
            f"matrix {title!r}: {' by '.join(map(str, values.shape))} numbers with names for "
            f"{len(rows)} rows and {len(columns)} columns"
        )
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    left = math.ceil(max(text_width(name, _TEXT) for name in rows)) + 20
    top = math.ceil(max(text_width(name, _TEXT) for name in columns)) + 56
    width = max(left + cell * len(columns) + 14, math.ceil(text_width(title, _TITLE)) + 24)
    page = _Page(width, top + cell * len(rows) + 14)
    page.text(12, 12, title, _TITLE)
    for j, name in enumerate(columns):
        page.upwards(left + cell * (j + 0.5), top - 8, name, _TEXT)
    for i, name in enumerate(rows):
        page.text(left - 10, top + cell * (i + 0.5), name, _TEXT, anchor="rm")
        for j in range(len(columns)):
            value = float(values[i, j])
            colour = _diverging(value / largest)
            page.box(left + cell * j, top + cell * i, cell - 1.5, cell - 1.5, colour)
            dark = sum(colour) < 380
            text = f"{round(value, digits) + 0.0:.{digits}f}" if math.isfinite(value) else "-"
            middle = (left + cell * (j + 0.48), top + cell * (i + 0.48))
            page.text(*middle, text, _TEXT, _WHITE if dark else _BLACK, "mm")
    return page.finished()


def sheet_picture(
    columns: Mapping[str, UInt8[np.ndarray, "n h w 3"]], title: str, side: int = 160, gap: int = 4
) -> UInt8[np.ndarray, "height width 3"]:
    """Lay pictures out in columns with a head each, such as input, truth, answers.

    Pictures on the sheet are ``side`` pixels high, with ``gap`` white ones between them. Raises
    InputError if there is no picture, or columns differ in length.
    """
    counts = {name: len(pictures) for name, pictures in columns.items()}
    if not counts or len(set(counts.values())) != 1 or 0 in counts.values():
        raise InputError(f"sheet {title!r} needs columns of one length, and has {counts}")
    height, width = next(iter(columns.values())).shape[1:3]
    width = max(1, round(side * width / height))
    cells = [images.resize(pictures, (side, width)) for pictures in columns.values()]
    body = images.grid(np.stack(cells, axis=1).reshape(-1, side, width, 3), len(cells), gap)
    top, margin = 64, 10
    page_width = max(body.shape[1], math.ceil(text_width(title, _TITLE))) + 2 * margin
    page = _Page(page_width, top)
    page.text(margin, 12, title, _TITLE)
    for i, name in enumerate(columns):
        middle = margin + i * (width + gap) + width / 2
        page.text(middle, top - 8, name, _TEXT, anchor="md")
    below = np.full((body.shape[0] + margin, page_width, 3), 255, np.uint8)
    below[: body.shape[0], margin : margin + body.shape[1]] = body
    return np.concatenate([page.finished(), below])


def _diverging(share: float) -> Colour:
    """Red at -1, white at 0, blue at 1; grey for what is no number."""
    if not math.isfinite(share):
        return _PALE
    end = np.array(_BLUE if share > 0 else _RED, np.float64)
    mixed = 255 + (end - 255) * min(abs(share), 1.0)
    return (round(mixed[0]), round(mixed[1]), round(mixed[2]))
