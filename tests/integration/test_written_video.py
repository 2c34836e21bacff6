"""The video that is written, as other programs see it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from bball_tag.errors import BballTagError, VideoError
from bball_tag.players.tracks import Track
from bball_tag.render.canvas import Canvas
from bball_tag.render.overlay import Overlay
from bball_tag.render.style import STYLES
from bball_tag.render.transcode import write_part
from bball_tag.video.video import Video
from tests.decoded import audio, boxes, frames, numbers, times
from tests.example_events import SHOT, annotation
from tests.synthetic import painted, read_number, rotate, write_video

NTSC = Fraction(30_000, 1001)
UNEVEN = [Fraction(index, 25) + Fraction(index * index % 7, 300) for index in range(60)]


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
