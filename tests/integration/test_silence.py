"""Clips of nobody doing anything, cut from what a person reviewed."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import bball_tag
from bball_tag.annotations import Annotation
from bball_tag.annotations.reviewed import Reviewed
from bball_tag.players.tracks import Track
from bball_tag.video.video import Video
from tests.example_events import SHOT, annotation, crowd
from tests.synthetic import write_video

LENGTH = 16 / 25


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds of video."""
    return write_video(tmp_path_factory.mktemp("video") / "game.mp4", range(250))


def starts_of(folder: Path, label: str) -> dict[str, list[float]]:
    """Return by player when the clips of a label begin, in seconds."""
    names = json.loads((folder / "labels_dict.json").read_text())
    found: dict[str, list[float]] = {}
    for key, number in sorted(json.loads((folder / "annotation_dict.json").read_text()).items()):
        if names[str(number)] == label:
            _, player, first = key.split("_")
            found.setdefault(player, []).append(int(first) / 25)
    return found


def cut(video: Path, whole: Annotation, folder: Path, **options: object) -> dict[str, list[float]]:
    bball_tag.render_dataset(video, whole, folder, progress=False, **options)
    return starts_of(folder, "no_action")


def test_a_reviewed_game_gives_clips_of_no_action_where_nobody_does_anything(video, tmp_path):
    silent = cut(video, crowd(video), tmp_path / "set", all_reviewed=True)
    busy = {"7": (1.0, 3.4), "8": (5.0, 5.2)}
    for player, (start, end) in busy.items():
        assert all(first + LENGTH <= start or first >= end for first in silent[player])
        assert np.diff(silent[player]).min() >= LENGTH - 1e-9
    # One second before the event of 7 and 6.6 after it, and 5 and 4.8 around that of 8: as many as fit, less
    # what is lost where clips are tried in steps.
    assert [sum(first < busy[player][0] for first in silent[player]) for player in "78"] == [1, 7]
    assert [sum(first > busy[player][1] for first in silent[player]) for player in "78"] == [10, 7]
    names = json.loads((tmp_path / "set" / "labels_dict.json").read_text())
    assert names["8"] == "no_action", "SpaceJam's own id"


def test_only_what_was_reviewed_for_every_label_is_silent(video, tmp_path):
    reviewed = (
        Reviewed(3.4, 5.0, "7"),
        Reviewed(6.0, 8.0, "8", ("shoot", "dunk", "pass")),
        Reviewed(8.0, 10.0, "8", ("shoot",)),
    )
    silent = cut(video, replace(crowd(video), reviewed=reviewed), tmp_path / "set")
    assert set(silent) == {"7", "8"}
    assert all(3.4 <= first <= 5.0 - LENGTH for first in silent["7"])
    assert all(6.0 <= first <= 8.0 - LENGTH for first in silent["8"])
    assert [len(silent[player]) for player in "78"] == [2, 3]


def test_what_nobody_reviewed_is_no_silence_and_a_warning_says_so(video, tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "bball_tag"):
        assert cut(video, crowd(video), tmp_path / "set") == {}
    assert "No clips of no_action were cut" in caplog.text
    assert "--all-reviewed" in caplog.text


def test_events_of_nobody_referees_and_gaps_in_tracks_are_no_silence(video, tmp_path):
    times = np.concatenate([np.arange(0, 4, 0.04), np.arange(8, 10, 0.04)])
    boxes = np.tile([5.0, 10, 40, 80], (len(times), 1))
    tracks = [Track("7", times, boxes), Track("9", times, boxes, role="other")]
    events = [
        replace(SHOT, start=0.0, end=1.0, player="7"),
        replace(SHOT, label="pass", start=2.0, end=10.0, player=""),
    ]
    whole = annotation(*events, video=Video(video).info, tracks=tracks)
    assert cut(video, whole, tmp_path / "set", all_reviewed=True) == {"7": [pytest.approx(1.12, abs=0.13)]}


def test_what_was_not_scored_or_asked_for_is_no_silence(video, tmp_path):
    scored = replace(crowd(video), settings={"part": "0:00:00.000 to 0:00:06.000"})
    silent = cut(video, scored, tmp_path / "set", all_reviewed=True, start=0.5, player="7")
    assert set(silent) == {"7"}
    assert min(silent["7"]) >= 0.5 - 1e-9
    assert max(silent["7"]) <= 6.0 - LENGTH
    assert cut(video, scored, tmp_path / "shots", all_reviewed=True, label="shoot") == {}
