"""Learning on players that the tool found itself, by the names that a roster gives them."""

from __future__ import annotations

import pytest

import bball_tag.scoring.run_subjects as run_subjects
from bball_tag.annotations import read_annotation
from bball_tag.checkpoint.checkpoint import Checkpoint
from tests.moving_people import ColourDetector, write_people

PEOPLE = [("red", lambda time: (20 + 20 * time, 60)), ("blue", lambda time: (280 - 8 * time, 150))]


@pytest.fixture
def annotated(run, player_checkpoint, tmp_path, monkeypatch):
    """Two people, the first of whom a roster calls Ana."""
    detector = ColourDetector()
    monkeypatch.setattr(run_subjects, "open_detector", lambda name, classes: detector)
    write_people(tmp_path / "people.mp4", PEOPLE, seconds=8)
    (tmp_path / "roster.csv").write_text("track,player\n1,Ana\n")
    options = ("--checkpoint", player_checkpoint, "--precision", "fp32", "--roster", "roster.csv")
    done = run("annotate", "people.mp4", "--out", "actions.xlsx", *options)
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_events_are_judged_by_the_names_of_the_roster(run, annotated, player_checkpoint):
    (annotated / "mine.csv").write_text(
        "start_s,end_s,label,player\n0,4,zone,Ana\n4,8,press,Ana\n0,8,press,2\n0,8,zone,1\n"
    )
    options = ("--checkpoint", player_checkpoint, "--out", "mine.safetensors")
    done = run("learn", "mine.csv", "--video", "people.mp4", *options)
    assert done.returncode == 0, done.stderr
    assert {"zone", "press"} <= set(Checkpoint(annotated / "mine.safetensors").contract.labels)
    assert "Left out: events of player '1', of whom no clip is stored (1)" in " ".join(done.stderr.split())


def test_labels_of_a_few_judged_clips_come_with_a_caution_that_says_how_few(
    run, annotated, player_checkpoint
):
    (annotated / "mine.csv").write_text(
        "start_s,end_s,label,player\n0,4,zone,Ana\n4,8,press,Ana\n0,8,press,2\n"
    )
    done = run(
        *("learn", "mine.csv", "--video", "people.mp4", "--out", "mine.safetensors"),
        *("--checkpoint", player_checkpoint),
    )
    assert done.returncode == 0, done.stderr
    judged = Checkpoint(annotated / "mine.safetensors").contract.judged
    assert judged is not None
    assert judged.num_clips > 20
    assert judged.num_moments == 2
    assert judged.num_unjudged > 0
    options = ("--checkpoint", "mine.safetensors", "--precision", "fp32", "--roster", "roster.csv")
    done = run("annotate", "people.mp4", "--out", "actions.xlsx", "--overwrite", *options)
    assert done.returncode == 0, done.stderr
    line = f"rests on {judged.num_clips} judged clips of real players in 2 moments"
    assert line in " ".join(done.stderr.split())
    assert line in read_annotation(annotated / "actions.xlsx").caution


def test_what_was_reviewed_of_everybody_becomes_background(run, annotated, player_checkpoint):
    (annotated / "mine.csv").write_text("start_s,end_s,label,player\n0,4,zone,Ana\n")
    (annotated / "mine.reviewed.csv").write_text("start_s,end_s\n0,8\n")
    options = ("--checkpoint", player_checkpoint, "--out", "mine.safetensors")
    done = run("learn", "mine.csv", "--video", "people.mp4", *options)
    assert done.returncode == 0, done.stderr
    judged = Checkpoint(annotated / "mine.safetensors").contract.provenance["data"]["labels"]
    assert judged["no_action"] > judged["zone"] > 5


def test_suggestions_name_players_and_their_teams(run, annotated):
    done = run("suggest", "people.mp4", "--count", 4, "--out", "judge.json")
    assert done.returncode == 0, done.stderr
    found = read_annotation(annotated / "judge.json")
    assert {event.player for event in found} == {"Ana", "2"}
    assert {track.id for track in found.tracks} == {"Ana", "2"}


def test_a_checkpoint_that_did_not_make_the_features_is_refused(run, annotated):
    (annotated / "mine.csv").write_text("start_s,end_s,label,player\n0,4,zone,Ana\n4,8,press,Ana\n")
    done = run("learn", "mine.csv", "--video", "people.mp4", "--out", "mine.safetensors")
    assert done.returncode == 2
    assert "made by another model" in " ".join(done.stderr.split())
