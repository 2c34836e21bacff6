"""How the places of a frame change from one shot to another.

A place is a square of 4 pixels of a thumbnail. A shot that drifts, as a camera follows play, still shows the
same: frames are compared after its drift of the third of a second before, or after, is taken away.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

PLACE = 4
"""Pixels of a place's side."""
_STEADY_S = 0.32
"""Seconds from which a shot's drift is taken."""
_SURE = 0.15
"""Least response of the phase correlation that a drift is believed of."""
_OTHER = 10.0
"""Grey levels by which a place of two shots differs, beyond noise, compression and small movements."""
_LEAST_AREA = 0.4
"""Fraction of the places that differ between two shots."""
_SHOWS = 0.25
"""Part of the difference between the shots by which a place may miss the shot that it shows."""
_JUMP = 0.4
"""Part of that difference that a place changes by from one frame to the next, where it changes suddenly."""
_FOREIGN_COST = 0.35
"""What it costs to say that a place shows neither of the shots, in parts of their difference."""


@dataclass(frozen=True)
class Change:
    """How places change between a frame of one shot and a later one of another; K places differ.

    The T frames in between count from 0. Distances are in parts of the difference between the shots.
    """

    places: np.ndarray
    """The places that differ: bool array of shape (h, w)."""
    leaves: np.ndarray
    """First frame in which each place no longer shows the old shot: int array of shape (K,)."""
    enters: np.ndarray
    """First frame from which on each place shows the new shot, at or after that: int array of shape (K,)."""
    old: np.ndarray
    """Distances from the old shot: float array of shape (T, K)."""
    new: np.ndarray
    """Distances from the new shot: float array of shape (T, K)."""
    steps: np.ndarray
    """Distances of each frame from the one before, and of the new shot's from the last: shape (T + 1, K)."""

    @property
    def area(self) -> float:
        """Fraction of the places that differ."""
        return float(self.places.mean())

    @property
    def at_once(self) -> float:
        """Largest fraction of the places that leave, or enter, in one frame."""
        return max(float(np.bincount(each).max()) / len(each) for each in (self.leaves, self.enters))

    @property
    def missed(self) -> float:
        """Mean distance of places from the shot that they should show by their times."""
        frames = np.arange(len(self.old))[:, None]
        return float((self.old * (frames < self.leaves) + self.new * (frames >= self.enters)).mean())

    @property
    def restless(self) -> float:
        """Mean step of places that should show one shot."""
        frames = np.arange(len(self.steps))[:, None]
        resting = (frames < self.leaves) | (frames > self.enters)
        return float((self.steps * resting).sum() / max(resting.sum(), 1))

    @property
    def sudden(self) -> float:
        """Mean part of all steps of a place that fall to its largest one and those next to it."""
        frames = np.arange(len(self.steps))[:, None]
        near = np.abs(frames - self.steps.argmax(axis=0)) <= 1
        return float(((self.steps * near).sum(axis=0) / np.maximum(self.steps.sum(axis=0), 1e-6)).mean())

    @property
    def jumping(self) -> float:
        """Fraction of the places that change suddenly, at least once."""
        return float((self.steps.max(axis=0) >= _JUMP).mean())

    @property
    def disorder(self) -> float:
        """Squared difference of the times of neighbouring places, against that of any two.

        It is about 1 if times are random, and near 0 for an edge (Geary, 1954).
        """
        times = np.full(self.places.shape, np.nan)
        times[self.places] = middle = (self.leaves + self.enters) / 2
        apart = np.concatenate([np.diff(times, axis=axis).ravel() for axis in (0, 1)])
        apart = apart[~np.isnan(apart)]
        spread = float(middle.var())
        return float((apart**2).mean()) / (2 * spread) if spread > 0 and len(apart) else float("inf")

    @cached_property
    def shown(self) -> tuple[np.ndarray, np.ndarray]:
        """Fraction of the places that show the old shot, and the new one, in each frame: shape (T,)."""
        old = (self.old < _SHOWS) & (self.old <= self.new)
        new = (self.new < _SHOWS) & (self.new < self.old)
        return old.mean(axis=1), new.mean(axis=1)


