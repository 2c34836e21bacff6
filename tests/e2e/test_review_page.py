"""The review page as a person uses it: looked at, judged, corrected and named by keyboard, and exported."""

from __future__ import annotations

from time import monotonic, sleep

import pytest

import bball_tag
from bball_tag.events import Event
from tests.review_browser import (
    PATIENCE_S,
    close_page,
    judge_in_order_of_time,
    open_page,
    saved,
    served,
    until,
)
from tests.review_games import HOSTILE, written_game

LABELS = ("shoot", "pass", "run", "no_action")
COUNT = 24
EVENTS = tuple(
    Event(LABELS[n % 3], n * 0.12, n * 0.12 + 0.4, 0.3 + 0.02 * n, 0.9, n * 0.12, 2, "78"[n % 2], "")
    for n in range(COUNT)
)
"""Event n begins at n times 0.12 s, which is frame 3 n; the later, the surer."""


@pytest.fixture
def game(tmp_path):
    return written_game(tmp_path, events=EVENTS)


@pytest.fixture
def address(game):
    with served(game, game.with_name("actions.json")) as found:
        yield found


@pytest.fixture
def page(browser, address):
    found = open_page(browser, address)
    yield found
    close_page(found)


def seconds(page) -> float:
    """Return the time that is shown under the video."""
    minutes, rest = page.inner_text(".clock").split(" / ")[0].split(":")
    return int(minutes) * 60 + float(rest)


def wait_for_time(page, time: float) -> None:
    """Wait until the frame at `time` is shown, or one of its neighbours: pixels are not frames."""
    deadline = monotonic() + PATIENCE_S
    while abs(seconds(page) - time) > 0.05:
        assert monotonic() < deadline, f"{seconds(page)} s are shown, not {time} s"


def stopped_at(page) -> float:
    """Return the time of the last frame once the video stands: a browser shows one or two more."""
    until(page, "document.querySelector('video.is-shown').paused")
    before = -1.0
    while before != (now := seconds(page)):
        before = now
        sleep(0.5)
    return now


def judge(page, keys: str) -> None:
    """Press one key for each clip, each when its clip is asked about."""
    for key in keys:
        before = page.inner_text("#judged-count")
        page.keyboard.press(key)
        until(page, f"document.getElementById('judged-count').textContent !== '{before}'")


def counts(page) -> str:
    """Return how many events a person stands for, as it is shown above."""
    return ", ".join(page.locator("#counts > span").all_inner_texts())


def test_a_game_is_judged_by_keyboard_corrected_named_and_exported_as_it_was_done(page, game):
    judge_in_order_of_time(page)
    judge(page, "y" * 10 + "n" * 4 + "u" * 2 + "2" * 4)  # 20 clips: the first 20 events
    assert page.inner_text("#judged-count") == "20 of 24"
    page.keyboard.press("z")
    until(page, "document.getElementById('judged-count').textContent === '19 of 24'")
    until(page, "document.querySelector('#question .muted').textContent.includes('0:02.28')")
    page.keyboard.press("q")  # event 19: its start is two frames earlier,
    page.keyboard.press("q")
    page.keyboard.press("r")  # its end a frame later
    saved(page)
    judge(page, "y")
    saved(page)
    page.keyboard.press("g")
    page.click("#tab-players")
    page.click("button[aria-label='Name track 7']")
    page.fill("#player-name", "Maria")
    page.fill("#player-team", "Blue")
    page.keyboard.press("Enter")
    saved(page)
    page.reload()
    until(page, "document.getElementById('counts').textContent.includes('4 proposed')")
    assert "Maria" in page.inner_text("#grid")
    page.click("#export")
    page.fill("#export-name", "done.json")
    page.select_option("#export-format", "json")
    page.click("dialog button[type=submit]")
    page.wait_for_selector("dialog .is-good")
    done = bball_tag.read(game.with_name("done.json"))
    names = {"7": "Maria", "8": "8"}
    kept = [(event.label, event.start, event.end, names[event.player]) for event in EVENTS[:10]]
    kept += [("pass", event.start, event.end, names[event.player]) for event in EVENTS[16:19]]
    last = EVENTS[19]
    kept.append(("pass", last.start - 0.08, last.end + 0.04, names[last.player]))
    found = [(event.label, event.start, event.end, event.player) for event in done]
    assert [(label, player) for label, _, _, player in found] == [
        (label, player) for label, _, _, player in kept
    ]
    for (_, start, end, _), (_, kept_start, kept_end, _) in zip(found, kept, strict=True):
        assert (start, end) == pytest.approx((kept_start, kept_end), abs=0.001)
    assert {event.team for event in done if event.player == "Maria"} == {"Blue"}
    assert done.reviewed


def test_a_click_on_the_timeline_seeks_and_the_video_plays_at_half_speed(page):
    frame = page.locator("#timeline-canvas").bounding_box()
    plot = frame["width"] - 112
    page.mouse.click(frame["x"] + 112 + plot * 3.75 / 4, frame["y"] + 10)
    wait_for_time(page, 3.75)
    page.mouse.click(frame["x"] + 112 + plot * 1 / 4, frame["y"] + 10)
    wait_for_time(page, 1.00)
    page.select_option("select[aria-label='Speed']", "0.5")
    page.evaluate("document.activeElement.blur()")
    assert page.evaluate("document.querySelector('video.is-shown').playbackRate") == 0.5
    page.keyboard.press(" ")
    until(page, "document.querySelector('.clock').textContent > '0:01.2'")
    page.keyboard.press(" ")
    stopped = stopped_at(page)
    page.keyboard.press(".")
    assert stopped_at(page) == pytest.approx(stopped + 0.04, abs=0.011)


