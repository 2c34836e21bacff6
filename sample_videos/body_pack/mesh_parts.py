"""Pieces of mesh in the making: cut, reshaped and simplified; only `make_bodies.py` needs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import fast_simplification
import numpy as np
from scipy.spatial import cKDTree

Change = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Part:
    """A piece in the making: shapes (1 + K, n, 3), weights (n, BONES), faces (f, 3)."""

    shapes: np.ndarray
    weights: np.ndarray
    faces: np.ndarray

    @property
    def base(self) -> np.ndarray:
        """The usual man's vertices, shape (n, 3)."""
        return np.asarray(self.shapes[0])

    def reshaped(self, change: Change) -> Part:
        """Return the part with `change` made to the vertices of every shape."""
        usual = change(self.shapes[0])
        others = [change(self.shapes[0] + shape) - usual for shape in self.shapes[1:]]
        return replace(self, shapes=np.stack([usual, *others]))

    def cut(self, values: np.ndarray) -> Part:
        """Keep where the linear field `values` (n,) is above 0; edges that cross 0 get a vertex there."""
        inside = values > 0
        faces, new, pairs, shares = [], {}, [], []

        def between(a: int, b: int) -> int:
            key = (min(a, b), max(a, b))
            if key not in new:
                new[key] = len(values) + len(new)
                pairs.append(key)
                shares.append(values[key[0]] / (values[key[0]] - values[key[1]]))
            return int(new[key])

        for face in self.faces.tolist():
            polygon = []
            for a, b in zip(face, face[1:] + face[:1], strict=True):
                if inside[a]:
                    polygon.append(a)
                if inside[a] != inside[b]:
                    polygon.append(between(a, b))
            faces += [[polygon[0], polygon[i], polygon[i + 1]] for i in range(1, len(polygon) - 1)]
        ends, part = np.array(pairs, int).reshape(-1, 2), np.array(shares)
        shapes = self.shapes[:, ends[:, 0]] * (1 - part)[:, None] + self.shapes[:, ends[:, 1]] * part[:, None]
        weights = self.weights[ends[:, 0]] * (1 - part)[:, None] + self.weights[ends[:, 1]] * part[:, None]
        whole = Part(
            np.concatenate([self.shapes, shapes], axis=1),
            np.concatenate([self.weights, weights]),
            np.array(faces),
        )
        return whole.only(np.unique(whole.faces))

    def only(self, chosen: np.ndarray) -> Part:
        """Keep the vertices `chosen` and the faces between them."""
        index = np.full(self.shapes.shape[1], -1)
        index[chosen] = np.arange(len(chosen))
        faces = index[self.faces]
        return Part(self.shapes[:, chosen], self.weights[chosen], faces[(faces >= 0).all(axis=1)])

    def simpler(self, count: int, looks: np.ndarray) -> Part:
        """Return the part with about `count` faces, simplified as if its vertices were `looks` (n, 3)."""
        used = np.unique(self.faces)
        part, looks = self.only(used), looks[used]
        points, faces = fast_simplification.simplify(
            looks.astype(np.float32), part.faces.astype(np.int32), target_count=count, agg=5
        )
        near = cKDTree(looks).query(points)[1]
        faces = near[faces]
        distinct = (np.diff(np.sort(faces, axis=1), axis=1) > 0).all(axis=1)
        return replace(part, faces=faces[distinct]).only(np.unique(faces[distinct]))


def normals(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Return unit normals (n, 3) of the vertices."""
    corner = points[faces]
    flat = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    found = np.zeros_like(points)
    for index in range(3):
        np.add.at(found, faces[:, index], flat)
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12))


def draped(points: np.ndarray, faces: np.ndarray, times: int, ease: float | np.ndarray) -> np.ndarray:
    """Return the vertices (n, 3) as cloth lies over them: `ease` metres off, and over hollows."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    pairs, count = np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)
    inner = np.ones((len(points), 1), bool)
    inner[pairs[count == 1]] = False
    both = np.concatenate([pairs, pairs[:, ::-1]])
    degree = np.maximum(np.bincount(both[:, 0], minlength=len(points)), 1)[:, None]
    moved = points.copy()
    for _ in range(times):
        around = np.zeros_like(moved)
        np.add.at(around, both[:, 0], moved[both[:, 1]])
        moved = np.where(inner, 0.5 * moved + 0.5 * around / degree, moved)
    out = normals(points, faces)
    over = np.maximum(np.sum((moved - points) * out, axis=1, keepdims=True), 0.0)
    return np.asarray(points + (over + ease) * out)
