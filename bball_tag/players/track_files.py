"""Files of tracks: MOTChallenge, whose rows have frame numbers, and a CSV whose rows have times."""

from __future__ import annotations

import csv
import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import dropwhile
from pathlib import Path
from typing import Literal, TextIO

import numpy as np

from bball_tag.backups import replacing_edited
from bball_tag.errors import TracksError
from bball_tag.faults import FormError
from bball_tag.files import why
from bball_tag.players.track_table import BOX, FACTS, FORMS, MOVE, TrackTable
from bball_tag.players.tracks import Track
from bball_tag.text_files import opened_text, shows_number, table_rows
from bball_tag.timecode import format_time, frame_at
from bball_tag.video.frame_times import FrameTimes
from bball_tag.video.info import END_TOLERANCE_S, VideoInfo

log = logging.getLogger("bball_tag")
TracksFormat = Literal["csv", "mot"]
_MOST_BYTES = 256 << 20
"""Some 20 people in every frame of two hours."""
_NAMES: Mapping[str, Sequence[str]] = {
    "time_s": ("time_s",),
    "frame": ("frame", "frame_id", "frame_number"),
    "player": ("player", "id", "track", "track_id", "tracker_id", "player_id"),
    "left": ("left", "bb_left", "bbox_left", "x"),
    "top": ("top", "bb_top", "bbox_top", "y"),
    "width": ("width", "bb_width", "bbox_width", "w"),
    "height": ("height", "bb_height", "bbox_height", "h"),
    **{name: (name,) for name in (*FACTS, *MOVE)},
}
"""What a header may call each column: the first of the names that is there."""
_MOT = {name: index for index, name in enumerate(("frame", "player", *BOX))}
"""Where MOTChallenge has its columns; those after them are not read."""
_MOST_OUTSIDE, _MOST_LATE = 0.2, 0.5
"""Fractions of boxes, outside of the frame and after the end, above which tracks are those of another video.
Trackers follow a player a little beyond the edge; a part of a video may be tried with the tracks of all."""
_SHARES = 2.0
"""Boxes that lie in one corner of this many pixels are none: many programs write shares of the frame."""
_SAME_SHAPE = 1.01
"""Two sizes of one video have the same proportions, but for sides that are rounded to even numbers."""
_MANY_BOXES, _CORNER = 1000, 0.67
"""Boxes, at least, that may be of a smaller copy if they leave the lower and right third of frames empty."""
_MOST_NAMED = 12


def read_tracks(path: Path, fps: Fraction, times: FrameTimes | None = None) -> list[Track]:
    """Read tracks from a file whose cells are separated by commas, semicolons, tabs or spaces.

    MOTChallenge has `frame,id,left,top,width,height[,confidence,…]`, frames from 1, a header or none. With
    times, there is a header with `time_s,player,left,top,width,height` and perhaps `team`, `role`,
    `sureness`, `move_x`, `move_y`. With a header columns may be in any order; rows may be so always.

    Args:
        path: The file.
        fps: Frames per second of the video that frame numbers belong to; 0 if it is unknown.
        times: When each of its frames is shown, where the rate varies.

    Returns:
        The tracks, in order of id.

    Raises:
        TracksError: The file cannot be read, there is no row, or rows are invalid (all named by their lines).
    """
    try:
        with opened_text(path, _MOST_BYTES) as file:
            table = _read_table(file, fps, times)
        tracks = table.tracks()
        if not tracks:
            raise FormError(
                f"detections without identities: the id of all {table.num_nameless} boxes is -1. Give the "
                "file that a tracker made of them; without tracks, players are found and followed here"
                if table.num_nameless
                else "it has no rows"
            )
    except (OSError, FormError) as error:
        text = why(error)
        place = f", {text}" if text.startswith("line ") else f": {text}"
        raise TracksError(f"Cannot read tracks from {path}{place}.") from error
    if table.num_nameless:
        log.warning("%s: %d boxes of nobody (id -1) were left out.", path.name, table.num_nameless)
    return [tracks[player] for player in sorted(tracks, key=_natural)]


def _read_table(file: TextIO, fps: Fraction, times: FrameTimes | None) -> TrackTable:
    divider, found = table_rows(file, or_spaces=True)
    # Comments may stand at the top.
    rows = dropwhile(lambda row: row[1][0].startswith("#"), found)
    line, first = next(rows, (0, [""]))
    if not line:
        raise FormError("it has no rows")
    has_header = not shows_number(first[0])
    columns = _columns(first, line) if has_header else _MOT
    table = TrackTable(columns, fps, times, comma=divider != ",")
    if not has_header:
        table.add(line, first)
    for line, row in rows:
        table.add(line, row)
    return table


