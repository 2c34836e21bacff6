"""What a person sees: results on stdout, everything else on stderr."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from bball_tag.errors import BballTagError
from bball_tag.timecode import format_clock

err = Console(stderr=True, highlight=False, soft_wrap=True)
log = logging.getLogger("bball_tag")


class _ErrHandler(logging.Handler):
    """Log records as sentences on stderr, whole lines, brackets taken literally."""

    def emit(self, record: logging.LogRecord) -> None:
        text = escape(self.format(record))
        if record.levelno >= logging.WARNING:
            text = f"[yellow]Warning:[/] {text}"
        err.print(text)


def set_log_level(level: int) -> None:
    """Show log records of at least `level` on stderr."""
    log.handlers[:] = [_ErrHandler(level)]
    log.setLevel(level)
    log.propagate = False


def show_error(message: str) -> None:
    """Say on stderr why there is no result."""
    err.print(f"[bold red]Error:[/] {escape(message)}")


def print_result(path: Path) -> None:
    """Print one written path on stdout: the only thing that goes there.

    Raises:
        BballTagError: Standard output cannot be written.
    """
    try:
        sys.stdout.write(f"{path}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has ended, as `head` does: not a mistake.
        raise
    except OSError as error:
        abandon_stdout()
        raise BballTagError(
            f"Cannot write to standard output: {error.strerror}. {path} itself is complete."
        ) from error


def abandon_stdout() -> None:
    """Send what is left in the buffer of standard output to nowhere, so that the exit does not fail too."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_quiet() -> bool:
    """Return whether nobody would see a bar, or asked for none."""
    asked_for_quiet = bool(log.handlers) and not log.isEnabledFor(logging.INFO)
    return asked_for_quiet or not (err.is_terminal or err.is_jupyter)


@contextmanager
def video_progress(name: str, duration: float, *, shown: bool = True) -> Iterator[Callable[[float], None]]:
    """Show a bar in seconds of video, with the speed and the time left; yield how to move it.

    It is hidden where stderr is neither a terminal nor a notebook, so that logs stay clean, and with `-q`.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        _ClockColumn(),
        _SpeedColumn(),
        TimeRemainingColumn(),
    )
    hidden = not shown or _is_quiet()
    with Progress(*columns, console=err, disable=hidden, transient=True) as progress:
        task = progress.add_task(escape(name), total=duration or None)
        yield lambda done: progress.update(task, completed=done)


@contextmanager
def count_progress(name: str, total: int, *, shown: bool = True) -> Iterator[Callable[[int], None]]:
    """Show a bar that counts to `total`; yield how to move it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    hidden = not shown or _is_quiet()
    with Progress(*columns, console=err, disable=hidden, transient=True) as progress:
        task = progress.add_task(escape(name), total=total)
        yield lambda done: progress.update(task, completed=done)


def show_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Show a small table on stderr; brackets are taken literally."""
    table = Table(*header, box=SIMPLE)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    err.print(table)


class _ClockColumn(ProgressColumn):
    """How much of the video is done, such as `3:05 of 48:12`."""

    def render(self, task: Task) -> Text:
        total = f" of {format_clock(task.total)}" if task.total else ""
        return Text(f"{format_clock(task.completed)}{total}")


class _SpeedColumn(ProgressColumn):
    """Seconds of video per second, such as `8.0× real time`."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}× real time" if task.speed else "")
