"""`bball-tag train`: from labelled clips to a checkpoint."""

from __future__ import annotations

import importlib.util
import logging
import shutil
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import bball_tag
from bball_tag import console
from bball_tag.errors import BballTagError, DataError

if TYPE_CHECKING:
    from train.clipset import ClipSet
    from train.recipe import TrainConfig
    from train.splits import Split

_MOST_BAD = 0.01


class Balance(StrEnum):
    """What is done about rare labels."""

    none = "none"
    undersample = "undersample"
    class_weights = "class-weights"


def train(
    data: Annotated[
        Path,
        typer.Argument(metavar="DATA", help="SpaceJam folder, a folder for each label, or a CSV of spans."),
    ],
    out: Annotated[Path, typer.Option(metavar="RUN_DIR", help="Folder for the checkpoint and its reports.")],
    init: Annotated[
        str,
        typer.Option(
            metavar="kinetics|none|FILE",
            help="Weights to begin with: Kinetics-400 (downloaded), none, or a file of either kind.",
            show_default="kinetics at width 64, else none",
        ),
    ] = "",
    epochs: Annotated[int, typer.Option(min=1)] = 15,
    batch_size: Annotated[int, typer.Option(min=2)] = 16,
    accumulate: Annotated[int, typer.Option(min=1, help="Batches whose gradients make one step.")] = 1,
    rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 1e-3,
    width: Annotated[
        int, typer.Option(min=4, help="Channels after the stem: 64 is slow_r50, 16 a small sibling.")
    ] = 64,
    frames: Annotated[int, typer.Option(min=1, help="Frames in a clip.")] = 8,
    fps: Annotated[float, typer.Option(min=0.1, help="Frames of a clip per second of video.")] = 12.5,
    picture: Annotated[str, typer.Option(metavar="WIDTHxHEIGHT", help="What the network sees.")] = "128x176",
    subject: Annotated[str, typer.Option(metavar="player|frame", help="What the clips show.")] = "player",
    clip_fps: Annotated[
        float, typer.Option(help="True rate of the clips, which SpaceJam's containers hide; 0 believes them.")
    ] = 25.0,
    split: Annotated[
        str,
        typer.Option(
            metavar="grouped|random|FILE",
            help="By group, by clip (leaks mirrors), a published test list, or a run's split.json.",
        ),
    ] = "grouped",
    balance: Annotated[Balance, typer.Option(help="What is done about rare labels.")] = Balance.none,
    cap: Annotated[
        list[str] | None,
        typer.Option(
            metavar="N | LABEL=N", help="Most clips of every or one label, with undersample. Repeatable."
        ),
    ] = None,
    unfreeze: Annotated[
        str,
        typer.Option(
            metavar="EPOCH:BLOCK,…",
            help="Train blocks from BLOCK on from EPOCH on; 5:4,7:3,9:2 with Kinetics.",
        ),
    ] = "",
    augment: Annotated[bool, typer.Option(help="Change the clips without changing their labels.")] = True,
    mixup: Annotated[float, typer.Option(min=0, help="Alpha of mixup; 0 for none.")] = 0.0,
    label_smoothing: Annotated[float, typer.Option(min=0, max=0.9)] = 0.1,
    ema: Annotated[
        float, typer.Option(min=0, max=0.9999, help="Decay of averaged weights; 0 for none.")
    ] = 0.99,
    patience: Annotated[
        int, typer.Option(min=0, help="Stop after so many epochs without gain; 0 never.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    devices: Annotated[int, typer.Option(min=1, help="How many of them, one process each.")] = 1,
    precision: Annotated[str, typer.Option(help="auto, 32-true, bf16-mixed or 16-mixed.")] = "auto",
    name: Annotated[str, typer.Option(help="What the checkpoint is called.")] = "trained",
    half: Annotated[bool, typer.Option("--half", help="Store the weights in 16 bits.")] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave unreadable clips out, however many.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last finished epoch in RUN_DIR.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Begin again in a RUN_DIR that exists.")
    ] = False,
    install: Annotated[
        bool, typer.Option(help="Make it the checkpoint that annotate uses by default.")
    ] = True,
) -> None:
    """Train a checkpoint on labelled clips: `bball-tag train spacejam/ --out run/`."""
    _require_own_train_package()
    from bball_tag.clips import ClipSpec
    from train.augment import NONE, Augmentation
    from train.clipset import read_clipset
    from train.recipe import Task, TrainConfig
    from train.recipe import train as run

    clipset = read_clipset(data)
    try:
        across, down = (int(side) for side in picture.lower().split("x"))
        spec = ClipSpec(frames, fps, down, across, subject=subject)  # type: ignore[arg-type]
    except ValueError as error:
        raise typer.BadParameter(f"Cannot train on such clips: {error}.") from error
    config = TrainConfig(
        spec=spec,
        width=width,
        clip_fps=clip_fps or None,
        init=init or ("kinetics" if width == 64 else "none"),
        epochs=epochs,
        batch_size=batch_size,
        accumulate=accumulate,
        rate=rate,
        unfreezing=_unfreezing(unfreeze),
        label_smoothing=label_smoothing,
        ema=ema,
        patience=patience,
        class_weights=balance is Balance.class_weights,
        augmentation=Augmentation(mixup=mixup) if augment else NONE,
        seed=seed,
        device=device,
        devices=devices,
        precision=precision,
        name=name,
        half=half,
    )
    _prepare_folder(out, resume=resume, overwrite=overwrite)
    clipset = _without_bad(clipset, skip_bad=skip_bad)
    divided = _divided(clipset, out / "split.json" if resume else split, config)
    if balance is Balance.undersample:
        divided = _undersampled(clipset, divided, cap or [], config)
    _log_to(out / "train.log")
    path = run(Task(clipset, divided, config, out), console.say, resume=resume)
    if install:
        _install(path)
    console.print_result(path)


def _require_own_train_package() -> None:
    """Refuse a stranger's `train`, such as ./train.py under `python -m bball_tag`."""
    expected = Path(bball_tag.__file__).parents[1] / "train" / "__init__.py"
    found = importlib.util.find_spec("train")
    if found is None or found.origin is None or Path(found.origin).resolve() != expected.resolve():
        where = found.origin if found else "missing"
        raise BballTagError(
            f"`train` is not bball-tag's own package but {where}. Run from another folder, or use the "
            "command bball-tag instead of python -m bball_tag."
        )


def _prepare_folder(folder: Path, *, resume: bool, overwrite: bool) -> None:
    if folder.is_file():
        raise BballTagError(f"Cannot write into {folder}: it is a file. Name a folder.")
    if resume and not (folder / "state.safetensors").exists():
        raise BballTagError(f"Nothing to go on from in {folder}: no epoch was finished there.")
    if folder.is_dir() and any(folder.iterdir()) and not (resume or overwrite):
        raise BballTagError(
            f"{folder} is not empty. Pass --resume to go on with that run, --overwrite to begin again."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if overwrite and not resume:
            (folder / "state.safetensors").unlink(missing_ok=True)
    except OSError as error:
        raise BballTagError(f"Cannot write into {folder}: {error.strerror}.") from error


def _without_bad(clipset: ClipSet, *, skip_bad: bool) -> ClipSet:
    """Open every clip once; list those that cannot be read, and stop where they are many."""
    from train.clipset import find_bad

    total = len(clipset.clips)
    with console.count_progress("Checking clips", total) as show:
        bad = find_bad(clipset.clips, show)
    if not bad:
        return clipset
    console.show_table(("clip", "why"), [(clip.key, reason) for clip, reason in bad[:50]])
    if len(bad) > _MOST_BAD * total and not skip_bad:
        raise DataError(
            f"{len(bad)} of {total} clips in {clipset.source} cannot be read (more than 1 %). "
            "Mend them, or pass --skip-bad to train on the rest."
        )
    console.warn(f"{len(bad)} of {total} clips are left out.")
    return clipset.without([clip for clip, _ in bad])


def _divided(clipset: ClipSet, how: str | Path, config: TrainConfig) -> Split:
    from train import splits

    if how == "grouped":
        divided = splits.grouped(clipset.clips, val=0.15, test=0.15, seed=config.seed)
    elif how == "random":
        divided = splits.random_clips(clipset.clips, val=0.15, test=0.15, seed=config.seed)
        leaking = splits.mirrored_in_train(divided)
        console.warn(
            f"A random split leaks: of {len(divided.test)} test clips, {leaking} "
            f"({leaking / len(divided.test):.1%}) have another copy in train."
        )
    elif Path(how).name.endswith(".json") and splits.is_split(Path(how)):
        divided = splits.read_split(clipset, Path(how))
    else:
        keys = splits.read_test_keys(Path(how))
        divided = splits.official(clipset.clips, keys, val=0.15, seed=config.seed)
        console.say(
            f"{divided.num_removed} clips were removed from train: the test list shows the same moments."
        )
    sizes = {part: len(keys) for part, keys in divided.keys().items()}
    console.say(
        f"{len(clipset.clips)} clips: " + ", ".join(f"{size} {part}" for part, size in sizes.items()) + "."
    )
    return divided


def _undersampled(clipset: ClipSet, split: Split, caps: list[str], config: TrainConfig) -> Split:
    from dataclasses import replace

    from train.splits import undersample

    single: dict[str, int] = {}
    general: int | None = None
    for text in caps:
        label, equals, number = text.rpartition("=")
        if not number.isdigit() or (equals and label not in clipset.labels):
            raise typer.BadParameter(
                f"Cannot read --cap {text!r}: write 426 or pass=1070. Labels: {', '.join(clipset.labels)}."
            )
        if equals:
            single[label] = int(number)
        else:
            general = int(number)
    kept = undersample(split.train, clipset.labels, single, general, config.seed)
    console.say(f"Undersampled the clips to learn from: {len(split.train)} before, {len(kept)} after.")
    return replace(split, train=tuple(kept))


def _unfreezing(text: str) -> dict[int, int]:
    try:
        pairs = [part.split(":") for part in text.split(",") if part]
        return {int(epoch): int(block) for epoch, block in pairs}
    except ValueError as error:
        raise typer.BadParameter(f"Cannot read --unfreeze {text!r}: write 5:4,7:3,9:2.") from error


def _log_to(path: Path) -> None:
    """Keep what is said in a file too."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(message)s"))
    console.keep_log(handler)


def _install(path: Path) -> None:
    from bball_tag.checkpoints import user_checkpoint
    from bball_tag.files import replacing

    target = user_checkpoint()
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as draft:
        shutil.copyfile(path, draft)
    console.say(f"annotate now uses this checkpoint when none is named ({target}).")