def test_the_filter_leaves_what_was_asked_for_and_accepts_it_in_bulk(page):
    page.click(".chip[data-name='pass']")
    assert page.inner_text("#shown-count") == "8 of 24 events"
    page.select_option("select[aria-label='Player']", "8")
    assert (
        page.inner_text("#shown-count") == "4 of 24 events"
    )  # passes are events 1, 4, 7, …: every other is 8's
    page.fill("input[aria-label='Least confidence']", "50")
    assert page.inner_text("#shown-count") == "2 of 24 events"  # events 13 and 19
    page.click("#accept-shown")
    page.keyboard.press("Enter")
    saved(page)
    assert counts(page) == "22 proposed, 2 accepted, 0 rejected"
    page.click("#clear-filter")
    assert page.inner_text("#shown-count") == "24 events"


def test_events_are_changed_split_joined_deleted_and_added(page):
    page.keyboard.press("j")
    page.keyboard.press("3")
    until(page, "document.querySelector('#inspector').textContent.includes('run')")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("k")
    page.keyboard.press(".")
    page.keyboard.press(".")
    page.keyboard.press(".")
    page.keyboard.press("s")
    until(page, "document.getElementById('shown-count').textContent === '25 events'")
    page.keyboard.press("m")
    until(page, "document.getElementById('shown-count').textContent === '24 events'")
    page.keyboard.press("Delete")
    until(page, "document.getElementById('shown-count').textContent === '23 events'")
    page.keyboard.press("a")
    page.keyboard.type("zone")
    page.keyboard.press("Enter")
    until(page, "document.getElementById('shown-count').textContent === '24 events'")
    assert page.inner_text("#inspector b") == "zone"
    for left in (23, 24, 25, 24):
        page.keyboard.press("z")
        until(page, f"document.getElementById('shown-count').textContent === '{left} events'")


def test_an_edge_is_dragged(page):
    page.keyboard.press("j")
    bar = page.locator(".edges-bar").bounding_box()
    handle = page.locator(".edges-handle.is-end").bounding_box()
    middle = handle["y"] + handle["height"] / 2
    page.mouse.move(handle["x"] + 3, middle)
    page.mouse.down()
    page.mouse.move(bar["x"] + bar["width"] * 0.8, middle, steps=4)
    page.mouse.up()
    saved(page)
    # The bar shows 0 s to 1 s: the event's 0.4 s, and 0.6 s after it.
    assert page.input_value("input[data-part=end]") == "0:00.800"


def test_a_script_stays_text_wherever_a_person_wrote_it(page):
    page.keyboard.press("j")
    page.keyboard.press("l")
    page.fill("dialog input", HOSTILE)
    page.keyboard.press("Enter")
    saved(page)
    page.click("#tab-players")
    page.click("button[aria-label='Name track 7']")
    page.fill("#player-name", HOSTILE)
    page.fill("#player-team", HOSTILE)
    page.keyboard.press("Enter")
    saved(page)
    page.click("#tab-charts")
    page.click("#tab-players")
    page.reload()
    page.wait_for_selector("#grid .row")
    page.keyboard.press("j")
    assert HOSTILE in page.inner_text("#inspector")
    assert page.evaluate("window.hit") is None
    assert page.locator("script").count() == 1
    assert page.locator("#side script").count() == 0


def test_what_could_not_be_sent_is_sent_until_the_server_has_it(page):
    page.route("**/api/edits", lambda route: route.abort())
    page.keyboard.press("j")
    page.keyboard.press("y")
    until(page, "document.getElementById('saving').textContent === 'Not saved'")
    page.keyboard.press("j")
    page.keyboard.press("n")
    page.unroute("**/api/edits")
    until(page, "document.getElementById('counts').textContent === '22 proposed1 accepted1 rejected'")
    assert page.inner_text("#saving") == "Saved"


def test_two_windows_keep_what_both_did(browser, address, page):
    other = open_page(browser, address)
    other.keyboard.press("j")
    other.keyboard.press("y")
    saved(other)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("n")
    until(page, "document.getElementById('counts').textContent === '22 proposed1 accepted1 rejected'")
    assert "another window" in page.inner_text("#notices")
    until(other, "document.getElementById('counts').textContent === '22 proposed1 accepted1 rejected'")
    close_page(other)


def test_a_player_becomes_the_same_as_one_whom_nobody_named(page, game):
    page.click("#tab-players")
    page.click("button[aria-label='Name track 7']")
    page.select_option("#same-as", "8")
    page.click("dialog button[type=submit]")
    saved(page)
    until(page, "document.querySelectorAll('#players .player').length === 1")
    page.click("#tab-events")
    page.click("#accept-shown")
    page.keyboard.press("Enter")
    saved(page)
    page.click("#export")
    page.fill("#export-name", "same.json")
    page.select_option("#export-format", "json")
    page.click("dialog button[type=submit]")
    page.wait_for_selector("dialog .is-good")
    done = bball_tag.read(game.with_name("same.json"))
    assert {event.player for event in done} == {track.id for track in done.tracks} == {"8"}
