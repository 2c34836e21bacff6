"""What does each part of the recipe bring? Train narrow models on the sample court, evaluate on unseen games.

    python benchmarks/recipe.py WORK_DIR [--variants plain full] [--seeds 0 1 2] [--minutes 30] [--also CLIPS]

Clips are rendered into WORK_DIR/sSEED once. Each run has its own folder in WORK_DIR/runs; finished ones are
not repeated and others are resumed, so that the benchmark can be stopped and started again. Two runs at a
time, a thread each. `--also` evaluates every model on further labelled clips, such as genuine ones, too.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

import bball_tag
from bball_tag.errors import DataError
from bball_tag.train_options import AUGMENTATIONS, TrainOptions
from bball_tag.video.video import Video
from bball_tag.video.writer import write_images
from train.clipset import ClipSet, LabelledClip, read_clipset
from train.config import TrainingJob, resolve
from train.division import SplitSpec, divide
from train.recipe import train
from train.run_folder import RunFolder
from train.splits import Split, undersample

ROOT = Path(__file__).parents[1]
TRAIN, VAL, TEST = range(1000, 1008), range(1008, 1009), range(5000, 5002)
RENDERED = 100
"""Clips of a label that are rendered of each seed."""
PER_LABEL = {"train": 12, "val": 20, "test": 30}
"""Clips of a label that are used of each seed: 960, 200 and 600 in all."""
SPACEJAM_COUNTS = (996, 1070, 5924, 3490, 426, 2362, 3866, 712, 6490, 11749)
"""How rare each label is in real data, which the unbalanced runs imitate with as many clips."""

FULL = TrainOptions(
    frames=8,
    sample_fps=12.5,
    size="48x64",
    width=8,
    source_fps=25.0,
    init="none",
    epochs=12,
    lr=4e-3,
    precision="bf16",
    device="cpu",
    threads=1,
    cache_gb=2,
)
PLAIN = replace(
    FULL,
    augment="none",
    balance="none",
    clip_norm=0.0,
    warmup=0.0,
    schedule="constant",
    # The better one of 1e-3 and 4e-3 for it; without warm-up, clipping and a fall, less is more.
    lr=1e-3,
)


@dataclass(frozen=True, slots=True)
class Variant:
    """A recipe and what it is applied to."""

    options: TrainOptions
    data: str = "games"
    """`games`, `unbalanced`, or `grouped` and `random`: how one pool of mirrored clips is split."""


EVERYTHING = replace(FULL, label_smoothing=0.1, ema=0.99)
"""What the parts were tried on; those that brought nothing are not in `FULL`, the recipe by its defaults."""
VARIANTS = {
    "plain": Variant(PLAIN),
    "full": Variant(FULL),
    "everything": Variant(EVERYTHING),
    "no-smoothing": Variant(replace(EVERYTHING, label_smoothing=0.0)),
    "no-ema": Variant(replace(EVERYTHING, ema=0.0)),
    "no-augment": Variant(replace(EVERYTHING, augment="none")),
    "flip": Variant(replace(EVERYTHING, augment="flip")),
    "flip-colour-blur": Variant(replace(EVERYTHING, augment="flip,colour,blur")),
    "every-augmentation": Variant(replace(EVERYTHING, augment=AUGMENTATIONS)),
    "unbalanced-none": Variant(replace(EVERYTHING, balance="none"), "unbalanced"),
    "unbalanced-weighted": Variant(replace(EVERYTHING, balance="weighted"), "unbalanced"),
    "unbalanced-class-weights": Variant(replace(EVERYTHING, balance="class-weights"), "unbalanced"),
    "unbalanced-undersample": Variant(replace(EVERYTHING, balance="undersample"), "unbalanced"),
    "grouped": Variant(replace(PLAIN, epochs=16), "grouped"),
    "random": Variant(replace(PLAIN, epochs=16), "random"),
}


def main() -> None:
    """Run what has not been run, and print a table of everything that has."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--also", type=Path, metavar="CLIPS", help="further labelled clips to evaluate on")
    parser.add_argument("--minutes", type=float, default=1e6, help="begin no run later than this")
    arguments = parser.parse_args()
    for seed in (*TRAIN, *VAL, *TEST):
        render(arguments.work, seed)
    mirrored_pool(arguments.work)
    wanted = [(name, seed) for seed in arguments.seeds for name in arguments.variants]
    waiting = [run for run in wanted if not (folder_of(arguments.work, *run) / "result.json").exists()]
    deadline = time.monotonic() + 60 * arguments.minutes
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        runs = [pool.submit(one_run, arguments.work, *run, arguments.also, deadline) for run in waiting]
        for run in runs:
            run.result()
    show(arguments.work)


