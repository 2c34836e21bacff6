"""Draw players and ball as shaded capsules."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from . import skeleton as sk
from .camera import Views
from .look import Look
from .motion import BALL_RADIUS
from .paint import ONE, SHIFT, Tint, fixed, lines

SHOE, SOCK, SKIN, SHORTS, JERSEY, HAIR, SLEEVE = range(7)
# Each part: joint, joint, fractions of the way where it starts and stops, radii in metres, what covers it,
# and by how many metres it is drawn in front of its depth.
PARTS: tuple[tuple[int, int, float, float, float, float, int, float], ...] = (
    (sk.KNEE_L, sk.ANKLE_L, 0.0, 1.0, 0.062, 0.038, SKIN, 0.00),
    (sk.KNEE_R, sk.ANKLE_R, 0.0, 1.0, 0.062, 0.038, SKIN, 0.00),
    (sk.KNEE_L, sk.ANKLE_L, 0.62, 1.0, 0.050, 0.043, SOCK, 0.01),
    (sk.KNEE_R, sk.ANKLE_R, 0.62, 1.0, 0.050, 0.043, SOCK, 0.01),
    (sk.ANKLE_L, sk.TOE_L, -0.35, 1.0, 0.050, 0.040, SHOE, 0.02),
    (sk.ANKLE_R, sk.TOE_R, -0.35, 1.0, 0.050, 0.040, SHOE, 0.02),
    (sk.HIP_L, sk.KNEE_L, 0.0, 1.0, 0.090, 0.062, SKIN, 0.03),
    (sk.HIP_R, sk.KNEE_R, 0.0, 1.0, 0.090, 0.062, SKIN, 0.03),
    (sk.HIP_L, sk.KNEE_L, 0.0, 0.80, 0.112, 0.112, SHORTS, 0.05),
    (sk.HIP_R, sk.KNEE_R, 0.0, 0.80, 0.112, 0.112, SHORTS, 0.05),
    (sk.CHEST, sk.HEAD, 0.0, 0.8, 0.058, 0.055, SKIN, 0.00),
    (sk.SHOULDER_L, sk.ELBOW_L, 0.0, 1.0, 0.060, 0.044, SKIN, 0.02),
    (sk.SHOULDER_R, sk.ELBOW_R, 0.0, 1.0, 0.060, 0.044, SKIN, 0.02),
    (sk.ELBOW_L, sk.HAND_L, 0.0, 0.85, 0.045, 0.033, SLEEVE, 0.04),
    (sk.ELBOW_R, sk.HAND_R, 0.0, 0.85, 0.045, 0.033, SLEEVE, 0.04),
    (sk.ELBOW_L, sk.HAND_L, 0.88, 1.08, 0.040, 0.042, SKIN, 0.06),
    (sk.ELBOW_R, sk.HAND_R, 0.88, 1.08, 0.040, 0.042, SKIN, 0.06),
    (sk.CHEST, sk.HEAD, 0.86, 1.12, 0.098, 0.108, SKIN, 0.02),
    (sk.HEAD, sk.HAIR, 0.75, 1.2, 0.105, 0.108, HAIR, 0.0),
    (sk.PELVIS, sk.CHEST, 0.0, 1.0, 0.15, 0.15, JERSEY, 0.06),
)
TORSO = len(PARTS) - 1
HEAD_PART, HAIR_PART = TORSO - 2, TORSO - 1
_START = np.array([part[0] for part in PARTS])
_STOP = np.array([part[1] for part in PARTS])
_FROM = np.array([part[2] for part in PARTS])[:, None]
_TO = np.array([part[3] for part in PARTS])[:, None]
_RADII = np.array([[part[4], part[5]] for part in PARTS])
_WEARS = np.array([part[6] for part in PARTS])
_BIAS = np.array([part[7] for part in PARTS])
_TORSO_JOINTS = [sk.SHOULDER_L, sk.SHOULDER_R, sk.HIP_L, sk.HIP_R]
_TORSO_RADII = np.array([0.078, 0.078, 0.105, 0.105])
_ARC = np.linspace(-np.pi / 2, np.pi / 2, 7)
_CIRCLE = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False)

_DIGITS = {
    "0": ((0, 0, 1, 0, 1, 2, 0, 2, 0, 0),),
    "1": ((0.5, 0, 0.5, 2),),
    "2": ((0, 0, 1, 0, 1, 1, 0, 1, 0, 2, 1, 2),),
    "3": ((0, 0, 1, 0, 1, 2, 0, 2), (0, 1, 1, 1)),
    "4": ((0, 0, 0, 1, 1, 1), (1, 0, 1, 2)),
    "5": ((1, 0, 0, 0, 0, 1, 1, 1, 1, 2, 0, 2),),
    "6": ((1, 0, 0, 0, 0, 2, 1, 2, 1, 1, 0, 1),),
    "7": ((0, 0, 1, 0, 1, 2),),
    "8": ((0, 0, 1, 0, 1, 2, 0, 2, 0, 0), (0, 1, 1, 1)),
    "9": ((1, 1, 0, 1, 0, 0, 1, 0, 1, 2),),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Players as drawn at several times; T times, F players, P parts."""

    outline: np.ndarray
    """Capsules in pixels, shape (T, F, P, K, 2)."""
    inner: np.ndarray
    """The lit part of each capsule, same shape."""
    depth: np.ndarray
    """Distance of each part from the camera, shape (T, F, P)."""
    torso: np.ndarray
    """Circles of the torso in pixels, shape (T, F, 4, K', 2)."""
    chest: np.ndarray
    """Middle of the chest, its right and its up in pixels per metre, shape (T, F, 3, 2)."""
    facing: np.ndarray
    """Cosine between the chest's normal and the way to the camera, shape (T, F)."""
    box: np.ndarray
    """Left, top, right, bottom of the body in pixels, shape (T, F, 4)."""
    scale: np.ndarray
    """Pixels per metre, shape (T, F)."""
    feet: np.ndarray
    """Shadows' middles on the floor in pixels: both feet and the body, shape (T, F, 3, 2)."""
    lift: np.ndarray
    """How high the lower foot is, shape (T, F), in metres."""


