"""Films whose clock does not begin at zero, starts again, or jumps; and how long a film is."""

from __future__ import annotations

import logging
import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from bball_tag.errors import VideoError
from bball_tag.video.segment import AudioPacket
from bball_tag.video.video import Video
from tests.synthetic import read_number, write_video

FPS = 25
EVERY = {"g": "25"}


def numbers(path: Path, start: float = 0.0, end: float | None = None) -> list[int]:
    return [read_number(frame.image) for frame in Video(path).frames(FPS, start, end)]


def from_second(second: int, count: int) -> list[Fraction]:
    return [Fraction(second) + Fraction(index, FPS) for index in range(count)]


def joined(folder: Path, suffix: str, parts: list[tuple[range, int]], **options: object) -> Path:
    """Join recordings byte by byte: the numbers of their frames, and the seconds their clocks begin at."""
    path = folder / f"joined{suffix}"
    data = b""
    for number, (frames, second) in enumerate(parts):
        part = folder / f"part{number}{suffix}"
        write_video(part, frames, times=from_second(second, len(frames)), options=EVERY, **options)
        data += part.read_bytes()
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "first", [-Fraction(10), -Fraction(1, 2), Fraction(2**33, 90_000) - 1, Fraction(7200)]
)
def test_a_stream_is_read_from_its_first_frame_wherever_its_clock_begins(tmp_path, first):
    # Negative times are what FFmpeg makes of a clock that wraps within the first minute.
    first %= Fraction(2**33, 90_000)
    times = [first + Fraction(index, FPS) for index in range(150)]
    path = write_video(tmp_path / "a.ts", range(150), times=times, options=EVERY)
    video = Video(path)
    assert (video.info.fps, video.info.duration, video.info.num_frames) == (FPS, 6.0, 150)
    assert numbers(path) == list(range(150))
    assert numbers(path, 2.0, 4.0) == list(range(50, 100))
    with video.segment(2.0, 4.0) as segment:
        assert [round(item.time * FPS) for item in segment.items()] == list(range(50, 100))


@pytest.mark.parametrize(("suffix", "second"), [(".ts", 0), (".ts", 400), (".m2ts", 400), (".mkv", 0)])
def test_recordings_joined_byte_by_byte_are_read_one_behind_the_other(tmp_path, caplog, suffix, second):
    # Four seconds, then six whose clock starts again or runs elsewhere.
    path = joined(tmp_path, suffix, [(range(100), 50), (range(100, 250), second)])
    with caplog.at_level(logging.WARNING):
        info = Video(path).info
    assert "its clock starts again at 0:04" in caplog.text
    assert (info.duration, info.num_frames, info.times) == (10.0, 250, None)
    assert numbers(path) == list(range(250))
    assert numbers(path, 3.0, 5.0) == list(range(75, 125))
    assert numbers(path, 8.0) == list(range(200, 250))


def test_several_recordings_with_sound_are_joined_and_their_sound_stays_with_the_pictures(tmp_path):
    path = joined(tmp_path, ".ts", [(range(50), 0), (range(50, 100), 0), (range(100, 150), 0)], sound=True)
    assert numbers(path) == list(range(150))
    with Video(path).segment() as segment:
        items = list(segment.items())
    heard = [
        float(one.packet.pts * one.packet.time_base - segment.reader.origin)
        for one in items
        if isinstance(one, AudioPacket)
    ]
    assert np.abs(np.diff(heard)).max() < 0.1
    assert heard[-1] == pytest.approx(6.0, abs=0.1)
    shown = [one.time for one in items if not isinstance(one, AudioPacket)]
    assert shown == pytest.approx([index / FPS for index in range(150)])


def test_one_packet_with_an_odd_time_is_no_joint(tmp_path, caplog):
    path = write_video(tmp_path / "a.ts", range(250), options={"g": "25", "bf": "0"})
    data = bytearray(path.read_bytes())
    # The times in the headers of two packets of the stream: 33 bits, of which the upper ones are turned.
    headers = [
        at for at in range(len(data) - 20) if data[at : at + 4] == b"\0\0\1\xe0" and data[at + 7] & 0x80
    ]
    for header, bit in ((headers[100], 2), (headers[150], 4)):
        data[header + 9] ^= bit
    path.write_bytes(data)
    with caplog.at_level(logging.WARNING):
        seen = numbers(path)
    assert "starts again" not in caplog.text
    assert len(seen) == 250
    assert sum(number != index for index, number in enumerate(seen)) <= 4
    assert seen[160:] == list(range(160, 250))


