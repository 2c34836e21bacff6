"""`--blur-faces`: the heads of everybody who was found are blurred, wherever a video is made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bball_tag
from bball_tag.errors import OptionError
from bball_tag.players.crop import Box
from bball_tag.players.tracks import Track
from bball_tag.render.blur import HeadBlur, head_of
from bball_tag.video.video import Video
from tests.review_games import EVENTS, opened, written_game

SEEN = Track("7", np.array([1.0, 2.0, 4.0]), np.array([[50.0, 20, 40, 60]] * 3))


class Noted:
    """Notes what is blurred."""

    def __init__(self) -> None:
        self.boxes: list[tuple[int, int, int, int]] = []

    def blur(self, box: tuple[int, int, int, int]) -> None:
        self.boxes.append(box)


@pytest.mark.parametrize(
    ("time", "is_hidden"),
    [
        (0.3, False),
        (0.5, True),
        (1.5, True),
        (2.5, True),
        (3.0, False),
        (3.5, True),
        (4.5, True),
        (4.7, False),
    ],
)
def test_a_head_stays_blurred_shortly_before_and_after_and_between(time, is_hidden):
    canvas = Noted()
    HeadBlur([SEEN]).paint(canvas, time)
    assert canvas.boxes == ([(46, 16, 94, 42)] if is_hidden else [])


def test_the_head_of_who_lies_may_be_anywhere():
    assert head_of(Box(100, 50, 80, 40)) == (98, 48, 182, 90)


def sharpest(image: np.ndarray, box: tuple[int, int, int, int]) -> float:
    """Return the most by which two neighbouring columns differ within a box."""
    left, top, right, bottom = box
    columns = image[top:bottom, left:right].astype(float).mean(axis=0)
    return float(np.abs(np.diff(columns, axis=0)).max())


def frame(path, time: float) -> np.ndarray:
    (image,) = Video(path).images_at([time])
    assert image is not None
    return image


@pytest.mark.parametrize("kind", ["overlay", "clips", "reel", "review"])
def test_heads_are_blurred_and_the_rest_stays(tmp_path, kind):
    video = written_game(tmp_path, "game.json")
    table, shown, at = tmp_path / "game.json", 1.2, 1.2
    if kind == "overlay":
        made = bball_tag.render_overlay(video, table, tmp_path / "o.mp4", blur_faces=True, style="minimal")
    elif kind == "clips":
        cut = bball_tag.render_clips(video, table, tmp_path / "cut", label="shoot", blur_faces=True)
        made, at = cut.clips[0], 0.7
    elif kind == "reel":
        made = bball_tag.render_reel(
            video, table, "shoot", tmp_path / "r.mp4", lead=0, lag=3, blur_faces=True
        )
        # Its title is gone then.
        shown, at = 3.7, 3.2
    else:
        whole = video.read_bytes()
        made = bball_tag.write_report(table, tmp_path / "game.html", video=video, blur_faces=True)[1]
        assert (made.name, video.read_bytes()) == ("game.video.mp4", whole)
    # The track of player 7 is 5 to 9 pixels from the left, 40 wide and 60 high; a bar begins at 16 or 32.
    head, legs = (12, 16, 42, 28), (12, 52, 42, 66)
    before, after = frame(video, shown), frame(made, at)
    assert sharpest(before, head) > 80
    assert sharpest(after, head) < 0.5 * sharpest(before, head)
    # Small bit rates blur a little everywhere.
    assert sharpest(after, legs) > 1.4 * sharpest(after, head)


def test_nothing_is_made_where_nobody_is_known(tmp_path):
    whole_frame = tuple(replace(event, player="") for event in EVENTS)
    video = written_game(tmp_path, "game.csv", whole_frame)
    with pytest.raises(OptionError, match="where people are"):
        bball_tag.render_overlay(video, tmp_path / "game.csv", tmp_path / "o.mp4", blur_faces=True)
    assert not (tmp_path / "o.mp4").exists()
    assert not opened(video).annotation.tracks
