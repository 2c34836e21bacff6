"""From the 19 joints of a body to the vertices of its mesh.

Every bone has a frame that `frames` computes from the joints alone, for the body at rest as for a moving
one; a vertex moves with its bones' change of frame (linear blend skinning). Bones of the limbs stretch
along their axis so that knees, ankles, elbows and wrists lie where the joints say. Shoulders and hips
have a bone that turns half as far as the limb, and upper arms and thighs one that twists less than the
hinge below, which keeps their volume.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from . import skeleton as sk

PELVIS, BELLY, CHEST, NECK, HEAD = range(5)
CLAVICLE, DELTOID, UPPER, BICEPS, FORE, HAND, BUTTOCK, THIGH, QUAD, SHIN, FOOT = range(5, 27, 2)
"""The left side's; the right side's bone is one higher. DELTOID and BUTTOCK turn half as far as UPPER and
THIGH; BICEPS and QUAD are the lower halves of upper arm and thigh, which follow the hinge."""
BONES = 27

_SIDES = (
    (0, (sk.SHOULDER_L, sk.ELBOW_L, sk.HAND_L), (sk.HIP_L, sk.KNEE_L, sk.ANKLE_L, sk.TOE_L), 1.0),
    (1, (sk.SHOULDER_R, sk.ELBOW_R, sk.HAND_R), (sk.HIP_R, sk.KNEE_R, sk.ANKLE_R, sk.TOE_R), -1.0),
)
_ELBOW_REST, _KNEE_REST = 0.15, 0.35
"""How much a nearly straight limb's hinge keeps to where it bends at ease, as the sine of the bend."""


@dataclass(frozen=True, slots=True)
class Frames:
    """Where bones are; N bodies."""

    origin: np.ndarray
    """Shape (N, BONES, 3), in metres."""
    axes: np.ndarray
    """Unit vectors as rows: across or forward, across, along the bone. Shape (N, BONES, 3, 3)."""
    length: np.ndarray
    """Size along each axis that the bone stretches by, 1 where it does not. Shape (N, BONES, 3)."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """A dressed body at rest: skin, clothes, shoes and hair in one array; V vertices, F faces."""

    vertices: np.ndarray
    """float32, shape (V, 3), in metres: forward, left, up; the floor is at 0."""
    weights: np.ndarray
    """How much each bone moves each vertex, float32, shape (V, BONES); rows add up to 1."""
    rest: np.ndarray
    """The body's joints as `skeleton` has them, shape (JOINTS, 3)."""
    faces: np.ndarray
    """Three vertices each, anticlockwise seen from outside, int32, shape (F, 3)."""
    uv: np.ndarray
    """Where each corner lies in the texture: right and down, 0 to 1, float32, shape (F, 3, 2)."""


def pose(mesh: Mesh, joints: np.ndarray) -> np.ndarray:
    """Return where the vertices of one body are.

    Args:
        mesh: The body at rest.
        joints: Its joints at T instants, shape (T, JOINTS, 3), in metres of the world.

    Returns:
        float32 of shape (T, V, 3), in metres of the world.
    """
    return moved(mesh, turns(frames(mesh.rest[None]), frames(joints)))


def turns(still: Frames, now: Frames) -> np.ndarray:
    """Return what takes each bone from where it rests (one body) to where it is now (N).

    Returns:
        Linear part and shift, float32, shape (N, BONES, 3, 4).
    """
    stretch = now.length / still.length
    turn = np.einsum("tbki,tbk,bkj->tbij", now.axes, stretch, still.axes[0])
    shift = now.origin - np.einsum("tbij,bj->tbi", turn, still.origin[0])
    return np.concatenate([turn, shift[..., None]], axis=-1).astype(np.float32)


