"""Small games for reviews: a painted video, two players with tracks, and a few events of theirs."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from starlette.testclient import TestClient

from bball_tag.annotations import Annotation
from bball_tag.events import Event
from bball_tag.players.tracks import Track
from bball_tag.review.material import open_material
from bball_tag.review.opening import roster_of_journal
from bball_tag.review.playback import open_playback
from bball_tag.review.review import Review
from bball_tag.review.server import app_of
from bball_tag.review.session import Session
from bball_tag.video.video import Video
from tests.synthetic import write_video

HOST = "127.0.0.1:8000"
TOKEN = "secret"
HOSTILE = "<script>window.hit=1</script>\"'&</script>"
EVENTS = (
    Event("shoot", 0.5, 1.5, 0.82, 0.91, 1.0, 4, "7", "white"),
    Event("pass", 1.0, 2.0, 0.55, 0.61, 1.4, 2, "8", "navy"),
    Event("run", 2.0, 3.5, 0.71, 0.8, 2.4, 5, "7", "white", remark="unsure: run 0.71 or walk 0.2"),
    Event(HOSTILE, 3.0, 3.8, 0.4, 0.5, 3.3, 2, "8", "navy"),
)


def written_game(folder: Path, name: str = "actions.json", events: tuple[Event, ...] = EVENTS) -> Path:
    """Write a video of four seconds and a file of its events, and return the video."""
    video = folder / "game.mp4"
    video.write_bytes(_painted())
    times = np.arange(0, 4, 0.08)
    tracks = [
        Track(player, times, np.column_stack([left + times, 10 + 0 * times, 40 + 0 * times, 60 + 0 * times]))
        for player, left in (("7", 5.0), ("8", 100.0))
    ]
    info = Video(video).info
    whole = Annotation(info, list(events), ("shoot", "pass", "run", "no_action"), tracks=tracks)
    if name.endswith(".json"):
        whole.write(folder / name)
    else:
        replace(whole, tracks=()).write(folder / name)
    return video


@cache
def _painted() -> bytes:
    """Return the video of all these games, which is encoded once."""
    with tempfile.TemporaryDirectory() as folder:
        return write_video(Path(folder) / "game.mp4", range(100), options={"crf": "1"}).read_bytes()


def client_of(session: Session, material: object, checkpoint: Path | None = None) -> TestClient:
    """Return a client that knows the address of a review."""
    review = Review(material, session, open_playback(material.video, progress=False), checkpoint)
    app = app_of(review, TOKEN, frozenset((HOST,)))
    return TestClient(app, base_url=f"http://{HOST}/{TOKEN}/", headers={"host": HOST})


def opened(video: Path, actions: Path | None = None) -> object:
    """Return the material of a game as the command opens it."""
    opened_video = Video(video)
    return open_material(opened_video, actions, None, roster_of_journal(opened_video, actions))
