"""Clips and reels cut out of a video, as other programs and a browser see them."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import threading
from dataclasses import replace
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import numpy as np
import pytest

import bball_tag as bt
from bball_tag.errors import VideoError
from bball_tag.render.cut import write_clip
from bball_tag.render.overlay import Overlay
from bball_tag.render.reel import write_reel
from bball_tag.render.style import STYLES
from bball_tag.render.transcode import write_part
from bball_tag.video.video import Video
from bball_tag.video.writer import write_images
from tests.decoded import audio, boxes, frames, numbers, times
from tests.example_events import SHOT, annotation
from tests.synthetic import write_video

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def test_a_clip_that_begins_with_a_key_frame_is_copied(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(150), sound=True, options={"g": "25", "bf": "0"})
    assert write_clip(Video(video), tmp_path / "b.mp4", (2.0, 4.0))
    assert numbers(tmp_path / "b.mp4") == list(range(50, 100))
    with av.open(video) as source, av.open(tmp_path / "b.mp4") as copy:
        stored = {bytes(packet) for packet in source.demux(video=0)}
        assert all(bytes(packet) in stored for packet in copy.demux(video=0))
    kinds = boxes(tmp_path / "b.mp4")
    assert kinds.index(b"moov") < kinds.index(b"mdat")


def test_a_clip_with_padding_begins_at_a_key_frame_before_where_one_is_near(tmp_path):
    options = {"g": "50", "bf": "2", "sc_threshold": "0", "flags": "+cgop"}
    video = write_video(tmp_path / "a.mp4", range(250), sound=True, options=options)
    # Key frames are at 0, 2, 4 s …: at 2.4 s one is 0.4 s before, at 3.6 s one is 1.6 s before.
    assert write_clip(Video(video), tmp_path / "b.mp4", (2.4, 5.0), spare=(1.0, 1.0))
    found = numbers(tmp_path / "b.mp4")
    assert found[0] == 50
    assert found == list(range(50, 50 + len(found)))
    assert 125 <= 50 + len(found) <= 150
    assert float(times(tmp_path / "b.mp4")[0]) == 0
    # The sound begins with the frames, and lasts as long.
    assert sum(1 for _ in audio(tmp_path / "b.mp4")) == pytest.approx(len(found) / 25 * 44_100 / 1024, abs=4)
    assert not write_clip(Video(video), tmp_path / "c.mp4", (3.6, 5.0), spare=(1.0, 1.0))
    assert numbers(tmp_path / "c.mp4") == list(range(90, 125))


def test_what_is_encoded_anew_stays_near_the_bit_rate_of_the_video(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (25, 90, 160, 3), dtype=np.uint8)
    images = (np.kron(noise[index % 25], np.ones((4, 4, 1), np.uint8)) for index in range(100))
    write_images(tmp_path / "a.mp4", images, 25, crf=38)
    video = Video(tmp_path / "a.mp4")
    assert not write_clip(video, tmp_path / "b.mp4", (0.52, 3.52))
    write_part(video, tmp_path / "c.mp4", (0.52, 3.52))
    source, near, free = (
        path.stat().st_size for path in (video.path, tmp_path / "b.mp4", tmp_path / "c.mp4")
    )
    assert free > 2 * source * 3 / 4
    assert near < 1.8 * source * 3 / 4


@pytest.mark.parametrize("span", [(2.08, 4.0), (0.52, 0.6), (5.6, 6.0)])
def test_another_clip_is_encoded_anew_with_its_very_first_and_last_frame(tmp_path, span):
    video = write_video(tmp_path / "a.mp4", range(150), sound=True, options={"g": "25", "bf": "2"})
    assert not write_clip(Video(video), tmp_path / "b.mp4", span)
    first, stop = (round(time * 25) for time in span)
    assert numbers(tmp_path / "b.mp4") == list(range(first, stop))
    assert float(times(tmp_path / "b.mp4")[0]) == 0


def test_a_copied_clip_with_b_frames_misses_none(tmp_path):
    options = {"g": "25", "bf": "3", "sc_threshold": "0", "flags": "+cgop"}
    video = write_video(tmp_path / "a.mp4", range(150), sound=True, options=options)
    write_clip(Video(video), tmp_path / "b.mp4", (2.0, 4.0))
    found = numbers(tmp_path / "b.mp4")
    assert found == list(range(50, 50 + len(found)))
    assert abs(len(found) - 50) <= 1
    assert np.allclose(np.diff([float(time) for time in times(tmp_path / "b.mp4")]), 0.04)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_what_begins_while_the_last_frame_is_shown_is_that_frame(tmp_path, suffix):
    # 60 frames of 0.04 s: the last is shown from 2.36 s to 2.4 s.
    video = write_video(tmp_path / f"a{suffix}", range(60), sound=True)
    late = [replace(SHOT, start=1.0, end=1.2), replace(SHOT, start=2.38, end=2.4)]
    whole = annotation(*late, video=Video(video).info)
    paths = bt.render_clips(video, whole, tmp_path / "clips", progress=False).clips
    assert [numbers(path) for path in paths] == [list(range(25, 30)), [59]]
    reel = bt.render_reel(video, whole, "shoot", lead=0, lag=0, progress=False)
    assert len(times(reel)) == 6
    with pytest.raises(VideoError, match="has no frame at"):
        write_clip(Video(video), tmp_path / "b.mp4", (2.41, 2.5))


def test_frames_that_not_everything_plays_are_not_copied(tmp_path):
    video = write_video(tmp_path / "a.mkv", range(100), codec="mpeg4", options={"g": "25"})
    assert not write_clip(Video(video), tmp_path / "b.mp4", (1.0, 2.0))
    assert numbers(tmp_path / "b.mp4") == list(range(25, 50))


def test_the_reel_joins_what_was_asked_for_with_a_title_on_each(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(250), size=(640, 360), sound=True)
    events = [replace(SHOT, start=2.0, end=3.0), replace(SHOT, start=6.0, end=7.0)]
    whole = annotation(*events, video=Video(video).info)
    write_reel(Video(video), whole, [(1.6, 3.2), (5.6, 7.2)], tmp_path / "b.mp4")
    found = frames(tmp_path / "b.mp4")
    wanted = [*range(40, 80), *range(140, 180)]
    assert len(found) == len(wanted)
    assert np.allclose([float(time) for time, _ in found], [index / 25 for index in range(80)], atol=1e-3)
    source = [image for _, image in frames(video)]
    for (_, image), number in zip(found, wanted, strict=True):
        difference = np.abs(image.astype(int) - source[number]).max(axis=2)
        assert np.median(difference[100:]) < 30
        assert (difference[20:50, 20:200] > 60).mean() > 0.1
    assert sum(1 for _ in audio(tmp_path / "b.mp4")) == pytest.approx(80 / 25 * 44_100 / 1024, abs=4)


PAGE = """<video src="b.mp4" muted></video><script>
const video = document.querySelector("video");
const report = (what) => fetch("/report", {method: "POST", body: JSON.stringify(what)});
video.onerror = () => report({error: video.error.message});
video.ontimeupdate = () => video.currentTime > 0.6 && report({
    time: video.currentTime, width: video.videoWidth, height: video.videoHeight, duration: video.duration,
    frames: video.getVideoPlaybackQuality().totalVideoFrames, audio: video.webkitAudioDecodedByteCount});
