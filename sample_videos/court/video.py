"""Whole videos: the game, and the drill with one player in view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from .drill import HERO, drill_look, follow_closely, simulate_drill
from .game import simulate
from .look import make_look
from .operator import follow
from .record import expose
from .render import EVERYONE, Court
from .scene import make_scene
from .write import SOUND_RATE, crowd_noise, track_boxes, truth_rows, write_tracks, write_truth, write_video


@dataclass(frozen=True, slots=True)
class Rate:
    """Frame rate and compression of a video; what is None is drawn by the seed."""

    fps: Fraction | None = None
    """Frames per second."""
    crf: int | None = None
    """Constant rate factor of libx264."""


AS_DRAWN = Rate()


def write_game(folder: Path, seed: int, seconds: float, rate: Rate = AS_DRAWN) -> Path:
    """Write `game.mp4`, `game.tracks.csv` and `game.truth.csv`; return the video's path."""
    rng = np.random.default_rng([seed, 0])
    look = make_look(rng, fps=rate.fps, crf=rate.crf)
    line = simulate(rng, look, seconds)
    court = Court(look, line, follow(line, look.camera, rng), make_scene(look), EVERYONE)
    return _write(folder, "game", court, seconds, seed)


def write_drill(folder: Path, seed: int, seconds: float, rate: Rate = AS_DRAWN) -> Path:
    """Write `drill.mp4`, `drill.tracks.csv` and `drill.truth.csv`; return the video's path."""
    rng = np.random.default_rng([seed, 4])
    look = drill_look(make_look(rng, fps=rate.fps, crf=rate.crf))
    line = simulate_drill(rng, look, seconds)
    court = Court(look, line, follow_closely(line, look, rng), make_scene(look), np.array([HERO]))
    return _write(folder, "drill", court, seconds, seed)


def _write(folder: Path, name: str, court: Court, seconds: float, seed: int) -> Path:
    """Write the video, the tracks and the truth of `court`."""
    look = court.look
    times = np.arange(round(seconds * look.fps)) / float(look.fps)
    sound = crowd_noise(np.random.default_rng([seed, 3]), court.line)[: round(seconds * SOUND_RATE)]
    path = folder / f"{name}.mp4"
    frames = whole_frames(court, times, np.random.default_rng([seed, 5]))
    write_video(path, frames, look.fps, look.sensor.crf, sound=sound)
    boxes, seen = track_boxes(court.shot(times).figures, look)
    write_tracks(folder / f"{name}.tracks.csv", boxes, seen, court.players)
    rows = truth_rows(court.line, look, len(times), court.players.tolist())
    write_truth(folder / f"{name}.truth.csv", rows)
    return path


def whole_frames(court: Court, times: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the frames at `times`, prepared 50 at a time."""
    window = (0, 0, court.look.width, court.look.height)
    for first in range(0, len(times), 50):
        part = times[first : first + 50]
        yield from expose(court, part, [window] * len(part), rng)
