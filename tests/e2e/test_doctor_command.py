"""`bball-tag doctor`, as a user types it."""

from __future__ import annotations

import json

import pytest

from bball_tag import doctor
from tests.synthetic import write_video


def test_it_says_what_works_here_and_what_a_video_is(run, tmp_path):
    write_video(tmp_path / "game.mp4", range(50), size=(320, 180), sound=True)
    done = run("doctor", "game.mp4", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    found = {finding["name"]: finding["value"] for finding in told["findings"]}
    assert told["works"] is True
    assert "bball-tag 0." in found["versions"]
    assert "sample.safetensors" in found["checkpoint"]
    assert found["video"] == "h264, 320x180, 25.000 frames per second, 0:02, with sound"
    assert ", 0 damaged, 0 cuts" in found["frames"]
    assert found["annotating"].startswith("about 0:")


def test_a_file_that_is_not_a_video_ends_with_1_and_says_so(run, tmp_path):
    (tmp_path / "game.mp4").write_text("no video")
    done = run("doctor", "game.mp4")
    assert done.returncode == 1
    last = done.stdout.splitlines()[-1]
    assert last.startswith("FAIL  video")
    assert "game.mp4" in last


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("free disk", ("_LEAST_FREE", 1 << 60)),
        ("codecs", ("_has", lambda name, mode: mode == "r")),
    ],
)
def test_what_is_missing_is_a_fault(monkeypatch, name, change):
    monkeypatch.setattr(doctor, *change)
    found = {finding.name: finding for finding in doctor.diagnose()}
    assert not found[name].works
    assert found["versions"].works
    assert found["computing"].works


def test_a_damaged_video_is_a_fault(tmp_path):
    path = write_video(tmp_path / "game.ts", range(100), size=(320, 180), options={"g": "10"})
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 4, len(content) * 3 // 4, 700):
        content[place : place + 300] = bytes(300)
    path.write_bytes(content)
    frames = next(one for one in doctor.diagnose(path) if one.name in ("frames", "video") and not one.works)
    assert frames.name == "frames"


def test_a_checkpoint_that_cannot_be_read_is_a_fault(tmp_path):
    (tmp_path / "own.safetensors").write_text("nothing")
    found = {one.name: one for one in doctor.diagnose(checkpoint=tmp_path / "own.safetensors")}
    assert not found["checkpoint"].works
    assert "own.safetensors" in found["checkpoint"].value
