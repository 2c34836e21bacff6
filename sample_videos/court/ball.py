"""The path of the ball: in the hands, on the bounce, in the air."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .look import Look
from .motion import BALL_RADIUS
from .skeleton import HAND_L, HAND_R
from .timeline import STEP, Timeline, bodies

GRAVITY = 9.81


@dataclass(frozen=True, slots=True)
class Free:
    """A stretch in which nobody has the ball."""

    start: float
    stop: float
    giver: int | None
    """Whose hands it leaves; None when it continues from where it is."""
    taker: int | None
    """Whose hands it reaches; None when it ends at `end`."""
    end: np.ndarray | None = None
    """Where it ends, in metres."""
    bounce: bool = False
    """Touches the floor in between."""
    hit: bool = False
    """Reaches the taker's raised hand and is beaten away."""
    dropping: bool = False
    """Falls straight through the net."""
    rests: bool = False
    """Is picked up from the floor."""


def ball_path(line: Timeline, look: Look, free: list[Free]) -> Timeline:
    """Return the timeline with the ball's path filled in."""
    times = np.arange(len(line.owner)) * STEP
    joints, held = bodies(line, look, times, np.arange(line.position.shape[1]))
    path = held[np.arange(len(times)), np.maximum(line.owner, 0)].copy()
    last = path[0]
    done = np.zeros(len(times), bool)
    for stretch in free:
        first, stop = round(stretch.start / STEP), min(round(stretch.stop / STEP), len(times) - 1)
        if first >= len(times):
            break
        loose = (line.owner < 0) & ~done
        begin = held[max(first - 1, 0), stretch.giver] if stretch.giver is not None else last
        end = _end(stretch, held, joints, stop, begin)
        span = np.flatnonzero((times >= stretch.start - 1e-6) & (times < stretch.stop - 1e-6) & loose)
        part = (times[span] - stretch.start) / (stretch.stop - stretch.start)
        path[span] = _fly(begin, end, part, stretch)
        done[span] = True
        # Until the next stretch begins, the ball lies where this one ended.
        rest = np.flatnonzero((times >= stretch.stop - 1e-6) & (line.owner < 0))
        path[rest] = end
        last = end
    return replace(line, ball=path)


def _end(stretch: Free, held: np.ndarray, joints: np.ndarray, stop: int, begin: np.ndarray) -> np.ndarray:
    """Return where a stretch ends."""
    if stretch.end is not None:
        return stretch.end
    if stretch.taker is None:
        return begin
    if stretch.hit:
        hands = joints[stop, stretch.taker, [HAND_L, HAND_R]]
        best: np.ndarray = hands[np.argmax(hands[:, 2])] + [0.0, 0.0, 0.08]
        return best
    caught: np.ndarray = held[stop, stretch.taker]
    return caught


def _fly(begin: np.ndarray, end: np.ndarray, part: np.ndarray, stretch: Free) -> np.ndarray:
    """Return the ball at each `part` (0 to 1) of a free stretch, shape (K, 3)."""
    way = begin + (end - begin) * part[:, None]
    seconds = stretch.stop - stretch.start
    if stretch.dropping:
        way[:, :2] = begin[:2] + (end[:2] - begin[:2]) * np.clip(part[:, None] - 0.4, 0, 1) / 0.6
        way[:, 2] = begin[2] + (end[2] - begin[2]) * part**1.6
    elif stretch.bounce:
        floor = 0.58
        way[:, 2] = np.where(
            part < floor,
            begin[2] + (BALL_RADIUS - begin[2]) * np.clip(part / floor, 0, 1) ** 1.2,
            BALL_RADIUS
            + (end[2] - BALL_RADIUS) * (1 - (1 - np.clip((part - floor) / (1 - floor), 0, 1)) ** 1.6),
        )
    else:
        arc = GRAVITY / 2 * seconds**2 * part * (1 - part)
        way[:, 2] += arc * (0.25 if stretch.rests else 1.0)
    way[:, 2] = np.maximum(way[:, 2], BALL_RADIUS)
    return np.asarray(way)
