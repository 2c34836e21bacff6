"""Make the images of the review page: `python docs/make_review_images.py`. It needs Chromium and playwright.

They show the rendered sample game with its truth as proposals, confidences made up.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import bball_tag as bt
from tests.browser import chromium
from tests.review_browser import close_page, open_page, saved, served

ROOT = Path(__file__).parents[1]
GAME = ROOT / "sample_videos" / "game.mp4"
IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1440, "height": 860}
SEED = 3


def main() -> None:
    """Make an image of looking, in the light theme, and one of judging, in the dark one."""
    with TemporaryDirectory() as folder, chromium() as browser:
        actions = proposals(Path(folder))
        with served(GAME, actions) as address:
            look(browser, address)
            judge(browser, address)


def proposals(folder: Path) -> Path:
    """Write the truth of the sample game with other confidences; return the file."""
    draw = Random(SEED)
    truth = bt.read(GAME.with_suffix(".truth.csv"), video=GAME, tracks=GAME.with_suffix(".tracks.csv"))
    events = [replace(event, confidence=round(draw.betavariate(4, 2), 2)) for event in truth]
    path = folder / "actions.json"
    replace(truth, events=events).write(path)
    return path


def look(browser: Any, address: str) -> None:
    """Accept and reject a few events, and select one."""
    page = open_page(browser, address, viewport=SIZE, color_scheme="light")
    for key in ("j", "j", "j", "y", "j", "y", "j", "n", "+"):
        page.keyboard.press(key)
    saved(page)
    page.locator("#grid-rows .row").nth(9).click()
    shot(page, "review_look.jpg")


def judge(browser: Any, address: str) -> None:
    """Judge a few clips."""
    page = open_page(browser, address, viewport=SIZE, color_scheme="dark")
    page.keyboard.press("g")
    page.select_option("select[aria-label='Order of the queue']", "time")
    page.wait_for_selector("#question .asked")
    page.evaluate("document.activeElement.blur()")
    for key in ("y", "y", "n", "y", "2", "y", "y", "3", "y"):
        page.wait_for_timeout(2500)
        page.keyboard.press(key)
    saved(page)
    page.select_option("select[aria-label='Label of the queue']", "shoot")
    page.wait_for_timeout(3000)
    page.keyboard.press(" ")
    shot(page, "review_judge.jpg")


def shot(page: Any, name: str) -> None:
    """Write an image of the page as it is, and close it."""
    page.wait_for_timeout(3000)
    page.screenshot(path=str(IMAGES / name), type="jpeg", quality=82)
    close_page(page)


if __name__ == "__main__":
    main()
