"""Timelines of games become labelled clips."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from bball_tag.annotations import Annotation, write_annotation
from bball_tag.annotations.game_files import files_of, joined
from bball_tag.annotations.reviewed import Reviewed
from bball_tag.clips import ClipSpec
from bball_tag.errors import DataError, OptionError
from bball_tag.train_options import ClipSource
from bball_tag.video.video import Video
from tests.coded_games import add_game, code, event
from tests.integration.test_player_clock import write_late
from train.clipset import ClipSet
from train.coded_games import has_few_games, read_source
from train.splits import grouped

SPEC = ClipSpec(num_frames=4, fps=12.5, height=48, width=32)
FRAME = replace(SPEC, subject="frame")


PASS, RUN = event("pass", 2.0, 4.0), event("run", 6.0, 6.32, "8")


@pytest.fixture
def season(tmp_path: Path) -> Path:
    """Folders for timelines, videos and tracks; in the one game of ten seconds, 8 is away from 4 s to 5 s."""
    for name in ("coded", "games", "boxes"):
        (tmp_path / name).mkdir()
    add_game(tmp_path, "q1")
    return tmp_path


def read(season: Path, *paths: Path, spec: ClipSpec = SPEC) -> ClipSet:
    tracks = season / "boxes" if spec.subject == "player" else None
    return read_source(ClipSource(paths, season / "games", tracks), spec)


def starts(clips: ClipSet, label: str, player: str = "7") -> list[int]:
    """Return the first instants of clips."""
    return [
        round(clip.start * SPEC.fps)
        for clip in clips.clips
        if clips.labels[clip.label] == label and (clip.track.id if clip.track else "") == player
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("q1.xlsx", None),
        ("q1.csv", None),
        ("q1.json", None),
        ("q1.xml", None),
        ("q1.eaf", None),
        ("q1.vtt", None),
    ],
)
def test_every_format_that_says_who_did_it_gives_clips_of_players(season, name, kind):
    clips = read(season, code(season, name, PASS, RUN, kind=kind))
    assert clips.labels == ("pass", "run")
    # 25 instants, so six clips of four, evenly: the middles are 25 + 25 * (1, 3, 5, …) / 12.
    assert starts(clips, "pass") == [25, 29, 33, 38, 42, 46]
    assert starts(clips, "run", "8") == [75]
    first = clips.clips[0]
    assert (first.path, first.start, first.end) == (season / "games" / "q1.mp4", 2.0, 2.32)
    assert [track.id for track in first.tracked.people] == ["7", "8"]


def test_a_point_of_soccernet_gives_the_clip_around_it(season):
    path = season / "coded" / "q1.json"
    points = [
        {"gameTime": "1 - 00:05", "label": "shot", "position": "5000", "half": "1"},
        {"gameTime": "1 - 00:08", "label": "pass", "position": "8000", "half": "1"},
    ]
    path.write_text(json.dumps({"UrlLocal": "q1.mp4", "annotations": points}))
    clips = read(season, path, spec=FRAME)
    assert starts(clips, "shot", "") == [61]


def test_an_event_gives_clips_while_its_player_is_seen(season, caplog):
    away, long = event("defense", 4.2, 4.8, "8"), event("walk", 3.0, 6.0, "8")
    clips = read(season, code(season, "q1.csv", PASS, long))
    # 8 is seen until instant 50, and again from 63: 12 instants and 12.
    assert starts(clips, "walk", "8") == [38, 42, 46, 63, 67, 71]
    read(season, code(season, "q1.away.csv", PASS, RUN, away))
    assert "No clip comes of 1 event whose player is not seen for the length of a clip." in caplog.text


def test_what_is_short_shared_or_of_nobody_gives_no_clip(season, caplog):
    short = event("block", 5.0, 5.2)
    shared = event("dribble", 2.5, 3.5)
    nobody, stranger = event("steal", 8.0, 9.0, ""), event("steal", 8.0, 9.0, "99")
    clips = read(season, code(season, "q1.csv", PASS, RUN, short, shared, nobody, stranger))
    assert clips.labels == ("pass", "run")
    # What lies in both by more than 22 % has neither label; shared is from instant 32 to 43.
    assert starts(clips, "pass") == [25, 46]
    for words in (
        "No clip comes of 1 event shorter than 0.25 s.",
        "No clip comes of 1 event without the name of a player.",
        "No clip comes of 1 event of a player who is not in the tracks.",
        "No clip comes of 1 event at the same time as another of that player",
    ):
        assert words in caplog.text


def test_the_whole_frame_takes_the_events_of_everybody(season):
    clips = read(season, code(season, "q1.csv", PASS, RUN, event("steal", 8.0, 8.32, "")), spec=FRAME)
    assert clips.counts == {"pass": 6, "run": 1, "steal": 1}
    assert {clip.track for clip in clips.clips} == {None}


def test_background_comes_from_reviewed_spans_alone(season, caplog):
    caplog.set_level(logging.INFO, "bball_tag")
    clips = read(season, code(season, "q1.csv", PASS, RUN))
    assert "no_action" not in clips.labels
    assert "There are no clips of no_action, as nothing says what was looked at in q1.csv" in caplog.text

    looked = [Reviewed(0.0, 3.0, "7"), Reviewed(6.0, 8.0, "8", ("pass",))]
    clips = read(season, code(season, "q1.b.csv", PASS, RUN, reviewed=looked))
    # 7 is silent from 0 to 2 s; for 8 only passes were looked for. Six at most, as there are six passes.
    assert starts(clips, "no_action", "8") == []
    silent = starts(clips, "no_action")
    assert 3 <= len(silent) <= 6
    assert min(silent) >= 0
    assert max(silent) <= 21
    # In the whole frame, silence of one player says nothing.
    assert "no_action" not in read(season, season / "coded" / "q1.b.csv", spec=FRAME).labels


def test_background_that_is_coded_is_not_cut_twice(season):
    coded = event("no_action", 0.0, 3.2)
    looked = [Reviewed(0.0, 4.8, "7")]
    clips = read(season, code(season, "q1.csv", coded, RUN, reviewed=looked))
    # Ten clips of what was coded; silence begins after it, as many as one clip more.
    own = starts(clips, "no_action")
    assert own[:10] == list(range(0, 40, 4))
    assert all(first >= 40 for first in own[10:])


def test_events_that_a_model_left_count_only_where_somebody_looked(season, caplog):
    found = event("walk", 7.0, 9.0, num_clips=5)
    clips = read(season, code(season, "q1.xlsx", PASS, RUN, found))
    assert clips.counts["walk"] == 6
    assert "1 event that a model made and nobody changed count as right" in caplog.text
    clips = read(season, code(season, "q2.xlsx", PASS, RUN, found, reviewed=[Reviewed(0, 5)]))
    assert "walk" not in clips.labels


def test_missing_videos_are_named_all_at_once(season):
    one, other = code(season, "away.xlsx", PASS), code(season, "late.xml", PASS)
    (season / "games" / "q1.mp4").rename(season / "q1.mp4")
    with pytest.raises(DataError) as error:
        read(season, one, other)
    assert str(error.value).startswith("Cannot find the videos of 2 of 2 timelines in ")
    assert "that of away.xlsx (q1.mp4), that of late.xml. " in str(error.value)


def test_a_video_is_found_by_the_name_in_the_timeline_or_its_own(season):
    add_game(season, "q2")
    (season / "games" / "q1.mp4").rename(season / "games" / "Q1.m4v")
    # The table names q2.mp4; Sportscode names nothing, and what is corrected keeps the name of its game.
    code(season, "my table.xlsx", PASS, game="q2")
    code(season, "q1.corrected.xml", RUN, game="q2")
    clips = read(season, season / "coded" / "my table.xlsx", season / "coded" / "q1.corrected.xml")
    assert {clips.labels[clip.label]: clip.path.name for clip in clips.clips} == {
        "pass": "q2.mp4",
        "run": "Q1.m4v",
    }
    assert {clip.track.id for clip in clips.clips} == {"7", "8"}


def test_two_videos_of_one_name_are_not_chosen_between(season):
    (season / "games" / "q1.mov").write_bytes((season / "games" / "q1.mp4").read_bytes())
    with pytest.raises(DataError, match=r"several videos of q1.xml in .*: q1.mov, q1.mp4"):
        read(season, code(season, "q1.xml", PASS, RUN))


def test_missing_players_are_named_all_at_once(season):
    paths = code(season, "q1.csv", PASS, RUN), code(season, "other.xlsx", PASS, RUN)
    with pytest.raises(DataError, match=r"2 of 2 timelines: q1.csv, other.xlsx. Find them first .*--subject"):
        read_source(ClipSource(paths, season / "games"), SPEC)
    add_game(season, "q2")
    two = paths[0], code(season, "q2.csv", PASS, game="q2")
    with pytest.raises(OptionError, match="several videos"):
        read_source(ClipSource(two, season / "games", season / "boxes" / "q1.tracks.csv"), SPEC)


def test_json_brings_its_own_players(season):
    from bball_tag.players.track_files import read_tracks

    info = Video(season / "games" / "q1.mp4").info
    tracks = read_tracks(season / "boxes" / "q1.tracks.csv", info.fps, info.times)
    path = season / "coded" / "q1.json"
    write_annotation(Annotation(info, [PASS, RUN], tracks=tracks), path)
    clips = read_source(ClipSource((path,), season / "games"), SPEC)
    assert starts(clips, "pass") == [25, 29, 33, 38, 42, 46]


def test_whole_games_stay_together_where_there_are_three(season):
    for name in ("q2", "q3"):
        add_game(season, name)
    walk = event("walk", 0.5, 1.5)
    coded = {"q1": (PASS, RUN), "q2": (walk, RUN), "q3": (RUN, PASS)}
    paths = [code(season, f"{name}.csv", *events, game=name) for name, events in coded.items()]
    clips = read(season, *paths)
    assert {clip.group for clip in clips.clips} == {"q1", "q2", "q3"}
    split = grouped(clips.clips, val=0.15, test=0.15, seed=0)
    assert [len({clip.group for clip in part}) for part in (split.train, split.val, split.test)] == [1, 1, 1]
    assert not has_few_games(clips)
    few = read(season, *paths[:2])
    assert has_few_games(few)
    assert {clip.group for clip in few.clips} == {"q1@0", "q2@0"}


def test_what_two_timelines_of_a_game_call_differently_is_left_out(season, caplog):
    other = code(season, "q1.second.csv", event("shot", 2.0, 4.0), RUN)
    clips = read(season, code(season, "q1.csv", PASS, RUN, event("walk", 8, 9)), other)
    assert {label: count for label, count in clips.counts.items() if count} == {"run": 1, "walk": 3}
    assert "Left out: 6 clips that two timelines call differently." in caplog.text


def test_a_game_in_two_files_is_cut_from_both(season):
    add_game(season, "q2")
    infos = [Video(season / "games" / f"{name}.mp4").info for name in ("q1", "q2")]
    parts = [Annotation(info, [one]) for info, one in zip(infos, (PASS, RUN), strict=True)]
    files = files_of(infos)
    path = season / "coded" / "game.json"
    write_annotation(joined(parts, files), path)
    clips = read(season, path)
    assert {(clips.labels[clip.label], clip.path.name) for clip in clips.clips} == {
        ("pass", "q1.mp4"),
        ("run", "q2.mp4"),
    }
    assert starts(clips, "run", "8") == [75]


def test_labels_of_a_checkpoint_are_known_whatever_their_capitals(season):
    shouted = [replace(PASS, label="PASS"), replace(RUN, label="Fast  Break")]
    clips = read(season, code(season, "q1.csv", *shouted))
    named = clips.named_as(("fast break", "other", "pass"))
    assert named.counts == {"fast break": 1, "other": 0, "pass": 6}
    with pytest.raises(DataError, match="clips of 'PASS', which is not a label"):
        clips.named_as(("fast break", "pass", "Pass"))


def test_clips_and_timelines_are_not_mixed(season):
    path = code(season, "q1.csv", PASS, RUN)
    (season / "spans.csv").write_text("path,start_s,end_s,label\ngames/q1.mp4,0,1,a\ngames/q1.mp4,1,2,b\n")
    with pytest.raises(OptionError, match=r"spans.csv is none"):
        read_source(ClipSource((path, season / "spans.csv")), SPEC)
    with pytest.raises(OptionError, match="--videos and --tracks are about timelines"):
        read_source(ClipSource((season / "spans.csv",), season / "games"), SPEC)
    assert read_source(ClipSource((season / "spans.csv",)), SPEC).labels == ("a", "b")


def test_a_timeline_that_counts_as_players_do_is_moved_to_the_first_frame(season):
    write_late(season / "games" / "q1.mp4", 2.0)
    events = event("pass", 0.5, 1.14, ""), event("run", 2.0, 2.64, "")
    for name in ("q1.xml", "q1.csv"):
        clips = read(season, code(season, name, *events), spec=FRAME)
        assert starts(clips, "pass", "") == [7, 11], name
