"""However many clips are cut from a video, it is opened once, and its camera is measured once."""

from __future__ import annotations

import pickle
from collections import Counter

import numpy as np
import pytest
import torch

import bball_tag
from bball_tag.checkpoint.contract import Contract
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.clips import ClipSpec
from bball_tag.players.camera import CameraMotion
from bball_tag.players.spans import TrackedVideo
from bball_tag.players.track_files import read_tracks
from bball_tag.video import video as videos
from bball_tag.video.video import Video
from tests.coded_games import add_game, code, event

SPEC = ClipSpec(num_frames=4, fps=12.5, height=48, width=32)


@pytest.fixture
def calls(monkeypatch) -> Counter[str]:
    """Count what is opened and measured."""
    counted: Counter[str] = Counter()

    def count(owner: object, name: str) -> None:
        original = getattr(owner, name)

        def counting(*arguments):
            counted[name] += 1
            return original(*arguments)

        monkeypatch.setattr(owner, name, counting)

    count(videos, "probe")
    count(CameraMotion, "step")
    return counted


@pytest.fixture
def tracked(tmp_path) -> TrackedVideo:
    for name in ("games", "boxes"):
        (tmp_path / name).mkdir()
    video = Video(add_game(tmp_path, "q1"))
    people = read_tracks(tmp_path / "boxes" / "q1.tracks.csv", video.info.fps)
    return TrackedVideo(video, tuple(people))


def test_evaluating_a_coded_game_opens_it_once_and_measures_each_instant_once(tmp_path, calls):
    for name in ("coded", "games", "boxes"):
        (tmp_path / name).mkdir()
    add_game(tmp_path, "q1")
    moves = [event("run", 0, 3), event("pass", 5, 9), event("pass", 0, 3.5, "8"), event("run", 6, 9, "8")]
    timeline = code(tmp_path, "q1.csv", *moves)
    checkpoint = tmp_path / "a.safetensors"
    torch.manual_seed(0)
    streams = ("rgb", "motion")
    contract = Contract(("pass", "run"), SPEC, 8, streams=streams)
    save_checkpoint(checkpoint, build_model(2, SPEC, 8, streams), contract)
    calls.clear()
    found = bball_tag.evaluate(
        timeline,
        videos=tmp_path / "games",
        tracks=tmp_path / "boxes",
        checkpoint=checkpoint,
        precision="fp32",
        progress=False,
    )
    # 37 and 50 instants of one player, 44 and 37 of the other, in clips of four.
    assert len(found.predictions.target) == 9 + 12 + 11 + 9
    assert calls["probe"] == 1
    # Ten seconds have 125 instants.
    assert calls["step"] == 125


def test_a_span_moves_alike_whatever_was_measured_before(tracked, calls):
    [seven, _] = tracked.people
    late = tracked.steps_of_span(seven, 60, SPEC)
    measured = calls["step"]
    assert np.array_equal(tracked.steps_of_span(seven, 60, SPEC), late)
    assert calls["step"] == measured, "nothing is measured again"
    for first in (0, 30, 50, 70, 120):
        fresh = TrackedVideo(tracked.video, tracked.people)
        assert np.array_equal(
            tracked.steps_of_span(seven, first, SPEC), fresh.steps_of_span(seven, first, SPEC)
        )


def test_a_tracked_video_can_be_sent_to_another_process(tracked):
    sent = pickle.loads(pickle.dumps(tracked))
    player, there = tracked.people[0], sent.people[0]
    assert np.array_equal(sent.steps_of_span(there, 30, SPEC), tracked.steps_of_span(player, 30, SPEC))
