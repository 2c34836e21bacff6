"""`bball-tag tune`: from corrected games to rules of events."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

import bball_tag
from bball_tag import console
from bball_tag.cli import options as opt

log = logging.getLogger("bball_tag")


def tune(
    truth: Annotated[
        list[Path], typer.Argument(metavar="TRUTH...", help="Tables of events that a person corrected.")
    ],
    rules: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the rules here: mine.rules.toml.")
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(metavar="CHECKPOINT", help="Write the rules into the checkpoint of the games."),
    ] = None,
    checkpoint: opt.Checkpoint = None,
    start: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Rules to start from.", show_default="the checkpoint's own"),
    ] = None,
    video: opt.TableVideos = None,
    scores: opt.TableStores = None,
    metric: Annotated[
        str,
        typer.Option(
            metavar="fBETA@IOU",
            help="What to be good at; f2@0.5 minds misses more than f1@0.5, f0.5@0.5 false alarms.",
        ),
    ] = "f1@0.5",
    ignore_players: Annotated[
        bool, typer.Option("--ignore-players", help="Match events whoever did them.")
    ] = False,
    overwrite: opt.Overwrite = False,
) -> None:
    """Tune events to your corrected games: `bball-tag tune corrected.xlsx --rules mine.toml`.

    Thresholds, shortest events and longest gaps of each label, and how sure an event is, tested on games that
    are left out by turns. No video is read. Use the rules with `bball-tag annotate --rules mine.toml`, which
    takes seconds.
    """
    if rules is None and into is None:
        raise typer.BadParameter("Say where to write the rules: --rules FILE, or --into CHECKPOINT.")
    # The options are the keywords of the library. One from the environment must not stand in the way.
    report = bball_tag.tune(**{**locals(), "checkpoint": None if into else checkpoint})
    log.info("%s", report)
    console.print_result(*(path for path in (rules, into) if path))
