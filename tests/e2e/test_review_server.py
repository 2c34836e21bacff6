"""The server of a review: what it answers, what it refuses, and that what it took is on disk."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

import bball_tag
from bball_tag.errors import BballTagError
from bball_tag.review.opening import open_session
from tests.review_games import HOSTILE, TOKEN, client_of, opened, written_game


@pytest.fixture
def game(tmp_path):
    return written_game(tmp_path)


@pytest.fixture
def client(game) -> Iterator[TestClient]:
    material = opened(game, game.with_name("actions.json"))
    with open_session(material, "anna") as session:
        yield client_of(session, material)


def edit(client: TestClient, *edits: dict, revision: int | None = None, key: str = ""):
    known = client.get("api/document").json()["revision"] if revision is None else revision
    return client.post("api/edits", json={"revision": known, "key": key, "edits": list(edits)})


def states(client: TestClient) -> dict[str, str]:
    return {event["id"]: event["state"] for event in client.get("api/document").json()["events"]}


def test_the_document_says_what_the_page_shows(client):
    document = client.get("api/document").json()
    assert document["title"] == "game.mp4"
    assert [label["name"] for label in document["labels"]] == ["shoot", "pass", "run", "no_action", HOSTILE]
    assert [label["key"] for label in document["labels"]] == ["1", "2", "3", "0", "4"]
    assert [player["id"] for player in document["players"]] == ["7", "8"]
    assert document["events"][0] == {
        "id": "e0",
        "label": "shoot",
        "start": 0.5,
        "end": 1.5,
        "player": "7",
        "team": "white",
        "confidence": 0.82,
        "peak": 1.0,
        "remark": "",
        "period": "",
        "game_clock": "",
        "clock_within": None,
        "state": "proposed",
        "source": "file",
        "proposed": {"label": "shoot", "start": 0.5, "end": 1.5, "player": "7"},
    }
    assert document["video"]["fps"] == 25
    assert document["video"]["frame_times"] is None
    assert not document["can"]["learn"]
    assert "annotate" in document["why_not"]["learn"]


def test_boxes_come_in_columns(client):
    boxes = client.get("api/boxes/0").json()["players"]
    assert boxes["7"]["t"][:3] == [0, 80, 160]
    assert (boxes["8"]["x"][0], boxes["8"]["y"][0], boxes["8"]["w"][0], boxes["8"]["h"][0]) == (
        100,
        10,
        40,
        60,
    )
    assert client.get("api/boxes/1").json() == {"players": {}}


def test_the_video_is_sent_in_ranges(client, game):
    part = client.get("video", headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, game.read_bytes()[10:20])
    assert part.headers["content-type"] == "video/mp4"
    whole = client.get("video", headers={"range": "bytes=0-"})
    assert (whole.status_code, whole.content) == (206, game.read_bytes())
    assert client.head("video").headers["content-length"] == str(game.stat().st_size)


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/api/document",
        "/video",
        f"/{TOKEN}x/api/document",
        f"/{TOKEN}/../review.py",
        f"/{TOKEN}/..%2Freview.py",
        f"/{TOKEN}/%2e%2e/server.py",
        f"/{TOKEN}//etc/passwd",
        f"/{TOKEN}/game.mp4",
        f"/{TOKEN}/actions.json",
    ],
)
def test_nothing_else_is_served(client, address):
    assert client.get(f"http://127.0.0.1:8000{address}").status_code == 404


def test_another_name_for_this_machine_is_refused(client):
    # A page elsewhere whose name was bound to 127.0.0.1 would come with its own.
    assert client.get("api/document", headers={"host": "evil.example:8000"}).status_code == 400
    assert client.get("api/document", headers={"host": "127.0.0.1:8001"}).status_code == 400


def test_another_page_may_not_edit(client):
    body = {"revision": 0, "edits": [{"op": "yes", "ids": ["e0"]}]}
    answer = client.post("api/edits", json=body, headers={"origin": "http://evil.example"})
    assert answer.status_code == 403
    # A form of another page cannot send JSON.
    plain = client.post("api/edits", content=json.dumps(body), headers={"content-type": "text/plain"})
    assert plain.status_code == 415
    assert states(client)["e0"] == "proposed"


def test_the_page_may_load_nothing_from_elsewhere(client):
    headers = client.get("api/document").headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_an_edit_is_answered_with_what_it_changed(client):
    answer = edit(client, {"op": "relabel", "ids": ["e1"], "label": "zone"}).json()
    assert answer["revision"] == 1
    assert answer["can_undo"]
    assert answer["events"]["e1"]["label"] == "zone"
    assert answer["events"]["e1"]["state"] == "changed"
    assert answer["events"]["e1"]["confidence"] is None
    assert "zone" in [label["name"] for label in answer["labels"]]
    assert answer["players"] == {}
    assert answer["reviewed"] is None


def test_undo_and_redo_go_step_by_step(client):
    edit(client, {"op": "yes", "ids": ["e0", "e1"]})
    edit(client, {"op": "no", "ids": ["e2"]})
    undone = edit(client, {"op": "undo"}).json()
    assert undone["undone"] == {"op": "no", "ids": ["e2"]}
    assert undone["can_redo"]
    edit(client, {"op": "undo"})
    assert set(states(client).values()) == {"proposed"}
    edit(client, {"op": "redo"})
    assert states(client)["e1"] == "accepted"
    assert edit(client, {"op": "redo"}).json()["can_redo"] is False
    assert edit(client, {"op": "redo"}).status_code == 400


def test_edits_of_one_request_are_made_together_or_not_at_all(client):
    answer = edit(client, {"op": "yes", "ids": ["e0"]}, {"op": "yes", "ids": ["e77"]})
    assert answer.status_code == 400
    assert "e77" in answer.json()["error"]
    assert states(client)["e0"] == "proposed"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[1]",
        b"{",
        b"\xff",
        b'{"revision": 0}',
        b'{"revision": "0", "edits": []}',
        b'{"revision": 0, "edits": []}',
        b'{"revision": 0, "edits": [3]}',
        b'{"revision": 0, "edits": [{"op": "propose", "events": []}]}',
        b'{"revision": 0, "edits": [{"op": "carry", "items": []}]}',
        b'{"revision": 0, "edits": [{"op": "undo"}]}',
        b"[" * 100_000,
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_words(client, body):
    answer = client.post("api/edits", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


def test_the_same_request_twice_is_made_once(client):
    first = edit(client, {"op": "split", "id": "e0", "at": 1.0}, revision=0, key="k1").json()
    again = edit(client, {"op": "split", "id": "e0", "at": 1.0}, revision=0, key="k1").json()
    assert again == first
    assert len(states(client)) == 5


def test_two_windows_notice_each_other(client):
    edit(client, {"op": "yes", "ids": ["e0"]}, revision=0)
    late = edit(client, {"op": "no", "ids": ["e0"]}, revision=0)
    assert (late.status_code, late.json()["kind"], late.json()["revision"]) == (409, "stale", 1)
    changes = client.get("api/changes?since=0").json()
    assert changes["events"]["e0"]["state"] == "accepted"
    assert changes["file_changed"] is None
    assert edit(client, {"op": "no", "ids": ["e0"]}, revision=1).status_code == 200


@pytest.mark.parametrize("name", ["actions.json", "game.mp4", "actions.json.review.jsonl"])
def test_a_file_that_changes_underneath_is_noticed(client, game, name):
    path = game.with_name(name)
    path.write_bytes(path.read_bytes() + b" ")
    answer = edit(client, {"op": "yes", "ids": ["e0"]})
    assert (answer.status_code, answer.json()["kind"]) == (409, "file_changed")
    assert name in answer.json()["error"]
    assert name in client.get("api/changes?since=0").json()["file_changed"]


def test_a_file_that_is_only_touched_is_the_same(client, game):
    path = game.with_name("actions.json")
    path.write_bytes(path.read_bytes())
    assert edit(client, {"op": "yes", "ids": ["e0"]}).status_code == 200


def test_two_reviews_of_one_game_at_once_are_refused(client, game):
    material = opened(game, game.with_name("actions.json"))
    with pytest.raises(BballTagError, match="open already"), open_session(material, "bert"):
        pass


def test_the_queue_is_in_the_order_that_is_asked_for(client):
    def ids(query: str) -> list[str]:
        return client.get(f"api/queue?{query}").json()["ids"]

    assert ids("") == ["e0", "e1", "e2", "e3"]
    assert ids("order=doubt") == ["e3", "e1", "e2", "e0"]
    assert ids("order=label") == ["e0", "e1", "e2", "e3"]
    assert ids("order=player") == ["e0", "e2", "e1", "e3"]
    assert ids("order=suggest") == ["e2", "e0", "e1", "e3"]
    assert ids("player=8&min=0.5") == ["e1"]
    edit(client, {"op": "no", "ids": ["e0"]})
    assert ids("label=shoot") == []
    assert ids("label=shoot&state=rejected") == ["e0"]
    assert client.get("api/queue").json()["why"] == {"e2": "unsure: run 0.71 or walk 0.2"}
    assert client.get("api/queue?order=size").status_code == 400


def test_an_export_is_what_was_done(client, game):
    edit(client, {"op": "yes", "ids": ["e0"]})
    edit(client, {"op": "no", "ids": ["e1"]})
    edit(client, {"op": "change", "id": "e2", "start": 2.2, "end": 3.0})
    edit(client, {"op": "name", "id": "7", "name": HOSTILE, "team": "reds"})
    edit(client, {"op": "reviewed", "start": 0, "end": 4, "player": "", "labels": []})
    answer = client.post("api/export", json={"name": "done.csv"}).json()
    assert answer["files"] == ["done.csv", "done.reviewed.csv", "actions.roster.csv"]
    read = bball_tag.read(game.with_name("done.csv"))
    assert [(event.label, event.start, event.end, event.player, event.team) for event in read] == [
        ("shoot", 0.5, 1.5, HOSTILE, "reds"),
        ("run", 2.2, 3.0, HOSTILE, "reds"),
    ]
    assert [event.num_clips for event in read] == [4, 0]
    # Nobody looked at the fourth event: silence there is no judgement.
    whole = [span for span in read.reviewed if not span.player]
    assert [(span.start, span.end) for span in whole] == [(0.0, 3.0), (3.8, 4.0)]
    assert {(span.player, span.labels) for span in read.reviewed if span.player} == {
        (HOSTILE, ("shoot",)),
        ("8", ("pass",)),
        (HOSTILE, ("run",)),
    }
    with game.with_name("actions.roster.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["track"], row["player"], row["team"]) == ("7", HOSTILE, "reds")


def test_an_export_replaces_nothing_without_being_asked(client, game):
    edit(client, {"op": "yes", "ids": ["e0"]})
    assert client.post("api/export", json={"name": "done.xlsx"}).status_code == 200
    again = client.post("api/export", json={"name": "done.xlsx"})
    assert (again.status_code, again.json()["kind"]) == (409, "exists")
    assert client.post("api/export", json={"name": "done.xlsx", "overwrite": True}).status_code == 200
    own = client.post("api/export", json={"name": "actions.json", "overwrite": True})
    assert own.status_code == 400


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../out.csv", "/tmp/out.csv", "a\\b.csv", "out.exe", "a/b.csv"]
)
def test_an_export_stays_in_the_folder_of_the_game(client, name):
    answer = client.post("api/export", json={"name": name})
    assert (answer.status_code, answer.json()["kind"]) == (400, "cannot")


@pytest.mark.parametrize("name", ["game.mp4", "actions.json.review.jsonl"])
def test_an_export_never_replaces_what_is_reviewed(client, game, name):
    whole = game.with_name(name).read_bytes()
    answer = client.post("api/export", json={"name": name, "format": "csv", "overwrite": True})
    assert answer.status_code == 400
    assert game.with_name(name).read_bytes() == whole


def test_everything_can_be_exported_but_what_was_rejected(client, game):
    edit(client, {"op": "no", "ids": ["e0"]})
    client.post("api/export", json={"name": "all.json", "which": "all"})
    assert [event.label for event in bball_tag.read(game.with_name("all.json"))] == ["pass", "run", HOSTILE]


def test_who_is_not_a_player_is_left_out(client, game):
    edit(client, {"op": "yes", "ids": ["e0", "e1"]}, {"op": "name", "id": "7", "role": "none"})
    client.post("api/export", json={"name": "done.json"})
    read = bball_tag.read(game.with_name("done.json"))
    assert [event.player for event in read] == ["8"]
    assert [track.id for track in read.tracks] == ["8"]
