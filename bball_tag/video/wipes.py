"""Where a wipe leads from one shot to another: an edge, a graphic or a push that passes over the frame.

Places next to each other change at about the same time, and not all at once as at a cut. Each changes
suddenly, not gradually as in a dissolve. Before and after that it shows its shot, while a camera that moves
changes every place in every frame. A graphic covers each place before it shows the new shot. In a push, both
shots are there, side by side and shifted, and as sharp as ever, which they are not in a whip pan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.video.alignment import FastTurns
from bball_tag.video.place_changes import PLACE, Change, PlaceTable
from bball_tag.video.shot_frames import SAME_SCENE, joined

_RATE = 12.5
"""Frames a second that are looked at, about."""
_LENGTHS = 4, 5, 6, 7, 8, 10, 12, 14, 17, 20
"""Frames from one of the old shot to one of the new one that are tried."""
_LONGEST_S, _LONGEST_JOINED_S = 1.6, 1.9
"""How long these frames may take, in seconds, and two wipes with a graphic between them."""
_TALLEST = 48
"""Rows that are looked at; a vertical video has more, which tell no more of a wipe and take long."""
_MOST_AT_ONCE = 0.72
"""Largest part of a wipe's change from one frame to the next; a hard cut changes nearly all at once."""
_MOST_UNREST = 0.075
"""Mean change from frame to frame before the wipe, or after it, in parts of the shots' difference."""
_LEAST_PAIRS = 2
"""Pairs of frames that must show a wipe: what a single pair shows is chance."""
_EARLY = 15
"""Per cent of these pairs that may let it begin earlier, and end later, than is reported."""
_GRAPHIC_S = 0.48
"""Seconds that a graphic covers the frame for, at most."""
_MOST_AWAY_IN_PAN = 0.6
"""Distance of the frames of a whip pan from the two shots, laid side by side: 0.25 to 0.56 in 29 of them."""
_SHARP_PUSH = 0.76
"""How sharp the frames of a push stay, at least, against the parts of shots that they show: 0.7 or more in 95
of 100 pushes. In a whip pan from one place of a hall to another it is 0.36 to 0.72."""
_SLOW_PUSH = 0.035
"""Part of the way in a frame below which it is the camera that moves, and nothing that is pushed."""
_ENDS = 4
"""Per cent of the places that may change before a wipe's first frame, or after its last."""


def wipes_in(
    thumbnails: Sequence[np.ndarray], likeness: np.ndarray, fps: float, begin: int
) -> Iterator[tuple[int, int]]:
    """Yield the first and last instant of each wipe, counted from the first thumbnail; they overlap nowhere.

    Args:
        thumbnails: uint8 RGB arrays of one shape (h, 64, 3), `fps` of them a second.
        likeness: Correlation of each with each.
        begin: The video's instant of the first thumbnail: windows that overlap look at the same frames.
    """
    every = max(1, round(fps / _RATE))
    skipped, rate = -begin % every, fps / every
    shown = thumbnails[skipped::every]
    if len(shown) < _LENGTHS[0] or min(shown[0].shape[:2]) < PLACE:
        return
    frames, alike = np.stack([_lower(one) for one in shown]), likeness[skipped::every, skipped::every]
    wipes = _best(_candidates(frames, alike, rate))
    for first, last in joined(wipes, round(_GRAPHIC_S * rate), round(_LONGEST_JOINED_S * rate)):
        begins, ends = skipped + every * (first - 1) + 1, skipped + every * (last + 1) - 1
        yield max(begins, 0), min(ends, len(thumbnails) - 1)


