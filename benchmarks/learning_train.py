"""`learn` beside `train`: the same judged clips of one game, tested on the same clips of another.

    python benchmarks/learning_train.py WORK_DIR [--seeds 9101 9102] [--labels 200] [--tested 400]
        [--checkpoint FILE] [--epochs 10]

Both start from the checkpoint. `train` tunes the whole model on the clips' images, keypoints and motion
(`--init FILE`); of the clips it keeps a part for validation and for its own test, as it always does. `learn`
fits the last layers to stored features. Games are rendered and annotated as in `learning.py`. Seconds of the
processor are those of all threads together, so that they hold beside other programs.
"""

from __future__ import annotations

import argparse
import csv
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from learning_data import Labelled, games_apart, whole_head

import bball_tag
from bball_tag.checkpoint.default import SAMPLE


def write_tables(folder: Path, clips: Labelled, spans: Path, table: Path) -> None:
    """Write clips as a table of spans, and as a table of events."""
    rows = zip(clips.starts, clips.ends, clips.labels, clips.players, strict=True)
    with (
        spans.open("w", newline="", encoding="utf-8") as every,
        table.open("w", newline="", encoding="utf-8") as own,
    ):
        span, event = csv.writer(every), csv.writer(own)
        span.writerow(("path", "start_s", "end_s", "label", "group", "tracks", "player"))
        event.writerow(("start_s", "end_s", "label", "player"))
        for number, (start, end, label, player) in enumerate(rows):
            video, tracks = (folder / f"game.{kind}" for kind in ("mp4", "tracks.csv"))
            times = f"{start:.3f}", f"{end:.3f}"
            span.writerow((video.resolve(), *times, label, number, tracks.resolve(), player))
            event.writerow((*times, label, player))


def run(*arguments: object) -> tuple[float, float]:
    """Run a command of bball-tag, and return the seconds that it took of the processor, and in all."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "bball_tag", "--quiet", *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, time.monotonic() - began


def report(name: str, checkpoint: Path, test: Path, seconds: tuple[float, float] | None = None) -> None:
    """Print how right a checkpoint is on the clips that nobody judged."""
    found = bball_tag.evaluate(test, checkpoint=checkpoint, precision="fp32", progress=False).predictions
    took = "" if seconds is None else f"; {seconds[0]:.1f} s of processor time, {seconds[1]:.0f} s in all"
    print(f"{name:6}: accuracy {found.accuracy:.3f}, macro F1 {found.macro_f1:.3f}{took}", flush=True)


def main() -> None:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, nargs=2, default=[9101, 9102])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--labels", type=int, default=200)
    parser.add_argument("--tested", type=int, default=400)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--lr", type=float, default=0.0005)
    parser.add_argument("--checkpoint", type=Path, default=SAMPLE)
    options = parser.parse_args()
    work, checkpoint = options.work, options.checkpoint
    head, rng = whole_head(checkpoint), np.random.default_rng(0)
    pool, test = games_apart(work, options.seeds, options.seconds, head, checkpoint, drives=False)
    judged = pool[rng.choice(len(pool), options.labels, replace=False)]
    tested = test[rng.choice(len(test), options.tested, replace=False)]
    folders = [work / f"game{seed}" for seed in options.seeds]
    spans, table, other = (work / f"{name}.csv" for name in ("spans", "judged", "tested"))
    write_tables(folders[1], tested, other, table)
    write_tables(folders[0], judged, spans, table)
    report("start", checkpoint, other)
    game, mine = folders[0] / "game.mp4", work / "mine.safetensors"
    scores = folders[0] / "actions.xlsx.scores.db"
    learn = ("learn", table, "--video", game, "--scores", scores, "--checkpoint", checkpoint)
    report("learn", mine, other, run(*learn, "--out", mine, "--overwrite"))
    train = ("train", spans, "--init", checkpoint, "--epochs", options.epochs, "--lr", options.lr)
    settings = ("--width", 16, "--size", "80x112", "--frames", 8, "--sample-fps", 12.5, "--warmup", 0.1)
    streams = ("--streams", "rgb,pose,motion", "--no-set-default", "--out", work / "run", "--overwrite")
    seconds = run(*train, *settings, *streams)
    report("train", work / "run" / "checkpoint.safetensors", other, seconds)


if __name__ == "__main__":
    main()
