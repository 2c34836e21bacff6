"""Measure, on this machine, how fast a checkpoint annotates, and by which setting."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from bball_tag.checkpoint.contract import read_contract
from bball_tag.checkpoint.model import NUM_FRAME_BLOCKS, build_model
from bball_tag.clips import ClipSpec
from bball_tag.players.crop import Box
from bball_tag.players.subjects import Subject, reading_scale, whole_picture
from bball_tag.scoring.backends import Engine, has_openvino, open_scorer
from bball_tag.scoring.calibration_clips import sample_clips
from bball_tag.scoring.inference import pick_device, pick_precision, run_size, score_subjects
from bball_tag.video.video import Video
from bball_tag.video.writer import write_images

KEEPS_LABELS = 0.995
"""Share of clips that must have the label of fp32 for a setting to be recommended."""
PLAYERS = 10
_LEAST_SECONDS = 1.0
_MATRIX = 2048


@dataclass(frozen=True, slots=True)
class Speed:
    """What one setting reaches."""

    name: str
    """Backend, device and number type."""
    engine: Engine
    clips: float
    """Clips per second of the network alone, frames shared."""
    share: float | None
    """Of the multiply-adds per second of a large matrix product in the same numbers; None for int8."""
    whole: float
    """Seconds of film per second, whole picture, from file to scores."""
    players: float
    """The same for ten players."""
    labels: tuple[int, ...]
    """The most likely label of every clip."""
    megabytes: float
    """Peak memory of the process; 0 where the system does not tell."""


def engines(device: str) -> list[Engine]:
    """Return the settings worth trying here, fp32 first: the others are compared with it."""
    fast = pick_precision(pick_device(device), "auto")
    found = [Engine("torch", device, "fp32")]
    if fast != "fp32":
        found.append(Engine("torch", device, "bf16" if fast == "bf16" else "fp16"))
    if has_openvino() and pick_device(device).type == "cpu":
        found += [Engine("openvino", device, "bf16")] if fast == "bf16" else []
        found.append(Engine("openvino", device, "auto"))
    return found


def measure_alone(checkpoint: Path, video: Path, seconds: float, stride: int, engine: Engine) -> Speed:
    """Return what `engine` reaches, measured in a new process, so that memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(measure, checkpoint, video, seconds, stride, engine).result()


def measure(checkpoint: Path, video: Path, seconds: float, stride: int, engine: Engine) -> Speed:
    """Return what `engine` reaches on the first `seconds` of a film."""
    spec, info = read_contract(checkpoint).clip, Video(video).info
    span = range(math.ceil(seconds * spec.fps))
    whole = whole_picture(info, None, span)
    # Ten boxes of a player's usual size, side by side.
    width, height = info.width / (PLAYERS + 1), info.height / 4
    boxes = [Box(place * width, info.height / 3, width * 0.8, height) for place in range(PLAYERS)]
    players = [Subject(str(place), span, box) for place, box in enumerate(boxes)]
    scale = reading_scale(info, whole, spec)
    size = max(1, round(info.height * scale)), max(1, round(info.width * scale))
    sample = partial(_sample, video, size, whole, span, spec, scale)
    scorer = open_scorer(checkpoint, engine, 0, sample)
    clips, share = _network(scorer, spec, stride, engine)
    labels: list[int] = []
    times = []
    for subjects, shrunk in ((whole, size), (players, None)):
        reader = Video(video).frames(spec.fps, 0.0, seconds, size=shrunk)
        began = time.perf_counter()
        for chunk in score_subjects(
            iter(reader), subjects, scorer, stride=stride, scale=scale if shrunk else 1.0
        ):
            labels += [int(clip.probabilities.argmax()) for clip in chunk.clips]
        times.append(min(reader.end, seconds) / (time.perf_counter() - began))
    return Speed(scorer.name, engine, clips, share, times[0], times[1], tuple(labels), _peak_megabytes())


def decoding_speed(video: Path, fps: float, seconds: float) -> float:
    """Return frames of the film per second, read onto the clips' grid with nothing else running."""
    reader = Video(video).frames(fps, 0.0, seconds, size=(72, 128))
    began = time.perf_counter()
    for _ in reader:
        pass
    return reader.end * float(Video(video).info.fps) / (time.perf_counter() - began)


