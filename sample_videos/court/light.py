"""The light of a hall, and how it falls on skin, cloth and leather.

Halls are lit softly: much light comes from everywhere above and back from the floor, the rest from a few
large lamps. Bodies shade themselves: spheres along the bones stand for the body where they hide lamps and
ceiling from a point of its surface. Light adds up in linear terms; `shade` returns factors for colours as
screens show them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from . import skeleton as sk
from .look import Look

GAMMA = 2.2
# Spheres that stand for the body where it shades itself: joint, joint, fraction of the way, radius in metres.
_SPHERES: tuple[tuple[int, int, float, float], ...] = (
    (sk.HEAD, sk.HAIR, 0.3, 0.10),
    (sk.PELVIS, sk.CHEST, -0.05, 0.125),
    (sk.PELVIS, sk.CHEST, 0.45, 0.12),
    (sk.CHEST, sk.SHOULDER_L, 0.45, 0.095),
    (sk.CHEST, sk.SHOULDER_R, 0.45, 0.095),
    (sk.HIP_L, sk.KNEE_L, 0.25, 0.080),
    (sk.HIP_R, sk.KNEE_R, 0.25, 0.080),
    (sk.HIP_L, sk.KNEE_L, 0.65, 0.070),
    (sk.HIP_R, sk.KNEE_R, 0.65, 0.070),
    (sk.KNEE_L, sk.ANKLE_L, 0.35, 0.052),
    (sk.KNEE_R, sk.ANKLE_R, 0.35, 0.052),
    (sk.SHOULDER_L, sk.ELBOW_L, 0.5, 0.048),
    (sk.SHOULDER_R, sk.ELBOW_R, 0.5, 0.048),
    (sk.ELBOW_L, sk.HAND_L, 0.4, 0.040),
    (sk.ELBOW_R, sk.HAND_R, 0.4, 0.040),
    (sk.ELBOW_L, sk.HAND_L, 1.1, 0.045),
    (sk.ELBOW_R, sk.HAND_R, 1.1, 0.045),
)
_START, _STOP = np.array([row[0] for row in _SPHERES]), np.array([row[1] for row in _SPHERES])
_PART = np.array([row[2] for row in _SPHERES])[:, None]
RADII = np.array([row[3] for row in _SPHERES], np.float32)


@dataclass(frozen=True, slots=True)
class Light:
    """The light of a hall; colours are blue, green, red in linear terms."""

    lamps: np.ndarray
    """Unit vectors towards the lamps, shape (L, 3)."""
    power: np.ndarray
    """Light of each lamp on what faces it, shape (L, 3)."""
    above: np.ndarray
    """Light from everywhere above, shape (3,)."""
    below: np.ndarray
    """Light from the floor, shape (3,)."""
    softness: float
    """Width of shadows' edges per metre of distance from what casts them."""
    sheen: float
    """Strength of the lamps' reflections on skin and cloth, 0 to 255."""


@lru_cache(maxsize=4)
def hall_light(look: Look) -> Light:
    """Return the light of the hall of `look`: the same look has the same light."""
    rng = np.random.default_rng([look.hall.texture, 29])
    count = int(rng.integers(2, 5))
    turn = rng.uniform(0.0, 2.0 * np.pi) + np.arange(count) * 2.0 * np.pi / count + rng.normal(0, 0.4, count)
    rise = np.radians(rng.uniform(42.0, 82.0, count))
    lamps = np.stack([np.cos(turn) * np.cos(rise), np.sin(turn) * np.cos(rise), np.sin(rise)], axis=1)
    ambient = rng.uniform(0.3, 0.7)
    tint = 1.0 + rng.normal(0.0, 0.04, (count, 1)) * np.array([[1.0, 0.0, -1.0]])
    power = (1.0 - ambient) * rng.dirichlet(np.full(count, 2.0))[:, None] * tint
    floor = (np.asarray(look.hall.floor) / 255.0) ** GAMMA
    above = np.full(3, ambient)
    below = ambient * floor * rng.uniform(0.5, 0.9)
    light = Light(lamps, power, above, below, float(rng.uniform(0.12, 0.5)), float(rng.uniform(4.0, 22.0)))
    bright = float(np.mean(_falls(light, _seen_sides(look), None)))
    strength = rng.uniform(0.8, 1.0) / bright * np.asarray(look.gain) ** GAMMA
    return Light(lamps, power * strength, above * strength, below * strength, light.softness, light.sheen)


