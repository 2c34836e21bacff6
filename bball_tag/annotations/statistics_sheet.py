"""Statistics in the workbook: the totals at the end of Summary, and the sheet Chains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bball_tag.annotations.charts import CLOCK, DAY
from bball_tag.annotations.game_time_text import CLOCK as GAME_CLOCK
from bball_tag.annotations.game_time_text import PERIOD, game_facts
from bball_tag.annotations.sheets import DECIMALS, centre, fill_cells, fill_table, set_widths
from bball_tag.annotations.statistics import Statistics, Total
from bball_tag.annotations.table import Cell

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

CHAINS = "Chains"
ALL = "(all)"
"""In a cell: all teams, players or periods together, as pivot tables write it."""
_TOTALS = ("team", "player", "label", "period", "count", "total_s", "mean_s", "per_minute", "minutes of")
_LIST = ("chain", "start", "end", "period", "clock", "team", "players", "labels")
_COUNTS = ("chain", "team", "period", "count")


def add_totals(sheet: Worksheet, totals: Sequence[Total], top: int) -> None:
    """Write a row for each total from the row `top` on, to be filtered."""
    fill_cells(sheet, _TOTALS, map(_total_cells, totals), top=top)
    last = top + len(totals)
    sheet.auto_filter.ref = f"A{top}:I{last}"
    for *numbers, base in sheet.iter_rows(min_row=top + 1, max_row=last, min_col=6, max_col=9):
        centre([base])
        for cell in numbers:
            cell.number_format = DECIMALS


def _total_cells(total: Total) -> tuple[Cell, ...]:
    rate = None if total.per_minute is None else round(total.per_minute, 3)
    return (
        _cell(total.team),
        _cell(total.player),
        total.label,
        _cell(total.period),
        total.count,
        round(total.total_s, 3),
        round(total.mean_s, 3),
        rate,
        total.base if rate is not None else None,
    )


def _cell(name: str | None) -> Cell:
    return ALL if name is None else name or None


def add_chains(sheet: Worksheet, statistics: Statistics) -> None:
    """Fill a sheet with every chain on the left, and how often each rule was found on the right."""
    left = len(_LIST) + 2
    fill_table(sheet, _LIST, _chain_rows(statistics))
    counts = [
        (count.chain, _cell(count.team), _cell(count.period), count.count)
        for count in statistics.chain_counts
    ]
    fill_cells(sheet, _COUNTS, counts, left=left)
    set_widths(sheet, (22, 13, 13, 9, 10, 16, 26, 26, 4, 22, 16, 9, 9))
    for start, end, *texts in sheet.iter_rows(min_row=2, min_col=2, max_col=len(_LIST)):
        start.number_format = end.number_format = CLOCK
        centre(texts)


def _chain_rows(statistics: Statistics) -> Iterator[tuple[Cell, ...]]:
    for chain in statistics.chains:
        facts = game_facts(chain.events[0])
        players = " → ".join(event.player for event in chain.events if event.player)
        times = round(chain.start, 3) / DAY, round(chain.end, 3) / DAY
        labels = " → ".join(event.label for event in chain.events)
        where = facts.get(PERIOD), facts.get(GAME_CLOCK), chain.events[-1].team or None
        yield chain.rule.name, *times, *where, players or None, labels
