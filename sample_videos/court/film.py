"""Whole films: the game, and the drill with one player in view."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from .game import simulate
from .look import make_look
from .render import EVERYONE, Court, expose, follow
from .scene import make_scene
from .write import crowd_noise, track_boxes, truth_rows, write_tracks, write_truth, write_video


def write_game(folder: Path, seed: int, seconds: float, fps: Fraction | None = None) -> Path:
    """Write `game.mp4`, `game.tracks.csv` and `game.truth.csv`; return the video's path."""
    rng = np.random.default_rng([seed, 0])
    look = make_look(rng, fps=fps)
    line = simulate(rng, look, seconds)
    court = Court(look, line, follow(line, look, rng), make_scene(look), EVERYONE)
    times = np.arange(round(seconds * look.fps)) / float(look.fps)
    film = folder / "game.mp4"
    sound = crowd_noise(np.random.default_rng([seed, 3]), line)[: round(seconds * 32000)]
    write_video(film, whole_frames(court, times, rng), look.fps, look.crf, sound=sound)
    boxes, seen = track_boxes(court.shot(times).figures, look)
    write_tracks(folder / "game.tracks.csv", boxes, seen)
    write_truth(folder / "game.truth.csv", truth_rows(line, look, len(times), EVERYONE.tolist()))
    return film


def whole_frames(court: Court, times: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the frames at `times`, a few prepared at once."""
    window = (0, 0, court.look.width, court.look.height)
    for first in range(0, len(times), 50):
        part = times[first : first + 50]
        yield from expose(court, part, [window] * len(part), rng)
