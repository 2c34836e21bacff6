"""The rendering half of the face: the overlay, clips of events, reels, and training clips.

Keywords are named like the options of `bball-tag render` and have the same defaults.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bball_tag.annotation_run import part_of
from bball_tag.annotations import Annotation, format_for
from bball_tag.api import open_video
from bball_tag.checks import as_path
from bball_tag.console import count_progress, video_progress
from bball_tag.errors import OptionError, explained_imports
from bball_tag.event_source import EventSource, heads_hidden
from bball_tag.files import check_output
from bball_tag.given import Names, Periods
from bball_tag.render.cut import clip_folder, clip_paths, extent, span_of, write_clips
from bball_tag.render.dataset import DatasetReport, write_dataset
from bball_tag.render.overlay import Overlay
from bball_tag.render.reel import write_reel
from bball_tag.render.selection import check_selection, events_to_cut, select_events
from bball_tag.render.silence import silence_wanted
from bball_tag.render.style import STYLES, StyleName
from bball_tag.render.transcode import paint_nothing, painted_over, video_path, write_part
from bball_tag.timecode import counted, format_clock
from bball_tag.video.video import Video

log = logging.getLogger("bball_tag")
REEL_CLIPS = 10
REEL_PADDING = 1.0
"""Seconds before and after each event of a reel."""


@explained_imports
def render_overlay(
    video: str | Path | Video,
    annotation: Annotation | str | Path | None = None,
    out: str | Path | None = None,
    *,
    style: StyleName = "broadcast",
    label: str | Sequence[str] = (),
    player: str | Sequence[str] = (),
    start: str | float | None = None,
    end: str | float | None = None,
    tracks: str | Path | None = None,
    checkpoint: str | Path | None = None,
    device: str = "auto",
    streams: Names | None = None,
    periods: Periods | None = None,
    blur_faces: bool = False,
    overwrite: bool = False,
    progress: bool = True,
) -> Path:
    """Write the video with boxes, labels and a timeline, and return the path of the new one.

    Args:
        video: The file, or an open `Video`.
        annotation: Its events, or a file of them; None annotates the video first, and keeps the scores in
            VIDEO.scores.db beside the output.
        out: The MP4 to write; None is VIDEO.overlay.mp4 beside the video.
        style: broadcast or minimal.
        label: Show only this label, or these.
        player: Show only this player, or these.
        start: Begin here: seconds, or text as on the command line (`0:12:00`, `374f`).
        end: Stop here.
        tracks: The players' boxes (MOTChallenge or CSV); None takes those of `annotation`, "none" draws none.
        checkpoint: Annotate with this one, if `annotation` is None.
        device: Annotate on this device.
        streams: Annotate with these, of what the checkpoint reads; None is all.
        periods: The periods of the game, or a file of them, so that the game clock is shown; None takes those
            of `annotation`.
        blur_faces: Blur the heads of everybody who was found.
        overwrite: Replace `out` if it exists.
        progress: Show a progress bar in a terminal or a notebook.

    Raises:
        BballTagError: A file cannot be used, or an option does not fit.
    """
    check_selection(label, player)
    if style not in STYLES:
        raise OptionError(f"Unknown style {style!r}. The styles: {', '.join(STYLES)}.")
    opened = open_video(video)
    path = video_path(opened, out, "overlay", overwrite=overwrite)
    part = part_of(opened, start, end)
    source = EventSource(opened, annotation, part, tracks, checkpoint, device, streams, progress, periods)
    found = source.events(path)
    # The timeline also shows what comes before and after the part.
    shown = select_events(found, label=label, player=player)
    if not shown.events:
        log.warning("No event to show in %s: the overlay shows only the tracks.", opened.path.name)
    duration = max(min(part[1] or opened.info.duration, opened.info.duration) - part[0], 0.0)
    began = time.perf_counter()
    with video_progress(opened.path.name, duration, shown=progress) as show:
        hidden = heads_hidden(opened, found, path) if blur_faces else paint_nothing
        paint = painted_over(hidden, Overlay(shown, STYLES[style]).paint)
        write_part(opened, path, part, paint=paint, on_progress=show)
    took = time.perf_counter() - began
    clocks = format_clock(duration), format_clock(took)
    log.info("Drew %s of video in %s (%.1f× real time).", *clocks, duration / took)
    return path


@explained_imports
def render_clips(
    video: str | Path | Video,
    annotation: Annotation | str | Path | None,
    folder: str | Path,
    *,
    out: str | Path | None = None,
    lead: float = 0.0,
    lag: float = 0.0,
    max_clips: int | None = None,
    label: str | Sequence[str] = (),
    player: str | Sequence[str] = (),
    start: str | float | None = None,
    end: str | float | None = None,
    tracks: str | Path | None = None,
    checkpoint: str | Path | None = None,
    device: str = "auto",
    streams: Names | None = None,
    periods: Periods | None = None,
    blur_faces: bool = False,
    overwrite: bool = False,
    progress: bool = True,
) -> Annotation:
    """Cut each event to a file of its own; other arguments are those of `render_overlay`.

    Args:
        folder: Where the clips go; made if it is missing.
        out: Also write the events to this file, with links to their clips.
        lead: Seconds of video before each event; up to twice as many where a clip can be copied for that.
        lag: Seconds of video after each event; likewise.
        max_clips: Cut only the most confident events; None cuts all.

    Returns:
        The events that were cut; `clips` holds the path of each one's file.

    Raises:
        BballTagError: A file cannot be used, an option does not fit, or there is no event to cut.
    """
    check_selection(label, player, max_clips, lead=lead, lag=lag)
    if out is not None:
        format_for(as_path("out", out))
        check_output(as_path("out", out), overwrite=overwrite)
    opened, target = open_video(video), clip_folder(folder)
    part = part_of(opened, start, end)
    source = EventSource(opened, annotation, part, tracks, checkpoint, device, streams, progress, periods)
    found = source.events(target)
    cut = events_to_cut(found, label, player, part, max_clips)
    paths = clip_paths(target, cut.events, overwrite=overwrite)
    spans = [span_of(event, lead, lag, opened.info.duration) for event in cut.events]
    log.info("Cutting %s.", extent(opened, spans))
    hidden = heads_hidden(opened, found, target / "clips") if blur_faces else None
    with count_progress("Clips", len(paths), shown=progress) as show:
        num_copied = write_clips(opened, paths, spans, (lead, lag), paint=hidden, on_progress=show)
    log.info("Cut %s, %d of them without re-encoding.", counted(len(paths), "clip"), num_copied)
    cut = replace(cut, clips=paths)
    if out is not None:
        cut.write(out, overwrite=overwrite)
    return cut


@explained_imports
def render_reel(
    video: str | Path | Video,
    annotation: Annotation | str | Path | None,
    label: str | Sequence[str],
    out: str | Path | None = None,
    *,
    lead: float = REEL_PADDING,
    lag: float = REEL_PADDING,
    max_clips: int = REEL_CLIPS,
    player: str | Sequence[str] = (),
    start: str | float | None = None,
    end: str | float | None = None,
    tracks: str | Path | None = None,
    checkpoint: str | Path | None = None,
    device: str = "auto",
    streams: Names | None = None,
    periods: Periods | None = None,
    blur_faces: bool = False,
    overwrite: bool = False,
    progress: bool = True,
) -> Path:
    """Join the most confident events of a label in one video, and return its path.

    Other arguments are those of `render_overlay`.

    Args:
        label: The label, or several.
        out: The MP4 to write; None is VIDEO.LABEL.mp4 beside the video.
        lead: Seconds of video before each event.
        lag: Seconds of video after each event.
        max_clips: How many events to join.

    Raises:
        BballTagError: A file cannot be used, an option does not fit, or there is no event of the label.
    """
    check_selection(label, player, max_clips, lead=lead, lag=lag)
    labels = [label] if isinstance(label, str) else list(label)
    if not labels:
        raise OptionError("A reel shows the events of a label: name one.")
    opened = open_video(video)
    path = video_path(opened, out, labels[0], overwrite=overwrite)
    part = part_of(opened, start, end)
    source = EventSource(opened, annotation, part, tracks, checkpoint, device, streams, progress, periods)
    found = source.events(path)
    joined = events_to_cut(found, label, player, part, max_clips)
    spans = [span_of(event, lead, lag, opened.info.duration) for event in joined.events]
    duration = sum(stop - begin for begin, stop in spans)
    with video_progress(opened.path.name, duration, shown=progress) as show:
        hidden = heads_hidden(opened, found, path) if blur_faces else paint_nothing
        write_reel(opened, joined, spans, path, below=hidden, on_progress=show)
    log.info("Joined %s: %s of video.", counted(len(spans), "clip"), format_clock(duration))
    return path


@explained_imports
def render_dataset(
    video: str | Path | Video,
    annotation: Annotation | str | Path | None,
    folder: str | Path,
    *,
    padding: float = 0.0,
    all_reviewed: bool = False,
    max_clips: int | None = None,
    label: str | Sequence[str] = (),
    player: str | Sequence[str] = (),
    start: str | float | None = None,
    end: str | float | None = None,
    tracks: str | Path | None = None,
    checkpoint: str | Path | None = None,
    device: str = "auto",
    streams: Names | None = None,
    overwrite: bool = False,
    progress: bool = True,
) -> DatasetReport:
    """Cut events into clips of single players to train on; other arguments are those of `render_overlay`.

    Args:
        folder: Where the clips go, in SpaceJam's layout; clips that it has from other videos are kept.
        padding: Seconds of video before and after what is labelled, as `train` with `context` needs.
        all_reviewed: A person judged everything that was scored, so that silence is no_action; else only the
            reviewed spans of `annotation` count.
        max_clips: Cut only the most confident events; None cuts all.

    Raises:
        BballTagError: A file cannot be used, an option does not fit, or no event has a player with a track.
    """
    check_selection(label, player, max_clips, padding=padding)
    opened, target = open_video(video), clip_folder(folder)
    part = part_of(opened, start, end)
    source = EventSource(opened, annotation, part, tracks, checkpoint, device, streams, progress)
    found = source.events(target)
    cut = events_to_cut(found, label, player, part, max_clips)
    silent = silence_wanted(found, label, player, part, everywhere=all_reviewed)
    with video_progress(opened.path.name, opened.info.duration, shown=progress) as show:
        report = write_dataset(
            opened, cut, target, overwrite=overwrite, padding=padding, silent=silent, on_progress=show
        )
    if report.num_skipped:
        skipped = counted(report.num_skipped, "event")
        log.warning("Skipped %s: the player is not in the frame all the time.", skipped)
    counts = ", ".join(f"{count} {name}" for name, count in sorted(report.num_clips.items()))
    log.info("Cut %s: %s.", counted(sum(report.num_clips.values()), "training clip"), counts)
    return report
