"""The charts of the workbook: totals as bars, and the events as a timeline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import printable
from bball_tag.palette import label_colour

if TYPE_CHECKING:
    from openpyxl.chart import BarChart, ScatterChart
    from openpyxl.worksheet.worksheet import Worksheet

DAY = 86400
"""Seconds in the day, in which a spreadsheet counts time."""
CLOCK = "[h]:mm:ss.000"
"""Number format of times."""
_FREE_COLUMNS = 16
"""Columns at the left of the timeline's sheet that the chart covers; its numbers are to the right of them."""
_LINE_WIDTH = 127_000
"""Width of an event's line in the timeline, in English metric units: 10 points."""
_BARS_WIDTH = 16.0
"""Width of a bar chart, in centimetres."""
_ROW_HEIGHT = 0.5
"""Of a sheet, in centimetres: 15 points are a little more."""
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200)
"""Seconds that may lie between two marks of the timeline."""
_MOST_MARKS = 10


def add_label_chart(sheet: Worksheet, labels: Sequence[str], anchor: str) -> int:
    """Draw the number of events of each label as a bar in its colour, from the first columns of Summary.

    Returns:
        The number of rows that the chart covers.
    """
    from openpyxl.chart.series import DataPoint

    chart = _bar_chart(sheet, "Events by label", names=(1, 1), counts=(2, 2), num_rows=len(labels))
    chart.legend = None
    for index, label in enumerate(labels):
        point = DataPoint(idx=index)
        point.graphicalProperties.solidFill = _colour(label, labels)
        chart.series[0].dPt.append(point)
    return _put(sheet, chart, anchor, len(labels))


def add_player_chart(
    sheet: Worksheet, labels: Sequence[str], num_players: int, left: int, anchor: str
) -> int:
    """Draw the events of each player as a bar of labels, from the table that begins in column `left`.

    Returns:
        The number of rows that the chart covers.
    """
    names, counts = (left, left + 1), (left + 4, left + 3 + len(labels))
    chart = _bar_chart(sheet, "Events by player and team", names=names, counts=counts, num_rows=num_players)
    chart.grouping = "stacked"
    chart.overlap = 100
    for series, label in zip(chart.series, labels, strict=True):
        series.graphicalProperties.solidFill = _colour(label, labels)
    return _put(sheet, chart, anchor, max(num_players, len(labels) // 2))


def _bar_chart(
    sheet: Worksheet, title: str, *, names: tuple[int, int], counts: tuple[int, int], num_rows: int
) -> BarChart:
    """Return horizontal bars of a table, the first on top and the numbers below.

    Args:
        sheet: Has the table, its header in the first row.
        title: Of the chart.
        names: First and last column of what the bars are called.
        counts: First and last column of their lengths.
        num_rows: Rows of the table after its header.
    """
    from openpyxl.chart import BarChart, Reference

    chart = BarChart()
    chart.title = title
    chart.type = "bar"
    chart.gapWidth = 40
    lengths = Reference(sheet, min_col=counts[0], max_col=counts[1], min_row=1, max_row=num_rows + 1)
    chart.add_data(lengths, titles_from_data=True)
    texts = Reference(sheet, min_col=names[0], max_col=names[1], min_row=2, max_row=num_rows + 1)
    chart.set_categories(texts)
    chart.x_axis.scaling.orientation = "maxMin"
    # Without this, spreadsheets hide the axes of a chart made by openpyxl.
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.crosses = "max"
    chart.y_axis.number_format = "0"
    chart.y_axis.scaling.min = 0
    return chart


def _put(sheet: Worksheet, chart: BarChart, anchor: str, num_bars: int) -> int:
    """Add a chart that is high enough for its bars, and return the number of rows that it covers."""
    chart.width, chart.height = _BARS_WIDTH, max(6.0, 3 + 0.7 * num_bars)
    sheet.add_chart(chart, anchor)
    return math.ceil(float(chart.height) / _ROW_HEIGHT)


def _colour(label: str, labels: Sequence[str]) -> str:
    """Return a label's colour as six hexadecimal digits."""
    return bytes(label_colour(label, labels)).hex().upper()


def add_timeline(sheet: Worksheet, annotation: Annotation) -> None:
    """Draw every event as a thick line over time, with a row and a colour for each label."""
    from openpyxl.chart import Reference, ScatterChart, Series

    labels = annotation.all_labels()
    chart = ScatterChart()
    chart.title = "Timeline"
    chart.visible_cells_only = False
    for index, label in enumerate(labels):
        column = _FREE_COLUMNS + 1 + 2 * index
        stop = _fill_line(sheet, annotation, label, column, len(labels) - index)
        times = Reference(sheet, min_col=column, min_row=2, max_row=stop)
        heights = Reference(sheet, min_col=column + 1, min_row=2, max_row=stop)
        line = Series(heights, times, title=printable(label))
        line.marker.symbol = "none"
        line.smooth = False
        line.graphicalProperties.line.solidFill = _colour(label, labels)
        line.graphicalProperties.line.width = _LINE_WIDTH
        line.graphicalProperties.line.cap = "flat"
        chart.series.append(line)
    _lay_out(chart, annotation, len(labels))
    sheet.add_chart(chart, "A1")


def _fill_line(sheet: Worksheet, annotation: Annotation, label: str, column: int, height: int) -> int:
    """Write the points of one label's line into hidden columns, and return the last row.

    A blank row after each event breaks the line.
    """
    from openpyxl.utils import get_column_letter

    for number, name in enumerate(("time", "row"), start=column):
        sheet.cell(1, number, name)
        sheet.column_dimensions[get_column_letter(number)].hidden = True
    row = 2
    for event in annotation.events:
        if event.label == label:
            for time in (event.start, event.end):
                sheet.cell(row, column, round(time, 3) / DAY).number_format = CLOCK
                sheet.cell(row, column + 1, height)
                row += 1
            row += 1
    return max(2, row - 2)


def _lay_out(chart: ScatterChart, annotation: Annotation, num_labels: int) -> None:
    chart.scatterStyle = "line"
    chart.dispBlanksAs = "gap"
    chart.legend.position = "r"
    chart.x_axis.title = None
    chart.x_axis.number_format = "[h]:mm:ss"
    chart.x_axis.majorGridlines = None
    chart.x_axis.scaling.min = 0
    end = max(annotation.end(), 1.0)
    chart.x_axis.scaling.max = end / DAY
    step = next((step for step in _STEPS if end / step <= _MOST_MARKS), _STEPS[-1])
    chart.x_axis.majorUnit = step / DAY
    chart.x_axis.delete = False
    # The colours name the rows; their numbers mean nothing.
    chart.y_axis.delete = True
    chart.y_axis.majorGridlines = None
    chart.y_axis.scaling.min = 0
    chart.y_axis.scaling.max = num_labels + 1
    chart.width, chart.height = 30.0, max(7.0, 3 + 1.0 * num_labels)