def _columns(header: Sequence[str], line: int) -> Mapping[str, int]:
    """Return the index of each column whose name is known."""
    names = ["_".join(name.lower().split()) for name in header]
    columns = {
        column: names.index(name)
        for column, known in _NAMES.items()
        if (name := next((name for name in known if name in names), ""))
    }
    if not {"player", *BOX} <= columns.keys() or not {"time_s", "frame"} & columns.keys():
        raise FormError(f"line {line}: {','.join(header)[:60]!r} is not {FORMS}")
    for index in columns.values():
        if names.count(names[index]) > 1:
            raise FormError(f"line {line}: two columns are called {names[index]!r}")
    return columns


def check_fits(tracks: Sequence[Track], info: VideoInfo, *, ours: bool = False) -> None:
    """Warn of boxes that lie outside of the frame or after the end of a video; refuse many.

    Args:
        tracks: The boxes.
        info: The video.
        ours: Whether they come from a file or store of bball-tag, and so are in pixels of what is shown.

    Raises:
        TracksError: A large part of the boxes does, so that these are the tracks of another video; or all of
            them are smaller than a pixel.
    """
    boxes = np.concatenate([track.boxes for track in tracks]) if tracks else np.zeros((0, 4))
    times = np.concatenate([track.times for track in tracks]) if tracks else np.zeros(0)
    owners = np.repeat(np.arange(len(tracks)), [len(track.times) for track in tracks])
    left, top, width, height = boxes.T
    outside = (left >= (info.width or math.inf)) | (top >= (info.height or math.inf))
    outside |= (left + width <= 0) | (top + height <= 0)
    late = times > (info.duration or math.inf) + END_TOLERANCE_S
    if boxes.size and boxes.max() <= _SHARES and info.width:
        raise TracksError(
            f"The boxes are no pixels of {info.name}: no number is above {boxes.max():g}. If they are shares "
            f"of the frame, multiply left and width by {info.width}, top and height by {info.height}."
        )
    if boxes.size and not ours:
        _warn_of_pixels(left + width, info)
        if info.width and info.height:
            _warn_of_size(boxes, info)
    frame = f"outside of the frame, which is {info.width}x{info.height}"
    end = f"after the end, which is at {format_time(info.duration)}"
    for wrong, where, most in ((outside, frame, _MOST_OUTSIDE), (late, end, _MOST_LATE)):
        if not wrong.any():
            continue
        first = int(np.flatnonzero(wrong)[times[wrong].argmin()])
        box = ", ".join(f"{side:g}" for side in boxes[first].round(1).tolist())
        counts = np.bincount(owners, minlength=len(tracks))
        all_wrong = (counts > 0) & (np.bincount(owners, wrong, len(tracks)) == counts)
        never = [track.id for track, is_wrong in zip(tracks, all_wrong, strict=True) if is_wrong]
        message = (
            f"boxes {where}: {wrong.sum()} of {len(boxes)}. The first is that of player "
            f"{tracks[owners[first]].id} at {format_time(float(times[first]))} "
            f"(left, top, width, height: {box})."
        )
        if never:
            more = " …" if len(never) > _MOST_NAMED else ""
            message += f" All boxes lie there of: {', '.join(never[:_MOST_NAMED])}{more}."
        if wrong.mean() > most:
            raise TracksError(f"These are not the tracks of {info.name}: {message}")
        log.warning("%s: %s", info.name, message)


def in_pixels_of(video: VideoInfo, tracks: Sequence[Track], stated: VideoInfo) -> Sequence[Track]:
    """Return tracks in the pixels of a video, if they are in those of a copy of another size.

    Of a copy with other proportions nothing says what lies where: a warning, and no tracks.

    Args:
        video: Where the boxes are wanted.
        tracks: The boxes.
        stated: What they say of the video in whose pixels they are; a width or height of 0 is unknown.
    """
    sizes = (stated.width, stated.height), (video.width, video.height)
    if not tracks or sizes[0] == sizes[1] or not all((*sizes[0], *sizes[1])):
        return tracks
    across, down = video.width / stated.width, video.height / stated.height
    if max(across, down) > _SAME_SHAPE * min(across, down):
        log.warning(
            "%s has %dx%d pixels, and the boxes are in those of a video of %dx%d, which is not a copy of the "
            "same shape: they are left out. Use the video that they were found in, annotate this one, or "
            "give boxes with --tracks.",
            *(video.name, *sizes[1], *sizes[0]),
        )
        return []
    log.info("%s: boxes in pixels of %dx%d are brought to %dx%d.", video.name, *sizes[0], *sizes[1])
    scale = np.array([across, down, across, down])
    return [replace(track, boxes=track.boxes * scale) for track in tracks]


