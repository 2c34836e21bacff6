"""Which clips are most like some others: cosine of standardised features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

_SAMPLE = 20_000
"""Clips by which features are standardised: enough for a mean and a spread, however many there are."""
_AT_ONCE = 4096
"""Clips that are compared at once, so that they stay in the processor's cache."""
_FLAT = 1e-3
"""A feature that varies by less than this, as a fraction of the usual spread, says nothing."""


class Standard:
    """Mean and spread of each feature over the clips of several games, stream by stream."""

    def __init__(self, games: Sequence[tuple[np.ndarray, np.ndarray]], sizes: Sequence[int]) -> None:
        """Measure them.

        Args:
            games: Of each game the features (N, D), and which streams are known of each clip (N, S).
            sizes: Features of each stream.
        """
        self._stops = np.cumsum(sizes).tolist()
        total = sum(len(values) for values, _ in games)
        step = max(1, total // _SAMPLE)
        values = np.concatenate([values[::step] for values, _ in games]).astype(np.float32)
        known = np.concatenate([known[::step] for _, known in games])
        self._means, self._scales = [], []
        for place, columns in enumerate(self._columns()):
            part = values[known[:, place], columns]
            part = part if len(part) else values[:, columns]
            spread = part.std(axis=0)
            flat = spread <= _FLAT * max(float(np.median(spread)), 1e-12)
            self._means.append(part.mean(axis=0))
            self._scales.append(np.where(flat, 0.0, 1 / np.where(flat, 1.0, spread)).astype(np.float32))

    def of(self, values: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Return standardised features, float32 (N, D); 0 where a stream is not known."""
        found = values.astype(np.float32)
        for place, columns in enumerate(self._columns()):
            found[:, columns] = (found[:, columns] - self._means[place]) * self._scales[place]
            found[~known[:, place], columns] = 0
        return found

    def similarities(self, values: np.ndarray, known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Return how alike each clip is to the most similar one of some others, float32 (N,), -1 to 1.

        Args:
            values: Features of the clips, float16 (N, D).
            known: Which streams are known of each, bool (N, S).
            wanted: Standardised features of the others, (Q, D).
        """
        length = np.linalg.norm(wanted, axis=1, keepdims=True)
        directions = wanted / np.maximum(length, 1e-12)
        found = np.empty(len(values), np.float32)
        for first in range(0, len(values), _AT_ONCE):
            rows = slice(first, first + _AT_ONCE)
            clips = self.of(values[rows], known[rows])
            lengths = np.sqrt(np.einsum("nd,nd->n", clips, clips))
            found[rows] = (clips @ directions.T).max(axis=1) / np.maximum(lengths, 1e-12)
        return found

    def _columns(self) -> Iterator[slice]:
        for first, stop in zip([0, *self._stops], self._stops, strict=False):
            yield slice(first, stop)


def apart(order: Iterable[int], whose: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> Iterator[int]:
    """Yield clips in an order, but none that shares time with an earlier one of the same player.

    Args:
        order: Indices of clips.
        whose: A number for each player of each game, (N,).
        starts: Seconds, (N,).
        ends: Seconds, (N,).
    """
    taken: dict[int, list[tuple[float, float]]] = {}
    for index in order:
        start, end = float(starts[index]), float(ends[index])
        spans = taken.setdefault(int(whose[index]), [])
        if not any(start < other_end and end > other_start for other_start, other_end in spans):
            spans.append((start, end))
            yield index
