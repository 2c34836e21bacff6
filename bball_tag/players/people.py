"""Tell the people of a team apart: gather how each looks, then give every part to one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set

import numpy as np

from bball_tag.players.evidence import Evidence
from bball_tag.players.join import Joined
from bball_tag.players.lattice import beliefs
from bball_tag.players.looks import Likeness, Looks, measure_likeness
from bball_tag.players.pieces import Piece
from bball_tag.players.places import Places

_ROUNDS = 3
"""How often looks are gathered anew from whom the parts were given to."""
_KNOWN_S = 3.0
"""Who was clearly seen for this long, in seconds, has a look by which they are found elsewhere."""
_MOST_KNOWN, _MOST = 200, 20
"""Looks that are compared, and people that parts are given to, of those who were seen for longest."""
_AT_ONCE_S, _AT_ONCE = 0.5, 0.15
"""Two looks that are there at once for longer than this, in seconds, and than this share of the shorter one's
time, are two people's. Less than that may be an error in one of them."""
_AT_ONCE_COSTS = 3.0
"""What a second of that counts against their being one person, as a log likelihood ratio."""
_SURE = 0.97
"""Probability from which on a part is given to somebody: else there are two ids. At 0.9 rendered games have
half an id less for each player, and twice as many wrong joins where teammates look alike."""
_GLIMPSE_S = 0.8
"""Nobody is given less than this of a piece, in seconds: half of what would be wrong is shorter."""
_REST_S = 1.0
"""What is left of a piece beside the parts of people is somebody of their own from this many seconds on."""
_STAYS = 0.9
"""Probability that what is left of a piece shows one person on both sides of a crossing."""


def tell_apart(
    parts: Sequence[Piece], places: Places, looks: Looks, joined: Sequence[Joined], fps: float
) -> list[Joined]:
    """Decide who of a team each part shows.

    Args:
        parts: Parts of pieces, in order of ids and of time within these.
        places: Where they are.
        looks: What they look like.
        joined: Which of them belong together, as judged two at a time. Parts that are
            in none of them are guests, who belong to the team only if they show one of its people.
        fps: Instants per second.

    Returns:
        The people, and what is left of each piece, guests apart. Where nobody's look is known, it is what was
        joined, with the pieces whole.
    """
    before = np.where(np.diff(places.piece, prepend=-1) == 0, np.arange(len(parts)) - 1, -1)
    groups = [np.array(each.members) for each in joined]
    own = {at for each in joined for at in each.members}
    found: list[Joined] = []
    for _ in range(_ROUNDS):
        alike = measure_likeness(parts, fps, _owners(groups, len(parts)))
        known = _merged(groups, places, looks, alike, fps)
        if not known:
            break
        evidence = Evidence(places, looks, alike, fps, len(known))
        people = _people(beliefs(evidence, _fits(known, looks, alike), before), places)
        people = _with_rests(people, parts, before, own, fps)
        found = [*people, *_left(own, people, parts, before, fps)]
        groups = [np.array(each.members) for each in found]
    return found or _whole(joined, parts, before)


def _whole(joined: Sequence[Joined], parts: Sequence[Piece], before: np.ndarray) -> list[Joined]:
    """Bring the parts of each piece together again, unless somebody would be in two places at once."""
    groups = dict(enumerate(joined))
    owner = {at: number for number, each in enumerate(joined) for at in each.members}
    for at in sorted(owner):
        one, other = owner.get(int(before[at])), owner[at]
        if one is None or one == other:
            continue
        first, second = groups[one], groups[other]
        there = set[int]().union(*(parts[row].span for row in first.members))
        if all(there.isdisjoint(parts[row].span) for row in second.members):
            rows = sorted(first.members + second.members, key=lambda row: int(parts[row].instants[0]))
            groups[one] = Joined(tuple(rows), min(first.sureness, second.sureness, _STAYS))
            owner.update(dict.fromkeys(groups.pop(other).members, one))
    return list(groups.values())


def _owners(groups: Sequence[np.ndarray], count: int) -> list[int]:
    """Return the group of each part; who is in none is alone."""
    owners = len(groups) + np.arange(count)
    for number, group in enumerate(groups):
        owners[group] = number
    return [int(owner) for owner in owners]


