"""Parts of rendered frames, at all sizes and as any camera would show them, to teach a detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

SIDE = 416
"""Height and width of what the detector sees, in pixels."""
MOST = 40
"""People in a view."""
_PADDING = 114
"""Grey beside the frame, as where the detector is used."""
_HEIGHTS = (26.0, 190.0)
"""Between which the middle player's height is drawn, in pixels of the view, evenly in its logarithm."""
_LARGEST, _SMALLEST = 1.6, 0.8
"""Most enlargement, and the least of the view that a frame's longer side fills."""
_AROUND_SOMEBODY = 0.8
"""Share of the views that have somebody near the middle."""
_LEAST_SEEN, _LEAST_INSIDE, _LOWEST = 0.3, 0.4, 12.0
"""Part of a person that can be seen, part of the box in the view, and height in pixels, below which a
detector may say either."""
_ROOM = 0.015
"""Of the height, left around a body."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A drawn frame and its people."""

    path: Path
    people: np.ndarray
    """left, top, right, bottom of the bodies, the part that can be seen, and whether they are in the frame at
    all, float64 (F, 6)."""


class Views(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Views of frames, always the same ones: an image (3, SIDE, SIDE), uint8, and its people (MOST, 5).

    A person is left, top, right, bottom in pixels, and 1; 0 where a detector may say either; -1 for none.
    """

    def __init__(self, frames: Sequence[Frame], count: int) -> None:
        self._frames, self._count = frames, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        rng = np.random.default_rng([77, number])
        frame = self._frames[rng.integers(len(self._frames))]
        image, people = view(cv2.imread(str(frame.path)), frame.people, rng)
        if rng.random() < 0.5:
            image = image[:, ::-1].copy()
            people[:, [0, 2]] = np.where(people[:, 4:] < 0, 0, SIDE - people[:, [2, 0]])
        image = recorded(image, rng)
        return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))), torch.from_numpy(people)


def view(image: np.ndarray, people: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Cut a part out of a frame, larger or smaller; return it, and its people as `Views` has them."""
    edges, there = people[:, :4].copy(), people[:, 5] > 0
    clear = there & (people[:, 4] > _LEAST_SEEN)
    high = edges[:, 3] - edges[:, 1]
    player = np.median(high[clear]) if clear.any() else 0.25 * image.shape[0]
    scale = np.exp(rng.uniform(*np.log(_HEIGHTS))) / player
    scale = max(min(scale, _LARGEST), _SMALLEST * SIDE / max(image.shape[:2]))
    across = scale * np.exp(rng.normal(0, 0.06))
    before = np.array(image.shape[1::-1])
    size = np.round(before * (across, scale)).astype(int)
    area = scale < 0.6 and rng.random() < 0.3
    image = cv2.resize(image, size.tolist(), interpolation=cv2.INTER_AREA if area else cv2.INTER_LINEAR)
    edges = edges * np.tile(size / before, 2)
    corner = _corner(edges[clear], size, rng)
    first, last = np.maximum(corner, 0), np.minimum(corner + SIDE, size)
    seen = np.full((SIDE, SIDE, 3), _PADDING, np.uint8)
    inner = tuple(slice(a, b) for a, b in zip(first - corner, last - corner, strict=True))
    seen[inner[1], inner[0]] = image[first[1] : last[1], first[0] : last[0]]
    whole = np.prod(edges[:, 2:] - edges[:, :2], axis=1)
    room = _ROOM * (edges[:, 3:] - edges[:, 1:2]) * np.array([-1, -1, 1, 1])
    cut = np.clip(edges + room, np.tile(first, 2), np.tile(last, 2)) - np.tile(corner, 2)
    wide, high = (cut[:, 2:] - cut[:, :2]).T
    found = clear & (wide * high > _LEAST_INSIDE * whole) & (high > _LOWEST)
    doubtful = ~found & (wide > 2) & (high > 4)
    rows = np.concatenate([cut[found], cut[doubtful]])[:MOST]
    result = np.full((MOST, 5), -1, np.float32)
    result[: len(rows), :4] = rows
    result[: len(rows), 4] = (np.arange(len(rows)) < found.sum()).astype(np.float32)
    return seen, result


def _corner(clear: np.ndarray, size: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return left and top of the part of a frame of a size, mostly with one of the people who are clear."""
    low, high = np.minimum(size - SIDE, 0), np.maximum(size - SIDE, 0)
    if len(clear) and rng.random() < _AROUND_SOMEBODY:
        person = clear[rng.integers(len(clear))]
        middle = (person[:2] + person[2:]) / 2 + rng.uniform(-0.45, 0.45, 2) * SIDE
        return np.asarray(np.clip(np.round(middle - SIDE / 2), low, high).astype(int))
    return np.asarray(rng.integers(low, high + 1))


def recorded(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a BGR image as another camera might have recorded it, at times with something in front."""
    seen = _blurred(_coloured(image, rng), rng)
    if rng.random() < 0.4:
        channels = 3 if rng.random() < 0.5 else 1
        seen = seen + rng.normal(0, rng.uniform(1, 12), (*seen.shape[:2], channels)).astype(np.float32)
    result = np.clip(seen, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 85))]
        result = cv2.imdecode(cv2.imencode(".jpg", result, quality)[1], cv2.IMREAD_COLOR)
    if rng.random() < 0.35:
        for _ in range(rng.integers(1, 4)):
            _cover(result, rng)
    return result


