"""Join pieces of one player, best first, and rather two ids than a wrong join."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bball_tag.players.places import Places

ON_FLOOR = 5
"""Players of a team on the floor."""

_WANDER = 1.0
"""Standard deviation of a player's velocity, in body heights per second: between walk and run."""
_TURN_S = 1.0
"""A player's velocity is forgotten over about this time, in seconds."""
_FORESHORTENED = 0.5
"""Movement down the frame against movement along it: a camera sees the floor at about 30 degrees."""
_JITTER = 0.15
"""Standard deviation of a box's foot point, in body heights."""
_LOST = 0.05
"""How often a place says nothing: a box is cut off by an occlusion, or the camera's movement is not known."""
_FASTEST = 5.0
"""Nobody runs faster, in body heights per second: 9.5 m/s."""
_SLACK = 1.0
"""A foot point may be wrong by this much, in body heights."""
_REPLACED_S = 600.0
"""For how long a player stays on the floor on average: 20 substitutions a team in 40 minutes."""
_STRANGER = 0.05
"""How often a piece that begins is a stranger for other reasons than substitution."""
_LEAST_SURE = (0.99, 0.96, 0.9)
"""Probability that a join must have, in turn: the surest come first, as each tells more of the others."""
_MOST = 1500
"""Pieces that are compared with one another at once; more are joined part by part first."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Pieces that belong together."""

    members: tuple[int, ...]
    """Indices of the pieces, in order of time."""
    sureness: float
    """Probability that the least sure of the joins is right; 1 for a single piece."""


def join(places: Places, alike: Likeness, fps: float, on_floor: int = ON_FLOOR) -> list[Joined]:
    """Join pieces of one team.

    Args:
        places: The team's pieces.
        alike: How alike they look.
        fps: Instants per second.
        on_floor: How many of them can be on the floor at once.

    Returns:
        Groups of pieces, in order of their first appearance.
    """
    groups = [Joined((index,), 1.0) for index in np.argsort(places.first, kind="stable").tolist()]
    while len(groups) > _MOST:
        parts = [groups[begin : begin + _MOST] for begin in range(0, len(groups), _MOST)]
        fewer = [one for part in parts for one in _join_part(part, places, alike, fps, on_floor)]
        if len(fewer) > 0.9 * len(groups):
            # What is left is compared at once, however long that takes.
            groups = fewer
            break
        groups = sorted(fewer, key=lambda one: places.first[one.members[0]])
    return sorted(
        _join_part(groups, places, alike, fps, on_floor), key=lambda one: places.first[one.members[0]]
    )


