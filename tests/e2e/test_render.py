"""`bball-tag render`, as a user types it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import openpyxl
import pytest

import bball_tag
from bball_tag.errors import BballTagError, OptionError
from bball_tag.players.tracks import Track
from bball_tag.video.probe import probe
from bball_tag.video.video import Video
from tests.example_events import SHOT, annotation, written
from tests.synthetic import write_video

EVENTS = (
    replace(SHOT, label="shoot", start=1.0, end=2.0, peak=1.5, player="7"),
    replace(SHOT, label="pass", start=3.0, end=4.0, peak=3.5, player="8", confidence=0.8),
    replace(SHOT, label="shoot", start=5.0, end=6.0, peak=5.5, player="8", confidence=0.6),
)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with eight seconds of video, its tracks, and its events."""
    folder = tmp_path_factory.mktemp("material")
    options = {"g": "25", "bf": "0", "sc_threshold": "0"}
    video = write_video(folder / "game.mp4", range(200), size=(320, 180), sound=True, options=options)
    times = np.arange(200) / 25
    boxes = {"7": [60.0, 40.0, 30.0, 60.0], "8": [200.0, 40.0, 30.0, 60.0]}
    tracks = [Track(name, times, np.tile(box, (200, 1))) for name, box in boxes.items()]
    whole = annotation(*EVENTS, video=Video(video).info, tracks=tracks)
    written(whole, folder / "actions.csv")
    written(whole, folder / "tracks.txt", "mot")
    return folder


@pytest.fixture
def render(run, material):
    """Run `bball-tag render game.mp4 actions.csv …`."""

    def command(*arguments: object):
        return run("render", material / "game.mp4", material / "actions.csv", *arguments)

    return command


def length(path: Path) -> int:
    with av.open(path) as container:
        return sum(1 for _ in container.decode(video=0))


def changed(one: Path, other: Path) -> list[bool]:
    """Return for each frame whether something is drawn in `other` that `one` has not."""
    with av.open(one) as first, av.open(other) as second:
        pairs = zip(first.decode(video=0), second.decode(video=0), strict=True)
        return [
            bool(np.abs(a.to_ndarray(format="gray").astype(int) - b.to_ndarray(format="gray")).max() > 90)
            for a, b in pairs
        ]


def test_the_overlay_is_as_long_as_the_video_and_shows_its_events(render, material, tmp_path):
    done = render("--tracks", material / "tracks.txt", "--overlay", "--style", "minimal", "--out", "b.mp4")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "b.mp4\n"
    assert "Drew 0:08 of video in 0:0" in done.stderr
    assert "real time" in done.stderr
    on = [any(event.start <= index / 25 < event.end for event in EVENTS) for index in range(200)]
    assert changed(material / "game.mp4", tmp_path / "b.mp4") == on


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("--label", "pass"), [EVENTS[1]]),
        (("--player", "8"), [EVENTS[1], EVENTS[2]]),
        (("--player", "8", "--label", "shoot"), [EVENTS[2]]),
        (("--label", "shoot", "--label", "pass"), EVENTS),
    ],
)
def test_only_what_was_asked_for_is_drawn(render, material, tmp_path, arguments, shown):
    tracks = ("--tracks", material / "tracks.txt")
    done = render(*tracks, "--overlay", "--style", "minimal", "--out", "b.mp4", *arguments)
    assert done.returncode == 0, done.stderr
    on = [any(event.start <= index / 25 < event.end for event in shown) for index in range(200)]
    assert changed(material / "game.mp4", tmp_path / "b.mp4") == on


def test_a_part_of_the_video_may_be_rendered(render, tmp_path):
    done = render("--overlay", "--start", "1.0", "--end", "0:00:03", "--out", "b.mp4")
    assert done.returncode == 0, done.stderr
    assert length(tmp_path / "b.mp4") == 50


