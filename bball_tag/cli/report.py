"""`bball-tag report`: a game as one file to look at and to send."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import bball_tag
from bball_tag import console
from bball_tag.cli import options as opt


def report(
    actions: Annotated[
        Path, typer.Argument(metavar="ACTIONS", help="Events of a game, in any format that can be read.")
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The page to write: game.html.")],
    video: Annotated[
        Path | None,
        typer.Option(
            metavar="VIDEO", help="The video of the game.", show_default="the one that ACTIONS names"
        ),
    ] = None,
    tracks: opt.Tracks = None,
    embed: Annotated[
        bool, typer.Option("--embed", help="Put the video into the page; else the page says where it is.")
    ] = False,
    blur_faces: opt.BlurFaces = False,
    overwrite: opt.Overwrite = False,
) -> None:
    """Write a game as one page to look at and to send: `bball-tag report actions.xlsx --out game.html`.

    It is the page of `bball-tag review`, which cannot save. It needs no other file but the video, and loads
    nothing from elsewhere. What was judged in a review is shown as judged.
    """
    # The options are the keywords of the library.
    console.print_result(*bball_tag.write_report(**locals()))
