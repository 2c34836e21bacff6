"""Rules of single labels, in files and back; and decisions against slow implementations."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bball_tag.annotations.run_sheet import annotation_of, run_facts
from bball_tag.errors import OptionError
from bball_tag.events import EventRules, Scores, find_events
from bball_tag.events.curves import hysteresis, instant_probabilities, merge_close
from bball_tag.events.decide import spans_of
from bball_tag.events.rule_fields import as_fields, from_fields
from bball_tag.events.rules import Calibration, changed_rules
from bball_tag.events.rules_file import read_rules, write_rules
from bball_tag.faults import FormError

LABELS = ("shoot", "ball in hand", "walk", "no_action")
RULES = EventRules(
    thresholds={"shoot": 0.35, "ball in hand": 0.6},
    threshold=0.45,
    release=0.8,
    min_duration=0.4,
    min_durations={"walk": 1.0},
    max_gaps={"shoot": 0.0},
    multi=True,
    top=20,
    calibration=Calibration(0.8, -0.3, 0.2, {"shoot": 0.5}),
)


def scores(rows: list[list[float]], fps: float = 10.0) -> Scores:
    """Clips of one instant, one after the other."""
    count = len(rows)
    starts = np.arange(count)
    return Scores(
        LABELS,
        fps,
        1,
        count / fps,
        np.array([""] * count),
        starts,
        starts + 1,
        np.array(rows, np.float32).reshape(count, len(LABELS)),
    )


def test_each_label_has_its_own_shortest_event_and_longest_gap():
    rows = [[0.9, 0, 0, 0.1]] * 2 + [[0, 0, 0.1, 0.9]] * 2 + [[0, 0, 0.9, 0.1]] * 4 + [[0.1, 0, 0, 0.9]] * 2
    rows += [[0, 0, 0.9, 0.1]] * 4
    rules = EventRules(min_duration=0.5, min_durations={"shoot": 0.2}, max_gap=0.0, max_gaps={"walk": 0.2})
    shot, walk = find_events(scores(rows), rules)
    assert (shot.label, shot.start, shot.end) == ("shoot", 0.0, 0.2)
    assert (walk.label, walk.start, walk.end) == ("walk", 0.4, 1.4)
    assert find_events(scores(rows), replace(rules, min_durations={}, max_gaps={})) == []


def test_labels_may_overlap_where_a_user_wants_it():
    rows = [[0.45, 0.55, 0, 0]] * 6
    rules = EventRules(threshold=0.4)
    assert [event.label for event in find_events(scores(rows), rules)] == ["ball in hand"]
    both = find_events(scores(rows), replace(rules, multi=True))
    assert [event.label for event in both] == ["ball in hand", "shoot"]


def test_the_most_confident_events_of_each_label_are_kept():
    rows = []
    for value in (0.6, 0.9, 0.7):
        rows += [[value, 0, 0, 1 - value]] * 6 + [[0, 0, 0, 1]] * 6
    rows += [[0, 0, 0.55, 0.45]] * 6
    events = find_events(scores(rows), EventRules(top=2, max_gap=0.0))
    assert [(event.label, round(event.confidence, 2)) for event in events] == [
        ("shoot", 0.9),
        ("shoot", 0.7),
        ("walk", 0.55),
    ]


def test_a_calibrated_confidence_is_the_probability_of_being_right():
    (event,) = find_events(scores([[0.8, 0, 0, 0.2]] * 10), EventRules())
    assert event.confidence == pytest.approx(0.8)
    # Log odds of 0.8 are ln 4; half of them are ln 2: odds of two to one. The event lasts a second: ln 1 = 0.
    rules = EventRules(calibration=Calibration(slope=0.5, duration=9.0))
    (event,) = find_events(scores([[0.8, 0, 0, 0.2]] * 10), rules)
    assert event.confidence == pytest.approx(2 / 3)
    assert event.peak_confidence == pytest.approx(0.8)
    shifted = replace(rules, calibration=Calibration(slope=0.5, labels={"shoot": float(np.log(2))}))
    (event,) = find_events(scores([[0.8, 0, 0, 0.2]] * 10), shifted)
    assert event.confidence == pytest.approx(0.8)


def test_rules_survive_a_file_and_our_json_and_the_sheet_run(tmp_path, annotation_with):
    path = tmp_path / "mine.rules.toml"
    write_rules(RULES, path, ["From two games.\nsecond line"])
    assert path.read_text(encoding="utf-8").startswith("# From two games.\n# second line\n")
    assert read_rules(path, EventRules(), LABELS) == RULES
    assert from_fields(as_fields(RULES)) == RULES
    assert annotation_of(run_facts(annotation_with(RULES)), Fraction(25)).rules == RULES


@pytest.fixture
def annotation_with():
    from bball_tag.annotations.annotation import Annotation
    from bball_tag.video.info import VideoInfo

    def with_rules(rules: EventRules) -> Annotation:
        return Annotation(
            VideoInfo.unknown(None, Fraction(25), 9.0), (), rules=rules, checkpoint="mine (abc)"
        )

    return with_rules


@settings(deadline=None, max_examples=50)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8).filter(lambda text: text.isprintable() or "\x7f" in text),
        st.floats(1e-6, 1),
        max_size=4,
    ),
    st.floats(0, 100),
)
def test_rules_of_labels_of_any_name_survive_a_file(tmp_path_factory, thresholds, gap):
    path = tmp_path_factory.mktemp("rules") / "r.toml"
    rules = EventRules(thresholds=thresholds, max_gap=gap, background=(*thresholds, "no_action"))
    write_rules(rules, path)
    assert read_rules(path, EventRules(), tuple(thresholds)) == rules


def test_a_rules_file_by_hand_changes_only_what_it_names(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text('max_gap = 1\n[thresholds]\n"ball in hand" = 0.7\n', encoding="utf-8")
    base = EventRules(thresholds={"shoot": 0.3}, max_gaps={"walk": 2.0})
    rules = read_rules(path, base, LABELS)
    assert rules == replace(base, thresholds={"shoot": 0.3, "ball in hand": 0.7}, max_gap=1.0, max_gaps={})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("threshold = 1.5", r"threshold: 1.5 is not a number from 1e-06 to 1"),
        ("thresold = 0.5", r"thresold: there is no such rule; there are thresholds, threshold, release"),
        ("[thresholds]\ndunk = 0.5", r"Unknown label 'dunk' in the thresholds\. The labels: shoot, ball in"),
        ("[thresholds]\nball in hand = 0.5", r"quotation marks"),
        ("[thresholds]\nshoot = true", r"thresholds: 'shoot': True is not a number"),
        ("top = 0", r"top: 0 is not a number from 1"),
        ("multi = 1", r"multi: 1 is neither true nor false"),
        ("min_duration = nan", r"nan is not a number"),
        ("[calibration]\nslope = -1", r"calibration: -1 is not a number from 0"),
        ("[calibration]\nbias = 1", r"'bias' is unknown; there are duration, labels, offset, slope"),
        ("[calibration.labels]\ndunk = 1", r"Unknown label 'dunk' in the calibration"),
        ("threshold = 2\ntop = 0", r"2 things are wrong"),
        ("thresholds = 3", r"3 is not an object"),
    ],
)
def test_a_faulty_rules_file_is_named_with_its_faults(tmp_path, text, words):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OptionError, match=words) as caught:
        read_rules(path, EventRules(), LABELS)
    assert "mine.toml" in str(caught.value)


def test_a_rules_file_that_is_not_there_or_not_text_is_said(tmp_path):
    with pytest.raises(OptionError, match=r"none\.toml: No such file"):
        read_rules(tmp_path / "none.toml", EventRules(), LABELS)
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\xff\x00\xd8")
    with pytest.raises(OptionError, match=r"x\.toml"):
        read_rules(tmp_path / "x.toml", EventRules(), LABELS)


def test_a_calibration_that_falls_is_refused():
    with pytest.raises(FormError, match=r"-0\.1 is not a number from 0"):
        from_fields({"calibration": {"slope": -0.1}})
    with pytest.raises(ValueError, match="slope"):
        Calibration(slope=-0.1)


def test_options_give_seconds_for_one_label_or_for_all():
    rules = changed_rules(RULES, LABELS, min_duration={"shoot": 0.1}, max_gap=2.0, multi=False, top=3)
    assert dict(rules.min_durations) == {"walk": 1.0, "shoot": 0.1}
    assert (rules.max_gap, dict(rules.max_gaps), rules.multi, rules.top) == (2.0, {}, False, 3)
    with pytest.raises(OptionError, match=r"'dunk' in the shortest events"):
        changed_rules(RULES, LABELS, min_duration={"dunk": 0.1})
    with pytest.raises(OptionError, match=r"top must be a whole number"):
        changed_rules(RULES, LABELS, top=0)


curves = st.integers(1, 40).flatmap(
    lambda length: st.lists(
        st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0]), min_size=2, max_size=2),
        min_size=length,
        max_size=length,
    )
)


@settings(deadline=None)
@given(curves, st.floats(0.05, 1), st.floats(0.05, 1))
def test_hysteresis_is_what_a_switch_does_that_looks_back(rows, threshold, fraction):
    curve = np.array(rows)
    release = threshold * fraction
    expected = np.zeros(curve.shape, bool)
    for column in range(2):
        for instant in range(len(curve)):
            # On, if one can walk to an instant at the threshold without falling under the release.
            for way in (range(instant, len(curve)), range(instant, -1, -1)):
                for place in way:
                    if curve[place, column] < release:
                        break
                    if curve[place, column] >= threshold:
                        expected[instant, column] = True
                        break
    assert (hysteresis(curve, np.full(2, threshold), np.full(2, release)) == expected).all()


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=40), st.integers(0, 5), st.integers(0, 8))
def test_joining_fills_the_short_gaps_and_drops_what_is_short_then(on, gap, least):
    filled = list(on)
    for first in range(len(on)):
        for stop in range(first + 1, min(first + gap, len(on) - 1) + 1):
            inside = first > 0 and on[first - 1] and on[stop] and not any(on[first:stop])
            if inside and stop - first <= gap:
                filled[first:stop] = [True] * (stop - first)
    instants = {index for index, value in enumerate(filled) if value}
    expected, run = [], []
    for index in range(len(on) + 1):
        if index in instants:
            run.append(index)
        elif run:
            expected += [(run[0], run[-1] + 1)] if len(run) >= least else []
            run = []
    assert spans_of(np.array(on, bool), 1.0, float(least), float(gap)) == expected
    assert merge_close([], max_gap=gap) == []


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4), st.floats(0, 1)), min_size=1, max_size=20))
def test_instants_average_their_clips(clips):
    clips = [(0, 4, 0.5), *sorted(clips), *((start, 4, 0.25) for start in range(14))]
    starts = np.array([start for start, _, _ in clips])
    stops = starts + np.array([length for _, length, _ in clips])
    values = np.array([[value, 1 - value] for _, _, value in clips])
    curve = instant_probabilities(starts, stops, values, 4)
    support = (0.4, 0.8, 0.8, 0.4)
    for instant in range(int(stops.max())):
        over = [
            (support[instant - start], value)
            for start, stop, (value, _) in zip(starts, stops, values, strict=True)
            if start <= instant < stop
        ]
        expected = sum(weight * value for weight, value in over) / sum(weight for weight, _ in over)
        assert curve[instant] == pytest.approx([expected, 1 - expected])


def test_an_annotation_is_decided_again_by_a_file_of_rules(tmp_path, annotation_with):
    rows = [[0.9, 0, 0, 0.1]] * 3 + [[0, 0, 0, 1]] * 10 + [[0, 0, 0.8, 0.2]] * 10
    before = replace(annotation_with(EventRules()), labels=LABELS, scores=scores(rows))
    assert [event.label for event in before.decide()] == ["walk"]
    path = tmp_path / "mine.toml"
    path.write_text("[min_durations]\nshoot = 0.2\n", encoding="utf-8")
    again = before.decide(rules=path)
    assert [event.label for event in again] == ["shoot", "walk"]
    assert again.rules == EventRules(min_durations={"shoot": 0.2})
    assert [event.label for event in again.decide(min_duration=0.5)] == ["walk"]
    assert [event.label for event in before.decide(rules=again.rules, threshold=0.85)] == ["shoot"]


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--min-duration", "walk=short", "Cannot read --min-duration 'walk=short': write 0.5 or shoot=0.5."),
        ("--max-gap", "x", "Cannot read --max-gap 'x'"),
        ("--top", "0", "--top"),
    ],
)
def test_rules_on_the_command_line_that_cannot_be_read_are_named(tmp_path, option, value, words):
    from typer.testing import CliRunner

    from bball_tag.cli import app

    arguments = ["annotate", "game.mp4", "--out", str(tmp_path / "a.csv"), option, value]
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert words in " ".join(done.output.split())
