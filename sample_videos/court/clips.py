"""Labelled clips of single players, in SpaceJam layout, cropped as `annotate` crops them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from bball_tag.players.crop import Box, crop_box

from .figure import make_figures
from .game import simulate
from .look import Look, make_look
from .motion import LABELS
from .operator import follow
from .record import expose, through_encoder
from .render import EVERYONE, Court
from .scene import make_scene
from .timeline import STEP, Timeline, bodies
from .write import track_boxes, write_video

LENGTH = 0.64
"""Seconds that a label covers: SpaceJam's 16 frames at 25 per second."""
HEIGHT, WIDTH = 176, 128
COVER = 0.78
"""Least fraction of a clip's frames that have its label."""
LOOSE = 0.15
"""Fraction of clips whose box leaves much room around the player."""
GAME_SECONDS = 40.0
Window = tuple[int, int, int, int]


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


@dataclass(frozen=True, slots=True)
class Wanted:
    """A clip to be drawn."""

    key: str
    game: int
    label: int
    player: int
    times: np.ndarray
    """Time of each of its frames, in seconds, shape (frames,)."""
    seed: int


def write_clips(folder: Path, seed: int, count: int, workers: int, cut: Cut = Cut()) -> int:
    """Write exactly `count` clips of each label into `folder` and return how many that makes."""
    wanted, courts = choose(seed, count, cut)
    (folder / "examples").mkdir(parents=True, exist_ok=True)
    games: dict[int, list[Wanted]] = {}
    for clip in wanted:
        games.setdefault(clip.game, []).append(clip)
    jobs = [(courts[game], clips, str(folder / "examples")) for game, clips in games.items()]
    if workers > 1:
        with get_context("spawn").Pool(workers) as pool:
            pool.map(_draw_game, jobs, chunksize=1)
    else:
        for job in jobs:
            _draw_game(job)
    annotation = {clip.key: clip.label for clip in wanted}
    (folder / "annotation_dict.json").write_text(json.dumps(annotation, indent=0) + "\n", encoding="utf-8")
    names = dict(enumerate(LABELS))
    (folder / "labels_dict.json").write_text(json.dumps(names, indent=2) + "\n", encoding="utf-8")
    return len(wanted)


def clip_game(seed: int, game: int) -> Court:
    """Return one of the short games that clips are cut from, without its hall."""
    rng = np.random.default_rng([seed, 1, game])
    look = make_look(rng)
    line = simulate(rng, look, GAME_SECONDS)
    return Court(look, line, follow(line, look.camera, rng), (), EVERYONE)


