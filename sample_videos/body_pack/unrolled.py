"""Where corners lie in the atlas: each part is a cylinder, unrolled; only `make_bodies.py` needs it."""

from __future__ import annotations

import numpy as np
from court import skinning as skin
from court.bodies import ARM_SPAN, ATLAS, GROWN, HEAD, SPANS, TILES, WRAP

from .garments import TORSO, down_arm
from .makehuman import Source, quads
from .mesh_parts import Part

LEG = np.array([0.02, 0.165])
"""Where the axis of the left leg stands."""
SHOE_SPAN = -0.06, 0.245


def corners(name: str, part: Part) -> np.ndarray:
    """Return where the corners of the piece called `name` lie in the atlas, 0 to 1, shape (f, 3, 2)."""
    if name == "hair" or name in GROWN:
        return on_tile("hair", *round_head(part.base, "hair"), part.faces)
    if name in ("jersey", "shirt", "sweater"):
        return on_tile("top", *round_torso(part.base), part.faces)
    if name == "shoes":
        x, z = part.base[:, 0], part.base[:, 2]
        along = (x - SHOE_SPAN[0]) / (SHOE_SPAN[1] - SHOE_SPAN[0])
        flat = np.stack([WRAP + along * (1 - 2 * WRAP), 1 - (z + 0.013) / 0.17], axis=1)
        return _placed("shoes", flat[part.faces])
    uv = np.zeros((len(part.faces), 3, 2))
    left = part.base[part.faces][:, :, 1].mean(axis=1) > 0
    if name in ("shorts", "trousers"):
        for mark, here in (("l", left), ("r", ~left)):
            uv[here] = on_tile(
                f"shorts_{mark}", *round_leg(part.base, mark, SPANS["shorts"]), part.faces[here]
            )
        return uv
    above = part.weights[part.faces].mean(axis=1)
    head = above[:, [skin.NECK, skin.HEAD]].sum(axis=1) > 0.5
    leg = part.base[part.faces][:, :, 2].mean(axis=1) < 0.95
    leg &= above[:, [skin.HAND, skin.HAND + 1]].sum(axis=1) < 0.1
    uv[head] = on_tile("head", *round_head(part.base, "head"), part.faces[head])
    for mark, here in (("l", left), ("r", ~left)):
        limb = here & leg & ~head
        uv[limb] = on_tile(f"leg_{mark}", *round_leg(part.base, mark, SPANS["leg"]), part.faces[limb])
        limb = here & ~leg & ~head
        uv[limb] = on_tile(f"arm_{mark}", *round_arm(part.base, mark), part.faces[limb])
    return uv


def round_head(points: np.ndarray, tile: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the angle (0 in front, positive left) and how far down the tile points are, 0 to 1."""
    top, bottom = SPANS[tile]
    angle = np.arctan2(points[:, 1], points[:, 0] - HEAD[0])
    return angle, (top - points[:, 2]) / (top - bottom)


def round_torso(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the angle, with the chest at a quarter of the tile and the back at three, and how far down."""
    top, bottom = SPANS["top"]
    angle = np.arctan2(points[:, 1] / 0.17, (points[:, 0] - TORSO[0]) / 0.12) - np.pi / 2
    return angle, (top - points[:, 2]) / (top - bottom)


def round_leg(points: np.ndarray, mark: str, span: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return the angle, 0 at the outer side and positive in front of the left leg, and how far down."""
    sign = 1.0 if mark == "l" else -1.0
    angle = np.arctan2(points[:, 0] - LEG[0], points[:, 1] * sign - LEG[1] + 0.03)
    return angle * -sign, (span[0] - points[:, 2]) / (span[0] - span[1])


def round_arm(points: np.ndarray, mark: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the angle, 0 at the outer side, and how far along: upper arm, forearm and hand."""
    sign = 1.0 if mark == "l" else -1.0
    along, axis = down_arm(points)
    out = points - axis
    angle = np.arctan2(-out[:, 0], out @ np.array([0.0, 0.75 * sign, 0.66]))
    return angle * sign, np.clip(along / ARM_SPAN, 0, 1)


def on_tile(tile: str, angle: np.ndarray, down: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Return the corners in the atlas; a face across the seam stays in one piece."""
    turn = angle[faces]
    middle = np.angle(np.exp(1j * turn).mean(axis=1))[:, None]
    turn = middle + np.angle(np.exp(1j * (turn - middle)))
    across = WRAP + (turn + np.pi) / (2 * np.pi) * (1 - 2 * WRAP)
    return _placed(tile, np.stack([across, down[faces]], axis=-1))


def _placed(tile: str, flat: np.ndarray) -> np.ndarray:
    """Return places in the atlas from places in a tile, 0 to 1."""
    left, top, wide, high = TILES[tile]
    inside = np.clip(flat, 0.5 / min(wide, high), 1 - 0.5 / min(wide, high))
    return np.asarray((inside * [wide, high] + [left, top]) / ATLAS)


def head_image(whole: Part, source: Source, skin_image: np.ndarray) -> np.ndarray:
    """Return the head of a skin's image (uint8 BGR), unrolled onto the tile "head"."""
    _, _, wide, high = TILES["head"]
    faces, uv = (
        quads(source.faces),
        np.concatenate([source.skin_uv[:, [0, 1, 2]], source.skin_uv[:, [0, 2, 3]]]),
    )
    near = (whole.base[faces][:, :, 2].mean(axis=1) > 1.5) & (
        np.abs(whole.base[faces][:, :, 1]).max(axis=1) < 0.14
    )
    faces, uv = faces[near], uv[near]
    angle, down = round_head(whole.base, "head")
    spots = on_tile("head", angle, down, faces) * ATLAS - TILES["head"][:2]
    far = np.hypot(whole.base[:, 0] - HEAD[0], whole.base[:, 1])[faces].mean(axis=1)
    image, depth = np.zeros((high, wide, 3), np.float32), np.full((high, wide), -1.0)
    size = skin_image.shape[0]
    for index in np.argsort(far):
        spot = spots[index]
        low, top = np.floor(spot.min(axis=0)).astype(int), np.ceil(spot.max(axis=0)).astype(int) + 1
        grid = np.stack(np.meshgrid(np.arange(low[0], top[0]), np.arange(low[1], top[1])), -1).reshape(-1, 2)
        matrix = np.vstack([spot.T, np.ones(3)])
        if abs(np.linalg.det(matrix)) < 1e-6:
            continue
        shares = np.linalg.solve(matrix, np.vstack([(grid + 0.5).T, np.ones(len(grid))])).T
        inside = (shares > -0.02).all(axis=1) & (grid >= 0).all(axis=1) & (grid < [wide, high]).all(axis=1)
        at = grid[inside]
        texel = shares[inside] @ uv[index] * [1, -1] + [0, 1]
        pixel = np.clip((texel * size).astype(int), 0, size - 1)
        image[at[:, 1], at[:, 0]] = skin_image[pixel[:, 1], pixel[:, 0]]
        depth[at[:, 1], at[:, 0]] = far[index]
    empty = depth < 0
    image[empty] = np.median(image[~empty], axis=0)
    return image.astype(np.uint8)
