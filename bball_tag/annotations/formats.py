"""The table of formats: how one is picked, written and read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TextIO

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.benchmark_json import read_soccernet, write_activitynet, write_soccernet
from bball_tag.annotations.boris import write_boris
from bball_tag.annotations.elan_praat import read_elan, write_elan, write_textgrid
from bball_tag.annotations.labelling_tools import write_cvat, write_label_studio, write_tracks
from bball_tag.annotations.native_json import read_json, write_json
from bball_tag.annotations.sportscode import read_sportscode, write_hudl_csv, write_sportscode
from bball_tag.annotations.subtitles import (
    read_vtt,
    write_audacity,
    write_chapters,
    write_srt,
    write_vtt,
)
from bball_tag.annotations.table import write_csv
from bball_tag.annotations.table_reader import read_csv
from bball_tag.annotations.video_editors import write_edl, write_fcpxml, write_otio
from bball_tag.annotations.workbook import write_xlsx
from bball_tag.annotations.workbook_reader import read_xlsx
from bball_tag.errors import AnnotationError
from bball_tag.files import replacing

Write = Callable[[Annotation, Path], None]
Read = Callable[[Path, Fraction], Annotation]


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file that events are written to, and perhaps read from."""

    name: str
    suffix: str
    """Of its files, with the dot; the first format of a suffix is the one it picks."""
    description: str
    write: Write
    """Write to a path that is there, and empty."""
    read: Read | None = None
    """Read a file, given the frames per second of the video, 0 where nobody knows."""
    needs: tuple[str, ...] = ()
    """What of the video must be known: keys of `_NEEDS`."""
    cuts: bool = False
    """Whether programs cut films by its spans, so that they may be wanted wider than the action."""


def _text(write: Callable[[Annotation, TextIO], None]) -> Write:
    """Return a writer to a path, given one to a text file in UTF-8."""

    def to_path(annotation: Annotation, path: Path) -> None:
        # Half of a surrogate pair, which JSON can carry, is no character: it becomes a question mark.
        with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
            write(annotation, file)

    return to_path


_ALL = (
    Format("xlsx", ".xlsx", "Excel workbook", write_xlsx, read_xlsx),
    Format("csv", ".csv", "comma-separated values", _text(write_csv), read_csv),
    Format("json", ".json", "everything, at full precision", _text(write_json), read_json),
    Format("sportscode", ".xml", "Hudl Sportscode XML", _text(write_sportscode), read_sportscode, cuts=True),
    Format("hudl-csv", ".csv", "Hudl generic CSV of moments", _text(write_hudl_csv), needs=("fps",)),
    Format("vtt", ".vtt", "WebVTT subtitles", _text(write_vtt), read_vtt),
    Format("srt", ".srt", "SRT subtitles", _text(write_srt)),
    Format("chapters", ".ffmetadata", "ffmpeg chapters", _text(write_chapters), cuts=True),
    Format("audacity", ".txt", "Audacity labels", _text(write_audacity)),
    Format("elan", ".eaf", "ELAN annotations", _text(write_elan), read_elan),
    Format("praat", ".TextGrid", "Praat tiers", _text(write_textgrid)),
    Format("otio", ".otio", "OpenTimelineIO markers", _text(write_otio), needs=("fps",)),
    Format("edl", ".edl", "CMX3600 edit decision list", _text(write_edl), needs=("fps",), cuts=True),
    Format("fcpxml", ".fcpxml", "Final Cut Pro XML", _text(write_fcpxml), needs=("fps",)),
    Format("soccernet", ".json", "SoccerNet spotting", _text(write_soccernet), read_soccernet),
    Format("activitynet", ".json", "ActivityNet detections", _text(write_activitynet)),
    Format("label-studio", ".json", "Label Studio predictions", _text(write_label_studio), needs=("fps",)),
    Format("cvat", ".xml", "CVAT 1.1 boxes with actions", _text(write_cvat), needs=("tracks", "fps", "size")),
    Format("boris", ".xlsx", "BORIS observation", write_boris),
    Format("mot", ".txt", "MOTChallenge tracks", _text(write_tracks), needs=("tracks", "fps")),
)
FORMATS: dict[str, Format] = {kind.name: kind for kind in _ALL}
"""Every format by its name."""
_NEEDS: dict[str, tuple[str, Callable[[Annotation], bool]]] = {
    "fps": ("the frame rate: pass --video or --fps", lambda annotation: annotation.video.fps > 0),
    "size": ("the size of the picture: pass --video", lambda annotation: annotation.video.width > 0),
    "tracks": ("where the players are: pass --tracks", lambda annotation: bool(annotation.tracks)),
}


def format_for(path: Path, name: str | None = None) -> Format:
    """Return the format called `name`, or else the one that the suffix of `path` picks.

    Raises:
        AnnotationError: Neither is known.
    """
    if name is not None:
        if name in FORMATS:
            return FORMATS[name]
        raise AnnotationError(f"Unknown format {name!r}. The formats: {', '.join(FORMATS)}.")
    for kind in FORMATS.values():
        if kind.suffix.lower() == path.suffix.lower():
            return kind
    known = ", ".join(dict.fromkeys(kind.suffix for kind in FORMATS.values()))
    raise AnnotationError(
        f"Cannot tell the format of {path} by its suffix. Known: {known}; or pass --format."
    )


def check_padding(kinds: Iterable[Format], lead: float, lag: float) -> None:
    """Refuse to pad events where no format of `kinds` would show it.

    Raises:
        AnnotationError: None of them is a cut list.
    """
    if (lead or lag) and not any(kind.cuts for kind in kinds):
        cutting = ", ".join(kind.name for kind in FORMATS.values() if kind.cuts)
        raise AnnotationError(f"--lead and --lag change only cut lists: {cutting}.")


def write_annotation(
    annotation: Annotation,
    path: Path,
    format_name: str | None = None,
    *,
    lead: float = 0.0,
    lag: float = 0.0,
) -> None:
    """Write events to `path`, which appears whole or not at all.

    Args:
        annotation: What to write.
        path: Where to.
        format_name: The format, where the suffix does not say.
        lead: Seconds added before each event in formats by which films are cut.
        lag: Seconds added after it.

    Raises:
        AnnotationError: The format is unknown, or cannot hold these events.
        BballTagError: The file cannot be written.
    """
    kind = format_for(path, format_name)
    for need in kind.needs:
        wish, known = _NEEDS[need]
        if not known(annotation):
            raise AnnotationError(f"Cannot write {path}: the format {kind.name} needs {wish}.")
    if kind.cuts and (lead or lag):
        annotation = annotation.widened(lead, lag)
    try:
        with replacing(path) as draft:
            kind.write(annotation, draft)
    except AnnotationError as error:
        raise AnnotationError(f"Cannot write {path}: {error}") from error


def read_annotation(path: Path, format_name: str | None = None, *, fps: Fraction | None = None) -> Annotation:
    """Read events from `path`.

    Args:
        path: A file in one of the formats that can be read.
        format_name: The format, where the suffix does not say.
        fps: Frames per second of the video, where the file does not say.

    Raises:
        AnnotationError: The format is unknown, cannot be read, or the file makes no sense.
    """
    kind = format_for(path, format_name)
    if kind.read is None:
        readable = ", ".join(one.name for one in FORMATS.values() if one.read)
        raise AnnotationError(
            f"Cannot read events from {path}: the format {kind.name} is only written. Readable: {readable}."
        )
    try:
        return kind.read(path, fps or Fraction(0))
    except (AnnotationError, OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise AnnotationError(f"Cannot read events from {path}: {str(why).removesuffix('.')}.") from error
