"""From a video to its annotation: score what is not stored yet, then decide."""

from __future__ import annotations

import json
import logging
import platform
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from bball_tag import __version__
from bball_tag.annotations import Annotation
from bball_tag.annotations.annotation import with_teams
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.description import without_labels
from bball_tag.checkpoint.world import advice, caution, world_of
from bball_tag.errors import BballTagError, OptionError, VideoOptionError
from bball_tag.events import EventRules, find_events
from bball_tag.files import check_output
from bball_tag.players.roster_template import PAGE
from bball_tag.scale.one_pass import scored_in_one_pass
from bball_tag.scale.pipeline import scored_in_segments
from bball_tag.scale.places import Place
from bball_tag.scale.plan import Plan
from bball_tag.scoring.backends import Engine
from bball_tag.scoring.features import FeatureKind
from bball_tag.scoring.options import ScoringOptions
from bball_tag.scoring.rescore import feature_kind, rescore
from bball_tag.scoring.run_subjects import RunSubjects
from bball_tag.scoring.store import RunState, ScoreStore, last_settings
from bball_tag.storage.copies import is_copy
from bball_tag.timecode import format_clock, format_time, parse_time
from bball_tag.video.video import Video

log = logging.getLogger("bball_tag")
_DURATION_TOLERANCE_S = 1.0
"""A header may promise a little more than the frames that follow."""


