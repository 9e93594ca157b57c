"""Charts as pictures: sizes, colours that say what they should, gaps, refusals."""

import numpy as np
import pytest

from mien.errors import InputError
from mien.metrics.charts import (
    axis_ticks,
    line_chart,
    matrix_picture,
    number,
    sheet_picture,
    text_width,
)


def has(picture, colour, tolerance=30):
    """How many pixels are about of a colour."""
    return int((np.abs(picture.astype(int) - colour).max(axis=2) < tolerance).sum())


def test_a_line_chart_shows_each_line_in_its_colour():
    x = np.arange(100)
    picture = line_chart({"G": (x, x**2), "D": (x, 9000 - 90 * x)}, "losses", "images", "loss")
    assert picture.shape == (420, 720, 3)
    assert picture.dtype == np.uint8
    assert has(picture, (0, 114, 178)) > 300
    assert has(picture, (213, 94, 0)) > 300
    assert has(picture, (255, 255, 255)) > 0.8 * 420 * 720


def test_values_that_are_no_numbers_leave_a_gap():
    x = np.arange(200.0)
    whole = line_chart({"G": (x, x)}, "t", "x", "y", (400, 300))
    y = np.where((x > 50) & (x < 150), np.nan, x)
    gap = line_chart({"G": (x, y), "nothing": ([], [])}, "t", "x", "y", (400, 300))
    assert whole.shape == gap.shape == (300, 400, 3)
    assert has(gap, (0, 114, 178)) < 0.7 * has(whole, (0, 114, 178))


def test_a_logarithmic_axis_leaves_out_what_is_not_above_0():
    picture = line_chart({"loss": ([0, 1, 2, 3], [0, 1, 100, 1e6])}, "t", "x", "y", log_y=True)
    assert has(picture, (0, 114, 178)) > 100


def test_the_ninth_line_is_dashed():
    lines = {f"run {i}": ([0, 100], [i, i + 1]) for i in range(9)}
    picture = line_chart(lines, "many", "x", "y", (900, 480))
    whole = line_chart({"run 0": lines["run 0"]}, "one", "x", "y", (900, 480))
    both = has(picture, (0, 114, 178))
    assert 0.9 * has(whole, (0, 114, 178)) < both < 2.2 * has(whole, (0, 114, 178))


def test_one_point_is_a_dot():
    assert has(line_chart({"G": ([5], [7.0])}, "t", "x", "y"), (0, 114, 178)) > 10


def test_charts_that_cannot_be_drawn():
    with pytest.raises(InputError, match="line 'G' has 2 values of x and 3 of y"):
        line_chart({"G": ([1, 2], [1, 2, 3])}, "t", "x", "y")
    with pytest.raises(InputError, match="chart 't' has no point to draw among 1 lines"):
        line_chart({"G": ([1], [float("nan")])}, "t", "x", "y")
    with pytest.raises(InputError, match="matrix 't': 2 by 2 numbers with names for 1 rows and 2"):
        matrix_picture(np.zeros((2, 2)), ["a"], ["b", "c"], "t")


def test_a_matrix_is_blue_above_and_red_below_0():
    values = np.array([[1.0, -1.0], [0.0, np.nan]])
    picture = matrix_picture(values, ["one", "two"], ["a", "b"], "scores", cell=60)
    assert has(picture, (33, 102, 172)) > 2000
    assert has(picture, (178, 24, 43)) > 2000
    assert has(picture, (225, 225, 225), 3) > 2000
    wide = matrix_picture(values, ["a much longer name", "two"], ["a", "b"], "scores", cell=60)
    assert wide.shape[1] > picture.shape[1]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (3, 3, [2.7, 2.8, 2.9, 3.0, 3.1, 3.2, 3.3])],
)
def test_ticks(low, high, expected):
    assert axis_ticks(low, high) == pytest.approx(expected)


def test_ticks_span_the_values_at_any_size():
    for scale in (1e-7, 1e-3, 1, 37, 1e9):
        ticks = axis_ticks(-0.3 * scale, 1.7 * scale)
        assert ticks[0] <= -0.3 * scale
        assert ticks[-1] >= 1.7 * scale
        assert 3 <= len(ticks) <= 9
    assert axis_ticks(0, 0) == pytest.approx([-1, -0.5, 0, 0.5, 1])


def test_numbers_as_charts_write_them():
    values = [0, 0.5, 12.345, 1234.5, 20000, 1e-5, float("nan")]
    assert [number(v) for v in values] == ["0", "0.5", "12.3", "1234", "20k", "1.0e-05", "-"]
    assert text_width("wide text", 12) > text_width("text", 12) > 0


def test_a_sheet_has_a_column_a_name():
    pictures = np.stack([np.full((20, 30, 3), level, np.uint8) for level in (10, 120)])
    columns = {"input": pictures, "truth": pictures + 100, "answer": pictures}
    sheet = sheet_picture(columns, "faces", side=40)
    assert sheet.shape[1] == 3 * 60 + 2 * 4 + 20
    assert has(sheet, (10, 10, 10), 3) >= 2 * 40 * 60
    assert has(sheet, (220, 220, 220), 3) >= 40 * 60
    with pytest.raises(InputError, match="sheet 't' needs columns of one length, and has"):
        sheet_picture({"a": pictures, "b": pictures[:1]}, "t")
