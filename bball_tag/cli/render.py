"""`bball-tag render`: from actions to films."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bball_tag import console
from bball_tag.cli.annotate import _annotate_one, _pick_checkpoint, _with_span
from bball_tag.cli.options import Checkpoint, Device, End, Overwrite, Start, Tracks
from bball_tag.errors import BballTagError
from bball_tag.files import check_output
from bball_tag.scoring.backends import Engine
from bball_tag.timecode import format_clock

if TYPE_CHECKING:
    from bball_tag.annotate import Job
    from bball_tag.annotations import Annotation

_REEL_CLIPS = 10
_REEL_CONTEXT = 1.0
"""Seconds round each action of a reel, unless others are asked for."""


def render(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="The film.")],
    actions: Annotated[
        Path | None,
        typer.Argument(
            metavar="[ACTIONS]",
            help="Its actions, in any format that `convert` reads.",
            show_default="found first",
        ),
    ] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Write the film with boxes, labels and a timeline.")
    ] = False,
    clips: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Cut each action to a file in this folder.")
    ] = None,
    reel: Annotated[
        str | None, typer.Option(metavar="LABEL", help="Join the best of a label into one film.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The film to write. With --clips: also write the actions here, with links to their clips.",
            show_default="VIDEO.overlay.mp4 or VIDEO.LABEL.mp4 beside it",
        ),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="LABEL", help="Only this label. Repeatable.")
    ] = None,
    players: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this player. Repeatable.")
    ] = None,
    style: Annotated[str, typer.Option(help="Of the overlay: broadcast or minimal.")] = "broadcast",
    lead: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0, help="Film before each action.", show_default="0; reel: 1"),
    ] = None,
    lag: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0, help="Film after each action.", show_default="0; reel: 1"),
    ] = None,
    max_clips: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Only the N most certain actions.", show_default="all; reel: 10"
        ),
    ] = None,
    as_dataset: Annotated[
        bool,
        typer.Option("--as-dataset", help="With --clips: clips of single players for `bball-tag train`."),
    ] = False,
    tracks: Tracks = None,
    checkpoint: Checkpoint = None,
    start: Start = "0",
    end: End = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
) -> None:
    """Make films of actions: `bball-tag render game.mp4 actions.csv --overlay`.

    Without ACTIONS the film is annotated first; its scores are kept in VIDEO.scores.db beside the output.
    """
    from bball_tag.annotate import Job
    from bball_tag.render.selection import best_of, chosen

    if sum((overlay, clips is not None, reel is not None)) != 1:
        raise typer.BadParameter("Say what to make, one at a time: --overlay, --clips DIR or --reel LABEL.")
    if as_dataset and clips is None:
        raise typer.BadParameter("--as-dataset says how --clips are cut: give --clips DIR too.")
    if as_dataset and (lead or 0) != (lag or 0):
        raise typer.BadParameter(
            "Clips to train with have their label in the middle: give --lead and --lag alike."
        )
    film = out if clips else _film_path(video, out, "overlay" if overlay else f"{reel}", overwrite=overwrite)
    _check_style(style)
    job = _with_span(Job(video, Path(), tracks=tracks, engine=Engine(device=device)), start, end)
    store = (clips or film or video).with_name(video.name)
    annotation = _read(actions, job) if actions else _annotate_first(job, checkpoint, store)
    labels = [*(only or []), *([reel] if reel is not None else [])]
    # The timeline shows what was before a part and what comes after it.
    part = (0.0, None) if overlay else (job.start, job.end)
    annotation = chosen(annotation, only=labels, players=players or [], start=part[0], end=part[1])
    if max_clips or reel is not None:
        annotation = replace(annotation, events=best_of(annotation.events, max_clips or _REEL_CLIPS))
    if not annotation.events:
        message = f"No action to show in {video.name}"
        if not overlay:
            raise BballTagError(f"{message}: there is nothing to cut.")
        console.warn(f"{message}: the film gets only what the tracks tell.")
    if as_dataset and clips:
        _make_dataset(annotation, clips, lead or 0.0, overwrite=overwrite)
    elif clips:
        _make_clips(annotation, clips, (lead or 0.0, lag or 0.0), overwrite=overwrite, table=film)
    elif overlay:
        assert film is not None
        _make_overlay(annotation, film, style, job)
    else:
        assert film is not None
        context = [_REEL_CONTEXT if seconds is None else seconds for seconds in (lead, lag)]
        _make_reel(annotation, film, (context[0], context[1]))


def _film_path(video: Path, out: Path | None, kind: str, *, overwrite: bool) -> Path:
    """Return where the new film goes, or say why it cannot."""
    from bball_tag.render.selection import safe_name

    path = out or video.with_name(f"{video.stem}.{safe_name(kind)}.mp4")
    if path.suffix.lower() not in (".mp4", ".m4v", ".mov"):
        raise BballTagError(f"Cannot write {path}: films are written as MP4. Give a name that ends in .mp4.")
    if path.exists() and video.exists() and path.samefile(video):
        raise BballTagError(f"Cannot write {path}: it is the film that is read. Choose another name.")
    check_output(path, overwrite=overwrite)
    return path


def _check_style(style: str) -> None:
    from bball_tag.render.overlay import STYLES

    if style not in STYLES:
        raise typer.BadParameter(f"Unknown --style {style!r}. The styles: {', '.join(STYLES)}.")


def _read(actions: Path, job: Job) -> Annotation:
    """Read the actions, and say what film they belong to."""
    from bball_tag.annotations import read_annotation
    from bball_tag.players.tracks import read_mot
    from bball_tag.video.frames import probe

    info = probe(job.video)
    annotation = read_annotation(actions, fps=info.fps)
    tracks = read_mot(job.tracks, info.fps) if job.tracks else annotation.tracks
    return replace(annotation, video=info, tracks=tracks)


def _annotate_first(job: Job, checkpoint: Path | None, store: Path) -> Annotation:
    from bball_tag.annotate import RuleChoices

    return _annotate_one(replace(job, checkpoint=_pick_checkpoint(checkpoint)), RuleChoices(), store)


def _make_overlay(annotation: Annotation, out: Path, style: str, job: Job) -> None:
    from bball_tag.render.overlay import STYLES, Overlay
    from bball_tag.render.transcode import write_part

    video = annotation.video
    duration = max((job.end or video.duration) - job.start, 0.0)
    paint = Overlay(annotation, STYLES[style]).paint
    began = time.monotonic()
    with console.video_progress(video.path.name, duration) as show:
        write_part(video.path, out, (job.start, job.end), paint=paint, on_progress=show)
    took = time.monotonic() - began
    console.say(
        f"Drew {format_clock(duration)} of film in {format_clock(took)} ({duration / took:.1f}× real time)."
    )
    console.print_result(out)


def _make_clips(
    annotation: Annotation,
    folder: Path,
    context: tuple[float, float],
    *,
    overwrite: bool,
    table: Path | None,
) -> None:
    from bball_tag.annotations import write_annotation
    from bball_tag.render.cut import clip_paths, span_of, write_clip

    if table is not None:
        check_output(table, overwrite=overwrite)
    video = annotation.video
    paths = clip_paths(folder, annotation.events, overwrite=overwrite)
    num_copied = 0
    with console.count_progress("Clips", len(paths)) as show:
        for number, (event, path) in enumerate(zip(annotation.events, paths, strict=True), start=1):
            num_copied += write_clip(video.path, path, span_of(event, *context, video.duration))
            show(number)
    console.say(f"Cut {_clips(len(paths))}, {num_copied} without encoding anew.")
    for path in paths:
        console.print_result(path)
    if table is not None:
        write_annotation(replace(annotation, clips=paths), table)
        console.print_result(table)


def _make_reel(annotation: Annotation, out: Path, context: tuple[float, float]) -> None:
    from bball_tag.render.cut import span_of
    from bball_tag.render.reel import write_reel

    video, (lead, lag) = annotation.video, context
    spans = [span_of(event, lead, lag, video.duration) for event in annotation.events]
    duration = sum(end - start for start, end in spans)
    with console.video_progress(video.path.name, duration) as show:
        write_reel(annotation, out, lead=lead, lag=lag, on_progress=show)
    console.say(f"Joined {_clips(len(spans))}: {format_clock(duration)} of film.")
    console.print_result(out)


def _make_dataset(annotation: Annotation, folder: Path, around: float, *, overwrite: bool) -> None:
    from bball_tag.render.dataset import write_dataset

    with console.video_progress(annotation.video.path.name, annotation.video.duration) as show:
        report = write_dataset(annotation, folder, overwrite=overwrite, around=around, on_progress=show)
    if report.num_skipped:
        console.warn(f"{report.num_skipped} actions were left out: their player is not in the picture.")
    counts = ", ".join(f"{count} {label}" for label, count in sorted(report.num_clips.items()))
    console.say(f"Cut {_clips(sum(report.num_clips.values()))} to train with: {counts}.")
    console.print_result(folder)


def _clips(number: int) -> str:
    return f"{number} clip{'' if number == 1 else 's'}"
