"""From a video to its annotation: score what is not stored yet, then decide."""

from __future__ import annotations

import logging
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np

from bball_tag import __version__
from bball_tag.annotations import Annotation
from bball_tag.backends import Engine, open_scorer
from bball_tag.checkpoints import SAMPLE, SAMPLE_WORLD
from bball_tag.clips import ClipSpec, grid_range
from bball_tag.contract import Contract, checkpoint_id, read_contract
from bball_tag.errors import BballTagError
from bball_tag.events import DEFAULT_RULES, EventRules, find_events
from bball_tag.files import content_id
from bball_tag.players.crop import Box
from bball_tag.players.strands import Strand, reading_scale, tracked_players, whole_picture
from bball_tag.players.tracks import read_mot
from bball_tag.sample import sample_clips
from bball_tag.scores import RunState, ScoreStore
from bball_tag.timecode import format_clock, format_time
from bball_tag.video import VideoInfo, probe, read_frames

log = logging.getLogger("bball_tag")
# A header may promise a little more than the frames that follow.
_FORGIVEN = 1.0


@dataclass(frozen=True, slots=True)
class Job:
    """What to score, and how: everything except the rules that make events of it."""

    video: Path
    checkpoint: Path
    stride: float | None = None
    """Seconds between the starts of clips; None is half a clip."""
    start: float = 0.0
    end: float | None = None
    """The part of the video to look at, in seconds."""
    region: Box | None = None
    """The part of the picture to look at, in pixels."""
    tracks: Path | None = None
    """A MOTChallenge file: clips are cut for each player in it."""
    engine: Engine = field(default_factory=Engine)
    """What computes."""


@dataclass(frozen=True, slots=True)
class RuleChoices:
    """What a user says about the rules; the checkpoint knows the rest."""

    thresholds: Mapping[str, float] = field(default_factory=dict)
    """For single labels."""
    threshold: float | None = None
    """For all others; None is what the checkpoint says, else the default."""
    min_duration: float = DEFAULT_RULES.min_duration
    max_gap: float = DEFAULT_RULES.max_gap

    def complete(self, contract: Contract) -> EventRules:
        """Return the rules for a checkpoint.

        Raises:
            BballTagError: A threshold for a label that the checkpoint does not know.
        """
        unknown = sorted(set(self.thresholds) - set(contract.labels))
        if unknown:
            raise BballTagError(
                f"Unknown label {unknown[0]!r} in --threshold. The checkpoint's labels: "
                f"{', '.join(contract.labels)}."
            )
        own = contract.thresholds if self.threshold is None else {}
        try:
            return EventRules(
                thresholds={**own, **self.thresholds},
                threshold=DEFAULT_RULES.threshold if self.threshold is None else self.threshold,
                min_duration=self.min_duration,
                max_gap=self.max_gap,
            )
        except ValueError as error:
            raise BballTagError(f"Impossible rules: {error}.") from error


