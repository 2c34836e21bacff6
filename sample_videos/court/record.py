"""Record a court: from the drawing through the sensor and the encoder."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np

from .render import Court, Window, draw
from .sensor import Sensor, sense
from .write import read_video, write_video


def expose(
    court: Court, times: np.ndarray, windows: list[Window], rng: np.random.Generator
) -> list[np.ndarray]:
    """Return the images of the camera's sensor at `times`, each the part `windows` of the frame."""
    look = court.look
    sensor = look.sensor
    open_for = 0.5 if sensor.comb else sensor.shutter
    shots = [court.shot(times)]
    if open_for > 0:
        shots.append(court.shot(times + open_for / float(look.fps)))
    frames = []
    for time, window in enumerate(windows):
        if sensor.comb:
            image = draw(court, shots[:1], time, window)
            image[1::2] = draw(court, shots[1:], time, window)[1::2]
        else:
            image = draw(court, shots, time, window)
        frames.append(sense(image, sensor, float(times[time]), rng))
    return frames


def through_encoder(images: Iterable[np.ndarray], sensor: Sensor, fps: Fraction) -> Iterator[np.ndarray]:
    """Encode and decode BGR images, once or twice as the sensor's video was."""
    for factor in (sensor.before, sensor.crf):
        if factor is not None:
            buffer = io.BytesIO()
            write_video(buffer, images, fps, factor)
            buffer.seek(0)
            images = list(read_video(buffer))
    return iter(images)
