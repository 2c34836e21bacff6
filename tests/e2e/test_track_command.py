"""`bball-tag track` as a user types it, and the same from Python."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import bball_tag
from bball_tag.players.track_files import read_tracks
from bball_tag.scoring.store import ScoreStore
from bball_tag.video.video import Video
from tests.synthetic import write_video

DRILL = Path(__file__).parents[2] / "sample_videos/drill.mp4"


def test_players_are_found_and_written_with_times_or_as_motchallenge(run, tmp_path):
    done = run("track", DRILL, "--out", "tracks.csv", "--start", "3.5", "--end", "6.5", "--tiles", "none")
    assert (done.returncode, done.stdout.strip()) == (0, "tracks.csv"), done.stderr
    assert "Finding players with yolox_nano_basketball" in done.stderr
    timed = read_tracks(tmp_path / "tracks.csv", Fraction(0))
    assert timed
    assert all(one.times.max() < 6.5 for one in timed)

    done = run(
        "--quiet", "track", DRILL, "--out", "tracks.txt", "--start", "3.5", "--end", "6.5", "--tiles", "none"
    )
    assert (done.returncode, done.stderr) == (0, "")
    fps = Video(DRILL).info.fps
    for one, other in zip(read_tracks(tmp_path / "tracks.txt", fps), timed, strict=True):
        assert one.id == other.id
        # A frame number says no more than this.
        assert np.abs(one.times - other.times).max() <= 0.5 / fps + 1e-6
        assert np.abs(one.boxes - other.boxes).max() < 0.1

    # Nothing is looked for again where it is known who was seen.
    again = (
        "track",
        DRILL,
        "--out",
        "tracks.csv",
        "--start",
        "3.5",
        "--end",
        "6.5",
        "--tiles",
        "none",
        "--overwrite",
    )
    before = (tmp_path / "tracks.csv").read_bytes()
    done = run(*again)
    assert "Finding players" not in done.stderr
    assert (tmp_path / "tracks.csv").read_bytes() == before
    done = run("track", DRILL, "--out", "tracks.csv")
    assert done.returncode == 1
    assert "tracks.csv already exists" in done.stderr


def test_python_finds_the_players_of_a_part():
    tracks = bball_tag.track(DRILL, start="0:10.5", end=13.5, tiles="none", progress=False)
    assert tracks
    assert all(10.48 <= one.times[0] <= one.times[-1] < 13.5 for one in tracks)
    with pytest.raises(bball_tag.BballTagError, match="Cannot read the court"):
        bball_tag.track(DRILL, court="1,2 3")


def test_a_stopped_run_resumes_and_gives_the_same_tracks(tmp_path, monkeypatch):
    options = {"start": 9.5, "end": 13, "tiles": "none", "progress": False}
    whole = bball_tag.track(DRILL, **options)
    assert whole
    append, chunks = ScoreStore.append, []

    def stopped(self, clips, state, seen=None):
        if chunks:
            raise KeyboardInterrupt
        chunks.append(state.next_chunk)
        append(self, clips, state, seen)

    with monkeypatch.context() as patch:
        patch.setattr(ScoreStore, "append", stopped)
        with pytest.raises(KeyboardInterrupt):
            bball_tag.track(DRILL, scores=tmp_path / "kept.db", **options)
    assert chunks == [4]
    resumed = bball_tag.track(DRILL, scores=tmp_path / "kept.db", **options)
    for one, other in zip(resumed, whole, strict=True):
        assert (one.id, one.team, one.sureness) == (other.id, other.team, other.sureness)
        assert np.array_equal(one.times, other.times)
        assert np.array_equal(one.boxes, other.boxes)
        assert np.array_equal(one.moves, other.moves)


def test_a_video_without_people_says_so_and_gives_an_empty_table(run, tmp_path):
    write_video(tmp_path / "empty.mp4", range(25))
    done = run("track", "empty.mp4", "--out", "tracks.csv")
    assert done.returncode == 0, done.stderr
    assert "nobody who plays was found" in done.stderr
    assert (tmp_path / "tracks.csv").read_text() == "time_s,player,left,top,width,height,team,role\n"
