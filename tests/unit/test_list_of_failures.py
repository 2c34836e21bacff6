"""The list of videos that failed: what is done is not in it, and one that cannot be written stops nothing."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path

import pytest

from bball_tag.annotations import outputs
from bball_tag.cli.annotated import _coming
from bball_tag.cli.failures import Failures
from bball_tag.console import GamesProgress
from bball_tag.errors import BballTagError, VideoError
from bball_tag.watching import Arrived

BAD = VideoError("Cannot read it.")


def listed(folder):
    path = folder / "failures.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["video"] for row in csv.DictReader(file)]


@pytest.fixture
def held(monkeypatch):
    """Hold the list as a spreadsheet does, until it is let go."""
    write, state = outputs.write_failures, {"error": BballTagError("Cannot write failures.csv: it is open.")}

    def write_unless_held(folder, failed):
        if state["error"] is not None:
            raise state["error"]
        return write(folder, failed)

    monkeypatch.setattr(outputs, "write_failures", write_unless_held)
    return state


@pytest.mark.parametrize("later", ["fails", "succeeds", "gone"])
def test_a_list_that_cannot_be_written_is_said_once_and_written_with_the_next_game(
    tmp_path, held, caplog, later
):
    failed = Failures(tmp_path, options_fit=True)
    failed.note(Path("a.mp4"), BAD)
    held["error"] = PermissionError(13, "Permission denied")
    failed.refuse({Path("b.mp4"): "Cannot read b.mp4."})
    failed.forget([Path("b.mp4")])
    assert caplog.messages == ["Cannot write failures.csv: it is open. It is tried again with the next game."]
    assert listed(tmp_path) == []
    held["error"] = None
    match later:
        case "fails":
            failed.note(Path("c.mp4"), BAD)
        case "succeeds":
            failed.note(Path("c.mp4"), None)
        case "gone":
            failed.forget([Path("c.mp4")])
    assert listed(tmp_path) == ["a.mp4", *["c.mp4"] * (later == "fails")]


def test_a_list_that_is_held_again_is_said_again(tmp_path, held, caplog):
    failed = Failures(tmp_path, options_fit=True)
    for error in (OSError(5, "Input/output error"), None, OSError(5, "Input/output error")):
        held["error"] = error
        failed.note(Path("a.mp4"), BAD)
    said = (
        f"Cannot write {tmp_path / 'failures.csv'}: Input/output error. It is tried again with the next game."
    )
    assert caplog.messages == [said, said]


def test_a_list_that_cannot_be_written_at_the_end_is_an_error_and_what_failed_is_shown(
    tmp_path, held, capsys
):
    failed = Failures(tmp_path, options_fit=True)
    failed.note(Path("a.mp4"), BAD)
    with pytest.raises(BballTagError, match="it is open"):
        failed.end(1)
    assert "a.mp4" in capsys.readouterr().err


class Script:
    """In place of a `Watch`: one look after another, and then the end."""

    def __init__(self, *looks):
        self._looks = list(looks)

    def new(self, patience):
        if not self._looks:
            raise KeyboardInterrupt
        return self._looks.pop(0)


def coming(looks, folder, shown=None, at_work=()):
    """Return what begins, and what is listed as having failed."""
    failed, begun = Failures(folder, options_fit=True), []
    left = partial(outputs.left_to_do, out_dir=folder, format_name="csv")
    with pytest.raises(KeyboardInterrupt):
        begun += _coming(Script(*looks), left, set(map(Path, at_work)), failed, shown)
    return begun


def test_a_file_that_was_refused_and_is_done_by_another_of_its_name_is_listed_no_more(tmp_path):
    (tmp_path / "game.csv").touch()
    twin = Path("game.mp4")
    looks = (
        Arrived([], {twin: "game.mkv has the same name. Rename one of them.", Path("x.mp4"): "held"}),
        Arrived([twin], {}, []),
    )
    assert coming(looks, tmp_path) == []
    assert listed(tmp_path) == ["x.mp4"]


def test_a_game_that_comes_again_while_it_waits_counts_once(tmp_path, caplog):
    caplog.set_level("INFO", "bball_tag")
    game = Path("game.mp4")
    with GamesProgress(0) as shown:
        coming((Arrived([game], {}), Arrived([game], {}), None), tmp_path, shown, at_work=[game])
        shown.done()
    assert caplog.messages[-1] == "1 of 1 games are done."