def made_up_film(path: Path, seconds: float) -> None:
    """Write a film of 1280x720 at 25 frames a second: a camera that pans over a drifting texture."""
    rng = np.random.default_rng(0)
    texture = np.kron(rng.integers(0, 255, (120, 240, 3), np.uint8), np.ones((12, 12, 1), np.uint8))
    corners = ((index * 5 % 1500, index * 2 % 700) for index in range(round(seconds * 25)))
    images = (np.ascontiguousarray(texture[top : top + 720, left : left + 1280]) for left, top in corners)
    write_images(path, images, 25, preset="veryfast")


def agreement(speed: Speed, plain: Speed) -> float:
    """Return the share of clips whose label is that of `plain`."""
    return float(np.mean(np.array(speed.labels) == np.array(plain.labels)))


def best_of(speeds: list[Speed]) -> Speed:
    """Return the setting with most players per second among those that keep the labels of the first."""
    right = [speed for speed in speeds if agreement(speed, speeds[0]) >= KEEPS_LABELS]
    return max(right, key=lambda speed: speed.players)


def multiply_adds(labels: int, spec: ClipSpec, width: int) -> tuple[int, int]:
    """Return how many multiply-adds a frame needs in the half per frame, and in the half over time."""
    with torch.device("meta"):
        model = build_model(labels, spec, width).eval()
        picture = torch.empty(1, 3, spec.num_seen, spec.height, spec.width)
    counts = {True: 0, False: 0}

    def count(first: bool, layer: Any, _: Any, output: torch.Tensor) -> None:
        counts[first] += output.numel() * math.prod(layer.weight.shape[1:])

    for place, block in enumerate(model.get_submodule("blocks").children()):
        for layer in block.modules():
            if isinstance(layer, nn.Conv3d | nn.Linear):
                layer.register_forward_hook(partial(count, place < NUM_FRAME_BLOCKS))
    model(picture)
    return counts[True] // spec.num_seen, counts[False] // spec.num_seen


def _sample(
    video: Path, size: tuple[int, int], subjects: list[Subject], span: range, spec: ClipSpec, scale: float
) -> np.ndarray:
    return sample_clips(partial(Video(video).frames, spec.fps, size=size), subjects, span, spec, scale)


def _network(scorer: Any, spec: ClipSpec, stride: int, engine: Engine) -> tuple[float, float | None]:
    """Return clips per second of the network alone, and its share of a matrix product's rate."""
    frames, clips = run_size(spec, stride)
    num_runs = max(1, 8 // clips)
    shape = (max(4 * spec.num_frames, frames), spec.height, spec.width, 3)
    pictures = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    runs = [list(scorer.features(pictures))[:frames]] * num_runs
    a_frame = _seconds(lambda: scorer.features(pictures)) / len(pictures)
    a_clip = _seconds(lambda: scorer.frame_logits(runs)) / (num_runs * clips)
    alone, in_time = multiply_adds(len(scorer.contract.labels), spec, scorer.contract.width)
    seconds = stride * a_frame + a_clip
    rate = (stride * alone + frames / clips * in_time) / seconds
    if engine.precision == "auto":
        return 1 / seconds, None
    return 1 / seconds, rate / _matrix_rate(engine)


def _matrix_rate(engine: Engine) -> float:
    """Return multiply-adds per second of a large matrix product."""
    kind = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[engine.precision]
    device = pick_device(engine.device)
    left, right = (torch.randn(_MATRIX, _MATRIX).to(device, kind) for _ in range(2))

    def product() -> float:
        return float((left @ right)[0, 0])  # read, so that a card has finished

    return _MATRIX**3 / _seconds(product)


def _seconds(work: Callable[[], object]) -> float:
    """Return the median time of `work` over at least a second."""
    work()
    times = list(_times(work))
    return float(np.median(times))


def _times(work: Callable[[], object]) -> Iterator[float]:
    left = _LEAST_SECONDS
    while left > 0:
        began = time.perf_counter()
        work()
        took = time.perf_counter() - began
        left -= took
        yield took


def _peak_megabytes() -> float:
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
