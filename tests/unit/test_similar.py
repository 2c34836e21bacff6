"""The stored clips that are most like another one: how alike they are, and which are chosen."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pytest

import bball_tag
from bball_tag.errors import BballTagError, OptionError
from bball_tag.learning.nearest import Standard, apart
from bball_tag.scoring.features import FeatureKind
from bball_tag.scoring.store import ClipScore, RunState, ScoreStore
from bball_tag.video.video import Video
from tests.synthetic import write_video

KIND = FeatureKind("b1", "c1", ("run", "walk"), 12.5, 8, ("rgb", "pose"), (2, 1))


def cosine(one, other):
    return float(np.dot(one, other) / np.linalg.norm(one) / np.linalg.norm(other))


def test_clips_are_compared_by_the_cosine_of_standardised_features():
    values = np.array([[0, 10, 5], [2, 30, 5], [4, 20, 5], [2, 20, 5]], np.float16)
    known = np.ones((4, 2), bool)
    standard = Standard([(values, known)], (2, 1))
    spread = values[:, :2].astype(float).std(axis=0)
    plain = (values[:, :2] - [2, 20]) / spread
    wanted = standard.of(values[:1], known[:1])
    # What never varies counts for nothing, and the average clip is like none.
    assert wanted[0] == pytest.approx([*plain[0], 0], abs=1e-3)
    found = standard.similarities(values, known, wanted)
    assert found[:3] == pytest.approx([1, cosine(plain[1], plain[0]), cosine(plain[2], plain[0])], abs=1e-3)
    assert found[3] == 0


def test_a_stream_that_is_not_known_of_a_clip_counts_for_nothing():
    values = np.array([[0, 0, 9], [2, 2, 1], [4, 4, 0], [0, 0, 0]], np.float16)
    known = np.array([[True, True], [True, True], [True, True], [True, False]])
    standard = Standard([(values[:2], known[:2]), (values[2:], known[2:])], (2, 1))
    assert standard.of(values, known)[3, 2] == 0
    pose = values[:3, 2].astype(float)
    assert standard.of(values, known)[0, 2] == pytest.approx((9 - pose.mean()) / pose.std(), abs=1e-2)


def test_a_clip_is_as_alike_as_to_the_nearest_of_several():
    values = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float16)
    known = np.ones((4, 1), bool)
    standard = Standard([(values, known)], (2,))
    found = standard.similarities(values, known, standard.of(values[:2], known[:2]))
    assert found == pytest.approx([1, 1, 0, 0], abs=1e-6)


def test_no_two_chosen_clips_of_one_player_share_time():
    starts = np.array([0.0, 0.5, 1.0, 0.5])
    whose = np.array([0, 0, 0, 1])
    assert list(apart([0, 1, 2, 3], whose, starts, starts + 1)) == [0, 2, 3]
    assert list(apart([1, 0, 2, 3], whose, starts, starts + 1)) == [1, 3]


@pytest.fixture
def game(tmp_path):
    """Four seconds of two players in two moods: 7 changes after 1.28 seconds, 9 never does."""
    path = write_video(tmp_path / "game.mp4", range(100))
    save(path)
    return path


def save(path, kind=KIND, name="game.csv.scores.db"):
    content = Video(path).content_id
    rng = np.random.default_rng(0)
    settings = {"video": content, "grid_fps": 12.5}
    with ScoreStore(path.with_name(name), {"video": content}, settings) as store:
        store.keep_features(kind)
        clips = []
        for player in ("7", "9"):
            for start in range(0, 43, 4):
                mood = 1 if player == "7" and start >= 16 else -1
                vector = np.array([mood, mood, mood]) + rng.normal(0, 0.01, 3)
                scores = np.array([0.8, 0.2], np.float32)
                streams = ("rgb", "pose")
                clips.append(ClipScore(player, start, start + 8, scores, vector.astype(np.float16), streams))
        store.append(clips, RunState(1, complete=True, end=4.0))


def test_what_is_alike_is_found_without_the_clip_itself_and_its_neighbours(game):
    (found,) = bball_tag.similar(game, like="2.6", player=7, count=2)
    # The mood of 7 from second 1.28 on; the clip that was asked for is [2.24, 2.88].
    assert [(event.player, event.label) for event in found] == [("7", "similar")] * 2
    assert all(event.start >= 1.28 and event.confidence > 0.9 for event in found)
    assert all(event.end <= 2.24 or event.start >= 2.88 for event in found)
    spans = sorted((event.start, event.end) for event in found)
    assert spans[0][1] <= spans[1][0]
    assert found.events[0].remark == "the checkpoint's label: run 0.80"


def test_several_games_share_the_count_and_each_has_its_table(game, tmp_path):
    other = tmp_path / "second" / "other.mp4"
    other.parent.mkdir()
    write_video(other, range(1, 101))
    save(other)
    found = bball_tag.similar([game, other], like=3.0, player="7", count=4, label="zone")
    assert sum(map(len, found)) == 4
    assert len(found[1]) >= 1
    assert {event.label for one in found for event in one} == {"zone"}
    assert found[0].labels == ("run", "walk", "zone")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"like": 2.6}, r"Several players are in game.mp4 at 0:00:02.600: .*--player 7"),
        ({"like": 2.6, "player": "8"}, "Player 8 is not in game.mp4 at 0:00:02.600: there are 7, 9"),
        ({"like": 99, "player": "7"}, "No clip of game.mp4 at 0:01:39.000 is stored"),
        ({"like": "soon"}, "soon"),
        ({"like": 1, "count": 0}, "count"),
        ({"like": 1, "label": ""}, "label"),
    ],
)
def test_what_cannot_be_looked_for_is_refused_in_a_sentence(game, options, sentence):
    with pytest.raises(OptionError, match=sentence):
        bball_tag.similar(game, **options)


def test_games_of_other_models_cannot_be_compared(game, tmp_path):
    other = tmp_path / "second" / "other.mp4"
    other.parent.mkdir()
    write_video(other, range(1, 101))
    save(other, FeatureKind("b2", "c1", ("run", "walk"), 12.5, 8, ("rgb", "pose"), (2, 1)))
    with pytest.raises(OptionError, match="Annotate all of them with one"):
        bball_tag.similar([game, other], like=1, player="7")


def test_scores_without_features_are_an_error_that_says_what_to_do(game):
    with closing(sqlite3.connect(game.with_name("game.csv.scores.db"))) as file, file:
        file.execute("DELETE FROM feature_sets")
    with pytest.raises(BballTagError, match="Annotate the video again with --features"):
        bball_tag.similar(game, like=1, player="7")
