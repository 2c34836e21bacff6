"""The table of formats: how one is picked, written and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TextIO

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.benchmark_json import read_soccernet, write_activitynet, write_soccernet
from bball_tag.annotations.boris import write_boris
from bball_tag.annotations.boris_project import read_boris_project, write_boris_project
from bball_tag.annotations.elan_praat import write_elan, write_textgrid
from bball_tag.annotations.elan_reader import read_elan
from bball_tag.annotations.labelling_tools import write_cvat, write_label_studio, write_tracks
from bball_tag.annotations.limits import check_writable
from bball_tag.annotations.losslesscut import read_llc, read_llc_csv, write_llc, write_llc_csv
from bball_tag.annotations.native_json import write_json
from bball_tag.annotations.native_json_reader import read_json
from bball_tag.annotations.osl_json import read_osl, write_osl
from bball_tag.annotations.player_clock import PLAYED, for_players, from_players
from bball_tag.annotations.reviewed import Reviewed, reviewed_path, write_reviewed_csv
from bball_tag.annotations.sportscode import read_sportscode, write_hudl_csv, write_sportscode
from bball_tag.annotations.statistics_json import write_statistics
from bball_tag.annotations.subtitles import write_audacity, write_chapters, write_srt, write_vtt
from bball_tag.annotations.table import write_csv
from bball_tag.annotations.table_reader import read_csv, read_reviewed_csv
from bball_tag.annotations.video_editors import write_edl, write_fcpxml, write_otio
from bball_tag.annotations.vtt_reader import read_vtt
from bball_tag.annotations.workbook import write_xlsx
from bball_tag.annotations.workbook_reader import read_xlsx
from bball_tag.backups import replacing_edited
from bball_tag.errors import AnnotationError, OptionError
from bball_tag.faults import FormError
from bball_tag.files import why

Write = Callable[[Annotation, Path], None]
Read = Callable[[Path, Fraction], Annotation]


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file that events are written to, and perhaps read from."""

    name: str
    suffix: str
    """Suffix of its files, with the dot; it picks the first format that has it."""
    description: str
    write: Write
    """Writes to a path that exists and is empty."""
    read: Read | None = None
    """Reads a file, given the frames per second of the video, or 0 if they are unknown."""
    needs: tuple[str, ...] = ()
    """What must be known about the video: keys of `_NEEDS`."""
    is_cut_list: bool = False
    """Whether programs cut videos by its spans, so that users may want to pad them."""
    reviewed_beside: bool = False
    """Whether the reviewed spans are kept in a CSV file of their own beside it."""


def _text(write: Callable[[Annotation, TextIO], None]) -> Write:
    """Return a writer to a path, given one to a text file in UTF-8."""

    def to_path(annotation: Annotation, path: Path) -> None:
        # JSON can carry half of a surrogate pair, which is not a character: it becomes a question mark.
        with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
            write(annotation, file)

    return to_path


_ALL = (
    Format("xlsx", ".xlsx", "Excel workbook", write_xlsx, read_xlsx),
    Format("csv", ".csv", "comma-separated values", _text(write_csv), read_csv, reviewed_beside=True),
    Format("json", ".json", "everything, at full precision", _text(write_json), read_json),
    Format(
        "sportscode",
        ".xml",
        "Hudl Sportscode XML",
        _text(write_sportscode),
        read_sportscode,
        is_cut_list=True,
        reviewed_beside=True,
    ),
    Format("hudl-csv", ".csv", "Hudl generic CSV of moments", _text(write_hudl_csv), needs=("fps",)),
    Format("vtt", ".vtt", "WebVTT subtitles", _text(write_vtt), read_vtt, reviewed_beside=True),
    Format("srt", ".srt", "SRT subtitles", _text(write_srt)),
    Format("chapters", ".ffmetadata", "ffmpeg chapters", _text(write_chapters), is_cut_list=True),
    Format("audacity", ".txt", "Audacity labels", _text(write_audacity)),
    Format("elan", ".eaf", "ELAN annotations", _text(write_elan), read_elan, reviewed_beside=True),
    Format("praat", ".TextGrid", "Praat tiers", _text(write_textgrid)),
    Format(
        "losslesscut",
        ".llc",
        "LosslessCut project",
        _text(write_llc),
        read_llc,
        is_cut_list=True,
        reviewed_beside=True,
    ),
    Format(
        "losslesscut-csv",
        ".csv",
        "LosslessCut segments",
        _text(write_llc_csv),
        read_llc_csv,
        is_cut_list=True,
        reviewed_beside=True,
    ),
    Format("otio", ".otio", "OpenTimelineIO markers", _text(write_otio), needs=("fps",)),
    Format("edl", ".edl", "CMX3600 edit decision list", _text(write_edl), needs=("fps",), is_cut_list=True),
    Format("fcpxml", ".fcpxml", "Final Cut Pro XML", _text(write_fcpxml), needs=("fps",)),
    Format(
        "soccernet",
        ".json",
        "SoccerNet spotting",
        _text(write_soccernet),
        read_soccernet,
        reviewed_beside=True,
    ),
    Format("osl", ".json", "OSL JSON 2.0 spotting", _text(write_osl), read_osl, reviewed_beside=True),
    Format("activitynet", ".json", "ActivityNet detections", _text(write_activitynet)),
    Format("label-studio", ".json", "Label Studio predictions", _text(write_label_studio), needs=("fps",)),
    Format("cvat", ".xml", "CVAT 1.1 boxes with actions", _text(write_cvat), needs=("tracks", "fps", "size")),
    Format("boris", ".xlsx", "BORIS observation", write_boris),
    Format(
        "boris-project",
        ".boris",
        "BORIS project",
        _text(write_boris_project),
        read_boris_project,
        reviewed_beside=True,
    ),
    Format("statistics", ".json", "totals by team, player, label and period", _text(write_statistics)),
    Format("mot", ".txt", "MOTChallenge tracks", _text(write_tracks), needs=("tracks", "fps")),
)
_DECIDED_ANEW = (
    "The new events were decided from scores, without corrections made by hand. Another checkpoint, tracks, "
    "detector, tiles, roi, court, start, end, stride, streams, precision or backend changes scores; "
    "threshold, min-duration, max-gap, teams and roster only decide anew."
)
_OF_GAMES = ("xlsx", "csv", "json", "statistics")
"""Formats that have room for a game in several files."""
FORMATS: dict[str, Format] = {kind.name: kind for kind in _ALL}
"""Every format by its name."""
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


