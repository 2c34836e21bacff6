"""`bball-tag convert`: events from one format to others, also after a person edited them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

import bball_tag
from bball_tag import console
from bball_tag.cli import options as opt
from bball_tag.storage import located
from bball_tag.timecode import counted

log = logging.getLogger("bball_tag")


def convert(
    actions: Annotated[
        list[Path],
        typer.Argument(
            parser=located,
            metavar="ACTIONS...",
            help="Events, in any format that can be read (docs/formats.md); several with --one-game.",
        ),
    ],
    out: Annotated[
        list[Path],
        opt.file_option(help="Output file; the suffix picks the format. Repeatable."),
    ],
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar="NAME", help="Format to write, where the suffix does not say."),
    ] = None,
    from_: opt.From = None,
    video: Annotated[
        list[Path] | None,
        opt.file_option(
            metavar="VIDEO",
            help="The video, where ACTIONS lacks its frame rate, length or size. With --one-game repeatable.",
        ),
    ] = None,
    fps: Annotated[
        str | None,
        typer.Option(
            metavar="RATE",
            help="Frames per second of the video, such as 25, 29.97 or 30000/1001.",
            show_default="from VIDEO or ACTIONS",
        ),
    ] = None,
    tracks: Annotated[
        Path | None,
        opt.file_option(help="Players' boxes (MOTChallenge or CSV)."),
    ] = None,
    periods: opt.Periods = None,
    period: opt.OnePeriod = None,
    outside: opt.OutsidePeriods = "keep",
    chains: opt.Chains = None,
    as_chains: Annotated[
        bool,
        typer.Option("--as-chains", help="Write the chains as events, for `render --clips` or --reel."),
    ] = False,
    one_game: Annotated[
        bool,
        typer.Option("--one-game", help="ACTIONS are of the videos of one game, in order. One clock."),
    ] = False,
    lead: opt.Lead = 0.0,
    lag: opt.Lag = 0.0,
    overwrite: opt.Overwrite = False,
) -> None:
    """Write events in other formats: `bball-tag convert actions.xlsx --out actions.xml`.

    A workbook may have been edited: rows deleted or added, labels corrected, times changed in the seconds
    or in the clock column, columns moved. Tables of the halves of a game become one with --one-game.
    """
    options = {**locals(), "format": from_, "periods": opt.given_periods(periods, period)}
    if one_game:
        if tracks is not None:
            raise typer.BadParameter("A file of tracks is about one video, and this game has several.")
        annotation = bball_tag.read_game(actions, **opt.given_to(bball_tag.read_game, options))
    elif len(actions) > 1 or len(video or ()) > 1:
        raise typer.BadParameter("Convert one file at a time, or those of a game with --one-game.")
    else:
        options["video"] = video[0] if video else None
        annotation = bball_tag.read(actions[0], **opt.given_to(bball_tag.read, options))
    annotation = annotation.as_chains() if as_chains else annotation
    written = annotation.write(*out, format=format_, lead=lead, lag=lag, overwrite=overwrite)
    console.print_result(*written)
    log.info("Converted %s from %s.", counted(len(annotation), "event"), ", ".join(map(str, actions)))