def _lower(image: np.ndarray) -> np.ndarray:
    """Return an image of `_TALLEST` rows at most."""
    import cv2

    height, width = image.shape[:2]
    if height <= _TALLEST:
        return image
    size = max(round(width * _TALLEST / height), PLACE), _TALLEST
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _best(candidates: Iterable[tuple[float, int, int]]) -> list[tuple[int, int]]:
    """Gather what overlaps with the best candidates: from where to where most of it says the wipe lasts."""
    gathered: list[list[tuple[int, int]]] = []
    for _, first, last in sorted(candidates):
        for same in gathered:
            if first <= same[0][1] and last >= same[0][0]:
                same.append((first, last))
                break
        else:
            gathered.append([(first, last)])
    firm = [np.array(same) for same in gathered if len(same) >= _LEAST_PAIRS]
    return sorted(
        (int(np.percentile(same[:, 0], _EARLY)), int(np.ceil(np.percentile(same[:, 1], 100 - _EARLY))))
        for same in firm
    )


def _candidates(frames: np.ndarray, alike: np.ndarray, fps: float) -> Iterator[tuple[float, int, int]]:
    """Yield what may be a wipe: how badly it fits, first and last frame."""
    lengths = [length for length in _LENGTHS if length <= _LONGEST_S * fps]
    table = PlaceTable(frames, fps, max(_LENGTHS))
    turns = FastTurns(table.grey)
    moved = np.square(np.diff(table.grey, axis=0)).mean(axis=(1, 2))
    for length in lengths:
        for before in range(len(frames) - length):
            after = before + length
            steps = moved[before:after]
            if alike[before, after] >= SAME_SCENE or steps.max() > _MOST_AT_ONCE * steps.sum():
                continue
            change = table.change(before, after)
            if change is None or table.unrest(before, after) > _MOST_UNREST:
                continue
            if _pans(table, before, after):
                continue
            if _is_wipe(table, turns, change, before, after):
                begins, ends = np.percentile(change.leaves, _ENDS), np.percentile(change.enters, 100 - _ENDS)
                first, last = before + 1 + int(begins), before + int(ends)
                yield 0.02 * (last - first) - change.area, first, last


def _is_wipe(table: PlaceTable, turns: FastTurns, change: Change, before: int, after: int) -> bool:
    """Whether places change as in a wipe of some kind, and not as in a whip pan from one place to another."""
    suddenly = change.jumping >= 0.6
    if _is_sweep(table, change, before, after) if suddenly else _is_soft_edge(change):
        # A panel that flies by is shifted fast as well, but it is none of the two shots.
        away = _pushed(table.grey[before : after + 1]).away if turns.within(before, after) else 1.0
        if away > _MOST_AWAY_IN_PAN:
            return True
    return suddenly and _is_push(table, change, before, after)


def _pans(table: PlaceTable, before: int, after: int) -> bool:
    """Whether the camera moves so fast that its movement alone might fill the frame anew, or half of it."""
    drifts = np.abs([table.drift_before(before), table.drift_after(after)]).max(axis=0)
    height, width = table.grey.shape[1:]
    return bool((drifts * (after - before) > (0.5 * width, 0.5 * height)).any())


def _is_sweep(table: PlaceTable, change: Change, before: int, after: int) -> bool:
    """Whether an edge or a graphic passes over the places, and neither a cut nor a moving camera."""
    if change.at_once > _MOST_AT_ONCE:
        return False
    if not all(((each > 0.1) & (each < 0.9)).any() for each in change.shown):
        return False
    sharp = min(_sharpness(table.grey[before : after + 1], axis) for axis in (0, 1)) >= 0.72
    # A whip pan is blurred, and so may a graphic be; but only the pan takes all places at once.
    return (_is_graphic(change) and (sharp or change.at_once <= 0.5)) or (sharp and _is_edge(change))


def _is_edge(change: Change) -> bool:
    """Whether an edge, or a broad one with something in between, sweeps over the places."""
    if change.missed > 0.09 or change.restless > 0.045 or change.disorder > 0.5:
        return False
    narrow = change.sudden >= 0.86 and change.at_once <= 0.65
    broad = (
        change.at_once <= 0.33 and change.disorder <= 0.35 and change.restless <= 0.03 and change.area >= 0.6
    )
    return narrow or broad


