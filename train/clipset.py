"""Read labelled clips: SpaceJam layout, a folder for each label, or a table of spans in videos."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from bball_tag.errors import BballTagError, DataError, VideoError
from bball_tag.files import why
from bball_tag.labels import SPACEJAM_LABELS
from bball_tag.players.track_files import check_fits, read_tracks
from bball_tag.players.tracks import Track
from bball_tag.timecode import parse_time
from bball_tag.video.video import Video

SPACEJAM_FPS = 25.0
"""SpaceJam's files say 10 frames a second; the motion in them says 25."""
TEST_LIST = "testset_keys_1lug2020.txt"
"""Name of the test list that SpaceJam's authors published."""
_DISCARD = "discard"
_SUFFIXES = {".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".ts"}
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
    others: tuple[Track, ...] = field(default=(), compare=False, repr=False)
    """All who are tracked in that video."""
    folder: Path | None = field(default=None, compare=False)
    """Where files beside the clip may lie: see `train.side_inputs`; None where there are none."""


@dataclass(frozen=True, slots=True)
class ClipSet:
    """Labelled clips and the names of their labels."""

    source: Path
    labels: tuple[str, ...]
    clips: tuple[LabelledClip, ...]
    true_fps: float | None = None
    """Frames per second of the clips where their containers are known to be wrong."""

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

        Raises:
            DataError: A label of a clip is not among them.
        """
        unknown = [label for label, count in self.counts.items() if count and label not in labels]
        if unknown:
            raise DataError(
                f"{self.source} has clips of {unknown[0]!r}, which is not a label of the checkpoint. "
                f"Its labels: {', '.join(labels)}."
            )
        clips = (replace(clip, label=labels.index(self.labels[clip.label])) for clip in self.clips)
        return replace(self, labels=tuple(labels), clips=tuple(clips))


def base_id(key: str) -> str:
    """Return the key of the clip that `key` is a mirrored, turned or shifted copy of."""
    return _COPY.sub("", key)


def read_clipset(source: Path) -> ClipSet:
    """Read labelled clips in whichever layout `source` has.

    Raises:
        DataError: It has none of the three, or contradicts itself.
    """
    if source.is_file() and source.suffix.lower() == ".csv":
        return _read_table(source)
    if not source.is_dir():
        raise DataError(f"Cannot read clips from {source}: there is no such folder or CSV file.")
    if (source / "annotation_dict.json").exists():
        return _read_spacejam(source)
    return _read_folders(source)


def _read_spacejam(folder: Path) -> ClipSet:
    """Read `annotation_dict.json` {key: id}, `examples/KEY.mp4`, perhaps `labels_dict.json` {id: name}."""
    ids: dict[str, int] = _read_json(folder / "annotation_dict.json")
    for key, number in ids.items():
        if not isinstance(number, int):
            raise DataError(
                f"Cannot read clips from {folder}: annotation_dict.json must give a label id for each clip, "
                f"and gives {number!r} for {key}."
            )
    names = dict(enumerate(SPACEJAM_LABELS))
    if (folder / "labels_dict.json").exists():
        stored: dict[str, str] = _read_json(folder / "labels_dict.json")
        try:
            names = {int(number): str(name) for number, name in stored.items() if name != _DISCARD}
        except ValueError as error:
            raise DataError(
                f"Cannot read {folder / 'labels_dict.json'}: a label id is not a number."
            ) from error
    used = [number for number in sorted(names) if number in set(ids.values())]
    indices = {number: index for index, number in enumerate(used)}
    unknown = sorted(
        {number for number in ids.values() if number not in names and number != len(SPACEJAM_LABELS)}
    )
    if unknown:
        raise DataError(
            f"Cannot read clips from {folder}: annotation_dict.json uses the unknown label ids {unknown}."
        )
    clips = tuple(
        LabelledClip(key, folder / "examples" / f"{key}.mp4", indices[number], base_id(key), folder=folder)
        for key, number in sorted(ids.items())
        if number in indices
    )
    labels = tuple(names[number] for number in used)
    return _checked(ClipSet(folder, labels, clips, SPACEJAM_FPS))


def _read_folders(folder: Path) -> ClipSet:
    labels = sorted(
        child.name for child in folder.iterdir() if child.is_dir() and not child.name.startswith(".")
    )
    clips = tuple(
        LabelledClip(f"{label}/{path.stem}", path, index, base_id(path.stem))
        for index, label in enumerate(labels)
        for path in sorted((folder / label).iterdir())
        if path.suffix.lower() in _SUFFIXES
    )
    return _checked(ClipSet(folder, tuple(labels), clips))


def _read_table(path: Path) -> ClipSet:
    """Read `path,start_s,end_s,label,group,tracks,player`; only path and label are required.

    Paths may be relative to the table.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"Cannot read {path}: {why(error)}.") from error
    if not rows or not {"path", "label"} <= set(rows[0]):
        raise DataError(
            f"Cannot read clips from {path}: its header needs at least the columns path and label."
        )
    for number, row in enumerate(rows, start=2):
        if not row["path"] or not (row["label"] or "").strip():
            raise DataError(f"Cannot read {path}, line {number}: it needs a path and a label.")
    labels = tuple(sorted({row["label"].strip() for row in rows}))
    clips, players = [], _Players(path.parent)
    for number, row in enumerate(rows, start=2):
        video = path.parent / row["path"]
        try:
            start = _seconds(row.get("start_s")) or 0.0
            end = _seconds(row.get("end_s"))
            track, others = players.track(video, row.get("tracks") or "", row.get("player") or "")
        except (ValueError, BballTagError) as error:
            raise DataError(f"Cannot read {path}, line {number}: {error}") from error
        if end is not None and end <= start:
            raise DataError(f"Cannot read {path}, line {number}: the clip ends before it starts.")
        group = row.get("group") or (f"{video.stem}@{start:g}" if row.get("start_s") else base_id(video.stem))
        label = labels.index(row["label"].strip())
        clips.append(LabelledClip(f"{number}", video, label, group, start, end, track, others))
    return _checked(ClipSet(path, labels, tuple(clips)))


