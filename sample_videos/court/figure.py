"""People as they are drawn: where everybody is in the frame, and their meshes in the world."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import cv2
import numpy as np
from scipy import sparse

from . import skeleton as sk
from . import skinning
from .attire import Kit, Person
from .bodies import load
from .camera import Views
from .dress import Outfit, outfit
from .look import Look
from .skinning import Mesh

KEYPOINTS = (
    *(sk.SHOULDER_L, sk.SHOULDER_R, sk.ELBOW_L, sk.ELBOW_R, sk.HAND_L, sk.HAND_R),
    *(sk.HIP_L, sk.HIP_R, sk.KNEE_L, sk.KNEE_R, sk.ANKLE_L, sk.ANKLE_R),
)
"""Joints that are keypoints, in the order of the pose stream, whose first keypoint is the nose."""
NOSE = 0.12, -0.028
"""Where the nose is from the middle of the head: forward and up, relative to a body of 1.90 m, in metres."""
_NECK = 0.255
"""From between the shoulders to the middle of the head of such a body, in metres."""
RAISED = {
    sk.SHOULDER_L: (sk.CHEST, sk.HEAD, 0.14),
    sk.SHOULDER_R: (sk.CHEST, sk.HEAD, 0.14),
    sk.KNEE_L: (sk.KNEE_L, sk.HIP_L, 0.055),
    sk.KNEE_R: (sk.KNEE_R, sk.HIP_R, 0.055),
    sk.ANKLE_L: (sk.ANKLE_L, sk.KNEE_L, 0.11),
    sk.ANKLE_R: (sk.ANKLE_R, sk.KNEE_R, 0.11),
}
"""Joints that models of poses see higher than they are, by 3 to 5 cm as measured on rendered people: from
which joint to which they are moved, and by which part of that way."""
_RINGS = 3
"""How many faces deep one sees into clothes."""
_HULL = 16
"""Number of vertices that stand for the outline of what one bone moves."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Players as the camera sees them at several times; T times, F players."""

    joints: np.ndarray
    """Shape (T, F, JOINTS, 3), in metres."""
    dressed: tuple[Dressed, ...]
    """The players' bodies."""
    bones: np.ndarray
    """How each bone is turned and moved, as `skinning.turns` gives it, shape (T, F, BONES, 3, 4)."""
    keypoints: np.ndarray
    """The nose and `KEYPOINTS` in pixels, float32, shape (T, F, 13, 2)."""
    hulls: np.ndarray
    """Outermost points of the body's parts in pixels, whose hulls are the outline, shape (T, F, B, K, 2)."""
    box: np.ndarray
    """Left, top, right, bottom of the body in pixels, shape (T, F, 4)."""
    depth: np.ndarray
    """Distance of the body's middle from the camera, shape (T, F)."""
    scale: np.ndarray
    """Pixels per metre, shape (T, F)."""
    meshes: dict[int, np.ndarray] = field(default_factory=dict)
    """What `posed` has worked out already."""

    def posed(self, index: int) -> np.ndarray:
        """Return the vertices of one player at all times, shape (T, V, 3), in metres."""
        if index not in self.meshes:
            self.meshes[index] = skinning.moved(self.dressed[index].outfit.mesh, self.bones[:, index])
        return self.meshes[index]


@dataclass(frozen=True, slots=True)
class Dressed:
    """A dressed body, with what drawing it often needs."""

    outfit: Outfit
    still: skinning.Frames
    """Where its bones rest."""
    outer: Mesh
    """Only the outermost vertices of what each bone moves, `_HULL` for each part."""
    outside: int
    """How many of the faces are the outside of something; those after them are the inside of clothes."""
    around: sparse.csr_array
    """1 where a face of the outside touches a vertex, shape (V, F)."""
    textures: tuple[np.ndarray, ...]
    """The texture, and the same at half and quarter size."""

    @property
    def inside_out(self) -> Dressed:
        """The body with its faces turned over, as mirrors need them."""
        mesh = self.outfit.mesh
        turned = replace(mesh, faces=mesh.faces[:, ::-1], uv=mesh.uv[:, ::-1])
        return replace(self, outfit=replace(self.outfit, mesh=turned))


def make_figures(joints: np.ndarray, views: Views, look: Look, players: np.ndarray) -> Figures:
    """Project bodies into the frame.

    Args:
        joints: Shape (T, F, JOINTS, 3), in metres.
        views: The camera at the T times.
        look: For what the players look like.
        players: Index of each of the F players, shape (F,).
    """
    dressed = tuple(body(look, int(player)) for player in players)
    times = len(joints)
    now = skinning.frames(joints.reshape(-1, *joints.shape[2:]))
    bones = np.stack([_turns(one, now, index, times) for index, one in enumerate(dressed)], axis=1)
    hulls = [
        views.project(skinning.moved(one.outer, bones[:, index]))[0].reshape(times, -1, _HULL, 2)
        for index, one in enumerate(dressed)
    ]
    parts = max(hull.shape[1] for hull in hulls)
    # Whoever has fewer parts has the last one several times.
    outer = np.stack(
        [np.pad(hull, ((0, 0), (0, parts - hull.shape[1]), (0, 0), (0, 0)), "edge") for hull in hulls], axis=1
    )
    box = np.concatenate([outer.min(axis=(2, 3)), outer.max(axis=(2, 3))], axis=-1)
    _, scale, depth = views.project((joints[:, :, sk.PELVIS] + joints[:, :, sk.CHEST]) / 2)
    pixels = views.project(keypoints(joints))[0].astype(np.float32)
    return Figures(joints, dressed, bones, pixels, outer, box, depth, scale)


