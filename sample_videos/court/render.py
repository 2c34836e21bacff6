"""Draw frames of a game at chosen times, whole or only a part of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from . import scene
from .camera import Views
from .figure import Figures, make_figures
from .hoop import draw_hoop
from .light import Light, hall_light, spheres
from .look import Look
from .operator import Aim
from .shadow import shade_floor, shade_under_ball
from .skeleton import PELVIS
from .sphere import Globe, globe
from .stage import LEAST_GLOSS, Actor, actor, mirror, paint
from .timeline import Timeline, bodies

EVERYONE = np.arange(10)
Window = tuple[int, int, int, int]
"""Left, top, right and bottom of a part of the frame, in pixels."""
_TOUCH = 1.1
"""People whose middles are closer than this shade each other, in metres."""
_SHADOW = 0.8
"""How far outside of an image, in metres, somebody may stand whose shadow falls into it."""
_MOVES = 0.15
"""By how much people move at most while the shutter is open, in metres."""
_NEAREST = 0.7
"""Whoever is closer to the camera than this is not drawn, in metres."""


@dataclass(frozen=True, slots=True)
class Shot:
    """Everything that is in the frame at T times."""

    views: Views
    figures: Figures
    ball: np.ndarray
    """Where the ball is, shape (T, 3), in metres."""
    hoops: tuple[dict[str, np.ndarray], ...]
    """Outlines in pixels, each (T, K, 2)."""
    hoop_depth: np.ndarray
    """Shape (2, T)."""


@dataclass(frozen=True, slots=True)
class Court:
    """A simulated game that can be drawn."""

    look: Look
    line: Timeline
    aim: Aim
    planes: tuple[scene.Plane, ...]
    players: np.ndarray

    def shot(self, times: np.ndarray) -> Shot:
        """Return where everything is in the frame at `times`."""
        views = self.views(times)
        joints, _ = bodies(self.line, self.look, times, self.players)
        figures = make_figures(joints, views, self.look, self.players)
        hoops, depths = [], []
        for sign in (-1.0, 1.0):
            outlines = scene.hoop_points(sign)
            hoops.append(
                {
                    name: views.project(np.tile(points, (len(times), 1, 1)))[0]
                    for name, points in outlines.items()
                }
            )
            rim = np.tile([[sign * scene.RIM_X, 0.0, scene.RIM_HEIGHT]], (len(times), 1))
            depths.append(views.project(rim)[2])
        return Shot(views, figures, self.line.mixed("ball", times), tuple(hoops), np.stack(depths))

    def views(self, times: np.ndarray) -> Views:
        """Return the camera at `times`."""
        return self.aim.views(self.look.camera, times)


@dataclass(frozen=True, slots=True)
class Moment:
    """What one image shows while the shutter is open."""

    shots: tuple[Shot, Shot]
    """When it opens, and when it closes."""
    time: int
    """Index of the time in the shots."""
    views: Views
    """The camera as it opens and as it closes, in pixels of the image."""
    near: tuple[int, ...]
    """Who or whose shadow may be in the image, as indices of the shots' figures."""
    inside: tuple[int, ...]
    """Who or whose reflection may be in the image."""
    light: Light

    def actors(self) -> dict[int, Actor]:
        """Return who is in the image, as they are drawn."""
        joints = self.shots[0].figures.joints[self.time]
        found = {}
        for index in self.inside:
            gaps = np.linalg.norm(joints[:, PELVIS] - joints[index, PELVIS], axis=1)
            close = sorted({*self.near, index})
            shading = [spheres(joints[other]) for other in close if gaps[other] < _TOUCH]
            points = np.stack([shot.figures.posed(index)[self.time] for shot in self.shots])
            dressed = self.shots[0].figures.dressed[index]
            found[index] = actor(dressed, points, self.views, self.light, np.concatenate(shading))
        return found

    def ball(self, look: Look, size: tuple[int, int]) -> tuple[Globe, float]:
        """Return the ball as it is drawn in an image of a `size`, and its distance."""
        places = np.stack([shot.ball[self.time] for shot in self.shots])
        distance = float(self.views.project(places[:, None])[2][0, 0])
        return globe(places, self.views, size, np.asarray(look.ball), self.light), distance


