"""Choose which moments of which games become clips."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .boxes import around_joints
from .camera import KINDS
from .game import simulate
from .look import Look, filmed_again, make_look
from .motion import LABELS
from .operator import follow
from .render import EVERYONE, Court
from .skeleton import PELVIS
from .timeline import STEP, Timeline, bodies
from .write import boxed

LENGTH = 0.64
"""Seconds that a label covers: SpaceJam's 16 frames at 25 per second."""
COVER = 0.78
"""Least fraction of a clip's frames that have its label."""
GAME_SECONDS = 40.0
FILMINGS = 8
"""How often each game is filmed: every time in another hall, with another camera and other kits."""
SHARES = (0.5, 0.3, 0.2)
"""Shares of the kinds of camera."""
SMALLEST, LARGEST = 50.0, 400.0
"""Heights of a box in pixels beyond which a player is not cut out."""
NEAREST = 1.5
"""Distance from the camera in metres below which a player is not cut out."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The rate at which clips are sampled, and the context around them."""

    rate: float = 25.0
    """Frames per second."""
    context: int = 0
    """Frames before, and as many after, the span of the label."""

    @property
    def frames(self) -> int:
        """Frames of a clip, with its context."""
        return round(LENGTH * self.rate) + 2 * self.context

    def times(self, look: Look, middle: float) -> np.ndarray:
        """Return the times of the video's frames nearest to the instants of a clip around `middle`."""
        return on_frames(look, middle + (np.arange(self.frames) - (self.frames - 1) / 2) / self.rate)


SPACEJAM = Cut()
"""How SpaceJam cuts clips."""


def on_frames(look: Look, times: np.ndarray) -> np.ndarray:
    """Return the times of the video's frames nearest to `times`, in seconds."""
    fps = float(look.fps)
    return np.asarray(np.rint(times * fps) / fps)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A clip to be drawn."""

    key: str
    filming: tuple[int, int]
    """Which game, and which of its filmings."""
    label: int
    player: int
    middle: float
    """Time of its middle, in seconds."""
    times: np.ndarray
    """Time of each of its frames, in seconds, shape (frames,)."""
    seed: int


def clip_game(seed: int, game: int) -> Court:
    """Return one of the short games that clips are cut from, without its hall."""
    rng = np.random.default_rng([seed, 1, game])
    look = make_look(rng)
    line = simulate(rng, look, GAME_SECONDS)
    return Court(look, line, follow(line, look.camera, rng), (), EVERYONE)


def recorded(court: Court, seed: int, game: int) -> list[Court]:
    """Return the same game filmed several times, without the halls."""
    look, line = court.look, court.line
    courts = []
    for filming in range(FILMINGS):
        rng = np.random.default_rng([seed, 6, game, filming])
        again = filmed_again(look, rng, KINDS[int(rng.choice(len(KINDS), p=SHARES))])
        courts.append(Court(again, line, follow(line, again.camera, rng), (), EVERYONE))
    return courts


def choose(seed: int, count: int, cut: Cut = SPACEJAM) -> tuple[list[Wanted], dict[tuple[int, int], Court]]:
    """Choose `count` clips of each label from as many games as that takes; return the filmed games too."""
    courts: dict[tuple[int, int], Court] = {}
    found: list[list[Wanted]] = [[] for _ in LABELS]
    most = max(1, -(-count // 12))
    game = 0
    while min(len(clips) for clips in found) < count:
        filmed = recorded(clip_game(seed, game), seed, game)
        rng = np.random.default_rng([seed, 2, game])
        taken = [0] * len(LABELS)
        for label, player, middle in _candidates(filmed[0].line, rng, cut):
            if taken[label] == most or len(found[label]) == count:
                continue
            which = int(rng.integers(FILMINGS))
            times = cut.times(filmed[which].look, middle)
            if not visible(filmed[which], times, player):
                continue
            key = f"{seed:07d}_{label * count + len(found[label]):05d}"
            courts[game, which] = filmed[which]
            clip = Wanted(key, (game, which), label, player, middle, times, int(rng.integers(2**31)))
            found[label].append(clip)
            taken[label] += 1
        game += 1
    return [clip for clips in found for clip in clips], courts


def _candidates(line: Timeline, rng: np.random.Generator, cut: Cut) -> list[tuple[int, int, float]]:
    """Return label, player and middle of possible clips, in random order."""
    found = []
    edge = LENGTH * (COVER - 0.5)
    margin = max(0.5, cut.frames / cut.rate / 2)
    for player in range(line.label.shape[1]):
        track = line.label[:, player]
        steps = [0, *(np.flatnonzero(track[1:] != track[:-1]) + 1).tolist(), len(track)]
        for first, stop in pairwise(steps):
            low, high = first * STEP + edge, stop * STEP - edge
            if first == 0:
                low += margin
            if stop == len(track):
                high -= margin
            if high <= low:
                continue
            # Windows at least 0.25 s apart, so that no two clips are nearly the same.
            parts = max(1, min(3, int((high - low) / 0.3)))
            width = (high - low) / parts
            for part in range(parts):
                middle = low + (part + rng.uniform(0.1, 0.9)) * width
                found.append((int(track[first]), player, float(middle)))
    order = rng.permutation(len(found))
    return [found[index] for index in order]


def visible(court: Court, times: np.ndarray, player: int) -> bool:
    """Return whether `player` is in the frame all the time and not hidden behind another."""
    few = times[[0, len(times) // 2, -1]]
    joints, _ = bodies(court.line, court.look, few, EVERYONE)
    views = court.views(few)
    boxes, seen = boxed(around_joints(joints, views), court.look)
    depth = views.project(joints[:, :, PELVIS])[2]
    size = boxes[:, player, 3]
    if not seen[:, player].all() or size.min() < SMALLEST or size.max() > LARGEST:
        return False
    if depth[:, player].min() < NEAREST:
        return False
    own = boxes[1, player]
    near = depth[1] < depth[1, player]
    left = np.maximum(boxes[1, :, 0], own[0])
    top = np.maximum(boxes[1, :, 1], own[1])
    right = np.minimum(boxes[1, :, 0] + boxes[1, :, 2], own[0] + own[2])
    bottom = np.minimum(boxes[1, :, 1] + boxes[1, :, 3], own[1] + own[3])
    hidden = np.clip(right - left, 0, None) * np.clip(bottom - top, 0, None) / (own[2] * own[3])
    return bool((hidden[near] < 0.7).all())
