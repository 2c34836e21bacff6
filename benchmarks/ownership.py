"""Who is behind the tracks that were found: true people matched to them, instant by instant.

Found and true boxes are matched one to one at every instant, as HOTA does (Luiten et al., "HOTA: A Higher
Order Metric for Evaluating Multi-object Tracking", IJCV 2021): where two people cross and several matches are
possible, those of a track and a person that agree over the whole video are preferred.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from bball_tag.events import Event
from bball_tag.players.tracks import Track, overlaps
from benchmarks.rendered_games import FPS, Boxes

NOBODY = 0
LEAST_IOU = 0.5
"""Smallest intersection over union of a found box and a true one that are matched."""
MOSTLY = 0.5
"""A track or an event belongs to a person who is behind more than this fraction of its boxes."""
DRIFT_S = 0.5
"""Time over which errors of boxes in `off_by` change, in seconds."""
SIZE_ERROR = 1.5
LEAST_BOXES = 5
"""A person counts as having an id when it was theirs at this number of instants."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A found track, with the true person behind each of its boxes."""

    track: Track
    people: np.ndarray
    """True ids, `NOBODY` where a box fits none: int64 array of shape (N,)."""
    playing: np.ndarray
    """Whether that person plays at the time: bool array of shape (N,)."""
    rows: np.ndarray
    """Index of the true box, -1 where there is none: int64 array of shape (N,)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How well players were found and followed, over the instants at which somebody looked."""

    recall: float
    """Fraction of players in the frame who have a box."""
    recall_in_view: float
    """The same of players of whom at least 70 % can be seen."""
    precision: float
    """Fraction of boxes that have a player behind them."""
    not_playing: float
    """Fraction of boxes that have a referee, a coach or a substitute behind them."""
    iou: float
    """Mean intersection over union of boxes and the true ones of the players behind them."""
    centre_error: float
    """Root mean square distance of their centres, in heights of the true box."""
    width_ratio: float
    """Median width of a box relative to the true one."""
    width_spread: float
    """Standard deviation of the logarithm of that ratio."""
    height_ratio: float
    """Median height relative to the true one."""
    height_spread: float
    """Standard deviation of the logarithm of that ratio."""
    ids: float
    """Ids per true player."""
    purity: float
    """Fraction of players' boxes in tracks of which they are the commonest owner."""
    switches: float
    """Changes of a player's id, per minute of the video, all players together."""


@dataclass(frozen=True, slots=True)
class _Instant:
    """What was found and what is true at one time."""

    tracks: np.ndarray
    """Index of each found box's track."""
    places: np.ndarray
    """Index of each found box in its track."""
    rows: np.ndarray
    """Rows of the truth."""
    iou: np.ndarray
    """Shape (found, true); 0 where it is below `LEAST_IOU`."""


def owners(found: Sequence[Track], truth: Boxes) -> list[Owned]:
    """Return who is behind every box of the tracks that were found."""
    instants = list(_instants(found, truth))
    ids, person = np.unique(truth.person, return_inverse=True)
    agreement = np.zeros((len(found), len(ids)))
    seen_found, seen_true = np.zeros((len(found), 1)), np.zeros((1, len(ids)))
    for now in instants:
        sums = now.iou.sum(axis=1, keepdims=True) + now.iou.sum(axis=0, keepdims=True) - now.iou
        agreement[np.ix_(now.tracks, person[now.rows])] += now.iou / np.maximum(sums, 1e-9)
        seen_found[now.tracks, 0] += 1
        seen_true[0, person[now.rows]] += 1
    agreement /= np.maximum(seen_found + seen_true - agreement, 1e-9)
    rows = [np.full(len(track.times), -1) for track in found]
    for now in instants:
        worth = agreement[np.ix_(now.tracks, person[now.rows])] * now.iou
        for one, other in zip(*linear_sum_assignment(-worth), strict=True):
            if now.iou[one, other] > 0:
                rows[now.tracks[one]][now.places[one]] = now.rows[other]
    return [
        Owned(
            track,
            np.where(own >= 0, truth.person[own], NOBODY),
            (own >= 0) & truth.playing[own],
            own,
        )
        for track, own in zip(found, rows, strict=True)
    ]


def _instants(found: Sequence[Track], truth: Boxes) -> Iterator[_Instant]:
    frames = [frames_of(track) for track in found]
    everything = np.concatenate([np.zeros(0, np.int64), *frames])
    tracks = np.repeat(np.arange(len(found)), [len(own) for own in frames])
    places = np.concatenate([np.zeros(0, np.int64), *(np.arange(len(own)) for own in frames)])
    order = np.argsort(everything, kind="stable")
    for frame in np.unique(everything):
        first, stop = np.searchsorted(everything[order], (frame, frame + 1))
        here = order[first:stop]
        first, stop = np.searchsorted(truth.frame, (frame, frame + 1))
        rows = np.arange(first, stop)
        boxes = [found[track].boxes[place] for track, place in zip(tracks[here], places[here], strict=True)]
        iou = overlaps(np.array(boxes)[:, None], truth.boxes[rows][None])
        yield _Instant(tracks[here], places[here], rows, np.where(iou >= LEAST_IOU, iou, 0.0))


def frames_of(track: Track) -> np.ndarray:
    """Return the frames of the truth, from 1, that a track's boxes lie in."""
    return np.asarray(np.rint(track.times * float(FPS)), np.int64) + 1


def named_truly(events: Sequence[Event], owned: Sequence[Owned]) -> list[Event]:
    """Return the events with the true id of the person behind most boxes of each, in its own span.

    Where nobody is, the player becomes "found 7", which no true event has.
    """
    known = {one.track.id: one for one in owned}
    return [replace(event, player=_owner(event, known[event.player])) for event in events]


