"""The charts of the workbook: totals as bars, and the game as a timeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.wording import printable
from bball_tag.palette import label_colour

if TYPE_CHECKING:
    from openpyxl.chart import ScatterChart
    from openpyxl.worksheet.worksheet import Worksheet

DAY = 86400
"""Seconds in the day, in which a spreadsheet counts time."""
CLOCK = "[h]:mm:ss.000"
"""Number format of times."""
_FREE_COLUMNS = 16
"""Columns at the left of the timeline's sheet that its picture covers; the numbers stand to their right."""
_LINE_WIDTH = 127_000
"""Of an event in the timeline, in English metric units: 10 points."""


def add_summary_chart(sheet: Worksheet, labels: Sequence[str]) -> None:
    """Draw the number of events of each label as bars in its colour, below the tables."""
    from openpyxl.chart import BarChart, Reference
    from openpyxl.chart.series import DataPoint

    if not labels:
        return
    stop = len(labels) + 1
    chart = BarChart()
    chart.type = "bar"
    chart.title = "Events by label"
    chart.legend = None
    chart.gapWidth = 40
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=stop), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=stop))
    for place, label in enumerate(labels):
        point = DataPoint(idx=place)
        point.graphicalProperties.solidFill = bytes(label_colour(label, labels)).hex().upper()
        chart.series[0].dPt.append(point)
    chart.x_axis.scaling.orientation = "maxMin"
    # Without this LibreOffice and Excel leave the axes of charts by openpyxl away.
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.numFmt = "0"
    chart.y_axis.scaling.min = 0
    chart.height, chart.width = max(6.0, 2.5 + 0.7 * len(labels)), 20.0
    sheet.add_chart(chart, f"A{sheet.max_row + 3}")


def add_timeline(sheet: Worksheet, annotation: Annotation) -> None:
    """Draw every event as a thick line over the time of the game, one row and colour for each label."""
    from openpyxl.chart import Reference, ScatterChart, Series

    labels = annotation.all_labels()
    chart = ScatterChart()
    chart.title = "Timeline"
    chart.style = 13
    for place, label in enumerate(labels):
        column = _FREE_COLUMNS + 1 + 2 * place
        stop = _fill_line(sheet, annotation, label, column, len(labels) - place)
        times = Reference(sheet, min_col=column, min_row=2, max_row=stop)
        heights = Reference(sheet, min_col=column + 1, min_row=2, max_row=stop)
        line = Series(heights, times, title=printable(label))
        line.marker.symbol = "none"
        line.smooth = False
        line.graphicalProperties.line.solidFill = bytes(label_colour(label, labels)).hex().upper()
        line.graphicalProperties.line.width = _LINE_WIDTH
        line.graphicalProperties.line.cap = "flat"
        chart.series.append(line)
    _lay_out(chart, annotation, len(labels))
    sheet.add_chart(chart, "A1")


def _fill_line(sheet: Worksheet, annotation: Annotation, label: str, column: int, height: int) -> int:
    """Write the corners of one label's line, a blank row after each event; return the last row."""
    sheet.cell(1, column, "time")
    sheet.cell(1, column + 1, "row")
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
    chart.x_axis.scaling.max = max(annotation.end(), 1.0) / DAY
    chart.x_axis.delete = False
    # The rows are told apart by their colours; their numbers mean nothing.
    chart.y_axis.delete = True
    chart.y_axis.majorGridlines = None
    chart.y_axis.scaling.min = 0
    chart.y_axis.scaling.max = num_labels + 1
    chart.width, chart.height = 30.0, max(7.0, 3 + 1.0 * num_labels)
