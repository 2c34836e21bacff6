"""`bball-tag convert` as a user types it."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import openpyxl
import pytest
from typer.testing import CliRunner

from bball_tag.annotations import FORMATS
from bball_tag.cli import app
from bball_tag.labels import SPACEJAM_LABELS
from tests.example_events import SHOT, VIDEO, annotation, written


class Done(NamedTuple):
    """What a command left."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture
def convert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Run `bball-tag convert` in a folder with the example's events in `a.json`."""
    monkeypatch.chdir(tmp_path)
    written(annotation(SHOT, version="0.1.0"), tmp_path / "a.json")

    def command(*arguments: object) -> Done:
        result = CliRunner().invoke(app, ["convert", *map(str, arguments)])
        bug = None if isinstance(result.exception, SystemExit) else result.exception
        trace = "".join(traceback.format_exception(bug)) if bug else ""
        return Done(result.exit_code, result.stdout, result.stderr + trace)

    return command


def test_one_command_writes_several_formats_and_prints_their_paths(convert, tmp_path):
    names = ["a.xlsx", "a.csv", "a.xml", "a.vtt", "a.eaf", "a.otio", "a.edl", "a.fcpxml", "a.TextGrid"]
    done = convert("a.json", *(part for name in names for part in ("--out", name)))
    assert (done.code, done.stdout.split()) == (0, names), done.stderr
    assert done.stderr == "Converted 1 event from a.json.\n"
    assert all((tmp_path / name).stat().st_size for name in names)


@pytest.mark.parametrize("name", [name for name, kind in FORMATS.items() if kind.read])
def test_what_can_be_read_can_be_made_csv(convert, tmp_path, name):
    suffix = FORMATS[name].suffix
    assert convert("a.json", "--out", f"b{suffix}", "--format", name).code == 0
    done = convert(f"b{suffix}", "--from", name, "--out", "c.csv")
    assert done.code == 0, done.stderr
    assert ",shoot," in (tmp_path / "c.csv").read_text()


def test_a_workbook_corrected_by_hand_gives_corrected_subtitles(convert, tmp_path):
    assert convert("a.json", "--out", "a.xlsx").code == 0
    book = openpyxl.load_workbook("a.xlsx")
    book["Actions"]["C2"], book["Actions"]["G2"] = "0:00:11.250", "three-pointer"
    book.save("a.xlsx")
    assert convert("a.xlsx", "--out", "a.vtt").code == 0
    cue = "00:00:11.250 --> 00:00:14.560\n<v player 7>three-pointer (1.00)\n"
    assert cue in (tmp_path / "a.vtt").read_text()


def test_lead_and_lag_widen_only_cut_lists(convert, tmp_path):
    done = convert("a.json", "--out", "a.xml", "--out", "a.csv", "--lead", "3", "--lag", "2")
    assert done.code == 0, done.stderr
    assert "<start>9.480</start>" in (tmp_path / "a.xml").read_text()
    assert "\r\n12.480,14.560," in (tmp_path / "a.csv").read_bytes().decode()


def test_the_rate_of_broadcast_may_be_written_with_decimals(convert, tmp_path):
    convert("a.json", "--out", "a.vtt")
    assert convert("a.vtt", "--out", "a.fcpxml", "--fps", "29.97").code == 0
    assert 'frameDuration="1001/30000s"' in (tmp_path / "a.fcpxml").read_text()


def test_a_csv_with_seconds_and_frames_needs_no_rate(convert, tmp_path):
    convert("a.json", "--out", "a.csv")
    done = convert("a.csv", "--out", "a.fcpxml")
    assert done.code == 0, done.stderr
    assert done.stderr == (
        "Frame rate 30000/1001, the only common one that fits the seconds and frames of the table.\n"
        "Converted 1 event from a.csv.\n"
    )
    assert '<marker start="374374/30000s"' in (tmp_path / "a.fcpxml").read_text()


