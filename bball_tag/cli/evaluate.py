"""`bball-tag evaluate`: how right a checkpoint is on labelled clips."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

import bball_tag
from bball_tag import console
from bball_tag.cli import train_options as opt
from bball_tag.cli.options import Checkpoint, Overwrite
from bball_tag.train_options import DEFAULTS

log = logging.getLogger("bball_tag")


def evaluate(
    data: opt.Data,
    videos: opt.Videos = None,
    tracks: opt.Tracks = None,
    checkpoint: Checkpoint = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the report; without it, it is only shown.")
    ] = None,
    split: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A run's split.json: evaluate on its test clips only.")
    ] = None,
    streams: opt.Streams = None,
    source_fps: opt.SourceFps = DEFAULTS.source_fps,
    skip_bad: opt.SkipBad = DEFAULTS.skip_bad,
    batch_size: Annotated[
        int, typer.Option(help="Clips computed at once.", rich_help_panel="The machine")
    ] = DEFAULTS.batch_size,
    device: opt.Device = DEFAULTS.device,
    precision: opt.Precision = DEFAULTS.precision,
    threads: opt.Threads = DEFAULTS.threads,
    overwrite: Overwrite = DEFAULTS.overwrite,
) -> None:
    """Evaluate a checkpoint on labelled clips or games: `bball-tag evaluate clips/ --checkpoint FILE`."""
    evaluation = bball_tag.evaluate(**locals())
    log.info("%s", evaluation.report)
    if out is not None:
        console.print_result(out / "report.json")
