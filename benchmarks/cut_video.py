"""A video with known changes of shot, and with what only looks like one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.distractions import DISTRACTIONS, Draw, distraction_of
from benchmarks.wipe_video import WIPES, Mix, wipe_of

WIDTH, HEIGHT, FPS = 480, 270, 25
_SECONDS = 5.0
"""Of each source, at most."""
_HELD = 38
"""Frames of a shot that are held back, as the next may dissolve into them."""
_BLUR = 8
"""Positions of the view that are averaged into one frame of a whip pan."""


@dataclass(frozen=True)
class Change:
    """Something that happens in the video, from `start` to `end` in seconds."""

    kind: str
    """cut, dissolve, whip or flash, or one of `WIPES` or `DISTRACTIONS`."""
    start: float
    end: float


@dataclass(frozen=True)
class Counts:
    """How many of each there are."""

    cuts: int = 20
    dissolves: int = 6
    whips: int = 10
    flashes: int = 5
    wipes: int = 0
    """Of each kind."""
    distractions: int = 0
    """Of each kind."""

    def changes(self) -> list[str]:
        """The kinds of all changes of shot."""
        return ["cut"] * self.cuts + ["dissolve"] * self.dissolves + self.wipes * list(WIPES)

    def inside(self) -> list[str]:
        """The kinds of all that happens within shots."""
        return ["whip"] * self.whips + ["flash"] * self.flashes + self.distractions * list(DISTRACTIONS)


def make_video(
    sources: Sequence[np.ndarray], seed: int, changes: list[Change], counts: Counts | None = None
) -> Iterator[np.ndarray]:
    """Edit a video out of sources, which are uint8 RGB arrays (frames, 270, 480, 3).

    Yields its frames, 25 a second, and adds what happens in it to `changes`.
    """
    counts = counts or Counts()
    rng = np.random.default_rng(seed)
    kinds = ["", *rng.permutation(counts.changes()).tolist()]
    inside = rng.permutation(counts.inside() + [""] * max(len(kinds) - len(counts.inside()), 0)).tolist()
    source = int(rng.integers(len(sources)))
    held: list[np.ndarray] = []
    begin = 0
    for number, kind in enumerate(kinds):
        # Three in ten new shots show the same hall from another place.
        turned = number > 0 and rng.random() < 0.3
        source = source if turned else _another(rng, source, len(sources))
        other = sources[_another(rng, source, len(sources))]
        shot, happened = _shot(sources[source], other, inside[number :: len(kinds)], rng, turned=turned)
        length = _length(kind, rng)
        mix = _mix(kind, length, rng)
        for step in range(length):
            shot[step] = mix(held[len(held) - length + step], shot[step], step)
        yield from held[: len(held) - length]
        begin -= length
        if kind:
            changes.append(Change(kind, begin / FPS, (begin + length) / FPS))
        changes += [Change(one.kind, one.start + begin / FPS, one.end + begin / FPS) for one in happened]
        begin += len(shot)
        yield from shot[:-_HELD]
        held = shot[-_HELD:]
    yield from held


def _length(kind: str, rng: np.random.Generator) -> int:
    """Draw by lot how many frames a change of shot lasts."""
    if kind in ("", "cut"):
        return 0
    return int(rng.integers(10, _HELD)) if kind == "dissolve" else int(rng.integers(8, 31))


def _mix(kind: str, length: int, rng: np.random.Generator) -> Mix:
    """Return what makes the frames of a gradual change out of two shots."""
    if kind in WIPES:
        return wipe_of(kind, length, (HEIGHT, WIDTH), rng)
    return lambda old, new, step: cv2.addWeighted(
        old, 1 - (step + 0.5) / length, new, (step + 0.5) / length, 0
    )


def _another(rng: np.random.Generator, not_this: int, count: int) -> int:
    return int((not_this + rng.integers(1, count)) % count)


def _shot(
    source: np.ndarray, other: np.ndarray, inside: Sequence[str], rng: np.random.Generator, *, turned: bool
) -> tuple[list[np.ndarray], list[Change]]:
    """Show a source in a drifting view for some seconds; whip pans end on `other`, which stands beside it."""
    length = 100 + 50 * len(inside) + int(rng.integers(0, 40))
    changes: list[Change] = []
    places = np.cumsum(np.full(length, 1.5 * rng.standard_normal()))
    brightness = np.zeros(length)
    drawn: list[tuple[int, Draw]] = []
    # Changes keep clear of the shot's first 42 and last 42 frames, where dissolves are.
    for number, kind in enumerate(inside):
        at = 44 + 50 * number + int(rng.integers(0, 10))
        if kind == "whip":
            lasts = int(rng.integers(6, 13))
            way = np.clip((np.arange(length) - at) / lasts, 0, 1)
            places += rng.choice([-1, 1]) * rng.uniform(0.9, 1.3) * WIDTH * way * way * (3 - 2 * way)
            changes.append(Change("whip", at / FPS, (at + lasts) / FPS))
        elif kind == "flash":
            lasts = int(rng.integers(1, 4))
            brightness[at : at + lasts] = rng.uniform(100, 220)
            brightness[at + lasts : at + lasts + 2] = (60, 25)
            changes.append(Change("flash", at / FPS, (at + lasts + 2) / FPS))
        elif kind:
            lasts = int(rng.integers(10, 40))
            drawn.append((at, distraction_of(kind, lasts, (HEIGHT, WIDTH), rng)))
            changes.append(Change(kind, at / FPS, (at + lasts) / FPS))
    first = int(rng.integers(len(source)))
    zoom = rng.uniform(1.0, 1.5) if not turned else rng.uniform(1.5, 2.2)
    frames = []
    for index in range(length):
        played = _ping_pong(first + index, len(source))
        image = source[played][:, ::-1] if turned else source[played]
        beside = other[_ping_pong(index, len(other))]
        speed = places[index] - places[index - 1] if index else 0.0
        view = _view(np.concatenate([beside, image, beside], axis=1), places[index], speed, zoom)
        for at, draw in drawn:
            view = draw(view, index - at) if index >= at else view
        frames.append(np.clip(view.astype(np.int16) + int(brightness[index]), 0, 255).astype(np.uint8))
    return frames, changes


def _ping_pong(index: int, count: int) -> int:
    """Play a source forwards and backwards, so that it has no cut of its own."""
    return count - 1 - abs(index % (2 * count - 2) - (count - 1)) if count > 1 else 0


def _view(hall: np.ndarray, place: float, speed: float, zoom: float) -> np.ndarray:
    """Look at a part of the hall, blurred by the view's own movement during the exposure of half a frame."""
    total = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    positions = _BLUR if abs(speed) > 4 else 1
    for step in range(positions):
        left = WIDTH + (place - 0.5 * speed * step / positions) + WIDTH * (1 - 1 / zoom) / 2
        matrix = np.array([[zoom, 0, -left * zoom], [0, zoom, -HEIGHT * (zoom - 1) / 2]])
        total += cv2.warpAffine(hall, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    return (total / positions).astype(np.uint8)


def read_source(path: Path) -> np.ndarray:
    """Read the first seconds of a video: uint8 RGB (frames, 270, 480, 3), 25 a second."""
    from bball_tag.video.video import Video

    frames = Video(path).frames(FPS, 0, _SECONDS)
    return np.stack([_fitted(frame.image) for frame in frames])


def _fitted(image: np.ndarray) -> np.ndarray:
    """Scale an image to cover 480 x 270, and cut off what stands out."""
    scale = max(WIDTH / image.shape[1], HEIGHT / image.shape[0])
    large = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    y, x = (large.shape[0] - HEIGHT) // 2, (large.shape[1] - WIDTH) // 2
    cut = large[y : y + HEIGHT, x : x + WIDTH]
    return cut if cut.shape[:2] == (HEIGHT, WIDTH) else cv2.resize(image, (WIDTH, HEIGHT))


def synthetic_source(seed: int, count: int = 100) -> np.ndarray:
    """Paint a hall of cloudy colours with people-like blots that run about."""
    rng = np.random.default_rng(seed)
    base = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for octave in (3, 6, 14, 40, 120):
        noise = rng.normal(size=(octave, 2 * octave, 3)).astype(np.float32)
        base += cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC) * 1.6 / octave**0.35
    base = base * rng.uniform(18, 30) + rng.uniform(60, 190, 3)
    colours = rng.integers(0, 256, (10, 3))
    places, ways = rng.random((10, 2)) * (WIDTH, HEIGHT), rng.normal(size=(10, 2)) * 2.5
    frames = []
    for index in range(count):
        frame = np.clip(base, 0, 255).astype(np.uint8)
        for colour, place, way in zip(colours.tolist(), places, ways, strict=True):
            x, y = ((place + way * index) % (WIDTH, HEIGHT)).astype(int).tolist()
            cv2.ellipse(frame, (x, y), (9, 24), 0, 0, 360, colour, -1)
        frames.append(frame)
    return np.stack(frames)


def at_grid(frames: Iterable[np.ndarray], rate: float) -> Iterator[np.ndarray]:
    """Yield the frame that is shown at each instant of a grid of `rate` a second."""
    instant = 0
    for number, frame in enumerate(frames):
        while instant * FPS / rate < number + 1 - 1e-6:
            yield frame
            instant += 1
