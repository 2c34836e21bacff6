"""Options that several commands have, so that they are called and explained alike."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bball_tag.annotations import Format
    from bball_tag.players.crop import Box

Checkpoint = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        envvar="BBALL_TAG_CHECKPOINT",
        help="A checkpoint made by `bball-tag train`.",
        show_default="the last one you trained, else the sample",
    ),
]
Tracks = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Where the players are, in MOTChallenge form: actions are told for each of them."
    ),
]
Start = Annotated[
    str, typer.Option(metavar="TIME", help="Begin here: seconds, H:MM:SS.mmm or frames (374f).")
]
End = Annotated[
    str | None, typer.Option(metavar="TIME", help="Stop here.", show_default="the end of the film")
]
Lead = Annotated[
    float, typer.Option(metavar="SECONDS", min=0, help="Begin so much earlier, where films are cut by it.")
]
Lag = Annotated[
    float, typer.Option(metavar="SECONDS", min=0, help="End so much later, where films are cut by it.")
]
Device = Annotated[str, typer.Option(help="Where to compute: auto, cpu, cuda, cuda:1, mps.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace outputs that exist.")]


def parse_box(text: str) -> Box:
    """Return the region meant by `LEFT,TOP,WIDTH,HEIGHT`."""
    from bball_tag.players.crop import Box

    try:
        left, top, width, height = (float(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"Cannot read the region {text!r}: write LEFT,TOP,WIDTH,HEIGHT.") from error
    return Box(left, top, width, height)


def check_context(kinds: Iterable[Format], lead: float, lag: float) -> None:
    """Refuse to widen events where no format of `kinds` would show it."""
    from bball_tag.annotations import FORMATS

    if (lead or lag) and not any(kind.cuts for kind in kinds):
        cutting = ", ".join(kind.name for kind in FORMATS.values() if kind.cuts)
        raise typer.BadParameter(f"--lead and --lag change only formats that cut films: {cutting}.")
