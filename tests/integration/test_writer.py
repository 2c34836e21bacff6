"""Writing video: one writer, whole files or none."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from bball_tag.errors import BballTagError, VideoError
from bball_tag.video.segment import AudioPacket
from bball_tag.video.video import Video
from bball_tag.video.writer import open_writer, write_images
from tests.synthetic import painted, read_number, write_video


def test_images_become_a_video_of_their_rate_and_size(tmp_path):
    write_images(tmp_path / "a.mp4", [painted(index) for index in range(12)], Fraction(25, 4), crf=17)
    video = Video(tmp_path / "a.mp4")
    assert (video.info.fps, video.info.num_frames) == (Fraction(25, 4), 12)
    assert (video.info.width, video.info.height, video.info.has_audio) == (192, 96, False)
    assert [read_number(frame.image) for frame in video.frames(6.25)] == list(range(12))
    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # so that a browser can begin before all is there


def test_images_can_be_written_into_memory():
    file = io.BytesIO()
    write_images(file, [painted(index) for index in range(3)], 25)
    with av.open(io.BytesIO(file.getvalue())) as container:
        found = [read_number(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    assert found == [0, 1, 2]


def test_a_better_quality_costs_more_bytes(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (8, 96, 192, 3), np.uint8)
    sizes = []
    for crf in (17, 23, 40):
        write_images(tmp_path / "a.mp4", noise, 25, crf=crf, preset="veryfast")
        sizes.append((tmp_path / "a.mp4").stat().st_size)
    assert sizes == sorted(sizes, reverse=True)


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    (tmp_path / "a.mp4").write_text("earlier")

    def images():
        yield painted(0)
        assert (tmp_path / "a.mp4").read_text() == "earlier"
        raise BballTagError("no more images")

    with pytest.raises(BballTagError, match="no more images"):
        write_images(tmp_path / "a.mp4", images(), 25)
    assert (tmp_path / "a.mp4").read_text() == "earlier"
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_what_ffmpeg_refuses_to_write_is_a_sentence_with_the_file(tmp_path):
    odd = np.zeros((96, 191, 3), np.uint8)  # the codec wants even sides
    with pytest.raises(VideoError, match=r"Cannot write .*a\.mp4: "):
        write_images(tmp_path / "a.mp4", [odd], 25)
    assert list(tmp_path.iterdir()) == []


def test_frames_and_audio_are_written_with_their_own_times_less_a_shift(tmp_path):
    video = Video(write_video(tmp_path / "a.mp4", range(50), sound=True, title="final"))
    with video.segment(1.0, 1.4) as segment, open_writer(tmp_path / "b.mp4", segment) as writer:
        for item in segment.items():
            if isinstance(item, AudioPacket):
                writer.add_audio(item, segment.begin)
            else:
                item.frame.make_writable()
                writer.add_frame(item, segment.begin)
    copy = Video(tmp_path / "b.mp4")
    assert (copy.info.title, copy.info.has_audio) == ("final", True)
    assert [read_number(frame.image) for frame in copy.frames(25)] == list(range(25, 35))