class Run:
    """One video to be annotated, checked before the first frame is read."""

    def __init__(self, job: Job, choices: RuleChoices) -> None:
        """Read headers and tracks, and see that the settings fit them.

        Raises:
            BballTagError: A file cannot be read, or a setting does not fit the video or the checkpoint.
        """
        self.job = job
        self.contract = read_contract(job.checkpoint)
        self.rules = choices.complete(self.contract)
        self.info = probe(job.video)
        _check_span(job, self.info)
        _check_region(job, self.info)
        self.tracks = read_mot(job.tracks, self.info.fps) if job.tracks else []
        spec = self.contract.clip
        seconds = spec.duration / 2 if job.stride is None else job.stride
        self.stride = spec.stride_frames(seconds)
        self.end = job.end if job.end is not None else self.info.duration
        """Seconds to where the video should end, as far as the file says."""
        self.computed_by = ""
        """What computed in this run; empty if all scores were stored before."""
        _warn(job, self.info, spec)

    @property
    def duration(self) -> float:
        """Seconds of video to be looked at, as far as the file says."""
        return max(self.end - self.job.start, 0.0)

    def fingerprint(self) -> dict[str, object]:
        """Return everything that changes scores, and nothing else."""
        job = self.job
        return {
            "video": content_id(job.video),
            "checkpoint": checkpoint_id(job.checkpoint),
            "stride": self.stride,
            "start": job.start,
            "end": job.end,
            "region": job.region and [job.region.left, job.region.top, job.region.width, job.region.height],
            "tracks": job.tracks and content_id(job.tracks),
            "precision": job.engine.precision,
            "backend": job.engine.backend,
        }

    def score(self, store: ScoreStore, on_progress: Callable[[float], None]) -> None:
        """Score what `store` lacks; `on_progress` is told the seconds of video done."""
        if store.state.complete:
            return
        # Here and not above: with complete scores nobody waits for torch.
        from bball_tag.inference import first_instant, score_strands

        job, spec, state = self.job, self.contract.clip, store.state
        strands = self._strands(spec)
        scale = reading_scale(self.info, strands, spec)
        size = (max(1, round(self.info.height * scale)), max(1, round(self.info.width * scale)))
        sample = partial(self._sample, strands, scale, size)
        scorer = open_scorer(job.checkpoint, job.engine, self._count_clips(strands), sample)
        self.computed_by = scorer.name
        log.info("Computing by %s.", scorer.name)
        start = max(job.start, first_instant(state.next_chunk) / spec.fps)
        reader = read_frames(job.video, spec.fps, start, job.end, size=size)
        chunks = score_strands(
            iter(reader), strands, scorer, stride=self.stride, scale=scale, next_chunk=state.next_chunk
        )
        for chunk in chunks:
            done = chunk.instants.stop / spec.fps
            # The reader is ahead of the network; only when it is through does its end count.
            end = min(reader.end, job.end or reader.end) if chunk.is_last else done
            # A resumed run did not meet the damage before its start again.
            damaged = state.damaged_packets + reader.damaged_packets
            store.append(chunk.clips, RunState(chunk.number + 1, chunk.is_last, end, damaged))
            on_progress(done - job.start)
        if not store.state.complete:
            raise BballTagError(f"No frame of {job.video} lies in the part that was asked for.")

    def annotation(self, store: ScoreStore) -> Annotation:
        """Decide on the events, from complete scores."""
        spec, state = self.contract.clip, store.state
        self._report_damage(state)
        scores = store.read(self.contract.labels, spec.fps, spec.num_frames)
        return Annotation(
            video=replace(self.info, duration=max(state.end, self.info.duration)),
            events=find_events(scores, self.rules),
            labels=self.contract.labels,
            rules=self.rules,
            checkpoint=f"{self.contract.name} ({checkpoint_id(self.job.checkpoint)})",
            version=__version__,
            settings=self._settings(state),
            tracks=self.tracks,
        )

    def _strands(self, spec: ClipSpec) -> list[Strand]:
        span = grid_range(self.job.start, self.job.end if self.job.end is not None else 1e9, spec.fps)
        if self.job.tracks:
            return tracked_players(self.tracks, spec.fps, span)
        return whole_picture(self.info, self.job.region, span)

    def _count_clips(self, strands: list[Strand]) -> int:
        span = grid_range(self.job.start, self.end, self.contract.clip.fps)
        seen = [min(strand.span.stop, span.stop) - strand.span.start for strand in strands]
        return sum(max(length, 0) for length in seen) // self.stride

    def _sample(self, strands: list[Strand], scale: float, size: tuple[int, int]) -> np.ndarray:
        spec = self.contract.clip
        read = partial(read_frames, self.job.video, spec.fps, size=size)
        span = grid_range(self.job.start, self.end, spec.fps)
        return sample_clips(read, strands, span, spec, scale)

    def _report_damage(self, state: RunState) -> None:
        name = self.job.video.name
        if self.end - state.end > _FORGIVEN:
            log.warning(
                "%s ends early: %s of %s could be read. Is the file complete?",
                name,
                format_clock(state.end),
                format_clock(self.end),
            )
        if state.damaged_packets:
            log.warning("%s: %d damaged packets were left out.", name, state.damaged_packets)

    def _settings(self, state: RunState) -> dict[str, str]:
        spec, job = self.contract.clip, self.job
        region = job.region
        return {
            "checkpoint file": job.checkpoint.name,
            "clip": f"{spec.num_frames} frames at {spec.fps:g} per second, {spec.width}x{spec.height} pixels",
            "stride": f"{self.stride / spec.fps:.3f} s",
            "part": f"{format_time(job.start)} to {format_time(state.end)}",
            "region": f"{region.left:g},{region.top:g},{region.width:g},{region.height:g}" if region else "",
            "tracks": job.tracks.name if job.tracks else "",
            "precision": job.engine.precision,
            "computed by": self.computed_by or "scores that were stored",
            "damaged packets": str(state.damaged_packets),
            "python": platform.python_version(),
            **{package: version(package) for package in ("torch", "pytorchvideo", "av", "numpy")},
        }


def _check_span(job: Job, info: VideoInfo) -> None:
    if job.end is not None and job.end <= job.start:
        raise BballTagError(
            f"The start ({format_time(job.start)}) is not before the end ({format_time(job.end)})."
        )
    if info.duration and job.start >= info.duration:
        raise BballTagError(
            f"The start ({format_time(job.start)}) is after the end of {job.video.name}, "
            f"which lasts {format_time(info.duration)}."
        )


def _check_region(job: Job, info: VideoInfo) -> None:
    box = job.region
    if box is None:
        return
    if job.tracks:
        raise BballTagError("--roi and --tracks exclude each other: tracks say where to look.")
    inside = box.left >= 0 and box.top >= 0 and box.width > 0 and box.height > 0
    if not inside or box.left + box.width > info.width or box.top + box.height > info.height:
        raise BballTagError(
            f"The region {box.left:g},{box.top:g},{box.width:g},{box.height:g} (left, top, width, height) "
            f"does not lie inside the picture of {job.video.name}, which is {info.width}x{info.height}."
        )


def _warn(job: Job, info: VideoInfo, spec: ClipSpec) -> None:
    if spec.subject == "player" and not job.tracks and job.region is None:
        log.warning(
            "This checkpoint was trained on pictures of single players, and the whole picture of %s is "
            "what it will see. Give --tracks FILE, or --roi round one player.",
            job.video.name,
        )
    if job.checkpoint == SAMPLE and SAMPLE_WORLD not in info.title:
        log.warning(
            "The sample checkpoint knows only rendered players: on real film its labels mean little. "
            "Train your own: bball-tag train DATA --out RUN_DIR."
        )
