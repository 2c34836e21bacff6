"""Turn triangles into pixels: a z-buffer over several samples of each pixel, in numpy.

A image is taken in a few samples. Each has its own shift of less than a pixel, which smooths edges, and its
own instant while the shutter is open, which blurs what moves. All triangles of all samples are worked on
together: first to rows (spans), then to pixels (fragments), and of each pixel's fragments the nearest stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEAR = 0.3
"""Triangles closer to the camera than this are left out, in metres."""
LEAST_AREA = 1e-4
"""Twice the least area of a triangle that is drawn, in pixels."""
SHIFTS = np.array([[-0.125, -0.375], [0.375, -0.125], [-0.375, 0.125], [0.125, 0.375]], np.float32)
"""Where in a pixel each sample is taken: right and down from its middle."""
SAMPLES = len(SHIFTS)
INSTANTS = (np.arange(SAMPLES, dtype=np.float32) + 0.5) / SAMPLES
"""When each sample is taken: 0 is when the shutter opens, 1 when it closes."""


@dataclass(frozen=True, slots=True)
class Triangles:
    """N triangles that face the camera; their corners turn anticlockwise in the image."""

    x: np.ndarray
    """float32, shape (3, N), in pixels."""
    y: np.ndarray
    z: np.ndarray
    """Distance from the camera, in metres."""
    area: np.ndarray
    """Twice the area, below 0 as y points down, shape (N,)."""
    sample: np.ndarray
    """To which sample each belongs, shape (N,)."""
    face: np.ndarray
    """Which face each is, shape (N,)."""


@dataclass(frozen=True, slots=True)
class Fragments:
    """Pixels of samples that something covers, before it is known what is nearest."""

    pixel: np.ndarray
    """Index into the samples of the image, (sample * H + row) * W + column; int64, shape (K,)."""
    depth: np.ndarray
    """float32, shape (K,)."""
    source: np.ndarray
    """Index of what covers it, shape (K,)."""


def triangles(pixels: np.ndarray, depth: np.ndarray, faces: np.ndarray, size: tuple[int, int]) -> Triangles:
    """Return the triangles that face the camera and touch the image.

    Args:
        pixels: Vertices as each sample sees them, float32, shape (S, V, 2); pixels begin at -0.5.
        depth: Float32, shape (S, V).
        faces: Vertices of the triangles, anticlockwise seen from outside, shape (F, 3).
        size: Height and width of the image.
    """
    x, y = (np.ascontiguousarray(pixels[..., axis]) for axis in (0, 1))
    (xa, xb, xc), (ya, yb, yc) = ([values[:, corner] for corner in faces.T] for values in (x, y))
    area = (xb - xa) * (yc - ya) - (xc - xa) * (yb - ya)
    keep = area < -LEAST_AREA
    for values, (a, b, c), most in ((x, (xa, xb, xc), size[1] - 1), (y, (ya, yb, yc), size[0] - 1)):
        if values.min() < 0:
            keep &= np.maximum(np.maximum(a, b), c) >= 0
        if values.max() > most:
            keep &= np.minimum(np.minimum(a, b), c) <= most
    if depth.min() < NEAR:
        keep &= depth[:, faces].min(axis=2) > NEAR
    kept = np.flatnonzero(keep)
    sample, face = np.divmod(kept, len(faces))
    corners = sample * x.shape[1] + faces.T[:, face]
    return Triangles(
        x.ravel()[corners], y.ravel()[corners], depth.ravel()[corners], area.ravel()[kept], sample, face
    )


def spread(tri: Triangles, size: tuple[int, int]) -> Fragments:
    """Return the pixels whose middles lie in each triangle."""
    high, wide = size
    first = np.maximum(np.ceil(tri.y.min(axis=0)), 0.0)
    rows = np.maximum(np.minimum(np.floor(tri.y.max(axis=0)), high - 1.0) - first + 1.0, 0.0).astype(np.int64)
    source, step = _repeated(rows)
    row = first[source] + step
    left, right = _span_ends(tri, first, source, step)
    begin = np.maximum(np.ceil(left), 0.0)
    count = np.minimum(np.ceil(right) - 1.0, wide - 1.0) - begin + 1.0
    full = count > 0
    source, row, begin = source[full], row[full], begin[full]
    slope_x, slope_y = _slopes(tri)
    depth = tri.z[0][source] + slope_x[source] * (begin - tri.x[0][source])
    depth += slope_y[source] * (row - tri.y[0][source])
    start = ((tri.sample[source] * high + row.astype(np.int64)) * wide) + begin.astype(np.int64)
    span, across = _repeated(count[full].astype(np.int64))
    owner = source[span]
    return Fragments(start[span] + across, depth[span] + slope_x[owner] * across.astype(np.float32), owner)


def _repeated(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each index as often as `counts` says, and its number among its own."""
    index = np.repeat(np.arange(len(counts)), counts)
    return index, np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)


