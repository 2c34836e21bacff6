"""An annotation in a user's hand: decide again, write, read, tabulate, look at it in a notebook."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import openpyxl
import pandas
import pytest
from PIL import Image

import bball_tag
from bball_tag.annotations.table import COLUMNS
from bball_tag.cli import app
from bball_tag.errors import AnnotationError, BballTagError, OptionError
from bball_tag.events import EventRules, Scores, find_events
from bball_tag.palette import label_colour
from bball_tag.video.info import VideoInfo
from tests.example_events import NASTY, NTSC, SHOT, VIDEO, annotation, written

SCORES = Scores(
    labels=("pass", "shoot"),
    fps=10.0,
    num_frames=10,
    end=6.0,
    subjects=np.array(["7"] * 3 + ["8"] * 3),
    starts=np.array([0, 20, 40] * 2),
    stops=np.array([10, 30, 50] * 2),
    probabilities=np.array([[0.9, 0.1], [0.3, 0.7], [0.4, 0.6]] * 2, np.float32),
)
"""Three clips of a second, far apart, of each of two players: pass at 0.9, shoot at 0.7 and at 0.6."""


def decided() -> bball_tag.Annotation:
    rules = EventRules()
    return annotation(
        *find_events(SCORES, rules), labels=SCORES.labels, rules=rules, scores=SCORES, checkpoint="small"
    )


def spans(whole: bball_tag.Annotation) -> list[tuple[str, float, str]]:
    return [(event.label, event.start, event.player) for event in whole]


def test_other_thresholds_decide_other_events_from_the_scores_in_memory():
    before = decided()
    assert spans(before) == [
        ("pass", 0.0, "7"), ("pass", 0.0, "8"), ("shoot", 2.0, "7"), ("shoot", 2.0, "8"),
        ("shoot", 4.0, "7"), ("shoot", 4.0, "8"),
    ]  # fmt: skip
    after = before.decide(threshold={"*": 0.95, "shoot": 0.65})
    assert spans(after) == [("shoot", 2.0, "7"), ("shoot", 2.0, "8")]
    assert spans(before)[0] == ("pass", 0.0, "7"), "the first annotation stays as it was"


def test_what_is_not_named_stays_as_it_was_decided():
    stricter = decided().decide(threshold={"shoot": 0.65})
    again = stricter.decide(max_gap=0.1)
    assert (again.rules.thresholds, again.rules.max_gap) == ({"shoot": 0.65}, 0.1)
    assert spans(again) == spans(stricter)


def test_events_read_from_a_file_cannot_be_decided_again_and_say_why(tmp_path):
    decided().write(tmp_path / "a.csv")
    with pytest.raises(BballTagError, match=r"carry no scores, as they were read from a file\. Annotate the"):
        bball_tag.read(tmp_path / "a.csv").decide(threshold=0.7)


def test_a_threshold_for_a_label_that_is_unknown_names_the_labels():
    with pytest.raises(BballTagError, match=r"dunk.*pass, shoot"):
        decided().decide(threshold={"dunk": 0.5})


def test_write_takes_text_and_paths_and_returns_paths(tmp_path):
    paths = annotation(SHOT).write(str(tmp_path / "a.csv"), tmp_path / "b", format="json")
    assert paths == [tmp_path / "a.csv", tmp_path / "b"]
    assert bball_tag.read(str(paths[1]), format="json").events == [SHOT]


def test_a_file_that_exists_is_replaced_only_on_request(tmp_path):
    path = written(annotation(), tmp_path / "a.csv")
    before = path.read_bytes()
    with pytest.raises(BballTagError, match=r"already exists.*--overwrite \(overwrite=True in Python\)"):
        annotation(SHOT).write(path)
    assert path.read_bytes() == before
    annotation(SHOT).write(path, overwrite=True)
    assert bball_tag.read(path).events == [SHOT]


@pytest.mark.parametrize(
    ("names", "options", "words"),
    [
        (["a.csv", "a.docx"], {}, "format of .*a.docx from its suffix"),
        (["a.xml"], {"lead": "3"}, "lead must be a number of at least 0, not '3'"),
        (["a.xml"], {"lag": float("nan")}, "lag must be a number of at least 0, not nan"),
        (["a.xml"], {"format": ["cvat"]}, r"Unknown format \['cvat'\]"),
        (["a.xlsx", "a.csv"], {"format": "json"}, "differ in their suffix: give one --out"),
        (["a.csv", "a.csv"], {}, "Two files would be written to .*a.csv"),
        (
            ["a.csv", "a.otio"],
            {},
            r"needs the frame rate: give --video or --fps \(in Python: read with video=",
        ),
        (["a.csv", "none/a.csv"], {}, "the folder .*none does not exist"),
        (
            ["a.csv"],
            {"lead": 2.0},
            "only work with cut lists: sportscode, chapters, losslesscut, losslesscut-csv, edl",
        ),
    ],
)
def test_nothing_is_written_where_one_file_cannot_be(tmp_path, names, options, words):
    whole = annotation(SHOT, video=VideoInfo.unknown())
    with pytest.raises(BballTagError, match=words):
        whole.write(*(tmp_path / name for name in names), **options)
    assert list(tmp_path.iterdir()) == []


def test_command_and_library_write_the_same_file(tmp_path):
    source = written(annotation(SHOT), tmp_path / "a.csv")
    bball_tag.read(source, fps=29.97).write(tmp_path / "library.xml", lead=1.0)
    options = ["--out", str(tmp_path / "command.xml"), "--fps", "29.97", "--lead", "1"]
    app(["convert", str(source), *options], standalone_mode=False)
    assert (tmp_path / "library.xml").read_bytes() == (tmp_path / "command.xml").read_bytes()


@pytest.mark.parametrize("fps", [29.97, "29.97", "30000/1001", NTSC])
def test_a_frame_rate_may_be_given_as_number_text_or_fraction(tmp_path, fps):
    path = written(annotation(SHOT), tmp_path / "a.vtt")
    assert bball_tag.read(path, fps=fps).video.fps == NTSC


def test_tracks_are_read_with_the_events(tmp_path):
    path = written(annotation(SHOT), tmp_path / "a.json")
    (tmp_path / "t.txt").write_text("31,7,10,20,30,40,1,-1,-1,-1\n")
    (track,) = bball_tag.read(path, tracks=tmp_path / "t.txt").tracks
    assert (track.id, track.times.tolist()) == ("7", [pytest.approx(1.001)])
    with pytest.raises(BballTagError, match=r"need a frame rate\. Give --video or --fps \(in Python: video="):
        bball_tag.read(written(annotation(), tmp_path / "a.vtt"), tracks=tmp_path / "t.txt")


@pytest.mark.parametrize("fps", ["fast", "0", "-25", "1/0", 1001])
def test_what_is_not_a_frame_rate_is_wrong_usage(tmp_path, fps):
    with pytest.raises(OptionError, match=r"25, 29\.97 or 30000/1001|above 0 and at most 1000"):
        bball_tag.read(written(annotation(), tmp_path / "a.vtt"), fps=fps)


def test_annotations_with_tracks_can_be_compared(tmp_path):
    path = written(annotation(SHOT), tmp_path / "a.json")
    (tmp_path / "t.txt").write_text("31,7,10,20,30,40,1,-1,-1,-1\n32,7,11,20,30,40,1,-1,-1,-1\n")
    one, same = (bball_tag.read(path, tracks=tmp_path / "t.txt") for _ in range(2))
    assert one == same
    assert one != replace(one, events=())


def test_what_is_not_utf8_is_explained_to_users_of_excel(tmp_path):
    (tmp_path / "a.csv").write_bytes("label,start_s,end_s\nMüller,1,2\n".encode("cp1252"))
    with pytest.raises(AnnotationError, match=r"a\.csv: it is not UTF-8 text; in Excel choose 'CSV UTF-8'"):
        bball_tag.read(tmp_path / "a.csv")


def test_clips_on_another_drive_are_linked_by_their_whole_path(tmp_path, monkeypatch):
    def across_drives(path, folder):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr("os.path.relpath", across_drives)
    clip = tmp_path / "clips" / "a b.mp4"
    path = written(replace(annotation(SHOT), clips=[clip]), tmp_path / "a.xlsx")
    monkeypatch.undo()
    sheet = openpyxl.load_workbook(path)["Actions"]
    links = [cell.hyperlink.target for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert links == [clip.as_uri()]


def test_reading_what_is_not_there_says_so(tmp_path):
    with pytest.raises(AnnotationError, match="there is no such file"):
        bball_tag.read(tmp_path / "a.csv")
    with pytest.raises(AnnotationError, match="it is a folder"):
        bball_tag.read(tmp_path, format="csv")


def test_a_dataframe_has_the_columns_of_the_csv_with_their_types(tmp_path):
    frame = annotation(SHOT).to_dataframe()
    assert tuple(frame.columns) == COLUMNS
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "start_s": "float64", "end_s": "float64", "start": "timedelta64[ns]", "end": "timedelta64[ns]",
        "start_frame": "Int64", "end_frame": "Int64", "label": "string", "confidence": "float64",
        "peak_confidence": "float64", "peak_s": "float64", "num_clips": "int64", "player": "string",
        "team": "string",
    }  # fmt: skip
    row = frame.iloc[0].to_dict()
    assert row == {
        "start_s": 12.48, "end_s": 14.56,
        "start": pandas.Timedelta("12.48s"), "end": pandas.Timedelta("14.56s"),
        "start_frame": 374, "end_frame": 436, "label": "shoot", "confidence": 0.93, "peak_confidence": 0.981,
        "peak_s": 13.28, "num_clips": 9, "player": "7", "team": "home",
    }  # fmt: skip
    csv = pandas.read_csv(written(annotation(SHOT), tmp_path / "a.csv"), dtype={"player": "string"})
    same = [name for name in COLUMNS if name not in ("start", "end")]
    pandas.testing.assert_frame_equal(frame[same], csv[same], check_dtype=False)


def test_a_dataframe_of_no_events_has_the_same_types():
    empty, full = annotation().to_dataframe(), annotation(SHOT).to_dataframe()
    assert len(empty) == 0
    assert empty.dtypes.equals(full.dtypes)


def test_frames_are_missing_from_a_dataframe_where_the_rate_is_unknown():
    frame = annotation(SHOT, video=VideoInfo.unknown()).to_dataframe()
    assert frame["start_frame"].isna().all()
    assert str(frame["start_frame"].dtype) == "Int64"


def test_a_dataframe_names_the_clips_that_were_cut(tmp_path):
    frame = annotation(SHOT, replace(SHOT, start=13.0), clips=[tmp_path / "1.mp4", None]).to_dataframe()
    assert frame.columns[-1] == "clip"
    assert frame["clip"].tolist() == [str(tmp_path / "1.mp4"), pandas.NA]


def test_an_annotation_is_counted_and_iterated_by_its_events():
    later = replace(SHOT, start=20.0, end=21.0)
    whole = annotation(later, SHOT)
    assert len(whole) == 2
    assert list(whole) == [SHOT, later]


def test_its_repr_is_one_short_line():
    whole = annotation(*[SHOT] * 1000, replace(SHOT, player=""), scores=SCORES)
    assert repr(whole) == "<Annotation video='game.mp4' duration=1:00 events=1001 players=1 scores=yes>"
    unknown = annotation(video=VideoInfo.unknown())
    assert repr(unknown) == "<Annotation video='unknown video' duration=0:00 events=0 players=0 scores=no>"


def shown(whole: bball_tag.Annotation) -> tuple[str, np.ndarray | None]:
    """Return what a notebook gets: the HTML without its image, and the image as an RGBA array."""
    html = whole._repr_html_()
    image = re.search(r'<img [^>]*src="data:image/png;base64,([^"]+)">', html)
    if image is None:
        return html, None
    with Image.open(io.BytesIO(base64.b64decode(image[1]))) as png:
        return html.replace(image[0], ""), np.asarray(png.convert("RGBA")).astype(int)


def test_a_notebook_shows_the_first_events_and_how_many_more_there_are():
    events = [replace(SHOT, start=float(second), end=second + 0.5) for second in range(13)]
    html, _ = shown(annotation(*events))
    assert "game.mp4, 1:00: 13 events" in html
    assert re.findall(r"<td>(0:00:\d\d\.000)</td>", html) == [
        f"0:00:{second:02d}.000" for second in range(10)
    ]
    assert "… and 3 more" in html
    assert "more" not in shown(annotation(*events[:10]))[0]


def test_a_notebook_shows_that_there_are_no_events():
    html, image = shown(annotation())
    assert "game.mp4, 1:00: 0 events" in html
    assert image is None


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a\n\x00b",
    "$\\frac{",
    "_" * 3000,
    *NASTY,
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.filterwarnings("error")
def test_hostile_names_are_text_in_a_notebook(text):
    video = replace(VIDEO, path=VIDEO.path.with_name(f"{text[:50]}.mp4".replace("/", "").replace("\x00", "")))
    html, image = shown(annotation(replace(SHOT, label=text, player=text, team=text), video=video))
    assert set(re.findall(r"</?(\w+)", html)) == {"div", "p", "b", "table", "tr", "th", "td", "span"}
    assert "\x00" not in html
    assert len(html) < 2000
    assert image is not None


def test_the_timeline_has_a_row_in_its_colour_for_each_label_that_happens():
    events = [
        replace(SHOT, label="walk", start=0.0, end=30.0),
        replace(SHOT, label="shoot", start=30.0, end=60.0),
    ]
    _, image = shown(annotation(*events, labels=("block", "shoot", "walk")))
    found = {}
    for label in ("shoot", "walk", "block"):
        near = np.abs(image[..., :3] - label_colour(label)).max(axis=2) <= 2
        rows, columns = np.nonzero(near & (image[..., 3] == 255))
        found[label] = (rows.min(), rows.max(), columns.min(), columns.max()) if len(rows) > 500 else None
    assert found["block"] is None
    shoot, walk = found["shoot"], found["walk"]
    assert shoot[1] < walk[0], "rows have the order of the labels, and do not overlap"
    assert abs(walk[3] - shoot[2]) <= 6, "one begins where the other ends"


def test_the_timeline_has_no_ground_of_its_own_so_that_dark_pages_stay_dark():
    _, image = shown(annotation(SHOT))
    assert image[0, 0, 3] == image[-1, -1, 3] == 0
    text = image[(image[..., 3] == 255) & (np.ptp(image[..., :3], axis=2) == 0)]
    assert 100 < np.median(text[:, 0]) < 160, "grey can be read on white and on black"


def test_a_notebook_loads_no_pyplot(tmp_path):
    """It would keep every figure, and switch the notebook's own figures to another backend."""
    source = written(annotation(SHOT), tmp_path / "a.json")
    code = (
        f"import sys, bball_tag\nhtml = bball_tag.read({str(source)!r})._repr_html_()\n"
        "assert 'data:image/png' in html\nsys.exit('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_rate_of_a_video_that_is_given_counts_more_than_that_of_the_file(tmp_path):
    path = written(annotation(SHOT, video=replace(VIDEO, fps=Fraction(25))), tmp_path / "a.json")
    assert bball_tag.read(path).video.fps == 25
    assert bball_tag.read(path, fps=50).video.fps == 50


def test_a_data_frame_saved_as_csv_is_read_back(tmp_path):
    whole = annotation(SHOT)
    whole.to_dataframe().to_csv(tmp_path / "a.csv", index=False)
    (back,) = bball_tag.read(tmp_path / "a.csv", fps=str(whole.video.fps)).events
    assert (back.label, back.player, back.team) == (SHOT.label, SHOT.player, SHOT.team)
    assert (back.start, back.end) == pytest.approx((SHOT.start, SHOT.end), abs=0.0005)
