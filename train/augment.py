"""Changes to a whole clip that leave its label what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import partial

import cv2
import numpy as np

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Which changes are made; each on every frame of a clip alike. Those that help short runs are on."""

    flip: bool = True
    colour: bool = True
    """Brightness, contrast, saturation, hue, every second time."""
    place: bool = False
    """Scale by up to 10 %, shift by up to 5 %, every second time."""
    rotation: bool = False
    """Turn by up to 5 degrees, every second time."""
    blur: bool = False
    compression: bool = False
    erasing: bool = False
    """A grey rectangle, as another player in front."""
    time: bool = False
    """Begin up to a step earlier or later, and go up to 10 % faster or slower, every second time."""
    mixup: float = 0.0
    """Alpha of the beta distribution that mixes two clips (Zhang et al., 2018); 0 for none."""

    def changes(self) -> list[Change]:
        """Return the changes to the pictures, in order."""
        moved = partial(move, place=self.place, rotation=self.rotation)
        table: list[tuple[bool, Change]] = [
            (self.flip, flip),
            (self.place or self.rotation, moved),
            (self.colour, colour),
            (self.blur, blur),
            (self.compression, compress),
            (self.erasing, erase),
        ]
        return [change for wanted, change in table if wanted]


SWITCHES = tuple(field.name for field in fields(Augmentation) if field.name != "mixup")
"""Names of the changes that can be switched on and off."""


def switched(augmentation: Augmentation, *, on: Iterable[str] = (), off: Iterable[str] = ()) -> Augmentation:
    """Return `augmentation` with the changes called `on` and without those called `off`.

    Raises:
        ValueError: There is no such change.
    """
    on, off = list(on), list(off)
    if unknown := sorted({*on, *off} - set(SWITCHES)):
        raise ValueError(f"There is no change called {unknown[0]!r}. The changes: {', '.join(SWITCHES)}.")
    return replace(augmentation, **dict.fromkeys(on, True), **dict.fromkeys(set(off) - set(on), False))


NONE = switched(Augmentation(), off=SWITCHES)


def flip(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mirror left and right, every second time. All functions here take uint8 (T, H, W, 3)."""
    return np.ascontiguousarray(clip[:, :, ::-1]) if rng.random() < 0.5 else clip


def move(
    clip: np.ndarray, rng: np.random.Generator, *, place: bool = True, rotation: bool = True
) -> np.ndarray:
    """Scale and shift if `place`, turn if `rotation`, every second time; black where nothing is."""
    if rng.random() > 0.5:
        return clip
    height, width = clip.shape[1:3]
    angle, scale = float(rng.uniform(-5, 5)), float(rng.uniform(0.9, 1.1))
    shift = rng.uniform(-0.05, 0.05, 2) * (width, height)
    matrix: np.ndarray = cv2.getRotationMatrix2D(
        (width / 2, height / 2), angle if rotation else 0.0, scale if place else 1.0
    )
    if place:
        matrix[:, 2] += shift
    return np.stack([cv2.warpAffine(frame, matrix, (width, height)) for frame in clip])


def colour(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change brightness, contrast and saturation by up to 30 %, and mix channels, every second time."""
    if rng.random() > 0.5:
        return clip
    saturation = rng.uniform(0.0, 0.3) if rng.random() < 0.1 else rng.uniform(0.7, 1.3)
    matrix = (np.eye(3) + rng.normal(0, 0.05, (3, 3))) @ (
        saturation * np.eye(3) + (1 - saturation) / 3 * np.ones((3, 3))
    )
    # Contrast turns about the mean, which moves with the brightness: all of it is one matrix and one shift.
    mean = float((matrix @ clip.mean(axis=(0, 1, 2))).mean())
    contrast, brightness = rng.uniform(0.7, 1.3, 2)
    affine = np.column_stack([contrast * matrix, np.full(3, mean * (brightness - contrast))])
    changed: np.ndarray = cv2.transform(clip.reshape(-1, clip.shape[2], 3), affine).reshape(clip.shape)
    return changed


def blur(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur, as a far or unfocused player is, every eighth time."""
    if rng.random() > 0.125:
        return clip
    sigma = float(rng.uniform(0.4, 1.6))
    return np.stack([cv2.GaussianBlur(frame, (0, 0), sigma) for frame in clip])


def compress(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Compress with JPEG, every eighth time."""
    if rng.random() > 0.125:
        return clip
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 60))]
    coded = [cv2.imencode(".jpg", frame, quality)[1] for frame in clip]
    decoded: list[np.ndarray] = [cv2.imdecode(data, cv2.IMREAD_COLOR) for data in coded]  # type: ignore[misc]
    return np.stack(decoded)


def erase(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cover up to a fifth of the picture, every eighth time."""
    if rng.random() > 0.125:
        return clip
    height, width = clip.shape[1:3]
    tall, wide = (rng.uniform(0.1, 0.45, 2) * (height, width)).astype(int)
    top, left = int(rng.integers(0, height - tall)), int(rng.integers(0, width - wide))
    covered = clip.copy()
    covered[:, top : top + tall, left : left + wide] = rng.integers(0, 256, 3)
    return covered
