"""Whoever turns the camera: after the ball, slowly, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .camera import Camera, Views, make_views
from .timeline import STEP, Timeline


@dataclass(frozen=True, slots=True)
class Aim:
    """What the camera does at every step of the game."""

    target: np.ndarray
    """Where it looks, shape (S, 3), in metres."""
    zoom: np.ndarray
    """Shape (S,)."""
    shake: np.ndarray
    """Shape (S, 2), in pixels."""
    roll: np.ndarray
    """Lean, shape (S,), in radians."""

    def views(self, camera: Camera, times: np.ndarray) -> Views:
        """Return `camera` at `times`."""
        step = np.clip(np.asarray(times) / STEP + 1e-6, 0, len(self.zoom) - 1.001)
        index = step.astype(int)
        weight = (step - index)[:, None]
        target, zoom, shake, roll = (
            values[index] * (1 - weight) + values[index + 1] * weight
            for values in (self.target, self.zoom[:, None], self.shake, self.roll[:, None])
        )
        return make_views(camera, target, zoom[:, 0], shake, roll[:, 0])


def follow(line: Timeline, camera: Camera, rng: np.random.Generator) -> Aim:
    """Return what an operator does during a game: late, and only part of the way."""
    if camera.kind == "broadcast":
        return _broadcast(line, camera, rng)
    steps = len(line.ball)
    rest = np.array(camera.rest)
    ball = line.ball[:, :2] * 0.7 + line.position.mean(axis=1) * 0.3
    late = slow(ball, 0.9 if camera.kind == "gym" else 0.35)
    target = rest + (late - rest) * [camera.follows, 0.5 * camera.follows]
    # Whoever turns a camera does not stop exactly, and a camera near the line is never turned right round.
    target = target + slow(rng.normal(0, 1.0, (steps, 2)), 0.8) * 0.6 * camera.follows
    aim = 1.25 - 0.1 * max(camera.place[2] - 2.0, 0.0)
    height = np.full((steps, 1), aim)
    shake = shaken(rng, steps, camera.shake)
    if camera.kind == "phone" and camera.shake > 0:
        shake = shake + shaken(rng, steps, camera.shake * 3, 0.5)
    roll = camera.roll + slow(rng.normal(0, 1.0, (steps, 1)), 0.4)[:, 0] * 0.004 * camera.shake
    return Aim(np.concatenate([target, height], axis=1), np.ones(steps), shake, roll)


def _broadcast(line: Timeline, camera: Camera, rng: np.random.Generator) -> Aim:
    """Follow the ball from far away, and zoom."""
    steps = len(line.ball)
    middle = line.position.mean(axis=1)
    want = line.ball[:, :2] * 0.62 + middle * 0.38
    want = np.stack([np.clip(want[:, 0], -10.5, 10.5), want[:, 1] * 0.55], axis=1)
    target = slow(slow(want, 0.55), 0.3)
    wave = np.arange(steps) * STEP
    zoom = (
        1.0 + 0.10 * np.sin(wave * 0.23 + rng.uniform(0, 6)) + 0.05 * np.sin(wave * 0.61 + rng.uniform(0, 6))
    )
    return at_height(target, 1.1, zoom, shaken(rng, steps, camera.shake))


def at_height(target: np.ndarray, height: float, zoom: np.ndarray, shake: np.ndarray) -> Aim:
    """Return a level camera that looks at points of the floor (S, 2), `height` metres above them."""
    points = np.concatenate([target, np.full((len(target), 1), height)], axis=1)
    return Aim(points, zoom, shake, np.zeros(len(target)))


def shaken(rng: np.random.Generator, steps: int, pixels: float, seconds: float = 0.10) -> np.ndarray:
    """Return a shake (S, 2) with the standard deviation `pixels` that lasts about `seconds`."""
    shake = slow(rng.normal(0, 1, (steps, 2)), seconds)
    return np.asarray(shake / max(float(shake.std()), 1e-6) * pixels)


def slow(values: np.ndarray, seconds: float) -> np.ndarray:
    """Return `values` smoothed along the first axis with a Gaussian of `seconds`."""
    reach = round(3 * seconds / STEP)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * STEP / seconds) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    return np.stack(
        [np.convolve(padded[:, axis], kernel, "valid") for axis in range(values.shape[1])], axis=1
    )
