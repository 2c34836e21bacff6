"""Figures of tracking: HOTA and IDF1 as TrackEval computes them, switches a minute, ids per player."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from trackeval.metrics import CLEAR, HOTA, Identity

from bball_tag.players.tracks import overlaps
from benchmarks.degrade import TrueFrame


@dataclass(frozen=True)
class Followed:
    """One video's truth beside what a tracker made of it, frame by frame."""

    truth: Sequence[TrueFrame]
    boxes: Sequence[np.ndarray]
    """The boxes that the tracker follows: left, top, width, height."""
    ids: Sequence[np.ndarray]
    """Its id of each of them, above 0."""
    owners: Sequence[np.ndarray]
    """True id behind each of them, -1 for a false box."""
    fps: float

    @property
    def minutes(self) -> float:
        """Length of the video."""
        return len(self.truth) / self.fps / 60


@dataclass(frozen=True)
class Figures:
    """How well people were followed."""

    hota: float
    assa: float
    idf1: float
    switches: float
    """Changes of id a minute of video."""
    ids: float
    """Ids per true player: ids that show each for at least half a second, over players."""
    impure: float
    """Share of followed boxes that belong to somebody else than most boxes of their id."""


def figures(videos: Sequence[Followed]) -> Figures:
    """Compute the figures of several videos together."""
    metrics = {"hota": HOTA(), "clear": _quiet(CLEAR), "identity": _quiet(Identity)}
    results: dict[str, dict[int, Any]] = {name: {} for name in metrics}
    for number, video in enumerate(videos):
        data = _trackeval_data(video)
        for name, metric in metrics.items():
            results[name][number] = metric.eval_sequence(data)
    combined = {name: metric.combine_sequences(results[name]) for name, metric in metrics.items()}
    minutes = sum(video.minutes for video in videos)
    counts = np.sum([_ids(video) for video in videos], axis=0)
    return Figures(
        hota=100 * float(combined["hota"]["HOTA"].mean()),
        assa=100 * float(combined["hota"]["AssA"].mean()),
        idf1=100 * float(combined["identity"]["IDF1"]),
        switches=float(combined["clear"]["IDSW"]) / minutes,
        ids=counts[0] / counts[1],
        impure=100 * counts[2] / max(counts[3], 1),
    )


def _quiet(metric: type) -> Any:
    return metric({"PRINT_CONFIG": False})


def _ids(video: Followed) -> tuple[int, int, int, int]:
    """Ids that last half a second; true players; boxes of another than their id's owner; boxes."""
    ids, owners = np.concatenate(list(video.ids)), np.concatenate(list(video.owners))
    players = len(np.unique(np.concatenate([frame.ids for frame in video.truth])))
    lasting, strangers = 0, 0
    for one in np.unique(ids):
        whose, counts = np.unique(owners[ids == one], return_counts=True)
        strangers += int(counts.sum() - counts.max())
        lasting += int(whose[counts.argmax()] >= 0 and counts.max() >= video.fps / 2)
    return lasting, players, strangers, len(ids)


def wrong_joins(
    players: Sequence[np.ndarray], pieces: Sequence[np.ndarray], owners: Sequence[np.ndarray]
) -> tuple[int, int]:
    """Count the joins of pieces that follow one another in a player, and those of pieces of two people.

    The arguments name something of each detection, instant by instant: its player, piece and true person.
    """
    player, piece, owner = (np.concatenate(list(each)) for each in (players, pieces, owners))
    joins = wrong = 0
    for one in np.unique(player[player > 0]):
        _, first = np.unique(piece[player == one], return_index=True)
        order = piece[player == one][np.sort(first)]
        people = [_commonest(owner[(player == one) & (piece == part)]) for part in order]
        joins += len(people) - 1
        wrong += sum(a != b for a, b in pairwise(people))
    return joins, wrong


def _commonest(values: np.ndarray) -> int:
    names, counts = np.unique(values, return_counts=True)
    return int(names[counts.argmax()])


def _trackeval_data(video: Followed) -> dict[str, Any]:
    """Ids counted from 0 without gaps, and IoUs: what TrackEval's metrics take for one sequence."""
    true_ids = [frame.ids for frame in video.truth]
    true_names, trues = np.unique(np.concatenate(true_ids), return_inverse=True)
    names, found = np.unique(np.concatenate(list(video.ids)), return_inverse=True)
    return {
        "num_timesteps": len(video.truth),
        "num_gt_ids": len(true_names),
        "num_tracker_ids": len(names),
        "num_gt_dets": len(trues),
        "num_tracker_dets": len(found),
        "gt_ids": np.split(trues, np.cumsum([len(one) for one in true_ids])[:-1]),
        "tracker_ids": np.split(found, np.cumsum([len(one) for one in video.ids])[:-1]),
        "similarity_scores": [
            overlaps(frame.boxes[:, None], boxes[None])
            for frame, boxes in zip(video.truth, video.boxes, strict=True)
        ],
    }
