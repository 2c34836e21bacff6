"""The review page in a real browser: a served game, and a headless Chromium that looks at it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bball_tag.review.opening import open_session
from bball_tag.review.playback import open_playback
from bball_tag.review.review import Review
from bball_tag.review.server import Server
from tests.review_games import opened

PATIENCE_S = 30
"""How long a page may take: a machine may be busy with other things."""


@contextmanager
def served(video: Path, actions: Path) -> Iterator[str]:
    """Serve the review of a game, and give its address."""
    material = opened(video, actions)
    with open_session(material, "anna") as session:
        server = Server(Review(material, session, open_playback(material.video, progress=False)))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield server.address
        finally:
            server.stop()
            thread.join()


def open_page(browser: Any, address: str, **options: Any) -> Any:
    """Open a page and wait until it shows its game; errors of its scripts fail the test at `close_page`."""
    page = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **options}).new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on(
        "console", lambda line: page.faults.append(line.text) if "Content Security" in line.text else None
    )
    page.goto(address)
    until(page, "document.getElementById('title').textContent !== ''")
    return page


def until(page: Any, condition: str) -> None:
    """Wait until a condition holds in the page, whose policy forbids the browser's own way of waiting."""
    deadline = time.monotonic() + PATIENCE_S
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, f"this never came true: {condition}"
        time.sleep(0.02)


def judge_in_order_of_time(page: Any) -> None:
    """Turn to judging, from the first event to the last."""
    page.keyboard.press("g")
    page.select_option("select[aria-label='Order of the queue']", "time")
    until(page, "document.getElementById('judging').getAttribute('aria-busy') === 'false'")
    page.evaluate("document.activeElement.blur()")


def close_page(page: Any) -> None:
    """Close a page, whose scripts must not have failed."""
    page.context.close()
    assert page.faults == []


def saved(page: Any) -> None:
    """Wait until the server has everything that was done."""
    until(page, "document.getElementById('saving').textContent === 'Saved'")
