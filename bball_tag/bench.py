"""Measure, on this machine, how fast a checkpoint annotates, and with which setting."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import ceil
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from bball_tag.api import open_checkpoint, open_video
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checks import check_number
from bball_tag.clips import ClipSpec
from bball_tag.console import count_progress
from bball_tag.errors import explained_imports
from bball_tag.players.images import wanted_for
from bball_tag.players.subjects import Subject, whole_frame
from bball_tag.players.tracks import Track
from bball_tag.scoring.backends import Engine, Scorer, has_openvino, open_scorer
from bball_tag.scoring.calibration_clips import calibration_clips
from bball_tag.scoring.inference import Part, read_images, run_size, score_images
from bball_tag.scoring.malloc import peak_memory
from bball_tag.scoring.options import LEAST_STRIDE, ScoringOptions
from bball_tag.scoring.precision import pick_device, pick_precision
from bball_tag.scoring.run_subjects import RunSubjects, Subjects
from bball_tag.scoring.sides import SideModels, open_sides
from bball_tag.video.info import VideoInfo
from bball_tag.video.video import Video
from bball_tag.video.writer import write_images

KEEPS_LABELS = 0.995
"""Fraction of clips that must have the label of fp32 for a setting to be recommended."""
PLAYERS = 10
_LEAST_SECONDS = 1.0
_BUSY = "import time; end = time.monotonic() + 600\nwhile time.monotonic() < end: pass"
"""A program that only keeps a core busy, and ends by itself should nobody end it."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What one setting reaches."""

    name: str
    """Backend, device and precision."""
    engine: Engine
    model_speed: float
    """Clips per second of the model alone, frames shared."""
    full_frame_speed: float
    """Seconds of video per second, full frame, from file to scores."""
    busy_speed: float
    """The same beside a program that keeps a core busy."""
    players_speed: float
    """Seconds of video per second with the players that are found in it, or with ten made-up ones."""
    labels: tuple[int, ...]
    """Index of the most probable label of every clip."""
    peak_bytes: int
    """Most memory used by the process; 0 where the system does not say."""
    stages: str
    """For how long each stage was busy with the players."""


@dataclass(frozen=True, slots=True)
class BenchReport:
    """What was measured on one video."""

    video: VideoInfo
    decoding_fps: float
    """Frames of the video read per second, with nothing else running."""
    speeds: tuple[Speed, ...]
    """One for each setting, fp32 with PyTorch first."""
    finds: bool = False
    """Whether players were found in the video; else ten were made up."""

    def agreement(self, speed: Speed) -> float:
        """Return the fraction of clips that have the label of fp32."""
        return float(np.mean(np.array(speed.labels) == np.array(self.speeds[0].labels)))

    @property
    def best(self) -> Speed:
        """The setting that is fastest with players, of those that keep the labels."""
        right = [speed for speed in self.speeds if self.agreement(speed) >= KEEPS_LABELS]
        return max(right, key=lambda speed: speed.players_speed)


@explained_imports
def bench(
    video: str | Path | None = None,
    *,
    checkpoint: str | Path | None = None,
    device: str = "auto",
    stride: float | None = None,
    seconds: float = 8,
    progress: bool = True,
) -> BenchReport:
    """Measure how fast a video is annotated on this machine, with each setting that is worth trying.

    Args:
        video: The file, in which players are found; None takes a made-up one of 1280x720 with ten players.
        checkpoint: A checkpoint made by `train`; None takes the default one.
        device: auto, cpu, cuda, cuda:1 or mps.
        stride: Seconds between the starts of clips; None is half a clip.
        seconds: How much of the video is annotated.
        progress: Show a progress bar in a terminal or a notebook.

    Raises:
        BballTagError: A file cannot be used, or an option does not fit.
    """
    check_number("seconds", seconds, 1)
    if stride is not None:
        check_number("stride", stride, LEAST_STRIDE)
    opened = open_checkpoint(checkpoint)
    spec = opened.contract.clip
    steps = spec.stride_frames(spec.duration / 2 if stride is None else stride)
    candidates = engines(device)
    with tempfile.TemporaryDirectory() as folder:
        finds = video is not None and spec.subject == "player"
        if video is None:
            video = Path(folder) / "made_up.mp4"
            write_made_up_video(video, seconds)
        shown = open_video(video)
        decoding_fps = decoding_speed(shown, spec.fps, seconds)
        with count_progress("settings", len(candidates), shown=progress) as show:
            speeds = []
            for engine in candidates:
                # In a new process, so that memory is its own.
                with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                    measured = process.submit(measure, shown, opened, engine, steps, seconds, finds=finds)
                    speeds.append(measured.result())
                show(len(speeds))
    return BenchReport(shown.info, decoding_fps, tuple(speeds), finds)


def engines(device: str) -> list[Engine]:
    """Return the settings worth trying here, fp32 first: the others are compared with it."""
    picked = pick_device(device)
    fast = pick_precision(picked, "auto")
    found = [Engine("torch", device, "fp32")]
    if fast != "fp32":
        found.append(Engine("torch", device, fast))
    if has_openvino() and picked.type == "cpu":
        found += [Engine("openvino", device, "bf16")] if fast == "bf16" else []
        found.append(Engine("openvino", device, "auto"))
    return found


