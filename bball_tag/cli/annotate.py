"""`bball-tag annotate`: from videos to tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

import bball_tag
from bball_tag import console
from bball_tag.annotations.annotation import Annotation
from bball_tag.checkpoint.contract import Precision
from bball_tag.checks import NONE
from bball_tag.cli import options as opt
from bball_tag.errors import BballTagError, OptionError, explain_memory
from bball_tag.events import DEFAULT_RULES
from bball_tag.files import scores_beside
from bball_tag.scoring.backends import DEFAULT_BATCH_SIZE, Backend
from bball_tag.storage import located


def annotate(
    videos: Annotated[
        list[Path], typer.Argument(parser=located, metavar="VIDEO...", help="Videos to annotate.")
    ],
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
        typer.Option(
            parser=located,
            metavar="FILE",
            help="Write a roster to be corrected, and a page that shows everybody.",
        ),
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
    overwrite: opt.Overwrite = False,
) -> None:
    """Label the actions in videos: `bball-tag annotate game.mp4 --out actions.xlsx`.

    Scores are kept beside the output in FILE.scores.db: an interrupted run resumes, and other thresholds
    take seconds.
    """
    from bball_tag.api import open_checkpoint

    opt.check_places(videos[:1] if one_game else videos, out, out_dir)
    own = {"roster": roster or roster_template, "file of tracks": tracks if str(tracks) != NONE else None}
    _check_alone(videos, own if one_game else {**own, "table of periods": periods or period})
    annotated = partial(
        bball_tag.annotate_game if one_game else bball_tag.annotate,
        checkpoint=open_checkpoint(checkpoint),
        tracks=tracks,
        detector=detector,
        detector_classes=detector_classes,
        tiles=tiles,
        court=court,
        teams=teams,
        roster=roster,
        roster_template=roster_template,
        roi=roi,
        start=start,
        end=end,
        stride=stride,
        streams=streams,
        **_numbers(threshold, min_duration, max_gap),
        rules=rules,
        multi=multi,
        top=top,
        periods=opt.given_periods(periods, period),
        outside=outside,
        chains=chains,
        batch_size=batch_size,
        device=device,
        precision=precision,
        backend=backend,
        features=features,
    )
    plan, write = _outputs(out, out_dir, format_, lead, lag, overwrite=overwrite)
    (_annotate_game if one_game else _annotate_videos)(videos, plan, annotated, write)


def _numbers(
    threshold: Sequence[str] | None, min_duration: Sequence[str] | None, max_gap: Sequence[str] | None
) -> dict[str, Any]:
    return {
        "threshold": opt.parse_thresholds(threshold or []),
        "min_duration": opt.parse_seconds("--min-duration", min_duration or []),
        "max_gap": opt.parse_seconds("--max-gap", max_gap or []),
    }


def _outputs(
    out: Sequence[Path] | None,
    out_dir: Path | None,
    format_: str | None,
    lead: float,
    lag: float,
    *,
    overwrite: bool,
) -> tuple[partial[list[list[Path]]], partial[list[Path]]]:
    """Return what says which files are written for videos, and what writes those of one."""
    from bball_tag.annotations.outputs import plan_outputs

    plan = partial(
        plan_outputs,
        out=out or [],
        out_dir=out_dir,
        format_name=format_,
        lead=lead,
        lag=lag,
        overwrite=overwrite,
    )
    return plan, partial(Annotation.write, format=format_, lead=lead, lag=lag, overwrite=overwrite)


def _annotate_game(
    videos: Sequence[Path],
    plan: partial[list[list[Path]]],
    annotated: Callable[..., Annotation],
    write: partial[list[Path]],
) -> None:
    """Annotate the files of a game; write it as a whole, or in a folder a file for each of them."""
    from bball_tag.annotations.formats import check_holds_game
    from bball_tag.annotations.game_files import of_file

    outputs = plan(videos)
    as_one, first = len(outputs) < len(videos), outputs[0][0]
    for path in outputs[0] if as_one else ():
        check_holds_game(path, write.keywords["format"])
    beside = [first.with_name(f"{first.stem}.{video.name}") for video in videos]
    whole = annotated(videos, scores=list(map(scores_beside, beside)))
    parts = [whole] if as_one else [of_file(whole, index) for index in range(len(videos))]
    for part, paths in zip(parts, outputs, strict=True):
        for path in write(part, *paths):
            console.print_result(path)


def _check_alone(videos: Sequence[Path], own: Mapping[str, object]) -> None:
    """Refuse what is about one video, by what it is called, where there are several."""
    wrong = [what for what, given in own.items() if given]
    if len(videos) > 1 and wrong:
        raise typer.BadParameter(f"A {wrong[0]} goes with one video: each has its own.")


def _annotate_videos(
    videos: Sequence[Path],
    plan: partial[list[list[Path]]],
    annotated: Callable[..., Annotation],
    write: partial[list[Path]],
) -> None:
    """Annotate one video, or several into a folder: those that have no file there yet."""
    from bball_tag.annotations.outputs import left_to_do

    folder: Path | None = plan.keywords["out_dir"]
    if folder is None or len(videos) == 1:
        _annotate_one(videos[0], plan(videos)[0], annotated, write)
        return
    todo = left_to_do(videos, folder, write.keywords["format"], overwrite=write.keywords["overwrite"])
    outputs = plan(todo) if todo else []
    if done := len(videos) - len(todo):
        console.log.warning(
            "%d of %d videos have a file in %s, which is left as it is: --overwrite makes it anew.",
            done,
            len(videos),
            folder,
        )
    _annotate_each(dict(zip(todo, outputs, strict=True)), folder, annotated, write)


def _annotate_one(
    video: Path,
    paths: Sequence[Path],
    annotated: Callable[..., Annotation],
    write: Callable[..., list[Path]],
) -> None:
    """Annotate a video and write its outputs."""
    annotation = annotated(video, scores=scores_beside(paths[0]))
    for path in write(annotation, *paths):
        console.print_result(path)


def _annotate_each(
    videos: Mapping[Path, Sequence[Path]],
    folder: Path,
    annotated: Callable[..., Annotation],
    write: Callable[..., list[Path]],
) -> None:
    """Annotate each video and write its outputs; those that fail are listed at the end, and in `folder`."""
    from bball_tag.annotations.outputs import write_failures

    failed: dict[Path, str] = {}
    for video, paths in videos.items():
        try:
            _annotate_one(video, paths, annotated, write)
        except OptionError:
            # It makes no sense for any video.
            raise
        except (BballTagError, MemoryError, RuntimeError) as error:
            known = error if isinstance(error, BballTagError) else explain_memory(error)
            if known is None:
                raise
            failed[video] = str(known)
            console.show_error(failed[video])
            write_failures(folder, failed)
    listed = write_failures(folder, failed)
    if failed:
        console.show_table(("video", "why"), [(video.name, why) for video, why in failed.items()])
        raise BballTagError(
            f"{len(failed)} of {len(videos)} videos failed: {', '.join(map(str, failed))}. "
            f"{listed} says why; the same command tries these again."
        )