def test_a_csv_whose_frames_fit_several_rates_needs_one(convert, tmp_path):
    (tmp_path / "a.csv").write_text("label,start_s,end_s,start_frame,end_frame\nshoot,1,2,30,60\n")
    done = convert("a.csv", "--out", "a.fcpxml")
    assert done.code == 1
    assert "the format fcpxml needs the frame rate: give --video or --fps" in done.stderr
    assert convert("a.csv", "--out", "a.fcpxml", "--fps", "30").code == 0
    assert '<marker start="30/30s"' in (tmp_path / "a.fcpxml").read_text()


def test_the_video_gives_rate_length_and_size(convert, tmp_path, video):
    convert("a.json", "--out", "a.vtt")
    (tmp_path / "t.txt").write_text("1,7,10,20,30,40,1,-1,-1,-1\n2,7,10,20,30,40,1,-1,-1,-1\n")
    done = convert("a.vtt", "--out", "a.xml", "--format", "cvat", "--video", video, "--tracks", "t.txt")
    assert done.code == 0, done.stderr
    assert "<stop_frame>363</stop_frame>" in (tmp_path / "a.xml").read_text()
    convert("a.vtt", "--out", "b.json", "--video", video)
    assert json.loads((tmp_path / "b.json").read_text())["video"]["fps"] == "25"


WRONG = {
    "no such file": ("none.csv --out b.csv", 1, "Cannot read events from none.csv: there is no such file."),
    "a folder": (". --from csv --out b.csv", 1, "Cannot read events from .: it is a folder."),
    "unknown suffix": ("a.json --out b.docx", 1, "Cannot tell the format of b.docx from its suffix. Known: "),
    "unknown format": ("a.json --out b.x --format docx", 2, "Unknown format 'docx'. The formats: xlsx,"),
    "output exists": ("a.json --out a.json", 1, "Choose another name, or replace it with --overwrite"),
    "no tracks": (
        "a.json --out b.xml --format cvat",
        1,
        "needs the players' boxes: give --tracks (in Python: tracks=).",
    ),
    "no rate": ("a.vtt --out b.otio", 1, "needs the frame rate: give --video or --fps (in Python:"),
    "tracks without a rate": (
        "a.vtt --out b.csv --tracks t.txt",
        1,
        "need a frame rate. Give --video or --fps",
    ),
    "only written": (
        "a.json --from srt --out b.csv",
        1,
        "the format srt can only be written. Readable: xlsx,",
    ),
    "other JSON": ("a.vtt --from json --out b.csv", 1, "Cannot read events from a.vtt: it is not JSON"),
    "one format for two": ("a.json --out b.xml --out b.csv --format cvat", 2, "give one --out with it."),
    "nothing is cut": ("a.json --out b.csv --lead 3", 2, "--lead and --lag only work with cut lists"),
    "a rate that is not a number": ("a.json --out b.csv --fps fast", 2, "Cannot read the frame rate 'fast'"),
    "a negative rate": ("a.json --out b.csv --fps -1", 2, "A frame rate must be above 0"),
}


