"""A folder that is watched: what comes begins at once, and what fails stops nothing else."""

from __future__ import annotations

import csv
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from bball_tag import watching
from bball_tag.cli.annotated import work_on
from bball_tag.console import GamesProgress
from bball_tag.errors import OptionError, VideoError, VideoOptionError
from bball_tag.watching import Arrived, Watch, _Arrivals
from tests.segments import crew_here

REST = watching.REST_S


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """Watch a folder into which a script lets games come; annotate each by `work`."""
    (tmp_path / "out").mkdir()

    def command(come, work, jobs=None):
        def plan(videos, out_dir):
            return [[out_dir / f"{video.stem}.csv"] for video in videos]

        def annotated(video, jobs, scores, progress=None):
            work(video)

        def write(annotation, *paths, format, overwrite):
            for path in paths:
                path.touch()
            return list(paths)

        def arrivals(folder):
            yield from come()
            raise KeyboardInterrupt

        monkeypatch.setattr(watching, "arrivals", arrivals)
        with pytest.raises(KeyboardInterrupt):
            work_on([], tmp_path, one_game=False)(
                partial(plan, out_dir=tmp_path / "out"),
                partial(annotated, jobs=jobs),
                partial(write, format="csv", overwrite=False),
            )

    command.out = tmp_path / "out"
    return command


def failures(folder):
    path = folder / "failures.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {Path(row["video"]).name: row["why"] for row in csv.DictReader(file)}


def eventually(condition):
    limit = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


def come(*names, refused=()):
    return Arrived([Path(name) for name in names], {Path(name): f"Cannot read {name}." for name in refused})


