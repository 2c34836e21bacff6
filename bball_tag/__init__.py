"""Timestamped action labels for basketball video."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from bball_tag.errors import explained_imports

if TYPE_CHECKING:
    from bball_tag.aligning import align as align
    from bball_tag.annotations import Annotation as Annotation
    from bball_tag.api import annotate as annotate
    from bball_tag.api import read as read
    from bball_tag.comparing import compare as compare
    from bball_tag.errors import BballTagError as BballTagError
    from bball_tag.events import Event as Event
    from bball_tag.one_game import annotate_game as annotate_game
    from bball_tag.one_game import read_game as read_game
    from bball_tag.rendering import render_clips as render_clips
    from bball_tag.rendering import render_dataset as render_dataset
    from bball_tag.rendering import render_overlay as render_overlay
    from bball_tag.rendering import render_reel as render_reel
    from bball_tag.reviewing import review_game as review_game
    from bball_tag.reviewing import write_report as write_report
    from bball_tag.teaching import learn as learn
    from bball_tag.teaching import similar as similar
    from bball_tag.teaching import suggest as suggest
    from bball_tag.tracking import track as track
    from bball_tag.training import evaluate as evaluate
    from bball_tag.training import train as train
    from bball_tag.tuning import tune as tune

# Threads that wait for each other must not spin for long, or any program beside us slows them to a crawl.
# The runtimes of GNU (in spins), Intel and LLVM (in milliseconds) read this when torch is loaded, so it comes
# before. What the user has set stays. docs/performance.md says why these numbers.
if not os.environ.keys() & {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"}:
    os.environ.update(GOMP_SPINCOUNT="1000", KMP_BLOCKTIME="0")

__version__ = "0.1.0"
_PARTS = {
    "aligning": "align",
    "annotations": "Annotation",
    "api": "annotate read",
    "comparing": "compare",
    "errors": "BballTagError",
    "events": "Event",
    "one_game": "annotate_game read_game",
    "rendering": "render_clips render_dataset render_overlay render_reel",
    "reviewing": "review_game write_report",
    "teaching": "learn similar suggest",
    "tracking": "track",
    "training": "evaluate train",
    "tuning": "tune",
}
_HOMES = {name: f"bball_tag.{part}" for part, names in _PARTS.items() for name in names.split()}
__all__ = [*_HOMES]


def __getattr__(name: str) -> object:
    """Load what is asked for when it is asked for, so that the import stays light."""
    if name in _HOMES:
        return getattr(explained_imports(import_module)(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
