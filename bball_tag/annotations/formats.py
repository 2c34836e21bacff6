"""The table of formats: how one is picked, written and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, auto
from pathlib import Path
from typing import TextIO

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.benchmark_json import read_soccernet, write_activitynet, write_soccernet
from bball_tag.annotations.boris import write_boris
from bball_tag.annotations.boris_project import read_boris_project, write_boris_project
from bball_tag.annotations.csv_reader import read_csv
from bball_tag.annotations.elan_praat import write_elan, write_textgrid
from bball_tag.annotations.elan_reader import read_elan
from bball_tag.annotations.labelling_tools import write_cvat, write_label_studio, write_tracks
from bball_tag.annotations.losslesscut import read_llc, read_llc_csv, write_llc, write_llc_csv
from bball_tag.annotations.native_json import write_json
from bball_tag.annotations.native_json_reader import read_json
from bball_tag.annotations.osl_json import read_osl, write_osl
from bball_tag.annotations.sportscode import read_sportscode, write_hudl_csv, write_sportscode
from bball_tag.annotations.statistics_json import write_statistics
from bball_tag.annotations.subtitles import write_audacity, write_chapters, write_srt, write_vtt
from bball_tag.annotations.table import write_csv
from bball_tag.annotations.video_editors import write_edl, write_fcpxml, write_otio
from bball_tag.annotations.vtt_reader import read_vtt
from bball_tag.annotations.workbook import write_xlsx
from bball_tag.annotations.workbook_reader import read_xlsx
from bball_tag.errors import AnnotationError, OptionError

Write = Callable[[Annotation, Path], None]
Read = Callable[..., Annotation]
"""Takes the path and the rate; where it reads frames, their times too."""


class Trait(Flag):
    """What a format can do, or programs do with its files."""

    FRAMES = auto()
    """Reading it looks at numbers of frames, and takes the video's `FrameTimes`, or None, too."""
    CUTS = auto()
    """Programs cut videos by its spans, so that users may want to pad them."""
    GAMES = auto()
    """It holds a game in several videos; else each of them gets a file of its own."""
    BESIDE = auto()
    """The reviewed spans are kept in a CSV file of their own beside it."""


FRAMES, CUTS, GAMES, BESIDE = Trait
_PLAIN = Trait(0)


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
    traits: Trait = _PLAIN
    needs: tuple[str, ...] = ()
    """What must be known about the video: keys of `_NEEDS` in `format_files.py`."""

    def has(self, trait: Trait) -> bool:
        """Say whether it has a trait."""
        return trait in self.traits


def _text(write: Callable[[Annotation, TextIO], None]) -> Write:
    """Return a writer to a path, given one to a text file in UTF-8."""

    def to_path(annotation: Annotation, path: Path) -> None:
        # JSON can carry half of a surrogate pair, which is not a character: it becomes a question mark.
        with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
            write(annotation, file)

    return to_path


_RATE = ("fps",)
_ALL = (
    Format("xlsx", ".xlsx", "Excel workbook", write_xlsx, read_xlsx, FRAMES | GAMES),
    Format("csv", ".csv", "comma-separated values", _text(write_csv), read_csv, FRAMES | GAMES | BESIDE),
    Format("json", ".json", "everything, at full precision", _text(write_json), read_json, GAMES),
    Format(
        "sportscode", ".xml", "Hudl Sportscode XML", _text(write_sportscode), read_sportscode, CUTS | BESIDE
    ),
    Format("hudl-csv", ".csv", "Hudl generic CSV of moments", _text(write_hudl_csv), needs=_RATE),
    Format("vtt", ".vtt", "WebVTT subtitles", _text(write_vtt), read_vtt, BESIDE),
    Format("srt", ".srt", "SRT subtitles", _text(write_srt)),
    Format("chapters", ".ffmetadata", "ffmpeg chapters", _text(write_chapters), None, CUTS),
    Format("audacity", ".txt", "Audacity labels", _text(write_audacity)),
    Format("elan", ".eaf", "ELAN annotations", _text(write_elan), read_elan, BESIDE),
    Format("praat", ".TextGrid", "Praat tiers", _text(write_textgrid)),
    Format("losslesscut", ".llc", "LosslessCut project", _text(write_llc), read_llc, CUTS | BESIDE),
    Format(
        "losslesscut-csv", ".csv", "LosslessCut segments", _text(write_llc_csv), read_llc_csv, CUTS | BESIDE
    ),
    Format("otio", ".otio", "OpenTimelineIO markers", _text(write_otio), None, GAMES, _RATE),
    Format("edl", ".edl", "CMX3600 edit decision list", _text(write_edl), None, CUTS | GAMES, _RATE),
    Format("fcpxml", ".fcpxml", "Final Cut Pro XML", _text(write_fcpxml), None, GAMES, _RATE),
    Format("soccernet", ".json", "SoccerNet spotting", _text(write_soccernet), read_soccernet, BESIDE),
    Format("osl", ".json", "OSL JSON 2.0 spotting", _text(write_osl), read_osl, GAMES | BESIDE),
    Format("activitynet", ".json", "ActivityNet detections", _text(write_activitynet), None, GAMES),
    Format(
        "label-studio", ".json", "Label Studio predictions", _text(write_label_studio), None, GAMES, _RATE
    ),
    Format("cvat", ".xml", "CVAT 1.1 boxes with actions", _text(write_cvat), needs=("tracks", "fps", "size")),
    Format("boris", ".xlsx", "BORIS observation", write_boris, None, GAMES),
    Format(
        "boris-project",
        ".boris",
        "BORIS project",
        _text(write_boris_project),
        read_boris_project,
        GAMES | BESIDE,
    ),
    Format(
        "statistics",
        ".json",
        "totals by team, player, label and period",
        _text(write_statistics),
        None,
        GAMES,
    ),
    Format("mot", ".txt", "MOTChallenge tracks", _text(write_tracks), needs=("tracks", "fps")),
)
FORMATS: dict[str, Format] = {kind.name: kind for kind in _ALL}
"""Every format by its name."""


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
