"""`bball-tag track`: from a video to the boxes of its players."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

import bball_tag
from bball_tag import console
from bball_tag.checks import keywords_of
from bball_tag.cli import options as opt
from bball_tag.storage import located


def track(
    video: Annotated[Path, typer.Argument(parser=located, metavar="VIDEO", help="The video.")],
    out: Annotated[
        Path,
        opt.file_option(help="Output: CSV with times, or MOTChallenge if it ends in .txt."),
    ],
    format_: Annotated[
        Literal["csv", "mot"] | None,
        typer.Option("--format", help="Format of FILE, where the suffix does not say.", show_default="csv"),
    ] = None,
    detector: opt.Detector = None,
    detector_classes: opt.DetectorClasses = None,
    tiles: opt.Tiles = None,
    court: opt.Court = None,
    teams: opt.Teams = None,
    roster: opt.Roster = None,
    roi: opt.Roi = None,
    start: opt.Start = None,
    end: opt.End = None,
    overwrite: opt.Overwrite = False,
) -> None:
    """Find the players and follow each one: `bball-tag track game.mp4 --out tracks.csv`.

    Other programs can use the file, and `annotate --tracks` takes it. What is observed is kept beside it in
    FILE.scores.db: an interrupted run resumes, and corrections (--roster, --teams) take seconds. They are to
    be given each time.
    """
    from bball_tag.api import open_video
    from bball_tag.files import check_output, scores_beside
    from bball_tag.players.track_files import write_tracks

    check_output(out, overwrite=overwrite)
    opened = open_video(video)
    given = {**keywords_of(bball_tag.track, locals()), "video": opened, "scores": scores_beside(out)}
    tracks = bball_tag.track(**given)
    write_tracks(tracks, out, opened.info.fps, format_, opened.info.times)
    console.print_result(out)
