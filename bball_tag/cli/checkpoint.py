"""`bball-tag checkpoint`: which checkpoint is used when none is named, and what it is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bball_tag import console
from bball_tag.checkpoint import default
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.description import WORLDS, description, fault
from bball_tag.errors import CheckpointError

log = logging.getLogger("bball_tag")

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")


@app.callback()
def checkpoint() -> None:
    """Say which checkpoint is used when none is named, choose another, or describe one."""


def show_list() -> None:
    """List the checkpoints that are used when none is named; the first one, with a star, is in use."""
    rows = [(source, *_about(path), str(path)) for source, path in default.candidates()]
    if not rows:
        default.default_checkpoint()
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        cells = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo(console.harmless(f"{' ' if number else '*'} {cells.rstrip()}"))


def set_default(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A checkpoint made by `bball-tag train`.")],
) -> None:
    """Make a copy of FILE the checkpoint that is used when none is named."""
    target = default.set_default(file)
    if words := fault(Checkpoint(target).contract):
        log.warning("%s", words)
    _say_what_is_used()
    console.print_result(target)


def reset() -> None:
    """Remove the checkpoint that you made the default: the shipped one is used again."""
    if not default.reset_default():
        log.info("There is nothing to reset: no checkpoint was made the default.")
    _say_what_is_used()


def describe(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A checkpoint.", show_default="the one that is used"),
    ] = None,
) -> None:
    """Describe a checkpoint: labels, clips, what it was trained on, and how good it is."""
    facts = description(Checkpoint(file or default.default_checkpoint()))
    width = max(map(len, facts))
    for name, value in facts.items():
        typer.echo(console.harmless(f"{name.ljust(width)}  {value}"))


COMMANDS: dict[str, Callable[..., None]] = {
    "list": show_list,
    "set": set_default,
    "reset": reset,
    "describe": describe,
}
"""By the names that a user types."""


def _about(path: Path) -> tuple[str, str, str]:
    """Return name, world and number of labels; what is wrong in place of the name."""
    try:
        contract = Checkpoint(path).contract
    except CheckpointError as error:
        return str(error), "", ""
    return contract.name, WORLDS[contract.world], f"{len(contract.labels)} labels"


def _say_what_is_used() -> None:
    for source, path in default.candidates()[:1]:
        log.info("Used when none is named: %s (%s).", path, source)
