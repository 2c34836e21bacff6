"""A stream that begins within a file, as where recordings with and without sound were joined."""

from __future__ import annotations

import pytest

from bball_tag.video.video import Video
from tests.synthetic import read_number, write_video


@pytest.mark.parametrize(("container", "codec", "header"), [("ts", "libx264", 0), ("flv", "flv", 13)])
def test_sound_that_begins_within_a_file_costs_no_frame(tmp_path, container, codec, header):
    silent = write_video(tmp_path / f"a.{container}", range(50, 350), codec=codec).read_bytes()
    loud = write_video(tmp_path / f"b.{container}", range(60, 100), codec=codec, sound=True).read_bytes()
    joined = tmp_path / f"c.{container}"
    joined.write_bytes(silent + loud[header:])
    numbers = [read_number(frame.image) for frame in Video(joined).frames(25.0)]
    assert numbers == [*range(50, 350), *range(60, 100)]
