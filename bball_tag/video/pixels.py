"""The pixels of decoded frames: upright, with square pixels, as RGB arrays or as planes to paint on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Interpolation

BT709 = 1
"""FFmpeg's number for the colour matrix of HD video."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a file says must be done to its stored frames so that they stand upright."""

    quarters: int = 0
    """Quarter turns, counter-clockwise: 0 to 3."""
    is_mirrored: bool = False
    """Whether left and right are exchanged before that, as some front cameras want it."""

    def applied(self, image: np.ndarray) -> np.ndarray:
        """Return a view of an image, or of a plane of one, that stands upright."""
        return np.rot90(image[:, ::-1] if self.is_mirrored else image, self.quarters)


def turn_of(frame: av.VideoFrame) -> Turn:
    """Return how a decoded frame must be turned."""
    quarters = frame.rotation % 360 // 90
    matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return Turn(quarters)
    across, down = np.frombuffer(matrix, np.int32, 9).reshape(3, 3)[:2, :2].astype(np.int64)
    if across[0] * down[1] >= across[1] * down[0]:
        return Turn(quarters)
    # The angle is that of the first row, which the mirror turns around.
    return Turn((quarters + 2) % 4, is_mirrored=True)


def display_size(frame: av.VideoFrame, stream: av.VideoStream) -> tuple[int, int]:
    """Return width and height of the upright frame with square pixels."""
    width, height = _square_size(frame, stream)
    return (height, width) if frame.rotation % 180 == 90 else (width, height)


def rgb_image(frame: av.VideoFrame, stream: av.VideoStream, size: tuple[int, int] | None) -> np.ndarray:
    """Return the upright frame as uint8 RGB (H, W, 3); scaling and colours are one libswscale step.

    Args:
        frame: A decoded frame of `stream`.
        stream: Knows the shape of a pixel.
        size: Height and width of the result; None is the display size.
    """
    height, width = size or display_size(frame, stream)[::-1]
    if frame.rotation % 180 == 90:
        height, width = width, height
    scaled = frame.reformat(
        width=width,
        height=height,
        format="rgb24",
        interpolation=Interpolation.AREA if width < frame.width else Interpolation.BILINEAR,
    )
    image, turn = scaled.to_ndarray(), turn_of(frame)
    return image if turn == Turn() else np.ascontiguousarray(turn.applied(image))


def upright(frame: av.VideoFrame, stream: av.VideoStream, first: av.VideoFrame) -> av.VideoFrame:
    """Return a copy of `frame` to paint on: yuv420p, upright, square pixels, even sides.

    A side of odd length gets one more row or column like its last. Size and rotation are those of `first`,
    the first frame of the video.
    """
    turn = turn_of(first)
    width, height = _square_size(first, stream)
    plain = _as_yuv420p(frame, width, height)
    even = (width + width % 2, height + height % 2)
    copy = av.VideoFrame(*(even[::-1] if turn.quarters % 2 else even), "yuv420p")
    for index in range(3):
        plane = plane_of(plain, index)
        halved = index > 0
        missing = ((even[1] >> halved) - plane.shape[0], (even[0] >> halved) - plane.shape[1])
        if any(missing):
            plane = np.pad(plane, ((0, missing[0]), (0, missing[1])), mode="edge")
        plane_of(copy, index)[:] = turn.applied(plane)
    copy.colorspace = plain.colorspace
    return copy


def plane_of(frame: av.VideoFrame, index: int) -> np.ndarray:
    """Return one plane of an 8-bit planar frame as a writable view: uint8, shape (H, W) of that plane."""
    plane = frame.planes[index]
    rows: np.ndarray = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _square_size(frame: av.VideoFrame, stream: av.VideoStream) -> tuple[int, int]:
    """Return width and height of the frame as it is stored, with square pixels."""
    aspect = stream.sample_aspect_ratio
    return (max(1, round(frame.width * aspect)) if aspect else frame.width), frame.height


def _as_yuv420p(frame: av.VideoFrame, width: int, height: int) -> av.VideoFrame:
    is_plain = frame.format.name == "yuv420p" and frame.color_range != ColorRange.JPEG
    if is_plain and (frame.width, frame.height) == (width, height):
        return frame
    plain = frame.reformat(
        width=width,
        height=height,
        format="yuv420p",
        interpolation=Interpolation.BICUBIC,
        dst_colorspace=BT709 if frame.format.is_rgb else None,
        dst_color_range=ColorRange.MPEG,
    )
    plain.colorspace = BT709 if frame.format.is_rgb else frame.colorspace
    return plain
