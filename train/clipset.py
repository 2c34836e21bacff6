"""Read labelled clips: SpaceJam layout, a folder for each label, or a table of spans in videos."""

from __future__ import annotations

import hashlib
import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from os.path import normpath
from pathlib import Path

from bball_tag.errors import BballTagError, DataError
from bball_tag.faults import Faults, FormError
from bball_tag.files import why
from bball_tag.players.spans import TrackedVideo
from bball_tag.players.tracks import Track
from bball_tag.text_files import by_column, opened_text, table_rows
from bball_tag.timecode import parse_time
from bball_tag.video.video import Video
from train.clip_folders import videos_by_label
from train.clip_tracks import ClipTracks
from train.label_ids import labelled_keys

log = logging.getLogger("bball_tag")
SPACEJAM_FPS = 25.0
"""SpaceJam's files say 10 frames a second; the motion in them says 25."""
TEST_LIST = "testset_keys_1lug2020.txt"
"""Name of the test list that SpaceJam's authors published."""
# SpaceJam's own augmentation writes copies of a clip as KEY_flipped, KEY_rotate_330, KEY_translate_32_0.
_COPY = re.compile(r"(_flipped|_rotate|_translate).*$")


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """A span of a video in which one thing is done."""

    key: str
    path: Path
    label: int
    """Index of its label in the set's labels."""
    group: str
    """Clips of one group show the same moment and are never divided between train and test."""
    start: float = 0.0
    end: float | None = None
    """Seconds of the file's own time; None is the end of the file."""
    track: Track | None = field(default=None, compare=False, repr=False)
    """The player who is cut out of the video; None shows all of it."""
    tracked: TrackedVideo | None = field(default=None, compare=False, repr=False)
    """That video, open, with all who are tracked in it; None where it is opened for this clip alone."""
    folder: Path | None = field(default=None, compare=False)
    """Where files beside the clip may lie: see `train.side_inputs`; None where there are none."""

    @property
    def video(self) -> Video:
        """The video, open.

        Raises:
            VideoError: The file cannot be read.
        """
        return self.tracked.video if self.tracked else Video(self.path)


@dataclass(frozen=True, slots=True)
class ClipSet:
    """Labelled clips and the names of their labels."""

    source: Path
    labels: tuple[str, ...]
    clips: tuple[LabelledClip, ...]
    true_fps: float | None = None
    """Frames per second of the clips where their containers are known to be wrong."""
    of_timelines: bool = False
    """Whether they are spans of whole games that somebody coded."""

    @property
    def counts(self) -> dict[str, int]:
        """Number of clips of each label."""
        count = Counter(clip.label for clip in self.clips)
        return {label: count[index] for index, label in enumerate(self.labels)}

    @property
    def fingerprint(self) -> str:
        """Hash of which clips there are and what they are called, but not of their pixels."""
        rows = (
            (clip.key, clip.label, clip.start, clip.end, *([clip.track.id] if clip.track else ()))
            for clip in self.clips
        )
        lines = ("\t".join(map(str, row)) + "\n" for row in rows)
        return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]

    def without(self, bad: Sequence[LabelledClip]) -> ClipSet:
        """Return the set without some clips."""
        dropped = set(bad)
        return replace(self, clips=tuple(clip for clip in self.clips if clip not in dropped))

    def named_as(self, labels: Sequence[str]) -> ClipSet:
        """Return the same clips with the indices that their labels have in `labels`.

        Where a label differs in capitals or spaces alone, and only one does, that is meant.

        Raises:
            DataError: A label of a clip is not among them.
        """
        plain = Counter(map(_plain, labels))
        meant = {_plain(label): index for index, label in enumerate(labels) if plain[_plain(label)] == 1}
        own = {label: index for index, label in enumerate(labels)}
        found = [own.get(label, meant.get(_plain(label))) for label in self.labels]
        counts = self.counts
        unknown = [name for name, at in zip(self.labels, found, strict=True) if at is None and counts[name]]
        if unknown:
            raise DataError(
                f"{self.source} has clips of {unknown[0]!r}, which is not a label of the checkpoint. "
                f"Its labels: {', '.join(labels)}."
            )
        clips = [
            replace(clip, label=index) for clip in self.clips if (index := found[clip.label]) is not None
        ]
        return replace(self, labels=tuple(labels), clips=tuple(clips))


def is_table_of_spans(path: Path) -> bool:
    """Return whether a file is a CSV of spans, by the names of its columns; so is an unreadable one."""
    if path.suffix.lower() != ".csv":
        return False
    try:
        with opened_text(path) as file:
            return {"path", "label"} <= set(_columns(next(table_rows(file)[1], (1, [""]))[1]))
    except (OSError, FormError):
        return True


def base_id(key: str) -> str:
    """Return the key of the clip that `key` is a mirrored, turned or shifted copy of."""
    return _COPY.sub("", key)


def read_clipset(source: Path) -> ClipSet:
    """Read labelled clips in whichever layout `source` has.

    Raises:
        DataError: It has none of the three, or contradicts itself.
    """
    if source.is_dir():
        return (_read_spacejam if (source / "annotation_dict.json").exists() else _read_folders)(source)
    if source.is_file() and source.suffix.lower() == ".csv":
        return _read_table(source)
    reason = "it has neither clips nor events" if source.exists() else "there is no such folder or file"
    raise DataError(f"Cannot read clips from {source}: {reason}.")


