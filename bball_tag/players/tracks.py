"""Tracks of players: who was where, frame by frame, as MOTChallenge files hold them."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TextIO

import numpy as np

from bball_tag.errors import TracksError
from bball_tag.files import why
from bball_tag.players.crop import Box

_MAX_GAP_S = 0.5
"""A track is broken where its player is not seen for longer, in seconds."""
_MAX_JUMP = 1.0
"""A box whose centre moves by more than this many of its heights between two rows has changed person."""


@dataclass(frozen=True, slots=True)
class Track:
    """One player's boxes over time."""

    id: str
    times: np.ndarray
    """Seconds from the first frame, ascending: float64 array of shape (N,)."""
    boxes: np.ndarray
    """left, top, width, height in pixels of the upright frame: float64 array of shape (N, 4)."""

    def box_at(self, time: float) -> Box:
        """Return the box at `time`, between two known ones on the straight line from one to the other."""
        after = int(self.times.searchsorted(time, "right"))
        if not 0 < after < len(self.times):
            return Box(*self.boxes[min(after, len(self.times) - 1)].tolist())
        (begin, end), (first, second) = self.times[after - 1 : after + 1], self.boxes[after - 1 : after + 1]
        return Box(*((second - first) / (end - begin) * (time - begin) + first).tolist())

    def stretches(self) -> list[tuple[float, float]]:
        """Return the spans [start, end), in seconds, over which this is one person seen without a break.

        A track is broken where it has a gap or jumps; each span ends one frame after its last box.
        """
        if not len(self.times):
            return []
        steps = np.diff(self.times)
        step = float(np.median(steps)) if len(steps) else 0.0
        centres = self.boxes[:, :2] + self.boxes[:, 2:] / 2
        moved = np.hypot(*np.diff(centres, axis=0).T) / np.minimum(self.boxes[1:, 3], self.boxes[:-1, 3])
        breaks = np.flatnonzero((steps > max(_MAX_GAP_S, 1.5 * step)) | (moved > _MAX_JUMP)) + 1
        edges = [0, *breaks.tolist(), len(self.times)]
        return [
            (float(self.times[first]), float(self.times[stop - 1]) + step) for first, stop in pairwise(edges)
        ]


def read_mot(path: Path, fps: Fraction) -> list[Track]:
    """Read a MOTChallenge file: `frame,id,left,top,width,height[,confidence,…]`, frames from 1.

    Args:
        path: A CSV file; a header row is skipped.
        fps: Frames per second of the video that the frame numbers belong to.

    Returns:
        The tracks, in order of id.

    Raises:
        TracksError: The file cannot be read, a row is invalid (named by its line), or there is none.
    """
    rows: dict[str, dict[int, tuple[float, ...]]] = defaultdict(dict)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for number, row in enumerate(csv.reader(file), start=1):
                if not row or (number == 1 and row[0].strip().lower() in ("frame", "frame_id")):
                    continue
                frame, track, box = _mot_row(row, path, number)
                rows[track][frame] = box
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TracksError(f"Cannot read tracks from {path}: {why(error)}.") from error
    if not rows:
        raise TracksError(f"Cannot read tracks from {path}: it has no rows.")
    tracks = []
    for track in sorted(rows, key=_natural):
        frames = sorted(rows[track])
        times = np.array([float((frame - 1) / fps) for frame in frames])
        tracks.append(Track(track, times, np.array([rows[track][frame] for frame in frames])))
    return tracks


def write_mot(tracks: Iterable[Track], fps: Fraction, file: TextIO) -> None:
    """Write tracks in MOTChallenge form, ordered by frame (from 1), then id."""
    rows = [
        (round(Fraction(float(time)).limit_denominator(1_000_000) * fps) + 1, track.id, box)
        for track in tracks
        for time, box in zip(track.times.tolist(), track.boxes.tolist(), strict=True)
    ]
    for frame, track_id, box in sorted(rows, key=lambda row: (row[0], _natural(row[1]))):
        file.write(f"{frame},{track_id},{','.join(f'{side:.1f}' for side in box)},1,-1,-1,-1\n")


def _mot_row(row: list[str], path: Path, number: int) -> tuple[int, str, tuple[float, ...]]:
    try:
        frame, track = int(float(row[0])), row[1].strip()
        box = tuple(float(cell) for cell in row[2:6])
    except (ValueError, IndexError, OverflowError) as error:
        raise TracksError(
            f"Cannot read tracks from {path}, line {number}: {','.join(row)[:60]!r} is not "
            "frame,id,left,top,width,height (MOTChallenge form)."
        ) from error
    track = track.removesuffix(".0") if track.replace(".", "", 1).isdigit() else track
    if frame < 1 or len(box) != 4 or not np.isfinite(box).all() or box[2] <= 0 or box[3] <= 0:
        raise TracksError(
            f"Cannot read tracks from {path}, line {number}: frames count from 1, and a box has a "
            "positive width and height."
        )
    return frame, track, box


def _natural(track: str) -> tuple[int, str]:
    """Sort 2 before 10, and names after numbers."""
    return (int(track), "") if track.isdigit() else (1 << 62, track)