def measure(
    video: Video, checkpoint: Checkpoint, engine: Engine, stride: int, seconds: float, *, finds: bool
) -> Speed:
    """Return what `engine` reaches on the first `seconds` of a video, with a clip every `stride` steps.

    Players are found in the video or, unless it `finds`, made up.
    """
    spec = checkpoint.contract.clip
    span = range(ceil(seconds * spec.fps))
    full_frame = whole_frame(video.info, None, span)
    sample = partial(calibration_clips, video, full_frame, span, spec)
    scorer = open_scorer(checkpoint, engine, 0, sample)
    sides = open_sides(checkpoint, checkpoint.contract.streams)
    annotated = partial(_annotated, video, scorer=scorer, sides=sides, stride=stride, seconds=seconds)
    model_speed = _model_speed(scorer, stride)
    full_frame_speed, labels, _ = annotated(full_frame)
    players = _found(video, spec, seconds) if finds else _players(video.info, span, seconds)
    players_speed, more_labels, stages = annotated(players)
    with busy_neighbour():
        busy_speed, _, _ = annotated(full_frame)
    return Speed(
        scorer.name,
        engine,
        model_speed,
        full_frame_speed,
        busy_speed,
        players_speed,
        (*labels, *more_labels),
        peak_memory(),
        stages,
    )


def decoding_speed(video: Video, fps: float, seconds: float) -> float:
    """Return how many frames of the video are read per second, onto a grid of `fps`."""
    reader = video.frames(fps, 0.0, seconds, size=(72, 128))
    began = time.perf_counter()
    for _ in reader:
        pass
    return reader.end * float(video.info.fps) / (time.perf_counter() - began)


def write_made_up_video(path: Path, seconds: float) -> None:
    """Write a video of 1280x720 at 25 frames a second: a camera that pans over a texture."""
    rng = np.random.default_rng(0)
    texture = np.kron(rng.integers(0, 255, (120, 240, 3), np.uint8), np.ones((12, 12, 1), np.uint8))
    corners = ((index * 5 % 1500, index * 2 % 700) for index in range(round(seconds * 25)))
    images = (np.ascontiguousarray(texture[top : top + 720, left : left + 1280]) for left, top in corners)
    write_images(path, images, 25, preset="veryfast")


@contextmanager
def busy_neighbour() -> Iterator[None]:
    """Run a program beside the block that only keeps a core busy."""
    # In a session of its own, as a program in another window: Linux shares the cores out by session.
    with subprocess.Popen([sys.executable, "-c", _BUSY], start_new_session=True) as neighbour:
        try:
            yield
        finally:
            neighbour.kill()


def _annotated(
    video: Video, subjects: Subjects, *, scorer: Scorer, sides: SideModels | None, stride: int, seconds: float
) -> tuple[float, list[int], str]:
    """Return seconds of video per second, the label of every clip, and how long each stage was busy."""
    labels: list[int] = []
    contract = scorer.contract
    wanted = wanted_for(contract.streams)
    end, began = 0.0, time.perf_counter()
    with read_images(video, subjects, contract.clip, Part(end=seconds), wanted=wanted) as images:
        for chunk in score_images(images, scorer, stride=stride, sides=sides):
            labels += [int(clip.probabilities.argmax()) for clip in chunk.clips]
            end = chunk.end
    return end / (time.perf_counter() - began), labels, str(images.times)


def _found(video: Video, spec: ClipSpec, seconds: float) -> Subjects:
    """Return what finds the players, as `annotate` does by default."""
    subjects = RunSubjects(video, ScoringOptions(), spec)
    return subjects.open(0.0, seconds, subjects.tiling(0.0, seconds))


def _players(info: VideoInfo, span: range, seconds: float) -> list[Subject]:
    """Return ten players of a usual size who stand side by side."""
    width, height = info.width / (PLAYERS + 1), info.height / 4
    boxes = [[index * width, info.height / 3, width * 0.8, height] for index in range(PLAYERS)]
    times = np.array([0.0, seconds])
    return [Subject(str(k), span, Track(str(k), times, np.array([box, box]))) for k, box in enumerate(boxes)]


def _model_speed(scorer: Scorer, stride: int) -> float:
    """Return clips per second of the model alone."""
    spec = scorer.contract.clip
    frames, clips = run_size(spec, stride)
    num_runs = max(1, 8 // clips)
    shape = (max(4 * spec.num_frames, frames), spec.height, spec.width, 3)
    images = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    runs = [list(scorer.features_of([images])[0])[:frames]] * num_runs
    per_frame = _seconds(lambda: scorer.features_of([images])) / len(images)
    per_clip = _seconds(lambda: scorer.frame_outputs(runs)) / (num_runs * clips)
    return 1 / (stride * per_frame + per_clip)


def _seconds(work: Callable[[], object]) -> float:
    """Return the median time of `work`, repeated for at least a second."""
    work()
    times: list[float] = []
    while sum(times) < _LEAST_SECONDS:
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return float(np.median(times))
