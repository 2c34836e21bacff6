"""`bball-tag annotate`: from videos to tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

import bball_tag
from bball_tag.checkpoint.contract import Precision
from bball_tag.checks import NONE, keywords_of
from bball_tag.cli import options as opt
from bball_tag.cli.annotated import work_on
from bball_tag.cli.checked import check_for_all
from bball_tag.cli.outputs import check_replaces_nothing
from bball_tag.events import DEFAULT_RULES
from bball_tag.scoring.backends import DEFAULT_BATCH_SIZE, Backend
from bball_tag.storage import expanded, located


def annotate(
    videos: Annotated[
        list[Path] | None,
        typer.Argument(
            parser=located, metavar="VIDEO...", help="Videos to annotate: files, or addresses as s3://…"
        ),
    ] = None,
    out: opt.Out = None,
    out_dir: opt.OutDir = None,
    format_: opt.Format = None,
    checkpoint: opt.Checkpoint = None,
    tracks: opt.Tracks = None,
    detector: opt.Detector = None,
    detector_classes: opt.DetectorClasses = None,
    tiles: opt.Tiles = None,
    court: opt.Court = None,
    teams: opt.Teams = None,
    roster: opt.Roster = None,
    roster_template: Annotated[
        Path | None,
        opt.file_option(help="Write a roster to be corrected, and a page that shows everybody."),
    ] = None,
    roi: opt.Roi = None,
    start: opt.Start = None,
    end: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Stop here. `none` ignores a stored end.",
            show_default="the end of the video",
        ),
    ] = None,
    stride: opt.Stride = None,
    streams: opt.Streams = None,
    threshold: Annotated[
        list[str] | None,
        typer.Option(
            metavar="P | LABEL=P",
            help="Probability at which an event begins, for all labels or one. Repeatable.",
            show_default="the checkpoint's own, else 0.5",
        ),
    ] = None,
    min_duration: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SECONDS | LABEL=SECONDS",
            help="Drop shorter events, of all labels or one. Repeatable.",
            show_default=f"the checkpoint's own, else {DEFAULT_RULES.min_duration}",
        ),
    ] = None,
    max_gap: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SECONDS | LABEL=SECONDS",
            help="Join events of the same label at most this far apart. Repeatable.",
            show_default=f"the checkpoint's own, else {DEFAULT_RULES.max_gap}",
        ),
    ] = None,
    rules: opt.Rules = None,
    multi: Annotated[
        bool | None,
        typer.Option(
            "--multi/--no-multi",
            help="A player may do several things at once; else the likeliest label has the instant.",
            show_default="the rules' own, else --no-multi",
        ),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Keep the N most confident events of each label.", show_default="all"
        ),
    ] = None,
    periods: opt.Periods = None,
    period: opt.OnePeriod = None,
    outside: opt.OutsidePeriods = "keep",
    chains: opt.Chains = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Clips computed at once.")] = DEFAULT_BATCH_SIZE,
    lead: opt.Lead = 0.0,
    lag: opt.Lag = 0.0,
    device: opt.Device = "auto",
    precision: Annotated[
        Precision | None,
        typer.Option(
            help="Numeric precision; auto picks the fastest that keeps the labels.", show_default="auto"
        ),
    ] = None,
    backend: Annotated[
        Backend | None,
        typer.Option(
            help="Inference backend; auto picks OpenVINO for long jobs where it is installed.",
            show_default="auto",
        ),
    ] = None,
    features: Annotated[
        bool | None,
        typer.Option(
            "--features/--no-features",
            help="Keep features of the clips with their scores, for `similar` and `learn`; --features also "
            "scores anew what has none.",
            show_default="kept where scoring begins",
        ),
    ] = None,
    one_game: Annotated[
        bool,
        typer.Option("--one-game", help="The videos are one game, in order: halves or chapters. One clock."),
    ] = False,
    watch: Annotated[
        Path | None,
        opt.file_option(
            metavar="DIR",
            help="In place of VIDEO: annotate what comes into a folder, until Ctrl-C. With --out-dir.",
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Segments of videos computed at once, by processes or by workers of --cluster.",
            show_default="1; in a cluster, as many as it has room for",
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="auto | ADDRESS",
            help="Compute on a Ray cluster: that of this machine, or the one at an address.",
        ),
    ] = None,
    overwrite: opt.Overwrite = False,
) -> None:
    """Label the actions in videos: `bball-tag annotate game.mp4 --out actions.xlsx`.

    Scores are kept beside the output in FILE.scores.db: an interrupted run resumes, and other thresholds
    take seconds.
    """
    from bball_tag import api
    from bball_tag.annotations.annotation import Annotation
    from bball_tag.annotations.outputs import check_folder, in_folder, plan_outputs
    from bball_tag.scale.crews import workers

    named = _named(videos, watch, out, out_dir, one_game=one_game)
    own = {"roster": roster or roster_template, "file of tracks": tracks if str(tracks) != NONE else None}
    many = watch is not None or len(named) > 1
    _check_alone(many, own if one_game else {**own, "table of periods": periods or period})
    given = {
        **keywords_of(api.annotate, locals()),
        "checkpoint": api.open_checkpoint(checkpoint),
        "periods": opt.given_periods(periods, period),
        "threshold": opt.parse_by_label("--threshold", threshold, float, "0.6"),
        "min_duration": opt.parse_by_label("--min-duration", min_duration, float, "0.5"),
        "max_gap": opt.parse_by_label("--max-gap", max_gap, float, "0.5"),
    }
    check_for_all(given, here=cluster is None)
    annotated = partial(bball_tag.annotate_game if one_game else bball_tag.annotate, **given)
    written: dict[str, Any] = {"lead": lead, "lag": lag, "overwrite": overwrite}
    plan = partial(plan_outputs, out=out or [], out_dir=out_dir, format_name=format_, **written)
    write = partial(Annotation.write, format=format_, **written)
    if watch is not None and out_dir is not None:
        check_folder(out_dir, format_, lead, lag)
    elif out_dir is not None:
        inputs = {"--tracks": tracks, "--roster": roster, "--periods": periods, "--rules": rules}
        planned = [("--out-dir", path) for path in in_folder(named, out_dir, format_)]
        check_replaces_nothing(planned, [(name, path) for name, path in inputs.items() if path])
    with workers(jobs, cluster) as crew:
        work_on(named, watch, one_game=one_game)(plan, partial(annotated, jobs=crew), write)


def _named(
    videos: Sequence[Path] | None,
    watch: Path | None,
    out: Sequence[Path] | None,
    out_dir: Path | None,
    *,
    one_game: bool,
) -> Sequence[Path]:
    """Return the videos that are named, also by addresses with wildcards; none where a folder is watched.

    Raises:
        typer.BadParameter: The message says what to give.
    """
    if bool(videos) == (watch is not None):
        raise typer.BadParameter(
            "Name the videos to annotate, or with --watch the folder into which they come."
        )
    if watch is not None and (one_game or out_dir is None):
        raise typer.BadParameter("--watch needs --out-dir DIR; each video is a game of its own.")
    named = expanded(videos or ())
    opt.check_places(named[:1] if one_game else named, out, out_dir)
    return named


def _check_alone(many: bool, own: Mapping[str, object]) -> None:
    """Refuse what is about one video, by what it is called, where there are several."""
    wrong = [what for what, given in own.items() if given]
    if many and wrong:
        raise typer.BadParameter(f"A {wrong[0]} goes with one video: each has its own.")
