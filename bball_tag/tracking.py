"""The face of finding players alone: their tracks, without a checkpoint and without labels."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.annotation_run import part_of
from bball_tag.api import open_video
from bball_tag.clips import ClipSpec
from bball_tag.errors import BballTagError, explained_imports
from bball_tag.timecode import counted, format_clock

if TYPE_CHECKING:
    from bball_tag.given import Court, Names, Roi
    from bball_tag.players.tracks import Track
    from bball_tag.scoring.run_subjects import RunSubjects
    from bball_tag.video.video import Video

log = logging.getLogger("bball_tag")


@explained_imports
def track(
    video: str | Path | Video,
    *,
    detector: str | Path | None = None,
    detector_classes: Names | None = None,
    tiles: str | None = None,
    court: Court | None = None,
    teams: Names | None = None,
    roster: str | Path | None = None,
    roi: Roi | None = None,
    start: str | float | None = None,
    end: str | float | None = None,
    scores: str | Path | None = None,
    progress: bool = True,
) -> list[Track]:
    """Find the players of a video, and follow each one.

    Args:
        video: The file, or an open `Video`.
        detector: What finds people: nano, an ONNX file of a YOLOX, or the address of one; None is nano.
        detector_classes: Names of the classes of a detector of your own, in order; None reads FILE.names.
        tiles: How frames are divided for the detector: auto, none, or columns and rows (3x1); None is auto.
        court: Corners of the floor in the first frame, in pixels; who is outside does not play.
        teams: What to call the two teams; colours (white, navy) say which is which.
        roster: A CSV of corrections: track, player, team, role, perhaps from_s and to_s.
        roi: Look only at this part of the frame: left, top, width, height in pixels.
        start: Begin here: seconds, or text as on the command line (`0:12:00`, `374f`).
        end: Stop here.
        scores: Keep what is observed in this file: an interrupted call resumes, and another one with other
            teams or corrections takes seconds. None keeps it in memory.
        progress: Show a progress bar in a terminal or a notebook.

    Returns:
        A track for each player, and one with the role `other` for each referee, in order of appearance;
        `write_tracks` of `bball_tag.players.track_files` writes them to a file.

    Raises:
        BballTagError: A file cannot be used, or an option does not fit.
    """
    from bball_tag.given import path_or_none, scoring_options
    from bball_tag.scoring.run_subjects import RunSubjects
    from bball_tag.scoring.shared_store import working_copy

    opened, began = open_video(video), time.monotonic()
    options = scoring_options(
        detector=detector,
        detector_classes=detector_classes,
        tiles=tiles,
        court=court,
        teams=teams,
        roster=roster,
        roi=roi,
    )
    part = part_of(opened, start, end)
    subjects = RunSubjects(opened, options, ClipSpec())
    with working_copy(path_or_none("scores", scores)) as kept:
        tracks = _follow(opened, subjects, part, kept, progress)
    num_others = sum(one.role == "other" for one in tracks)
    log.info(
        "Found %s and %s in %s of video, in %s.",
        counted(len(tracks) - num_others, "player"),
        counted(num_others, "other"),
        format_clock(_end(opened, part) - part[0]),
        format_clock(time.monotonic() - began),
    )
    return tracks


def _follow(
    video: Video, subjects: RunSubjects, part: tuple[float, float | None], kept: Path | None, progress: bool
) -> list[Track]:
    """Read what `kept` lacks of a part of a video, as `annotate` does but without a model; say who is who."""
    from bball_tag.console import video_progress
    from bball_tag.scoring.inference import Part, read_images
    from bball_tag.scoring.store import RunState, ScoreStore

    spec, (start, stop) = ClipSpec(), part
    end = _end(video, part)
    identity = {"video": video.content_id, "start": start, "end": stop, "rate": spec.fps}
    settings = {"video": video.content_id, "grid_fps": spec.fps, **subjects.options.as_json(kept)}
    with ScoreStore(kept, {**identity, **subjects.fingerprint()}, settings) as store:
        before = store.state
        if not before.complete:
            finder = subjects.open(start, stop, subjects.tiling(start, end), store.read_seen())
            reading = read_images(video, finder, spec, Part(start, stop, before.next_chunk))
            name = video.path.name
            with reading as images, video_progress(name, end - start, shown=progress) as show:
                for chunk in images.chunks:
                    reached = chunk.instants.stop / spec.fps
                    store.append([], RunState(chunk.number + 1, chunk.is_last, reached), chunk.seen)
                    show(reached - start)
        if not store.state.complete:
            raise BballTagError(f"No frame of {video.path} lies in the part that was asked for.")
        found = subjects.found(store)
        store.keep_settings()
    return list(found.tracks) if found else []


def _end(video: Video, part: tuple[float, float | None]) -> float:
    """Return the end of a part in seconds, as far as the file says."""
    duration = video.info.duration
    return min(part[1] or duration, duration or part[1] or 0.0)
