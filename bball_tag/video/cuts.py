"""Where one shot ends and another begins.

Hard cuts are found by PySceneDetect, which knows nothing gradual. A dissolve is found by what it is: for some
time, every frame is a mixture of the one before and the one after, with shares that rise in a straight line.
Wipes are found by when each place of the frame changes (`wipes.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.video.wipes import wipes_in

THUMBNAIL_WIDTH = 64
"""Pixels: enough to tell scenes apart, and small next to a frame."""
_COARSE = 2
"""Dissolves are looked for at half the thumbnail's size: what moves within a shot matters less there."""
_FLASH_S = 0.32
"""Seconds on either side of a cut within which no frame may show what one on the other side shows."""
_SAME_SCENE = 0.7
"""Correlation from which on two frames may show one scene."""
_LEAST_JUMP = 2.2
"""How a hard cut's change compares with the mean of the changes around it, as PySceneDetect reckons."""
_NEXT_LARGEST = 0.67
"""Largest part of a hard cut's change that the instant before or after may change by. In a whip pan it is
0.69 or more, in most cuts less than a third."""
_LONGEST_DISSOLVE_S = 1.9
_LEAST_CHANGE = 20.0
"""Root mean square of the difference between the frames before and after a dissolve, in grey levels."""
_CHANGED = 10.0
"""Grey levels by which a pixel has changed, beyond noise and compression."""
_LEAST_AREA = 0.35
"""Fraction of the frame that another scene changes. Ten large players who step aside change a quarter."""
_MOST_UNMIXED = 0.4
"""Largest part of that difference by which the middle may miss the mixture. In a whip pan it is over 0.54."""
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


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of shot, in instants.

    A hard cut is (i, i): instant i begins the new shot. A dissolve or wipe covers the instants from `first`
    to `last`, which belong to no shot; the new shot begins after `last`.
    """

    first: int
    last: int

    @property
    def start(self) -> int:
        """The first instant of the new shot."""
        return self.first if self.first == self.last else self.last + 1


def thumbnail(image: np.ndarray) -> np.ndarray:
    """Make an image small, for `cuts_in`: uint8 RGB of shape (h, 64, 3)."""
    import cv2

    height = max(_COARSE, round(image.shape[0] * THUMBNAIL_WIDTH / image.shape[1]))
    return np.asarray(cv2.resize(image, (THUMBNAIL_WIDTH, height), interpolation=cv2.INTER_AREA))


def cuts_in(thumbnails: Sequence[np.ndarray], fps: float, begin: int = 0) -> list[Transition]:
    """Return the changes of shot within a window of frames, in order; instants count from the window's first.

    Args:
        thumbnails: uint8 RGB arrays of one shape (h, w, 3), `fps` of them a second.
        begin: The video's instant of the first of them.
    """
    if len(thumbnails) < 2:
        return []
    frames = _Frames.of(thumbnails)
    wipes = [
        Transition(first, last)
        for first, last in wipes_in(thumbnails, frames.likeness, fps, begin)
        if first < last
    ]
    gradual = _longest_of([*_dissolves(frames, fps), *wipes])
    reach = round(_FLASH_S * fps)
    hard = [
        Transition(cut, cut)
        for cut in _hard_cuts(thumbnails, fps)
        if frames.stands_out(cut)
        and not frames.same_scene(range(cut - reach, cut), range(cut, cut + reach + 1))
        and not any(one.first - 1 <= cut <= one.last + 2 for one in gradual)
    ]
    return sorted([*gradual, *hard], key=lambda one: one.start)


def _longest_of(transitions: Sequence[Transition]) -> list[Transition]:
    """Of transitions that overlap, the longest counts."""
    kept: list[Transition] = []
    for one in sorted(transitions, key=lambda each: each.first - each.last):
        if not any(one.first <= other.last and one.last >= other.first for other in kept):
            kept.append(one)
    return kept


def _hard_cuts(thumbnails: Sequence[np.ndarray], fps: float) -> Iterator[int]:
    from scenedetect import FrameTimecode  # type: ignore[import-untyped]
    from scenedetect.detectors import AdaptiveDetector  # type: ignore[import-untyped]

    detector = AdaptiveDetector(adaptive_threshold=_LEAST_JUMP, min_scene_len=1)
    for index, image in enumerate(thumbnails):
        for cut in detector.process_frame(FrameTimecode(index, fps), np.ascontiguousarray(image[..., ::-1])):
            yield cut.frame_num


@dataclass(frozen=True)
class _Frames:
    """The frames of a window, and how each relates to each."""

    grey: np.ndarray
    """float32 array of shape (T, h, w)."""
    products: np.ndarray
    """Mean product of the values of two coarse frames: float64 array of shape (T, T)."""
    likeness: np.ndarray
    """Correlation of two coarse frames, whatever their brightness and contrast: float64 of shape (T, T)."""

    @classmethod
    def of(cls, thumbnails: Sequence[np.ndarray]) -> _Frames:
        full = np.stack(thumbnails).astype(np.float32)
        height, width = full.shape[1] // _COARSE * _COARSE, full.shape[2] // _COARSE * _COARSE
        blocks = full[:, :height, :width].reshape(len(full), height // _COARSE, _COARSE, -1, _COARSE, 3)
        coarse = blocks.mean(axis=(2, 4))
        flat = coarse.reshape(len(full), -1).astype(np.float64)
        centred = flat - flat.mean(axis=1, keepdims=True)
        # A frame without any texture, as a black one, is like no other.
        length = np.maximum(np.sqrt((centred**2).sum(axis=1)), 1.0)
        likeness = (centred / length[:, None]) @ (centred / length[:, None]).T
        return cls(full.mean(axis=3), flat @ flat.T / flat.shape[1], likeness)

    def __len__(self) -> int:
        return len(self.grey)

    def stands_out(self, index: int) -> bool:
        """Whether this frame differs from the one before by far more than its neighbours do from theirs."""
        around = np.arange(max(index - 1, 1), min(index + 2, len(self)))
        own, shared = np.diagonal(self.products), self.products[around, around - 1]
        changes = np.sqrt(np.maximum(own[around] + own[around - 1] - 2 * shared, 0))
        return bool(changes[around != index].max(initial=0) <= _NEXT_LARGEST * changes[around == index].max())

    def changes_widely(self, before: int, after: int) -> bool:
        """Whether much of the frame changes, and not only people who move before a still background."""
        changed = np.abs(self.grey[after] - self.grey[before]) > _CHANGED
        return float(changed.mean()) >= _LEAST_AREA

    def same_scene(self, before: range, after: range) -> bool:
        """Whether a frame of `before` shows the same as one of `after`."""
        rows = slice(max(before.start, 0), before.stop)
        return bool((self.likeness[rows, after.start : after.stop] > _SAME_SCENE).any())


def _dissolves(frames: _Frames, fps: float) -> Iterator[Transition]:
    """Yield the dissolves; of the stretches that overlap and could be one, the longest counts."""
    longest = round(_LONGEST_DISSOLVE_S * fps / 2)
    taken = np.zeros(len(frames), bool)
    for reach in range(longest, 2, -1):
        for middle, shares in _mixtures(frames, reach):
            first, last = middle - reach + 1, middle + reach - 1
            if taken[first : last + 1].any() or not frames.changes_widely(middle - reach, middle + reach):
                continue
            if _moves(frames, middle, reach):
                continue
            mixed = np.flatnonzero((shares > 0.06) & (shares < 0.94))
            if len(mixed):
                taken[first : last + 1] = True
                yield Transition(int(middle - reach + mixed[0]), int(middle - reach + mixed[-1]))


def _mixtures(frames: _Frames, reach: int) -> list[tuple[int, np.ndarray]]:
    """Find where all frames within `reach` of a middle are mixtures of the outermost two: with their shares.

    Returns:
        The middles, best first, and for each the share of the later frame: an array of shape (2 reach + 1,).
    """
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
    good = (change >= _LEAST_CHANGE**2) & (frames.likeness[before, after] < _SAME_SCENE)
    good &= (unmixed <= _MOST_UNMIXED) & (bend <= _MOST_BEND)
    chosen = np.flatnonzero(good)
    order = chosen[np.argsort((unmixed + bend)[chosen], kind="stable")]
    return [(int(middles[one]), shares[one]) for one in order]


def _moves(frames: _Frames, middle: int, reach: int) -> bool:
    """Whether a would-be dissolve is a moving camera instead: a later frame is an earlier one, moved."""
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
