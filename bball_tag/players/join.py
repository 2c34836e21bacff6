"""Join pieces of one player, best first, and rather two ids than a wrong join."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bball_tag.players.evidence import Evidence, Junctions

_LEAST_SURE = ((0.99, 15), (0.96, 15), (0.9, 15), (0.9, 0))
"""Probability that a join must have, and clear views of either side, in turn: the surest joins come first, as
each tells more of the others, and what was seen for a moment only comes last."""
_SOON_S = 2.0
"""An absence that has lasted for this long, in seconds, is half as likely to end now as one that begins."""
_TRACE = 1e-3
"""What the look of a piece is worth of which no clear view is known, in detections."""
_PART = 400
"""Groups that are compared with one another at once; time and memory rise with the square."""
_BLOCK = 128
"""Pieces that are compared with all others at once."""
_BEST = 3
"""Partners of each group that are looked at more closely."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Pieces that belong together."""

    members: tuple[int, ...]
    """Indices of the pieces, in order of time."""
    sureness: float
    """Probability that the pieces show one person, as far as joining them goes: 1 for a single piece."""


def join(evidence: Evidence) -> list[Joined]:
    """Join pieces of one team; return groups in order of their first appearance."""
    first = evidence.places.first

    def in_order(groups: list[Joined]) -> list[Joined]:
        return sorted(groups, key=lambda group: (int(first[group.members[0]]), group.members[0]))

    groups = in_order([Joined((index,), 1.0) for index in range(len(first))])
    before, shift = 2 * len(groups), 0
    # A long game is joined part by part, until parts with other borders bring nothing more.
    while len(groups) > _PART and len(groups) < 0.97 * before:
        before, shift = len(groups), _PART // 2 - shift
        edges = [0, *range(_PART - shift, before, _PART), before]
        parts = [groups[begin:end] for begin, end in pairwise(edges)]
        groups = in_order([group for part in parts for group in _join_part(part, evidence)])
    # Then who was seen for longest is compared with one another over all of it.
    counts = np.array([evidence.looks.counts[list(group.members)].sum() for group in groups])
    longest = set(np.argsort(-counts, kind="stable")[:_PART].tolist())
    compared = _join_part([group for at, group in enumerate(groups) if at in longest], evidence)
    return in_order([*compared, *(group for at, group in enumerate(groups) if at not in longest)])


def _join_part(groups: list[Joined], evidence: Evidence) -> list[Joined]:
    """Join groups until no join is sure enough."""
    if len(groups) < 2:
        return groups
    table = _Table(groups, evidence)
    for least, seen in _LEAST_SURE:
        while pairs := table.sure_pairs(least, seen):
            table.join(pairs)
    return table.groups


