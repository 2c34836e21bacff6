"""The command line: options in, library calls, messages out. One file for each command."""

from __future__ import annotations

import logging
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bball_tag import __version__
from bball_tag.cli.annotate import annotate
from bball_tag.cli.convert import convert
from bball_tag.cli.evaluate import evaluate
from bball_tag.cli.train import train
from bball_tag.console import err, log, set_log_level, show_error
from bball_tag.errors import BballTagError


class ErrorReportingGroup(TyperGroup):
    """Show expected errors as one message; let bugs keep their traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that `ctx` asks for."""
        try:
            return super().invoke(ctx)
        except BballTagError as error:
            show_error(str(error))
            log.debug("The traceback, since -v was given:", exc_info=error)
            raise typer.Exit(1) from error
        except KeyboardInterrupt as interrupt:
            err.print("Stopped. What was finished is kept; the same command goes on from there.")
            raise typer.Exit(130) from interrupt


app = typer.Typer(
    name="bball-tag",
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
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
    """Turn basketball video into timestamped, labelled actions."""
    set_log_level(logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO)


app.command()(annotate)
app.command()(convert)
app.command()(train)
app.command()(evaluate)
