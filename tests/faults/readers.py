"""Every reader of files that people bring, each with a file that it reads."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from bball_tag.annotations import FORMATS, read_annotation, write_annotation
from bball_tag.annotations.annotation import Annotation
from bball_tag.errors import ScoresError
from bball_tag.events.rules import EventRules
from bball_tag.players.tracks import Track
from tests.example_events import SHOT, annotation, written
from tests.faults.parts import FIRST_SHEET, METADATA, Reader, text_of
from tests.faults.training_readers import TRAINING_READERS

FPS = Fraction(25)
_TIMED = "time_s,player,left,top,width,height,team\n0,7,1,2,30,40,A\n0.04,7,1,2,3,4,A\n"
_PERIODS = "period,start,end,clock\n1,0:12:04,0:31:10,12:00\nQ2,0:35:00,0:55:00,12:00\n"
_FEED = "period,clock,team,player,event\n1,11:40,A,Ana,2pt made\n1,11:20,B,Bo,turnover\n"


def full_annotation() -> Annotation:
    """Return events of a player with a track, so that every format has something to write."""
    track = Track("7", np.arange(0, 16, 0.04), np.tile([5.0, 10, 40, 80], (400, 1)))
    events = [
        replace(SHOT, start=at, end=at + 1, peak=at + 0.5, label=f"label {at}") for at in range(0, 16, 2)
    ]
    return annotation(*events, tracks=(track,), labels=tuple(f"label {at}" for at in range(0, 16, 2)))


def _of_format(name: str) -> Reader:
    def read(path: Path) -> None:
        found = read_annotation(path, name, fps=FPS)
        # What was read can be written, or says why not.
        write_annotation(found, path.with_name("again.json"))

    def make(path: Path) -> None:
        whole = full_annotation()
        # Boxes would be most of the file.
        written(replace(whole, tracks=()) if name in ("json", "xlsx") else whole, path, name)

    is_workbook = FORMATS[name].suffix == ".xlsx"
    return Reader(f"a{FORMATS[name].suffix}", make, read, FIRST_SHEET if is_workbook else None)


def _tracks(path: Path) -> None:
    from bball_tag.players.track_files import read_tracks

    read_tracks(path, FPS)


def _roster(path: Path) -> None:
    from bball_tag.players.roster import read_roster

    read_roster(path)


def _periods(path: Path) -> None:
    from bball_tag.annotations.periods import read_periods

    read_periods(path)


def _chains(path: Path) -> None:
    from bball_tag.annotations.chains import read_chain_rules

    read_chain_rules(path)


def _rules(path: Path) -> None:
    from bball_tag.events.rules_file import read_rules

    read_rules(path, EventRules(), ("pass", "shoot", "no_action"))


def _make_rules(path: Path) -> None:
    from bball_tag.events.rules_file import write_rules

    rules = EventRules(threshold=0.4, thresholds={"shoot": 0.7}, background=("no_action",))
    write_rules(rules, path, ["A remark"])


def _feed(path: Path) -> None:
    from bball_tag.play_by_play.reading import read_feed

    read_feed(path)


def _reviewed(path: Path) -> None:
    path.with_name("a.csv").write_text("start_s,end_s,label\n1,2,shoot\n")
    read_annotation(path.with_name("a.csv"))


def _checkpoint(path: Path) -> None:
    from bball_tag.checkpoint.contract import read_contract
    from bball_tag.checkpoint.model import load_model

    load_model(path, read_contract(path))


def _make_checkpoint(path: Path) -> None:
    from bball_tag.checkpoint.contract import Contract
    from bball_tag.checkpoint.model import build_model, save_checkpoint
    from bball_tag.clips import ClipSpec

    spec = ClipSpec(num_frames=4, fps=12.5, height=32, width=32, subject="frame")
    save_checkpoint(path, build_model(3, spec, 4), Contract(("a", "b", "c"), spec, 4))


def _onnx(path: Path) -> None:
    from bball_tag.players.detect import open_detector

    open_detector(str(path), show_progress=False)


def _make_onnx(path: Path) -> None:
    import bball_tag.players.yolox

    path.write_bytes(
        Path(bball_tag.players.yolox.__file__).with_name("yolox_nano_basketball.onnx").read_bytes()
    )
    path.with_suffix(".names").write_text("person\n", encoding="utf-8")


def _journal(path: Path) -> None:
    from bball_tag.review.journal import open_journal

    open_journal(path, mends=True)


def _make_journal(path: Path) -> None:
    from bball_tag.review.journal import Begin, Step, begin_journal

    journal = begin_journal(path, Begin("a.csv", "game.mp4", (), ""))
    for number in range(5):
        journal.append(Step([{"edit": number}], f"key {number}", "me", "now"))


def _store(path: Path) -> None:
    from bball_tag.scoring.feature_store import read_features
    from bball_tag.scoring.store import ScoreStore, last_seen, last_settings

    last_settings(path)
    last_seen(path)
    with suppress(ScoresError):
        # It has none.
        read_features(path)
    with ScoreStore(path, {"video": "a"}) as store:
        store.read(("a", "b"), 12.5, 8)


def _make_store(path: Path) -> None:
    from bball_tag.scoring.store import ClipScore, RunState, ScoreStore

    with ScoreStore(path, {"video": "a"}, {"stride": 0.5}) as store:
        for chunk in range(8):
            score = ClipScore("7", chunk * 32, chunk * 32 + 8, np.array([0.75, 0.25], np.float32))
            store.append([score], RunState(chunk + 1, chunk == 7, (chunk + 1) * 2.5))


_MOT = "".join(f"{frame},7,{frame},10,40,80,1,-1,-1,-1\n" for frame in range(1, 30))
_NBA = {
    "game": {
        "gameId": "1",
        "actions": [
            {
                "actionNumber": number,
                "clock": f"PT{11 - number:02d}M30.00S",
                "period": 1,
                "actionType": "2pt",
                "subType": "Jump Shot",
                "shotResult": "Made",
                "teamTricode": "AAA",
                "playerName": "Ana",
                "timeActual": f"2026-01-01T00:0{number}:00Z",
            }
            for number in range(1, 8)
        ],
    }
}
READERS: dict[str, Reader] = {
    **{name: _of_format(name) for name, known in FORMATS.items() if known.read},
    "reviewed": Reader(
        "a.reviewed.csv", text_of("start_s,end_s,player,by\n0,10,7,me\n12,20.5,,me\n"), _reviewed
    ),
    "tracks": Reader("a.txt", text_of(_MOT), _tracks),
    "tracks with times": Reader(
        "a.csv",
        text_of(_TIMED),
        _tracks,
    ),
    "roster": Reader(
        "a.csv",
        text_of("track,player,team,role\n1,7,home,player\n2,8,away,player\n3,,,other\n"),
        _roster,
    ),
    "periods": Reader(
        "a.csv",
        text_of(_PERIODS),
        _periods,
    ),
    "chains": Reader(
        "a.txt", text_of("# mine\ngive and go: pass -> shoot within 3 s, by teammate\n"), _chains
    ),
    "rules": Reader("a.toml", _make_rules, _rules),
    "feed": Reader(
        "a.csv",
        text_of(_FEED),
        _feed,
    ),
    "feed of the NBA": Reader("a.json", lambda path: path.write_text(json.dumps(_NBA)), _feed),
    **TRAINING_READERS,
    "checkpoint": Reader("a.safetensors", _make_checkpoint, _checkpoint, METADATA),
    "detector": Reader("a.onnx", _make_onnx, _onnx),
    "journal": Reader("a.review.jsonl", _make_journal, _journal),
    "score store": Reader("a.scores.db", _make_store, _store),
}
"""Every reader by what it reads."""
