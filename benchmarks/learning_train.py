"""`learn` beside `train`: the same judged clips, tested on the same clips of another seed.

    python benchmarks/learning_train.py WORK_DIR [--seeds 5000 5001] [--labels 200] [--tested 200]
        [--checkpoint FILE] [--epochs 10] [--lr 0.0005]

Both start from the checkpoint. `train` tunes the whole model (`--init FILE`); of the clips it keeps 15 % to
choose the epoch by. `learn` fits the last layers to the clips' features, which `annotate` stores: making them
is not counted. Clips are rendered as for the sample checkpoint, as many of each label. Seconds of the
processor are those of all threads together, so that they hold beside other programs.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from learning_data import ROOT, whole_head
from learning_real import Real, read
from sklearn.metrics import f1_score

import bball_tag
from bball_tag.checkpoint.default import SAMPLE
from bball_tag.learning.fit import Clips
from bball_tag.learning.held_out import fit_held_out
from bball_tag.scoring.malloc import keep_freed_memory

RATE = 12.5
"""Frames per second that are drawn: those that the model sees."""
SETTINGS = (
    *("--streams", "rgb,pose,motion", "--width", "16", "--size", "80x112", "--frames", "8"),
    *("--sample-fps", str(RATE), "--source-fps", str(RATE), "--warmup", "0.1", "--unfreeze", "none"),
    *("--batch-size", "32", "--augment", "flip,move,colour,blur", "--no-set-default", "--overwrite"),
)


def rendered(work: Path, seed: int) -> Path:
    """Return a folder of clips, 50 of each label; render them if they are missing."""
    out = work / f"s{seed}"
    if not (out / "clips" / "labels_dict.json").exists():
        maker = [
            sys.executable,
            str(ROOT / "sample_videos/make_court.py"),
            "--clips-only",
            "--seed",
            str(seed),
        ]
        options = ["--clips", "50", "--clip-fps", str(RATE), "--out", str(out)]
        subprocess.run([*maker, *options], check=True)
    return out / "clips"


def some(clips: Path, out: Path, count: int) -> Path:
    """Return a folder with `count` of the clips, drawn at random; `split.json` in it keeps 15 % apart."""
    labels: dict[str, int] = json.loads((clips / "annotation_dict.json").read_text())
    keys = np.random.default_rng(0).permutation(sorted(labels))[:count].tolist()
    out.mkdir(exist_ok=True)
    for name in ("examples", "joints", "motion", "labels_dict.json"):
        if not (out / name).exists():
            (out / name).symlink_to((clips / name).resolve())
    (out / "annotation_dict.json").write_text(json.dumps({key: labels[key] for key in keys}))
    kept = round(0.15 * count)
    split = {"train": keys[kept:], "val": keys[:kept], "test": keys[:kept]}
    (out / "split.json").write_text(json.dumps(split))
    return out


def used() -> float:
    """Return the processor's seconds of this process and of those that it waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usages)


def report(name: str, target: np.ndarray, predicted: np.ndarray, seconds: str = "") -> None:
    """Print how right predictions are."""
    accuracy = float((target == predicted).mean())
    macro = float(f1_score(target, predicted, average="macro", zero_division=0))
    print(f"{name:6}: accuracy {accuracy:.3f}, macro F1 {macro:.3f}{seconds}", flush=True)


def trained(data: Path, checkpoint: Path, options: Sequence[str]) -> Path:
    """Tune the whole model on the clips of a folder, and return its checkpoint."""
    command = [sys.executable, "-m", "bball_tag", "--quiet", "train", str(data), "--init", str(checkpoint)]
    where = ("--split", str(data / "split.json"), "--out", str(data / "run"))
    subprocess.run([*command, *where, *SETTINGS, *options], check=True, stdout=subprocess.DEVNULL)
    return data / "run" / "checkpoint.safetensors"


def main() -> None:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, nargs=2, default=[5000, 5001])
    parser.add_argument("--labels", type=int, default=200)
    parser.add_argument("--tested", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--lr", type=float, default=0.0005)
    parser.add_argument("--checkpoint", type=Path, default=SAMPLE)
    options = parser.parse_args()
    keep_freed_memory()
    work, head = options.work, whole_head(options.checkpoint)
    first, second = (rendered(work, seed) for seed in options.seeds)
    judged = some(first, work / "judged", options.labels)
    tested = some(second, work / "tested", options.tested)
    own: Real = read(judged, options.checkpoint, head, RATE)
    other: Real = read(tested, options.checkpoint, head, RATE)
    report("start", other.target, head.logits(other.inputs).argmax(axis=1))
    began, computed = time.monotonic(), used()
    fitted = fit_held_out(Clips(own.inputs, own.target), np.arange(len(own.target)), head).head
    took = f"; {used() - computed:.1f} s of processor time, {time.monotonic() - began:.0f} s in all"
    report("learn", other.target, fitted.logits(other.inputs).argmax(axis=1), took)
    began, computed = time.monotonic(), used()
    tuned = trained(judged, options.checkpoint, ("--epochs", str(options.epochs), "--lr", str(options.lr)))
    took = f"; {used() - computed:.1f} s of processor time, {time.monotonic() - began:.0f} s in all"
    found = bball_tag.evaluate(
        tested, checkpoint=tuned, source_fps=RATE, precision="fp32", progress=False
    ).predictions
    report("train", found.target, found.predicted, took)


if __name__ == "__main__":
    main()