def _turns(dressed: Dressed, now: skinning.Frames, index: int, times: int) -> np.ndarray:
    """Return the turns of one body's bones, of all bodies at all times."""
    mine = (part.reshape(times, -1, *part.shape[1:])[:, index] for part in (now.origin, now.axes, now.length))
    return skinning.turns(dressed.still, skinning.Frames(*mine))


def body(look: Look, player: int) -> Dressed:
    """Return the dressed body of a player."""
    return _dressed(look.people[player], look.kits[player // 5], player)


@lru_cache(maxsize=128)
def _dressed(person: Person, kit: Kit, seed: int) -> Dressed:
    whole = outfit(load(), person, kit, seed)
    mesh, cloth = whole.mesh, whole.cloth
    count = len(mesh.faces)
    inside = cloth.start + _near_edges(mesh.faces[cloth])
    faces = np.concatenate([mesh.faces, mesh.faces[inside, ::-1]])
    uv = np.concatenate([mesh.uv, mesh.uv[inside, ::-1]])
    whole = replace(whole, mesh=replace(mesh, faces=faces, uv=uv))
    touches = (np.ones(3 * count, np.float32), (mesh.faces.ravel(), np.repeat(np.arange(count), 3)))
    around = sparse.csr_array(touches, shape=(len(mesh.vertices), count))
    rows = _outermost(mesh)
    outer = replace(mesh, vertices=mesh.vertices[rows], weights=mesh.weights[rows])
    half = cv2.resize(whole.texture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    quarter = cv2.resize(half, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return Dressed(
        whole, skinning.frames(mesh.rest[None]), outer, count, around, (whole.texture, half, quarter)
    )


def _near_edges(faces: np.ndarray) -> np.ndarray:
    """Return which faces (F, 3) are at most `_RINGS` faces away from where the surface ends."""
    sides = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    edges, count = np.unique(sides, axis=0, return_counts=True)
    near: np.ndarray = np.zeros(len(faces), bool)
    reached = np.unique(edges[count == 1])
    for _ in range(_RINGS):
        near = np.asarray(np.isin(faces, reached).any(axis=1))
        reached = np.unique(faces[near])
    return np.flatnonzero(near)


def _outermost(mesh: Mesh) -> np.ndarray:
    """Return the vertices farthest out in `_HULL` directions of what each bone moves, part by part."""
    step = np.arange(_HULL) + 0.5
    rise, turn = 1.0 - 2.0 * step / _HULL, np.pi * (1.0 + 5.0**0.5) * step
    flat = np.sqrt(1.0 - rise**2)
    ways = np.stack([np.cos(turn) * flat, np.sin(turn) * flat, rise], axis=1)
    owner = mesh.weights.argmax(axis=1)
    rows = [np.flatnonzero(owner == bone) for bone in np.unique(owner)]
    return np.concatenate([part[(mesh.vertices[part] @ ways.T).argmax(axis=0)] for part in rows])


def keypoints(joints: np.ndarray) -> np.ndarray:
    """Return the nose and `KEYPOINTS` (..., 13, 3) of joints (..., JOINTS, 3), in metres.

    They are where models of poses see them.
    """
    neck = joints[..., sk.HEAD, :] - joints[..., sk.CHEST, :]
    size = np.linalg.norm(neck, axis=-1, keepdims=True)
    up = neck / size
    face = joints[..., sk.HEAD, :] - joints[..., sk.HAIR, :]
    forward = face - np.sum(face * up, axis=-1, keepdims=True) * up
    forward /= np.maximum(np.linalg.norm(forward, axis=-1, keepdims=True), 1e-9)
    nose = joints[..., sk.HEAD, :] + size / _NECK * (NOSE[0] * forward + NOSE[1] * up)
    raised = joints.copy()
    for joint, (start, end, part) in RAISED.items():
        raised[..., joint, :] += part * (joints[..., end, :] - joints[..., start, :])
    return np.concatenate([nose[..., None, :], raised[..., KEYPOINTS, :]], axis=-2)


def normals(dressed: Dressed, vertices: np.ndarray) -> np.ndarray:
    """Return unit vectors outward at the vertices (V, 3) of a posed body, float32."""
    a, b, c = (vertices[dressed.outfit.mesh.faces[: dressed.outside, corner]] for corner in range(3))
    found = dressed.around @ _cross(b - a, c - a)
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12))


def _cross(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Return cross products (N, 3), faster than numpy's."""
    (ax, ay, az), (bx, by, bz) = one.T, two.T
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=1)