@pytest.mark.timeout(60)
def test_a_game_begins_while_another_is_at_work(watched):
    out, begun, goes_on = watched.out, [], threading.Event()

    def script():
        yield come("long.mp4")
        eventually(lambda: begun)
        yield come("second.mp4")
        eventually((out / "second.csv").exists)
        assert not (out / "long.csv").exists()
        goes_on.set()
        eventually((out / "long.csv").exists)

    def work(video):
        begun.append(video.name)
        if video.name == "long.mp4":
            goes_on.wait(30)

    with crew_here() as crew:
        watched(script, work, crew)
    assert begun == ["long.mp4", "second.mp4"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("with_crew", [False, True])
def test_games_that_fail_or_cannot_be_opened_are_named_once_and_listed_until_they_succeed(
    watched, with_crew, capsys
):
    out, bad = watched.out, {"bad.mp4"}

    def script():
        yield come("bad.mp4", "good.mp4", refused=["held.mp4"])
        eventually(
            lambda: failures(out) == {"bad.mp4": "Cannot read bad.", "held.mp4": "Cannot read held.mp4."}
        )
        eventually((out / "good.csv").exists)
        bad.clear()
        yield come("bad.mp4")
        eventually(lambda: failures(out) == {"held.mp4": "Cannot read held.mp4."})
        yield come("held.mp4")
        eventually(lambda: failures(out) == {})

    def work(video):
        if video.name in bad:
            raise VideoError("Cannot read bad.")

    with crew_here() as crew:
        watched(script, work, crew if with_crew else None)
    told = capsys.readouterr()
    assert told.err.count("Cannot read held.mp4.") == told.err.count("Cannot read bad.") == 1
    assert sorted(path.name for path in out.iterdir()) == ["bad.csv", "failures.csv", "good.csv", "held.csv"]


@pytest.mark.timeout(60)
def test_a_game_that_changes_while_it_is_at_work_is_begun_anew_when_that_has_ended(watched):
    at_work, most, begun = [], [], threading.Event()

    def script():
        yield come("game.mp4")
        begun.wait(30)
        yield come("game.mp4")
        eventually((watched.out / "game.csv").exists)

    def work(video):
        at_work.append(video)
        most.append(len(at_work))
        begun.set()
        time.sleep(0.7)
        at_work.remove(video)
        if len(most) == 1:
            raise VideoError("it was changed while it was read.")

    with crew_here() as crew:
        watched(script, work, crew)
    assert most == [1, 1]


@pytest.mark.timeout(60)
def test_a_game_whose_events_would_be_taken_for_the_failures_stops_no_other(watched):
    def script():
        yield come("failures.mp4", "game.mp4")
        eventually((watched.out / "game.csv").exists)
        eventually(lambda: "failures.mp4" in failures(watched.out))

    watched(script, lambda video: None)
    assert "Two files would be written" in failures(watched.out)["failures.mp4"]


def test_a_file_that_cannot_be_opened_is_named_once_until_it_changes_and_taken_when_it_can(
    tmp_path, monkeypatch
):
    game = tmp_path / "game.mp4"
    game.write_bytes(b"x")
    found, reasons = _Arrivals(), {game: "Permission denied"}
    monkeypatch.setattr(watching, "_why_closed", reasons.get)

    def look(seconds):
        return found.complete(tmp_path, seconds), found.refused()[0]

    assert look(0.0) == ([], {})
    assert look(REST) == ([], {game: f"Cannot read {game}: Permission denied. It is tried again."})
    assert look(REST + 5) == ([], {})
    game.write_bytes(b"xy")
    assert look(REST + 10) == ([], {})
    assert [path.name for path in look(2 * REST + 10)[1]] == ["game.mp4"]
    del reasons[game]
    assert look(2 * REST + 15) == ([game], {})
    assert look(2 * REST + 20) == ([], {})


def test_one_of_two_files_of_a_name_is_taken_when_the_other_is_renamed_and_listed_no_more(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(watching, "REST_S", 0.0)
    for name in ("game.mkv", "game.mp4", "other.mkv", "other.mp4"):
        (tmp_path / name).write_bytes(b"x")

    def rename(_):
        if (tmp_path / "game.mkv").exists():
            (tmp_path / "game.mkv").rename(tmp_path / "first half.mkv")
            (tmp_path / "other.mp4").rename(tmp_path / "third.mp4")

    monkeypatch.setattr(watching.time, "sleep", rename)
    looks = watching.arrivals(tmp_path)
    first, second = next(looks), next(looks)
    assert [[path.name for path in paths] for paths in (first.videos, first.refused, first.gone)] == [
        ["game.mkv", "other.mkv"],
        ["game.mp4", "other.mp4"],
        [],
    ]
    assert [
        sorted(path.name for path in paths) for paths in (second.videos, second.refused, second.gone)
    ] == [
        ["first half.mkv", "game.mp4", "third.mp4"],
        [],
        ["other.mp4"],
    ]


@pytest.mark.timeout(60)
def test_what_was_refused_and_went_away_is_listed_no_more(watched):
    def script():
        yield come(refused=["held.mp4", "twin.mp4"])
        eventually(lambda: len(failures(watched.out)) == 2)
        yield Arrived([], {}, [Path("twin.mp4")])
        eventually(lambda: list(failures(watched.out)) == ["held.mp4"])

    watched(script, lambda video: None)


@pytest.mark.timeout(60)
def test_what_ends_the_watch_is_heard_of_where_somebody_waits(tmp_path):
    watch = Watch(tmp_path / "no")
    with pytest.raises(Exception, match="there is no such folder"):
        watch.new(patience=30)
    watch = Watch(tmp_path)
    assert watch.new(patience=0.0) is None


def test_games_that_come_are_counted_with_those_that_are_not_done(caplog):
    caplog.set_level("INFO", "bball_tag")
    with GamesProgress(0) as games:
        for count, done in ((1, 1), (2, 1), (1, 2)):
            games.expect(count)
            for _ in range(done):
                games.done()
    told = [record.getMessage().partition(",")[0] for record in caplog.records]
    # When all of them are done, counting begins anew.
    assert told == [
        "1 of 1 games are done.",
        "1 of 2 games are done",
        "2 of 3 games are done",
        "3 of 3 games are done.",
    ]


@pytest.fixture
def annotate(tmp_path, monkeypatch):
    """Annotate three videos into a folder; each is named in `errors` where it fails."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()

    def command(errors, jobs=None):
        def annotated(video, jobs, scores, progress=None):
            begun.append(video.name)
            if video.name in errors:
                raise errors[video.name]

        begun = command.begun = []
        work_on([Path("a.mp4"), Path("b.mp4"), Path("c.mp4")], None, one_game=False)(
            partial(
                lambda videos, out_dir: [[out_dir / f"{one.stem}.csv"] for one in videos], out_dir=Path("out")
            ),
            partial(annotated, jobs=jobs),
            partial(lambda annotation, *paths, **_: list(paths), format="csv", overwrite=False),
        )

    return command


def late(name):
    return VideoOptionError(f"The start is after the end of {name}.")


@pytest.mark.parametrize("with_crew", [False, True])
def test_an_option_that_does_not_fit_the_first_video_stops_no_other(annotate, tmp_path, with_crew):
    with crew_here() as crew, pytest.raises(Exception, match=r"1 of 3 videos failed: a\.mp4") as raised:
        annotate({"a.mp4": late("a.mp4")}, crew if with_crew else None)
    assert not isinstance(raised.value, OptionError)
    assert sorted(annotate.begun) == ["a.mp4", "b.mp4", "c.mp4"]
    assert failures(tmp_path / "out") == {"a.mp4": "The start is after the end of a.mp4."}


def test_an_option_that_fits_none_of_the_videos_is_a_wrong_option(annotate):
    with pytest.raises(OptionError, match="3 of 3 videos failed"):
        annotate({name: late(name) for name in ("a.mp4", "b.mp4", "c.mp4")})
