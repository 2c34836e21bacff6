"""Draw frames of a game at chosen times, whole or only a part of each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from . import scene
from .camera import Views
from .figure import Figures, cloths, draw_ball, draw_figure, make_figures
from .look import Look
from .operator import Aim
from .paint import ONE, SHIFT, blot, fixed, lines
from .timeline import Timeline, bodies

EVERYONE = np.arange(10)
Window = tuple[int, int, int, int]
"""Left, top, right and bottom of a part of the frame, in pixels."""


@dataclass(frozen=True, slots=True)
class Shot:
    """Everything that is in the frame at T times."""

    views: Views
    figures: Figures
    players: np.ndarray
    ball: np.ndarray
    """Pixels, shape (T, 2)."""
    ball_scale: np.ndarray
    """Pixels per metre, shape (T,)."""
    ball_depth: np.ndarray
    shadow: np.ndarray
    """Where the ball's shadow is, in pixels, shape (T, 2)."""
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
        ball = self.line.mixed("ball", times)
        spot, scale, depth = views.project(ball)
        shadow = views.project(ball * [1.0, 1.0, 0.0])[0]
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
        return Shot(views, figures, self.players, spot, scale, depth, shadow, tuple(hoops), np.stack(depths))

    def views(self, times: np.ndarray) -> Views:
        """Return the camera at `times`."""
        return self.aim.views(self.look.camera, times)


def draw(court: Court, shot: Shot, time: int, window: Window) -> np.ndarray:
    """Draw the part `window` of the frame at index `time`."""
    left, top, right, bottom = window
    image = np.empty((bottom - top, right - left, 3), np.uint8)
    corner = np.array([left, top], float)
    scene.draw_scene(image, court.planes, shot.views, time, corner)
    figures = shot.figures
    box = figures.box[time]
    near = (
        (box[:, 0] < right + 20)
        & (box[:, 2] > left - 20)
        & (box[:, 1] < bottom + 20)
        & (box[:, 3] > top - 40)
    )
    seen = np.flatnonzero(near)
    moved = _moved(figures, time, seen, corner)
    for index in range(len(seen)):
        _shade_floor(image, moved.feet[0, index], float(moved.scale[0, index]), float(moved.lift[0, index]))
    high = max(float(shot.shadow[time, 1] - shot.ball[time, 1]) / float(shot.ball_scale[time]), 0.0)
    blot(image, shot.shadow[time] - corner, shot.ball_scale[time] * 0.2, max(0.35 - 0.1 * high, 0.08))
    order: list[tuple[float, int]] = [
        (float(figures.depth[time, player, -1]), index) for index, player in enumerate(seen)
    ]
    order.append((float(shot.ball_depth[time]), -1))
    order += [(float(shot.hoop_depth[hoop, time]), -2 - hoop) for hoop in (0, 1)]
    for _, what in sorted(order, key=lambda item: -item[0]):
        if what >= 0:
            player = int(shot.players[seen[what]])
            kit, person = court.look.kits[player // 5], court.look.people[player]
            number = (person.number, tuple(float(part) for part in kit.number))
            draw_figure(image, moved, (0, what), cloths(court.look, player), number)
        elif what == -1:
            draw_ball(image, shot.ball[time] - corner, float(shot.ball_scale[time]), court.look)
        else:
            _draw_hoop(image, {name: spots[time] - corner for name, spots in shot.hoops[-2 - what].items()})
    return image


def _moved(figures: Figures, time: int, seen: np.ndarray, corner: np.ndarray) -> Figures:
    """Return the figures seen at one time, with pixels counted from `corner`."""

    def part(values: np.ndarray) -> np.ndarray:
        return values[time : time + 1, seen]

    chest = part(figures.chest).copy()
    chest[:, :, 0] -= corner
    return replace(
        figures,
        outline=part(figures.outline) - corner,
        inner=part(figures.inner) - corner,
        depth=part(figures.depth),
        torso=part(figures.torso) - corner,
        chest=chest,
        facing=part(figures.facing),
        scale=part(figures.scale),
        feet=part(figures.feet) - corner,
        lift=part(figures.lift),
    )


def _shade_floor(image: np.ndarray, spots: np.ndarray, scale: float, lift: float) -> None:
    """Draw the soft shadow of a player."""
    fade = max(0.3, 1.0 - lift)
    blot(image, spots[2], scale * 0.62, 0.30 * fade)
    for spot in spots[:2]:
        blot(image, spot, scale * 0.24, 0.45 * fade * fade)


def _draw_hoop(image: np.ndarray, outlines: dict[str, np.ndarray]) -> None:
    """Draw board, ring and net."""
    spots = {name: fixed(points) for name, points in outlines.items()}
    size = float(np.ptp(outlines["board"][:, 1]))
    thick = max(1, round(size * 0.035))
    lines(image, [spots["arm"]], (60, 54, 50), max(2, thick * 4))
    low, high = outlines["board"].min(axis=0), outlines["board"].max(axis=0)
    x0, y0 = np.maximum(np.floor(low).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(high).astype(int) + 1, [image.shape[1], image.shape[0]])
    if x1 > x0 and y1 > y0:
        part = image[y0:y1, x0:x1]
        glass = part.copy()
        cv2.fillConvexPoly(glass, spots["board"] - [x0 * ONE, y0 * ONE], (235, 230, 225), cv2.LINE_AA, SHIFT)
        cv2.addWeighted(glass, 0.45, part, 0.55, 0, part)
    lines(image, [spots["board"], spots["square"]], (245, 245, 245), thick, closed=True)
    net = spots["net"].reshape(-1, 2, 2)
    lines(image, list(net), (225, 225, 225), 1)
    lines(image, [spots["ring"]], (40, 80, 225), max(2, thick))