class AnnotationRun:
    """One video to be annotated, checked before its frames are read."""

    def __init__(
        self,
        video: Video,
        checkpoint: Checkpoint,
        options: ScoringOptions,
        engine: Engine,
        store: Path | None,
        place: Place | None = None,
    ) -> None:
        """Read the tracks, and see that the options fit the video and the checkpoint.

        Args:
            video: What to annotate.
            checkpoint: What predicts.
            options: Which clips to score.
            engine: What computes; backend and precision are those of `options`, where they are given.
            store: Where scores are kept, so that a stopped run can be resumed; None keeps them in memory.
            place: Before whom computes, in segments; None computes here, in one pass.

        Raises:
            BballTagError: A file cannot be read, or an option does not fit the video or the checkpoint.
        """
        self.video, self.checkpoint, self._store, self._place = video, checkpoint, store, place
        info, spec, reads = video.info, checkpoint.contract.clip, checkpoint.contract.streams
        before = last_settings(store) if store else {}
        if before.get("video") == video.content_id and store:
            options = options.completed(before, store, finds=spec.subject == "player", reads=reads)
        if options.features is False and without_labels(checkpoint.contract):
            raise OptionError(f"{checkpoint.contract.name} makes features and nothing else: keep them.")
        self._options, self._streams = options, options.streams_of(reads)
        self._engine = replace(
            engine, backend=options.backend or engine.backend, precision=options.precision or engine.precision
        )
        self.start, self._stop = part_of(video, options.start, options.end)
        self._subjects = RunSubjects(video, options, spec)
        self.players = self._subjects.players
        """Where the players come from; None where the whole frame is looked at."""
        self._stride = spec.stride_frames(spec.duration / 2 if options.stride is None else options.stride)
        self.end = min(self._stop or info.duration, info.duration or self._stop or 0.0)
        """Seconds to where the part should end, as far as the file says."""
        self._caution = caution(checkpoint.contract, world_of(info.title))
        if self._caution:
            log.warning("%s %s", self._caution, advice(checkpoint.contract))

    @property
    def duration(self) -> float:
        """Seconds of video to be looked at, as far as the file says."""
        return max(self.end - self.start, 0.0)

    def open_store(self) -> ScoreStore:
        """Open or make the store of this run's scores."""
        # Seen from a copy, files of this computer would have a place that others could not find.
        seen_from = None if self._store is None or is_copy(self._store) else self._store
        settings = {
            "video": self.video.content_id,
            "grid_fps": self.checkpoint.contract.clip.fps,
            **self._options.as_json(seen_from),
        }
        return ScoreStore(self._store, self._fingerprint(), settings)

    def score(self, store: ScoreStore, on_progress: Callable[[float], None]) -> RunState:
        """Score what `store` lacks; `on_progress` gets the seconds of video done.

        Returns:
            How far the scores had come without reading the video.
        """
        asked = self._options.features
        if store.state.complete and not asked:
            return store.state
        kind = None if asked is False else feature_kind(self.checkpoint, self._streams)
        if kind is not None and rescore(store, self.checkpoint, kind):
            log.info("Scored from stored features: the video is not read.")
            return store.state
        store.keep_features(kind, anew=bool(asked))
        before = store.state
        if not before.complete:
            self._compute(store, before, on_progress)
        return before

    def _compute(self, store: ScoreStore, before: RunState, on_progress: Callable[[float], None]) -> None:
        """Score what is missing."""
        if before.next_chunk:
            log.info("Resuming at %s.", format_clock(before.end))
        plan, known = self._plan(store.feature_kind), store.read_seen()
        if self._place is None:
            scored = scored_in_one_pass(plan, self._subjects, known, before.next_chunk)
        else:
            scored = scored_in_segments(plan, known, before.next_chunk, self._place)
        # Whoever resumes with another backend or processor is named too.
        names = [name for name in before.computed_by.split("; ") if name]
        with closing(scored):
            for chunk in scored:
                names = list(dict.fromkeys((*names, chunk.computed_by)))
                state = RunState(
                    chunk.number + 1,
                    chunk.is_last,
                    chunk.end,
                    # A resumed run did not meet again what came before its start.
                    before.damaged_packets + chunk.damaged_packets,
                    before.recomputed_batches + chunk.recomputed_batches,
                    "; ".join(names),
                )
                # Frames of another file must not be kept as those of this one.
                self.video.check_unchanged()
                store.append(chunk.clips, state, chunk.seen)
                on_progress(chunk.instants.stop / plan.spec.fps - self.start)
        if not store.state.complete:
            raise BballTagError(f"No frame of {self.video.path} lies in the part that was asked for.")

    def _plan(self, features: FeatureKind | None) -> Plan:
        """Return what is to be scored, and how."""
        return Plan(
            json.dumps([self._fingerprint(), str(self.video.path)], sort_keys=True),
            self.video,
            self.checkpoint,
            self._options,
            self._engine,
            self._streams,
            self._stride,
            self.start,
            self.end,
            self._stop,
            self._subjects.detector.id if self._subjects.detector else None,
            features,
        )

    def annotation(self, store: ScoreStore, rules: EventRules, template: Path | None = None) -> Annotation:
        """Decide on the events, from complete scores; write a roster of who was found to `template`."""
        contract, state, info = self.checkpoint.contract, store.state, self.video.info
        self._report_damage(state)
        scores = store.read(contract.labels, contract.clip.fps, contract.clip.num_frames)
        found = self._subjects.found(store)
        store.keep_settings()
        scores = found.renamed(scores) if found else scores
        events = find_events(scores, rules)
        if remark := without_labels(contract):
            log.warning("%s", remark)
        if template is not None and found:
            self._subjects.write_template(found, template)
        return Annotation(
            video=replace(info, duration=max(state.end, info.duration)),
            events=with_teams(events, found.players if found else (), self._subjects.tracks),
            labels=contract.labels,
            rules=rules,
            checkpoint=self.checkpoint.title,
            caution=self._caution,
            version=__version__,
            settings=self._settings(state),
            tracks=found.tracks if found else self._subjects.tracks,
            players=found.players if found else (),
            cuts=found.cuts if found else (),
            scores=scores,
        )

    def check_template(self, path: Path) -> None:
        """Refuse a roster that could not be written later, or would replace one.

        Raises:
            OptionError: Nobody is to be found.
            BballTagError: A file cannot be written.
        """
        if self._subjects.detector is None:
            raise OptionError(
                "--roster-template is about players that are found: here, nobody is looked for."
            )
        if self._options.roster:
            name = self._options.roster.name
            raise OptionError(f"{name} is in force: correct that one, or add --roster none.")
        if path.suffix.lower() != ".csv":
            raise OptionError(
                f"A roster is a CSV file: name it {path.with_suffix('.csv').name}, not {path.name}."
            )
        for file in (path, path.with_suffix(PAGE)):
            check_output(file, overwrite=True)
            if file.exists():
                raise BballTagError(
                    f"{file} already exists, and --overwrite does not replace it: it may hold corrections. "
                    "Give the roster another name, or delete that file."
                )

    def _fingerprint(self) -> dict[str, object]:
        """Return everything that changes scores, and nothing else."""
        return {
            "video": self.video.content_id,
            "checkpoint": self.checkpoint.id,
            "stride": self._stride,
            "start": self.start,
            "end": self._stop,
            **self._subjects.fingerprint(),
            "streams": self._streams,
            "precision": self._engine.precision,
            "backend": self._engine.backend,
        }

    def _report_damage(self, state: RunState) -> None:
        name = self.video.path.name
        if self.end - state.end > _DURATION_TOLERANCE_S:
            log.warning(
                "%s ends early: %s of %s could be read. Is the file complete?",
                name,
                format_clock(state.end),
                format_clock(self.end),
            )
        if state.damaged_packets:
            log.warning("%s: %d damaged packets were left out.", name, state.damaged_packets)
        if state.recomputed_batches:
            log.warning(
                "%s: %d batches were not finite in 16-bit numbers and were computed again in fp32.",
                name,
                state.recomputed_batches,
            )

    def _settings(self, state: RunState) -> dict[str, str]:
        spec = self.checkpoint.contract.clip
        recomputed = state.recomputed_batches
        return {
            "checkpoint file": self.checkpoint.path.name,
            "clip": f"{spec.num_frames} frames at {spec.fps:g} per second, {spec.width}x{spec.height} pixels",
            "stride": f"{self._stride / spec.fps:.3f} s",
            "part": f"{format_time(self.start)} to {format_time(state.end)}",
            "streams": ", ".join(self._streams),
            **self._subjects.facts(),
            "precision": self._engine.precision,
            "computed by": state.computed_by,
            **({"batches computed again in fp32": f"{recomputed}"} if recomputed else {}),
            "damaged packets": str(state.damaged_packets),
            "python": platform.python_version(),
            **{package: version(package) for package in ("torch", "pytorchvideo", "av", "numpy")},
        }


def part_of(video: Video, start: str | float | None, end: str | float | None) -> tuple[float, float | None]:
    """Return the start and end that a user asked for, in seconds; None is the end of the video.

    Raises:
        OptionError: They cannot be read.
        VideoOptionError: No part of the video lies between them; frames, and an end that an earlier run was
            asked for, are those of this video.
    """
    fps, time_of = video.info.fps, video.info.time_of
    start = 0.0 if start is None else parse_time(start, fps, time_of)
    end = None if end is None else parse_time(end, fps, time_of)
    if start < 0:
        raise OptionError(f"The start cannot be negative ({start:g} s).")
    if end is not None and end <= start:
        raise VideoOptionError(
            f"The start ({format_time(start)}) is not before the end ({format_time(end)})."
        )
    if video.info.duration and start >= video.info.duration:
        raise VideoOptionError(
            f"The start ({format_time(start)}) is after the end of {video.path.name}, "
            f"which lasts {format_time(video.info.duration)}."
        )
    return start, end
