"""How fast is `annotate`, against what a user could write instead? One game, all ways, taken in turns.

    python benchmarks/annotate.py [--runs 5] [--json FILE] [--overlap 50] [--work DIR]

tutorial: the way of pytorchvideo's tutorial: EncodedVideo.get_clip for each window, fp32, batch 1.
opencv:   a loop over the film with OpenCV that stacks and scores each window, fp32, batch 1.
torch, openvino: `annotate` with that backend, everything else by its defaults.
dense-torch, dense-openvino: the same network as if it had been trained with context, dense in time. It was
          not, so that only its speed counts here; benchmarks/context.py says what becomes of the answers.

Each way runs in a process of its own; its time is from opening the film to the last score, with imports and
the loading of the network left out for all. Windows, pictures' geometry and checkpoint are the same. Ends
with an error if a way that scores clip by clip keeps less than 99.5 % of the tutorial's labels.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from fractions import Fraction
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch.nn.functional import interpolate

from bball_tag.checkpoint.contract import Contract, read_contract
from bball_tag.checkpoint.model import build_model, load_checkpoint, normalise, save_checkpoint
from bball_tag.clips import ClipSpec, WindowCutter, grid_range, windows
from bball_tag.players.subjects import reading_scale, whole_picture
from bball_tag.scoring.backends import Engine, has_openvino, open_scorer
from bball_tag.scoring.calibration_clips import sample_clips
from bball_tag.scoring.inference import score_subjects
from bball_tag.scoring.malloc import keep_freed_memory
from bball_tag.scoring.store import RunState, ScoreStore
from bball_tag.video.video import Video

ROOT = Path(__file__).parents[1]
SPEC = ClipSpec(num_frames=8, fps=12.5, height=176, width=128, subject="frame")
LABELS = tuple(f"part{number}" for number in range(6))
BASELINES = ("tutorial", "opencv")
LEAST_AGREEMENT = 0.995
CONTEXT = 4
"""Frames on either side of a clip that a network dense in time looks at."""
_STEPS, _BATCH = 40, 6


def main() -> None:
    """Take the ways in turns and print a markdown table."""
    options = read_options()
    if options.way:
        print(json.dumps(measure(options)))
        return
    options.work.mkdir(parents=True, exist_ok=True)
    checkpoint = options.checkpoint or options.work / "width64.safetensors"
    if not checkpoint.exists():
        # In a process of its own: what this one has used counts for the memory of those that it begins.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            process.submit(make_checkpoint, checkpoint, options.video, options.seconds).result()
    dense = with_context(checkpoint, options.work / "dense.safetensors")
    backends = ["torch", "openvino"] if has_openvino() else ["torch"]
    ours = [*backends, *(f"dense-{backend}" for backend in backends)]
    checkpoints = {way: dense if way.startswith("dense") else checkpoint for way in (*BASELINES, *ours)}
    for way in ours:
        if way.endswith("openvino"):
            call(options, way, checkpoints[way])  # quantises, which is done once for a checkpoint
    found: dict[str, list[dict[str, Any]]] = {way: [] for way in (*BASELINES, *ours)}
    for _ in range(options.runs):
        for way, results in found.items():
            results.append(call(options, way, checkpoints[way]))
            print(f"{way:14s} {results[-1]['seconds']:6.2f} s", file=sys.stderr, flush=True)
    report = summary(found, ours, options)
    print(table(report))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2), encoding="utf-8")
    kept = {way: report["ways"][way]["same_labels_as_tutorial"] for way in ("opencv", *backends)}
    worst = min(kept, key=kept.__getitem__)
    if kept[worst] < LEAST_AGREEMENT:
        sys.exit(f"{worst} kept only {kept[worst]:.1%} of the tutorial's labels.")


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--video", type=Path, default=ROOT / "sample_videos" / "game.mp4")
    parser.add_argument("--seconds", type=float, default=12, help="of the film")
    parser.add_argument("--overlap", type=int, default=50, help="of clips, in percent")
    parser.add_argument("--checkpoint", type=Path, help="default: width 64, trained for a minute on the film")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "bball-tag-benchmark")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    return parser.parse_args()


def call(options: argparse.Namespace, way: str, checkpoint: Path) -> dict[str, Any]:
    """Measure one way once, in a process of its own."""
    command = [sys.executable, __file__, "--way", way, "--checkpoint", str(checkpoint)]
    command += ["--video", str(options.video), "--seconds", str(options.seconds)]
    command += ["--overlap", str(options.overlap)]
    environment = {**os.environ, "XDG_CACHE_HOME": str(options.work / "cache")}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Annotate by one way; return its seconds, memory and labels."""
    if options.way in BASELINES:
        model, contract = load_checkpoint(options.checkpoint)
        clips = {"tutorial": tutorial_clips, "opencv": opencv_clips}[options.way]
        stride = stride_of(contract.clip, options)
        began = time.perf_counter()
        with torch.inference_mode():
            rows = [
                (model(clip[None]) / contract.temperature).softmax(dim=1)[0].numpy()
                for clip in clips(options.video, options.seconds, contract.clip, stride)
            ]
        seconds, name = time.perf_counter() - began, "PyTorch, cpu, fp32"
    else:
        rows, seconds, name = ours(options)
    return {
        "seconds": seconds,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "computed_by": name,
        "clips": len(rows),
        "labels": np.argmax(rows, axis=1).tolist(),
    }


