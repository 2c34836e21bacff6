"""Wipes as broadcasters use them around replays, drawn: flying graphics, moving edges, pushes, irises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

WIPES = ("graphic", "edge", "push", "iris")

Mix = Callable[[np.ndarray, np.ndarray, int], np.ndarray]
"""Makes the frame of a step out of the old shot's and the new shot's, uint8 RGB of one shape."""


def wipe_of(kind: str, length: int, shape: tuple[int, int], rng: np.random.Generator) -> Mix:
    """Draw by lot one wipe of a kind, `length` frames long, for frames of this height and width."""
    if kind == "graphic":
        return _graphic(length, shape, rng)
    if kind == "push":
        return _push(length, shape, rng)
    return _Reveal(length, _places(kind, shape, rng), shape, rng).frame


def _eased(share: float, power: float) -> float:
    """Begin and end more slowly the larger the power is; 1 is a straight line."""
    return float(share**power / (share**power + (1 - share) ** power))


def _along(shape: tuple[int, int], angle: float) -> np.ndarray:
    """How far each pixel lies in a direction: from 0 to 1 over the frame."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    way = np.cos(angle) * x + np.sin(angle) * y
    return (way - way.min()) / (way.max() - way.min())


def _angle(rng: np.random.Generator) -> float:
    """Along a side or a diagonal mostly, else anywhere."""
    return float(rng.integers(8) * np.pi / 4 if rng.random() < 0.7 else rng.uniform(0, 2 * np.pi))


