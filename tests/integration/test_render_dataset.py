"""Events become labelled clips of players."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from bball_tag.errors import BballTagError
from bball_tag.render.dataset import write_dataset
from bball_tag.video.video import Video
from tests.decoded import frames
from tests.example_events import SHOT, annotation, crowd
from tests.synthetic import write_video


def test_events_become_clips_of_players_in_spacejams_layout(tmp_path):
    from train.clipset import read_clipset

    video = write_video(tmp_path / "game.mp4", range(250))
    report = write_dataset(Video(video), crowd(video), tmp_path / "set", overwrite=False)
    # 2.4 s hold three clips of 0.64 s; the short one has one round its middle; nobody sees player 9.
    assert (report.num_clips, report.num_skipped) == ({"shoot": 3, "dunk": 1}, 1)
    ids = json.loads((tmp_path / "set" / "annotation_dict.json").read_text())
    assert ids == {"game_7_0000027": 4, "game_7_0000047": 4, "game_7_0000067": 4, "game_8_0000120": 11}
    for key in ids:
        clip = tmp_path / "set" / "examples" / f"{key}.mp4"
        assert (Video(clip).info.width, Video(clip).info.height, len(frames(clip))) == (128, 176, 16)
    clips = read_clipset(tmp_path / "set")
    assert clips.counts == {"shoot": 3, "dunk": 1}


def test_training_clips_have_video_around_them_where_it_is_wanted(tmp_path):
    video = write_video(tmp_path / "game.mp4", range(250))
    for folder, padding in (("short", 0.0), ("long", 0.32)):
        write_dataset(Video(video), crowd(video), tmp_path / folder, overwrite=False, padding=padding)
    key = "game_7_0000027.mp4"
    short, long = (
        [image for _, image in frames(tmp_path / folder / "examples" / key)] for folder in ("short", "long")
    )
    assert len(long) == 16 + 2 * 8
    difference = np.stack(long[8:-8]).astype(int) - np.stack(short)
    assert abs(difference).mean() < 4
    early = replace(crowd(video), events=[replace(SHOT, start=0.1, end=0.7, player="7")])
    with pytest.raises(BballTagError, match="No event has a player whose track covers it"):
        write_dataset(Video(video), early, tmp_path / "none", overwrite=False, padding=0.32)


def test_clips_of_a_second_video_join_those_of_the_first(tmp_path):
    for name, label in (("one.mp4", "shoot"), ("two.mp4", "alley-oop")):
        video = write_video(tmp_path / name, range(250))
        write_dataset(Video(video), crowd(video, label), tmp_path / "set", overwrite=False)
    labels = json.loads((tmp_path / "set" / "labels_dict.json").read_text())
    assert {"shoot", "dunk", "alley-oop"} <= set(labels.values())
    assert len(set(labels)) == len(labels)
    assert len(json.loads((tmp_path / "set" / "annotation_dict.json").read_text())) == 8
    with pytest.raises(BballTagError, match=r"already has the clip two_7_\d+\. Pass --overwrite"):
        write_dataset(Video(video), crowd(video), tmp_path / "set", overwrite=False)


def test_training_clips_need_tracks_of_the_same_players(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(50))
    with pytest.raises(BballTagError, match="give the players' boxes with --tracks FILE"):
        write_dataset(
            Video(video), annotation(SHOT, video=Video(video).info), tmp_path / "set", overwrite=False
        )
    strangers = replace(crowd(video), events=[replace(SHOT, player="Ana")])
    with pytest.raises(BballTagError, match="the ids of the tracks must be the same"):
        write_dataset(Video(video), strangers, tmp_path / "set", overwrite=False)
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("names", [("A/B", "A B"), ("#7", "7."), ("Ann", "ann"), ("a", "a-2", "A")])
def test_players_whose_names_become_one_file_name_keep_their_clips(tmp_path, names):
    video = write_video(tmp_path / "game.mp4", range(250))
    known = crowd(video)
    tracks = [replace(known.tracks[0], id=name) for name in names]
    events = [replace(SHOT, start=1.0, end=1.7, player=name) for name in names]
    found = replace(known, tracks=tracks, events=events)
    report = write_dataset(Video(video), found, tmp_path / "set", overwrite=False)
    assert report.num_clips == {"shoot": len(names)}
    keys = [path.stem.lower() for path in (tmp_path / "set" / "examples").iterdir()]
    assert len(set(keys)) == len(names)
