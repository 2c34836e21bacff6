"""Clips of players, and where the ball is in the rendered ones."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sample_videos"))

from court.choose import Cut, Wanted, choose
from court.clips import HEIGHT, WIDTH, find_player
from court.motion import BALL_RADIUS, WITH_BALL
from court.render import Court
from court.shadow import PARTS
from court.surroundings import in_crops
from court.timeline import bodies

SHOWN, UNSURE = 0.6, 0.95
"""Share of the ball that bodies cover, below which it is to be found, and from which on it is not."""


@dataclass(frozen=True, slots=True)
class Clips:
    """N clips of 8 crops; where the ball is, is only known of rendered ones."""

    images: list[list[np.ndarray]]
    """uint8 RGB, as large as in their files."""
    labels: np.ndarray
    games: np.ndarray
    place: np.ndarray
    """Middle of the ball and its radius, in heights of the crop, shape (N, 8, 3)."""
    state: np.ndarray
    """1 where it is seen, 0 where it is not, 2 where that is doubtful, shape (N, 8)."""
    tall: np.ndarray
    """The player's height, in heights of the crop, shape (N, 8)."""

    @property
    def has(self) -> np.ndarray:
        """Whether the label says that the player has the ball, shape (N,)."""
        return np.isin(self.labels, WITH_BALL)


def read_rendered(folder: Path, seed: int, count: int) -> Clips:
    """Read rendered clips, and work out where the ball is in them."""
    wanted, courts = choose(seed, count, Cut(12.5))
    truth = [_truth(courts[clip.filming], clip) for clip in wanted]
    place, state, tall = (np.stack(column) for column in zip(*truth, strict=True))
    images = [_frames(folder / "clips" / "examples" / f"{clip.key}.mp4") for clip in wanted]
    labels, games = (
        np.array(column) for column in zip(*((c.label, c.filming[0]) for c in wanted), strict=True)
    )
    return Clips(images, labels, games, place, state, tall)


def read_real(folder: Path) -> Clips:
    """Read SpaceJam's clips: every second frame."""
    table: dict[str, int] = json.loads((folder / "annotation_dict.json").read_text())
    images = [_frames(folder / "examples" / f"{key}.mp4")[::2] for key in table]
    nothing = np.zeros((len(table), 8))
    return Clips(images, np.array(list(table.values())), nothing[:, 0], nothing[..., None], nothing, nothing)


def _frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def _truth(court: Court, clip: Wanted) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the place, state and tall of a rendered clip, as in `Clips`."""
    look, views = court.look, court.views(clip.times)
    boxes = find_player(court, clip, np.random.default_rng(clip.seed)).clip
    scale = np.minimum(WIDTH / boxes[:, 2], HEIGHT / boxes[:, 3]) / HEIGHT
    ball = court.line.mixed("ball", clip.times)
    pixels, sizes, _ = views.project(ball[:, None])
    found = in_crops(pixels, boxes, (look.width, look.height), (WIDTH, HEIGHT))[:, 0]
    radius = sizes[:, 0] * BALL_RADIUS * scale
    joints, _ = bodies(court.line, look, clip.times, court.players)
    part = _covered(joints, ball, views.position)
    aside = np.abs(found[:, 0] - 0.5) * WIDTH / HEIGHT - boxes[:, 2] * scale / 2
    below = np.abs(found[:, 1] - 0.5) - 0.5
    inside = (aside < 0) & (below < 0) & (found[:, 2] > 0)
    near = (aside < 1.4 * radius) & (below < radius) & (found[:, 2] > 0)
    state = np.where(inside & (part < SHOWN), 1, np.where(near & (part < UNSURE), 2, 0))
    own = views.project(joints[:, clip.player])[0][..., 1]
    tall = 1.08 * (own.max(axis=1) - own.min(axis=1)) * scale
    return np.column_stack([found[:, 0] * WIDTH / HEIGHT, found[:, 1], radius]), state, tall


def _covered(joints: np.ndarray, ball: np.ndarray, eyes: np.ndarray) -> np.ndarray:
    """Return which part of the ball is behind bodies, which rows of spheres stand for, shape (T,)."""
    start, stop = (joints[:, :, [part[end] for part in PARTS]] for end in (0, 1))
    along = np.linspace(0.0, 1.0, 6)[:, None]
    spheres = (start[:, :, :, None] + (stop - start)[:, :, :, None] * along).reshape(len(ball), -1, 3)
    radii = np.tile(np.repeat([0.42 * part[2] for part in PARTS], 6), joints.shape[1])
    sight = eyes - ball
    far = np.linalg.norm(sight, axis=1, keepdims=True)
    right = np.cross(sight / far, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    up = np.cross(sight / far, right)
    hidden = np.zeros(len(ball))
    turns = np.arange(12) * np.pi / 6
    points = [(0.0, 0.0), *((0.8 * np.cos(a), 0.8 * np.sin(a)) for a in turns)]
    for across, high in points:
        gap = spheres - (ball + BALL_RADIUS * (across * right + high * up))[:, None]
        depth = np.einsum("tci,ti->tc", gap, sight / far)
        beside = np.sum(gap**2, axis=2) - depth**2
        hidden += ((beside < radii**2) & (depth > 0.03) & (depth < far)).any(axis=1)
    return hidden / len(points)