def stride_of(spec: ClipSpec, options: argparse.Namespace) -> int:
    """Return the grid steps between clips that give the wanted overlap."""
    return max(1, round(spec.num_frames * (100 - options.overlap) / 100))


def tutorial_clips(video: Path, seconds: float, spec: ClipSpec, stride: int) -> Iterator[torch.Tensor]:
    """Yield each window as pytorchvideo's tutorial cuts and transforms it.

    Its transforms cannot be imported beside today's torchvision; these lines do the same: every n-th frame,
    to 0..1, normalise, scale. The sound, which the tutorial decodes too, is left out.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pytorchvideo.data.encoded_video import EncodedVideo
    film = EncodedVideo.from_path(str(video), decode_audio=False)
    mean, std = (torch.tensor(values)[:, None, None, None] for values in (spec.mean, spec.std))
    fps = Fraction(spec.fps)
    every = round(Video(video).info.fps / fps)
    for window in windows(grid_range(0, seconds, spec.fps), spec.num_frames, stride):
        frames = film.get_clip(window.start / fps, window.stop / fps)["video"]
        frames = frames[:, ::every]
        frames = frames[:, [min(place, frames.shape[1] - 1) for place in range(spec.num_frames)]]
        frames = (frames / 255 - mean) / std
        height, width = fitted(frames.shape[2], frames.shape[3], spec)
        small = interpolate(frames.transpose(0, 1), (height, width), mode="area").transpose(0, 1)
        clip = (torch.zeros(3, spec.num_frames, spec.height, spec.width) - mean) / std
        top, left = (spec.height - height) // 2, (spec.width - width) // 2
        clip[:, :, top : top + height, left : left + width] = small
        yield clip


def opencv_clips(video: Path, seconds: float, spec: ClipSpec, stride: int) -> Iterator[torch.Tensor]:
    """Yield each window from one pass over the film; frames between those of the grid are only grabbed."""
    film = cv2.VideoCapture(str(video))
    every = round(film.get(cv2.CAP_PROP_FPS) / spec.fps)
    span = grid_range(0, seconds, spec.fps)
    cutter = WindowCutter(0, spec.num_frames, stride)
    held: dict[int, np.ndarray] = {}
    for index in span:
        _, frame = film.read()
        for _ in range(every - 1):
            film.grab()
        height, width = fitted(*frame.shape[:2], spec)
        picture = np.zeros((spec.height, spec.width, 3), np.uint8)
        top, left = (spec.height - height) // 2, (spec.width - width) // 2
        small = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
        picture[top : top + height, left : left + width] = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
        held[index] = picture
        window = cutter.push(index) or (cutter.finish() if index == span[-1] else None)
        if window:
            pictures = np.stack([held[instant] for instant in window.instants(spec.num_frames)])
            yield normalise(torch.from_numpy(pictures)[None], spec)[0]
            held = {instant: picture for instant, picture in held.items() if instant >= cutter.next_start}


def fitted(height: int, width: int, spec: ClipSpec) -> tuple[int, int]:
    """Return the size of a picture that is fitted into a clip's."""
    scale = min(spec.height / height, spec.width / width)
    return round(height * scale), round(width * scale)


def ours(options: argparse.Namespace) -> tuple[list[np.ndarray], float, str]:
    """Score as `bball-tag annotate` does, into a store."""
    info, contract = Video(options.video).info, read_contract(options.checkpoint)
    spec = contract.clip
    span = grid_range(0, options.seconds, spec.fps)
    subjects = whole_picture(info, None, span)
    scale = reading_scale(info, subjects, spec)
    size = round(info.height * scale), round(info.width * scale)

    def sample() -> np.ndarray:
        return sample_clips(
            partial(Video(options.video).frames, spec.fps, size=size), subjects, span, spec, scale
        )

    scorer = open_scorer(options.checkpoint, Engine(options.way.removeprefix("dense-")), 0, sample)
    began = time.perf_counter()
    frames = iter(Video(options.video).frames(spec.fps, 0, options.seconds, size=size))
    rows = []
    with tempfile.TemporaryDirectory() as folder, ScoreStore(Path(folder) / "scores.db", {}) as store:
        chunks = score_subjects(frames, subjects, scorer, stride=stride_of(spec, options), scale=scale)
        for chunk in chunks:
            store.append(chunk.clips, RunState(chunk.number + 1, chunk.is_last))
            rows += [clip.probabilities for clip in chunk.clips]
        seconds = time.perf_counter() - began
    return rows, seconds, scorer.name