def _span_ends(
    tri: Triangles, first: np.ndarray, source: np.ndarray, step: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return where the edges cut the rows: the left and the right end of each span."""
    down = step.astype(np.float32)
    left: np.ndarray | float = -np.inf
    right: np.ndarray | float = np.inf
    for start, stop in ((0, 1), (1, 2), (2, 0)):
        rise = tri.y[stop] - tri.y[start]
        slope = (tri.x[stop] - tri.x[start]) / np.where(rise == 0, 1.0, rise)
        cut = tri.x[start] + slope * (first - tri.y[start])
        at = cut[source] + slope[source] * down
        # Downward edges bound on the left, upward ones on the right, level ones not at all.
        left = np.maximum(left, at + np.where(rise > 0, 0.0, -np.inf).astype(np.float32)[source])
        right = np.minimum(right, at + np.where(rise < 0, 0.0, np.inf).astype(np.float32)[source])
    return np.asarray(left), np.asarray(right)


def _slopes(tri: Triangles) -> tuple[np.ndarray, np.ndarray]:
    """Return by how much the depth grows per pixel to the right and down."""
    (xa, xb, xc), (ya, yb, yc), (za, zb, zc) = tri.x, tri.y, tri.z
    across = ((zb - za) * (yc - ya) - (zc - za) * (yb - ya)) / tri.area
    down = ((xb - xa) * (zc - za) - (xc - xa) * (zb - za)) / tri.area
    return across, down


def nearest(pixel: np.ndarray, depth: np.ndarray, count: int) -> np.ndarray:
    """Return the index of the nearest fragment of each of the `count` pixels that any covers."""
    buffer = np.full(count, np.inf, np.float32)
    np.minimum.at(buffer, pixel, depth)
    first = np.flatnonzero(depth <= buffer[pixel])
    # Of two at the same depth, the later one stays; the buffer's memory serves once more.
    where, owner = pixel[first], buffer.view(np.int32)
    owner[where] = first
    return np.asarray(first[owner[where] == first])


def weights(tri: Triangles, source: np.ndarray, pixel: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the barycentric weights of each fragment's corners, shape (3, K)."""
    high, wide = size
    row, column = np.divmod(pixel % (high * wide), wide)
    (xa, xb, xc), (ya, yb, yc) = tri.x[:, source], tri.y[:, source]
    right, down = column.astype(np.float32) - xa, row.astype(np.float32) - ya
    area = tri.area[source]
    second = (right * (yc - ya) - (xc - xa) * down) / area
    third = ((xb - xa) * down - right * (yb - ya)) / area
    return np.stack([1.0 - second - third, second, third])


def blend(image: np.ndarray, pixel: np.ndarray, colours: np.ndarray, samples: int) -> None:
    """Lay fragments over `image`, each with its sample's share of its pixel.

    Args:
        image: uint8 (H, W, 3), drawn upon.
        pixel: As `Fragments.pixel`, at most one fragment for each.
        colours: 0 to 255, shape (K, 3).
        samples: Number of samples.
    """
    high, wide = image.shape[:2]
    if not len(pixel):
        return
    row, column = np.divmod(pixel % (high * wide), wide)
    first, last = int(row.min()), int(row.max()) + 1
    spot = (row - first) * wide + column
    size = (last - first) * wide
    covered = np.bincount(spot, minlength=size)
    where = np.flatnonzero(covered)
    paint = np.stack([np.bincount(spot, colours[:, tone], size)[where] for tone in range(3)], axis=1)
    rows, columns = np.divmod(where, wide)
    share = 1.0 - covered[where, None] / samples
    mixed = image[first + rows, columns] * share + paint / samples
    image[first + rows, columns] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def between(values: np.ndarray) -> np.ndarray:
    """Return what has two `values` (2, ...), as the shutter opens and closes, at each sample's instant."""
    share = INSTANTS.reshape(-1, *([1] * (values.ndim - 1)))
    return np.asarray(values[0] + (values[1] - values[0]) * share)
