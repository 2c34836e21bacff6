"""Files of events, written and read in any of the formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.csv_reader import read_reviewed_csv
from bball_tag.annotations.formats import BESIDE, CUTS, FORMATS, FRAMES, Format, format_for
from bball_tag.annotations.game_files import each_video, videos_apart
from bball_tag.annotations.game_outputs import holds
from bball_tag.annotations.limits import check_writable
from bball_tag.annotations.player_clock import PLAYED, for_players, from_players
from bball_tag.annotations.reviewed import Reviewed, reviewed_path, write_reviewed_csv
from bball_tag.backups import replacing_edited
from bball_tag.errors import AnnotationError
from bball_tag.faults import FormError
from bball_tag.files import why
from bball_tag.video.frame_times import FrameTimes

_DECIDED_ANEW = (
    "The new events were decided from scores, without corrections made by hand. Another checkpoint, tracks, "
    "detector, tiles, roi, court, start, end, stride, streams, precision or backend changes scores; "
    "threshold, min-duration, max-gap, teams and roster only decide anew."
)
_NEEDS: dict[str, tuple[str, Callable[[Annotation], bool]]] = {
    "fps": (
        "the frame rate: give --video or --fps (in Python: read with video= or fps=)",
        lambda annotation: annotation.video.fps > 0,
    ),
    "size": (
        "the size of the frames: give --video (in Python: read with video=)",
        lambda annotation: annotation.video.width > 0,
    ),
    "tracks": (
        "the players' boxes: give --tracks (in Python: tracks=)",
        lambda annotation: bool(annotation.tracks),
    ),
}
"""What a format may need: how to ask for it, and whether it is there."""


def check_needs(annotation: Annotation, path: Path, format_name: str | None = None) -> Format:
    """Return the format of `path`, unless it needs to know more about the video.

    Raises:
        AnnotationError: Something is not known; the message says what, and how to give it.
    """
    chosen = format_for(path, format_name)
    if annotation.files and not holds(chosen, annotation):
        raise AnnotationError(
            f"Cannot write {path}: the format {chosen.name} is about one video, and the game has several. "
            "Annotation.write makes a file for each of them."
        )
    for need in chosen.needs:
        hint, is_known = _NEEDS[need]
        if not all(map(is_known, videos_apart(annotation))):
            raise AnnotationError(f"Cannot write {path}: the format {chosen.name} needs {hint}.")
    return chosen


def write_annotation(
    annotation: Annotation,
    path: Path,
    format_name: str | None = None,
    *,
    lead: float = 0.0,
    lag: float = 0.0,
) -> None:
    """Write events to `path`, which appears whole or not at all; what a person edited there is kept.

    Args:
        annotation: What to write.
        path: Where to write.
        format_name: The format, where the suffix does not say.
        lead: Seconds added before each event in cut lists.
        lag: Seconds added after it.

    Raises:
        AnnotationError: The format is unknown, or cannot hold these events.
        BballTagError: The file cannot be written.
    """
    chosen = check_needs(annotation, path, format_name)
    if chosen.has(CUTS) and (lead or lag):
        annotation = each_video(annotation, lambda part: part.widened(lead, lag))
    if chosen.name in PLAYED:
        annotation = for_players(annotation, path.name)
    try:
        check_writable(annotation)
        with replacing_edited(path, "" if annotation.scores is None else _DECIDED_ANEW) as draft:
            chosen.write(annotation, draft)
        if chosen.has(BESIDE) and annotation.reviewed:
            with replacing_edited(reviewed_path(path)) as draft:
                write_reviewed_csv(annotation.reviewed, draft)
    except (AnnotationError, FormError) as error:
        raise AnnotationError(f"Cannot write {path}: {error}") from error


def on_our_clock(annotation: Annotation, path: Path, format_name: str | None, starts: float) -> Annotation:
    """Return what was read from `path` in seconds from the first frame, which is shown `starts` seconds late.

    Programs that play the video count from there; other formats count as we do.
    """
    return from_players(annotation, starts) if format_for(path, format_name).name in PLAYED else annotation


def read_annotation(
    path: Path,
    format_name: str | None = None,
    *,
    fps: Fraction | None = None,
    times: FrameTimes | None = None,
) -> Annotation:
    """Read events from `path`.

    Args:
        path: A file in one of the formats that can be read.
        format_name: The format, where the suffix does not say.
        fps: Frames per second of the video, where the file does not say.
        times: When its frames are shown, where its rate varies.

    Raises:
        AnnotationError: The format is unknown or cannot be read, or the file is invalid.
    """
    if path.is_dir():
        raise AnnotationError(f"Cannot read events from {path}: it is a folder. Give the name of a file.")
    if not path.exists():
        raise AnnotationError(f"Cannot read events from {path}: there is no such file.")
    chosen = format_for(path, format_name)
    if chosen.read is None:
        readable = ", ".join(known.name for known in FORMATS.values() if known.read)
        raise AnnotationError(
            f"Cannot read events from {path}: the format {chosen.name} can only be written. "
            f"Readable: {readable}."
        )
    try:
        more = (times,) if chosen.has(FRAMES) else ()
        annotation = chosen.read(path, fps or Fraction(0), *more)
    except (AnnotationError, FormError, OSError) as error:
        raise AnnotationError(f"Cannot read events from {path}: {why(error)}.") from error
    beside = reviewed_path(path)
    return replace(annotation, reviewed=_read_beside(beside)) if chosen.has(BESIDE) else annotation


def _read_beside(path: Path) -> tuple[Reviewed, ...]:
    """Return the spans of a file of reviewed spans; none where it does not exist."""
    if not path.exists():
        return ()
    try:
        return read_reviewed_csv(path)
    except (FormError, OSError) as error:
        raise AnnotationError(f"Cannot read what was reviewed from {path}: {why(error)}.") from error
