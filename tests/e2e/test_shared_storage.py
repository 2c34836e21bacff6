"""Games in a bucket, and their outputs there: as a user types it, against a server of S3 on this computer."""

from __future__ import annotations

import csv
import io
import signal
import subprocess
import sys
import time
import uuid

import fsspec
import pytest

from bball_tag.storage import located
from tests.s3_server import s3_server
from tests.synthetic import write_video


@pytest.fixture(scope="session")
def server():
    with s3_server() as environment:
        yield environment


@pytest.fixture
def bucket(server, monkeypatch):
    """A bucket of the test's own, and its storage."""
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    storage = fsspec.filesystem("s3", use_listings_cache=False)
    name = f"games-{uuid.uuid4().hex}"
    storage.mkdir(name)
    return storage, name


def rows(storage, place):
    return list(csv.DictReader(io.StringIO(storage.cat_file(place).decode("utf-8-sig"))))


def test_a_game_is_read_from_a_bucket_and_its_events_are_written_there(
    run, video, checkpoint, bucket, tmp_path
):
    storage, name = bucket
    storage.put_file(str(video), f"{name}/in/game.mp4")
    storage.put_file(str(checkpoint), f"{name}/small.safetensors")
    given = (f"s3://{name}/in/game.mp4", "--checkpoint", f"s3://{name}/small.safetensors")
    out = f"s3://{name}/out/game.csv"
    done = run("annotate", *given, "--out", out, "--threshold", "0.3")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [out]

    here = run("annotate", video, "--checkpoint", checkpoint, "--out", "here.csv", "--threshold", "0.3")
    assert here.returncode == 0, here.stderr
    assert storage.cat_file(f"{name}/out/game.csv") == (tmp_path / "here.csv").read_bytes()
    assert {place.rpartition("/")[2] for place in storage.ls(f"{name}/out", detail=False)} == {
        "game.csv",
        "game.csv.scores.db",
    }

    # Its scores lie beside it: another computer decides anew in seconds, and reads no frame.
    again = run("annotate", *given, "--out", out, "--threshold", "0.5", "--overwrite")
    assert again.returncode == 0, again.stderr
    assert "(stored scores)" in again.stderr
    assert storage.cat_file(f"{name}/out/game.csv") != (tmp_path / "here.csv").read_bytes()

    told = run("convert", out, "--out", f"s3://{name}/out/game.json", "--video", f"s3://{name}/in/game.mp4")
    assert told.returncode == 0, told.stderr
    assert f"s3://{name}/in/game.mp4".encode() in storage.cat_file(f"{name}/out/game.json")


def test_workers_read_a_bucket_by_themselves(run, video, checkpoint, bucket, tmp_path):
    storage, name = bucket
    for game in ("one", "two"):
        storage.put_file(str(video), f"{name}/in/{game}.mp4")
    storage.put_file(str(checkpoint), f"{name}/small.safetensors")
    to = ("--out-dir", f"s3://{name}/out", "--format", "csv", "--jobs", "2", "--threshold", "0.3")
    done = run("annotate", f"s3://{name}/in/*.mp4", "--checkpoint", f"s3://{name}/small.safetensors", *to)
    assert done.returncode == 0, done.stderr
    here = run("annotate", video, "--checkpoint", checkpoint, "--out", "here.csv", "--threshold", "0.3")
    assert here.returncode == 0, here.stderr
    for game in ("one", "two"):
        assert storage.cat_file(f"{name}/out/{game}.csv") == (tmp_path / "here.csv").read_bytes()


