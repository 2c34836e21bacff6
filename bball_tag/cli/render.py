"""`bball-tag render`: from events to video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import bball_tag
from bball_tag import console
from bball_tag.cli import options as opt
from bball_tag.render.style import StyleName
from bball_tag.storage import located


def render(
    video: Annotated[Path, typer.Argument(parser=located, metavar="VIDEO", help="The video.")],
    actions: Annotated[
        Path | None,
        typer.Argument(
            parser=located,
            metavar="ACTIONS",
            help="Its events, in any format that `convert` reads.",
            show_default="annotate the video first",
        ),
    ] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Write the video with boxes, labels and a timeline.")
    ] = False,
    clips: Annotated[
        Path | None,
        opt.file_option(metavar="DIR", help="Cut each event to a file in this folder."),
    ] = None,
    reel: Annotated[
        str | None, typer.Option(metavar="LABEL", help="Join the best events of a label in one video.")
    ] = None,
    out: Annotated[
        Path | None,
        opt.file_option(
            help="The video to write; with --clips, the events with links to their clips.",
            show_default="VIDEO.overlay.mp4 or VIDEO.LABEL.mp4 beside VIDEO",
        ),
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(metavar="LABEL", help="Only this label. Repeatable.")
    ] = None,
    player: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this player. Repeatable.")
    ] = None,
    style: Annotated[StyleName, typer.Option(help="Style of the overlay.")] = "broadcast",
    lead: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=0,
            help="Pad the start of each clip; up to twice as much where that saves encoding it anew.",
            show_default="0; reel: 1",
        ),
    ] = None,
    lag: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", min=0, help="Pad the end of each clip; likewise.", show_default="0; reel: 1"
        ),
    ] = None,
    max_clips: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Cut only the N most confident events.", show_default="all; reel: 10"
        ),
    ] = None,
    as_dataset: Annotated[
        bool, typer.Option("--as-dataset", help="With --clips, cut clips of single players to train on.")
    ] = False,
    all_reviewed: Annotated[
        bool,
        typer.Option(
            "--all-reviewed",
            help="With --as-dataset: you looked at all that was scored, so silence is no_action. Else only "
            "the spans in the sheet Reviewed (or ACTIONS.reviewed.csv) count.",
        ),
    ] = False,
    tracks: Annotated[
        Path | None,
        opt.file_option(
            help="Players' boxes (MOTChallenge or CSV) to draw or to cut out; `none` uses none.",
            show_default="those in ACTIONS",
        ),
    ] = None,
    checkpoint: opt.Checkpoint = None,
    start: opt.Start = None,
    end: opt.End = None,
    device: opt.Device = "auto",
    streams: opt.Streams = None,
    periods: opt.Periods = None,
    period: opt.OnePeriod = None,
    blur_faces: opt.BlurFaces = False,
    overwrite: opt.Overwrite = False,
) -> None:
    """Make videos of events: `bball-tag render game.mp4 actions.csv --overlay`.

    Without ACTIONS the video is annotated first; its scores are kept in VIDEO.scores.db beside the output.
    """
    if sum((overlay, clips is not None, reel is not None)) != 1:
        raise typer.BadParameter(
            "Choose what to make, one at a time: --overlay, --clips DIR or --reel LABEL."
        )
    if overlay and (lead, lag, max_clips) != (None, None, None):
        raise typer.BadParameter("--lead, --lag and --max-clips are for --clips and --reel.")
    if all_reviewed and not as_dataset:
        raise typer.BadParameter("--all-reviewed says what training clips are cut from: add --as-dataset.")
    is_uneven = (lead or 0) != (lag or 0)
    unfit = {
        "Training clips have no game clock: leave out --periods and --period.": periods or period,
        "--blur-faces would hide what is to be trained on: leave it out.": blur_faces,
        "--as-dataset changes what --clips cuts: give --clips DIR too.": clips is None,
        "--as-dataset writes to --clips DIR only: remove --out.": out,
        "Training clips have their label in the middle: give --lead and --lag alike.": is_uneven,
    }
    if as_dataset and (wrong := [why for why, is_so in unfit.items() if is_so]):
        raise typer.BadParameter(wrong[0])
    options = {**locals(), "padding": lead, "periods": opt.given_periods(periods, period)}
    if overlay:
        make = bball_tag.render_overlay
        written = [make(video, actions, out, **opt.given_to(make, options))]
    elif reel is not None:
        join = bball_tag.render_reel
        written = [join(video, actions, [reel, *(label or ())], out, **opt.given_to(join, options))]
    elif as_dataset and clips:
        bball_tag.render_dataset(video, actions, clips, **opt.given_to(bball_tag.render_dataset, options))
        written = [clips]
    elif clips:
        cut = bball_tag.render_clips(video, actions, clips, **opt.given_to(bball_tag.render_clips, options))
        written = [path for path in (*cut.clips, out) if path]
    console.print_result(*written)