def choose(seed: int, count: int, cut: Cut = Cut()) -> tuple[list[Wanted], list[Court]]:
    """Choose `count` clips of each label, from as many games as that takes; return the games too."""
    courts = []
    found: list[list[Wanted]] = [[] for _ in LABELS]
    most = max(1, -(-count // 12))
    game = 0
    while min(len(clips) for clips in found) < count:
        court = clip_game(seed, game)
        courts.append(court)
        rng = np.random.default_rng([seed, 2, game])
        taken = [0] * len(LABELS)
        for label, player, middle in _candidates(court.line, rng, cut):
            if taken[label] == most or len(found[label]) == count:
                continue
            times = frame_times(court.look, middle, cut)
            if not visible(court, times, player):
                continue
            key = f"{seed:07d}_{label * count + len(found[label]):05d}"
            found[label].append(Wanted(key, game, label, player, times, int(rng.integers(2**31))))
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


def frame_times(look: Look, middle: float, cut: Cut = Cut()) -> np.ndarray:
    """Return the times of the video's frames nearest to the instants of a clip around `middle`."""
    ideal = middle + (np.arange(cut.frames) - (cut.frames - 1) / 2) / cut.rate
    fps = float(look.fps)
    return np.maximum(np.rint(ideal * fps), 0) / fps


def visible(court: Court, times: np.ndarray, player: int) -> bool:
    """Return whether `player` is in the frame all the time and not hidden behind another."""
    few = times[[0, len(times) // 2, -1]]
    joints, _ = bodies(court.line, court.look, few, EVERYONE)
    figures = make_figures(joints, court.views(few), court.look, EVERYONE)
    boxes, seen = track_boxes(figures, court.look)
    if not seen[:, player].all() or boxes[1, player, 3] < 60:
        return False
    own = boxes[1, player]
    near = figures.depth[1, :, -1] < figures.depth[1, player, -1]
    left = np.maximum(boxes[1, :, 0], own[0])
    top = np.maximum(boxes[1, :, 1], own[1])
    right = np.minimum(boxes[1, :, 0] + boxes[1, :, 2], own[0] + own[2])
    bottom = np.minimum(boxes[1, :, 1] + boxes[1, :, 3], own[1] + own[3])
    hidden = np.clip(right - left, 0, None) * np.clip(bottom - top, 0, None) / (own[2] * own[3])
    return bool((hidden[near] < 0.7).all())


def _draw_game(job: tuple[Court, list[Wanted], str]) -> None:
    """Draw and write the clips that come from one game."""
    court, clips, folder = job
    cv2.setNumThreads(1)
    court = replace(court, planes=make_scene(court.look))
    for clip in clips:
        frames = draw_clip(court, clip.player, clip.times, np.random.default_rng(clip.seed))
        write_video(Path(folder) / f"{clip.key}.mp4", frames, Fraction(10), 20)


def draw_clip(court: Court, player: int, times: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the crops of one player at `times`, after a video encoder, as crops of a game are."""
    look = court.look
    joints, _ = bodies(court.line, look, times, np.array([player]))
    boxes, _ = track_boxes(make_figures(joints, court.views(times), look, np.array([player])), look)
    boxes = jitter(loosen(boxes[:, 0], rng), rng)
    windows = [_window(box, look) for box in boxes]
    decoded = _through_encoder(expose(court, times, windows, rng), windows, look)
    left, top = min(window[0] for window in windows), min(window[1] for window in windows)
    return [
        crop_box(image, Box(*(box - [left, top, 0, 0]).tolist()), height=HEIGHT, width=WIDTH)
        for image, box in zip(decoded, boxes, strict=True)
    ]


def loosen(boxes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sometimes return boxes (T, 4) that are far too wide, as some detectors and people draw them."""
    if rng.random() > LOOSE:
        return boxes
    height = boxes[:, 3] * rng.uniform(1.05, 1.35)
    width = np.maximum(boxes[:, 2], height * rng.uniform(0.45, WIDTH / HEIGHT))
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    size = np.stack([width, height], axis=1)
    return np.concatenate([middle - size / 2, size], axis=1)


def jitter(boxes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Move and resize boxes (T, 4) as a detector does: a constant error, a drift and a little noise."""
    strength = rng.uniform(0.0, 1.0)
    part = np.linspace(0.0, 1.0, len(boxes))[:, None]
    steady = rng.normal(0, 0.018, 4) * (1 - part) + rng.normal(0, 0.018, 4) * part
    error = (steady + rng.normal(0, 0.007, (len(boxes), 4))) * strength
    size = boxes[:, [3]]
    moved = boxes.copy()
    moved[:, :2] += error[:, :2] * size - error[:, 2:] * size / 2
    moved[:, 2:] += error[:, 2:] * size
    moved[:, 2:] = np.maximum(moved[:, 2:], 8)
    return moved


def _window(box: np.ndarray, look: Look) -> Window:
    """Return the part of the frame to draw for `box`, on even pixels."""
    left, top = int(max(box[0] - 10, 0)) // 2 * 2, int(max(box[1] - 10, 0)) // 2 * 2
    right = int(min(box[0] + box[2] + 12, look.width)) // 2 * 2
    bottom = int(min(box[1] + box[3] + 12, look.height)) // 2 * 2
    return left, top, max(right, left + 2), max(bottom, top + 2)


def _through_encoder(images: list[np.ndarray], windows: list[Window], look: Look) -> Iterator[np.ndarray]:
    """Encode and decode the windows at their position in the frame, as whole frames of a game would be."""
    left, top = min(window[0] for window in windows), min(window[1] for window in windows)
    right, bottom = max(window[2] for window in windows), max(window[3] for window in windows)
    canvas = np.zeros((bottom - top, right - left, 3), np.uint8)

    def whole() -> Iterator[np.ndarray]:
        for image, window in zip(images, windows, strict=True):
            canvas[window[1] - top : window[3] - top, window[0] - left : window[2] - left] = image
            yield canvas

    return through_encoder(whole(), look.sensor, look.fps)
