"""A game in segments comes to the same rows as in one pass, wherever it is cut."""

from __future__ import annotations

from itertools import count

import pytest

import bball_tag
import bball_tag.scale.plan as plan
import bball_tag.scoring.run_subjects as run_subjects
from bball_tag.errors import BballTagError
from bball_tag.scoring.store import ScoreStore
from tests.moving_people import ColourDetector, write_people
from tests.segments import crew_here, stored_rows


def walks(left, top, speed):
    return lambda time: (left + speed * time, top)


def away(way, start, end):
    return lambda time: None if start <= time < end else way(time)


PEOPLE = [
    ("red", walks(20, 60, 10)),
    ("blue", away(walks(280, 150, -8), 5.0, 5.6)),
    ("red", away(walks(40, 160, 7), 8.0, 12.5)),
]


@pytest.fixture(autouse=True)
def _exact_detector(monkeypatch):
    monkeypatch.setattr(run_subjects, "open_detector", lambda name, classes: ColourDetector())


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Twenty seconds, eight chunks: somebody leaves, another hides, and there is a dissolve near a border."""
    path = tmp_path_factory.mktemp("people") / "people.mp4"
    return write_people(path, PEOPLE, seconds=20, cut_at=10.4, dissolve=0.5)


@pytest.fixture
def annotate(player_checkpoint, tmp_path):
    numbers = count()

    def scored(video, *, name=None, **options):
        path = tmp_path / (name or f"{next(numbers)}.scores.db")
        found = bball_tag.annotate(
            video, checkpoint=player_checkpoint, scores=path, precision="fp32", progress=False, **options
        )
        return stored_rows(path), found

    return scored


def cut_into(monkeypatch, chunks):
    monkeypatch.setattr(plan, "LONGEST", chunks)
    monkeypatch.setattr(plan, "SHORTEST", chunks)


@pytest.mark.parametrize("chunks", [1, 2, 3, 5, 100])
def test_found_players_have_the_same_rows_however_the_game_is_cut(annotate, people, monkeypatch, chunks):
    whole, events = annotate(people)
    cut_into(monkeypatch, chunks)
    with crew_here() as crew:
        found, same = annotate(people, jobs=crew)
    assert found == whole
    assert len(whole["clips"]) > 50
    assert same.events == events.events
    assert [(each.id, each.boxes.tolist()) for each in same.tracks] == [
        (each.id, each.boxes.tolist()) for each in events.tracks
    ]


@pytest.mark.parametrize("part", [{"start": 1.3, "end": 15.1}, {"start": 2.56}, {"end": 7.68}])
def test_a_part_has_the_same_rows(annotate, people, monkeypatch, part):
    whole, _ = annotate(people, **part)
    cut_into(monkeypatch, 2)
    with crew_here() as crew:
        found, _ = annotate(people, jobs=crew, **part)
    assert found == whole


def test_players_from_a_file_have_the_same_rows(annotate, people, tmp_path, monkeypatch):
    tracks = tmp_path / "tracks.csv"
    lines = [f"{t / 10:.1f},{who},{40 + 10 * who + t},60,40,100" for t in range(200) for who in (1, 2)]
    tracks.write_text("\n".join(["time_s,player,left,top,width,height", *lines]))
    whole, _ = annotate(people, tracks=tracks)
    cut_into(monkeypatch, 2)
    with crew_here() as crew:
        found, _ = annotate(people, tracks=tracks, jobs=crew)
    assert found == whole
    assert whole["clips"]


def test_a_video_that_ends_before_its_header_says_has_the_same_rows(annotate, people, tmp_path, monkeypatch):
    cut_off = tmp_path / "cut_off.ts"
    cut_off.write_bytes(people.read_bytes()[: people.stat().st_size])
    whole, _ = annotate(cut_off)
    cut_into(monkeypatch, 1)
    with crew_here() as crew:
        found, _ = annotate(cut_off, jobs=crew)
    assert found == whole


@pytest.mark.parametrize("first_with", ["crew", "one pass"])
@pytest.mark.parametrize("stored", [1, 3, 6])
def test_what_one_way_began_the_other_way_finishes(annotate, people, monkeypatch, stored, first_with):
    whole, _ = annotate(people)
    cut_into(monkeypatch, 2)
    append, left = ScoreStore.append, [stored]

    def stops(self, *arguments):
        append(self, *arguments)
        left[0] -= 1
        if not left[0]:
            raise BballTagError("stopped")

    with crew_here() as crew:
        jobs = [crew, 1] if first_with == "crew" else [1, crew]
        with monkeypatch.context() as patched:
            patched.setattr(ScoreStore, "append", stops)
            with pytest.raises(BballTagError, match="stopped"):
                annotate(people, name="begun.scores.db", jobs=jobs[0])
        found, _ = annotate(people, name="begun.scores.db", jobs=jobs[1])
    assert found == whole


def test_whoever_dies_costs_only_what_they_were_computing(annotate, people, monkeypatch, caplog):
    whole, _ = annotate(people)
    cut_into(monkeypatch, 2)
    calls = count(1)
    with crew_here(dies=lambda name: next(calls) % 3 == 0) as crew:
        found, _ = annotate(people, jobs=crew)
    assert found == whole
    assert "A worker died" in caplog.text


def test_a_part_that_kills_every_worker_is_given_up_in_a_sentence(annotate, people, monkeypatch):
    cut_into(monkeypatch, 2)
    with (
        crew_here(dies=lambda name: name == "score") as crew,
        pytest.raises(BballTagError, match="3 workers died over the same part"),
    ):
        annotate(people, jobs=crew)