def _places(kind: str, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """When the edge of a wipe reaches each pixel, from 0 to 1."""
    if kind == "edge":
        return _along(shape, _angle(rng))
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    x, y = x - shape[1] * rng.uniform(0.35, 0.65), y - shape[0] * rng.uniform(0.35, 0.65)
    form = rng.choice(["circle", "box", "diamond", "clock"])
    if form == "clock":
        turned = np.arctan2(y, x) / (2 * np.pi) + rng.random()
        return (turned % 1) if rng.random() < 0.5 else (-turned % 1)
    far = {
        "circle": np.hypot(x, y),
        "box": np.maximum(np.abs(x) / shape[1], np.abs(y) / shape[0]),
        "diamond": np.abs(x) + np.abs(y),
    }[form]
    far = far / far.max()
    return far if rng.random() < 0.7 else 1 - far


class _Reveal:
    """An edge that moves over the frame, with the new shot behind it."""

    def __init__(
        self, length: int, places: np.ndarray, shape: tuple[int, int], rng: np.random.Generator
    ) -> None:
        self._length, self._places = length, places
        self._soft = rng.choice([0.004, rng.uniform(0.02, 0.3)])
        self._power = rng.uniform(1, 2)
        self._stripe = rng.uniform(0.02, 0.08) if rng.random() < 0.4 else 0.0
        self._colour = rng.integers(0, 256, 3).astype(np.float32)

    def frame(self, old: np.ndarray, new: np.ndarray, step: int) -> np.ndarray:
        way = _eased((step + 0.5) / self._length, self._power)
        reach = self._soft + self._stripe
        edge = way * (1 + 2 * reach) - reach
        share = np.clip((edge - self._places) / self._soft + 0.5, 0, 1)[..., None]
        image = old * (1 - share) + new * share
        if self._stripe:
            image[np.abs(self._places - edge) < self._stripe / 2] = self._colour
        return image.astype(np.uint8)


def _push(length: int, shape: tuple[int, int], rng: np.random.Generator) -> Mix:
    """The new shot pushes the old one out, slides over it, or is uncovered as the old one slides away."""
    axis, forward = int(rng.integers(2)), rng.random() < 0.5
    moving = [(True, True), (True, True), (False, True), (True, False)][rng.integers(4)]
    power, size = rng.uniform(1, 2.2), shape[axis]

    def frame(old: np.ndarray, new: np.ndarray, step: int) -> np.ndarray:
        way = round(size * _eased((step + 0.5) / length, power))
        way = way if forward else size - way
        first, second = (new, old) if forward else (old, new)
        moves_first, moves_second = moving[::-1] if forward else moving
        first, second = np.moveaxis(first, axis, 0), np.moveaxis(second, axis, 0)
        upper = first[size - way :] if moves_first else first[:way]
        lower = second[: size - way] if moves_second else second[way:]
        return np.ascontiguousarray(np.moveaxis(np.concatenate([upper, lower]), 0, axis))

    return frame


@dataclass(frozen=True)
class _Timing:
    """When a graphic comes, covers all, and goes: numbers of frames."""

    comes: int
    covers: int
    goes: int

    def progress(self, step: int) -> tuple[float, float]:
        """How much of its coming, and of its going, is done."""
        begun = (step + 0.5) / self.comes
        gone = (step + 0.5 - self.comes - self.covers) / self.goes
        return float(np.clip(begun, 0, 1)), float(np.clip(gone, 0, 1))


def _graphic(length: int, shape: tuple[int, int], rng: np.random.Generator) -> Mix:
    covers = int(rng.integers(2, max(3, min(9, length - 5))))
    comes = round((length - covers) * rng.uniform(0.4, 0.6))
    timing = _Timing(comes, covers, length - covers - comes)
    form = rng.choice(["panel", "panel", "logo", "passing logo", "shutter"])
    if form == "passing logo":
        return _passing_logo(length, shape, rng)
    art = _art(shape, rng)
    angle = _angle(rng)
    out = angle if rng.random() < 0.7 else _angle(rng)
    before, after = _along(shape, angle), _along(shape, out)
    if form == "shutter":
        before, after = 1 - 2 * np.abs(before - 0.5), 2 * np.abs(before - 0.5)
    elif form == "logo":
        far = _logo_distance(shape, rng, centre=(0.5, 0.5))
        before, after = far, (1 - far if rng.random() < 0.5 else far)
    wave = rng.uniform(0, 0.06) * np.sin(_along(shape, angle + np.pi / 2) * rng.uniform(4, 14))
    before, after = before + wave * (form == "panel"), after + wave * (form == "panel")
    drift, soft = rng.uniform(-6, 6, 2), rng.choice([0.005, 0.06])

    def frame(old: np.ndarray, new: np.ndarray, step: int) -> np.ndarray:
        begun, gone = timing.progress(step)
        come = np.clip((begun * 1.14 - 0.07 - before) / soft + 0.5, 0, 1)
        left = np.clip((gone * 1.14 - 0.07 - after) / soft + 0.5, 0, 1)
        here = (come * (1 - left))[..., None]
        moved = np.float32([[1, 0, drift[0] * step], [0, 1, drift[1] * step]])
        drawn = cv2.warpAffine(art, moved, shape[::-1], borderMode=cv2.BORDER_REFLECT)
        behind = new if step >= timing.comes + timing.covers // 2 else old
        return (behind * (1 - here) + drawn * here).astype(np.uint8)

    return frame


def _passing_logo(length: int, shape: tuple[int, int], rng: np.random.Generator) -> Mix:
    """A logo that passes through the frame, and takes the edge between the shots with it."""
    art, angle = _art(shape, rng), _angle(rng)
    way = np.array([np.cos(angle), np.sin(angle)])
    size = rng.uniform(0.5, 0.9)
    along, soft = _along(shape, angle), rng.choice([0.005, 0.08])
    far = _logo_distance(shape, rng, centre=(0.5, 0.5))

    def frame(old: np.ndarray, new: np.ndarray, step: int) -> np.ndarray:
        done = (step + 0.5) / length
        edge = done * 1.4 - 0.2
        share = np.clip((edge - along) / soft + 0.5, 0, 1)[..., None]
        offset = way * (done - 0.5) * 1.5 * (abs(way[0]) * shape[1] + abs(way[1]) * shape[0])
        moved = np.float32([[1, 0, offset[0]], [0, 1, offset[1]]])
        there = cv2.warpAffine(far, moved, shape[::-1], borderValue=9)
        drawn = cv2.warpAffine(art, moved, shape[::-1], borderMode=cv2.BORDER_REFLECT)
        image = old * (1 - share) + new * share
        inside = there < 0.45 * size
        image[inside] = drawn[inside]
        return image.astype(np.uint8)

    return frame


def _logo_distance(
    shape: tuple[int, int], rng: np.random.Generator, centre: tuple[float, float]
) -> np.ndarray:
    """How large a logo must be to reach each pixel, from 0 at its centre to about 1 in the corners."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    x, y = (x - centre[0] * shape[1]) / shape[1], (y - centre[1] * shape[0]) / shape[1]
    points, depth, turn = int(rng.integers(2, 8)), rng.uniform(0, 0.4), rng.uniform(0, 2 * np.pi)
    far = np.hypot(x, y) * (1 + depth * np.cos(points * np.arctan2(y, x) + turn))
    return (far / far.max()).astype(np.float32)


def _art(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A graphic: a gradient of two colours, stripes, and a logo with letters."""
    height, width = shape
    one, other, third = rng.integers(0, 256, (3, 3)).astype(np.float32)
    share = _along(shape, _angle(rng))[..., None]
    image = one * (1 - share) + other * share
    stripes = np.sin(_along(shape, _angle(rng)) * rng.uniform(6, 60)) > rng.uniform(0, 0.9)
    image[stripes] = 0.5 * image[stripes] + 0.5 * third
    image = np.ascontiguousarray(image.astype(np.uint8))
    inside = (_logo_distance(shape, rng, (0.5, 0.5)) < rng.uniform(0.2, 0.5)).astype(np.uint8)
    image[inside > 0] = rng.integers(0, 256, 3)
    rim = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((7, 7), np.uint8))
    image[rim > 0] = rng.integers(0, 256, 3)
    text = "".join(rng.choice(list("ABCDEGHKLMNRSTUVW"), int(rng.integers(2, 5))))
    place = (int(width * rng.uniform(0.2, 0.45)), int(height * rng.uniform(0.5, 0.65)))
    colour = tuple(rng.integers(0, 256, 3).tolist())
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_DUPLEX, rng.uniform(1.5, 3.5), colour, 6)
    return image