class _Table:
    """What speaks for and against each pair of groups; joining two groups makes one row of two."""

    def __init__(self, groups: list[Joined], evidence: Evidence) -> None:
        """Compare all groups with one another."""
        self._alike, looks = evidence.alike, evidence.looks
        self._first = evidence.places.first
        self.groups = list(groups)
        members = [np.array(group.members) for group in groups]
        self._counts = np.array([looks.counts[one].sum() for one in members]) + _TRACE
        self._means = np.stack(
            [np.average(looks.means[one], axis=0, weights=looks.counts[one] + _TRACE) for one in members]
        )
        shape = (len(groups), len(groups))
        self._gap, self._odds = np.full(shape, np.inf), np.zeros(shape)
        self._missing, self._never = np.ones(shape, np.int64), np.zeros(shape, bool)
        pieces = np.concatenate(members)
        owner = np.concatenate([np.full(len(one), at) for at, one in enumerate(members)])
        # Block by block, as memory rises with the square of the pieces.
        for begin in range(0, len(pieces), _BLOCK):
            block = slice(begin, begin + _BLOCK)
            self._add(evidence.between(pieces[block], pieces), owner[block], owner)
        self._never |= self._never.T
        np.fill_diagonal(self._never, val=True)
        # One value for each pair, whichever comes first.
        later = self._gap > self._gap.T
        self._odds = np.where(later, self._odds.T, self._odds)
        self._missing = np.where(later, self._missing.T, self._missing)
        self._gap = np.minimum(self._gap, self._gap.T)

    def _add(self, found: Junctions, enders: np.ndarray, beginners: np.ndarray) -> None:
        """Take in what speaks for pieces of groups `beginners` coming after those of groups `enders`."""
        rows, columns = np.nonzero((found.gap > 0) & (found.gap < self._gap[enders[:, None], beginners]))
        order = np.argsort(-found.gap[rows, columns], kind="stable")
        rows, columns = rows[order], columns[order]
        # Of several junctions between two groups, the shortest is written last, and stays.
        into = enders[rows], beginners[columns]
        self._gap[into], self._odds[into] = found.gap[rows, columns], found.odds[rows, columns]
        self._missing[into] = found.missing[rows, columns]
        rows, columns = np.nonzero(found.never)
        self._never[enders[rows], beginners[columns]] = True

    def sure_pairs(self, least: float, seen: float) -> list[tuple[int, int, float]]:
        """Return pairs that prefer each other, with a probability of at least `least`.

        Groups of fewer than `seen` clear views are left for later.
        """
        alike = self._alike.log_ratio(self._means, self._counts)
        short = self._counts < seen
        scores = np.where(self._never | short[:, None] | short[None, :], -np.inf, self._odds + alike)
        odds = np.exp(np.minimum(scores, 50.0))
        sure = np.zeros_like(odds)
        # Who has just gone out of sight is likelier to appear than who has been away for long.
        soon = odds / (_SOON_S + self._gap)
        unlike = self._never | (odds < 1)
        foremost = np.argsort(-odds, axis=1, kind="stable")[:, :_BEST]
        pairs = {(min(one, at), max(one, at)) for one, row in enumerate(foremost.tolist()) for at in row}
        for one, other in sorted(pairs):
            if odds[one, other] * (1 - least) >= least:
                rivals = max(self._rivals(soon, unlike, one, other), self._rivals(soon, unlike, other, one))
                sure[one, other] = sure[other, one] = odds[one, other] / (1 + odds[one, other] + rivals)
        best = sure.argmax(axis=1)
        return [
            (one, other, float(sure[one, other]))
            for one, other in enumerate(best.tolist())
            if one < other and best[other] == one and sure[one, other] >= least
        ]

    def _rivals(self, soon: np.ndarray, unlike: np.ndarray, one: int, other: int) -> float:
        """Return the odds of those who could be `one` in place of `other`.

        There are as many of them as are missing besides, and one more, as somebody may be counted twice; who
        can be `other` too is not among them.

        Args:
            soon: Odds of each pair, over how long ago it was seen.
            unlike: Which pairs are hardly one player.
            one: A group.
            other: The group that may be the same player.
        """
        besides = int(self._missing[one, other])
        if not besides:
            return 0.0
        rivals = soon[one] * unlike[other]
        rivals[one] = rivals[other] = 0.0
        highest = np.partition(rivals, -besides)[-besides:] if besides < len(rivals) else rivals
        return float(highest.sum() * (_SOON_S + self._gap[one, other]))

    def join(self, pairs: list[tuple[int, int, float]]) -> None:
        """Make each pair one group."""
        for one, other, sure in pairs:
            nearer = self._gap[other] < self._gap[one]
            for table in (self._odds, self._missing, self._gap):
                table[one] = np.where(nearer, table[other], table[one])
                table[:, one] = table[one]
            self._never[one] |= self._never[other]
            self._never[:, one] = self._never[one]
            weights = self._counts[[one, other]]
            self._means[one] = np.average(self._means[[one, other]], axis=0, weights=weights)
            self._counts[one] = weights.sum()
            first, second = self.groups[one], self.groups[other]
            members = sorted(first.members + second.members, key=lambda at: int(self._first[at]))
            self.groups[one] = Joined(tuple(members), min(first.sureness, second.sureness, sure))
        gone = {other for _, other, _ in pairs}
        kept = np.array([at for at in range(len(self.groups)) if at not in gone])
        self.groups = [self.groups[at] for at in kept.tolist()]
        self._means, self._counts = self._means[kept], self._counts[kept]
        self._gap, self._odds, self._missing, self._never = (
            table[np.ix_(kept, kept)] for table in (self._gap, self._odds, self._missing, self._never)
        )