def one_run(work: Path, name: str, seed: int, also: Path | None, deadline: float) -> None:
    """Train a variant with a seed, and leave `result.json` in its folder."""
    if time.monotonic() > deadline:
        return
    folder, variant = RunFolder(folder_of(work, name, seed)), VARIANTS[name]
    folder.path.mkdir(parents=True, exist_ok=True)
    clipset, split = DATA[variant.data](work, name, seed)
    options = replace(variant.options, seed=seed)
    if options.balance == "undersample":
        # As many steps on fewer clips.
        thinned = undersample(split.train, clipset.labels, {}, seed)
        options = replace(options, epochs=round(options.epochs * len(split.train) / len(thinned)))
        split = replace(split, train=tuple(thinned))
    began = time.monotonic()
    job = TrainingJob(clipset, split, resolve(options, clipset.true_fps), options)
    with folder.kept_log():
        train(job, folder, resume=folder.state.exists())
    report = json.loads((folder.path / "report.json").read_text())
    lines = folder.log.read_text(encoding="utf-8").splitlines()
    waiting = [line.split("clips/s, ")[1].split("%")[0] for line in lines if "waiting for clips" in line]
    result = {
        "accuracy": report["accuracy"],
        "macro_f1": report["macro_f1"],
        "calibration_error": report["expected_calibration_error"],
        "waiting": statistics.mean(map(float, waiting)) / 100,
        "minutes": (time.monotonic() - began) / 60,
        "leaking": split.num_leaking / len(split.test),
    }
    if also is not None:
        evaluation = bball_tag.evaluate(
            also, checkpoint=folder.checkpoint, precision="bf16", device="cpu", threads=1, progress=False
        )
        result["also"] = evaluation.predictions.accuracy
    (folder.path / "result.json").write_text(json.dumps(result | {"clips": len(split.train)}, indent=2))


def folder_of(work: Path, name: str, seed: int) -> Path:
    """Return the folder of a run."""
    return work / "runs" / f"{name}-{seed}"


def show(work: Path) -> None:
    """Print mean and spread over the seeds of every variant that was run."""
    by_name: dict[str, list[dict[str, float]]] = defaultdict(list)
    for path in sorted((work / "runs").glob("*/result.json")):
        by_name[path.parent.name.rpartition("-")[0]].append(json.loads(path.read_text()))
    heads = f"{'accuracy':16s} {'macro F1':16s} {'also':16s}"
    print(f"{'variant':26s} runs  clips  {heads} calibration  waiting  minutes")
    for name in VARIANTS:
        if not (runs := by_name.get(name)):
            continue

        def figure(key: str, runs: Sequence[dict[str, float]] = runs) -> str:
            values = [run.get(key, float("nan")) for run in runs]
            spread = statistics.stdev(values) if len(values) > 1 else float("nan")
            return f"{statistics.mean(values):.4f} ± {spread:.4f}"

        mean = {key: statistics.mean(run[key] for run in runs) for key in runs[0] if key != "also"}
        print(
            f"{name:26s} {len(runs):4d}  {mean['clips']:5.0f}  {figure('accuracy'):16s}"
            f" {figure('macro_f1'):16s} {figure('also'):16s} {mean['calibration_error']:11.3f}"
            f"  {mean['waiting']:7.1%}  {mean['minutes']:7.2f}"
        )


def render(work: Path, seed: int) -> None:
    """Render the clips of a seed, if that was not done before."""
    folder = work / f"s{seed}"
    if (folder / "clips" / "labels_dict.json").exists():
        return
    script = [sys.executable, str(ROOT / "sample_videos" / "make_court.py"), "--clips-only"]
    how = ["--seed", str(seed), "--clips", str(RENDERED), "--out", str(folder), "--workers", "2"]
    subprocess.run([*script, *how], check=True)