def test_a_part_looks_as_it_does_in_the_whole(render, tmp_path):
    render("--overlay", "--out", "whole.mp4")
    render("--overlay", "--start", "1.0", "--end", "3.0", "--out", "part.mp4")
    with av.open(tmp_path / "whole.mp4") as one, av.open(tmp_path / "part.mp4") as other:
        frames = list(one.decode(video=0))[25:75], list(other.decode(video=0))
    for whole, part in zip(*frames, strict=True):
        difference = whole.to_ndarray(format="gray").astype(int) - part.to_ndarray(format="gray")
        assert np.abs(difference).mean() < 2


@pytest.mark.slow
def test_without_events_the_video_is_annotated_first(run, video, checkpoint, tmp_path):
    done = run("render", video, "--overlay", "--out", "b.mp4", "--checkpoint", checkpoint)
    assert done.returncode == 0, done.stderr
    assert "(0:12 scored in" in done.stderr
    assert length(tmp_path / "b.mp4") == 300
    again = run("render", video, "--overlay", "--out", "b.mp4", "--checkpoint", checkpoint, "--overwrite")
    assert "(stored scores)" in again.stderr


@pytest.mark.slow
def test_the_whole_video_is_annotated_although_the_last_run_was_of_a_part(
    run, video, checkpoint, monkeypatch
):
    opened = []
    monkeypatch.setattr("bball_tag.video.video.probe", lambda reader: opened.append(reader) or probe(reader))
    command = ("render", video, "--overlay", "--out", "b.mp4", "--checkpoint", checkpoint, "--overwrite")
    done = run(*command, "--start", "1", "--end", "3")
    assert "(0:02 scored in" in done.stderr
    assert len(opened) == 1
    assert "(0:12 scored in" in run(*command).stderr


def test_players_of_a_small_copy_are_drawn_where_they_are_in_the_large_one(run, material, tmp_path):
    document = material / "small.json"
    small = bball_tag.read(
        material / "actions.csv", video=material / "game.mp4", tracks=material / "tracks.txt"
    )
    small.write(document)
    large, other = (
        write_video(tmp_path / f"{name}.mp4", range(200), size=size)
        for name, size in (("large", (640, 360)), ("other", (640, 480)))
    )
    (seven, _) = bball_tag.read(document, video=large).tracks
    assert seven.boxes[0].tolist() == [120.0, 80.0, 60.0, 120.0]
    assert run("render", large, document, "--overlay", "--out", tmp_path / "o.mp4").returncode == 0
    (frame,) = Video(tmp_path / "o.mp4").images_at([1.5])
    (plain,) = Video(large).images_at([1.5])
    assert frame is not None
    assert plain is not None
    drawn = np.abs(frame[60:220, :360].astype(int) - plain[60:220, :360]).max(axis=2) > 60
    rows, columns = np.flatnonzero(drawn.any(axis=1)) + 60, np.flatnonzero(drawn.any(axis=0))
    assert abs(rows[-1] - 200) < 8
    assert 110 < columns[0] < 125
    without = run("render", other, document, "--overlay", "--out", tmp_path / "p.mp4")
    assert without.returncode == 0
    said = " ".join(without.stderr.split())
    assert "other.mp4 has 640x480 pixels, and the boxes are in those of a video of 320x180" in said
    assert "small.json names players and has no boxes" in said


def test_clips_are_cut_and_a_workbook_links_to_them(render, tmp_path):
    done = render("--clips", "clips", "--out", "linked.xlsx", "--lead", "0.4", "--lag", "0.24")
    assert done.returncode == 0, done.stderr
    assert "Cutting 3 clips: 0:05 of video, about 1 MB." in done.stderr
    assert "Cut 3 clips, 0 of them without re-encoding." in done.stderr
    *clips, table = [tmp_path / line for line in done.stdout.splitlines()]
    # The first from 0.6 s to 2.20 s, the last before 2.24 s; no key frame is within 0.4 s before 0.6 s.
    assert [length(clip) for clip in clips] == [41, 41, 41]
    assert table.name == "linked.xlsx"
    sheet = openpyxl.load_workbook(table)["Actions"]
    links = [cell.hyperlink.target for (cell,) in sheet.iter_rows(min_row=2, min_col=14, max_col=14)]
    assert [tmp_path / link for link in links] == clips


