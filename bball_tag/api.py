"""The face of the package: what `bball-tag` does, as functions.

Keywords are named like the options of the command line and have the same defaults. Nothing heavy is
loaded before it is needed.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.checkpoint.contract import Precision
from bball_tag.checks import Outside, as_path, check_number, keywords_of
from bball_tag.errors import explained_imports
from bball_tag.scoring.backends import DEFAULT_BATCH_SIZE, Backend, Engine
from bball_tag.timecode import counted, format_clock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from bball_tag.annotation_run import AnnotationRun
    from bball_tag.annotations import Annotation
    from bball_tag.annotations.game_files import GameFile
    from bball_tag.checkpoint.checkpoint import Checkpoint
    from bball_tag.console import ShowProgress
    from bball_tag.events.rules import ByLabel, EventRules
    from bball_tag.given import Chains, Court, Names, Periods, Roi
    from bball_tag.scale.crew import Crew
    from bball_tag.scale.places import Place
    from bball_tag.scoring.store import RunState
    from bball_tag.video.video import Video

log = logging.getLogger("bball_tag")
_KINETICS = "kinetics"
"""In place of the name of a checkpoint."""


@explained_imports
def annotate(
    video: str | Path | Video,
    *,
    checkpoint: str | Path | Checkpoint | None = None,
    tracks: str | Path | None = None,
    detector: str | Path | None = None,
    detector_classes: Names | None = None,
    tiles: str | None = None,
    court: Court | None = None,
    teams: Names | None = None,
    roster: str | Path | None = None,
    roster_template: str | Path | None = None,
    roi: Roi | None = None,
    start: str | float | None = None,
    end: str | float | None = None,
    stride: float | None = None,
    streams: Names | None = None,
    threshold: ByLabel | None = None,
    min_duration: ByLabel | None = None,
    max_gap: ByLabel | None = None,
    rules: EventRules | str | Path | None = None,
    multi: bool | None = None,
    top: int | None = None,
    periods: Periods | None = None,
    outside: Outside = "keep",
    chains: Chains | None = None,
    batch_size: int = DEFAULT_BATCH_SIZE,
    device: str = "auto",
    precision: Precision | None = None,
    backend: Backend | None = None,
    features: bool | None = None,
    scores: str | Path | None = None,
    jobs: int | Crew | Place | None = None,
    progress: bool | ShowProgress = True,
) -> Annotation:
    """Label the actions in a video.

    Args:
        video: The file, or an open `Video`.
        checkpoint: A checkpoint made by `train`, or an open `Checkpoint`; None takes the one that was made
            the default (`bball-tag checkpoint`), else the sample.
        tracks: A file of the players' boxes, MOTChallenge or CSV with times: events are labelled per player.
        detector: What finds players, where there are no tracks: nano, an ONNX file of a YOLOX, or the address
            of one; None is nano.
        detector_classes: Names of the classes of a detector of your own, in order; None reads FILE.names.
        tiles: How frames are divided for the detector: auto, none, or columns and rows (3x1); None is auto.
        court: Corners of the floor in the first frame, in pixels; who is outside does not play.
        teams: What to call the two teams; colours (white, navy) say which is which.
        roster: A CSV of corrections: track, player, team, role, perhaps from_s and to_s.
        roster_template: Write such a CSV of the players that were found, to be corrected, and a page of them.
        roi: Look only at this part of the frame: left, top, width, height in pixels.
        start: Begin here: seconds, or text as on the command line (`0:12:00`, `374f`).
        end: Stop here.
        stride: Seconds between the starts of clips; None is half a clip.
        streams: What to look at, of what the checkpoint reads: rgb, pose, motion, or several; None is all.
            Without pose it takes less time.
        threshold: Probability at which an event begins, for every label or by label (`*` for all others).
        min_duration: Drop shorter events, in seconds, likewise.
        max_gap: Join events of one label and player at most this far apart, in seconds, likewise.
        rules: A file of these and further rules (`bball-tag tune`), or the rules themselves; None takes the
            checkpoint's own. What is given above and below comes before them.
        multi: Whether a player may do several things at once; else the likeliest label has the instant.
        top: Keep this number of events of each label, those of the highest confidence.
        periods: The periods of the game, or a file of them (CSV, workbook, our JSON): each event gets its
            period and game clock.
        outside: What becomes of events outside of all periods: keep, mark or drop.
        chains: Rules of actions that follow each other, or a file of them; None takes the usual ones.
        batch_size: Clips computed at once.
        device: auto, cpu, cuda, cuda:1 or mps.
        precision: auto, fp32, bf16 or fp16; None is what `scores` were made with, else auto.
        backend: auto, torch or openvino; None likewise.
        features: Keep the features of clips with the scores, for `similar` and `learn`, and so that a
            checkpoint from `learn` needs no video. None does where scoring begins; True also scores anew what
            was scored without them.
        scores: Keep scores in this file: an interrupted run resumes, and another call with other thresholds
            takes seconds. What is None above is taken from the last run in it; "none" undoes tracks, roi or
            end. None keeps scores in memory.
        jobs: Processes that share the video, in segments; None or 1 scores it here, in one pass. Or a crew
            that several calls share, or a place before it: see `bball_tag.scale`. The events are the same.
        progress: Show a progress bar in a terminal or a notebook; or what shows it, given a name and how many
            seconds there are.

    Raises:
        BballTagError: A file cannot be used, or an option does not fit.
    """
    from bball_tag.annotation_run import AnnotationRun
    from bball_tag.annotations.stamps import check_fits as check_periods_fit
    from bball_tag.checkpoint.world import world_of
    from bball_tag.events.rules import changed_rules
    from bball_tag.events.rules_file import given_rules
    from bball_tag.given import given_chains, given_periods, path_or_none, scoring_options
    from bball_tag.scale.crews import place_of
    from bball_tag.scoring.shared_store import working_copy

    seen = open_video(video)
    opened = open_checkpoint(checkpoint).on(world_of(seen.info.title))
    contract = opened.contract
    options = scoring_options(**keywords_of(scoring_options, locals()))
    check_number("batch_size", batch_size, 1, whole=True)
    template = path_or_none("roster_template", roster_template)
    game, chain_rules = given_periods(periods), given_chains(chains)
    check_periods_fit(game, seen.info)
    with working_copy(path_or_none("scores", scores)) as kept, place_of(jobs) as place:
        run = AnnotationRun(seen, opened, options, Engine(device=device, batch_size=batch_size), kept, place)
        base = given_rules(rules, contract.event_rules(run.players), contract.labels)
        decided = changed_rules(base, contract.labels, threshold, min_duration, max_gap, multi=multi, top=top)
        annotation = _annotated(run, decided, template, progress=progress)
    annotation = replace(annotation, chain_rules=chain_rules)
    return annotation.with_periods(game, outside) if game else annotation


def _annotated(
    run: AnnotationRun, rules: EventRules, template: Path | None, *, progress: bool | ShowProgress
) -> Annotation:
    """Score what is missing, decide, and say how long it took."""
    from bball_tag.console import video_progress

    if template is not None:
        run.check_template(template)
    shown = partial(video_progress, shown=progress) if isinstance(progress, bool) else progress
    began = time.monotonic()
    with run.open_store() as store:
        with shown(run.video.path.name, run.duration) as show:
            before = run.score(store, show)
        annotation = run.annotation(store, rules, template)
        _report_speed(before, store.state, run.start, time.monotonic() - began, len(annotation.events))
    return annotation


@explained_imports
def read(
    path: str | Path,
    *,
    format: str | None = None,
    video: str | Path | Video | None = None,
    fps: str | float | None = None,
    tracks: str | Path | None = None,
    periods: Periods | None = None,
    outside: Outside = "keep",
    chains: Chains | None = None,
) -> Annotation:
    """Read events from a file, ours or one that a person or another program wrote.

    Args:
        path: A workbook, CSV, JSON, Sportscode, ELAN, WebVTT or SoccerNet file.
        format: Its format, where the suffix does not say.
        video: The video, for its frame rate, length and size where the file lacks them.
        fps: Frames per second of the video: 25, 29.97 or "30000/1001". By default it comes from the video
            or the file; a table with seconds and frames gives it where only one common rate fits.
        tracks: A file of the players' boxes: MOTChallenge, or CSV with times.
        periods: The periods of the game, or a file of them (CSV, workbook, our JSON): each event gets its
            period and game clock.
        outside: What becomes of events outside of all periods: keep, mark or drop.
        chains: Rules of actions that follow each other, or a file of them; None takes the usual ones.

    Raises:
        BballTagError: A file cannot be read or makes no sense, or the tracks need a frame rate.
    """
    from bball_tag.annotations import read_annotation
    from bball_tag.annotations.format_files import on_our_clock
    from bball_tag.annotations.game_files import of_video
    from bball_tag.annotations.limits import check_end
    from bball_tag.given import given_chains, given_periods
    from bball_tag.players.track_files import check_fits, in_pixels_of, read_tracks
    from bball_tag.timecode import parse_rate

    opened = None if video is None else open_video(video).info
    rate = parse_rate(str(fps)) if fps is not None else opened.fps if opened else None
    # A rate that somebody gives is how they count frames.
    times = opened.times if opened and fps is None else None
    annotation = read_annotation(as_path("path", path), format, fps=rate, times=times)
    game = given_periods(periods, annotation.files)
    if game and annotation.files:
        # They are those of the whole game, whatever video of it is asked for.
        annotation, game = annotation.with_periods(game, outside), ()
    if opened:
        annotation = of_video(annotation, opened)
        if tracks is None:
            boxes = in_pixels_of(opened, annotation.tracks, annotation.video)
            annotation = replace(annotation, tracks=boxes)
    known = opened or annotation.video
    annotation = on_our_clock(annotation, as_path("path", path), format, known.starts)
    annotation = replace(annotation, video=replace(known, fps=rate or known.fps, times=times))
    annotation = replace(annotation, files=_with_rate(annotation.files, annotation.video.fps))
    check_end(annotation.events, known)
    annotation = replace(annotation, chain_rules=given_chains(chains))
    annotation = annotation.with_periods(game, outside) if game else annotation
    if tracks is None:
        if opened:
            check_fits(annotation.tracks, opened, ours=True)
        return annotation
    given = read_tracks(as_path("tracks", tracks), annotation.video.fps, times)
    check_fits(given, annotation.video)
    return replace(annotation, tracks=given)


def _with_rate(files: Sequence[GameFile], fps: Fraction) -> tuple[GameFile, ...]:
    """Return the files of a game, with a frame rate where they had none."""
    return tuple(replace(file, info=replace(file.video, fps=file.video.fps or fps)) for file in files)


def open_video(video: str | Path | Video) -> Video:
    """Return the video itself if it is open already, else open the file.

    Raises:
        VideoError: There is no such file, or no readable frame in it.
    """
    from bball_tag.video.video import Video

    return video if isinstance(video, Video) else Video(as_path("video", video))


def open_checkpoint(named: str | Path | Checkpoint | None) -> Checkpoint:
    """Open the checkpoint that is named, else the default one, and say which that is.

    `kinetics` names a model that makes features and knows no labels: see `bball_tag.checkpoint.kinetics`.
    """
    from bball_tag.checkpoint.checkpoint import Checkpoint
    from bball_tag.checkpoint.default import default_checkpoint

    if isinstance(named, Checkpoint):
        return named
    if str(named) == _KINETICS:
        from bball_tag.checkpoint.kinetics import kinetics_checkpoint

        return Checkpoint(kinetics_checkpoint())
    if named is not None:
        return Checkpoint(as_path("checkpoint", named))
    path = default_checkpoint()
    log.info("Using the checkpoint %s: none was named.", path)
    return Checkpoint(path)


def _report_speed(before: RunState, after: RunState, start: float, took: float, num_events: int) -> None:
    seen = max(after.end - start, 0.0)
    count = counted(num_events, "event")
    if before.complete:
        log.info("Found %s in %s of video (stored scores).", count, format_clock(seen))
        return
    new = seen - min(max(before.end - start, 0.0), seen)
    speed = f", {new / took:.1f}× real time" if took > 0 else ""
    clocks = format_clock(seen), format_clock(new), format_clock(took)
    log.info("Found %s in %s of video (%s scored in %s%s).", count, *clocks, speed)
