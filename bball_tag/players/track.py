"""Follow each person from instant to instant, and build the pieces that come of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bball_tag.players.observation import Observation
from bball_tag.players.pieces import Piece

if TYPE_CHECKING:
    from trackers import BoTSORTTracker

_SURE = 0.4
"""Score from which on a detection begins a person; less sure ones only continue somebody."""
_LEAST_OVERLAP = 0.1
"""Overlap (IoU times score) from which a box may continue somebody: half of the library's, as there are fewer
frames a second than it is meant for."""
_MOVE_REACH = 0.2
"""Seconds before and after an instant over which a foot point's movement is fitted: a box jitters by a few
percent of its size, which is as much as a walk moves it in one instant."""


class Follower:
    """Gives each detection the id of the person that it continues.

    Built on BoT-SORT (Aharon et al., 2022) without appearance, as the library `trackers` has it. The state is
    a function of the observations alone, in order: replaying them gives the same ids.
    """

    def __init__(self, fps: float) -> None:
        """Follow through a grid of `fps` instants a second."""
        self._fps = fps
        self._tracker = _open_tracker()
        self._given = 0
        self._before = 0

    def update(self, observation: Observation, *, new_shot: bool) -> np.ndarray:
        """Return the id of each detection, int64 of shape (N,): counted from 1, 0 where nobody is followed.

        Nobody is followed into a new shot, and an id is never given twice.
        """
        from supervision import Detections as Found
        from trackers import CMC

        if new_shot:
            self._tracker.reset()
            self._before = self._given
        elif self._tracker.tracks:
            CMC.apply_batch(observation.camera, self._tracker.tracks)
        seen = observation.detections
        ids = np.zeros(len(seen), np.int64)
        found = Found(
            xyxy=np.concatenate([seen.boxes[:, :2], seen.boxes[:, :2] + seen.boxes[:, 2:]], axis=1),
            confidence=seen.scores,
            data={"row": np.arange(len(seen))},
        )
        followed = self._tracker.update(found, timestamp=observation.index / self._fps)
        if len(followed):
            given = np.asarray(followed.tracker_id)
            ids[followed.data["row"]] = np.where(given >= 0, given + 1 + self._before, 0)
            self._given = max(self._given, int(ids.max()))
        return ids


def _open_tracker() -> BoTSORTTracker:
    from trackers import BoTSORTTracker

    # Movement is reckoned in thirtieths of a second whatever the grid's rate: the library's noise is meant
    # for frames of that length. The camera's movement is taken out before, from the whole frame.
    return BoTSORTTracker(
        frame_rate=30,
        track_activation_threshold=_SURE,
        high_conf_det_threshold=_SURE,
        minimum_iou_threshold_first_assoc=_LEAST_OVERLAP,
        enable_cmc=False,
    )


def pieces_of(observations: Sequence[Observation], ids: Sequence[np.ndarray], fps: float) -> list[Piece]:
    """Gather what was seen of each id, in the order of ids.

    Args:
        observations: Of consecutive instants, in order.
        ids: What `Follower.update` returned for each of them.
        fps: Instants per second.
    """
    if not observations:
        return []
    every = np.concatenate(list(ids))
    followed = np.flatnonzero(every)
    order = followed[np.argsort(every[followed], kind="stable")]
    columns = [
        np.concatenate([np.full(len(one.detections), one.index) for one in observations]),
        np.concatenate([one.detections.boxes for one in observations]),
        np.concatenate([one.detections.scores for one in observations]),
        np.concatenate([one.detections.others for one in observations]),
        np.concatenate([one.colours for one in observations]),
    ]
    cameras = np.stack([one.camera for one in observations])
    first = observations[0].index
    pieces = []
    for rows in np.split(order, np.flatnonzero(np.diff(every[order])) + 1):
        if len(rows):
            instants, boxes, scores, others, colours = (column[rows] for column in columns)
            moves = _moves(instants, boxes, cameras[instants[0] - first : instants[-1] - first + 1], fps)
            pieces.append(
                Piece(int(every[rows[0]]), instants.astype(np.int64), boxes, scores, others, colours, moves)
            )
    return pieces


def _moves(instants: np.ndarray, boxes: np.ndarray, cameras: np.ndarray, fps: float) -> np.ndarray:
    """Velocity of the foot point at each instant, without the camera's movement: float32 (N, 2).

    A similarity is a complex a and b, z -> a z + b. Divided by the product of all a since the piece began,
    and less the sum of the b so divided, a point that stands still on the floor keeps its place.
    """
    turns = cameras[:, 0, 0] + 1j * cameras[:, 1, 0].astype(np.complex128)
    shifts = cameras[:, 0, 2] + 1j * cameras[:, 1, 2].astype(np.complex128)
    turns[0], shifts[0] = 1, 0
    turned = np.cumprod(turns)
    shifted = np.cumsum(shifts / turned)
    steps = instants - instants[0]
    feet = boxes[:, 0] + boxes[:, 2] / 2 + 1j * (boxes[:, 1] + boxes[:, 3])
    places = feet / turned[steps] - shifted[steps]
    seconds = steps / fps
    reach = _MOVE_REACH + 1e-6
    starts = np.searchsorted(seconds, seconds - reach)
    stops = np.searchsorted(seconds, seconds + reach, side="right")
    slopes = _slopes(seconds, places, starts, stops)
    moves = slopes * turned[steps] / boxes[:, 3]
    return np.stack([moves.real, moves.imag], axis=1).astype(np.float32)


def _slopes(x: np.ndarray, y: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Slope of the straight line through each run [start, stop) of points; 0 for a run of one."""

    def mean(values: np.ndarray) -> np.ndarray:
        sums = np.concatenate([[0], np.cumsum(values)])
        return np.asarray((sums[stops] - sums[starts]) / (stops - starts))

    spread = mean(x * x) - mean(x) ** 2
    together = mean(x * y) - mean(x) * mean(y)
    return np.where(stops - starts > 1, together / np.maximum(spread, 1e-12), 0)