def _coloured(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return float32, 0 to 255, under other light and with other colours."""
    if rng.random() < 0.7:
        hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(np.float32))
        hue = (hue + rng.uniform(-12, 12)) % 180
        turned = cv2.merge([hue, np.clip(saturation * rng.uniform(0.3, 1.5), 0, 255), value])
        image = cv2.cvtColor(turned.astype(np.uint8), cv2.COLOR_HSV2BGR)
    seen = image.astype(np.float32)
    if rng.random() < 0.1:
        seen = np.repeat(seen.mean(axis=2, keepdims=True), 3, axis=2)
    if rng.random() < 0.1:
        seen = seen[..., rng.permutation(3)]
    if rng.random() < 0.7:
        bent = 255 * (seen / 255) ** np.float32(np.exp(rng.uniform(-0.6, 0.6)))
        seen = bent * np.float32(rng.uniform(0.75, 1.2)) + np.float32(rng.uniform(-20, 20))
    if rng.random() < 0.5:
        seen = seen * np.exp(rng.uniform(-0.12, 0.12, 3)).astype(np.float32)
    return np.ascontiguousarray(np.clip(seen, 0, 255))


def _blurred(seen: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an image out of focus, moved, smaller for a while, or as it is."""
    luck = rng.random()
    if luck < 0.25:
        return cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.4, 1.8))
    if luck < 0.4:
        length = int(rng.integers(3, 11))
        line = np.zeros((length, length), np.float32)
        line[length // 2] = 1
        turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), rng.uniform(-40, 40), 1)
        line = cv2.warpAffine(line, turn, (length, length))
        return cv2.filter2D(seen, -1, line / max(float(line.sum()), 1e-3))
    if luck < 0.55:
        share = rng.uniform(0.4, 0.8)
        small = cv2.resize(seen, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, seen.shape[1::-1])
    return seen


def _cover(image: np.ndarray, rng: np.random.Generator) -> None:
    """Put a flat colour, or another part of the image, over a part of it."""
    wide, high = rng.integers(10, 70, 2)
    (left, top), (from_left, from_top) = rng.integers(0, SIDE - 70, (2, 2))
    other = image[from_top : from_top + high, from_left : from_left + wide].copy()
    image[top : top + high, left : left + wide] = other if rng.random() < 0.4 else rng.integers(0, 256, 3)