def draw(court: Court, shots: Sequence[Shot], time: int, window: Window) -> np.ndarray:
    """Draw a part of the frame, blurred by what moves while the shutter is open.

    Args:
        court: The game.
        shots: When the shutter opens and when it closes; only one if it is open for an instant.
        time: Index of the time in the shots.
        window: The part to draw.

    Returns:
        uint8 BGR, as large as the window.
    """
    corner = np.array(window[:2], float)
    image = _mean([_background(court, shot, time, window) for shot in shots])
    moment = _moment(court.look, shots, time, window)
    joints, matrix = shots[0].figures.joints[time], moment.views.matrix[0]
    for index in moment.near:
        shade_floor(image, joints[index], matrix, moment.light)
    shade_under_ball(image, shots[0].ball[time], matrix, moment.light)
    actors = moment.actors()
    mirror(image, list(actors.values()), moment.views, court.look.hall.gloss)
    people = [(float(shots[0].figures.depth[time, index]), one) for index, one in actors.items()]
    ball, distance = moment.ball(court.look, (image.shape[0], image.shape[1]))
    far = np.inf
    # What is behind a hoop is drawn before it, all together, as they may be in each other's hands.
    for hoop in (*np.argsort(-shots[0].hoop_depth[:, time]).tolist(), None):
        near = -np.inf if hoop is None else float(shots[0].hoop_depth[hoop, time])
        layer = [one for depth, one in people if near < depth <= far]
        paint(image, layer, ball if near < distance <= far else None)
        if hoop is not None:
            parts = [
                {name: spots[time] - corner for name, spots in shot.hoops[hoop].items()} for shot in shots
            ]
            image = _mean([draw_hoop(image, part) for part in parts])
        far = near
    return image


def _background(court: Court, shot: Shot, time: int, window: Window) -> np.ndarray:
    """Return the hall without people."""
    image = np.empty((window[3] - window[1], window[2] - window[0], 3), np.uint8)
    scene.draw_scene(image, court.planes, shot.views, time, np.array(window[:2], float))
    return image


def _mean(images: list[np.ndarray]) -> np.ndarray:
    """Return the mean of one or two images."""
    return images[0] if len(images) == 1 else cv2.addWeighted(images[0], 0.5, images[1], 0.5, 0)


def _moment(look: Look, shots: Sequence[Shot], time: int, window: Window) -> Moment:
    """Return what is in an image of the part `window` of the frame."""
    left, top, right, bottom = window
    pair = (shots[0], shots[-1])
    move = np.array([[1.0, 0.0, -left], [0.0, 1.0, -top], [0.0, 0.0, 1.0]])
    matrix = np.stack([move @ shot.views.matrix[time] for shot in pair])
    views = Views(matrix, np.stack([shot.views.position[time] for shot in pair]))
    box, scale = shots[0].figures.box[time], shots[0].figures.scale[time]
    in_front = shots[0].figures.depth[time] > _NEAREST

    def within(side: np.ndarray, over: np.ndarray, under: np.ndarray) -> tuple[int, ...]:
        found = (box[:, 0] - side < right) & (box[:, 2] + side > left)
        found &= (box[:, 1] - over < bottom) & (box[:, 3] + under > top) & in_front
        return tuple(np.flatnonzero(found).tolist())

    # Shadows and reflections reach farther than those who cast them; between two times people move.
    near = within(scale * _SHADOW, scale * _SHADOW, scale * _SHADOW)
    mirrored = box[:, 3] - box[:, 1] if look.hall.gloss >= LEAST_GLOSS else 0.0 * scale
    inside = within(scale * _MOVES, scale * _MOVES, mirrored + scale * _MOVES)
    return Moment(pair, time, views, near, inside, hall_light(look))
