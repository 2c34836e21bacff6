"""People and the ball in a image: posed meshes and a globe to pixels, nearest in front."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from . import raster
from .camera import Views
from .figure import Dressed, normals
from .light import Light, shade
from .sphere import Globe

_REMAP = 4096
"""Pixels of one row of those whose texture is looked up together."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in a image; S samples, V vertices."""

    dressed: Dressed
    pixels: np.ndarray
    """Vertices as each sample sees them, float32, shape (S, V, 2)."""
    depth: np.ndarray
    """float32, shape (S, V)."""
    factors: np.ndarray
    """What the light does to the texture's colours, float32, shape (V, 3)."""
    sheen: np.ndarray
    """What the lamps' reflections add, 0 to 255, shape (V,)."""


def actor(dressed: Dressed, points: np.ndarray, views: Views, light: Light, centres: np.ndarray) -> Actor:
    """Return a person as the image's samples see them.

    Args:
        dressed: The person's body.
        points: Its vertices when the shutter opens and when it closes, shape (2, V, 3), in metres.
        views: The camera at both times, in pixels of the image.
        light: Of the hall.
        centres: Of the spheres that shade the person, as `light.spheres` gives them.
    """
    pixels, _, depth = views.project(points)
    factors, sheen = shade(light, points[0], normals(dressed, points[0]), centres, views.position[0])
    seen = raster.between(pixels.astype(np.float32)) - raster.SHIFTS[:, None]
    return Actor(dressed, seen, raster.between(depth.astype(np.float32)), factors, sheen)


def paint(image: np.ndarray, actors: list[Actor], ball: Globe | None) -> None:
    """Draw people and the ball upon `image` (uint8 BGR), each where nothing of the others is nearer."""
    size = image.shape[:2]
    parts = [raster.triangles(one.pixels, one.depth, one.dressed.outfit.mesh.faces, size) for one in actors]
    found = [raster.spread(part, size) for part in parts]
    pixels = [part.pixel for part in found] + ([ball.pixel] if ball else [])
    depths = [part.depth for part in found] + ([ball.depth] if ball else [])
    if not pixels:
        return
    edges = np.cumsum([0, *(len(part) for part in pixels)])
    pixel = np.concatenate(pixels)
    front = np.sort(raster.nearest(pixel, np.concatenate(depths), raster.SAMPLES * size[0] * size[1]))
    cuts = np.searchsorted(front, edges)
    colours = np.empty((len(front), 3), np.float32)
    for index in range(len(pixels)):
        mine = slice(cuts[index], cuts[index + 1])
        rows = front[mine] - edges[index]
        if index < len(actors):
            source, where = found[index].source[rows], found[index].pixel[rows]
            colours[mine] = _colours(actors[index], parts[index], source, where, size)
        elif ball:
            colours[mine] = ball.colours[rows]
    raster.blend(image, pixel[front], np.clip(colours, 0, 255), raster.SAMPLES)


def _colours(
    one: Actor, tri: raster.Triangles, source: np.ndarray, pixel: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Return the colours of fragments of one person, 0 to 255, shape (K, 3)."""
    if not len(source):
        return np.empty((0, 3), np.float32)
    mesh = one.dressed.outfit.mesh
    share = raster.weights(tri, source, pixel, size)
    face = tri.face[source]
    corners = mesh.faces[face]
    light = np.column_stack([one.factors, one.sheen])
    mixed = sum(light[corners[:, part]] * share[part][:, None] for part in range(3))
    where = sum(mesh.uv[face, part] * share[part][:, None] for part in range(3))
    texels = _texels(one.dressed, where, _level(one.dressed, tri))
    return np.asarray(texels * mixed[:, :3] + mixed[:, 3:])


def _level(dressed: Dressed, tri: raster.Triangles) -> int:
    """Return which of the textures has about one texel for each sample of the image."""
    uv = dressed.outfit.mesh.uv[tri.face]
    one, two = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    texels = np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).sum() * dressed.textures[0].shape[0] ** 2
    ratio = np.sqrt(texels / max(float(np.abs(tri.area).sum()), 1e-6))
    return int(np.clip(np.floor(np.log2(max(float(ratio), 1.0))), 0, len(dressed.textures) - 1))


def _texels(dressed: Dressed, where: np.ndarray, level: int) -> np.ndarray:
    """Return the texture's colours at `where` (K, 2), 0 to 255, shape (K, 3)."""
    texture = dressed.textures[level]
    count = len(where)
    padded = np.zeros((-(-count // _REMAP) * _REMAP, 2), np.float32)
    padded[:count] = where * np.float32(len(texture)) - np.float32(0.5)
    right, down = (padded[:, axis].reshape(-1, _REMAP) for axis in (0, 1))
    found = cv2.remap(texture, right, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found.reshape(-1, 3)[:count])
