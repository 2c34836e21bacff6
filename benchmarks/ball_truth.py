"""Clips of players, and where the ball is in the rendered ones."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sample_videos"))

from court.ball_seen import DOUBTFUL, SEEN, seen_ball
from court.choose import Cut, Wanted, choose
from court.clips import HEIGHT, WIDTH, find_player
from court.motion import WITH_BALL
from court.render import Court
from court.timeline import bodies


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
    boxes = find_player(court, clip, np.random.default_rng(clip.seed)).clip
    found, radius = seen_ball(court, clip.times, boxes, (WIDTH, HEIGHT))
    state = np.select([found[:, 2] == SEEN, found[:, 2] == DOUBTFUL], [1, 2])
    joints, _ = bodies(court.line, court.look, clip.times, court.players)
    own = court.views(clip.times).project(joints[:, clip.player])[0][..., 1]
    scale = np.minimum(WIDTH / boxes[:, 2], HEIGHT / boxes[:, 3]) / HEIGHT
    tall = 1.08 * (own.max(axis=1) - own.min(axis=1)) * scale
    return np.column_stack([found[:, 0] * WIDTH / HEIGHT, found[:, 1], radius]), state, tall
