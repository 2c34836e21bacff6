"""Killed at any moment, a review has every edit that it answered; a journal that was torn loses no other."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from bball_tag.errors import BballTagError
from bball_tag.review.opening import open_session
from tests.review_games import opened, written_game

KILLS = 10
_SEED = 16


class Served:
    """`bball-tag review` in a process of its own."""

    def __init__(self, game: Path, actions: Path) -> None:
        command = [sys.executable, "-m", "bball_tag", "review", str(game), str(actions), "--no-browser"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=game.parent)
        assert self.process.stderr is not None
        lines: list[str] = []
        for line in self.process.stderr:
            lines.append(line)
            if match := re.search(r"http://\S+", line):
                self.address = match[0]
                return
        pytest.fail("".join(lines))

    def stopped(self) -> str:
        """Wait for its end; return the rest of what it wrote."""
        assert self.process.stderr is not None
        rest = self.process.stderr.read()
        self.process.wait(30)
        self.process.stderr.close()
        return rest


def judge_until_killed(served: Served, rng: random.Random, first: int) -> list[tuple[str, str]]:
    """Judge as fast as it answers, until it is killed in the midst of it.

    Returns:
        Which event was judged how, as far as it was answered.
    """
    answered: list[tuple[str, str]] = []
    with httpx.Client(base_url=served.address, timeout=60) as client:
        revision = client.get("api/document").json()["revision"]
        kill = threading.Timer(rng.uniform(0, 0.05), served.process.kill)
        wanted = rng.randint(1, 30)
        for number in range(first, first + 100_000):
            judgement, event = rng.choice(["yes", "no", "unclear"]), f"e{rng.randrange(4)}"
            body = {
                "revision": revision,
                "key": f"k{number}",
                "edits": [{"op": judgement, "ids": [event]}],
            }
            try:
                answer = client.post("api/edits", json=body)
            except httpx.HTTPError:
                break
            revision = answer.json()["revision"]
            answered.append((event, judgement))
            if len(answered) == wanted:
                kill.start()
    return answered


@pytest.mark.skipif(os.name != "posix", reason="other systems have no SIGKILL")
def test_every_edit_that_was_answered_is_there_after_a_kill(tmp_path):
    game = written_game(tmp_path)
    actions = tmp_path / "actions.json"
    rng = random.Random(_SEED)
    state = {"yes": "accepted", "no": "rejected", "unclear": "unclear"}
    expected: dict[str, str] = {}
    steps = 0
    for kill in range(KILLS):
        served = Served(game, actions)
        answered = judge_until_killed(served, rng, kill * 100_000)
        served.stopped()
        steps += len(answered)
        expected.update({event: state[judgement] for event, judgement in answered})
        with open_session(opened(game, actions), "test") as session:
            # At most one more: written, and killed before it was answered.
            assert session.revision - steps in (0, 1)
            found = {name: item.state for name, item in session.state.items.items()}
            wrong = {name for name, judged in expected.items() if found[name] != judged}
            last = session.journal.steps[-1].edits[0]["ids"] if session.revision > steps else []
            assert wrong <= set(last)
            steps = session.revision
            expected.update({name: judged for name, judged in found.items() if judged != "proposed"})
    print(f"seed {_SEED}: {KILLS} kills, {steps} edits, none lost")
    assert steps > 5 * KILLS


def test_ctrl_c_says_where_the_judgements_are_and_what_to_do_with_them(tmp_path):
    game = written_game(tmp_path)
    served = Served(game, tmp_path / "actions.json")
    httpx.get(served.address)
    served.process.send_signal(2)
    rest = served.stopped()
    assert served.process.returncode == 0
    assert "actions.json.review.jsonl" in rest
    assert "--out actions.corrected.json" in rest
    assert "bball-tag learn actions.corrected.json" in rest
    assert "Traceback" not in rest


@pytest.fixture
def judged(tmp_path):
    """A game of which two events were judged."""
    game = written_game(tmp_path)
    with open_session(opened(game, tmp_path / "actions.json"), "anna") as session:
        session.edit([{"op": "yes", "ids": ["e0"]}])
        session.edit([{"op": "no", "ids": ["e1"]}])
    return game


def states(game: Path) -> list[str]:
    with open_session(opened(game, game.with_name("actions.json")), "anna") as session:
        return [item.state for item in session.state.items.values()]


def test_a_journal_that_was_cut_anywhere_keeps_every_whole_line(judged):
    path = judged.with_name("actions.json.review.jsonl")
    whole = path.read_bytes()
    begin = whole.index(b"\n") + 1
    middle = whole.index(b"\n", begin) + 1
    for cut in [begin, begin + 1, middle - 1, middle, middle + 7, len(whole) - 1, len(whole)]:
        path.write_bytes(whole[:cut])
        expected = [
            "accepted" if cut >= middle else "proposed",
            "rejected" if cut == len(whole) else "proposed",
        ]
        assert states(judged)[:2] == expected
        # What is appended next begins on a line of its own.
        assert path.read_bytes().endswith(b"\n")


def test_a_damaged_line_is_refused_in_words(judged):
    path = judged.with_name("actions.json.review.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    for wrong in (
        b"{\n",
        b"\xff\n",
        b"null\n",
        b'{"edits": [{"op": "yes", "ids": ["e9"]}], "key": "", "by": "", "at": ""}\n',
    ):
        path.write_bytes(lines[0] + wrong + lines[2])
        with pytest.raises(BballTagError, match=re.escape(str(path))):
            states(judged)
    path.write_text("hello\n")
    with pytest.raises(BballTagError, match="judgements"):
        states(judged)


def test_a_table_that_was_corrected_elsewhere_keeps_the_judgements_of_what_is_the_same(judged):
    actions = judged.with_name("actions.json")
    document = json.loads(actions.read_text(encoding="utf-8"))
    document["events"][1]["label"] = "run"
    actions.write_text(json.dumps(document), encoding="utf-8")
    assert states(judged) == ["accepted", "proposed", "proposed", "proposed"]
    assert judged.with_name("actions.json.review-1.jsonl").exists()
    # Once it is carried over, it stays.
    assert states(judged)[0] == "accepted"


def test_a_full_disk_is_said_and_leaves_the_journal_whole(judged, monkeypatch):
    path = judged.with_name("actions.json.review.jsonl")
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with open_session(opened(judged, judged.with_name("actions.json")), "anna") as session:
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(BballTagError, match="No space left"):
                session.edit([{"op": "yes", "ids": ["e2"]}])
        assert path.read_bytes() == before
        assert session.state.items["e2"].state == "proposed"
        session.edit([{"op": "yes", "ids": ["e2"]}])
    assert states(judged)[2] == "accepted"


def test_edits_are_quick_however_many_there_were(judged):
    with open_session(opened(judged, judged.with_name("actions.json")), "anna") as session:
        for number in range(300):
            session.edit([{"op": "yes" if number % 2 else "no", "ids": ["e3"]}])
    began = time.process_time()
    assert states(judged)[3] == "accepted"
    assert time.process_time() - began < 5
