"""Players that the tool finds itself: through the whole command, with a detector that sees exactly."""

from __future__ import annotations

import csv
import json
from itertools import islice

import av
import numpy as np
import pytest

import bball_tag.players.find as find
import bball_tag.scoring.run_subjects as run_subjects
from bball_tag.scoring.store import ScoreStore
from tests.moving_people import HIGH, WIDE, ColourDetector, write_people


def walks(left: float, top: float, speed: float):
    return lambda time: (left + speed * time, top)


def away(way, start, end):
    return lambda time: None if start <= time < end else way(time)


PEOPLE = [("red", walks(20, 60, 20)), ("blue", walks(280, 150, -8)), ("red", walks(40, 160, 15))]


@pytest.fixture
def detector(monkeypatch):
    detector = ColourDetector()
    monkeypatch.setattr(run_subjects, "open_detector", lambda name, classes: detector)
    return detector


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return write_people(tmp_path_factory.mktemp("people") / "people.mp4", PEOPLE, seconds=8)


@pytest.fixture
def annotate(run, player_checkpoint, detector):
    def command(video, *arguments, out="a"):
        options = ("--checkpoint", player_checkpoint, "--threshold", "0.05", "--precision", "fp32")
        return run("annotate", video, "--out", f"{out}.csv", "--out", f"{out}.json", *options, *arguments)

    return command


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def tracks(path):
    return {track["id"]: track for track in json.loads(path.read_text(encoding="utf-8"))["tracks"]}


def test_each_person_is_followed_and_labelled(annotate, people, tmp_path):
    done = annotate(people)
    assert done.returncode == 0, done.stderr
    found = tracks(tmp_path / "a.json")
    assert len(found) == 3
    for left, top, speed in ((20, 60, 20), (280, 150, -8), (40, 160, 15)):
        middle = [left + speed * 4, top, WIDE, HIGH]
        boxes = [box for track in found.values() for time, *box in track["boxes"] if time == 4.0]
        assert any(max(abs(a - b) for a, b in zip(box, middle, strict=True)) <= 3 for box in boxes)
    assert {row["player"] for row in rows(tmp_path / "a.csv")} == set(found)
    assert {row["team"] for row in rows(tmp_path / "a.csv")} == {"red", "blue"}


def test_the_log_says_how_the_time_was_split(annotate, people):
    assert "Busy: decoding" in annotate(people).stderr


@pytest.mark.parametrize("chunks", [1, 2])
def test_a_run_that_was_stopped_comes_to_the_same_files(annotate, people, tmp_path, monkeypatch, chunks):
    annotate(people, out="whole")
    append, left = ScoreStore.append, [chunks]

    def stops(self, *arguments):
        append(self, *arguments)
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ScoreStore, "append", stops)
        assert annotate(people, out="resumed").returncode == 130
    assert not (tmp_path / "resumed.csv").exists()
    done = annotate(people, out="resumed")
    assert done.returncode == 0, done.stderr
    for suffix in ("csv", "json"):
        whole, resumed = ((tmp_path / f"{name}.{suffix}").read_text() for name in ("whole", "resumed"))
        assert resumed == whole


def test_other_thresholds_teams_and_names_need_no_video(annotate, people, detector, tmp_path):
    annotate(people)
    seen = detector.count
    (tmp_path / "roster.csv").write_text("track,player,team\n1,Ann,home\n")
    done = annotate(
        people, "--overwrite", "--threshold", "0.1", "--teams", "red,blue", "--roster", "roster.csv"
    )
    assert done.returncode == 0, done.stderr
    assert detector.count == seen
    assert "stored scores" in done.stderr
    named = [row for row in rows(tmp_path / "a.csv") if row["player"] == "Ann"]
    assert named
    assert {row["team"] for row in named} == {"home"}


def test_no_event_and_no_box_lies_on_both_sides_of_a_cut(annotate, tmp_path):
    stands = [("red", walks(20 + 90 * k, 60 + 30 * k, 5)) for k in range(3)]
    write_people(tmp_path / "cut.mp4", stands, seconds=8, cut_at=4.0)
    done = annotate("cut.mp4")
    assert done.returncode == 0, done.stderr
    cuts = json.loads((tmp_path / "a.json").read_text())["cuts"]
    assert cuts == pytest.approx([4.0])
    assert rows(tmp_path / "a.csv")
    assert all(
        float(row["end_s"]) <= 4.0 + 1e-6 or float(row["start_s"]) >= 4.0 - 1e-6
        for row in rows(tmp_path / "a.csv")
    )


def test_a_region_restricts_who_is_found(annotate, people, tmp_path):
    done = annotate(people, "--roi", "0,130,320,110")
    assert done.returncode == 0, done.stderr
    found = tracks(tmp_path / "a.json")
    assert len(found) == 2
    assert all(box[2] >= 130 for track in found.values() for box in track["boxes"])


