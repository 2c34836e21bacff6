"""The face that makes videos of events."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import pytest

import bball_tag as bt
from bball_tag.cli.render import render as render_command
from bball_tag.errors import BballTagError, OptionError
from tests.decoded import frames, numbers
from tests.example_events import crowd, written
from tests.synthetic import write_video


@pytest.fixture
def game(tmp_path):
    """Ten seconds of video at `game.mp4`, and its annotation."""
    return crowd(write_video(tmp_path / "game.mp4", range(250), size=(320, 180), sound=True))


def test_the_face_takes_paths_as_text_and_names_its_outputs_beside_the_video(game, tmp_path):
    path = str(tmp_path / "game.mp4")
    assert bt.render_overlay(path, game, progress=False) == tmp_path / "game.overlay.mp4"
    assert bt.render_reel(path, game, "shoot", lead=0, lag=0, progress=False) == tmp_path / "game.shoot.mp4"
    assert numbers(tmp_path / "game.shoot.mp4")[-1] == 84
    cut = bt.render_clips(path, game, str(tmp_path / "clips"), label="shoot", progress=False)
    assert [clip.name for clip in cut.clips] == ["0001_shoot_player7_0m01.000s.mp4"]
    report = bt.render_dataset(path, game, str(tmp_path / "set"), player=["8"], progress=False)
    assert report.num_clips == {"dunk": 1}


def test_events_may_be_a_file_and_times_may_be_text(game, tmp_path):
    written(game, tmp_path / "actions.csv")
    options = {"start": "0:05", "end": "150f", "progress": False}
    cut = bt.render_clips(tmp_path / "game.mp4", str(tmp_path / "actions.csv"), tmp_path / "c", **options)
    assert [event.label for event in cut.events] == ["dunk"]
    out = bt.render_overlay(tmp_path / "game.mp4", str(tmp_path / "actions.csv"), **options)
    assert len(frames(out)) == 25


def test_tracks_of_a_file_replace_those_of_the_events(game, tmp_path):
    written(game, tmp_path / "tracks.txt", "mot")
    options = {"style": "minimal", "overwrite": True, "progress": False}
    bare, own, other = (
        np.stack(
            [
                image
                for _, image in frames(bt.render_overlay(tmp_path / "game.mp4", events, **more, **options))
            ]
        )
        for events, more in (
            (game, {"tracks": "none"}),
            (game, {}),
            (replace(game, tracks=()), {"tracks": str(tmp_path / "tracks.txt")}),
        )
    )
    assert (own == other).all()
    # Player 7's box, while they shoot.
    assert np.abs(bare[50, :100, :60].astype(int) - own[50, :100, :60]).max() > 60


def test_clips_can_be_linked_to_from_a_table(game, tmp_path):
    bt.render_clips(
        tmp_path / "game.mp4", game, tmp_path / "clips", out=tmp_path / "linked.csv", progress=False
    )
    rows = (tmp_path / "linked.csv").read_text().splitlines()
    assert len(rows) == 4
    with pytest.raises(BballTagError, match=r"Cannot tell the format of .*linked\.png"):
        bt.render_clips(tmp_path / "game.mp4", game, tmp_path / "none", out=tmp_path / "linked.png")
    assert not (tmp_path / "none").exists()


def test_a_style_that_does_not_exist_is_wrong_usage(game, tmp_path):
    with pytest.raises(OptionError, match=r"Unknown style 'loud'\. The styles: broadcast, minimal\."):
        bt.render_overlay(tmp_path / "game.mp4", game, style="loud")


def test_an_overlay_without_events_warns(game, tmp_path, caplog):
    bt.render_overlay(tmp_path / "game.mp4", replace(game, events=[]), end=0.2, progress=False)
    assert "No event to show in game.mp4: the overlay shows only the tracks." in caplog.text


@pytest.mark.parametrize("name", ["render_overlay", "render_clips", "render_reel", "render_dataset"])
def test_keywords_are_named_like_the_options_and_have_the_same_defaults(name):
    keywords, options = (
        inspect.signature(function).parameters for function in (getattr(bt, name), render_command)
    )
    own = {"video", "annotation", "folder", "padding", "progress"}
    assert set(keywords) - own <= set(options)
    shared = {"style", "start", "end", "tracks", "checkpoint", "device", "overwrite"} & set(keywords)
    assert [keywords[key].default for key in shared] == [options[key].default for key in shared]
