"""Skin, clothes, shoes and hair as pieces cut from the body; only `make_bodies.py` needs them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from court import skinning as skin
from court.bodies import above_hairline

from .makehuman import Source, quads, read_fitted
from .mesh_parts import Part, draped, normals

TORSO = np.array([0.02, 0.0])
"""Where the trunk's axis stands: forward, left, in metres."""
SHOULDER, ELBOW = np.array([0.02, 0.205, 1.515]), np.array([0.017, 0.387, 1.306])
WRIST = np.array([0.228, 0.535, 1.165])
"""Where the left arm's joints are at rest."""


def bare(whole: Part, source: Source) -> Part:
    """Return the skin that clothes leave free, and a little more."""
    uv = source.skin_uv.mean(axis=1)
    inner = ((uv[:, 0] < 0.17) & (np.abs(uv[:, 1] - 0.6) < 0.06)) | ((uv[:, 0] > 0.74) & (uv[:, 1] < 0.16))
    part = Part(whole.shapes, whole.weights, quads(source.faces[~inner]))
    side, z = np.abs(part.base[:, 1]), part.base[:, 2]
    under = np.clip(arm_hole(part.base) / 0.03, 0, 1) * np.clip((neck_hole(part.base)) / 0.02, 0, 1)
    part = part.reshaped(lambda points: points - 0.010 * under[:, None] * normals(points, part.faces))
    # Below shorts of any length the thigh is a little thinner than it is.
    thigh = np.clip((z - 0.73) / 0.05, 0, 1) * (z < 1.05) * (side < 0.32)
    part = part.reshaped(lambda points: points - 0.014 * thigh[:, None] * normals(points, part.faces))
    seen = np.maximum(np.maximum(z - 1.30, 0.90 - z), np.where(side > 0.30, 0.1, -1.0))
    part = part.cut(seen)
    return part.cut(part.base[:, 2] - 0.04)


def neck_hole(points: np.ndarray, front: float = 0.105) -> np.ndarray:
    """Return how far points are outside a collar that reaches `front` ahead of the neck's axis, in metres."""
    ahead = points[:, 0] - 0.02
    around = np.hypot(ahead / np.where(ahead > 0, front, 0.085), points[:, 1] / 0.088) - 1.0
    lowest = np.where(ahead > -0.02, 1.47, 1.565)
    return np.asarray(np.minimum(np.maximum(around * 0.09, lowest - points[:, 2]), 1.61 - points[:, 2]))


def arm_hole(points: np.ndarray) -> np.ndarray:
    """Return how far inside the arm holes of a jersey points are, in metres."""
    return np.asarray(0.172 - np.abs(points[:, 1]) + np.maximum(1.40 - points[:, 2], 0.0) * 0.6)


def top(whole: Part, sleeve: float) -> Part:
    """Return a jersey (`sleeve` 0), or a shirt with sleeves of `sleeve` bones' lengths."""
    part = whole.cut(neck_hole(whole.base, 0.086 if sleeve else 0.105))
    field = arm_hole(part.base)
    if sleeve:
        limb = part.weights[:, skin.DELTOID : skin.HAND + 2].sum(axis=1)
        along = down_arm(part.base)[0]
        field = np.maximum(field, np.where(limb > 0.3, (sleeve - along) * 0.27, -1.0))
    part = part.cut(field)
    part = part.cut(part.base[:, 2] - 0.945)
    edge = neck_hole(part.base) if sleeve else np.minimum(neck_hole(part.base), arm_hole(part.base))
    ease = 0.004 + (0.010 if sleeve else 0.006) * np.clip(edge / 0.04, 0, 1)

    def loose(points: np.ndarray) -> np.ndarray:
        arm = on_arm(points)
        moved = draped(points, part.faces, 12, ease[:, None])
        hung = hanging(points, moved)
        along, axis = down_arm(points)
        out = points - axis
        out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
        wide = moved + out * (np.clip(along * 2, 0, 1) * (0.022 if sleeve < 1 else 0.010))[:, None]
        return hung + arm[:, None] * (wide - hung)

    weights = part.weights.copy()
    for side in (0, 1):
        # What hangs over the thighs is lifted by them only by half.
        weights[:, skin.BUTTOCK + side] += weights[:, [skin.THIGH + side, skin.QUAD + side]].sum(axis=1)
        weights[:, [skin.THIGH + side, skin.QUAD + side]] = 0
    return Part(part.shapes, weights, part.faces).reshaped(loose)


