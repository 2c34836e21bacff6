"""What a photographer's flash lights, a change of shot or not.

A flash is as sudden as a cut and may cover as much as a graphic. So its frames are left out before anything
is searched for: in their place, the frames around them are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bball_tag.video.alignment import left_after_moving
from bball_tag.video.shot_frames import ShotFrames

_LONGEST_S = 0.32
"""How long a flash is seen, in seconds, its decay included."""
_LIGHTER = 20.0
"""Grey levels by which it brightens a frame, on the mean."""
_RISEN, _WHITE, _EVERYWHERE = 5.0, 235.0, 0.9
"""Grey levels by which its first frame is lighter in this part of all pixels, if they were not white before:
a light graphic covers place after place."""
_ALIKE, _LEFT = 0.5, 0.68
"""The frames before and after are of one shot from this correlation on, or if less than this part of their
difference is left after moving one onto the other. Of 190 flashes in moving shots 187 meet this and the next;
of 440 pairs of frames on either side of a cut, one in ten."""
_STILL, _ALIKE_IF_STILL = 0.95, 0.8
"""Where neighbours correlate by the first, they have to by the second: two cameras may show one hall."""


def without_flashes(thumbnails: Sequence[np.ndarray], fps: float) -> tuple[list[np.ndarray], np.ndarray]:
    """Replace frames that a flash lights by the nearest ones that it does not.

    Args:
        thumbnails: uint8 RGB arrays of one shape (h, w, 3), `fps` of them a second.

    Returns:
        As many frames, in order; and which of them were replaced, as a bool array of shape (T,).
    """
    frames, lit = list(thumbnails), np.zeros(len(thumbnails), bool)
    light = np.array([float(image.mean()) for image in frames])
    longest = max(1, round(_LONGEST_S * fps))
    first = 1
    while first < len(frames) - 1:
        last = _end_of_flash(light, first, longest)
        if (
            last is not None
            and _lights_all(*thumbnails[first - 1 : first + 1])
            and _one_shot(frames, first, last)
        ):
            middle = (first + last + 1) // 2
            frames[first:middle] = [frames[first - 1]] * (middle - first)
            frames[middle : last + 1] = [frames[last + 1]] * (last + 1 - middle)
            lit[first : last + 1] = True
            first = last
        first += 1
    return frames, lit


def _end_of_flash(light: np.ndarray, first: int, longest: int) -> int | None:
    """Return the last of some frames from `first` on that are lighter than those before and after."""
    for last in range(min(first + longest, len(light) - 1) - 1, first - 1, -1):
        if light[first : last + 1].min() >= max(light[first - 1], light[last + 1]) + _LIGHTER:
            return last
    return None


def _lights_all(before: np.ndarray, flash: np.ndarray) -> bool:
    """Whether nearly all of a frame is lighter than it was."""
    old, new = before.mean(axis=2), flash.mean(axis=2)
    return bool(((new >= old + _RISEN) | (new >= _WHITE)).mean() >= _EVERYWHERE)


def _one_shot(frames: Sequence[np.ndarray], first: int, last: int) -> bool:
    """Whether the frames before and after some are of one shot, in which much may move."""
    begin, end = max(first - 2, 0), min(last + 2, len(frames) - 1)
    around = ShotFrames.of([*frames[begin:first], *frames[last + 1 : end + 1]])
    before, after = first - 1 - begin, first - begin
    alike = float(around.likeness[before, after])
    if min(around.likeness[0, before], around.likeness[after, -1]) >= _STILL:
        return alike >= _ALIKE_IF_STILL
    return alike >= _ALIKE or left_after_moving(around.grey[before], around.grey[after], _LEFT) < _LEFT
