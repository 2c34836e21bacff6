"""A folder is watched: what is still being copied is left alone, and nothing is taken twice."""

from __future__ import annotations

import os

import pytest

from bball_tag import watching
from bball_tag.errors import BballTagError
from bball_tag.watching import _Arrivals, arrivals

REST = watching.REST_S


def names(paths):
    return [path.name for path in paths]


def test_a_file_is_taken_once_it_was_at_rest_for_some_seconds(tmp_path):
    game = tmp_path / "game.mp4"
    game.write_bytes(b"a")
    found = _Arrivals()
    assert found.complete(tmp_path, 0.0) == []
    assert found.complete(tmp_path, REST - 1) == []
    game.write_bytes(b"ab")
    assert found.complete(tmp_path, REST) == []
    assert found.complete(tmp_path, 2 * REST - 1) == []
    assert found.complete(tmp_path, 2 * REST) == [game]
    assert found.complete(tmp_path, 9 * REST) == []


def test_a_file_whose_room_is_taken_at_once_is_at_rest_when_its_time_is(tmp_path):
    """As some programs copy: the size is the last one from the beginning, and only the time moves."""
    game = tmp_path / "game.mp4"
    game.write_bytes(bytes(100))
    found = _Arrivals()
    for second in range(0, 60, 5):
        os.utime(game, (second, second))
        assert found.complete(tmp_path, float(second)) == []
    assert found.complete(tmp_path, 55 + REST) == [game]


def test_files_come_in_any_order_and_are_taken_as_they_are_complete(tmp_path):
    found = _Arrivals()
    (tmp_path / "b.mp4").write_bytes(b"b")
    found.complete(tmp_path, 0.0)
    (tmp_path / "a.mp4").write_bytes(b"a")
    found.complete(tmp_path, 5.0)
    assert names(found.complete(tmp_path, REST)) == ["b.mp4"]
    assert names(found.complete(tmp_path, REST + 5.0)) == ["a.mp4"]


def test_those_of_one_look_come_in_the_order_in_which_they_came(tmp_path):
    found = _Arrivals()
    (tmp_path / "z.mp4").write_bytes(b"z")
    found.complete(tmp_path, 0.0)
    for name in ("b.mp4", "a.mp4"):
        (tmp_path / name).write_bytes(b"x")
    found.complete(tmp_path, 5.0)
    assert names(found.complete(tmp_path, 100.0)) == ["z.mp4", "a.mp4", "b.mp4"]


def test_a_changed_file_is_taken_again_and_one_that_went_away_is_forgotten(tmp_path):
    game = tmp_path / "game.mp4"
    game.write_bytes(b"cut short")
    found = _Arrivals()
    found.complete(tmp_path, 0.0)
    assert found.complete(tmp_path, REST) == [game]
    game.write_bytes(b"all of it, at last")
    assert found.complete(tmp_path, REST + 5) == []
    assert found.complete(tmp_path, 2 * REST + 5) == [game]
    game.unlink()
    assert found.complete(tmp_path, 4 * REST) == []
    game.write_bytes(b"another")
    assert found.complete(tmp_path, 5 * REST) == []
    assert found.complete(tmp_path, 6 * REST) == [game]


