"""What a user mistook ends `annotate` before a worker begins, and before a folder is watched."""

from __future__ import annotations

import pytest

from bball_tag.scale import processes


@pytest.fixture
def mistaken(run, checkpoint, monkeypatch):
    class Pool:
        def __init__(self, *_, **__):
            pytest.fail("a process begins")

    monkeypatch.setattr(processes, "ProcessPoolExecutor", Pool)

    def command(*arguments):
        done = run("annotate", *arguments, "--checkpoint", checkpoint)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    return command


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--out", "there.csv"), 1, "there.csv already exists"),
        (("--out", "no/a.csv"), 1, "the folder no does not exist"),
        (("--out", "a.csv", "--start", "1:00:00"), 2, "after the end of"),
        (("--out", "a.csv", "--roi", "0,0,9999,10"), 2, "does not lie inside the frame"),
        (("--out", "a.csv", "--threshold", "dunkk=0.5"), 2, "Unknown label 'dunkk'"),
    ],
)
def test_no_process_begins_for_a_video_whose_options_are_wrong(
    mistaken, video, tmp_path, options, code, says
):
    (tmp_path / "there.csv").touch()
    found, told = mistaken(video, *options, "--jobs", "2")
    assert (found, says in told) == (code, True), told


def test_no_process_begins_for_what_is_no_video(mistaken, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video at all")
    code, told = mistaken("bad.mp4", "--out", "a.csv", "--jobs", "2")
    assert (code, "Cannot read bad.mp4" in told) == (1, True), told


def test_no_process_begins_where_an_option_fits_none_of_several_videos(mistaken, video, tmp_path):
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_bytes(video.read_bytes())
    code, told = mistaken("a.mp4", "b.mp4", "--out-dir", "out", "--start", "1:00:00", "--jobs", "2")
    assert (code, "2 of 2 videos failed" in told) == (2, True), told


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--threshold", "dunkk=0.5"), 2, "Unknown label 'dunkk'"),
        (("--device", "auto:1"), 2, "Unknown device 'auto:1'. Use auto, cpu, cuda, cuda:1 or mps."),
        (("--device", "gpu"), 2, "Unknown device 'gpu'. Use auto, cpu, cuda, cuda:1 or mps."),
        (("--start", "half past"), 2, "Cannot read the time"),
        (("--teams", "white"), 2, "Cannot read the teams"),
        (("--court", "0,0 9,0 9,9"), 2, "is about players"),
        (("--streams", "rgb,pose"), 2, "does not read pose"),
        (("--rules", "no.toml"), 2, "Cannot read the rules"),
        (("--chains", "no.toml"), 1, "no.toml"),
        (("--format", "sportscoed"), 2, "Unknown format"),
        (("--format", "csv", "--lead", "2"), 2, "only work with cut lists"),
    ],
)
def test_a_watch_does_not_begin_with_options_that_fit_no_video(mistaken, tmp_path, options, code, says):
    (tmp_path / "in").mkdir()
    found, told = mistaken("--watch", "in", "--out-dir", "out", *options)
    assert (found, says in told) == (code, True), told
    assert "Watching" not in told


def test_a_watch_does_not_begin_where_nothing_can_be_written(mistaken, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").touch()
    code, told = mistaken("--watch", "in", "--out-dir", "out")
    assert (code, "Cannot write into out" in told, "Watching" in told) == (1, True, False), told
