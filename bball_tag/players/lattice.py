"""Whom each part of a piece shows, asked of all parts of a team at once.

Parts are taken in order of time. A state says which part each person was seen in last; a part continues
one of the people who are out of sight, or shows somebody else. The likeliest states are kept, as in multiple
hypothesis tracking (Reid, 1979), and the forward-backward algorithm over what is kept gives the probability
that a part shows a person, with all that comes before and after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.players.evidence import Evidence

_STATES = 300
"""States that are kept at once."""
_UNLIKELY = 25.0
"""States that are less likely than the best by this, as a log ratio, are left out."""
_PASSES = 0.1
"""How often a tracker is taken to pass to another person where a piece was cut. In rendered games it does in
one crossing of four; looks say where, and 0.05 and 0.2 give no better figures."""
_SOMEBODY_ELSE = 0.1
"""How often a part shows none of the people: a false box, or somebody who was never seen for long."""
_SOON_S, _BEFORE_S = 2.0, 10.0
"""An absence of that many seconds is half as likely to end now as one that begins; and who has not been
seen yet has been away for this much longer."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """How one part leads from states to states."""

    before: np.ndarray
    """Log weight of each state before the part, shape (S,)."""
    origin: np.ndarray
    """State that each transition comes from, shape (E,)."""
    person: np.ndarray
    """Who the part is in it, shape (E,)."""
    goal: np.ndarray
    """State that it leads to, shape (E,)."""
    weight: np.ndarray
    """Its log weight, shape (E,)."""


def beliefs(evidence: Evidence, fit: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return the probability that each of N parts shows each of K people, or (last) somebody else.

    Args:
        evidence: What is known of the parts; looks are taken from `fit`.
        fit: Log likelihood ratio of each part's look if it is that person against a teammate, shape (N, K).
        before: The part of the same piece before each, as index, -1 where a piece begins, shape (N,).

    Returns:
        Array of shape (N, K + 1); rows sum to 1.
    """
    places, people = evidence.places, fit.shape[1]
    order = np.lexsort((places.last, places.first)).tolist()
    codes = np.random.default_rng(0).integers(1, 2**62, size=(len(fit) + 1, people))
    seen_in = np.full((1, people), -1)
    forward = np.zeros(1)
    layers = []
    for part in order:
        steps = forward[:, None] + _steps(evidence, fit[part], part, int(before[part]), seen_in)
        origin, person = np.nonzero(steps > steps.max() - _UNLIKELY)
        after = seen_in[origin]
        known = np.flatnonzero(person < people)
        after[known, person[known]] = part
        # States that are alike, but for how they came about, are one.
        _, first, same = np.unique(
            codes[after, np.arange(people)].sum(axis=1), return_index=True, return_inverse=True
        )
        sums = _log_sums(steps[origin, person], same, len(first))
        kept = np.argsort(-sums, kind="stable")[:_STATES]
        number = np.full(len(first), -1)
        number[kept] = np.arange(len(kept))
        goal = number[same]
        stay = goal >= 0
        weight = steps[origin, person] - forward[origin]
        layers.append(_Layer(forward, origin[stay], person[stay], goal[stay], weight[stay]))
        forward, seen_in = sums[kept], after[first[kept]]
    return _marginals(layers, order, people + 1, len(forward))


def _steps(evidence: Evidence, fit: np.ndarray, part: int, before: int, seen_in: np.ndarray) -> np.ndarray:
    """Return the log weight of a part being each person, or somebody else, in each state: (S, K + 1).

    Args:
        evidence: Of all parts.
        fit: How well the part's look fits each person, shape (K,).
        part: Its index.
        before: The part before it in its piece, or -1.
        seen_in: Which part each person was seen in last, by state, -1 for none, shape (S, K).
    """
    places, fps = evidence.places, evidence.fps
    begin = int(places.first[part])
    ever = seen_in >= 0
    last = np.where(ever, places.last[seen_in], -1)
    free = ~ever | (last < begin)
    unseen = (begin - int(places.first.min())) / fps + _BEFORE_S
    away = np.where(ever, (begin - last) / fps, unseen)
    chance = np.where(free, 1 / (_SOON_S + np.maximum(away, 0)), 0)
    chance /= np.maximum(chance.sum(axis=1, keepdims=True), 1e-9)
    ratios = np.zeros(len(places.first))
    enders = np.unique(seen_in[ever & free])
    ratios[enders] = evidence.place_ratios(enders, part)
    with np.errstate(divide="ignore"):
        known = fit + np.where(ever, ratios[seen_in], 0) + np.log((1 - _SOMEBODY_ELSE) * chance)
    weights = np.concatenate([known, np.full((len(known), 1), np.log(_SOMEBODY_ELSE))], axis=1)
    if before >= 0:
        stays = seen_in == before
        stays = np.concatenate([stays, ~stays.any(axis=1, keepdims=True)], axis=1)
        weights += np.log(np.where(stays, 1 - _PASSES, _PASSES))
    return weights


def _marginals(layers: Sequence[_Layer], order: Sequence[int], columns: int, states: int) -> np.ndarray:
    """Return the probability of each column for each part, by going back through the layers."""
    found = np.zeros((len(order), columns))
    backward = np.zeros(states)
    for part, layer in zip(reversed(order), reversed(layers), strict=True):
        onward = layer.weight + backward[layer.goal]
        joint = layer.before[layer.origin] + onward
        shares = np.exp(joint - joint.max())
        found[part] = np.bincount(layer.person, shares / shares.sum(), columns)
        backward = _log_sums(onward, layer.origin, len(layer.before))
    return found


def _log_sums(values: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """Return the logarithm of the sum of exponentials of each group; -inf for an empty one."""
    most = np.full(count, -np.inf)
    np.maximum.at(most, groups, values)
    most = np.where(np.isfinite(most), most, 0)
    with np.errstate(divide="ignore"):
        return np.asarray(most + np.log(np.bincount(groups, np.exp(values - most[groups]), count)))