def _merged(
    groups: Sequence[np.ndarray], places: Places, looks: Looks, alike: Likeness, fps: float
) -> list[np.ndarray]:
    """Return the people whose look is known: groups that look alike are one, unless both are there at once.

    Places say nothing here: it is who goes where that is to be found out.
    """
    seen = np.array([looks.counts[group].sum() for group in groups])
    known = [at for at in np.argsort(-seen, kind="stable").tolist() if seen[at] >= _KNOWN_S * fps]
    people = [groups[at] for at in known[:_MOST_KNOWN]]
    there = np.zeros((len(people), int(places.last.max()) + 1), np.float32)
    for row, group in zip(there, people, strict=True):
        for at in group.tolist():
            row[places.first[at] : places.last[at] + 1] = 1
    both = there @ there.T / fps
    while len(people) > 1:
        scores = alike.log_ratio(*_means(people, looks)) - _AT_ONCE_COSTS * both
        alone = np.diag(both)
        scores[both > np.maximum(_AT_ONCE_S, _AT_ONCE * np.minimum(alone[:, None], alone[None, :]))] = -np.inf
        np.fill_diagonal(scores, -np.inf)
        one, other = np.unravel_index(int(scores.argmax()), scores.shape)
        if scores[one, other] < 0:
            break
        people[one] = np.concatenate([people[one], people[other]])
        del people[int(other)]
        both[one] += both[other]
        both[:, one] += both[:, other]
        both = np.delete(np.delete(both, other, axis=0), other, axis=1)
    return people[:_MOST]


def _means(groups: Sequence[np.ndarray], looks: Looks) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean look of each group, and of how many clear views it is."""
    means = [np.average(looks.means[group], axis=0, weights=looks.counts[group]) for group in groups]
    return np.stack(means), np.array([looks.counts[group].sum() for group in groups])


def _fits(people: Sequence[np.ndarray], looks: Looks, alike: Likeness) -> np.ndarray:
    """Return how well each part's look fits each person's, a log likelihood ratio: shape (N, K).

    What a part has told of its person proves nothing about itself, and is taken out.
    """
    means, counts = _means(people, looks)
    sums = np.tile(means * counts[:, None], (len(looks.counts), 1, 1))
    weights = np.tile(counts, (len(looks.counts), 1))
    for number, group in enumerate(people):
        sums[group, number] -= looks.means[group] * looks.counts[group, None]
        weights[group, number] -= looks.counts[group]
    gaps = looks.means[:, None] - sums / np.maximum(weights, 1)[..., None]
    return np.where(weights > 0, alike.log_ratio_of(gaps, looks.counts[:, None], weights), 0.0)


def _people(belief: np.ndarray, places: Places) -> list[Joined]:
    """Give each part to whom it surely shows; return the people who are found."""
    who, sure = belief.argmax(axis=1), belief.max(axis=1)
    found = []
    for one in range(belief.shape[1] - 1):
        rows = np.flatnonzero((who == one) & (sure >= _SURE))
        _, piece = np.unique(places.piece[rows], return_inverse=True)
        rows = rows[np.bincount(piece, places.seconds[rows])[piece] >= _GLIMPSE_S]
        if len(rows):
            order = rows[np.argsort(places.first[rows], kind="stable")]
            sureness = float(np.average(sure[rows], weights=places.seconds[rows]))
            found.append(Joined(tuple(order.tolist()), sureness))
    return found


def _with_rests(
    people: Sequence[Joined], parts: Sequence[Piece], before: np.ndarray, own: Set[int], fps: float
) -> list[Joined]:
    """Give short rests of pieces to whom the piece shows just before or after, unless these are elsewhere.

    Longer rests are somebody of their own.
    """
    owner = {at: number for number, person in enumerate(people) for at in person.members}
    rest = [at for at in sorted(own) if at not in owner]
    seconds = Counter[int]()
    for at in rest:
        seconds[parts[at].id] += len(parts[at].instants)
    short = [at for at in rest if seconds[parts[at].id] < _REST_S * fps]
    there = [set[int]().union(*(parts[at].span for at in person.members)) for person in people]
    for ahead, neighbours in ((1, before), (-1, _parts_after(before))):
        for at in short[::ahead]:
            number = owner.get(int(neighbours[at]))
            if at not in owner and number is not None and there[number].isdisjoint(parts[at].span):
                owner[at] = number
                there[number].update(parts[at].span)
    first = [int(part.instants[0]) for part in parts]
    members: list[list[int]] = [[] for _ in people]
    for at in sorted(owner, key=lambda one: (first[one], one)):
        members[owner[at]].append(at)
    return [Joined(tuple(rows), one.sureness) for rows, one in zip(members, people, strict=True)]


def _parts_after(before: np.ndarray) -> np.ndarray:
    """Return the index of the part of the same piece after each, -1 where a piece ends."""
    after = np.full(len(before), -1)
    known = np.flatnonzero(before >= 0)
    after[before[known]] = known
    return after


def _left(
    own: Set[int], people: Sequence[Joined], parts: Sequence[Piece], before: np.ndarray, fps: float
) -> list[Joined]:
    """Gather those of the team's own parts that were given to nobody, piece by piece."""
    given = {at for person in people for at in person.members}
    shared = {parts[at].id for at in given}
    found = _whole([Joined((at,), 1.0) for at in sorted(own - given)], parts, before)

    def lasts(one: Joined) -> bool:
        return sum(len(parts[at].instants) for at in one.members) >= _REST_S * fps

    return [one for one in found if lasts(one) or parts[one.members[0]].id not in shared]