class Likeness:
    """How much likelier two looks are if they are of one person than of two teammates."""

    def __init__(self, means: np.ndarray, counts: np.ndarray, same: np.ndarray, other: np.ndarray) -> None:
        """Get ready to compare looks.

        Args:
            means: What each piece looks like, shape (N, C).
            counts: Number of detections that each is the mean of, shape (N,).
            same: Covariance of the difference between two looks of one person, shape (C, C).
            other: Covariance of the difference between two teammates, shape (C, C).
        """
        self.means, self.counts = means, counts
        self._shift = 0.5 * (np.linalg.slogdet(other)[1] - np.linalg.slogdet(same)[1])
        self._form = np.linalg.inv(same) - np.linalg.inv(other)
        self.temper = 1.0

    def log_ratio(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Return the log likelihood ratio of looks (N, C) against looks (M, C), shape (N, M)."""
        # The form of a difference, multiplied out, so that no array of (N, M, C) is needed.
        cross = one @ self._form @ other.T
        squares = [np.einsum("nc,cd,nd->n", looks, self._form, looks) for looks in (one, other)]
        form = squares[0][:, None] + squares[1][None, :] - cross - (other @ self._form @ one.T).T
        return np.asarray(self.temper * np.clip(self._shift - 0.5 * form, -12.0, 6.0))


def _place_ratio(places: Places, one: np.ndarray, other: np.ndarray, fps: float) -> tuple[np.ndarray, ...]:
    """Compare where pieces `one` (N,) end with where pieces `other` (M,) begin.

    A player's velocity is an Ornstein-Uhlenbeck process, so that the place is known ever less; a teammate may
    be anywhere where players are.

    Returns:
        Gap in seconds, the log likelihood ratio, and whether nobody could run that far; each of shape (N, M).
    """
    gap = (places.first[other][None, :] - places.last[one][:, None]) / fps
    same_shot = places.shot[one][:, None] == places.shot[other][None, :]
    time = np.maximum(gap, 0.0)
    kept = (_TURN_S * (1 - np.exp(-time / _TURN_S)))[..., None]
    begin, end = places.ends[other, 0][None, :], places.ends[one, 1][:, None]
    scale = np.sqrt(places.scale[other, 0][None, :] * places.scale[one, 1][:, None])
    away = (begin - end - kept * places.velocity[one, 1][:, None]) / scale[..., None]
    ratio = time / _TURN_S
    wander = _WANDER * _TURN_S * np.sqrt(2 * (ratio - 1 + np.exp(-ratio)))
    width = np.stack([np.hypot(_JITTER, wander), np.hypot(_JITTER, _FORESHORTENED * wander)], axis=-1)
    density = np.exp(-0.5 * ((away / width) ** 2).sum(axis=-1)) / (2 * np.pi * width.prod(axis=-1))
    room = _room(places)
    log_ratio = np.log((1 - _LOST) * density * room + _LOST)
    straight = np.linalg.norm((begin - end) / scale[..., None], axis=-1)
    too_far = same_shot & (straight > _SLACK + _FASTEST * time)
    return gap, np.where(same_shot, log_ratio, 0.0), too_far


def _room(places: Places) -> float:
    """Return the area of the frame in which players are, in squares of body heights."""
    apart = (places.foot - np.average(places.foot, axis=0)) / np.median(places.height)
    # A uniform distribution is the square root of twelve standard deviations wide.
    return float(max(12 * np.prod(np.maximum(apart.std(axis=0), 0.15)), 1.0))


class _Table:
    """What speaks for and against each pair of groups; joining two groups makes one row of two."""

    def __init__(
        self, groups: list[Joined], places: Places, alike: Likeness, fps: float, on_floor: int
    ) -> None:
        self._alike = alike
        self.groups = list(groups)
        count = len(groups)
        self.gap = np.full((count, count), np.inf, np.float32)
        self.place = np.zeros((count, count), np.float32)
        self.never = np.zeros((count, count), bool)
        members = [np.array(group.members) for group in groups]
        owner = np.concatenate([np.full(len(one), at) for at, one in enumerate(members)])
        pieces = np.concatenate(members)
        gap, log_ratio, too_far = _place_ratio(places, pieces, pieces, fps)
        before = gap > 0
        prior = _log_prior(places, pieces, gap, on_floor)
        overlap = ~before & ~before.T
        self._fold(owner, before, gap, log_ratio + prior, overlap | (before & too_far))
        np.fill_diagonal(self.never, val=True)
        self.counts = np.array([alike.counts[one].sum() for one in members], np.float64)
        self.means = np.stack(
            [np.average(alike.means[one], axis=0, weights=alike.counts[one]) for one in members]
        )

    def _fold(
        self, owner: np.ndarray, before: np.ndarray, gap: np.ndarray, place: np.ndarray, never: np.ndarray
    ) -> None:
        """Fill in the table of groups from the table of pieces."""
        if len(owner) == len(self.groups):
            self.gap[...] = np.where(before, gap, np.inf)
            self.place[...] = place
            self.never[...] = never | never.T
        else:
            rows, columns = np.nonzero(before)
            order = np.argsort(-gap[rows, columns], kind="stable")
            rows, columns = rows[order], columns[order]
            # Of several junctions between two groups, the shortest is written last, and stays.
            self.gap[owner[rows], owner[columns]] = gap[rows, columns]
            self.place[owner[rows], owner[columns]] = place[rows, columns]
            rows, columns = np.nonzero(never)
            self.never[owner[rows], owner[columns]] = True
            self.never |= self.never.T
        # One score for each pair, whichever comes first.
        later = self.gap > self.gap.T
        self.place = np.where(later, self.place.T, self.place)
        self.gap = np.minimum(self.gap, self.gap.T)

    def scores(self) -> np.ndarray:
        """Return the log odds that two groups are one person, before others are considered."""
        # The mean of few detections says little.
        few = np.minimum(self.counts[:, None], self.counts[None, :])
        looks = self._alike.log_ratio(self.means, self.means) * (few / (few + 12.0))
        return np.where(self.never, -np.inf, self.place + looks)

    def sure_pairs(self, least: float) -> list[tuple[int, int, float]]:
        """Return pairs that prefer each other with a probability of at least `least`."""
        scores = self.scores()
        best = scores.argmax(axis=1)
        pairs = []
        odds = np.exp(np.minimum(scores, 50.0))
        for one, other in enumerate(best.tolist()):
            if one < other and best[other] == one and np.isfinite(scores[one, other]):
                rivals = max(self._rivals(odds, scores, one, other), self._rivals(odds, scores, other, one))
                sure = odds[one, other] / (1 + odds[one, other] + rivals)
                if sure >= least:
                    pairs.append((one, other, float(sure)))
        return pairs

    def _rivals(self, odds: np.ndarray, scores: np.ndarray, one: int, other: int) -> float:
        """Return the odds of all who could be `one` in place of `other`: those who cannot be `other` too."""
        rival = self.never[other] | (scores[other] < 0)
        rival[[one, other]] = False
        return float(odds[one, rival].sum())

    def join(self, pairs: list[tuple[int, int, float]]) -> None:
        """Make each pair one group."""
        for one, other, sure in pairs:
            nearer = self.gap[other] < self.gap[one]
            for table in (self.place, self.gap):
                table[one] = np.where(nearer, table[other], table[one])
                table[:, one] = table[one]
            self.never[one] |= self.never[other]
            self.never[:, one] = self.never[one]
            weights = self.counts[[one, other]]
            self.means[one] = np.average(self.means[[one, other]], axis=0, weights=weights)
            self.counts[one] = weights.sum()
            first, second = self.groups[one], self.groups[other]
            self.groups[one] = Joined(
                first.members + second.members, min(first.sureness, second.sureness, sure)
            )
        gone = [other for _, other, _ in pairs]
        self.groups = [group for at, group in enumerate(self.groups) if at not in set(gone)]
        self.means, self.counts = np.delete(self.means, gone, 0), np.delete(self.counts, gone)
        self.gap, self.place, self.never = (
            np.delete(np.delete(table, gone, 0), gone, 1) for table in (self.gap, self.place, self.never)
        )


def _log_prior(places: Places, pieces: np.ndarray, gap: np.ndarray, on_floor: int) -> np.ndarray:
    """Return the log odds that the one who begins is a given one of those who are missing, not a stranger.

    With four of five in sight, who appears is most likely the fifth.
    """
    first, last = places.first[pieces], places.last[pieces]
    begins = np.sort(first), np.sort(last)
    # Those in sight at a piece's beginning, without itself.
    seen = np.searchsorted(begins[0], first, "right") - np.searchsorted(begins[1], first, "left") - 1
    missing = np.clip(on_floor - seen, 1, on_floor)
    stranger = np.clip(_STRANGER + 1 - np.exp(-np.maximum(gap, 0) / _REPLACED_S), 0, 0.9)
    return np.asarray(np.log((1 - stranger) / stranger / missing[None, :]))


def _join_part(
    groups: list[Joined], places: Places, alike: Likeness, fps: float, on_floor: int
) -> list[Joined]:
    """Join groups until no join is sure enough."""
    if len(groups) < 2:
        return groups
    table = _Table(groups, places, alike, fps, on_floor)
    for least in _LEAST_SURE:
        while pairs := table.sure_pairs(least):
            table.join(pairs)
    order = places.first
    return [
        Joined(tuple(sorted(group.members, key=lambda at: int(order[at]))), group.sureness)
        for group in table.groups
    ]