@pytest.mark.parametrize("name", [".game.mp4.Xy2", ".game.mp4", "game.mp4.part", "notes.txt", "failures.csv"])
def test_drafts_of_copying_programs_and_other_files_are_not_taken(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder.mp4").mkdir()
    found = _Arrivals()
    found.complete(tmp_path, 0.0)
    assert found.complete(tmp_path, REST) == []


def test_a_file_that_somebody_holds_is_taken_later(tmp_path, monkeypatch):
    game = tmp_path / "game.mp4"
    game.write_bytes(b"x")
    found = _Arrivals()
    found.complete(tmp_path, 0.0)
    with monkeypatch.context() as held:
        held.setattr(watching, "_why_closed", lambda path: "held")
        assert found.complete(tmp_path, REST) == []
    assert found.complete(tmp_path, REST + 5) == [game]


def test_of_two_files_that_differ_in_their_ending_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(watching, "REST_S", 0.0)
    for name in ("game.mkv", "game.mp4", "other.mp4"):
        (tmp_path / name).write_bytes(b"x")
    new = next(arrivals(tmp_path))
    assert names(new.videos) == ["game.mkv", "other.mp4"]
    assert names(new.refused) == ["game.mp4"]
    assert new.refused[tmp_path / "game.mp4"].startswith("game.mkv has the same name")


def test_a_folder_that_is_not_there_is_refused_at_the_beginning(tmp_path):
    with pytest.raises(BballTagError, match="there is no such folder"):
        next(arrivals(tmp_path / "no"))


def test_a_drive_that_is_lost_for_a_while_is_waited_for(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(watching, "REST_S", 0.0)
    folder, away = tmp_path / "drive", tmp_path / "away"
    folder.mkdir()
    (folder / "game.mp4").write_bytes(b"x")
    slept = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 1:
            folder.rename(away)
        if len(slept) == 3:
            (away / "second.mp4").write_bytes(b"y")
            away.rename(folder)

    monkeypatch.setattr(watching.time, "sleep", sleep)
    games = arrivals(folder)
    assert names(next(games).videos) == ["game.mp4"]
    assert names(next(games).videos) == ["second.mp4"]
    assert slept == [watching.EVERY_S] * 3
    assert len([line for line in caplog.messages if "Cannot look into" in line]) == 1


def look(found, folder, now):
    """Return the names of those that are taken, refused and gone at a look."""
    taken = names(found.complete(folder, now))
    refused, gone = found.refused()
    return taken, names(refused), names(gone)


def test_of_two_files_of_a_name_the_one_that_was_taken_stays_the_first(tmp_path):
    (tmp_path / "game.mp4").write_bytes(b"x")
    found = _Arrivals()
    look(found, tmp_path, 0.0)
    assert look(found, tmp_path, REST) == (["game.mp4"], [], [])
    (tmp_path / "game.mkv").write_bytes(b"the same, first by its name")
    look(found, tmp_path, REST + 5)
    assert look(found, tmp_path, 2 * REST + 5) == ([], ["game.mkv"], [])
    # Also while it grows, and when it is taken anew.
    (tmp_path / "game.mp4").write_bytes(b"longer")
    assert look(found, tmp_path, 2 * REST + 10) == ([], [], [])
    assert look(found, tmp_path, 3 * REST + 10) == (["game.mp4"], [], [])
    (tmp_path / "game.mp4").unlink()
    assert look(found, tmp_path, 3 * REST + 15) == (["game.mkv"], [], [])
    # Now that one may be at work.
    (tmp_path / "game.mp4").write_bytes(b"here again")
    look(found, tmp_path, 3 * REST + 20)
    assert look(found, tmp_path, 4 * REST + 20) == ([], ["game.mp4"], [])


def test_what_was_refused_is_gone_also_when_it_changed_before(tmp_path, monkeypatch):
    monkeypatch.setattr(watching, "_why_closed", lambda path: "held")
    game = tmp_path / "game.mp4"
    game.write_bytes(b"x")
    found = _Arrivals()
    look(found, tmp_path, 0.0)
    assert look(found, tmp_path, REST) == ([], ["game.mp4"], [])
    game.write_bytes(b"longer")
    assert look(found, tmp_path, REST + 5) == ([], [], [])
    game.unlink()
    assert look(found, tmp_path, REST + 10) == ([], [], ["game.mp4"])
    assert look(found, tmp_path, REST + 15) == ([], [], [])


def test_what_was_refused_and_then_taken_is_not_among_those_that_are_gone(tmp_path, monkeypatch):
    reasons = {tmp_path / "game.mp4": "held"}
    monkeypatch.setattr(watching, "_why_closed", reasons.get)
    game = tmp_path / "game.mp4"
    game.write_bytes(b"x")
    found = _Arrivals()
    look(found, tmp_path, 0.0)
    assert look(found, tmp_path, REST) == ([], ["game.mp4"], [])
    reasons.clear()
    assert look(found, tmp_path, REST + 5) == (["game.mp4"], [], [])
    game.unlink()
    assert look(found, tmp_path, REST + 10) == ([], [], [])
