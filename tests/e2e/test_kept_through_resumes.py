"""Every file of a run says what computed it, however often it was stopped; an odd clock moves no event."""

from __future__ import annotations

import json

import openpyxl
import pytest

import bball_tag
from bball_tag.scoring.store import ScoreStore


def computed_by(path) -> str:
    if path.suffix == ".json":
        return json.loads(path.read_text())["settings"]["computed by"]
    rows = openpyxl.load_workbook(path)["Run"].iter_rows(values_only=True)
    return next(value for name, value, *_ in rows if name == "computed by")


def test_json_and_workbooks_say_the_same_after_a_resume(run, video, checkpoint, tmp_path, monkeypatch):
    common = ("annotate", video, "--checkpoint", checkpoint, "--backend", "torch", "--precision", "fp32")
    append, calls = ScoreStore.append, []

    def stopped(store, *arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        append(store, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(ScoreStore, "append", stopped)
        assert run(*common, "--out", "a.json").returncode == 130
    done = run(*common, "--out", "a.json", "--out", "a.xlsx")
    assert done.returncode == 0, done.stderr
    assert "Resuming at" in done.stderr
    # From complete scores: nothing is computed.
    assert run(*common, "--out", "b.json", "--out", "b.xlsx").returncode == 0
    said = {name: computed_by(tmp_path / name) for name in ("a.json", "a.xlsx", "b.json", "b.xlsx")}
    assert set(said.values()) == {"PyTorch, cpu, fp32"}


def test_a_stream_whose_clock_wraps_has_the_events_of_the_plain_file(real_data, checkpoint, tmp_path):
    films = real_data / "odd_files" / "films"
    found = [
        bball_tag.annotate(
            films / f"drill_small_gop30{end}",
            checkpoint=checkpoint,
            threshold=0.3,
            device="cpu",
            precision="fp32",
            progress=False,
        )
        for end in (".mp4", "_clock_wraps.ts")
    ]
    plain, wrapped = ([(event.label, event.start, event.end) for event in one] for one in found)
    assert plain
    assert wrapped == [(label, pytest.approx(start), pytest.approx(end)) for label, start, end in plain]