def _seen_sides(look: Look) -> np.ndarray:
    """Return normals of what the camera sees of people: level or a little up, on the camera's side."""
    turn = np.arctan2(look.camera.place[1], look.camera.place[0]) + np.radians(np.linspace(-70.0, 70.0, 9))
    level = np.stack([np.cos(turn), np.sin(turn), np.zeros(9)], axis=1)
    return np.concatenate([level, level * 0.87 + [0.0, 0.0, 0.5]])


def _falls(light: Light, normals: np.ndarray, shaded: np.ndarray | None) -> np.ndarray:
    """Return the light (V, 3) on surfaces with `normals`; `shaded` (V, 1 + L) is how much of it arrives."""
    up = 0.5 + 0.5 * normals[:, 2:]
    around = light.above * up + light.below * (1.0 - up)
    facing = np.clip((normals @ light.lamps.T + 0.2) / 1.2, 0.0, 1.0)
    if shaded is not None:
        around, facing = around * shaded[:, :1], facing * shaded[:, 1:]
    return np.asarray(around + facing @ light.power)


def spheres(joints: np.ndarray) -> np.ndarray:
    """Return the centres (..., K, 3) of the spheres that stand for bodies with `joints` (..., JOINTS, 3)."""
    start, stop = joints[..., _START, :], joints[..., _STOP, :]
    return np.asarray(start + (stop - start) * _PART)


def shade(
    light: Light, points: np.ndarray, normals: np.ndarray, centres: np.ndarray, eye: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how bright the points of a body's surface are.

    Args:
        light: Of the hall.
        points: Shape (V, 3), in metres.
        normals: Unit vectors outward, shape (V, 3).
        centres: From `spheres`, of all bodies that may shade this one, shape (B * K, 3).
        eye: Where the camera stands, shape (3,).

    Returns:
        Factors of the colours, shape (V, 3), and the lamps' reflections to add, 0 to 255, shape (V,).
    """
    middle = points.mean(axis=0)
    shaded = _arrives(light, points - middle, normals, np.asarray(centres - middle, np.float32))
    falls = _falls(light, normals, shaded)
    way = eye - middle
    half = light.lamps + way / np.linalg.norm(way)
    half = (half / np.linalg.norm(half, axis=1, keepdims=True)).astype(np.float32)
    glint = np.clip(normals @ half.T, 0.0, 1.0) ** 16 * shaded[:, 1:]
    sheen = light.sheen * (glint @ np.sqrt(light.power.mean(axis=1)).astype(np.float32))
    return np.maximum(falls, 1e-4).astype(np.float32) ** np.float32(1 / GAMMA), sheen


def _arrives(light: Light, points: np.ndarray, normals: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return how much light arrives (V, 1 + L): from everywhere around, then from each lamp."""
    radii = np.tile(RADII, len(centres) // len(RADII))
    gap = np.sum(points**2, axis=1)[:, None] - 2.0 * (points @ centres.T) + np.sum(centres**2, axis=1)
    gap = np.maximum(gap, 1e-4)
    facing = normals @ centres.T - np.sum(normals * points, axis=1)[:, None]
    hidden = np.clip(facing / np.sqrt(gap), 0.0, 1.0) * np.minimum(radii**2 / gap, 1.0)
    shaded = [np.exp(-1.6 * hidden.sum(axis=1))]
    for lamp in light.lamps.astype(np.float32):
        along = centres @ lamp - (points @ lamp)[:, None]
        aside = np.sqrt(np.maximum(gap - along**2, 0.0))
        edge = (radii - aside) / (0.03 + light.softness * np.maximum(along, 0.0)) + 0.5
        cast = np.clip(edge, 0.0, 1.0) * np.clip(along / radii, 0.0, 1.0)
        shaded.append(np.exp(-2.0 * cast.sum(axis=1)))
    return np.stack(shaded, axis=1)


def shade_freely(light: Light, normals: np.ndarray) -> np.ndarray:
    """Return factors of the colours (V, 3) of surfaces that nothing shades."""
    return np.asarray(np.maximum(_falls(light, normals, None), 1e-4) ** (1 / GAMMA))
