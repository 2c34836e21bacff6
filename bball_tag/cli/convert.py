"""`bball-tag convert`: events from one format to others, also after a person edited them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

import bball_tag
from bball_tag import console
from bball_tag.cli.options import (
    Chains,
    Lag,
    Lead,
    OnePeriod,
    OutsidePeriods,
    Overwrite,
    Periods,
    given_periods,
)
from bball_tag.storage import located
from bball_tag.timecode import counted

log = logging.getLogger("bball_tag")


def convert(
    actions: Annotated[
        Path,
        typer.Argument(
            parser=located,
            metavar="ACTIONS",
            help="Events, in any format that can be read (docs/formats.md).",
        ),
    ],
    out: Annotated[
        list[Path],
        typer.Option(
            parser=located, metavar="FILE", help="Output file; the suffix picks the format. Repeatable."
        ),
    ],
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar="NAME", help="Format to write, where the suffix does not say."),
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="NAME", help="Format of ACTIONS, where the suffix does not say."),
    ] = None,
    video: Annotated[
        Path | None,
        typer.Option(
            parser=located,
            metavar="VIDEO",
            help="The video, where ACTIONS lacks its frame rate, length or size.",
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
        typer.Option(parser=located, metavar="FILE", help="Players' boxes (MOTChallenge or CSV)."),
    ] = None,
    periods: Periods = None,
    period: OnePeriod = None,
    outside: OutsidePeriods = "keep",
    chains: Chains = None,
    as_chains: Annotated[
        bool,
        typer.Option("--as-chains", help="Write the chains as events, for `render --clips` or --reel."),
    ] = False,
    lead: Lead = 0.0,
    lag: Lag = 0.0,
    overwrite: Overwrite = False,
) -> None:
    """Write events in other formats: `bball-tag convert actions.xlsx --out actions.xml`.

    A workbook may have been edited: rows deleted or added, labels corrected, times changed in the seconds
    or in the clock column, columns moved.
    """
    annotation = bball_tag.read(
        actions,
        format=from_,
        video=video,
        fps=fps,
        tracks=tracks,
        periods=given_periods(periods, period),
        outside=outside,
        chains=chains,
    )
    annotation = annotation.as_chains() if as_chains else annotation
    for path in annotation.write(*out, format=format_, lead=lead, lag=lag, overwrite=overwrite):
        console.print_result(path)
    log.info("Converted %s from %s.", counted(len(annotation), "event"), actions)
