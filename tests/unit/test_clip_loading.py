"""A labelled clip becomes images."""

from __future__ import annotations

import pytest

from bball_tag.clips import ClipSpec
from bball_tag.errors import DataError
from tests.synthetic import read_number, write_video
from train.clip_check import find_bad
from train.clip_images import Loading, load_clip
from train.clipset import LabelledClip, base_id


def test_context_is_taken_from_around_a_span_and_its_ends_are_repeated_where_the_video_ends(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(40))
    spec = ClipSpec(num_frames=8, fps=12.5, height=96, width=192, context_frames=4)

    def numbers(start: float, end: float) -> list[int]:
        return list(
            map(read_number, load_clip(LabelledClip("a", video, 0, "", start, end), Loading(spec)).images)
        )

    assert numbers(0.48, 1.12) == list(range(4, 36, 2))
    assert numbers(0.08, 0.72) == [0, 0, 0, *range(0, 26, 2)]
    # As annotate repeats the last instant of the grid: frame 38, not the last frame of the file.
    assert numbers(0.96, 1.60) == [*range(16, 40, 2), 38, 38, 38, 38]


def test_a_clip_without_video_around_it_is_refused_where_context_is_wanted(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(16))
    spec = ClipSpec(num_frames=8, fps=12.5, height=96, width=192, context_frames=4)
    with pytest.raises(DataError, match=r"clip k is shorter than the 16 frames that the model sees"):
        load_clip(LabelledClip("k", video, 0, ""), Loading(spec))


def test_clips_in_spacejams_original_codec_are_read(real_data):
    spec = ClipSpec(num_frames=8, fps=12.5, height=176, width=128)
    for path in sorted((real_data / "spacejam_clips" / "original_codec").glob("*.mp4")):
        clip = LabelledClip(path.stem, path, 0, base_id(path.stem))
        assert find_bad([clip], spec, lambda done: None) == []
        # Nominally 16 frames at 10 per second; at 25 they are 0.64 s: 8 instants at 12.5 per second.
        images = load_clip(clip, Loading(spec, 25.0)).images
        assert images.shape == (8, 176, 128, 3)
        assert images.std() > 10
        assert clip.group == "0000000"
