"""`bball-tag train`: from labelled clips to a checkpoint."""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

import bball_tag
from bball_tag import console
from bball_tag.cli import train_options as opt
from bball_tag.errors import BballTagError

if TYPE_CHECKING:
    from bball_tag.clips import ClipSpec
    from train.clipset import ClipSet
    from train.config import TrainingJob

_MOST_SHOWN = 50


def train(
    data: opt.Data,
    out: opt.Out = None,
    frames: opt.Frames = 8,
    fps: opt.Fps = 12.5,
    context: opt.Context = 0,
    picture: opt.Picture = "128x176",
    subject: opt.Subject = "player",
    clip_fps: opt.ClipFps = None,
    split: opt.SplitBy = "grouped",
    skip_bad: opt.SkipBad = False,
    init: opt.Init = "",
    width: opt.Width = 64,
    epochs: opt.Epochs = 15,
    batch_size: opt.BatchSize = 16,
    accumulate: opt.Accumulate = 1,
    rate: opt.Rate = 1e-3,
    layer_decay: opt.LayerDecay = None,
    unfreeze: opt.Unfreeze = None,
    dropout: opt.Dropout = 0.5,
    label_smoothing: opt.Smoothing = 0.0,
    ema: opt.Ema = 0.0,
    patience: opt.Patience = 0,
    seed: opt.Seed = 0,
    balance: opt.BalanceBy = opt.Balance.class_weights,
    cap: opt.Cap = None,
    augment: opt.Augment = True,
    including: opt.Including = None,
    without: opt.Without = None,
    mixup: opt.Mixup = 0.0,
    device: opt.Device = "auto",
    devices: opt.Devices = 1,
    nodes: opt.Nodes = 1,
    precision: opt.Precision = "auto",
    threads: opt.Threads = 0,
    workers: opt.Workers = 0,
    cache_gb: opt.CacheGb = 6.0,
    name: opt.Name = "trained",
    half: opt.Half = False,
    resume: opt.Resume = False,
    overwrite: opt.Overwrite = False,
    install: opt.Install = True,
    tensorboard: opt.TensorBoard = False,
    dry_run: opt.DryRun = False,
) -> None:
    """Train a checkpoint on labelled clips: `bball-tag train spacejam/ --out run/`."""
    require_own_train_package()
    if out is None and not dry_run:
        raise typer.BadParameter("Missing option '--out': the folder for the checkpoint and its reports.")
    folder = Path("dry-run") if out is None else out
    if not (dry_run or is_helper()):
        _prepare_folder(folder, resume=resume, overwrite=overwrite)
    from train.augment import NONE, Augmentation, switched
    from train.config import Machine, TrainConfig, TrainingJob
    from train.division import SplitSpec, divide, parse_caps

    tell = console.say if dry_run else _teller(folder / "train.log")
    clipset = readable_clips(data, skip_bad=skip_bad)
    fresh = (init or ("kinetics" if width == 64 else "none")) == "none"
    try:
        cap_of_all, caps = parse_caps(cap or [], clipset.labels)
        config = TrainConfig(
            spec=parse_spec(frames, fps, picture, subject, context),
            width=width,
            clip_fps=(clipset.true_fps if clip_fps is None else clip_fps) or None,
            init="none" if fresh else init or "kinetics",
            epochs=epochs,
            batch_size=batch_size,
            accumulate=accumulate,
            rate=rate,
            layer_decay=layer_decay or (1.0 if fresh else 0.75),
            unfreezing=_parse_unfreezing(("none" if fresh else "") if unfreeze is None else unfreeze),
            dropout=dropout,
            label_smoothing=label_smoothing,
            ema=ema,
            patience=patience,
            balance=balance.value,
            augmentation=switched(
                Augmentation(mixup=mixup) if augment else replace(NONE, mixup=mixup),
                on=including or [],
                off=without or [],
            ),
            seed=seed,
            precision=precision,
            name=name,
            half=half,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    how = str(folder / "split.json") if resume else split
    thin = balance is opt.Balance.undersample and not resume
    divided = divide(clipset, SplitSpec(how, undersample=thin, cap=cap_of_all, caps=caps, seed=seed), tell)
    machine = Machine(device, devices, nodes, threads, workers, int(cache_gb * 2**30))
    task = TrainingJob(clipset, divided, config, folder, machine, tensorboard)
    if dry_run:
        from train.dry_run import preview

        preview(task, tell)
    else:
        _run(task, tell, resume=resume, install=install)


def require_own_train_package() -> None:
    """Refuse a stranger's `train`, such as ./train.py under `python -m bball_tag`."""
    expected = Path(bball_tag.__file__).parents[1] / "train" / "__init__.py"
    found = importlib.util.find_spec("train")
    if found is None or found.origin is None or Path(found.origin).resolve() != expected.resolve():
        where = found.origin if found else "missing"
        raise BballTagError(
            f"`train` is not bball-tag's own package but {where}. Run from another folder, or use the "
            "command bball-tag instead of python -m bball_tag."
        )


def is_helper() -> bool:
    """Say whether this is a further process of a run on several devices: it works, and is silent."""
    return any(os.environ.get(name, "0") != "0" for name in ("RANK", "LOCAL_RANK", "NODE_RANK"))


def readable_clips(data: Path, *, skip_bad: bool) -> ClipSet:
    """Read labelled clips, open every one, and list those that cannot be used.

    Raises:
        DataError: The data cannot be used, or too many clips are bad.
    """
    from train.clip_check import find_bad, without_bad
    from train.clipset import read_clipset

    if is_helper():
        console.set_log_level(logging.ERROR)
    clipset = read_clipset(data)
    with console.count_progress("Checking clips", len(clipset.clips)) as show:
        bad = find_bad(clipset.clips, show)
    if not bad:
        return clipset
    if not is_helper():
        console.show_table(("clip", "why"), [(clip.key, reason) for clip, reason in bad[:_MOST_SHOWN]])
        if len(bad) > _MOST_SHOWN:
            console.warn(f"And {len(bad) - _MOST_SHOWN} more.")
    usable = without_bad(clipset, bad, skip=skip_bad)
    console.warn(f"{len(bad)} of {len(clipset.clips)} clips are left out.")
    return usable


def parse_spec(frames: int, fps: float, picture: str, subject: str, context: int = 0) -> ClipSpec:
    """Return the clip that the options describe.

    Raises:
        ValueError: There is no such clip.
    """
    from bball_tag.clips import MOST_FRAMES, ClipSpec

    try:
        across, down = (int(side) for side in picture.lower().split("x"))
        spec = ClipSpec(frames, fps, down, across, subject=subject, context_frames=context)  # type: ignore[arg-type]
    except ValueError as error:
        raise ValueError(f"Cannot train on such clips: {error}.") from error
    if spec.num_seen > MOST_FRAMES:
        # Said before hours of training, and not by the first `annotate` after them.
        raise ValueError(
            f"Cannot train on such clips: the network would look at {spec.num_seen} frames for each, "
            f"and annotate can give it {MOST_FRAMES} at most."
        )
    return spec


def _run(task: TrainingJob, tell: Callable[[str], None], *, resume: bool, install: bool) -> None:
    from train.config import Callbacks
    from train.recipe import train as fine_tune

    path = task.folder / "checkpoint.safetensors"
    if resume and path.exists():
        tell("This run is finished already.")
    else:
        fine_tune(task, Callbacks(tell, console.count_progress), resume=resume)
    if is_helper():
        return
    if install:
        _install(path)
    console.print_result(path)


def _prepare_folder(folder: Path, *, resume: bool, overwrite: bool) -> None:
    """Refuse a folder that could not be written into later, or holds another run."""
    if folder.is_file():
        raise BballTagError(f"Cannot write into {folder}: it is a file. Name a folder.")
    if resume and not (folder / "settings.json").exists():
        raise BballTagError(f"Nothing to go on from in {folder}: no run was begun there.")
    # A run that ended while its clips were checked has left nothing but what it said.
    begun = folder.is_dir() and any(path.name != "train.log" for path in folder.iterdir())
    if begun and not (resume or overwrite):
        raise BballTagError(
            f"{folder} is not empty. Pass --resume to go on with that run, --overwrite to begin again."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if overwrite and not resume:
            for name in ("state.safetensors", "best.safetensors", "checkpoint.safetensors", "train.log"):
                (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise BballTagError(f"Cannot write into {folder}: {error.strerror or error}.") from error
    if not os.access(folder, os.W_OK):
        raise BballTagError(f"Cannot write into {folder}: it is not writable. Choose another.")


def _teller(path: Path) -> Callable[[str], None]:
    """Return what shows a line of the log and keeps it in a file."""

    def tell(message: str) -> None:
        console.say(message)
        if not is_helper():
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{message}\n")

    return tell


def _parse_unfreezing(text: str) -> dict[int, int]:
    """Read `5:4,7:3,9:2`; `none` trains every block from the start, nothing is the reference's plan."""
    from train.schedule import REFERENCE_UNFREEZING

    if text in ("", "none"):
        return {} if text else dict(REFERENCE_UNFREEZING)
    try:
        pairs = [part.split(":") for part in text.split(",")]
        return {int(epoch): int(block) for epoch, block in pairs}
    except ValueError as error:
        raise ValueError(f"Cannot read --unfreeze {text!r}: write 5:4,7:3,9:2 or none.") from error


def _install(path: Path) -> None:
    """Make `path` the checkpoint that the user's other commands take."""
    from bball_tag.checkpoint.default import user_checkpoint
    from bball_tag.files import replacing

    target = user_checkpoint()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as draft:
            shutil.copyfile(path, draft)
    except OSError as error:
        raise BballTagError(f"Trained {path}, but cannot install it as {target}: {error}.") from error
    console.say(f"annotate now uses this checkpoint when none is named ({target}).")
