"""A video goes to workers with every task: with the times of its frames, in few bytes."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest

from bball_tag.errors import VideoError
from bball_tag.video import timeline as timelines
from bball_tag.video.packed import packed, unpacked
from bball_tag.video.timeline import Timeline
from bball_tag.video.video import Video
from tests.synthetic import write_video

FRAMES = 540_000
"""Two and a half hours at 60 a second: 4.3 MB of numbers, and again as seconds where the rate varies."""


@pytest.mark.parametrize(
    ("ticks", "most"),
    [
        (np.arange(FRAMES) * 256, 50_000),
        (np.round(np.arange(FRAMES) * 1001 / 60).astype(np.int64) - 7, 100_000),
        (np.cumsum(1500 + np.random.default_rng(0).integers(-200, 200, FRAMES)), 1_000_000),
    ],
    ids=["one rate", "milliseconds", "times that jitter"],
)
def test_the_times_of_a_long_game_are_sent_in_less_than_a_megabyte(ticks, most):
    tick, rate = Fraction(1, 90_000), Fraction(60)
    timeline = Timeline(
        ticks, tick, rate, is_regular=False, step=1 / rate, claimed=9e3, joints=(1.5,), entries=((3, 4),)
    )
    sent = pickle.dumps(timeline)
    assert len(sent) < most
    found = pickle.loads(sent)
    assert np.array_equal(found.ticks, ticks)
    assert found.ticks.dtype == np.int64
    assert (found.tick, found.joints, found.entries) == (timeline.tick, (1.5,), ((3, 4),))


@pytest.mark.parametrize("ticks", [[], [-3], [5, 5, 9]])
def test_few_times_come_back_as_they_were(ticks):
    assert unpacked(packed(np.array(ticks, np.int64))).tolist() == ticks


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_video_whose_rate_varies_has_the_same_times_where_it_is_sent(tmp_path, suffix):
    times = [Fraction(number, 25) + Fraction(number * number % 7, 1000) for number in range(50)]
    video = Video(write_video(tmp_path / f"game{suffix}", range(50), times=times))
    assert video.info.times is not None
    sent = pickle.dumps(video)
    timelines._brought.clear()
    found = pickle.loads(sent).info.times
    assert found.times.tobytes() == video.info.times.times.tobytes()
    assert (found.end, found.fps) == (video.info.times.end, video.info.times.fps)
    # What is sent can be sent on.
    again = pickle.loads(pickle.dumps(pickle.loads(sent)))
    assert again.info.times.times.tobytes() == video.info.times.times.tobytes()


def test_a_video_that_became_shorter_is_not_sent_but_refused_in_a_sentence(tmp_path):
    times = [Fraction(number, 25) + Fraction(number * number % 7, 1000) for number in range(50)]
    video = Video(write_video(tmp_path / "game.mkv", range(50), times=times))
    write_video(tmp_path / "game.mkv", range(20), times=times[:20])
    with pytest.raises(VideoError, match=r"game\.mkv was changed or removed while it was read"):
        pickle.dumps(video)
