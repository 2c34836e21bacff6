"""The training half of the face: `bball_tag.train` and `bball_tag.evaluate`."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bball_tag
from bball_tag.api import open_checkpoint
from bball_tag.checks import Paths, as_local_path, as_path, as_paths, keywords_of
from bball_tag.console import count_progress
from bball_tag.errors import BballTagError, explained_imports
from bball_tag.train_options import DEFAULTS, Balance, ClipSource, Schedule, TrainOptions

if TYPE_CHECKING:
    from bball_tag.checkpoint.contract import Precision
    from bball_tag.clips import SubjectKind
    from train.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """A finished run."""

    folder: Path
    """Where everything about it lies."""
    checkpoint: Path
    """The best epoch, to annotate with."""

    @property
    def report(self) -> str:
        """How right the checkpoint is on the test clips, as text."""
        return (self.folder / "report.txt").read_text(encoding="utf-8")

    @property
    def figures(self) -> dict[str, Any]:
        """The same figures for programs."""
        figures: dict[str, Any] = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        return figures


@explained_imports
def train(
    data: Paths,
    *,
    out: str | Path,
    videos: str | Path | None = None,
    tracks: str | Path | None = None,
    frames: int = DEFAULTS.frames,
    sample_fps: float = DEFAULTS.sample_fps,
    context: int = DEFAULTS.context,
    streams: str | Sequence[str] | None = DEFAULTS.streams,
    size: str | tuple[int, int] = DEFAULTS.size,
    subject: SubjectKind = DEFAULTS.subject,
    source_fps: float | None = DEFAULTS.source_fps,
    split: str | Path = DEFAULTS.split,
    skip_bad: bool = DEFAULTS.skip_bad,
    init: str | Path | None = DEFAULTS.init,
    width: int = DEFAULTS.width,
    epochs: int = DEFAULTS.epochs,
    batch_size: int = DEFAULTS.batch_size,
    accumulate: int = DEFAULTS.accumulate,
    lr: float = DEFAULTS.lr,
    schedule: Schedule = DEFAULTS.schedule,
    warmup: float = DEFAULTS.warmup,
    weight_decay: float = DEFAULTS.weight_decay,
    clip_norm: float = DEFAULTS.clip_norm,
    layer_decay: float | None = DEFAULTS.layer_decay,
    unfreeze: str | Mapping[int, int] | None = DEFAULTS.unfreeze,
    dropout: float = DEFAULTS.dropout,
    label_smoothing: float = DEFAULTS.label_smoothing,
    ema: float = DEFAULTS.ema,
    patience: int = DEFAULTS.patience,
    seed: int = DEFAULTS.seed,
    balance: Balance = DEFAULTS.balance,
    cap: int | Mapping[str, int] | None = DEFAULTS.cap,
    augment: str | Sequence[str] = DEFAULTS.augment,
    device: str = DEFAULTS.device,
    devices: int = DEFAULTS.devices,
    nodes: int = DEFAULTS.nodes,
    precision: Precision = DEFAULTS.precision,
    threads: int = DEFAULTS.threads,
    workers: int = DEFAULTS.workers,
    cache_gb: float = DEFAULTS.cache_gb,
    name: str = DEFAULTS.name,
    half: bool = DEFAULTS.half,
    resume: bool = DEFAULTS.resume,
    overwrite: bool = DEFAULTS.overwrite,
    set_default: bool = DEFAULTS.set_default,
    tensorboard: bool = DEFAULTS.tensorboard,
    progress: bool = True,
) -> TrainingRun:
    """Train a checkpoint on labelled clips.

    With `devices` above 1, the calling script is started once more for each further device.

    Args:
        data: SpaceJam folder, a folder for each label, a CSV of spans, or timelines of games: one file or
            several, in any format that `read` takes.
        out: Folder for the checkpoint and its reports.
        videos: Folder of the timelines' videos, or the only one; None looks beside the timelines.
        tracks: Folder of the players' boxes in these, or the only file; None takes the players that
            `annotate` found.
        frames: Frames in a clip.
        sample_fps: Frames of a clip per second of video.
        context: Extra frames the model sees on each side of a clip.
        streams: What is looked at: rgb (images, always), pose (keypoints of the body), motion (how the player
            moves through the frame). None is rgb alone.
        size: Width and height of the model's input, in pixels: "128x176" or two numbers.
        subject: What the clips show: player or frame.
        source_fps: True frames per second of the stored clips; 0 trusts the files. None is 25 for SpaceJam's
            layout, else 0.
        split: grouped, official, random, the path of a list of test keys, or of an earlier run's split.json.
        skip_bad: Skip unreadable clips, however many they are.
        init: Initial weights: kinetics (downloaded), sample, none, or a file of either kind. None is kinetics
            at width 64, else none.
        width: Channels after the stem: 64 is slow_r50, 16 a small sibling.
        epochs: Passes over the training clips.
        batch_size: Clips in a batch, over all processes.
        accumulate: Batches per optimiser step.
        lr: Peak learning rate, of the head.
        schedule: What the learning rate does after the warm-up: cosine or constant.
        warmup: Fraction of all steps in which the learning rate rises.
        weight_decay: Of AdamW.
        clip_norm: Largest norm of the gradients; 0 does not clip.
        layer_decay: Factor of the learning rate from each block to the one below. None is 0.75 with initial
            weights, else 1.
        unfreeze: From which epoch blocks from which number on are trained, as {5: 4, 7: 3} or "5:4,7:3";
            "none" or {} trains all from the start. None is "5:4,7:3,9:2" with initial weights, else "none".
        dropout: Dropout before the classifier.
        label_smoothing: Label smoothing.
        ema: Decay of averaged weights; 0 for none.
        patience: Stop after this many epochs without improvement; 0 turns this off.
        seed: Random seed.
        balance: How to handle rare labels: none, undersample, weighted or class-weights.
        cap: Maximum clips per label, or for each label named (`*` for all others), with undersampling.
        augment: Random changes to training clips: names of flip, move, colour and blur, or "none".
        device: auto, cpu, cuda, cuda:1 or mps.
        devices: Processes on each node, one device each.
        nodes: Computers, under torchrun or fabric run.
        precision: auto, fp32, bf16 or fp16.
        threads: CPU threads; 0 for all.
        workers: Processes that prepare clips; 0 for a thread.
        cache_gb: Memory for decoded clips, in GiB.
        name: Name of the checkpoint.
        half: Store the weights in 16 bits.
        resume: Resume after the last finished epoch in `out`.
        overwrite: Begin again in a folder that exists.
        set_default: Make the checkpoint the default of `annotate`.
        tensorboard: Also write TensorBoard events.
        progress: Show progress bars in a terminal or a notebook.

    Raises:
        BballTagError: Data, folder or initial weights cannot be used, an option makes no sense, or training
            diverged.
    """
    options = TrainOptions(**keywords_of(TrainOptions, locals()))
    require_own_train_package()
    from train.job import run
    from train.run_folder import RunFolder

    folder = RunFolder(as_local_path("out", out))
    run(_source(data, videos, tracks), folder, options, partial(count_progress, shown=progress))
    return TrainingRun(folder.path, folder.checkpoint)


@explained_imports
def preview(
    data: Paths,
    *,
    videos: str | Path | None = None,
    tracks: str | Path | None = None,
    progress: bool = True,
    **options: Any,
) -> None:
    """Log what `train` would do with the same options, and how long it would take; write nothing.

    Raises:
        BballTagError: Data or initial weights cannot be used, or an option makes no sense.
    """
    checked = TrainOptions(**options)
    require_own_train_package()
    from train.dry_run import preview as log_preview
    from train.job import plan

    log_preview(plan(_source(data, videos, tracks), checked, partial(count_progress, shown=progress)))


@explained_imports
def evaluate(
    data: Paths,
    *,
    videos: str | Path | None = None,
    tracks: str | Path | None = None,
    checkpoint: str | Path | None = None,
    out: str | Path | None = None,
    split: str | Path | None = None,
    streams: str | Sequence[str] | None = DEFAULTS.streams,
    source_fps: float | None = DEFAULTS.source_fps,
    skip_bad: bool = DEFAULTS.skip_bad,
    batch_size: int = DEFAULTS.batch_size,
    device: str = DEFAULTS.device,
    precision: Precision = DEFAULTS.precision,
    threads: int = DEFAULTS.threads,
    overwrite: bool = DEFAULTS.overwrite,
    progress: bool = True,
) -> Evaluation:
    """Evaluate a checkpoint on labelled clips.

    Args:
        data: SpaceJam folder, a folder for each label, a CSV of spans, or timelines of games, as `train`.
        videos: Folder of the timelines' videos, or the only one; None looks beside the timelines.
        tracks: Folder of the players' boxes in these, or the only file; None takes the players that
            `annotate` found.
        checkpoint: A checkpoint made by `train`; None takes the default one.
        out: Folder for the report, with a page of the worst mistakes; None writes nothing.
        split: A run's split.json: evaluate on its test clips, not on every clip.
        streams: Which of the checkpoint's streams count: rgb, and perhaps pose or motion. None takes all.
        source_fps: True frames per second of the stored clips; 0 trusts the files. None is 25 for SpaceJam's
            layout, else 0.
        skip_bad: Skip unreadable clips, however many they are.
        batch_size: Clips in a batch.
        device: auto, cpu, cuda, cuda:1 or mps.
        precision: auto, fp32, bf16 or fp16.
        threads: CPU threads; 0 for all.
        overwrite: Replace a report that exists.
        progress: Show progress bars in a terminal or a notebook.

    Returns:
        `report` (text), `figures` (a dictionary) and `predictions` (logits, predicted and target labels).

    Raises:
        BballTagError: Clips, checkpoint or folder cannot be used, or an option makes no sense.
    """
    # The split is that of a run which is over.
    options = TrainOptions(**{**keywords_of(TrainOptions, locals()), "split": DEFAULTS.split})
    require_own_train_package()
    folder = None if out is None else as_local_path("out", out)
    if folder and (folder / "report.json").exists() and not overwrite:
        raise BballTagError(f"{folder} already has a report. Pass --overwrite to replace it.")
    from train.evaluate import evaluate as evaluate_clips

    return evaluate_clips(
        _source(data, videos, tracks),
        open_checkpoint(checkpoint),
        None if split is None else as_path("split", split),
        options,
        partial(count_progress, shown=progress),
        folder,
    )


def _source(data: Paths, videos: str | Path | None, tracks: str | Path | None) -> ClipSource:
    """Return where the clips come from."""
    return ClipSource(
        tuple(as_paths("data", data)),
        None if videos is None else as_path("videos", videos),
        None if tracks is None else as_path("tracks", tracks),
    )


def require_own_train_package() -> None:
    """Refuse a stranger's `train`, such as ./train.py under `python -m bball_tag`.

    Raises:
        BballTagError: `import train` would load another package.
    """
    expected = Path(bball_tag.__file__).parents[1] / "train" / "__init__.py"
    found = importlib.util.find_spec("train")
    if found is None or found.origin is None or Path(found.origin).resolve() != expected.resolve():
        where = found.origin if found else "missing"
        raise BballTagError(
            f"Another package named train is in the way: {where}. Run from another folder, or use the "
            "command bball-tag instead of python -m bball_tag."
        )
