"""What the review page shows: the right boxes at each frame, long tables, charts, and to everybody."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from bball_tag.annotations import Annotation
from bball_tag.events import Event
from bball_tag.players.tracks import Track
from bball_tag.video.video import Video
from tests.review_browser import close_page, open_page, served, until
from tests.review_games import EVENTS, written_game
from tests.synthetic import write_video

SERIOUS = ("serious", "critical")
VIOLATIONS = {"resultTypes": ["violations"]}
COLOURS = {**VIOLATIONS, "runOnly": {"type": "rule", "values": ["color-contrast"]}}
BIT = "(x => {const d = c.getImageData(x, c.canvas.height / 4, 1, 1).data; return d[0] > 125 ? 1 : 0})"
READ_FRAME = f"""() => {{
  const video = document.querySelector('video.is-shown');
  const canvas = document.createElement('canvas');
  canvas.width = 192; canvas.height = 96;
  const c = canvas.getContext('2d');
  c.drawImage(video, 0, 0, 192, 96);
  let number = 0;
  for (let bit = 0; bit < 12; bit += 1) number += {BIT}(Math.floor((bit * 2 + 1) * 192 / 24)) << bit;
  return number;
}}"""
"""The number that `painted` put into the frame that is shown."""
READ_BOX = """() => {
  const canvas = document.getElementById('overlay');
  const {data} = canvas.getContext('2d').getImageData(0, Math.round(canvas.height * 0.8), canvas.width, 1);
  for (let x = 0; x < canvas.width; x += 1) if (data[4 * x + 3] > 100) return x * 192 / canvas.width;
  return -1;
}"""
"""Where the first box begins, in pixels of the video."""


def uneven_game(folder):
    """Write a video whose rate varies; the player of frame n stands n pixels from the left."""
    times = [Fraction(number, 30) for number in range(30)]
    times += [1 + Fraction(number, 12) for number in range(30)]
    video = write_video(folder / "uneven.mp4", range(60), fps=Fraction(30), times=times)
    boxes = np.column_stack([np.arange(60.0), np.full(60, 40.0), np.full(60, 30.0), np.full(60, 50.0)])
    track = Track("7", np.array([float(time) for time in times]), boxes)
    annotation = Annotation(
        Video(video).info, [Event("run", 0.0, 3.0, 0.8, 0.9, 1.0, 2, "7")], tracks=[track]
    )
    annotation.write(folder / "actions.json")
    return video


def test_boxes_are_those_of_the_frame_that_is_shown_where_the_rate_varies(browser, tmp_path):
    video = uneven_game(tmp_path)
    with served(video, tmp_path / "actions.json") as address:
        page = open_page(browser, address)
        until(page, f"({READ_BOX})() >= 0")
        for number in range(1, 60):
            page.keyboard.press(".")
            until(page, f"({READ_FRAME})() === {number}")
            until(page, f"Math.abs(({READ_BOX})() - {number}) < 1.5")
        close_page(page)


def test_only_the_rows_that_are_seen_exist_and_the_last_one_is_reached_by_a_key(browser, tmp_path):
    many = tuple(replace(EVENTS[0], start=n * 0.0015, end=n * 0.0015 + 0.5) for n in range(2000))
    video = written_game(tmp_path, events=many)
    with served(video, tmp_path / "actions.json") as address:
        page = open_page(browser, address)
        assert page.get_attribute("#grid", "aria-rowcount") == "2001"
        assert page.locator("#grid-rows .row").count() < 60
        page.focus("#grid")
        page.keyboard.press("End")
        until(page, "document.querySelector('.row.is-current')?.getAttribute('aria-rowindex') === '2001'")
        assert page.locator("#grid-rows .row").count() < 60
        close_page(page)


def test_charts_count_events_and_add_up_their_time(browser, tmp_path):
    video = written_game(tmp_path)
    with served(video, tmp_path / "actions.json") as address:
        page = open_page(browser, address)
        page.click("#tab-charts")
        page.wait_for_selector("#charts table >> nth=1")
        rows = page.locator("#charts table").nth(1).locator("tbody tr").all_inner_texts()
        # 7 shoots for 1 s and runs for 1.5 s; 8 passes for 1 s and does the other thing for 0.8 s. Both
        # are seen all the time, for 4 s.
        assert [row.split() for row in rows] == [
            ["8", "2", "1.80", "s", "30.0"],
            ["7", "2", "2.50", "s", "30.0"],
        ]
        page.click("#charts table >> nth=0 >> tbody tr:first-child button")
        page.click("#tab-events")
        assert page.inner_text("#shown-count") == "1 of 4 events"
        close_page(page)


def test_a_label_beyond_the_tenth_is_found_by_typing(browser, tmp_path):
    names = [f"label {number}" for number in range(1, 15)]
    events = tuple(replace(EVENTS[0], label=name) for name in names)
    video = written_game(tmp_path, events=events)
    with served(video, tmp_path / "actions.json") as address:
        page = open_page(browser, address)
        page.keyboard.press("j")
        page.keyboard.press("l")
        page.keyboard.type("14")
        page.keyboard.press("Enter")
        until(page, "document.querySelector('#inspector b')?.textContent === 'label 14'")
        close_page(page)


@pytest.mark.parametrize("width", [1600, 420])
def test_nobody_is_shut_out(browser, tmp_path, width):
    # It is put into the page once, not anew for each look.
    axe = Axe(axe_script="")
    video = written_game(tmp_path)

    def check(place: str, part: str | None = None) -> None:
        # The dark page differs in its colours alone.
        for scheme, rules in (("light", VIOLATIONS), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme)
            page.evaluate("Promise.all(document.getAnimations().map(one => one.finished))")
            found = axe.run(page, context=part, options=rules).response["violations"]
            serious = [one for one in found if one["impact"] in SERIOUS]
            assert [(place, scheme, one["id"], one["nodes"][0]["html"]) for one in serious] == []

    with served(video, tmp_path / "actions.json") as address:
        page = open_page(browser, address, viewport={"width": width, "height": 900})
        page.evaluate(Axe().axe_script)
        check("events")
        page.keyboard.press("j")
        check("a selected event")
        for tab in ("charts", "players"):
            page.click(f"#tab-{tab}")
            check(tab)
        for key in ("?", "x", "R", "p", "l"):
            page.keyboard.press(key)
            page.wait_for_selector("dialog[open]")
            check(f"the dialog of {key}", "dialog")
            page.keyboard.press("Escape")
        page.keyboard.press("g")
        page.wait_for_selector(".asked")
        check("judging")
        close_page(page)


def test_every_key_is_in_the_help_and_keys_can_be_switched_off(browser, tmp_path):
    video = written_game(tmp_path)
    with served(video, tmp_path / "actions.json") as address:
        page = open_page(browser, address)
        page.keyboard.press("?")
        text = page.inner_text("dialog")
        assert "Yes: the label is right" in text
        assert "Split the event at the frame that is shown" in text
        page.uncheck("#keys-on")
        page.keyboard.press("Escape")
        page.keyboard.press("g")
        assert page.get_attribute("body", "data-mode") == "look"
        close_page(page)
