"""Where one shot dissolves into another.

A dissolve is found by what it is: for some time, every frame is a mixture of the one before and the one
after, with shares that rise in a straight line, and it is not the camera that moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bball_tag.video.shot_frames import SAME_SCENE, ShotFrames, joined

_LONGEST_DISSOLVE_S = 1.9
_NO_SHOT_S = 0.24
"""So short is no shot, in seconds."""
_LEAST_CHANGE = 20.0
"""Root mean square of the difference between the frames before and after a dissolve, in grey levels."""
_CHANGED = 10.0
"""Grey levels by which a pixel has changed, beyond noise and compression."""
_LEAST_AREA = 0.35
"""Fraction of the frame that another scene changes. Ten large players who step aside change a quarter."""
_CLEARLY, _MOST_UNMIXED = 0.4, 0.48
"""Part of that difference by which the middle may miss the mixture, as people move meanwhile: up to the one
it clearly is a mixture, up to the other if the two shots are unlike. In a whip pan it is over 0.54."""
_ALIKE = 0.55
"""Correlation from which on two frames are so alike that movement within one shot may pass for a mixture."""
_BLURRED, _DULLER, _SHARPEST = 0.65, 0.93, 0.975
"""How sharp the middle is, against the mean of the frames before and after. A mixture has the edges of both,
half as strong, and where they coincide less. A camera that moves keeps them, or blurs them in a whip pan: in
33 clear dissolves it was 0.70 to 0.97, in nine others at most 0.92, in a whip pan 0.59, in slow pans mostly
more than 0.93."""
_FLAT = 1.0
"""Mean difference of neighbouring pixels, in grey levels, below which a frame has no edges."""
_BLANK = 0.3
"""Of the sharper one's sharpness: less has the end of a fade, whose middle keeps all edges."""
_MOST_BEND = 0.22
"""Largest distance between a dissolve's shares and a straight line."""
_LEAST_LEFT = 0.75
"""What must remain of the difference between frames of a dissolve after laying one over the other, or else
the camera has moved. In 33 of 34 dissolves between real, rendered and painted shots 0.75 or more remains, in
a slow zoom of a rendered game 0.4 to 0.7."""
_SHIFTS = 4, 24
"""Pixels of the thumbnail by which frames are shifted at most, down and along."""
_ZOOMS, _MOST_TURN, _MOST_SKEW = (0.6, 1.6), 0.1, 0.06
"""How a camera may change the view within a dissolve's time: in size, by a turn (radians), and in shape."""
_LEAST_SHARED = 0.4
"""Part of the view that must be in both frames for them to tell whether the camera has moved."""


def dissolves_in(frames: ShotFrames, fps: float) -> list[tuple[int, int]]:
    """Return the first and last mixed instant of each dissolve, counted from the window's first.

    A fade through a colour is one, and so is what is found in parts, as people move meanwhile.
    """
    return joined(sorted(_found(frames, fps)), round(_NO_SHOT_S * fps), round(_LONGEST_DISSOLVE_S * fps))


def _found(frames: ShotFrames, fps: float) -> Iterator[tuple[int, int]]:
    """Yield dissolves, or parts of them, that overlap nowhere.

    Of the stretches that overlap and could be one, the longest counts, and before it the longest in which
    nobody moves much: movement makes a dissolve seem longer.
    """
    longest = round(_LONGEST_DISSOLVE_S * fps / 2)
    mixtures = [one for reach in range(longest, 2, -1) for one in _mixtures(frames, reach)]
    taken = np.zeros(len(frames), bool)
    for one in sorted(mixtures, key=lambda each: not each.clear):
        first, last = one.before + 1, one.after - 1
        if taken[first : last + 1].any() or not _changes_widely(frames, one) or _moves(frames, one):
            continue
        mixed = np.flatnonzero((one.shares > 0.06) & (one.shares < 0.94))
        if len(mixed):
            taken[first : last + 1] = True
            yield one.before + int(mixed[0]), one.before + int(mixed[-1])


@dataclass(frozen=True, slots=True)
class _Mixture:
    """A stretch of which every frame is a mixture of its first frame and its last."""

    before: int
    after: int
    shares: np.ndarray
    """How much of the last frame is in each: shape (after - before + 1,)."""
    clear: bool
    """Whether the middle misses the mixture by little."""


