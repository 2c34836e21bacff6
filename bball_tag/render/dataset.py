"""Cut events into labelled clips of single players, in SpaceJam's layout, to train the next checkpoint."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bball_tag.errors import BballTagError
from bball_tag.faults import FormError, shown
from bball_tag.files import make_folder, safe_name, why, write_text
from bball_tag.json_files import as_object, as_text, as_whole, load_json
from bball_tag.labels import SPACEJAM_LABELS
from bball_tag.learning.judged import BACKGROUND
from bball_tag.players.crop import crop_box
from bball_tag.players.tracks import Track
from bball_tag.timelines.cut import side_by_side
from bball_tag.timelines.silence import silent_clips
from bball_tag.video.video import Video
from bball_tag.video.writer import write_images

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation

FRAMES, FPS = 16, 25
"""Frames of a clip that are labelled, and their rate per second."""
HEIGHT, WIDTH = 176, 128
"""Size of a clip, in pixels."""
_DISCARDED = len(SPACEJAM_LABELS)
"""What SpaceJam's last id means; those of other labels come after it."""


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """What was cut, and what could not be."""

    num_clips: dict[str, int]
    """Clips of each label."""
    num_skipped: int
    """Events without a clip, as their player is not in the frame all the time."""


@dataclass(slots=True)
class _Clip:
    """A clip that is being gathered."""

    key: str
    label: str
    track: Track
    first: int
    """Index of its first frame, at `FPS`."""
    length: int
    """Frames that it shall have."""
    crops: list[np.ndarray] = field(default_factory=list)


def label_ids(labels: Sequence[str], known: Mapping[str, int]) -> dict[str, int]:
    """Return `known` and an id for each other label: SpaceJam's own where it is free, else the next one."""
    ids = dict(known)
    for label in labels:
        if label not in ids:
            taken = [_DISCARDED, *ids.values()]
            own = SPACEJAM_LABELS.index(label) if label in SPACEJAM_LABELS else _DISCARDED
            ids[label] = max(taken) + 1 if own in taken else own
    return ids


def write_dataset(
    video: Video,
    annotation: Annotation,
    folder: Path,
    *,
    overwrite: bool,
    padding: float = 0.0,
    silent: Annotation | None = None,
    on_progress: Callable[[float], None] = lambda done: None,
) -> DatasetReport:
    """Write events as clips of players: `examples/KEY.mp4`, `annotation_dict.json`, `labels_dict.json`.

    An event gives as many clips as fit into it side by side, a short one a single clip round its middle.
    Where a person looked and nobody does anything, clips of `no_action` are cut in the same way.
    Clips of an earlier video in the same folder are kept, so that several videos make one dataset.

    Args:
        video: What to read.
        annotation: The events and the tracks.
        folder: Where to write; made if it is missing.
        overwrite: Whether clips of the same keys may be replaced.
        padding: Seconds of video before and after the labelled frames, as `bball-tag train --context` needs.
        silent: All events of the video, with what was reviewed, so that silence is known; None cuts none.
        on_progress: Gets the seconds of video done.

    Raises:
        BballTagError: There are no tracks, no player of an event has one, or a file cannot be written.
    """
    clips, num_skipped = _plan(video, annotation, silent, round(padding * FPS))
    stored, known = stored_clips(folder)
    labels = annotation.all_labels()
    ids = label_ids([*labels, *sorted({clip.label for clip in clips} - set(labels))], stored)
    if not overwrite and (twice := sorted(clip.key for clip in clips if clip.key in known)):
        raise BballTagError(f"{folder} already has the clip {twice[0]}. Pass --overwrite to replace it.")
    make_folder(folder / "examples")
    written: Counter[str] = Counter()
    for clip in _gathered(video, clips, on_progress):
        path = folder / "examples" / f"{clip.key}.mp4"
        write_images(path, clip.crops, FPS, crf=17, preset="veryfast")
        known[clip.key] = ids[clip.label]
        written[clip.label] += 1
    _write_json(folder / "annotation_dict.json", known)
    names = sorted(ids.items(), key=lambda item: item[1])
    _write_json(folder / "labels_dict.json", {str(number): label for label, number in names})
    return DatasetReport(dict(written), num_skipped)