def test_a_pause_within_one_clock_stays_a_pause(tmp_path):
    times = [*from_second(0, 50), *from_second(7, 50)]
    path = write_video(tmp_path / "a.ts", range(100), times=times, options=EVERY)
    seen = numbers(path)
    assert seen[49:175] == [49] * 126
    assert seen[175:] == list(range(50, 100))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_pause_longer_than_what_follows_makes_no_film_longer(tmp_path, suffix):
    """MP4 says how long frames last in the order of decoding: the one before the pause may get all of it."""
    times = [*from_second(0, 50), *from_second(7, 20)]
    video = Video(write_video(tmp_path / f"a{suffix}", range(70), times=times, options={"bf": "3"}))
    frames = video.frames(FPS)
    shown = [read_number(frame.image) for frame in frames]
    assert (len(shown), shown[-1]) == (195, 69)
    assert video.info.duration == pytest.approx(7.8, abs=0.01)
    assert frames.end == pytest.approx(7.8, abs=0.01)


def test_a_clock_that_begins_late_makes_no_film_longer(tmp_path, caplog):
    path = write_video(tmp_path / "a.mkv", range(100), times=from_second(10, 100))
    with caplog.at_level(logging.WARNING):
        assert Video(path).info.duration == pytest.approx(4.0, abs=0.01)
        assert numbers(path, 2.0) == list(range(50, 100))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert Video(path).info.duration == pytest.approx(4.0, abs=0.1)
    assert caplog.text == ""


def test_the_length_of_a_film_is_that_of_its_pictures(tmp_path):
    """Sound may go on for long, as where a camera lost its picture."""
    path = tmp_path / "sound.mkv"
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("aac", rate=44_100, layout="mono")
        for _ in range(150):
            image = np.full((48, 64, 3), 90, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
        for start in range(0, 12 * 44_100, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44_100, start
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    assert Video(path).info.duration == pytest.approx(6.0, abs=0.03)


def test_a_film_that_was_cut_short_still_claims_its_length(tmp_path):
    path = write_video(tmp_path / "a.mkv", range(250), options=EVERY, sound=True)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert Video(path).info.duration == pytest.approx(10.0, abs=0.1)


@pytest.mark.parametrize(
    ("suffix", "words"),
    [(".flv", "nothing was found in its last 50 %"), (".mp4", "2 recordings are joined in it byte by byte")],
)
def test_what_lies_behind_the_end_of_a_film_is_spoken_of(tmp_path, caplog, suffix, words):
    film = write_video(tmp_path / f"a{suffix}", range(100)).read_bytes()
    path = tmp_path / f"joined{suffix}"
    path.write_bytes(film + film)
    with caplog.at_level(logging.WARNING):
        assert Video(path).info.duration == 4.0
    assert words in caplog.text


def test_damage_at_random_is_no_joint(tmp_path):
    whole = write_video(tmp_path / "a.ts", range(150), options={"g": "10"}).read_bytes()
    for seed in range(6):
        source, data = random.Random(seed), bytearray(whole)
        for _ in range(3):
            at = source.randrange(len(data) - 200)
            data[at : at + 200] = source.randbytes(200)
        path = tmp_path / f"{seed}.ts"
        path.write_bytes(data)
        assert Video(path).info.duration == pytest.approx(6.0, abs=0.5), seed
        seen = numbers(path)
        right = sum(number == index for index, number in enumerate(seen))
        assert right > 0.7 * len(seen), seed


def test_the_odd_films(real_data, caplog):
    films = real_data / "odd_files/films"
    plain, wrapped = (Video(films / f"drill_small_gop30{end}") for end in (".mp4", "_clock_wraps.ts"))
    assert (wrapped.info.duration, wrapped.info.num_frames) == (plain.info.duration, plain.info.num_frames)
    for one, other in zip(plain.frames(5), wrapped.frames(5), strict=True):
        assert np.abs(one.image.astype(int) - other.image).mean() < 1
    assert Video(films / "sound_longer_than_picture.mkv").info.duration == pytest.approx(6.0, abs=0.03)
    assert Video(films / "cover_first.mkv").info.num_frames == 180


def test_frames_that_all_claim_one_time_are_a_sentence(tmp_path):
    path = tmp_path / "stopped.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(30):
            for packet in stream.encode(av.VideoFrame(64, 48, "yuv420p")):
                packet.pts = packet.dts = 0
                container.mux(packet)
        for packet in stream.encode():
            packet.pts = packet.dts = 0
            container.mux(packet)
    with pytest.raises(VideoError, match=r"all of its 30 frames claim .* same time\. .*ffmpeg -r 30"):
        Video(path)