def summary(
    found: dict[str, list[dict[str, Any]]], names: list[str], options: argparse.Namespace
) -> dict[str, Any]:
    """Return medians and ratios; the ratios at the top are those of our fastest way that keeps the labels."""
    seconds = {way: statistics.median(run["seconds"] for run in runs) for way, runs in found.items()}
    ways = {
        way: {
            "computed_by": runs[0]["computed_by"],
            "seconds": seconds[way],
            "times": [run["seconds"] for run in runs],
            "peak_megabytes": max(run["peak_megabytes"] for run in runs),
            "ratio_to_tutorial": seconds["tutorial"] / seconds[way],
            "ratio_to_opencv_loop": seconds["opencv"] / seconds[way],
            "same_labels_as_tutorial": float(
                np.mean(np.array(runs[0]["labels"]) == found["tutorial"][0]["labels"])
            ),
        }
        for way, runs in found.items()
    }
    exact = [way for way in names if not way.startswith("dense")]
    best = min(exact, key=seconds.__getitem__)
    return {
        "ratio_to_tutorial": ways[best]["ratio_to_tutorial"],
        "ratio_to_opencv_loop": ways[best]["ratio_to_opencv_loop"],
        "settings": {
            "best": best,
            "video": options.video.name,
            "seconds_of_film": options.seconds,
            "overlap_percent": options.overlap,
            "runs": options.runs,
            "clips": found["tutorial"][0]["clips"],
            "labels_given": sorted(set(found["tutorial"][0]["labels"])),
            "cores": os.cpu_count(),
            "machine": platform.processor() or platform.machine(),
            **{package: version(package) for package in ("torch", "av", "opencv-python")},
        },
        "ways": ways,
    }


def table(report: dict[str, Any]) -> str:
    """Return the markdown table of a report."""
    settings = report["settings"]
    lines = [
        f"{settings['seconds_of_film']:g} s of film, {settings['overlap_percent']} % overlap, "
        f"{settings['clips']} clips, medians of {settings['runs']}",
        "",
        "| way | seconds | against the tutorial | against the OpenCV loop | same labels | peak memory |",
        "|---|---|---|---|---|---|",
    ]
    for way, figures in report["ways"].items():
        cells = (
            f"{way} ({figures['computed_by']})",
            f"{figures['seconds']:.2f}",
            f"{figures['ratio_to_tutorial']:.1f}",
            f"{figures['ratio_to_opencv_loop']:.1f}",
            f"{figures['same_labels_as_tutorial']:.1%}",
            f"{figures['peak_megabytes']:.0f} MB",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def with_context(checkpoint: Path, path: Path) -> Path:
    """Write a checkpoint again as one that looks at what lies around a clip."""
    model, contract = load_checkpoint(checkpoint)
    save_checkpoint(path, model, replace(contract, clip=replace(contract.clip, context_frames=CONTEXT)))
    return path


def make_checkpoint(path: Path, video: Path, seconds: float) -> None:
    """Train slow_r50 for a minute to tell in which part of the film a clip lies.

    So it has weights and activations of a trained network, and labels that differ, without any data.
    """
    print("Training a checkpoint to measure with.", file=sys.stderr)
    keep_freed_memory()
    torch.manual_seed(0)
    info = Video(video).info
    subject = whole_picture(info, None, range(10**9))[0]
    scale = reading_scale(info, [subject], SPEC)
    size = round(info.height * scale), round(info.width * scale)
    frames = Video(video).frames(SPEC.fps, 0, seconds, size=size)
    pictures = torch.from_numpy(np.stack([subject.picture(frame, SPEC, scale) for frame in frames]))
    model = build_model(len(LABELS), SPEC).to(memory_format=torch.channels_last_3d)
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-4, weight_decay=0.01)
    draw = np.random.default_rng(0)
    for step in range(_STEPS):
        starts = draw.integers(0, len(pictures) - SPEC.num_frames, _BATCH)
        clips = torch.stack([pictures[start : start + SPEC.num_frames] for start in starts])
        truth = torch.from_numpy(starts * len(LABELS) // len(pictures))
        inputs = normalise(clips, SPEC).contiguous(memory_format=torch.channels_last_3d)
        with torch.autocast("cpu", torch.bfloat16):
            loss = torch.nn.functional.cross_entropy(model(inputs).float(), truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 10 == 9:
            print(f"step {step + 1}: loss {loss.item():.3f}", file=sys.stderr, flush=True)
    save_checkpoint(path, model, Contract(LABELS, SPEC, provenance={"name": "benchmark"}))


if __name__ == "__main__":
    main()