def test_a_full_disk_is_not_called_a_full_standard_output(convert, monkeypatch):
    def write_to_a_full_disk(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("bball_tag.read", write_to_a_full_disk, raising=False)
    done = convert("a.json", "--out", "b.csv")
    assert (done.code, done.stderr) == (1, "Error: Cannot read or write a file: No space left on device.\n")


@pytest.mark.parametrize(
    ("command", "function", "words"),
    [
        (
            ["annotate", "a.mp4", "--out", "a.csv"],
            "annotate",
            "resumes there, with --overwrite if it wrote any",
        ),
        (["render", "a.mp4", "--overlay"], "render_overlay", "If the video was being annotated, its scores"),
    ],
)
def test_an_interrupt_says_how_to_resume(monkeypatch, tmp_path, command, function, words):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(f"bball_tag.{function}", interrupt, raising=False)
    result = CliRunner().invoke(app, command)
    assert (result.exit_code, result.stdout) == (130, "")
    assert words in result.stderr


@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_is_explained(convert, tmp_path, what):
    arguments, code, words = WRONG[what]
    convert("a.json", "--out", "a.vtt")
    (tmp_path / "t.txt").write_text("1,7,10,20,30,40\n")
    done = convert(*arguments.split())
    assert done.code == code, done.stderr
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert done.stdout == ""


def test_a_cell_that_makes_no_sense_is_named(convert):
    convert("a.json", "--out", "a.xlsx")
    book = openpyxl.load_workbook("a.xlsx")
    book["Actions"]["A2"] = "later"
    book.save("a.xlsx")
    done = convert("a.xlsx", "--out", "b.csv")
    assert done.code == 1
    assert "Cannot read events from a.xlsx: sheet Actions, cell A2: 'later' is not a number" in done.stderr


def test_overwriting_may_replace_the_file_that_was_read(convert, tmp_path):
    before = (tmp_path / "a.json").read_bytes()
    assert convert("a.json", "--out", "a.json", "--overwrite").code == 0
    assert (tmp_path / "a.json").read_bytes() == before


def test_convert_loads_no_torch(tmp_path):
    source = written(annotation(SHOT, video=VIDEO), tmp_path / "a.json")
    code = (
        "import sys\nfrom bball_tag.cli import app\n"
        f"app(['convert', {str(source)!r}, '--out', {str(tmp_path / 'a.xlsx')!r}], standalone_mode=False)\n"
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv", "a.vtt"])
def test_a_label_keeps_its_colour_in_a_format_that_does_not_say_what_the_checkpoint_knew(
    convert, tmp_path, name
):
    """What Sportscode is given must not depend on whether a workbook lay between."""
    events = [replace(SHOT, label=label) for label in ("walk", "run", "shoot")]
    written(annotation(*events, labels=SPACEJAM_LABELS), tmp_path / "all.json")
    assert convert("all.json", "--out", "direct.xml", "--out", name).code == 0
    assert convert(name, "--out", "detour.xml").code == 0
    direct, detour = (row_colours(tmp_path / name) for name in ("direct.xml", "detour.xml"))
    assert {label: direct[label] for label in detour} == detour
    assert set(detour) == {"walk", "run", "shoot"}
    assert detour["run"] == (51 * 257, 160 * 257, 124 * 257)


def row_colours(path: Path) -> dict[str, tuple[int, ...]]:
    rows = ElementTree.parse(path).iter("row")
    return {str(row.findtext("code")): tuple(int(row.findtext(part, "")) for part in "RGB") for row in rows}


def test_what_does_not_belong_to_the_video_is_named(convert, tmp_path, video):
    (tmp_path / "late.csv").write_text("start_s,end_s,label\n1,2,shoot\n4980,4982,shoot\n")
    done = convert("late.csv", "--out", "b.csv", "--video", video)
    assert done.code == 0, done.stderr
    assert "1 of 2 events end after the end, which is at 0:00:" in " ".join(done.stderr.split())
    (tmp_path / "far.csv").write_text("time_s,player,left,top,width,height\n0,7,9000,1,2,3\n")
    done = convert("late.csv", "--out", "b.json", "--tracks", "far.csv")
    assert done.code == 0, done.stderr
    done = convert("b.json", "--out", "c.json", "--video", video)
    assert done.code == 1
    assert "These are not the tracks of" in done.stderr


def test_labels_cannot_rule_the_terminal(convert, tmp_path):
    (tmp_path / "bad.csv").write_text(
        "start_s,end_s,label,player\n1,2,shoot,\x1b[2J\x1b]0;owned\x07\n2,x,a,b\n"
    )
    done = convert("bad.csv", "--out", "b.csv")
    (tmp_path / "worse.csv").write_text(
        "start_s,end_s,label\n" + "1,2,shoot\n" * 3 + "1,2,sh\x1b[2Joot\n1,2,Shoot\n"
    )
    assert (done.code, convert("worse.csv", "--out", "b.csv").code) == (1, 0)
    for text in (done.stderr, convert("worse.csv", "--out", "b.csv", "--overwrite").stderr):
        assert "\x1b" not in text
        assert "\x07" not in text