def test_clips_with_padding_begin_at_a_key_frame_before_and_are_copied(render, tmp_path):
    done = render("--clips", "clips", "--lead", "0.5", "--lag", "0.24")
    assert "Cut 3 clips, 3 of them without re-encoding." in done.stderr
    # From 0, 2 and 4 s, where key frames are, and not from 0.5, 2.5 and 4.5 s.
    assert [length(tmp_path / line) for line in done.stdout.splitlines()] == [56, 56, 56]


def test_clips_at_key_frames_are_copied(render):
    done = render("--clips", "clips", "--label", "shoot")
    assert "Cut 2 clips, 2 of them without re-encoding." in done.stderr


def test_the_reel_holds_the_most_certain_of_a_label(render, tmp_path):
    done = render("--reel", "shoot", "--max-clips", "1", "--lead", "0", "--lag", "0", "--out", "b.mp4")
    assert done.returncode == 0, done.stderr
    assert "Joined 1 clip: 0:01 of video." in done.stderr
    assert length(tmp_path / "b.mp4") == 25


@pytest.mark.slow
def test_corrected_events_train_the_next_checkpoint(run, material, tmp_path):
    labels = ("shoot", "pass", "pass", "shoot")
    spans = (("7", 0.0), ("7", 4.0), ("8", 0.0), ("8", 4.0))
    events = [
        replace(SHOT, label=label, player=player, start=start, end=start + 4.0, peak=start)
        for label, (player, start) in zip(labels, spans, strict=True)
    ]
    written(annotation(*events, video=Video(material / "game.mp4").info), tmp_path / "corrected.xlsx")
    tracks = ("--tracks", material / "tracks.txt")
    done = run("render", material / "game.mp4", "corrected.xlsx", *tracks, "--clips", "set", "--as-dataset")
    assert done.returncode == 0, done.stderr
    assert "Cut 24 training clips: 12 pass, 12 shoot." in done.stderr
    ids = json.loads((tmp_path / "set" / "annotation_dict.json").read_text())
    assert sorted(ids.values()) == [1] * 12 + [4] * 12
    small = ("--width", "8", "--size", "32x32", "--frames", "4", "--batch-size", "4", "--threads", "1")
    done = run("train", "set", "--out", "run", *small, "--epochs", "1", "--augment", "none")
    assert done.returncode == 0, done.stderr
    assert "24 clips:" in done.stderr


WRONG = {
    "nothing to make": ((), 2, "--overlay, --clips DIR or --reel LABEL"),
    "two things at once": (("--overlay", "--reel", "shoot"), 2, "one at a time"),
    "a dataset of what": (("--overlay", "--as-dataset"), 2, "give --clips DIR too"),
    "a label not in the middle": (
        ("--clips", "c", "--as-dataset", "--lead", "0.32"),
        2,
        "give --lead and --lag alike",
    ),
    "a table of a dataset": (("--clips", "c", "--as-dataset", "--out", "b.csv"), 2, "remove --out"),
    "clips of an overlay": (("--overlay", "--max-clips", "3"), 2, "for --clips and --reel"),
    "unknown style": (("--overlay", "--out", "b.mp4", "--style", "loud"), 2, "'broadcast', 'minimal'"),
    "no video's name": (("--overlay", "--out", "b.gif"), 1, "Give a name that ends in .mp4"),
    "unknown label": (("--overlay", "--out", "b.mp4", "--label", "dunk"), 1, "There are: pass, shoot."),
    "unknown player": (("--overlay", "--out", "b.mp4", "--player", "9"), 1, "There are: 7, 8."),
    "no such reel": (("--reel", "dunk", "--out", "b.mp4"), 1, "No label 'dunk'"),
    "nothing in the part": (("--clips", "c", "--start", "7"), 1, "No event to cut out of"),
    "no tracks": (("--clips", "c", "--as-dataset"), 1, "with --tracks FILE"),
    "no folder": (("--overlay", "--out", "none/b.mp4"), 1, "the folder none does not exist"),
    "a negative lead": (("--clips", "c", "--lead", "-1"), 2, "--lead"),
}


