"""Labelled clips of single players, in SpaceJam layout, cropped as `annotate` crops them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from bball_tag.players.crop import Box, crop_box

from .ball_seen import seen_ball
from .boxes import around_joints, found_boxes
from .choose import SPACEJAM, Cut, Wanted, choose, on_frames
from .figure import keypoints, make_figures
from .hidden import hidden
from .look import Look
from .motion import LABELS
from .record import expose, through_encoder
from .render import Court, Window
from .scene import make_scene
from .surroundings import camera_steps, in_crops, motion_of, motion_times, write_known
from .timeline import bodies
from .write import boxed, track_boxes, write_video

HEIGHT, WIDTH = 176, 128
NEIGHBOURS = 2
"""How many of the people nearest to a player a detector may confuse them with."""
HIDDEN = 0.5
"""Visibility of keypoints behind a body, of which models of poses are unsure."""
FOLDERS = ("examples", "joints", "taught", "motion")


@dataclass(frozen=True, slots=True)
class Found:
    """Where a player is found during a clip and around it."""

    clip: np.ndarray
    """Boxes in the clip's frames: left, top, width, height in pixels, shape (T, 4)."""
    around: np.ndarray
    """Boxes at the M instants of the clip's motion, shape (M, 4)."""
    seen: np.ndarray
    """At which of these instants the player is in the frame, shape (M,)."""


def write_clips(folder: Path, seed: int, count: int, workers: int, cut: Cut = SPACEJAM) -> int:
    """Write exactly `count` clips of each label into `folder` and return how many that makes.

    Beside `examples/KEY.mp4` there are `joints/KEY.npy`, the keypoints in fractions of the crop, float32
    (frames, 13, 3), `taught/KEY.npy`, the same with the ball as a fourteenth, and `motion/KEY.npy`, float32
    (M, 6), as `bball_tag.players.steps` describes it.
    """
    wanted, courts = choose(seed, count, cut)
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    filmings: dict[tuple[int, int], list[Wanted]] = {}
    for clip in wanted:
        filmings.setdefault(clip.filming, []).append(clip)
    jobs = [(courts[filming], clips, folder) for filming, clips in filmings.items()]
    if workers > 1:
        with get_context("spawn").Pool(workers) as pool:
            pool.map(_draw_filming, jobs, chunksize=1)
    else:
        for job in jobs:
            _draw_filming(job)
    annotation = {clip.key: clip.label for clip in wanted}
    (folder / "annotation_dict.json").write_text(json.dumps(annotation, indent=0) + "\n", encoding="utf-8")
    names = dict(enumerate(LABELS))
    (folder / "labels_dict.json").write_text(json.dumps(names, indent=2) + "\n", encoding="utf-8")
    return len(wanted)


def _draw_filming(job: tuple[Court, list[Wanted], Path]) -> None:
    """Draw and write the clips that come from one filming of a game."""
    court, clips, folder = job
    cv2.setNumThreads(1)
    court = replace(court, planes=make_scene(court.look))
    for clip in clips:
        rng = np.random.default_rng(clip.seed)
        found = find_player(court, clip, rng)
        frames = draw_clip(court, clip.times, found.clip, rng)
        write_video(folder / "examples" / f"{clip.key}.mp4", frames, Fraction(10), 20)
        joints = joints_of(court, clip, found.clip)
        np.save(folder / "joints" / f"{clip.key}.npy", joints)
        ball, _ = seen_ball(court, clip.times, found.clip, (WIDTH, HEIGHT))
        np.save(folder / "taught" / f"{clip.key}.npy", np.concatenate([joints, ball[:, None]], axis=1))
        np.save(folder / "motion" / f"{clip.key}.npy", motion_around(court, clip, found, rng))


def find_player(court: Court, clip: Wanted, rng: np.random.Generator) -> Found:
    """Return where a detector finds the player of `clip`, one and the same in its frames and around them."""
    look = court.look
    around = on_frames(look, motion_times(clip.middle))
    times, index = np.unique(np.concatenate([clip.times, around]), return_inverse=True)
    during = np.clip(times, 0.0, court.line.seconds - 0.1)
    away = court.line.mixed("position", np.array([clip.middle]))[0]
    close = np.linalg.norm(away - away[clip.player], axis=1).argsort(kind="stable")[: NEIGHBOURS + 1]
    joints, _ = bodies(court.line, look, during, close)
    views = court.views(during)
    boxes, seen = track_boxes(make_figures(joints[:, :1], views, look, close[:1]), look)
    others, _ = boxed(around_joints(joints[:, 1:], views), look)
    found = found_boxes(boxes[:, 0], times, others, rng)[index]
    there = (seen[:, 0] & (times == during))[index]
    own = len(clip.times)
    return Found(found[:own], found[own:], there[own:])


def draw_clip(
    court: Court, times: np.ndarray, boxes: np.ndarray, rng: np.random.Generator
) -> list[np.ndarray]:
    """Return the crops of `boxes` (T, 4) at `times`, after a video encoder, as crops of a game are."""
    look = court.look
    windows = [_window(box, look) for box in boxes]
    decoded = _through_encoder(expose(court, times, windows, rng), windows, look)
    left, top = min(window[0] for window in windows), min(window[1] for window in windows)
    return [
        crop_box(image, Box(*(box - [left, top, 0, 0]).tolist()), height=HEIGHT, width=WIDTH)
        for image, box in zip(decoded, boxes, strict=True)
    ]


def joints_of(court: Court, clip: Wanted, boxes: np.ndarray) -> np.ndarray:
    """Return the player's keypoints in fractions of the crops of `boxes`, float32 (T, 13, 3)."""
    look = court.look
    joints, _ = bodies(court.line, look, clip.times, court.players)
    views = court.views(clip.times)
    pixels = views.project(keypoints(joints[:, clip.player]))[0]
    found = in_crops(pixels, boxes, (look.width, look.height), (WIDTH, HEIGHT))
    found[..., 2] *= np.where(hidden(joints, clip.player, views.position), HIDDEN, 1.0)
    return found


def motion_around(court: Court, clip: Wanted, found: Found, rng: np.random.Generator) -> np.ndarray:
    """Return the rows of the clip's motion, float32 (M, 6)."""
    look = court.look
    times = np.clip(on_frames(look, motion_times(clip.middle)), 0.0, court.line.seconds - 0.1)
    spot = court.line.mixed("position", times)[:, clip.player]
    cameras = camera_steps(court.views(times), spot, (look.width, look.height), rng)
    return motion_of(found.around, write_known(found.seen, rng), cameras, rng)


def _window(box: np.ndarray, look: Look) -> Window:
    """Return the part of the frame to draw for `box`, on even pixels."""
    edges = np.concatenate([box[:2] - 10, box[:2] + box[2:] + 12])
    left, right = (int(side) // 2 * 2 for side in np.clip(edges[0::2], 0, look.width))
    top, bottom = (int(side) // 2 * 2 for side in np.clip(edges[1::2], 0, look.height))
    left, top = min(left, look.width - 2), min(top, look.height - 2)
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