def test_who_is_outside_the_court_does_not_play(annotate, people, tmp_path):
    done = annotate(people, "--court", "0,180 320,180 320,240 0,240")
    assert done.returncode == 0, done.stderr
    assert all(box[2] > 100 for track in tracks(tmp_path / "a.json").values() for box in track["boxes"])


def test_a_roster_can_be_written_corrected_and_given_back(annotate, people, tmp_path):
    done = annotate(people, "--roster-template", "roster.csv")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "roster.html").read_text(encoding="utf-8").count("<img") == 3
    table = rows(tmp_path / "roster.csv")
    table[0]["player"], table[1]["role"] = "Bea", "none"
    with (tmp_path / "roster.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)
    again = annotate(people, "--overwrite", "--roster", "roster.csv")
    assert again.returncode == 0, again.stderr
    found = tracks(tmp_path / "a.json")
    assert len(found) == 2
    assert "Bea" in found


def test_a_template_never_replaces_a_corrected_roster(annotate, people, tmp_path):
    (tmp_path / "roster.csv").write_text("track\n1\n")
    done = annotate(people, "--roster-template", "roster.csv")
    assert done.returncode == 1
    assert "roster.csv already exists" in done.stderr
    again = annotate(people, "--roster-template", "roster.csv", "--overwrite")
    assert (again.returncode, "--overwrite does not replace it" in again.stderr) == (1, True)
    assert (tmp_path / "roster.csv").read_text() == "track\n1\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--court", "1,2 3,4"), "at least three corners"),
        (("--court", "a b c"), "Cannot read the court"),
        (("--court", "9999,1 9999,50 9900,50"), "lies outside of the frame"),
        (("--detector", ""), "The detector has no name"),
        (("--teams", "white"), "give two names"),
        (("--tiles", "many"), "--tiles must be"),
        (("--tracks", "t.csv", "--detector", "nano"), "exclude each other"),
        (("--tracks", "t.csv", "--roi", "0,0,9,9"), "exclude each other"),
    ],
)
def test_an_option_that_makes_no_sense_is_wrong_usage(annotate, people, tmp_path, arguments, sentence):
    (tmp_path / "t.csv").write_text("1,1,1,1,9,9\n")
    done = annotate(people, *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_a_checkpoint_of_whole_frames_looks_for_nobody(run, checkpoint, people, detector):
    done = run("annotate", people, "--out", "a.csv", "--checkpoint", checkpoint)
    assert done.returncode == 0, done.stderr
    assert detector.count == 0
    refused = run("annotate", people, "--out", "b.csv", "--checkpoint", checkpoint, "--detector", "nano")
    assert refused.returncode == 2
    assert "looks at the whole frame" in refused.stderr


def test_an_overlay_of_a_workbook_has_the_boxes_that_were_found(
    run, annotate, people, player_checkpoint, tmp_path
):
    checkpoint = ("--checkpoint", player_checkpoint, "--threshold", "0.05", "--precision", "fp32")
    assert run("annotate", people, "--out", "a.xlsx", "--out", "a.json", *checkpoint).returncode == 0
    for table in ("a.xlsx", "a.json"):
        done = run("render", people, table, "--overlay", "--out", f"{table}.mp4")
        assert done.returncode == 0, done.stderr
    frames = [
        [
            frame.to_ndarray(format="rgb24")
            for frame in islice(av.open(str(tmp_path / f"{table}.mp4")).decode(), 9)
        ]
        for table in ("a.xlsx", "a.json")
    ]
    assert all(np.array_equal(one, other) for one, other in zip(*frames, strict=True))
    plain = run("render", people, "a.xlsx", "--tracks", "none", "--overlay", "--out", "plain.mp4")
    assert plain.returncode == 0, plain.stderr
    without = next(iter(av.open(str(tmp_path / "plain.mp4")).decode())).to_ndarray(format="rgb24")
    assert not np.array_equal(without, frames[0][0])


def test_a_large_video_is_read_smaller_and_its_boxes_are_its_own_pixels(
    annotate, people, tmp_path, monkeypatch
):
    monkeypatch.setattr(find, "_MOST_PIXELS", 160 * 120)
    done = annotate(people, "--roi", "0,130,320,110")
    assert done.returncode == 0, done.stderr
    at_four = [
        box for track in tracks(tmp_path / "a.json").values() for time, *box in track["boxes"] if time == 4.0
    ]
    assert sorted(at_four) == [pytest.approx(box, abs=4) for box in ([100, 160, 24, 60], [248, 150, 24, 60])]


def test_a_roster_is_refused_before_the_work_where_nobody_is_looked_for(
    run, checkpoint, people, tmp_path, detector
):
    (tmp_path / "t.csv").write_text("1,1,1,1,9,9\n")
    (tmp_path / "r.csv").write_text("track\n1\n")
    for given in (("--roster", "r.csv"), ("--teams", "white,navy"), ("--roster-template", "new.csv")):
        done = run("annotate", people, "--out", "a.csv", "--checkpoint", checkpoint, *given)
        assert done.returncode == 2, done.stderr
        assert not (tmp_path / "a.csv.scores.db").exists()
    done = run("annotate", people, "--out", "a.csv", "--tracks", "t.csv", "--roster", "r.csv")
    assert (done.returncode, "says who is who" in done.stderr) == (2, True)


def test_what_was_stored_of_finding_players_does_not_lock_the_user_out(
    run, annotate, checkpoint, people, tmp_path
):
    court = ("--court", "0,0 320,0 320,240 0,240")
    assert annotate(people, "--tiles", "1x1", "--teams", "red,blue", *court).returncode == 0
    again = annotate(people, "--overwrite")
    assert "tiles 1x1, teams red,blue, court 0,0 320,0 320,240 0,240." in again.stderr
    other = run("annotate", people, "--out", "a.csv", "--checkpoint", checkpoint, "--overwrite")
    assert other.returncode == 0, other.stderr


def test_a_page_of_players_is_not_replaced(annotate, people, tmp_path):
    (tmp_path / "roster.html").write_text("mine")
    done = annotate(people, "--roster-template", "roster.csv")
    assert (done.returncode, "roster.html already exists" in done.stderr) == (1, True)


def test_a_court_moves_with_the_camera(annotate, tmp_path, monkeypatch):
    """The floor and everybody on it move through the frame together."""
    pan = lambda time: -12 * time  # noqa: E731
    ways = [("red", lambda t: (150 + pan(t), 60)), ("blue", lambda t: (180 + pan(t), 150))]
    write_people(tmp_path / "pan.mp4", ways, seconds=8, pan=lambda time: round(pan(time)))
    done = annotate("pan.mp4", "--court", "120,80 240,80 240,235 120,235")
    assert done.returncode == 0, done.stderr
    assert {row["player"] for row in rows(tmp_path / "a.csv")} == set(tracks(tmp_path / "a.json"))
    assert len(tracks(tmp_path / "a.json")) == 2


@pytest.mark.parametrize("cut_at", [3.2, 4.2, 4.6])
def test_nobody_is_followed_within_a_dissolve_wherever_its_chunk_ends(annotate, tmp_path, cut_at):
    """The first chunk ends at 2.56 s, and what is followed with it at 3.6 s."""
    stands = [("red", walks(20 + 90 * k, 60 + 30 * k, 5)) for k in range(3)]
    write_people(tmp_path / "blend.mp4", stands, seconds=8, cut_at=cut_at, dissolve=1.6)
    done = annotate("blend.mp4")
    assert done.returncode == 0, done.stderr
    times = {time for track in tracks(tmp_path / "a.json").values() for time, *_ in track["boxes"]}
    assert not [time for time in times if cut_at - 1.35 < time < cut_at - 0.25]
    assert len([time for time in times if time < cut_at - 1.6]) >= 15
    assert len([time for time in times if time > cut_at + 0.1]) >= 35
    (cut,) = json.loads((tmp_path / "a.json").read_text())["cuts"]
    assert abs(cut - cut_at) <= 0.2


def test_a_roster_that_does_not_fit_does_not_come_back_by_itself(annotate, people, tmp_path):
    (tmp_path / "wrong.csv").write_text("track,player\n99,Zoe\n")
    first = annotate(people, "--roster", "wrong.csv")
    assert (first.returncode, "99" in first.stderr) == (1, True)
    assert annotate(people).returncode == 0
    (tmp_path / "right.csv").write_text("track,player\n1,Ann\n")
    assert annotate(people, "--overwrite", "--roster", "right.csv").returncode == 0
    assert annotate(people, "--overwrite", "--roster", "wrong.csv").returncode == 1
    assert annotate(people, "--overwrite").returncode == 0
    assert "Ann" in tracks(tmp_path / "a.json")
    template = annotate(people, "--overwrite", "--roster-template", "new.csv")
    assert (template.returncode, "right.csv is in force" in template.stderr) == (2, True)


def test_an_overlay_of_a_workbook_has_the_boxes_of_the_tracks_that_it_was_made_with(
    run, checkpoint, people, tmp_path
):
    (tmp_path / "t.csv").write_text("".join(f"{frame},7,20,60,24,60\n" for frame in range(1, 150)))
    made = run("annotate", people, "--out", "a.xlsx", "--tracks", "t.csv", "--checkpoint", checkpoint)
    assert made.returncode == 0, made.stderr
    for name, given in (("with", ()), ("without", ("--tracks", "none"))):
        done = run("render", people, "a.xlsx", "--overlay", "--out", f"{name}.mp4", *given)
        assert done.returncode == 0, done.stderr
    frames = [
        next(iter(av.open(str(tmp_path / name)).decode())).to_ndarray(format="rgb24")
        for name in ("with.mp4", "without.mp4")
    ]
    assert not np.array_equal(*frames)
