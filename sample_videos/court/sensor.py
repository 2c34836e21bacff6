"""What a camera makes of the light: blur, grain, colours that are off, sharpened edges."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

_GRAIN_SIDE, _GRAIN_OFFSETS = 1408, 128
_GRAIN_SIZES = (0.0, 0.7, 1.3)
"""Standard deviations in pixels over which grain is alike."""
_GRAIN_LEVEL = 24.0
_MIDDLE = 0.42
"""Tone, 0 to 1, that contrast leaves as it is."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """How a camera records."""

    shutter: float
    """Fraction of a frame's time that the shutter is open; 0 gives no motion blur."""
    comb: bool
    """Whether every second row is half a frame later, as interlaced video has it."""
    softness: float
    """Standard deviation of the lens blur, in pixels."""
    resolution: float
    """Size at which it records relative to the size of its frames."""
    smooth: bool
    """Whether it wipes grain and fine detail away."""
    noise: float
    """Standard deviation of the grain, 0 to 255."""
    grain: tuple[int, float]
    """Which of the sizes the grain has, and how coloured it is, 0 to 1."""
    sharpen: float
    """Strength of the halos around edges."""
    contrast: float
    """Steepness of the tones around their middle."""
    gamma: float
    exposure: float
    """Brightness relative to a right exposure."""
    balance: tuple[float, float, float]
    """Error of the white balance: blue, green, red."""
    saturation: float
    pump: float
    """By how much the exposure goes up and down."""
    crf: int
    """Constant rate factor of libx264."""
    before: int | None
    """Constant rate factor of a first encoding, if the video was encoded twice."""


def make_sensor(rng: np.random.Generator, kind: str, *, crf: int | None = None) -> Sensor:
    """Draw how a camera of `kind` records, from clean to awful; `crf` fixes the compression."""
    bad = float(rng.beta(1.1, 2.0))
    factor = int(np.clip(rng.normal(19 + 12 * bad, 2.5), 16, 38))
    warm, green = rng.normal(0.02, 0.04 + 0.05 * bad), rng.normal(0.0, 0.012 + 0.02 * bad)
    return Sensor(
        shutter=float(rng.choice([0.3, 0.5, 0.9])) if rng.random() < 0.25 else 0.0,
        comb=kind == "broadcast" and bool(rng.random() < 0.07),
        softness=float(rng.uniform(0.2, 0.45) + 0.6 * bad * rng.random()),
        resolution=float(rng.uniform(0.5, 0.9)) if rng.random() < 0.02 + 0.35 * bad else 1.0,
        smooth=bool(rng.random() < (0.25 if kind == "phone" else 0.1)),
        noise=float(rng.uniform(0.3, 2.0) + 9.0 * bad * rng.random() ** 2),
        grain=(int(rng.integers(len(_GRAIN_SIZES))), float(rng.random())),
        sharpen=float(rng.uniform(0.1, 1.6)) if rng.random() < 0.65 else 0.0,
        contrast=float(np.clip(rng.normal(1.14, 0.13), 0.9, 1.5)),
        gamma=float(np.exp(rng.normal(-0.03, 0.12))),
        exposure=float(np.exp(rng.normal(0.03, 0.09 + 0.09 * bad))),
        balance=(float(np.exp(-warm)), float(np.exp(green)), float(np.exp(warm))),
        saturation=float(np.clip(rng.normal(0.7, 0.16), 0.3, 1.2)),
        pump=float(rng.uniform(0.02, 0.12)) if kind == "phone" and rng.random() < 0.5 else 0.0,
        crf=factor if crf is None else crf,
        before=int(rng.integers(22, 34)) if crf is None and rng.random() < 0.35 else None,
    )


def sense(image: np.ndarray, sensor: Sensor, time: float, rng: np.random.Generator) -> np.ndarray:
    """Return `image` (uint8 BGR) as the sensor records it at `time`, in seconds."""
    high, wide = image.shape[:2]
    image = cv2.LUT(image, _curves(sensor, time))
    if sensor.saturation != 1.0:
        grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        image = cv2.addWeighted(image, sensor.saturation, grey, 1.0 - sensor.saturation, 0)
    image = cv2.GaussianBlur(image, (0, 0), sensor.softness)
    if sensor.resolution < 1.0:
        size = max(2, round(wide * sensor.resolution)), max(2, round(high * sensor.resolution))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    image = _grained(image, sensor, rng)
    if sensor.smooth:
        image = cv2.medianBlur(image, 3)
    if sensor.resolution < 1.0:
        image = cv2.resize(image, (wide, high), interpolation=cv2.INTER_CUBIC)
    if sensor.sharpen > 0:
        blurred = cv2.GaussianBlur(image, (0, 0), 1.4)
        image = cv2.addWeighted(image, 1.0 + sensor.sharpen, blurred, -sensor.sharpen, 0)
    return np.asarray(image)


def _curves(sensor: Sensor, time: float) -> np.ndarray:
    """Return what becomes of each value of each channel, uint8 array of shape (256, 1, 3)."""
    level = np.linspace(0.0, 1.0, 256)[:, None, None] ** sensor.gamma
    level = np.clip(_MIDDLE + (level - _MIDDLE) * sensor.contrast, 0.0, None)
    bright = sensor.exposure * (1.0 + sensor.pump * np.sin(5.0 * time + 2.0 * np.sin(1.7 * time)))
    tones = level * bright * np.asarray(sensor.balance)
    # What is brighter than a sensor can hold is rolled off rather than cut.
    soft = np.where(tones > 0.85, 0.85 + 0.15 * np.tanh((tones - 0.85) / 0.15), tones)
    return np.asarray(np.clip(soft * 255.0, 0, 255).astype(np.uint8))


def _grained(image: np.ndarray, sensor: Sensor, rng: np.random.Generator) -> np.ndarray:
    high, wide = image.shape[:2]
    top, left = (int(rng.integers(0, _GRAIN_OFFSETS)) for _ in range(2))
    size, coloured = sensor.grain
    for channels, strength in ((1, 1.0 - 0.7 * coloured), (3, 0.3 + 0.7 * coloured)):
        field = _grain(size, channels)[top : top + high, left : left + wide]
        weight = strength * sensor.noise / _GRAIN_LEVEL
        image = cv2.addWeighted(image, 1.0, field, weight, 0, dtype=cv2.CV_8U)
    return image


@lru_cache(maxsize=6)
def _grain(size: int, channels: int) -> np.ndarray:
    """Return a field to cut grain from, the same in all colours (1) or not (3), int8."""
    rng = np.random.default_rng([size, channels])
    field = rng.standard_normal((_GRAIN_SIDE, _GRAIN_SIDE, channels), np.float32)
    if _GRAIN_SIZES[size] > 0:
        cv2.GaussianBlur(field, (0, 0), _GRAIN_SIZES[size], dst=field)
    field *= _GRAIN_LEVEL / field.std()
    return np.ascontiguousarray(np.broadcast_to(np.rint(field), (*field.shape[:2], 3)), np.int8)
