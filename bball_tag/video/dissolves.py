"""Where one shot dissolves into another.

A dissolve is found by what it is: for some time, every frame is a mixture of the one before and the one
after, with shares that rise in a straight line, and it is not the camera that moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bball_tag.video.alignment import FastTurns, left_after_moving
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
_WIDER_UNMIXED, _WIDER_BEND = 0.6, 0.15
"""The same two for what a dissolve that is found may be part of: people who move hide its ends."""
_SLOWER = 0.9
"""How much of a dissolve's mean pace the shares may have in a part of it that is found first."""
_LEAST_LEFT = 0.75
"""What must remain of the difference between frames of a dissolve after laying one over the other, or else
the camera has moved. In 33 of 34 dissolves between real, rendered and painted shots 0.75 or more remains, in
a slow zoom of a rendered game 0.4 to 0.7."""


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
    taken, turns = np.zeros(len(frames), bool), FastTurns(frames.grey)
    for one in sorted(mixtures, key=lambda each: not each.clear):
        if (
            one.wide
            or taken[one.inside].any()
            or not _changes_widely(frames, one)
            or _moves(frames, turns, one)
        ):
            continue
        wider = (each for each in mixtures if _is_part(one, each) and not taken[each.inside].any())
        whole = next(wider, one)
        mixed = np.flatnonzero((whole.shares > 0.06) & (whole.shares < 0.94))
        if len(mixed):
            taken[whole.inside] = True
            yield whole.before + int(mixed[0]), whole.before + int(mixed[-1])


def _is_part(one: _Mixture, whole: _Mixture) -> bool:
    """Whether the shares rise more slowly in a mixture than on the mean in another one around it.

    Around a whole dissolve, what moves before and after it makes a longer one, but a much slower one.
    """
    first, last = one.before - whole.before, one.after - whole.before
    if first < 0 or last >= len(whole.shares):
        return False
    rise = float(whole.shares[last] - whole.shares[first]) * (len(whole.shares) - 1)
    return rise <= _SLOWER * (last - first)


@dataclass(frozen=True, slots=True)
class _Mixture:
    """A stretch of which every frame is a mixture of its first frame and its last."""

    before: int
    after: int
    shares: np.ndarray
    """How much of the last frame is in each: shape (after - before + 1,)."""
    clear: bool
    """Whether the middle misses the mixture by little."""
    wide: bool
    """Whether it is not a dissolve by itself, only the whole of one that is found in it."""

    @property
    def inside(self) -> slice:
        """The frames between its first and its last."""
        return slice(self.before + 1, self.after)


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
    good &= _is_as_sharp(frames, before, after, np.where(clear, _SHARPEST, _DULLER))
    wide = ~clear & ((unmixed > _MOST_UNMIXED) | (alike >= _ALIKE))
    good &= ~wide | ((unmixed <= _WIDER_UNMIXED) & (bend <= _WIDER_BEND))
    chosen = np.flatnonzero(good)
    order = chosen[np.argsort((unmixed + bend)[chosen], kind="stable")]
    return [
        _Mixture(int(before[at]), int(after[at]), shares[at], bool(clear[at]), bool(wide[at]))
        for at in order.tolist()
    ]


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


def _moves(frames: ShotFrames, turns: FastTurns, one: _Mixture) -> bool:
    """Whether a would-be dissolve is a moving camera instead: a later frame is an earlier one, moved."""
    reach = (one.after - one.before) // 2
    middle = one.before + reach
    return any(
        left_after_moving(frames.grey[middle - apart], frames.grey[middle + apart], _LEAST_LEFT) < _LEAST_LEFT
        for apart in (reach, reach // 2)
    ) or turns.within(one.before, one.after)