class PlaceTable:
    """Distances between the frames of a window, place by place, made as they are asked for."""

    def __init__(self, frames: np.ndarray, fps: float, longest: int) -> None:
        """Prepare for frames.

        Args:
            frames: uint8 RGB of shape (T, h, w, 3), `fps` of them a second.
            longest: Frames between two that are compared, at most.
        """
        self.frames = frames
        self.grey = frames.mean(axis=3, dtype=np.float32)
        self._steady, self._longest = max(1, round(_STEADY_S * fps)), longest
        self._size = frames.shape[1] // PLACE, frames.shape[2] // PLACE
        self._old: dict[int, np.ndarray] = {}
        self._new: dict[int, np.ndarray] = {}
        self._steps: dict[int, np.ndarray] = {}

    def change(self, before: int, after: int) -> Change | None:
        """Fit when places change between two frames; None if too few of them differ.

        A place shows the old shot, then perhaps something else, then the new shot.
        """
        old, new = (
            self._from_old(before)[: after - before + 1],
            self._from_new(after)[: after - before + 1][::-1],
        )
        gap = np.minimum(old[-1], new[0])
        places = gap > _OTHER
        if places.mean() < _LEAST_AREA:
            return None
        steps = np.stack([self.step(index)[places] for index in range(before + 1, after + 1)])
        old, new, steps = (
            np.minimum(each / gap[places], 1) for each in (old[1:-1, places], new[1:-1, places], steps)
        )
        none = np.zeros((1, old.shape[1]))
        frames = np.arange(len(old) + 1)[:, None]
        left = np.vstack([none, np.cumsum(old, axis=0)]) - _FOREIGN_COST * frames
        entered = np.vstack([np.cumsum(new[::-1], axis=0)[::-1], none]) + _FOREIGN_COST * frames
        enters = (np.minimum.accumulate(left, axis=0) + entered).argmin(axis=0)
        leaves = np.where(frames <= enters, left, np.inf).argmin(axis=0)
        return Change(places, leaves, enters, old, new, steps)

    def unrest(self, before: int, after: int) -> float:
        """How much the old shot moves before a frame, or the new one after one, against their difference."""
        gap = np.minimum(self._from_old(before)[after - before], self._from_new(after)[after - before])
        differ = float(gap[gap > _OTHER].mean()) if (gap > _OTHER).any() else 1.0
        around = (
            range(max(before - 3, 1), before + 1),
            range(after + 1, min(after + 4, len(self.frames))),
        )
        return (
            max((float(np.mean([self.step(one) for one in part])) for part in around if part), default=0)
            / differ
        )

    def step(self, index: int) -> np.ndarray:
        """Distance of a frame from the one before it: shape (h, w)."""
        if index not in self._steps:
            drift = self.drift_before(index - 1)
            pair = range(index, index + 1)
            still = self._away(index - 1, pair, np.zeros(2, np.float32))
            self._steps[index] = np.minimum(self._away(index - 1, pair, drift), still)[0]
        return self._steps[index]

    def drift_before(self, index: int) -> np.ndarray:
        """How far the view moves in a frame, up to this one: (along, down) in pixels."""
        return self._drift(index - self._steady, index)

    def drift_after(self, index: int) -> np.ndarray:
        """How far the view moves in a frame, from this one on: (along, down) in pixels."""
        return self._drift(index, index + self._steady)

    def _from_old(self, index: int) -> np.ndarray:
        """Distances of later frames from this one, itself first."""
        if index not in self._old:
            drift = self.drift_before(index)
            self._old[index] = self._away(index, range(index, index + self._longest + 1), drift)
        return self._old[index]

    def _from_new(self, index: int) -> np.ndarray:
        """Distances of earlier frames from this one, itself first."""
        if index not in self._new:
            drift = self.drift_after(index)
            self._new[index] = self._away(index, range(index, index - self._longest - 1, -1), drift)
        return self._new[index]

    def _drift(self, one: int, other: int) -> np.ndarray:
        """Return the drift between two frames; none if they do not tell, or one is outside."""
        import cv2

        if one < 0 or other >= len(self.frames):
            return np.zeros(2, np.float32)
        height, width = self.grey.shape[1:]
        window = cv2.createHanningWindow((width, height), cv2.CV_32F)
        # OpenCV lays the window over its inputs themselves.
        moved, sure = cv2.phaseCorrelate(self.grey[one].copy(), self.grey[other].copy(), window)
        if sure < _SURE or abs(moved[0]) > width / 4 or abs(moved[1]) > height / 4:
            return np.zeros(2, np.float32)
        return np.array(moved, np.float32) / (other - one)

    def _away(self, index: int, others: range, drift: np.ndarray) -> np.ndarray:
        """Return the mean grey levels by which places of frames differ from one that keeps drifting.

        What is found within a pixel does not differ.
        """
        import cv2

        height, width = self._size
        near = np.ones((3, 3), np.uint8)
        away = np.full((len(others), height, width), 255.0, np.float32)
        for row, other in enumerate(others):
            if not 0 <= other < len(self.frames):
                break
            image = self.frames[index]
            if drift.any():
                x, y = (drift * (other - index)).tolist()
                shift = np.array([[1, 0, x], [0, 1, y]], np.float32)
                image = cv2.warpAffine(image, shift, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
            over = cv2.subtract(self.frames[other], cv2.dilate(image, near))
            under = cv2.subtract(cv2.erode(image, near), self.frames[other])
            part = cv2.add(over, under)[: height * PLACE, : width * PLACE]
            away[row] = part.reshape(height, PLACE, width, 3 * PLACE).mean(axis=(1, 3))
        return away
