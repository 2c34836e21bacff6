"""Videos that say that they are mirrored, as of some front cameras: they are shown as players do."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest

import bball_tag
from bball_tag.video.pixels import Turn, turn_of
from bball_tag.video.video import Video

ONE = 1 << 16
# Of the stored picture: right of the corner, and below it.
CORNER, RIGHT, BELOW = (200, 30, 30), (30, 200, 30), (30, 30, 200)


@pytest.fixture(scope="module")
def stored() -> np.ndarray:
    """A picture that looks another way however it is turned."""
    image = np.full((64, 96, 3), 90, np.uint8)
    image[:24, :24], image[:24, -24:], image[-24:, :24] = CORNER, RIGHT, BELOW
    return image


def video(path: Path, stored: np.ndarray, matrix: tuple[int, int, int, int]) -> Path:
    """Write a video that says how it is to be shown: x' = a x + c y and y' = b x + d y."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "10", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for _ in range(50):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(stored, format="rgb24")))
        container.mux(stream.encode(None))
    content = bytearray(path.read_bytes())
    # After the kind of the box: version, two dates, number, 4 unused bytes, length, and 16 more bytes.
    place = content.index(b"tkhd") + 4 + 4 + 8 + 4 + 4 + 4 + 16
    a, b, c, d = (ONE * sign for sign in matrix)
    content[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        ((1, 0, 0, 1), lambda image: image),
        ((-1, 0, 0, 1), lambda image: image[:, ::-1]),
        ((1, 0, 0, -1), lambda image: image[::-1]),
        ((-1, 0, 0, -1), lambda image: image[::-1, ::-1]),
        # x' = y, y' = x: the picture is exchanged at its diagonal.
        ((0, 1, 1, 0), lambda image: image.swapaxes(0, 1)),
        ((0, -1, -1, 0), lambda image: image[::-1, ::-1].swapaxes(0, 1)),
        # x' = -y, y' = x: a quarter turn clockwise.
        ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),
        ((0, -1, 1, 0), lambda image: np.rot90(image, 1)),
    ],
)
def test_a_frame_is_turned_and_mirrored_as_the_file_says(tmp_path, stored, matrix, shown):
    path = video(tmp_path / "a.mp4", stored, matrix)
    (image,) = Video(path).images_at([0.4])
    wanted = shown(stored)
    assert image.shape == wanted.shape
    assert np.abs(image.astype(int) - wanted).mean() < 6


def test_an_overlay_of_a_mirrored_video_is_upright_and_clips_are_not_copied(tmp_path, stored):
    path = video(tmp_path / "a.mp4", stored, (-1, 0, 0, 1))
    (tmp_path / "a.csv").write_text("start_s,end_s,label\n0,1.6,run\n")
    bball_tag.render_clips(path, tmp_path / "a.csv", tmp_path / "clips", progress=False)
    (clip,) = (tmp_path / "clips").glob("*.mp4")
    (image,) = Video(clip).images_at([0.4])
    assert np.abs(image.astype(int) - stored[:, ::-1]).mean() < 8
    with av.open(str(clip)) as container:
        assert turn_of(next(container.decode(video=0))) == Turn()
