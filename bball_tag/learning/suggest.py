"""Which clips to judge next: some that the model is unsure of, some unlike all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

APART_S = 2.0
"""Clips of one player whose starts are nearer than this are neighbours: one of them is enough."""
_MOST_COMPARED = 20_000
"""Clips among which those are looked for that are unlike all others."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The clips of all games."""

    games: np.ndarray
    """Number of each clip's game, int64 (N,)."""
    players: np.ndarray
    """Its player, str (N,)."""
    starts: np.ndarray
    """Seconds, float64 (N,)."""
    probabilities: np.ndarray
    """Calibrated, float32 (N, K)."""
    judged: np.ndarray
    """Whether a person has judged it, bool (N,)."""

    @property
    def margins(self) -> np.ndarray:
        """How much likelier the likeliest label is than the second, (N,): 0 is as unsure as can be."""
        top = np.partition(self.probabilities, -2, axis=1)[:, -2:]
        margin: np.ndarray = np.abs(top[:, 1] - top[:, 0])
        return margin

    def neighbours(self, index: int) -> np.ndarray:
        """Return which clips are neighbours of one, or the clip itself, bool (N,)."""
        same = (self.games == self.games[index]) & (self.players == self.players[index])
        near: np.ndarray = same & (np.abs(self.starts - self.starts[index]) < APART_S)
        return near


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A clip to be judged."""

    index: int
    """Its index among the candidates."""
    is_unsure: bool
    """Whether it was chosen because the model is unsure of it; else because it is unlike all others."""


def suggest(
    clips: Candidates, count: int, features: Callable[[np.ndarray], np.ndarray], seed: int = 0
) -> list[Suggestion]:
    """Return up to `count` clips, half of them unsure, half spread, and never two neighbours.

    The unsure ones have the smallest margin (Scheffer et al., 2001). The spread ones are as far as possible
    from all that is judged or chosen (greedy k-center: Sener and Savarese, 2018). Both take the labels that
    the model gives in turn, and the spread ones the games too, so that rare labels are not lost.

    Args:
        clips: All clips.
        count: How many are wanted.
        features: Returns features, float32 (n, D), of clips by their indices.
        seed: Of the choice of clips that are compared, where there are very many.
    """
    free = ~clips.judged
    labels = clips.probabilities.argmax(axis=1)
    chosen: list[Suggestion] = []
    taken: Counter[int] = Counter()
    # Of a checkpoint that knows one label alone, all clips are as sure.
    tells_apart = clips.probabilities.shape[1] > 1
    margins = clips.margins if tells_apart else np.zeros(len(free))
    for _ in range((count + 1) // 2 if tells_apart else 0):
        if (index := _rarest_first(free, labels, taken, -margins)) is None:
            break
        chosen.append(Suggestion(index, is_unsure=True))
        taken[int(labels[index])] += 1
        free &= ~clips.neighbours(index)
    return chosen + _spread(clips, count - len(chosen), free, [one.index for one in chosen], features, seed)


def _spread(
    clips: Candidates,
    count: int,
    free: np.ndarray,
    before: Sequence[int],
    features: Callable[[np.ndarray], np.ndarray],
    seed: int,
) -> list[Suggestion]:
    """Return clips that are free and far from those judged and chosen `before`, and from each other."""
    rng = np.random.default_rng(seed)
    open_ = np.flatnonzero(free)
    if len(open_) > _MOST_COMPARED:
        open_ = np.sort(rng.choice(open_, _MOST_COMPARED, replace=False))
    judged = np.flatnonzero(clips.judged)
    if len(judged) > _MOST_COMPARED // 10:
        judged = rng.choice(judged, _MOST_COMPARED // 10, replace=False)
    if not count or not len(open_):
        return []
    # Rows of what is compared: those that may be chosen, then what they are to be far from.
    values = _scaled(features(np.concatenate([open_, judged, np.array(before, np.int64)])))
    own, others = values[: len(open_)], values[len(open_) :]
    distance = np.full(len(open_), np.inf)
    for other in others:
        distance = np.minimum(distance, ((own - other) ** 2).sum(axis=1))
    if not len(others):
        distance = ((own - own.mean(axis=0)) ** 2).sum(axis=1)
    num_games = int(clips.games.max()) + 1
    kinds = clips.probabilities[open_].argmax(axis=1) * num_games + clips.games[open_]
    taken: Counter[int] = Counter()
    chosen: list[Suggestion] = []
    left = np.ones(len(open_), bool)
    while len(chosen) < count and (row := _rarest_first(left, kinds, taken, distance)) is not None:
        chosen.append(Suggestion(int(open_[row]), is_unsure=False))
        taken[int(kinds[row])] += 1
        left &= ~clips.neighbours(int(open_[row]))[open_]
        distance = np.minimum(distance, ((own - own[row]) ** 2).sum(axis=1))
    return chosen


def _rarest_first(free: np.ndarray, kinds: np.ndarray, taken: Counter[int], worth: np.ndarray) -> int | None:
    """Return the free clip worth most among those of the kind that was taken least; None if none is free."""
    open_ = np.flatnonzero(free)
    if not len(open_):
        return None
    there = np.unique(kinds[open_])
    fewest = min(taken[int(kind)] for kind in there)
    rarest = [kind for kind in there if taken[int(kind)] == fewest]
    open_ = open_[np.isin(kinds[open_], rarest)]
    return int(open_[int(np.argmax(worth[open_]))])


def _scaled(values: np.ndarray) -> np.ndarray:
    """Return features of which each varies alike; those that hardly vary count little."""
    spread = values.std(axis=0)
    scaled: np.ndarray = values / np.maximum(spread, max(0.1 * float(spread.mean()), 1e-6))
    return scaled
