"""Learning on the page: what was judged becomes a checkpoint, and the queue is filled anew.

It runs in a process of its own, so that the page stays quick, and memory is free again afterwards.
"""

from __future__ import annotations

import itertools
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from bball_tag.annotations.native_json import event_as_json
from bball_tag.errors import BballTagError
from bball_tag.review.corrected import corrected
from bball_tag.review.material import Material
from bball_tag.review.rosters import write_names
from bball_tag.review.session import Session
from bball_tag.review.state import Name, shown_names
from bball_tag.scoring.store_roster import roster_in_force

_REFILLED = 20
"""Events that are suggested after learning."""
_ENDING = ".learned"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a process needs that learns or suggests: paths alone, which can be sent."""

    video: Path
    store: Path
    table: Path
    """What was judged, players called as in the store."""
    checkpoint: Path | None
    out: Path
    count: int


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of it."""

    suggested: list[dict[str, Any]]
    """Events to be judged next, as JSON."""
    report: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    is_better: bool = False


def suggested(lesson: Lesson) -> Learned:
    """Return what to judge next."""
    from bball_tag.teaching import suggest

    (found,) = suggest(lesson.video, count=lesson.count, judged=lesson.table, scores=lesson.store)
    return Learned([event_as_json(event, None, found.video) for event in found])


def learned(lesson: Lesson) -> Learned:
    """Fit a checkpoint to what was judged; where that is better, score the game with it and suggest by it."""
    from bball_tag.api import annotate
    from bball_tag.teaching import learn

    report = learn(
        lesson.table,
        out=lesson.out,
        checkpoint=lesson.checkpoint,
        video=lesson.video,
        scores=lesson.store,
    )
    is_better = report.macro_f1 > report.start_macro_f1
    if is_better:
        annotate(lesson.video, checkpoint=lesson.out, scores=lesson.store, progress=False)
    labels = [{**asdict(one), "wanting": one.wanting} for one in report.labels]
    names = ("macro_f1", "start_macro_f1", "accuracy", "start_accuracy", "num_clips")
    figures = {**{name: getattr(report, name) for name in names}, "labels": labels}
    return Learned(suggested(lesson).suggested, str(report), figures, is_better)


def _is_same(one: Path | None, other: Path | None) -> bool:
    return (one and one.resolve()) == (other and other.resolve())


class Tracks:
    """Finds the track of a player whom a person named."""

    def __init__(self, material: Material, names: Mapping[str, Name]) -> None:
        """Prepare to find the tracks of a game, under these names."""
        self._tracks = {track.id: track for track in material.annotation.tracks}
        self._shown = shown_names(names, self._tracks)

    def track_of(self, event: Mapping[str, Any]) -> str:
        """Return the track that is seen nearest to an event of its player, an event as JSON."""
        middle, player = (event["start_s"] + event["end_s"]) / 2, str(event["player"])
        away = {
            track: float(np.abs(self._tracks[track].times - middle).min())
            for track, name in self._shown.items()
            if player in (name, track) and len(self._tracks[track].times)
        }
        return min(away, key=lambda track: away[track]) if away else player


class Teaching:
    """Learns for one review, one lesson at a time."""

    def __init__(
        self, material: Material, session: Session, checkpoint: Path | None, on_scored: Callable[[], None]
    ) -> None:
        """Prepare to start from `checkpoint`, or the default one; `on_scored` hears of other scores."""
        self._material, self._session, self._checkpoint = material, session, checkpoint
        self._on_scored = on_scored
        self._lock = threading.Lock()
        self._status: dict[str, Any] = {"state": "idle"}
        self._began = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return how far it is, as the page takes it."""
        with self._lock:
            if self._status["state"] == "running":
                return {**self._status, "seconds": round(time.monotonic() - self._began, 1)}
            return self._status

    def start(self) -> dict[str, Any]:
        """Begin to learn, in the background.

        Raises:
            BballTagError: It learns already, or no features are stored.
        """
        self._store()
        with self._lock:
            if self._status["state"] == "running":
                raise BballTagError("It is learning already: wait for the result.")
            self._began = time.monotonic()
            self._status = {"state": "running", "step": "Fitting a checkpoint to what was judged"}
        threading.Thread(target=self._learn, daemon=True).start()
        return self.as_json()

    def suggest(self, count: int, revision: int, key: str) -> list[str]:
        """Add events to be judged next, and return their ids.

        Raises:
            BballTagError: Nothing is stored to suggest from, or the review was edited meanwhile.
        """
        return self._propose(self._run(suggested, count).suggested, revision, key)

    def _learn(self) -> None:
        try:
            out = self._free_name()
            result = self._run(learned, _REFILLED, out)
            self._on_scored()
            ids = self._propose(result.suggested, None, "")
            status = {
                "state": "done",
                "report": result.report,
                "figures": result.figures,
                "better": result.is_better,
                "checkpoint": out.name,
                "ids": ids,
            }
        except BballTagError as error:
            status = {"state": "failed", "error": str(error)}
        except Exception as error:  # noqa: BLE001
            # It runs in a thread of its own, where nobody else would hear of it.
            status = {"state": "failed", "error": f"It stopped: {type(error).__name__}: {error}"}
        with self._lock:
            self._status = {**status, "seconds": round(time.monotonic() - self._began, 1)}

    def _run(self, work: Callable[[Lesson], Learned], count: int, out: Path | None = None) -> Learned:
        material, state = self._material, self._session.state
        is_named = not _is_same(roster_in_force(self._store()), material.roster)
        if is_named:
            # An export has put names in force with which the stored clips are found from then on.
            write_names(material, state.names)
        judged = corrected(material, state, with_open=True, is_named=is_named)
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "judged.json"
            # Boxes are stored with the scores already.
            replace(judged, tracks=(), players=()).write(table)
            lesson = Lesson(
                material.video.path, self._store(), table, self._checkpoint, out or self._free_name(), count
            )
            # A fresh process: one that was forked would have this one's threads and locks.
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                return pool.submit(work, lesson).result()

    def _propose(self, events: list[dict[str, Any]], revision: int | None, key: str) -> list[str]:
        if not events:
            return []
        tracks = Tracks(self._material, self._session.state.names)
        events = [{**event, "player": tracks.track_of(event)} for event in events]
        before = self._session.state.items.keys()
        self._session.edit([{"op": "propose", "events": events}], revision, key)
        return [name for name in self._session.state.items if name not in before]

    def _store(self) -> Path:
        if self._material.store is None:
            raise BballTagError(
                f"No features of {self._material.video.path.name} are stored. Annotate it first: bball-tag "
                "annotate."
            )
        return self._material.store

    def _free_name(self) -> Path:
        base = self._material.base
        endings = (f"-{number}" if number > 1 else "" for number in itertools.count(1))
        paths = (base.with_name(f"{base.stem}{_ENDING}{ending}.safetensors") for ending in endings)
        return next(path for path in paths if not path.exists())
