"""Trackers to compare, each behind the one call of `bball_tag.players.track.Follower`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from bball_tag.players.observation import Observation
from bball_tag.players.track import Follower


class Tracking(Protocol):
    """What follows people from one observation to the next."""

    def update(self, observation: Observation, *, new_shot: bool) -> np.ndarray:
        """Return the id of each detection, 0 for nobody."""
        ...


class LibraryTracking:
    """A tracker of the library `trackers`, with our camera motion where its tracklets can take it."""

    def __init__(self, tracker: Any, fps: float, *, camera: bool) -> None:
        self._tracker, self._fps, self._camera = tracker, fps, camera

    def update(self, observation: Observation, *, new_shot: bool) -> np.ndarray:
        """Return the id of each detection, 0 for nobody."""
        from supervision import Detections as Found
        from trackers import CMC

        if new_shot:
            self._tracker.reset()
        if self._camera:
            CMC.apply_batch(observation.camera, self._tracker.tracks)
        seen = observation.detections
        ids = np.zeros(len(seen), np.int64)
        found = Found(corners(seen.boxes), confidence=seen.scores, data={"row": np.arange(len(seen))})
        followed = self._tracker.update(found, timestamp=observation.index / self._fps)
        if len(followed):
            ids[followed.data["row"]] = np.maximum(np.asarray(followed.tracker_id) + 1, 0)
        return ids


class ArcSort:
    """ARC-SORT without appearance (`pip install arcsort`); it knows no time stamps."""

    def __init__(self, fps: float, **options: Any) -> None:
        from arcsort import ARCTracker
        from loguru import logger

        logger.disable("arcsort")
        lost = round(options.pop("lost", 1.2) * fps)
        chosen = {"track_high_thresh": _SURE, "new_track_thresh": _SURE, "track_buffer": lost}
        self._tracker = ARCTracker.from_preset("sportsmot", **{**chosen, **options})

    def update(self, observation: Observation, *, new_shot: bool) -> np.ndarray:
        """Return the id of each detection, 0 for nobody."""
        if new_shot:
            self._tracker.reset()
        seen = observation.detections
        boxes = corners(seen.boxes).astype(np.float64)
        table = np.concatenate([boxes, seen.scores[:, None], np.zeros((len(seen), 1))], axis=1)
        ids = np.zeros(len(seen), np.int64)
        for *box, person in self._tracker.update(table, cmc_affine=observation.camera.astype(np.float64)):
            ids[(np.abs(boxes - box) < 1e-6).all(axis=1)] = int(person)
        return ids


def corners(boxes: np.ndarray) -> np.ndarray:
    """Turn left, top, width, height into left, top, right, bottom."""
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


_SURE = 0.4
"""Score from which on a detection may begin a person, for every tracker alike."""


def _bytetrack(fps: float, **options: Any) -> Tracking:
    from trackers import BIoU, ByteTrackTracker
    from trackers.utils.state_representations import XCYCWHStateEstimator

    chosen = {
        "minimum_iou_threshold": 0.15,
        "lost_track_buffer": 15,
        "frame_rate": 30,
        "track_activation_threshold": _SURE,
        "high_conf_det_threshold": _SURE,
        "state_estimator_class": XCYCWHStateEstimator,
        "iou": BIoU(buffer_ratio=0.5),
    }
    return LibraryTracking(ByteTrackTracker(**{**chosen, **options}), fps, camera=True)


def _botsort(fps: float, **options: Any) -> Tracking:
    from trackers import BoTSORTTracker

    chosen = {
        "enable_cmc": False,
        "frame_rate": 30,
        "track_activation_threshold": _SURE,
        "high_conf_det_threshold": _SURE,
    }
    return LibraryTracking(BoTSORTTracker(**{**chosen, **options}), fps, camera=True)


def _ocsort(fps: float, **options: Any) -> Tracking:
    from trackers import OCSORTTracker

    # Its tracklets keep past boxes that a camera motion would have to move as well: it has none.
    chosen = {"frame_rate": 30, "high_conf_det_threshold": _SURE}
    return LibraryTracking(OCSORTTracker(**{**chosen, **options}), fps, camera=False)


def _cbiou(fps: float, **options: Any) -> Tracking:
    from trackers import CBIoUTracker

    chosen = {"frame_rate": 30, "track_activation_threshold": _SURE, "high_conf_det_threshold": _SURE}
    return LibraryTracking(CBIoUTracker(**{**chosen, **options}), fps, camera=True)


TRACKERS: dict[str, Callable[..., Tracking]] = {
    "bytetrack": _bytetrack,
    "cbiou": _cbiou,
    "botsort": _botsort,
    "ocsort": _ocsort,
    "arcsort": ArcSort,
}
"""Trackers by name, called with the instants per second and options: ByteTrack with the options that were
best of 70 drawn on half of the true tracks, the others as they come but for the score."""


def open_follower(name: str, fps: float, **options: Any) -> Tracking:
    """Open a tracker by name; `ours` is the one that bball-tag uses."""
    return Follower(fps) if name == "ours" else TRACKERS[name](fps, **options)