def format_for(path: Path, name: str | None = None) -> Format:
    """Return the format called `name`, or the one that the suffix of `path` picks.

    Raises:
        OptionError: There is no format called `name`.
        AnnotationError: The suffix is not known.
    """
    if name is not None:
        if isinstance(name, str) and name in FORMATS:
            return FORMATS[name]
        raise OptionError(f"Unknown format {name!r}. The formats: {', '.join(FORMATS)}.")
    for known in FORMATS.values():
        if known.suffix.lower() == path.suffix.lower():
            return known
    suffixes = ", ".join(dict.fromkeys(known.suffix for known in FORMATS.values()))
    raise AnnotationError(
        f"Cannot tell the format of {path} from its suffix. Known: {suffixes}. Or name the format: "
        "--format to write, --from to read (format= in Python)."
    )


def check_needs(annotation: Annotation, path: Path, format_name: str | None = None) -> Format:
    """Return the format of `path`, unless it needs to know more about the video.

    Raises:
        AnnotationError: Something is not known; the message says what, and how to give it.
    """
    chosen = format_for(path, format_name)
    if annotation.files:
        check_holds_game(path, format_name)
    for need in chosen.needs:
        hint, is_known = _NEEDS[need]
        if not is_known(annotation):
            raise AnnotationError(f"Cannot write {path}: the format {chosen.name} needs {hint}.")
    return chosen


def check_holds_game(path: Path, format_name: str | None = None) -> None:
    """Refuse a file that has no room for a game in several videos.

    Raises:
        AnnotationError: Its format is about one video.
    """
    name = format_for(path, format_name).name
    if name not in _OF_GAMES:
        raise AnnotationError(
            f"Cannot write {path}: the format {name} is about one video, and the game has several. Write "
            f"{', '.join(_OF_GAMES)}, and convert that with --video VIDEO for each of them."
        )


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
    if chosen.is_cut_list and (lead or lag):
        annotation = annotation.widened(lead, lag)
    if chosen.name in PLAYED:
        annotation = for_players(annotation, path.name)
    try:
        check_writable(annotation)
        with replacing_edited(path, "" if annotation.scores is None else _DECIDED_ANEW) as draft:
            chosen.write(annotation, draft)
        if chosen.reviewed_beside and annotation.reviewed:
            with replacing_edited(reviewed_path(path)) as draft:
                write_reviewed_csv(annotation.reviewed, draft)
    except (AnnotationError, FormError) as error:
        raise AnnotationError(f"Cannot write {path}: {error}") from error


def on_our_clock(annotation: Annotation, path: Path, format_name: str | None, starts: float) -> Annotation:
    """Return what was read from `path` in seconds from the first frame, which is shown `starts` seconds late.

    Programs that play the video count from there; other formats count as we do.
    """
    return from_players(annotation, starts) if format_for(path, format_name).name in PLAYED else annotation


def read_annotation(path: Path, format_name: str | None = None, *, fps: Fraction | None = None) -> Annotation:
    """Read events from `path`.

    Args:
        path: A file in one of the formats that can be read.
        format_name: The format, where the suffix does not say.
        fps: Frames per second of the video, where the file does not say.

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
        annotation = chosen.read(path, fps or Fraction(0))
    except (AnnotationError, FormError, OSError) as error:
        raise AnnotationError(f"Cannot read events from {path}: {why(error)}.") from error
    beside = reviewed_path(path)
    return replace(annotation, reviewed=_read_beside(beside)) if chosen.reviewed_beside else annotation


def _read_beside(path: Path) -> tuple[Reviewed, ...]:
    """Return the spans of a file of reviewed spans; none where it does not exist."""
    if not path.exists():
        return ()
    try:
        return read_reviewed_csv(path)
    except (FormError, OSError) as error:
        raise AnnotationError(f"Cannot read what was reviewed from {path}: {why(error)}.") from error
