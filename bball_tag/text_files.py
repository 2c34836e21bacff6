"""Files of text that people bring: their encoding, the cells of their tables, and their numbers."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TextIO, TypeVar

from bball_tag.faults import FormError

T = TypeVar("T")
MOST_BYTES = 16 << 20
"""Size above which no honest file of events is: more than a hundred thousand of them."""
MOST_ROWS = 100_000
"""Rows above which no honest table of events is."""
HEAD_ROWS = 20
"""Rows from the top that are searched for the names of the columns, and for what divides cells."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""What text begins with, and its encoding; the mark of UTF-16 is the beginning of one of UTF-32."""
_DIVIDERS = ";\t,"
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
"""A first line by which Excel tells itself what divides the cells."""
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]{1,4})?", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+")


@contextmanager
def opened_text(path: Path, most: int = MOST_BYTES) -> Iterator[TextIO]:
    """Open a file of text, in UTF-8 or UTF-16; line ends are left as they are.

    Raises:
        FormError: It is not a file, has more than `most` bytes, or is in another encoding, also if this is
            only found in the block that reads it.
        OSError: It cannot be read.
    """
    # A pipe or a device might never end.
    if path.exists() and not path.is_file():
        raise FormError("it is not a file on a disk")
    with path.open("rb") as raw:
        if path.stat().st_size > most:
            raise FormError(f"it has more than {most >> 20} MiB, too much for a file of its kind")
        encoding = _encoding(raw.read(4))
        raw.seek(0)
        try:
            yield io.TextIOWrapper(raw, encoding=encoding, newline="")
        except UnicodeError as error:
            raise FormError(_explained(path, encoding)) from error


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """Return what `opened_text` reads.

    Raises:
        FormError, OSError: As there.
    """
    with opened_text(path, most) as file:
        return file.read()


def _encoding(head: bytes) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    # Without a mark: the first character of every kind of file that is read is an ASCII one.
    if len(head) > 1 and head.count(0) in (1, 2) and not (head[0] and head[1]):
        return "utf-16-le" if head[0] else "utf-16-be"
    return "utf-8"


def _explained(path: Path, encoding: str) -> str:
    """Return why a file is not text of that encoding, and what it may be."""
    if not encoding.startswith("utf-8"):
        return f"it begins as {encoding.upper()[:6]} text, and is damaged"
    with path.open("rb") as raw:
        for number, line in enumerate(raw, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                around = line[max(0, error.start - 12) : error.start + 12]
                ansi = around.decode("cp1252", "replace").strip()
                return (
                    "it is not UTF-8 text; in Excel choose 'CSV UTF-8' when you save. Line "
                    f"{number} has {ansi!r} if it is in Windows-1252 (ANSI), which nothing in the file says"
                )
    return "it is not UTF-8 text"


def table_rows(file: TextIO, *, or_spaces: bool = False) -> tuple[str, Iterator[tuple[int, list[str]]]]:
    """Return what divides the cells of a table, and its rows that are not blank.

    What divides them stands in a first line `sep=;`, or occurs most often in the first lines: semicolons,
    tabs or commas.

    Args:
        file: The table; open it with `opened_text`.
        or_spaces: Whether spaces divide cells where none of these occurs.

    Returns:
        The divider, empty for spaces; and of each row the number of its line and its cells.
    """
    head = list(islice(file, HEAD_ROWS))
    told = _SEPARATOR_LINE.fullmatch(head[0]) if head else None
    rows = [line for line in head if not line.startswith("#")]
    divider = told[1] if told else max(_DIVIDERS, key=lambda mark: sum(row.count(mark) for row in rows))
    lines = _without_nul(chain(head[1:] if told else head, file))
    before = 1 if told else 0
    if or_spaces and not any(divider in row for row in rows):
        return "", ((line, cells) for line, cells in _split(lines, before) if cells)
    return divider, _divided(lines, divider, before)


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if "\0" in line:
            raise FormError("it has characters of no text (NUL)")
        yield line


def _split(lines: Iterable[str], before: int) -> Iterator[tuple[int, list[str]]]:
    return ((number, line.split()) for number, line in enumerate(lines, start=before + 1))


def _divided(lines: Iterable[str], divider: str, before: int) -> Iterator[tuple[int, list[str]]]:
    """Yield rows.

    Raises:
        FormError: A quotation mark is never closed, which would swallow all rows after it.
    """
    reader = csv.reader(lines, delimiter=divider, strict=True)
    line = before + 1
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield line, cells
            line = before + reader.line_num + 1
    except csv.Error as error:
        what = "a quotation mark is never closed" if "unexpected end" in str(error) else str(error)
        raise FormError(f"line {line}: {what}") from error


def at_most(rows: Iterable[T], most: int = MOST_ROWS) -> Iterator[T]:
    """Yield rows.

    Raises:
        FormError: There are more than `most`.
    """
    for count, row in enumerate(rows):
        if count == most:
            raise FormError(f"it has more than {most:,} rows, too many for a file of its kind")
        yield row


def number_of(text: str, *, comma: bool = False) -> float:
    """Return the number that a cell shows; it may be infinite, as `1e999` is.

    Args:
        text: What the cell shows, with a point or a comma before its decimals.
        comma: Whether a comma can only be that, as in a table whose cells are divided by semicolons.

    Raises:
        FormError: It is not a number, or may be two, as `3,723`.
    """
    text = text.strip()
    if _THOUSANDS.fullmatch(text) and not comma:
        raise FormError(f"{text!r} may be {text.replace(',', '')} or {text.replace(',', '.', 1)}: write one")
    plain = text.replace(",", ".")
    if not _NUMBER.fullmatch(plain):
        raise FormError(f"{text[:40]!r} is not a number")
    return float(plain)


def shows_number(text: str) -> bool:
    """Say whether `number_of` reads a text."""
    try:
        number_of(text)
    except FormError:
        return False
    return True


def confidence_of(text: object) -> float:
    """Return the number from 0 to 1 that a text shows; 1 for all else: people may mean another thing."""
    number = number_of(text) if isinstance(text, str) and shows_number(text) else 1.0
    return number if 0 <= number <= 1 else 1.0


def by_column(names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Return the cells of a row by the names of their columns, without space around them.

    Raises:
        FormError: It has more cells than there are columns.
    """
    if any(map(str.strip, cells[len(names) :])):
        raise FormError(
            f"it has {len(cells)} cells for {len(names)} columns. Put text with commas into quotation marks"
        )
    return dict(zip(names, map(str.strip, cells), strict=False))
