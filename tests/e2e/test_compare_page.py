"""The page of a comparison in a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import bball_tag
from bball_tag.annotations.reviewed import Reviewed
from bball_tag.video.video import Video
from tests.browser import opened_page
from tests.example_events import SHOT, annotation

SCRIPT = "<img src=x onerror=\"document.title='gone'\">"


def shot(label: str, start: float, end: float, player: str = "7"):
    return replace(SHOT, label=label, start=start, end=end, player=player)


@pytest.fixture
def page_path(tmp_path: Path, video: Path) -> Path:
    """A page of two games: one with its video, one without."""
    copy = tmp_path / "game #1.mp4"
    copy.write_bytes(video.read_bytes())
    info = Video(copy).info
    found = [shot("run", 0, 4), shot("pass", 5, 6), shot("pick", 9, 10, SCRIPT)]
    truth = [shot("run", 0, 4), shot("shoot", 5, 6), shot(SCRIPT, 8, 9, "8"), shot("run", 8, 9, SCRIPT)]
    games = annotation(*found, video=info), annotation(*truth, video=info, reviewed=[Reviewed(0, 11)])
    other = annotation(shot("run", 1, 2))
    (path,) = bball_tag.compare([games[0], other], [games[1], other]).write(tmp_path / "page.html")
    return path


def test_a_click_on_a_difference_seeks_the_video(browser, page_path):
    with opened_page(browser, page_path.as_uri()) as (page, wrong):
        page.wait_for_function("document.getElementById('video').readyState >= 1")
        page.get_by_role("button", name="0:05.0 – 0:06.0").first.click()
        assert page.evaluate("document.getElementById('video').currentTime") == pytest.approx(5)
        assert page.locator("tr.chosen").count() == 1
        assert page.locator(".event.chosen").count() == 1
        assert wrong == []


def test_a_click_on_the_timeline_seeks_the_video_too(browser, page_path):
    with opened_page(browser, page_path.as_uri()) as (page, _):
        page.wait_for_function("document.getElementById('video').readyState >= 1")
        lanes = page.locator(".row:not(.ruler) .lanes").first
        box = lanes.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + 1)
        # Three quarters of the twelve seconds.
        assert page.evaluate("document.getElementById('video').currentTime") == pytest.approx(9, abs=0.1)
        page.locator(".event.wrong", has_text="pass").click()
        assert page.evaluate("document.getElementById('video').currentTime") == pytest.approx(5)


def test_the_video_stays_in_sight_where_the_list_is_read(browser, page_path):
    with opened_page(browser, page_path.as_uri()) as (page, _):
        page.wait_for_function("document.getElementById('video').readyState >= 1")
        page.set_viewport_size({"width": 1280, "height": 360})
        page.locator("#list button").last.scroll_into_view_if_needed()
        page.wait_for_selector(".away")
        before = page.evaluate("scrollY")
        page.locator("#list button").last.click()
        box = page.locator("#video").bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 360
        assert page.evaluate("scrollY") == before


def test_both_timelines_of_a_player_lie_one_above_the_other(browser, page_path):
    with opened_page(browser, page_path.as_uri()) as (page, _):
        row = page.locator(".row", has_text="player 7")
        true, found = row.locator(".lane.true .event"), row.locator(".lane.found .event")
        assert true.all_inner_texts() == ["run", "shoot"]
        assert found.all_inner_texts() == ["run", "pass"]
        above, below = true.first.bounding_box(), found.first.bounding_box()
        assert above is not None
        assert below is not None
        assert above["x"] == below["x"]
        assert above["y"] < below["y"]
        # From 11 s on nothing was reviewed.
        assert row.locator(".unjudged").count() == 1


def test_text_is_shown_as_it_is(browser, page_path):
    with opened_page(browser, page_path.as_uri()) as (page, wrong):
        assert page.title() == "Events against the truth"
        assert page.locator("tbody td", has_text=SCRIPT).count() >= 2
        assert page.locator("img").count() == 0
        assert wrong == []


def test_filters_and_games_change_what_is_shown(browser, page_path):
    with opened_page(browser, page_path.as_uri()) as (page, wrong):
        assert page.locator("#count").inner_text() == "3 missed, 2 false alarms"
        page.locator("#label").select_option(label="pass")
        assert page.locator("#count").inner_text() == "0 missed, 1 false alarm"
        page.locator("#by").select_option(label="labels")
        assert page.locator(".row:not(.ruler)").count() == 1
        page.locator("#game").select_option(index=1)
        assert page.locator("#count").inner_text() == "0 missed, 0 false alarms"
        assert page.locator("#about-video").inner_text().startswith("No video is linked")
        assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_readable_light_and_dark_and_narrow(browser, page_path, scheme):
    with opened_page(browser, page_path.as_uri(), width=400, scheme=scheme) as (page, _):
        ground, ink = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
        )
        is_dark = scheme == "dark"
        assert (sum(numbers(ground)) < sum(numbers(ink))) == is_dark
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


def numbers(colour: str) -> list[int]:
    return [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
