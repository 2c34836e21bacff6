"""What becomes of the other videos of a folder where one fails."""

from __future__ import annotations

import csv
import errno
import os
from functools import partial
from pathlib import Path

import pytest

from bball_tag.cli.annotated import work_on
from bball_tag.errors import BballTagError, OptionError
from bball_tag.scale.crew import Crew
from bball_tag.scale.worker import NoWorkersError, WorkerDiedError

GAMES = [Path("a.mp4"), Path("b.mp4"), Path("c.mp4")]


@pytest.fixture
def annotate(tmp_path, monkeypatch):
    """Annotate three videos into a folder; each is named in `errors` where it fails."""
    monkeypatch.chdir(tmp_path)
    begun = []

    def command(errors, jobs=None, watched=None):
        def plan(videos, out_dir):
            return [[out_dir / f"{video.stem}.csv"] for video in videos]

        def annotated(video, jobs, scores, progress=None):
            begun.append(video)
            if isinstance(errors.get(video.name), BaseException):
                raise errors[video.name]
            if jobs is not None:
                jobs.crew.submit((0,), len, video.name).result(10)

        def write(annotation, *paths, format, overwrite):
            return list(paths)

        work_on(GAMES, watched, one_game=False)(
            partial(plan, out_dir=tmp_path / "out"),
            partial(annotated, jobs=jobs),
            partial(write, format="csv", overwrite=False),
        )

    (tmp_path / "out").mkdir()
    command.begun = begun
    command.failures = tmp_path / "out" / "failures.csv"
    return command


def failures(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["video"]: row["why"] for row in csv.DictReader(file)}


def io_error(file=None):
    return OSError(errno.EIO, os.strerror(errno.EIO), file)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (io_error("b.mp4"), f"Cannot annotate b.mp4: {os.strerror(errno.EIO)}."),
        (io_error("b.csv"), f"Cannot annotate b.mp4: {os.strerror(errno.EIO)} (b.csv)."),
        (TimeoutError("timed out."), "Cannot annotate b.mp4: timed out."),
        (OptionError("--start is after the end."), "--start is after the end."),
    ],
)
def test_what_fails_one_game_stops_no_other(annotate, error, reason):
    with pytest.raises(BballTagError, match=r"1 of 3 videos failed: b\.mp4"):
        annotate({"b.mp4": error})
    assert annotate.begun == GAMES
    assert failures(annotate.failures) == {"b.mp4": reason}


def test_an_option_that_fitted_earlier_videos_stops_no_other_when_the_work_is_resumed(annotate, tmp_path):
    (tmp_path / "out" / "b.csv").touch()
    with pytest.raises(BballTagError, match=r"1 of 2 videos failed: a\.mp4"):
        annotate({"a.mp4": OptionError("--start is after the end.")})
    assert annotate.begun == [GAMES[0], GAMES[2]]


@pytest.mark.parametrize(
    "error",
    [
        OptionError("makes no sense for any"),
        KeyError("a bug"),
        BrokenPipeError(errno.EPIPE, "Broken pipe"),
        OSError("libtorch_cpu.so: cannot open shared object file"),
    ],
)
def test_what_would_fail_every_game_ends_at_the_first(annotate, error):
    with pytest.raises(type(error)) as raised:
        annotate({"a.mp4": error})
    assert raised.value is error
    assert annotate.begun == GAMES[:1]


class NeverBegins:
    """A worker that never begins."""

    def ready(self):
        raise WorkerDiedError("no room")

    def close(self):
        pass


@pytest.mark.timeout(60)
def test_a_crew_without_workers_ends_the_work_for_all_games(annotate):
    with Crew([NeverBegins()]) as crew, pytest.raises(NoWorkersError, match="No worker could begin"):
        annotate({}, crew)
    assert not annotate.failures.exists()


@pytest.mark.timeout(60)
def test_a_crew_without_workers_ends_the_watch_over_a_folder(annotate, monkeypatch, tmp_path):
    from bball_tag import watching

    def arrivals(folder):
        while True:
            yield watching.Arrived(GAMES, {})

    monkeypatch.setattr(watching, "arrivals", arrivals)
    with Crew([NeverBegins()]) as crew, pytest.raises(NoWorkersError):
        annotate({}, crew, tmp_path)