@pytest.mark.parametrize("cut", [("--clips", "c"), ("--reel", "shoot"), ("--clips", "c", "--as-dataset")])
def test_an_event_after_the_end_of_the_video_is_named_before_anything_is_cut(run, material, tmp_path, cut):
    late = replace(EVENTS[0], start=71.0, end=72.0)
    table = written(annotation(*EVENTS, late), tmp_path / "late.csv")
    tracks = ("--tracks", material / "tracks.txt")
    video = shutil.copy(material / "game.mp4", tmp_path / "game.mp4")
    done = run("render", video, table, *tracks, *cut)
    assert done.returncode == 1
    assert "Cannot cut the event shoot at 0:01:11.000: game.mp4 lasts only 0:00:08.000." in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["game.mp4", "late.csv"]
    assert run("render", video, table, *tracks, *cut, "--end", "8").returncode == 0


@pytest.mark.parametrize("folder", [".", "season/clips"])
def test_clips_without_events_are_annotated_first_wherever_they_go(run, video, checkpoint, tmp_path, folder):
    done = run("render", video, "--clips", folder, "--checkpoint", checkpoint, "--max-clips", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0001_" if folder == "." else "season/clips/0001_")
    beside = tmp_path if folder == "." else tmp_path / "season"
    assert (beside / f"{video.name}.scores.db").exists()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda *given: bball_tag.render_reel(*given, []), "name one"),
        (lambda *given: bball_tag.render_reel(*given, "shoot", player=7), "player must be a name or a list"),
        (lambda *given: bball_tag.render_overlay(*given, label=None), "label must be a name or a list"),
        (lambda *given: bball_tag.render_overlay(*given, out=3), "out must be a path, not 3"),
        (lambda *given: bball_tag.render_clips(*given, "c", lead=-1), "lead must be a number of at least 0"),
        (lambda *given: bball_tag.render_clips(*given, "c", lag=float("nan")), "lag must be a number"),
        (
            lambda *given: bball_tag.render_clips(*given, "c", max_clips="3"),
            "max_clips must be a whole number",
        ),
        (lambda *given: bball_tag.render_clips(*given, None), "folder must be a path, not None"),
        (lambda *given: bball_tag.render_dataset(*given, "c", padding="1"), "padding must be a number"),
        (lambda *given: bball_tag.render_dataset(*given, "c", tracks=1), "tracks must be a path, not 1"),
        (lambda video, _: bball_tag.render_reel(video, [], "shoot"), "annotation must be a path"),
    ],
)
def test_a_keyword_of_the_wrong_kind_is_explained(material, tmp_path, monkeypatch, call, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OptionError, match=words):
        call(material / "game.mp4", material / "actions.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_is_explained_and_leaves_nothing(render, tmp_path, what):
    arguments, code, words = WRONG[what]
    done = render(*arguments)
    assert done.returncode == code, done.stderr
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_folder_is_refused_before_the_video_is_annotated(run, video, tmp_path):
    (tmp_path / "c").write_text("mine")
    done = run("render", video, "--clips", "c")
    assert done.returncode == 1
    assert "Cannot write into c: it is a file." in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_the_video_that_is_read_is_never_replaced(run, material):
    before = (material / "game.mp4").read_bytes()
    video = material / "game.mp4"
    done = run("render", video, material / "actions.csv", "--overlay", "--out", video, "--overwrite")
    assert done.returncode == 2
    assert "it is the file of VIDEO, which is read" in " ".join(done.stderr.split())
    with pytest.raises(BballTagError, match="it is the video that is read"):
        bball_tag.render_overlay(video, material / "actions.csv", video, overwrite=True)
    assert video.read_bytes() == before


def test_what_exists_is_kept_unless_it_may_be_replaced(render, tmp_path):
    (tmp_path / "b.mp4").write_text("mine")
    done = render("--overlay", "--out", "b.mp4")
    assert (done.returncode, (tmp_path / "b.mp4").read_text()) == (1, "mine")
    assert "--overwrite" in done.stderr
    assert render("--overlay", "--out", "b.mp4", "--overwrite").returncode == 0
    assert length(tmp_path / "b.mp4") == 200