def make_figures(joints: np.ndarray, views: Views, look: Look, players: np.ndarray) -> Figures:
    """Project bodies into the frame.

    Args:
        joints: Shape (T, F, JOINTS, 3), in metres.
        views: The camera at the T times.
        look: For the light and the players' build.
        players: Index of each of the F players, shape (F,).
    """
    pixels, scale, depth = views.project(np.delete(joints, sk.FRONT, axis=2))
    start, stop = pixels[:, :, _START], pixels[:, :, _STOP]
    ends = np.stack([start + (stop - start) * _FROM, start + (stop - start) * _TO], axis=3)
    bulk = np.array([look.people[index].bulk for index in players])[None, :, None, None]
    size = np.array([look.people[index].size for index in players])[None, :, None, None]
    radii = _RADII * scale[:, :, _START][..., None] * bulk * np.sqrt(size)
    hair = np.array([look.people[index].afro for index in players])[None, :, None]
    radii[:, :, HAIR_PART] *= hair
    light = np.asarray(look.light)
    outline = _capsules(ends, radii)
    inner = _capsules(ends + light * radii[..., None] * 0.34, radii * 0.66)
    middle = (depth[:, :, _START] + depth[:, :, _STOP]) / 2 - _BIAS
    middle[:, :, HAIR_PART] = depth[:, :, sk.HAIR]
    middle[:, :, HEAD_PART] = depth[:, :, sk.HEAD]
    torso_radii = _TORSO_RADII * scale[:, :, _TORSO_JOINTS] * bulk[..., 0]
    circle = np.stack([np.cos(_CIRCLE), np.sin(_CIRCLE)], axis=1)
    torso = pixels[:, :, _TORSO_JOINTS][..., None, :] + circle * torso_radii[..., None, None]
    everything = np.concatenate(
        [outline[:, :, :TORSO].reshape(*outline.shape[:2], -1, 2), torso.reshape(*torso.shape[:2], -1, 2)],
        axis=2,
    )
    box = np.concatenate([everything.min(axis=2), everything.max(axis=2)], axis=2)
    return Figures(
        outline,
        inner,
        middle,
        torso,
        *_chest(joints, views, pixels),
        box,
        scale[:, :, sk.PELVIS],
        *_shadows(joints, views),
    )


