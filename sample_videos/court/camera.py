"""Cameras: where they stand, how wide they see, and how they project points of the world into the frame."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

FPS = (
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(50),
    Fraction(60),
)
KINDS = ("broadcast", "gym", "phone")
SIZES = ((640, 360), (854, 480), (960, 540), (1280, 720))
_PERSON = 1.9
"""Body height in metres for which sizes in pixels are given."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera and who holds it."""

    kind: str
    """One of `KINDS`."""
    width: int
    height: int
    fps: Fraction
    place: tuple[float, float, float]
    """Where it stands, in metres of the world."""
    focal: float
    """Focal length at the usual zoom, in pixels."""
    rest: tuple[float, float]
    """Point of the floor at which it looks when nobody turns it."""
    follows: float
    """How far it is turned after the ball: 0 not at all, 1 all the way."""
    shake: float
    """Standard deviation of the shake, in pixels."""
    roll: float
    """By how much it leans, in radians."""


def make_camera(
    rng: np.random.Generator,
    kind: str,
    side: float,
    *,
    fps: Fraction | None = None,
    size: tuple[int, int] | None = None,
) -> Camera:
    """Draw a camera that looks from the long side `side` (+1 or -1), or from behind a basket.

    Args:
        rng: Where chance comes from.
        kind: One of `KINDS`.
        side: It stands at negative `side` across the court.
        fps: Frames per second; None to draw it.
        size: Width and height of the frame; None to draw it.
    """
    rate = FPS[int(rng.integers(len(FPS)))]
    wide, high = SIZES[int(rng.choice(4, p=(0.2, 0.25, 0.15, 0.4)))]
    if kind == "phone" and rng.random() < 0.3:
        wide, high = high, wide
    if size is not None:
        wide, high = size
    make = {"broadcast": _broadcast, "gym": _gym, "phone": _phone}[kind]
    place, rest, focal, follows, shake, roll = make(rng, side, (wide, high))
    return Camera(kind, wide, high, rate if fps is None else fps, place, focal, rest, follows, shake, roll)


Drawn = tuple[tuple[float, float, float], tuple[float, float], float, float, float, float]
"""Place, rest, focal length, follows, shake and roll."""


def _broadcast(rng: np.random.Generator, side: float, size: tuple[int, int]) -> Drawn:
    distance, height = float(rng.uniform(17.0, 24.0)), float(rng.uniform(3.5, 9.5))
    pixels = float(rng.uniform(0.15, 0.33)) * size[1]
    place = (float(rng.uniform(-3.0, 3.0)), -side * distance, height)
    focal = pixels / _PERSON * float(np.hypot(distance, height))
    return place, (0.0, 0.0), focal, 1.0, float(rng.uniform(0.0, 1.6)), 0.0


def _gym(rng: np.random.Generator, side: float, size: tuple[int, int]) -> Drawn:
    place, rest = _beside(rng, side, float(rng.uniform(1.5, 5.0)))
    focal = _focal(float(rng.uniform(48.0, 78.0)), size)
    follows = 0.0 if rng.random() < 0.5 else float(rng.uniform(0.2, 0.6))
    shake = 0.0 if rng.random() < 0.6 else float(rng.uniform(0.1, 0.8))
    return place, rest, focal, follows, shake, float(rng.normal(0, 0.006))


def _phone(rng: np.random.Generator, side: float, size: tuple[int, int]) -> Drawn:
    place, rest = _beside(rng, side, float(rng.uniform(1.4, 2.0)))
    focal = _focal(float(rng.uniform(48.0, 70.0)), size)
    if rng.random() < 0.3:  # on a tripod
        return place, rest, focal, 0.0, 0.0, float(rng.normal(0, 0.01))
    follows, shake = float(rng.uniform(0.3, 0.9)), float(rng.uniform(1.0, 5.0)) * max(size) / 1280
    return place, rest, focal, follows, shake, float(rng.normal(0, 0.02))


def _beside(
    rng: np.random.Generator, side: float, height: float
) -> tuple[tuple[float, float, float], tuple[float, float]]:
    """Draw a place beside the court, and the point of one half at which the camera looks."""
    half = float(rng.choice([-1.0, 1.0]))
    if rng.random() < 0.65:
        place = (half * float(rng.uniform(0.0, 12.0)), -side * float(rng.uniform(8.2, 12.0)), height)
        return place, (half * float(rng.uniform(5.0, 10.0)), side * float(rng.uniform(-2.0, 3.5)))
    place = (
        half * float(rng.uniform(14.8, 17.5)),
        float(rng.choice([-1.0, 1.0]) * rng.uniform(2.0, 7.0)),
        height,
    )
    return place, (half * float(rng.uniform(2.0, 9.0)), float(rng.uniform(-3.0, 3.0)))


def _focal(degrees: float, size: tuple[int, int]) -> float:
    """Return the focal length for a field of view in `degrees` along the long side of the frame."""
    return max(size) / 2 / float(np.tan(np.radians(degrees) / 2))


@dataclass(frozen=True, slots=True)
class Views:
    """The camera at several times."""

    matrix: np.ndarray
    """Projection of the world to homogeneous pixels, shape (T, 3, 4)."""
    position: np.ndarray
    """Where the camera stands, shape (T, 3), in metres."""

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return where `points` (T, ..., 3) are in the frame.

        Returns:
            Pixels (T, ..., 2), pixels per metre (T, ...) and the distance along the axis (T, ...).
        """
        shape = points.shape
        flat = points.reshape(shape[0], -1, 3)
        seen = flat @ self.matrix[:, :, :3].transpose(0, 2, 1) + self.matrix[:, None, :, 3]
        depth = np.maximum(seen[..., 2], 0.1)
        pixels = seen[..., :2] / depth[..., None]
        # The row of x also carries the frame's centre; what is square to the axis is the focal length.
        axis = self.matrix[:, 2, :3]
        row = self.matrix[:, 0, :3] - np.sum(self.matrix[:, 0, :3] * axis, axis=1, keepdims=True) * axis
        focal = np.linalg.norm(row, axis=1)[:, None]
        return pixels.reshape(*shape[:-1], 2), (focal / depth).reshape(shape[:-1]), depth.reshape(shape[:-1])


def make_views(
    camera: Camera, target: np.ndarray, zoom: np.ndarray, shake: np.ndarray, roll: np.ndarray
) -> Views:
    """Return the camera looking at each `target`.

    Args:
        camera: Where it stands and how it zooms.
        target: Points that it looks at, shape (T, 3), in metres.
        zoom: Zoom relative to the usual one, shape (T,).
        shake: Shift of the image, shape (T, 2), in pixels.
        roll: Lean, shape (T,), in radians.
    """
    count = len(target)
    position = np.tile(np.array(camera.place), (count, 1))
    way = target - position
    axis = way / np.linalg.norm(way, axis=1, keepdims=True)
    level = np.cross(axis, [0.0, 0.0, 1.0])
    level /= np.linalg.norm(level, axis=1, keepdims=True)
    below = np.cross(axis, level)
    cosine, sine = np.cos(roll)[:, None], np.sin(roll)[:, None]
    right, down = level * cosine + below * sine, below * cosine - level * sine
    rotation = np.stack([right, down, axis], axis=1)
    inner = np.zeros((count, 3, 3))
    inner[:, 0, 0] = inner[:, 1, 1] = camera.focal * zoom
    inner[:, :2, 2] = np.array([camera.width / 2, camera.height / 2]) + shake
    inner[:, 2, 2] = 1.0
    matrix = inner @ np.concatenate([rotation, -rotation @ position[:, :, None]], axis=2)
    return Views(matrix, position)