def hanging(points: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """Return a top's vertices `moved` off the trunk's `points`, so that it hangs down from the chest."""
    high = points[:, 2]
    chest = points[(high > 1.26) & (high < 1.34) & (np.abs(points[:, 1]) < 0.2)]
    half = np.percentile(np.abs(chest[:, 0] - TORSO[0]), 96), np.percentile(np.abs(chest[:, 1]), 97)
    flat = moved[:, :2] - TORSO
    far = np.linalg.norm(flat, axis=1)
    drape = far / np.maximum(np.hypot(flat[:, 0] / half[0], flat[:, 1] / half[1]), 1e-6)
    down, hips = np.clip((1.42 - high) / 0.15, 0, 1), np.clip((1.13 - high) / 0.08, 0, 1)
    wish = np.maximum(far + 0.016 * down + 0.014 * hips, (0.98 + 0.04 * down) * drape * down)
    hung = moved.copy()
    hung[:, :2] = TORSO + flat * (wish / np.maximum(far, 1e-6))[:, None]
    return hung


def on_arm(points: np.ndarray) -> np.ndarray:
    """Return 1 where points of a top are on an arm, 0 on the trunk."""
    least = 0.20 + 0.12 * np.clip((1.40 - points[:, 2]) / 0.1, 0, 1)
    return np.asarray(np.clip((np.abs(points[:, 1]) - least) / 0.04, 0, 1))


def down_arm(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many bones' lengths down the arm points are (n,), and where its axis is there (n, 3)."""
    side = np.where(points[:, 1:2] < 0, [1, -1, 1], 1)
    mirrored = points * side
    upper, lower = ELBOW - SHOULDER, WRIST - ELBOW
    first = (mirrored - SHOULDER) @ upper / (upper @ upper)
    second = (mirrored - ELBOW) @ lower / (lower @ lower)
    fore = second > 0
    axis = np.where(fore[:, None], ELBOW + second[:, None] * lower, SHOULDER + first[:, None] * upper)
    return np.where(fore, 1 + second, np.minimum(first, 1)), axis * side


def trousers(whole: Part) -> Part:
    """Return long trousers, wider than the legs."""
    part = whole.cut(1.10 - whole.base[:, 2])
    part = part.cut(0.36 - np.abs(part.base[:, 1]))
    part = part.cut(part.base[:, 2] - 0.055)

    def loose(points: np.ndarray) -> np.ndarray:
        down = np.clip((0.95 - points[:, 2]) / 0.2, 0, 1)
        moved = draped(points, part.faces, 20, (0.013 + 0.014 * down)[:, None])
        side = np.sign(points[:, 1])
        moved[:, 1] = side * np.maximum(moved[:, 1] * side, np.minimum(points[:, 1] * side, 0.004))
        return moved

    return part.reshaped(loose)


def shorts(whole: Part) -> Part:
    """Return shorts down to the knee, as loose tubes around the thighs."""
    part = whole.cut(1.10 - whole.base[:, 2])
    part = part.cut(0.36 - np.abs(part.base[:, 1]))
    part = part.cut(part.base[:, 2] - 0.575)
    weights = part.weights.copy()
    for side in (0, 1):
        weights[:, skin.QUAD + side] += weights[:, skin.SHIN + side]
        weights[:, skin.SHIN + side] = 0
    part = Part(part.shapes, weights, part.faces)
    sign = np.where(part.base[:, 1:2] < 0, [1, -1, 1], 1)

    def loose(points: np.ndarray) -> np.ndarray:
        moved = draped(points, part.faces, 20, 0.013) * sign
        fraction = np.clip((1.0 - moved[:, 2]) / 0.45, 0, 1)
        axis = np.stack([0.0 + 0.03 * fraction, 0.112 + 0.052 * fraction], axis=1)
        flat = moved[:, :2] - axis
        far = np.linalg.norm(flat, axis=1)
        wish = np.maximum(far, np.clip((0.99 - moved[:, 2]) / 0.1, 0, 1) * (0.098 + 0.020 * fraction))
        moved[:, :2] = axis + flat * (wish / np.maximum(far, 1e-6))[:, None]
        moved[:, 1] = np.maximum(moved[:, 1], np.minimum(points[:, 1] * sign[:, 1], 0.004))
        return moved * sign

    return part.reshaped(loose)


def shoes(folder: Path, source: Source) -> Part:
    """Return a pair of sports shoes."""
    shapes, faces = read_fitted(folder / "clothes" / "shoes05" / "shoes05", source)
    left = (shapes[0, :, 1] > 0).astype(int)
    weights = np.zeros((shapes.shape[1], skin.BONES))
    ankle = np.clip((shapes[0, :, 2] - 0.07) / 0.12, 0, 1)
    rows = np.arange(len(left))
    weights[rows, skin.FOOT + 1 - left] = 1 - ankle
    weights[rows, skin.SHIN + 1 - left] = ankle
    return Part(shapes, weights, quads(faces))


def hair(whole: Part) -> Part:
    """Return the scalp down to the hairline."""
    part = whole.only(np.flatnonzero(whole.base[:, 2] > 1.58))
    return part.cut(above_hairline(part.base))


def grown(folder: Path, name: str, source: Source) -> Part:
    """Return MakeHuman's hair `name`; what hangs below the neck moves with the back."""
    shapes, faces = read_fitted(folder / "hair" / name / name, source)
    weights = np.zeros((shapes.shape[1], skin.BONES))
    low = np.clip((1.62 - shapes[0, :, 2]) / 0.12, 0, 1)
    weights[:, skin.HEAD], weights[:, skin.CHEST] = 1 - low, low
    return Part(shapes, weights, quads(faces))
