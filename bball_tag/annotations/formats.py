"""The table of formats, and how one is picked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from bball_tag.annotations import table, workbook
from bball_tag.annotations.annotation import Annotation
from bball_tag.errors import AnnotationError
from bball_tag.events import Event
from bball_tag.files import replacing


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file that events can be written to."""

    suffix: str
    """Of its files, with the dot; the first format of a suffix is the one it picks."""
    description: str
    write: Callable[[Annotation, Path], None]
    """Write to a path that is not there yet."""
    read: Callable[[Path, Fraction], list[Event]] | None = None
    """Read events, given the frames per second of their video."""


FORMATS: dict[str, Format] = {
    "xlsx": Format(".xlsx", "Excel workbook", workbook.write_xlsx),
    "csv": Format(".csv", "comma-separated values", table.write_csv, table.read_csv),
}
"""Every format by its name."""


def format_for(path: Path, name: str | None = None) -> Format:
    """Return the format called `name`, or else the one that the suffix of `path` picks.

    Raises:
        AnnotationError: Neither is known.
    """
    if name is not None:
        if name in FORMATS:
            return FORMATS[name]
        raise AnnotationError(f"Unknown format {name!r}. The formats: {', '.join(FORMATS)}.")
    for kind in FORMATS.values():
        if kind.suffix == path.suffix.lower():
            return kind
    known = ", ".join(dict.fromkeys(kind.suffix for kind in FORMATS.values()))
    raise AnnotationError(
        f"Cannot tell the format of {path} by its suffix. Known: {known}; or pass --format."
    )


def write_annotation(annotation: Annotation, path: Path, name: str | None = None) -> None:
    """Write events to `path`, which appears whole or not at all.

    Raises:
        AnnotationError: The format is unknown.
        BballTagError: The file cannot be written.
    """
    kind = format_for(path, name)
    with replacing(path) as draft:
        kind.write(annotation, draft)


def read_annotation(path: Path, fps: Fraction, name: str | None = None) -> list[Event]:
    """Read events from `path`.

    Args:
        path: A file in one of the formats that can be read.
        fps: Frames per second of the video that the events belong to.
        name: The format, where the suffix does not say.

    Raises:
        AnnotationError: The format is unknown, cannot be read, or the file makes no sense.
    """
    kind = format_for(path, name)
    if kind.read is None:
        readable = ", ".join(key for key, one in FORMATS.items() if one.read)
        raise AnnotationError(
            f"Cannot read events from {path}: this format is only written. Readable: {readable}."
        )
    return kind.read(path, fps)
