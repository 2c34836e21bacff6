"""Reading real files made by real encoders, however odd."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from bball_tag.errors import VideoError
from bball_tag.video.container import ffmpeg_errors
from bball_tag.video.reader import mended_time
from bball_tag.video.segment import AudioPacket
from bball_tag.video.video import Video
from tests.synthetic import read_number, rotate, write_sound, write_video

NTSC = Fraction(30_000, 1001)


def numbers(path: Path, fps: float, start: float = 0.0, end: float | None = None) -> list[int]:
    return [read_number(frame.image) for frame in Video(path).frames(fps, start, end)]


def test_a_grid_at_the_videos_own_rate_gives_every_frame_once(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(60))
    assert numbers(video, 25) == list(range(60))


def test_a_grid_at_half_the_rate_gives_every_second_frame(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(60))
    frames = list(Video(video).frames(12.5))
    assert [read_number(frame.image) for frame in frames] == list(range(0, 60, 2))
    assert [frame.time for frame in frames[:4]] == [0.0, 0.08, 0.16, 0.24]
    assert [frame.index for frame in frames[:4]] == [0, 1, 2, 3]


def test_a_grid_finer_than_the_video_repeats_frames(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(5), fps=Fraction(10))
    assert numbers(video, 20) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_a_rate_of_29_97_does_not_drift_over_minutes(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(3600), fps=NTSC, size=(96, 48))
    assert Video(video).info.fps == NTSC
    assert numbers(video, 1, start=100) == [int(second * NTSC) for second in range(100, 121)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".mov"])
def test_every_container_gives_the_same_frames_at_the_same_times(tmp_path, suffix):
    video = write_video(tmp_path / f"a{suffix}", range(90), fps=Fraction(30), sound=True)
    assert numbers(video, 30) == list(range(90))
    assert numbers(video, 10, 1.0, 2.0) == list(range(30, 60, 3))
    assert Video(video).info.has_audio


def test_a_variable_rate_is_read_by_presentation_time(tmp_path):
    times = [Fraction(0), Fraction(1, 10), Fraction(1), Fraction(11, 10), Fraction(2), Fraction(5, 2)]
    video = write_video(tmp_path / "variable_rate_video.mp4", range(6), times=times)
    # At 0, 0.5, 1, 1.5, 2, 2.5 s: the latest frame that is shown by then.
    assert numbers(video, 2)[:6] == [0, 1, 2, 3, 4, 5]


def test_times_count_from_the_first_frame_of_a_late_start(tmp_path):
    times = [Fraction(90) + Fraction(index, 25) for index in range(50)]
    video = write_video(tmp_path / "late_start.ts", range(50), times=times)
    frames = list(Video(video).frames(12.5))
    assert [read_number(frame.image) for frame in frames] == list(range(0, 50, 2))
    assert frames[0].time == 0.0
    assert numbers(video, 12.5, start=1.0) == list(range(26, 50, 2))  # 1.04 s is the first instant


def test_a_transport_stream_whose_clock_wraps_is_read_from_its_beginning(tmp_path):
    # 33 bits of 1/90000 s: after 26.5 hours the clock begins again, here after the first second.
    times = [Fraction(2**33, 90_000) - 1 + Fraction(index, 25) for index in range(100)]
    video = write_video(tmp_path / "a.ts", range(100), times=times, options={"g": "50"})
    assert numbers(video, 25) == list(range(100))
    assert numbers(video, 25, 0.5, 1.5) == list(range(13, 38))


STEP = Fraction(1, 25)


@pytest.mark.parametrize(
    ("time", "before", "expected"),
    [
        (Fraction(3), None, Fraction(3)),
        (Fraction(4), Fraction(3), Fraction(4)),
        (Fraction(3), Fraction(3), None),  # the clock stands still
        (Fraction(2), Fraction(3), None),  # the clock goes back
        (None, None, Fraction(2)),  # no clock: the first frame is shown at the origin
        (None, Fraction(3), Fraction(3) + STEP),
    ],
)
def test_a_time_that_is_missing_is_counted_out_and_one_that_goes_back_is_skipped(time, before, expected):
    assert mended_time(time, before, STEP, Fraction(2)) == expected


def test_b_frames_come_in_the_order_they_are_shown(tmp_path):
    video = write_video(tmp_path / "b.mp4", range(60), options={"bf": "3", "b-pyramid": "normal", "g": "12"})
    assert numbers(video, 25) == list(range(60))
    assert numbers(video, 25, start=0.88, end=1.2) == list(range(22, 30))


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_video_from_a_turned_phone_is_read_upright(tmp_path, degrees):
    upright = {
        90: lambda image: np.rot90(image, -1),
        180: lambda image: np.rot90(image, 2),
        270: np.rot90,
    }
    video = rotate(write_video(tmp_path / "turned.mp4", range(6)), degrees)
    straight = write_video(tmp_path / "straight.mp4", range(6))
    info, frame = Video(video).info, next(iter(Video(video).frames(25)))
    assert (info.width, info.height) == ((96, 192) if degrees != 180 else (192, 96))
    assert frame.image.shape[:2] == (info.height, info.width)
    stored = next(iter(Video(straight).frames(25))).image
    # A matrix of +90 degrees turns the stored frame clockwise for display.
    assert np.abs(frame.image.astype(int) - upright[degrees](stored)).mean() < 6


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("odd_size.mkv", {"codec": "ffv1", "pix_fmt": "yuv444p", "size": (193, 97)}),
        ("ten_bit.mkv", {"codec": "ffv1", "pix_fmt": "yuv422p10le"}),
        ("ten_bit_h264.mp4", {"pix_fmt": "yuv420p10le"}),
        ("interlaced.ts", {"codec": "mpeg2video", "options": {"flags": "+ilme+ildct", "b": "4M"}}),
        ("mpeg4.avi", {"codec": "mpeg4", "options": {"b": "4M"}}),
        ("motion_jpeg.mov", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    ],
)
def test_frames_of_any_codec_and_pixel_format_are_read_right(tmp_path, name, settings):
    video = write_video(tmp_path / name, range(40), **settings)
    assert numbers(video, 25) == list(range(40))
    width, height = settings.get("size", (192, 96))
    assert next(iter(Video(video).frames(25))).image.shape == (height, width, 3)


def test_frames_are_scaled_to_the_size_asked_for(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(10))
    frames = list(Video(video).frames(25, size=(48, 96)))
    assert {frame.image.shape for frame in frames} == {(48, 96, 3)}
    assert [read_number(frame.image) for frame in frames] == list(range(10))


def test_pixels_that_are_not_square_are_made_square(tmp_path):
    video = write_video(
        tmp_path / "anamorphic.mp4", range(4), options={"x264-params": "sar=4/3"}, size=(144, 96)
    )
    assert (Video(video).info.width, Video(video).info.height) == (192, 96)
    assert next(iter(Video(video).frames(25))).image.shape == (96, 192, 3)


def test_a_damaged_stretch_is_skipped_and_counted(tmp_path):
    # With one thread and no assembly its bytes are the same every time, and so is what is damaged: where the
    # counters of the packets happen to fit behind the damage, nothing in the stream betrays it.
    options = {"g": "10", "x264-params": "threads=1:asm=0"}
    video = write_video(tmp_path / "a.ts", range(250), options=options)
    data = bytearray(video.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = random.Random(1).randbytes(4000)
    video.write_bytes(data)
    reader = Video(video).frames(25)
    seen = [read_number(frame.image) for frame in reader]
    assert reader.damaged_packets > 0
    assert seen[:50] == list(range(50))
    assert seen[-50:] == list(range(200, 250))
    assert len(seen) == 250


@pytest.mark.parametrize("suffix", [".ts", ".mkv", ".mp4"])
def test_the_frames_to_write_are_the_frames_to_score_also_behind_damage(tmp_path, suffix):
    video = write_video(tmp_path / f"a{suffix}", range(250), sound=True, faststart=True, options={"g": "10"})
    data = bytearray(video.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = random.Random(2).randbytes(4000)
    video.write_bytes(data)
    with Video(video).segment(2.0, 9.0) as segment:
        items = [item for item in segment.items() if not isinstance(item, AudioPacket)]
    shown = {round(item.time * 25): item.frame.to_ndarray(format="rgb24") for item in items}
    scored = {frame.index: frame.image for frame in Video(video).frames(25, 2.0, 9.0)}
    assert len(scored) == 175
    assert 100 < len(shown) < 175
    assert min(shown) == 50
    assert {index for index in shown if not np.array_equal(shown[index], scored[index])} == set()


def test_a_file_cut_in_the_middle_is_read_to_the_cut(tmp_path):
    video = write_video(tmp_path / "truncated_video.mp4", range(250), faststart=True, options={"g": "25"})
    data = video.read_bytes()
    video.write_bytes(data[: len(data) * 6 // 10])
    reader = Video(video).frames(25)
    seen = [read_number(frame.image) for frame in reader]
    assert 80 < len(seen) < 200
    assert seen == list(range(len(seen)))
    assert reader.end < Video(video).info.duration == 10.0


def test_a_range_in_the_middle_equals_the_same_part_of_the_whole(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(200), options={"g": "40"})
    whole = {frame.index: frame.image for frame in Video(video).frames(12.5)}
    part = list(Video(video).frames(12.5, 3.0, 6.0))
    assert [frame.index for frame in part] == list(range(38, 75))
    assert all(np.array_equal(frame.image, whole[frame.index]) for frame in part)


def test_what_the_file_says_about_itself_is_kept(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(50), sound=True, title="final")
    info = Video(video).info
    assert (info.width, info.height, info.fps, info.num_frames) == (192, 96, 25, 50)
    assert info.duration == pytest.approx(2.0)
    assert (info.has_audio, info.rotation, info.title) == (True, 0, "final")


def test_a_title_that_is_not_utf_8_does_not_matter(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(25), title="Zuerich final")
    video.write_bytes(video.read_bytes().replace(b"Zuerich", b"Z\xfcrich "))
    info = Video(video).info
    assert info.num_frames == 25
    assert info.title.endswith("rich  final")
    assert info.title.encode("utf-8")


def _text_file(folder: Path) -> Path:
    path = folder / "text.mp4"
    path.write_text("not a video\n" * 100)
    return path


def _empty_file(folder: Path) -> Path:
    path = folder / "empty.mp4"
    path.touch()
    return path


def _index_cut_off(folder: Path) -> Path:
    path = write_video(folder / "cut.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def _unknown_codec(folder: Path) -> Path:
    path = write_video(folder / "unknown.avi", codec="mpeg4")
    path.write_bytes(path.read_bytes().replace(b"FMP4", b"XQZ7"))
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder / "none.mp4", "no such file"),
        (lambda folder: folder / ("a" * 300 + ".mp4"), "Cannot read .*aaa.mp4"),
        (lambda folder: folder, "is a folder"),
        (_empty_file, "is empty"),
        (_text_file, "is not a video"),
        (_index_cut_off, "cut short"),
        (lambda folder: write_sound(folder / "sound_only.m4a"), "no video, only audio"),
        (_unknown_codec, "its codec is not known here. Convert it: ffmpeg -i IN OUT.mp4"),
        (lambda folder: write_video(folder / "raw.h264"), "re-wrap it: ffmpeg -i IN -c copy OUT.mp4"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_reason(tmp_path, make, words):
    with pytest.raises(VideoError, match=words):
        Video(make(tmp_path))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "Cannot read a.mp4: not enough memory."),
        (av.error.DecoderNotFoundError(1, "Decoder not found"), "Cannot read a.mp4: Decoder not found."),
        (
            av.error.PermissionError(1, "Operation not permitted"),
            "Cannot read a.mp4: Operation not permitted.",
        ),
    ],
)
def test_whatever_ffmpeg_raises_becomes_a_sentence(error, words):
    with pytest.raises(VideoError) as shown, ffmpeg_errors("read a.mp4"):
        raise error
    assert str(shown.value) == words


def test_real_gym_footage_is_read_at_its_real_rate(real_data):
    video = real_data / "footage" / "gym_game_640x360_26fps.mp4"
    info = Video(video).info
    assert info.fps == NTSC  # an edit list hides frames that the header's mean rate counts
    reader = Video(video).frames(12.5)
    frames = list(reader)
    assert frames[0].time == 0.0
    assert len(frames) == pytest.approx(reader.end * 12.5, abs=1)
    assert reader.damaged_packets == 0
