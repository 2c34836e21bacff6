"""A review that is open: the game, its session, and what is worked out for the page when it asks."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

from bball_tag.review.columns import CHUNK_S, BoxColumns, ScoreColumns
from bball_tag.review.document import (
    formats_json,
    game_json,
    item_json,
    labels_json,
    players_json,
    spans_json,
    teams_json,
    totals_json,
)
from bball_tag.review.export import default_name
from bball_tag.review.material import Material
from bball_tag.review.playback import Playback
from bball_tag.review.session import Outcome, Session
from bball_tag.review.teaching import Teaching

log = logging.getLogger("bball_tag")


class Review:
    """One game under review."""

    def __init__(
        self, material: Material, session: Session, playback: Playback, checkpoint: Path | None = None
    ) -> None:
        self.material, self.session, self.playback = material, session, playback
        self.teaching = Teaching(material, session, checkpoint, self.forget_scores)
        self.boxes = BoxColumns(material.annotation.tracks)
        self._lock = threading.Lock()
        self._scores: ScoreColumns | None = None

    def document(self) -> dict[str, Any]:
        """Return all that the page needs at once."""
        session, material = self.session, self.material
        with session.lock:
            state, revision, steps = session.state, session.revision, session.steps
        times = None if self.playback.frame_times is None else "api/frame_times"
        keeps = session.why_not_kept is None
        learns = self.why_not_learn() is None
        has_scores = self.material.store is not None
        return {
            **game_json(material, state),
            "read_only": False,
            "statistics": None,
            "revision": revision,
            **steps,
            "by": session.by,
            "notes": self._notes(),
            "video": {"src": "video", "frame_times": times, **self.playback.as_json(material.video)},
            "boxes": {
                "chunk_s": CHUNK_S,
                "num_chunks": self.boxes.num_chunks,
                "max_gap": self.boxes.max_gap,
                "chunks": None,
            },
            "scores": {"has": has_scores, "labels": list(material.annotation.labels), "players": None},
            "can": {"edit": keeps, "learn": learns, "suggest": learns, "export": keeps},
            "why_not": {} if learns else {"learn": self.why_not_learn(), "suggest": self.why_not_learn()},
            "formats": formats_json(material),
            "export_name": default_name(material),
        }

    def why_not_learn(self) -> str | None:
        """Return why this game cannot be used to learn; None if it can."""
        if self.session.why_not_kept is not None:
            return self.session.why_not_kept
        if self.material.store is None:
            name = self.material.video.path.name
            return f"No features of {name} are stored: annotate it with bball-tag annotate first."
        return None

    def _notes(self) -> list[str]:
        video, notes = self.playback, []
        if self.session.why_not_kept is not None:
            notes.append(self.session.why_not_kept)
        if video.is_blurred:
            notes.append("Faces are blurred in a copy of the video, which is what you see.")
        elif video.is_proxy:
            notes.append("Browsers cannot play this video as it is: you see a copy of it.")
        return notes

    def scores(self, player: str) -> dict[str, Any]:
        """Return the scores of a player's clips.

        Raises:
            BballTagError: None are stored, or they cannot be read.
        """
        with self._lock:
            if self._scores is None:
                self._scores = ScoreColumns(self.material.game())
            return self._scores.of(player)

    def statistics(self) -> dict[str, Any]:
        """Return how much everybody did, as the charts show it."""
        return totals_json(self.material, self.session.state)

    def forget_scores(self) -> None:
        """Read the scores anew when they are asked for: a new checkpoint gave others."""
        with self._lock:
            self._scores = None

    def delta(self, since: int, outcome: Outcome | None = None) -> dict[str, Any]:
        """Return what changed since a revision, as the page takes it."""
        session = self.session
        with session.lock:
            state, revision, steps = session.state, session.revision, session.steps
            ids, has_names, has_spans = session.changes_since(since)
        items = {name: state.items.get(name) for name in ids}
        events = {
            name: None if item is None else item_json(item, self.material) for name, item in items.items()
        }
        return {
            "revision": revision,
            **steps,
            "events": events,
            "players": {one["id"]: one for one in players_json(self.material, state.names)}
            if has_names
            else {},
            "teams": teams_json(self.material, state.names) if has_names else None,
            "reviewed": spans_json(state.reviewed) if has_spans else None,
            # A label comes and goes with its events.
            "labels": labels_json(self.material, state) if ids else None,
            "undone": None if outcome is None else outcome.undone,
        }
