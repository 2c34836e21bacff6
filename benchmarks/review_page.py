"""How quick the review page is: ten players, 2,000 events and ten minutes of video, in a headless Chromium.

Run it as `python benchmarks/review_page.py`. It needs `chromium` and the dev package playwright. What else
runs on the machine counts: so that the figures mean something, seeking without preparation and an empty
page's frames are measured in the same run.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.review_material import make_game

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PLAYED_S = 10
CLIPS = 100
FRAMES = """async seconds => {
  const gaps = [];
  let before = performance.now();
  const end = before + seconds * 1000;
  while (before < end) {
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    gaps.push(now - before);
    before = now;
    window.move?.(gaps.length);
  }
  gaps.sort((one, other) => one - other);
  return [gaps.length / seconds, gaps[Math.floor(0.95 * gaps.length)]];
}"""
SEEK = """async time => {
  const video = document.querySelector('video.is-shown');
  const began = performance.now();
  video.currentTime = time;
  await new Promise(done => video.requestVideoFrameCallback(done));
  return performance.now() - began;
}"""
QUALITY = """() => {
  const quality = document.querySelector('video.is-shown').getVideoPlaybackQuality();
  return [quality.totalVideoFrames, quality.droppedVideoFrames];
}"""
SCROLL = """() => {
  const [grid, timeline] = [document.getElementById('grid'), document.getElementById('timeline')];
  window.move = n => {
    grid.scrollTop = (n * 97) % grid.scrollHeight;
    timeline.scrollLeft = (n * 61) % 20000;
  };
}"""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the long game as the command does, and give its address."""
    video, events, tracks = make_game(folder)
    command = [sys.executable, "-m", "bball_tag", "review", str(video), str(events)]
    command += ["--tracks", str(tracks), "--no-browser"]
    surroundings = {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=surroundings
    ) as server:
        assert server.stdout is not None
        heard = ""
        while (found := re.search(r"http://\S+", heard)) is None:
            line = server.stdout.readline()
            assert line, f"the server ended: {heard}"
            heard += line
        yield found[0]
        server.terminate()


def opened(browser: Browser, address: str) -> Page:
    """Open the page, and print how long it took."""
    page = browser.new_page(viewport={"width": 1600, "height": 950})
    page.goto(address)
    page.wait_for_selector("#grid-rows .row")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    whole = page.evaluate("performance.now()")
    print(
        f"first paint after {paint:.0f} ms; 2,000 events in table and timeline after {whole:.0f} ms at most"
    )
    return page


def play(page: Page) -> None:
    """Print how many frames were dropped while the video played."""
    page.wait_for_timeout(1000)
    before = page.evaluate(QUALITY)
    page.keyboard.press(" ")
    page.wait_for_timeout(1000 * PLAYED_S)
    page.keyboard.press(" ")
    shown, dropped = (after - first for after, first in zip(page.evaluate(QUALITY), before, strict=True))
    print(f"playing with all boxes: {shown} frames in {PLAYED_S} s, {dropped} dropped")


def scroll(page: Page, blank: Page) -> None:
    """Print how smoothly table and timeline scroll, against an empty page."""
    rate, slow = blank.evaluate(FRAMES, 5)
    print(f"an empty page: {rate:.0f} frames a second, 95 % within {slow:.0f} ms")
    for _ in range(4):
        page.keyboard.press("+")
    page.evaluate(SCROLL)
    rate, slow = page.evaluate(FRAMES, 5)
    page.evaluate("() => { window.move = null; }")
    print(
        f"table and timeline scrolled in every frame: {rate:.0f} frames a second, 95 % within {slow:.0f} ms"
    )


def judge(page: Page, pause: float) -> None:
    """Print how long the next clip takes to appear, prepared and not."""
    unprepared = [page.evaluate(SEEK, 7.3 + 53.7 * number % 590) for number in range(20)]
    print(f"a seek without preparation: median {statistics.median(unprepared):.0f} ms")
    page.keyboard.press("g")
    page.wait_for_selector("#question .asked")
    time.sleep(3 * pause)
    for number in range(CLIPS):
        page.keyboard.press("ynu"[number % 3])
        time.sleep(pause)
    took = page.evaluate("performance.getEntriesByName('next clip').map(({ duration }) => duration)")
    num_late = CLIPS - len(took)
    took = sorted([*took, *[float("inf")] * num_late])
    print(
        f"key to next clip, a key every {pause:g} s: {num_late} of {CLIPS} not before the next key, "
        f"median {statistics.median(took):.0f} ms, 90 % within {took[int(0.9 * len(took))]:.0f} ms"
    )


def memory(page: Page, browser_pid: int) -> None:
    """Print what the page holds, and what the browser's processes hold together."""
    heap = page.evaluate("performance.memory.usedJSHeapSize") / 2**20
    children = psutil.Process(browser_pid).children(recursive=True)
    renderers = [child for child in children if "--type=renderer" in child.cmdline()]
    largest = max(child.memory_info().rss for child in renderers) / 2**20
    print(f"memory: {heap:.0f} MB of JavaScript, {largest:.0f} MB in the page's process, with its videos")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between keys while judging")
    pause = parser.parse_args().pause
    print("load of this machine (1, 5, 15 min):", *(f"{load:.1f}" for load in os.getloadavg()))
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder)) as address,
        sync_playwright() as running,
    ):
        browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        blank = browser.new_page()
        page = opened(browser, address)
        play(page)
        scroll(page, blank)
        judge(page, pause)
        memory(page, os.getpid())
        browser.close()


if __name__ == "__main__":
    main()
