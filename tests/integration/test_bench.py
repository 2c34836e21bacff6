"""The bench counts what a network needs, and recommends only what keeps the labels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bball_tag.bench import Speed, agreement, best_of, decoding_speed, made_up_film, multiply_adds
from bball_tag.clips import ClipSpec
from bball_tag.scoring.backends import Engine
from bball_tag.video.video import Video

PLAIN = Speed("plain", Engine("torch", "cpu", "fp32"), 1.0, 0.5, 1.0, 1.0, (0, 1) * 500, 100.0)


def test_multiply_adds_are_those_that_were_published():
    """54.5 G for slow_r50 8x8 at 256x256 (Feichtenhofer et al., SlowFast, 2019)."""
    alone, in_time = multiply_adds(400, ClipSpec(num_frames=8, fps=4, height=256, width=256), 64)
    assert 8 * (alone + in_time) / 1e9 == pytest.approx(54.5, abs=0.5)


def test_a_setting_that_changes_labels_is_not_recommended():
    wrong = replace(PLAIN, name="fast and wrong", players=9.0, labels=(1,) * 6 + PLAIN.labels[6:])
    nearly = replace(PLAIN, name="fast", players=5.0, labels=(1, *PLAIN.labels[1:]))
    assert agreement(wrong, PLAIN) == pytest.approx(0.997)
    assert best_of([PLAIN, nearly, wrong]).name == "fast and wrong"
    wrong = replace(wrong, labels=(1,) * 20 + PLAIN.labels[20:])
    assert best_of([PLAIN, nearly, wrong]).name == "fast"


def test_the_made_up_film_is_of_the_usual_size(tmp_path):
    film = tmp_path / "a.mp4"
    made_up_film(film, 1)
    info = Video(film).info
    assert (info.width, info.height, info.fps, info.num_frames) == (1280, 720, 25, 25)
    assert decoding_speed(film, 12.5, 1) > 0