def _is_soft_edge(change: Change) -> bool:
    """Whether places change without a jump, but in so clear an order as only an edge brings about."""
    in_order = change.disorder <= 0.1 and change.at_once <= 0.33
    return in_order and change.missed <= 0.04 and change.restless <= 0.03 and change.area >= 0.6


def _is_graphic(change: Change) -> bool:
    """Whether a graphic covers everything, after it has come and before it goes."""
    old, new = change.shown
    covered = float((old + new).min()) <= 0.11
    well = change.missed <= 0.046 and change.restless <= 0.045 and change.jumping >= 0.85
    return covered and well and change.sudden <= 0.62


def _is_push(table: PlaceTable, change: Change, before: int, after: int) -> bool:
    """Whether one shot pushes the other out of the frame: sharp, in one direction, with a seam between."""
    grey, middle = table.grey[before : after + 1], (after - before) // 2
    if not 0.06 < _pushed(grey[[0, middle, -1]]).way[0] < 0.94:
        return False
    push = _pushed(grey)
    steps = np.diff(push.way, prepend=0, append=1)
    slow = int((steps[:-1][push.shows_both] < _SLOW_PUSH).sum())
    steadily = steps.min() >= -0.06 and steps.max() <= 0.45 and push.shows_both.sum() >= 2 and slow <= 2
    clear = push.away <= 0.56 and push.seam >= 1.5 and _keeps_sharp(grey, push) >= _SHARP_PUSH
    return bool(steadily and clear)


def _keeps_sharp(grey: np.ndarray, push: _Push) -> float:
    """Least sharpness of the frames in between, against that of the parts of both shots that they show."""
    old, *between, new = np.abs(np.diff(grey, axis=push.axis + 1)).mean(axis=(1, 2))
    parts = (1 - push.way) * old + push.way * new
    return float((np.array(between) / np.maximum(parts, 1e-3)).min())


@dataclass(frozen=True)
class _Push:
    """How well frames are parts of the last frame and the first, laid side by side."""

    away: float
    """Distance of the frames from those parts, in parts of the difference of these two."""
    axis: int
    """0 if they move down or up, 1 if along."""
    way: np.ndarray
    """How much of the way is done in each frame between the two: float array."""
    seam: float
    """Difference across the border of the two, against that of other neighbouring lines."""

    @property
    def shows_both(self) -> np.ndarray:
        """Which frames show a part of each: bool array."""
        return (self.way > 0.06) & (self.way < 0.94)


def _pushed(images: np.ndarray) -> _Push:
    """Lay the last image beside the first, on each side, and find those in between in these."""
    import cv2

    old, new = images[0], images[-1]
    apart = max(float(np.sqrt(np.mean((old - new) ** 2))), 1e-6)
    found = []
    for axis in (0, 1):
        for pair in ((old, new), (new, old)):
            both = np.concatenate(pair, axis=axis)
            errors = [cv2.matchTemplate(both, image, cv2.TM_SQDIFF).ravel() for image in images[1:-1]]
            least = np.array([each.min() for each in errors]) / old.size
            way = np.array([each.argmin() / (len(each) - 1) for each in errors])
            away = float(np.sqrt(np.maximum(least, 0)).mean()) / apart
            lines = np.abs(np.diff(both, axis=axis)).mean(axis=1 - axis)
            seam = float(lines[old.shape[axis] - 1] / max(lines.mean(), 1e-6))
            found.append(_Push(away, axis, way if pair[0] is old else 1 - way, seam))
    return min(found, key=lambda one: one.away)


def _sharpness(grey: np.ndarray, axis: int) -> float:
    """Least sharpness of the frames between the first and the last, against the less sharp one of those."""
    steps = np.abs(np.diff(grey, axis=axis + 1)).mean(axis=(1, 2))
    return float(steps[1:-1].min() / max(min(steps[0], steps[-1]), 1e-3))
