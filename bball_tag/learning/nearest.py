"""Which clips are most like some others: cosine of standardised features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

_FLAT = 1e-3
"""A feature that varies by less than this, as a fraction of the usual spread, says nothing."""


class Standard:
    """Mean and spread of each feature over clips of several games, stream by stream."""

    def __init__(self, games: Sequence[tuple[np.ndarray, np.ndarray]], sizes: Sequence[int]) -> None:
        """Measure them.

        Args:
            games: Of each game the features (N, D), and which streams are known of each clip (N, S): of all
                clips, or of some thousands.
            sizes: Features of each stream.
        """
        self._stops = np.cumsum(sizes).tolist()
        values = np.concatenate([values for values, _ in games]).astype(np.float32)
        known = np.concatenate([known for _, known in games])
        self._means = np.zeros(values.shape[1], np.float32)
        self._scales = np.zeros(values.shape[1], np.float32)
        for place, columns in enumerate(self._columns()):
            part = values[known[:, place], columns]
            part = part if len(part) else values[:, columns]
            spread = part.std(axis=0)
            flat = spread <= _FLAT * max(float(np.median(spread)), 1e-12)
            self._means[columns] = part.mean(axis=0)
            self._scales[columns] = np.where(flat, 0.0, 1 / np.where(flat, 1.0, spread))

    def of(self, values: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Return standardised features, float32 (N, D); 0 where a stream is not known."""
        return self._centred(values, known) * self._scales

    def similarities(self, values: np.ndarray, known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Return how alike each clip is to the most similar one of some others, float32 (N,), -1 to 1.

        Args:
            values: Features of the clips, float16 (N, D).
            known: Which streams are known of each, bool (N, S).
            wanted: Standardised features of the others, (Q, D).
        """
        directions = wanted / np.maximum(np.linalg.norm(wanted, axis=1, keepdims=True), 1e-12)
        clips = self._centred(values, known)
        # Scaled within the products, as each pass over all features costs as much as a product.
        products = clips @ (directions * self._scales).T
        np.square(clips, out=clips)
        lengths = np.sqrt(clips @ np.square(self._scales))
        found: np.ndarray = products.max(axis=1) / np.maximum(lengths, 1e-12)
        return found

    def _centred(self, values: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Return features less their means, float32 (N, D); 0 where a stream is not known."""
        found = values.astype(np.float32)
        found -= self._means
        for place, columns in enumerate(self._columns()):
            if not known[:, place].all():
                found[~known[:, place], columns] = 0
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
