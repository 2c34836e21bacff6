"""People and the ball in an image: posed meshes and a globe to pixels, nearest in front."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np

from . import raster
from .camera import Views
from .figure import Dressed, normals
from .light import Light, shade
from .sphere import Globe

LEAST_GLOSS = 0.08
"""Floors with less gloss are drawn without reflections."""
_INSIDE = np.float32(0.5)
"""How bright the inside of clothes is relative to their outside."""
_REMAP = 4096
"""Pixels of one row of those whose texture is looked up together."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in an image; S samples, V vertices."""

    dressed: Dressed
    points: np.ndarray
    """Vertices when the shutter opens, shape (V, 3), in metres."""
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
    return Actor(dressed, points[0], seen, raster.between(depth.astype(np.float32)), factors, sheen)


def paint(image: np.ndarray, actors: list[Actor], ball: Globe | None) -> None:
    """Draw people and the ball upon `image` (uint8 BGR), each where nothing of the others is nearer."""
    if actors or ball:
        pixel, colours = _seen(actors, ball, image.shape[:2])
        raster.blend(image, pixel, colours, raster.SAMPLES)


def mirror(image: np.ndarray, actors: list[Actor], views: Views, gloss: float) -> None:
    """Draw upon `image` (uint8 BGR) what a floor of some `gloss`, 0 to 1, reflects of people."""
    if gloss < LEAST_GLOSS or not actors:
        return
    # Reflections are blurred: half as many pixels each way are enough.
    half = Views(np.diag([0.5, 0.5, 1.0]) @ views.matrix[:1], views.position[:1])
    high, wide = (image.shape[0] + 1) // 2, (image.shape[1] + 1) // 2
    under = [_upside_down(one, half) for one in actors]
    pixel, colours = _seen(under, None, (high, wide))
    if not len(pixel):
        return
    rows, columns = np.divmod(pixel, wide)
    blur = float(half.project(under[0].points[None, :1])[1][0, 0]) * (0.01 + 0.05 * (1.0 - gloss))
    room = int(3 * blur) + 1
    top, left = max(int(rows.min()) - room, 0), max(int(columns.min()) - room, 0)
    size = min(int(rows.max()) + room, high) - top, min(int(columns.max()) + room, wide) - left
    layer = np.zeros((*size, 4), np.float32)
    layer[rows - top, columns - left, :3] = colours
    layer[rows - top, columns - left, 3] = 1.0
    layer = cv2.GaussianBlur(layer, (0, 0), 0.4 * blur + 0.2, sigmaY=blur)
    layer = cv2.resize(layer, (2 * size[1], 2 * size[0]), interpolation=cv2.INTER_LINEAR)
    part = image[2 * top : 2 * (top + size[0]), 2 * left : 2 * (left + size[1])]
    layer = layer[: part.shape[0], : part.shape[1]] * _strength(under[0], half, gloss)
    part[:] = np.rint(part * (1.0 - layer[..., 3:]) + layer[..., :3])


def _strength(one: Actor, views: Views, gloss: float) -> np.float32:
    """Return the share of light that the floor reflects, which grows as the camera looks along it."""
    feet = one.points[:, :2].mean(axis=0) - views.position[0, :2]
    flat = (1.0 - np.sin(np.arctan2(views.position[0, 2], np.linalg.norm(feet)))) ** 3
    return np.float32(min(gloss * (0.05 + 0.75 * flat), 0.5))


def _upside_down(one: Actor, views: Views) -> Actor:
    """Return a person as one sample of the floor's mirror shows them."""
    points = one.points * np.array([1.0, 1.0, -1.0], np.float32)
    pixels, _, depth = views.project(points[None])
    return replace(
        one,
        dressed=one.dressed.inside_out,
        points=points,
        pixels=pixels.astype(np.float32),
        depth=depth.astype(np.float32),
    )


def _seen(actors: list[Actor], ball: Globe | None, size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels of samples that people and the ball cover, and their colours, 0 to 255."""
    high, wide = size[:2]
    parts = [
        raster.triangles(one.pixels, one.depth, one.dressed.outfit.mesh.faces, (high, wide)) for one in actors
    ]
    found = [raster.spread(part, (high, wide)) for part in parts]
    pixels = [part.pixel for part in found] + ([ball.pixel] if ball else [])
    depths = [part.depth for part in found] + ([ball.depth] if ball else [])
    edges = np.cumsum([0, *(len(part) for part in pixels)])
    pixel = np.concatenate(pixels)
    front = np.sort(raster.nearest(pixel, np.concatenate(depths), raster.SAMPLES * high * wide))
    cuts = np.searchsorted(front, edges)
    colours = np.empty((len(front), 3), np.float32)
    for index, (start, stop) in enumerate(pairwise(cuts)):
        rows = front[start:stop] - edges[index]
        if index < len(actors):
            part = raster.Fragments(
                *(values[rows] for values in (found[index].pixel, found[index].depth, found[index].source))
            )
            colours[start:stop] = _colours(actors[index], parts[index], part, (high, wide))
        elif ball:
            colours[start:stop] = ball.colours[rows]
    return pixel[front], np.clip(colours, 0, 255)


def _colours(one: Actor, tri: raster.Triangles, part: raster.Fragments, size: tuple[int, int]) -> np.ndarray:
    """Return the colours of fragments of one person, 0 to 255, shape (K, 3)."""
    if not len(part.source):
        return np.empty((0, 3), np.float32)
    mesh = one.dressed.outfit.mesh
    share = raster.weights(tri, part.source, part.pixel, size)
    face = tri.face[part.source]
    corners = mesh.faces[face]
    light = np.column_stack([one.factors, one.sheen])
    mixed = sum(light[corners[:, corner]] * share[corner][:, None] for corner in range(3))
    where = sum(mesh.uv[face, corner] * share[corner][:, None] for corner in range(3))
    mixed *= np.where(face < one.dressed.outside, np.float32(1.0), _INSIDE)[:, None]
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
