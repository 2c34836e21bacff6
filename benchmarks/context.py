"""Does context around a clip cost right answers? Train the narrow model both ways, and compare.

    python benchmarks/context.py WORK_DIR [--games 9001 9002 9003]

Both begin with the sample checkpoint and see the same clips equally often: one sees only the clips, the other
`CONTEXT` frames on either side too, so that it can be computed dense in time. Clips and events are evaluated
on seeds that nothing was trained on. What was rendered or trained before is not done again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "sample_videos"), str(ROOT / "benchmarks")]

import annotate
import make_checkpoint
import quality

from bball_tag.events.compare import total

CONTEXT = 4
SEEDS = {"train": (1000, 1001, 1002), "val": (1008,), "test": (5000,)}
SETTINGS = (
    *("--width", "16", "--size", "80x112", "--frames", "8", "--sample-fps", "12.5", "--source-fps", "12.5"),
    *("--init", "sample", "--unfreeze", "none", "--layer-decay", "1", "--epochs", "3"),
    *("--lr", "0.001", "--batch-size", "32", "--dropout", "0.2", "--label-smoothing", "0.05"),
    *("--ema", "0.995", "--seed", "1"),
)
OVERLAPS = {"50 %": 0.32, "75 %": 0.16}
"""Seconds between the starts of clips."""


def main() -> None:
    """Train both ways and print a markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--games", type=int, nargs="+", default=[9001, 9002, 9003])
    arguments = parser.parse_args()
    cut = ("--clip-fps", "12.5", "--clip-context", str(CONTEXT))
    folders = {
        part: [
            make_checkpoint.render(arguments.work, seed, make_checkpoint.CLIPS_PER_LABEL[part], *cut)
            for seed in seeds
        ]
        for part, seeds in SEEDS.items()
    }
    data, split = arguments.work / "clips", arguments.work / "split.json"
    make_checkpoint.gather(folders, data, split)
    without, context = (arguments.work / f"context{frames}" for frames in (0, CONTEXT))
    for frames, run in ((0, without), (CONTEXT, context)):
        if not (run / "checkpoint.safetensors").exists():
            train(data, split, run, frames)
    untaught = annotate.with_context(
        without / "checkpoint.safetensors", arguments.work / "untaught.safetensors"
    )
    ways = {
        "clip by clip": without / "checkpoint.safetensors",
        "dense, trained so": context / "checkpoint.safetensors",
        "dense, not trained so": untaught,
    }
    print("| way | overlap | accuracy on clips | F1 of events | seconds |")
    print("|---|---|---|---|---|")
    for way, checkpoint in ways.items():
        accuracy = accuracy_of(data, split, checkpoint, arguments.work / "report")
        for overlap, stride in OVERLAPS.items():
            extra = ["--checkpoint", str(checkpoint), "--stride", str(stride), "--backend", "torch"]
            began = time.monotonic()
            games = [quality.one_game(arguments.work, seed, 60, extra) for seed in arguments.games]
            seconds = time.monotonic() - began
            matches = [match for found, truth in games for match in quality.match_events(found, truth)]
            cells = (way, overlap, f"{accuracy:.3f}", f"{total(matches).f1:.3f}", f"{seconds:.0f}")
            print(f"| {' | '.join(cells)} |", flush=True)


def accuracy_of(data: Path, split: Path, checkpoint: Path, out: Path) -> float:
    """Return the accuracy on the test clips."""
    command = [sys.executable, "-m", "bball_tag", "evaluate", str(data), "--split", str(split)]
    command += ["--source-fps", "12.5", "--checkpoint", str(checkpoint), "--out", str(out), "--overwrite"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    report: dict[str, float] = json.loads((out / "report.json").read_text())
    return report["accuracy"]


def train(data: Path, split: Path, run: Path, context: int) -> None:
    """Train with `context` frames around each clip."""
    command = [sys.executable, "-m", "bball_tag", "train", str(data), "--out", str(run), "--no-set-default"]
    command += ["--split", str(split), *SETTINGS, "--context", str(context), "--overwrite"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