video.play();
</script>"""


def played_in_chromium(folder: Path) -> dict[str, float]:
    """Return what Chromium says of playing `b.mp4` of a folder."""
    reports: queue.Queue[dict[str, float]] = queue.Queue()

    class Handler(SimpleHTTPRequestHandler):
        def do_POST(self) -> None:
            reports.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    (folder / "page.html").write_text(PAGE)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        profile = f"--user-data-dir={folder / 'profile'}"
        address = f"http://127.0.0.1:{server.server_port}/page.html"
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        browser = subprocess.Popen([str(CHROMIUM), *flags, profile, address], **silent)
        try:
            return reports.get(timeout=60)
        finally:
            os.killpg(browser.pid, signal.SIGKILL)
            browser.wait()
            server.shutdown()


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("made", ["overlay", "clip", "reel"])
def test_chromium_plays_it(tmp_path, made):
    uneven = [Fraction(index, 25) + Fraction(index * index % 7, 300) for index in range(75)]
    options = {"g": "25", "bf": "0", "sc_threshold": "0"}
    # An overlay of a video of variable rate; a clip that is copied.
    shape = {"times": uneven} if made == "overlay" else {"options": options}
    video = write_video(tmp_path / "a.mp4", range(75), size=(640, 360), sound=True, **shape)
    whole = annotation(replace(SHOT, start=0.2, end=1.4), video=Video(video).info)
    if made == "overlay":
        write_part(Video(video), tmp_path / "b.mp4", paint=Overlay(whole, STYLES["broadcast"]).paint)
    elif made == "clip":
        assert write_clip(Video(video), tmp_path / "b.mp4", (1.0, 3.0))
    else:
        write_reel(Video(video), whole, [(0.0, 1.9)], tmp_path / "b.mp4")
    report = played_in_chromium(tmp_path)
    assert "error" not in report
    assert (report["width"], report["height"]) == (640, 360)
    assert report["time"] > 0.6
    assert report["frames"] > 10
    assert report["audio"] > 0
    assert report["duration"] == pytest.approx({"overlay": 3.0, "clip": 2.0, "reel": 1.9}[made], abs=0.1)
