"""What is drawn where, and which events are rendered."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import av
import cv2
import numpy as np
import pytest

from bball_tag.errors import BballTagError
from bball_tag.events import Event
from bball_tag.files import safe_name
from bball_tag.palette import COLOURS, ink_on, label_colour
from bball_tag.players.tracks import Track
from bball_tag.render.canvas import Canvas
from bball_tag.render.cut import clip_name, span_of
from bball_tag.render.dataset import label_ids
from bball_tag.render.overlay import Overlay
from bball_tag.render.selection import most_confident, select_events
from bball_tag.render.style import STYLES, StyleName
from bball_tag.render.tag_layout import TagLayout
from bball_tag.render.text import text_mask, text_sprite
from bball_tag.render.timeline import lanes_of
from bball_tag.render.visible import ActiveEvents, TrackIndex, team_colours
from tests.example_events import NASTY, SHOT, annotation

GREY = 120
RUN = replace(SHOT, label="run", start=0.0, end=20.0, player="8", team="away", confidence=0.6)


def grey_frame(width: int = 640, height: int = 360) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes([GREY if plane.width == width else 128]) * plane.buffer_size)
    return frame


def standing(player: str, left: float, top: float, width: float = 60, height: float = 120) -> Track:
    times = np.arange(0, 20, 0.1)
    return Track(player, times, np.tile([left, top, width, height], (len(times), 1)).astype(float))


def drawn(whole, time: float, size: tuple[int, int] = (640, 360), style: str = "broadcast") -> np.ndarray:
    """Return what a video player shows of a grey frame with the overlay of an instant: RGB."""
    frame = grey_frame(*size)
    Overlay(whole, STYLES[style]).paint(Canvas(frame), time)
    return frame.to_ndarray(format="rgb24").astype(int)


def is_near(pixel: np.ndarray, colour: tuple[int, int, int], by: int = 25) -> bool:
    return bool(np.abs(pixel - np.array(colour)).max() <= by)


def test_a_box_has_the_colour_of_its_label_while_the_event_lasts_and_of_its_team_otherwise():
    events = annotation(replace(SHOT, start=2.0, end=3.0, team="orange"), tracks=[standing("7", 200, 60)])
    team, label = (255, 165, 0), label_colour("shoot", ["shoot"])
    edges = [drawn(events, time, (1280, 720))[150, 201] for time in (1.96, 2.0, 2.96, 3.0)]
    assert all(map(is_near, edges, (team, label, label, team)))


def test_the_tag_begins_with_the_team_and_ends_with_the_label():
    events = annotation(replace(SHOT, start=2.0, end=3.0, team="maroon"), tracks=[standing("7", 200, 60)])
    row = drawn(events, 2.5)[50]
    reds = [x for x in range(190, 330) if is_near(row[x], (128, 0, 0))]
    labels = [x for x in range(190, 330) if is_near(row[x], label_colour("shoot", ["shoot"]))]
    assert reds
    assert labels
    assert max(reds) < min(labels)


def test_what_lies_outside_of_what_is_drawn_keeps_its_exact_values():
    frame = grey_frame()
    Overlay(annotation(SHOT, tracks=[standing("7", 200, 120)]), STYLES["broadcast"]).paint(
        Canvas(frame), 12.5
    )
    luma = np.frombuffer(memoryview(frame.planes[0]), np.uint8).reshape(360, -1)[:, :640]
    assert (luma[:90] == GREY).all()
    assert (luma[:280, 400:] == GREY).all()
    assert (luma[300:] != GREY).any()


@pytest.mark.parametrize(("width", "height"), [(640, 360), (854, 480), (1280, 720), (3840, 2160)])
def test_letters_are_large_enough_to_read_at_every_size(width, height):
    scale = height / 360
    track = standing("7", 200 * scale, 120 * scale, 60 * scale, 120 * scale)
    whole = annotation(replace(SHOT, start=2.0, end=3.0), tracks=[track])
    image = drawn(whole, 2.5, (width, height))
    column = image[: round(120 * scale), round(230 * scale)]
    tag = [y for y in range(len(column)) if not is_near(column[y], tuple(image[0, 0]), 6)]
    assert max(16, 0.03 * height) <= len(tag) <= 0.07 * height


@pytest.mark.parametrize("colour", COLOURS)
def test_text_on_a_label_has_enough_contrast(colour):
    def luminance(rgb):
        levels = [value / 255 for value in rgb]
        linear = [level / 12.92 if level <= 0.03928 else ((level + 0.055) / 1.055) ** 2.4 for level in levels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(colour), luminance(ink_on(colour))), reverse=True)
    # What WCAG wants of text at size.
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_an_event_without_a_box_is_shown_on_a_card():
    before, during = (drawn(annotation(SHOT), time) for time in (12.0, 13.0))
    lower_left = np.s_[250:310, 10:150]
    assert np.abs(before[lower_left] - during[lower_left]).max() > 60


def test_minimal_draws_nothing_while_nobody_acts():
    whole = annotation(SHOT, tracks=[standing("7", 200, 60)])
    assert (drawn(whole, 5.0, style="minimal") == drawn(annotation(), 5.0)).all()
    assert (drawn(whole, 13.0, style="minimal") != drawn(annotation(), 13.0)).any()


def test_the_timeline_scrolls_towards_the_present():
    whole = annotation(replace(SHOT, start=8.0, end=10.0))
    colour = label_colour("shoot", ["shoot"])

    def left_edge(time: float) -> int:
        rows = drawn(whole, time)[330:350]
        dim = tuple(round(0.55 * part + 0.45 * 18) for part in colour)
        hits = [
            x for x in range(640) if any(is_near(row[x], colour, 30) or is_near(row[x], dim) for row in rows)
        ]
        return hits[0]

    # 16 seconds from edge to edge, the present at 35 %.
    assert left_edge(4.0) == pytest.approx(0.35 * 640 + 4 * 40, abs=4)
    assert left_edge(8.0) == pytest.approx(0.35 * 640, abs=4)
    assert left_edge(9.0) == pytest.approx(0.35 * 640 - 40, abs=4)


@pytest.mark.parametrize("text", NASTY)
def test_any_text_can_be_drawn(text):
    whole = annotation(replace(SHOT, label=text, player=text, team=text), tracks=[standing(text, 200, 60)])
    assert (drawn(whole, 13.0) != drawn(whole, 0.0)).any()


@pytest.mark.parametrize("text", ["shoot", "бросок", "投篮", "شوت"])
def test_scripts_have_letters_not_boxes(text):
    mask, other = text_mask(text, 40), text_mask(text[::-1], 40)
    assert mask.max() == 255
    # A box for each unknown letter would look the same in any order.
    assert mask.shape != other.shape or (mask != other).any()


@pytest.mark.parametrize("text", ["shoot", "бросок", "σουτ", "شوت", "זריקה"])
def test_the_letters_of_most_scripts_do_not_depend_on_opencv(text, monkeypatch):
    before = text_mask(text, 40)
    monkeypatch.delattr(cv2, "FontFace", raising=False)
    assert (text_mask(text, 40) == before).all()


def test_chinese_letters_do_without_opencv_5_as_well_as_they_can(monkeypatch):
    monkeypatch.delattr(cv2, "FontFace", raising=False)
    assert text_mask("投篮", 40).max() == 255


def test_a_very_long_label_is_cut():
    assert text_mask("a" * 5000, 20).shape[1] < 1000


def test_what_is_pasted_beyond_the_edges_is_cut():
    frame = grey_frame(64, 48)
    canvas = Canvas(frame)
    sprite = text_sprite("shoot", 20, (255, 255, 255), canvas.matrix)
    for left, top in ((-10, -10), (60, 40), (-500, 0), (0, 500), (10, -7)):
        canvas.paste(sprite, left, top)
    canvas.fill((-20, -20, 5, 500), (255, 0, 0))
    canvas.outline((-5, -5, 900, 900), (0, 255, 0), 4)
    assert is_near(frame.to_ndarray(format="rgb24")[24, 2].astype(int), (255, 0, 0))


def test_tags_do_not_cover_each_other():
    tags = {str(number): ((100 + 5 * number, 100, 160, 200), (80, 20)) for number in range(4)}
    places = list(TagLayout().arrange(tags, 0.0, (640, 360)).values())
    for number, (left, top, right, bottom) in enumerate(places):
        for other in places[number + 1 :]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top


def test_a_tag_stays_where_it_is_while_boxes_tremble():
    layout, tops = TagLayout(), []
    for frame in range(50):
        near = 118 + 4 * (frame % 2)
        tags = {"1": ((100, 100, 160, 200), (80, 20)), "2": ((100, near, 160, near + 100), (80, 20))}
        tops.append(layout.arrange(tags, frame / 25, (640, 360))["2"][1] - near)
    assert len(set(tops[10:])) == 1


def test_a_tag_that_must_move_glides_there():
    layout, tops = TagLayout(), []
    for frame in range(30):
        left = 300 if frame < 5 else 100
        tags = {"1": ((100, 100, 160, 200), (80, 20)), "2": ((left, 100, left + 60, 200), (80, 20))}
        tops.append(layout.arrange(tags, frame / 25, (640, 360))["2"][1])
    # From above the box to below it.
    assert tops[:6] == [78] * 6
    assert 78 < tops[6] < tops[7] < tops[8] < 202
    assert tops[-1] == 202


def test_a_tag_is_at_its_best_place_again_when_that_is_free():
    layout = TagLayout()
    one, two = ((100, 100, 160, 200), (80, 20)), ((110, 100, 170, 200), (80, 20))
    crowded = [layout.arrange({"1": one, "2": two}, frame / 25, (640, 360)) for frame in range(10)]
    assert crowded[-1]["2"][1] == 202
    alone = [layout.arrange({"2": two}, (10 + frame) / 25, (640, 360))["2"][1] for frame in range(60)]
    assert (alone[5], alone[-1]) == (202, 78)


def test_an_event_without_a_length_is_shown_for_half_a_second():
    active = ActiveEvents([replace(SHOT, start=5.0, end=5.0)])
    assert [bool(active.at(time)) for time in (4.9, 5.0, 5.4, 5.6)] == [False, True, True, False]


def test_a_player_is_nowhere_while_their_track_is_broken():
    times = np.array([0.0, 0.04, 0.08, 5.0, 5.04])
    track = TrackIndex(Track("7", times, np.array([[10.0, 20, 30, 40]] * 5)))
    assert [track.at(time) is not None for time in (0.0, 0.1, 1.0, 5.0, 6.0)] == [
        True,
        True,
        False,
        True,
        False,
    ]


def test_a_team_named_by_a_colour_has_it_and_others_have_their_own():
    events = [
        replace(SHOT, player=str(n), team=team) for n, team in enumerate(("maroon 12", "maroon 5", "Hawks"))
    ]
    colours = team_colours(events)
    assert colours["0"] == colours["1"] == (128, 0, 0)
    assert colours["2"] not in ((128, 0, 0), None)


def test_no_lane_of_the_timeline_holds_two_events_at_once():
    events = [replace(SHOT, start=start, end=start + 2) for start in (0.0, 1.0, 1.5, 1.8, 3.0)]
    lanes = lanes_of(events)
    assert sorted(lanes[:4], key=str) == [0, 1, 2, None]
    assert lanes[4] is not None


def test_events_are_selected_by_label_player_time_and_confidence():
    whole = annotation(SHOT, RUN, tracks=[standing("7", 0, 0), standing("8", 0, 0)])
    assert select_events(whole, label=["run"]).events == [RUN]
    one = select_events(whole, player="7")
    assert (one.events, [track.id for track in one.tracks]) == ([SHOT], ["7"])
    assert select_events(whole, part=(15.0, None)).events == [RUN]
    assert select_events(whole, part=(0.0, 5.0)).events == [RUN]
    assert select_events(whole, max_clips=1).events == [SHOT]


def test_selecting_some_labels_does_not_change_their_colours():
    whole = annotation(SHOT, RUN, labels=("run", "shoot"))
    assert select_events(whole, label="shoot").all_labels() == ["run", "shoot"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": "shot"}, "No label 'shot' in these events. There are: run, shoot."),
        ({"player": ["9"]}, "No player '9' in these events. There are: 7, 8, 10."),
    ],
)
def test_a_name_that_does_not_occur_is_refused_with_those_that_do(options, message):
    with pytest.raises(BballTagError, match=message):
        select_events(annotation(SHOT, RUN, tracks=[standing("10", 0, 0)]), **options)


def test_the_most_confident_events_stay_in_the_order_of_the_game():
    events = [replace(SHOT, start=float(n), confidence=c) for n, c in enumerate((0.5, 0.9, 0.7, 0.95))]
    assert [event.start for event in most_confident(events, 2)] == [1.0, 3.0]


def test_what_is_cut_lies_inside_the_video():
    event = Event("pass", 1.0, 2.0, 0.9, 0.9, 1.5, 3)
    assert span_of(event, 0.5, 0.25, 60.0) == (0.5, 2.25)
    assert span_of(event, 3.0, 100.0, 60.0) == (0.0, 60.0)
    assert span_of(replace(event, end=1.0), 0.0, 0.0, 60.0) == (1.0, 1.5)


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (SHOT, "0001_shoot_player7_0m12.480s.mp4"),
        (replace(SHOT, label="ball in hand", player=""), "0001_ball_in_hand_0m12.480s.mp4"),
        (replace(SHOT, label="../a:b\\c", player="Jokić 15"), "0001_a_b_c_playerJokić_15_0m12.480s.mp4"),
        (replace(SHOT, label="***", player="", start=59.9996), "0001_1m00.000s.mp4"),
    ],
)
def test_a_clips_name_can_be_a_file_everywhere(event, name):
    assert clip_name(1, event) == name
    assert safe_name(name.removesuffix(".mp4")) != ""


def test_labels_of_spacejam_keep_their_ids_and_none_gets_the_discarded_one():
    own = {"shoot": 4, "dunk": 11, "walk": 9, "steal": 12}
    assert label_ids(["shoot", "dunk", "walk", "steal"], {}) == own
    # Ids that a folder has already are kept, whatever they are.
    assert label_ids(["pass", "dunk", "tip"], {"dunk": 1}) == {"dunk": 1, "pass": 11, "tip": 12}


def test_the_styles_are_those_that_the_option_offers():
    assert tuple(STYLES) == get_args(StyleName)
