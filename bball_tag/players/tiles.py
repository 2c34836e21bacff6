"""Cut large frames into tiles where people are too small for the detector, and join what the seams cut."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from bball_tag.errors import OptionError

AUTO_TILES = "auto"
"""Has the tiling chosen from some frames of the video."""
MAX_TILES = 16
"""Columns or rows of tiles at most."""
_OVERLAP = 0.2
"""Of a tile's side, shared with its neighbour: more than a standing person is wide."""
_NEAR_EDGE = 0.01
"""Of a tile's side: a box that ends so close to a seam is taken to be cut by it."""
_COVERED = 0.7
"""Share of a cut box that lies within another tile's box of the same person."""
_SAME_EXTENT = 0.6
"""Overlap of the extents along the seam, of two halves of one person."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """How a frame is cut for the detector; one column and one row is the whole frame."""

    columns: int = 1
    rows: int = 1
    is_fitted: bool = False
    """Whether the frame is fitted into the input, also where it could be shown with more pixels."""

    def __str__(self) -> str:
        return f"{self.columns}x{self.rows}" if len(self) > 1 else "none"

    def __len__(self) -> int:
        return self.columns * self.rows

    def cuts(self, height: int, width: int) -> list[tuple[int, int, int, int]]:
        """Return left, top, right and bottom of each tile of an image, row by row."""
        across, down = _intervals(width, self.columns), _intervals(height, self.rows)
        return [(left, top, right, bottom) for top, bottom in down for left, right in across]

    def tile_size(self, height: int, width: int) -> tuple[int, int]:
        """Return height and width of the first tile of an image."""
        _, _, right, bottom = self.cuts(height, width)[0]
        return bottom, right


WHOLE, FITTED = Tiling(), Tiling(is_fitted=True)


def parse_tiles(text: str) -> Tiling | None:
    """Return the tiling that `none` or `COLSxROWS` names; None for `auto`.

    Raises:
        OptionError: It is something else.
    """
    if text == AUTO_TILES:
        return None
    if text == "none":
        return WHOLE
    numbers = re.fullmatch(r"([0-9]{1,2})[x×]([0-9]{1,2})", str(text))
    if not numbers or not all(1 <= int(number) <= MAX_TILES for number in numbers.groups()):
        raise OptionError(
            f"--tiles must be auto, none, or columns and rows as in 3x1 (1 to {MAX_TILES}), not {text!r}."
        )
    return Tiling(int(numbers[1]), int(numbers[2]))


def _intervals(length: int, count: int) -> list[tuple[int, int]]:
    """Return `count` equal intervals that cover `length` pixels and overlap by `_OVERLAP`."""
    side = length / (count - (count - 1) * _OVERLAP)
    starts = [round(index * side * (1 - _OVERLAP)) for index in range(count)]
    return [(start, min(length, start + int(np.ceil(side)))) for start in starts]


def join_at_seams(
    boxes: np.ndarray, scores: np.ndarray, tiles: np.ndarray, cuts: list[tuple[int, int, int, int]]
) -> tuple[np.ndarray, np.ndarray]:
    """Make one box of what several tiles show of one person.

    Two halves that a seam cuts become one box with the higher score; a part of somebody whom the next tile
    shows whole is dropped. Boxes that no seam cuts stay as they are: people may stand close together.

    Args:
        boxes: left, top, width, height in pixels of the frame, float32 (N, 4).
        scores: float32 (N,).
        tiles: Which tile each box was found in, int (N,).
        cuts: left, top, right and bottom of each tile.

    Returns:
        The boxes, those that were joined enlarged, and which of them to keep, bool (N,).
    """
    edges = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    is_cut = _cut_sides(edges, np.array(cuts, np.float32)[tiles], np.array(cuts, np.float32))
    kept = np.ones(len(boxes), bool)
    # Weak halves first: each goes into a stronger one.
    for index in np.argsort(scores, kind="stable"):
        if not is_cut[index].any():
            continue
        rivals = np.flatnonzero(kept & (tiles != tiles[index]))
        rivals = rivals[rivals != index]
        partners = rivals[_are_halves(edges[index], is_cut[index], edges[rivals], is_cut[rivals])]
        if len(partners):
            other = partners[np.argmax(scores[partners])]
            edges[other, :2] = np.minimum(edges[other, :2], edges[index, :2])
            edges[other, 2:] = np.maximum(edges[other, 2:], edges[index, 2:])
            kept[index] = False
        elif len(rivals):
            kept[index] = not _is_covered(edges[index], edges[rivals])
    return np.concatenate([edges[:, :2], edges[:, 2:] - edges[:, :2]], axis=1), kept


def _cut_sides(edges: np.ndarray, tiles: np.ndarray, all_tiles: np.ndarray) -> np.ndarray:
    """Say of each box whether its left, top, right and bottom lie at a seam: bool (N, 4)."""
    frame = np.concatenate([all_tiles[:, :2].min(axis=0), all_tiles[:, 2:].max(axis=0)])
    near = np.tile((tiles[:, 2:] - tiles[:, :2]) * _NEAR_EDGE, 2)
    sides: np.ndarray = (np.abs(edges - tiles) <= near) & (tiles != frame)
    return sides


def _are_halves(box: np.ndarray, cut: np.ndarray, others: np.ndarray, others_cut: np.ndarray) -> np.ndarray:
    """Say of each other box whether it and `box` are two halves of one person: bool (N,)."""
    result = np.zeros(len(others), bool)
    for axis in (0, 1):
        facing = (cut[axis + 2] & others_cut[:, axis]) | (cut[axis] & others_cut[:, axis + 2])
        meet = _overlap_1d(box, others, axis) >= 0
        along = 1 - axis
        union = np.maximum(box[along + 2], others[:, along + 2]) - np.minimum(box[along], others[:, along])
        result |= facing & meet & (_overlap_1d(box, others, along) >= _SAME_EXTENT * union)
    return result


def _is_covered(box: np.ndarray, others: np.ndarray) -> bool:
    """Say whether most of `box` lies within one of the others."""
    across, down = (np.maximum(_overlap_1d(box, others, axis), 0) for axis in (0, 1))
    area = (box[2] - box[0]) * (box[3] - box[1])
    return bool((across * down >= _COVERED * area).any())


def _overlap_1d(box: np.ndarray, others: np.ndarray, axis: int) -> np.ndarray:
    """Return how far the extents overlap along an axis, in pixels; negative for a gap between them."""
    overlap: np.ndarray = np.minimum(box[axis + 2], others[:, axis + 2]) - np.maximum(
        box[axis], others[:, axis]
    )
    return overlap
