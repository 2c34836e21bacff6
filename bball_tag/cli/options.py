"""Options that several commands have, so that they are called and explained alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
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
