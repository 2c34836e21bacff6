"""How fast is `annotate`, against what a user could write instead? One game, all ways, taken in turns.

    python benchmarks/annotate.py [--runs 5] [--json FILE] [--overlap 50] [--work DIR]

tutorial, opencv: see benchmarks/baselines.py; in fp32, a clip at a time.
torch, openvino: `annotate` with that backend, everything else by its defaults.
dense-torch, dense-openvino: the same model as if it had been trained with context, dense in time. It was
          not, so that only its speed counts here; benchmarks/context.py says what becomes of the labels.

Each way runs in a process of its own. Its time is from opening the video to the last score; imports and the
loading of the model are not counted for any of them. Windows, the geometry of images and the checkpoint are
the same. Ends with an error if a way that scores clip by clip keeps less than 99.5 % of the tutorial's
labels.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from baselines import opencv_clips, tutorial_clips

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Contract
from bball_tag.checkpoint.model import build_model, normalise, save_checkpoint
from bball_tag.checkpoint.streams import image_logits
from bball_tag.clips import ClipSpec, grid_range
from bball_tag.players.subjects import reading_for, whole_frame
from bball_tag.scoring.backends import Engine, has_openvino, open_scorer
from bball_tag.scoring.calibration_clips import calibration_clips
from bball_tag.scoring.inference import Part, read_images, score_images
from bball_tag.scoring.malloc import keep_freed_memory, peak_memory
from bball_tag.scoring.store import RunState, ScoreStore
from bball_tag.video.video import Video

ROOT = Path(__file__).parents[1]
SPEC = ClipSpec(num_frames=8, fps=12.5, height=176, width=128, subject="frame")
LABELS = tuple(f"part{number}" for number in range(6))
BASELINES = ("tutorial", "opencv")
LEAST_AGREEMENT = 0.995
CONTEXT = 4
"""Frames on either side of a clip that a model dense in time looks at."""
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
    parser.add_argument("--seconds", type=float, default=12, help="of the video")
    parser.add_argument("--overlap", type=int, default=50, help="of clips, in percent")
    parser.add_argument(
        "--checkpoint", type=Path, help="default: width 64, trained for some minutes on the video"
    )
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
        checkpoint = Checkpoint(options.checkpoint)
        model, contract = checkpoint.load(), checkpoint.contract
        clips = {"tutorial": tutorial_clips, "opencv": opencv_clips}[options.way]
        stride = stride_of(contract.clip, options)
        began = time.perf_counter()
        with torch.inference_mode():
            rows = [
                (image_logits(model, clip[None]) / contract.temperature).softmax(dim=1)[0].numpy()
                for clip in clips(options.video, options.seconds, contract.clip, stride)
            ]
        seconds, name = time.perf_counter() - began, "PyTorch, cpu, fp32"
    else:
        rows, seconds, name = ours(options)
    return {
        "seconds": seconds,
        "peak_megabytes": peak_memory() / 2**20,
        "computed_by": name,
        "clips": len(rows),
        "labels": np.argmax(rows, axis=1).tolist(),
    }


def stride_of(spec: ClipSpec, options: argparse.Namespace) -> int:
    """Return the grid steps between clips that give the wanted overlap."""
    return max(1, round(spec.num_frames * (100 - options.overlap) / 100))


def ours(options: argparse.Namespace) -> tuple[list[np.ndarray], float, str]:
    """Score as `bball-tag annotate` does, into a store."""
    video, checkpoint = Video(options.video), Checkpoint(options.checkpoint)
    spec = checkpoint.contract.clip
    span = grid_range(0, options.seconds, spec.fps)
    subjects = whole_frame(video.info, None, span)
    sample = partial(calibration_clips, video, subjects, span, spec)
    scorer = open_scorer(checkpoint, Engine(options.way.removeprefix("dense-")), 0, sample)
    stride = stride_of(spec, options)
    began = time.perf_counter()
    rows = []
    with tempfile.TemporaryDirectory() as folder, ScoreStore(Path(folder) / "scores.db", {}) as store:
        with read_images(video, subjects, scorer.contract.clip, Part(end=options.seconds)) as images:
            for chunk in score_images(images, scorer, stride=stride):
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
            "seconds_of_video": options.seconds,
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
        f"{settings['seconds_of_video']:g} s of video, {settings['overlap_percent']} % overlap, "
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
    opened = Checkpoint(checkpoint)
    clip = replace(opened.contract.clip, context_frames=CONTEXT)
    save_checkpoint(path, opened.load(), replace(opened.contract, clip=clip))
    return path


def make_checkpoint(path: Path, video: Path, seconds: float) -> None:
    """Train slow_r50 for some minutes to recognise in which part of the video a clip lies.

    So it has weights and activations of a trained model, and labels that differ, without any data.
    """
    print("Training a checkpoint to measure with.", file=sys.stderr)
    keep_freed_memory()
    torch.manual_seed(0)
    opened = Video(video)
    subject = whole_frame(opened.info, None, range(10**9))[0]
    reading = reading_for(opened.info, [subject], SPEC)
    frames = opened.frames(SPEC.fps, 0, seconds, size=reading.size)
    images = torch.from_numpy(np.stack([subject.crop(frame, SPEC, reading.scale) for frame in frames]))
    model = build_model(len(LABELS), SPEC).to(memory_format=torch.channels_last_3d)
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-4, weight_decay=0.01)
    draw = np.random.default_rng(0)
    for step in range(_STEPS):
        starts = draw.integers(0, len(images) - SPEC.num_frames, _BATCH)
        clips = torch.stack([images[start : start + SPEC.num_frames] for start in starts])
        target = torch.from_numpy(starts * len(LABELS) // len(images))
        inputs = normalise(clips, SPEC).contiguous(memory_format=torch.channels_last_3d)
        loss = torch.nn.functional.cross_entropy(model(inputs), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 10 == 9:
            print(f"step {step + 1}: loss {loss.item():.3f}", file=sys.stderr, flush=True)
    save_checkpoint(path, model, Contract(LABELS, SPEC, provenance={"name": "benchmark"}))


if __name__ == "__main__":
    main()
