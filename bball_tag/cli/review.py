"""`bball-tag review`: look at a game, judge, correct and name on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import bball_tag
from bball_tag import console
from bball_tag.cli import options as opt


def review(
    video: Annotated[Path, typer.Argument(metavar="GAME", help="The video.")],
    actions: Annotated[
        Path | None,
        typer.Argument(
            metavar="[ACTIONS]",
            help="Its events, in any format that can be read.",
            show_default="those beside the video, else what its scores say",
        ),
    ] = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Write what was judged so far, and open no page. Repeatable."),
    ] = None,
    tracks: opt.Tracks = None,
    checkpoint: opt.Checkpoint = None,
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who judges.", show_default="the user of this machine")
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes any that is free.")
    ] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")
    ] = True,
    blur_faces: opt.BlurFaces = False,
    overwrite: opt.Overwrite = False,
) -> None:
    """Look at a game's events, judge and correct them, name players: `bball-tag review game.mp4`.

    A page opens in your browser; nothing leaves this machine. Every judgement is kept at once in
    ACTIONS.review.jsonl, and the same command continues there.
    """
    # The options are the keywords of the library.
    console.print_result(*bball_tag.review_game(**locals()))