def _warn_of_size(boxes: np.ndarray, info: VideoInfo) -> None:
    """Warn where boxes may be in the pixels of a smaller copy."""
    ends = (boxes[:, :2] + boxes[:, 2:]) / (info.width, info.height)
    far = float(ends.max())
    if len(boxes) >= _MANY_BOXES and far <= _CORNER:
        log.warning(
            "%s: all boxes lie in the upper left %.0f %% of its width and height. If they were found in a "
            "smaller copy of the video, multiply left, top, width and height by how many times it is larger.",
            *(info.name, 100 * far),
        )


def _warn_of_pixels(rights: np.ndarray, info: VideoInfo) -> None:
    """Warn where boxes may be in the pixels of frames as they are stored, which are not square."""
    stored = info.stored_width
    # Whoever follows a player beyond that edge knows more than the stored frame.
    if stored and rights.max(initial=0) <= stored < info.width:
        log.warning(
            "%s: its pixels are not square: frames are stored as %dx%d and shown as %dx%d. Boxes are taken "
            "in pixels of what is shown. If they were found in stored frames, as by OpenCV, multiply left "
            "and width by %.5g.",
            *(info.name, stored, info.height, info.width, info.height, info.width / stored),
        )


def write_tracks(
    tracks: Sequence[Track],
    path: Path,
    fps: Fraction,
    format: TracksFormat | None = None,
    times: FrameTimes | None = None,
) -> None:
    """Write a file of tracks, whole or not at all; what a person edited there is kept beside it.

    Args:
        tracks: What is written.
        path: Where to; without `format` the suffix .txt is MOTChallenge, and any other is CSV with times.
        fps: Frames per second of the video, for the frame numbers of MOTChallenge.
        format: `csv` or `mot`.
        times: When each frame is shown, where the rate varies.

    Raises:
        BballTagError: The file cannot be written.
    """
    form = format or ("mot" if path.suffix.lower() == ".txt" else "csv")
    with replacing_edited(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        if form == "mot":
            write_mot(tracks, fps, file, times)
        else:
            write_timed(tracks, file)


def write_timed(tracks: Sequence[Track], file: TextIO) -> None:
    """Write tracks as CSV with times (µs) and boxes (1/100 pixel), ordered by time, then id.

    The columns of sureness and of moves are there if any track has them.
    """
    has_sureness = any(track.sureness is not None for track in tracks)
    has_moves = any(track.moves is not None for track in tracks)
    writer = csv.writer(file, lineterminator="\n")
    names = ["time_s", "player", *BOX, "team", "role", *["sureness"] * has_sureness, *MOVE * has_moves]
    writer.writerow(names)
    rows = []
    for track in tracks:
        facts = [track.team, track.role]
        if has_sureness:
            facts.append("" if track.sureness is None else f"{track.sureness:.3f}")
        unknown = [("", "")] * len(track.times)
        moves = unknown if track.moves is None else track.moves.round(3).tolist()
        order = _natural(track.id)
        for time, box, move in zip(
            track.times.round(6).tolist(), track.boxes.round(2).tolist(), moves, strict=True
        ):
            rows.append((time, order, [time, track.id, *box, *facts, *(move if has_moves else ())]))
    writer.writerows(row for _, _, row in sorted(rows, key=lambda row: row[:2]))


def write_mot(tracks: Iterable[Track], fps: Fraction, file: TextIO, times: FrameTimes | None = None) -> None:
    """Write tracks in MOTChallenge form, ordered by frame (from 1), then id."""
    rows: dict[tuple[int, str], list[float]] = {}
    for track in tracks:
        for time, box in zip(track.times.tolist(), track.boxes.tolist(), strict=True):
            frame = (times.frame_at(time) if times else frame_at(time, fps)) + 1
            # Of a video slower than the tracks, several times are one frame.
            rows.setdefault((frame, track.id), box)
    table = csv.writer(file, lineterminator="\n")
    for (frame, player), box in sorted(rows.items(), key=lambda row: (row[0][0], _natural(row[0][1]))):
        table.writerow([frame, player, *(f"{side:.1f}" for side in box), 1, -1, -1, -1])


def _natural(track: str) -> tuple[int, str]:
    """Sort 2 before 10, and names after numbers."""
    return (int(track), "") if track.isdecimal() and len(track) < 18 else (1 << 62, track)
