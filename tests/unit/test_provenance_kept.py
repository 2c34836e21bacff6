"""Where events came from is known after a workbook was read and written again."""

from __future__ import annotations

from dataclasses import replace

import bball_tag
from bball_tag.annotations import read_annotation
from bball_tag.annotations.run_sheet import annotation_of, run_facts
from bball_tag.events import EventRules
from bball_tag.video.video import Video
from tests.example_events import NTSC, SHOT, annotation
from tests.synthetic import write_video

RULES = EventRules(threshold=0.6, thresholds={"shoot": 0.35}, release=0.8, smoothing=0.2, max_gap=0.5)
SETTINGS = {"stride": "0.320 s", "part": "0:00:00.000 to 0:00:04.000", "torch": "2.14"}
WHOLE = annotation(
    SHOT,
    rules=RULES,
    settings=SETTINGS,
    checkpoint="mine (abc)",
    version="0.1.0",
    caution="Rendered.",
    cuts=(3.2,),
)


def test_the_sheet_run_says_the_same_after_it_was_read():
    facts = run_facts(WHOLE)
    assert facts["threshold of shoot"] == "0.35"
    assert run_facts(replace(annotation_of(facts, NTSC), events=WHOLE.events)) == facts


def test_what_a_person_changed_to_nonsense_is_as_by_default():
    facts = {**run_facts(WHOLE), "threshold": "high", "release": "7", "threshold of shoot": "-1"}
    rules = annotation_of(facts, NTSC).rules
    assert (rules.threshold, rules.release, rules.thresholds) == (0.5, 0.7, {})
    assert rules.max_gap == 0.5


def test_a_workbook_with_links_to_clips_says_where_its_events_came_from(tmp_path):
    video = write_video(tmp_path / "game.mp4", range(100))
    shot = replace(SHOT, start=1.0, end=2.0)
    replace(WHOLE, video=Video(video).info, events=[shot]).write(tmp_path / "actions.xlsx")
    bball_tag.render_clips(
        video, tmp_path / "actions.xlsx", tmp_path / "clips", out=tmp_path / "linked.xlsx", progress=False
    )
    before, after = (read_annotation(tmp_path / name) for name in ("actions.xlsx", "linked.xlsx"))
    assert run_facts(after) == run_facts(before)
    assert (after.rules, after.settings, after.checkpoint) == (RULES, SETTINGS, "mine (abc)")
