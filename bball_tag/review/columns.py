"""Boxes and scores in columns of whole numbers: small to send, quick to draw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from bball_tag.learning.games import Game
from bball_tag.players.tracks import MAX_GAP_S, Track

CHUNK_S = 60
"""Seconds of boxes that are sent together."""


class BoxColumns:
    """The boxes of all tracks, by chunk."""

    def __init__(self, tracks: Sequence[Track]) -> None:
        self._tracks = {track.id: track for track in tracks if len(track.times)}
        last = max((float(track.times[-1]) for track in self._tracks.values()), default=-1.0)
        self.num_chunks = math.floor(last / CHUNK_S) + 1
        steps = (float(np.median(np.diff(track.times))) for track in tracks if len(track.times) > 1)
        self.max_gap = max([MAX_GAP_S, *(1.5 * step for step in steps)])
        """Seconds without a box over which a player is not shown: see `Track.stretches`."""

    def chunk(self, number: int) -> dict[str, Any]:
        """Return the boxes within one chunk, and of each player one more before and after it.

        Times are milliseconds, boxes whole pixels. Players who are not seen there are left out.
        """
        start, stop = number * CHUNK_S, (number + 1) * CHUNK_S
        players = {}
        for name, track in self._tracks.items():
            first, last = np.searchsorted(track.times, (start, stop)).tolist()
            first, last = max(first - 1, 0), min(last + 1, len(track.times))
            times = track.times[first:last]
            if len(times) and times[-1] >= start - self.max_gap and times[0] < stop + self.max_gap:
                sides = np.rint(track.boxes[first:last]).astype(np.int64).T.tolist()
                whole = np.rint(times * 1000).astype(np.int64).tolist()
                players[name] = {"t": whole, **dict(zip("xywh", sides, strict=True))}
        return {"players": players}


class ScoreColumns:
    """The scores of all clips, by player."""

    def __init__(self, game: Game) -> None:
        clips = game.clips
        self.labels = game.stored.kind.labels
        self._players, self._starts, self._ends = clips.players, clips.starts, clips.ends
        self._scores = np.rint(game.probabilities * 100).astype(np.uint8)

    def players(self) -> list[str]:
        """Return whose scores there are."""
        return sorted(set(self._players.tolist()))

    def of(self, player: str) -> dict[str, Any]:
        """Return the scores of a player's clips in per cent, in order of time."""
        rows = np.flatnonzero(self._players == player)
        rows = rows[np.argsort(self._starts[rows], kind="stable")]
        columns = self._scores[rows].T.tolist()
        return {
            "player": player,
            "start": np.round(self._starts[rows], 3).tolist(),
            "end": np.round(self._ends[rows], 3).tolist(),
            "p": dict(zip(self.labels, columns, strict=True)),
        }
