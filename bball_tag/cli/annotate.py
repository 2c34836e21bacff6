"""`bball-tag annotate`: from films to tables."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bball_tag import console
from bball_tag.backends import Backend, Engine
from bball_tag.cli.options import (
    Checkpoint,
    Device,
    End,
    Lag,
    Lead,
    Overwrite,
    Start,
    Tracks,
    check_context,
    parse_box,
)
from bball_tag.contract import Precision
from bball_tag.errors import BballTagError
from bball_tag.events import DEFAULT_RULES
from bball_tag.files import check_output
from bball_tag.timecode import format_clock, parse_time

if TYPE_CHECKING:
    from bball_tag.annotate import Job, RuleChoices
    from bball_tag.annotations import Annotation


def annotate(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO...", help="Films to annotate.")],
    out: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="Where to write; the suffix picks the format. Repeat it for several."
        ),
    ] = None,
    out_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for several videos, one file each.")
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="NAME", help="Format, where the suffix does not say.", show_default="xlsx"
        ),
    ] = None,
    checkpoint: Checkpoint = None,
    tracks: Tracks = None,
    roi: Annotated[
        str | None,
        typer.Option(metavar="LEFT,TOP,WIDTH,HEIGHT", help="Look only at this part of the picture (pixels)."),
    ] = None,
    start: Start = "0",
    end: End = None,
    stride: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0.001, help="Time between clips.", show_default="half a clip"),
    ] = None,
    threshold: Annotated[
        list[str] | None,
        typer.Option(
            metavar="P | LABEL=P",
            help="Probability at which a label begins, for all or for one. Repeatable.",
            show_default="from the checkpoint, else 0.5",
        ),
    ] = None,
    min_duration: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Shorter events are dropped.")
    ] = DEFAULT_RULES.min_duration,
    max_gap: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Pieces of one action this close are joined.")
    ] = DEFAULT_RULES.max_gap,
    batch_size: Annotated[int, typer.Option(min=1, help="Clips computed at once.")] = 8,
    lead: Lead = 0.0,
    lag: Lag = 0.0,
    device: Device = "auto",
    precision: Annotated[
        Precision, typer.Option(help="Numbers to compute in; auto takes the fastest that keep the labels.")
    ] = "auto",
    backend: Annotated[
        Backend, typer.Option(help="What computes; auto takes OpenVINO on a processor where it is installed.")
    ] = "auto",
    overwrite: Overwrite = False,
) -> None:
    """Label the actions in films: `bball-tag annotate game.mp4 --out actions.xlsx`.

    Scores are kept beside the output in FILE.scores.db: a stopped run goes on where it was, and other
    thresholds take seconds.
    """
    from bball_tag.annotate import Job
    from bball_tag.annotations import format_for
    from bball_tag.contract import read_contract

    outputs = _outputs(videos, out or [], out_dir, format_)
    check_context((format_for(path, format_) for path in outputs[0]), lead, lag)
    for path in (path for group in outputs for path in group):
        check_output(path, overwrite=overwrite)
    choices = _rule_choices(threshold or [], min_duration, max_gap)
    job = Job(
        video=videos[0],
        checkpoint=_pick_checkpoint(checkpoint),
        stride=stride,
        region=None if roi is None else parse_box(roi),
        tracks=tracks,
        engine=Engine(backend, device, precision, batch_size),
    )
    read_contract(job.checkpoint)
    write = partial(_write, format_name=format_, lead=lead, lag=lag)
    failures: list[str] = []
    for video, group in zip(videos, outputs, strict=True):
        try:
            annotation = _annotate_one(_with_span(replace(job, video=video), start, end), choices, group[0])
            for path in group:
                write(annotation, path)
        except BballTagError as error:
            if len(videos) == 1:
                raise
            console.show_error(str(error))
            failures.append(str(video))
    if failures:
        raise BballTagError(f"{len(failures)} of {len(videos)} videos failed: {', '.join(failures)}.")


def _with_span(job: Job, start: str, end: str | None) -> Job:
    """Read the times in the video's own frames."""
    from bball_tag.video import probe

    fps = probe(job.video).fps
    return replace(job, start=parse_time(start, fps), end=None if end is None else parse_time(end, fps))


def _write(annotation: Annotation, path: Path, *, format_name: str | None, lead: float, lag: float) -> None:
    from bball_tag.annotations import write_annotation

    write_annotation(annotation, path, format_name, lead=lead, lag=lag)
    console.print_result(path)


def _annotate_one(job: Job, choices: RuleChoices, first_output: Path) -> Annotation:
    """Score one video into the store beside its first output, and decide."""
    from bball_tag.annotate import Run
    from bball_tag.scores import ScoreStore

    run = Run(job, choices)
    began = time.monotonic()
    with ScoreStore(first_output.with_name(f"{first_output.name}.scores.db"), run.fingerprint()) as store:
        before = store.state
        with console.video_progress(job.video.name, run.duration) as show:
            run.score(store, show)
        annotation = run.annotation(store)
        seen = max(store.state.end - job.start, 0.0)
    took = time.monotonic() - began
    count = f"{len(annotation.events)} event{'' if len(annotation.events) == 1 else 's'}"
    if before.complete:
        console.say(f"Used the stored scores of {format_clock(seen)} of video, {count}.")
    else:
        new = seen - min(max(before.end - job.start, 0.0), seen)
        speed = f"{new / took:.1f}× real time" if took > 0 else ""
        console.say(f"Scored {format_clock(new)} of video in {format_clock(took)} ({speed}), {count}.")
    return annotation


def _outputs(
    videos: list[Path], out: list[Path], out_dir: Path | None, format_name: str | None
) -> list[list[Path]]:
    """Return what is written for each video, or say how the options must be given."""
    from bball_tag.annotations import format_for

    if out and out_dir:
        raise typer.BadParameter("Give --out FILE or --out-dir DIR, not both.")
    if out:
        if len(videos) > 1:
            raise typer.BadParameter("Several videos need --out-dir DIR, not --out FILE.")
        for path in out:
            format_for(path, format_name)
        return [out]
    if out_dir is None:
        raise typer.BadParameter("Say where to write: --out FILE, or --out-dir DIR for several videos.")
    if not out_dir.is_dir():
        raise BballTagError(f"Cannot write to {out_dir}: there is no such folder. Make it first.")
    suffix = format_for(Path(), format_name or "xlsx").suffix
    paths = [out_dir / f"{video.stem}{suffix}" for video in videos]
    twice = sorted({str(path) for path in paths if paths.count(path) > 1})
    if twice:
        raise BballTagError(f"Two videos would be written to {twice[0]}. Rename one, or run them apart.")
    return [[path] for path in paths]


def _rule_choices(texts: list[str], min_duration: float, max_gap: float) -> RuleChoices:
    """Read `0.6` and `shoot=0.6`."""
    from bball_tag.annotate import RuleChoices

    single: dict[str, float] = {}
    general: float | None = None
    for text in texts:
        label, equals, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError as error:
            raise typer.BadParameter(f"Cannot read --threshold {text!r}: write 0.6 or shoot=0.6.") from error
        if not 0 < value <= 1:
            raise typer.BadParameter(f"A threshold lies above 0 and not above 1: {text!r} does not.")
        if equals:
            single[label.strip()] = value
        else:
            general = value
    return RuleChoices(single, general, min_duration, max_gap)


def _pick_checkpoint(named: Path | None) -> Path:
    from bball_tag.checkpoints import default_checkpoint

    if named is not None:
        return named
    path = default_checkpoint()
    console.say(f"Using the checkpoint {path}: none was named.")
    return path