def games(work: Path, _name: str, _seed: int) -> tuple[ClipSet, Split]:
    """Return clips of as many games as possible, as often of each label."""
    parts = {
        part: [clip for seed in seeds for clip in first_of_each(clips_of(work, seed), PER_LABEL[part])]
        for part, seeds in (("train", TRAIN), ("val", VAL), ("test", TEST))
    }
    return clips_and_split(work, parts)


def unbalanced(work: Path, _name: str, _seed: int) -> tuple[ClipSet, Split]:
    """Return as many clips as `games`, but each label as rare as in SpaceJam; the test is balanced."""
    _, split = games(work, "", 0)
    parts = split_parts(split)
    for part, seeds in (("train", TRAIN), ("val", VAL)):
        total = len(parts[part])
        counts = np.array(SPACEJAM_COUNTS) * total / sum(SPACEJAM_COUNTS)
        # From all games in turn: the k-th clip of every game before the (k+1)-th of any.
        turns = [first_of_each(clips_of(work, seed), RENDERED) for seed in seeds]
        parts[part] = []
        for label, count in enumerate(np.maximum(counts.round().astype(int), 3).tolist()):
            columns = zip(*([clip for clip in turn if clip.label == label] for turn in turns), strict=True)
            parts[part] += [clip for column in columns for clip in column][:count]
    return clips_and_split(work, parts)


def mirrored(work: Path, name: str, seed: int) -> tuple[ClipSet, Split]:
    """Return the pool of clips and their mirrors, split by group or by clip."""
    clipset = read_clipset(work / "mirrored")
    return clipset, divide(clipset, SplitSpec(how=name, val=0.1, test=0.3, seed=seed))


DATA: dict[str, Callable[[Path, str, int], tuple[ClipSet, Split]]] = {
    "games": games,
    "unbalanced": unbalanced,
    "grouped": mirrored,
    "random": mirrored,
}


def mirrored_pool(work: Path) -> None:
    """Write half as many clips as are trained on, each also mirrored, as SpaceJam has it."""
    folder = work / "mirrored"
    if (folder / "annotation_dict.json").exists():
        return
    (folder / "examples").mkdir(parents=True, exist_ok=True)
    ids = {}
    for seed in TRAIN:
        for clip in first_of_each(clips_of(work, seed), PER_LABEL["train"] // 2):
            copy = folder / "examples" / clip.path.name
            copy.write_bytes(clip.path.read_bytes())
            mirror(clip.path, copy.with_stem(f"{clip.key}_flipped"))
            ids |= {clip.key: clip.label, f"{clip.key}_flipped": clip.label}
    labels = (work / f"s{TRAIN[0]}" / "clips" / "labels_dict.json").read_text()
    (folder / "labels_dict.json").write_text(labels)
    (folder / "annotation_dict.json").write_text(json.dumps(ids))


def mirror(source: Path, target: Path) -> None:
    """Write a video mirrored left and right."""
    video = Video(source)
    frames = video.frames(float(video.info.fps))
    write_images(
        target, (np.ascontiguousarray(frame.image[:, ::-1]) for frame in frames), video.info.fps, crf=16
    )


def clips_of(work: Path, seed: int) -> ClipSet:
    """Return the clips of a game."""
    return read_clipset(work / f"s{seed}" / "clips")


def first_of_each(clipset: ClipSet, number: int) -> list[LabelledClip]:
    """Return the first clips of each label, in the order of their keys.

    Raises:
        DataError: There are fewer.
    """
    found = [[clip for clip in clipset.clips if clip.label == index] for index in range(len(clipset.labels))]
    if min(map(len, found)) < number:
        raise DataError(f"{clipset.source} has fewer than {number} clips of a label.")
    return [clip for group in found for clip in group[:number]]


def split_parts(split: Split) -> dict[str, list[LabelledClip]]:
    """Return the parts of a split as lists."""
    return {"train": list(split.train), "val": list(split.val), "test": list(split.test)}


def clips_and_split(work: Path, parts: dict[str, list[LabelledClip]]) -> tuple[ClipSet, Split]:
    """Return the set of all clips, and how they are split."""
    clips = tuple(clip for part in parts.values() for clip in part)
    clipset = replace(clips_of(work, TRAIN[0]), clips=clips)
    return clipset, Split(**{part: tuple(members) for part, members in parts.items()})


if __name__ == "__main__":
    main()