def _owner(event: Event, owned: Owned) -> str:
    during = (owned.track.times >= event.start - 1e-6) & (owned.track.times < event.end - 1e-6)
    people = Counter(owned.people[during].tolist())
    person, count = people.most_common(1)[0] if people else (NOBODY, 0)
    if person == NOBODY or count <= MOSTLY * int(during.sum()):
        return f"found {owned.track.id}"
    return str(person)


def true_boxes_where_found(owned: Sequence[Owned], truth: Boxes) -> list[Track]:
    """Return the players' true tracks, only at the instants at which they were found."""
    return _by_person(owned, [np.asarray(truth.boxes[one.rows]) for one in owned])


def found_boxes_of_players(owned: Sequence[Owned]) -> list[Track]:
    """Return the boxes that were found of each player, as one track under the true id."""
    return _by_person(owned, [one.track.boxes for one in owned])


def _by_person(owned: Sequence[Owned], boxes: Sequence[np.ndarray]) -> list[Track]:
    people = np.concatenate([np.where(one.playing, one.people, NOBODY) for one in owned])
    times = np.concatenate([one.track.times for one in owned])
    everything = np.concatenate(boxes)
    tracks = []
    for person in np.unique(people[people != NOBODY]).tolist():
        rows = np.flatnonzero(people == person)
        rows = rows[np.argsort(times[rows], kind="stable")]
        tracks.append(Track(str(person), times[rows], everything[rows]))
    return tracks


def tracks_of_players(owned: Sequence[Owned]) -> list[Track]:
    """Return the found tracks that have players behind most of their boxes, as they were found."""
    return [one.track for one in owned if one.playing.mean() > MOSTLY]


def off_by(tracks: Sequence[Track], error: float) -> list[Track]:
    """Return tracks whose boxes err as a detector's do where it errs for a while: by a slow drift.

    Args:
        tracks: With boxes as they should be.
        error: Standard deviation of a centre's place, along and down, in heights of the box; those of the
            logarithms of width and height are `SIZE_ERROR` times it.
    """
    return [replace(track, boxes=_drifted(track, error)) for track in tracks]


def _drifted(track: Track, error: float) -> np.ndarray:
    rng = np.random.default_rng([int(track.id), 13])
    near = np.exp(-0.5 * (np.subtract.outer(track.times, track.times) / DRIFT_S) ** 2)
    # Sums of independent errors near each other in time, each of the same variance.
    drift = near @ rng.normal(0, error, (len(track.times), 4)) / np.sqrt((near**2).sum(axis=1))[:, None]
    centre = track.boxes[:, :2] + track.boxes[:, 2:] / 2 + drift[:, :2] * track.boxes[:, 3:]
    size = track.boxes[:, 2:] * np.exp(drift[:, 2:] * SIZE_ERROR)
    return np.concatenate([centre - size / 2, size], axis=1)


def describe_finding(owned: Sequence[Owned], truth: Boxes, step: int) -> Finding:
    """Return how well players were found.

    Args:
        owned: The tracks.
        truth: Everybody in the frames.
        step: Frames of the truth from one instant to the next; the first frame is the first instant.
    """
    looked = truth.playing & ((truth.frame - 1) % step == 0)
    has_box = np.zeros(len(truth.frame), bool)
    own = np.concatenate([one.rows[one.playing] for one in owned])
    has_box[own] = True
    every = np.concatenate([one.people for one in owned])
    plays = np.concatenate([one.playing for one in owned])
    boxes = np.concatenate([one.track.boxes for one in owned])[plays]
    true = truth.boxes[own]
    apart = (boxes[:, :2] + boxes[:, 2:] / 2 - true[:, :2] - true[:, 2:] / 2) / true[:, 3:]
    ratio = boxes[:, 2:] / true[:, 2:]
    middle, spread = np.median(ratio, axis=0), np.log(ratio).std(axis=0)
    counts = [Counter(one.people[one.playing].tolist()) for one in owned]
    ids = Counter(person for count in counts for person, times in count.items() if times >= LEAST_BOXES)
    in_view = looked & (truth.visibility >= 0.7)
    return Finding(
        recall=float(has_box[looked].mean()),
        recall_in_view=float(has_box[in_view].mean()),
        precision=float(plays.mean()),
        not_playing=float(((every != NOBODY) & ~plays).mean()),
        iou=float(overlaps(boxes, true).mean()),
        centre_error=float(np.sqrt((apart**2).sum(axis=1).mean())),
        width_ratio=float(middle[0]),
        width_spread=float(spread[0]),
        height_ratio=float(middle[1]),
        height_spread=float(spread[1]),
        ids=sum(ids.values()) / len(np.unique(truth.person[looked])),
        purity=sum(max(count.values(), default=0) for count in counts) / max(int(plays.sum()), 1),
        switches=_switches(owned) / (int(truth.frame.max()) / float(FPS) / 60.0),
    )


def _switches(owned: Sequence[Owned]) -> int:
    """Return how often a player's boxes come from another track than the one before."""
    people = np.concatenate([np.where(one.playing, one.people, NOBODY) for one in owned])
    times = np.concatenate([one.track.times for one in owned])
    tracks = np.repeat(np.arange(len(owned)), [len(one.people) for one in owned])
    order = np.lexsort((times, people))
    same = (np.diff(people[order]) == 0) & (people[order][1:] != NOBODY)
    return int((same & (np.diff(tracks[order]) != 0)).sum())