def moved(mesh: Mesh, bones: np.ndarray) -> np.ndarray:
    """Return the vertices, float32 (N, V, 3), for what `turns` gives."""
    points = np.concatenate([mesh.vertices, np.ones((len(mesh.vertices), 1), np.float32)], axis=1)
    # All bones and coordinates at once, as one product of matrices.
    spread = (mesh.weights[:, :, None] * points[:, None]).reshape(len(points), -1)
    flat = spread @ bones.transpose(1, 3, 0, 2).reshape(spread.shape[1], -1)
    return np.ascontiguousarray(flat.reshape(len(points), len(bones), 3).transpose(1, 0, 2))


def frames(joints: np.ndarray) -> Frames:
    """Return the frames of all bones for joints of shape (N, JOINTS, 3)."""
    count = len(joints)
    origin, length = np.zeros((count, BONES, 3)), np.ones((count, BONES, 3))
    axes = np.zeros((count, BONES, 3, 3))
    chest = _torso(joints, origin, axes, length)
    for side, arm, leg, sign in _SIDES:
        _arm(joints, (side, arm, sign), chest, origin, axes, length)
        _leg(joints, (side, leg), origin, axes, length)
    return Frames(origin, axes, length)


def _torso(joints: np.ndarray, origin: np.ndarray, axes: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Fill in the bones from pelvis to head; return the chest's axes (N, 3, 3): front, left, up."""
    spine = joints[:, sk.CHEST] - joints[:, sk.PELVIS]
    up = _unit(spine)
    hips = joints[:, sk.HIP_L] - joints[:, sk.HIP_R]
    across = joints[:, sk.SHOULDER_L] - joints[:, sk.SHOULDER_R]
    lower = _frame(up, np.cross(hips, up))
    upper = _frame(up, joints[:, sk.FRONT])
    axes[:, PELVIS], axes[:, CHEST] = lower, upper
    axes[:, BELLY] = _frame(up, lower[:, 0] + upper[:, 0])
    for bone, joint in ((PELVIS, sk.PELVIS), (BELLY, sk.PELVIS), (CHEST, sk.CHEST), (NECK, sk.CHEST)):
        origin[:, bone] = joints[:, joint]
    length[:, :CLAVICLE, 2] = np.linalg.norm(spine, axis=1)[:, None]
    wide = np.linalg.norm(hips, axis=1), np.linalg.norm(across, axis=1)
    length[:, PELVIS, 1], length[:, CHEST, 1] = wide
    length[:, BELLY, 1] = (wide[0] + wide[1]) / 2
    neck = joints[:, sk.HEAD] - joints[:, sk.CHEST]
    face = joints[:, sk.HEAD] - joints[:, sk.HAIR]
    origin[:, HEAD] = joints[:, sk.HEAD]
    # The face looks half a right angle below "up", because HAIR lies above and behind the head's centre.
    axes[:, HEAD] = _frame(_unit(face), neck)
    axes[:, NECK] = _frame(_unit(neck), _unit(face) + _unit(neck) + upper[:, 0])
    length[:, NECK, 2] = np.linalg.norm(neck, axis=1)
    length[:, HEAD] = 1.0
    return upper


def _arm(
    joints: np.ndarray,
    limb: tuple[int, tuple[int, int, int], float],
    chest: np.ndarray,
    origin: np.ndarray,
    axes: np.ndarray,
    length: np.ndarray,
) -> None:
    """Fill in the bones of one arm."""
    side, (shoulder, elbow, hand), sign = limb
    upper, lower = joints[:, elbow] - joints[:, shoulder], joints[:, hand] - joints[:, elbow]
    ease = chest[:, 0] - 0.35 * sign * chest[:, 1] + 0.5 * chest[:, 2]
    bend = _across(_unit(lower), _unit(upper)) + _ELBOW_REST * _unit(_across(ease, _unit(upper)))
    hinge = np.cross(upper, bend)
    collar = joints[:, shoulder] - joints[:, sk.CHEST]
    axes[:, CLAVICLE + side] = _frame(_unit(collar), chest[:, 0])
    axes[:, UPPER + side] = _frame(_unit(upper), _unit(bend) + _unit(_across(ease, _unit(upper))))
    axes[:, BICEPS + side] = _frame(_unit(upper), bend)
    axes[:, FORE + side] = axes[:, HAND + side] = _frame(_unit(lower), np.cross(hinge, lower))
    axes[:, DELTOID + side] = _half(chest, axes[:, UPPER + side], sign)
    origin[:, CLAVICLE + side] = joints[:, sk.CHEST]
    for bone in (DELTOID, UPPER, BICEPS):
        origin[:, bone + side] = joints[:, shoulder]
    origin[:, FORE + side], origin[:, HAND + side] = joints[:, elbow], joints[:, hand]
    length[:, CLAVICLE + side, 2] = np.linalg.norm(collar, axis=1)
    length[:, [UPPER + side, BICEPS + side], 2] = np.linalg.norm(upper, axis=1)[:, None]
    length[:, FORE + side, 2] = np.linalg.norm(lower, axis=1)


def _leg(
    joints: np.ndarray,
    limb: tuple[int, tuple[int, int, int, int]],
    origin: np.ndarray,
    axes: np.ndarray,
    length: np.ndarray,
) -> None:
    """Fill in the bones of one leg."""
    side, (hip, knee, ankle, toe) = limb
    thigh, shin = joints[:, knee] - joints[:, hip], joints[:, ankle] - joints[:, knee]
    foot = joints[:, toe] - joints[:, ankle]
    pelvis = axes[:, PELVIS]
    ease = _unit(_across(-_unit(foot) - 0.5 * pelvis[:, 0], _unit(thigh)))
    bend = _across(_unit(shin), _unit(thigh)) + _KNEE_REST * ease
    hinge = np.cross(thigh, bend)
    axes[:, THIGH + side] = _frame(_unit(thigh), _unit(_across(pelvis[:, 0], _unit(thigh))) - _unit(bend))
    axes[:, QUAD + side] = _frame(_unit(thigh), -bend)
    axes[:, SHIN + side] = _frame(_unit(shin), np.cross(shin, hinge))
    axes[:, FOOT + side] = _frame(_unit(foot), shin)
    axes[:, BUTTOCK + side] = _half(pelvis, axes[:, THIGH + side], 0.0)
    for bone, joint in ((BUTTOCK, hip), (THIGH, hip), (QUAD, hip), (SHIN, knee), (FOOT, ankle)):
        origin[:, bone + side] = joints[:, joint]
    length[:, [THIGH + side, QUAD + side], 2] = np.linalg.norm(thigh, axis=1)[:, None]
    length[:, SHIN + side, 2] = np.linalg.norm(shin, axis=1)


def _half(parent: np.ndarray, child: np.ndarray, sign: float) -> np.ndarray:
    """Return axes halfway between the trunk's and a limb's, whose resting direction is down and outward."""
    home = np.array([[1.0, 0.0, 0.0], [0.0, -0.707, -0.707 * sign], [0.0, 0.707 * sign, -0.707]])
    if sign == 0.0:
        home = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])
    start = home @ parent
    turn = Rotation.from_matrix(np.swapaxes(start, 1, 2) @ child)
    return np.asarray(start @ Rotation.from_rotvec(0.5 * turn.as_rotvec()).as_matrix())


def _frame(along: np.ndarray, toward: np.ndarray) -> np.ndarray:
    """Return right-handed axes (N, 3, 3) as rows: nearest to `toward`, across, and `along` (unit)."""
    first = _unit(_across(toward, along))
    return np.stack([first, np.cross(along, first), along], axis=1)


def _across(vectors: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Return the part of `vectors` at right angles to the unit vectors `axis`."""
    return np.asarray(vectors - np.sum(vectors * axis, axis=-1, keepdims=True) * axis)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))