def _capsules(ends: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Return outlines (..., 14, 2) of capsules with `ends` (..., 2, 2) and `radii` (..., 2)."""
    way = ends[..., 1, :] - ends[..., 0, :]
    angle = np.arctan2(way[..., 1], way[..., 0])[..., None]
    far = angle + _ARC
    near = far + np.pi
    there = ends[..., 1, None, :] + np.stack([np.cos(far), np.sin(far)], -1) * radii[..., 1, None, None]
    here = ends[..., 0, None, :] + np.stack([np.cos(near), np.sin(near)], -1) * radii[..., 0, None, None]
    return np.concatenate([there, here], axis=-2)


def _chest(joints: np.ndarray, views: Views, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the frame in which the number is drawn, and how directly the chest faces the camera."""
    middle = pixels[:, :, sk.CHEST] * 0.62 + pixels[:, :, sk.PELVIS] * 0.38
    right = (pixels[:, :, sk.SHOULDER_L] - pixels[:, :, sk.SHOULDER_R]) / 0.39
    up = (pixels[:, :, sk.CHEST] - pixels[:, :, sk.PELVIS]) / 0.52
    way = views.position[:, None] - joints[:, :, sk.CHEST]
    way = way / np.linalg.norm(way, axis=-1, keepdims=True)
    facing = np.sum(way * joints[:, :, sk.FRONT], axis=-1)
    return np.stack([middle, right, up], axis=2), facing


def _shadows(joints: np.ndarray, views: Views) -> tuple[np.ndarray, np.ndarray]:
    """Return where the shadows are and how high the feet."""
    spots = joints[:, :, [sk.ANKLE_L, sk.ANKLE_R, sk.PELVIS]].copy()
    lift = np.maximum(spots[:, :, :2, 2].min(axis=2) - sk.ANKLE_HEIGHT, 0.0)
    spots[..., 2] = 0.0
    return views.project(spots)[0], lift


def draw_figure(
    image: np.ndarray, figures: Figures, at: tuple[int, int], colours: np.ndarray, number: tuple[int, Tint]
) -> None:
    """Draw one player.

    Args:
        image: uint8 BGR, drawn upon.
        figures: From `make_figures`, already moved into the image's pixels.
        at: Index of the time and of the player.
        colours: Colour of each kind of cloth, shape (7, 3).
        number: The jersey's number and its colour.
    """
    outline = fixed(figures.outline[at])
    inner = fixed(figures.inner[at])
    depth = figures.depth[at]
    middle = float(depth[TORSO])
    for part in np.argsort(-depth, kind="stable").tolist():
        colour = colours[_WEARS[part]]
        if part == TORSO:
            _draw_torso(image, figures, at, colour, number)
            continue
        # What is farther than the chest lies in its own shade.
        shade = 1.0 - 0.35 * min(max(float(depth[part]) - middle, 0.0), 0.5)
        cv2.fillConvexPoly(image, outline[part], (colour * (0.66 * shade)).tolist(), cv2.LINE_AA, SHIFT)
        cv2.fillConvexPoly(image, inner[part], (colour * shade).tolist(), cv2.LINE_AA, SHIFT)


def _draw_torso(
    image: np.ndarray, figures: Figures, at: tuple[int, int], colour: np.ndarray, number: tuple[int, Tint]
) -> None:
    """Draw the jersey: its dark rim, its lit middle and the number."""
    circles = figures.torso[at]
    hull = cv2.convexHull(fixed(circles.reshape(-1, 2)))
    cv2.fillConvexPoly(image, hull, (colour * 0.68).tolist(), cv2.LINE_AA, SHIFT)
    centres = circles.mean(axis=1, keepdims=True)
    middle = centres.mean(axis=0, keepdims=True)
    lit = (circles - centres) * 0.7 + middle + (centres - middle) * 0.86
    lit = lit + (figures.chest[at][2] * 0.015)
    hull = cv2.convexHull(fixed(lit.reshape(-1, 2)))
    cv2.fillConvexPoly(image, hull, colour.tolist(), cv2.LINE_AA, SHIFT)
    _draw_number(image, figures.chest[at], float(figures.facing[at]), number)


def _draw_number(image: np.ndarray, chest: np.ndarray, facing: float, number: tuple[int, Tint]) -> None:
    """Draw the number on chest or back if it can be seen."""
    if abs(facing) < 0.3:
        return
    middle, right, up = chest
    if facing < 0:
        right = -right
    digits = str(number[0])
    wide, high, gap = 0.075, 0.075, 0.12
    scale = float(np.hypot(*up))
    thickness = max(1, round(scale * 0.028))
    for index, digit in enumerate(digits):
        left = (index - (len(digits) - 1) / 2) * gap - wide / 2
        for stroke in _DIGITS[digit]:
            points = np.asarray(stroke, float).reshape(-1, 2)
            spots = middle + (left + points[:, :1] * wide) * right + (high - points[:, 1:] * high) * up
            lines(image, [fixed(spots)], number[1], thickness)


def cloths(look: Look, player: int) -> np.ndarray:
    """Return the colours of what a player wears, lit as the game is, shape (7, 3)."""
    person, kit = look.people[player], look.kits[player // 5]
    sleeve = person.skin if person.sleeve is None else person.sleeve
    hair = person.skin if person.afro < 1.0 else person.hair
    wears = np.array([person.shoe, person.sock, person.skin, kit.shorts, kit.jersey, hair, sleeve], float)
    return np.asarray(np.clip(wears * np.asarray(look.gain), 0, 255))


def draw_ball(image: np.ndarray, spot: np.ndarray, scale: float, look: Look) -> None:
    """Draw the ball at `spot`, in pixels."""
    colour = np.clip(np.asarray(look.ball) * np.asarray(look.gain), 0, 255)
    radius = BALL_RADIUS * scale
    for fraction, off, tint in ((1.0, 0.0, 0.62), (0.78, 0.2, 1.0), (0.35, 0.42, 1.22)):
        centre_at = spot + np.asarray(look.light) * radius * off
        centre = tuple(np.rint(centre_at * ONE).astype(int).tolist())
        tone = np.clip(colour * tint, 0, 255).tolist()
        cv2.circle(image, centre, max(1, round(radius * fraction * ONE)), tone, -1, cv2.LINE_AA, SHIFT)
    centre = tuple(np.rint(spot * ONE).astype(int).tolist())
    axes = (max(1, round(radius * ONE)), max(1, round(radius * 0.3 * ONE)))
    cv2.ellipse(image, centre, axes, 25, 0, 360, (colour * 0.4).tolist(), 1, cv2.LINE_AA, SHIFT)
