"""The bench measures what a user waits for, and recommends only what keeps the labels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bball_tag import bench
from bball_tag.bench import BenchReport, Speed
from bball_tag.errors import OptionError
from bball_tag.scoring.backends import Engine
from bball_tag.video.info import VideoInfo
from bball_tag.video.video import Video

FP32 = Engine("torch", "cpu", "fp32")
PLAIN = Speed("plain", FP32, 1.0, 1.0, 0.5, 1.0, (0, 1) * 500, 100, "decoding 1.0 s")


def report(*speeds: Speed) -> BenchReport:
    return BenchReport(VideoInfo.unknown(), 100.0, (PLAIN, *speeds))


def test_a_setting_that_changes_labels_is_not_recommended():
    wrong = replace(PLAIN, name="fast and wrong", players_speed=9.0, labels=(1,) * 6 + PLAIN.labels[6:])
    nearly = replace(PLAIN, name="fast", players_speed=5.0, labels=(1, *PLAIN.labels[1:]))
    assert report(nearly, wrong).agreement(wrong) == pytest.approx(0.997)
    assert report(nearly, wrong).best.name == "fast and wrong"
    wrong = replace(wrong, labels=(1,) * 20 + PLAIN.labels[20:])
    assert report(nearly, wrong).best.name == "fast"


def test_the_made_up_video_is_of_the_usual_size(tmp_path):
    path = tmp_path / "a.mp4"
    bench.write_made_up_video(path, 1)
    video = Video(path)
    assert (video.info.width, video.info.height, video.info.fps, video.info.num_frames) == (1280, 720, 25, 25)
    assert bench.decoding_speed(video, 12.5, 1) > 0


def test_the_busy_neighbour_ends_with_the_block(monkeypatch):
    begun = []

    class Popen(bench.subprocess.Popen):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            begun.append(self)

    monkeypatch.setattr(bench.subprocess, "Popen", Popen)
    with bench.busy_neighbour():
        assert begun[0].poll() is None
    assert begun[0].poll() is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"seconds": 0},
        {"seconds": "8"},
        {"stride": -1},
        {"stride": "0.5"},
        {"device": "tpu"},
        {"checkpoint": 3},
    ],
)
def test_a_value_that_makes_no_sense_is_named_before_the_measuring(wrong):
    (name,) = wrong
    with pytest.raises(OptionError, match=f"(?i){name}"):
        bench.bench(**wrong)
