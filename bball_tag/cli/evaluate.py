"""`bball-tag evaluate`: how right a checkpoint is on labelled clips."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from bball_tag import console
from bball_tag.cli import train_options as opt
from bball_tag.cli.options import Checkpoint, Overwrite
from bball_tag.cli.train import readable_clips, require_own_train_package
from bball_tag.errors import BballTagError

Out = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder for the report; without it, it is only shown.")
]
Split = Annotated[
    Path | None, typer.Option(help="A run's split.json: judge on its test part, not on every clip.")
]


def evaluate(
    data: opt.Data,
    checkpoint: Checkpoint = None,
    out: Out = None,
    split: Split = None,
    clip_fps: opt.ClipFps = None,
    skip_bad: opt.SkipBad = False,
    batch_size: opt.BatchSize = 16,
    device: opt.Device = "auto",
    precision: opt.Precision = "auto",
    threads: opt.Threads = 0,
    overwrite: Overwrite = False,
) -> None:
    """Judge a checkpoint on labelled clips: `bball-tag evaluate clips/ --checkpoint FILE`."""
    require_own_train_package()
    if out is not None:
        _prepare(out, overwrite=overwrite)
    from bball_tag.checkpoint.checkpoint import Checkpoint as Checkpoint_
    from bball_tag.checkpoint.default import default_checkpoint
    from train.config import Machine, TrainConfig
    from train.dataset import ClipDataset, Loading
    from train.devices import judge
    from train.evaluation import report_text, write_reports
    from train.mistakes import write_mistakes
    from train.splits import read_split

    path = checkpoint or default_checkpoint()
    opened = Checkpoint_(path)
    contract = opened.contract
    clipset = readable_clips(data, skip_bad=skip_bad)
    true_fps = (clipset.true_fps if clip_fps is None else clip_fps) or None
    clipset = clipset.named_as(contract.labels)
    clips = clipset.clips if split is None else read_split(clipset, split).test
    if not clips:
        raise BballTagError(f"There is no clip in the test part of {split}.")
    dataset = ClipDataset(clips, Loading(contract.clip, true_fps))
    config = TrainConfig(spec=contract.clip, batch_size=batch_size, precision=precision)
    outcome = judge(opened, dataset, config, Machine(device, threads=threads))
    console.say(report_text(outcome, contract.labels))
    if out is not None:
        write_reports(out, outcome, contract.labels, contract.temperature)
        write_mistakes(out / "mistakes.html", outcome, dataset, contract.labels, contract.temperature)
        console.print_result(out / "report.json")


def _prepare(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that could not be written into later, or that already has a report."""
    if (folder / "report.json").exists() and not overwrite:
        raise BballTagError(f"{folder} already has a report. Pass --overwrite to replace it.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BballTagError(f"Cannot write into {folder}: {error.strerror or error}.") from error
    if not os.access(folder, os.W_OK):
        raise BballTagError(f"Cannot write into {folder}: it is not writable. Choose another.")
