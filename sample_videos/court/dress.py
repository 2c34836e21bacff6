"""A person's mesh and texture: build, skin, hair, kit, number, shoes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import skeleton as sk
from . import skinning
from .bodies import Bodies
from .look import Kit, Person
from .skinning import Mesh


@dataclass(frozen=True, slots=True)
class Outfit:
    """A dressed person: `skinning.pose(outfit.mesh, joints)` moves everything at once."""

    mesh: Mesh
    texture: np.ndarray
    """What covers the mesh, uint8 BGR, square; colours without light."""


_TUBES = (
    (sk.PELVIS, sk.CHEST, skinning.CHEST, 0.14, 0),
    (sk.CHEST, sk.HAIR, skinning.HEAD, 0.08, 2),
    (sk.SHOULDER_L, sk.ELBOW_L, skinning.BICEPS, 0.05, 2),
    (sk.SHOULDER_R, sk.ELBOW_R, skinning.BICEPS + 1, 0.05, 2),
    (sk.ELBOW_L, sk.HAND_L, skinning.FORE, 0.04, 2),
    (sk.ELBOW_R, sk.HAND_R, skinning.FORE + 1, 0.04, 2),
    (sk.HIP_L, sk.KNEE_L, skinning.QUAD, 0.09, 1),
    (sk.HIP_R, sk.KNEE_R, skinning.QUAD + 1, 0.09, 1),
    (sk.KNEE_L, sk.ANKLE_L, skinning.SHIN, 0.05, 2),
    (sk.KNEE_R, sk.ANKLE_R, skinning.SHIN + 1, 0.05, 2),
    (sk.ANKLE_L, sk.TOE_L, skinning.FOOT, 0.04, 3),
    (sk.ANKLE_R, sk.TOE_R, skinning.FOOT + 1, 0.04, 3),
)


def outfit(bodies: Bodies, person: Person, kit: Kit, seed: int) -> Outfit:
    """Return `person` dressed in `kit`; the same arguments give the same."""
    rest = _rest(person.size)
    vertices: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    faces: list[list[int]] = []
    uv: list[list[list[float]]] = []
    for first, second, bone, radius, colour in _TUBES:
        start, stop = rest[first], rest[second]
        along = (stop - start) / np.linalg.norm(stop - start)
        side = np.cross(along, [0.3, 0.9, 0.2])
        side /= np.linalg.norm(side)
        angle = np.linspace(0, 2 * np.pi, 9)[:8, None]
        ring = radius * person.size * (np.cos(angle) * side + np.sin(angle) * np.cross(along, side))
        base = 16 * len(vertices)
        vertices.append(np.concatenate([start + ring, stop + ring]))
        weights.append(np.tile(np.eye(skinning.BONES)[bone], (16, 1)))
        for one in range(8):
            two = (one + 1) % 8
            faces += [[base + one, base + two, base + 8 + one], [base + two, base + 8 + two, base + 8 + one]]
            uv += [[[(colour + 0.5) / 4, 0.5]] * 3] * 2
    texture = np.zeros((64, 64, 3), np.uint8)
    for index, tint in enumerate((kit.jersey, kit.shorts, person.skin, person.shoe)):
        texture[:, index * 16 : index * 16 + 16] = tint
    mesh = Mesh(
        np.concatenate(vertices).astype(np.float32),
        np.concatenate(weights).astype(np.float32),
        rest,
        np.array(faces, np.int32),
        np.array(uv, np.float32),
    )
    return Outfit(mesh, texture)


def _rest(size: float) -> np.ndarray:
    """Return the joints of a body that stands with its arms half raised."""
    rest = np.zeros((sk.JOINTS, 3))
    for sign, side in ((1.0, 0), (-1.0, 1)):
        rest[sk.HIP_L + side] = 0.0, 0.10 * sign, 0.995
        rest[sk.KNEE_L + side] = 0.0, 0.11 * sign, 0.535
        rest[sk.ANKLE_L + side] = -0.02, 0.12 * sign, 0.085
        rest[sk.TOE_L + side] = 0.17, 0.13 * sign, 0.045
        rest[sk.SHOULDER_L + side] = 0.0, 0.195 * sign, 1.515
        rest[sk.ELBOW_L + side] = 0.0, 0.415 * sign, 1.295
        rest[sk.HAND_L + side] = 0.02, 0.65 * sign, 1.065
    rest[sk.PELVIS] = 0.0, 0.0, 0.995
    rest[sk.CHEST] = 0.0, 0.0, 1.515
    rest[sk.HEAD] = 0.0, 0.0, 1.77
    rest[sk.HAIR] = -0.045, 0.0, 1.82
    rest *= size
    rest[sk.FRONT] = 1.0, 0.0, 0.0
    return rest