def _read_spacejam(folder: Path) -> ClipSet:
    """Read `annotation_dict.json` {key: id}, `examples/KEY.mp4`, perhaps `labels_dict.json` {id: name}."""
    label_of, labels = labelled_keys(folder)
    clips = tuple(
        LabelledClip(
            key, folder / "examples" / f"{key}.mp4", labels.index(label), base_id(key), folder=folder
        )
        for key, label in sorted(label_of.items())
    )
    return checked(ClipSet(folder, labels, clips, SPACEJAM_FPS))


def _read_folders(folder: Path) -> ClipSet:
    videos = videos_by_label(folder)
    clips = tuple(
        LabelledClip(f"{label}/{name}", path, index, base_id(path.stem))
        for index, label in enumerate(videos)
        for name, path in videos[label].items()
    )
    return checked(ClipSet(folder, tuple(videos), clips))


def _read_table(path: Path) -> ClipSet:
    """Read `path,start_s,end_s,label,group,tracks,player`; only path and label are required.

    Paths may be relative to the table.
    """
    faults, rows, clips = Faults(), [], []
    try:
        with opened_text(path) as file:
            found = table_rows(file)[1]
            names = _names(next(found, (1, [""]))[1])
            for line, cells in found:
                with faults.gathered(f"line {line}"):
                    row = by_column(names, cells)
                    if not row.get("path") or not row.get("label"):
                        raise FormError("it needs a path and a label")
                    rows.append((line, row))
        labels, tracks = tuple(sorted({row["label"] for _, row in rows})), ClipTracks(path.parent)
        for line, row in rows:
            with faults.gathered(f"line {line}"):
                clips.append(_table_clip(line, row, labels, tracks, path.parent))
        faults.check()
    except (OSError, FormError) as error:
        raise DataError(f"Cannot read {path}: {why(error)}.") from error
    _warn_of_repeats(path, rows, clips)
    return checked(ClipSet(path, labels, tuple(clips)))


def _warn_of_repeats(
    path: Path, rows: Iterable[tuple[int, Mapping[str, str]]], clips: Iterable[LabelledClip]
) -> None:
    """Warn of clips that are there twice, and so count twice, or that have several labels."""
    seen: dict[tuple[object, ...], dict[str, int]] = defaultdict(dict)
    twice, torn = [], []
    for (line, row), clip in zip(rows, clips, strict=True):
        lines = seen[normpath(clip.path), clip.start, clip.end, row.get("tracks"), row.get("player")]
        label = row["label"]
        if label in lines:
            twice.append(f"lines {lines[label]} and {line}")
        elif lines:
            other, first = next(iter(lines.items()))
            torn.append(f"lines {first} ({other}) and {line} ({label})")
        lines.setdefault(label, line)
    for what, found in (("are the same", twice), ("have two labels, and a model learns both", torn)):
        if found:
            more = f" and {len(found) - 1} more" if found[1:] else ""
            log.warning("%s: clips that %s: %s%s.", path.name, what, found[0], more)


def _names(header: Sequence[str]) -> list[str]:
    """Return the names of the columns; FormError where some are missing or there twice."""
    names = _columns(header)
    if not {"path", "label"} <= set(names):
        raise FormError("its header needs at least the columns path and label")
    if twice := [name for name in names if name and names.count(name) > 1]:
        raise FormError(f"two columns are called {twice[0]!r}")
    return names


def _columns(cells: Sequence[str]) -> list[str]:
    return ["_".join(name.lower().split()) for name in cells]


def _table_clip(
    line: int, row: Mapping[str, str], labels: Sequence[str], tracks: ClipTracks, folder: Path
) -> LabelledClip:
    video = folder / row["path"]
    try:
        start, end = _seconds(row.get("start_s")) or 0.0, _seconds(row.get("end_s"))
        track, tracked = tracks.of(video, row.get("tracks", ""), row.get("player", ""))
    except (ValueError, BballTagError) as error:
        raise FormError(str(error).removesuffix(".")) from error
    if end is not None and end <= start:
        raise FormError("the clip ends before it starts")
    if tracked:
        tracked.spans.append((start, tracked.video.info.duration if end is None else end))
    group = row.get("group") or (f"{video.stem}@{start:g}" if row.get("start_s") else base_id(video.stem))
    return LabelledClip(f"{line}", video, labels.index(row["label"]), group, start, end, track, tracked)


def _seconds(text: str | None) -> float | None:
    """Return a time in seconds; frames make no sense here, as the rate of each video differs."""
    if not text:
        return None
    if text.endswith("f"):
        raise ValueError(f"write {text!r} in seconds")
    return parse_time(text, Fraction(1))


def _plain(label: str) -> str:
    """Return a label without capitals and further spaces."""
    return " ".join(label.casefold().split())


def checked(clipset: ClipSet) -> ClipSet:
    """Return a set that a checkpoint can be trained on; labels that are nearly alike are warned of.

    Raises:
        DataError: Its clips have fewer than two labels.
    """
    filled = [label for label, count in clipset.counts.items() if count]
    if len(filled) < 2:
        raise DataError(
            f"Cannot use the clips in {clipset.source}: they have {len(filled)} labels, not two or more. "
            "Expected examples/*.mp4 with annotation_dict.json, a folder for each label, a CSV file of "
            "spans, or timelines of games."
        )
    plain = Counter(map(_plain, filled))
    alike = [label for label in filled if plain[_plain(label)] > 1]
    if alike:
        log.warning(
            "%s: the labels %s differ in capitals or spaces alone, and are different labels to the model.",
            clipset.source,
            ", ".join(map(repr, alike)),
        )
    return clipset
