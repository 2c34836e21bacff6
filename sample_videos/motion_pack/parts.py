"""Find the parts of a sequence that show a label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from court.mocap import PLACE, STRIDE
from court.motion import DRIBBLE, HOLD, PASS, RUN, SHOOT, WALK

from .retarget import Sequence


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a sequence that shows one label: frames [start, stop) of the source."""

    label: int
    start: int
    stop: int
    mode: int
    key: int = 0
    """The source's frame at which the ball is released, for pass and shoot."""


def parts(name: str, sequence: Sequence) -> Iterator[Part]:
    """Yield the parts of a sequence that show a label, judged by its name, the ball and the speed."""
    contact, speed = sequence.contact, sequence.speed
    count = len(contact)
    edges = np.flatnonzero(np.diff(contact.astype(int), prepend=0, append=0))
    touches = edges.reshape(-1, 2)
    if name.startswith(("run__", "lrun", "rrun", "legturn", "rturn", "layup", "turn", "back", "lleg")):
        yield from _dribbles(sequence, touches)
    if "shot" in name.lower() or "layup" in name or "turnhook" in name:
        # The last touch that ends well before the sequence does ends with the release.
        release = int(touches[touches[:, 1] < count - 5][-1, 1])
        gather = int(touches[touches[:, 1] == release][0, 0])
        yield Part(SHOOT, max(gather, release - 55), min(count, release + 40), PLACE, release)
        if release - gather > 90:
            yield Part(HOLD, gather, release - 45, PLACE)
    elif "pass" in name.lower():
        release = int(touches[0, 1])
        yield Part(PASS, max(0, release - 42), min(count, release + 36), PLACE, release)
        if release > 75:
            yield Part(HOLD, 0, release - 36, PLACE)
    elif name.startswith(("catch", "rebound", "pick_40")):
        first, stop = touches[-1].tolist()
        if name.startswith("pick_40"):
            first += int(np.argmax(sequence.ball[first:, 2] > 0.75))
        if stop - first >= 36:
            yield Part(HOLD, first, stop, PLACE)
    if name.startswith("pick_40") or "run_no_object" in name:
        yield from _gaits(sequence, int(touches[-1, 0]) - 30 if len(touches) else count, speed)


def _dribbles(sequence: Sequence, touches: np.ndarray) -> Iterator[Part]:
    """Yield the stretch from the first bounce's hand to the last one's."""
    low = sequence.ball[:, 2] < 0.5
    bounces = np.flatnonzero(low[1:] & ~low[:-1])
    if len(bounces) < 2:
        return
    first = max(0, int(bounces[0]) - 18)
    lasts = touches[touches[:, 0] > bounces[-1]]
    stop = min(int(lasts[0, 0]) + 20 if len(lasts) else len(low), len(low))
    quick = float(np.median(sequence.speed[first:stop])) > 0.8
    yield Part(DRIBBLE, first, stop, STRIDE if quick else PLACE)


def _gaits(sequence: Sequence, stop: int, speed: np.ndarray) -> Iterator[Part]:
    """Yield stretches of steady walking or running without the ball, up to frame `stop`."""
    free = np.arange(len(speed)) < stop
    free &= ~sequence.contact
    bounces = sequence.ball[:, 2] > 0.25
    for label, low, high in ((WALK, 0.6, 1.9), (RUN, 2.0, 9.0)):
        steady = (speed > low) & (speed < high) & free & ~bounces
        edges = np.flatnonzero(np.diff(steady.astype(int), prepend=0, append=0)).reshape(-1, 2)
        for first, last in edges.tolist():
            if last - first >= 42:
                yield Part(label, first, last, STRIDE)
