"""What a user asks for in scoring, and what an earlier run was asked for."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from bball_tag.checkpoint.contract import Precision
from bball_tag.checks import check_choice, check_number
from bball_tag.files import relative_path
from bball_tag.players.crop import Box
from bball_tag.scoring.backends import Backend

log = logging.getLogger("bball_tag")
_CUTTING = ("start", "end", "roi")
"""Options by which less is seen."""
LEAST_STRIDE = 0.001
"""In seconds."""
NONE = "none"
"""Undoes what the stored scores were made with: no tracks, no region, no earlier end."""


@dataclass(frozen=True, slots=True)
class ScoringOptions:
    """What a user asks for in scoring. None leaves it to the stored scores, else to the default."""

    stride: float | None = None
    """Seconds between the starts of clips; by default half a clip."""
    start: str | float | None = None
    end: str | float | None = None
    """The part of the video, in seconds or as `bball_tag.timecode.parse_time` reads it."""
    roi: Box | None = None
    """The part of the frame to look at, in pixels."""
    tracks: Path | None = None
    """A MOTChallenge file: clips are cut for each player in it."""
    precision: Precision | None = None
    backend: Backend | None = None
    undone: frozenset[str] = frozenset()
    """Names of options that stay None, whatever the stored scores were made with."""

    def __post_init__(self) -> None:
        if self.stride is not None:
            check_number("stride", self.stride, LEAST_STRIDE)
        if self.precision is not None:
            check_choice("precision", self.precision, get_args(Precision))
        if self.backend is not None:
            check_choice("backend", self.backend, get_args(Backend))

    def as_json(self, store: Path | None) -> dict[str, object]:
        """Return the options as they are stored; tracks relative to the folder of `store`."""
        tracks = self.tracks and self.tracks.resolve()
        if tracks and store:
            tracks = relative_path(tracks, store.parent.resolve())
        roi = self.roi and [self.roi.left, self.roi.top, self.roi.width, self.roi.height]
        return {
            "stride": self.stride,
            "start": self.start,
            "end": self.end,
            "roi": roi,
            "tracks": tracks and str(tracks),
            "precision": self.precision,
            "backend": self.backend,
        }

    def completed(self, stored: Mapping[str, Any], store: Path) -> ScoringOptions:
        """Return the options with what is None taken from an earlier run, as `as_json` gave it."""
        known: dict[str, Any] = {
            **{name: stored.get(name) for name in ("stride", "start", "end", "precision", "backend")},
            "roi": Box(*stored["roi"]) if stored.get("roi") else None,
            "tracks": store.parent / stored["tracks"] if stored.get("tracks") else None,
        }
        # Tracks and a region exclude each other: who names one does not want the other.
        others = {"roi": self.tracks, "tracks": self.roi}
        taken = {
            name: value
            for name, value in known.items()
            if value is not None and getattr(self, name) is None
            if name not in self.undone and others.get(name) is None
        }
        if taken:
            shown = ", ".join(f"{name} {_shown(value)}" for name, value in taken.items())
            log.log(
                # Nobody should wonder later why most of the video has no events.
                logging.WARNING if taken.keys() & set(_CUTTING) else logging.INFO,
                "Using the settings stored with the scores in %s: %s. Pass an option to change one; "
                "`none` removes --tracks, --roi or --end.",
                store.name,
                shown,
            )
        return replace(self, **taken)


def _shown(value: object) -> str:
    return str(relative_path(value, Path.cwd()) if isinstance(value, Path) else value)
