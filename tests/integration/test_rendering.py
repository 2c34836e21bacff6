"""The videos that are written, as other programs and a browser see them, and the face that writes them."""

from __future__ import annotations

import inspect
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
from bball_tag.cli.render import render as render_command
from bball_tag.errors import BballTagError, OptionError, VideoError
from bball_tag.players.tracks import Track
from bball_tag.render.canvas import Canvas
from bball_tag.render.cut import write_clip
from bball_tag.render.dataset import write_dataset
from bball_tag.render.overlay import Overlay
from bball_tag.render.reel import write_reel
from bball_tag.render.style import STYLES
from bball_tag.render.transcode import write_part
from bball_tag.video.video import Video
from tests.example_events import SHOT, annotation, written
from tests.synthetic import painted, read_number, rotate, write_video

NTSC = Fraction(30_000, 1001)
UNEVEN = [Fraction(index, 25) + Fraction(index * index % 7, 300) for index in range(60)]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def frames(path: Path) -> list[tuple[Fraction, np.ndarray]]:
    """Return every frame with its time in seconds, as FFmpeg decodes them."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        return [
            (frame.pts * stream.time_base, frame.to_ndarray(format="rgb24"))
            for frame in container.decode(stream)
        ]


def numbers(path: Path) -> list[int]:
    return [read_number(image) for _, image in frames(path)]


def times(path: Path) -> list[Fraction]:
    return [time for time, _ in frames(path)]


def audio(path: Path, track: int = 0) -> list[tuple[Fraction, bytes]]:
    """Return every packet of audio with its time in seconds."""
    with av.open(path) as container:
        stream = container.streams.audio[track]
        packets = (packet for packet in container.demux(stream) if packet.pts is not None)
        return [(packet.pts * packet.time_base, bytes(packet)) for packet in packets]


def boxes(path: Path) -> list[bytes]:
    """Return the kinds of the outermost parts of an MP4, in their order."""
    data, place, kinds = path.read_bytes(), 0, []
    while place < len(data):
        kinds.append(data[place + 4 : place + 8])
        place += int.from_bytes(data[place : place + 4]) or len(data)
    return kinds


def test_video_is_h264_in_yuv420p_with_its_index_at_the_front(tmp_path):
    write_part(
        Video(write_video(tmp_path / "a.mkv", range(10), codec="mpeg4", sound=True)), tmp_path / "b.mp4"
    )
    with av.open(tmp_path / "b.mp4") as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt, context.profile) == ("h264", "yuv420p", "High")
    kinds = boxes(tmp_path / "b.mp4")
    assert kinds.index(b"moov") < kinds.index(b"mdat")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_audio_is_copied_packet_for_packet(tmp_path, suffix):
    video = write_video(tmp_path / f"a{suffix}", range(60), sound=True)
    write_part(Video(video), tmp_path / "b.mp4")
    before, after = audio(video), audio(tmp_path / "b.mp4")
    assert [data for _, data in after] == [data for _, data in before]
    # Matroska counts in milliseconds.
    assert [float(time) for time, _ in after] == pytest.approx([float(time) for time, _ in before], abs=0.001)


def test_audio_of_an_mpeg_transport_stream_is_copied_and_stays_beside_its_frames(tmp_path):
    video = write_video(tmp_path / "a.ts", range(60), sound=True)
    write_part(Video(video), tmp_path / "b.mp4")
    both = zip(times(video), times(tmp_path / "b.mp4"), strict=True)
    shifts = {after - before for before, after in both}
    assert len(shifts) == 1
    (heard, _), (was_heard, _) = audio(tmp_path / "b.mp4")[0], audio(video)[0]
    assert float(heard - was_heard - shifts.pop()) == pytest.approx(0, abs=0.001)


def test_every_audio_track_is_kept(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(25), sound=True)
    with av.open(video) as source, av.open(tmp_path / "two.mp4", "w") as out:
        wanted = [source.streams.video[0], source.streams.audio[0], source.streams.audio[0]]
        streams = [out.add_stream_from_template(stream) for stream in wanted]
        for packet in source.demux():
            if packet.dts is None:
                continue
            for stream, original in zip(streams, wanted, strict=True):
                if original.index == packet.stream.index:
                    copy = av.Packet(bytes(packet))
                    copy.pts, copy.dts, copy.duration = packet.pts, packet.dts, packet.duration
                    copy.time_base, copy.is_keyframe, copy.stream = (
                        packet.time_base,
                        packet.is_keyframe,
                        stream,
                    )
                    out.mux(copy)
    write_part(Video(tmp_path / "two.mp4"), tmp_path / "b.mp4")
    assert audio(tmp_path / "b.mp4", 0) == audio(tmp_path / "b.mp4", 1) == audio(video)


def test_audio_that_an_mp4_cannot_hold_is_written_as_aac(tmp_path):
    video = tmp_path / "a.avi"
    with av.open(video, "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 192, 96, "yuv420p"
        audio = container.add_stream("pcm_s16le", rate=22_050, layout="mono")
        for index in range(50):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(painted(index), format="rgb24")))
        wave = (np.sin(np.arange(44_100) * 0.1) * 9000).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
        frame.sample_rate = 22_050
        container.mux(audio.encode(frame))
        for each in (stream, audio):
            container.mux(each.encode(None))
    write_part(Video(video), tmp_path / "b.mp4")
    with av.open(tmp_path / "b.mp4") as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        heard = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    assert len(heard) / 22_050 == pytest.approx(2, abs=0.15)
    # A sine's root mean square; its peak depends on the encoder.
    assert np.sqrt((heard**2).mean()) == pytest.approx(9000 / 32768 / np.sqrt(2), abs=0.02)


@pytest.mark.parametrize(
    "shape",
    [
        {"fps": NTSC},
        {"times": UNEVEN},
        {"times": UNEVEN, "options": {"bf": "3", "b-pyramid": "normal"}},
        {"times": [Fraction(1, 10) + Fraction(index, 25) for index in range(60)]},
    ],
    ids=["29.97", "variable", "variable with B-frames", "late start"],
)
def test_every_frame_is_shown_at_its_own_time(tmp_path, shape):
    video = write_video(tmp_path / "a.mp4", range(60), **shape)
    write_part(Video(video), tmp_path / "b.mp4")
    assert times(tmp_path / "b.mp4") == times(video)
    assert numbers(tmp_path / "b.mp4") == list(range(60))


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_rotated_video_becomes_upright_without_a_mark(tmp_path, degrees):
    turns = {90: 1, 180: 2, 270: -1}[degrees]
    video = tmp_path / "a.mp4"
    with av.open(video, "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stored = [np.ascontiguousarray(np.rot90(painted(index), turns)) for index in range(5)]
        stream.height, stream.width = stored[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for index, one in enumerate(stored):
            frame = av.VideoFrame.from_ndarray(one, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    rotate(video, degrees)
    write_part(Video(video), tmp_path / "b.mp4")
    found = Video(tmp_path / "b.mp4").info
    assert (found.rotation, found.width, found.height) == (0, 192, 96)
    seen = [read_number(frame.image) for frame in Video(video).frames(25)]
    assert numbers(tmp_path / "b.mp4") == seen == list(range(5))


@pytest.mark.parametrize("pix_fmt", ["yuv444p", "yuv420p10le", "yuvj420p"])
@pytest.mark.parametrize("size", [(193, 97), (192, 96)])
def test_other_pixels_and_odd_sizes_become_what_everything_plays(tmp_path, pix_fmt, size):
    if pix_fmt != "yuv444p" and size[0] % 2:
        size = (192, 98)
    video = write_video(tmp_path / "a.mkv", range(5), size=size, pix_fmt=pix_fmt)
    write_part(Video(video), tmp_path / "b.mp4")
    found = Video(tmp_path / "b.mp4").info
    assert (found.width, found.height) == (size[0] + size[0] % 2, size[1] + size[1] % 2)
    # Against the decoder's own conversion: colours may not drift between ranges and depths.
    for (_, before), (_, after) in zip(frames(video), frames(tmp_path / "b.mp4"), strict=True):
        assert np.abs(before.astype(int) - after[: before.shape[0], : before.shape[1]]).mean() < 6


def test_a_part_begins_and_ends_with_the_right_frame_and_its_audio(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(250), sound=True, options={"g": "50"})
    write_part(Video(video), tmp_path / "b.mp4", (3.0, 5.0))
    assert numbers(tmp_path / "b.mp4") == list(range(75, 125))
    assert times(tmp_path / "b.mp4")[0] == 0
    whole = dict(audio(video))
    copied = audio(tmp_path / "b.mp4")
    assert [data for _, data in copied] == [data for time, data in whole.items() if 3 - 0.024 < time < 5]
    # What is heard together with a frame is what was.
    first = next(time for time, data in whole.items() if data == copied[0][1])
    assert float(copied[0][0] - first) == pytest.approx(-3, abs=0.001)


def test_painting_gets_the_time_since_the_first_frame(tmp_path):
    video = write_video(tmp_path / "a.ts", range(50), times=[90 + Fraction(index, 25) for index in range(50)])
    got = []
    write_part(
        Video(video), tmp_path / "b.mp4", (1.0, None), paint=lambda canvas, time: got.append(round(time, 3))
    )
    assert got == [round(1 + index / 25, 3) for index in range(25)]


def test_the_overlay_is_drawn_on_a_copy_and_only_where_it_is(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(50), size=(640, 360), options={"qp": "4"})
    times_ = np.arange(0, 2, 0.04)
    track = Track("7", times_, np.tile([400.0, 100, 60, 120], (len(times_), 1)))
    whole = annotation(replace(SHOT, start=1.0, end=1.52), video=Video(video).info, tracks=[track])
    write_part(Video(video), tmp_path / "b.mp4", paint=Overlay(whole, STYLES["minimal"]).paint)
    changed = []
    for (_, before), (_, after) in zip(frames(video), frames(tmp_path / "b.mp4"), strict=True):
        difference = np.abs(before.astype(int) - after).max(axis=2)
        # A codec leaves a little everywhere; a box and a tag are something else.
        assert (difference[:, :300] < 40).all()
        changed.append(bool((difference[:, 380:] > 90).any()))
    assert changed == [25 <= index < 38 for index in range(50)]


def test_errors_of_painting_come_through_and_leave_no_file(tmp_path):
    def fail(canvas: Canvas, time: float) -> None:
        raise BballTagError("no paint left")

    with pytest.raises(BballTagError, match="no paint left"):
        write_part(Video(write_video(tmp_path / "a.mp4")), tmp_path / "b.mp4", paint=fail)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_a_part_beyond_the_end_is_refused(tmp_path):
    with pytest.raises(VideoError, match=r"a\.mp4 has no frame at 0:00:09\.000 or later"):
        write_part(Video(write_video(tmp_path / "a.mp4")), tmp_path / "b.mp4", (9.0, None))


def test_a_clip_that_begins_with_a_key_frame_is_copied(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(150), sound=True, options={"g": "25", "bf": "0"})
    assert write_clip(Video(video), tmp_path / "b.mp4", (2.0, 4.0))
    assert numbers(tmp_path / "b.mp4") == list(range(50, 100))
    with av.open(video) as source, av.open(tmp_path / "b.mp4") as copy:
        stored = {bytes(packet) for packet in source.demux(video=0)}
        assert all(bytes(packet) in stored for packet in copy.demux(video=0))
    kinds = boxes(tmp_path / "b.mp4")
    assert kinds.index(b"moov") < kinds.index(b"mdat")


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


def test_frames_that_not_everything_plays_are_not_copied(tmp_path):
    video = write_video(tmp_path / "a.mkv", range(100), codec="mpeg4", options={"g": "25"})
    assert not write_clip(Video(video), tmp_path / "b.mp4", (1.0, 2.0))
    assert numbers(tmp_path / "b.mp4") == list(range(25, 50))


def test_the_reel_joins_what_was_asked_for_with_a_title_on_each(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(250), size=(640, 360), sound=True)
    events = [replace(SHOT, start=2.0, end=3.0), replace(SHOT, start=6.0, end=7.0)]
    whole = annotation(*events, video=Video(video).info)
    write_reel(Video(video), whole, tmp_path / "b.mp4", lead=0.4, lag=0.2)
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
        write_reel(Video(video), whole, tmp_path / "b.mp4", lead=0.5, lag=0.5)
    report = played_in_chromium(tmp_path)
    assert "error" not in report
    assert (report["width"], report["height"]) == (640, 360)
    assert report["time"] > 0.6
    assert report["frames"] > 10
    assert report["audio"] > 0
    assert report["duration"] == pytest.approx({"overlay": 3.0, "clip": 2.0, "reel": 1.9}[made], abs=0.1)


def crowd(video: Path, label: str = "shoot"):
    tracks = [
        Track(name, np.arange(0, 10, 0.04), np.tile([left, 10.0, 40, 80], (250, 1)))
        for name, left in (("7", 5.0), ("8", 100.0))
    ]
    events = [
        replace(SHOT, label=label, start=1.0, end=3.4, player="7"),
        replace(SHOT, label="dunk", start=5.0, end=5.2, player="8"),
        replace(SHOT, label="pass", start=6.0, end=7.0, player="9"),
    ]
    return annotation(*events, video=Video(video).info, tracks=tracks)


def test_events_become_clips_of_players_in_spacejams_layout(tmp_path):
    from train.clipset import read_clipset

    video = write_video(tmp_path / "game.mp4", range(250))
    report = write_dataset(Video(video), crowd(video), tmp_path / "set", overwrite=False)
    # 2.4 s hold three clips of 0.64 s; the short one has one round its middle; nobody sees player 9.
    assert (report.num_clips, report.num_skipped) == ({"shoot": 3, "dunk": 1}, 1)
    ids = json.loads((tmp_path / "set" / "annotation_dict.json").read_text())
    assert ids == {"game_7_0000027": 4, "game_7_0000047": 4, "game_7_0000067": 4, "game_8_0000120": 11}
    for key in ids:
        clip = tmp_path / "set" / "examples" / f"{key}.mp4"
        assert (Video(clip).info.width, Video(clip).info.height, len(frames(clip))) == (128, 176, 16)
    clips = read_clipset(tmp_path / "set")
    assert clips.counts == {"shoot": 3, "dunk": 1}


def test_training_clips_have_video_around_them_where_it_is_wanted(tmp_path):
    video = write_video(tmp_path / "game.mp4", range(250))
    for folder, padding in (("short", 0.0), ("long", 0.32)):
        write_dataset(Video(video), crowd(video), tmp_path / folder, overwrite=False, padding=padding)
    key = "game_7_0000027.mp4"
    short, long = (
        [image for _, image in frames(tmp_path / folder / "examples" / key)] for folder in ("short", "long")
    )
    assert len(long) == 16 + 2 * 8
    difference = np.stack(long[8:-8]).astype(int) - np.stack(short)
    assert abs(difference).mean() < 4
    early = replace(crowd(video), events=[replace(SHOT, start=0.1, end=0.7, player="7")])
    with pytest.raises(BballTagError, match="No event has a player whose track covers it"):
        write_dataset(Video(video), early, tmp_path / "none", overwrite=False, padding=0.32)


def test_clips_of_a_second_video_join_those_of_the_first(tmp_path):
    for name, label in (("one.mp4", "shoot"), ("two.mp4", "alley-oop")):
        video = write_video(tmp_path / name, range(250))
        write_dataset(Video(video), crowd(video, label), tmp_path / "set", overwrite=False)
    labels = json.loads((tmp_path / "set" / "labels_dict.json").read_text())
    assert {"shoot", "dunk", "alley-oop"} <= set(labels.values())
    assert len(set(labels)) == len(labels)
    assert len(json.loads((tmp_path / "set" / "annotation_dict.json").read_text())) == 8
    with pytest.raises(BballTagError, match=r"already has the clip two_7_\d+\. Pass --overwrite"):
        write_dataset(Video(video), crowd(video), tmp_path / "set", overwrite=False)


def test_training_clips_need_tracks_of_the_same_players(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(50))
    with pytest.raises(BballTagError, match="give the players' boxes with --tracks FILE"):
        write_dataset(
            Video(video), annotation(SHOT, video=Video(video).info), tmp_path / "set", overwrite=False
        )
    strangers = replace(crowd(video), events=[replace(SHOT, player="Ana")])
    with pytest.raises(BballTagError, match="the ids of the tracks must be the same"):
        write_dataset(Video(video), strangers, tmp_path / "set", overwrite=False)
    assert not (tmp_path / "set").exists()


@pytest.fixture
def game(tmp_path):
    """Ten seconds of video at `game.mp4`, and its annotation."""
    return crowd(write_video(tmp_path / "game.mp4", range(250), size=(320, 180), sound=True))


def test_the_face_takes_paths_as_text_and_names_its_outputs_beside_the_video(game, tmp_path):
    path = str(tmp_path / "game.mp4")
    assert bt.render_overlay(path, game, progress=False) == tmp_path / "game.overlay.mp4"
    assert bt.render_reel(path, game, "shoot", lead=0, lag=0, progress=False) == tmp_path / "game.shoot.mp4"
    assert numbers(tmp_path / "game.shoot.mp4")[-1] == 84
    cut = bt.render_clips(path, game, str(tmp_path / "clips"), label="shoot", progress=False)
    assert [clip.name for clip in cut.clips] == ["0001_shoot_player7_0m01.000s.mp4"]
    report = bt.render_dataset(path, game, str(tmp_path / "set"), player=["8"], progress=False)
    assert report.num_clips == {"dunk": 1}


def test_events_may_be_a_file_and_times_may_be_text(game, tmp_path):
    written(game, tmp_path / "actions.csv")
    options = {"start": "0:05", "end": "150f", "progress": False}
    cut = bt.render_clips(tmp_path / "game.mp4", str(tmp_path / "actions.csv"), tmp_path / "c", **options)
    assert [event.label for event in cut.events] == ["dunk"]
    out = bt.render_overlay(tmp_path / "game.mp4", str(tmp_path / "actions.csv"), **options)
    assert len(frames(out)) == 25


def test_tracks_of_a_file_replace_those_of_the_events(game, tmp_path):
    written(game, tmp_path / "tracks.txt", "mot")
    options = {"style": "minimal", "overwrite": True, "progress": False}
    bare, own, other = (
        np.stack(
            [
                image
                for _, image in frames(bt.render_overlay(tmp_path / "game.mp4", events, **more, **options))
            ]
        )
        for events, more in (
            (game, {"tracks": "none"}),
            (game, {}),
            (replace(game, tracks=()), {"tracks": str(tmp_path / "tracks.txt")}),
        )
    )
    assert (own == other).all()
    # Player 7's box, while they shoot.
    assert np.abs(bare[50, :100, :60].astype(int) - own[50, :100, :60]).max() > 60


def test_clips_can_be_linked_to_from_a_table(game, tmp_path):
    bt.render_clips(
        tmp_path / "game.mp4", game, tmp_path / "clips", out=tmp_path / "linked.csv", progress=False
    )
    rows = (tmp_path / "linked.csv").read_text().splitlines()
    assert len(rows) == 4
    with pytest.raises(BballTagError, match=r"Cannot tell the format of .*linked\.png"):
        bt.render_clips(tmp_path / "game.mp4", game, tmp_path / "none", out=tmp_path / "linked.png")
    assert not (tmp_path / "none").exists()


def test_a_style_that_does_not_exist_is_wrong_usage(game, tmp_path):
    with pytest.raises(OptionError, match=r"Unknown style 'loud'\. The styles: broadcast, minimal\."):
        bt.render_overlay(tmp_path / "game.mp4", game, style="loud")


def test_an_overlay_without_events_warns(game, tmp_path, caplog):
    bt.render_overlay(tmp_path / "game.mp4", replace(game, events=[]), end=0.2, progress=False)
    assert "No event to show in game.mp4: the overlay shows only the tracks." in caplog.text


@pytest.mark.parametrize("name", ["render_overlay", "render_clips", "render_reel", "render_dataset"])
def test_keywords_are_named_like_the_options_and_have_the_same_defaults(name):
    keywords, options = (
        inspect.signature(function).parameters for function in (getattr(bt, name), render_command)
    )
    own = {"video", "annotation", "folder", "padding", "progress"}
    assert set(keywords) - own <= set(options)
    shared = {"style", "start", "end", "tracks", "checkpoint", "device", "overwrite"} & set(keywords)
    assert [keywords[key].default for key in shared] == [options[key].default for key in shared]