class _Players:
    """The tracks that a table names, each file read once for a video."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[Path, str], dict[str, Track]] = {}

    def track(self, video: Path, name: str, player: str) -> tuple[Track | None, tuple[Track, ...]]:
        """Return the track of a player of `video` in the file `name`, None where neither is named, and all.

        Raises:
            ValueError: Only one of them is named, or there is no such player.
            TracksError: The file cannot be read, or belongs to another video.
        """
        name, player = name.strip(), player.strip()
        if not name and not player:
            return None, ()
        if not name or not player:
            raise ValueError("tracks and player go together: name both, or neither.")
        if (video, name) not in self._known:
            self._known[video, name] = {track.id: track for track in self._read(video, self._folder / name)}
        tracks = self._known[video, name]
        if tracks and player not in tracks:
            raise ValueError(f"there is no player {player!r} in {name}. There are: {', '.join(tracks)}.")
        return tracks.get(player), tuple(tracks.values())

    def _read(self, video: Path, path: Path) -> list[Track]:
        try:
            info = Video(video).info
        except VideoError:
            # It is named later, together with all other clips that cannot be used.
            return []
        tracks = read_tracks(path, info.fps)
        check_fits(tracks, info)
        # Who is labelled counts, whatever the file takes them for.
        return [replace(track, role="player") for track in tracks]


def _seconds(text: str | None) -> float | None:
    """Return a time in seconds; frames make no sense here, as the rate of each video differs."""
    if not text:
        return None
    if text.endswith("f"):
        raise ValueError(f"write {text!r} in seconds")
    return parse_time(text, Fraction(1))


def _checked(clipset: ClipSet) -> ClipSet:
    filled = [label for label, count in clipset.counts.items() if count]
    if len(filled) < 2:
        raise DataError(
            f"Cannot use the clips in {clipset.source}: they have {len(filled)} labels, not two or more. "
            "Expected examples/*.mp4 with annotation_dict.json, a folder for each label, or a CSV file."
        )
    return clipset


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"Cannot read {path}: {why(error)}.") from error
    if not isinstance(content, dict):
        raise DataError(f"Cannot read {path}: it is not a JSON object of keys and values.")
    return content
