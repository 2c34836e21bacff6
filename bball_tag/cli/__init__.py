"""The command line: options in, one library call, messages out. One file for each command."""

from __future__ import annotations

import errno
import logging
import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from bball_tag import __version__, console
from bball_tag.cli import checkpoint
from bball_tag.cli.interrupts import in_order, number_of
from bball_tag.cli.outputs import check_parameters
from bball_tag.errors import BballTagError, OptionError, explain_import, explain_memory
from bball_tag.storage import remove_lent

_COMMANDS = (
    *("annotate", "align", "track", "convert", "render", "similar", "suggest", "review", "report"),
    *("learn", "tune", "compare", "train", "evaluate", "bench", "doctor"),
)
"""In the order of the help; each is a function in the file of its name."""
_FULL = (errno.ENOSPC, errno.EIO, errno.EFBIG)
_AFTER_INTERRUPT = {
    "annotate": "Scores are kept: the same command resumes there, with --overwrite if it wrote any file.",
    "render": "If the video was being annotated, its scores are kept: the same command resumes there.",
    "learn": "Nothing was written, and the tables are as they were.",
    "track": "What was observed is kept: the same command resumes there.",
    "tune": "Nothing was written, and the tables are as they were.",
    "train": "Finished epochs are kept; the same command with --resume resumes there.",
}


class ErrorReportingGroup(TyperGroup):
    """Show expected errors as one message; let bugs keep their traceback."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; a standard output that cannot be written is an expected error too."""
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            # Help and version: what a command itself prints or writes never comes here.
            if error.filename is not None or error.errno not in _FULL:
                raise
            console.abandon_stdout()
            console.show_error(f"Cannot write to standard output: {error.strerror}.")
            raise SystemExit(1) from error

    def invoke(self, ctx: Any) -> Any:
        """Run the command that `ctx` asks for."""
        came: list[KeyboardInterrupt] = []
        try:
            with in_order(came):
                return super().invoke(ctx)
        except BballTagError as error:
            _fail(error)
        except Exception as error:
            if (known := explain_import(error) or explain_memory(error)) is None:
                raise
            _fail(known)
        except KeyboardInterrupt as interrupt:
            hint = _AFTER_INTERRUPT.get(ctx.invoked_subcommand, "")
            console.err.print(f"Stopped. {hint}".rstrip())
            code = 128 + number_of(interrupt)
            if came:
                _leave(code)
            raise typer.Exit(code) from interrupt


class Command(TyperCommand):
    """A command that replaces nothing that it reads, and for which a full disk is an expected error."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        names = {str(each.name): _name_of(each) for each in self.params}
        check_parameters(str(self.name), ctx.params, names)
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise BballTagError(
                f"Cannot read or write {error.filename or 'a file'}: {error.strerror}."
            ) from error


def _name_of(parameter: Any) -> str:
    """Return what a parameter is called on the command line: `--tracks`, `VIDEO`."""
    named = [str(name) for name in parameter.opts if name.startswith("--")]
    return named[0] if named else str(parameter.metavar or parameter.name).strip("[].")


def _leave(code: int) -> NoReturn:
    """End the process; nothing that a block had to put in order is left, as all of them have ended.

    Python itself would first wait for every thread. One whose start was interrupted is known to nobody, is
    never told to end, and would be waited for without end.
    """
    remove_lent()
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _fail(error: BballTagError) -> NoReturn:
    console.show_error(str(error))
    console.log.debug("The traceback, since -v was given:", exc_info=error)
    raise typer.Exit(2 if isinstance(error, OptionError) else 1) from error


app = typer.Typer(
    name="bball-tag",
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"bball-tag {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also log details, and tracebacks of errors.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show only warnings and errors.")] = False,
) -> None:
    """Turn basketball video into timestamped, labelled events."""
    console.set_log_level(logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO)


for _name in _COMMANDS:
    app.command(cls=Command)(getattr(import_module(f"bball_tag.cli.{_name}"), _name))
app.add_typer(checkpoint.app, name="checkpoint")
for _name, _subcommand in checkpoint.COMMANDS.items():
    checkpoint.app.command(_name, cls=Command)(_subcommand)
