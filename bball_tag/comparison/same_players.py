"""Who among the found players is which true one, by their boxes: not by what they did, which is measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from bball_tag.players.tracks import Track

LEAST_IOU = 0.5
"""Least intersection over union of two boxes that show the same person."""
LEAST_SHARE = 0.5
"""A found player is the true one who is behind at least this share of the boxes, where somebody is."""
_FOUND = " (found)"
"""Behind the name of a found player who is nobody of the truth but is called like somebody."""


def true_names(found: Sequence[Track], truth: Sequence[Track]) -> dict[str, str]:
    """Return the true name of each found player who has one; several may be the same person.

    At each instant a found box belongs to the true one that it overlaps most, if enough. Whoever has most of
    a player's boxes gives the name, unless more than half of the boxes are of others or of nobody.
    """
    names = {}
    for track in found:
        overlaps = np.stack([overlap(track, other) for other in truth]) if truth else np.zeros((0, 0))
        if not overlaps.size:
            continue
        best, most = overlaps.argmax(axis=0), overlaps.max(axis=0)
        counts = np.bincount(best[most >= LEAST_IOU], minlength=len(truth))
        if counts.max() >= LEAST_SHARE * len(track.times):
            names[track.id] = truth[int(counts.argmax())].id
    return names


def overlap(track: Track, other: Track) -> np.ndarray:
    """Return the intersection over union of each box of a track with another at that time, float64 (N,).

    Between two boxes the other one is on a straight line; where it is not seen, the overlap is 0.
    """
    from bball_tag.players.tracks import overlaps

    boxes = np.stack([np.interp(track.times, other.times, side) for side in other.boxes.T], axis=1)
    seen = np.zeros(len(track.times), bool)
    for start, end in other.stretches():
        seen |= (track.times >= start) & (track.times < end)
    return np.where(seen, overlaps(track.boxes, boxes), 0.0)


def called_apart(names: Mapping[str, str], players: Iterable[str], true: Iterable[str]) -> dict[str, str]:
    """Return what to call each found player: the true name, else their own, which no true player has."""
    taken = set(true)
    return {
        player: names.get(player) or (f"{player}{_FOUND}" if player in taken else player)
        for player in players
    }
