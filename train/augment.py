"""Random changes to a whole clip that keep its label.

All take uint8 (T, H, W, 3) and the generator that decides, and change every frame of a clip alike. OpenCV
takes a fifth to a half of the time of torchvision's transforms, and torch's random numbers stay untouched.
Those that move pixels also return where to: a matrix (2, 3) for places in fractions of width and height.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np

Repainting = Callable[[np.ndarray, np.random.Generator], np.ndarray]
Moving = Callable[[np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray]]


def augmented(
    clip: np.ndarray, names: Sequence[str], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return `clip` after the augmentations called `names`, one after the other, and where they moved it."""
    place = np.eye(2, 3)
    for name in names:
        if rng.random() > _CHANCES[name]:
            continue
        if name in _MOVING:
            clip, step = _MOVING[name](clip, rng)
            place = step[:, :2] @ place + [[0, 0, value] for value in step[:, 2]]
        else:
            clip = _REPAINTING[name](clip, rng)
    return clip, place


def flip(clip: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Mirror left and right."""
    return np.ascontiguousarray(clip[:, :, ::-1]), np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])


def move(clip: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Scale by up to 10 % and shift by up to 5 %, as a box that does not fit."""
    height, width = clip.shape[1:3]
    matrix: np.ndarray = cv2.getRotationMatrix2D((width / 2, height / 2), 0.0, float(rng.uniform(0.9, 1.1)))
    matrix[:, 2] += rng.uniform(-0.05, 0.05, 2) * (width, height)
    moved = np.stack([cv2.warpAffine(frame, matrix, (width, height)) for frame in clip])
    return moved, matrix * [width, height, 1] / [[width], [height]]


def colour(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change brightness, contrast and saturation by up to 30 %, and mix channels."""
    saturation = rng.uniform(0.0, 0.3) if rng.random() < 0.1 else rng.uniform(0.7, 1.3)
    matrix = (np.eye(3) + rng.normal(0, 0.05, (3, 3))) @ (
        saturation * np.eye(3) + (1 - saturation) / 3 * np.ones((3, 3))
    )
    # Contrast turns about the mean, which moves with the brightness: all of it is one matrix and one shift.
    mean = float((matrix @ clip.mean(axis=(0, 1, 2))).mean())
    contrast, brightness = rng.uniform(0.7, 1.3, 2)
    affine = np.column_stack([contrast * matrix, np.full(3, mean * (brightness - contrast))])
    return cv2.transform(clip.reshape(-1, clip.shape[2], 3), affine).reshape(clip.shape)


def blur(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur, as a far or unfocused player is."""
    sigma = float(rng.uniform(0.4, 1.6))
    return np.stack([cv2.GaussianBlur(frame, (0, 0), sigma) for frame in clip])


_CHANCES = {"flip": 0.5, "move": 0.5, "colour": 0.5, "blur": 0.125}
"""How likely each is made."""
_MOVING: Mapping[str, Moving] = {"flip": flip, "move": move}
_REPAINTING: Mapping[str, Repainting] = {"colour": colour, "blur": blur}