def _plan(
    video: Video, annotation: Annotation, silent: Annotation | None, padding: int
) -> tuple[list[_Clip], int]:
    """Return the clips to cut, in the order of the video, and the number of events that give none."""
    tracks = {track.id: track for track in annotation.tracks}
    if not tracks:
        raise BballTagError("Training clips show single players: give the players' boxes with --tracks FILE.")
    stem, names = safe_name(video.path.stem) or "video", _file_names(list(tracks))
    clips: dict[str, _Clip] = {}
    num_skipped = 0

    def add(track: Track | None, firsts: Iterable[int], label: str) -> bool:
        """Plan those of the clips that can be cut; return whether there is one."""
        length = FRAMES + 2 * padding
        seen = [first for first in firsts if track and _is_seen(track, first - padding, length)]
        for first in seen:
            assert track is not None
            key = f"{stem}_{names[track.id]}_{first:07d}"
            # Of two events of a player at the same moment the first counts.
            clips.setdefault(key, _Clip(key, label, track, first - padding, length))
        return bool(seen)

    for event in annotation.events:
        firsts = side_by_side(round(event.start * FPS), round(event.end * FPS), FRAMES)
        num_skipped += not add(tracks.get(event.player), firsts, event.label)
    for track, first in silent_clips(silent, FRAMES, FPS) if silent else ():
        add(track, (first,), BACKGROUND)
    if not clips:
        raise BballTagError(
            "No event has a player whose track covers it: the players of the events and the ids of the "
            "tracks must be the same."
        )
    return sorted(clips.values(), key=lambda clip: clip.first), num_skipped


def _file_names(players: Sequence[str]) -> dict[str, str]:
    """Return each player's name as a part of file names, told apart also where case does not matter."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for player in players:
        name = safe_name(player)
        free = (name if number == 1 else f"{name}-{number}" for number in itertools.count(1))
        names[player] = next(each for each in free if each.lower() not in taken)
        taken.add(names[player].lower())
    return names


def _is_seen(track: Track, first: int, length: int) -> bool:
    begin, last = first / FPS, (first + length - 1) / FPS
    return first >= 0 and any(start <= begin + 1e-6 and last < end for start, end in track.stretches())


def _gathered(video: Video, clips: list[_Clip], on_progress: Callable[[float], None]) -> Iterator[_Clip]:
    """Read the video once and yield each clip when it has all its crops."""
    waiting = clips[::-1]
    begun: list[_Clip] = []
    start = clips[0].first / FPS
    end = max(clip.first + clip.length for clip in clips)
    for frame in video.frames(FPS, start, end / FPS):
        while waiting and waiting[-1].first <= frame.index:
            begun.append(waiting.pop())
        for clip in begun:
            box = clip.track.box_at(frame.time)
            clip.crops.append(crop_box(frame.image, box, height=HEIGHT, width=WIDTH))
        yield from (clip for clip in begun if len(clip.crops) == clip.length)
        begun = [clip for clip in begun if len(clip.crops) < clip.length]
        on_progress(frame.time - start)


def stored_clips(folder: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Return the ids of the labels that `folder` already has, and those of its clips.

    Raises:
        BballTagError: What lies there is not in SpaceJam's layout.
    """
    clips_path, labels_path = folder / "annotation_dict.json", folder / "labels_dict.json"
    if not clips_path.exists():
        return {}, {}
    try:
        known = {key: as_whole(number) for key, number in as_object(load_json(clips_path)).items()}
        names = {as_text(name): _id(number) for number, name in as_object(load_json(labels_path)).items()}
        if unknown := sorted(set(known.values()) - {*names.values(), _DISCARDED}):
            raise FormError(f"{labels_path.name} has no label {shown(unknown)}")
        return names, known
    except (OSError, FormError) as error:
        raise BballTagError(
            f"Cannot add to the clips in {folder}: {why(error)}. Choose an empty folder."
        ) from error


def _id(number: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", number):
        raise FormError(f"{shown(number)} is not the id of a label")
    return int(number)


def _write_json(path: Path, content: dict[str, int] | dict[str, str]) -> None:
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
