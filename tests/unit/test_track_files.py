"""Tracks from any tool, in any form, and back."""

from __future__ import annotations

import io
from fractions import Fraction

import numpy as np
import pytest

from bball_tag.errors import TracksError
from bball_tag.players.track_files import read_tracks, write_mot
from bball_tag.players.tracks import Track

FPS = Fraction(25)


def track(times: list[float], lefts: list[float], id: str = "7", **facts) -> Track:
    boxes = np.array([[left, 10.0, 40.0, 80.0] for left in lefts])
    return Track(id, np.array(times), boxes, **facts)


def test_tracks_are_read_with_frames_from_one(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "frame,id,bb_left,bb_top,bb_width,bb_height,conf,x,y,z\n1,10,5,6,7,8,1,-1,-1,-1\n\n26,10,6,6,7,8\n3,2,0,0,9,9\n"
    )
    two, ten = read_tracks(path, FPS)
    assert (two.id, ten.id) == ("2", "10")
    assert ten.times.tolist() == [0.0, 1.0]
    assert ten.boxes.tolist() == [[5, 6, 7, 8], [6, 6, 7, 8]]


def test_tracks_survive_being_written_and_read(tmp_path):
    tracks = [track([0, 0.04, 0.08], [1, 2, 3], "2"), track([0.04], [9], "10")]
    text = io.StringIO()
    write_mot(tracks, FPS, text)
    assert text.getvalue().splitlines()[0] == "1,2,1.0,10.0,40.0,80.0,1,-1,-1,-1"
    path = tmp_path / "a.txt"
    path.write_text(text.getvalue())
    again = read_tracks(path, FPS)
    assert [one.id for one in again] == ["2", "10"]
    assert np.array_equal(again[0].boxes, tracks[0].boxes)
    assert again[0].times == pytest.approx(tracks[0].times)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no rows"),
        ("1,2,3\n", "line 1"),
        ("1,2,3,4,5,6\nhello\n", "line 2"),
        ("0,2,3,4,5,6\n", "frames count from 1"),
        ("1,2,3,4,0,6\n", "positive width"),
        ("1,2,3,4,nan,6\n", "line 1"),
    ],
)
def test_tracks_that_make_no_sense_are_refused_by_line(tmp_path, content, words):
    path = tmp_path / "a.txt"
    path.write_text(content)
    with pytest.raises(TracksError, match=words):
        read_tracks(path, FPS)


def test_a_missing_file_of_tracks_is_an_error_that_says_so(tmp_path):
    with pytest.raises(TracksError, match=r"none\.txt: No such file or directory\.$"):
        read_tracks(tmp_path / "none.txt", FPS)


def test_tracks_that_are_not_utf8_are_explained(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"frame,id\n1,M\xfcller,3,4,5,6\n")
    with pytest.raises(TracksError, match=r"a\.csv: it is not UTF-8 text; in Excel choose 'CSV UTF-8'"):
        read_tracks(tmp_path / "a.csv", FPS)