def test_several_games_of_a_bucket_and_one_that_is_none(run, video, checkpoint, bucket):
    storage, name = bucket
    storage.put_file(str(video), f"{name}/in/one.mp4")
    storage.put_file(str(video), f"{name}/in/two.mp4")
    storage.pipe_file(f"{name}/in/bad.mp4", b"no video at all")
    games = [f"s3://{name}/in/{game}.mp4" for game in ("bad", "one", "two")]
    command = (
        "annotate",
        *games,
        "--out-dir",
        f"s3://{name}/out",
        "--format",
        "csv",
        "--checkpoint",
        checkpoint,
    )
    done = run(*command)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "1 of 3 videos failed" in done.stderr
    assert rows(storage, f"{name}/out/failures.csv")[0]["video"] == games[0]
    assert storage.cat_file(f"{name}/out/one.csv") == storage.cat_file(f"{name}/out/two.csv")

    storage.put_file(str(video), f"{name}/in/bad.mp4")
    again = run(*command)
    assert again.returncode == 0, again.stderr
    assert "2 of 3 videos have a file" in again.stderr
    assert rows(storage, f"{name}/out/failures.csv") == []


def test_films_are_rendered_from_a_bucket_and_into_it(run, video, checkpoint, bucket):
    storage, name = bucket
    storage.put_file(str(video), f"{name}/game.mp4")
    game = f"s3://{name}/game.mp4"
    assert run("annotate", game, "--out", f"s3://{name}/game.csv", "--checkpoint", checkpoint).returncode == 0
    done = run(
        *("render", game, f"s3://{name}/game.csv", "--overlay", "--end", "2"),
        *("--out", f"s3://{name}/overlay.mp4"),
    )
    assert done.returncode == 0, done.stderr
    assert storage.info(f"{name}/overlay.mp4")["size"] > 1000


@pytest.mark.parametrize(
    ("game", "out", "says"),
    [
        ("s3://{}/no.mp4", "a.csv", "there is no such file"),
        ("s3://no-such-bucket/game.mp4", "a.csv", "there is no such file"),
        ("s3://{}/game.mp4", "s3://no-such-bucket/a.csv", "there is no s3://no-such-bucket"),
        ("s3://{}", "a.csv", "it is a folder"),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(run, video, checkpoint, bucket, game, out, says):
    storage, name = bucket
    storage.put_file(str(video), f"{name}/game.mp4")
    done = run("annotate", game.format(name), "--out", out, "--checkpoint", checkpoint)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert says in done.stderr


def test_a_server_that_cannot_be_reached_is_said_in_a_sentence(run_alone, bucket, checkpoint):
    _, name = bucket
    done = run_alone(
        *("annotate", f"s3://{name}/game.mp4", "--out", "a.csv", "--checkpoint", checkpoint),
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
        AWS_MAX_ATTEMPTS="1",
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Cannot read s3://" in done.stderr


def test_a_file_that_is_replaced_while_it_is_read_is_an_error(bucket):
    storage, name = bucket
    storage.pipe_file(f"{name}/game.mp4", bytes(8 << 20))
    with located(f"s3://{name}/game.mp4").open("rb") as file:
        assert file.read(1) == b"\0"
        storage.pipe_file(f"{name}/game.mp4", bytes([1]) * (8 << 20))
        file.seek(7 << 20)
        with pytest.raises(OSError):
            file.read(1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_was_stopped_resumes(run, checkpoint, bucket, tmp_path, number):
    storage, name = bucket
    film = write_video(tmp_path / "game.mp4", [(index * 37) % 4096 for index in range(3000)], size=(96, 48))
    storage.put_file(str(film), f"{name}/game.mp4")
    command = (f"s3://{name}/game.mp4", "--checkpoint", str(checkpoint), "--stride", "0.08")
    started = [sys.executable, "-m", "bball_tag", "annotate", *command, "--out", f"s3://{name}/out.csv"]
    with subprocess.Popen(started, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            if line.startswith("Computing with"):
                break
        time.sleep(0.7)
        process.send_signal(number)
        told = process.stderr.read()
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "Stopped." in told
        assert storage.exists(f"{name}/out.csv.scores.db")
    assert not storage.exists(f"{name}/out.csv")

    done = run("annotate", *command, "--out", f"s3://{name}/out.csv")
    assert done.returncode == 0, done.stderr
    assert "Resuming at" in done.stderr
    whole = run("annotate", film, *command[1:], "--out", "whole.csv")
    assert whole.returncode == 0, whole.stderr
    assert storage.cat_file(f"{name}/out.csv") == (tmp_path / "whole.csv").read_bytes()
