"""Annotate, correct, cut clips, train: what was learned of corrected truth never makes its own game worse."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import bball_tag
from bball_tag.annotations import Annotation
from bball_tag.events import Event
from bball_tag.players.tracks import Track
from bball_tag.video.video import Video

SECONDS, FPS = 32, 25
BOXES = {"7": (8.0, 10.0, 40.0, 76.0), "8": (110.0, 10.0, 40.0, 76.0)}
COLOURS = {"shoot": (230, 220, 40), "pass": (30, 200, 60), "": (90, 90, 110)}
TRAIN = {
    **{"width": 8, "size": "32x32", "frames": 4, "batch_size": 8, "seed": 1, "threads": 1, "lr": 0.004},
    **{"init": "none", "augment": "none", "epochs": 6, "progress": False},
}


def truth(video: Path) -> Annotation:
    """Return what the players do: for 1.6 of every 4 seconds, one of two actions, each at other times."""
    events = []
    for player, first in (("7", 1.0), ("8", 3.0)):
        for number, start in enumerate(np.arange(first, SECONDS - 2, 4.0).tolist()):
            label = ("shoot", "pass")[number % 2]
            events.append(Event(label, start, start + 1.6, 1.0, 1.0, start + 0.8, 0, player))
    times = np.arange(0, SECONDS, 0.04)
    tracks = [Track(name, times, np.tile(box, (len(times), 1))) for name, box in BOXES.items()]
    return Annotation(Video(video).info, sorted(events, key=lambda event: event.start), tracks=tracks)


def doing(player: str, time: float) -> str:
    since = (time - (1.0 if player == "7" else 3.0)) % 8
    at_work = time >= (1.0 if player == "7" else 3.0) and time < SECONDS - 0.5
    return ("shoot" if since < 1.6 else "pass" if 4 <= since < 5.6 else "") if at_work else ""


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of two players whose colour says what they do."""
    path = tmp_path_factory.mktemp("game") / "game.mp4"
    rng = np.random.default_rng(3)
    ground = rng.integers(0, 60, (96, 160, 3), np.uint8)
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for index in range(SECONDS * FPS):
            image = ground.copy()
            for player, (left, top, width, height) in BOXES.items():
                part = image[int(top) : int(top + height), int(left) : int(left + width)]
                noise = rng.integers(-20, 20, (*part.shape[:2], 1))
                part[:] = np.clip(np.array(COLOURS[doing(player, index / FPS)]) + noise, 0, 255)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def f1(game: Path, checkpoint: Path, tracks: Path) -> float:
    """Return how well a checkpoint annotates the game."""
    found = bball_tag.annotate(
        game, checkpoint=checkpoint, tracks=tracks, threshold=0.5, device="cpu", progress=False
    )
    return bball_tag.compare(found, truth(game)).main.f1(0.5) or 0.0


@pytest.mark.slow
def test_what_is_trained_of_a_corrected_game_annotates_it_no_worse(game, tmp_path):
    tracks = tmp_path / "tracks.csv"
    truth(game).write(tracks, format="mot")
    # The first checkpoint knows the first half of the game; a person corrects what it finds of all.
    bball_tag.render_dataset(game, truth(game), tmp_path / "first", end=16, all_reviewed=True, progress=False)
    bball_tag.train(tmp_path / "first", out=tmp_path / "run 1", **TRAIN)
    before = f1(game, tmp_path / "run 1" / "checkpoint.safetensors", tracks)
    bball_tag.render_dataset(game, truth(game), tmp_path / "second", all_reviewed=True, progress=False)
    names = json.loads((tmp_path / "second" / "labels_dict.json").read_text()).values()
    assert set(names) == {"shoot", "pass", "no_action"}
    bball_tag.train(tmp_path / "second", out=tmp_path / "run 2", **TRAIN)
    after = f1(game, tmp_path / "run 2" / "checkpoint.safetensors", tracks)
    assert after >= before
    assert after > 0.9
