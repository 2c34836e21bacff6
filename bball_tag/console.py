"""What a person sees: results on stdout, everything else on stderr."""

from __future__ import annotations

import io
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
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
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What moves the cursor, changes colours or turns the direction of text: names in files may have it."""
_NOTEBOOK_WIDTH, _NOTEBOOK_PAUSE_S = 100, 0.25
"""Characters of a bar in a notebook, and seconds between its updates."""


def harmless(text: str) -> str:
    """Return `text` with control characters written out (`\\x1b`): no file is to rule the terminal."""
    return _CONTROL.sub(lambda match: repr(match[0])[1:-1], text)


def _literal(text: str) -> str:
    """Return `text` for rich, brackets and control characters taken literally."""
    return escape(harmless(text))


class _ErrHandler(logging.Handler):
    """Log records as sentences on stderr, whole lines, brackets taken literally."""

    def emit(self, record: logging.LogRecord) -> None:
        text = _literal(self.format(record))
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
    err.print(f"[bold red]Error:[/] {_literal(message)}")


def print_line(text: str) -> None:
    """Print one line on stdout; a name that is not text, as old archives have, byte by byte."""
    try:
        sys.stdout.write(f"{text}\n")
    except UnicodeEncodeError:
        sys.stdout.flush()
        sys.stdout.buffer.write(os.fsencode(f"{text}\n"))
    sys.stdout.flush()


def print_result(*paths: Path) -> None:
    """Print written paths on stdout, one on a line: the only thing that goes there.

    Raises:
        BballTagError: Standard output cannot be written.
    """
    try:
        for path in paths:
            # A program that reads the path needs it as it is; a terminal does not.
            print_line(str(path) if not sys.stdout.isatty() else harmless(str(path)))
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


ShowProgress = Callable[[str, float], AbstractContextManager[Callable[[float], None]]]
"""Shows how far a video is, given its name and how many seconds it has: see `video_progress`."""


def video_progress(
    name: str, duration: float, *, shown: bool = True
) -> AbstractContextManager[Callable[[float], None]]:
    """Show a bar in seconds of video, with the speed and the time left; yield how to move it.

    It is hidden where stderr is neither a terminal nor a notebook, so that logs stay clean, and with `-q`.
    """
    return _bar(name, duration or None, (_ClockColumn(), _SpeedColumn()), shown)


def count_progress(
    name: str, total: int, *, shown: bool = True
) -> AbstractContextManager[Callable[[float], None]]:
    """Show a bar that counts to `total`; yield how to move it."""
    return _bar(name, total, (MofNCompleteColumn(),), shown)


@contextmanager
def bytes_progress(name: str, *, shown: bool = True) -> Iterator[Callable[[float, float], None]]:
    """Show a bar of a download; yield how to move it: bytes done, and bytes in all (0 if unknown)."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    hidden = not shown or _is_quiet() or err.is_jupyter
    with Progress(*columns, console=err, disable=hidden, transient=True) as progress:
        task = progress.add_task(_literal(name), total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)


class GamesProgress:
    """Bars for the games that are at work, and one for all of them, with the time left, for threads."""

    def __init__(self, total: int) -> None:
        """Begin with `total` games to be done."""
        columns = (TextColumn("{task.description}"), BarColumn(), _GamesColumn(), TimeRemainingColumn())
        self._bars = Progress(*columns, console=err, disable=_is_quiet() or err.is_jupyter, transient=True)
        self._all = self._bars.add_task("all games", total=total, unit="games")
        self._total, self._done, self._began = total, 0, time.monotonic()

    def __enter__(self) -> GamesProgress:
        self._bars.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._bars.stop()

    @contextmanager
    def game(self, name: str, duration: float) -> Iterator[Callable[[float], None]]:
        """Show a game of `duration` seconds while the block runs; yield how to move its bar."""
        task, share = self._bars.add_task(_literal(name), total=duration or None), 0.0

        def move(done: float) -> None:
            nonlocal share
            self._bars.update(task, completed=done)
            now = min(done / duration, 1.0) if duration else 0.0
            self._bars.advance(self._all, now - share)
            share = now

        try:
            yield move
        finally:
            self._bars.advance(self._all, -share)
            self._bars.remove_task(task)

    def expect(self, count: int) -> None:
        """Take `count` games more to be done; if there was nothing to do, time begins anew."""
        if self._done == self._total:
            self._done, self._total, self._began = 0, 0, time.monotonic()
            self._bars.reset(self._all, unit="games")
        self._total += count
        self._bars.update(self._all, total=self._total)

    def done(self) -> None:
        """Count a game as done, and say so."""
        self._done += 1
        self._bars.advance(self._all, 1)
        remaining = self._total - self._done
        left = (time.monotonic() - self._began) / self._done * remaining
        until = f", about {format_clock(left)} left" if remaining else ""
        log.info("%d of %d games are done%s.", self._done, self._total, until)


@contextmanager
def _bar(
    name: str, total: float | None, figures: tuple[ProgressColumn, ...], shown: bool
) -> Iterator[Callable[[float], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), *figures, TimeRemainingColumn())
    is_shown = shown and not _is_quiet()
    live = is_shown and not err.is_jupyter
    with Progress(*columns, console=err, disable=not live, transient=True) as progress:
        task = progress.add_task(_literal(name), total=total)
        if not is_shown or live:
            yield lambda done: progress.update(task, completed=done)
            return
        show = _notebook_display(progress)

        def move(done: float) -> None:
            progress.update(task, completed=done)
            show()

        yield move
        show(at_once=True)


def _notebook_display(progress: Progress) -> Callable[..., None]:
    """Show the bar in a notebook and return how to update it: rich itself would need ipywidgets."""
    from IPython.display import display

    def drawn() -> dict[str, str]:
        page = Console(file=io.StringIO(), width=_NOTEBOOK_WIDTH, force_jupyter=False)
        with page.capture() as text:
            page.print(progress.get_renderable())
        return {"text/plain": text.get().strip()}

    shown_at = time.monotonic()
    handle = display(drawn(), raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def show(*, at_once: bool = False) -> None:
        nonlocal shown_at
        if at_once or time.monotonic() - shown_at >= _NOTEBOOK_PAUSE_S:
            shown_at = time.monotonic()
            handle.update(drawn(), raw=True)

    return show


def show_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Show a small table on stderr; brackets are taken literally."""
    table = Table(*header, box=SIMPLE)
    for row in rows:
        table.add_row(*map(_literal, row))
    err.print(table)


class _ClockColumn(ProgressColumn):
    """How much of the video is done, such as `3:05 of 48:12`."""

    def render(self, task: Task) -> Text:
        total = f" of {format_clock(task.total)}" if task.total else ""
        return Text(f"{format_clock(task.completed)}{total}")


class _GamesColumn(ProgressColumn):
    """How many games are done, or how much of one."""

    def render(self, task: Task) -> Text:
        if task.fields.get("unit") == "games":
            return Text(f"{task.completed:.1f} of {task.total:.0f}")
        return _ClockColumn().render(task)


class _SpeedColumn(ProgressColumn):
    """Seconds of video per second, such as `8.0× real time`."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}× real time" if task.speed else "")
