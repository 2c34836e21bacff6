"""What the review page leaves: ten corrections in few steps, and a report that asks nobody."""

from __future__ import annotations

import pytest

import bball_tag
from bball_tag.events import Event
from bball_tag.reviewing import write_report
from tests.review_browser import close_page, judge_in_order_of_time, open_page, saved, served, until
from tests.review_games import HOSTILE, written_game

EVENTS = tuple(
    Event("run", 0.3 * n, 0.3 * n + 0.6, 0.5 + 0.01 * n, 0.9, 0.3 * n, 2, "78"[n % 2]) for n in range(11)
)
FRAME = 0.04


def test_ten_corrections_take_seventeen_steps(browser, tmp_path):
    video = written_game(tmp_path, events=EVENTS)
    relabels = ["1", "2", "1", "2", "1"]
    # Five other labels, two that are nothing, a later start, a later end, a label that is new.
    steps = [*relabels, "n", "n", "w", "w", "w", "y", "r", "r", "y", "l", "typed: zone", "Enter"]
    assert len(steps) == 17
    with served(video, tmp_path / "actions.json") as address:
        page = open_page(browser, address)
        judge_in_order_of_time(page)
        for step in steps:
            if step.startswith("typed: "):
                page.keyboard.type(step.removeprefix("typed: "))
            else:
                page.keyboard.press(step)
        saved(page)
        until(page, "document.getElementById('judged-count').textContent === '10 of 11'")
        page.click("#export")
        page.fill("#export-name", "ten.csv")
        page.select_option("#export-format", "csv")
        page.click("dialog button[type=submit]")
        page.wait_for_selector("dialog .is-good")
        close_page(page)
    found = [
        (event.label, event.start, event.end) for event in bball_tag.read(tmp_path / "ten.csv", video=video)
    ]
    expected = [
        *((("shoot", "pass")[int(key) - 1], 0.3 * n, 0.3 * n + 0.6) for n, key in enumerate(relabels)),
        ("run", 2.1 + 3 * FRAME, 2.7),
        ("run", 2.4, 3.0 + 2 * FRAME),
        ("zone", 2.7, 3.3),
    ]
    assert [label for label, _, _ in found] == [label for label, _, _ in expected]
    for (_, *times), (_, *right) in zip(found, expected, strict=True):
        assert times == pytest.approx(right, abs=FRAME)


def test_a_report_is_the_page_without_judging_and_asks_nobody(browser, tmp_path):
    video = written_game(tmp_path)
    write_report(tmp_path / "actions.json", tmp_path / "game.html", video=video, progress=False)
    page = browser.new_page()
    asked, faults = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto((tmp_path / "game.html").as_uri())
    page.wait_for_selector("#grid-rows .row")
    assert HOSTILE in page.inner_text("#grid")
    for name in ("export", "learn", "undo", "mode-judge"):
        assert not page.is_visible(f"#{name}")
    page.keyboard.press("j")
    page.keyboard.press("n")
    page.keyboard.press("g")
    assert page.inner_text("#counts span:first-child") == "4 proposed"
    until(page, "document.querySelector('.clock').textContent.startsWith('0:00.5')")
    assert page.evaluate("window.hit") is None
    assert faults == []
    assert {address.split(":")[0] for address in asked} <= {"file", "data"}
    page.close()


def test_an_edge_that_a_key_moves_fast_counts_every_press(browser, tmp_path):
    video = written_game(tmp_path, events=EVENTS)
    with served(video, tmp_path / "actions.json") as address:
        page = open_page(browser, address)
        page.keyboard.press("j")
        for _ in range(12):
            page.keyboard.press("r")
        saved(page)
        until(page, "document.querySelector('input[data-part=end]').value === '0:01.080'")
        close_page(page)
