"""Labels to be believed with caution say so in the files that people are handed."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from openpyxl import load_workbook

from bball_tag.annotations import Annotation, read_annotation
from bball_tag.events import Event
from bball_tag.render.canvas import Canvas
from bball_tag.render.overlay import Overlay
from bball_tag.render.style import STYLES
from tests.example_events import annotation, written

CAUTION = "Labels are unsure: the checkpoint court was trained on rendered players."
LOW = Event("shoot", 1.0, 2.0, confidence=0.3, peak_confidence=0.6, peak=1.5, num_clips=3, player="4")
HIGH = replace(LOW, start=3.0, end=4.0, confidence=0.7, peak=3.5)
PLAIN = annotation(LOW, HIGH, labels=("shoot", "pass"), checkpoint="court (0123)")
UNSURE = replace(PLAIN, caution=CAUTION)


def painted(whole: Annotation, time: float, size: tuple[int, int] = (640, 360)) -> np.ndarray:
    frame = av.VideoFrame.from_ndarray(np.full((*size[::-1], 3), 120, np.uint8), format="rgb24")
    frame = frame.reformat(format="yuv420p")
    Overlay(whole, STYLES["broadcast"]).paint(Canvas(frame), time)
    return frame.to_ndarray(format="rgb24").astype(int)


def test_the_workbook_begins_with_the_caution_on_actions_and_run(tmp_path):
    book = load_workbook(written(UNSURE, tmp_path / "a.xlsx"))
    actions = book["Actions"]
    assert actions["A1"].value == CAUTION
    assert [cell.value for cell in actions[2]][:2] == ["start_s", "end_s"]
    assert [cell.value for cell in actions["G"]][1:] == ["label", "shoot", "shoot"]
    assert (actions.freeze_panes, actions.auto_filter.ref) == ("A3", "A2:N4")
    assert actions.print_title_rows == "$1:$2"
    assert [cell.value for cell in book["Run"][2]] == ["caution", CAUTION]


def test_clips_are_linked_in_the_rows_of_their_events(tmp_path):
    clips = [tmp_path / "clips" / "first.mp4", None]
    actions = load_workbook(written(replace(UNSURE, clips=clips), tmp_path / "a.xlsx"))["Actions"]
    links = {cell.coordinate: cell.hyperlink.target for row in actions for cell in row if cell.hyperlink}
    assert links == {"N3": "clips/first.mp4"}


def test_low_confidences_are_grey_and_slanted_in_a_workbook_with_a_caution(tmp_path):
    def slanted(whole: Annotation, name: str) -> dict[str, list[str]]:
        formats = load_workbook(written(whole, tmp_path / name))["Actions"].conditional_formatting
        return {
            str(part.sqref): [*rule.formula]
            for part in formats
            for rule in part.rules
            if rule.operator == "lessThan" and rule.dxf.font.i
        }

    assert slanted(UNSURE, "a.xlsx") == {"H3:H4": ["0.5"], "I3:I4": ["0.5"]}
    assert slanted(PLAIN, "b.xlsx") == {}


@pytest.mark.parametrize("name", ["a.xlsx", "a.json"])
def test_the_caution_survives_being_read_and_converted(tmp_path, name):
    back = read_annotation(written(UNSURE, tmp_path / name))
    assert back.caution == CAUTION
    assert [event.label for event in back] == ["shoot", "shoot"]
    assert read_annotation(written(PLAIN, tmp_path / f"plain_{name}")).caution == ""


def test_json_says_it_and_without_a_caution_has_no_word_of_it(tmp_path):
    assert json.loads(written(UNSURE, tmp_path / "a.json").read_text())["caution"] == CAUTION
    assert "caution" not in written(PLAIN, tmp_path / "b.json").read_text()


def test_the_schema_knows_the_caution():
    import bball_tag

    schema = Path(bball_tag.__file__).parent / "annotations" / "annotation.schema.json"
    properties = json.loads(schema.read_text())["properties"]
    assert properties["caution"]["type"] == "string"
    assert "caution" not in json.loads(schema.read_text())["required"]


def test_csv_stays_plain(tmp_path):
    one, other = (written(whole, tmp_path / f"{index}.csv") for index, whole in enumerate((UNSURE, PLAIN)))
    assert one.read_bytes() == other.read_bytes()
    assert next(csv.reader(one.open()))[0] == "start_s"


def test_without_a_caution_the_header_is_the_first_row(tmp_path):
    book = load_workbook(written(PLAIN, tmp_path / "a.xlsx"))
    actions = book["Actions"]
    assert actions["A1"].value == "start_s"
    assert (actions.freeze_panes, actions.auto_filter.ref) == ("A2", "A1:N3")
    assert "caution" not in [row[0].value for row in book["Run"]]


def test_only_low_confidences_under_a_caution_are_unsure():
    assert [UNSURE.is_unsure(event) for event in UNSURE] == [True, False]
    assert [PLAIN.is_unsure(event) for event in PLAIN] == [False, False]


def test_an_overlay_has_a_mark_in_its_corner_at_all_times():
    corner = np.s_[:40, 320:]
    for time in (0.2, 1.5, 30.0):
        changed = np.abs(painted(UNSURE, time) - painted(PLAIN, time)).max(axis=2) > 40
        assert changed[corner].sum() > 2000
        assert not changed[60:200].any()


def test_the_mark_fits_into_a_narrow_video():
    size = (360, 640)
    changed = np.abs(painted(UNSURE, 30.0, size) - painted(PLAIN, 30.0, size)).max(axis=2) > 40
    columns = np.flatnonzero(changed[:60].any(axis=0))
    assert 0 < columns[0] < 40
    assert 320 < columns[-1] < 359


def test_an_unsure_label_has_a_question_mark_on_the_overlay(monkeypatch):
    texts = []
    monkeypatch.setattr(
        "bball_tag.render.overlay.badge_sprite",
        lambda fields, *rest: texts.extend(text for text, _ in fields) or _sprite(fields, *rest),
    )
    painted(UNSURE, 1.5)
    painted(UNSURE, 3.5)
    painted(PLAIN, 1.5)
    shots = [text for text in texts if "shoot" in text]
    assert [text.split()[0] for text in shots] == ["shoot?", "shoot", "shoot"]


def _sprite(*arguments: object) -> object:
    from bball_tag.render.text import badge_sprite

    return badge_sprite(*arguments)


def test_a_notebook_shows_the_caution():
    assert CAUTION in UNSURE._repr_html_()
    assert "unsure" not in PLAIN._repr_html_()
