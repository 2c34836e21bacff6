"""Reviews of players that the tool found: learning on the page, the roster in force, what reads an export."""

from __future__ import annotations

import csv
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import bball_tag
import bball_tag.review.teaching as teaching
import bball_tag.scoring.run_subjects as run_subjects
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.review.opening import open_session
from bball_tag.scoring.store_roster import roster_in_force
from tests.moving_people import ColourDetector, write_people
from tests.review_games import client_of, opened

PEOPLE = [("red", lambda time: (20 + 20 * time, 60)), ("blue", lambda time: (280 - 8 * time, 150))]
JUDGED = (("zone", 0, 3, "1"), ("press", 4, 6, "1"), ("press", 0, 3, "2"), ("zone", 4, 5, "2"))
PATIENCE_S = 240


@pytest.fixture(scope="module")
def scored(player_checkpoint, tmp_path_factory) -> Path:
    """A folder with a video of two people, found and scored."""
    folder = tmp_path_factory.mktemp("found")
    write_people(folder / "people.mp4", PEOPLE, seconds=8)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(run_subjects, "open_detector", lambda name, classes: ColourDetector())
        found = bball_tag.annotate(
            folder / "people.mp4",
            checkpoint=player_checkpoint,
            precision="fp32",
            scores=folder / "actions.xlsx.scores.db",
            progress=False,
        )
    found.write(folder / "actions.xlsx")
    return folder


@pytest.fixture
def game(scored, tmp_path) -> Path:
    for path in scored.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path / "people.mp4"


@pytest.fixture
def client(game, player_checkpoint) -> Iterator[TestClient]:
    """The page of that game, on which three moments were judged and one player was named."""
    material = opened(game)
    with open_session(material, "anna") as session:
        added = [
            {"op": "add", "label": label, "start": start, "end": end, "player": player}
            for label, start, end, player in JUDGED
        ]
        session.edit([*added, {"op": "name", "id": "1", "name": "Ana", "team": "reds"}])
        yield client_of(session, material, player_checkpoint)


def learnt(client: TestClient) -> dict:
    assert client.post("api/learn", json={}).json()["state"] == "running"
    began = time.monotonic()
    while (answer := client.get("api/learn").json())["state"] == "running":
        assert time.monotonic() - began < PATIENCE_S
        time.sleep(0.2)
    return answer


class InThisProcess(ThreadPoolExecutor):
    """Takes the place of a process of its own, which would not know the detector of these tests."""

    def __init__(self, workers: int, mp_context: object) -> None:
        super().__init__(workers)


def test_learning_on_the_page_makes_a_checkpoint_and_fills_the_queue(client, game, monkeypatch):
    monkeypatch.setattr(run_subjects, "open_detector", lambda name, classes: ColourDetector())
    monkeypatch.setattr(teaching, "ProcessPoolExecutor", InThisProcess)
    answer = learnt(client)
    assert answer["state"] == "done", answer["error"]
    contract = Checkpoint(game.with_name(answer["checkpoint"])).contract
    assert {"zone", "press"} <= set(contract.labels)
    assert answer["figures"]["num_clips"] == contract.judged.num_clips
    assert answer["better"] is (answer["figures"]["macro_f1"] > answer["figures"]["start_macro_f1"])
    assert answer["ids"]
    events = {event["id"]: event for event in client.get("api/document").json()["events"]}
    suggested = [events[name] for name in answer["ids"]]
    assert {(event["source"], event["state"]) for event in suggested} == {("suggest", "proposed")}
    # The page calls players by their tracks, whatever the scores call them.
    assert {event["player"] for event in suggested} <= {"1", "2"}


def test_what_is_suggested_after_an_export_still_belongs_to_the_tracks_of_the_page(client, game):
    files = client.post("api/export", json={"name": "out.json"}).json()["files"]
    assert files == ["out.json", "actions.roster.csv"]
    known = client.get("api/document").json()["revision"]
    answer = client.post("api/suggest", json={"revision": known, "key": "k", "count": 4}).json()
    assert 0 < len(answer["ids"]) <= 4
    assert {answer["events"][name]["player"] for name in answer["ids"]} <= {"1", "2"}


def test_names_that_are_exported_are_in_force_for_the_command_line(client, game, run):
    client.post("api/export", json={"name": "out.json"})
    roster = game.with_name("actions.roster.csv")
    with roster.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["track"], row["player"], row["team"], row["role"]) == ("1", "Ana", "reds", "")
    assert roster_in_force(game.with_name("actions.xlsx.scores.db")).samefile(roster)
    done = run("suggest", "people.mp4", "--count", 6, "--out", "judge.json")
    assert done.returncode == 0, done.stderr
    found = bball_tag.read(game.with_name("judge.json"))
    assert {track.id: track.team for track in found.tracks}["Ana"] == "reds"


def test_an_export_is_read_by_learn_compare_and_convert(client, game, run, player_checkpoint):
    client.post("api/export", json={"name": "out.json"})
    small = ("--out", "mine.safetensors", "--checkpoint", player_checkpoint)
    assert run("learn", "out.json", "--video", "people.mp4", *small).returncode == 0
    assert run("compare", "actions.xlsx", "out.json", "--out", "compared.json").returncode == 0
    assert run("convert", "out.json", "--out", "out.xml").returncode == 0


def test_exports_of_three_games_are_read_by_train(client, game, run):
    client.post("api/export", json={"name": "out.json"})
    text = game.with_name("out.json").read_text(encoding="utf-8")
    for number in range(3):
        # An empty box at its end makes another video of it, which looks the same.
        copy = game.with_name(f"game{number}.mp4")
        copy.write_bytes(game.read_bytes() + number * b"\0\0\0\x08free")
        copy.with_suffix(".json").write_text(text.replace(game.name, copy.name), encoding="utf-8")
    tables = [f"game{number}.json" for number in range(3)]
    small = ("--width", 4, "--size", "32x32", "--frames", 4, "--epochs", 1, "--device", "cpu")
    done = run("train", *tables, *small, "--out", "run")
    assert done.returncode == 0, done.stderr
    labels = Checkpoint(game.with_name("run") / "checkpoint.safetensors").contract.labels
    assert {"press", "zone"} <= set(labels)
