"""The look of a game: everything that varies from one to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from .attire import Kit, Person
from .camera import Camera, make_camera
from .casting import make_people, two_kits
from .hall import Colour, Hall, make_hall, near, three
from .sensor import Sensor, make_sensor


@dataclass(frozen=True, slots=True)
class Look:
    """The camera, the hall, the colours and the people of one game."""

    camera: Camera
    sensor: Sensor
    hall: Hall
    kits: tuple[Kit, ...]
    """Of the people 0 to 4, 5 to 9 and so on; the first two are the teams'."""
    people: tuple[Person, ...]
    gain: Colour
    """Colour and brightness of the light, around 1."""
    side: float
    """+1 or -1: from which long side the camera looks."""
    ball: Colour

    @property
    def fps(self) -> Fraction:
        """Frames per second."""
        return self.camera.fps

    @property
    def width(self) -> int:
        """Width of the frame, in pixels."""
        return self.camera.width

    @property
    def height(self) -> int:
        """Height of the frame, in pixels."""
        return self.camera.height


def make_look(
    rng: np.random.Generator,
    *,
    kind: str = "broadcast",
    fps: Fraction | None = None,
    size: tuple[int, int] | None = (1280, 720),
    crf: int | None = None,
) -> Look:
    """Draw a look.

    Args:
        rng: Where chance comes from.
        kind: What kind of camera it is, one of `camera.KINDS`.
        fps: Frames per second; None to draw it.
        size: Width and height of the frame; None to draw it.
        crf: Compression; None to draw it.
    """
    people = make_people(rng, 10)
    side = float(rng.choice([-1.0, 1.0]))
    first, second = two_kits(rng, casual=0.0 if kind == "broadcast" else 0.5)
    grey = rng.uniform(0.88, 1.14)
    return Look(
        camera=make_camera(rng, kind, side, fps=fps, size=size),
        sensor=make_sensor(rng, kind, crf=crf),
        hall=make_hall(rng, kind, (first.jersey, second.jersey)),
        kits=(first, second),
        people=people,
        gain=three(grey * rng.uniform(0.96, 1.04, 3)),
        side=side,
        ball=near(rng, (38, 98, 205), 14),
    )


def filmed_again(look: Look, rng: np.random.Generator, kind: str) -> Look:
    """Return the same people in the same game, but in other kits, in another hall, with another camera."""
    return replace(make_look(rng, kind=kind, size=None), people=look.people)
