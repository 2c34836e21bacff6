"""`bball-tag train`: from labelled clips to a checkpoint."""

from __future__ import annotations

from typing import Any, Unpack

import typer

import bball_tag
from bball_tag import console
from bball_tag.cli import train_options as opt
from bball_tag.cli.options import parse_by_label
from bball_tag.train_options import is_helper
from bball_tag.training import preview


@opt.with_training_options
def train(
    data: opt.Data,
    out: opt.Out = None,
    videos: opt.Videos = None,
    tracks: opt.Tracks = None,
    dry_run: opt.DryRun = False,
    **options: Unpack[opt.TrainingOptions],
) -> None:
    """Train a checkpoint on labelled clips or coded games: `bball-tag train spacejam/ --out run/`."""
    # The options are the keywords of the library.
    given: dict[str, Any] = {**options, "cap": parse_by_label("--cap", options["cap"], int, "426")}
    given |= {"videos": videos, "tracks": tracks}
    if dry_run:
        preview(data, **given)
        return
    if out is None:
        raise typer.BadParameter("Missing option '--out': the folder for the checkpoint and its reports.")
    run = bball_tag.train(data, out=out, **given)
    if not is_helper():
        console.print_result(run.checkpoint)