def _mixtures(frames: ShotFrames, reach: int) -> list[_Mixture]:
    """Find the mixtures that reach as many frames to either side of their middle, best first."""
    middles = np.arange(reach, len(frames) - reach)
    if not len(middles):
        return []
    before, after = middles - reach, middles + reach
    own, every = np.diagonal(frames.products), frames.products
    change = own[before] + own[after] - 2 * every[before, after]
    times = middles[:, None] + np.arange(-reach, reach + 1)
    a, b = before[:, None], after[:, None]
    along = every[times, b] - every[times, a] - every[a, b] + own[a]
    shares = along / np.maximum(change[:, None], 1e-9)
    away = own[middles] + own[before] - 2 * every[middles, before]
    unmixed = np.sqrt(np.maximum(away / np.maximum(change, 1e-9) - shares[:, reach] ** 2, 0))
    bend = np.abs(shares - np.linspace(0, 1, 2 * reach + 1)).max(axis=1)
    alike, clear = frames.likeness[before, after], unmixed <= _CLEARLY
    good = (change >= _LEAST_CHANGE**2) & (alike < SAME_SCENE) & (bend <= _MOST_BEND)
    good &= clear | ((unmixed <= _MOST_UNMIXED) & (alike < _ALIKE))
    good &= _is_as_sharp(frames, before, after, np.where(clear, _SHARPEST, _DULLER))
    chosen = np.flatnonzero(good)
    order = chosen[np.argsort((unmixed + bend)[chosen], kind="stable")]
    return [_Mixture(int(before[at]), int(after[at]), shares[at], bool(clear[at])) for at in order.tolist()]


def _is_as_sharp(
    frames: ShotFrames, before: np.ndarray, after: np.ndarray, sharpest: np.ndarray
) -> np.ndarray:
    """Whether middles between N frames and N others are as sharp as mixtures of these: bool (N,)."""
    ends = frames.sharpness[[before, after]]
    sharp = frames.sharpness[(before + after) // 2] / np.maximum(ends.mean(axis=0), 1e-6)
    fades = ends.min(axis=0) < _BLANK * ends.max(axis=0)
    flat = ends.max(axis=0) < _FLAT
    return np.asarray(flat | ((sharp >= _BLURRED) & (fades | (sharp <= sharpest))))


def _changes_widely(frames: ShotFrames, one: _Mixture) -> bool:
    """Whether much of the frame changes, and not only people who move before a still background."""
    changed = np.abs(frames.grey[one.after] - frames.grey[one.before]) > _CHANGED
    return float(changed.mean()) >= _LEAST_AREA


def _moves(frames: ShotFrames, one: _Mixture) -> bool:
    """Whether a would-be dissolve is a moving camera instead: a later frame is an earlier one, moved."""
    reach = (one.after - one.before) // 2
    middle = one.before + reach
    return any(
        _left_after_moving(frames.grey[middle - apart], frames.grey[middle + apart]) < _LEAST_LEFT
        for apart in (reach, reach // 2)
    )


def _left_after_moving(one: np.ndarray, other: np.ndarray) -> float:
    """Smallest difference between two images if the camera moves or zooms, in parts of that without."""
    still = max(_difference(one, other), 1e-6)
    # Most cameras move little, and then no shift needs to be looked for.
    least = _after_alignment(one, other, 0, 0)
    if least >= _LEAST_LEFT * still:
        shifted, x, y = _best_shift(one, other)
        least = min(least, shifted, _after_alignment(one, other, x, y))
    return least / still


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.sqrt(np.mean((one - other) ** 2)))


def _best_shift(one: np.ndarray, other: np.ndarray) -> tuple[float, int, int]:
    """Return the smallest difference over all shifts by whole pixels, and that shift, along and down."""
    height, width = one.shape
    down, along = min(_SHIFTS[0], height // 2), min(_SHIFTS[1], width // 2)
    return min(
        (
            _difference(
                one[max(0, y) : height + min(0, y), max(0, x) : width + min(0, x)],
                other[max(0, -y) : height + min(0, -y), max(0, -x) : width + min(0, -x)],
            ),
            x,
            y,
        )
        for y in range(-down, down + 1)
        for x in range(-along, along + 1)
    )


def _after_alignment(one: np.ndarray, other: np.ndarray, x: int, y: int) -> float:
    """Return the difference after aligning two images from a shift on; infinite if no camera moves so.

    A slow zoom is nearly a mixture of its first and last frame, and no shift makes these alike (enhanced
    correlation coefficient, Evangelidis and Psarakis, 2008).
    """
    import cv2

    moved = np.array([[1, 0, x], [0, 1, y]], np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 50, 1e-4)
    everywhere = np.ones(one.shape, np.uint8)
    try:
        _, found = cv2.findTransformECC(other, one, moved, cv2.MOTION_AFFINE, stop, everywhere, 3)
    except cv2.error:
        # It does not converge: the two show nothing in common.
        return float("inf")
    (a, b), (c, d) = np.asarray(found)[:, :2].tolist()
    zoom, turn, skew = (a + d) / 2, abs(c - b) / 2, max(abs(a - d), abs(b + c)) / 2
    if not _ZOOMS[0] < zoom < _ZOOMS[1] or turn > _MOST_TURN or skew > _MOST_SKEW:
        return float("inf")
    flags, size = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, one.shape[::-1]
    aligned = cv2.warpAffine(one, found, size, flags=flags)
    inside = cv2.warpAffine(np.ones_like(one), found, size, flags=flags) > 0.99
    return _difference(aligned[inside], other[inside]) if inside.mean() >= _LEAST_SHARED else float("inf")
